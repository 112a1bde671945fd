#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_session_app(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_app(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_stream_name(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_stream_name(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_raw_stream_name(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_raw_stream_name(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_query(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_query(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_publish_type(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_publish_type(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_tc_url(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_tc_url(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_peer_address(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_peer_address(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_flash_version(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_flash_version(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_swf_url(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_swf_url(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_page_url(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_page_url(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_encoder(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_encoder(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_connect_json(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_connect_json(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_connection(oxrtmp_session session, uint64_t *connection) {
  OX_ENTER();
  OX_OUT(connection);
  return oxgo_session_connection(session, connection);
}

oxrtmp_status oxrtmp_session_user(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_user(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_connect(oxrtmp_session session, oxrtmp_connect_info *info) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_connect_info, info, oxgo_session_connect(session, &local_));
}

oxrtmp_status oxrtmp_session_next_packet(oxrtmp_session session, int32_t timeout_ms, oxrtmp_packet *packet) {
  OX_ENTER();
  OX_OUT(packet);
  oxrtmp_status status = oxgo_session_next_packet(session, timeout_ms, packet);
  return status == OXRTMP_OK ? ox_packets_own(packet, 1) : status;
}

oxrtmp_status oxrtmp_session_next_packets(oxrtmp_session session, int32_t timeout_ms, oxrtmp_packet *packets,
                                          size_t max, size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_REQUIRE(packets != NULL, "packets is NULL");
  OX_REQUIRE(max > 0, "max is 0");
  oxrtmp_status status = oxgo_session_next_packets(session, timeout_ms, packets, max, count);
  if (status == OXRTMP_OK) {
    status = ox_packets_own(packets, *count);
  }
  if (status != OXRTMP_OK) {
    *count = 0;
  }
  return status;
}

oxrtmp_status oxrtmp_session_metadata(oxrtmp_session session, oxrtmp_metadata *metadata) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_metadata, metadata, oxgo_session_metadata(session, &local_));
}

oxrtmp_status oxrtmp_session_metadata_tracks(oxrtmp_session session, oxrtmp_track_info *tracks, size_t max,
                                             size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_REQUIRE(tracks != NULL || max == 0, "tracks is NULL");
  return oxgo_session_metadata_tracks(session, tracks, max, count);
}

oxrtmp_status oxrtmp_session_metadata_json(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_metadata_json(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_metadata_raw(oxrtmp_session session, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  return oxgo_session_metadata_raw(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_statistics(oxrtmp_session session, oxrtmp_statistics *statistics) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_statistics, statistics, oxgo_session_statistics(session, &local_));
}

oxrtmp_status oxrtmp_session_connection_statistics(oxrtmp_session session, oxrtmp_connection_statistics *statistics) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_connection_statistics, statistics, oxgo_session_connection_statistics(session, &local_));
}

oxrtmp_status oxrtmp_session_end_reason(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_end_reason(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_close(oxrtmp_session session) {
  OX_ENTER();
  return oxgo_session_close(session);
}

oxrtmp_status oxrtmp_session_close_with_status(oxrtmp_session session, const char *code, const char *description) {
  OX_ENTER();
  return oxgo_session_close_with_status(session, (char *)code, (char *)description);
}
