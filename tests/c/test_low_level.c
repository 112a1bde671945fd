/* The parts of the protocol on the caller's buffers: every vector of handshakes, chunks, messages and AMF, both ways,
 * and of logins. The tables are made by tests/c/vectors. */
#include "check.h"

struct hand_packet {
  const char *id;
  const char *bytes;
  size_t size;
  uint32_t base, digest_offset, key_offset, time;
  const char *digest;
  size_t digest_size;
  const char *looks;
};

struct wire_message {
  oxrtmp_message header;
  const char *payload;
  size_t size;
};

struct chunks {
  const char *id;
  const char *bytes;
  size_t size;
  uint32_t chunk_size;
  int all; /* the messages are all that the bytes hold; else the last one */
  int count;
  struct wire_message messages[8];
};

struct control_vector {
  const char *id;
  const char *bytes;
  size_t size;
  struct wire_message message;
  oxrtmp_control control;
};

struct command_vector {
  const char *id;
  const char *bytes;
  size_t size;
  struct wire_message message;
  const char *name;
  double transaction_id;
  const char *values;
};

struct amf_vector {
  const char *id;
  const char *bytes;
  size_t size;
  int canonical;
  const char *json;
  int count;
  oxrtmp_amf_value steps[8];
};

struct value {
  const char *id;
  const char *bytes;
  size_t size;
  const char *json;
};

struct login {
  const char *id;
  int llnw;
  const char *user, *password, *said[4], *response;
};

#include "low_level.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void fail_at(const char *id, const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  OK(oxrtmp_last_error(text, sizeof text));
  fprintf(stderr, "vector %s: %s (last error: %s)\n", id, what, text);
  exit(1);
}

/* exact copies bytes to memory of just their size, so that a sanitizer sees every byte read beyond. */
static uint8_t *exact(const void *bytes, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  CHECK(copy != NULL);
  memcpy(copy, bytes, size);
  return copy;
}

/* ---- handshakes ---- */

static const struct hand_packet *hand_packet(const char *name, const char *base) {
  char id[32];
  snprintf(id, sizeof id, "%s%s", name, base);
  for (size_t i = 0; i < COUNT(hand_packets); i++) {
    if (strcmp(hand_packets[i].id, id) == 0) {
      return &hand_packets[i];
    }
  }
  fail_at(id, "is not there");
  return NULL;
}

/* pattern fills p with the bytes that the vectors have where a real peer has random ones. */
static uint8_t *pattern(uint8_t *p, int multiply, int add, int from, int to) {
  for (int i = from; i < to; i++) {
    *p++ = (uint8_t)(multiply * i + add);
  }
  return p;
}

static void receive(oxrtmp_handshake h, const void *bytes, size_t size, size_t piece) {
  for (size_t at = 0; at < size;) {
    size_t n = size - at < piece ? size - at : piece, consumed;
    uint8_t *p = exact((const uint8_t *)bytes + at, n);
    OK(oxrtmp_handshake_receive(h, p, n, &consumed));
    free(p);
    CHECK(consumed == n);
    at += n;
  }
}

static size_t output(oxrtmp_handshake h, uint8_t *buf, size_t cap, size_t piece) {
  size_t total = 0, size;
  do {
    OK(oxrtmp_handshake_output(h, buf + total, total + piece > cap ? cap - total : piece, &size));
    total += size;
  } while (size > 0);
  return total;
}

static oxrtmp_handshake_info result(oxrtmp_handshake h) {
  oxrtmp_handshake_info info = {.struct_size = sizeof info};
  OK(oxrtmp_handshake_result(h, &info));
  return info;
}

