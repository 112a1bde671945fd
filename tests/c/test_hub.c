/* A hub: one publishes, many play. */
#include "closer.h"
#include "queue.h"

static oxrtmp_hub new_hub(const oxrtmp_hub_options *options) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(options, &hub));
  return hub;
}

static oxrtmp_server hub_server(oxrtmp_hub hub) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  return bind_server(&options);
}

/* numbered sends frames that hold their number, a keyframe every 10. */
static void send_frames(oxrtmp_client client, uint32_t first, uint32_t count) {
  for (uint32_t n = first; n < first + count; n++) {
    OK(oxrtmp_client_send_video(client, n * 10, n % 10 == 0, (const uint8_t *)&n, sizeof n));
  }
  OK(oxrtmp_client_flush(client, 10000));
}

/* next_video takes packets up to the next video frame, and returns its number. */
static uint32_t next_video(oxrtmp_client client) {
  for (;;) {
    oxrtmp_packet packet;
    OK(oxrtmp_client_next_packet(client, 10000, &packet));
    bool found = packet.type == 9 && packet.kind == OXRTMP_PACKET_FRAME;
    uint32_t n = 0;
    if (found) {
      CHECK(packet.size == sizeof n);
      memcpy(&n, packet.data, sizeof n);
      CHECK(packet.timestamp_ms == n * 10);
    }
    OK(oxrtmp_packet_release(&packet));
    if (found) {
      return n;
    }
  }
}

static oxrtmp_stream_info stream_of(oxrtmp_hub hub, const char *name) {
  oxrtmp_stream_info info = {.struct_size = sizeof info};
  OK(oxrtmp_hub_stream_statistics(hub, "live", name, &info));
  return info;
}

/* received waits until the hub's stream has taken so many messages. */
static void received(oxrtmp_hub hub, const char *name, uint64_t messages) {
  for (int i = 0; i < 2000 && stream_of(hub, name).packets < messages; i++) {
    sleep_ms(5);
  }
  CHECK(stream_of(hub, name).packets == messages);
}

/* Server and hub, and no other code. */
static void a_whole_server(void) {
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_server server = hub_server(hub);
  oxrtmp_client publisher, second, players[3];
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &players[0]));
  OK(oxrtmp_client_publish(url_of(server, "live/cam?key=1"), NULL, 10000, &publisher));
  STATUS(OXRTMP_E_NAME, oxrtmp_client_publish(url_of(server, "live/cam"), NULL, 10000, &second));
  send_frames(publisher, 0, 13);
  received(hub, "cam", 13);
  for (int i = 0; i < 3; i++) {
    OK(oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &players[i]));
    for (uint32_t n = 10; n < 13; n++) { /* from the last keyframe on */
      CHECK(next_video(players[i]) == n);
    }
  }
  send_frames(publisher, 13, 100);
  for (int i = 0; i < 3; i++) {
    for (uint32_t n = 13; n < 113; n++) {
      CHECK(next_video(players[i]) == n);
    }
  }

  oxrtmp_stream_info info = stream_of(hub, "cam");
  CHECK(info.published == 1 && info.players == 3 && info.packets == 113 && info.video_packets == 113);
  CHECK(info.keyframes == 12 && info.bytes == 113 * 9 && info.frames_dropped == 0 && info.timestamp_ms == 1120);
  CHECK(info.frames_sent == 300 && info.duration_ns > 0 && strncmp(info.publisher, "127.0.0.1:", 10) == 0);
  oxrtmp_hub_info all = {.struct_size = sizeof all};
  OK(oxrtmp_hub_statistics(hub, &all));
  CHECK(all.streams == 1 && all.publishers == 1 && all.players == 3 && all.packets == 113 && all.bytes == 113 * 9);
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_hub_stream_statistics(hub, "live", "none", &info));
  char json[8192];
  size_t length;
  STATUS(OXRTMP_E_BUFFER, oxrtmp_hub_json(hub, NULL, 0, &length));
  OK(oxrtmp_hub_json(hub, json, sizeof json, NULL));
  CHECK(length > 100 && json[0] == '{');
  CHECK(strstr(json, "\"app\":\"live\",\"stream_name\":\"cam\"") != NULL && strstr(json, "\"players\":3") != NULL);

  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_hub_close(hub)); /* ends the grace period, and tells the players */
  for (int i = 0; i < 3; i++) {
    oxrtmp_packet packet;
    STATUS(OXRTMP_E_EOF, oxrtmp_client_next_packet(players[i], 10000, &packet));
    OK(oxrtmp_client_close(players[i]));
  }
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &players[0]));
  OK(oxrtmp_server_close(server));
}

