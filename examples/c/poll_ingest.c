/* Many publishers on one thread, recorded: the queue's descriptor in a poll loop, beside the standard input.
 *
 *   poll_ingest [ADDRESS [DIRECTORY]]     default: 127.0.0.1:1935, and the current directory
 *
 * Each second it says how much came; a line on the standard input, or its end, ends it.
 */
#define _POSIX_C_SOURCE 200809L
#include <oxrtmp.h>

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A stream is what belongs to one session. Its address travels as the session's user_data. */
struct stream {
  oxrtmp_session session;
  oxrtmp_recorder recorder;
};

static oxrtmp_queue queue;
static const char *directory = ".";
static uint64_t streams, packets, bytes;

static void complain(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE] = "";
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "poll_ingest: %s: %s\n", what, text);
}

static void answer(oxrtmp_request request) {
  struct stream *stream = calloc(1, sizeof *stream);
  char name[8192];
  if (stream == NULL || oxrtmp_request_stream_name(request, name, sizeof name, NULL) != OXRTMP_OK ||
      oxrtmp_recorder_open_in(directory, name, NULL, &stream->recorder) != OXRTMP_OK) {
    complain("a stream is refused");
    oxrtmp_request_reject(request, NULL, "cannot record");
    free(stream);
    return;
  }
  oxrtmp_session_options options;
  oxrtmp_session_options_init(&options);
  options.queue = queue;
  options.user_data = (uint64_t)(uintptr_t)stream;
  if (oxrtmp_request_accept(request, &options, &stream->session) != OXRTMP_OK) {
    oxrtmp_recorder_close(stream->recorder);
    free(stream);
    return;
  }
  streams++;
}

static void record(struct stream *stream, oxrtmp_event *event) {
  if (event->status == OXRTMP_OK && oxrtmp_recorder_write(stream->recorder, &event->u.packet) != OXRTMP_OK) {
    complain("a packet is not recorded");
  }
  packets++;
  bytes += event->u.packet.raw_size;
  oxrtmp_event_release(event);
}

static void end(struct stream *stream) {
  oxrtmp_recorder_close(stream->recorder);
  oxrtmp_session_close(stream->session);
  free(stream);
  streams--;
}

/* drain takes one batch, and returns how many events it had. */
static size_t drain(void) {
  oxrtmp_event events[256];
  size_t count;
  if (oxrtmp_queue_drain(queue, events, 256, &count) != OXRTMP_OK) {
    return 0;
  }
  for (size_t i = 0; i < count; i++) {
    struct stream *stream = (struct stream *)(uintptr_t)events[i].user_data;
    if (events[i].type == OXRTMP_EVENT_REQUEST) {
      answer(events[i].request);
    } else if (events[i].type == OXRTMP_EVENT_PACKET) {
      record(stream, &events[i]);
    } else if (events[i].type == OXRTMP_EVENT_STREAM_END) {
      end(stream);
    }
  }
  return count;
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void loop(int fd) {
  struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  for (int64_t due = now_ms() + 1000; ready[1].revents == 0;) {
    int64_t left = due - now_ms();
    poll(ready, 2, left > 0 ? (int)left : 0);
    if (ready[0].revents != 0) {
      drain();
    }
    if (now_ms() >= due) {
      due += 1000;
      printf("%" PRIu64 " streams, %" PRIu64 " packets, %" PRIu64 " bytes\n", streams, packets, bytes);
      fflush(stdout);
    }
  }
}

int main(int argc, char **argv) {
  const char *address = argc > 1 ? argv[1] : "127.0.0.1:1935";
  directory = argc > 2 ? argv[2] : directory;
  oxrtmp_server server;
  int fd;
  if (oxrtmp_queue_create(NULL, &queue) != OXRTMP_OK || oxrtmp_queue_fd(queue, &fd) != OXRTMP_OK ||
      oxrtmp_server_bind(address, NULL, &server) != OXRTMP_OK ||
      oxrtmp_server_set_queue(server, queue, 0) != OXRTMP_OK) {
    complain(address);
    return 1;
  }
  char real[128];
  oxrtmp_server_address(server, real, sizeof real, NULL);
  printf("listening on %s\n", real);
  fflush(stdout);
  loop(fd);
  oxrtmp_server_close(server);
  while (drain() > 0) { /* the streams that ran: their last packets and their ends wait in the queue */
  }
  oxrtmp_queue_destroy(queue);
  printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", packets, bytes);
  return 0;
}
