/* Calls, shared objects and requests to reconnect between two engines, by a clock of the caller's. */
#include "engines.h"

static struct engines e;

/* open_calling opens two engines, of which those answer calls that are told to, and lets them connect. */
static void open_calling(uint32_t server_answers, uint32_t client_answers) {
  oxrtmp_server_options so;
  oxrtmp_client_options co;
  memset(&e, 0, sizeof e);
  OK(oxrtmp_server_options_init(&so));
  OK(oxrtmp_client_options_init(&co));
  so.answer_calls = server_answers;
  co.answer_calls = client_answers;
  co.follow_reconnects = 1; /* or the server is told that nobody obeys */
  OK(oxrtmp_engine_server_create(&so, 0, &e.server));
  OK(oxrtmp_engine_publish_create("rtmp://host/live/name", &co, 0, &e.client));
  uint32_t id = 7;
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_call(e.client, "early", NULL, 0, -1, &id));
  CHECK(id == 0);
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_notify(e.client, "early", NULL, 0));
  converse(&e);
  CHECK(first(e.client_events, e.client_count, OXRTMP_EVENT_CONNECTED) != NULL);
  CHECK(first(e.server_events, e.server_count, OXRTMP_EVENT_COMMAND) == NULL);
}

static size_t values(const char *json, uint8_t *buf, size_t cap) {
  size_t length;
  OK(oxrtmp_amf_from_json(json, 0, buf, cap, &length));
  return length;
}

static void says(const char *json, const oxrtmp_event *event) {
  char text[256];
  OK(oxrtmp_amf_to_json(event->u.packet.data, event->u.packet.size, 0, text, sizeof text, NULL));
  TEXT(json, text);
}

/* Both sides call, and answer or refuse; what no side answers is refused for it. */
static void calls_both_ways(void) {
  uint8_t body[64];
  uint32_t sum, no, id;
  open_calling(1, 1);
  struct {
    oxrtmp_engine from, to;
    oxrtmp_event *events, *replies;
    size_t *count, *reply_count;
  } ways[] = {{e.client, e.server, e.server_events, e.client_events, &e.server_count, &e.client_count},
              {e.server, e.client, e.client_events, e.server_events, &e.client_count, &e.server_count}};
  for (size_t i = 0; i < 2; i++) {
    size_t begin = *ways[i].count, end = *ways[i].reply_count;
    OK(oxrtmp_engine_call(ways[i].from, "add", body, values("[1,2]", body, sizeof body), -1, &sum));
    OK(oxrtmp_engine_call(ways[i].from, "secret", NULL, 0, 1000, &no));
    OK(oxrtmp_engine_notify(ways[i].from, "told", body, values("[\"x\"]", body, sizeof body)));
    converse(&e);
    CHECK(*ways[i].count == begin + 3);
    for (size_t k = 0; k < 3; k++) {
      const oxrtmp_event *event = &ways[i].events[begin + k];
      static const char *const names[] = {"add", "secret", "told"};
      oxrtmp_command command;
      CHECK(event->type == OXRTMP_EVENT_CALL && (event->value == 0) == (k == 2));
      OK(oxrtmp_command_parse(20, event->u.packet.raw, event->u.packet.raw_size, &command));
      CHECK(command.name_size == strlen(names[k]) && memcmp(command.name, names[k], command.name_size) == 0);
    }
    id = ways[i].events[begin].value;
    OK(oxrtmp_engine_answer(ways[i].to, id, body, values("[3,null]", body, sizeof body)));
    STATUS(OXRTMP_E_STATE, oxrtmp_engine_answer(ways[i].to, id, NULL, 0));
    OK(oxrtmp_engine_refuse(ways[i].to, ways[i].events[begin + 1].value, "App.No", "not today"));
    STATUS(OXRTMP_E_STATE, oxrtmp_engine_refuse(ways[i].to, ways[i].events[begin + 1].value, NULL, NULL));
    converse(&e);
    CHECK(*ways[i].reply_count == end + 2);
    const oxrtmp_event *reply = &ways[i].replies[end];
    CHECK(reply[0].type == OXRTMP_EVENT_REPLY && reply[0].value == sum && reply[0].status == OXRTMP_OK);
    says("[3,null]", &reply[0]);
    CHECK(reply[1].type == OXRTMP_EVENT_REPLY && reply[1].value == no && reply[1].status == OXRTMP_E_REFUSED);
    TEXT("App.No", reply[1].u.info.code);
    CHECK(strstr(reply[1].u.info.text, "not today") != NULL);
  }
  STATUS(OXRTMP_E_AMF, oxrtmp_engine_call(e.client, "add", (const uint8_t *)"\4", 1, -1, &id));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_engine_call(e.client, "", NULL, 0, -1, &id));
  STATUS(OXRTMP_E_AMF, oxrtmp_engine_notify(e.client, "x", (const uint8_t *)"\4", 1));
  for (int i = 0; i < 64; i++) {
    OK(oxrtmp_engine_call(e.client, "never", NULL, 0, -1, &id));
  }
  STATUS(OXRTMP_E_LIMIT, oxrtmp_engine_call(e.client, "one more", NULL, 0, -1, &id));
  close_engines(&e);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_engine_notify(e.client, "x", NULL, 0));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_engine_answer(e.client, 1, NULL, 0));
}

