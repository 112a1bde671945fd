/* A bare TCP sink: one epoll thread that reads 64 KiB at a time and counts. It is the floor for what a server can reach. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void add(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
    perror("epoll_ctl");
    exit(1);
  }
}

int main(void) {
  static char block[65536];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  long long total = 0;
  int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128) ||
      getsockname(listener, (struct sockaddr *)&address, &length)) {
    perror("listen");
    return 1;
  }
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  add(epoll, listener);
  add(epoll, STDIN_FILENO);
  for (;;) {
    struct epoll_event events[64];
    int n = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int c = accept(listener, NULL, NULL);
        if (c >= 0) add(epoll, c);
        continue;
      }
      ssize_t got = read(fd, block, sizeof block);
      if (fd == STDIN_FILENO) {
        if (got > 0 || (got < 0 && errno == EAGAIN)) continue;
        printf("%lld 0\n", total);
        return 0;
      }
      if (got > 0) total += got;
      else if (got == 0 || errno != EAGAIN) close(fd);
    }
  }
}
