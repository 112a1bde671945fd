/* Many publishers on one thread: the queue's descriptor in an epoll loop of your own, beside a signalfd.
 *
 *   epoll_ingest [ADDRESS [KEY]]     default: 127.0.0.1:1935; KEY lets in only publishers of that stream name
 */
#define _POSIX_C_SOURCE 200809L
#include <oxrtmp.h>

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A stream is what belongs to one session. Its address travels as the session's user_data. */
struct stream {
  oxrtmp_session session;
  char name[256];
  uint64_t packets, bytes;
};

static oxrtmp_queue queue;
static const char *key;

static void fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE] = "";
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "epoll_ingest: %s: %s\n", what, text);
  exit(1);
}

/* printable replaces what a peer could use to write on the terminal. */
static void printable(char *text) {
  for (unsigned char *p = (unsigned char *)text; *p != 0; p++) {
    if (*p < ' ' || *p == 0x7F || (*p == 0xC2 && p[1] < 0xA0)) {
      *p = '_';
    }
  }
}

static void answer(oxrtmp_request request) {
  struct stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL || oxrtmp_request_stream_name(request, stream->name, sizeof stream->name, NULL) != OXRTMP_OK ||
      (key != NULL && strcmp(stream->name, key) != 0)) {
    oxrtmp_request_reject(request, NULL, "unauthorized");
    free(stream);
    return;
  }
  oxrtmp_session_options options;
  oxrtmp_session_options_init(&options);
  options.queue = queue;
  options.user_data = (uint64_t)(uintptr_t)stream; /* the first packet brings it already */
  if (oxrtmp_request_accept(request, &options, &stream->session) != OXRTMP_OK) {
    free(stream); /* the publisher gave up meanwhile */
    return;
  }
  printable(stream->name);
  printf("publish %s\n", stream->name);
}

static void end(struct stream *stream, const oxrtmp_event *event) {
  printf("end %s packets=%" PRIu64 " bytes=%" PRIu64 " reason=%s\n", stream->name, stream->packets, stream->bytes,
         event->u.info.text);
  oxrtmp_session_close(stream->session);
  free(stream);
}

static void handle(oxrtmp_event *event) {
  struct stream *stream = (struct stream *)(uintptr_t)event->user_data;
  switch (event->type) {
  case OXRTMP_EVENT_REQUEST:
    answer(event->request);
    break;
  case OXRTMP_EVENT_PACKET:
    stream->packets++;
    stream->bytes += event->u.packet.raw_size;
    oxrtmp_event_release(event);
    break;
  case OXRTMP_EVENT_STREAM_END:
    end(stream, event);
    break;
  case OXRTMP_EVENT_LOG:
    fprintf(stderr, "%s\n", event->u.info.text);
    break;
  }
}

/* drain takes one batch. If more waits, the descriptor stays readable and epoll tells again. */
static void drain(void) {
  oxrtmp_event events[256];
  size_t count;
  if (oxrtmp_queue_drain(queue, events, 256, &count) != OXRTMP_OK) {
    fail("drain");
  }
  for (size_t i = 0; i < count; i++) {
    handle(&events[i]);
  }
}

static void watch(int loop, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0) {
    perror("epoll_ingest: epoll_ctl");
    exit(1);
  }
}

static int signals(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGINT);
  sigaddset(&mask, SIGTERM);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  return signalfd(-1, &mask, SFD_CLOEXEC);
}

int main(int argc, char **argv) {
  const char *address = argc > 1 ? argv[1] : "127.0.0.1:1935";
  key = argc > 2 ? argv[2] : NULL;
  oxrtmp_queue_options options;
  oxrtmp_queue_options_init(&options);
  options.log_level = OXRTMP_LOG_WARNING;
  oxrtmp_server server;
  int fd;
  if (oxrtmp_queue_create(&options, &queue) != OXRTMP_OK || oxrtmp_queue_fd(queue, &fd) != OXRTMP_OK) {
    fail("queue");
  }
  if (oxrtmp_server_bind(address, NULL, &server) != OXRTMP_OK ||
      oxrtmp_server_set_queue(server, queue, 0) != OXRTMP_OK) {
    fail(address);
  }
  char real[128];
  oxrtmp_server_address(server, real, sizeof real, NULL);
  printf("listening on %s\n", real);
  fflush(stdout);

  int loop = epoll_create1(EPOLL_CLOEXEC), stop = signals();
  watch(loop, fd);
  watch(loop, stop);
  for (bool running = true; running;) {
    struct epoll_event ready[2];
    int n = epoll_wait(loop, ready, 2, -1);
    for (int i = 0; i < n; i++) {
      if (ready[i].data.fd == fd) {
        drain();
      } else {
        running = false;
      }
    }
    fflush(stdout);
  }
  oxrtmp_server_close(server);
  for (size_t count = 1; count > 0;) { /* the streams that ran: their ends wait in the queue */
    oxrtmp_event event;
    if (oxrtmp_queue_drain(queue, &event, 1, &count) == OXRTMP_OK && count > 0) {
      handle(&event);
    }
  }
  oxrtmp_queue_destroy(queue);
  close(stop);
  close(loop);
  return 0;
}