/* ---- requests that are seen first ---- */

struct gate {
  oxrtmp_server server;
  oxrtmp_hub hub;
  oxrtmp_status wanted[6];
};

/* guard_requests answers one request after the other: "secret" may pass. */
static void *guard_requests(void *p) {
  struct gate *g = p;
  for (size_t i = 0; i < sizeof g->wanted / sizeof g->wanted[0]; i++) {
    oxrtmp_request request;
    char name[64];
    OK(oxrtmp_server_accept(g->server, 10000, &request));
    OK(oxrtmp_request_stream_name(request, name, sizeof name, NULL));
    if (strcmp(name, "secret") != 0) {
      OK(oxrtmp_request_reject(request, NULL, "not you"));
      continue;
    }
    STATUS(g->wanted[i], oxrtmp_hub_accept(g->hub, request));
    STATUS(OXRTMP_E_HANDLE, oxrtmp_hub_accept(g->hub, request));
  }
  return NULL;
}

/* was_told: what the server has said to the client that it refused last. */
static void was_told(const char *words) {
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  OK(oxrtmp_last_error_detail(&detail));
  TEXT(words, detail.description);
}

static void requests_are_seen_first(void) {
  struct gate g = {.hub = new_hub(NULL), .wanted = {OXRTMP_E_NOT_FOUND, OXRTMP_OK, OXRTMP_OK, OXRTMP_E_BUSY}};
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = g.hub;
  options.ask_publish = options.ask_play = 1;
  g.server = bind_server(&options);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, guard_requests, &g) == 0);
  oxrtmp_client publisher, player, other;
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_client_play(url_of(g.server, "live/secret"), NULL, 10000, &other));
  was_told("no such stream");
  OK(oxrtmp_client_publish(url_of(g.server, "live/secret"), NULL, 10000, &publisher));
  OK(oxrtmp_client_play(url_of(g.server, "live/secret"), NULL, 10000, &player));
  STATUS(OXRTMP_E_NAME, oxrtmp_client_publish(url_of(g.server, "live/secret"), NULL, 10000, &other));
  STATUS(OXRTMP_E_NAME, oxrtmp_client_publish(url_of(g.server, "live/guess"), NULL, 10000, &other));
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_client_play(url_of(g.server, "live/guess"), NULL, 10000, &other));
  pthread_join(thread, NULL);
  send_frames(publisher, 0, 2);
  CHECK(next_video(player) == 0 && next_video(player) == 1);
  OK(oxrtmp_client_close(player));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_server_close(g.server));
  OK(oxrtmp_hub_close(g.hub));
}

/* A request that an engine made is for a hub too. */
static void requests_of_an_engine(void) {
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_engine server, client;
  OK(oxrtmp_engine_server_create(NULL, OXRTMP_ENGINE_SHAKEN, &server));
  OK(oxrtmp_engine_publish_create("rtmp://x/live/cam", NULL, OXRTMP_ENGINE_SHAKEN, &client));
  oxrtmp_event event = {0};
  static uint8_t bytes[65536];
  for (int turn = 0; turn < 20 && event.type != OXRTMP_EVENT_REQUEST; turn++) {
    size_t n, taken;
    OK(oxrtmp_engine_output(client, bytes, sizeof bytes, &n));
    OK(oxrtmp_engine_receive(server, 1, bytes, n, &taken));
    while (event.type != OXRTMP_EVENT_REQUEST && oxrtmp_engine_next_event(server, &event) == OXRTMP_OK) {
    }
    OK(oxrtmp_engine_output(server, bytes, sizeof bytes, &n));
    OK(oxrtmp_engine_receive(client, 1, bytes, n, &taken));
  }
  CHECK(event.type == OXRTMP_EVENT_REQUEST);
  OK(oxrtmp_hub_accept(hub, event.request));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_hub_accept(hub, event.request));
  oxrtmp_stream_info info = {.struct_size = sizeof info};
  OK(oxrtmp_hub_stream_statistics(hub, "live", "cam", &info));
  CHECK(info.published == 1);
  TEXT("engine", info.publisher);
  OK(oxrtmp_engine_close(server));
  OK(oxrtmp_engine_close(client));
  OK(oxrtmp_hub_close(hub));
}

