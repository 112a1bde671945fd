/* Calls between the applications on both sides: answers, refusals, timeouts, by waiting and by queue; shared objects;
 * messages inside aggregate messages. */
#include "check.h"
#include "messages.h"
#include "queue.h"

#define NUMBER(n) "\0" n "\0\0\0\0\0\0"
#define ONE NUMBER("\x3f\xf0")
#define TWO NUMBER("\x40\0")

struct pair {
  oxrtmp_server server;
  oxrtmp_session session;
  oxrtmp_client client;
};

/* publishing returns both ends of a stream. Calls of the peer are answered by those that have answer_calls. */
static struct pair publishing(uint32_t server_answers, uint32_t client_answers, oxrtmp_queue queue) {
  struct pair p;
  oxrtmp_server_options options;
  oxrtmp_client_options client_options;
  oxrtmp_session_options session_options;
  oxrtmp_request request;
  OK(oxrtmp_server_options_init(&options));
  options.answer_calls = server_answers;
  p.server = bind_server(&options);
  OK(oxrtmp_client_options_init(&client_options));
  client_options.answer_calls = client_answers;
  oxrtmp_queue events;
  OK(oxrtmp_queue_create(NULL, &events));
  OK(oxrtmp_client_publish_open(url_of(p.server, "test"), &client_options, events, 0, &p.client));
  OK(oxrtmp_server_accept(p.server, 10000, &request));
  OK(oxrtmp_session_options_init(&session_options));
  session_options.queue = queue;
  OK(oxrtmp_request_accept(request, &session_options, &p.session));
  oxrtmp_event event;
  size_t count;
  OK(oxrtmp_queue_wait(events, 10000, &event, 1, &count));
  CHECK(count == 1 && event.type == OXRTMP_EVENT_CONNECTED);
  OK(oxrtmp_client_set_queue(p.client, queue, 0));
  OK(oxrtmp_queue_destroy(events));
  return p;
}

static void end(struct pair p) {
  OK(oxrtmp_client_close(p.client));
  OK(oxrtmp_session_close(p.session));
  OK(oxrtmp_server_close(p.server));
}

static oxrtmp_command command_of(const oxrtmp_event *event) {
  oxrtmp_command command;
  CHECK(event->u.packet.type == 20 && event->u.packet.token != 0);
  OK(oxrtmp_command_parse(20, event->u.packet.raw, event->u.packet.raw_size, &command));
  CHECK(command.transaction_id == event->value);
  return command;
}

static bool is(const oxrtmp_command *command, const char *name) {
  return command->name_size == strlen(name) && memcmp(command->name, name, command->name_size) == 0;
}

/* answering is the application on the server's side: it takes calls until the stream ends. */
static void *answering(void *argument) {
  oxrtmp_session session = *(oxrtmp_session *)argument;
  oxrtmp_event event;
  while (oxrtmp_session_next_event(session, -1, &event) == OXRTMP_OK) {
    CHECK(event.type == OXRTMP_EVENT_CALL && event.source == session.id);
    oxrtmp_command command = command_of(&event);
    oxrtmp_amf_value values[4];
    size_t count;
    OK(oxrtmp_amf_decode(command.values, command.values_size, NULL, values, 4, &count));
    CHECK(values[0].type == OXRTMP_AMF_NULL);
    if (is(&command, "add")) {
      oxrtmp_amf_value sum = {.type = OXRTMP_AMF_NUMBER, .number = values[1].number + values[2].number};
      uint8_t body[16];
      size_t length;
      OK(oxrtmp_amf_encode(&sum, 1, 0, body, sizeof body, &length));
      OK(oxrtmp_session_answer(session, event.value, body, length));
      STATUS(OXRTMP_E_STATE, oxrtmp_session_answer(session, event.value, body, length));
    } else if (is(&command, "secret")) {
      OK(oxrtmp_session_refuse(session, event.value, "App.No", "not today"));
      STATUS(OXRTMP_E_STATE, oxrtmp_session_refuse(session, event.value, NULL, NULL));
    } else if (is(&command, "told")) {
      CHECK(event.value == 0);
    }
    OK(oxrtmp_event_release(&event));
    CHECK(event.u.packet.raw == NULL);
  }
  return NULL;
}

