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

/* Structs that say that there are bytes, or more of them than there can be, and do not say where. */
static void nulls_inside_structs(void) {
  static const size_t sizes[] = {1, SIZE_MAX / 2 + 1, SIZE_MAX};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    size_t n = sizes[i];
    oxrtmp_amf_value values[] = {{.type = OXRTMP_AMF_STRING, .text_size = n}, {.type = OXRTMP_AMF_NUMBER, .name_size = n}};
    for (int j = 0; j < 2; j++) {
      STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_build(&values[j], bytes, sizeof bytes, &out.length));
      STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_encode(&values[j], 1, 0, bytes, sizeof bytes, &out.length));
    }
    oxrtmp_modex modex = {.type = 1, .size = n};
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_modex_build(9, bytes, 5, &modex, 1, bytes, sizeof bytes, &out.length));
    oxrtmp_control control = {.type = 4, .event = 99, .data_size = n};
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_control_build(&control, bytes, sizeof bytes, &out.length));
    oxrtmp_command commands[] = {{.name_size = n}, {.name = "x", .name_size = 1, .values_size = n}};
    for (int j = 0; j < 2; j++) {
      STATUS(OXRTMP_E_ARGUMENT, oxrtmp_command_build(&commands[j], bytes, sizeof bytes, &out.length));
    }
    oxrtmp_aggregated aggregated = {.type = 8, .size = n};
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_aggregate_build(&aggregated, 1, bytes, sizeof bytes, &out.length));
    oxrtmp_codec_info info = {.struct_size = sizeof info};
    oxrtmp_packet packet = {.type = 9, .kind = OXRTMP_PACKET_SEQUENCE_HEADER, .codec = OXRTMP_CODEC_AVC1, .size = n};
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_packet_build(&packet, bytes, sizeof bytes, &out.length));
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_flv_tag(&packet, bytes, sizeof bytes, &out.length));
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_multitrack_build(0, &packet, 1, bytes, sizeof bytes, &out.length));
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_codec_describe(&packet, &info));
    packet.type = 18;
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_packet_json(&packet, text, sizeof text, &out.length));
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_packet_handler(&packet, text, sizeof text, &out.length));
    oxrtmp_amf_options amf_options;
    OK(oxrtmp_amf_options_init(&amf_options));
    amf_options.external_count = n;
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_decode(bytes, 1, &amf_options, values, 2, &out.length));
    oxrtmp_amf_cursor cursors[] = {{.size = n}, {.data = bytes, .size = 1, .offset = 2}, {.data = bytes, .size = 1, .depth = 65}};
    for (int j = 0; j < 3; j++) {
      STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_next(&cursors[j], &values[0]));
    }
    oxrtmp_server_options server_options;
    OK(oxrtmp_server_options_init(&server_options));
    server_options.user_count = n;
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&server_options, &live.server));
    oxrtmp_mask mask;
    OK(oxrtmp_mask_init(&mask));
    mask.codec_count = n;
    oxrtmp_hub_options hub_options;
    OK(oxrtmp_hub_options_init(&hub_options));
    hub_options.mask = &mask;
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_create(&hub_options, &live.hub));
    oxrtmp_event event = {.type = OXRTMP_EVENT_PACKET};
    event.u.packet.token = n;
    STATUS(OXRTMP_E_HANDLE, oxrtmp_event_release(&event));
    event = (oxrtmp_event){.type = OXRTMP_EVENT_SERVER};
    event.u.server.token = n;
    STATUS(OXRTMP_E_HANDLE, oxrtmp_event_release(&event));
    event = (oxrtmp_event){.type = 12345, .request = {n}};
    OK(oxrtmp_event_release(&event)); /* holds nothing */
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
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_flv_reader_feed(live.flv_reader, bytes, SIZE_MAX));
  bytes[0] = 7;
  STATUS(OXRTMP_E_AGAIN, oxrtmp_session_metadata_raw(live.session, bytes, sizeof bytes, &count));
  CHECK(bytes[0] == 7 && count == 0);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_session_metadata_raw(live.session, bytes, SIZE_MAX, &count));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_metadata_raw(live.client, bytes, SIZE_MAX, &count));
  close_all();
}

/* Structs are cleared whatever is wrong with the other arguments. */
#define STRUCT_CLEARED(type, argument, call) \
  do { \
    type argument; \
    memset(&argument, 0x5A, sizeof argument); \
    argument.struct_size = sizeof argument; \
    STATUS(OXRTMP_E_ARGUMENT, call); \
    CHECK(argument.struct_size == sizeof argument); \
    CHECK(all_zero((char *)&argument + sizeof(uint32_t), sizeof argument - sizeof(uint32_t))); \
  } while (0)

static void structs_are_cleared(void) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  STRUCT_CLEARED(oxrtmp_color_info, s, oxrtmp_color_info_parse(NULL, 1, &s));
  STRUCT_CLEARED(oxrtmp_channels, s, oxrtmp_channels_parse(NULL, 1, &s));
  STRUCT_CLEARED(oxrtmp_codec_info, s, oxrtmp_codec_describe(NULL, &s));
  STRUCT_CLEARED(oxrtmp_stream_info, s, oxrtmp_hub_stream_statistics(hub, "app", NULL, &s));
  STRUCT_CLEARED(oxrtmp_capabilities, s, oxrtmp_capabilities_intersect(NULL, NULL, &s));
  OK(oxrtmp_hub_close(hub));
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
  RUN(nulls_inside_structs);
  RUN(lengths_that_cannot_be);
  RUN(structs_are_cleared);
  RUN(a_child_is_told);
  SETTLED(&before);
  remove_recorded();
  return 0;
}