/* The clock is the caller's: a call that is not answered in time is over, on both sides. */
static void calls_have_their_time(void) {
  uint32_t id;
  int64_t deadline;
  open_calling(1, 0);
  OK(oxrtmp_engine_call(e.client, "slow", NULL, 0, 500, &id));
  converse(&e);
  CHECK(first(e.server_events, e.server_count, OXRTMP_EVENT_CALL) != NULL);
  OK(oxrtmp_engine_deadline(e.client, &deadline));
  CHECK(deadline == 500);
  e.now = 499;
  OK(oxrtmp_engine_advance(e.client, e.now));
  take_events(&e);
  CHECK(first(e.client_events, e.client_count, OXRTMP_EVENT_REPLY) == NULL);
  e.now = 500;
  OK(oxrtmp_engine_advance(e.client, e.now));
  take_events(&e);
  oxrtmp_event *reply = first(e.client_events, e.client_count, OXRTMP_EVENT_REPLY);
  CHECK(reply != NULL && reply->value == id && reply->status == OXRTMP_E_TIMEOUT);
  uint32_t call = first(e.server_events, e.server_count, OXRTMP_EVENT_CALL)->value;
  OK(oxrtmp_engine_advance(e.server, 10500)); /* decision_ms */
  STATUS(OXRTMP_E_STATE, oxrtmp_engine_answer(e.server, call, NULL, 0));
  close_engines(&e);
}

/* Without answer_calls a call is refused, and its name is told; shared objects are not. */
static void calls_that_nobody_answers(void) {
  uint8_t body[64];
  uint32_t id;
  open_calling(0, 1);
  OK(oxrtmp_engine_call(e.client, "add", NULL, 0, -1, &id));
  OK(oxrtmp_engine_send_shared_object(e.client, body, values("[\"chat\",0,0,{\"kind\":1}]", body, sizeof body)));
  OK(oxrtmp_engine_send_shared_object(e.server, body, values("[\"chat\",0,0,{\"kind\":11}]", body, sizeof body)));
  converse(&e);
  oxrtmp_event *command = first(e.server_events, e.server_count, OXRTMP_EVENT_COMMAND);
  CHECK(command != NULL && command->value == 0);
  TEXT("add", command->u.info.code);
  oxrtmp_event *reply = first(e.client_events, e.client_count, OXRTMP_EVENT_REPLY);
  CHECK(reply != NULL && reply->value == id && reply->status == OXRTMP_E_REFUSED);
  TEXT("NetConnection.Call.Failed", reply->u.info.code);
  CHECK(first(e.server_events, e.server_count, OXRTMP_EVENT_SHARED_OBJECT) == NULL);
  oxrtmp_event *shared = first(e.client_events, e.client_count, OXRTMP_EVENT_SHARED_OBJECT);
  CHECK(shared != NULL && shared->u.packet.type == 19);
  says("[\"chat\",0,0,{\"kind\":11}]", shared);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_engine_send_shared_object(e.client, body, values("[1]", body, sizeof body)));

  STATUS(OXRTMP_E_STATE, oxrtmp_engine_request_reconnect(e.client, NULL, NULL));
  OK(oxrtmp_engine_request_reconnect(e.server, "//new.example/live", "moving"));
  converse(&e);
  oxrtmp_event *reconnect = first(e.client_events, e.client_count, OXRTMP_EVENT_RECONNECT);
  CHECK(reconnect != NULL);
  TEXT("rtmp://new.example/live", reconnect->u.info.text);
  close_engines(&e);
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(calls_both_ways);
  RUN(calls_have_their_time);
  RUN(calls_that_nobody_answers);
  SETTLED(&before);
  return 0;
}
