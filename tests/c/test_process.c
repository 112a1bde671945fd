/* The library inside a process that forks, takes signals, loads it twice, and has threads of its own. */
#include "stream.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <sys/time.h>

/* share returns what a test does of the rounds that take long. */
static int share(int of) { return (rounds() + of - 1) / of; }

/* ---- fork ---- */

static int64_t cpu_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Children of a streaming process are told at once, whoever asks in whatever thread; the stream goes on. */
static void fork_under_load(void) {
  struct traffic t;
  start_traffic(&t);
  for (int i = 0; i < rounds(); i++) {
    pid_t child = i % 4 == 3 ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork(); /* a fork without handlers, too */
    if (child == 0) {
      alarm(20);
      int64_t begun = cpu_ms();
      oxrtmp_packet packet = {0};
      oxrtmp_server server;
      bool told = oxrtmp_session_next_packet(t.session, -1, &packet) == OXRTMP_E_FORKED &&
                  oxrtmp_server_bind("127.0.0.1:0", NULL, &server) == OXRTMP_E_FORKED &&
                  oxrtmp_session_close(t.session) == OXRTMP_E_FORKED &&
                  oxrtmp_packet_release(&packet) == OXRTMP_E_FORKED &&
                  oxrtmp_server_close(t.server) == OXRTMP_E_FORKED && (slow() || cpu_ms() - begun < 10);
      _exit(told ? 0 : 1);
    }
    int status;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop_traffic(&t);
}

/* Descriptors that a new program inherits. */
static int inheritable(void) {
  int n = 0;
  for (int fd = 0; fd < 1024; fd++) {
    int flags = fcntl(fd, F_GETFD);
    n += flags >= 0 && !(flags & FD_CLOEXEC);
  }
  return n;
}

static int inheritable_at_start;

/* Fork and exec work, and the new program inherits no descriptor of the library. */
static void exec_under_load(void) {
  struct traffic t;
  start_traffic(&t);
  for (int i = 0; i < share(10); i++) {
    int out[2];
    CHECK(pipe2(out, O_CLOEXEC) == 0);
    pid_t child = fork();
    if (child == 0) {
      dup2(out[1], 1);
      execlp("ls", "ls", "/proc/self/fd", (char *)NULL);
      _exit(1);
    }
    close(out[1]);
    int lines = 0, status;
    char c;
    while (read(out[0], &c, 1) == 1) {
      lines += c == '\n';
    }
    close(out[0]);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(lines <= inheritable_at_start + 1); /* and the directory it reads */
  }
  stop_traffic(&t);
}

/* ---- signals ---- */

static uint64_t mask_of(const char *task) {
  char path[300], line[256];
  snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
  FILE *f = fopen(path, "r");
  uint64_t mask = 0;
  while (f != NULL && fgets(line, sizeof line, f) != NULL) {
    sscanf(line, "SigBlk: %" SCNx64, &mask);
  }
  if (f != NULL) {
    fclose(f);
  }
  return mask;
}

static uint64_t bit(int number) { return UINT64_C(1) << (number - 1); }

/* blocks_the_right_ones tells whether a thread leaves to the host what the process is sent. */
static bool blocks_the_right_ones(uint64_t mask) {
  static const int sent[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGUSR2, SIGWINCH};
  for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
    if (!(mask & bit(sent[i]))) {
      return false;
    }
  }
  return !(mask & (bit(SIGSEGV) | bit(SIGURG)));
}

/* The library's threads block those signals; ours block what they did before. */
static void masks(void) {
  char self[32];
  snprintf(self, sizeof self, "%d", (int)getpid());
  CHECK(mask_of(self) == 0);
  DIR *d = opendir("/proc/self/task");
  int seen = 0;
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    if (e->d_name[0] == '.' || strcmp(e->d_name, self) == 0) {
      continue;
    }
    int tries = 200;
    while (!blocks_the_right_ones(mask_of(e->d_name)) && --tries > 0) {
      sleep_ms(5); /* a thread that is just being born blocks everything */
    }
    CHECK(tries > 0);
    seen++;
  }
  closedir(d);
  CHECK(seen > 0);
}

