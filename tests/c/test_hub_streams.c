/* What a stream of a hub keeps for late players, and what it passes on. */
#include "check.h"

static const uint8_t avcc[] = {1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68};
static const uint8_t other_avcc[] = {1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x69};

struct live {
  oxrtmp_hub hub;
  oxrtmp_server server;
  oxrtmp_client publisher;
};

static void open_live(struct live *l, const oxrtmp_hub_options *options) {
  oxrtmp_server_options server;
  OK(oxrtmp_hub_create(options, &l->hub));
  OK(oxrtmp_server_options_init(&server));
  server.hub = l->hub;
  l->server = bind_server(&server);
  OK(oxrtmp_client_publish(url_of(l->server, "live/x"), NULL, 10000, &l->publisher));
}

static void close_live(struct live *l) {
  OK(oxrtmp_client_close(l->publisher));
  OK(oxrtmp_server_close(l->server));
  OK(oxrtmp_hub_close(l->hub));
}

static uint64_t messages_of(const struct live *l) {
  oxrtmp_stream_info info = {.struct_size = sizeof info};
  OK(oxrtmp_hub_stream_statistics(l->hub, "live", "x", &info));
  return info.packets;
}

/* late_player plays once so many messages have reached the hub. */
static oxrtmp_client late_player(const struct live *l, uint64_t messages) {
  for (int i = 0; i < 2000 && messages_of(l) < messages; i++) {
    sleep_ms(5);
  }
  CHECK(messages_of(l) == messages);
  oxrtmp_client player;
  OK(oxrtmp_client_play(url_of(l->server, "live/x"), NULL, 10000, &player));
  return player;
}

/* Frames hold their number. */
static void send_frame(const struct live *l, uint32_t n, bool keyframe) {
  OK(oxrtmp_client_send_video(l->publisher, n * 10, keyframe, (const uint8_t *)&n, sizeof n));
}

/* next_of takes the next packet of a message type, past what the server says by itself; it is yours. */
static oxrtmp_packet next_of(oxrtmp_client player, uint8_t type) {
  for (;;) {
    oxrtmp_packet packet;
    char handler[64] = "";
    OK(oxrtmp_client_next_packet(player, 10000, &packet));
    if (packet.type == 18) {
      OK(oxrtmp_packet_handler(&packet, handler, sizeof handler, NULL));
    }
    if (packet.type == type && strcmp(handler, "|RtmpSampleAccess") != 0) {
      return packet;
    }
    OK(oxrtmp_packet_release(&packet));
  }
}

/* next_frame returns the number of the next frame; the sequence headers before it are counted. */
static uint32_t next_frame(oxrtmp_client player, int *headers) {
  for (;;) {
    oxrtmp_packet packet = next_of(player, 9);
    bool frame = packet.kind == OXRTMP_PACKET_FRAME;
    uint32_t n = UINT32_MAX;
    if (frame) {
      CHECK(packet.size == sizeof n);
      memcpy(&n, packet.data, sizeof n);
    } else {
      CHECK(packet.kind == OXRTMP_PACKET_SEQUENCE_HEADER);
      *headers += 1;
    }
    OK(oxrtmp_packet_release(&packet));
    if (frame) {
      return n;
    }
  }
}

static void told(oxrtmp_client player, const char *code) {
  oxrtmp_event event;
  do {
    OK(oxrtmp_client_next_event(player, 10000, &event));
  } while (event.type != OXRTMP_EVENT_STATUS || strcmp(event.u.info.code, code) != 0);
}

/* A paused player gets nothing, and goes on with the headers and a keyframe. */
static void a_paused_player(void) {
  struct live l;
  int headers = 0;
  open_live(&l, NULL);
  OK(oxrtmp_client_send_video_sequence_header(l.publisher, avcc, sizeof avcc));
  send_frame(&l, 0, true);
  oxrtmp_client player = late_player(&l, 2);
  CHECK(next_frame(player, &headers) == 0 && headers == 1);
  OK(oxrtmp_client_pause(player, 1));
  told(player, "NetStream.Pause.Notify");
  for (uint32_t n = 1; n < 6; n++) {
    send_frame(&l, n, false);
  }
  OK(oxrtmp_client_flush(l.publisher, 10000));
  for (int i = 0; i < 2000 && messages_of(&l) < 7; i++) {
    sleep_ms(5);
  }
  OK(oxrtmp_client_pause(player, 0));
  told(player, "NetStream.Unpause.Notify");
  send_frame(&l, 6, false); /* it cannot begin with that one */
  send_frame(&l, 7, true);
  send_frame(&l, 8, false);
  headers = 0;
  CHECK(next_frame(player, &headers) == 7 && headers == 1);
  CHECK(next_frame(player, &headers) == 8 && headers == 1);
  OK(oxrtmp_client_close(player));
  close_live(&l);
}

