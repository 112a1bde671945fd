#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_amf_next(oxrtmp_amf_cursor *cursor, oxrtmp_amf_value *value) {
  OX_ENTER();
  OX_OUT(value);
  OX_REQUIRE(cursor != NULL, "cursor is NULL");
  OX_INPUT(cursor->data, cursor->size);
  return oxgo_amf_next(cursor, value);
}

oxrtmp_status oxrtmp_amf_build(const oxrtmp_amf_value *value, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(value != NULL, "value is NULL");
  OX_REQUIRE(value->name != NULL || value->name_size == 0, "a value's name is NULL");
  OX_INPUT(value->text, value->text_size);
  OX_REQUIRE(value->text_size <= UINT32_MAX && value->name_size <= UINT32_MAX, "a value's text is too long");
  return oxgo_amf_build((oxrtmp_amf_value *)value, buf, cap, length);
}

oxrtmp_status oxrtmp_amf_to_json(const uint8_t *data, size_t size, uint32_t flags, char *buf, size_t cap,
                                 size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  OX_INPUT(data, size);
  OX_REQUIRE((flags & ~(uint32_t)(OXRTMP_AMF_STRICT | OXRTMP_AMF_3)) == 0, "flags are not known");
  return oxgo_amf_to_json((uint8_t *)data, size, flags, buf, cap, length);
}

oxrtmp_status oxrtmp_amf_from_json(const char *json, uint32_t flags, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(json != NULL, "json is NULL");
  OX_REQUIRE((flags & ~(uint32_t)OXRTMP_AMF_3) == 0, "flags are not known");
  return oxgo_amf_from_json((char *)json, flags, buf, cap, length);
}

const char ox_empty[1] = "";

oxrtmp_status oxrtmp_amf_decode(const uint8_t *data, size_t size, const oxrtmp_amf_options *options,
                                oxrtmp_amf_value *values, size_t max, size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_INPUT(data, size);
  OX_REQUIRE(values != NULL || max == 0, "values is NULL");
  OX_REQUIRE(max <= PTRDIFF_MAX / sizeof *values, "max is too large");
  OX_OPTIONS(oxrtmp_amf_options, o, options);
  OX_REQUIRE((o.flags & ~(uint32_t)(OXRTMP_AMF_STRICT | OXRTMP_AMF_3)) == 0, "flags are not known");
  OX_REQUIRE(o.external_sizes != NULL || o.external_count == 0, "external_sizes is NULL");
  OX_REQUIRE(o.external_count <= PTRDIFF_MAX / sizeof *o.external_sizes, "external_count is too large");
  return oxgo_amf_decode((uint8_t *)data, size, &o, values, max, count);
}

oxrtmp_status oxrtmp_amf_encode(const oxrtmp_amf_value *values, size_t count, uint32_t flags, uint8_t *buf, size_t cap,
                                size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(values != NULL || count == 0, "values is NULL");
  OX_REQUIRE(count <= PTRDIFF_MAX / sizeof *values, "count is too large");
  OX_REQUIRE(flags == 0 || flags == OXRTMP_AMF_3 || flags == OXRTMP_AMF_TO_AMF0, "flags are not known");
  for (size_t i = 0; i < count; i++) {
    OX_REQUIRE(values[i].name != NULL || values[i].name_size == 0, "a value's name is NULL");
    OX_REQUIRE(values[i].text != NULL || values[i].text_size == 0, "a value's text is NULL");
    OX_REQUIRE(values[i].text_size <= PTRDIFF_MAX, "a value's text is too long");
  }
  return oxgo_amf_encode((oxrtmp_amf_value *)values, count, flags, buf, cap, length);
}
