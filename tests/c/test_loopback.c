/* A client publishes to a server in the same process: what goes in comes out. */
#include "check.h"

static oxrtmp_packet sent[2000], received[2000];

/* read_clip takes all packets of a file. */
static size_t read_clip(const char *path, oxrtmp_packet *packets, size_t max) {
  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_open(path, &reader));
  size_t n = 0;
  oxrtmp_status status = OXRTMP_OK;
  while (n < max && (status = oxrtmp_flv_reader_next_packet(reader, &packets[n])) == OXRTMP_OK) {
    n++;
  }
  STATUS(OXRTMP_E_EOF, status);
  OK(oxrtmp_flv_reader_close(reader));
  return n;
}

static bool same_bytes(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size) {
  return a_size == b_size && (a_size == 0 ? a == NULL && b == NULL : memcmp(a, b, a_size) == 0);
}

/* same tells whether two packets agree in everything but their memory and arrival. */
static bool same(const oxrtmp_packet *a, const oxrtmp_packet *b) {
  return same_bytes(a->raw, a->raw_size, b->raw, b->raw_size) && same_bytes(a->data, a->size, b->data, b->size) &&
         a->timestamp_ms == b->timestamp_ms && a->type == b->type &&
         a->kind == b->kind && a->codec == b->codec && a->flags == b->flags && a->track == b->track &&
         a->composition_ms == b->composition_ms && a->nano_offset_ns == b->nano_offset_ns && a->dts_ns == b->dts_ns &&
         a->pts_ns == b->pts_ns && a->frame_type == b->frame_type && a->packet_type == b->packet_type &&
         a->audio_header == b->audio_header;
}

struct feed {
  oxrtmp_client client;
  size_t count;
};

static void *feed_packets(void *p) {
  struct feed *f = p;
  size_t n;
  OK(oxrtmp_client_send_packets(f->client, sent, f->count, &n));
  CHECK(n == f->count);
  OK(oxrtmp_client_close(f->client));
  return NULL;
}

/* Every packet of a clip arrives as it was, also in the recording. */
static void clip_is_identical(const char *clip, size_t least) {
  char directory[] = "/tmp/oxrtmp-loopback-XXXXXX", path[512];
  CHECK(mkdtemp(directory) != NULL);
  oxrtmp_library_info before = library_info();
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_session session;
  struct feed f;
  f.count = read_clip(sample(clip), sent, 2000);
  CHECK(f.count >= least);
  connect_publisher(server, &f.client, &session);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, feed_packets, &f) == 0);

  oxrtmp_recorder recorder;
  OK(oxrtmp_recorder_open_in(directory, "../../evil/name", NULL, &recorder));
  size_t n = 0, count;
  oxrtmp_status status;
  while ((status = oxrtmp_session_next_packets(session, 10000, &received[n], 2000 - n, &count)) == OXRTMP_OK) {
    CHECK(count >= 1);
    for (size_t i = 0; i < count; i++) {
      OK(oxrtmp_recorder_write(recorder, &received[n + i]));
      CHECK(received[n + i].arrival_ns / 1000000 <= now_ms() && received[n + i].arrival_ns / 1000000 > now_ms() - 10000);
    }
    n += count;
  }
  STATUS(OXRTMP_E_EOF, status);
  CHECK(count == 0 && n == f.count);
  pthread_join(thread, NULL);
  for (size_t i = 0; i < n; i++) {
    if (!same(&sent[i], &received[i])) {
      fprintf(stderr, "packet %zu of %s differs\n", i, clip);
      exit(1);
    }
  }
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_session_statistics(session, &s));
  CHECK(s.packets == n && s.audio_packets + s.video_packets + s.data_packets == n && s.malformed == 0 && s.queued_bytes == 0);
  OK(oxrtmp_packets_release(received, n));
  OK(oxrtmp_recorder_path(recorder, path, sizeof path, NULL));
  CHECK(strncmp(path, directory, strlen(directory)) == 0 && strchr(path + strlen(directory) + 1, '/') == NULL);
  OK(oxrtmp_recorder_close(recorder));

  /* The recorder's own metadata comes first, then the same packets. */
  CHECK(read_clip(path, received, 2000) == n + 1);
  for (size_t i = 0; i < n; i++) {
    CHECK(same_bytes(sent[i].raw, sent[i].raw_size, received[i + 1].raw, received[i + 1].raw_size));
    CHECK(sent[i].timestamp_ms == received[i + 1].timestamp_ms);
  }
  OK(oxrtmp_packets_release(received, n + 1));
  OK(oxrtmp_packets_release(sent, n));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  SETTLED(&before);
  CHECK(unlink(path) == 0 && rmdir(directory) == 0);
}

