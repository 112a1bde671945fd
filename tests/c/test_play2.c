/* play2: a player that switches to another stream on its connection, and what the server hears of it. */
#include "engines.h"
#include "player.h"

/* told takes events of a client until a status comes. */
static oxrtmp_event told(oxrtmp_client client) {
  oxrtmp_event event;
  do {
    OK(oxrtmp_client_next_event(client, 10000, &event));
  } while (event.type != OXRTMP_EVENT_STATUS);
  return event;
}

/* played expects one frame of video next. */
static void played(oxrtmp_client client, const char *data) {
  oxrtmp_packet packet;
  do {
    OK(oxrtmp_client_next_packet(client, 10000, &packet));
    if (packet.type != 9) {
      OK(oxrtmp_packet_release(&packet));
    }
  } while (packet.type != 9);
  CHECK(packet.size == strlen(data) && memcmp(packet.data, data, packet.size) == 0);
  OK(oxrtmp_packet_release(&packet));
}

static oxrtmp_play2 other(void) {
  oxrtmp_play2 play2;
  OK(oxrtmp_play2_init(&play2));
  play2.stream_name = "other?b=2";
  play2.old_stream_name = "live/test";
  play2.transition = "appendAndWait";
  play2.start_ms = 1500;
  play2.duration_ms = 60000;
  play2.offset_ms = 250;
  play2.json = "{\"mine\":[1,\"two\"]}";
  return play2;
}

static const char kept[] = "{\"oldStreamName\":\"live/test\",\"streamName\":\"other?b=2\",\"start\":1.5,\"len\":60,\"offset\":0.25,"
                           "\"transition\":\"appendAndWait\",\"mine\":[1,\"two\"]}";

/* A89: the request has all that play2 says; accepted, the player goes on with the other stream. */
static void a_player_switches(void) {
  oxrtmp_server server = play_server();
  oxrtmp_client client;
  oxrtmp_session first, second;
  oxrtmp_request request;
  oxrtmp_play2 play2 = other();
  oxrtmp_play_info info = {.struct_size = sizeof info};
  char text[512];
  uint32_t kind;
  size_t length;
  connect_player(server, NULL, &client, &first);
  OK(oxrtmp_session_play(first, &info));
  CHECK(info.play2 == 0 && info.offset == 0 && info.transition[0] == 0);
  STATUS(OXRTMP_E_STATE, oxrtmp_session_play2_json(first, text, sizeof text, NULL));
  OK(oxrtmp_session_send_video(first, 0, 1, (const uint8_t *)"first", 5));

  OK(oxrtmp_client_play2(client, &play2));
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_kind(request, &kind));
  CHECK(kind == OXRTMP_REQUEST_PLAY);
  OK(oxrtmp_request_stream_name(request, text, sizeof text, NULL));
  TEXT("other", text);
  OK(oxrtmp_request_query(request, text, sizeof text, NULL));
  TEXT("b=2", text);
  OK(oxrtmp_request_play(request, &info));
  CHECK(info.play2 == 1 && info.start == 1.5 && info.duration == 60 && info.offset == 0.25);
  TEXT("appendAndWait", info.transition);
  oxrtmp_play_info shorter = {.struct_size = offsetof(oxrtmp_play_info, offset)};
  OK(oxrtmp_request_play(request, &shorter));
  CHECK(shorter.duration == 60 && shorter.offset == 0);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_request_play2_json(request, text, 10, &length));
  CHECK(length == strlen(kept) && text[0] == 0);
  OK(oxrtmp_request_play2_json(request, text, sizeof text, NULL));
  TEXT(kept, text);
  OK(oxrtmp_request_accept(request, NULL, &second));
  OK(oxrtmp_session_play2_json(second, text, sizeof text, NULL));
  TEXT(kept, text);
  STATUS(OXRTMP_E_EOF, oxrtmp_session_send_video(first, 40, 1, (const uint8_t *)"late", 4));
  OK(oxrtmp_session_end_reason(first, text, sizeof text, NULL));
  TEXT("play2", text);
  OK(oxrtmp_session_send_video(second, 40, 1, (const uint8_t *)"second", 6));
  oxrtmp_event event = told(client);
  TEXT("NetStream.Play.Transition", event.u.info.code);
  TEXT("other", event.u.info.text);
  played(client, "first");
  played(client, "second");

  memset(&play2, 0, sizeof play2);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_play2(client, &play2));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_play2(client, NULL));
  OK(oxrtmp_play2_init(&play2));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_play2(client, &play2));
  play2.stream_name = "x";
  play2.json = "[]";
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_play2(client, &play2));

  /* One that is refused ends the play. */
  play2.json = NULL;
  OK(oxrtmp_client_play2(client, &play2));
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_play2_json(request, text, sizeof text, NULL));
  TEXT("{\"streamName\":\"x\",\"start\":-2,\"len\":-1,\"offset\":-1}", text);
  OK(oxrtmp_request_reject(request, NULL, "no such rate"));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_request_play2_json(request, text, sizeof text, NULL));
  oxrtmp_packet packet;
  oxrtmp_status status;
  while ((status = oxrtmp_client_next_packet(client, 10000, &packet)) == OXRTMP_OK) {
    OK(oxrtmp_packet_release(&packet));
  }
  CHECK(status == OXRTMP_E_NOT_FOUND || status == OXRTMP_E_EOF || status == OXRTMP_E_REFUSED);
  OK(oxrtmp_session_close(first));
  OK(oxrtmp_session_close(second));
  (void)oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
}

/* Between engines, without a socket. */
static void between_engines(void) {
  static struct engines e;
  oxrtmp_server_options options;
  oxrtmp_play2 play2 = other();
  memset(&e, 0, sizeof e);
  OK(oxrtmp_server_options_init(&options));
  options.ask_play = 1;
  OK(oxrtmp_engine_server_create(&options, 0, &e.server));
  OK(oxrtmp_engine_play_create("rtmp://host/live/name", NULL, 0, &e.client));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_play2(e.client, &play2));
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_play2(e.server, &play2));
  converse(&e);
  size_t begin = e.client_count;
  OK(oxrtmp_engine_play2(e.client, &play2));
  converse(&e);
  oxrtmp_event *end = first(e.server_events, e.server_count, OXRTMP_EVENT_STREAM_END);
  CHECK(end != NULL);
  TEXT("play2", end->u.info.text);
  oxrtmp_event *transition = first(e.client_events + begin, e.client_count - begin, OXRTMP_EVENT_STATUS);
  CHECK(transition != NULL);
  TEXT("NetStream.Play.Transition", transition->u.info.code);
  close_engines(&e);
}

/* A client inside a hub has no connection on which another stream could come. */
static void inside_a_hub(void) {
  oxrtmp_hub hub;
  oxrtmp_client publisher, player;
  oxrtmp_play2 play2 = other();
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_hub_publish(hub, "live", "test", NULL, &publisher));
  OK(oxrtmp_hub_play(hub, "live", "test", NULL, &player));
  STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_client_play2(player, &play2));
  OK(oxrtmp_client_close(player));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_hub_close(hub));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(a_player_switches);
  RUN(between_engines);
  RUN(inside_a_hub);
  SETTLED(&before);
  return 0;
}
