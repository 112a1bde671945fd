/* The engine: the protocol without a socket. */
#include "engines.h"

#include <poll.h>

static struct engines e;
static oxrtmp_packet clip[CLIP_PACKETS];

static void read_clip(void) {
  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_open(sample(CLIP), &reader));
  for (int i = 0; i < CLIP_PACKETS; i++) {
    OK(oxrtmp_flv_reader_next_packet(reader, &clip[i]));
  }
  OK(oxrtmp_flv_reader_close(reader));
}

static void publish_through(uint32_t flags, size_t piece, int packets) {
  oxrtmp_library_info before = library_info();
  open_engines(&e, flags, piece);
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_send_packet(e.client, &clip[0])); /* not before CONNECTED */
  converse(&e);
  CHECK((first(e.server_events, e.server_count, OXRTMP_EVENT_HANDSHAKE) != NULL) == (flags == 0));
  CHECK(first(e.server_events, e.server_count, OXRTMP_EVENT_REQUEST) != NULL);
  CHECK(first(e.client_events, e.client_count, OXRTMP_EVENT_CONNECTED) != NULL);
  for (int i = 0; i < packets; i++) {
    OK(oxrtmp_engine_send_packet(e.client, &clip[i]));
    converse(&e);
  }
  int seen = 0;
  for (size_t i = 0; i < e.server_count; i++) {
    if (e.server_events[i].type == OXRTMP_EVENT_PACKET) {
      oxrtmp_packet *p = &e.server_events[i].u.packet;
      CHECK(p->timestamp_ms == clip[seen].timestamp_ms && p->kind == clip[seen].kind && p->codec == clip[seen].codec);
      CHECK(p->size == clip[seen].size && (p->size == 0 || memcmp(p->data, clip[seen].data, p->size) == 0));
      CHECK(e.server_events[i].stream_id > 0 && p->token != 0);
      seen++;
    }
  }
  CHECK(seen == packets);
  oxrtmp_engine_counters counters = {.struct_size = sizeof counters};
  OK(oxrtmp_engine_statistics(e.server, &counters));
  CHECK(counters.packets_received == (uint64_t)packets && counters.malformed == 0 && counters.phase == OXRTMP_PHASE_MEDIA);
  OK(oxrtmp_engine_statistics(e.client, &counters));
  CHECK(counters.packets_sent == (uint64_t)packets);

  OK(oxrtmp_engine_end(e.client));
  converse(&e);
  oxrtmp_event *end = first(e.server_events, e.server_count, OXRTMP_EVENT_STREAM_END);
  CHECK(end != NULL && end->status == OXRTMP_E_EOF && end->u.info.text[0] != 0);
  uint32_t closing;
  OK(oxrtmp_engine_closing(e.client, &closing));
  CHECK(closing == 1);
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_send_packet(e.client, &clip[0]));
  close_engines(&e);
  SETTLED(&before);
}

static void a_clip_passes(void) { publish_through(0, 0, CLIP_PACKETS); }
static void byte_by_byte(void) { publish_through(0, 1, 20); }
static void in_odd_pieces(void) { publish_through(0, 977, 200); }
static void handshake_done_elsewhere(void) { publish_through(OXRTMP_ENGINE_SHAKEN, 0, 50); }

/* ---- playing ---- */

/* open_player begins a conversation in which the client plays, and returns the stream. */
static uint32_t open_player(uint32_t flags, size_t piece) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_play = options.play_recorded = options.no_sample_access = 1;
  memset(&e, 0, sizeof e);
  e.piece = piece;
  OK(oxrtmp_engine_server_create(&options, flags, &e.server));
  OK(oxrtmp_engine_play_create("rtmp://host/live/name?key=1", NULL, flags, &e.client));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_pause(e.client, 1)); /* not before CONNECTED */
  converse(&e);
  oxrtmp_event *request = first(e.server_events, e.server_count, OXRTMP_EVENT_REQUEST);
  CHECK(request != NULL && request->stream_id > 0);
  return request->stream_id;
}

