/* peer.h: what the programs with engines do with the bytes of one connection, however those come and go. The transports
 * are in engine_epoll.c, engine_uv.c, engine_serial.c and engine_file.c.
 *
 * A transport gives what arrives to peer_receive, sends what peer_output has, calls peer_advance at peer_deadline, and
 * hangs up when peer_over says so. Times are milliseconds since the connection began.
 */
#ifndef PEER_H
#define PEER_H

#include "print_end.h"

#include <oxrtmp.h>

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A peer is the other side of one connection. */
struct peer {
  oxrtmp_engine engine;
  oxrtmp_handshake handshake; /* while that is done outside of the engine */
  oxrtmp_recorder recorder;   /* where packets go, */
  struct peer *target;        /* or to whom, */
  const char *directory;      /* or to a new file here for each stream that is published */
  char name[512];             /* of that stream */
  void (*connected)(struct peer *); /* called once the server has accepted */
  bool began, failed, over; /* began: the server has accepted */
};

static inline void peer_fail(struct peer *p, const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE] = "";
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "%s: %s\n", what, text);
  p->failed = p->over = true;
}

/* ---- how a connection begins ---- */

/* peer_accept makes p the accepting side. With apart the handshake is done before the engine, by functions of its own. */
static inline bool peer_accept(struct peer *p, const oxrtmp_server_options *options, bool apart) {
  if ((apart && oxrtmp_handshake_create(NULL, &p->handshake) != OXRTMP_OK) ||
      oxrtmp_engine_server_create(options, apart ? OXRTMP_ENGINE_SHAKEN : 0, &p->engine) != OXRTMP_OK) {
    peer_fail(p, "engine");
  }
  return !p->failed;
}

static inline bool peer_play(struct peer *p, const char *url) {
  if (oxrtmp_engine_play_create(url, NULL, 0, &p->engine) != OXRTMP_OK) {
    peer_fail(p, url);
  }
  return !p->failed;
}

static inline bool peer_publish(struct peer *p, const char *url) {
  if (oxrtmp_engine_publish_create(url, NULL, 0, &p->engine) != OXRTMP_OK) {
    peer_fail(p, url);
  }
  return !p->failed;
}

/* peer_address looks up the host and port in a URL, or in HOST:PORT; NULL when there are none. It waits. */
static inline struct addrinfo *peer_address(const char *url) {
  char host[256], *port;
  const char *rest = strstr(url, "://");
  rest = rest != NULL ? rest + 3 : url;
  snprintf(host, sizeof host, "%.*s", (int)strcspn(rest, "/?"), rest);
  port = strrchr(host, ':');
  if (port != NULL) {
    *port++ = 0;
  }
  struct addrinfo hints, *found;
  memset(&hints, 0, sizeof hints);
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  return getaddrinfo(host, port != NULL ? port : "1935", &hints, &found) == 0 ? found : NULL;
}

/* ---- what an engine tells ---- */

static inline void peer_answer(struct peer *p, oxrtmp_request request) {
  oxrtmp_session none; /* an engine makes no session */
  if (p->recorder.id != 0) { /* a connection can have several, one after the other in these programs */
    oxrtmp_request_reject(request, NULL, "one stream at a time");
  } else if (oxrtmp_request_stream_name(request, p->name, sizeof p->name, NULL) != OXRTMP_OK ||
      (p->directory != NULL && oxrtmp_recorder_open_in(p->directory, p->name, NULL, &p->recorder) != OXRTMP_OK)) {
    oxrtmp_request_reject(request, NULL, "cannot record");
  } else if (oxrtmp_request_accept(request, NULL, &none) != OXRTMP_OK) {
    peer_fail(p, "accept");
  }
}

/* peer_end is for the end of a stream, or of the connection. */
static inline void peer_end(struct peer *p) {
  if (p->recorder.id != 0) {
    if (oxrtmp_recorder_close(p->recorder) != OXRTMP_OK) {
      peer_fail(p, "the recording");
    }
    print_end(p->name);
    p->recorder.id = 0;
  }
  if (p->target != NULL) {
    oxrtmp_engine_end(p->target->engine);
    p->target = NULL;
  }
}