/* Data comes byte for byte, at its time and in its order; also what cannot be read. */
static void data_passes(void) {
  static const struct {
    const char *bytes;
    size_t size;
  } bodies[] = {{"\2\0\12onTextData\5", 14}, {"\2\0\12onCuePoint\3\0\0\11", 17}, {"\2\0\5onOdd\17\0\0\0\0\21\6\7abc", 18}, {"\2\0\3onX\xff", 7}};
  struct live l;
  open_live(&l, NULL);
  send_frame(&l, 0, true);
  oxrtmp_client player = late_player(&l, 1);
  for (uint32_t i = 0; i < 4; i++) {
    OK(oxrtmp_client_send_data(l.publisher, 100 + i, (const uint8_t *)bodies[i].bytes, bodies[i].size));
    OK(oxrtmp_client_send_audio(l.publisher, 100 + i, (const uint8_t *)"a", 1));
  }
  for (uint32_t i = 0; i < 4; i++) {
    oxrtmp_packet packet = next_of(player, 18), sound;
    CHECK(packet.timestamp_ms == 100 + i && packet.raw_size == bodies[i].size);
    CHECK(memcmp(packet.raw, bodies[i].bytes, packet.raw_size) == 0);
    OK(oxrtmp_client_next_packet(player, 10000, &sound));
    CHECK(sound.type == 8 && sound.timestamp_ms == 100 + i);
    OK(oxrtmp_packet_release(&packet));
    OK(oxrtmp_packet_release(&sound));
  }
  OK(oxrtmp_client_close(player));
  close_live(&l);
}

/* Keyframes of Enhanced RTMP begin what late players get, and metadata comes before them. */
static void enhanced_keyframes(void) {
  struct live l;
  int headers = 0;
  open_live(&l, NULL);
  OK(oxrtmp_client_send_metadata_json(l.publisher, "{\"width\":1920}"));
  for (uint32_t n = 0; n < 15; n++) {
    oxrtmp_packet p = {.type = 9, .kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_HVC1, .timestamp_ms = n * 10};
    p.flags = OXRTMP_PACKET_ENHANCED | (n % 10 == 0 ? OXRTMP_PACKET_KEYFRAME : 0);
    p.frame_type = n % 10 == 0 ? 1 : 2;
    p.data = (const uint8_t *)&n;
    p.size = sizeof n;
    OK(oxrtmp_client_send_packet(l.publisher, &p));
  }
  oxrtmp_client player = late_player(&l, 16);
  oxrtmp_packet metadata = next_of(player, 18);
  char json[64];
  OK(oxrtmp_packet_json(&metadata, json, sizeof json, NULL));
  TEXT("[\"onMetaData\",{\"width\":1920}]", json);
  OK(oxrtmp_packet_release(&metadata));
  for (uint32_t n = 10; n < 15; n++) {
    CHECK(next_frame(player, &headers) == n);
  }
  OK(oxrtmp_client_close(player));
  close_live(&l);
}

/* A cache that overflows keeps no part of its frames: neither the keyframe alone nor frames without it. */
static void overflow(void) {
  for (uint32_t frames = 3; frames <= 8; frames += 5) {
    struct live l;
    oxrtmp_hub_options options;
    int headers = 0;
    OK(oxrtmp_hub_options_init(&options));
    options.cache_frames = frames;
    open_live(&l, &options);
    for (uint32_t n = 0; n < 6; n++) {
      send_frame(&l, n, n == 0);
    }
    oxrtmp_client player = late_player(&l, 6);
    send_frame(&l, 10, true);
    for (uint32_t n = 0; frames == 8 && n < 6; n++) {
      CHECK(next_frame(player, &headers) == n);
    }
    CHECK(next_frame(player, &headers) == 10);
    OK(oxrtmp_client_close(player));
    close_live(&l);
  }
}

/* Codec headers that are repeated, changed, or not there. */
static void codec_headers(void) {
  struct live l;
  int headers = 0;
  open_live(&l, NULL);
  for (uint32_t i = 0; i < 3; i++) {
    OK(oxrtmp_client_send_video_sequence_header(l.publisher, i < 2 ? avcc : other_avcc, sizeof avcc));
    send_frame(&l, i, true);
  }
  oxrtmp_client player = late_player(&l, 6);
  oxrtmp_packet header = next_of(player, 9);
  CHECK(header.kind == OXRTMP_PACKET_SEQUENCE_HEADER && header.size == sizeof other_avcc);
  CHECK(memcmp(header.data, other_avcc, sizeof other_avcc) == 0); /* the last one, once */
  OK(oxrtmp_packet_release(&header));
  CHECK(next_frame(player, &headers) == 2 && headers == 0);
  OK(oxrtmp_client_send_video_sequence_header(l.publisher, avcc, sizeof avcc));
  send_frame(&l, 3, true);
  CHECK(next_frame(player, &headers) == 3 && headers == 1);
  OK(oxrtmp_client_close(player));
  close_live(&l);
  open_live(&l, NULL); /* without any */
  send_frame(&l, 0, true);
  player = late_player(&l, 1);
  headers = 0;
  CHECK(next_frame(player, &headers) == 0 && headers == 0);
  OK(oxrtmp_client_close(player));
  close_live(&l);
}

