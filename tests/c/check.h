/* check.h: what the C tests share. A test is a program; it ends with 0, or says where it failed and ends with 1. */
#ifndef CHECK_H
#define CHECK_H

#define _GNU_SOURCE
#include <oxrtmp.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* CHECK ends the program unless the condition holds. */
#define CHECK(condition) check_((condition), #condition, __FILE__, __LINE__)
/* STATUS ends the program unless the call returns that status. */
#define STATUS(wanted, call) status_((wanted), (call), #call, __FILE__, __LINE__)
#define OK(call) STATUS(OXRTMP_OK, call)
/* TEXT ends the program unless the two strings are equal. */
#define TEXT(wanted, found) text_((wanted), (found), #found, __FILE__, __LINE__)
/* WITHIN ends the program unless the call returned the status between the two times, in ms. */
#define WITHIN(least, most, wanted, call) \
  do { \
    int64_t begun_ = now_ms(); \
    STATUS(wanted, call); \
    int64_t took_ = now_ms() - begun_; \
    if (took_ < (least) || took_ > (most)) { \
      fprintf(stderr, "%s:%d: %s took %" PRId64 " ms\n", __FILE__, __LINE__, #call, took_); \
      exit(1); \
    } \
  } while (0)

/* RUN runs a test function and tells how long it took. */
#define RUN(function) \
  do { \
    int64_t begun_ = now_ms(); \
    function(); \
    printf("  %-44s %6" PRId64 " ms\n", #function, now_ms() - begun_); \
    fflush(stdout); \
  } while (0)

static inline int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void sleep_ms(int ms) {
  struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) {
  }
}

static inline void check_(bool ok, const char *what, const char *file, int line) {
  if (!ok) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    exit(1);
  }
}

static inline void status_(oxrtmp_status wanted, oxrtmp_status found, const char *what, const char *file, int line) {
  if (wanted != found) {
    char text[OXRTMP_ERROR_TEXT_SIZE] = "";
    oxrtmp_last_error(text, sizeof text);
    fprintf(stderr, "%s:%d: %s is %s, not %s (last error: %s)\n", file, line, what, oxrtmp_status_name(found),
            oxrtmp_status_name(wanted), text);
    exit(1);
  }
}

static inline void text_(const char *wanted, const char *found, const char *what, const char *file, int line) {
  if (strcmp(wanted, found) != 0) {
    fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", file, line, what, found, wanted);
    exit(1);
  }
}

/* How much of a test is done, in percent of what is usual: CHECK_SCALE. */
static inline int scaled(int n) {
  const char *scale = getenv("CHECK_SCALE");
  int64_t s = (int64_t)n * (scale != NULL ? atoi(scale) : 100) / 100;
  return s < 1 ? 1 : (int)s;
}

/* How often the tests of misuse do what they do: CHECK_ROUNDS. */
static inline int rounds(void) {
  const char *n = getenv("CHECK_ROUNDS");
  return n != NULL ? atoi(n) : 1000;
}

/* slow tells that times mean nothing: under valgrind. */
static inline bool slow(void) { return getenv("CHECK_SLOW") != NULL; }

/* sample returns the path of a file of testdata. */
static inline const char *sample(const char *name) {
  static _Thread_local char path[1024];
  const char *top = getenv("CHECK_TOP");
  snprintf(path, sizeof path, "%s/testdata/%s", top != NULL ? top : "../..", name);
  return path;
}

#define CLIP "flv/veovera-av1-opus-10s.flv"
#define CLIP_PACKETS 807

/* bind_server returns a server on a free port of the loopback address. */
static inline oxrtmp_server bind_server(const oxrtmp_server_options *options) {
  oxrtmp_server server;
  OK(oxrtmp_server_bind("127.0.0.1:0", options, &server));
  return server;
}

/* url_of writes the URL of a stream on a server. */
static inline const char *url_of(oxrtmp_server server, const char *stream) {
  static _Thread_local char url[512];
  char address[128];
  OK(oxrtmp_server_address(server, address, sizeof address, NULL));
  snprintf(url, sizeof url, "rtmp://%s/%s", address, stream);
  return url;
}

/* ---- a publisher of its own thread ---- */

struct publisher {
  char url[512];
  oxrtmp_client client;
  oxrtmp_status status;
  char error[OXRTMP_ERROR_TEXT_SIZE]; /* of the thread */
  pthread_t thread;
};

static inline void *publish_(void *p) {
  struct publisher *publisher = p;
  publisher->status = oxrtmp_client_publish(publisher->url, NULL, slow() ? 60000 : 10000, &publisher->client);
  oxrtmp_last_error(publisher->error, sizeof publisher->error);
  return NULL;
}

/* connect_publisher makes a session on a server, and the client at its other end. */
static inline void connect_publisher(oxrtmp_server server, oxrtmp_client *client, oxrtmp_session *session) {
  struct publisher p = {.status = OXRTMP_E_INTERNAL};
  snprintf(p.url, sizeof p.url, "%s", url_of(server, "live/test"));
  CHECK(pthread_create(&p.thread, NULL, publish_, &p) == 0);
  oxrtmp_request request;
  OK(oxrtmp_server_accept(server, slow() ? 60000 : 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, session));
  pthread_join(p.thread, NULL);
  if (p.status != OXRTMP_OK) {
    fprintf(stderr, "%s\n", p.error);
  }
  OK(p.status);
  *client = p.client;
}

/* ---- bare sockets, for peers that do not behave ---- */

/* listen_socket listens on a free port of the loopback address. */
static inline int listen_socket(uint16_t *port, int backlog) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof a;
  CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, backlog) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
  *port = ntohs(a.sin_port);
  return fd;
}

static inline int connect_socket(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
  return fd;
}

static inline uint16_t port_of(oxrtmp_server server) {
  char address[128];
  OK(oxrtmp_server_address(server, address, sizeof address, NULL));
  return (uint16_t)atoi(strrchr(address, ':') + 1);
}

/* ---- what the process holds ---- */

static inline int count_in(const char *directory) {
  DIR *d = opendir(directory);
  int n = 0;
  while (readdir(d) != NULL) {
    n++;
  }
  closedir(d);
  return n - 3; /* ".", "..", and the directory itself */
}

static inline int open_files(void) { return count_in("/proc/self/fd"); }
static inline int threads(void) { return count_in("/proc/self/task") + 1; }

static inline long resident_kib(void) {
  long pages = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  CHECK(f != NULL && fscanf(f, "%*d %ld", &pages) == 1);
  fclose(f);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static inline oxrtmp_library_info library_info(void) {
  oxrtmp_library_info info = {.struct_size = sizeof info};
  OK(oxrtmp_library_statistics(&info));
  return info;
}

/* settled waits until the library holds no more than before: connections end in their own time. */
static inline void settled(const oxrtmp_library_info *before, const char *file, int line) {
  oxrtmp_library_info now = library_info();
  for (int i = 0; i < 500; i++) {
    now = library_info();
    if (now.handles <= before->handles && now.packets <= before->packets &&
        now.payload_bytes <= before->payload_bytes && now.goroutines <= before->goroutines) {
      return;
    }
    sleep_ms(10);
  }
  fprintf(stderr,
          "%s:%d: left behind: handles %u (%u), packets %" PRIu64 " (%" PRIu64 "), payload bytes %" PRIu64 " (%" PRIu64
          "), goroutines %u (%u)\n",
          file, line, now.handles, before->handles, now.packets, before->packets, now.payload_bytes,
          before->payload_bytes, now.goroutines, before->goroutines);
  exit(1);
}
#define SETTLED(before) settled((before), __FILE__, __LINE__)

#endif
