/* AMF values as a whole: every vector of both formats read and written, external objects, and what is no value. */
#include "check.h"

struct whole {
  const char *id;
  uint32_t flags;
  const char *bytes;
  size_t size;
  int exact; /* what is written is the same bytes */
  size_t count;
  oxrtmp_amf_value values[16];
};

#include "amf.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static oxrtmp_amf_options options_of(uint32_t flags) {
  oxrtmp_amf_options options;
  OK(oxrtmp_amf_options_init(&options));
  options.flags = flags;
  return options;
}

static void same(const char *id, size_t i, const oxrtmp_amf_value *a, const oxrtmp_amf_value *b) {
  bool equal = a->type == b->type && a->depth == b->depth && a->count == b->count && a->zone == b->zone &&
               a->number == b->number && (a->name == NULL) == (b->name == NULL) && a->name_size == b->name_size &&
               a->text_size == b->text_size && a->flags == b->flags;
  if (!equal || (a->name_size != 0 && memcmp(a->name, b->name, a->name_size) != 0) ||
      (a->text_size != 0 && memcmp(a->text, b->text, a->text_size) != 0)) {
    fprintf(stderr, "%s: step %zu is of type %u, depth %u, count %u, number %g, flags %u\n", id, i, a->type, a->depth,
            a->count, a->number, a->flags);
    exit(1);
  }
}

static void vectors(void) {
  for (size_t i = 0; i < COUNT(whole); i++) {
    const struct whole *v = &whole[i];
    const uint8_t *data = (const uint8_t *)v->bytes;
    oxrtmp_amf_options options = options_of(v->flags);
    oxrtmp_amf_value values[16], again[16];
    uint8_t bytes[512];
    size_t count, length;
    if (v->count == 0) { /* a reference to nothing */
      STATUS(OXRTMP_E_AMF, oxrtmp_amf_decode(data, v->size, &options, values, COUNT(values), &count));
      CHECK(count == 0);
      continue;
    }
    STATUS(OXRTMP_E_BUFFER, oxrtmp_amf_decode(data, v->size, &options, NULL, 0, &count));
    CHECK(count == v->count && count <= COUNT(values));
    OK(oxrtmp_amf_decode(data, v->size, &options, values, count, &count));
    for (size_t n = 0; n < count; n++) {
      same(v->id, n, &values[n], &v->values[n]);
      CHECK(values[n].text_size == 0 || (values[n].text >= v->bytes && values[n].text < v->bytes + v->size));
    }
    STATUS(OXRTMP_E_BUFFER, oxrtmp_amf_encode(values, count, v->flags, NULL, 0, &length));
    OK(oxrtmp_amf_encode(values, count, v->flags, bytes, length, &length));
    CHECK(!v->exact || (length == v->size && memcmp(bytes, data, length) == 0));
    OK(oxrtmp_amf_decode(bytes, length, &options, again, COUNT(again), &count));
    CHECK(count == v->count);
    for (size_t n = 0; n < count; n++) {
      if (v->flags == 0 && values[n].type == OXRTMP_AMF_INTEGER) {
        values[n].type = OXRTMP_AMF_NUMBER; /* which is what AMF0 has */
      }
      same(v->id, n, &again[n], &values[n]);
    }
  }
  CHECK(COUNT(whole) > 45);
}