/* Frames wait for nothing unless they shall: the best of a few rounds counts, as machines have other things to do. */
static void coalescing(void) {
  for (uint32_t window = 0; window <= 400; window += 400) {
    struct live l;
    oxrtmp_hub_options options;
    int headers = 0;
    int64_t best = INT64_MAX;
    OK(oxrtmp_hub_options_init(&options));
    options.coalesce_ms = window;
    open_live(&l, &options);
    send_frame(&l, 0, true);
    oxrtmp_client player = late_player(&l, 1);
    CHECK(next_frame(player, &headers) == 0);
    for (uint32_t n = 1; n <= 4; n++) { /* each one is there before the next one is sent */
      int64_t begun = now_ms();
      send_frame(&l, n, false);
      CHECK(next_frame(player, &headers) == n);
      best = now_ms() - begun < best ? now_ms() - begun : best;
    }
    CHECK(window == 0 ? slow() || best < 300 : best > 300);
    OK(oxrtmp_client_close(player));
    close_live(&l);
  }
}

/* Timestamps that go back: as they are, or never back, or from 0. */
static void timestamps(void) {
  static const uint32_t sent[] = {5000, 5040, 1000, 1040};
  for (uint32_t mode = OXRTMP_TIMESTAMPS_KEEP; mode <= OXRTMP_TIMESTAMPS_REBASE; mode++) {
    struct live l;
    oxrtmp_hub_options options;
    uint32_t got[4];
    OK(oxrtmp_hub_options_init(&options));
    options.timestamps = mode;
    open_live(&l, &options);
    oxrtmp_client player = {0};
    for (int i = 0; i < 4; i++) {
      OK(oxrtmp_client_send_video(l.publisher, sent[i], i == 0, (const uint8_t *)"v", 1));
      player = i == 0 ? late_player(&l, 1) : player;
    }
    for (int i = 0; i < 4; i++) {
      oxrtmp_packet packet = next_of(player, 9);
      got[i] = packet.timestamp_ms;
      OK(oxrtmp_packet_release(&packet));
    }
    if (mode == OXRTMP_TIMESTAMPS_KEEP) {
      CHECK(memcmp(got, sent, sizeof got) == 0);
    } else {
      CHECK(got[0] == (mode == OXRTMP_TIMESTAMPS_REBASE ? 0 : 5000) && got[1] == got[0] + 40);
      CHECK(got[2] >= got[1] && got[3] == got[2] + 40);
    }
    OK(oxrtmp_client_close(player));
    close_live(&l);
  }
}

/* More players than one of the hub's workers serves: everybody gets everything in order. */
static void many_players(void) {
  enum { PLAYERS = 100, FRAMES = 200 };
  struct live l;
  oxrtmp_client players[PLAYERS];
  int headers = 0, count = slow() ? 20 : PLAYERS;
  open_live(&l, NULL);
  send_frame(&l, 0, true);
  for (int i = 0; i < count; i++) {
    players[i] = late_player(&l, 1);
  }
  for (uint32_t n = 1; n < FRAMES; n++) {
    send_frame(&l, n, false);
  }
  for (int i = 0; i < count; i++) {
    for (uint32_t n = 0; n < FRAMES; n++) {
      CHECK(next_frame(players[i], &headers) == n);
    }
    OK(oxrtmp_client_close(players[i]));
  }
  close_live(&l);
}

/* Two of everything in one process know nothing of each other, and nothing listens that was not asked to. */
static void two_of_everything(void) {
  struct live a, b;
  oxrtmp_server idle;
  char address[64];
  OK(oxrtmp_server_create(NULL, &idle));
  OK(oxrtmp_server_addresses(idle, address, sizeof address, NULL));
  TEXT("", address);
  OK(oxrtmp_server_close(idle));
  open_live(&a, NULL);
  open_live(&b, NULL); /* under the same name */
  send_frame(&a, 0, true);
  oxrtmp_client player = late_player(&a, 1);
  CHECK(messages_of(&b) == 0);
  OK(oxrtmp_client_close(player));
  close_live(&a);
  close_live(&b);
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(a_paused_player);
  RUN(data_passes);
  RUN(enhanced_keyframes);
  RUN(overflow);
  RUN(codec_headers);
  RUN(coalescing);
  RUN(timestamps);
  RUN(many_players);
  RUN(two_of_everything);
  SETTLED(&before);
  return 0;
}
