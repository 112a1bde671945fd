/* The library loaded by dlopen into a process that has handlers and a mask of its own, beside another Go library and a
 * second copy of itself.
 *
 *   late LIBRARY COPY OTHER [OTHER IS FIRST]
 */
#define _GNU_SOURCE
#include <oxrtmp.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1); \
    } \
  } while (0)

static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTRAP, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
                              SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG,  SIGXCPU, SIGXFSZ, SIGVTALRM,
                              SIGPROF, SIGWINCH, SIGIO,  SIGSEGV, SIGBUS,  SIGFPE};
enum { SIGNALS = sizeof signals / sizeof *signals };
static struct sigaction before[SIGNALS];
static volatile sig_atomic_t caught[65];

static void catch_it(int number) { caught[number]++; }

/* Go has handlers of its own for these, which hand on. */
static bool handed_on(int number) {
  return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGPIPE || number == SIGURG;
}

static void install_all(void) {
  for (int i = 0; i < SIGNALS; i++) {
    struct sigaction action = {.sa_handler = signals[i] == SIGSEGV ? _exit : catch_it, .sa_flags = SA_RESTART};
    sigaddset(&action.sa_mask, SIGUSR2);
    CHECK(sigaction(signals[i], &action, NULL) == 0);
    CHECK(sigaction(signals[i], NULL, &before[i]) == 0);
  }
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  CHECK(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0);
}

/* Every handler is the one that was there, but for SA_ONSTACK, and runs; the mask is as it was. Another Go library keeps
 * SIGURG for itself. */
static void all_as_before(bool other_loaded) {
  sigset_t mask;
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0);
  for (int number = 1; number < 32; number++) {
    CHECK(sigismember(&mask, number) == (number == SIGUSR2));
  }
  for (int i = 0; i < SIGNALS; i++) {
    struct sigaction now;
    CHECK(sigaction(signals[i], NULL, &now) == 0);
    if (!handed_on(signals[i])) {
      CHECK(now.sa_handler == before[i].sa_handler && (now.sa_flags & ~SA_ONSTACK) == before[i].sa_flags);
      CHECK(memcmp(&now.sa_mask, &before[i].sa_mask, sizeof(uint64_t)) == 0);
    }
    if (signals[i] != SIGUSR2 && !(signals[i] == SIGURG && other_loaded) && signals[i] != SIGSEGV && signals[i] != SIGBUS && signals[i] != SIGFPE) {
      caught[signals[i]] = 0;
      CHECK(kill(getpid(), signals[i]) == 0);
      for (int j = 0; j < 2000 && caught[signals[i]] == 0; j++) {
        usleep(1000);
      }
      CHECK(caught[signals[i]] >= 1);
    }
  }
}

/* A fault of the host reaches the host's handler, through those of all the libraries. */
static void faults_reach_the_host(void) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    *(volatile int *)16 = 1;
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == SIGSEGV);
}

struct library {
  __typeof__(&oxrtmp_server_bind) bind;
  __typeof__(&oxrtmp_server_address) address;
  __typeof__(&oxrtmp_server_accept) accept;
  __typeof__(&oxrtmp_server_close) close;
  __typeof__(&oxrtmp_request_accept) request_accept;
  __typeof__(&oxrtmp_session_next_packet) next_packet;
  __typeof__(&oxrtmp_session_close) session_close;
  __typeof__(&oxrtmp_packet_release) release;
  __typeof__(&oxrtmp_client_publish) publish;
  __typeof__(&oxrtmp_client_send_audio) send_audio;
  __typeof__(&oxrtmp_client_close) client_close;
  int (*other_sum)(int);
  char url[64];
};

static void *find(void *library, const char *name) {
  void *p = dlsym(library, name);
  CHECK(p != NULL);
  return p;
}
#define FIND(library, member, name) (*(void **)&l->member = find(library, #name))

static struct library functions_of(void *library, int (*other_sum)(int)) {
  struct library found = {.other_sum = other_sum}, *l = &found;
  FIND(library, bind, oxrtmp_server_bind);
  FIND(library, address, oxrtmp_server_address);
  FIND(library, accept, oxrtmp_server_accept);
  FIND(library, close, oxrtmp_server_close);
  FIND(library, request_accept, oxrtmp_request_accept);
  FIND(library, next_packet, oxrtmp_session_next_packet);
  FIND(library, session_close, oxrtmp_session_close);
  FIND(library, release, oxrtmp_packet_release);
  FIND(library, publish, oxrtmp_client_publish);
  FIND(library, send_audio, oxrtmp_client_send_audio);
  FIND(library, client_close, oxrtmp_client_close);
  return found;
}

static void *publish(void *p) {
  struct library *l = p;
  oxrtmp_client client;
  CHECK(l->publish(l->url, NULL, 10000, &client) == OXRTMP_OK);
  for (uint32_t i = 0; i < 200; i++) {
    CHECK(l->send_audio(client, i, (const uint8_t *)"x", 1) == OXRTMP_OK);
    CHECK(l->other_sum(50) == 1275);
  }
  CHECK(l->client_close(client) == OXRTMP_OK);
  return NULL;
}

/* A stream from the one library to the other, or to itself, while the third works too. */
static void stream(struct library *to, struct library *from) {
  oxrtmp_server server;
  oxrtmp_request request;
  oxrtmp_session session;
  oxrtmp_packet packet;
  char address[40];
  pthread_t thread;
  CHECK(to->bind("127.0.0.1:0", NULL, &server) == OXRTMP_OK);
  CHECK(to->address(server, address, sizeof address, NULL) == OXRTMP_OK);
  snprintf(from->url, sizeof from->url, "rtmp://%s/live/x", address);
  CHECK(pthread_create(&thread, NULL, publish, from) == 0);
  CHECK(to->accept(server, 10000, &request) == OXRTMP_OK);
  CHECK(to->request_accept(request, NULL, &session) == OXRTMP_OK);
  uint32_t n = 0;
  while (to->next_packet(session, 10000, &packet) == OXRTMP_OK) {
    CHECK(packet.timestamp_ms == n++);
    CHECK(to->release(&packet) == OXRTMP_OK);
    CHECK(to->other_sum(20) == 210);
  }
  CHECK(n == 200);
  pthread_join(thread, NULL);
  CHECK(to->session_close(session) == OXRTMP_OK);
  CHECK(to->close(server) == OXRTMP_OK);
}

static void *open_library(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return library;
}

int main(int argc, char **argv) {
  CHECK(argc >= 4);
  install_all();
  void *other = NULL;
  if (argc > 4) {
    other = open_library(argv[3]);
  }
  void *library = open_library(argv[1]), *again = open_library(argv[1]);
  CHECK(again == library);
  CHECK(dlclose(again) == 0 && dlclose(library) == 0); /* does not unload */
  all_as_before(other != NULL);
  if (other == NULL) {
    other = open_library(argv[3]);
  }
  int (*other_sum)(int);
  *(void **)&other_sum = find(other, "other_sum");
  struct library one = functions_of(library, other_sum);
  all_as_before(true);
  stream(&one, &one);
  struct library two = functions_of(open_library(argv[2]), other_sum);
  CHECK(one.bind != two.bind);
  stream(&one, &two);
  stream(&two, &one);
  all_as_before(true);
  faults_reach_the_host();
  printf("  two Go libraries, and the library twice, in one process\n");
  return 0;
}
