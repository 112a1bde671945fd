/* Enhanced RTMP: capabilities said and heard, modes, requests to reconnect that are followed, several tracks in a message,
 * ModEx entries, channel layouts. */
#include "check.h"

#include <stdatomic.h>

static oxrtmp_capabilities nothing(void) {
  oxrtmp_capabilities c;
  OK(oxrtmp_capabilities_init(&c));
  return c;
}

/* mask_of is what a list says of a codec. */
static uint32_t mask_of(const oxrtmp_codec_mask *list, uint32_t count, uint32_t codec) {
  for (uint32_t i = 0; i < count; i++) {
    if (list[i].codec == codec) {
      return list[i].mask;
    }
  }
  return 0;
}

static oxrtmp_server server_with(uint32_t enhanced, const oxrtmp_capabilities *capabilities) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.enhanced = enhanced;
  options.capabilities = capabilities;
  return bind_server(&options);
}

struct publishing {
  char url[512];
  oxrtmp_client_options options;
  oxrtmp_client client;
  oxrtmp_status status;
  pthread_t thread;
};

static void *publish(void *argument) {
  struct publishing *p = argument;
  p->status = oxrtmp_client_publish(p->url, &p->options, 10000, &p->client);
  return NULL;
}

static void begin(struct publishing *p, oxrtmp_server server) {
  snprintf(p->url, sizeof p->url, "%s", url_of(server, "test"));
  pthread_create(&p->thread, NULL, publish, p);
}

static void capabilities_are_told(void) {
  oxrtmp_capabilities ours = nothing(), theirs = nothing(), heard = nothing();
  ours.caps_ex = OXRTMP_CAPS_MULTITRACK | OXRTMP_CAPS_MODEX;
  ours.video_count = 2;
  ours.video[0] = (oxrtmp_codec_mask){OXRTMP_CODEC_HVC1, OXRTMP_CAN_DECODE | OXRTMP_CAN_FORWARD};
  ours.video[1] = (oxrtmp_codec_mask){OXRTMP_CODEC_ANY, OXRTMP_CAN_FORWARD};
  ours.audio_count = 1;
  ours.audio[0] = (oxrtmp_codec_mask){OXRTMP_CODEC_OPUS, OXRTMP_CAN_DECODE};
  theirs.caps_ex = OXRTMP_CAPS_MULTITRACK | OXRTMP_CAPS_RECONNECT;
  theirs.fourcc_count = 1;
  theirs.fourccs[0] = OXRTMP_CODEC_AV01;
  theirs.video_count = 1;
  theirs.video[0] = (oxrtmp_codec_mask){OXRTMP_CODEC_AV01, OXRTMP_CAN_ENCODE};
  oxrtmp_server server = server_with(OXRTMP_ENHANCED_AUTO, &ours);
  struct publishing p = {0};
  OK(oxrtmp_client_options_init(&p.options));
  p.options.capabilities = &theirs;
  begin(&p, server);
  oxrtmp_request request;
  oxrtmp_session session;
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_capabilities(request, &heard));
  CHECK(heard.caps_ex == theirs.caps_ex && heard.fourcc_count == 1 && heard.fourccs[0] == OXRTMP_CODEC_AV01);
  CHECK(heard.video_count == 1 && heard.video[0].codec == OXRTMP_CODEC_AV01 && heard.video[0].mask == OXRTMP_CAN_ENCODE);
  CHECK(heard.audio_count == 0);
  OK(oxrtmp_request_accept(request, NULL, &session));
  OK(oxrtmp_session_capabilities(session, &heard));
  CHECK(heard.video_count == 1);
  pthread_join(p.thread, NULL);
  OK(p.status);
  OK(oxrtmp_client_capabilities(p.client, &heard));
  CHECK(heard.caps_ex == ours.caps_ex && heard.video_count == 2 && heard.audio_count == 1);
  CHECK(mask_of(heard.video, 2, OXRTMP_CODEC_HVC1) == (OXRTMP_CAN_DECODE | OXRTMP_CAN_FORWARD));
  CHECK(mask_of(heard.video, 2, OXRTMP_CODEC_ANY) == OXRTMP_CAN_FORWARD);
  oxrtmp_capabilities both = nothing();
  OK(oxrtmp_capabilities_intersect(&theirs, &heard, &both));
  CHECK(both.caps_ex == OXRTMP_CAPS_MULTITRACK && both.video_count == 1 && both.audio_count == 0);
  CHECK(both.video[0].codec == OXRTMP_CODEC_AV01 && both.video[0].mask == OXRTMP_CAN_FORWARD);
  OK(oxrtmp_client_close(p.client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));

  OK(oxrtmp_capabilities_all(OXRTMP_CAN_ENCODE, &both));
  CHECK(both.video_count == 6 && both.audio_count == 6 && both.caps_ex == 15);
  CHECK(mask_of(both.audio, 6, OXRTMP_CODEC_AC3) == OXRTMP_CAN_ENCODE);
  both.video_count = 33;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_capabilities_intersect(&theirs, &both, &heard));
}

