/* The parts of the protocol put to use: their limits and errors, and a publisher made of them that speaks to an engine. */
#include "check.h"

static oxrtmp_status decode(oxrtmp_chunk_decoder d, const char *bytes, size_t size) {
  size_t consumed;
  return oxrtmp_chunk_decoder_feed(d, (const uint8_t *)bytes, size, &consumed);
}

static void decoders_have_limits(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_chunk_decoder d;
  oxrtmp_limits limits;
  OK(oxrtmp_limits_init(&limits));
  limits.message_bytes = 5;
  limits.chunk_streams = 2;
  OK(oxrtmp_chunk_decoder_create(&limits, &d));
  OK(decode(d, "\4\0\0\0\0\0\5\10\1\0\0\0ab", 14));
  OK(oxrtmp_chunk_decoder_abort(d, 4));
  OK(decode(d, "\5\0\0\1\0\0\1\11\1\0\0\0c", 13)); /* a message of another chunk stream, whole */
  oxrtmp_message m;
  uint8_t body[8];
  size_t length;
  OK(oxrtmp_chunk_decoder_next(d, &m, body, sizeof body, &length));
  CHECK(m.chunk_stream_id == 5 && m.timestamp_ms == 1 && m.type == 9 && m.stream_id == 1 && length == 1 && *body == 'c');
  STATUS(OXRTMP_E_LIMIT, decode(d, "\6\0\0\0\0\0\1\10\1\0\0\0c", 13));
  STATUS(OXRTMP_E_LIMIT, decode(d, "\4", 1)); /* stays */
  OK(oxrtmp_chunk_decoder_close(d));
  OK(oxrtmp_chunk_decoder_close(d));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_chunk_decoder_abort(d, 4));

  OK(oxrtmp_chunk_decoder_create(&limits, &d));
  STATUS(OXRTMP_E_LIMIT, decode(d, "\4\0\0\0\0\0\6\10\1\0\0\0", 12));
  OK(oxrtmp_chunk_decoder_close(d));
  OK(oxrtmp_chunk_decoder_create(NULL, &d));
  STATUS(OXRTMP_E_CHUNK, decode(d, "\304", 1));
  OK(oxrtmp_chunk_decoder_close(d));
  OK(oxrtmp_chunk_decoder_create(NULL, &d));
  OK(decode(d, "\4\0\0\0\0\0\5\10\1\0\0\0ab", 14)); /* closed with a message in hand, and with one whole */
  OK(oxrtmp_chunk_decoder_close(d));
  OK(oxrtmp_chunk_decoder_create(NULL, &d));
  OK(decode(d, "\5\0\0\1\0\0\1\11\1\0\0\0c", 13));
  OK(oxrtmp_chunk_decoder_close(d));
  SETTLED(&before);
}

