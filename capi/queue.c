/* The queue: events of many handles behind one file descriptor. */
#include "bridge.h"

#include "_cgo_export.h"

#include <stddef.h>
#include <time.h>

_Static_assert(sizeof(oxrtmp_event) == 256, "the size of an event is part of the ABI");
_Static_assert(offsetof(oxrtmp_event, status) == 4, "status");
_Static_assert(offsetof(oxrtmp_event, source) == 8, "source");
_Static_assert(offsetof(oxrtmp_event, user_data) == 16, "user_data");
_Static_assert(offsetof(oxrtmp_event, request) == 24, "request");
_Static_assert(offsetof(oxrtmp_event, phase) == 32, "phase");
_Static_assert(offsetof(oxrtmp_event, level) == 36, "level");
_Static_assert(offsetof(oxrtmp_event, time_ns) == 40, "time_ns");
_Static_assert(offsetof(oxrtmp_event, u) == 48, "u");
_Static_assert(offsetof(oxrtmp_event, stream_id) == 240 && offsetof(oxrtmp_event, on) == 248, "numbers");
_Static_assert(sizeof(oxrtmp_packet) == 128, "the size of a packet is part of the ABI");
_Static_assert(sizeof(oxrtmp_event_info) == 192, "the words of an event fill its union");
_Static_assert(sizeof(oxrtmp_server_event) == 192, "and so does what a server tells");

int64_t ox_monotonic(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

oxrtmp_status oxrtmp_queue_create(const oxrtmp_queue_options *options, oxrtmp_queue *queue) {
  OX_ENTER();
  OX_OUT(queue);
  OX_OPTIONS(oxrtmp_queue_options, o, options);
  OX_REQUIRE(o.log_level <= OXRTMP_LOG_DEBUG, "log_level is no level");
  return oxgo_queue_create(&o, queue);
}

oxrtmp_status oxrtmp_queue_fd(oxrtmp_queue queue, int *fd) {
  if (fd != NULL) {
    *fd = -1;
  }
  OX_ENTER();
  OX_REQUIRE(fd != NULL, "fd is NULL");
  return oxgo_queue_fd(queue, fd);
}

/* taken makes the packets of count events the caller's. Events that there are count more than a fault after them. */
static oxrtmp_status taken(oxrtmp_status status, oxrtmp_event *events, size_t count) {
  ox_events_own(events, count);
  return count > 0 ? OXRTMP_OK : status;
}

oxrtmp_status oxrtmp_queue_drain(oxrtmp_queue queue, oxrtmp_event *events, size_t max, size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_REQUIRE(events != NULL, "events is NULL");
  OX_REQUIRE(max > 0 && max <= INT32_MAX, "max is out of range");
  oxrtmp_status status = oxgo_queue_drain(queue, events, max, count);
  return taken(status, events, *count);
}

oxrtmp_status oxrtmp_queue_wait(oxrtmp_queue queue, int32_t timeout_ms, oxrtmp_event *events, size_t max,
                                size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_REQUIRE(events != NULL, "events is NULL");
  OX_REQUIRE(max > 0 && max <= INT32_MAX, "max is out of range");
  oxrtmp_status status = oxgo_queue_wait(queue, timeout_ms, events, max, count);
  return taken(status, events, *count);
}

oxrtmp_status oxrtmp_queue_wake(oxrtmp_queue queue) {
  OX_ENTER();
  return oxgo_queue_wake(queue);
}

oxrtmp_status oxrtmp_queue_destroy(oxrtmp_queue queue) {
  OX_ENTER();
  return oxgo_queue_destroy(queue);
}


const char *oxrtmp_phase_name(uint32_t phase) {
  static const char *const names[] = {"",        "resolve",      "tcp",     "tls",  "handshake",
                                      "connect", "createStream", "publish", "play", "media"};
  return phase < sizeof names / sizeof names[0] ? names[phase] : "";
}

oxrtmp_status oxrtmp_server_set_queue(oxrtmp_server server, oxrtmp_queue queue, uint64_t user_data) {
  OX_ENTER();
  return oxgo_server_set_queue(server, queue, user_data);
}

oxrtmp_status oxrtmp_session_set_queue(oxrtmp_session session, oxrtmp_queue queue, uint64_t user_data) {
  OX_ENTER();
  return oxgo_session_set_queue(session, queue, user_data);
}

oxrtmp_status oxrtmp_server_shutdown_start(oxrtmp_server server, int32_t timeout_ms) {
  OX_ENTER();
  return oxgo_server_shutdown_start(server, timeout_ms);
}

oxrtmp_status oxrtmp_client_close_start(oxrtmp_client client) {
  OX_ENTER();
  return oxgo_client_close_start(client);
}

oxrtmp_status oxrtmp_client_set_queue(oxrtmp_client client, oxrtmp_queue queue, uint64_t user_data) {
  OX_ENTER();
  return oxgo_client_set_queue(client, queue, user_data);
}