static void play_through(uint32_t flags, size_t piece, int packets) {
  oxrtmp_library_info before = library_info();
  uint32_t stream = open_player(flags, piece);
  oxrtmp_event *connected = first(e.client_events, e.client_count, OXRTMP_EVENT_CONNECTED);
  CHECK(connected != NULL);
  TEXT("NetStream.Play.Start", connected->u.info.code);
  bool recorded = false;
  for (size_t i = 0; i < e.client_count; i++) { /* as the options say: StreamIsRecorded, and nothing about samples */
    recorded = recorded || (e.client_events[i].type == OXRTMP_EVENT_CONTROL && e.client_events[i].value == 4);
    CHECK(e.client_events[i].type != OXRTMP_EVENT_PACKET);
  }
  CHECK(recorded);
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_send_packet(e.client, &clip[0]));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_send_packet(e.server, &clip[0]));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_send_packet_to(e.server, stream + 1, &clip[0]));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_send_packet_to(e.client, stream, &clip[0]));
  size_t begin = e.client_count;
  for (int i = 0; i < packets; i++) {
    OK(oxrtmp_engine_send_packet_to(e.server, stream, &clip[i]));
    converse(&e);
  }
  CHECK(e.client_count == begin + (size_t)packets);
  for (int i = 0; i < packets; i++) {
    const oxrtmp_event *event = &e.client_events[begin + (size_t)i];
    const oxrtmp_packet *p = &event->u.packet;
    CHECK(event->type == OXRTMP_EVENT_PACKET && event->stream_id > 0 && p->timestamp_ms == clip[i].timestamp_ms);
    CHECK(p->type == clip[i].type && p->kind == clip[i].kind && p->codec == clip[i].codec && p->size == clip[i].size);
    CHECK(p->size == 0 || memcmp(p->data, clip[i].data, p->size) == 0);
  }
  OK(oxrtmp_engine_complete(e.server, stream));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_complete(e.server, stream));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_send_packet_to(e.server, stream, &clip[0]));
  begin = e.client_count;
  converse(&e);
  bool complete = false;
  for (size_t i = begin; i < e.client_count; i++) {
    char json[256] = "";
    if (e.client_events[i].type == OXRTMP_EVENT_PACKET) {
      OK(oxrtmp_packet_json(&e.client_events[i].u.packet, json, sizeof json, NULL));
    }
    complete = complete || strstr(json, "NetStream.Play.Complete") != NULL;
  }
  CHECK(complete);
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_seek(e.client, 1));
  close_engines(&e);
  SETTLED(&before);
}

static void a_clip_is_played(void) { play_through(0, 0, 200); }
static void played_byte_by_byte(void) { play_through(0, 1, 20); }
static void played_after_a_handshake_elsewhere(void) { play_through(OXRTMP_ENGINE_SHAKEN, 977, 50); }

/* told returns the event of the server that a call of the client has led to. */
static oxrtmp_event told(oxrtmp_status status) {
  OK(status);
  size_t before = e.server_count;
  converse(&e);
  CHECK(e.server_count == before + 1);
  return e.server_events[before];
}

static void a_player_s_commands(void) {
  static const uint8_t audio[] = {0xAF, 1, 'a'};
  const oxrtmp_packet sound = {.type = 8, .timestamp_ms = 4711, .raw = audio, .raw_size = sizeof audio};
  uint32_t stream = open_player(0, 0);
  OK(oxrtmp_engine_send_packet_to(e.server, stream, &sound));
  converse(&e);
  oxrtmp_event event = told(oxrtmp_engine_pause(e.client, 1));
  CHECK(event.type == OXRTMP_EVENT_PAUSE && event.stream_id == stream && event.value == 4711);
  size_t before = e.client_count;
  OK(oxrtmp_engine_send_packet_to(e.server, stream, &sound)); /* is left out */
  converse(&e);
  CHECK(e.client_count == before);
  CHECK(told(oxrtmp_engine_pause(e.client, 0)).type == OXRTMP_EVENT_UNPAUSE);
  event = told(oxrtmp_engine_seek(e.client, 3000));
  CHECK(event.type == OXRTMP_EVENT_SEEK && event.value == 3000);
  for (uint32_t on = 0; on <= 1; on++) {
    event = told(oxrtmp_engine_receive_audio(e.client, on));
    CHECK(event.type == OXRTMP_EVENT_RECEIVE && event.value == 8 && event.on == on);
    before = e.client_count;
    OK(oxrtmp_engine_send_packet_to(e.server, stream, &sound));
    converse(&e);
    CHECK(e.client_count == before + on);
    event = told(oxrtmp_engine_receive_video(e.client, on));
    CHECK(event.type == OXRTMP_EVENT_RECEIVE && event.value == 9 && event.on == on);
  }
  event = told(oxrtmp_engine_set_buffer_length(e.client, 2500));
  CHECK(event.type == OXRTMP_EVENT_CONTROL && event.value == 3);
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_pause(e.server, 1));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_complete(e.client, stream));
  close_engines(&e);
}