static void calls_and_answers(void) {
  struct pair p = publishing(1, 0, (oxrtmp_queue){0});
  pthread_t thread;
  oxrtmp_packet answer;
  pthread_create(&thread, NULL, answering, &p.session);
  OK(oxrtmp_client_call(p.client, "add", (const uint8_t *)ONE TWO, 18, 10000, &answer));
  CHECK(answer.size == 9 && memcmp(answer.data, NUMBER("\x40\x08"), 9) == 0);
  OK(oxrtmp_packet_release(&answer));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_packet_release(&(oxrtmp_packet){.token = UINT64_C(1) << 32 | 999999999}));

  STATUS(OXRTMP_E_REFUSED, oxrtmp_client_call(p.client, "secret", NULL, 0, 10000, &answer));
  CHECK(answer.token == 0);
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  OK(oxrtmp_last_error_detail(&detail));
  TEXT("App.No", detail.code);
  TEXT("not today", detail.description);
  WITHIN(90, 2000, OXRTMP_E_TIMEOUT, oxrtmp_client_call(p.client, "never", NULL, 0, 100, &answer));
  OK(oxrtmp_client_notify(p.client, "told", (const uint8_t *)ONE, 9));

  /* The client answers no calls: they are refused for it. */
  STATUS(OXRTMP_E_REFUSED, oxrtmp_session_call(p.session, "add", NULL, 0, 10000, &answer));
  OK(oxrtmp_last_error_detail(&detail));
  TEXT("NetConnection.Call.Failed", detail.code);
  OK(oxrtmp_session_notify(p.session, "told", NULL, 0));

  STATUS(OXRTMP_E_AMF, oxrtmp_client_call(p.client, "add", (const uint8_t *)"\4", 1, 0, &answer));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_call(p.client, "", NULL, 0, 0, &answer));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_answer(p.client, 7, NULL, 0));
  STATUS(OXRTMP_E_STATE, oxrtmp_client_refuse(p.client, 7, NULL, NULL));
  OK(oxrtmp_client_close(p.client));
  pthread_join(thread, NULL);
  STATUS(OXRTMP_E_EOF, oxrtmp_session_call(p.session, "add", NULL, 0, 10000, &answer));
  OK(oxrtmp_session_close(p.session));
  OK(oxrtmp_server_close(p.server));
}

static size_t media; /* bytes of packets that wait_for met */

/* wait_for returns the next event of a type; before it there may be packets. */
static oxrtmp_event wait_for(oxrtmp_queue queue, uint32_t type) {
  oxrtmp_event event;
  size_t count;
  for (;;) {
    OK(oxrtmp_queue_wait(queue, 10000, &event, 1, &count));
    CHECK(count == 1);
    if (event.type == type) {
      return event;
    }
    CHECK(event.type == OXRTMP_EVENT_PACKET);
    media += event.u.packet.size;
    OK(oxrtmp_event_release(&event));
  }
}

/* Everything by a queue, in both directions, while media flows. */
static void by_queue(void) {
  oxrtmp_queue queue;
  uint32_t call, other;
  OK(oxrtmp_queue_create(NULL, &queue));
  struct pair p = publishing(1, 1, queue);
  OK(oxrtmp_client_call_start(p.client, "double", (const uint8_t *)ONE, 9, 10000, &call));
  OK(oxrtmp_client_send_audio(p.client, 5, (const uint8_t *)"still", 5));
  oxrtmp_event event = wait_for(queue, OXRTMP_EVENT_CALL);
  oxrtmp_command command = command_of(&event);
  CHECK(event.source == p.session.id && is(&command, "double"));
  OK(oxrtmp_session_answer(p.session, event.value, (const uint8_t *)TWO, 9));
  OK(oxrtmp_event_release(&event));
  event = wait_for(queue, OXRTMP_EVENT_REPLY);
  CHECK(event.source == p.client.id && event.value == call && event.status == OXRTMP_OK);
  CHECK(event.u.packet.size == 9 && memcmp(event.u.packet.data, TWO, 9) == 0);
  OK(oxrtmp_event_release(&event));

  OK(oxrtmp_session_call_start(p.session, "who", NULL, 0, 10000, &call));
  event = wait_for(queue, OXRTMP_EVENT_CALL);
  CHECK(event.source == p.client.id);
  OK(oxrtmp_client_refuse(p.client, event.value, "App.Nobody", "at home"));
  OK(oxrtmp_event_release(&event));
  event = wait_for(queue, OXRTMP_EVENT_REPLY);
  CHECK(event.source == p.session.id && event.value == call && event.status == OXRTMP_E_REFUSED);
  TEXT("App.Nobody", event.u.info.code);
  TEXT("at home", event.u.info.text);
  OK(oxrtmp_event_release(&event));

  OK(oxrtmp_client_call_start(p.client, "late", NULL, 0, 50, &call));
  OK(oxrtmp_client_call_start(p.client, "later", NULL, 0, 100, &other));
  CHECK(call != other);
  for (int i = 0; i < 2; i++) { /* nobody answers */
    event = wait_for(queue, OXRTMP_EVENT_CALL);
    OK(oxrtmp_event_release(&event));
  }
  event = wait_for(queue, OXRTMP_EVENT_REPLY);
  CHECK(event.value == call && event.status == OXRTMP_E_TIMEOUT);
  event = wait_for(queue, OXRTMP_EVENT_REPLY);
  CHECK(event.value == other && event.status == OXRTMP_E_TIMEOUT && media == 5);
  end(p);
  OK(oxrtmp_queue_destroy(queue));
}