/* ---- the application publishes and plays ---- */

static void without_a_connection(void) {
  static const uint8_t avcc[] = {1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68}, asc[] = {0x12, 0x10};
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_server server = hub_server(hub);
  oxrtmp_client publisher, other, player, remote;
  oxrtmp_metadata metadata;
  OK(oxrtmp_metadata_init(&metadata));
  metadata.width = 640;
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_hub_play(hub, "live", "app", NULL, &player));
  OK(oxrtmp_hub_publish(hub, "live", "app", NULL, &publisher));
  STATUS(OXRTMP_E_BUSY, oxrtmp_hub_publish(hub, "live", "app", NULL, &other));
  CHECK(other.id == 0);
  OK(oxrtmp_client_send_metadata(publisher, &metadata));
  OK(oxrtmp_client_send_video_sequence_header(publisher, avcc, sizeof avcc));
  OK(oxrtmp_client_send_audio_sequence_header(publisher, asc, sizeof asc));
  send_frames(publisher, 0, 5);
  received(hub, "app", 8);
  TEXT("application", stream_of(hub, "app").publisher);
  OK(oxrtmp_hub_play(hub, "live", "app", NULL, &player));
  OK(oxrtmp_client_play(url_of(server, "live/app"), NULL, 10000, &remote));
  for (uint32_t n = 0; n < 5; n++) {
    CHECK(next_video(player) == n && next_video(remote) == n);
  }
  memset(&metadata, 0, sizeof metadata);
  OK(oxrtmp_metadata_init(&metadata));
  OK(oxrtmp_client_metadata(player, &metadata));
  CHECK(metadata.width == 640);
  char address[64] = "?", json[256];
  OK(oxrtmp_client_peer_address(player, address, sizeof address, NULL));
  TEXT("", address);
  OK(oxrtmp_client_metadata_json(player, json, sizeof json, NULL));

  /* What is not wanted is left out. */
  OK(oxrtmp_client_receive_video(player, 0));
  send_frames(publisher, 5, 10);
  OK(oxrtmp_client_send_audio(publisher, 150, (const uint8_t *)"a", 1));
  oxrtmp_packet packet;
  OK(oxrtmp_client_next_packet(player, 10000, &packet));
  CHECK(packet.type == 8 && packet.timestamp_ms == 150);
  OK(oxrtmp_client_receive_video(player, 1));
  send_frames(publisher, 15, 6);
  CHECK(next_video(player) == 20);
  for (uint32_t n = 5; n <= 20; n++) {
    CHECK(next_video(remote) == n);
  }

  int64_t rtt;
  STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_client_ping(player, 10, &rtt));
  STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_client_seek(player, 10));
  STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_client_set_buffer_length(player, 10));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_send_audio(player, 0, NULL, 0));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_pause(publisher, 1));
  oxrtmp_packet second;
  STATUS(OXRTMP_E_STATE, oxrtmp_client_next_packet(publisher, -1, &second));
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_client_statistics(publisher, &s));
  CHECK(s.packets == 25 && s.video_packets == 22 && s.audio_packets == 2);
  OK(oxrtmp_client_statistics(player, &s));
  CHECK(s.audio_packets == 3 && s.video_packets == 8); /* headers came twice */

  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_client_close(player));
  OK(oxrtmp_client_close(remote));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
  CHECK(packet.size == 1 && packet.data[0] == 'a'); /* it outlives them all */
  OK(oxrtmp_packet_release(&packet));
}

/* expect_data takes the next data message, which says this. */
static void expect_data(oxrtmp_client player, const char *wanted) {
  oxrtmp_packet packet;
  char json[256] = "";
  do {
    OK(oxrtmp_client_next_packet(player, 10000, &packet));
    CHECK(packet.type == 18);
    OK(oxrtmp_packet_json(&packet, json, sizeof json, NULL));
    OK(oxrtmp_packet_release(&packet));
  } while (strstr(json, "|RtmpSampleAccess") != NULL);
  TEXT(wanted, json);
}

