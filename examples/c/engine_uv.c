/* Engines on libuv's sockets and timers. What is done with the engines: peer.h.
 *
 *   engine_uv ingest ADDRESS DIRECTORY   record every stream that is published, until a signal
 *   engine_uv pull URL FILE              play a stream and record it, to its end
 *   engine_uv relay FROM TO              play a stream at one URL and publish it at the other, to its end
 *
 *   cc engine_uv.c $(pkg-config --cflags --libs oxrtmp libuv) -o engine_uv
 */
#define _POSIX_C_SOURCE 200809L
#include "peer.h"

#include <arpa/inet.h>
#include <uv.h>

enum { LINGER_MS = 2000 }; /* for the last words of a connection to arrive */

struct connection {
  struct peer peer;
  struct connection *target; /* of a relay's source */
  struct connection *source; /* of a relay's target */
  uv_tcp_t socket;
  uv_timer_t timer;
  uv_connect_t connecting;
  uv_shutdown_t ending;
  uint64_t begun_ms;
  bool open;    /* the socket is connected, and not being closed */
  bool said;    /* all is said: the other side is to hang up */
  bool last;    /* the program ends with it */
  int handles;  /* of libuv's that are not closed yet */
};

/* A write is output on its way. */
struct write {
  uv_write_t request;
  char bytes[16 << 10];
};

static uv_loop_t *loop;
static bool failed;
static const char *directory, *source_url;

static void settle(struct connection *c);

static int64_t age(const struct connection *c) { return (int64_t)(uv_now(loop) - c->begun_ms); }

static void on_closed(uv_handle_t *handle) {
  struct connection *c = handle->data;
  if (--c->handles == 0) {
    if (c->last) {
      uv_stop(loop);
    }
    free(c);
  }
}

/* hang_up ends a connection at once. */
static void hang_up(struct connection *c) {
  if (uv_is_closing((uv_handle_t *)&c->socket)) {
    return;
  }
  c->open = false;
  uv_close((uv_handle_t *)&c->socket, on_closed);
  uv_close((uv_handle_t *)&c->timer, on_closed);
  if (c->source != NULL) {
    c->source->target = NULL;
    c->source->peer.target = NULL;
  }
  peer_close(&c->peer);
  failed = failed || ((c->last || c->target != NULL) && (c->peer.failed || !c->peer.began));
  if (c->target != NULL) {
    c->target->source = NULL;
    settle(c->target);
  }
}

static void on_written(uv_write_t *request, int status) {
  struct connection *c = request->handle->data;
  free(request); /* the first field of the write */
  if (status < 0) {
    hang_up(c);
  } else {
    settle(c);
  }
}

static void on_time(uv_timer_t *timer) {
  struct connection *c = timer->data;
  if (c->said) {
    hang_up(c);
    return;
  }
  peer_advance(&c->peer, age(c));
  settle(c);
}

/* settle does what follows from what the engine was told: a piece of its output leaves, and another one when that has
 * gone; once all is said our direction ends, and the other side hangs up. */
static void settle(struct connection *c) {
  if (!c->open || c->said) {
    return;
  }
  if (uv_stream_get_write_queue_size((uv_stream_t *)&c->socket) == 0) {
    struct write *w = malloc(sizeof *w);
    size_t size = w == NULL ? 0 : peer_output(&c->peer, (uint8_t *)w->bytes, sizeof w->bytes);
    uv_buf_t buffer = uv_buf_init(w == NULL ? NULL : w->bytes, (unsigned)size);
    if (size == 0 || uv_write(&w->request, (uv_stream_t *)&c->socket, &buffer, 1, on_written) != 0) {
      free(w);
    } else {
      return; /* on_written comes here again */
    }
    if (peer_over(&c->peer)) {
      c->said = true;
      uv_shutdown(&c->ending, (uv_stream_t *)&c->socket, NULL);
      uv_timer_start(&c->timer, on_time, LINGER_MS, 0);
      return;
    }
  }
  int64_t deadline_ms = peer_deadline(&c->peer);
  if (deadline_ms >= 0) {
    uv_timer_start(&c->timer, on_time, deadline_ms > age(c) ? (uint64_t)(deadline_ms - age(c)) : 0, 0);
  } else {
    uv_timer_stop(&c->timer);
  }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  static char room[64 << 10]; /* what is read is dealt with before the next read */
  (void)handle, (void)suggested;
  *buffer = uv_buf_init(room, sizeof room);
}

static void on_read(uv_stream_t *socket, ssize_t n, const uv_buf_t *buffer) {
  struct connection *c = socket->data;
  if (n < 0) {
    hang_up(c);
  } else if (!c->said) {
    peer_receive(&c->peer, age(c), (const uint8_t *)buffer->base, (size_t)n);
    settle(c);
    if (c->target != NULL) {
      settle(c->target);
    }
  }
}

