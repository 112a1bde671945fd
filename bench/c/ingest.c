/* Takes streams in through the C library: `ingest BATCH`, one thread for each session, BATCH packets for each call; or
 * `ingest queue`, one thread that waits in the queue of all of them; or `ingest drain`, one that waits for the queue's
 * descriptor, as an event loop does, and drains it. */
#include <oxrtmp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int batch = 64;
static bool wait_inside;
static atomic_llong total, taken;

static void *take(void *argument) {
  oxrtmp_session session = *(oxrtmp_session *)argument;
  oxrtmp_packet *packets = calloc((size_t)batch, sizeof *packets);
  free(argument);
  for (;;) {
    size_t count = 0;
    long long size = 0;
    oxrtmp_status status = batch == 1 ? oxrtmp_session_next_packet(session, -1, packets)
                                      : oxrtmp_session_next_packets(session, -1, packets, (size_t)batch, &count);
    if (status) break;
    if (batch == 1) count = 1;
    for (size_t i = 0; i < count; i++) {
      size += (long long)packets[i].size;
      oxrtmp_packet_release(&packets[i]);
    }
    atomic_fetch_add(&total, size);
    atomic_fetch_add(&taken, (long long)count);
  }
  oxrtmp_session_close(session);
  free(packets);
  return NULL;
}

static void *serve(void *argument) {
  oxrtmp_server server = *(oxrtmp_server *)argument;
  oxrtmp_request request;
  while (oxrtmp_server_accept(server, -1, &request) == OXRTMP_OK) {
    oxrtmp_session *session = malloc(sizeof *session);
    pthread_t thread;
    if (oxrtmp_request_accept(request, NULL, session)) {
      free(session);
      continue;
    }
    pthread_create(&thread, NULL, take, session);
    pthread_detach(thread);
  }
  return NULL;
}

/* handle deals with an event and returns the bytes of the packet that it brings. */
static long long handle(oxrtmp_event *event) {
  oxrtmp_session session = {event->source};
  long long size = 0;
  if (event->type == OXRTMP_EVENT_REQUEST) {
    oxrtmp_request_accept(event->request, NULL, &session);
  } else if (event->type == OXRTMP_EVENT_STREAM_END) {
    oxrtmp_session_close(session);
  } else if (event->type == OXRTMP_EVENT_PACKET) {
    size = (long long)event->u.packet.size;
    atomic_fetch_add(&taken, 1);
  }
  oxrtmp_event_release(event);
  return size;
}

static oxrtmp_status next(oxrtmp_queue queue, oxrtmp_event *events, size_t max, size_t *count) {
  if (wait_inside) return oxrtmp_queue_wait(queue, -1, events, max, count);
  struct pollfd wanted = {.fd = -1, .events = POLLIN};
  oxrtmp_queue_fd(queue, &wanted.fd);
  if (poll(&wanted, 1, -1) < 0) return OXRTMP_E_IO;
  return oxrtmp_queue_drain(queue, events, max, count);
}

static void *drain(void *argument) {
  static oxrtmp_event events[256];
  oxrtmp_queue queue = *(oxrtmp_queue *)argument;
  size_t count;
  while (next(queue, events, 256, &count) == OXRTMP_OK) {
    long long size = 0;
    for (size_t i = 0; i < count; i++) size += handle(&events[i]);
    atomic_fetch_add(&total, size);
  }
  return NULL;
}

int main(int argc, char **argv) {
  oxrtmp_server server;
  oxrtmp_queue queue = {0};
  pthread_t thread;
  char address[64], byte;
  wait_inside = argc > 1 && strcmp(argv[1], "queue") == 0;
  bool queued = wait_inside || (argc > 1 && strcmp(argv[1], "drain") == 0);
  if (argc > 1 && !queued) batch = atoi(argv[1]);
  if (batch < 1 || oxrtmp_server_bind("127.0.0.1:0", NULL, &server)) return 1;
  oxrtmp_server_address(server, address, sizeof address, NULL);
  printf("listening on %s\n", address);
  fflush(stdout);
  if (queued && (oxrtmp_queue_create(NULL, &queue) || oxrtmp_server_set_queue(server, queue, 0))) return 1;
  pthread_create(&thread, NULL, queued ? drain : serve, queued ? (void *)&queue : (void *)&server);
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  printf("%lld %lld\n", (long long)atomic_load(&total), (long long)atomic_load(&taken));
  fflush(stdout);
  oxrtmp_server_close(server);
  if (queued) oxrtmp_queue_destroy(queue);
  pthread_join(thread, NULL);
  return 0;
}
