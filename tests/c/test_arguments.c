/* Every function against wrong pointers and wrong handles. The calls are generated from the header. */
#include "check.h"

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

/* A live handle of each kind, and the same closed. */
static struct {
  oxrtmp_server server;
  oxrtmp_client client;
  oxrtmp_session session;
  oxrtmp_recorder recorder;
  oxrtmp_flv_reader reader;
  oxrtmp_hub hub;
  oxrtmp_relay relay;
} live;

static char recorded[] = "/tmp/oxrtmp-arguments-XXXXXX";

static void open_all(void) {
  live.server = bind_server(NULL);
  connect_publisher(live.server, &live.client, &live.session);
  OK(oxrtmp_recorder_open_in(recorded, "x", NULL, &live.recorder));
  OK(oxrtmp_flv_reader_create(&live.reader));
  OK(oxrtmp_hub_create(NULL, &live.hub));
  OK(oxrtmp_hub_push(live.hub, "x", "x", "rtmp://127.0.0.1/x/x", NULL, &live.relay));
}

static void close_all(void) {
  OK(oxrtmp_client_close(live.client));
  OK(oxrtmp_session_close(live.session));
  OK(oxrtmp_server_close(live.server));
  OK(oxrtmp_recorder_close(live.recorder));
  OK(oxrtmp_flv_reader_close(live.reader));
  OK(oxrtmp_hub_close(live.hub));
  OK(oxrtmp_relay_close(live.relay));
}

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
  for (int i = 0; i < scaled(200); i++) {
    wrong_handle((uint64_t)(mrand48() | 0x1000) << 32 | (uint32_t)mrand48(), ""); /* a generation of millions */
  }
}

static void handles_of_another_kind(void) {
  open_all();
  wrong_handle(live.server.id, "server");
  wrong_handle(live.client.id, "client");
  wrong_handle(live.session.id, "session");
  wrong_handle(live.recorder.id, "recorder");
  wrong_handle(live.reader.id, "flv_reader");
  wrong_handle(live.hub.id, "hub");
  wrong_handle(live.relay.id, "relay");
  close_all();
}

/* A closed handle is an error to everything but closing it again. */
static void closed_handles(void) {
  open_all();
  close_all();
  close_all();
  oxrtmp_packet packet = {.type = 8};
  oxrtmp_request request;
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_accept(live.server, -1, &request));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_address(live.server, text, sizeof text, NULL));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_session_next_packet(live.session, -1, &packet));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_client_send_packet(live.client, &packet));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_client_flush(live.client, -1));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_recorder_write(live.recorder, &packet));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_flv_reader_feed(live.reader, bytes, 1));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_hub_json(live.hub, text, sizeof text, NULL));
  oxrtmp_server old = live.server;
  for (int i = 0; i < 100; i++) {
    oxrtmp_server next;
    OK(oxrtmp_server_create(NULL, &next));
    CHECK(next.id != old.id);
    STATUS(OXRTMP_E_HANDLE, oxrtmp_server_address(old, text, sizeof text, NULL));
    OK(oxrtmp_server_close(next));
  }
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
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_flv_reader_feed(live.reader, bytes, SIZE_MAX));
  close_all();
}

int main(void) {
  CHECK(mkdtemp(recorded) != NULL);
  oxrtmp_library_info before = library_info();
  RUN(null_pointers);
  RUN(outputs_are_cleared);
  RUN(made_up_handles);
  RUN(handles_of_another_kind);
  RUN(closed_handles);
  RUN(lengths_that_cannot_be);
  RUN(a_child_is_told);
  SETTLED(&before);
  char path[512];
  for (int i = 0; i < 20; i++) {
    snprintf(path, sizeof path, i < 2 ? "%s/x.flv" : "%s/x-%d.flv", recorded, i);
    unlink(path);
  }
  CHECK(rmdir(recorded) == 0);
  return 0;
}