static void server_makes(const char *base, size_t piece) {
  uint8_t random[OXRTMP_HANDSHAKE_RANDOM_SIZE], out[4000];
  pattern(pattern(random, 11, 3, 8, 1536), 5, 1, 0, 1504);
  oxrtmp_handshake_options o;
  oxrtmp_handshake h;
  OK(oxrtmp_handshake_options_init(&o));
  o.random = random;
  o.random_size = sizeof random;
  o.time_ms = 0x01020304;
  OK(oxrtmp_handshake_create(&o, &h));
  memset(random, 0, sizeof random); /* it was read */
  receive(h, "\3", 1, piece);
  receive(h, hand_packet("C1", base)->bytes, 1536, piece);
  CHECK(output(h, out, sizeof out, piece) == 1 + 2 * 1536 && out[0] == 3);
  if (memcmp(out + 1, hand_packet("S1", base)->bytes, 1536) != 0 ||
      memcmp(out + 1 + 1536, hand_packet("S2", base)->bytes, 1536) != 0) {
    fail_at(base, "S1 or S2 differs");
  }
  CHECK(result(h).done == 0);
  receive(h, hand_packet("C2", base)->bytes, 1536, piece);
  oxrtmp_handshake_info info = result(h);
  CHECK(info.done == 1 && info.digest == 1 && info.peer_verified == 1 && info.scheme == hand_packet("C1", base)->base);
  CHECK(memcmp(info.peer_version, "\x80\0\7\2", 4) == 0 && info.peer_time_ms == 0);
  size_t consumed;
  OK(oxrtmp_handshake_receive(h, out, 1, &consumed));
  CHECK(consumed == 0); /* that belongs to the chunks */
  OK(oxrtmp_handshake_close(h));
}

static void client_makes(const char *base, size_t piece) {
  uint8_t random[OXRTMP_HANDSHAKE_RANDOM_SIZE], out[4000];
  pattern(pattern(random, 7, 3, 8, 1536), 3, 2, 0, 1504);
  oxrtmp_handshake_options o;
  oxrtmp_handshake h;
  OK(oxrtmp_handshake_options_init(&o));
  o.client = o.digest = 1;
  o.random = random;
  o.random_size = sizeof random;
  OK(oxrtmp_handshake_create(&o, &h));
  CHECK(output(h, out, sizeof out, piece) == 1 + 1536);
  CHECK(out[0] == 3 && memcmp(out + 1, hand_packet("C1", "-8")->bytes, 1536) == 0);
  receive(h, "\3", 1, piece);
  receive(h, hand_packet("S1", base)->bytes, 1536, piece);
  CHECK(output(h, out, sizeof out, piece) == 1536);
  if (memcmp(out, hand_packet("C2", base)->bytes, 1536) != 0) {
    fail_at(base, "C2 differs");
  }
  receive(h, hand_packet("S2", "-8")->bytes, 1536, piece);
  oxrtmp_handshake_info info = result(h);
  CHECK(info.done == 1 && info.digest == 1 && info.peer_verified == 1 && info.scheme == hand_packet("S1", base)->base);
  CHECK(info.peer_time_ms == hand_packet("S1", base)->time);
  OK(oxrtmp_handshake_close(h));
}

static void digest_handshakes(void) {
  static const size_t pieces[] = {1, 1000, 4000};
  for (size_t i = 0; i < COUNT(pieces); i++) {
    server_makes("-772", pieces[i]);
    server_makes("-8", pieces[i]);
    client_makes("-772", pieces[i]);
    client_makes("-8", pieces[i]);
  }
}

/* The places of digest and key in each packet, and what is there. */
static void places(void) {
  int seen = 0;
  for (size_t i = 0; i < COUNT(hand_packets); i++) {
    const struct hand_packet *v = &hand_packets[i];
    uint32_t digest, key;
    if (v->digest_offset == 0) {
      continue;
    }
    OK(oxrtmp_handshake_offsets((const uint8_t *)v->bytes, v->size, v->base, &digest, &key));
    if (digest != v->digest_offset || (v->key_offset != 0 && key != v->key_offset) ||
        memcmp(v->bytes + digest, v->digest, v->digest_size) != 0) {
      fail_at(v->id, "places");
    }
    seen++;
  }
  CHECK(seen == 4);
  uint32_t digest, key;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_handshake_offsets((const uint8_t *)hand_packets[0].bytes, 1535, 8, &digest, &key));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_handshake_offsets((const uint8_t *)hand_packets[0].bytes, 1536, 9, &digest, &key));
}