/* Objects of a class F, which writes as many bytes as its first one says. */
static void external_objects(void) {
  static const char data[] = "\x0a\x07\x03" "F" "\x02" "ab" "\x0a\x01\x01" "z" "\x01";
  size_t sizes[2], count, length;
  oxrtmp_amf_options options = options_of(OXRTMP_AMF_3);
  oxrtmp_amf_value values[8];
  uint8_t bytes[64];
  const uint8_t *p = (const uint8_t *)data;
  options.external_sizes = sizes;
  for (options.external_count = 0; options.external_count < 2; options.external_count++) {
    STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_amf_decode(p, sizeof data - 1, &options, values, 8, &count));
    CHECK(count == 1 && values[0].type == OXRTMP_AMF_EXTERNAL && values[0].text_size == 1 && *values[0].text == 'F');
    CHECK(values[0].name == data + (options.external_count == 0 ? 4 : 9));
    CHECK(values[0].name + values[0].name_size == data + sizeof data - 1);
    sizes[options.external_count] = (size_t)*values[0].name + 1;
    STATUS(OXRTMP_E_UNSUPPORTED, oxrtmp_amf_decode(p, sizeof data - 1, &options, NULL, 0, &count));
  }
  OK(oxrtmp_amf_decode(p, sizeof data - 1, &options, values, 8, &count));
  CHECK(count == 5 && values[0].flags == OXRTMP_AMF_VERBATIM && values[1].type == OXRTMP_AMF_BYTES);
  CHECK(values[1].text_size == 3 && memcmp(values[1].text, "\2ab", 3) == 0 && values[3].text_size == 2);
  CHECK(values[4].type == OXRTMP_AMF_NULL);
  OK(oxrtmp_amf_encode(values, count, OXRTMP_AMF_3, bytes, sizeof bytes, &length));
  CHECK(length == sizeof data - 1 && memcmp(bytes, data, length) == 0);
  sizes[0] = 100;
  STATUS(OXRTMP_E_AMF, oxrtmp_amf_decode(p, sizeof data - 1, &options, values, 8, &count));
  /* A collection of Flex's needs no size. */
  oxrtmp_amf_value list[] = {
      {.type = OXRTMP_AMF_EXTERNAL, .text = "flex.messaging.io.ArrayCollection", .text_size = 33},
      {.type = OXRTMP_AMF_STRICT_ARRAY, .depth = 1, .count = 1},
      {.type = OXRTMP_AMF_INTEGER, .depth = 2, .number = 7}};
  OK(oxrtmp_amf_encode(list, 3, 0, bytes, sizeof bytes, &length)); /* inside AMF0 */
  options = options_of(0);
  OK(oxrtmp_amf_decode(bytes, length, &options, values, 8, &count));
  CHECK(count == 3 && values[0].text_size == 33 && values[2].number == 7 && values[2].depth == 2);
}

/* What AMF0 has in the place of what only AMF3 has. */
static void conversion(void) {
  const oxrtmp_amf_value list[] = {{.type = OXRTMP_AMF_VECTOR_UINT, .count = 1},
                                   {.type = OXRTMP_AMF_NUMBER, .number = 7},
                                   {.type = OXRTMP_AMF_DICTIONARY, .count = 1},
                                   {.type = OXRTMP_AMF_INTEGER, .number = 3},
                                   {.type = OXRTMP_AMF_BYTES, .text = "x", .text_size = 1}};
  static const char wanted[] = "\x0a\0\0\0\1\0\x40\x1c\0\0\0\0\0\0" /* [7] */
                               "\x08\0\0\0\1\0\1" "3"
                               "\x0a\0\0\0\1\0\x40\x5e\0\0\0\0\0\0\0\0\x09"; /* {3: [120]} */
  uint8_t bytes[64];
  size_t length;
  OK(oxrtmp_amf_encode(list, 5, OXRTMP_AMF_TO_AMF0, bytes, sizeof bytes, &length));
  CHECK(length == sizeof wanted - 1 && memcmp(bytes, wanted, length) == 0);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_encode(list, 5, OXRTMP_AMF_TO_AMF0 | OXRTMP_AMF_3, bytes, sizeof bytes, &length));
}

static oxrtmp_status encode(const oxrtmp_amf_value *values, size_t count) {
  uint8_t bytes[4096];
  size_t length;
  oxrtmp_status status = oxrtmp_amf_encode(values, count, OXRTMP_AMF_3, bytes, sizeof bytes, &length);
  CHECK(status == OXRTMP_OK || length == 0);
  return status;
}

