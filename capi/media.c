#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_packet_parse(uint32_t type, uint32_t timestamp_ms, const uint8_t *data, size_t size,
                                  oxrtmp_packet *packets, size_t max, size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_REQUIRE(packets != NULL || max == 0, "packets is NULL");
  OX_INPUT(data, size);
  OX_REQUIRE(type == 8 || type == 9 || type == 15 || type == 18, "type is not 8, 9, 15 or 18");
  OX_REQUIRE(size <= 0xFFFFFF, "more bytes than a message can hold");
  return oxgo_packet_parse(type, timestamp_ms, (uint8_t *)data, size, packets, max, count);
}

oxrtmp_status oxrtmp_packet_build(const oxrtmp_packet *packet, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_packet_build((oxrtmp_packet *)packet, buf, cap, length);
}

oxrtmp_status oxrtmp_color_info_parse(const uint8_t *data, size_t size, oxrtmp_color_info *info) {
  OX_ENTER();
  OX_STRUCT_CLEAR(info);
  OX_INPUT(data, size);
  OX_STRUCT_OUT(oxrtmp_color_info, info, oxgo_color_info_parse((uint8_t *)data, size, &local_));
}

oxrtmp_status oxrtmp_color_info_build(const oxrtmp_color_info *info, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(info != NULL, "info is NULL");
  OX_OPTIONS(oxrtmp_color_info, i, info);
  OX_REQUIRE(i.bit_depth <= 255 && i.color_primaries <= 255 && i.transfer_characteristics <= 255 &&
                 i.matrix_coefficients <= 255,
             "a code is above 255");
  return oxgo_color_info_build(&i, buf, cap, length);
}

oxrtmp_status oxrtmp_flv_header(uint32_t audio, uint32_t video, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  return oxgo_flv_header(audio, video, buf, cap, length);
}

oxrtmp_status oxrtmp_flv_tag(const oxrtmp_packet *packet, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_flv_tag((oxrtmp_packet *)packet, buf, cap, length);
}

oxrtmp_status oxrtmp_flv_envelope_parse(uint32_t type, const uint8_t *data, size_t size,
                                        oxrtmp_flv_envelope *envelope) {
  OX_ENTER();
  OX_OUT(envelope);
  OX_INPUT(data, size);
  return oxgo_flv_envelope_parse(type, (uint8_t *)data, size, envelope);
}

oxrtmp_status oxrtmp_flv_envelope_build(const oxrtmp_flv_envelope *envelope, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(envelope != NULL, "envelope is NULL");
  OX_BYTES_IN(envelope->head, envelope->head_size);
  OX_BYTES_IN(envelope->params, envelope->params_size);
  OX_BYTES_IN(envelope->body, envelope->body_size);
  return oxgo_flv_envelope_build((oxrtmp_flv_envelope *)envelope, buf, cap, length);
}