/* A player that is told why its stream ends, and one whose publisher has gone. */
static void players_are_told_the_end(void) {
  uint32_t stream = open_player(0, 0);
  OK(oxrtmp_engine_close_stream(e.server, stream, "NetStream.Play.Failed", "enough"));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_close_stream(e.server, stream, NULL, NULL));
  converse(&e);
  oxrtmp_event *end = first(e.client_events, e.client_count, OXRTMP_EVENT_FAILED);
  CHECK(end != NULL && end->status == OXRTMP_E_REFUSED);
  TEXT("NetStream.Play.Failed", end->u.info.code);
  TEXT("enough", end->u.info.text);
  close_engines(&e);

  stream = open_player(0, 0);
  OK(oxrtmp_engine_close_stream(e.server, stream, NULL, NULL));
  converse(&e);
  end = first(e.client_events, e.client_count, OXRTMP_EVENT_STREAM_END);
  CHECK(end != NULL && end->status == OXRTMP_E_EOF);
  close_engines(&e);
}

static void requests_of_an_engine(void) {
  open_engines(&e, 0, 0);
  uint8_t buffer[8192];
  size_t size, consumed;
  oxrtmp_event event = {0};
  while (event.type != OXRTMP_EVENT_REQUEST) {
    OK(oxrtmp_engine_output(e.client, buffer, sizeof buffer, &size));
    for (size_t at = 0; at < size && event.type != OXRTMP_EVENT_REQUEST; at += consumed) {
      OK(oxrtmp_engine_receive(e.server, 0, buffer + at, size - at, &consumed));
      while (event.type != OXRTMP_EVENT_REQUEST && oxrtmp_engine_next_event(e.server, &event) == OXRTMP_OK) {
      }
    }
    OK(oxrtmp_engine_output(e.server, buffer, sizeof buffer, &size));
    OK(oxrtmp_engine_receive(e.client, 0, buffer, size, &consumed));
    while (oxrtmp_engine_next_event(e.client, &(oxrtmp_event){0}) == OXRTMP_OK) {
    }
  }
  char text[512];
  uint32_t kind;
  OK(oxrtmp_request_kind(event.request, &kind));
  CHECK(kind == OXRTMP_REQUEST_PUBLISH);
  OK(oxrtmp_request_stream_name(event.request, text, sizeof text, NULL));
  TEXT("name", text);
  OK(oxrtmp_request_raw_stream_name(event.request, text, sizeof text, NULL));
  TEXT("name?key=1", text);
  OK(oxrtmp_request_tc_url(event.request, text, sizeof text, NULL));
  TEXT("rtmp://host/live", text);
  OK(oxrtmp_request_peer_address(event.request, text, sizeof text, NULL));
  TEXT("", text);
  OK(oxrtmp_request_connect_json(event.request, text, sizeof text, NULL));
  CHECK(strstr(text, "\"app\":\"live\"") != NULL);

  OK(oxrtmp_request_user(event.request, text, sizeof text, NULL));
  TEXT("", text);
  uint64_t connection = 7;
  OK(oxrtmp_request_connection(event.request, &connection));
  CHECK(connection == 0);
  uint32_t granted = 7;
  STATUS(OXRTMP_E_STATE, oxrtmp_request_login(event.request, OXRTMP_LOGIN_ADOBE, "x", &granted)); /* it still waits */
  CHECK(granted == 0);

  /* Nothing is received while the decision is open. */
  OK(oxrtmp_engine_receive(e.server, 0, buffer, 10, &consumed));
  CHECK(consumed == 0);
  OK(oxrtmp_request_reject(event.request, NULL, "unauthorized"));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_request_reject(event.request, NULL, NULL));
  converse(&e);
  oxrtmp_event *failed = first(e.client_events, e.client_count, OXRTMP_EVENT_FAILED);
  CHECK(failed != NULL && failed->status == OXRTMP_E_NAME && failed->phase == OXRTMP_PHASE_PUBLISH);
  TEXT("NetStream.Publish.BadName", failed->u.info.code);
  TEXT("unauthorized", failed->u.info.text);
  uint32_t closing;
  OK(oxrtmp_engine_closing(e.server, &closing));
  CHECK(closing == 1);
  STATUS(OXRTMP_E_CLOSED, oxrtmp_engine_receive(e.server, 0, buffer, 1, &consumed));
  close_engines(&e);
}

