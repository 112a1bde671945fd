/* A client plays from a server in the same process. */
#include "closer.h"
#include "player.h"

static oxrtmp_packet sent[2000], received[2000];

static size_t read_clip(const char *path) {
  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_open(path, &reader));
  size_t n = 0;
  while (n < 2000 && oxrtmp_flv_reader_next_packet(reader, &sent[n]) == OXRTMP_OK) {
    n++;
  }
  OK(oxrtmp_flv_reader_close(reader));
  return n;
}

struct feed {
  oxrtmp_session session;
  size_t count;
};

static void *feed_session(void *p) {
  struct feed *f = p;
  size_t n;
  OK(oxrtmp_session_send_packets(f->session, sent, f->count, &n));
  CHECK(n == f->count);
  OK(oxrtmp_session_flush(f->session, 20000));
  OK(oxrtmp_session_close(f->session));
  return NULL;
}

/* is_access tells the message that the server itself sends first, for Flash players. */
static bool is_access(const oxrtmp_packet *packet) {
  char handler[64];
  return packet->type == 18 && oxrtmp_packet_handler(packet, handler, sizeof handler, NULL) == OXRTMP_OK &&
         strcmp(handler, "|RtmpSampleAccess") == 0;
}

/* Every packet of a clip reaches the player as it was; then the stream ends. */
static void clip_is_played(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_server server = play_server();
  oxrtmp_client client;
  struct feed f = {.count = read_clip(sample(CLIP))};
  CHECK(f.count == CLIP_PACKETS);
  connect_player(server, NULL, &client, &f.session);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, feed_session, &f) == 0);
  size_t n = 0, count;
  oxrtmp_status status;
  while ((status = oxrtmp_client_next_packets(client, 20000, &received[n], 2000 - n, &count)) == OXRTMP_OK) {
    CHECK(count >= 1);
    for (size_t i = 0; i < count; i++) {
      CHECK(received[n + i].arrival_ns / 1000000 <= now_ms());
    }
    n += count;
  }
  STATUS(OXRTMP_E_EOF, status);
  CHECK(count == 0);
  pthread_join(thread, NULL);
  size_t first = is_access(&received[0]) ? 1 : 0;
  CHECK(n == f.count + first);
  for (size_t i = 0; i < f.count; i++) {
    const oxrtmp_packet *a = &sent[i], *b = &received[first + i];
    CHECK(a->type == b->type && a->kind == b->kind && a->codec == b->codec && a->timestamp_ms == b->timestamp_ms &&
          a->track == b->track && a->composition_ms == b->composition_ms && a->size == b->size &&
          (a->size == 0 || memcmp(a->data, b->data, a->size) == 0));
    CHECK(a->type == 18 || (a->raw_size == b->raw_size && memcmp(a->raw, b->raw, a->raw_size) == 0));
  }
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_client_statistics(client, &s));
  CHECK(s.packets == n && s.audio_packets + s.video_packets + s.data_packets == n && s.queued_bytes == 0);
  oxrtmp_metadata metadata;
  char json[4096];
  uint8_t raw[4096];
  size_t size;
  OK(oxrtmp_metadata_init(&metadata));
  OK(oxrtmp_client_metadata(client, &metadata));
  CHECK(metadata.width > 0 && metadata.video_codec == OXRTMP_CODEC_AV01);
  OK(oxrtmp_client_metadata_json(client, json, sizeof json, NULL));
  CHECK(strstr(json, "\"width\":") != NULL);
  OK(oxrtmp_client_metadata_raw(client, raw, sizeof raw, &size));
  CHECK(size > 13 && memcmp(raw, "\2\0\12onMetaData", 13) == 0);
  STATUS(OXRTMP_E_EOF, oxrtmp_client_next_packet(client, -1, &received[n]));
  OK(oxrtmp_packets_release(received, n));
  OK(oxrtmp_packets_release(sent, f.count));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_server_close(server));
  SETTLED(&before);
}