/* Packets without a digest are repeated, whatever their version says; the client does the same. */
static void simple_handshakes(void) {
  static const char *const names[] = {"C1-simple", "C1-junk"};
  for (size_t i = 0; i < COUNT(names); i++) {
    const struct hand_packet *v = hand_packet(names[i], "");
    uint8_t out[4000];
    oxrtmp_handshake server, client;
    oxrtmp_handshake_options o;
    OK(oxrtmp_handshake_options_init(&o));
    o.client = 1;
    OK(oxrtmp_handshake_create(NULL, &server));
    OK(oxrtmp_handshake_create(&o, &client));
    receive(server, "\3", 1, 1);
    receive(server, v->bytes, v->size, 7);
    CHECK(output(server, out, sizeof out, 100) == 3073);
    if (memcmp(out + 1 + 1536, v->bytes, 1536) != 0) {
      fail_at(v->id, "S2 does not repeat it");
    }
    oxrtmp_handshake_info info = result(server);
    CHECK(info.digest == 0 && info.scheme == 0 && info.done == 0 && info.peer_time_ms == v->time);
    CHECK(memcmp(info.peer_version, v->bytes + 4, 4) == 0);
    receive(server, v->bytes, 1536, 1536); /* a wrong C2 ends it all the same */
    CHECK(result(server).done == 1 && result(server).peer_verified == 0);

    uint8_t c1[1537];
    CHECK(output(client, c1, sizeof c1, sizeof c1) == sizeof c1);
    receive(client, out, 1537, 1537);
    receive(client, c1 + 1, 1536, 1536);
    CHECK(result(client).done == 1 && result(client).peer_verified == 1);
    uint8_t c2[1536];
    CHECK(output(client, c2, sizeof c2, sizeof c2) == sizeof c2 && memcmp(c2, out + 1, sizeof c2) == 0);
    OK(oxrtmp_handshake_close(server));
    OK(oxrtmp_handshake_close(client));
  }
}

static void first_bytes(void) {
  int refused = 0;
  for (size_t i = 0; i < COUNT(hand_packets); i++) {
    const struct hand_packet *v = &hand_packets[i];
    if (v->size != 1) {
      continue;
    }
    oxrtmp_handshake h;
    char text[OXRTMP_ERROR_TEXT_SIZE];
    size_t consumed;
    OK(oxrtmp_handshake_create(NULL, &h));
    oxrtmp_status status = oxrtmp_handshake_receive(h, (const uint8_t *)v->bytes, 1, &consumed);
    OK(oxrtmp_last_error(text, sizeof text));
    if (v->bytes[0] == 3) {
      CHECK(status == OXRTMP_OK && consumed == 1);
    } else if (status != OXRTMP_E_HANDSHAKE || consumed != 0 || strstr(text, v->looks) == NULL) {
      fail_at(v->id, "is not refused, or not named");
    } else {
      STATUS(OXRTMP_E_HANDSHAKE, oxrtmp_handshake_receive(h, (const uint8_t *)"\3", 1, &consumed));
      refused++;
    }
    OK(oxrtmp_handshake_close(h));
  }
  CHECK(refused >= 8);
  oxrtmp_handshake_options o;
  oxrtmp_handshake h;
  OK(oxrtmp_handshake_options_init(&o));
  o.random = (const uint8_t *)"x";
  o.random_size = OXRTMP_HANDSHAKE_RANDOM_SIZE - 1;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_handshake_create(&o, &h));
}

/* ---- chunks ---- */

/* read_chunks decodes bytes that come in pieces; the messages' payloads lie one after the other in heap. */
static int read_chunks(const char *id, const void *bytes, size_t size, uint32_t chunk_size, size_t piece,
                       struct wire_message *messages, int max, uint8_t *heap) {
  oxrtmp_chunk_decoder d;
  int count = 0;
  OK(oxrtmp_chunk_decoder_create(NULL, &d));
  OK(oxrtmp_chunk_decoder_set_chunk_size(d, chunk_size));
  for (size_t at = 0; at < size;) {
    size_t n = size - at < piece ? size - at : piece, consumed, length;
    uint8_t *p = exact((const uint8_t *)bytes + at, n);
    OK(oxrtmp_chunk_decoder_feed(d, p, n, &consumed));
    free(p);
    at += consumed;
    oxrtmp_message header;
    oxrtmp_status status = oxrtmp_chunk_decoder_next(d, &header, NULL, 0, &length);
    if (status == OXRTMP_E_AGAIN) {
      CHECK(consumed == n);
      continue;
    }
    CHECK(count < max && status == (length > 0 ? OXRTMP_E_BUFFER : OXRTMP_OK));
    if (length > 0) {
      OK(oxrtmp_chunk_decoder_feed(d, (const uint8_t *)"x", 1, &consumed));
      CHECK(consumed == 0 && header.type == 0); /* it waits to be taken */
      OK(oxrtmp_chunk_decoder_next(d, &header, heap, length, &length));
    }
    messages[count++] = (struct wire_message){header, (const char *)heap, length};
    heap += length;
  }
  size_t length;
  oxrtmp_message none;
  if (oxrtmp_chunk_decoder_next(d, &none, NULL, 0, &length) != OXRTMP_E_AGAIN) {
    fail_at(id, "one message more");
  }
  OK(oxrtmp_chunk_decoder_close(d));
  return count;
}

