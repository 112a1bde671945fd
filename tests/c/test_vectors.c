/* The vectors of testdata, where the C interface can be asked about them. The tables are made by tests/c/vectors. */
#include "engines.h"

struct media {
  const char *id;
  uint8_t type;
  const char *bytes;
  size_t size;
  bool build; /* building from the fields gives these bytes */
  int count;
  struct {
    uint8_t kind;
    uint32_t codec;
    bool enhanced;
    int frame_type, packet_type, track, composition; /* -1: not said */
    uint32_t nano;
    const char *body;
    size_t body_size;
  } packets[4];
};

struct value {
  const char *id;
  const char *bytes;
  size_t size;
  const char *json;
};

struct negative {
  const char *id;
  uint8_t type;
  const char *bytes;
  size_t size;
};

#include "vectors.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void fail_at(const char *id, const char *what) {
  fprintf(stderr, "vector %s: %s\n", id, what);
  exit(1);
}

/* feed gives a reader one tag with this payload. */
static void feed(oxrtmp_flv_reader reader, uint8_t type, const void *payload, size_t size) {
  uint8_t tag[11 + 1000] = {type, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
  CHECK(size <= 1000);
  memcpy(tag + 11, payload, size);
  OK(oxrtmp_flv_reader_feed(reader, tag, 11 + size));
  OK(oxrtmp_flv_reader_feed(reader, (const uint8_t *)"\0\0\0", 4));
}

static oxrtmp_flv_reader open_reader(void) {
  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_create(&reader));
  OK(oxrtmp_flv_reader_feed(reader, (const uint8_t *)"FLV\1\5\0\0\0\x9\0\0\0\0", 13));
  return reader;
}

static void media_payloads(void) {
  oxrtmp_flv_reader reader = open_reader();
  for (size_t i = 0; i < COUNT(media); i++) {
    const struct media *m = &media[i];
    feed(reader, m->type, m->bytes, m->size);
    for (int j = 0; j < m->count; j++) {
      oxrtmp_packet p;
      if (oxrtmp_flv_reader_next_packet(reader, &p) != OXRTMP_OK) {
        fail_at(m->id, "too few packets");
      }
      if (p.kind != m->packets[j].kind || p.codec != m->packets[j].codec || p.track != m->packets[j].track) {
        fail_at(m->id, "kind, codec or track");
      }
      if ((m->packets[j].frame_type >= 0 && p.frame_type != m->packets[j].frame_type) ||
          (m->packets[j].packet_type >= 0 && p.packet_type != m->packets[j].packet_type)) {
        fail_at(m->id, "frame type or packet type");
      }
      if (p.composition_ms != m->packets[j].composition || p.nano_offset_ns != m->packets[j].nano) {
        fail_at(m->id, "composition time or nanoseconds");
      }
      if (p.size != m->packets[j].body_size || (p.size > 0 && memcmp(p.data, m->packets[j].body, p.size) != 0)) {
        fail_at(m->id, "body");
      }
      if (p.raw_size != m->size || ((p.flags & OXRTMP_PACKET_CONTINUED) != 0) != (j > 0) ||
          (p.flags & OXRTMP_PACKET_MALFORMED) != 0) {
        fail_at(m->id, "raw or flags");
      }
      OK(oxrtmp_packet_release(&p));
    }
    if (oxrtmp_flv_reader_next_packet(reader, &(oxrtmp_packet){0}) != OXRTMP_E_AGAIN) {
      fail_at(m->id, "too many packets");
    }
  }
  OK(oxrtmp_flv_reader_close(reader));
  CHECK(COUNT(media) > 30);
}

/* The same on the caller's buffers: parsed, and built again. */
static void media_on_buffers(void) {
  size_t built = 0;
  for (size_t i = 0; i < COUNT(media); i++) {
    const struct media *m = &media[i];
    oxrtmp_packet packets[4];
    size_t count, length;
    uint8_t *payload = malloc(m->size + 1), again[1000]; /* ends where the bytes do */
    memcpy(payload + 1, m->bytes, m->size);
    OK(oxrtmp_packet_parse(m->type, 70, payload + 1, m->size, packets, 4, &count));
    if (count != (size_t)m->count) {
      fail_at(m->id, "number of packets");
    }
    STATUS(OXRTMP_E_BUFFER, oxrtmp_packet_parse(m->type, 70, payload + 1, m->size, packets, count - 1, &count));
    CHECK(count == (size_t)m->count);
    for (size_t j = 0; j < count; j++) {
      const oxrtmp_packet *p = &packets[j];
      if (p->kind != m->packets[j].kind || p->codec != m->packets[j].codec || p->track != m->packets[j].track ||
          p->composition_ms != m->packets[j].composition || p->nano_offset_ns != m->packets[j].nano ||
          p->size != m->packets[j].body_size || (p->size > 0 && memcmp(p->data, m->packets[j].body, p->size) != 0) ||
          p->token != 0 || p->timestamp_ms != 70 || p->dts_ns != 70000000 ||
          p->pts_ns != p->dts_ns + p->composition_ms * INT64_C(1000000) + p->nano_offset_ns) {
        fail_at(m->id, "what is parsed differs");
      }
      OK(oxrtmp_packet_release(&packets[j])); /* has nothing to do */
    }
    OK(oxrtmp_packet_parse(m->type, 70, payload + 1, m->size, packets, 4, &count));
    if (m->build && m->count == 1 && strcmp(m->id, "video E11") != 0) { /* an unknown ModEx entry is left out */
      STATUS(OXRTMP_E_BUFFER, oxrtmp_packet_build(&packets[0], again, m->size - 1, &length));
      OK(oxrtmp_packet_build(&packets[0], again, m->size, &length));
      if (length != m->size || memcmp(again, m->bytes, length) != 0) {
        fail_at(m->id, "what is built differs");
      }
      built++;
    }
    free(payload);
  }
  CHECK(built > 25);
}

