/* Pull plays a stream from an RTMP server and writes it to an FLV file.
 *
 *   cc pull.c $(pkg-config --cflags --libs oxrtmp) -pthread -o pull
 *   ./pull rtmp://localhost/live/test test.flv
 */
#define _POSIX_C_SOURCE 200809L
#include <oxrtmp.h>

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, PATH = 4096 };

static double seconds; /* end after so much of the stream; 0: with the stream */
static const char *ca;
static bool follow, insecure;
static _Atomic bool stopped;

/* ---- the end by a signal ---- */

static sigset_t ends;

static void *wait_for_signal(void *client) {
  int number;
  sigwait(&ends, &number);
  stopped = true;
  oxrtmp_client_close(*(oxrtmp_client *)client);
  return NULL;
}

static int fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(text, sizeof text); /* names the phase, and the server's code and description */
  fprintf(stderr, "pull: %s: %s\n", what, text);
  return 1;
}

/* ---- the stream ---- */

struct span {
  int64_t first, last; /* least and greatest decoding time of audio and video, in ns */
  bool any;
};

static void extend(struct span *s, const oxrtmp_packet *p) {
  if (p->type != 8 && p->type != 9) {
    return;
  }
  if (!s->any) {
    s->any = true;
    s->first = s->last = p->dts_ns;
  }
  s->first = p->dts_ns < s->first ? p->dts_ns : s->first;
  s->last = p->dts_ns > s->last ? p->dts_ns : s->last;
}

/* receive records packets until there are no more, or enough of them. */
static oxrtmp_status receive(oxrtmp_client client, oxrtmp_recorder recorder, struct span *span) {
  oxrtmp_packet packets[BATCH];
  size_t count;
  oxrtmp_status status = OXRTMP_OK;
  bool enough = false;
  while (!enough && (status = oxrtmp_client_next_packets(client, -1, packets, BATCH, &count)) == OXRTMP_OK) {
    for (size_t i = 0; i < count; i++) {
      extend(span, &packets[i]);
      enough = enough || (seconds > 0 && (double)(span->last - span->first) >= seconds * 1e9);
      if (status == OXRTMP_OK && !enough) {
        status = oxrtmp_recorder_write(recorder, &packets[i]);
      }
      oxrtmp_packet_release(&packets[i]);
    }
    if (status != OXRTMP_OK) {
      break;
    }
  }
  return status;
}

/* name_of is what stands behind the host in a URL, without the query. */
static void name_of(const char *url, char *name, size_t size) {
  const char *rest = strstr(url, "://");
  rest = strchr(rest != NULL ? rest + 3 : url, '/');
  snprintf(name, size, "%s", rest != NULL ? rest + 1 : "");
  name[strcspn(name, "?")] = 0;
}

static int pull(const char *url, const char *path) {
  oxrtmp_client client;
  oxrtmp_recorder recorder;
  oxrtmp_client_options options;
  oxrtmp_tls_options tls;
  oxrtmp_client_options_init(&options);
  oxrtmp_tls_options_init(&tls);
  tls.ca_file = ca;
  tls.insecure = insecure;
  options.tls = &tls;
  options.follow_reconnects = follow; /* to another server, when this one is about to end and asks for it */
  if (oxrtmp_client_play(url, &options, -1, &client) != OXRTMP_OK) {
    return fail("play");
  }
  pthread_t thread;
  if (pthread_create(&thread, NULL, wait_for_signal, &client) != 0 || pthread_detach(thread) != 0) {
    return fail("no thread");
  }
  if (oxrtmp_recorder_open(path, NULL, &recorder) != OXRTMP_OK) { /* beside a file that exists, not over it */
    return fail(path);
  }
  char name[1024], peer[128] = "", written[PATH] = "", reason[OXRTMP_ERROR_TEXT_SIZE] = "ended";
  name_of(url, name, sizeof name);
  oxrtmp_client_peer_address(client, peer, sizeof peer, NULL);
  printf("playing %s from %s\n", name, peer);
  fflush(stdout);

  struct span span = {0, 0, false};
  oxrtmp_status status = receive(client, recorder, &span);
  if (stopped) {
    strcpy(reason, "interrupted");
    status = OXRTMP_OK;
  } else if (status == OXRTMP_E_EOF) {
    status = OXRTMP_OK;
  } else if (status != OXRTMP_OK) {
    oxrtmp_last_error(reason, sizeof reason);
  }
  oxrtmp_statistics n = {.struct_size = sizeof n};
  oxrtmp_client_statistics(client, &n);
  oxrtmp_recorder_path(recorder, written, sizeof written, NULL);
  if (oxrtmp_recorder_close(recorder) != OXRTMP_OK && status == OXRTMP_OK) {
    status = OXRTMP_E_FILE;
    oxrtmp_last_error(reason, sizeof reason);
  }
  oxrtmp_client_close(client);
  printf("end %s packets=%" PRIu64 " audio=%" PRIu64 " video=%" PRIu64 " data=%" PRIu64 " bytes=%" PRIu64
         " keyframes=%" PRIu64 " malformed=%" PRIu64 " duration_ms=%" PRId64 " file=%s reason=%s\n",
         name, n.packets, n.audio_packets, n.video_packets, n.data_packets, n.bytes, n.keyframes, n.malformed,
         (span.last - span.first) / 1000000, written, reason);
  if (status != OXRTMP_OK) {
    fprintf(stderr, "pull: %s\n", reason);
  }
  return status != OXRTMP_OK;
}

int main(int argc, char **argv) {
  int i = 1;
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != 0; i++) {
    const char *flag = argv[i][1] == '-' ? argv[i] + 1 : argv[i];
    if (strcmp(flag, "-seconds") == 0 && i + 1 < argc) {
      seconds = atof(argv[++i]);
    } else if (strcmp(flag, "-ca") == 0 && i + 1 < argc) {
      ca = argv[++i];
    } else if (strcmp(flag, "-follow") == 0) {
      follow = true;
    } else if (strcmp(flag, "-insecure") == 0) {
      insecure = true;
    } else if (strcmp(flag, "-quiet") != 0) { /* there is no live line */
      break;
    }
  }
  if (argc - i != 2) {
    fprintf(stderr, "usage: pull [-seconds SECONDS] [-quiet] [-follow] [-ca FILE] [-insecure] URL FILE\n");
    return 2;
  }
  /* The signals that end the program are waited for by a thread; no other one may take them. */
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  return pull(argv[i], argv[i + 1]);
}