static bool same(const struct wire_message *a, const struct wire_message *b) {
  return memcmp(&a->header, &b->header, sizeof a->header) == 0 && a->size == b->size &&
         (a->size == 0 || memcmp(a->payload, b->payload, a->size) == 0);
}

static void check_chunks(const struct chunks *v, const void *bytes, size_t size) {
  static const size_t pieces[] = {1, 7, 100000};
  static uint8_t heap[16384];
  for (size_t i = 0; i < COUNT(pieces); i++) {
    struct wire_message found[16];
    int count = read_chunks(v->id, bytes, size, v->chunk_size, pieces[i], found, 16, heap);
    if (v->all && count != v->count) {
      fail_at(v->id, "number of messages");
    }
    for (int j = 0; j < v->count; j++) {
      if (count < v->count || !same(&found[count - v->count + j], &v->messages[j])) {
        fail_at(v->id, "message");
      }
    }
  }
}

/* write_chunks encodes a message; a buffer that is one byte too small changes nothing. */
static size_t write_chunks(oxrtmp_chunk_encoder e, const struct wire_message *m, uint8_t *to, size_t cap) {
  size_t needed, length;
  uint8_t *payload = exact(m->payload, m->size);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_chunk_encoder_write(e, &m->header, payload, m->size, NULL, 0, &needed));
  CHECK(needed > 0 && needed <= cap);
  uint8_t *tight = malloc(needed);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_chunk_encoder_write(e, &m->header, payload, m->size, tight, needed - 1, &length));
  CHECK(length == needed);
  OK(oxrtmp_chunk_encoder_write(e, &m->header, payload, m->size, tight, needed, &length));
  CHECK(length == needed);
  memcpy(to, tight, needed);
  free(tight);
  free(payload);
  return needed;
}

static void chunk_vectors(void) {
  int whole = 0;
  for (size_t i = 0; i < COUNT(chunks); i++) {
    const struct chunks *v = &chunks[i];
    check_chunks(v, v->bytes, v->size);
    if (!v->all) {
      continue;
    }
    static uint8_t wire[16384];
    size_t size = 0;
    oxrtmp_chunk_encoder e;
    OK(oxrtmp_chunk_encoder_create(&e));
    OK(oxrtmp_chunk_encoder_set_chunk_size(e, v->chunk_size));
    for (int j = 0; j < v->count; j++) {
      size += write_chunks(e, &v->messages[j], wire + size, sizeof wire - size);
    }
    OK(oxrtmp_chunk_encoder_close(e));
    check_chunks(v, wire, size);
    whole++;
  }
  CHECK(COUNT(chunks) > 20 && whole >= 5);
}

/* one_message reads bytes that are one message. */
static void one_message(const char *id, const char *bytes, size_t size, const struct wire_message *wanted) {
  static uint8_t heap[4096];
  struct wire_message found;
  if (read_chunks(id, bytes, size, 128, 5, &found, 1, heap) != 1 || !same(&found, wanted)) {
    fail_at(id, "message");
  }
  uint8_t wire[1000];
  oxrtmp_chunk_encoder e;
  OK(oxrtmp_chunk_encoder_create(&e));
  if (write_chunks(e, wanted, wire, sizeof wire) != size || memcmp(wire, bytes, size) != 0) {
    fail_at(id, "the chunks written differ");
  }
  OK(oxrtmp_chunk_encoder_close(e));
}

/* ---- messages ---- */

