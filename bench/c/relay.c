/* A bare relay: one epoll thread that hands what the one connection which begins with 'P' sends on to all those which
 * begin with 'S', and drops what they do not take at once. It is the floor for what a live server can reach. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS = 4096 };
static int players[PEERS], player_count, publisher = -1;

static void add(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  int one = 1;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
    perror("epoll_ctl");
    exit(1);
  }
}

/* The first byte of a connection says what it is. */
static void greet(int fd) {
  char role;
  ssize_t got = read(fd, &role, 1);
  if (got == 1 && role == 'P') publisher = fd;
  else if (got == 1 && role == 'S' && player_count < PEERS) players[player_count++] = fd;
  else if (got == 0 || (got < 0 && errno != EAGAIN)) close(fd);
}

int main(void) {
  static char block[65536];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024) ||
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
      } else if (fd == STDIN_FILENO) {
        if (read(fd, block, sizeof block) == 0) return 0;
      } else if (fd != publisher) {
        greet(fd);
      } else {
        ssize_t got = read(fd, block, sizeof block);
        for (int p = 0; got > 0 && p < player_count; p++)
          (void)!send(players[p], block, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return 0;
      }
    }
  }
}