static void one_by_one(void) {
  static const uint8_t avcc[] = {1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68};
  static const uint8_t asc[] = {0x12, 0x10}, nalu[] = {0, 0, 0, 2, 0x65, 0x88}, aac[] = {0x21, 0x10, 4};
  static const uint8_t cue[] = {2, 0, 5, 'o', 'n', 'C', 'u', 'e', 5};
  oxrtmp_server server = play_server();
  oxrtmp_client client;
  oxrtmp_session session;
  connect_player(server, NULL, &client, &session);
  oxrtmp_metadata metadata;
  OK(oxrtmp_metadata_init(&metadata));
  STATUS(OXRTMP_E_AGAIN, oxrtmp_client_metadata(client, &metadata));
  OK(oxrtmp_metadata_init(&metadata));
  metadata.width = 1280;
  OK(oxrtmp_session_send_metadata(session, &metadata));
  OK(oxrtmp_session_send_metadata_json(session, "{\"height\": 720}"));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_session_send_metadata_json(session, "[]"));
  OK(oxrtmp_session_send_video_sequence_header(session, avcc, sizeof avcc));
  OK(oxrtmp_session_send_audio_sequence_header(session, asc, sizeof asc));
  OK(oxrtmp_session_send_video(session, 40, 1, nalu, sizeof nalu));
  OK(oxrtmp_session_send_video_at(session, 80, 40, 0, nalu, sizeof nalu));
  OK(oxrtmp_session_send_audio(session, 90, aac, sizeof aac));
  OK(oxrtmp_session_send_data(session, 100, cue, sizeof cue));
  oxrtmp_packet made = {.type = 9, .kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_HVC1, .timestamp_ms = 120,
                        .frame_type = 1, .flags = OXRTMP_PACKET_KEYFRAME | OXRTMP_PACKET_ENHANCED, .data = nalu,
                        .size = sizeof nalu};
  OK(oxrtmp_session_send_packet(session, &made));
  static const struct {
    uint8_t type, kind;
    uint32_t timestamp, codec;
    int32_t composition;
  } wanted[] = {
      {18, OXRTMP_PACKET_METADATA, 0, 0, 0},
      {18, OXRTMP_PACKET_METADATA, 0, 0, 0},
      {9, OXRTMP_PACKET_SEQUENCE_HEADER, 0, OXRTMP_CODEC_AVC1, 0},
      {8, OXRTMP_PACKET_SEQUENCE_HEADER, 0, OXRTMP_CODEC_MP4A, 0},
      {9, OXRTMP_PACKET_FRAME, 40, OXRTMP_CODEC_AVC1, 0},
      {9, OXRTMP_PACKET_FRAME, 80, OXRTMP_CODEC_AVC1, 40},
      {8, OXRTMP_PACKET_FRAME, 90, OXRTMP_CODEC_MP4A, 0},
      {18, OXRTMP_PACKET_DATA, 100, 0, 0},
      {9, OXRTMP_PACKET_FRAME, 120, OXRTMP_CODEC_HVC1, 0},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0];) {
    oxrtmp_packet p;
    OK(oxrtmp_client_next_packet(client, 10000, &p));
    if (!is_access(&p)) {
      CHECK(p.type == wanted[i].type && p.kind == wanted[i].kind && p.timestamp_ms == wanted[i].timestamp &&
            p.codec == wanted[i].codec && p.composition_ms == wanted[i].composition);
      i++;
    }
    OK(oxrtmp_packet_release(&p));
  }
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_session_statistics(session, &s));
  CHECK(s.packets == 9 && s.video_packets == 4 && s.audio_packets == 2 && s.data_packets == 3);
  OK(oxrtmp_client_close(client));
  oxrtmp_event event;
  STATUS(OXRTMP_E_EOF, oxrtmp_session_next_event(session, 10000, &event));
  STATUS(OXRTMP_E_EOF, oxrtmp_session_send_audio(session, 200, aac, sizeof aac));
  STATUS(OXRTMP_E_EOF, oxrtmp_session_flush(session, -1));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