static struct connection *add(void) {
  struct connection *c = calloc(1, sizeof *c);
  if (c == NULL || uv_tcp_init(loop, &c->socket) != 0 || uv_timer_init(loop, &c->timer) != 0) {
    fprintf(stderr, "no connection\n");
    exit(1);
  }
  c->handles = 2;
  c->socket.data = c->timer.data = c;
  c->begun_ms = uv_now(loop);
  return c;
}

static void begin(struct connection *c) {
  c->open = true;
  uv_read_start((uv_stream_t *)&c->socket, on_room, on_read);
  settle(c);
}

/* ---- connections that come, and that are made ---- */

static void on_connection(uv_stream_t *listener, int status) {
  struct connection *c = add();
  c->peer.directory = directory;
  if (status < 0 || uv_accept(listener, (uv_stream_t *)&c->socket) != 0 || !peer_accept(&c->peer, NULL, false)) {
    hang_up(c);
    return;
  }
  begin(c);
}

static void on_connected(uv_connect_t *connecting, int status) {
  struct connection *c = connecting->handle->data;
  if (status < 0) {
    if (status != UV_ECANCELED) {
      fprintf(stderr, "connect: %s\n", uv_strerror(status));
    }
    hang_up(c);
    return;
  }
  begin(c);
}

static struct connection *connect_to(const char *url) {
  struct connection *c = add();
  struct addrinfo *found = peer_address(url);
  if (found == NULL || uv_tcp_connect(&c->connecting, &c->socket, found->ai_addr, on_connected) != 0) {
    fprintf(stderr, "%s: no address\n", url);
    exit(1);
  }
  freeaddrinfo(found);
  return c;
}

/* play_for begins the source of a relay, when its target has accepted. */
static void play_for(struct peer *target) {
  struct connection *c = connect_to(source_url);
  c->target = (struct connection *)target; /* whose first field it is */
  c->target->source = c;
  c->peer.target = target;
  peer_play(&c->peer, source_url);
}

static bool listen_on(uv_tcp_t *listener, const char *address) {
  struct addrinfo *found = peer_address(address);
  struct sockaddr_in bound;
  int size = sizeof bound;
  if (found == NULL || uv_tcp_init(loop, listener) != 0 || uv_tcp_bind(listener, found->ai_addr, 0) != 0 ||
      uv_listen((uv_stream_t *)listener, 128, on_connection) != 0 ||
      uv_tcp_getsockname(listener, (struct sockaddr *)&bound, &size) != 0) {
    fprintf(stderr, "%s: cannot listen\n", address);
    return false;
  }
  freeaddrinfo(found);
  printf("listening on %s:%d\n", inet_ntoa(bound.sin_addr), ntohs(bound.sin_port));
  fflush(stdout);
  return true;
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  uv_stop(signal->loop);
}

/* close_all closes what is left when the loop is to end. */
static void close_all(uv_handle_t *handle, void *ignored) {
  (void)ignored;
  if (handle->data != NULL) { /* of a connection */
    hang_up(handle->data);
  } else if (!uv_is_closing(handle)) {
    uv_close(handle, NULL);
  }
}

int main(int argc, char **argv) {
  static uv_tcp_t listener; /* libuv leaves data as it is: NULL, of no connection */
  static uv_signal_t interrupt, terminate;
  const char *role = argc == 4 ? argv[1] : "";
  bool good = false;
  loop = uv_default_loop();
  uv_signal_init(loop, &interrupt);
  uv_signal_init(loop, &terminate);
  uv_signal_start(&interrupt, on_signal, SIGINT);
  uv_signal_start(&terminate, on_signal, SIGTERM);
  if (strcmp(role, "ingest") == 0) {
    directory = argv[3];
    good = listen_on(&listener, argv[2]);
  } else if (strcmp(role, "pull") == 0) {
    struct connection *c = connect_to(argv[2]);
    c->last = true;
    good = oxrtmp_recorder_open(argv[3], NULL, &c->peer.recorder) == OXRTMP_OK && peer_play(&c->peer, argv[2]);
  } else if (strcmp(role, "relay") == 0) {
    source_url = argv[2];
    struct connection *c = connect_to(argv[3]);
    c->last = true;
    c->peer.connected = play_for;
    good = peer_publish(&c->peer, argv[3]);
  } else {
    fprintf(stderr, "usage: engine_uv ingest ADDRESS DIRECTORY | pull URL FILE | relay FROM TO\n");
    return 2;
  }
  if (good) {
    uv_run(loop, UV_RUN_DEFAULT); /* until uv_stop */
  }
  uv_walk(loop, close_all, NULL);
  uv_run(loop, UV_RUN_DEFAULT); /* what was closed goes */
  uv_loop_close(loop);
  return failed || !good;
}
