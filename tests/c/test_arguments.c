/* Every function against wrong pointers and wrong handles. The calls are generated from the header. */
#include "live.h"

static char text[256];
static uint8_t bytes[16];
static struct {
  size_t length;
  uint32_t number;
  uint64_t number64;
  int32_t signed32;
  int64_t signed64;
  int integer;
} out;

static void serve(oxrtmp_request request, void *user_data) {
  (void)request;
  (void)user_data;
}

static bool all_zero(const void *p, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (((const unsigned char *)p)[i] != 0) {
      return false;
    }
  }
  return true;
}
#define CLEARED(value) CHECK(all_zero(&(value), sizeof(value)))

/* A call in a forked child: the status, at once. */
#define CHILD(call) \
  do { \
    int64_t begun_ = now_ms(); \
    oxrtmp_status status_ = (call); \
    if (status_ != OXRTMP_E_FORKED || now_ms() - begun_ > (slow() ? 1000 : 10)) { \
      fprintf(stderr, "in a child %s is %d after %d ms\n", #call, (int)status_, (int)(now_ms() - begun_)); \
      _exit(1); \
    } \
  } while (0)

#include "calls.h"

static void made_up_handles(void) {
  static const uint64_t numbers[] = {0,
                                     UINT64_MAX,
                                     1,
                                     UINT64_C(0x0100000000000000),
                                     UINT64_C(0x0100000001FFFFFF),
                                     UINT64_C(0x01FFFFFFFF000000),
                                     UINT64_C(0xFF00000001000000)};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    wrong_handle(numbers[i], "");
  }
  for (int i = 0; i < rounds(); i++) {
    wrong_handle((uint64_t)(mrand48() | 0x1000) << 32 | (uint32_t)mrand48(), ""); /* a generation of millions */
  }
}

static void handles_of_another_kind(void) {
  open_all();
  for (int i = 0; i < (rounds() + 9) / 10; i++) {
#define KIND(kind) wrong_handle(live.kind.id, #kind)
    KIND(server);
    KIND(request);
    KIND(session);
    KIND(client);
    KIND(queue);
    KIND(recorder);
    KIND(flv_reader);
    KIND(hub);
    KIND(relay);
    KIND(engine);
    KIND(handshake);
    KIND(chunk_decoder);
    KIND(chunk_encoder);
  }
  close_all();
}

/* Handles inside options. */
static void handles_in_options(void) {
  open_all();
  oxrtmp_server_options server_options;
  oxrtmp_session_options session_options;
  OK(oxrtmp_server_options_init(&server_options));
  OK(oxrtmp_session_options_init(&session_options));
  static const uint64_t numbers[] = {UINT64_MAX, 1, UINT64_C(0x01FFFFFFFF000000)};
  for (size_t i = 0; i < 4; i++) {
    oxrtmp_server server;
    oxrtmp_session session;
    server_options.hub.id = session_options.queue.id = i < 3 ? numbers[i] : live.client.id;
    STATUS(OXRTMP_E_HANDLE, oxrtmp_server_bind("127.0.0.1:0", &server_options, &server));
    STATUS(OXRTMP_E_HANDLE, oxrtmp_server_create(&server_options, &server));
    STATUS(OXRTMP_E_HANDLE, oxrtmp_request_accept(live.request, &session_options, &session));
    CHECK(server.id == 0 && session.id == 0);
  }
  oxrtmp_session session;
  OK(oxrtmp_request_accept(live.request, NULL, &session)); /* it still waited */
  OK(oxrtmp_session_close(session));
  close_all();
}

static void a_child_is_told(void) {
  open_all();
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    in_child(live.server.id);
    in_child(live.session.id);
    in_child(0);
    CHECK(oxrtmp_version() == OXRTMP_VERSION);
    TEXT("OXRTMP_E_FORKED", oxrtmp_status_name(OXRTMP_E_FORKED));
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  OK(oxrtmp_server_address(live.server, text, sizeof text, NULL)); /* the parent goes on */
  close_all();
}

static void lengths_that_cannot_be(void) {
  open_all();
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_audio(live.client, 0, bytes, SIZE_MAX));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_audio(live.client, 0, bytes, (size_t)1 << 24));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_audio(live.client, 0, NULL, 1));
  OK(oxrtmp_client_send_audio(live.client, 0, NULL, 0));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_video_at(live.client, 0, 0x800000, 0, bytes, 1));
  oxrtmp_packet packet = {.type = 8, .raw = bytes, .raw_size = SIZE_MAX};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_packet(live.client, &packet));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_recorder_write(live.recorder, &packet));
  packet = (oxrtmp_packet){.type = 8, .data = NULL, .size = 5};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_packet(live.client, &packet));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_packets(live.client, &packet, SIZE_MAX, NULL));
  size_t count = 9;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_session_next_packets(live.session, 0, &packet, 0, &count));
  CHECK(count == 0);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_flv_reader_feed(live.flv_reader, bytes, SIZE_MAX));
  close_all();
}

static void null_pointers_again(void) {
  for (int i = 0; i < rounds(); i++) {
    null_pointers();
    outputs_are_cleared();
  }
}

int main(void) {
  make_recorded();
  oxrtmp_library_info before = library_info();
  RUN(null_pointers);
  RUN(outputs_are_cleared);
  RUN(null_pointers_again);
  RUN(made_up_handles);
  RUN(handles_of_another_kind);
  RUN(handles_in_options);
  RUN(lengths_that_cannot_be);
  RUN(a_child_is_told);
  SETTLED(&before);
  remove_recorded();
  return 0;
}