/* What the two sides ask of one another. */
static void commands_reach_the_session(void) {
  oxrtmp_server server = play_server();
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.live_only = 1;
  options.buffer_length_ms = 2500;
  oxrtmp_client client;
  oxrtmp_session session;
  connect_player(server, &options, &client, &session);
  oxrtmp_play_info info = {.struct_size = sizeof info};
  OK(oxrtmp_session_play(session, &info));
  CHECK(info.start == -1 && info.buffer_length_ms == 2500 && info.reset == 1);
  uint32_t kind = 0;
  OK(oxrtmp_session_kind(session, &kind));
  CHECK(kind == OXRTMP_REQUEST_PLAY);

  oxrtmp_event e;
#define EVENT(wanted_type, wanted_value) \
  OK(oxrtmp_session_next_event(session, 10000, &e)); \
  CHECK(e.type == OXRTMP_EVENT_##wanted_type && e.value == (wanted_value) && e.source == session.id && e.time_ns > 0)
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_session_next_event(session, 0, &e));
  OK(oxrtmp_client_pause(client, 1));
  EVENT(PAUSE, 0);
  OK(oxrtmp_session_send_audio(session, 1, (const uint8_t *)"p", 1));
  OK(oxrtmp_client_pause(client, 0));
  EVENT(UNPAUSE, 0);
  OK(oxrtmp_client_seek(client, 4000));
  EVENT(SEEK, 4000);
  OK(oxrtmp_client_receive_video(client, 0));
  EVENT(RECEIVE, 9);
  CHECK(e.on == 0);
  OK(oxrtmp_session_send_video(session, 2, 1, (const uint8_t *)"v", 1));
  OK(oxrtmp_client_receive_video(client, 1));
  EVENT(RECEIVE, 9);
  CHECK(e.on == 1);
  OK(oxrtmp_client_receive_audio(client, 0));
  EVENT(RECEIVE, 8);
  OK(oxrtmp_client_set_buffer_length(client, 3000));
  EVENT(BUFFER_LENGTH, 3000);
  OK(oxrtmp_session_play(session, &info));
  CHECK(info.buffer_length_ms == 3000);
  OK(oxrtmp_session_send_video(session, 3, 1, (const uint8_t *)"w", 1));

  /* Of the three frames the player got the one that it wanted; and the server's words. */
  oxrtmp_packet p;
  do {
    OK(oxrtmp_client_next_packet(client, 10000, &p));
    CHECK(p.type == 18 || (p.type == 9 && p.timestamp_ms == 3));
    kind = p.type;
    OK(oxrtmp_packet_release(&p));
  } while (kind != 9);
  bool paused = false;
  do {
    OK(oxrtmp_client_next_event(client, 10000, &e));
    CHECK((e.type == OXRTMP_EVENT_STATUS || e.type == OXRTMP_EVENT_CONTROL) && e.source == client.id);
    paused = paused || (e.type == OXRTMP_EVENT_STATUS && strcmp(e.u.info.code, "NetStream.Pause.Notify") == 0);
  } while (e.type != OXRTMP_EVENT_STATUS || strcmp(e.u.info.code, "NetStream.Unpause.Notify") != 0);
  CHECK(paused);

  OK(oxrtmp_session_close(session));
  do {
    OK(oxrtmp_client_next_event(client, 10000, &e));
  } while (e.type != OXRTMP_EVENT_CLIENT_END);
  CHECK(e.status == OXRTMP_E_EOF);
  STATUS(OXRTMP_E_EOF, oxrtmp_client_next_event(client, -1, &e));
  STATUS(OXRTMP_E_EOF, oxrtmp_client_pause(client, 1));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_server_close(server));
}

/* ---- refusals ---- */

struct rejecter {
  oxrtmp_server server;
  const char *code, *description;
};

static void *reject_next(void *p) {
  struct rejecter *r = p;
  oxrtmp_request request;
  oxrtmp_play_info info = {.struct_size = sizeof info};
  char name[64];
  OK(oxrtmp_server_accept(r->server, 10000, &request));
  OK(oxrtmp_request_stream_name(request, name, sizeof name, NULL));
  TEXT("none", name);
  OK(oxrtmp_request_play(request, &info));
  CHECK(info.start == -2 && info.buffer_length_ms == 1000);
  OK(oxrtmp_request_reject(request, r->code, r->description));
  return NULL;
}

