/* What is inside payloads: configuration records, NAL units, ADTS. */
#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_codec_describe(const oxrtmp_packet *packet, oxrtmp_codec_info *info) {
  OX_ENTER();
  OX_STRUCT_CLEAR(info);
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  OX_STRUCT_OUT(oxrtmp_codec_info, info, oxgo_codec_describe((oxrtmp_packet *)packet, &local_));
}

oxrtmp_status oxrtmp_codec_extradata(uint32_t codec, const uint8_t *data, size_t size, uint8_t *buf, size_t cap,
                                     size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(data, size);
  return oxgo_codec_extradata(codec, (uint8_t *)data, size, buf, cap, length);
}

oxrtmp_status oxrtmp_codec_detect(const uint8_t *record, size_t size, uint32_t *codec) {
  OX_ENTER();
  OX_OUT(codec);
  OX_INPUT(record, size);
  return oxgo_codec_detect((uint8_t *)record, size, codec);
}

oxrtmp_status oxrtmp_codec_record(uint32_t codec, const uint8_t *annexb, size_t size, uint8_t *buf, size_t cap,
                                  size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(annexb, size);
  return oxgo_codec_record(codec, (uint8_t *)annexb, size, buf, cap, length);
}

oxrtmp_status oxrtmp_codec_parameter_sets(uint32_t codec, const uint8_t *record, size_t size, uint8_t *buf, size_t cap,
                                          size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(record, size);
  return oxgo_codec_parameter_sets(codec, (uint8_t *)record, size, buf, cap, length);
}

oxrtmp_status oxrtmp_nalu_parse(uint32_t codec, uint32_t length_size, const uint8_t *data, size_t size,
                                oxrtmp_nalu *units, size_t max, size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_INPUT(data, size);
  OX_REQUIRE(units != NULL || max == 0, "units is NULL");
  OX_REQUIRE(max <= PTRDIFF_MAX / sizeof *units, "max is too large");
  return oxgo_nalu_parse(codec, length_size, (uint8_t *)data, size, units, max, count);
}

oxrtmp_status oxrtmp_nalu_from_annexb(const uint8_t *data, size_t size, uint32_t length_size, uint8_t *buf, size_t cap,
                                      size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(data, size);
  return oxgo_nalu_from_annexb((uint8_t *)data, size, length_size, buf, cap, length);
}

oxrtmp_status oxrtmp_nalu_to_annexb(const uint8_t *data, size_t size, uint32_t length_size, uint8_t *buf, size_t cap,
                                    size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(data, size);
  return oxgo_nalu_to_annexb((uint8_t *)data, size, length_size, buf, cap, length);
}

oxrtmp_status oxrtmp_adts_parse(const uint8_t *data, size_t size, oxrtmp_adts *frame) {
  OX_ENTER();
  OX_OUT(frame);
  OX_INPUT(data, size);
  return oxgo_adts_parse((uint8_t *)data, size, frame);
}

oxrtmp_status oxrtmp_adts_build(const uint8_t *asc, size_t asc_size, const uint8_t *data, size_t size, uint8_t *buf,
                                size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(asc, asc_size);
  OX_INPUT(data, size);
  return oxgo_adts_build((uint8_t *)asc, asc_size, (uint8_t *)data, size, buf, cap, length);
}