static void encoders_check_what_they_get(void) {
  oxrtmp_chunk_encoder e;
  uint8_t buf[256];
  size_t length;
  oxrtmp_message m = {.chunk_stream_id = 4, .timestamp_ms = 10, .stream_id = 1, .type = 8};
  OK(oxrtmp_chunk_encoder_create(&e));
  OK(oxrtmp_chunk_encoder_write(e, &m, (const uint8_t *)"x", 1, buf, sizeof buf, &length));
  CHECK(length == 13 && buf[0] == 4);
  OK(oxrtmp_chunk_encoder_write(e, &m, (const uint8_t *)"x", 1, buf, sizeof buf, &length));
  CHECK(length == 5 && buf[0] == 0x84);
  OK(oxrtmp_chunk_encoder_forget(e, 4));
  OK(oxrtmp_chunk_encoder_write(e, &m, (const uint8_t *)"x", 1, buf, sizeof buf, &length));
  CHECK(length == 13 && buf[0] == 4); /* a complete header */
  OK(oxrtmp_chunk_encoder_set_full_headers(e, 1)); /* always */
  for (int i = 0; i < 2; i++) {
    OK(oxrtmp_chunk_encoder_write(e, &m, (const uint8_t *)"x", 1, buf, sizeof buf, &length));
    CHECK(length == 13 && buf[0] == 4);
  }
  OK(oxrtmp_chunk_encoder_set_full_headers(e, 0));
  OK(oxrtmp_chunk_encoder_write(e, &m, (const uint8_t *)"x", 1, buf, sizeof buf, &length));
  CHECK(length == 5 && buf[0] == 0x84);
  OK(oxrtmp_chunk_encoder_set_chunk_size(e, 1));
  OK(oxrtmp_chunk_encoder_write(e, &m, (const uint8_t *)"xyz", 3, buf, sizeof buf, &length));
  CHECK(memcmp(buf + length - 5, "x\304y\304z", 5) == 0);
  m.chunk_stream_id = 1000;
  m.timestamp_ms = 0xFFFFFF; /* two forms that are longer: three bytes of id, an extended timestamp with each chunk */
  OK(oxrtmp_chunk_encoder_write(e, &m, (const uint8_t *)"xy", 2, buf, sizeof buf, &length));
  CHECK(length == 3 + 11 + 4 + 1 + 3 + 4 + 1 && buf[0] == 1);

  static const uint32_t ids[] = {0, 1, 65600, UINT32_MAX};
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
    m.chunk_stream_id = ids[i];
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_chunk_encoder_write(e, &m, NULL, 0, buf, sizeof buf, &length));
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_chunk_encoder_forget(e, ids[i]));
  }
  m.chunk_stream_id = 3;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_chunk_encoder_write(e, &m, buf, 0x1000000, buf, sizeof buf, &length));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_chunk_encoder_write(e, &m, buf, SIZE_MAX, buf, sizeof buf, &length));
  m.type = 256;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_chunk_encoder_write(e, &m, NULL, 0, buf, sizeof buf, &length));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_chunk_encoder_set_chunk_size(e, 0));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_chunk_encoder_set_chunk_size(e, 0x80000000));
  OK(oxrtmp_chunk_encoder_close(e));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_chunk_encoder_forget(e, 4));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_chunk_encoder_set_full_headers(e, 1));
}

static oxrtmp_status json_of(const void *amf, size_t size, uint32_t flags) {
  char json[200];
  return oxrtmp_amf_to_json(amf, size, flags, json, sizeof json, NULL);
}

static void amf_is_bounded(void) {
  uint8_t deep[65 * 5 + 1], buf[100];
  size_t length;
  for (int i = 0; i < 65; i++) {
    memcpy(deep + 5 * i, "\12\0\0\0\1\5", 6);
  }
  STATUS(OXRTMP_E_LIMIT, json_of(deep, sizeof deep, 0));
  OK(json_of(deep + 5, sizeof deep - 5, 0)); /* 64 are not too many */
  oxrtmp_amf_cursor c = {.data = deep, .size = sizeof deep};
  oxrtmp_amf_value v;
  for (int i = 0; i < 64; i++) {
    OK(oxrtmp_amf_next(&c, &v));
    CHECK(v.type == OXRTMP_AMF_STRICT_ARRAY && v.depth == (uint32_t)i);
  }
  STATUS(OXRTMP_E_LIMIT, oxrtmp_amf_next(&c, &v));
  STATUS(OXRTMP_E_LIMIT, oxrtmp_amf_next(&c, &v));

  static const char open_object[] = "\3\0\1a\5"; /* {"a":null without its end */
  OK(json_of(open_object, 5, 0));
  STATUS(OXRTMP_E_AMF, json_of(open_object, 5, OXRTMP_AMF_STRICT));
  c = (oxrtmp_amf_cursor){.data = (const uint8_t *)open_object, .size = 5};
  OK(oxrtmp_amf_next(&c, &v));
  OK(oxrtmp_amf_next(&c, &v));
  CHECK(v.type == OXRTMP_AMF_NULL && v.name_size == 1 && *v.name == 'a');
  STATUS(OXRTMP_E_EOF, oxrtmp_amf_next(&c, &v));
  CHECK(v.name == NULL && c.depth == 1);
  c = (oxrtmp_amf_cursor){.data = (const uint8_t *)"\4", .size = 1};
  STATUS(OXRTMP_E_AMF, oxrtmp_amf_next(&c, &v));
  c = (oxrtmp_amf_cursor){.data = deep, .size = 1, .depth = 65};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_next(&c, &v));
  c = (oxrtmp_amf_cursor){.data = deep, .size = 1, .offset = 2};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_next(&c, &v));
  c = (oxrtmp_amf_cursor){.data = NULL, .size = 1};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_next(&c, &v));

  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_from_json("{}", 0, buf, sizeof buf, &length));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_from_json("[1", 0, buf, sizeof buf, &length));
  STATUS(OXRTMP_E_BUFFER, oxrtmp_amf_from_json("[1]", 0, buf, 8, &length));
  CHECK(length == 9);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_to_json(buf, 0, 4, (char *)buf, sizeof buf, NULL));
  v = (oxrtmp_amf_value){.type = 4};
  STATUS(OXRTMP_E_AMF, oxrtmp_amf_build(&v, buf, sizeof buf, &length));
  v = (oxrtmp_amf_value){.type = 256};
  STATUS(OXRTMP_E_AMF, oxrtmp_amf_build(&v, buf, sizeof buf, &length));
  v = (oxrtmp_amf_value){.type = OXRTMP_AMF_NULL, .name = "x", .name_size = 65536};
  char *name = calloc(1, 65536);
  v.name = name;
  STATUS(OXRTMP_E_LIMIT, oxrtmp_amf_build(&v, buf, sizeof buf, &length));
  free(name);
  char *text = malloc(65536);
  uint8_t *written = malloc(65536 + 5);
  memset(text, 'x', 65536);
  v = (oxrtmp_amf_value){.type = OXRTMP_AMF_STRING, .text = text, .text_size = 65536};
  OK(oxrtmp_amf_build(&v, written, 65536 + 5, &length));
  CHECK(length == 65536 + 5 && written[0] == 12); /* a long string */
  c = (oxrtmp_amf_cursor){.data = written, .size = length};
  OK(oxrtmp_amf_next(&c, &v));
  CHECK(v.type == OXRTMP_AMF_STRING && v.text_size == 65536 && v.text == (const char *)written + 5);
  free(text);
  free(written);
  v = (oxrtmp_amf_value){.type = OXRTMP_AMF_NULL, .name_size = 1};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_build(&v, buf, sizeof buf, &length));
}