static void refusals(void) {
  static const struct {
    const char *code, *description;
    oxrtmp_status status;
  } cases[] = {
      {NULL, NULL, OXRTMP_E_NOT_FOUND},
      {"NetStream.Play.FileNotFound", "gone", OXRTMP_E_NOT_FOUND},
      {"NetStream.Play.Failed", "cannot", OXRTMP_E_REFUSED},
      {"NetStream.Play.Unauthorized", "who?", OXRTMP_E_AUTH},
  };
  oxrtmp_server server = play_server();
  oxrtmp_client client;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct rejecter r = {server, cases[i].code, cases[i].description};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, reject_next, &r) == 0);
    STATUS(cases[i].status, oxrtmp_client_play(url_of(server, "live/none"), NULL, 10000, &client));
    CHECK(client.id == 0);
    pthread_join(thread, NULL);
    oxrtmp_error_detail detail = {.struct_size = sizeof detail};
    OK(oxrtmp_last_error_detail(&detail));
    TEXT("play", detail.phase);
    TEXT(cases[i].code != NULL ? cases[i].code : "NetStream.Play.StreamNotFound", detail.code);
    if (cases[i].description != NULL) {
      TEXT(cases[i].description, detail.description);
    }
  }
  OK(oxrtmp_server_close(server));

  server = bind_server(NULL); /* does not ask: there is nothing to play */
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_client_play(url_of(server, "live/none"), NULL, 10000, &client));
  OK(oxrtmp_server_close(server));
}

/* What is for playing fails where something is published, and the other way round. */
static void the_wrong_way(void) {
  oxrtmp_server server = play_server();
  oxrtmp_client client;
  oxrtmp_session session;
  oxrtmp_packet packet;
  oxrtmp_event event;
  size_t count;
  const uint8_t *bytes = (const uint8_t *)"x";
  connect_publisher(server, &client, &session);
  uint32_t kind = 0;
  OK(oxrtmp_session_kind(session, &kind));
  CHECK(kind == OXRTMP_REQUEST_PUBLISH);
  STATUS(OXRTMP_E_STATE, oxrtmp_client_next_packet(client, -1, &packet));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_next_packets(client, -1, &packet, 1, &count));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_pause(client, 1));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_seek(client, 1));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_receive_audio(client, 1));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_receive_video(client, 1));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_set_buffer_length(client, 1));
  STATUS(OXRTMP_E_STATE, oxrtmp_session_send_audio(session, 0, bytes, 1));
  STATUS(OXRTMP_E_STATE, oxrtmp_session_next_event(session, -1, &event));
  OK(oxrtmp_client_send_audio(client, 0, bytes, 1)); /* it goes on */
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));

  connect_player(server, NULL, &client, &session);
  STATUS(OXRTMP_E_STATE, oxrtmp_session_next_packet(session, -1, &packet));
  STATUS(OXRTMP_E_STATE, oxrtmp_session_next_packets(session, -1, &packet, 1, &count));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_send_audio(client, 0, bytes, 1));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

/* How plays are answered by option, and the end of a recorded stream. */
static void answers(void) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_play = options.play_recorded = options.no_sample_access = options.data_start = 1;
  oxrtmp_server server = bind_server(&options);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_player(server, NULL, &client, &session);
  oxrtmp_packet packet;
  OK(oxrtmp_client_next_packet(client, 10000, &packet));
  char json[256];
  OK(oxrtmp_packet_json(&packet, json, sizeof json, NULL));
  CHECK(strstr(json, "NetStream.Data.Start") != NULL);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_session_send_audio(session, 0, (const uint8_t *)"a", 1));
  OK(oxrtmp_session_complete(session));
  STATUS(OXRTMP_E_EOF, oxrtmp_session_complete(session));
  STATUS(OXRTMP_E_EOF, oxrtmp_session_send_audio(session, 0, (const uint8_t *)"a", 1));
  OK(oxrtmp_client_next_packet(client, 10000, &packet));
  CHECK(packet.type == 8); /* nothing about access came */
  OK(oxrtmp_packet_release(&packet));
  oxrtmp_status status;
  bool complete = false;
  while ((status = oxrtmp_client_next_packet(client, 10000, &packet)) == OXRTMP_OK) {
    OK(oxrtmp_packet_json(&packet, json, sizeof json, NULL));
    complete = complete || strstr(json, "NetStream.Play.Complete") != NULL;
    OK(oxrtmp_packet_release(&packet));
  }
  STATUS(OXRTMP_E_EOF, status);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  connect_publisher(server, &client, &session);
  STATUS(OXRTMP_E_STATE, oxrtmp_session_complete(session));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  CHECK(complete);
}