/* What the fields say, sent by an engine, is the vector's bytes at its peer. */
static void media_built_from_fields(void) {
  static struct engines e;
  size_t built = 0;
  open_engines(&e, OXRTMP_ENGINE_SHAKEN, 0);
  converse(&e);
  for (size_t i = 0; i < COUNT(media); i++) {
    const struct media *m = &media[i];
    if (!m->build || m->count != 1 || m->packets[0].track != 0 || m->packets[0].nano != 0 ||
        (m->packets[0].kind != OXRTMP_PACKET_FRAME && m->packets[0].kind != OXRTMP_PACKET_SEQUENCE_HEADER)) {
      continue;
    }
    oxrtmp_packet p = {.type = m->type, .kind = m->packets[0].kind, .codec = m->packets[0].codec};
    p.flags = m->packets[0].enhanced ? OXRTMP_PACKET_ENHANCED : 0;
    if (m->type == 9 && m->packets[0].enhanced && m->packets[0].packet_type == 5) {
      p.flags |= OXRTMP_PACKET_MPEG2TS;
    }
    p.frame_type = (uint8_t)(m->packets[0].frame_type < 0 ? 0 : m->packets[0].frame_type);
    p.packet_type = (uint8_t)(m->packets[0].packet_type < 0 ? 0 : m->packets[0].packet_type);
    p.composition_ms = m->packets[0].composition;
    p.audio_header = m->packets[0].enhanced || m->type != 8 ? 0 : (uint8_t)m->bytes[0];
    p.data = (const uint8_t *)m->packets[0].body;
    p.size = m->packets[0].body_size;
    size_t before = e.server_count;
    OK(oxrtmp_engine_send_packet(e.client, &p));
    converse(&e);
    const oxrtmp_packet *got = &e.server_events[before].u.packet;
    if (e.server_count != before + 1 || got->raw_size != m->size || memcmp(got->raw, m->bytes, m->size) != 0) {
      fail_at(m->id, "what is built differs");
    }
    built++;
  }
  CHECK(built > 10);
  close_engines(&e);
}

static void amf_values(void) {
  oxrtmp_flv_reader reader = open_reader();
  for (size_t i = 0; i < COUNT(values); i++) {
    uint8_t body[1000] = "\2\0\6onTest";
    char json[2000], wanted[2000];
    oxrtmp_packet p;
    memcpy(body + 9, values[i].bytes, values[i].size);
    feed(reader, 18, body, 9 + values[i].size);
    OK(oxrtmp_flv_reader_next_packet(reader, &p));
    CHECK(p.kind == OXRTMP_PACKET_DATA);
    OK(oxrtmp_packet_json(&p, json, sizeof json, NULL));
    snprintf(wanted, sizeof wanted, "[\"onTest\",%s]", values[i].json);
    if (strcmp(json, wanted) != 0) {
      fprintf(stderr, "%s\n%s\n", json, wanted);
      fail_at(values[i].id, "value");
    }
    OK(oxrtmp_packet_release(&p));
  }
  OK(oxrtmp_flv_reader_close(reader));
  CHECK(COUNT(values) > 6);
}

/* Payloads that mean nothing: as media they are handed on, as anything else they are an error at most. */
static void what_no_parser_accepts(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_flv_reader reader = open_reader();
  for (size_t i = 0; i < COUNT(negative); i++) {
    const struct negative *n = &negative[i];
    if (n->type == 8 || n->type == 9 || n->type == 18 || n->type == 15) {
      oxrtmp_packet p;
      feed(reader, n->type, n->bytes, n->size);
      OK(oxrtmp_flv_reader_next_packet(reader, &p));
      CHECK(p.raw_size == n->size && (n->size == 0 || memcmp(p.raw, n->bytes, n->size) == 0));
      char text[1000];
      oxrtmp_packet_json(&p, text, sizeof text, NULL);
      OK(oxrtmp_packet_release(&p));
      size_t count, length;
      uint8_t again[128];
      OK(oxrtmp_packet_parse(n->type, 0, (const uint8_t *)n->bytes, n->size, &p, 1, &count));
      CHECK(count == 1 && (p.flags & OXRTMP_PACKET_MALFORMED) != 0 && p.codec == 0 && p.size == n->size);
      OK(oxrtmp_packet_build(&p, again, sizeof again, &length));
      CHECK(length == n->size && memcmp(again, n->bytes, length) == 0);
    }
    uint8_t chunk[12 + 128] = {3, 0, 0, 0, 0, 0, (uint8_t)n->size, n->type};
    CHECK(n->size <= 128);
    memcpy(chunk + 12, n->bytes, n->size);
    oxrtmp_engine engine;
    size_t consumed;
    OK(oxrtmp_engine_server_create(NULL, OXRTMP_ENGINE_SHAKEN, &engine));
    oxrtmp_status status = oxrtmp_engine_receive(engine, 0, chunk, 12 + n->size, &consumed);
    if (status != OXRTMP_OK && (status > -301 || status < -399)) {
      fail_at(n->id, oxrtmp_status_name(status));
    }
    OK(oxrtmp_engine_close(engine));
  }
  OK(oxrtmp_flv_reader_close(reader));
  SETTLED(&before);
}

int main(void) {
  RUN(media_payloads);
  RUN(media_on_buffers);
  RUN(media_built_from_fields);
  RUN(amf_values);
  RUN(what_no_parser_accepts);
  return 0;
}