static void messages_are_checked(void) {
  oxrtmp_control control;
  oxrtmp_command command;
  oxrtmp_packet packet;
  uint8_t buf[100] = {0};
  size_t length;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_control_parse(7, buf, 4, &control));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_control_parse(UINT32_MAX, buf, 4, &control));
  OK(oxrtmp_control_parse(1, (const uint8_t *)"\x80\0\20\0more", 8, &control));
  CHECK(control.value == 4096); /* without bit 31, and what follows */
  control = (oxrtmp_control){.type = 6, .limit_type = 3};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_control_build(&control, buf, sizeof buf, &length));
  control = (oxrtmp_control){.type = 4, .event = 65536};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_control_build(&control, buf, sizeof buf, &length));
  control = (oxrtmp_control){.type = 4, .event = 99, .data = buf, .data_size = 3};
  STATUS(OXRTMP_E_BUFFER, oxrtmp_control_build(&control, NULL, 0, NULL));
  static const uint32_t events[] = {0, 1, 2, 3, 4, 6, 7, 31, 32};
  for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
    oxrtmp_control sent = {.type = 4, .event = events[i]}, got;
    bool ping = events[i] == 6 || events[i] == 7;
    sent.stream_id = ping ? 0 : 5;
    sent.timestamp_ms = ping ? 77 : 0;
    sent.buffer_ms = events[i] == 3 ? 3000 : 0;
    OK(oxrtmp_control_build(&sent, buf, sizeof buf, &length));
    CHECK(length == (events[i] == 3 ? 10 : 6));
    OK(oxrtmp_control_parse(4, buf, length, &got));
    CHECK(memcmp(&sent, &got, sizeof got) == 0);
  }

  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_command_parse(18, buf, 4, &command));
  STATUS(OXRTMP_E_MESSAGE, oxrtmp_command_parse(20, (const uint8_t *)"\5", 1, &command));
  CHECK(command.name == NULL);
  OK(oxrtmp_command_parse(17, (const uint8_t *)"\0\2\0\1a\5\6", 7, &command));
  CHECK(command.name_size == 1 && command.transaction_id == 0 && command.values_size == 1 && *command.values == 6);

  static const char play[] = "\0\2\0\4play\0\0\0\0\0\0\0\0\0\5\21\6\11live"; /* vector B20: the name is in AMF3 */
  OK(oxrtmp_command_parse(17, (const uint8_t *)play, sizeof play - 1, &command));
  char values[100];
  OK(oxrtmp_amf_to_json(command.values, command.values_size, 0, values, sizeof values, NULL));
  TEXT("[null,\"live\"]", values);
  STATUS(OXRTMP_E_MESSAGE, oxrtmp_command_parse(17, (const uint8_t *)"\6\3a", 3, &command)); /* all of it */

  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_packet_parse(20, 0, buf, 4, &packet, 1, &length));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_packet_parse(9, 0, buf, 0x1000000, &packet, 1, &length));
  OK(oxrtmp_packet_parse(8, 5, NULL, 0, &packet, 1, &length));
  CHECK(length == 1 && packet.kind == OXRTMP_PACKET_SILENCE);
  OK(oxrtmp_packet_build(&packet, buf, sizeof buf, &length));
  CHECK(length == 0);
  OK(oxrtmp_packet_parse(18, 5, (const uint8_t *)"\2\0\1x\5", 5, &packet, 1, &length));
  char text[100];
  OK(oxrtmp_packet_handler(&packet, text, sizeof text, NULL));
  TEXT("x", text);
  packet = (oxrtmp_packet){.type = 9, .kind = OXRTMP_PACKET_FRAME, .data = buf, .size = 1};
  STATUS(OXRTMP_E_MEDIA, oxrtmp_packet_build(&packet, buf, sizeof buf, &length));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_flv_tag(&packet, buf, sizeof buf, &length));
  packet = (oxrtmp_packet){.type = 20, .raw = buf, .raw_size = 1};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_flv_tag(&packet, buf, sizeof buf, &length));
}

