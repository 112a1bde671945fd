/* Every function with live handles, over and over: what others close meanwhile, sizes and lengths that cannot be, calls
 * from inside the one function that calls back. The calls are generated from the header. */
#include "live.h"

#include <sched.h>

#ifdef __SANITIZE_ADDRESS__
enum { CANARY = 0, SANITIZED = 1 }; /* the sanitizer sees what is written behind */
#elif defined(__SANITIZE_THREAD__)
enum { CANARY = 16, SANITIZED = 1 };
#else
enum { CANARY = 16, SANITIZED = 0 };
#endif

static _Thread_local char text[256];
static _Thread_local uint8_t bytes[1536];
static _Thread_local int32_t wait_ms;
static _Thread_local struct {
  size_t length;
  uint32_t number;
  uint64_t number64;
  int32_t signed32;
  int64_t signed64;
  int integer;
} out;
static const uint8_t aac[] = {1, 2, 3, 4};
static const oxrtmp_packet sent_packet = {
    .type = 8, .kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_MP4A, .data = aac, .size = sizeof aac};

static void *block(size_t size) {
  unsigned char *p = malloc(size + CANARY > 0 ? size + CANARY : 1);
  CHECK(p != NULL);
  memset(p, 0, size);
  memset(p + size, 0x5A, CANARY);
  return p;
}

static bool intact(const void *p, size_t size) {
  for (int i = 0; i < CANARY; i++) {
    if (((const unsigned char *)p)[size + (size_t)i] != 0x5A) {
      return false;
    }
  }
  return true;
}

