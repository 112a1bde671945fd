/* Players and what they play, by a queue. */
#include "player.h"
#include "queue.h"

/* take waits for the next event that is neither STATUS nor CONTROL nor the server's own first message, and must be of
 * the type. */
static oxrtmp_event take_(oxrtmp_queue queue, uint32_t type, const char *file, int line) {
  oxrtmp_event event;
  size_t count;
  bool own;
  do {
    char handler[64] = "";
    memset(&event, 0xA5, sizeof event);
    status_(OXRTMP_OK, oxrtmp_queue_wait(queue, 10000, &event, 1, &count), "oxrtmp_queue_wait", file, line);
    check_(count == 1 && event.reserved == 0 && event.time_ns > 0, "an event is complete", file, line);
    own = event.type == OXRTMP_EVENT_STATUS || event.type == OXRTMP_EVENT_CONTROL;
    if (event.type == OXRTMP_EVENT_PACKET && event.u.packet.type == 18) {
      own = oxrtmp_packet_handler(&event.u.packet, handler, sizeof handler, NULL) == OXRTMP_OK &&
            strcmp(handler, "|RtmpSampleAccess") == 0;
    }
    if (own) {
      OK(oxrtmp_event_release(&event));
    }
  } while (own);
  if (event.type != type) {
    fprintf(stderr, "%s:%d: event %u instead of %u\n", file, line, event.type, type);
    exit(1);
  }
  return event;
}
#define TAKE(queue, type) take_((queue), OXRTMP_EVENT_##type, __FILE__, __LINE__)

struct pair {
  oxrtmp_server server;
  oxrtmp_queue serving, playing; /* one for each side, so that the order is certain */
  oxrtmp_client client;
  oxrtmp_session session;
};

static struct pair connect_pair(const oxrtmp_server_options *server_options, const oxrtmp_client_options *options) {
  struct pair p = {.serving = new_queue(0), .playing = new_queue(0)};
  p.server = server_options != NULL ? bind_server(server_options) : play_server();
  OK(oxrtmp_server_set_queue(p.server, p.serving, 1));
  OK(oxrtmp_client_play_open(url_of(p.server, "live/test"), options, p.playing, 2, &p.client));
  oxrtmp_event event = TAKE(p.serving, REQUEST);
  uint32_t kind;
  OK(oxrtmp_request_kind(event.request, &kind));
  CHECK(kind == OXRTMP_REQUEST_PLAY);
  OK(oxrtmp_request_accept(event.request, NULL, &p.session));
  event = TAKE(p.playing, CONNECTED);
  CHECK(event.source == p.client.id && event.user_data == 2);
  return p;
}

static void disconnect_pair(struct pair *p) {
  OK(oxrtmp_client_close(p->client));
  OK(oxrtmp_session_close(p->session));
  OK(oxrtmp_server_close(p->server));
  OK(oxrtmp_queue_destroy(p->serving));
  OK(oxrtmp_queue_destroy(p->playing));
}

/* Packets come in order, and the end after them. */
static void packets_and_the_end(void) {
  struct pair p = connect_pair(NULL, NULL);
  enum { FRAMES = 500 };
  for (uint32_t n = 0; n < FRAMES; n++) {
    OK(oxrtmp_session_send_video(p.session, n, n == 0, (const uint8_t *)&n, sizeof n));
  }
  OK(oxrtmp_session_close(p.session));
  for (uint32_t n = 0; n < FRAMES; n++) {
    oxrtmp_event event = TAKE(p.playing, PACKET);
    CHECK(event.source == p.client.id && event.user_data == 2 && event.status == OXRTMP_OK);
    CHECK(event.u.packet.size == sizeof n && memcmp(event.u.packet.data, &n, sizeof n) == 0);
    OK(oxrtmp_event_release(&event));
  }
  oxrtmp_event event = TAKE(p.playing, CLIENT_END);
  CHECK(event.source == p.client.id && event.status == OXRTMP_E_EOF);
  NOTHING(p.playing);
  disconnect_pair(&p);
}

/* What the player does comes to the session's queue; what the server says about it to the client's. */
static void commands(void) {
  struct pair p = connect_pair(NULL, NULL);
  oxrtmp_event event;
#define DID(wanted_type, wanted_value) \
  event = TAKE(p.serving, wanted_type); \
  CHECK(event.source == p.session.id && event.user_data == 1 && event.value == (wanted_value))
  OK(oxrtmp_client_pause(p.client, 1));
  DID(PAUSE, 0);
  OK(oxrtmp_client_pause(p.client, 0));
  DID(UNPAUSE, 0);
  OK(oxrtmp_client_seek(p.client, 90000));
  DID(SEEK, 90000);
  OK(oxrtmp_client_receive_audio(p.client, 0));
  DID(RECEIVE, 8);
  CHECK(event.on == 0);
  OK(oxrtmp_client_receive_audio(p.client, 1));
  DID(RECEIVE, 8);
  CHECK(event.on == 1);
  OK(oxrtmp_client_set_buffer_length(p.client, 10));
  DID(BUFFER_LENGTH, 10);
  NOTHING(p.serving);

  static const char *const words[] = {"NetStream.Pause.Notify", "NetStream.Unpause.Notify", "NetStream.Seek.Notify"};
  for (size_t i = 0; i < sizeof words / sizeof words[0];) {
    size_t count;
    OK(oxrtmp_queue_wait(p.playing, 10000, &event, 1, &count));
    CHECK(count == 1 && event.source == p.client.id);
    i += event.type == OXRTMP_EVENT_STATUS && strcmp(event.u.info.code, words[i]) == 0;
    OK(oxrtmp_event_release(&event));
  }
  OK(oxrtmp_client_close(p.client));
  event = TAKE(p.serving, STREAM_END);
  CHECK(event.status == OXRTMP_E_EOF && event.u.info.text[0] != 0);
  disconnect_pair(&p);
}