/* H.265 and AV1 under the numbers that vendors agreed on: read as what they are, written so when the flag says it. */
static void unofficial_numbers(void) {
  static const struct {
    const char *payload;
    uint32_t codec;
  } cases[] = {{"\x1c\1\0\0\0\0\0\0\1x", OXRTMP_CODEC_HVC1}, {"\x1d\1\0\0\0\0\0\0\1x", OXRTMP_CODEC_AV01}};
  for (size_t i = 0; i < 2; i++) {
    oxrtmp_packet p;
    uint8_t buf[32];
    size_t length;
    OK(oxrtmp_packet_parse(9, 0, (const uint8_t *)cases[i].payload, 10, &p, 1, &length));
    CHECK(p.codec == cases[i].codec && (p.flags & OXRTMP_PACKET_UNOFFICIAL_ID) != 0 && p.size == 5);
    CHECK((p.flags & OXRTMP_PACKET_KEYFRAME) != 0 && (p.flags & OXRTMP_PACKET_ENHANCED) == 0);
    OK(oxrtmp_packet_build(&p, buf, sizeof buf, &length));
    CHECK(length == 10 && memcmp(buf, cases[i].payload, length) == 0);
    p.flags &= ~(uint32_t)OXRTMP_PACKET_UNOFFICIAL_ID;
    OK(oxrtmp_packet_build(&p, buf, sizeof buf, &length)); /* without it, an Enhanced RTMP header */
    CHECK((buf[0] & 0x80) != 0 && memcmp(buf + 1, i == 0 ? "hvc1" : "av01", 4) == 0);
  }
}

/* A file written on the caller's buffers, read back: the vectors F1 and F2 are what is written. */
static void an_flv_file(void) {
  uint8_t file[200];
  size_t length, size = 0;
  STATUS(OXRTMP_E_BUFFER, oxrtmp_flv_header(1, 1, file, 12, &length));
  OK(oxrtmp_flv_header(1, 1, file, length, &length));
  CHECK(length == 13 && memcmp(file, "FLV\1\5\0\0\0\11\0\0\0\0", 13) == 0);
  size = length;
  oxrtmp_packet p = {.type = 8, .timestamp_ms = 0x01020304, .raw = (const uint8_t *)"\xaf\1\x21", .raw_size = 3};
  STATUS(OXRTMP_E_BUFFER, oxrtmp_flv_tag(&p, file + size, 17, &length));
  OK(oxrtmp_flv_tag(&p, file + size, length, &length));
  CHECK(length == 18 && memcmp(file + size, "\10\0\0\3\2\3\4\1\0\0\0\xaf\1\x21\0\0\0\16", 18) == 0);
  size += length;
  p = (oxrtmp_packet){.type = 18, .kind = OXRTMP_PACKET_DATA, .flags = OXRTMP_PACKET_SET_DATA_FRAME};
  p.data = (const uint8_t *)"\2\0\1x\5"; /* goes without @setDataFrame */
  p.size = 5;
  OK(oxrtmp_flv_tag(&p, file + size, sizeof file - size, &length));
  CHECK(length == 11 + 5 + 4);
  size += length;
  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_create(&reader));
  OK(oxrtmp_flv_reader_feed(reader, file, size));
  OK(oxrtmp_flv_reader_next_packet(reader, &p));
  CHECK(p.type == 8 && p.timestamp_ms == 0x01020304 && p.codec == OXRTMP_CODEC_MP4A && p.size == 1 && *p.data == 0x21);
  OK(oxrtmp_packet_release(&p));
  OK(oxrtmp_flv_reader_next_packet(reader, &p));
  CHECK(p.type == 18 && p.size == 5);
  OK(oxrtmp_packet_release(&p));
  OK(oxrtmp_flv_reader_close(reader));
}