/* Data is kept for who comes later, until it is set anew or cleared. */
static void data_frames(void) {
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_server server = hub_server(hub);
  oxrtmp_client publisher, early, late;
  uint8_t one[16], two[16], text[64];
  size_t one_size, two_size, text_size;
  char json[256];
  OK(oxrtmp_amf_from_json("[1]", 0, one, sizeof one, &one_size));
  OK(oxrtmp_amf_from_json("[2]", 0, two, sizeof two, &two_size));
  OK(oxrtmp_amf_from_json("[\"onTextData\",null]", 0, text, sizeof text, &text_size));
  OK(oxrtmp_client_publish(url_of(server, "live/cam"), NULL, 10000, &publisher));
  OK(oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &early));
  OK(oxrtmp_client_set_data_frame(publisher, "onA", one, one_size));
  OK(oxrtmp_client_set_data_frame(publisher, "onB", NULL, 0));
  OK(oxrtmp_client_set_data_frame(publisher, "onA", two, two_size));
  OK(oxrtmp_client_send_data(publisher, 77, text, text_size)); /* passed on, and not kept */
  OK(oxrtmp_client_clear_data_frame(publisher, "onB"));
  OK(oxrtmp_client_send_metadata_json(publisher, "{\"width\":640}"));
  received(hub, "cam", 6);
  OK(oxrtmp_hub_data_frames_json(hub, "live", "cam", json, sizeof json, NULL));
  TEXT("[[\"onA\",2],[\"onMetaData\",{\"width\":640}]]", json);
  size_t length;
  STATUS(OXRTMP_E_BUFFER, oxrtmp_hub_data_frames_json(hub, "live", "cam", json, 10, &length));
  CHECK(*json == 0 && length > 10);
  STATUS(OXRTMP_E_NOT_FOUND, oxrtmp_hub_data_frames_json(hub, "live", "none", json, sizeof json, NULL));
  static const char *const told[] = {"[\"onA\",1]", "[\"onB\"]", "[\"onA\",2]", "[\"onTextData\",null]",
                                     "[\"onMetaData\",{\"width\":640}]"};
  for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
    expect_data(early, told[i]);
  }
  OK(oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &late));
  expect_data(late, told[2]);
  expect_data(late, told[4]);
  OK(oxrtmp_client_close(late));
  OK(oxrtmp_client_clear_data_frame(publisher, "onMetaData"));
  received(hub, "cam", 7);
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &late));
  expect_data(late, told[2]);
  STATUS(OXRTMP_E_STATE, oxrtmp_client_set_data_frame(late, "onA", one, one_size));
  OK(oxrtmp_client_close(late));
  OK(oxrtmp_client_close(early));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_hub_publish(hub, "live", "own", NULL, &publisher)); /* and without a connection */
  OK(oxrtmp_client_set_data_frame(publisher, "onA", one, one_size));
  received(hub, "own", 1);
  OK(oxrtmp_hub_data_frames_json(hub, "live", "own", json, sizeof json, NULL));
  TEXT("[[\"onA\",1]]", json);
  OK(oxrtmp_client_clear_data_frame(publisher, "onA"));
  received(hub, "own", 2);
  OK(oxrtmp_hub_data_frames_json(hub, "live", "own", json, sizeof json, NULL));
  TEXT("[]", json);
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

static void by_a_queue(void) {
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_queue queue = new_queue(0);
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.no_wait = 1;
  options.output_bytes = 1 << 16;
  oxrtmp_client publisher, player;
  OK(oxrtmp_hub_publish(hub, "live", "cam", &options, &publisher));
  uint32_t n = 0;
  OK(oxrtmp_client_send_video(publisher, 0, 1, (const uint8_t *)&n, sizeof n));
  received(hub, "cam", 1);
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &player));
  OK(oxrtmp_client_set_queue(player, queue, 7));
  oxrtmp_packet packet;
  STATUS(OXRTMP_E_BUSY, oxrtmp_client_next_packet(player, -1, &packet));
  for (n = 1; n < 300; n++) {
    OK(oxrtmp_client_send_video(publisher, n, 0, (const uint8_t *)&n, sizeof n));
    OK(oxrtmp_client_flush(publisher, 10000));
  }
  take_numbered(queue, player.id, 7, 0, 300);

  /* There is no room until what was sent is taken. */
  oxrtmp_queue writing = new_queue(0);
  OK(oxrtmp_client_set_queue(publisher, writing, 8));
  static uint8_t frame[60000];
  oxrtmp_status status = OXRTMP_OK;
  for (int i = 0; i < 10000 && status == OXRTMP_OK; i++) {
    status = oxrtmp_client_send_video(publisher, n, 1, frame, sizeof frame);
  }
  STATUS(OXRTMP_E_AGAIN, status);
  oxrtmp_event event = NEXT(writing, WRITABLE);
  CHECK(event.source == publisher.id && event.user_data == 8);
  OK(oxrtmp_hub_close(hub));
  event = NEXT(writing, CLIENT_END);
  CHECK(event.status == OXRTMP_E_EOF);
  do {
    size_t count;
    OK(oxrtmp_queue_wait(queue, 10000, &event, 1, &count));
    OK(oxrtmp_event_release(&event));
  } while (event.type == OXRTMP_EVENT_PACKET);
  CHECK(event.type == OXRTMP_EVENT_CLIENT_END && event.status == OXRTMP_E_EOF && event.source == player.id);
  OK(oxrtmp_client_close_start(player));
  event = NEXT(queue, CLIENT_CLOSED);
  OK(oxrtmp_client_close(player));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_queue_destroy(queue));
  OK(oxrtmp_queue_destroy(writing));
}