static void modes(void) {
  struct {
    uint32_t server, client;
    oxrtmp_status status;
    bool heard;
  } cases[] = {
      {OXRTMP_ENHANCED_AUTO, OXRTMP_ENHANCED_AUTO, OXRTMP_OK, true},
      {OXRTMP_ENHANCED_OFF, OXRTMP_ENHANCED_AUTO, OXRTMP_OK, false},
      {OXRTMP_ENHANCED_AUTO, OXRTMP_ENHANCED_OFF, OXRTMP_OK, false},
      {OXRTMP_ENHANCED_REQUIRED, OXRTMP_ENHANCED_AUTO, OXRTMP_OK, true},
      {OXRTMP_ENHANCED_REQUIRED, OXRTMP_ENHANCED_OFF, OXRTMP_E_REFUSED, false},
      {OXRTMP_ENHANCED_OFF, OXRTMP_ENHANCED_REQUIRED, OXRTMP_E_REFUSED, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    oxrtmp_server server = server_with(cases[i].server, NULL);
    struct publishing p = {0};
    oxrtmp_request request;
    oxrtmp_session session;
    oxrtmp_capabilities heard = nothing();
    OK(oxrtmp_client_options_init(&p.options));
    p.options.enhanced = cases[i].client;
    begin(&p, server);
    if (cases[i].status == OXRTMP_OK) {
      OK(oxrtmp_server_accept(server, 10000, &request));
      OK(oxrtmp_request_accept(request, NULL, &session));
      OK(oxrtmp_session_capabilities(session, &heard));
      CHECK((heard.video_count > 0) == cases[i].heard);
    }
    pthread_join(p.thread, NULL);
    if (p.status != cases[i].status) {
      fprintf(stderr, "case %zu: %s\n", i, oxrtmp_status_name(p.status));
      exit(1);
    }
    if (p.status == OXRTMP_OK) {
      OK(oxrtmp_client_capabilities(p.client, &heard));
      CHECK((heard.video_count > 0) == cases[i].heard);
      OK(oxrtmp_client_close(p.client));
      OK(oxrtmp_session_close(session));
    }
    OK(oxrtmp_server_close(server));
  }
  struct publishing p = {0};
  OK(oxrtmp_client_options_init(&p.options));
  p.options.enhanced = 3;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_publish("rtmp://127.0.0.1/live/test", &p.options, 0, &p.client));
}

struct accepting {
  oxrtmp_server server;
  oxrtmp_session session;
  atomic_uint accepted;
};

static void *accept_there(void *argument) {
  struct accepting *a = argument;
  oxrtmp_request request;
  OK(oxrtmp_server_accept(a->server, 20000, &request));
  OK(oxrtmp_request_accept(request, NULL, &a->session));
  atomic_store(&a->accepted, 1);
  return NULL;
}

