/* A race of the host's, so that it is known that ThreadSanitizer would see one. */
#include "check.h"

static oxrtmp_server server;
static int shared;

static void *count(void *unused) {
  char text[64];
  OK(oxrtmp_server_address(server, text, sizeof text, NULL));
  for (int i = 0; i < 1000; i++) {
    shared++;
  }
  return unused;
}

int main(void) {
  server = bind_server(NULL);
  pthread_t one, other;
  CHECK(pthread_create(&one, NULL, count, NULL) == 0 && pthread_create(&other, NULL, count, NULL) == 0);
  pthread_join(one, NULL);
  pthread_join(other, NULL);
  OK(oxrtmp_server_close(server));
  return 0;
}