static void enhanced_clip(void) { clip_is_identical(CLIP, CLIP_PACKETS); }
static void legacy_clip(void) { clip_is_identical("flv/sample-h264-aac.flv", 100); }

static void one_by_one(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_session session;
  oxrtmp_client client;
  connect_publisher(server, &client, &session);
  char encoder[16];
  oxrtmp_connect_info info = {.struct_size = sizeof info};
  OK(oxrtmp_session_encoder(session, encoder, sizeof encoder, NULL));
  TEXT("oxrtmp", encoder);
  OK(oxrtmp_session_connect(session, &info));
  CHECK(info.encoder == OXRTMP_ENCODER_OXRTMP);
  static const uint8_t avcc[] = {1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68};
  static const uint8_t asc[] = {0x12, 0x10}, nalu[] = {0, 0, 0, 2, 0x65, 0x88}, aac[] = {0x21, 0x10, 4};
  oxrtmp_metadata metadata;
  OK(oxrtmp_metadata_init(&metadata));
  metadata.width = 1280;
  metadata.height = 720;
  metadata.frame_rate = 29.97;
  metadata.video_codec = OXRTMP_CODEC_AVC1;
  metadata.audio_codec = OXRTMP_CODEC_MP4A;
  metadata.audio_sample_rate = 44100;
  strcpy(metadata.encoder, "tester");
  strcpy(metadata.surround, "5.1");
  OK(oxrtmp_client_send_metadata(client, &metadata));
  OK(oxrtmp_client_send_video_sequence_header(client, avcc, sizeof avcc));
  OK(oxrtmp_client_send_audio_sequence_header(client, asc, sizeof asc));
  OK(oxrtmp_client_send_video(client, 40, 1, nalu, sizeof nalu));
  OK(oxrtmp_client_send_video_at(client, 80, -40, 0, nalu, sizeof nalu));
  OK(oxrtmp_client_send_audio(client, 81, aac, sizeof aac));
  static const uint8_t text[] = "\x02\x00\x0aonTextData\x02\x00\x02hi";
  OK(oxrtmp_client_send_data(client, 90, text, sizeof text - 1));
  oxrtmp_packet own = {.type = 9, .kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_HVC1, .track = 0, .frame_type = 1,
                       .flags = OXRTMP_PACKET_KEYFRAME | OXRTMP_PACKET_ENHANCED, .timestamp_ms = 100, .composition_ms = 7,
                       .packet_type = 1, .data = nalu, .size = sizeof nalu};
  OK(oxrtmp_client_send_packet(client, &own));
  OK(oxrtmp_client_send_video_sequence_header(client, avcc, sizeof avcc)); /* another configuration: its time is now */
  OK(oxrtmp_client_flush(client, 5000));

  struct {
    uint8_t type, kind;
    uint32_t codec, timestamp, flags;
    int32_t composition;
    const uint8_t *data;
    size_t size;
  } wanted[] = {
      {18, OXRTMP_PACKET_METADATA, 0, 0, OXRTMP_PACKET_SET_DATA_FRAME, 0, NULL, 0},
      {9, OXRTMP_PACKET_SEQUENCE_HEADER, OXRTMP_CODEC_AVC1, 0, 0, 0, avcc, sizeof avcc},
      {8, OXRTMP_PACKET_SEQUENCE_HEADER, OXRTMP_CODEC_MP4A, 0, 0, 0, asc, sizeof asc},
      {9, OXRTMP_PACKET_FRAME, OXRTMP_CODEC_AVC1, 40, OXRTMP_PACKET_KEYFRAME, 0, nalu, sizeof nalu},
      {9, OXRTMP_PACKET_FRAME, OXRTMP_CODEC_AVC1, 80, 0, -40, nalu, sizeof nalu},
      {8, OXRTMP_PACKET_FRAME, OXRTMP_CODEC_MP4A, 81, 0, 0, aac, sizeof aac},
      {18, OXRTMP_PACKET_DATA, 0, 90, 0, 0, text, sizeof text - 1},
      {9, OXRTMP_PACKET_FRAME, OXRTMP_CODEC_HVC1, 100, OXRTMP_PACKET_KEYFRAME | OXRTMP_PACKET_ENHANCED, 7, nalu, sizeof nalu},
      {9, OXRTMP_PACKET_SEQUENCE_HEADER, OXRTMP_CODEC_AVC1, 100, 0, 0, avcc, sizeof avcc},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    oxrtmp_packet p;
    OK(oxrtmp_session_next_packet(session, 5000, &p));
    bool right = p.type == wanted[i].type && p.kind == wanted[i].kind && p.codec == wanted[i].codec &&
                 p.timestamp_ms == wanted[i].timestamp && p.flags == wanted[i].flags &&
                 p.composition_ms == wanted[i].composition &&
                 (wanted[i].data == NULL || (p.size == wanted[i].size && memcmp(p.data, wanted[i].data, p.size) == 0));
    if (!right) {
      fprintf(stderr, "packet %zu: type %u kind %u codec %08x at %u flags %x composition %d, %zu bytes\n", i, p.type,
              p.kind, p.codec, p.timestamp_ms, p.flags, p.composition_ms, p.size);
      exit(1);
    }
    OK(oxrtmp_packet_release(&p));
  }
  oxrtmp_packet none;
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_session_next_packet(session, 0, &none));

  oxrtmp_metadata got;
  OK(oxrtmp_metadata_init(&got));
  OK(oxrtmp_session_metadata(session, &got));
  TEXT("5.1", got.surround);
  CHECK(got.width == 1280 && got.height == 720 && got.frame_rate == 29.97 && got.video_codec == OXRTMP_CODEC_AVC1 &&
        got.audio_codec == OXRTMP_CODEC_MP4A && got.audio_sample_rate == 44100);
  TEXT("tester", got.encoder);
  char json[2048];
  OK(oxrtmp_session_metadata_json(session, json, sizeof json, NULL));
  CHECK(strstr(json, "\"width\":1280") != NULL && strstr(json, "\"videocodecid\":7") != NULL);
  uint8_t raw[2048];
  size_t length;
  STATUS(OXRTMP_E_BUFFER, oxrtmp_session_metadata_raw(session, NULL, 0, &length));
  size_t needed = length;
  OK(oxrtmp_session_metadata_raw(session, raw, needed, &length));
  CHECK(length == needed && memcmp(raw, "\x02\x00\x0aonMetaData\x08", 14) == 0);

  OK(oxrtmp_client_send_metadata_json(client, "{\"width\":640,\"custom\":[1,\"two\",null]}"));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_metadata_json(client, "[1]"));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_metadata_json(client, "{"));
  oxrtmp_packet p;
  OK(oxrtmp_session_next_packet(session, 5000, &p));
  OK(oxrtmp_packet_release(&p));
  OK(oxrtmp_session_metadata_json(session, json, sizeof json, NULL));
  CHECK(strstr(json, "\"width\":640") != NULL && strstr(json, "\"custom\":[1,\"two\",null]") != NULL);
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_client_statistics(client, &s));
  CHECK(s.packets == 10 && s.video_packets == 5 && s.audio_packets == 2 && s.data_packets == 3);
  char peer[64];
  OK(oxrtmp_client_peer_address(client, peer, sizeof peer, NULL));
  CHECK(atoi(strrchr(peer, ':') + 1) == port_of(server));
  OK(oxrtmp_client_close(client));
  STATUS(OXRTMP_E_EOF, oxrtmp_session_next_packet(session, 5000, &p));
  OK(oxrtmp_session_end_reason(session, json, sizeof json, NULL));
  CHECK(json[0] != 0);
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