/* A server that is about to end sends its publisher to another one, where the stream goes on with a keyframe. */
static void reconnects_are_followed(void) {
  oxrtmp_server first = bind_server(NULL), second = bind_server(NULL);
  struct publishing p = {0};
  oxrtmp_request request;
  oxrtmp_session session, there;
  oxrtmp_packet packet;
  oxrtmp_event event;
  char url[512];
  uint32_t asked, sent = 0;
  OK(oxrtmp_client_options_init(&p.options));
  p.options.follow_reconnects = 1;
  begin(&p, first);
  OK(oxrtmp_server_accept(first, 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, &session));
  pthread_join(p.thread, NULL);
  OK(p.status);
  OK(oxrtmp_client_send_video_sequence_header(p.client, (const uint8_t *)"\1\x4d\x40\x0a\xff\xe0\0", 7));
  OK(oxrtmp_client_send_video(p.client, sent++, 1, (const uint8_t *)"\0\0\0\1\x65", 5));
  snprintf(url, sizeof url, "%s", url_of(second, "test"));
  *strrchr(url, '/') = 0; /* without the stream's name */
  OK(oxrtmp_server_request_reconnect(first, url, "draining", &asked));
  CHECK(asked == 1);
  OK(oxrtmp_client_next_event(p.client, 10000, &event));
  CHECK(event.type == OXRTMP_EVENT_RECONNECT);
  TEXT(url, event.u.info.text);
  TEXT("NetConnection.Connect.ReconnectRequest", event.u.info.code);
  struct accepting a = {.server = second};
  pthread_t accepts;
  pthread_create(&accepts, NULL, accept_there, &a);
  for (uint32_t rest = 10; rest > 0 && sent < 2000; sent++) { /* a keyframe waits until the stream is published there */
    OK(oxrtmp_client_send_video(p.client, sent * 40, sent % 5 == 0, (const uint8_t *)"\0\0\0\1\x65", 5));
    rest -= atomic_load(&a.accepted);
    sleep_ms(2);
  }
  pthread_join(accepts, NULL);
  there = a.session;
  OK(oxrtmp_session_next_packet(there, 10000, &packet));
  CHECK(packet.kind == OXRTMP_PACKET_SEQUENCE_HEADER);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_session_next_packet(there, 10000, &packet));
  CHECK(packet.kind == OXRTMP_PACKET_FRAME && (packet.flags & OXRTMP_PACKET_KEYFRAME) != 0);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_client_close(p.client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_session_close(there));
  OK(oxrtmp_server_close(first));
  OK(oxrtmp_server_close(second));
}

/* A peer that did not say that it knows requests to reconnect is not asked. */
static void reconnects_are_not_asked_of_others(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  uint32_t asked;
  connect_publisher(server, &client, &session);
  STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_session_request_reconnect(session, NULL, NULL));
  OK(oxrtmp_server_request_reconnect(server, NULL, NULL, &asked));
  CHECK(asked == 0);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

static oxrtmp_packet track(uint8_t number, uint32_t codec, const char *data) {
  return (oxrtmp_packet){.type = 9, .kind = OXRTMP_PACKET_FRAME, .flags = OXRTMP_PACKET_KEYFRAME, .codec = codec,
                         .track = number, .timestamp_ms = 40, .data = (const uint8_t *)data, .size = strlen(data)};
}

/* Tracks sent as one message arrive as packets of their own. */
static void several_tracks(void) {
  oxrtmp_packet tracks[] = {track(0, OXRTMP_CODEC_HVC1, "zero"), track(1, OXRTMP_CODEC_HVC1, "one"),
                            track(7, OXRTMP_CODEC_AV01, "seven")};
  uint8_t payload[256];
  size_t length, count;
  uint32_t form;
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  STATUS(OXRTMP_E_MEDIA, oxrtmp_multitrack_build(OXRTMP_TRACK_MANY, tracks, 3, payload, sizeof payload, &length));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_multitrack_build(OXRTMP_TRACK_ONE, tracks, 2, payload, sizeof payload, &length));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_multitrack_build(3, tracks, 1, payload, sizeof payload, &length));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_multitrack_build(OXRTMP_TRACK_MANY, tracks, 0, payload, sizeof payload, &length));
  for (uint32_t wanted = OXRTMP_TRACK_ONE; wanted <= OXRTMP_TRACK_MANY_MANY_CODECS; wanted++) {
    size_t n = wanted == OXRTMP_TRACK_ONE ? 1 : wanted == OXRTMP_TRACK_MANY ? 2 : 3;
    STATUS(OXRTMP_E_BUFFER, oxrtmp_multitrack_build(wanted, tracks, n, NULL, 0, &length));
    OK(oxrtmp_multitrack_build(wanted, tracks, n, payload, sizeof payload, &length));
    OK(oxrtmp_multitrack_form(9, payload, length, &form));
    CHECK(form == wanted);
    oxrtmp_packet message = {.type = 9, .timestamp_ms = 40, .raw = payload, .raw_size = length}, got[3];
    OK(oxrtmp_client_send_packet(client, &message));
    for (size_t i = 0; i < n; i++) {
      OK(oxrtmp_session_next_packet(session, 10000, &got[i]));
      CHECK(got[i].track == tracks[i].track && got[i].codec == tracks[i].codec && got[i].timestamp_ms == 40);
      CHECK(got[i].size == tracks[i].size && memcmp(got[i].data, tracks[i].data, got[i].size) == 0);
      CHECK((got[i].flags & OXRTMP_PACKET_MULTITRACK) != 0 && got[i].raw_size == length);
      oxrtmp_packet single = oxrtmp_packet_single(&got[i]), parsed;
      OK(oxrtmp_packet_build(&single, payload + 128, 128, &count));
      OK(oxrtmp_packet_parse(9, 40, payload + 128, count, &parsed, 1, &count));
      CHECK(parsed.track == 0 && parsed.codec == got[i].codec && parsed.size == got[i].size);
      CHECK((parsed.flags & (OXRTMP_PACKET_MULTITRACK | OXRTMP_PACKET_MALFORMED)) == 0);
    }
    OK(oxrtmp_packets_release(got, n));
  }
  STATUS(OXRTMP_E_MEDIA, oxrtmp_multitrack_form(9, (const uint8_t *)"\x17\1", 2, &form));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

