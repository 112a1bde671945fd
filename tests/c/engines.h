/* engines.h: two engines that talk to each other through memory, in pieces of any size. */
#ifndef ENGINES_H
#define ENGINES_H

#include "check.h"

struct engines {
  oxrtmp_engine server, client;
  size_t piece;    /* most bytes that cross at once; 0: any number */
  int64_t now;     /* ms */
  oxrtmp_event server_events[4096], client_events[256];
  size_t server_count, client_count;
  bool reject;
};

static inline void take_events(struct engines *e) {
  oxrtmp_event event;
  while (oxrtmp_engine_next_event(e->server, &event) == OXRTMP_OK) {
    CHECK(event.source == e->server.id && e->server_count < 4096);
    if (event.type == OXRTMP_EVENT_REQUEST) {
      oxrtmp_session session = {7};
      if (e->reject) {
        OK(oxrtmp_request_reject(event.request, NULL, "unauthorized"));
      } else {
        OK(oxrtmp_request_accept(event.request, NULL, &session));
        CHECK(session.id == 0);
      }
    }
    e->server_events[e->server_count++] = event;
  }
  while (oxrtmp_engine_next_event(e->client, &event) == OXRTMP_OK) {
    CHECK(event.source == e->client.id && e->client_count < 256);
    e->client_events[e->client_count++] = event;
  }
}

/* carry moves the output of one engine to the other; false when there was none. */
static inline bool carry(struct engines *e, oxrtmp_engine from, oxrtmp_engine to) {
  static uint8_t buffer[50000];
  size_t size, consumed;
  OK(oxrtmp_engine_output(from, buffer, e->piece > 0 ? e->piece : sizeof buffer, &size));
  for (size_t at = 0; at < size;) {
    uint8_t *exact = malloc(size - at); /* of its own, so that a sanitizer sees every byte read beyond */
    memcpy(exact, buffer + at, size - at);
    oxrtmp_status status = oxrtmp_engine_receive(to, e->now, exact, size - at, &consumed);
    free(exact);
    if (status == OXRTMP_E_CLOSED) {
      break; /* it has said good-bye and does not listen any more */
    }
    OK(status);
    CHECK(consumed <= size - at);
    at += consumed;
    take_events(e);
  }
  return size > 0;
}

/* converse lets them talk until neither has anything to say. */
static inline void converse(struct engines *e) {
  bool more = true;
  while (more) {
    more = carry(e, e->client, e->server);
    more = carry(e, e->server, e->client) || more;
    take_events(e);
  }
}

/* first returns the first event of a type, or NULL. */
static inline oxrtmp_event *first(oxrtmp_event *events, size_t count, uint32_t type) {
  for (size_t i = 0; i < count; i++) {
    if (events[i].type == type) {
      return &events[i];
    }
  }
  return NULL;
}

static inline void open_engines(struct engines *e, uint32_t flags, size_t piece) {
  memset(e, 0, sizeof *e);
  e->piece = piece;
  OK(oxrtmp_engine_server_create(NULL, flags, &e->server));
  OK(oxrtmp_engine_publish_create("rtmp://host/live/name?key=1", NULL, flags, &e->client));
}

static inline void close_engines(struct engines *e) {
  for (size_t i = 0; i < e->server_count; i++) {
    OK(oxrtmp_event_release(&e->server_events[i]));
  }
  for (size_t i = 0; i < e->client_count; i++) {
    OK(oxrtmp_event_release(&e->client_events[i]));
  }
  OK(oxrtmp_engine_close(e->server));
  OK(oxrtmp_engine_close(e->client));
}

#endif