/* No bytes are no error for the want of a pointer. */
#define NO_BYTES(call) \
  do { \
    char why_[OXRTMP_ERROR_TEXT_SIZE] = ""; \
    if ((call) == OXRTMP_E_ARGUMENT) { \
      OK(oxrtmp_last_error(why_, sizeof why_)); \
    } \
    give_back(); \
    if (strstr(why_, "is NULL") != NULL) { \
      fprintf(stderr, "%s: %s\n", #call, why_); \
      exit(1); \
    } \
  } while (0)

/* A buffer of the size that the call asks for is enough, and one byte less is not. */
#define EXACT(call, type, end) \
  do { \
    type *b_ = NULL; \
    size_t c_ = 0, n_ = 0; \
    if ((call) == OXRTMP_E_BUFFER) { \
      c_ = n_ + (end); \
      b_ = block(c_); \
      oxrtmp_status found_ = (call); \
      /* It may have grown, and a stream of the hub's may have ended. */ \
      CHECK(found_ == OXRTMP_OK || found_ == OXRTMP_E_NOT_FOUND || (found_ == OXRTMP_E_BUFFER && n_ + (end) > c_)); \
      CHECK(intact(b_, c_) && (found_ != OXRTMP_OK || !(end) || b_[n_] == 0)); \
      free(b_); \
      c_--; \
      b_ = block(c_); \
      if (c_ > 0) { \
        *b_ = 1; \
      } \
      found_ = (call); \
      CHECK(found_ == OXRTMP_E_BUFFER || found_ == OXRTMP_E_NOT_FOUND || n_ + (end) <= c_); \
      CHECK(intact(b_, c_) && (found_ == OXRTMP_OK || !(end) || c_ == 0 || *b_ == 0)); \
      free(b_); \
    } \
  } while (0)
#define EXACT_TEXT(call) EXACT(call, char, 1)
#define EXACT_BYTES(call) EXACT(call, uint8_t, 0)

/* sized makes a struct of a program that knows less of it than this one, or more. */
static void *sized(size_t size) {
  uint32_t n = (uint32_t)size;
  void *p = block(size < sizeof n ? sizeof n : size);
  memcpy(p, &n, sizeof n);
  return p;
}

static size_t size_number(int n, size_t whole) { return sizeof(uint32_t) + (size_t)n % (whole + 13); }

/* The library writes no more than there is room for, and leaves the size as it is. */
#define OUTPUT_SIZE(type, call) \
  do { \
    size_t size_ = size_number(n, sizeof(type)); \
    type *s_ = sized(size_); \
    memset((char *)s_ + sizeof(uint32_t), 0xA5, size_ - sizeof(uint32_t)); \
    oxrtmp_status found_ = (call); \
    uint32_t after_; \
    memcpy(&after_, s_, sizeof after_); \
    CHECK(found_ != OXRTMP_E_ARGUMENT && after_ == size_ && intact(s_, size_)); \
    for (size_t i_ = sizeof(type); i_ < size_; i_++) { \
      CHECK(((unsigned char *)s_)[i_] == 0); /* fields of the future */ \
    } \
    free(s_); \
    REFUSED_SIZES(type, call); \
  } while (0)

/* What a shorter struct lacks is 0; what a longer one has must be. */
#define INPUT_SIZE(type, call) \
  do { \
    type *s_ = sized(sizeof(type)); \
    bool refused_ = (call) == OXRTMP_E_ARGUMENT; /* zeros may not do in that place */ \
    give_back(); \
    free(s_); \
    size_t size_ = size_number(n, sizeof(type)); \
    s_ = sized(size_); \
    CHECK(((call) == OXRTMP_E_ARGUMENT) == refused_); \
    give_back(); \
    free(s_); \
    s_ = sized(sizeof(type) + 8); \
    ((unsigned char *)s_)[sizeof(type) + (size_t)n % 8] = 1; \
    STATUS(OXRTMP_E_ARGUMENT, call); \
    free(s_); \
    REFUSED_SIZES(type, call); \
  } while (0)

/* Sizes that are none: the struct was not prepared. */
#define REFUSED_SIZES(type, call) \
  do { \
    static const uint32_t none_[] = {0, 1, 3, 64 * 1024 + 1, UINT32_MAX}; \
    type *s_ = block(sizeof(type)); \
    memcpy(s_, &none_[n % 5], sizeof *none_); \
    STATUS(OXRTMP_E_ARGUMENT, call); \
    free(s_); \
  } while (0)

#include "live_calls.h"

static void sizes_and_lengths(void) {
  for (int i = 0; i < rounds(); i++) {
    if (i % 200 == 0) { /* nothing waits so long that it ends by itself */
      open_all_as((enum manner)(i / 200 % MANNERS));
    }
    struct_sizes(i);
    if (i % 8 == 0) {
      lengths();
      exact_buffers();
    }
    if (i % 200 == 199 || i == rounds() - 1) {
      close_all();
    }
  }
}

/* Structs inside options have sizes of their own. */
static void nested_structs(void) {
  for (int i = 0; i < rounds(); i++) {
    oxrtmp_server_options o;
    oxrtmp_server server;
    OK(oxrtmp_server_options_init(&o));
#define NESTED(field, type) \
  do { \
    o.field = sized(size_number(i, sizeof(type))); \
    OK(oxrtmp_server_create(&o, &server)); \
    OK(oxrtmp_server_close(server)); \
    free((void *)o.field); \
    o.field = sized(3); \
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&o, &server)); \
    free((void *)o.field); \
    o.field = NULL; \
  } while (0)
    NESTED(limits, oxrtmp_limits);
    NESTED(timeouts, oxrtmp_timeouts);
    NESTED(capabilities, oxrtmp_capabilities);
  }
}

/* Closed handles are errors to everything but closing them again, and their numbers never come back. */
static void closed_handles(void) {
  static uint64_t seen[sizeof live / sizeof(uint64_t)];
  for (int i = 0; i < (rounds() + 9) / 10; i++) {
    open_all_as((enum manner)(i % MANNERS));
    close_all();
    closed_handle();
    close_all();
    uint64_t ids[sizeof live / sizeof(uint64_t)];
    memcpy(ids, &live, sizeof ids);
    for (size_t j = 0; j < sizeof ids / sizeof *ids - 1; j++) { /* `other` may be none */
      CHECK(ids[j] > 0 && ids[j] != seen[j]);
      seen[j] = ids[j];
    }
  }
}

