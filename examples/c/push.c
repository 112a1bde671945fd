/* Push sends an FLV file to an RTMP server, in real time.
 *
 *   cc push.c $(pkg-config --cflags --libs oxrtmp) -o push
 *   ./push clip.flv rtmp://localhost/live/test
 */
#define _XOPEN_SOURCE 700
#include <oxrtmp.h>

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static bool fast, loop, follow, insecure;
static const char *ca;
static volatile sig_atomic_t stopped;

static void stop(int number) {
  (void)number;
  stopped = 1;
}

/* A file that is sent, once or several times in sequence. */
struct sender {
  oxrtmp_client client;
  struct timespec started;
  uint32_t first, last; /* timestamps of the file's first and latest message, in ms */
  uint32_t shift;       /* what is added to them in this pass through the file */
  uint64_t messages, bytes;
};

static int fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(text, sizeof text); /* names the phase, and the server's code and description */
  fprintf(stderr, "push: %s: %s\n", what, text);
  return 1;
}

/* wait_until waits until ms milliseconds have passed since the start, or a signal comes. */
static void wait_until(const struct sender *s, uint32_t ms) {
  struct timespec due = s->started;
  due.tv_sec += ms / 1000;
  due.tv_nsec += (long)(ms % 1000) * 1000000;
  if (due.tv_nsec >= 1000000000) {
    due.tv_sec++;
    due.tv_nsec -= 1000000000;
  }
  while (!fast && !stopped && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0) {
  }
}

/* send_packet sends a packet when it is due. */
static oxrtmp_status send_packet(struct sender *s, oxrtmp_packet *packet) {
  if (s->messages == 0) {
    s->first = packet->timestamp_ms;
  }
  s->last = packet->timestamp_ms;
  uint32_t due = packet->timestamp_ms - s->first + s->shift;
  if (due < UINT32_C(0x80000000)) { /* a timestamp before the first one is due at once */
    wait_until(s, due);
  }
  packet->timestamp_ms += s->shift;
  oxrtmp_status status = oxrtmp_client_send_packet(s->client, packet);
  if (status == OXRTMP_OK && (packet->flags & OXRTMP_PACKET_CONTINUED) == 0) {
    s->messages++;
    s->bytes += packet->raw_size;
  }
  return status;
}

/* send_file sends all packets of the file. OXRTMP_E_EOF is its proper end. */
static oxrtmp_status send_file(struct sender *s, const char *path) {
  oxrtmp_flv_reader reader;
  oxrtmp_packet packet;
  oxrtmp_status status = oxrtmp_flv_reader_open(path, &reader);
  while (status == OXRTMP_OK && !stopped) {
    status = oxrtmp_flv_reader_next_packet(reader, &packet);
    if (status == OXRTMP_OK) {
      status = send_packet(s, &packet);
      oxrtmp_packet_release(&packet);
      if (status == OXRTMP_E_EOF) { /* here it is the server that has ended the stream */
        status = OXRTMP_E_CLOSED;
      }
    }
  }
  oxrtmp_flv_reader_close(reader);
  return status;
}

static int push(const char *path, const char *url) {
  /* A file that cannot be read is found before the server is asked. */
  oxrtmp_flv_reader reader;
  if (oxrtmp_flv_reader_open(path, &reader) != OXRTMP_OK) {
    return fail(path);
  }
  oxrtmp_flv_reader_close(reader);
  struct sender s = {{0}, {0, 0}, 0, 0, 0, 0, 0};
  oxrtmp_client_options options;
  oxrtmp_tls_options tls;
  oxrtmp_client_options_init(&options);
  oxrtmp_tls_options_init(&tls);
  tls.ca_file = ca;
  tls.insecure = insecure;
  options.tls = &tls;
  options.follow_reconnects = follow; /* to another server, when this one is about to end and asks for it */
  if (oxrtmp_client_publish(url, &options, -1, &s.client) != OXRTMP_OK) {
    return fail("publish");
  }
  clock_gettime(CLOCK_MONOTONIC, &s.started);
  oxrtmp_status status = send_file(&s, path);
  while (loop && status == OXRTMP_E_EOF && s.messages > 0 && !stopped) {
    s.shift += s.last - s.first + 40; /* the next pass begins one frame after the last message */
    status = send_file(&s, path);
  }
  int result = stopped || status == OXRTMP_E_EOF ? 0 : fail(path);
  if (oxrtmp_client_close(s.client) != OXRTMP_OK && result == 0) { /* sends what is queued */
    result = fail("close");
  }
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("sent packets=%" PRIu64 " bytes=%" PRIu64 " seconds=%.1f\n", s.messages, s.bytes,
         (double)(now.tv_sec - s.started.tv_sec) + (double)(now.tv_nsec - s.started.tv_nsec) / 1e9);
  return result;
}

int main(int argc, char **argv) {
  int i = 1;
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != 0; i++) {
    const char *flag = argv[i][1] == '-' ? argv[i] + 1 : argv[i];
    if (strcmp(flag, "-fast") == 0) {
      fast = true;
    } else if (strcmp(flag, "-loop") == 0) {
      loop = true;
    } else if (strcmp(flag, "-follow") == 0) {
      follow = true;
    } else if (strcmp(flag, "-ca") == 0 && i + 1 < argc) {
      ca = argv[++i];
    } else if (strcmp(flag, "-insecure") == 0) {
      insecure = true;
    } else {
      break;
    }
  }
  if (argc - i != 2) {
    fprintf(stderr, "usage: push [-fast] [-loop] [-follow] [-ca FILE] [-insecure] FILE URL\n");
    return 2;
  }
  struct sigaction action = {.sa_handler = stop, .sa_flags = SA_ONSTACK};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return push(argv[i], argv[i + 1]);
}