/* ---- policies ---- */

static void takeover(void) {
  oxrtmp_hub_options options;
  OK(oxrtmp_hub_options_init(&options));
  options.takeover = OXRTMP_TAKEOVER_REPLACE;
  oxrtmp_hub hub = new_hub(&options);
  oxrtmp_server server = hub_server(hub);
  oxrtmp_client first, second, player;
  OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &first));
  send_frames(first, 0, 1);
  received(hub, "cam", 1);
  OK(oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &player));
  CHECK(next_video(player) == 0);
  OK(oxrtmp_client_publish(url_of(server, "live/cam"), NULL, 10000, &second));
  oxrtmp_event event;
  OK(oxrtmp_client_next_event(first, 10000, &event));
  CHECK(event.type == OXRTMP_EVENT_CLIENT_END && event.status == OXRTMP_E_EOF && event.source == first.id);
  STATUS(OXRTMP_E_EOF, oxrtmp_client_send_audio(first, 0, NULL, 0));
  STATUS(OXRTMP_E_EOF, oxrtmp_client_flush(first, -1));
  OK(oxrtmp_client_send_video(second, 5, 1, (const uint8_t *)"again", 5));
  oxrtmp_packet packet = {0};
  do {
    OK(oxrtmp_packet_release(&packet));
    OK(oxrtmp_client_next_packet(player, 10000, &packet));
  } while (packet.type != 9);
  CHECK(packet.size == 5 && memcmp(packet.data, "again", 5) == 0);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_client_close(player));
  OK(oxrtmp_client_close(second));
  OK(oxrtmp_client_close(first));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

/* Without a cache, and for players that come first. */
static void late_and_early_players(void) {
  oxrtmp_hub_options options;
  OK(oxrtmp_hub_options_init(&options));
  options.cache_policy = OXRTMP_CACHE_OFF;
  options.wait_for_publisher = 1;
  options.wait_limit_ms = 50;
  options.grace_ms = -1;
  options.chunk_size = 128;
  oxrtmp_hub hub = new_hub(&options);
  oxrtmp_client early, late, publisher;
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &early));
  oxrtmp_packet packet;
  STATUS(OXRTMP_E_EOF, oxrtmp_client_next_packet(early, 10000, &packet)); /* nobody came */
  OK(oxrtmp_client_close(early));
  OK(oxrtmp_hub_close(hub));
  options.wait_limit_ms = 0;
  hub = new_hub(&options);
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &early));
  CHECK(stream_of(hub, "cam").published == 0 && stream_of(hub, "cam").players == 1);
  OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &publisher));
  send_frames(publisher, 0, 5);
  received(hub, "cam", 5);
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &late));
  send_frames(publisher, 5, 8);
  for (uint32_t n = 0; n < 13; n++) {
    CHECK(next_video(early) == n);
  }
  CHECK(next_video(late) == 10);
  CHECK(stream_of(hub, "cam").cached_bytes == 0);
  OK(oxrtmp_client_close(publisher)); /* there is no grace */
  CHECK(next_video(late) == 11 && next_video(late) == 12);
  STATUS(OXRTMP_E_EOF, oxrtmp_client_next_packet(late, 10000, &packet));
  STATUS(OXRTMP_E_EOF, oxrtmp_client_next_packet(early, 10000, &packet));
  OK(oxrtmp_client_close(late));
  OK(oxrtmp_client_close(early));
  OK(oxrtmp_hub_close(hub));
}

