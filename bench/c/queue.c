/* What a packet costs on its way out of the library: `queue [ROUNDS [NAME]]` prints lines "NAME SIZE NANOSECONDS".
 *
 *   drain          oxrtmp_queue_drain, 256 events for each call
 *   next_packets   oxrtmp_session_next_packets, 256 packets for each call
 *   next_packet    oxrtmp_session_next_packet
 *   stream         oxrtmp_queue_wait while a client of the same process sends: the whole path, sender included
 *
 * The first three take from a session that a client of the same process has filled before, over a socket pair, so that
 * only the taking is measured: from the session to the caller's array, the caller's look at the size, and the release.
 * Each filling begins with BATCH small packets, whose taking is not measured: filling fills the caches too, and what the
 * program costs that is cold then is not what a packet costs. Each figure is the median of ROUNDS (5). */
#define _GNU_SOURCE
#include <oxrtmp.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 256 };

struct size {
  size_t bytes;
  uint32_t packets;  /* for each filling: no more than is pooled */
  uint32_t fillings; /* for each round */
};

static const struct size sizes[] = {{64, 12800, 2}, {1024, 3200, 8}, {16 * 1024, 500, 8}, {256 * 1024, 160, 4}};

struct path {
  oxrtmp_server server;
  oxrtmp_queue queue;
  oxrtmp_session session;
  oxrtmp_client client;
  struct size size;
};

static void ok(oxrtmp_status status, const char *what) {
  if (status != OXRTMP_OK) {
    char text[OXRTMP_ERROR_TEXT_SIZE] = "";
    oxrtmp_last_error(text, sizeof text);
    fprintf(stderr, "queue: %s: %s\n", what, text);
    exit(1);
  }
}
#define OK(call) ok((call), #call)

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *publish(void *argument) {
  int *fd = argument;
  static oxrtmp_client client;
  OK(oxrtmp_client_publish_fd(*fd, "rtmp://localhost/live/bench", NULL, 10000, &client));
  return &client;
}

/* open_path connects a client with a session, whose packets all find room. */
static struct path open_path(struct size size) {
  struct path p = {.size = size};
  oxrtmp_server_options options;
  oxrtmp_limits limits;
  oxrtmp_request request;
  pthread_t thread;
  void *client;
  int pair[2];
  oxrtmp_server_options_init(&options);
  oxrtmp_limits_init(&limits);
  limits.queue_bytes = UINT32_MAX / 2;
  options.limits = &limits;
  OK(oxrtmp_queue_create(NULL, &p.queue));
  OK(oxrtmp_server_create(&options, &p.server));
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    perror("queue: socketpair");
    exit(1);
  }
  OK(oxrtmp_server_adopt_connection(p.server, pair[0]));
  pthread_create(&thread, NULL, publish, &pair[1]);
  OK(oxrtmp_server_accept(p.server, 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, &p.session));
  pthread_join(thread, &client);
  p.client = *(oxrtmp_client *)client;
  return p;
}

static void close_path(struct path *p) {
  oxrtmp_client_close(p->client);
  oxrtmp_session_close(p->session);
  oxrtmp_server_close(p->server);
  oxrtmp_queue_destroy(p->queue);
}

static void send_some(struct path *p, size_t bytes, uint32_t packets) {
  uint8_t *frame = calloc(1, bytes);
  oxrtmp_packet batch[64];
  for (size_t i = 0; i < 64; i++) {
    batch[i] = (oxrtmp_packet){.raw = frame, .raw_size = bytes, .type = 9};
  }
  frame[0] = 0x27; /* an AVC inter frame: frame type and codec, then packet type 1 and a composition time of 0 */
  frame[1] = 1;
  for (uint32_t left = packets; left > 0;) {
    size_t n = left < 64 ? left : 64;
    OK(oxrtmp_client_send_packets(p->client, batch, n, NULL));
    left -= (uint32_t)n;
  }
  free(frame);
}

static void *send_all(void *argument) {
  struct path *p = argument;
  send_some(p, p->size.bytes, p->size.packets);
  return NULL;
}