static void control_vectors(void) {
  for (size_t i = 0; i < COUNT(controls); i++) {
    const struct control_vector *v = &controls[i];
    one_message(v->id, v->bytes, v->size, &v->message);
    oxrtmp_control c, wanted = v->control;
    uint8_t *body = exact(v->message.payload, v->message.size), again[100];
    size_t length;
    OK(oxrtmp_control_parse(v->message.header.type, body, v->message.size, &c));
    if (c.data_size != wanted.data_size || (c.data_size > 0 && memcmp(c.data, wanted.data, c.data_size) != 0)) {
      fail_at(v->id, "data");
    }
    wanted.data = c.data;
    if (memcmp(&c, &wanted, sizeof c) != 0) {
      fail_at(v->id, "fields");
    }
    STATUS(OXRTMP_E_BUFFER, oxrtmp_control_build(&c, again, v->message.size - 1, &length));
    CHECK(length == v->message.size);
    OK(oxrtmp_control_build(&c, again, v->message.size, &length));
    if (length != v->message.size || memcmp(again, body, length) != 0) {
      fail_at(v->id, "what is built differs");
    }
    for (size_t n = 0; n < v->message.size && wanted.data_size == 0; n++) {
      oxrtmp_status status = oxrtmp_control_parse(v->message.header.type, body, n, &c);
      if (status != OXRTMP_E_MESSAGE && !(v->message.header.type == 6 && n == 4)) { /* some peers leave its end out */
        fail_at(v->id, "is cut, and no error");
      }
    }
    free(body);
  }
  CHECK(COUNT(controls) >= 10);
}

static void command_vectors(void) {
  for (size_t i = 0; i < COUNT(commands); i++) {
    const struct command_vector *v = &commands[i];
    one_message(v->id, v->bytes, v->size, &v->message);
    oxrtmp_command c;
    char json[1000];
    uint8_t *body = exact(v->message.payload, v->message.size), again[1000];
    size_t length;
    OK(oxrtmp_command_parse(v->message.header.type, body, v->message.size, &c));
    if (c.name_size != strlen(v->name) || memcmp(c.name, v->name, c.name_size) != 0 ||
        c.transaction_id != v->transaction_id) {
      fail_at(v->id, "name or transaction");
    }
    OK(oxrtmp_amf_to_json(c.values, c.values_size, OXRTMP_AMF_STRICT, json, sizeof json, NULL));
    TEXT(v->values, json);
    STATUS(OXRTMP_E_BUFFER, oxrtmp_command_build(&c, again, v->message.size - 1, &length));
    OK(oxrtmp_command_build(&c, again, sizeof again, &length));
    if (length != v->message.size || memcmp(again, body, length) != 0) {
      fail_at(v->id, "what is built differs");
    }
    free(body);
  }
  CHECK(COUNT(commands) >= 4);
}

/* ---- AMF0 ---- */

static bool same_text(const char *a, size_t a_size, const char *b, size_t b_size) {
  return a_size == b_size && (a == NULL) == (b == NULL) && (a_size == 0 || memcmp(a, b, a_size) == 0);
}

static void walk(const struct amf_vector *v) {
  uint8_t *data = exact(v->bytes, v->size), again[1000];
  oxrtmp_amf_cursor cursor = {.data = data, .size = v->size};
  oxrtmp_amf_value value;
  size_t written = 0, length;
  for (int i = 0; i < v->count; i++) {
    const oxrtmp_amf_value *wanted = &v->steps[i];
    OK(oxrtmp_amf_next(&cursor, &value));
    if (value.type != wanted->type || value.depth != wanted->depth || value.count != wanted->count ||
        value.zone != wanted->zone || value.number != wanted->number ||
        !same_text(value.name, value.name_size, wanted->name, wanted->name_size) ||
        value.text_size != wanted->text_size || memcmp(wanted->text, value.text_size > 0 ? value.text : "", value.text_size) != 0) {
      fail_at(v->id, "step");
    }
    STATUS(OXRTMP_E_BUFFER, oxrtmp_amf_build(&value, NULL, 0, &length));
    OK(oxrtmp_amf_build(&value, again + written, length, NULL));
    written += length;
  }
  if (v->count > 0) {
    STATUS(OXRTMP_E_EOF, oxrtmp_amf_next(&cursor, &value));
    STATUS(OXRTMP_E_EOF, oxrtmp_amf_next(&cursor, &value));
    if (v->canonical && (written != v->size || memcmp(again, v->bytes, written) != 0)) {
      fail_at(v->id, "what is built differs");
    }
  }
  free(data);
}