/* ---- requests ---- */

struct asking {
  char url[512];
  oxrtmp_client_options options;
  oxrtmp_client client;
  oxrtmp_status status;
  oxrtmp_error_detail detail;
};

static void *ask(void *p) {
  struct asking *a = p;
  a->status = oxrtmp_client_publish(a->url, &a->options, 10000, &a->client);
  a->detail = (oxrtmp_error_detail){.struct_size = sizeof a->detail};
  OK(oxrtmp_last_error_detail(&a->detail));
  return NULL;
}

static pthread_t start_asking(struct asking *a, oxrtmp_server server, const char *stream) {
  pthread_t thread;
  memset(a, 0, sizeof *a);
  snprintf(a->url, sizeof a->url, "%s", url_of(server, stream));
  OK(oxrtmp_client_options_init(&a->options));
  CHECK(pthread_create(&thread, NULL, ask, a) == 0);
  return thread;
}

static void requests_tell_everything(void) {
  oxrtmp_server server = bind_server(NULL);
  struct asking a;
  memset(&a, 0, sizeof a);
  snprintf(a.url, sizeof a.url, "%s", url_of(server, "some/app/na%20me?user=u&k=v"));
  OK(oxrtmp_client_options_init(&a.options));
  a.options.flash_version = "Wirecast/FM 1.0 (compatible; FMSc/1.0)";
  a.options.swf_url = "swf";
  a.options.page_url = "page";
  a.options.publish_type = "record";
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, ask, &a) == 0);
  oxrtmp_request request;
  OK(oxrtmp_server_accept(server, 10000, &request));
  uint32_t kind;
  OK(oxrtmp_request_kind(request, &kind));
  CHECK(kind == OXRTMP_REQUEST_PUBLISH);
  char text[2048];
  size_t length;