/* ---- eight threads on the same handles, half of them with small stacks ---- */

enum { RIVALS = 8, CALLS = 12 };
static pthread_barrier_t barrier;
static _Atomic int64_t closed_at;

/* lag is how much longer than asked for short sleeps have lasted, in all. */
static _Atomic int64_t lag;
static _Atomic bool measuring;
static void *measure(void *unused) {
  (void)unused;
  while (measuring) {
    int64_t begun = now_ms();
    sleep_ms(5);
    lag += now_ms() - begun - 5;
  }
  return NULL;
}

static void call_one(int n) {
  oxrtmp_status status = call_live(n);
  if (status == OXRTMP_E_INTERNAL || status == OXRTMP_E_FORKED) {
    STATUS(OXRTMP_OK, status);
  }
  give_back();
}

static void *rival(void *p) {
  unsigned seed = (unsigned)(intptr_t)p;
  for (int round = 0; round < rounds(); round++) {
    pthread_barrier_wait(&barrier);
    int last = -1;
    for (int i = 0; i < CALLS; i++) {
      last = rand_r(&seed) % FUNCTIONS;
      if (functions[last].ends && rand_r(&seed) % 4 != 0) {
        continue;
      }
      wait_ms = rand_r(&seed) % 2;
      call_one(last);
    }
    do { /* and then one that waits for ever */
      last = rand_r(&seed) % FUNCTIONS;
    } while (!functions[last].waits || functions[last].ends);
    wait_ms = -1;
    call_one(last);
    int64_t took = closed_at != 0 ? now_ms() - closed_at : 0;
    if (took > (slow() ? 20000 : 1000) + 3 * lag) {
      fprintf(stderr, "%s returned %" PRId64 " ms after closing\n", functions[last].name, took);
      exit(1);
    }
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static void eight_threads_on_the_same_handles(void) {
  oxrtmp_library_info before = library_info();
  pthread_t threads[RIVALS], meter;
  measuring = true;
  CHECK(pthread_create(&meter, NULL, measure, NULL) == 0);
  CHECK(pthread_barrier_init(&barrier, NULL, RIVALS + 1) == 0);
  pthread_attr_t small;
  size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN); /* 128 KiB on arm64 */
  CHECK(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, least > 64 << 10 ? least : 64 << 10) == 0);
  for (int i = 0; i < RIVALS; i++) {
    bool ordinary = i % 2 == 0 || SANITIZED || slow(); /* what watches takes stack itself */
    CHECK(pthread_create(&threads[i], ordinary ? NULL : &small, rival, (void *)(intptr_t)(i + 1)) == 0);
  }
  pthread_attr_destroy(&small);
  for (int round = 0; round < rounds(); round++) {
    open_all_as((enum manner)(round % MANNERS));
    closed_at = lag = 0;
    pthread_barrier_wait(&barrier);
    sleep_ms(round % 3); /* so that some still run, and some wait */
    closed_at = now_ms();
    close_all();
    pthread_barrier_wait(&barrier);
  }
  for (int i = 0; i < RIVALS; i++) {
    pthread_join(threads[i], NULL);
  }
  measuring = false;
  pthread_join(meter, NULL);
  SETTLED(&before);
}

/* ---- no call outlives its timeout by more than 100 ms ---- */

/* in_time tells whether a call ends when it should; where it does not, it may be the machine's doing, once or twice. */
static bool in_time(int n) {
  int64_t took = 0;
  for (int tries = 0; tries < 3; tries++) {
    int64_t begun = now_ms(), lagged = lag;
    call_one(n);
    took = now_ms() - begun;
    if (took <= wait_ms + (slow() ? 20000 : 100) + lag - lagged) {
      return true;
    }
  }
  fprintf(stderr, "%s took %" PRId64 " ms\n", functions[n].name, took);
  return false;
}