/* ---- a publisher made of parts, against an engine ---- */

struct publisher_of_parts {
  oxrtmp_engine engine;
  oxrtmp_handshake handshake;
  oxrtmp_chunk_encoder encoder;
  oxrtmp_chunk_decoder decoder;
  oxrtmp_event events[32];
  size_t count;
  char seen[2000]; /* what the engine answered, in words */
};

static void to_engine(struct publisher_of_parts *p, const uint8_t *bytes, size_t size) {
  while (size > 0) {
    size_t consumed;
    OK(oxrtmp_engine_receive(p->engine, 0, bytes, size, &consumed));
    bytes += consumed;
    size -= consumed;
    oxrtmp_event event;
    while (oxrtmp_engine_next_event(p->engine, &event) == OXRTMP_OK) {
      if (event.type == OXRTMP_EVENT_REQUEST) {
        oxrtmp_session session;
        OK(oxrtmp_request_accept(event.request, NULL, &session));
      }
      CHECK(p->count < 32);
      p->events[p->count++] = event;
    }
  }
}

static void say(struct publisher_of_parts *p, const char *words) {
  strncat(p->seen, words, sizeof p->seen - strlen(p->seen) - 1);
}

static void understand(struct publisher_of_parts *p, const oxrtmp_message *m, const uint8_t *body, size_t size) {
  oxrtmp_control control;
  oxrtmp_command command;
  char text[400], values[2000];
  if (m->type <= 6) {
    OK(oxrtmp_control_parse(m->type, body, size, &control));
    if (m->type == 1) {
      OK(oxrtmp_chunk_decoder_set_chunk_size(p->decoder, control.value));
    }
    snprintf(text, sizeof text, "control %u; ", control.type);
    say(p, text);
    return;
  }
  CHECK(m->type == 20);
  OK(oxrtmp_command_parse(m->type, body, size, &command));
  OK(oxrtmp_amf_to_json(command.values, command.values_size, 0, values, sizeof values, NULL));
  snprintf(text, sizeof text, "%.*s %.0f %.300s; ", (int)command.name_size, command.name, command.transaction_id,
           strstr(values, "code") != NULL ? strstr(values, "code") : values);
  say(p, text);
}

/* listen_to takes the engine's output, in pieces of 100 bytes. */
static void listen_to(struct publisher_of_parts *p) {
  uint8_t bytes[100], body[2000];
  size_t size, consumed, length;
  for (;;) {
    OK(oxrtmp_engine_output(p->engine, bytes, sizeof bytes, &size));
    if (size == 0) {
      return;
    }
    OK(oxrtmp_handshake_receive(p->handshake, bytes, size, &consumed));
    for (size_t at = consumed; at < size; at += consumed) {
      oxrtmp_message m;
      OK(oxrtmp_chunk_decoder_feed(p->decoder, bytes + at, size - at, &consumed));
      if (oxrtmp_chunk_decoder_next(p->decoder, &m, body, sizeof body, &length) == OXRTMP_OK) {
        understand(p, &m, body, length);
      }
    }
  }
}

static void send_message(struct publisher_of_parts *p, uint32_t csid, uint32_t stream, uint32_t type, uint32_t timestamp,
                         const uint8_t *body, size_t size) {
  uint8_t wire[2000];
  size_t length;
  oxrtmp_message m = {.chunk_stream_id = csid, .timestamp_ms = timestamp, .stream_id = stream, .type = type};
  OK(oxrtmp_chunk_encoder_write(p->encoder, &m, body, size, wire, sizeof wire, &length));
  to_engine(p, wire, length);
}