#define SAYS(wanted, what) \
  OK(oxrtmp_request_##what(request, text, sizeof text, &length)); \
  TEXT(wanted, text); \
  CHECK(length == strlen(wanted)); \
  if (length > 0) { \
    STATUS(OXRTMP_E_BUFFER, oxrtmp_request_##what(request, text, length, NULL)); \
    TEXT("", text); \
  }
  SAYS("some/app", app);
  SAYS("na%20me", stream_name);
  SAYS("na%20me?user=u&k=v", raw_stream_name);
  SAYS("user=u&k=v", query);
  SAYS("record", publish_type);
  SAYS("Wirecast/FM 1.0 (compatible; FMSc/1.0)", flash_version);
  SAYS("swf", swf_url);
  SAYS("page", page_url);
  SAYS("Wirecast", encoder);
  OK(oxrtmp_request_tc_url(request, text, sizeof text, NULL));
  CHECK(strncmp(text, a.url, strlen(text)) == 0 && strstr(text, "/some/app") != NULL && strchr(text, '?') == NULL);
  OK(oxrtmp_request_peer_address(request, text, sizeof text, NULL));
  CHECK(strncmp(text, "127.0.0.1:", 10) == 0);
  OK(oxrtmp_request_connect_json(request, text, sizeof text, NULL));
  CHECK(strstr(text, "{\"app\":\"some/app\"") == text && strstr(text, "\"swfUrl\":\"swf\"") != NULL);
  oxrtmp_connect_info info = {.struct_size = sizeof info};
  OK(oxrtmp_request_connect(request, &info));
  CHECK(info.encoder == OXRTMP_ENCODER_WIRECAST && info.object_encoding == 0 && info.video_codecs > 0);
  oxrtmp_session session;
  OK(oxrtmp_request_accept(request, NULL, &session));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_request_app(request, text, sizeof text, NULL));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_request_reject(request, NULL, NULL));
  pthread_join(thread, NULL);
  OK(a.status);
  OK(oxrtmp_session_raw_stream_name(session, text, sizeof text, NULL));
  TEXT("na%20me?user=u&k=v", text);
  OK(oxrtmp_session_encoder(session, text, sizeof text, NULL));
  TEXT("Wirecast", text);
  OK(oxrtmp_session_connect(session, &info));
  oxrtmp_metadata metadata;
  OK(oxrtmp_metadata_init(&metadata));
  STATUS(OXRTMP_E_AGAIN, oxrtmp_session_metadata(session, &metadata));
  STATUS(OXRTMP_E_AGAIN, oxrtmp_session_metadata_json(session, text, sizeof text, NULL));
  OK(oxrtmp_client_close(a.client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

static void refusals_have_words(void) {
  oxrtmp_server server = bind_server(NULL);
  static const struct {
    const char *code, *description, *told;
    oxrtmp_status status;
  } cases[] = {
      {NULL, "unauthorized", "NetStream.Publish.BadName", OXRTMP_E_NAME},
      {"NetStream.Publish.BadName", NULL, "NetStream.Publish.BadName", OXRTMP_E_NAME},
      {"NetStream.Publish.Denied", "no", "NetStream.Publish.Denied", OXRTMP_E_REFUSED},
      {"NetStream.Publish.BadAuth", "who?", "NetStream.Publish.BadAuth", OXRTMP_E_AUTH},
      {"NetStream.Publish.Rejected", "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]",
       "NetStream.Publish.Rejected", OXRTMP_E_AUTH},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct asking a;
    pthread_t thread = start_asking(&a, server, "live/secret");
    oxrtmp_request request;
    OK(oxrtmp_server_accept(server, 10000, &request));
    int64_t begun = now_ms();
    OK(oxrtmp_request_reject(request, cases[i].code, cases[i].description));
    pthread_join(thread, NULL);
    CHECK(slow() || now_ms() - begun < 1000);
    STATUS(cases[i].status, a.status);
    CHECK(a.client.id == 0 && a.detail.status == cases[i].status);
    TEXT("publish", a.detail.phase);
    TEXT(cases[i].told, a.detail.code);
    if (cases[i].description != NULL) {
      TEXT(cases[i].description, a.detail.description);
    }
  }
  OK(oxrtmp_server_close(server));
}

/* last_error_is compares what the last failure is said to be. */
static void last_error_is(const char *wanted) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  OK(oxrtmp_last_error(text, sizeof text));
  TEXT(wanted, text);
}

static void failures_are_told_in_words(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_request request;
  oxrtmp_client client;
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_server_accept(server, 0, &request));
  last_error_is("OXRTMP_E_TIMEOUT: the time for the call is over");
  char url[100], wanted[200];
  uint16_t port;
  int mute = listen_socket(&port, 5);
  snprintf(url, sizeof url, "rtmp://127.0.0.1:%u/live/x", port);
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_client_publish(url, NULL, 100, &client));
  last_error_is("OXRTMP_E_TIMEOUT: handshake: the peer did not answer in time");
  close(mute);
  STATUS(OXRTMP_E_CONNECT, oxrtmp_client_publish(url, NULL, 5000, &client));
  snprintf(wanted, sizeof wanted, "OXRTMP_E_CONNECT: tcp: 127.0.0.1:%u: connection refused", port);
  last_error_is(wanted);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_publish("http://127.0.0.1/live/x", NULL, 100, &client));
  last_error_is("OXRTMP_E_ARGUMENT: URL does not begin with rtmp:// or rtmps://");
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.chunk_size = 65537;
  oxrtmp_server other;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &other));
  last_error_is("OXRTMP_E_ARGUMENT: chunk_size is above 65536");
  OK(oxrtmp_server_close(server));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_accept(server, 0, &request));
  last_error_is("OXRTMP_E_HANDLE: the handle has ended, or is of another kind");
}

