/* Sending: by a client that publishes, and to a session that is played. */
#include "bridge.h"

#include "_cgo_export.h"

static ox_sender ox_client_sender(oxrtmp_client client) { return (ox_sender){client.id, false}; }

static ox_sender ox_session_sender(oxrtmp_session session) { return (ox_sender){session.id, true}; }

static oxrtmp_status send_video_sequence_header(ox_sender to, const uint8_t *avcc, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(avcc, size);
  return oxgo_send_video_sequence_header(to, (uint8_t *)avcc, size);
}

oxrtmp_status oxrtmp_client_send_video_sequence_header(oxrtmp_client client, const uint8_t *avcc, size_t size) {
  return send_video_sequence_header(ox_client_sender(client), avcc, size);
}

oxrtmp_status oxrtmp_session_send_video_sequence_header(oxrtmp_session session, const uint8_t *avcc, size_t size) {
  return send_video_sequence_header(ox_session_sender(session), avcc, size);
}

static oxrtmp_status send_audio_sequence_header(ox_sender to, const uint8_t *asc, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(asc, size);
  return oxgo_send_audio_sequence_header(to, (uint8_t *)asc, size);
}

oxrtmp_status oxrtmp_client_send_audio_sequence_header(oxrtmp_client client, const uint8_t *asc, size_t size) {
  return send_audio_sequence_header(ox_client_sender(client), asc, size);
}

oxrtmp_status oxrtmp_session_send_audio_sequence_header(oxrtmp_session session, const uint8_t *asc, size_t size) {
  return send_audio_sequence_header(ox_session_sender(session), asc, size);
}

static oxrtmp_status send_video(ox_sender to, uint32_t timestamp_ms, uint32_t keyframe, const uint8_t *data,
                                size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  return oxgo_send_video(to, timestamp_ms, keyframe, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_client_send_video(oxrtmp_client client, uint32_t timestamp_ms, uint32_t keyframe,
                                       const uint8_t *data, size_t size) {
  return send_video(ox_client_sender(client), timestamp_ms, keyframe, data, size);
}

oxrtmp_status oxrtmp_session_send_video(oxrtmp_session session, uint32_t timestamp_ms, uint32_t keyframe,
                                        const uint8_t *data, size_t size) {
  return send_video(ox_session_sender(session), timestamp_ms, keyframe, data, size);
}

static oxrtmp_status send_video_at(ox_sender to, uint32_t timestamp_ms, int32_t composition_ms, uint32_t keyframe,
                                   const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  OX_REQUIRE(composition_ms >= -0x800000 && composition_ms <= 0x7FFFFF, "composition_ms does not fit 24 bits");
  return oxgo_send_video_at(to, timestamp_ms, composition_ms, keyframe, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_client_send_video_at(oxrtmp_client client, uint32_t timestamp_ms, int32_t composition_ms,
                                          uint32_t keyframe, const uint8_t *data, size_t size) {
  return send_video_at(ox_client_sender(client), timestamp_ms, composition_ms, keyframe, data, size);
}

oxrtmp_status oxrtmp_session_send_video_at(oxrtmp_session session, uint32_t timestamp_ms, int32_t composition_ms,
                                           uint32_t keyframe, const uint8_t *data, size_t size) {
  return send_video_at(ox_session_sender(session), timestamp_ms, composition_ms, keyframe, data, size);
}

static oxrtmp_status send_audio(ox_sender to, uint32_t timestamp_ms, const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  return oxgo_send_audio(to, timestamp_ms, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_client_send_audio(oxrtmp_client client, uint32_t timestamp_ms, const uint8_t *data, size_t size) {
  return send_audio(ox_client_sender(client), timestamp_ms, data, size);
}

oxrtmp_status oxrtmp_session_send_audio(oxrtmp_session session, uint32_t timestamp_ms, const uint8_t *data,
                                        size_t size) {
  return send_audio(ox_session_sender(session), timestamp_ms, data, size);
}

static oxrtmp_status send_metadata(ox_sender to, const oxrtmp_metadata *metadata) {
  OX_ENTER();
  OX_METADATA(m, metadata);
  return oxgo_send_metadata(to, &m);
}

oxrtmp_status oxrtmp_client_send_metadata(oxrtmp_client client, const oxrtmp_metadata *metadata) {
  return send_metadata(ox_client_sender(client), metadata);
}

oxrtmp_status oxrtmp_session_send_metadata(oxrtmp_session session, const oxrtmp_metadata *metadata) {
  return send_metadata(ox_session_sender(session), metadata);
}

static oxrtmp_status send_metadata_json(ox_sender to, const char *json) {
  OX_ENTER();
  OX_REQUIRE(json != NULL, "json is NULL");
  return oxgo_send_metadata_json(to, (char *)json);
}

oxrtmp_status oxrtmp_client_send_metadata_json(oxrtmp_client client, const char *json) {
  return send_metadata_json(ox_client_sender(client), json);
}

oxrtmp_status oxrtmp_session_send_metadata_json(oxrtmp_session session, const char *json) {
  return send_metadata_json(ox_session_sender(session), json);
}

static oxrtmp_status send_data(ox_sender to, uint32_t timestamp_ms, const uint8_t *body, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(body, size);
  return oxgo_send_data(to, timestamp_ms, (uint8_t *)body, size);
}

oxrtmp_status oxrtmp_client_send_data(oxrtmp_client client, uint32_t timestamp_ms, const uint8_t *body, size_t size) {
  return send_data(ox_client_sender(client), timestamp_ms, body, size);
}

oxrtmp_status oxrtmp_session_send_data(oxrtmp_session session, uint32_t timestamp_ms, const uint8_t *body,
                                       size_t size) {
  return send_data(ox_session_sender(session), timestamp_ms, body, size);
}

static oxrtmp_status send_packet(ox_sender to, const oxrtmp_packet *packet) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_send_packet(to, (oxrtmp_packet *)packet);
}

oxrtmp_status oxrtmp_client_send_packet(oxrtmp_client client, const oxrtmp_packet *packet) {
  return send_packet(ox_client_sender(client), packet);
}

oxrtmp_status oxrtmp_session_send_packet(oxrtmp_session session, const oxrtmp_packet *packet) {
  return send_packet(ox_session_sender(session), packet);
}

static oxrtmp_status send_packets(ox_sender to, const oxrtmp_packet *packets, size_t count, size_t *sent) {
  OX_ENTER();
  OX_PACKETS_IN(packets, count, sent);
  size_t done = 0;
  oxrtmp_status status = oxgo_send_packets(to, (oxrtmp_packet *)packets, count, &done);
  if (sent != NULL) {
    *sent = done;
  }
  return status;
}

oxrtmp_status oxrtmp_client_send_packets(oxrtmp_client client, const oxrtmp_packet *packets, size_t count,
                                         size_t *sent) {
  return send_packets(ox_client_sender(client), packets, count, sent);
}

oxrtmp_status oxrtmp_session_send_packets(oxrtmp_session session, const oxrtmp_packet *packets, size_t count,
                                          size_t *sent) {
  return send_packets(ox_session_sender(session), packets, count, sent);
}

static oxrtmp_status flush(ox_sender to, int32_t timeout_ms) {
  OX_ENTER();
  return oxgo_flush(to, timeout_ms);
}

oxrtmp_status oxrtmp_client_flush(oxrtmp_client client, int32_t timeout_ms) {
  return flush(ox_client_sender(client), timeout_ms);
}

oxrtmp_status oxrtmp_session_flush(oxrtmp_session session, int32_t timeout_ms) {
  return flush(ox_session_sender(session), timeout_ms);
}
