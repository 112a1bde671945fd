/* What goes on in a conversation besides media: pings, aborts, media of unknown codecs, what URLs say. */
#include "engines.h"

/* ---- an engine that is asked, and everything that it says is read ---- */

struct overheard {
  oxrtmp_engine asked, other;
  oxrtmp_chunk_decoder decoder;
  oxrtmp_control last; /* the control message that it said last */
};

static void take_and_accept(oxrtmp_engine engine) {
  oxrtmp_event event;
  oxrtmp_session none;
  while (oxrtmp_engine_next_event(engine, &event) == OXRTMP_OK) {
    if (event.type == OXRTMP_EVENT_REQUEST) {
      OK(oxrtmp_request_accept(event.request, NULL, &none));
    }
    OK(oxrtmp_event_release(&event));
  }
}

static void give(oxrtmp_engine engine, const void *bytes, size_t size) {
  for (size_t at = 0, consumed; at < size; at += consumed) {
    OK(oxrtmp_engine_receive(engine, 0, (const uint8_t *)bytes + at, size - at, &consumed));
    take_and_accept(engine);
  }
}

/* hear carries what the asked one says to the other, and reads it; false when it says nothing. */
static bool hear(struct overheard *o) {
  uint8_t bytes[5000], body[5000];
  size_t size, consumed, length;
  OK(oxrtmp_engine_output(o->asked, bytes, sizeof bytes, &size));
  for (size_t at = 0; at < size; at += consumed) {
    oxrtmp_message m;
    OK(oxrtmp_chunk_decoder_feed(o->decoder, bytes + at, size - at, &consumed));
    if (oxrtmp_chunk_decoder_next(o->decoder, &m, body, sizeof body, &length) == OXRTMP_OK && m.type <= 6) {
      OK(oxrtmp_control_parse(m.type, body, length, &o->last));
      if (m.type == 1) {
        OK(oxrtmp_chunk_decoder_set_chunk_size(o->decoder, o->last.value));
      }
    }
  }
  give(o->other, bytes, size);
  return size > 0;
}

static void open_overheard(struct overheard *o, bool server_is_asked) {
  oxrtmp_engine server, client;
  OK(oxrtmp_engine_server_create(NULL, OXRTMP_ENGINE_SHAKEN, &server));
  OK(oxrtmp_engine_publish_create("rtmp://host/live/name", NULL, OXRTMP_ENGINE_SHAKEN, &client));
  OK(oxrtmp_chunk_decoder_create(NULL, &o->decoder));
  o->asked = server_is_asked ? server : client;
  o->other = server_is_asked ? client : server;
  uint8_t bytes[5000];
  size_t size;
  do {
    OK(oxrtmp_engine_output(o->other, bytes, sizeof bytes, &size));
    give(o->asked, bytes, size);
  } while (hear(o) || size > 0);
}

static void close_overheard(struct overheard *o) {
  OK(oxrtmp_engine_close(o->asked));
  OK(oxrtmp_engine_close(o->other));
  OK(oxrtmp_chunk_decoder_close(o->decoder));
}

/* A ping is answered with the time that it has, also behind a message that is aborted. */
static void pings_and_aborts(void) {
  static const char ping[] = "\2\0\0\0\0\0\6\4\0\0\0\0\0\6\0\0\22\147"; /* PingRequest, 4711 */
  static const char begun[] = "\5\0\0\0\0\27\160\10\1\0\0\0";            /* 6000 bytes on chunk stream 5 */
  static const char abort_message[] = "\2\0\0\0\0\0\4\2\0\0\0\0\0\0\0\5";
  static const char same_stream[] = "\5\0\0\0\0\0\6\4\0\0\0\0\0\6\0\0\0\7"; /* PingRequest, 7 */
  static const uint8_t part[4096];
  for (int side = 0; side < 2; side++) {
    struct overheard o = {0};
    open_overheard(&o, side == 0);
    give(o.asked, ping, sizeof ping - 1);
    CHECK(hear(&o) && o.last.type == 4 && o.last.event == 7 && o.last.timestamp_ms == 4711);
    give(o.asked, begun, sizeof begun - 1);
    give(o.asked, part, sizeof part);
    give(o.asked, abort_message, sizeof abort_message - 1);
    give(o.asked, same_stream, sizeof same_stream - 1);
    CHECK(hear(&o) && o.last.event == 7 && o.last.timestamp_ms == 7);
    close_overheard(&o);
  }
}

/* ---- media ---- */

static struct engines e;