/* A session that may not wait says when there is room again. */
static void writable(void) {
  static uint8_t frame[50000];
  oxrtmp_server_options server_options;
  OK(oxrtmp_server_options_init(&server_options));
  server_options.ask_play = 1;
  server_options.no_wait = 1;
  server_options.output_bytes = 1 << 17;
  oxrtmp_limits limits;
  OK(oxrtmp_limits_init(&limits));
  limits.queue_bytes = 1 << 10;
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.limits = &limits;
  struct pair p = connect_pair(&server_options, &options);
  for (int round = 0; round < 3; round++) {
    uint32_t sent = 0;
    oxrtmp_status status;
    while ((status = oxrtmp_session_send_video(p.session, sent, 1, frame, sizeof frame)) == OXRTMP_OK) {
      CHECK(++sent < 5000);
    }
    STATUS(OXRTMP_E_AGAIN, status);
    for (uint32_t n = 0; n < sent; n++) {
      oxrtmp_event event = TAKE(p.playing, PACKET);
      OK(oxrtmp_event_release(&event));
    }
    oxrtmp_event event = TAKE(p.serving, WRITABLE);
    CHECK(event.source == p.session.id);
    NOTHING(p.serving);
  }
  disconnect_pair(&p);
}

static void failed(void) {
  oxrtmp_queue queue = new_queue(0);
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  OK(oxrtmp_client_play_open(url_of(server, "live/none"), NULL, queue, 5, &client));
  oxrtmp_event event = NEXT(queue, FAILED);
  CHECK(event.source == client.id && event.user_data == 5 && event.status == OXRTMP_E_NOT_FOUND);
  CHECK(event.phase == OXRTMP_PHASE_PLAY);
  TEXT("NetStream.Play.StreamNotFound", event.u.info.code);
  NOTHING(queue);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_server_close(server));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_play_open("http://x/", NULL, queue, 0, &client));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_client_play_open("rtmp://x/a/b", NULL, (oxrtmp_queue){0}, 0, &client));
  CHECK(client.id == 0);
  OK(oxrtmp_queue_destroy(queue));
}

/* With a queue the waiting calls are not for the same handle; without it again they are, and nothing is lost. */
static void blocking_or_queue(void) {
  struct pair p = connect_pair(NULL, NULL);
  oxrtmp_packet packet;
  oxrtmp_event event;
  size_t count;
  STATUS(OXRTMP_E_BUSY, oxrtmp_client_next_packet(p.client, -1, &packet));
  STATUS(OXRTMP_E_BUSY, oxrtmp_client_next_packets(p.client, -1, &packet, 1, &count));
  STATUS(OXRTMP_E_BUSY, oxrtmp_client_next_event(p.client, -1, &event));
  STATUS(OXRTMP_E_BUSY, oxrtmp_session_next_event(p.session, -1, &event));
  OK(oxrtmp_client_set_queue(p.client, (oxrtmp_queue){0}, 0));
  OK(oxrtmp_session_set_queue(p.session, (oxrtmp_queue){0}, 0));
  OK(oxrtmp_client_pause(p.client, 1));
  OK(oxrtmp_session_next_event(p.session, 10000, &event));
  CHECK(event.type == OXRTMP_EVENT_PAUSE);
  OK(oxrtmp_client_pause(p.client, 0));
  OK(oxrtmp_session_next_event(p.session, 10000, &event));
  OK(oxrtmp_session_send_audio(p.session, 1, (const uint8_t *)"1", 1));
  OK(oxrtmp_session_send_audio(p.session, 2, (const uint8_t *)"2", 1));
  do {
    OK(oxrtmp_client_next_packet(p.client, 10000, &packet));
    OK(oxrtmp_packet_release(&packet));
  } while (packet.type != 8);
  CHECK(packet.timestamp_ms == 1);
  OK(oxrtmp_client_set_queue(p.client, p.playing, 9));
  event = TAKE(p.playing, PACKET);
  CHECK(event.u.packet.timestamp_ms == 2 && event.user_data == 9);
  OK(oxrtmp_event_release(&event));
  disconnect_pair(&p);
}

/* Closing takes back what waits, and can be begun without waiting. */
static void closing(void) {
  struct pair p = connect_pair(NULL, NULL);
  for (uint32_t n = 0; n < 100; n++) {
    OK(oxrtmp_session_send_audio(p.session, n, (const uint8_t *)"x", 1));
  }
  OK(oxrtmp_session_flush(p.session, 10000));
  oxrtmp_event event = TAKE(p.playing, PACKET);
  OK(oxrtmp_event_release(&event));
  OK(oxrtmp_client_close_start(p.client));
  do { /* what was taken at the same time */
    size_t count;
    OK(oxrtmp_queue_wait(p.playing, 10000, &event, 1, &count));
    CHECK(count == 1);
    OK(oxrtmp_event_release(&event));
  } while (event.type != OXRTMP_EVENT_CLIENT_CLOSED);
  CHECK(event.status == OXRTMP_OK && event.source == p.client.id);
  TAKE(p.serving, STREAM_END);
  disconnect_pair(&p);
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(packets_and_the_end);
  RUN(commands);
  RUN(writable);
  RUN(failed);
  RUN(blocking_or_queue);
  RUN(closing);
  SETTLED(&before);
  return 0;
}