static void a_session_is_closed_with_words(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_session session;
  oxrtmp_client client;
  connect_publisher(server, &client, &session);
  OK(oxrtmp_session_close_with_status(session, NULL, "time is up"));
  OK(oxrtmp_session_close_with_status(session, NULL, "again"));
  oxrtmp_status status = OXRTMP_OK;
  for (int i = 0; i < 500 && status == OXRTMP_OK; i++) {
    static const uint8_t aac[] = {1, 2, 3};
    status = oxrtmp_client_send_audio(client, (uint32_t)i, aac, sizeof aac);
    sleep_ms(5);
  }
  CHECK(status != OXRTMP_OK && status != OXRTMP_E_TIMEOUT && status != OXRTMP_E_CLOSED);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_server_close(server));
}

static void every_step_can_be_asked(void) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_connection = options.ask_connect = options.ask_fc_publish = 1;
  oxrtmp_server server = bind_server(&options);
  struct asking a;
  pthread_t thread = start_asking(&a, server, "live/test");
  static const uint32_t kinds[] = {OXRTMP_REQUEST_CONNECTION, OXRTMP_REQUEST_CONNECT, OXRTMP_REQUEST_FC_PUBLISH,
                                   OXRTMP_REQUEST_PUBLISH};
  oxrtmp_session session;
  for (int i = 0; i < 4; i++) {
    oxrtmp_request request;
    OK(oxrtmp_server_accept(server, 10000, &request));
    uint32_t kind;
    OK(oxrtmp_request_kind(request, &kind));
    CHECK(kind == kinds[i]);
    char text[2048];
    OK(oxrtmp_request_app(request, text, sizeof text, NULL));
    TEXT(i == 0 ? "" : "live", text);
    OK(oxrtmp_request_connect_json(request, text, sizeof text, NULL));
    CHECK(i > 0 || strcmp(text, "{}") == 0);
    OK(oxrtmp_request_peer_address(request, text, sizeof text, NULL));
    CHECK(text[0] != 0);
    OK(oxrtmp_request_accept(request, NULL, &session));
    CHECK((session.id != 0) == (i == 3));
  }
  pthread_join(thread, NULL);
  OK(a.status);
  OK(oxrtmp_client_close(a.client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

static void late_answers_are_harmless(void) {
  oxrtmp_timeouts timeouts;
  OK(oxrtmp_timeouts_init(&timeouts));
  timeouts.decision_ms = 100;
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.timeouts = &timeouts;
  oxrtmp_library_info before = library_info();
  oxrtmp_server server = bind_server(&options);
  struct asking a;
  pthread_t thread = start_asking(&a, server, "live/test");
  oxrtmp_request request;
  OK(oxrtmp_server_accept(server, 10000, &request));
  pthread_join(thread, NULL);
  CHECK(a.status <= -401);
  oxrtmp_session session;
  STATUS(OXRTMP_E_STATE, oxrtmp_request_accept(request, NULL, &session));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_request_accept(request, NULL, &session));
  OK(oxrtmp_server_close(server));
  SETTLED(&before);
}

int main(void) {
  RUN(enhanced_clip);
  RUN(legacy_clip);
  RUN(one_by_one);
  RUN(requests_tell_everything);
  RUN(refusals_have_words);
  RUN(failures_are_told_in_words);
  RUN(a_session_is_closed_with_words);
  RUN(every_step_can_be_asked);
  RUN(late_answers_are_harmless);
  return 0;
}