/* fill sends BATCH small packets and those of the size, and waits until all of it waits in the session. */
static void fill(struct path *p) {
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_session_statistics(p->session, &s));
  uint64_t wanted = s.packets + BATCH + p->size.packets;
  send_some(p, sizes[0].bytes, BATCH);
  send_some(p, p->size.bytes, p->size.packets);
  while (s.packets < wanted) {
    struct timespec t = {0, 50000};
    nanosleep(&t, NULL);
    OK(oxrtmp_session_statistics(p->session, &s));
  }
}

static size_t seen; /* keeps the compiler from leaving the look at the size out */

static size_t take_events(struct path *p, bool wait) {
  static oxrtmp_event events[BATCH];
  size_t count;
  OK(wait ? oxrtmp_queue_wait(p->queue, -1, events, BATCH, &count)
          : oxrtmp_queue_drain(p->queue, events, BATCH, &count));
  for (size_t i = 0; i < count; i++) {
    seen += events[i].u.packet.size;
    oxrtmp_event_release(&events[i]);
  }
  return count;
}

static size_t take_packets(struct path *p, size_t most) {
  static oxrtmp_packet packets[BATCH];
  size_t count = 1;
  OK(most > 1 ? oxrtmp_session_next_packets(p->session, -1, packets, most, &count)
              : oxrtmp_session_next_packet(p->session, -1, packets));
  for (size_t i = 0; i < count; i++) {
    seen += packets[i].size;
    oxrtmp_packet_release(&packets[i]);
  }
  return count;
}

static double drain(struct path *p) {
  OK(oxrtmp_session_set_queue(p->session, p->queue, 0));
  fill(p);
  for (uint32_t taken = 0; taken < BATCH;) {
    taken += (uint32_t)take_events(p, false);
  }
  double begun = now_ns();
  for (uint32_t taken = 0; taken < p->size.packets;) {
    taken += (uint32_t)take_events(p, false);
  }
  return now_ns() - begun;
}

static double next_packets(struct path *p) {
  fill(p);
  for (uint32_t taken = 0; taken < BATCH;) {
    taken += (uint32_t)take_packets(p, BATCH);
  }
  double begun = now_ns();
  for (uint32_t taken = 0; taken < p->size.packets;) {
    taken += (uint32_t)take_packets(p, BATCH);
  }
  return now_ns() - begun;
}

static double next_packet(struct path *p) {
  fill(p);
  for (uint32_t taken = 0; taken < BATCH;) {
    taken += (uint32_t)take_packets(p, 1);
  }
  double begun = now_ns();
  for (uint32_t taken = 0; taken < p->size.packets;) {
    taken += (uint32_t)take_packets(p, 1);
  }
  return now_ns() - begun;
}

static double stream(struct path *p) {
  pthread_t sender;
  OK(oxrtmp_session_set_queue(p->session, p->queue, 0));
  double begun = now_ns();
  pthread_create(&sender, NULL, send_all, p);
  for (uint32_t taken = 0; taken < p->size.packets;) {
    taken += (uint32_t)take_events(p, true);
  }
  double took = now_ns() - begun;
  pthread_join(sender, NULL);
  return took;
}

static const struct way {
  const char *name;
  double (*measure)(struct path *p);
} ways[] = {{"drain", drain}, {"next_packets", next_packets}, {"next_packet", next_packet}, {"stream", stream}};

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 5;
  double took[100];
  if (rounds < 1 || rounds > 100) {
    fprintf(stderr, "usage: queue [ROUNDS [NAME]]\n");
    return 2;
  }
  for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
    if (argc > 2 && strcmp(argv[2], ways[w].name) != 0) {
      continue;
    }
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
      struct path p = open_path(sizes[s]);
      ways[w].measure(&p); /* fills the pools */
      for (int i = 0; i < rounds; i++) {
        took[i] = 0;
        for (uint32_t n = 0; n < p.size.fillings; n++) {
          took[i] += ways[w].measure(&p) / p.size.packets / p.size.fillings;
        }
      }
      close_path(&p);
      qsort(took, (size_t)rounds, sizeof took[0], ascending);
      printf("%s %zu %.1f\n", ways[w].name, sizes[s].bytes, took[rounds / 2]);
      fflush(stdout);
    }
  }
  return seen == 0;
}