static _Atomic int caught[65];
static _Atomic pid_t catcher;
static void catch_it(int number) {
  caught[number]++;
  catcher = (pid_t)syscall(SYS_gettid);
}

/* Handlers that the host installs are called, on the host's own thread. */
static void handlers_of_the_host(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2, SIGPIPE, SIGURG};
  struct traffic t;
  start_traffic(&t);
  for (size_t n_ = 0; n_ < (size_t)share(50) * (sizeof numbers / sizeof numbers[0]); n_++) {
    size_t i = n_ % (sizeof numbers / sizeof numbers[0]);
    struct sigaction action = {.sa_handler = catch_it, .sa_flags = SA_ONSTACK | SA_RESTART}, before, now;
    CHECK(sigaction(numbers[i], &action, &before) == 0);
    CHECK(before.sa_handler == SIG_DFL || numbers[i] == SIGPIPE || numbers[i] == SIGURG); /* Go's own, for these two */
    uint64_t n = t.received;
    caught[numbers[i]] = 0;
    kill(getpid(), numbers[i]);
    for (int j = 0; j < 1000 && (caught[numbers[i]] == 0 || t.received == n); j++) {
      sleep_ms(1);
    }
    CHECK(caught[numbers[i]] >= 1 && t.received > n);
    if (numbers[i] != SIGURG) {
      CHECK(sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == catch_it);
    }
    CHECK(sigaction(numbers[i], &before, NULL) == 0);
  }
  stop_traffic(&t);
}

/* A fault of the host is the host's: its handler runs, set before or after. */
static void faults_of_the_host(void) {
  for (int i = 0; i < share(10); i++) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      struct sigaction action = {.sa_handler = _exit};
      sigaction(SIGSEGV, &action, NULL);
      *(volatile int *)16 = 1;
      _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == SIGSEGV);
  }
}

/* With SIGPIPE at its default, which ends a process, peers that die do not end this one. */
static void dead_peers_raise_nothing(void) {
  signal(SIGPIPE, SIG_DFL);
  for (int i = 0; i < share(20); i++) {
    oxrtmp_server server = bind_server(NULL);
    oxrtmp_client client;
    oxrtmp_session session;
    connect_publisher(server, &client, &session);
    OK(oxrtmp_server_close(server)); /* the peer is gone, the client still sends */
    oxrtmp_status status = OXRTMP_OK;
    static const uint8_t frame[20000];
    for (int j = 0; j < 1000 && status == OXRTMP_OK; j++) {
      status = oxrtmp_client_send_video(client, (uint32_t)j, 0, frame, sizeof frame);
    }
    CHECK(status != OXRTMP_OK && status != OXRTMP_E_CLOSED);
    oxrtmp_client_close(client);
    OK(oxrtmp_session_close(session));

    /* And a server that answers one who has gone. */
    server = bind_server(NULL);
    int fd = connect_socket(port_of(server));
    static const uint8_t c0c1[1537] = {3};
    CHECK(write(fd, c0c1, sizeof c0c1) == sizeof c0c1);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
    sleep_ms(2);
    OK(oxrtmp_server_close(server));
  }
  sigset_t pending;
  sigpending(&pending);
  CHECK(!sigismember(&pending, SIGPIPE));
}