/* passes gives a message to the server as the publisher's: it is one packet, as it is. */
static bool passes(uint8_t type, const uint8_t *payload, uint8_t size) {
  uint8_t chunk[12 + 32] = {6, 0, 0, 40, 0, 0, size, type, 1};
  size_t consumed;
  oxrtmp_event event;
  memcpy(chunk + 12, payload, size);
  OK(oxrtmp_engine_receive(e.server, 0, chunk, 12 + (size_t)size, &consumed));
  OK(oxrtmp_engine_next_event(e.server, &event));
  const oxrtmp_packet *p = &event.u.packet;
  CHECK(event.type == OXRTMP_EVENT_PACKET && p->type == type && p->timestamp_ms == 40 && p->raw_size == size);
  CHECK(size == 0 || memcmp(p->raw, payload, size) == 0);
  bool malformed = (p->flags & OXRTMP_PACKET_MALFORMED) != 0;
  CHECK(!malformed || (p->codec == 0 && p->size == size));
  OK(oxrtmp_event_release(&event));
  STATUS(OXRTMP_E_AGAIN, oxrtmp_engine_next_event(e.server, &event));
  return malformed;
}

/* Codec numbers and FourCCs that mean nothing: every message is a packet, and none an end. */
static void unknown_codecs(void) {
  uint64_t count = 0, malformed = 0;
  open_engines(&e, OXRTMP_ENGINE_SHAKEN, 0);
  converse(&e);
  for (uint8_t n = 0; n < 16; n++) {
    const uint8_t video[] = {(uint8_t)(0x10 | n), 0, 0, 0, 0, 9}, odd[] = {(uint8_t)(0xF0 | n), 0};
    const uint8_t audio[] = {(uint8_t)(n << 4 | 0xF), 0, 1, 2};
    const uint8_t strange[] = {(uint8_t)(0x90 | n), 'z', 'z', 'z', 'z', 1, 2, 3, 4, 5, 6, 7, 8};
    malformed += passes(9, video, sizeof video) + passes(9, odd, sizeof odd) + passes(8, audio, sizeof audio);
    malformed += passes(9, strange, sizeof strange) + passes(8, strange, sizeof strange);
    count += 5;
  }
  static const uint8_t cut[] = {0x17, 1}, extended[] = {0x97, 2};
  malformed += passes(9, cut, 0) + passes(9, cut, 1) + passes(9, cut, 2) + passes(9, extended, 2) + passes(8, cut, 0);
  count += 5;
  oxrtmp_engine_counters c = {.struct_size = sizeof c};
  OK(oxrtmp_engine_statistics(e.server, &c));
  CHECK(c.packets_received == count && c.malformed == malformed && malformed > 4 && malformed < count);
  close_engines(&e);
}

/* hears gives the server a message of at most 64 bytes, 10 ms after the one before, and takes the packets that result. */
static int hears(uint8_t type, const void *payload, size_t size) {
  uint8_t chunk[12 + 64] = {6, 0, 0, 5, 0, 0, (uint8_t)size, type, 1};
  size_t consumed;
  int packets = 0;
  oxrtmp_event event;
  memcpy(chunk + 12, payload, size);
  OK(oxrtmp_engine_receive(e.server, e.now += 10, chunk, 12 + size, &consumed));
  CHECK(consumed == 12 + size);
  while (oxrtmp_engine_next_event(e.server, &event) == OXRTMP_OK) {
    packets += event.type == OXRTMP_EVENT_PACKET;
    OK(oxrtmp_event_release(&event));
  }
  return packets;
}

static uint64_t odd_things(void) {
  oxrtmp_engine_counters c = {.struct_size = sizeof c};
  OK(oxrtmp_engine_statistics(e.server, &c));
  return c.unknown + c.faulty + c.ignored + c.malformed;
}

/* odd gives the server something that it does not understand: a counter rises, and media after it arrive. */
static void odd(uint8_t type, const void *payload, size_t size) {
  uint64_t before = odd_things();
  hears(type, payload, size);
  CHECK(odd_things() > before);
  CHECK(hears(8, "\xaf\1x", 3) == 1);
}

