/* Engines on sockets of the program's own, in a loop of plain epoll: neither a thread nor a socket is the library's.
 *
 *   engine_epoll [-apart] ingest ADDRESS DIRECTORY   record every stream that is published, until a signal; -apart: the
 *                                                    handshake is done before the engine
 *   engine_epoll serve ADDRESS [GRACE_MS]            a live server: the engines' streams are a hub's
 *   engine_epoll pull URL FILE                       play a stream and record it, to its end
 *   engine_epoll relay FROM TO                       play a stream at one URL and publish it at the other, to its end
 *
 * What is done with the engines: peer.h.
 *
 *   cc engine_epoll.c $(pkg-config --cflags --libs oxrtmp) -o engine_epoll
 */
#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { LINGER_MS = 2000 }; /* for the last words of a connection to arrive */

struct connection {
  struct peer peer;
  struct connection *next, *target; /* the target of a relay's source */
  int fd;
  int64_t begun_ms;
  int64_t ends_ms; /* not 0: all is said, and the other side is to hang up before this */
  bool last;       /* the program ends with it */
  bool gone;
  size_t at, size; /* the part of output that the socket has not taken */
  uint8_t output[64 << 10];
};

static struct connection *connections;
static int loop;
static bool apart, failed, running = true;
static const char *directory, *source_url;
static oxrtmp_hub hub;
static oxrtmp_queue queue; /* where the hub says that an engine has output */

static int64_t clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int fd, uint32_t events, void *of) {
  struct epoll_event event = {.events = events, .data.ptr = of};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0) {
    die("epoll_ctl");
  }
}

/* ---- one connection ---- */

static struct connection *add(int fd) {
  struct connection *c = calloc(1, sizeof *c);
  if (c == NULL) {
    die("connection");
  }
  c->fd = fd;
  c->begun_ms = clock_ms();
  c->next = connections;
  connections = c;
  watch(fd, EPOLLIN | EPOLLOUT | EPOLLET, c);
  return c;
}

static void settle(struct connection *c);

/* hang_up ends a connection at once. Its memory goes when the loop comes round. */
static void hang_up(struct connection *c) {
  c->gone = true;
  peer_close(&c->peer);
  close(c->fd);
  if (c->last) {
    failed = failed || c->peer.failed || !c->peer.began;
    running = false;
  }
  for (struct connection *o = connections; o != NULL; o = o->next) {
    if (o->target == c) {
      o->target = NULL;
      o->peer.target = NULL;
    }
  }
  if (c->target != NULL) {
    failed = failed || c->peer.failed;
    settle(c->target);
  }
}

/* send_output sends what the socket takes; false when the connection is broken. */
static bool send_output(struct connection *c) {
  for (;;) {
    if (c->at == c->size) {
      c->at = 0;
      c->size = peer_output(&c->peer, c->output, sizeof c->output);
      if (c->size == 0) {
        return true;
      }
    }
    ssize_t n = send(c->fd, c->output + c->at, c->size - c->at, MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) {
      return errno == EAGAIN || errno == ENOTCONN; /* EPOLLOUT goes on */
    }
    c->at += n > 0 ? (size_t)n : 0;
  }
}

/* settle does what follows from what the engine was told: its output leaves, and once all is said our direction ends.
 * The other side hangs up then: a socket closed before that might lose the last words. */
static void settle(struct connection *c) {
  if (c->gone || c->ends_ms != 0) {
    return;
  }
  if (!send_output(c)) {
    hang_up(c);
  } else if (c->size == 0 && peer_over(&c->peer)) {
    shutdown(c->fd, SHUT_WR);
    c->ends_ms = clock_ms() + LINGER_MS;
  }
}

/* take reads what has arrived. */
static void take(struct connection *c) {
  static uint8_t buffer[64 << 10];
  while (!c->gone) {
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) {
      break;
    }
    if (n == 0 || (n < 0 && errno != EINTR)) {
      hang_up(c);
      return;
    }
    if (c->ends_ms == 0 && n > 0) {
      peer_receive(&c->peer, clock_ms() - c->begun_ms, buffer, (size_t)n);
      settle(c);
      if (c->target != NULL) {
        settle(c->target);
      }
    }
  }
  settle(c);
}

/* ---- connections that come, and that are made ---- */

static void accept_all(int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    struct connection *c = add(fd);
    oxrtmp_server_options options;
    oxrtmp_server_options_init(&options);
    options.hub = hub;
    c->peer.directory = directory;
    if (!peer_accept(&c->peer, &options, apart) ||
        (hub.id != 0 && oxrtmp_engine_set_queue(c->peer.engine, queue, 0) != OXRTMP_OK)) {
      hang_up(c);
    }
  }
}

static int listen_on(const char *address) {
  struct addrinfo *found = peer_address(address);
  struct sockaddr_in bound;
  socklen_t size = sizeof bound;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  if (found == NULL || fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 128) != 0 ||
      getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
    die(address);
  }
  freeaddrinfo(found);
  printf("listening on %s:%d\n", inet_ntoa(bound.sin_addr), ntohs(bound.sin_port));
  fflush(stdout);
  return fd;
}