static void calls_that_cannot_be(void) {
  struct pair p = publishing(0, 0, (oxrtmp_queue){0});
  oxrtmp_packet answer;
  oxrtmp_event event;
  uint32_t call;
  STATUS(OXRTMP_E_STATE, oxrtmp_session_call_start(p.session, "a", NULL, 0, 0, &call));
  STATUS(OXRTMP_E_STATE, oxrtmp_session_next_event(p.session, 0, &event));
  for (int i = 0; i < 64; i++) {
    oxrtmp_status status = oxrtmp_client_call_start(p.client, "a", NULL, 0, -1, &call);
    CHECK(status == OXRTMP_OK);
  }
  end(p);
  oxrtmp_hub hub;
  oxrtmp_client inside;
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_hub_publish(hub, "live", "test", NULL, &inside));
  STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_client_call(inside, "a", NULL, 0, 0, &answer));
  STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_client_send_shared_object(inside, NULL, 0));
  OK(oxrtmp_client_close(inside));
  OK(oxrtmp_hub_close(hub));
}

/* What fits into no message is refused, and the connection goes on. */
static void calls_that_are_too_long(void) {
  struct pair p = publishing(1, 0, (oxrtmp_queue){0});
  const size_t size = 0xFFFFFF, text = size - 5;
  uint8_t *values = calloc(1, size); /* one long string */
  oxrtmp_packet answer;
  oxrtmp_event event;
  uint32_t call;
  CHECK(values != NULL);
  values[0] = 12, values[2] = (uint8_t)(text >> 16), values[3] = (uint8_t)(text >> 8), values[4] = (uint8_t)text;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_notify(p.client, "long", values, size));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_call(p.client, "long", values, size, 1000, &answer));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_call_start(p.client, "long", values, size, 1000, &call));
  OK(oxrtmp_client_call_start(p.client, "short", NULL, 0, -1, &call));
  OK(oxrtmp_session_next_event(p.session, 10000, &event));
  CHECK(event.type == OXRTMP_EVENT_CALL);
  OK(oxrtmp_event_release(&event));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_session_answer(p.session, event.value, values, size));
  OK(oxrtmp_session_answer(p.session, event.value, NULL, 0));
  OK(oxrtmp_client_next_event(p.client, 10000, &event));
  CHECK(event.type == OXRTMP_EVENT_REPLY && event.value == call && event.status == OXRTMP_OK);
  OK(oxrtmp_event_release(&event));
  free(values);
  end(p);
}

/* A call waits when its handle is closed. */
static void *calls_for_ever(void *client) {
  oxrtmp_packet answer;
  static oxrtmp_status status;
  status = oxrtmp_client_call(*(oxrtmp_client *)client, "never", NULL, 0, -1, &answer);
  return &status;
}

static void closing_ends_a_call(void) {
  struct pair p = publishing(1, 0, (oxrtmp_queue){0});
  pthread_t thread;
  void *status;
  oxrtmp_event event;
  pthread_create(&thread, NULL, calls_for_ever, &p.client);
  OK(oxrtmp_session_next_event(p.session, 10000, &event));
  OK(oxrtmp_event_release(&event));
  end(p);
  pthread_join(thread, &status);
  CHECK(*(oxrtmp_status *)status == OXRTMP_E_CLOSED);
}

