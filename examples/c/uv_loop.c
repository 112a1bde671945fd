/* A queue's descriptor in a loop of libuv. What is done with its events: roles.h.
 *
 *   cc uv_loop.c $(pkg-config --cflags --libs oxrtmp libuv) -o uv_loop
 */
#define _POSIX_C_SOURCE 200809L
#include "roles.h"

#include <uv.h>

static void on_events(uv_poll_t *poll, int status, int events) {
  (void)events;
  if (status < 0 || !drain()) {
    uv_stop(poll->loop);
  }
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  uv_stop(signal->loop);
}

int main(int argc, char **argv) {
  uv_loop_t *loop = uv_default_loop();
  uv_poll_t poll;
  uv_signal_t interrupt, terminate;
  int fd;
  if (oxrtmp_queue_create(NULL, &queue) != OXRTMP_OK || oxrtmp_queue_fd(queue, &fd) != OXRTMP_OK) {
    complain("queue");
    return 1;
  }
  if (!begin(argc, argv)) {
    return 2;
  }
  if (uv_poll_init(loop, &poll, fd) != 0 || uv_poll_start(&poll, UV_READABLE, on_events) != 0 ||
      uv_signal_init(loop, &interrupt) != 0 || uv_signal_start(&interrupt, on_signal, SIGINT) != 0 ||
      uv_signal_init(loop, &terminate) != 0 || uv_signal_start(&terminate, on_signal, SIGTERM) != 0) {
    fprintf(stderr, "libuv does not watch\n");
    return 1;
  }
  uv_run(loop, UV_RUN_DEFAULT); /* until uv_stop */
  uv_close((uv_handle_t *)&poll, NULL);
  uv_close((uv_handle_t *)&interrupt, NULL);
  uv_close((uv_handle_t *)&terminate, NULL);
  uv_run(loop, UV_RUN_DEFAULT); /* what was closed goes */
  uv_loop_close(loop);
  return end();
}
