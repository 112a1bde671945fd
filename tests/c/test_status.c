/* Names and texts of statuses, and the last error of each thread. */
#include "check.h"

static void every_status_has_a_name_and_a_text(void) {
#define ONE(name, number, text) \
  TEXT("OXRTMP_" #name, oxrtmp_status_name(number)); \
  TEXT(text, oxrtmp_status_text(number)); \
  CHECK(OXRTMP_##name == (number));
  OXRTMP_STATUS_MAP(ONE)
  TEXT("OXRTMP_E_?", oxrtmp_status_name(-12345));
  TEXT("OXRTMP_E_?", oxrtmp_status_name(1));
  CHECK(strlen(oxrtmp_status_text(INT32_MIN)) > 0);
}

static void version_and_build(void) {
  CHECK(oxrtmp_version() == OXRTMP_VERSION);
  char version[32];
  snprintf(version, sizeof version, "oxrtmp %d.%d.%d, ", OXRTMP_VERSION_MAJOR, OXRTMP_VERSION_MINOR,
           OXRTMP_VERSION_PATCH);
  CHECK(strncmp(oxrtmp_build_info(), version, strlen(version)) == 0);
}

static void *no_error_here(void *unused) {
  (void)unused;
  char text[OXRTMP_ERROR_TEXT_SIZE] = "x";
  OK(oxrtmp_last_error(text, sizeof text));
  TEXT("", text);
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  OK(oxrtmp_last_error_detail(&detail));
  CHECK(detail.status == OXRTMP_OK && detail.os_error == 0 && detail.tls_alert == -1 && detail.struct_size == sizeof detail);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_session_close((oxrtmp_session){0}));
  OK(oxrtmp_last_error(text, sizeof text));
  CHECK(strstr(text, "OXRTMP_E_HANDLE: ") == text);
  return NULL;
}

static void last_error_is_of_the_thread(void) {
  oxrtmp_server server;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_bind(NULL, NULL, &server));
  char text[OXRTMP_ERROR_TEXT_SIZE];
  OK(oxrtmp_last_error(text, sizeof text));
  TEXT("OXRTMP_E_ARGUMENT: address is NULL", text);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, no_error_here, NULL) == 0 && pthread_join(thread, NULL) == 0);
  OK(oxrtmp_last_error(text, sizeof text));
  TEXT("OXRTMP_E_ARGUMENT: address is NULL", text);

  char little[8];
  OK(oxrtmp_last_error(little, sizeof little)); /* cut, not refused */
  TEXT("OXRTMP_", little);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_last_error(NULL, 10));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_last_error(little, 0));
  OK(oxrtmp_last_error(text, sizeof text)); /* asking wrongly leaves it */
  TEXT("OXRTMP_E_ARGUMENT: address is NULL", text);
}

static void details_name_place_and_number(void) {
  oxrtmp_client client = {7};
  uint16_t port;
  close(listen_socket(&port, 1));
  char url[64];
  snprintf(url, sizeof url, "rtmp://127.0.0.1:%u/live/test", port);
  STATUS(OXRTMP_E_CONNECT, oxrtmp_client_publish(url, NULL, 5000, &client));
  CHECK(client.id == 0);
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  OK(oxrtmp_last_error_detail(&detail));
  CHECK(detail.status == OXRTMP_E_CONNECT && detail.os_error == ECONNREFUSED);
  TEXT("tcp", detail.phase);
  TEXT("", detail.code);

  oxrtmp_server server;
  STATUS(OXRTMP_E_ADDRESS, oxrtmp_server_bind("192.0.2.1:0", NULL, &server)); /* an address that is not ours */
  CHECK(server.id == 0);
  STATUS(OXRTMP_E_ADDRESS, oxrtmp_server_bind("nonsense", NULL, &server));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_publish("http://127.0.0.1/live/test", NULL, 1000, &client));

  /* A program that knows only the first fields. */
  struct {
    oxrtmp_error_detail detail;
    char after;
  } old;
  memset(&old, 0x5A, sizeof old);
  old.detail.struct_size = offsetof(oxrtmp_error_detail, os_error);
  OK(oxrtmp_last_error_detail(&old.detail));
  CHECK(old.detail.status == OXRTMP_E_ARGUMENT && old.detail.os_error == 0x5A5A5A5A && old.after == 0x5A);
  old.detail.struct_size = 0;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_last_error_detail(&old.detail));
}

/* What a peer says has no control characters of ASCII, nor those above it. */
static void words_of_a_peer(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_request request;
  struct publisher p = {.status = OXRTMP_OK};
  snprintf(p.url, sizeof p.url, "%s", url_of(server, "live/test"));
  CHECK(pthread_create(&p.thread, NULL, publish_, &p) == 0);
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_reject(request, "NetStream.Publish.BadName", "no\33[1m \302\2331m\302\240\303\251\302"));
  pthread_join(p.thread, NULL);
  CHECK(p.status == OXRTMP_E_NAME);
  CHECK(strstr(p.error, ": no?[1m ?1m\302\240\303\251\302") != NULL);
  OK(oxrtmp_server_close(server));
}

int main(void) {
  RUN(every_status_has_a_name_and_a_text);
  RUN(version_and_build);
  RUN(last_error_is_of_the_thread);
  RUN(details_name_place_and_number);
  RUN(words_of_a_peer);
  return 0;
}