/* json makes AMF0 of JSON. */
static size_t json(const char *text, uint8_t *buf, size_t cap) {
  size_t length;
  OK(oxrtmp_amf_from_json(text, 0, buf, cap, &length));
  return length;
}

static void shared_objects(void) {
  static const char *const described[] = {
      "[\"chat\",0,0,{\"kind\":1}]",
      "[\"chat\",3,2,{\"kind\":4,\"slots\":{\"n\":1,\"who\":\"me\"}},{\"kind\":9,\"name\":\"old\"}]",
      "[\"chat\",3,2,{\"kind\":6,\"name\":\"say\",\"arguments\":[\"hello\",[1,null]]}]",
      "[\"chat\",3,2,{\"kind\":7,\"name\":\"SharedObject.NoWriteAccess\",\"level\":\"error\"},{\"kind\":99,\"data\":{\"$bytes\":\"AQI=\"}}]",
      "[\"chat\",3,2,{\"kind\":2},{\"kind\":3,\"slots\":{\"n\":2}},{\"kind\":5,\"name\":\"n\"},{\"kind\":8},{\"kind\":10,\"name\":\"n\"},{\"kind\":11}]",
  };
  oxrtmp_queue queue;
  uint8_t body[512], payload[512];
  char text[512];
  size_t length, again;
  OK(oxrtmp_queue_create(NULL, &queue));
  struct pair p = publishing(1, 1, queue);
  for (size_t i = 0; i < sizeof described / sizeof *described; i++) {
    size_t size = json(described[i], body, sizeof body);
    OK(oxrtmp_client_send_shared_object(p.client, body, size));
    OK(oxrtmp_session_send_shared_object(p.session, body, size));
    for (int side = 0; side < 2; side++) {
      oxrtmp_event event = wait_for(queue, OXRTMP_EVENT_SHARED_OBJECT);
      CHECK(event.u.packet.type == 19);
      OK(oxrtmp_amf_to_json(event.u.packet.data, event.u.packet.size, OXRTMP_AMF_STRICT, text, sizeof text, NULL));
      TEXT(described[i], text);
      OK(oxrtmp_event_release(&event));
    }
    STATUS(OXRTMP_E_BUFFER, oxrtmp_shared_object_build(body, size, NULL, 0, &length));
    OK(oxrtmp_shared_object_build(body, size, payload, sizeof payload, &length));
    OK(oxrtmp_shared_object_parse(19, payload, length, body, sizeof body, &again));
    CHECK(again == size);
    STATUS(OXRTMP_E_MESSAGE, oxrtmp_shared_object_parse(19, payload, length - 1, body, sizeof body, &again));
  }
  static const char *const wrong[] = {"[]", "[\"a\",0]", "[1,0,0]", "[\"a\",-1,0]", "[\"a\",0,0,1]", "[\"a\",0,0,{\"kind\":256}]",
                                      "[\"a\",0,0,{\"kind\":4,\"slots\":1}]", "[\"a\",0,0,{\"what\":1}]"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_shared_object_build(body, json(wrong[i], body, sizeof body), payload, sizeof payload, &length));
  }
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_shared_object_parse(18, payload, 0, body, sizeof body, &length));
  end(p);
  OK(oxrtmp_queue_destroy(queue));
}

/* nested writes a list in a list, depth of them, as AMF0. */
static size_t nested(uint8_t *p, size_t depth) {
  for (size_t i = 0; i < depth; i++) {
    memcpy(p + i * 5, i + 1 < depth ? "\12\0\0\0\1" : "\12\0\0\0\0", 5);
  }
  return depth * 5;
}