/* A player hears that it does not decode a stream, or gets what it decodes: nobody has said that he decodes zzzz. */
static void codecs_of_players(void) {
  static const uint8_t unheard_of[] = {0x90, 'z', 'z', 'z', 'z', 1};
  const oxrtmp_packet strange = {.type = 9, .raw = unheard_of, .raw_size = sizeof unheard_of};
  for (uint32_t policy = OXRTMP_CODECS_PASS; policy <= OXRTMP_CODECS_FILTER; policy++) {
    oxrtmp_hub_options options;
    OK(oxrtmp_hub_options_init(&options));
    options.codecs = policy;
    oxrtmp_hub hub = new_hub(&options);
    oxrtmp_server server;
    oxrtmp_server_options server_options;
    OK(oxrtmp_server_options_init(&server_options));
    server_options.hub = hub;
    OK(oxrtmp_server_bind("127.0.0.1:0", &server_options, &server));
    oxrtmp_client publisher, player;
    OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &publisher));
    OK(oxrtmp_client_send_packet(publisher, &strange));
    received(hub, "cam", 1);
    oxrtmp_status status = oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &player);
    if (policy == OXRTMP_CODECS_REFUSE) {
      CHECK(status == OXRTMP_E_REFUSED);
      was_told("the player does not decode the stream: it has zzzz");
    } else {
      OK(status);
      OK(oxrtmp_client_send_audio(publisher, 40, (const uint8_t *)"a", 1));
      uint32_t video = 0;
      for (oxrtmp_packet packet = {0}; packet.type != 8;) {
        OK(oxrtmp_client_next_packet(player, 10000, &packet));
        video += packet.type == 9;
        oxrtmp_packet_release(&packet);
      }
      CHECK(video == (policy == OXRTMP_CODECS_PASS ? 1u : 0u));
      OK(oxrtmp_client_close(player));
    }
    OK(oxrtmp_client_close(publisher));
    OK(oxrtmp_server_close(server));
    OK(oxrtmp_hub_close(hub));
  }
}

struct masker {
  oxrtmp_server server;
  oxrtmp_hub hub;
  const oxrtmp_mask *mask;
};

static void *accept_masked(void *p) {
  struct masker *m = p;
  oxrtmp_request request;
  OK(oxrtmp_server_accept(m->server, 10000, &request));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_accept_masked(m->hub, request, NULL));
  OK(oxrtmp_hub_accept_masked(m->hub, request, m->mask));
  return NULL;
}

