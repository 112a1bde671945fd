/* Engines whose streams a hub has: their requests, packets and output, and what the queue tells. */
#include "queue.h"

static oxrtmp_hub hub;
static oxrtmp_queue queue;

/* side is an accepting engine, its peer, and the bytes between them. */
struct side {
  oxrtmp_engine engine, peer;
  uint8_t rest[1 << 20]; /* what the engine did not take */
  size_t waiting;
  uint32_t requests, packets, ends; /* of the engine */
  uint32_t frames, refused, ended;  /* of the peer */
  uint32_t stream_id, last_ms;
  int64_t now;
  bool masked;
};

static void take_events(struct side *s) {
  oxrtmp_event event;
  while (oxrtmp_engine_next_event(s->engine, &event) == OXRTMP_OK) {
    CHECK(event.source == s->engine.id);
    if (event.type == OXRTMP_EVENT_REQUEST) {
      static const oxrtmp_mask mask = {.struct_size = sizeof mask, .no_video = 1};
      s->requests++;
      s->stream_id = event.stream_id;
      OK(s->masked ? oxrtmp_hub_accept_masked(hub, event.request, &mask) : oxrtmp_hub_accept(hub, event.request));
    }
    s->packets += event.type == OXRTMP_EVENT_PACKET;
    s->ends += event.type == OXRTMP_EVENT_STREAM_END;
    OK(oxrtmp_event_release(&event));
  }
  while (oxrtmp_engine_next_event(s->peer, &event) == OXRTMP_OK) {
    if (event.type == OXRTMP_EVENT_PACKET && event.u.packet.type != 18) {
      s->frames++;
      s->last_ms = event.u.packet.timestamp_ms;
    }
    s->refused += event.type == OXRTMP_EVENT_FAILED;
    s->ended += event.type == OXRTMP_EVENT_STREAM_END;
    OK(oxrtmp_event_release(&event));
  }
}

/* carry moves bytes until neither side has any that the other takes. */
static void carry(struct side *s) {
  static uint8_t buffer[30000];
  size_t size = 0, consumed = 1;
  do {
    OK(oxrtmp_engine_output(s->peer, s->rest + s->waiting, sizeof s->rest - s->waiting, &size));
    s->waiting += size;
    consumed = 0;
    uint32_t closing;
    OK(oxrtmp_engine_closing(s->engine, &closing));
    if (s->waiting > 0 && !closing) {
      OK(oxrtmp_engine_receive(s->engine, s->now, s->rest, s->waiting, &consumed));
      s->waiting -= consumed;
      memmove(s->rest, s->rest + consumed, s->waiting);
    }
    take_events(s);
    OK(oxrtmp_engine_output(s->engine, buffer, sizeof buffer, &size));
    for (size_t at = 0, taken; at < size; at += taken) {
      oxrtmp_status status = oxrtmp_engine_receive(s->peer, s->now, buffer + at, size - at, &taken);
      if (status == OXRTMP_E_CLOSED) {
        break;
      }
      OK(status);
      take_events(s);
    }
  } while (size > 0 || consumed > 0);
}

static struct side *open_side(bool play, const oxrtmp_server_options *options, bool masked) {
  struct side *s = calloc(1, sizeof *s);
  CHECK(s != NULL);
  s->masked = masked;
  OK(oxrtmp_engine_server_create(options, 0, &s->engine));
  OK((play ? oxrtmp_engine_play_create : oxrtmp_engine_publish_create)("rtmp://host/live/cam", NULL, 0, &s->peer));
  OK(oxrtmp_engine_set_queue(s->engine, queue, play ? 2 : 1));
  carry(s);
  return s;
}

static void close_side(struct side *s) {
  OK(oxrtmp_engine_close(s->engine));
  OK(oxrtmp_engine_close(s->peer));
  free(s);
}

static void send_frame(struct side *s, uint32_t timestamp_ms, uint32_t size) {
  static uint8_t data[100000] = {0, 0, 0, 1, 0x65};
  const oxrtmp_packet packet = {.type = 9, .kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_AVC1,
                                .flags = OXRTMP_PACKET_KEYFRAME, .frame_type = 1, .timestamp_ms = timestamp_ms,
                                .data = data, .size = size};
  OK(oxrtmp_engine_send_packet(s->peer, &packet));
  carry(s);
}

/* until waits for events of the queue, carries what they are about, and stops when the count is reached. */
static void until(struct side *sides[2], const uint32_t *count, uint32_t wanted) {
  for (int64_t end = now_ms() + 20000; *count < wanted; CHECK(now_ms() < end)) {
    oxrtmp_event events[8];
    size_t n;
    oxrtmp_status status = oxrtmp_queue_wait(queue, 1000, events, 8, &n);
    CHECK(status == OXRTMP_OK || status == OXRTMP_E_TIMEOUT);
    for (size_t i = 0; i < n; i++) {
      struct side *s = sides[events[i].user_data - 1];
      CHECK(events[i].type == OXRTMP_EVENT_OUTPUT_READY || events[i].type == OXRTMP_EVENT_WRITABLE);
      CHECK(events[i].source == s->engine.id && events[i].time_ns > 0);
      carry(s);
    }
  }
}

static void begin(const oxrtmp_hub_options *options) {
  OK(oxrtmp_hub_create(options, &hub));
  queue = new_queue(OXRTMP_LOG_NONE);
}