/* What is sent may be nested deeper than is usual, where the peer permits that. */
static void deep_values(void) {
  enum { DEPTH = 200 };
  oxrtmp_limits limits;
  oxrtmp_server_options options;
  oxrtmp_amf_options deep;
  OK(oxrtmp_limits_init(&limits));
  OK(oxrtmp_server_options_init(&options));
  OK(oxrtmp_amf_options_init(&deep));
  limits.amf_depth = 2 * DEPTH;
  options.limits = &limits;
  options.answer_calls = 1;
  deep.depth = 2 * DEPTH;
  oxrtmp_server server = bind_server(&options);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  uint8_t values[DEPTH * 5], shared[2 * DEPTH * 5], payload[2 * DEPTH * 5];
  size_t size = nested(values, DEPTH), count, length;
  oxrtmp_event event;
  OK(oxrtmp_client_notify(client, "deep", values, size));
  OK(oxrtmp_session_next_event(session, 10000, &event));
  oxrtmp_command command = command_of(&event);
  CHECK(command.values_size == size + 1 && memcmp(command.values + 1, values, size) == 0); /* after a command object */
  STATUS(OXRTMP_E_LIMIT, oxrtmp_amf_decode(command.values, command.values_size, NULL, NULL, 0, &count));
  STATUS(OXRTMP_E_BUFFER, oxrtmp_amf_decode(command.values, command.values_size, &deep, NULL, 0, &count));
  CHECK(count == DEPTH + 1);
  OK(oxrtmp_event_release(&event));

  size_t begin = json("[\"chat\",0,0]", shared, sizeof shared);
  static const char change[] = "\3\0\4kind\0\x40\x10\0\0\0\0\0\0\0\5slots\3\0\1n"; /* 4: CHANGE */
  memcpy(shared + begin, change, sizeof change - 1);
  begin += sizeof change - 1;
  begin += nested(shared + begin, DEPTH);
  memcpy(shared + begin, "\0\0\11\0\0\11", 6);
  begin += 6;
  OK(oxrtmp_shared_object_build(shared, begin, payload, sizeof payload, &length));
  OK(oxrtmp_client_send_shared_object(client, shared, begin));
  OK(oxrtmp_session_next_event(session, 10000, &event));
  CHECK(event.type == OXRTMP_EVENT_SHARED_OBJECT && event.u.packet.size == begin);
  CHECK(memcmp(event.u.packet.data, shared, begin) == 0);
  OK(oxrtmp_session_send_shared_object(session, event.u.packet.data, event.u.packet.size)); /* as it came */
  OK(oxrtmp_event_release(&event));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

/* What describes the longest shared object message is longer than a message. */
static void the_longest_shared_object(void) {
  enum { SIZE = 0xFFFFFF, HEAD = 3 + 12 + 5 + 3 + 5 };
  uint8_t *payload = calloc(1, SIZE), *body = malloc(SIZE + 256), *again = malloc(SIZE);
  oxrtmp_amf_value values[16];
  size_t size, count, length;
  CHECK(payload != NULL && body != NULL && again != NULL);
  const uint32_t text = SIZE - HEAD, event = text + 8;
  memcpy(payload, "\0\1s\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\1n\14", HEAD - 4);
  for (int i = 0; i < 4; i++) {
    payload[16 + i] = (uint8_t)(event >> (24 - 8 * i));
    payload[HEAD - 4 + i] = (uint8_t)(text >> (24 - 8 * i));
  }
  memset(payload + HEAD, 'x', text);
  OK(oxrtmp_shared_object_parse(19, payload, SIZE, body, SIZE + 256, &size));
  CHECK(size > SIZE);
  OK(oxrtmp_amf_decode(body, size, NULL, values, 16, &count));
  CHECK(count == 9 && values[6].type == OXRTMP_AMF_STRING && values[6].text_size == text);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_amf_to_json(body, size, 0, NULL, 0, &length));
  CHECK(length > text);
  OK(oxrtmp_shared_object_build(body, size, again, SIZE, &length));
  CHECK(length == SIZE && memcmp(again, payload, SIZE) == 0);
  struct pair p = publishing(0, 0, (oxrtmp_queue){0});
  OK(oxrtmp_session_send_shared_object(p.session, body, size));
  end(p);
  free(payload);
  free(body);
  free(again);
}

