/* Ingest accepts RTMP publishers, checks their key, shows a live line per stream and records FLV files.
 *
 *   cc ingest.c $(pkg-config --cflags --libs oxrtmp) -pthread -o ingest
 *   ./ingest -listen localhost:1935 -key test -record /tmp
 *   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
 */
#define _POSIX_C_SOURCE 200809L
#include <oxrtmp.h>

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { NAME = 600, PATH = 4096, BATCH = 64, MOST_LIVE = 20 };

/* A publisher as the screen shows it. */
struct stream {
  oxrtmp_session session;
  char name[NAME];         /* "app/name" */
  int64_t first, last;     /* least and greatest decoding time of audio and video, in ns */
  bool media;              /* there was audio or video */
  oxrtmp_statistics shown; /* what the live line was made of */
  struct stream *next;
};

static const char *listen_address = "127.0.0.1:1935", *key = "", *record = "";
static bool once, quiet;
static oxrtmp_server server;

/* ---- the screen: lines that stay, and on a terminal a block of live lines below them ---- */

static pthread_mutex_t screen = PTHREAD_MUTEX_INITIALIZER;
static struct stream *streams;
static int drawn; /* live lines on the screen */
static bool live;

static void erase(void) {
  if (drawn > 0) {
    printf("\x1b[%dA\r\x1b[J", drawn); /* to the block's first line, and clear from there */
    drawn = 0;
  }
}

static double seconds(int64_t ns) { return (double)ns / 1e9; }

static void draw_stream(struct stream *s, bool update) {
  oxrtmp_statistics now = {.struct_size = sizeof now};
  if (oxrtmp_session_statistics(s->session, &now) != OXRTMP_OK) {
    now = s->shown;
  }
  double passed = seconds(now.duration_ns - s->shown.duration_ns), kbits = 0, fps = 0;
  if (passed > 0) {
    kbits = (double)(now.bytes - s->shown.bytes) * 8 / 1000 / passed;
    fps = (double)(now.video_packets - s->shown.video_packets) / passed;
  }
  if (update) {
    s->shown = now;
  }
  int up = (int)seconds(now.duration_ns);
  printf("\x1b[?7l%-24.24s %d:%02d:%02d %9" PRIu64 " packets %8.0f kbit/s %6.1f fps\x1b[?7h\n", s->name, up / 3600,
         up / 60 % 60, up % 60, now.packets, kbits, fps);
  drawn++;
}

static void draw(bool update) {
  if (live) {
    for (struct stream *s = streams; s != NULL && drawn < MOST_LIVE; s = s->next) {
      draw_stream(s, update);
    }
  }
  fflush(stdout);
}

/* show puts a stream on the screen under a line that stays. */
static void show(struct stream *s, const char *peer, const char *encoder) {
  pthread_mutex_lock(&screen);
  erase();
  printf("publish %s from %s (%s)\n", s->name, peer, encoder);
  s->next = streams;
  streams = s;
  draw(false);
  pthread_mutex_unlock(&screen);
}

/* hide takes it away and prints its summary. */
static void hide(struct stream *s, const char *path, const char *reason) {
  oxrtmp_statistics n = {.struct_size = sizeof n};
  oxrtmp_session_statistics(s->session, &n);
  pthread_mutex_lock(&screen);
  erase();
  printf("end %s packets=%" PRIu64 " audio=%" PRIu64 " video=%" PRIu64 " data=%" PRIu64 " bytes=%" PRIu64
         " keyframes=%" PRIu64 " malformed=%" PRIu64 " duration_ms=%" PRId64 " file=%s reason=%s\n",
         s->name, n.packets, n.audio_packets, n.video_packets, n.data_packets, n.bytes, n.keyframes, n.malformed,
         (s->last - s->first) / 1000000, path, reason);
  for (struct stream **p = &streams; *p != NULL; p = &(*p)->next) {
    if (*p == s) {
      *p = s->next;
      break;
    }
  }
  draw(false);
  pthread_mutex_unlock(&screen);
}

/* printable replaces what a peer could use to write on the terminal, or to break a word in two. */
static void printable(char *text) {
  for (unsigned char *p = (unsigned char *)text; *p != 0; p++) {
    if (*p <= ' ' || *p == 0x7F || (*p == 0xC2 && p[1] <= 0xA0)) {
      *p = '_';
    }
  }
}

/* ---- the streams ---- */

/* same compares in a time that does not tell where the difference is. */
static bool same(const char *a, const char *b) {
  size_t n = strlen(a);
  unsigned char difference = n != strlen(b);
  for (size_t i = 0; i < n && b[i] != 0; i++) {
    difference |= (unsigned char)(a[i] ^ b[i]);
  }
  return difference == 0;
}

static void extend(struct stream *s, const oxrtmp_packet *p) {
  if (p->type != 8 && p->type != 9) {
    return;
  }
  if (!s->media) {
    s->media = true;
    s->first = s->last = p->dts_ns;
  }
  s->first = p->dts_ns < s->first ? p->dts_ns : s->first;
  s->last = p->dts_ns > s->last ? p->dts_ns : s->last;
}