/* What masks leave out, of the hub's options, of a request, and of a client in the hub. */
static void masks(void) {
  oxrtmp_mask silent, keys, opus;
  OK(oxrtmp_mask_init(&silent));
  OK(oxrtmp_mask_init(&keys));
  OK(oxrtmp_mask_init(&opus));
  silent.no_audio = silent.no_data = 1;
  keys.keyframes_only = 1;
  const uint32_t codecs[] = {OXRTMP_CODEC_OPUS};
  opus.codecs = codecs;
  opus.codec_count = 1;
  oxrtmp_hub_options options;
  OK(oxrtmp_hub_options_init(&options));
  options.mask = &silent;
  options.timestamps = OXRTMP_TIMESTAMPS_REBASE;
  oxrtmp_hub hub = new_hub(&options);
  oxrtmp_server_options server_options;
  OK(oxrtmp_server_options_init(&server_options));
  server_options.hub = hub;
  oxrtmp_server server = bind_server(&server_options);
  server_options.ask_play = 1;
  struct masker m = {bind_server(&server_options), hub, &keys};
  oxrtmp_client publisher, players[4];
  OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &publisher));
  OK(oxrtmp_client_send_video(publisher, 5000, 1, (const uint8_t *)"0", 1));
  received(hub, "cam", 1);
  OK(oxrtmp_client_play(url_of(server, "live/cam"), NULL, 10000, &players[0]));
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, accept_masked, &m) == 0);
  OK(oxrtmp_client_play(url_of(m.server, "live/cam"), NULL, 10000, &players[1]));
  pthread_join(thread, NULL);
  oxrtmp_client_options client_options;
  OK(oxrtmp_client_options_init(&client_options));
  client_options.mask = &opus;
  OK(oxrtmp_hub_play(hub, "live", "cam", &client_options, &players[2]));
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &players[3]));
  oxrtmp_packet opus_frame = {.type = 8, .kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_OPUS, .timestamp_ms = 5040,
                              .flags = OXRTMP_PACKET_ENHANCED, .data = (const uint8_t *)"o", .size = 1};
  OK(oxrtmp_client_send_audio(publisher, 5010, (const uint8_t *)"a", 1));
  OK(oxrtmp_client_send_video(publisher, 5020, 0, (const uint8_t *)"1", 1));
  OK(oxrtmp_client_send_video(publisher, 5030, 1, (const uint8_t *)"2", 1));
  OK(oxrtmp_client_send_packet(publisher, &opus_frame));
  OK(oxrtmp_client_send_video(publisher, 5050, 1, (const uint8_t *)"3", 1));
  /* Timestamps begin with 0. */
  static const char *const wanted[] = {"0:0 20:1 30:2 50:3", "0:0 10:a 30:2 40:o 50:3", "40:o", "0:0 10:a 20:1 30:2 40:o 50:3"};
  for (int i = 0; i < 4; i++) {
    char got[256] = "";
    const char *last = strrchr(wanted[i], ':');
    do {
      oxrtmp_packet packet;
      OK(oxrtmp_client_next_packet(players[i], 10000, &packet));
      if (packet.type != 18) {
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%u:%.1s", got[0] != 0 ? " " : "", packet.timestamp_ms,
                 (const char *)packet.data);
      }
      OK(oxrtmp_packet_release(&packet));
    } while (strrchr(got, ':') == NULL || strcmp(strrchr(got, ':'), last) != 0);
    TEXT(wanted[i], got);
    OK(oxrtmp_client_close(players[i]));
  }
  oxrtmp_stream_info info = stream_of(hub, "cam");
  CHECK(info.video_codec == OXRTMP_CODEC_AVC1 && info.audio_codec != 0 && info.published_ns > 0);
  client_options.mask = &(oxrtmp_mask){.struct_size = sizeof(oxrtmp_mask), .codec_count = 1};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_play(hub, "live", "cam", &client_options, &players[0]));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_server_close(m.server));
  OK(oxrtmp_hub_close(hub));
}

/* A client that does not take its packets is treated as a slow player. */
static void slow_players(void) {
  static uint8_t frame[20000];
  for (int disconnect = 0; disconnect < 2; disconnect++) {
    oxrtmp_hub_options options;
    OK(oxrtmp_hub_options_init(&options));
    options.slow_bytes = 100000;
    options.slow_policy = disconnect ? OXRTMP_SLOW_DISCONNECT : OXRTMP_SLOW_DROP;
    oxrtmp_hub hub = new_hub(&options);
    oxrtmp_client publisher, slow;
    OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &publisher));
    OK(oxrtmp_client_send_video(publisher, 0, 1, frame, 9));
    received(hub, "cam", 1);
    OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &slow));
    for (uint32_t n = 1; n < 100; n++) {
      OK(oxrtmp_client_send_video(publisher, n, n % 10 == 0, frame, sizeof frame));
      OK(oxrtmp_client_send_audio(publisher, n, (const uint8_t *)&n, sizeof n));
    }
    received(hub, "cam", 199);
    oxrtmp_packet packet;
    oxrtmp_status status;
    uint32_t audio = 0, video = 0;
    while ((status = oxrtmp_client_next_packet(slow, 0, &packet)) == OXRTMP_OK) {
      audio += packet.type == 8;
      video += packet.type == 9;
      OK(oxrtmp_packet_release(&packet));
    }
    CHECK(video < 12);
    if (disconnect) {
      STATUS(OXRTMP_E_LIMIT, status);
    } else {
      STATUS(OXRTMP_E_TIMEOUT, status);
      CHECK(audio == 99 && stream_of(hub, "cam").frames_dropped > 80);
    }
    OK(oxrtmp_client_close(slow));
    OK(oxrtmp_client_close(publisher));
    OK(oxrtmp_hub_close(hub));
  }
}