static void aggregates(void) {
  /* testdata/vectors/aggregate.json */
  static const uint8_t vector[] = "\x08\0\0\x03\0\0\x64\0\0\0\0\xaf\x01\xaa\0\0\0\x0e"
                                  "\x09\0\0\x06\0\0\x78\0\0\0\0\x27\x01\0\0\0\xbb\0\0\0\x11";
  oxrtmp_aggregated m[2];
  uint8_t built[64];
  size_t count, length;
  STATUS(OXRTMP_E_BUFFER, oxrtmp_aggregate_parse(5000, vector, sizeof vector - 1, m, 1, &count));
  CHECK(count == 2);
  OK(oxrtmp_aggregate_parse(5000, vector, sizeof vector - 1, m, 2, &count));
  CHECK(m[0].type == 8 && m[0].timestamp_ms == 5000 && m[0].size == 3 && m[0].data == vector + 11);
  CHECK(m[1].type == 9 && m[1].timestamp_ms == 5020 && m[1].size == 6);
  m[0].timestamp_ms = 100;
  m[1].timestamp_ms = 120;
  STATUS(OXRTMP_E_BUFFER, oxrtmp_aggregate_build(m, 2, built, 10, &length));
  OK(oxrtmp_aggregate_build(m, 2, built, sizeof built, &length));
  CHECK(length == sizeof vector - 1 && memcmp(built, vector, length) == 0);
  STATUS(OXRTMP_E_MESSAGE, oxrtmp_aggregate_parse(0, vector, 12, m, 2, &count));
  CHECK(count == 0);
  m[0].type = 256;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_aggregate_build(m, 2, built, sizeof built, &length));

  /* Sent as one message, they arrive as packets. */
  struct pair p = publishing(0, 0, (oxrtmp_queue){0});
  oxrtmp_packet packet = {.type = 22, .timestamp_ms = 5000, .raw = vector, .raw_size = sizeof vector - 1}, got[2];
  OK(oxrtmp_client_send_packet(p.client, &packet));
  for (int i = 0; i < 2; i++) {
    OK(oxrtmp_session_next_packet(p.session, 10000, &got[i]));
  }
  CHECK(got[0].type == 8 && got[0].timestamp_ms == 5000 && got[0].size == 1 && got[1].timestamp_ms == 5020);
  OK(oxrtmp_packets_release(got, 2));
  end(p);
}

/* testdata/vectors/aggregate.json and sharedobject.json, read and written. */
static void vectors(void) {
  for (size_t i = 0; i < sizeof aggregated / sizeof *aggregated; i++) {
    oxrtmp_aggregated m[16];
    char text[1024] = "";
    uint8_t built[512];
    size_t count, length;
    OK(oxrtmp_aggregate_parse(aggregated[i].timestamp_ms, (const uint8_t *)aggregated[i].bytes, aggregated[i].size, m, 16, &count));
    for (size_t k = 0; k < count; k++) {
      size_t at = strlen(text);
      at += (size_t)sprintf(text + at, "%u at %u: ", m[k].type, m[k].timestamp_ms);
      for (size_t b = 0; b < m[k].size; b++) {
        at += (size_t)sprintf(text + at, "%02x", m[k].data[b]);
      }
      strcpy(text + at, "\n");
    }
    TEXT(aggregated[i].text, text);
    uint32_t first = (uint32_t)(uint8_t)aggregated[i].bytes[4] << 16 | (uint32_t)(uint8_t)aggregated[i].bytes[5] << 8 |
                     (uint8_t)aggregated[i].bytes[6]; /* its timestamps count from anywhere */
    OK(oxrtmp_aggregate_parse(first, (const uint8_t *)aggregated[i].bytes, aggregated[i].size, m, 16, &count));
    OK(oxrtmp_aggregate_build(m, count, built, sizeof built, &length));
    CHECK(length == aggregated[i].size && memcmp(built, aggregated[i].bytes, length) == 0);
  }
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
    uint8_t values[512], built[512];
    char text[512];
    size_t size, length;
    OK(oxrtmp_shared_object_parse(19, (const uint8_t *)shared[i].bytes, shared[i].size, values, sizeof values, &size));
    OK(oxrtmp_amf_to_json(values, size, OXRTMP_AMF_STRICT, text, sizeof text, NULL));
    TEXT(shared[i].json, text);
    OK(oxrtmp_shared_object_build(values, size, built, sizeof built, &length));
    CHECK(length == shared[i].size && memcmp(built, shared[i].bytes, length) == 0);
  }
}

int main(void) {
  RUN(calls_and_answers);
  RUN(by_queue);
  RUN(calls_that_cannot_be);
  RUN(calls_that_are_too_long);
  RUN(closing_ends_a_call);
  RUN(shared_objects);
  RUN(deep_values);
  RUN(the_longest_shared_object);
  RUN(aggregates);
  RUN(vectors);
  return 0;
}