/* C1: every message type, user control event and AMF marker that means nothing costs no connection. */
static void what_is_not_understood(void) {
  static const char known[] = {1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22};
  open_engines(&e, OXRTMP_ENGINE_SHAKEN, 0);
  converse(&e);
  for (int type = 0; type < 256; type++) {
    if (memchr(known, type, sizeof known) == NULL) {
      odd((uint8_t)type, "what is this", 12);
      odd((uint8_t)type, "", 0);
    }
  }
  for (uint32_t event = 34; event < 65536; event += event < 300 ? 1 : 997) {
    odd(4, (const uint8_t[]){(uint8_t)(event >> 8), (uint8_t)event, 0, 0, 0, 1}, 6);
  }
  for (int marker = 0; marker < 256; marker++) {
    uint8_t command[] = "\2\0\5other\0\0\0\0\0\0\0\0\0\5?\1\2\3";
    command[sizeof command - 5] = (uint8_t)marker;
    odd(20, command, sizeof command - 1);
    odd(20, (const uint8_t[]){(uint8_t)marker, 0x70}, 2);
  }
  odd(9, "\x97\2\1\xf4", 4); /* ModEx that is cut */
  CHECK(hears(9, "\x97\0\xee\x71hvc1\0\0\0x", 12) == 1); /* ModEx of an unknown type: passed over */
  close_engines(&e);
}

/* Data messages of any shape arrive; what says its name has it. */
static void data_of_any_shape(void) {
  static const struct {
    const char *bytes;
    uint8_t size, type;
  } cases[] = {
      {"\2\0\15@setDataFrame\2\0\12onMetaData\3\0\0\11", 33, 18}, {"\2\0\12onMetaData\3\0\0\11", 17, 18},
      {"\2\0\12onMetaData", 13, 18}, {"\0\2\0\12onMetaData\5", 15, 15}, {"\2\0\5onXYZ\xff", 9, 18}, {"\5", 1, 18}, {"", 0, 18},
  };
  open_engines(&e, OXRTMP_ENGINE_SHAKEN, 0);
  converse(&e);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t chunk[12 + 40] = {6, 0, 0, 40, 0, 0, cases[i].size, cases[i].type, 1};
    size_t consumed;
    oxrtmp_event event;
    char handler[64] = "?";
    memcpy(chunk + 12, cases[i].bytes, cases[i].size);
    OK(oxrtmp_engine_receive(e.server, 0, chunk, 12 + (size_t)cases[i].size, &consumed));
    OK(oxrtmp_engine_next_event(e.server, &event));
    CHECK(event.type == OXRTMP_EVENT_PACKET && event.u.packet.raw_size == cases[i].size);
    if (i < 4) {
      OK(oxrtmp_packet_handler(&event.u.packet, handler, sizeof handler, NULL));
      TEXT("onMetaData", handler);
      CHECK(event.u.packet.kind == OXRTMP_PACKET_METADATA);
    } else {
      CHECK(event.u.packet.kind == OXRTMP_PACKET_DATA);
    }
    OK(oxrtmp_event_release(&event));
  }
  close_engines(&e);
}

/* A conversation in messages of types 15 and 17 that are AMF3 throughout, alone or behind AMF0's switch. */
static void messages_in_amf3(void) {
  static const struct {
    uint32_t stream, type;
    const char *json;
  } said[] = {{0, 17, "[\"connect\",1,{\"app\":\"live\"}]"}, {0, 17, "[\"createStream\",2,null]"},
              {1, 17, "[\"publish\",3,null,\"name\",\"live\"]"}, {1, 15, "[\"onTextData\",{\"text\":\"x\"}]"},
              {0, 17, "[\"somethingElse\",4,null]"}};
  for (size_t behind = 0; behind < 2; behind++) {
    oxrtmp_engine server;
    int packets = 0, commands = 0;
    OK(oxrtmp_engine_server_create(NULL, OXRTMP_ENGINE_SHAKEN, &server));
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
      uint8_t chunk[140] = {3, 0, 0, 0, 0, 0, 0, (uint8_t)said[i].type, (uint8_t)said[i].stream, 0, 0, 0, 0x11};
      size_t size, consumed = 0;
      OK(oxrtmp_amf_from_json(said[i].json, OXRTMP_AMF_3, chunk + 12 + behind, 100, &size));
      chunk[6] = (uint8_t)(size + behind);
      for (size_t at = 0; at < 12 + behind + size; at += consumed) {
        oxrtmp_event event;
        oxrtmp_session none;
        char json[64];
        OK(oxrtmp_engine_receive(server, 0, chunk + at, 12 + behind + size - at, &consumed));
        while (oxrtmp_engine_next_event(server, &event) == OXRTMP_OK) {
          if (event.type == OXRTMP_EVENT_REQUEST) {
            OK(oxrtmp_request_accept(event.request, NULL, &none));
          } else if (event.type == OXRTMP_EVENT_PACKET) {
            OK(oxrtmp_packet_json(&event.u.packet, json, sizeof json, NULL));
            TEXT(said[3].json, json);
            packets++;
          } else if (event.type == OXRTMP_EVENT_COMMAND) {
            TEXT("somethingElse", event.u.info.code);
            commands++;
          }
          OK(oxrtmp_event_release(&event));
        }
      }
    }
    CHECK(packets == 1 && commands == 1);
    OK(oxrtmp_engine_close(server));
  }
}