/* receive takes packets, and records them, until the stream ends, and returns how it did. */
static oxrtmp_status receive(struct stream *s, oxrtmp_recorder recorder) {
  oxrtmp_packet packets[BATCH];
  size_t count;
  oxrtmp_status status;
  while ((status = oxrtmp_session_next_packets(s->session, -1, packets, BATCH, &count)) == OXRTMP_OK) {
    for (size_t i = 0; i < count; i++) {
      extend(s, &packets[i]);
      if (recorder.id != 0 && status == OXRTMP_OK) {
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

/* publish receives an accepted stream to its end. */
static void publish(oxrtmp_session session) {
  struct stream s = {.session = session, .shown = {.struct_size = sizeof s.shown}};
  char app[NAME / 2 - 2] = "", name[NAME / 2] = "", peer[128] = "", encoder[32] = "", path[PATH] = "", reason[512];
  oxrtmp_session_app(session, app, sizeof app, NULL);
  oxrtmp_session_stream_name(session, name, sizeof name, NULL);
  oxrtmp_session_peer_address(session, peer, sizeof peer, NULL);
  oxrtmp_session_encoder(session, encoder, sizeof encoder, NULL);
  snprintf(s.name, sizeof s.name, "%s/%s", app, name);
  printable(s.name);
  show(&s, peer, encoder);

  oxrtmp_recorder recorder = {0};
  oxrtmp_status status = OXRTMP_OK;
  if (*record != 0) {
    status = oxrtmp_recorder_open_in(record, name, NULL, &recorder);
    oxrtmp_recorder_path(recorder, path, sizeof path, NULL);
  }
  if (status == OXRTMP_OK) {
    status = receive(&s, recorder);
  }
  if (status != OXRTMP_E_EOF || oxrtmp_session_end_reason(session, reason, sizeof reason, NULL) != OXRTMP_OK) {
    oxrtmp_last_error(reason, sizeof reason);
  }
  if (recorder.id != 0 && oxrtmp_recorder_close(recorder) != OXRTMP_OK) {
    oxrtmp_last_error(reason, sizeof reason);
  }
  hide(&s, path, reason);
  oxrtmp_session_close(session);
}

/* serve answers one request, on a thread of its own. */
static void serve(oxrtmp_request request, void *unused) {
  (void)unused;
  char name[NAME];
  oxrtmp_session session;
  if (*key != 0 && (oxrtmp_request_stream_name(request, name, sizeof name, NULL) != OXRTMP_OK || !same(name, key))) {
    oxrtmp_request_reject(request, "NetStream.Publish.BadName", "unauthorized");
    return;
  }
  if (oxrtmp_request_accept(request, NULL, &session) != OXRTMP_OK) {
    return; /* the publisher has gone */
  }
  publish(session);
  if (once) {
    kill(getpid(), SIGTERM);
  }
}

static void *serve_all(void *unused) {
  (void)unused;
  oxrtmp_server_serve(server, serve, NULL);
  return NULL;
}

/* ---- the program ---- */

static int fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "ingest: %s: %s\n", what, text);
  return 1;
}

static int usage(void) {
  fprintf(stderr, "usage: ingest [-listen ADDRESS] [-key NAME] [-record DIRECTORY] [-once] [-quiet]\n");
  return 2;
}

static bool parse(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *flag = argv[i][0] == '-' && argv[i][1] == '-' ? argv[i] + 1 : argv[i];
    const char **value = strcmp(flag, "-listen") == 0   ? &listen_address
                         : strcmp(flag, "-key") == 0    ? &key
                         : strcmp(flag, "-record") == 0 ? &record
                                                        : NULL;
    if (value != NULL && i + 1 < argc) {
      *value = argv[++i];
    } else if (strcmp(flag, "-once") == 0) {
      once = true;
    } else if (strcmp(flag, "-quiet") == 0) {
      quiet = true;
    } else {
      return false;
    }
  }
  return true;
}

int main(int argc, char **argv) {
  if (!parse(argc, argv)) {
    return usage();
  }
  live = !quiet && isatty(STDOUT_FILENO);

  /* The signals that end the program are waited for below; no thread may take them otherwise. */
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);

  if (oxrtmp_server_bind(listen_address, NULL, &server) != OXRTMP_OK) {
    return fail(listen_address);
  }
  char addresses[256];
  oxrtmp_server_addresses(server, addresses, sizeof addresses, NULL);
  printf("listening on %s\n", addresses);
  fflush(stdout);

  pthread_t thread;
  if (pthread_create(&thread, NULL, serve_all, NULL) != 0) {
    return fail("no thread");
  }
  const struct timespec second = {.tv_sec = 1};
  while (sigtimedwait(&ends, NULL, &second) < 0) {
    pthread_mutex_lock(&screen);
    erase();
    draw(true);
    pthread_mutex_unlock(&screen);
  }
  oxrtmp_server_close(server); /* ends every stream */
  pthread_join(thread, NULL);
  return 0;
}