static void amf_vectors_both_ways(void) {
  for (size_t i = 0; i < COUNT(amf_vectors); i++) {
    const struct amf_vector *v = &amf_vectors[i];
    char json[1000], wanted[1000];
    uint8_t back[1000];
    size_t length;
    walk(v);
    oxrtmp_status status =
        oxrtmp_amf_to_json((const uint8_t *)v->bytes, v->size, OXRTMP_AMF_STRICT, json, sizeof json, NULL);
    if (*v->json == 0) { /* a reference to nothing */
      CHECK(status == OXRTMP_E_AMF && *json == 0);
      continue;
    }
    OK(status);
    snprintf(wanted, sizeof wanted, "[%s]", v->json);
    TEXT(wanted, json);
    OK(oxrtmp_amf_from_json(json, 0, back, sizeof back, &length));
    OK(oxrtmp_amf_to_json(back, length, 0, json, sizeof json, NULL));
    TEXT(wanted, json);
  }
  CHECK(COUNT(amf_vectors) > 15);
}

static void amf3_as_json(void) {
  for (size_t i = 0; i < COUNT(amf3_values); i++) {
    const struct value *v = &amf3_values[i];
    char json[1000];
    uint8_t *data = exact(v->bytes, v->size), back[1000];
    size_t length;
    OK(oxrtmp_amf_to_json(data, v->size, OXRTMP_AMF_3, json, sizeof json, NULL));
    TEXT(v->json, json);
    OK(oxrtmp_amf_from_json(json, OXRTMP_AMF_3, back, sizeof back, &length));
    OK(oxrtmp_amf_to_json(back, length, OXRTMP_AMF_3, json, sizeof json, NULL));
    TEXT(v->json, json);
    free(data);
  }
  CHECK(COUNT(amf3_values) > 25);
}

static oxrtmp_status respond(const struct login *v, const char *opaque, char *buf, size_t cap, size_t *length) {
  const char *const *s = v->said;
  return v->llnw ? oxrtmp_authmod_llnw(v->user, v->password, s[0], s[1], s[2], s[3], buf, cap, length)
                 : oxrtmp_authmod_adobe(v->user, v->password, s[0], s[1], opaque, s[3], buf, cap, length);
}

static void login_vectors(void) {
  for (size_t i = 0; i < COUNT(logins); i++) {
    const struct login *v = &logins[i];
    char response[64];
    size_t length, size = strlen(v->response);
    OK(respond(v, v->said[2], response, sizeof response, &length));
    TEXT(v->response, response);
    CHECK(length == size && size == (v->llnw ? 32 : 24));
    OK(respond(v, v->said[2], response, size + 1, NULL));
    STATUS(OXRTMP_E_BUFFER, respond(v, v->said[2], response, size, &length));
    CHECK(length == size && *response == 0);
    STATUS(OXRTMP_E_BUFFER, respond(v, v->said[2], NULL, 0, &length));
    OK(respond(v, NULL, response, sizeof response, NULL)); /* as "", where there is an opaque value at all */
    CHECK((strcmp(response, v->response) == 0) == (v->llnw || *v->said[2] == 0));
  }
  CHECK(COUNT(logins) == 3);
}

/* An application that names an instance has no other one put behind it. */
static void logins_to_an_instance(void) {
  char without[64], with[64], other[64];
  OK(oxrtmp_authmod_llnw("u", "p", "live", "n", "00000001", "c", without, sizeof without, NULL));
  OK(oxrtmp_authmod_llnw("u", "p", "live/_definst_", "n", "00000001", "c", with, sizeof with, NULL));
  OK(oxrtmp_authmod_llnw("u", "p", "live/other", "n", "00000001", "c", other, sizeof other, NULL));
  TEXT(without, with);
  CHECK(strcmp(with, other) != 0);
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(digest_handshakes);
  RUN(places);
  RUN(simple_handshakes);
  RUN(first_bytes);
  RUN(chunk_vectors);
  RUN(control_vectors);
  RUN(command_vectors);
  RUN(amf_vectors_both_ways);
  RUN(amf3_as_json);
  RUN(login_vectors);
  RUN(logins_to_an_instance);
  SETTLED(&before);
  return 0;
}