static void pings(void) {
  oxrtmp_server server = play_server();
  oxrtmp_client publisher, player;
  oxrtmp_session published, played;
  connect_publisher(server, &publisher, &published);
  connect_player(server, NULL, &player, &played);
  int64_t rtt = 0;
#define PINGS(call) \
  OK(call); \
  CHECK(rtt > 0 && rtt < INT64_C(10000000000))
  PINGS(oxrtmp_client_ping(publisher, 10000, &rtt));
  PINGS(oxrtmp_client_ping(player, -1, &rtt));
  PINGS(oxrtmp_session_ping(published, 10000, &rtt));
  PINGS(oxrtmp_session_ping(played, -1, &rtt));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_client_close(player));
  oxrtmp_event event;
  STATUS(OXRTMP_E_EOF, oxrtmp_session_next_event(played, 10000, &event));
  STATUS(OXRTMP_E_EOF, oxrtmp_session_ping(played, 10000, &rtt));
  CHECK(rtt == 0);
  OK(oxrtmp_session_close(published));
  OK(oxrtmp_session_close(played));
  OK(oxrtmp_server_close(server));
}

/* ---- closing while something waits ---- */

static void close_wakes_the_client(void) {
  oxrtmp_server server = play_server();
  oxrtmp_session session;
  oxrtmp_packet packet;
  oxrtmp_event event;
  struct closer c = {.server = {0}};
  connect_player(server, NULL, &c.client, &session);
  OK(oxrtmp_client_next_packet(c.client, 10000, &packet)); /* the server's own */
  OK(oxrtmp_packet_release(&packet));
  CLOSED_WHILE(c, oxrtmp_client_next_packet(c.client, -1, &packet));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_client_next_packet(c.client, -1, &packet));
  OK(oxrtmp_session_close(session));

  connect_player(server, NULL, &c.client, &session);
  while (oxrtmp_client_next_event(c.client, 500, &event) == OXRTMP_OK) { /* what came with the answer */
  }
  CLOSED_WHILE(c, oxrtmp_client_next_event(c.client, -1, &event));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

static void close_wakes_the_session(void) {
  oxrtmp_server server = play_server();
  oxrtmp_client client;
  oxrtmp_event event;
  struct closer c = {.server = {0}};
  connect_player(server, NULL, &client, &c.session);
  CLOSED_WHILE(c, oxrtmp_session_next_event(c.session, -1, &event));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_session_next_event(c.session, -1, &event));
  OK(oxrtmp_client_close(client));

  /* The server's end is the session's. */
  connect_player(server, NULL, &client, &c.session);
  oxrtmp_session session = c.session;
  c.session.id = 0;
  c.server = server;
  CLOSED_WHILE(c, oxrtmp_session_next_event(session, -1, &event));
  STATUS(OXRTMP_E_CLOSED, oxrtmp_session_send_audio(session, 0, NULL, 0));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_client_close(client));
}

/* fill sends until there is no room. */
static oxrtmp_status fill(oxrtmp_session session) {
  static uint8_t frame[100000];
  oxrtmp_status status;
  uint32_t t = 0;
  while ((status = oxrtmp_session_send_video(session, t++, 1, frame, sizeof frame)) == OXRTMP_OK) {
    CHECK(t < 5000);
  }
  return status;
}

static void a_player_that_does_not_read(void) {
  oxrtmp_server_options options;
  oxrtmp_limits limits;
  oxrtmp_client_options client_options;
  OK(oxrtmp_server_options_init(&options));
  OK(oxrtmp_limits_init(&limits));
  OK(oxrtmp_client_options_init(&client_options));
  limits.queue_bytes = 1 << 10; /* the client stops reading */
  client_options.limits = &limits;
  options.ask_play = 1;
  options.send_timeout_ms = 100;
  options.output_bytes = 1 << 18;
  oxrtmp_server server = bind_server(&options);
  oxrtmp_client client;
  struct closer c = {.server = {0}};
  connect_player(server, &client_options, &client, &c.session);
  STATUS(OXRTMP_E_TIMEOUT, fill(c.session));
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_session_statistics(c.session, &s));
  CHECK(s.queued_bytes < (1 << 18) + 200000);
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_session_flush(c.session, 0));
  int64_t rtt;
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_session_ping(c.session, 50, &rtt));
  CLOSED_WHILE(c, oxrtmp_session_ping(c.session, -1, &rtt));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));

  options.send_timeout_ms = -1;
  server = bind_server(&options);
  connect_player(server, &client_options, &client, &c.session);
  CLOSED_WHILE(c, fill(c.session));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
}