/* A thousand interrupts a second break nothing: as many as there are rounds. */
static void signal_storm(void) {
  struct sigaction action = {.sa_handler = catch_it, .sa_flags = SA_ONSTACK}, before; /* no SA_RESTART */
  sigaction(SIGALRM, &action, &before);
  caught[SIGALRM] = 0;
  struct traffic t;
  struct itimerval storm = {{0, 1000}, {0, 1000}};
  start_traffic(&t);
  setitimer(ITIMER_REAL, &storm, NULL);
  for (int64_t end = now_ms() + rounds(); now_ms() < end;) {
    oxrtmp_request request;
    STATUS(OXRTMP_E_TIMEOUT, oxrtmp_server_accept(t.server, 50, &request)); /* also for this thread's own waits */
  }
  storm = (struct itimerval){{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &storm, NULL);
  stop_traffic(&t);
  CHECK(caught[SIGALRM] > rounds() / 20);
  sigaction(SIGALRM, &before, NULL);
}

/* ---- threads ---- */

static void *short_life(void *p) {
  struct traffic *t = p;
  char text[128];
  oxrtmp_packet packet = {.token = 12345};
  OK(oxrtmp_server_address(t->server, text, sizeof text, NULL));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_packet_release(&packet)); /* leaves an error text behind */
  return NULL;
}

static void thousand_threads(void) {
  struct traffic t;
  start_traffic(&t);
  pthread_attr_t small;
  pthread_attr_init(&small);
  CHECK(pthread_attr_setstacksize(&small, 64 << 10) == 0);
  long resident = 0;
  int files = 0, tasks = 0;
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < share(4); i += 10) {
      pthread_t threads[10];
      for (int j = 0; j < 10; j++) {
        CHECK(pthread_create(&threads[j], j % 2 && !slow() ? &small : NULL, short_life, &t) == 0);
      }
      for (int j = 0; j < 10; j++) {
        pthread_join(threads[j], NULL);
      }
    }
    if (round == 0) {
      resident = resident_kib();
      files = open_files();
      tasks = threads();
    }
  }
  CHECK(open_files() <= files && threads() <= tasks + 3);
  CHECK(slow() || resident_kib() < resident + 8192);
  stop_traffic(&t);
}

/* ---- loading ---- */

static void loaded_twice(void) {
  for (int i = 0; i < share(10); i++) {
    void *library = dlopen("libxrtmp.so.0", RTLD_NOW);
    CHECK(library != NULL);
    uint32_t (*version)(void);
    *(void **)&version = dlsym(library, "oxrtmp_version");
    CHECK(version != NULL && version() == OXRTMP_VERSION);
    CHECK(dlclose(library) == 0);
  }
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_close(server));
}

/* ---- the end ---- */

static void *wait_for_nothing(void *p) {
  struct traffic *t = p;
  oxrtmp_request request;
  oxrtmp_server_accept(t->server, -1, &request);
  return NULL;
}

static void *end_elsewhere(void *unused) {
  (void)unused;
  exit(0);
}

/* end_now ends a program that streams, and waits in a call, in one of the ways there are. */
static int end_now(int way) {
  static struct traffic t;
  pthread_t thread;
  start_traffic(&t);
  CHECK(pthread_create(&thread, NULL, wait_for_nothing, &t) == 0);
  sleep_ms(way % 5);
  if (way % 3 == 0) {
    return 0;
  }
  CHECK(way % 3 == 1 || pthread_create(&thread, NULL, end_elsewhere, NULL) == 0);
  way % 3 == 1 ? exit(0) : pthread_exit(NULL);
}

static void ending_with_everything_open(void) {
  for (int i = 0; i < share(50); i++) {
    char way[16];
    snprintf(way, sizeof way, "%d", i);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      alarm(20);
      execl("/proc/self/exe", "test_process", way, (char *)NULL);
      _exit(1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
}

int main(int argc, char **argv) {
  if (argc > 1) {
    return end_now(atoi(argv[1]));
  }
  inheritable_at_start = inheritable();
  RUN(masks);
  RUN(fork_under_load);
  RUN(exec_under_load);
  RUN(handlers_of_the_host);
  if (!slow()) { /* a fault on purpose is what valgrind looks for */
    RUN(faults_of_the_host);
    RUN(ending_with_everything_open);
  }
  RUN(dead_peers_raise_nothing);
  RUN(signal_storm);
  RUN(thousand_threads);
  if (getenv("CHECK_STATIC") == NULL) {
    RUN(loaded_twice);
  }
  return 0;
}
