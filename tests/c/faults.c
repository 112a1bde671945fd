/* A panic in every function of the library: each returns OXRTMP_E_INTERNAL, and the process goes on. The library is one
 * that capi/build makes with -faults: while the file named by OXRTMP_FAULTS exists, every call that enters Go panics
 * there. The calls are generated from the header. */
#include "check.h"

static char text[256];
static uint8_t bytes[1536];
static struct {
  size_t length;
  uint32_t number;
  uint64_t number64;
  int32_t signed32;
  int64_t signed64;
  int integer;
} out;

/* An event whose release enters Go. */
static oxrtmp_event waiting_media_tag = {.type = OXRTMP_EVENT_SERVER, .request = {1}};

static int faults;
static int functions;

#define FAULT(call) \
  do { \
    char error_[OXRTMP_ERROR_TEXT_SIZE]; \
    STATUS(OXRTMP_E_INTERNAL, call); \
    OK(oxrtmp_last_error(error_, sizeof error_)); \
    if (strstr(error_, "injected at ") == NULL || strstr(error_, "capi/") == NULL) { \
      fprintf(stderr, "after %s the last error is %s\n", #call, error_); \
      exit(1); \
    } \
    faults++; \
    functions++; \
  } while (0)

#include "faults.h"

static void *other_thread(void *times) {
  for (int i = 0; i < *(int *)times; i++) {
    every_function();
  }
  return NULL;
}

int main(void) {
  const char *path = getenv("OXRTMP_FAULTS");
  CHECK(path != NULL);
  oxrtmp_library_info before = library_info();
  oxrtmp_server server = bind_server(NULL);
  int times = (rounds() + 1) / 2;
  int file = open(path, O_CREAT | O_WRONLY, 0600);
  CHECK(file >= 0 && close(file) == 0);
  every_function();
  int count = functions;
  for (int i = 0; i < times; i++) {
    every_function();
  }
  pthread_t thread; /* not the program's own, with a stack of its own */
  CHECK(pthread_create(&thread, NULL, other_thread, &times) == 0);
  pthread_join(thread, NULL);
  CHECK(unlink(path) == 0);

  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session); /* what was open lives, and everything works */
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  oxrtmp_library_info now = library_info();
  CHECK(now.faults - before.faults == (uint32_t)faults && count > 150);
  SETTLED(&before);
  printf("  %d functions, %d faults\n", count, faults);
  return 0;
}