static void time_in_calls(void) {
  pthread_t meter;
  measuring = true;
  CHECK(pthread_create(&meter, NULL, measure, NULL) == 0);
  int calls = rounds() * 50;
  for (int i = 0; i < calls; i++) {
    if (i % (3 * FUNCTIONS) == 0) {
      open_all_as((enum manner)(i / (3 * FUNCTIONS) % MANNERS));
    }
    if (!functions[i % FUNCTIONS].ends) {
      wait_ms = i / FUNCTIONS % 16 == 1 ? 5 : 0;
      CHECK(in_time(i % FUNCTIONS));
    }
    if (i % (3 * FUNCTIONS) == 3 * FUNCTIONS - 1 || i == calls - 1) {
      close_all();
    }
  }
  measuring = false;
  pthread_join(meter, NULL);
}

/* ---- the function that calls back ---- */

static struct {
  oxrtmp_server server;
  _Atomic int inside, calls, waiting;
  bool close_inside;
  unsigned seed;
} serving;

static void call_back(oxrtmp_request request, void *user_data) {
  CHECK(user_data == &serving);
  serving.inside++;
  int me = serving.calls++;
  unsigned seed = serving.seed + (unsigned)me;
  if (me == 0) { /* what waits in one stands in nobody's way */
    for (int64_t end = now_ms() + 10000; serving.calls < 2 && now_ms() < end;) {
      sched_yield();
    }
    CHECK(serving.calls == 2);
  }
  wait_ms = 0;
  for (int i = 0; i < 8; i++) {
    int n = rand_r(&seed) % FUNCTIONS;
    if (!functions[n].ends) {
      call_one(n);
    }
  }
  oxrtmp_session session;
  if (me == 0) {
    oxrtmp_request_accept(request, NULL, &session);
    oxrtmp_session_close(session);
  } else if (serving.close_inside) {
    OK(oxrtmp_server_close(serving.server));
  }
  serving.inside--;
}

static void *serve_all(void *unused) {
  (void)unused;
  OK(oxrtmp_server_serve(serving.server, call_back, &serving));
  return NULL;
}

static void calling_from_inside(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_queue queue;
  OK(oxrtmp_queue_create(NULL, &queue));
  for (int round = 0; round < rounds(); round++) {
    serving.server = live.server = bind_server(NULL);
    serving.calls = 0;
    serving.close_inside = round % 2;
    serving.seed = (unsigned)round;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, serve_all, NULL) == 0);
    oxrtmp_client clients[2];
    for (int i = 0; i < 2; i++) {
      OK(oxrtmp_client_publish_open(url_of(live.server, "live/x"), NULL, queue, 0, &clients[i]));
    }
    for (int64_t end = now_ms() + 10000; serving.calls < 2 && now_ms() < end;) {
      sched_yield();
    }
    if (!serving.close_inside) {
      OK(oxrtmp_server_close(serving.server));
    }
    pthread_join(thread, NULL);
    CHECK(serving.inside == 0 && serving.calls == 2); /* nobody is called any more */
    for (int i = 0; i < 2; i++) {
      oxrtmp_client_close(clients[i]);
    }
    OK(oxrtmp_server_close(serving.server));
  }
  OK(oxrtmp_queue_destroy(queue));
  SETTLED(&before);
}

int main(void) {
  make_recorded();
  oxrtmp_library_info before = library_info();
  RUN(sizes_and_lengths);
  RUN(nested_structs);
  RUN(closed_handles);
  RUN(eight_threads_on_the_same_handles);
  RUN(time_in_calls);
  RUN(calling_from_inside);
  SETTLED(&before);
  remove_recorded();
  return 0;
}