static void send_command(struct publisher_of_parts *p, uint32_t stream, const char *name, double id, const char *json) {
  uint8_t values[500], body[600];
  size_t size;
  oxrtmp_command c = {.name = name, .name_size = strlen(name), .transaction_id = id, .values = values};
  OK(oxrtmp_amf_from_json(json, 0, values, sizeof values, &c.values_size));
  OK(oxrtmp_command_build(&c, body, sizeof body, &size));
  send_message(p, 3, stream, 20, 0, body, size);
  listen_to(p);
}

static void shake_hands(struct publisher_of_parts *p) {
  oxrtmp_handshake_options o;
  oxrtmp_handshake_info info = {.struct_size = sizeof info};
  uint8_t bytes[700];
  size_t size;
  OK(oxrtmp_handshake_options_init(&o));
  o.client = o.digest = 1;
  OK(oxrtmp_handshake_create(&o, &p->handshake));
  while (info.done == 0) {
    OK(oxrtmp_handshake_output(p->handshake, bytes, sizeof bytes, &size));
    to_engine(p, bytes, size);
    if (size == 0) {
      listen_to(p);
    }
    OK(oxrtmp_handshake_result(p->handshake, &info));
  }
  do {
    OK(oxrtmp_handshake_output(p->handshake, bytes, sizeof bytes, &size));
    to_engine(p, bytes, size);
  } while (size > 0);
  CHECK(info.digest == 1 && info.peer_verified == 1);
}

static void a_publisher_of_parts(void) {
  static struct publisher_of_parts p;
  OK(oxrtmp_engine_server_create(NULL, 0, &p.engine));
  OK(oxrtmp_chunk_encoder_create(&p.encoder));
  OK(oxrtmp_chunk_decoder_create(NULL, &p.decoder));
  shake_hands(&p);
  send_command(&p, 0, "connect", 1, "[{\"app\":\"live\",\"tcUrl\":\"rtmp://host/live\"}]");
  send_command(&p, 0, "createStream", 2, "[null]");
  send_command(&p, 1, "publish", 3, "[null,\"name\",\"live\"]");
  TEXT("control 5; control 6; control 4; _result 1 code\":\"NetConnection.Connect.Success\"", strtok(p.seen, ","));
  CHECK(strstr(p.seen + strlen(p.seen) + 1, "_result 2 [null,1]; ") != NULL);
  CHECK(strstr(p.seen + strlen(p.seen) + 1, "onStatus 0 code\":\"NetStream.Publish.Start\"") != NULL);

  oxrtmp_packet frame = {.type = 9, .kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_HVC1, .composition_ms = 40};
  frame.flags = OXRTMP_PACKET_KEYFRAME;
  frame.data = (const uint8_t *)"\0\0\0\1x";
  frame.size = 5;
  uint8_t body[100];
  size_t size;
  OK(oxrtmp_packet_build(&frame, body, sizeof body, &size));
  size_t before = p.count;
  send_message(&p, 6, 1, 9, 100, body, size);
  const oxrtmp_packet *got = &p.events[before].u.packet;
  CHECK(p.count == before + 1 && p.events[before].type == OXRTMP_EVENT_PACKET && got->timestamp_ms == 100);
  CHECK(got->codec == OXRTMP_CODEC_HVC1 && got->composition_ms == 40 && got->size == 5);

  before = p.count;
  oxrtmp_control ack = {.type = 3, .value = 4711};
  OK(oxrtmp_control_build(&ack, body, sizeof body, &size));
  send_message(&p, 2, 0, 3, 0, body, size);
  CHECK(p.count == before + 1 && p.events[before].type == OXRTMP_EVENT_ACKNOWLEDGED && p.events[before].value == 4711);

  /* An aggregate (vector F10): each of its messages is a packet, counted from the message's own time. */
  static const char aggregate[] =
      "\10\0\0\3\0\0\144\0\0\0\0\xaf\1\xaa\0\0\0\16\11\0\0\6\0\0\170\0\0\0\0\x27\1\0\0\0\xbb\0\0\0\21";
  before = p.count;
  send_message(&p, 4, 1, 22, 5000, (const uint8_t *)aggregate, sizeof aggregate - 1);
  CHECK(p.count == before + 2);
  CHECK(p.events[before].u.packet.type == 8 && p.events[before].u.packet.timestamp_ms == 5000);
  CHECK(p.events[before + 1].u.packet.type == 9 && p.events[before + 1].u.packet.timestamp_ms == 5020);

  for (size_t i = 0; i < p.count; i++) {
    OK(oxrtmp_event_release(&p.events[i]));
  }
  OK(oxrtmp_handshake_close(p.handshake));
  OK(oxrtmp_chunk_encoder_close(p.encoder));
  OK(oxrtmp_chunk_decoder_close(p.decoder));
  OK(oxrtmp_engine_close(p.engine));
}