static void requests_outlive_their_engine(void) {
  open_engines(&e, 0, 0);
  oxrtmp_event event = {0};
  uint8_t buffer[8192];
  size_t size, consumed;
  for (int i = 0; i < 20 && event.type != OXRTMP_EVENT_REQUEST; i++) {
    OK(oxrtmp_engine_output(e.client, buffer, sizeof buffer, &size));
    for (size_t at = 0; at < size; at += consumed) {
      OK(oxrtmp_engine_receive(e.server, 0, buffer + at, size - at, &consumed));
      while (event.type != OXRTMP_EVENT_REQUEST && oxrtmp_engine_next_event(e.server, &event) == OXRTMP_OK) {
      }
      if (consumed == 0) {
        break;
      }
    }
    OK(oxrtmp_engine_output(e.server, buffer, sizeof buffer, &size));
    OK(oxrtmp_engine_receive(e.client, 0, buffer, size, &consumed));
    while (oxrtmp_engine_next_event(e.client, &(oxrtmp_event){0}) == OXRTMP_OK) {
    }
  }
  CHECK(event.type == OXRTMP_EVENT_REQUEST);
  close_engines(&e);
  char text[64];
  oxrtmp_session session;
  OK(oxrtmp_request_app(event.request, text, sizeof text, NULL));
  TEXT("live", text);
  STATUS(OXRTMP_E_STATE, oxrtmp_request_accept(event.request, NULL, &session));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_engine_receive(e.server, 0, buffer, 1, &consumed));
  OK(oxrtmp_engine_close(e.server));
}

static void time_is_told(void) {
  oxrtmp_engine engine;
  oxrtmp_timeouts timeouts;
  oxrtmp_server_options options;
  OK(oxrtmp_timeouts_init(&timeouts));
  OK(oxrtmp_server_options_init(&options));
  timeouts.handshake_ms = 3000;
  options.timeouts = &timeouts;
  OK(oxrtmp_engine_server_create(&options, 0, &engine));
  int64_t deadline;
  OK(oxrtmp_engine_deadline(engine, &deadline));
  CHECK(deadline == 3000);
  OK(oxrtmp_engine_advance(engine, 2999));
  STATUS(OXRTMP_E_SILENT, oxrtmp_engine_advance(engine, 3000));
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  OK(oxrtmp_last_error_detail(&detail));
  TEXT("handshake", detail.phase);
  OK(oxrtmp_engine_deadline(engine, &deadline));
  CHECK(deadline == -1);
  uint32_t closing;
  OK(oxrtmp_engine_closing(engine, &closing));
  CHECK(closing == 1);
  STATUS(OXRTMP_E_SILENT, oxrtmp_engine_advance(engine, 3001)); /* dead is dead */
  OK(oxrtmp_engine_close(engine));
  timeouts.handshake_ms = timeouts.setup_ms = -1;
  OK(oxrtmp_engine_server_create(&options, 0, &engine));
  OK(oxrtmp_engine_advance(engine, INT64_C(1) << 40));
  OK(oxrtmp_engine_close(engine));
  for (int64_t ms = INT64_MAX / 1000000; ms > 0; ms = ms < INT64_MAX / 2 ? ms * 2 : ms == INT64_MAX ? 0 : INT64_MAX) {
    OK(oxrtmp_engine_server_create(NULL, 0, &engine));
    OK(oxrtmp_engine_advance(engine, -ms));
    STATUS(OXRTMP_E_SILENT, oxrtmp_engine_advance(engine, ms)); /* not a time of another kind */
    OK(oxrtmp_engine_close(engine));
  }
}