static inline void peer_packet(struct peer *p, const oxrtmp_packet *packet) {
  oxrtmp_status status = OXRTMP_OK;
  if (p->target != NULL) {
    status = oxrtmp_engine_send_packet(p->target->engine, packet); /* the target's output grows */
  } else if (p->recorder.id != 0) {
    status = oxrtmp_recorder_write(p->recorder, packet);
  }
  if (status != OXRTMP_OK) {
    peer_fail(p, "a packet is lost");
  }
}

static inline void peer_events(struct peer *p) {
  oxrtmp_event event;
  while (oxrtmp_engine_next_event(p->engine, &event) == OXRTMP_OK) {
    switch (event.type) {
    case OXRTMP_EVENT_REQUEST:
      peer_answer(p, event.request);
      break;
    case OXRTMP_EVENT_PACKET:
      peer_packet(p, &event.u.packet);
      oxrtmp_event_release(&event);
      break;
    case OXRTMP_EVENT_CONNECTED:
      p->began = true;
      if (p->connected != NULL) {
        p->connected(p);
      }
      break;
    case OXRTMP_EVENT_STREAM_END:
      peer_end(p);
      break;
    case OXRTMP_EVENT_FAILED:
      fprintf(stderr, "%s: %s\n", oxrtmp_phase_name(event.phase), event.u.info.text);
      p->failed = p->over = true;
      break;
    default:
      break;
    }
  }
}

/* ---- bytes and time ---- */

/* peer_shake gives bytes to the handshake and returns how many it took. */
static inline size_t peer_shake(struct peer *p, const uint8_t *data, size_t size) {
  size_t consumed;
  if (oxrtmp_handshake_receive(p->handshake, data, size, &consumed) != OXRTMP_OK) {
    peer_fail(p, "handshake");
  }
  return consumed;
}

/* peer_shaken tells whether the handshake is over, its last bytes sent. */
static inline bool peer_shaken(struct peer *p) {
  oxrtmp_handshake_info info;
  info.struct_size = sizeof info;
  return p->handshake.id == 0 || (oxrtmp_handshake_result(p->handshake, &info) == OXRTMP_OK && info.done);
}

/* peer_receive gives all of the bytes to the engine. It takes them, as requests are answered at once, and no hub here
 * waits for slow players: with OXRTMP_SLOW_BLOCK what it did not take would have to be kept until WRITABLE. */
static inline void peer_receive(struct peer *p, int64_t now_ms, const uint8_t *data, size_t size) {
  while (size > 0 && !p->over) {
    size_t consumed;
    if (!peer_shaken(p)) {
      consumed = peer_shake(p, data, size);
    } else {
      oxrtmp_status status = oxrtmp_engine_receive(p->engine, now_ms, data, size, &consumed);
      if (status == OXRTMP_E_CLOSED) {
        p->over = true;
      } else if (status != OXRTMP_OK) {
        peer_fail(p, "receive");
      }
      peer_events(p); /* requests are answered there, so that the next turn takes more */
    }
    data += consumed;
    size -= consumed;
  }
}

static inline size_t peer_output(struct peer *p, uint8_t *buffer, size_t room) {
  size_t size = 0;
  if (p->handshake.id != 0) {
    oxrtmp_handshake_output(p->handshake, buffer, room, &size);
    if (size == 0 && peer_shaken(p)) {
      oxrtmp_handshake_close(p->handshake);
      p->handshake.id = 0;
    }
  }
  if (size == 0 && p->handshake.id == 0) {
    oxrtmp_engine_output(p->engine, buffer, room, &size);
    peer_events(p); /* of a stream that a hub has ended */
  }
  return size;
}

static inline int64_t peer_deadline(const struct peer *p) {
  int64_t deadline_ms = -1;
  oxrtmp_engine_deadline(p->engine, &deadline_ms);
  return deadline_ms;
}

static inline void peer_advance(struct peer *p, int64_t now_ms) {
  if (oxrtmp_engine_advance(p->engine, now_ms) != OXRTMP_OK) {
    peer_fail(p, "advance");
  }
}

/* peer_over tells whether the connection is to be closed, once the output is sent. */
static inline bool peer_over(const struct peer *p) {
  uint32_t closing = 1;
  oxrtmp_engine_closing(p->engine, &closing);
  return p->over || closing;
}

/* peer_close is for a connection that is closed, whoever did it. */
static inline void peer_close(struct peer *p) {
  peer_end(p);
  oxrtmp_handshake_close(p->handshake);
  oxrtmp_engine_close(p->engine);
}

#endif
