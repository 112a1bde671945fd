/* Sending to a player: what client.c does for a client that publishes. */
#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_session_send_video_sequence_header(oxrtmp_session session, const uint8_t *avcc, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(avcc, size);
  return oxgo_session_send_video_sequence_header(session, (uint8_t *)avcc, size);
}

oxrtmp_status oxrtmp_session_send_audio_sequence_header(oxrtmp_session session, const uint8_t *asc, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(asc, size);
  return oxgo_session_send_audio_sequence_header(session, (uint8_t *)asc, size);
}

oxrtmp_status oxrtmp_session_send_video(oxrtmp_session session, uint32_t timestamp_ms, uint32_t keyframe,
                                       const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  return oxgo_session_send_video(session, timestamp_ms, keyframe, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_session_send_video_at(oxrtmp_session session, uint32_t timestamp_ms, int32_t composition_ms,
                                          uint32_t keyframe, const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  OX_REQUIRE(composition_ms >= -0x800000 && composition_ms <= 0x7FFFFF, "composition_ms does not fit 24 bits");
  return oxgo_session_send_video_at(session, timestamp_ms, composition_ms, keyframe, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_session_send_audio(oxrtmp_session session, uint32_t timestamp_ms, const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  return oxgo_session_send_audio(session, timestamp_ms, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_session_send_metadata(oxrtmp_session session, const oxrtmp_metadata *metadata) {
  OX_ENTER();
  OX_REQUIRE(metadata != NULL, "metadata is NULL");
  OX_OPTIONS(oxrtmp_metadata, m, metadata);
  return oxgo_session_send_metadata(session, &m);
}

oxrtmp_status oxrtmp_session_send_metadata_json(oxrtmp_session session, const char *json) {
  OX_ENTER();
  OX_REQUIRE(json != NULL, "json is NULL");
  return oxgo_session_send_metadata_json(session, (char *)json);
}

oxrtmp_status oxrtmp_session_send_data(oxrtmp_session session, uint32_t timestamp_ms, const uint8_t *body, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(body, size);
  return oxgo_session_send_data(session, timestamp_ms, (uint8_t *)body, size);
}

oxrtmp_status oxrtmp_session_send_packet(oxrtmp_session session, const oxrtmp_packet *packet) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_session_send_packet(session, (oxrtmp_packet *)packet);
}

oxrtmp_status oxrtmp_session_send_packets(oxrtmp_session session, const oxrtmp_packet *packets, size_t count,
                                         size_t *sent) {
  OX_ENTER();
  OX_PACKETS_IN(packets, count, sent);
  size_t done = 0;
  oxrtmp_status status = oxgo_session_send_packets(session, (oxrtmp_packet *)packets, count, &done);
  if (sent != NULL) {
    *sent = done;
  }
  return status;
}

oxrtmp_status oxrtmp_session_flush(oxrtmp_session session, int32_t timeout_ms) {
  OX_ENTER();
  return oxgo_session_flush(session, timeout_ms);
}