static void what_is_no_value(void) {
  oxrtmp_amf_value v[1100] = {{.type = OXRTMP_AMF_OBJECT}, {.type = OXRTMP_AMF_NULL, .name = "a", .name_size = 1}};
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 2)); /* no end */
  v[2].type = OXRTMP_AMF_OBJECT_END;
  OK(encode(v, 3));
  STATUS(OXRTMP_E_AMF, encode(v + 2, 1)); /* an end of nothing */
  v[1].name = NULL;
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 3));
  v[1].name_size = 0;
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 3)); /* a property without a name */
  v[0].type = OXRTMP_AMF_ECMA_ARRAY;
  OK(encode(v, 3));
  v[1].name = "";
  v[1].name_size = 65536;
  STATUS(OXRTMP_E_LIMIT, encode(v, 3));
  v[0] = (oxrtmp_amf_value){.type = OXRTMP_AMF_VECTOR_INT, .count = 1};
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 1));
  v[1] = (oxrtmp_amf_value){.type = OXRTMP_AMF_NUMBER, .number = 1.5};
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 2));
  v[1].number = 4294967295.0;
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 2));
  v[0].type = OXRTMP_AMF_VECTOR_UINT;
  OK(encode(v, 2));
  v[0] = (oxrtmp_amf_value){.type = OXRTMP_AMF_STRICT_ARRAY, .count = UINT32_MAX};
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 2));
  v[0] = (oxrtmp_amf_value){.type = OXRTMP_AMF_DATE, .zone = 32767};
  v[1] = (oxrtmp_amf_value){.type = OXRTMP_AMF_REFERENCE, .count = 65535};
  uint8_t bytes[16];
  size_t length;
  for (int i = 0; i < 2; i++) {
    OK(oxrtmp_amf_build(&v[i], bytes, sizeof bytes, &length));
    OK(encode(v, 1));
    v[0].zone = -32768;
  }
  v[0].zone = -32769;
  v[1].count++;
  for (int i = 0; i < 2; i++) { /* as 16 bits they would be others */
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_build(&v[i], bytes, sizeof bytes, &length));
    STATUS(OXRTMP_E_ARGUMENT, encode(v, 1));
    v[0].zone = 40000;
  }
  v[1] = (oxrtmp_amf_value){.type = OXRTMP_AMF_NULL};
  v[0] = (oxrtmp_amf_value){.type = 99};
  STATUS(OXRTMP_E_AMF, encode(v, 1));
  v[0] = (oxrtmp_amf_value){.type = OXRTMP_AMF_EXTERNAL, .flags = OXRTMP_AMF_VERBATIM};
  STATUS(OXRTMP_E_ARGUMENT, encode(v, 2));
  for (size_t i = 0; i < COUNT(v); i++) {
    v[i] = (oxrtmp_amf_value){.type = OXRTMP_AMF_STRICT_ARRAY, .count = i + 1 < COUNT(v)};
  }
  STATUS(OXRTMP_E_LIMIT, encode(v, COUNT(v)));
  OK(encode(v + 100, COUNT(v) - 100));

  oxrtmp_amf_options options = options_of(4);
  size_t count;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_amf_decode((const uint8_t *)"\5", 1, &options, v, 1, &count));
  options = options_of(OXRTMP_AMF_STRICT);
  OK(oxrtmp_amf_decode((const uint8_t *)"\3\0\1a\5", 5, NULL, v, 8, &count));
  STATUS(OXRTMP_E_AMF, oxrtmp_amf_decode((const uint8_t *)"\3\0\1a\5", 5, &options, v, 8, &count));
  options = options_of(0);
  options.values = 2;
  OK(oxrtmp_amf_decode((const uint8_t *)"\5\5", 2, &options, v, 8, &count));
  STATUS(OXRTMP_E_LIMIT, oxrtmp_amf_decode((const uint8_t *)"\5\5\5", 3, &options, v, 8, &count));
  options.values = 0;
  options.depth = 1;
  OK(oxrtmp_amf_decode((const uint8_t *)"\x0a\0\0\0\1\5", 6, &options, v, 8, &count));
  STATUS(OXRTMP_E_LIMIT, oxrtmp_amf_decode((const uint8_t *)"\x0a\0\0\0\1\x0a\0\0\0\0", 10, &options, v, 8, &count));
}

int main(void) {
  RUN(vectors);
  RUN(external_objects);
  RUN(conversion);
  RUN(what_is_no_value);
  return 0;
}