/* ---- names ---- */

/* asked_for returns the request that a client with this URL makes. */
static void asked_for(const char *url, const char *tc_url, const char *app, const char *name, const char *query, bool play) {
  oxrtmp_server_options options;
  oxrtmp_engine server, client;
  oxrtmp_event event = {0};
  uint8_t bytes[5000];
  size_t size, consumed;
  char text[256];
  OK(oxrtmp_server_options_init(&options));
  options.ask_play = 1;
  OK(oxrtmp_engine_server_create(&options, OXRTMP_ENGINE_SHAKEN, &server));
  OK((play ? oxrtmp_engine_play_create : oxrtmp_engine_publish_create)(url, NULL, OXRTMP_ENGINE_SHAKEN, &client));
  for (int turn = 0; turn < 10 && event.type != OXRTMP_EVENT_REQUEST; turn++) {
    OK(oxrtmp_engine_output(client, bytes, sizeof bytes, &size));
    OK(oxrtmp_engine_receive(server, 0, bytes, size, &consumed));
    while (event.type != OXRTMP_EVENT_REQUEST && oxrtmp_engine_next_event(server, &event) == OXRTMP_OK) {
    }
    OK(oxrtmp_engine_output(server, bytes, sizeof bytes, &size));
    give(client, bytes, size);
  }
  CHECK(event.type == OXRTMP_EVENT_REQUEST);
  OK(oxrtmp_request_tc_url(event.request, text, sizeof text, NULL));
  TEXT(tc_url, text);
  OK(oxrtmp_request_app(event.request, text, sizeof text, NULL));
  TEXT(app, text);
  OK(oxrtmp_request_stream_name(event.request, text, sizeof text, NULL));
  TEXT(name, text);
  OK(oxrtmp_request_query(event.request, text, sizeof text, NULL));
  TEXT(query, text);
  OK(oxrtmp_request_reject(event.request, NULL, NULL));
  OK(oxrtmp_engine_close(server));
  OK(oxrtmp_engine_close(client));
}

/* URLs of the big platforms, and others: what a server is told. */
static void urls(void) {
  for (int play = 0; play < 2; play++) {
    asked_for("rtmp://a.rtmp.youtube.com/live2/abcd-efgh", "rtmp://a.rtmp.youtube.com/live2", "live2", "abcd-efgh", "", play);
    asked_for("rtmp://live.twitch.tv/app/live_1_x?bandwidthtest=true", "rtmp://live.twitch.tv/app", "app", "live_1_x",
              "bandwidthtest=true", play);
    asked_for("rtmps://live-api-s.facebook.com:443/rtmp/FB-1-0-x?s_bl=1&a=A/b", "rtmps://live-api-s.facebook.com/rtmp",
              "rtmp", "FB-1-0-x", "s_bl=1&a=A/b", play);
    asked_for("rtmp://host:1936/a/b/c/key", "rtmp://host:1936/a/b/c", "a/b/c", "key", "", play);
    asked_for("rtmp://[fe80::1%eth0]/live/key", "rtmp://[fe80::1%eth0]/live", "live", "key", "", play);
    asked_for("rtmp://user:secret@host/live/key?a=b@c:d", "rtmp://host/live", "live", "key", "a=b@c:d", play);
  }
}

/* Both address families, and keys with queries, over a socket. */
static void address_families(void) {
  static const char *const hosts[] = {"127.0.0.1", "[::1]"};
  for (int i = 0; i < 2; i++) {
    char address[64], url[128], text[64];
    oxrtmp_server server;
    oxrtmp_client client;
    oxrtmp_request request;
    snprintf(address, sizeof address, "%s:0", hosts[i]);
    OK(oxrtmp_server_bind(address, NULL, &server));
    snprintf(url, sizeof url, "rtmp://%s:%u/live/key?sig=a/b&exp=1", hosts[i], port_of(server));
    oxrtmp_queue queue;
    OK(oxrtmp_queue_create(NULL, &queue));
    OK(oxrtmp_client_publish_open(url, NULL, queue, 0, &client));
    OK(oxrtmp_server_accept(server, 10000, &request));
    OK(oxrtmp_request_stream_name(request, text, sizeof text, NULL));
    TEXT("key", text);
    OK(oxrtmp_request_query(request, text, sizeof text, NULL));
    TEXT("sig=a/b&exp=1", text);
    OK(oxrtmp_request_reject(request, NULL, NULL));
    OK(oxrtmp_client_close(client));
    OK(oxrtmp_queue_destroy(queue));
    OK(oxrtmp_server_close(server));
  }
}