/* The vectors E16 and E17: Enhanced RTMP v2, Metadata Frame. */
static const uint8_t reset_of_colors[] = "\x02\0\x09" "colorInfo" "\x06";
static const uint8_t colors_of_hdr[] =
    "\x02\0\x09" "colorInfo" "\x03\0\x0b" "colorConfig" "\x03\0\x08" "bitDepth" "\0\x40\x24\0\0\0\0\0\0"
    "\0\x0e" "colorPrimaries" "\0\x40\x22\0\0\0\0\0\0" "\0\x17" "transferCharacteristics"
    "\0\x40\x30\0\0\0\0\0\0" "\0\x12" "matrixCoefficients" "\0\x40\x22\0\0\0\0\0\0" "\0\0\x09" "\0\0\x09";

static void colors(void) {
  oxrtmp_color_info info, again;
  uint8_t buf[1024];
  size_t length;
  OK(oxrtmp_color_info_init(&info));
  OK(oxrtmp_color_info_parse(colors_of_hdr, sizeof colors_of_hdr - 1, &info));
  CHECK(info.sections == OXRTMP_COLOR_CONFIG && info.bit_depth == 10 && info.color_primaries == 9);
  CHECK(info.transfer_characteristics == 16 && info.matrix_coefficients == 9 && info.max_light == 0);
  OK(oxrtmp_color_info_build(&info, buf, sizeof buf, &length));
  CHECK(length == sizeof colors_of_hdr - 1 && memcmp(buf, colors_of_hdr, length) == 0);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_color_info_build(&info, buf, length - 1, &length));
  CHECK(length == sizeof colors_of_hdr - 1);

  OK(oxrtmp_color_info_parse(reset_of_colors, sizeof reset_of_colors - 1, &info));
  CHECK(info.sections == 0 && info.bit_depth == 0);
  OK(oxrtmp_color_info_build(&info, buf, sizeof buf, &length));
  CHECK(length == sizeof reset_of_colors - 1 && memcmp(buf, reset_of_colors, length) == 0);

  info.sections = OXRTMP_COLOR_LIGHT | OXRTMP_COLOR_DISPLAY;
  info.max_frame_average_light = 400, info.max_light = 1000, info.red_x = 0.708, info.white_point_y = 0.329;
  info.min_luminance = 0.005;
  OK(oxrtmp_color_info_build(&info, buf, sizeof buf, &length));
  OK(oxrtmp_color_info_init(&again));
  OK(oxrtmp_color_info_parse(buf, length, &again));
  CHECK(memcmp(&info, &again, sizeof info) == 0);

  STATUS(OXRTMP_E_MEDIA, oxrtmp_color_info_parse((const uint8_t *)"\x05", 1, &again));
  CHECK(again.sections == 0);
  STATUS(OXRTMP_E_AMF, oxrtmp_color_info_parse(colors_of_hdr, 5, &again));
  info.bit_depth = 256;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_color_info_build(&info, buf, sizeof buf, &length));
}

static void timestamps_wrap(void) {
  CHECK(oxrtmp_timestamp_before(1, 2) && !oxrtmp_timestamp_before(2, 1) && !oxrtmp_timestamp_before(7, 7));
  CHECK(oxrtmp_timestamp_before(0xFFFFFFFF, 0) && !oxrtmp_timestamp_before(0, 0xFFFFFFFF));
  CHECK(oxrtmp_timestamp_before(0xC0000000, 0x3FFFFFFF) && !oxrtmp_timestamp_before(0x3FFFFFFF, 0xC0000000));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(decoders_have_limits);
  RUN(encoders_check_what_they_get);
  RUN(amf_is_bounded);
  RUN(messages_are_checked);
  RUN(unofficial_numbers);
  RUN(colors);
  RUN(timestamps_wrap);
  RUN(an_flv_file);
  RUN(a_publisher_of_parts);
  SETTLED(&before);
  return 0;
}
