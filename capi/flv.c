#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_recorder_open(const char *path, const oxrtmp_recorder_options *options,
                                   oxrtmp_recorder *recorder) {
  OX_ENTER();
  OX_OUT(recorder);
  OX_REQUIRE(path != NULL && *path != 0, "path is NULL or empty");
  OX_OPTIONS(oxrtmp_recorder_options, o, options);
  return oxgo_recorder_open((char *)path, &o, recorder);
}

oxrtmp_status oxrtmp_recorder_open_in(const char *directory, const char *name, const oxrtmp_recorder_options *options,
                                      oxrtmp_recorder *recorder) {
  OX_ENTER();
  OX_OUT(recorder);
  OX_REQUIRE(directory != NULL && *directory != 0, "directory is NULL or empty");
  OX_REQUIRE(name != NULL, "name is NULL");
  OX_OPTIONS(oxrtmp_recorder_options, o, options);
  return oxgo_recorder_open_in((char *)directory, (char *)name, &o, recorder);
}

oxrtmp_status oxrtmp_recorder_write(oxrtmp_recorder recorder, const oxrtmp_packet *packet) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_recorder_write(recorder, (oxrtmp_packet *)packet);
}

oxrtmp_status oxrtmp_recorder_path(oxrtmp_recorder recorder, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_recorder_path(recorder, buf, cap, length);
}

oxrtmp_status oxrtmp_recorder_close(oxrtmp_recorder recorder) {
  OX_ENTER();
  return oxgo_recorder_close(recorder);
}

oxrtmp_status oxrtmp_flv_reader_open(const char *path, oxrtmp_flv_reader *reader) {
  OX_ENTER();
  OX_OUT(reader);
  OX_REQUIRE(path != NULL, "path is NULL");
  return oxgo_flv_reader_open((char *)path, reader);
}

oxrtmp_status oxrtmp_flv_reader_create(oxrtmp_flv_reader *reader) {
  OX_ENTER();
  OX_OUT(reader);
  return oxgo_flv_reader_create(reader);
}

oxrtmp_status oxrtmp_flv_reader_feed(oxrtmp_flv_reader reader, const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_REQUIRE(data != NULL || size == 0, "data is NULL");
  OX_REQUIRE(size <= PTRDIFF_MAX, "size is too large");
  return oxgo_flv_reader_feed(reader, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_flv_reader_next_packet(oxrtmp_flv_reader reader, oxrtmp_packet *packet) {
  OX_ENTER();
  OX_OUT(packet);
  oxrtmp_status status = oxgo_flv_reader_next_packet(reader, packet);
  return status == OXRTMP_OK ? ox_packets_own(packet, 1) : status;
}

oxrtmp_status oxrtmp_flv_reader_close(oxrtmp_flv_reader reader) {
  OX_ENTER();
  return oxgo_flv_reader_close(reader);
}
