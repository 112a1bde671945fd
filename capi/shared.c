/* Shared objects, and messages inside aggregate messages. */
#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_shared_object_parse(uint32_t type, const uint8_t *data, size_t size, uint8_t *buf, size_t cap,
                                         size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(data, size);
  OX_REQUIRE(type == 19 || type == 16, "type is not 19 or 16");
  return oxgo_shared_object_parse(type, (uint8_t *)data, size, buf, cap, length);
}

oxrtmp_status oxrtmp_shared_object_build(const uint8_t *values, size_t size, uint8_t *buf, size_t cap,
                                         size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(values, size);
  return oxgo_shared_object_build((uint8_t *)values, size, buf, cap, length);
}

oxrtmp_status oxrtmp_client_send_shared_object(oxrtmp_client client, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_INPUT(values, size); /* the description may be longer than the message */
  return oxgo_client_send_shared_object(client, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_session_send_shared_object(oxrtmp_session session, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_INPUT(values, size); /* the description may be longer than the message */
  return oxgo_session_send_shared_object(session, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_engine_send_shared_object(oxrtmp_engine engine, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_INPUT(values, size); /* the description may be longer than the message */
  return oxgo_engine_send_shared_object(engine, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_aggregate_parse(uint32_t timestamp_ms, const uint8_t *data, size_t size,
                                     oxrtmp_aggregated *messages, size_t max, size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_INPUT(data, size);
  OX_REQUIRE(messages != NULL || max == 0, "messages is NULL");
  OX_REQUIRE(max <= PTRDIFF_MAX / sizeof *messages, "max is too large");
  return oxgo_aggregate_parse(timestamp_ms, (uint8_t *)data, size, messages, max, count);
}

oxrtmp_status oxrtmp_aggregate_build(const oxrtmp_aggregated *messages, size_t count, uint8_t *buf, size_t cap,
                                     size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(messages != NULL || count == 0, "messages is NULL");
  OX_REQUIRE(count <= PTRDIFF_MAX / sizeof *messages, "count is too large");
  for (size_t i = 0; i < count; i++) {
    OX_REQUIRE(messages[i].type <= 0xFF, "a message's type is above 255");
    OX_REQUIRE(messages[i].data != NULL || messages[i].size == 0, "a message's data is NULL");
    OX_REQUIRE(messages[i].size <= 0xFFFFFF, "more bytes than a message can hold");
  }
  return oxgo_aggregate_build((oxrtmp_aggregated *)messages, count, buf, cap, length);
}