static void options_are_checked(void) {
  oxrtmp_hub hub = {7};
  oxrtmp_hub_options options;
#define REFUSED(field, value) \
  OK(oxrtmp_hub_options_init(&options)); \
  options.field = (value); \
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_create(&options, &hub)); \
  CHECK(hub.id == 0)
  REFUSED(cache_policy, 3);
  REFUSED(slow_policy, 3);
  REFUSED(takeover, 3);
  REFUSED(timestamps, 3);
  REFUSED(codecs, 3);
  REFUSED(chunk_size, 65537);
  REFUSED(coalesce_ms, 10001);
  REFUSED(struct_size, 0);

  /* A server's hub must be one. */
  oxrtmp_server server;
  oxrtmp_server_options server_options;
  OK(oxrtmp_server_options_init(&server_options));
  server_options.hub.id = 12345;
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_bind("127.0.0.1:0", &server_options, &server));
  hub = new_hub(NULL);
  OK(oxrtmp_hub_close(hub));
  OK(oxrtmp_hub_close(hub));
  server_options.hub = hub;
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_create(&server_options, &server));
  oxrtmp_client client;
  STATUS(OXRTMP_E_HANDLE, oxrtmp_hub_publish(hub, "live", "cam", NULL, &client));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_hub_play(hub, "live", "cam", NULL, &client));
}

/* ---- closing while something waits ---- */

static void close_wakes(void) {
  oxrtmp_hub_options options;
  OK(oxrtmp_hub_options_init(&options));
  options.slow_policy = OXRTMP_SLOW_BLOCK;
  oxrtmp_hub hub = new_hub(&options);
  oxrtmp_client publisher;
  oxrtmp_packet packet;
  oxrtmp_event event;
  struct closer c = {.server = {0}};
  OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &publisher));
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &c.client));
  CLOSED_WHILE(c, oxrtmp_client_next_packet(c.client, -1, &packet));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_client_next_packet(c.client, -1, &packet));
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &c.client));
  CLOSED_WHILE(c, oxrtmp_client_next_event(c.client, -1, &event));
  c.client = publisher;
  CLOSED_WHILE(c, oxrtmp_client_next_event(c.client, -1, &event));
  OK(oxrtmp_hub_close(hub));
}

/* ---- many at once ---- */

static _Atomic bool stop_joining;

static void *join_and_leave(void *p) {
  oxrtmp_hub hub = *(oxrtmp_hub *)p;
  for (int i = 0; !stop_joining; i++) {
    oxrtmp_client client;
    oxrtmp_packet packet;
    OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &client));
    if (i % 3 != 0 && oxrtmp_client_next_packet(client, 1000, &packet) == OXRTMP_OK) {
      OK(oxrtmp_packet_release(&packet));
    }
    OK(oxrtmp_client_close(client));
  }
  return NULL;
}

static void players_come_and_go(void) {
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_client publisher, steady;
  OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &publisher));
  send_frames(publisher, 0, 1);
  received(hub, "cam", 1);
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &steady));
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) {
    CHECK(pthread_create(&threads[i], NULL, join_and_leave, &hub) == 0);
  }
  uint32_t count = (uint32_t)scaled(2000);
  for (uint32_t n = 0; n < count; n++) {
    if (n > 0) {
      send_frames(publisher, n, 1);
    }
    CHECK(next_video(steady) == n);
  }
  stop_joining = true;
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
  }
  OK(oxrtmp_client_close(steady));
  CHECK(stream_of(hub, "cam").players == 0);
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_hub_close(hub));
}

/* JSON of a hub has no control characters, whatever its streams are called. */
static void names_in_json(void) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  oxrtmp_client publisher;
  OK(oxrtmp_hub_publish(hub, "a\x7f", "\xc2\x9b\x1b[1m\xc3\xa9", NULL, &publisher));
  char json[4096];
  OK(oxrtmp_hub_json(hub, json, sizeof json, NULL));
  CHECK(strstr(json, "\"app\":\"a\\u007f\",\"stream_name\":\"\\u009b\\u001b[1m\xc3\xa9\"") != NULL);
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_hub_close(hub));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(a_whole_server);
  RUN(requests_are_seen_first);
  RUN(requests_of_an_engine);
  RUN(without_a_connection);
  RUN(names_in_json);
  RUN(data_frames);
  RUN(by_a_queue);
  RUN(takeover);
  RUN(late_and_early_players);
  RUN(codecs_of_players);
  RUN(masks);
  RUN(slow_players);
  RUN(options_are_checked);
  RUN(close_wakes);
  RUN(players_come_and_go);
  SETTLED(&before);
  return 0;
}
