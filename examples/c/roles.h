/* roles.h: what the programs with an event loop do with the events of a queue. The loops are in epoll_loop.c, uv_loop.c
 * and asio_loop.cpp, which all do the same:
 *
 *   PROGRAM ingest ADDRESS DIRECTORY   record every stream that is published, in a file of its name, until a signal
 *   PROGRAM pull URL FILE              play a stream and record it, to its end
 *   PROGRAM relay FROM TO              play a stream at one URL and publish it at the other, to its end
 *
 * C99, and C++.
 */
#ifndef ROLES_H
#define ROLES_H

#include "print_end.h"

#include <oxrtmp.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stream that is received. Its address travels as the user_data of what it comes from. */
struct stream {
  oxrtmp_session session; /* ingest */
  oxrtmp_recorder recorder;
  char name[512];
};

static oxrtmp_queue queue;
static oxrtmp_server server;
static oxrtmp_client source, target; /* pull: the source, relay: both */
static struct stream pulled;
static const char *role, *first, *second; /* the program's arguments */
static bool failed;

static inline void complain(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE] = "";
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "%s: %s\n", what, text);
  failed = true;
}

/* play begins to play the source: its events bring user_data. */
static inline bool play(const char *url, void *user_data) {
  if (oxrtmp_client_play_open(url, NULL, queue, (uint64_t)(uintptr_t)user_data, &source) != OXRTMP_OK) {
    complain(url);
    return false;
  }
  return true;
}

/* begin opens what the role needs, with its events in the queue. */
static inline bool begin(int argc, char **argv) {
  if (argc != 4 || (strcmp(argv[1], "ingest") != 0 && strcmp(argv[1], "pull") != 0 && strcmp(argv[1], "relay") != 0)) {
    fprintf(stderr, "usage: %s ingest ADDRESS DIRECTORY | pull URL FILE | relay FROM TO\n", argv[0]);
    return false;
  }
  role = argv[1];
  first = argv[2];
  second = argv[3];
  if (*role == 'p') {
    if (oxrtmp_recorder_open(second, NULL, &pulled.recorder) != OXRTMP_OK) {
      complain(second);
      return false;
    }
    return play(first, &pulled);
  }
  if (*role == 'r') { /* the source is played once the target has accepted */
    oxrtmp_client_options options;
    oxrtmp_client_options_init(&options);
    options.drop_video = 1; /* in a loop nothing may wait: a target that is too slow loses video */
    options.output_bytes = 8 << 20;
    if (oxrtmp_client_publish_open(second, &options, queue, 0, &target) != OXRTMP_OK) {
      complain(second);
      return false;
    }
    return true;
  }
  char address[256];
  if (oxrtmp_server_bind(first, NULL, &server) != OXRTMP_OK ||
      oxrtmp_server_set_queue(server, queue, 0) != OXRTMP_OK ||
      oxrtmp_server_address(server, address, sizeof address, NULL) != OXRTMP_OK) {
    complain(first);
    return false;
  }
  printf("listening on %s\n", address);
  fflush(stdout);
  return true;
}

static inline void answer(oxrtmp_request request) {
  struct stream *s = (struct stream *)calloc(1, sizeof *s);
  oxrtmp_session_options options;
  oxrtmp_session_options_init(&options);
  options.queue = queue;
  options.user_data = (uint64_t)(uintptr_t)s; /* the first packet brings it already */
  if (s == NULL || oxrtmp_request_stream_name(request, s->name, sizeof s->name, NULL) != OXRTMP_OK ||
      oxrtmp_recorder_open_in(second, s->name, NULL, &s->recorder) != OXRTMP_OK) {
    oxrtmp_request_reject(request, NULL, "cannot record");
    free(s);
  } else if (oxrtmp_request_accept(request, &options, &s->session) != OXRTMP_OK) { /* the publisher gave up meanwhile */
    oxrtmp_recorder_close(s->recorder);
    free(s);
  }
}

/* receive records a packet, or sends it on. */
static inline void receive(struct stream *s, const oxrtmp_packet *packet) {
  oxrtmp_status status = *role == 'r' ? oxrtmp_client_send_packet(target, packet)
                                      : oxrtmp_recorder_write(s->recorder, packet);
  if (status != OXRTMP_OK) {
    complain("a packet is lost");
  }
}

static inline void finish(struct stream *s) {
  if (oxrtmp_recorder_close(s->recorder) != OXRTMP_OK) {
    complain("the recording");
  }
  print_end(s->name);
  if (s != &pulled) {
    oxrtmp_session_close(s->session);
    free(s);
  }
}

/* handle does what an event is for, and returns whether the program goes on. */
static inline bool handle(oxrtmp_event *event) {
  struct stream *s = (struct stream *)(uintptr_t)event->user_data;
  switch (event->type) {
  case OXRTMP_EVENT_REQUEST:
    answer(event->request);
    break;
  case OXRTMP_EVENT_PACKET:
    receive(s, &event->u.packet);
    oxrtmp_event_release(event);
    break;
  case OXRTMP_EVENT_STREAM_END:
    finish(s);
    break;
  case OXRTMP_EVENT_CONNECTED:
    return event->source != target.id || play(first, NULL);
  case OXRTMP_EVENT_FAILED:
    fprintf(stderr, "%s: %s\n", oxrtmp_phase_name(event->phase), event->u.info.text);
    failed = true;
    return false;
  case OXRTMP_EVENT_CLIENT_END:
    failed = failed || event->status != OXRTMP_E_EOF || event->source == target.id;
    if (*role == 'r' && event->source == source.id) { /* what was sent leaves first */
      return oxrtmp_client_close_start(target) == OXRTMP_OK;
    }
    if (*role == 'p') {
      finish(&pulled);
    }
    return false;
  case OXRTMP_EVENT_CLIENT_CLOSED:
    failed = failed || event->status != OXRTMP_OK;
    return false;
  default:
    break;
  }
  return true;
}

/* drain takes the events that wait, at most a batch: the descriptor stays readable while there are more. */
static inline bool drain(void) {
  oxrtmp_event events[64];
  size_t count;
  bool more = true;
  if (oxrtmp_queue_drain(queue, events, 64, &count) != OXRTMP_OK) {
    complain("drain");
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    more = handle(&events[i]) && more;
  }
  return more;
}

/* end closes everything, and returns the exit code. */
static inline int end(void) {
  if (server.id != 0) {
    oxrtmp_server_close(server);
    oxrtmp_event event; /* of the streams that ran their ends are left */
    for (size_t count = 1; count > 0 && oxrtmp_queue_drain(queue, &event, 1, &count) == OXRTMP_OK;) {
      if (count > 0) {
        handle(&event);
      }
    }
  }
  oxrtmp_client_close(source);
  oxrtmp_client_close(target);
  oxrtmp_queue_destroy(queue);
  return failed;
}

#endif