static void finish(struct side *publisher, struct side *player) {
  OK(oxrtmp_hub_close(hub));
  until((struct side *[]){publisher, player}, &player->ended, 1);
  until((struct side *[]){publisher, player}, &publisher->ends, 1);
  close_side(publisher);
  close_side(player);
  OK(oxrtmp_queue_destroy(queue));
}

/* The hub of the options answers: there is no request, and no packet is an event. */
static void by_the_options(void) {
  oxrtmp_library_info before = library_info();
  begin(NULL);
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  struct side *missing = open_side(true, &options, false);
  CHECK(missing->refused == 1);
  close_side(missing);
  struct side *publisher = open_side(false, &options, false), *player = open_side(true, &options, false);
  CHECK(publisher->requests == 0 && player->requests == 0);
  for (uint32_t i = 0; i < 50; i++) {
    send_frame(publisher, i * 40, 1000);
  }
  until((struct side *[]){publisher, player}, &player->frames, 50);
  CHECK(player->last_ms == 49 * 40 && publisher->packets == 0);
  struct side *second = open_side(false, &options, false);
  CHECK(second->refused == 1);
  close_side(second);
  finish(publisher, player);
  SETTLED(&before);
}

/* The application sees the requests, and says what the player gets. */
static void by_requests(void) {
  begin(NULL);
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_play = 1;
  struct side *publisher = open_side(false, &options, false), *player = open_side(true, &options, true);
  CHECK(publisher->requests == 1 && player->requests == 1);
  send_frame(publisher, 0, 10);
  static const uint8_t audio[] = {0xAF, 1, 'a'};
  OK(oxrtmp_engine_send_packet(publisher->peer, &(oxrtmp_packet){.type = 8, .timestamp_ms = 7, .raw = audio, .raw_size = 3}));
  carry(publisher);
  until((struct side *[]){publisher, player}, &player->frames, 1);
  CHECK(player->last_ms == 7);

  /* The queue speaks once, until the output was taken. */
  OK(oxrtmp_engine_send_packet(publisher->peer, &(oxrtmp_packet){.type = 8, .timestamp_ms = 9, .raw = audio, .raw_size = 3}));
  carry(publisher);
  CHECK(readable(queue, 5000));
  CHECK(next_(queue, OXRTMP_EVENT_OUTPUT_READY, __FILE__, __LINE__).user_data == 2);
  OK(oxrtmp_engine_send_packet(publisher->peer, &(oxrtmp_packet){.type = 8, .timestamp_ms = 11, .raw = audio, .raw_size = 3}));
  carry(publisher);
  CHECK(!readable(queue, 50));
  carry(player);
  CHECK(player->last_ms == 9 || player->last_ms == 11);
  OK(oxrtmp_engine_set_queue(player->engine, (oxrtmp_queue){0}, 0));
  send_frame(publisher, 20, 10);
  CHECK(!readable(queue, 50));
  OK(oxrtmp_engine_set_queue(player->engine, queue, 2));
  finish(publisher, player);
}

/* A player whose output nobody takes holds its publisher up, where the hub is told so. */
static void a_player_holds_up(void) {
  oxrtmp_hub_options hub_options;
  OK(oxrtmp_hub_options_init(&hub_options));
  hub_options.slow_policy = OXRTMP_SLOW_BLOCK;
  hub_options.slow_bytes = 100000;
  begin(&hub_options);
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  struct side *publisher = open_side(false, &options, false), *player = open_side(true, &options, false);
  uint32_t sent = 0;
  for (int64_t end = now_ms() + 20000; publisher->waiting < sizeof publisher->rest / 2; sent++) {
    send_frame(publisher, sent, 50000);
    CHECK(now_ms() < end);
  }
  int64_t deadline_ms;
  OK(oxrtmp_engine_deadline(publisher->engine, &deadline_ms));
  CHECK(deadline_ms == -1);
  publisher->now = 3600000;
  OK(oxrtmp_engine_advance(publisher->engine, publisher->now)); /* its peer is not to blame */
  until((struct side *[]){publisher, player}, &player->frames, sent);
  CHECK(publisher->waiting == 0 && player->last_ms == sent - 1);
  finish(publisher, player);
}

static void engines_come_and_go(void) {
  oxrtmp_library_info before = library_info();
  begin(NULL);
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  for (int i = 0; i < scaled(100); i++) {
    struct side *publisher = open_side(false, &options, false), *player = open_side(true, &options, false);
    send_frame(publisher, (uint32_t)i, 100);
    CHECK(publisher->refused == 0);
    close_side(i % 2 == 0 ? publisher : player); /* with what is on its way */
    close_side(i % 2 == 0 ? player : publisher);
    oxrtmp_hub_info info = {.struct_size = sizeof info};
    for (int64_t end = now_ms() + 5000; ; CHECK(now_ms() < end)) { /* its pump has to see the end */
      OK(oxrtmp_hub_statistics(hub, &info));
      if (info.publishers == 0 && info.players == 0) {
        break;
      }
      sleep_ms(1);
    }
  }
  OK(oxrtmp_hub_close(hub));
  OK(oxrtmp_queue_destroy(queue));
  SETTLED(&before);
}

int main(void) {
  RUN(by_the_options);
  RUN(by_requests);
  RUN(a_player_holds_up);
  RUN(engines_come_and_go);
  return 0;
}
