/* A queue's descriptor in a loop of epoll, beside a signalfd. What is done with its events: roles.h.
 *
 *   cc epoll_loop.c $(pkg-config --cflags --libs oxrtmp) -o epoll_loop
 */
#define _POSIX_C_SOURCE 200809L
#include "roles.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void watch(int loop, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd}; /* level-triggered */
  if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0) {
    perror("epoll_ctl");
    exit(1);
  }
}

int main(int argc, char **argv) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, NULL);

  int fd, stop = signalfd(-1, &ends, SFD_CLOEXEC), loop = epoll_create1(EPOLL_CLOEXEC);
  if (oxrtmp_queue_create(NULL, &queue) != OXRTMP_OK || oxrtmp_queue_fd(queue, &fd) != OXRTMP_OK) {
    complain("queue");
    return 1;
  }
  if (!begin(argc, argv)) {
    return 2;
  }
  watch(loop, fd);
  watch(loop, stop);
  for (bool running = true; running;) {
    struct epoll_event ready;
    if (epoll_wait(loop, &ready, 1, -1) == 1) {
      running = ready.data.fd == fd && drain();
    }
  }
  close(loop); /* before the queue's descriptor goes */
  close(stop);
  return end();
}