static void *accept_next(void *p) {
  struct closer *c = p;
  oxrtmp_request request;
  OK(oxrtmp_server_accept(c->server, 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, &c->session));
  return NULL;
}

static void over_a_socket_of_ones_own(void) {
  struct closer c = {.server = play_server()};
  int fd = connect_socket(port_of(c.server));
  oxrtmp_client client;
  oxrtmp_packet packet;
  /* The request waits: nobody answers it in time. */
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_client_play_fd(fd, "rtmp://any/live/test", NULL, 200, &client));
  CHECK(client.id == 0 && fcntl(fd, F_GETFD) >= 0);
  close(fd);
  STATUS(OXRTMP_E_IO, oxrtmp_client_play_fd(fd, "rtmp://any/live/test", NULL, 200, &client));
  oxrtmp_request late;
  OK(oxrtmp_server_accept(c.server, 10000, &late));
  oxrtmp_request_reject(late, NULL, NULL); /* the player may be known to be gone, or not yet */

  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, accept_next, &c) == 0);
  fd = connect_socket(port_of(c.server));
  OK(oxrtmp_client_play_fd(fd, "rtmp://any/live/test", NULL, 10000, &client));
  pthread_join(thread, NULL);
  OK(oxrtmp_session_send_audio(c.session, 7, (const uint8_t *)"a", 1));
  do {
    OK(oxrtmp_client_next_packet(client, 10000, &packet));
    OK(oxrtmp_packet_release(&packet));
  } while (packet.type != 8);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(c.session));
  OK(oxrtmp_server_close(c.server));
}

/* Both ends of a connection over TCP. */
static void tcp_pair(int *near, int *far) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 1) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&a, &size) == 0);
  *near = connect_socket(ntohs(a.sin_port));
  *far = accept(listener, NULL, NULL);
  CHECK(*far >= 0 && close(listener) == 0);
}

/* A peer that cuts the connection ends the stream, on either side. */
static void resets(void) {
  for (int server_goes = 0; server_goes < 2; server_goes++) {
    struct closer c = {.server = play_server()};
    int near, far;
    tcp_pair(&near, &far);
    int gone = dup(server_goes ? far : near);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, accept_next, &c) == 0);
    OK(oxrtmp_server_adopt_connection(c.server, far));
    oxrtmp_client client;
    OK(oxrtmp_client_play_fd(near, "rtmp://any/live/test", NULL, 10000, &client));
    pthread_join(thread, NULL);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    CHECK(connect(gone, &nobody, sizeof nobody) == 0); /* sends RST */
    close(gone);
    oxrtmp_status status;
    oxrtmp_error_detail detail = {.struct_size = sizeof detail};
    if (server_goes) {
      oxrtmp_packet packet;
      while ((status = oxrtmp_client_next_packet(client, 10000, &packet)) == OXRTMP_OK) {
        OK(oxrtmp_packet_release(&packet));
      }
      STATUS(OXRTMP_E_EOF, status);
      OK(oxrtmp_last_error_detail(&detail));
      CHECK(detail.status == OXRTMP_E_EOF && detail.os_error == ECONNRESET);
      TEXT("media", detail.phase);
      STATUS(OXRTMP_E_EOF, oxrtmp_client_pause(client, 1));
      oxrtmp_event event;
      OK(oxrtmp_client_next_event(client, 10000, &event));
      CHECK(event.type == OXRTMP_EVENT_CLIENT_END && event.status == OXRTMP_E_EOF);
    } else {
      while ((status = oxrtmp_session_send_audio(c.session, 0, (const uint8_t *)"a", 1)) == OXRTMP_OK) {
        sleep_ms(1);
      }
      STATUS(OXRTMP_E_EOF, status);
    }
    oxrtmp_client_close(client);
    OK(oxrtmp_session_close(c.session));
    OK(oxrtmp_server_close(c.server));
  }
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(clip_is_played);
  RUN(one_by_one);
  RUN(commands_reach_the_session);
  RUN(refusals);
  RUN(the_wrong_way);
  RUN(answers);
  RUN(pings);
  RUN(close_wakes_the_client);
  RUN(close_wakes_the_session);
  RUN(a_player_that_does_not_read);
  RUN(over_a_socket_of_ones_own);
  RUN(resets);
  SETTLED(&before);
  return 0;
}
