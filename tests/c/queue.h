/* queue.h: what the tests of the queue share. */
#ifndef QUEUE_H
#define QUEUE_H

#include "check.h"

#include <poll.h>

static inline oxrtmp_queue new_queue(uint32_t log_level) {
  oxrtmp_queue queue;
  oxrtmp_queue_options options;
  OK(oxrtmp_queue_options_init(&options));
  options.log_level = log_level;
  OK(oxrtmp_queue_create(&options, &queue));
  return queue;
}

/* readable tells whether the queue's descriptor is readable within timeout_ms. */
static inline bool readable(oxrtmp_queue queue, int timeout_ms) {
  int fd;
  OK(oxrtmp_queue_fd(queue, &fd));
  struct pollfd p = {.fd = fd, .events = POLLIN};
  int n = poll(&p, 1, timeout_ms);
  CHECK(n == 0 || (n == 1 && p.revents == POLLIN));
  return n == 1;
}

/* next waits for an event of the type, which must be the next one. */
static inline oxrtmp_event next_(oxrtmp_queue queue, uint32_t type, const char *file, int line) {
  oxrtmp_event event;
  size_t count;
  memset(&event, 0xA5, sizeof event); /* the library writes all of it */
  status_(OXRTMP_OK, oxrtmp_queue_wait(queue, 10000, &event, 1, &count), "oxrtmp_queue_wait", file, line);
  if (count != 1 || event.type != type) {
    fprintf(stderr, "%s:%d: event %u instead of %u (%zu)\n", file, line, event.type, type, count);
    exit(1);
  }
  check_(event.stream_id == 0 && event.value == 0 && event.reserved == 0 && event.time_ns > 0, "an event is complete",
         file, line);
  return event;
}
#define NEXT(queue, type) next_((queue), OXRTMP_EVENT_##type, __FILE__, __LINE__)

static inline void nothing_(oxrtmp_queue queue, const char *file, int line) {
  oxrtmp_event event;
  size_t count = 7;
  status_(OXRTMP_OK, oxrtmp_queue_drain(queue, &event, 1, &count), "oxrtmp_queue_drain", file, line);
  check_(count == 0 && !readable(queue, 0), "nothing waits", file, line);
}
#define NOTHING(queue) nothing_((queue), __FILE__, __LINE__)

/* open_client begins to publish on the server, with events in the queue. */
static inline oxrtmp_client open_client(oxrtmp_server server, const char *name, oxrtmp_queue queue,
                                        uint64_t user_data) {
  oxrtmp_client client;
  OK(oxrtmp_client_publish_open(url_of(server, name), NULL, queue, user_data, &client));
  return client;
}

static inline void send_numbered(oxrtmp_client client, uint32_t first, uint32_t count) {
  for (uint32_t n = first; n < first + count; n++) {
    OK(oxrtmp_client_send_video(client, n, n == 0, (const uint8_t *)&n, sizeof n));
  }
}

/* take_numbered takes packets with these numbers, and nothing else, from the queue. */
static inline void take_numbered(oxrtmp_queue queue, uint64_t source, uint64_t user_data, uint32_t first,
                                 uint32_t count) {
  for (uint32_t n = first; n < first + count; n++) {
    oxrtmp_event event = NEXT(queue, PACKET);
    CHECK(event.source == source && event.user_data == user_data && event.status == OXRTMP_OK);
    CHECK(event.u.packet.size == sizeof n && memcmp(event.u.packet.data, &n, sizeof n) == 0);
    OK(oxrtmp_event_release(&event));
  }
}

/* accept_with answers the next request with these options, and takes the client's CONNECTED. */
static inline oxrtmp_session accept_with(oxrtmp_queue queue, const oxrtmp_session_options *options) {
  oxrtmp_session session = {0};
  oxrtmp_event event = NEXT(queue, REQUEST);
  OK(oxrtmp_request_accept(event.request, options, &session));
  CHECK(session.id != 0);
  NEXT(queue, CONNECTED);
  return session;
}

#endif