/* A107: what metadata says of other tracks, through a client, a server's session and a hub's player. */
static void tracks_of_metadata(void) {
  static const oxrtmp_track_info sent[] = {
      {.type = 8, .track = 2, .codec = OXRTMP_CODEC_OPUS, .data_rate = 64, .channels = 1, .sample_rate = 48000},
      {.type = 9, .track = 1, .codec = OXRTMP_CODEC_AV01, .data_rate = 800, .width = 640, .height = 360},
      {.type = 9, .track = 255, .codec = OXRTMP_CODEC_AVC1},
  };
  static const int order[] = {1, 2, 0}; /* video before audio */
  oxrtmp_metadata metadata;
  oxrtmp_track_info tracks[4];
  size_t count = 7;
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  oxrtmp_packet packet;
  char json[512];
  connect_publisher(server, &client, &session);
  STATUS(OXRTMP_E_AGAIN, oxrtmp_session_metadata_tracks(session, tracks, 4, &count));
  CHECK(count == 0);
  OK(oxrtmp_metadata_init(&metadata));
  metadata.width = 1920;
  metadata.tracks = sent;
  metadata.track_count = 3;
  OK(oxrtmp_client_send_metadata(client, &metadata));
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  OK(oxrtmp_packet_release(&packet));
  STATUS(OXRTMP_E_BUFFER, oxrtmp_session_metadata_tracks(session, tracks, 2, &count));
  CHECK(count == 3);
  OK(oxrtmp_session_metadata_tracks(session, tracks, 4, &count));
  CHECK(count == 3);
  for (size_t i = 0; i < 3; i++) {
    CHECK(memcmp(&tracks[i], &sent[order[i]], sizeof tracks[i]) == 0);
  }
  OK(oxrtmp_session_metadata_json(session, json, sizeof json, NULL));
  CHECK(strstr(json, "\"videoTrackIdInfoMap\":{\"1\":{\"width\":640,\"height\":360,\"videodatarate\":800,\"videocodecid\":1635135537},"
                     "\"255\":{\"videocodecid\":7}}") != NULL);
  CHECK(strstr(json, "\"audioTrackIdInfoMap\":{\"2\":{") != NULL);
  OK(oxrtmp_session_metadata(session, &metadata));
  CHECK(metadata.width == 1920 && metadata.tracks == NULL && metadata.track_count == 0);
  CHECK(metadata.video_codec == 0 && metadata.audio_codec == 0); /* which it does not say */

  oxrtmp_track_info wrong = {.type = 18};
  metadata.tracks = &wrong;
  metadata.track_count = 1;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_metadata(client, &metadata));
  wrong = (oxrtmp_track_info){.type = 8, .track = 256};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_metadata(client, &metadata));
  metadata.tracks = NULL;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_send_metadata(client, &metadata));
  STATUS(OXRTMP_E_AGAIN, oxrtmp_client_metadata_tracks(client, tracks, 4, &count)); /* it publishes */
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));

  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &client));
  metadata.tracks = sent;
  metadata.track_count = 3;
  OK(oxrtmp_client_send_metadata(client, &metadata));
  OK(oxrtmp_client_flush(client, 10000));
  oxrtmp_client player;
  OK(oxrtmp_hub_play(hub, "live", "cam", NULL, &player));
  OK(oxrtmp_client_next_packet(player, 10000, &packet));
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_client_metadata_tracks(player, tracks, 4, &count));
  CHECK(count == 3 && memcmp(&tracks[2], &sent[0], sizeof tracks[2]) == 0);
  OK(oxrtmp_client_close(player));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_hub_close(hub));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(pings_and_aborts);
  RUN(unknown_codecs);
  RUN(what_is_not_understood);
  RUN(data_of_any_shape);
  RUN(messages_in_amf3);
  RUN(tracks_of_metadata);
  RUN(urls);
  RUN(address_families);
  SETTLED(&before);
  return 0;
}