static void modex_entries(void) {
  static uint8_t large[65536];
  uint8_t payload[64], *with = malloc(70000);
  size_t length, count;
  oxrtmp_packet frame = track(0, OXRTMP_CODEC_AV01, "frame"), parsed;
  frame.flags |= OXRTMP_PACKET_ENHANCED;
  OK(oxrtmp_packet_build(&frame, payload, sizeof payload, &length));
  oxrtmp_modex entries[] = {{.type = 5, .data = large, .size = sizeof large},
                            {.type = 0, .data = (const uint8_t *)"\0\x01\0", .size = 3}}, read[2];
  OK(oxrtmp_modex_build(9, payload, length, entries, 2, with, 70000, &count));
  OK(oxrtmp_modex_parse(9, with, count, read, 2, &length));
  CHECK(length == 2 && read[0].type == 5 && read[0].size == sizeof large && read[1].type == 0 && read[1].size == 3);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_modex_parse(9, with, count, read, 1, &length));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_modex_parse(9, with, 100, read, 2, &length));
  OK(oxrtmp_packet_parse(9, 40, with, count, &parsed, 1, &length));
  CHECK(parsed.nano_offset_ns == 256 && parsed.size == 5 && parsed.pts_ns == 40000256);
  STATUS(OXRTMP_E_MEDIA, oxrtmp_modex_build(9, (const uint8_t *)"\x17\1", 2, entries, 1, with, 70000, &count));
  entries[0].type = 16;
  STATUS(OXRTMP_E_MEDIA, oxrtmp_modex_build(9, payload, 10, entries, 1, with, 70000, &count));
  free(with);
}

static void channel_layouts(void) {
  oxrtmp_channels channels;
  uint8_t data[300];
  size_t length;
  OK(oxrtmp_channels_init(&channels));
  OK(oxrtmp_channels_parse((const uint8_t *)"\1\6\0\0\0\x3f", 6, &channels)); /* 5.1 */
  CHECK(channels.order == OXRTMP_CHANNELS_NATIVE && channels.count == 6 && channels.mask == 0x3F);
  for (int i = 0; i < 6; i++) {
    CHECK(channels.channels[i] == i);
  }
  OK(oxrtmp_channels_build(&channels, data, sizeof data, &length));
  CHECK(length == 6 && memcmp(data, "\1\6\0\0\0\x3f", 6) == 0);
  OK(oxrtmp_channels_parse((const uint8_t *)"\2\2\1\xfe", 4, &channels));
  CHECK(channels.order == OXRTMP_CHANNELS_CUSTOM && channels.channels[0] == 1 && channels.channels[1] == 254);
  OK(oxrtmp_channels_build(&channels, data, sizeof data, &length));
  CHECK(length == 4 && memcmp(data, "\2\2\1\xfe", 4) == 0);
  OK(oxrtmp_channels_parse((const uint8_t *)"\0\2", 2, &channels));
  CHECK(channels.order == OXRTMP_CHANNELS_UNSPECIFIED && channels.count == 2);
  STATUS(OXRTMP_E_MEDIA, oxrtmp_channels_parse((const uint8_t *)"\2\2\1", 3, &channels));
}

int main(void) {
  RUN(capabilities_are_told);
  RUN(modes);
  RUN(reconnects_are_followed);
  RUN(reconnects_are_not_asked_of_others);
  RUN(several_tracks);
  RUN(modex_entries);
  RUN(channel_layouts);
  return 0;
}