static struct connection *connect_to(const char *url) {
  struct addrinfo *found = peer_address(url);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (found == NULL || fd < 0 || (connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS)) {
    die(url);
  }
  freeaddrinfo(found);
  return add(fd);
}

/* play_for begins the source of a relay, when its target has accepted. */
static void play_for(struct peer *target) {
  struct connection *c = connect_to(source_url);
  c->target = (struct connection *)target; /* whose first field it is */
  c->peer.target = target;
  peer_play(&c->peer, source_url);
}

/* ---- the loop ---- */

/* due is when a connection's time comes, by the clock; -1: never. */
static int64_t due(const struct connection *c) {
  int64_t deadline_ms = peer_deadline(&c->peer);
  if (c->ends_ms != 0) {
    return c->ends_ms;
  }
  return deadline_ms < 0 ? -1 : c->begun_ms + deadline_ms;
}

/* look frees what is gone, tells the time to those whose time has come, and returns how long epoll may wait, in ms. */
static int look(void) {
  int64_t now_ms = clock_ms(), wait = -1;
  for (struct connection **place = &connections; *place != NULL;) {
    struct connection *c = *place;
    if (!c->gone && due(c) >= 0 && due(c) <= now_ms) {
      if (c->ends_ms != 0) {
        hang_up(c);
      } else {
        peer_advance(&c->peer, now_ms - c->begun_ms);
        settle(c);
      }
    }
    if (c->gone) {
      *place = c->next;
      free(c);
      continue;
    }
    int64_t left = due(c) - now_ms;
    if (due(c) >= 0 && (wait < 0 || left < wait)) {
      wait = left > 0 ? left : 0;
    }
    place = &c->next;
  }
  return (int)(wait > 60000 ? 60000 : wait);
}

/* drain sends what the hub has for players. */
static void drain(void) {
  oxrtmp_event events[64];
  size_t count = 0;
  oxrtmp_queue_drain(queue, events, 64, &count);
  for (size_t i = 0; i < count; i++) {
    for (struct connection *c = connections; c != NULL; c = c->next) { /* it may have gone meanwhile */
      if (!c->gone && c->peer.engine.id == events[i].source) {
        settle(c);
      }
    }
  }
}

/* run is the loop: until a signal, or the end of the last connection. */
static int run(int listener) {
  static int listening, queued, signalled; /* their addresses tell them apart */
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  watch(signalfd(-1, &ends, SFD_CLOEXEC), EPOLLIN, &signalled);
  int queue_fd = -1;
  if (listener >= 0) {
    watch(listener, EPOLLIN, &listening);
  }
  if (oxrtmp_queue_fd(queue, &queue_fd) == OXRTMP_OK) {
    watch(queue_fd, EPOLLIN, &queued);
  }
  for (int wait = look(); running; wait = look()) {
    struct epoll_event ready;
    if (epoll_wait(loop, &ready, 1, wait) != 1) {
      continue;
    }
    if (ready.data.ptr == &signalled) {
      running = false;
    } else if (ready.data.ptr == &listening) {
      accept_all(listener);
    } else if (ready.data.ptr == &queued) {
      drain();
    } else {
      take(ready.data.ptr);
    }
  }
  for (struct connection *c = connections; c != NULL; c = c->next) {
    if (!c->gone) {
      hang_up(c);
    }
  }
  look();
  close(loop);
  oxrtmp_hub_close(hub);
  oxrtmp_queue_destroy(queue);
  return failed;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "-apart") == 0) {
    apart = true;
    argv++;
    argc--;
  }
  const char *role = argc > 2 ? argv[1] : "";
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (strcmp(role, "ingest") == 0 && argc == 4) {
    directory = argv[3];
    return run(listen_on(argv[2]));
  }
  if (strcmp(role, "serve") == 0 && argc <= 4) {
    oxrtmp_hub_options options;
    oxrtmp_hub_options_init(&options);
    options.grace_ms = argc > 3 ? atoi(argv[3]) : 0; /* how long players wait for their publisher to come back */
    if (oxrtmp_hub_create(&options, &hub) != OXRTMP_OK || oxrtmp_queue_create(NULL, &queue) != OXRTMP_OK) {
      return 1;
    }
    return run(listen_on(argv[2]));
  }
  if (strcmp(role, "pull") == 0 && argc == 4) {
    struct connection *c = connect_to(argv[2]);
    c->last = true;
    if (oxrtmp_recorder_open(argv[3], NULL, &c->peer.recorder) != OXRTMP_OK) {
      peer_fail(&c->peer, argv[3]);
      return 1;
    }
    return peer_play(&c->peer, argv[2]) ? run(-1) : 1;
  }
  if (strcmp(role, "relay") == 0 && argc == 4) {
    source_url = argv[2];
    struct connection *c = connect_to(argv[3]);
    c->last = true;
    c->peer.connected = play_for;
    return peer_publish(&c->peer, argv[3]) ? run(-1) : 1;
  }
  fprintf(stderr, "usage: engine_epoll [-apart] ingest ADDRESS DIRECTORY | serve ADDRESS [GRACE_MS] | pull URL FILE\n"
                  "                    | relay FROM TO\n");
  return 2;
}