static void nonsense_is_refused(void) {
  oxrtmp_engine engine;
  size_t consumed;
  OK(oxrtmp_engine_server_create(NULL, 0, &engine));
  STATUS(OXRTMP_E_HANDSHAKE, oxrtmp_engine_receive(engine, 0, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, &consumed));
  STATUS(OXRTMP_E_HANDSHAKE, oxrtmp_engine_receive(engine, 0, (const uint8_t *)"\3", 1, &consumed));
  uint32_t closing;
  OK(oxrtmp_engine_closing(engine, &closing));
  CHECK(closing == 1);
  OK(oxrtmp_engine_close(engine));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_engine_server_create(NULL, 2, &engine));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_engine_publish_create("nonsense", NULL, 0, &engine));
  CHECK(engine.id == 0);

  /* Random bytes after the handshake, whatever they are: an error or none, and nothing left behind. */
  oxrtmp_library_info before = library_info();
  unsigned seed = 7;
  for (int i = 0; i < scaled(300); i++) {
    OK(oxrtmp_engine_server_create(NULL, OXRTMP_ENGINE_SHAKEN, &engine));
    uint8_t bytes[4000];
    for (size_t j = 0; j < sizeof bytes; j++) {
      bytes[j] = (uint8_t)(rand_r(&seed) >> (i % 3) * 3);
    }
    for (size_t at = 0; at < sizeof bytes; at += consumed) {
      oxrtmp_event event;
      if (oxrtmp_engine_receive(engine, i, bytes + at, sizeof bytes - at, &consumed) != OXRTMP_OK) {
        break;
      }
      while (oxrtmp_engine_next_event(engine, &event) == OXRTMP_OK) {
        OK(oxrtmp_event_release(&event));
        if (event.type == OXRTMP_EVENT_REQUEST) {
          OK(oxrtmp_request_reject(event.request, NULL, NULL));
        }
      }
    }
    OK(oxrtmp_engine_close(engine));
  }
  SETTLED(&before);
}

static void *publish(void *argument) {
  struct publisher *p = argument;
  int fd = (int)p->client.id;
  p->status = oxrtmp_client_publish_fd(fd, "rtmp://x/live/test", NULL, 10000, &p->client);
  for (int i = 0; p->status == OXRTMP_OK && i < 100; i++) {
    static const uint8_t frame[2000];
    p->status = oxrtmp_client_send_video(p->client, (uint32_t)i, i == 0, frame, sizeof frame);
  }
  oxrtmp_client_close(p->client);
  return NULL;
}

/* An engine in the caller's own event loop serves a client that knows nothing of it. */
static void in_a_loop_of_poll(void) {
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  struct publisher p = {.status = OXRTMP_E_INTERNAL};
  oxrtmp_engine engine;
  OK(oxrtmp_engine_server_create(NULL, 0, &engine));
  pthread_t thread;
  p.client.id = (uint64_t)pair[1];
  CHECK(pthread_create(&thread, NULL, publish, &p) == 0);
  int64_t begun = now_ms();
  int frames = 0;
  bool ended = false;
  while (!ended) {
    int64_t deadline;
    OK(oxrtmp_engine_deadline(engine, &deadline));
    struct pollfd fd = {pair[0], POLLIN, 0};
    CHECK(poll(&fd, 1, deadline < 0 ? 10000 : (int)(deadline - (now_ms() - begun))) == 1);
    uint8_t bytes[3000];
    ssize_t n = read(pair[0], bytes, sizeof bytes);
    if (n <= 0) {
      break;
    }
    size_t consumed, size;
    for (size_t at = 0; at < (size_t)n; at += consumed) {
      OK(oxrtmp_engine_receive(engine, now_ms() - begun, bytes + at, (size_t)n - at, &consumed));
      oxrtmp_event event;
      while (oxrtmp_engine_next_event(engine, &event) == OXRTMP_OK) {
        frames += event.type == OXRTMP_EVENT_PACKET;
        ended = ended || event.type == OXRTMP_EVENT_STREAM_END;
        if (event.type == OXRTMP_EVENT_REQUEST) {
          OK(oxrtmp_request_accept(event.request, NULL, &(oxrtmp_session){0}));
        }
        OK(oxrtmp_event_release(&event));
      }
    }
    OK(oxrtmp_engine_output(engine, bytes, sizeof bytes, &size));
    CHECK(write(pair[0], bytes, size) == (ssize_t)size);
  }
  CHECK(ended && frames == 100);
  close(pair[0]);
  pthread_join(thread, NULL);
  OK(p.status);
  OK(oxrtmp_engine_close(engine));
}

int main(void) {
  read_clip();
  RUN(a_clip_passes);
  RUN(byte_by_byte);
  RUN(in_odd_pieces);
  RUN(handshake_done_elsewhere);
  RUN(a_clip_is_played);
  RUN(played_byte_by_byte);
  RUN(played_after_a_handshake_elsewhere);
  RUN(a_player_s_commands);
  RUN(players_are_told_the_end);
  RUN(requests_of_an_engine);
  RUN(requests_outlive_their_engine);
  RUN(time_is_told);
  RUN(nonsense_is_refused);
  RUN(in_a_loop_of_poll);
  OK(oxrtmp_packets_release(clip, CLIP_PACKETS));
  return 0;
}
