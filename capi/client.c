#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_client_publish(const char *url, const oxrtmp_client_options *options, int32_t timeout_ms,
                                    oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_publish((char *)url, &o, timeout_ms, client);
}

oxrtmp_status oxrtmp_client_publish_open(const char *url, const oxrtmp_client_options *options, oxrtmp_queue queue,
                                         uint64_t user_data, oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_publish_open((char *)url, &o, queue, user_data, client);
}

oxrtmp_status oxrtmp_client_publish_fd(int fd, const char *url, const oxrtmp_client_options *options,
                                       int32_t timeout_ms, oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(fd >= 0, "fd is negative");
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_publish_fd(fd, (char *)url, &o, timeout_ms, client);
}

oxrtmp_status oxrtmp_client_send_video_sequence_header(oxrtmp_client client, const uint8_t *avcc, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(avcc, size);
  return oxgo_client_send_video_sequence_header(client, (uint8_t *)avcc, size);
}

oxrtmp_status oxrtmp_client_send_audio_sequence_header(oxrtmp_client client, const uint8_t *asc, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(asc, size);
  return oxgo_client_send_audio_sequence_header(client, (uint8_t *)asc, size);
}

oxrtmp_status oxrtmp_client_send_video(oxrtmp_client client, uint32_t timestamp_ms, uint32_t keyframe,
                                       const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  return oxgo_client_send_video(client, timestamp_ms, keyframe, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_client_send_video_at(oxrtmp_client client, uint32_t timestamp_ms, int32_t composition_ms,
                                          uint32_t keyframe, const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  OX_REQUIRE(composition_ms >= -0x800000 && composition_ms <= 0x7FFFFF, "composition_ms does not fit 24 bits");
  return oxgo_client_send_video_at(client, timestamp_ms, composition_ms, keyframe, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_client_send_audio(oxrtmp_client client, uint32_t timestamp_ms, const uint8_t *data, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(data, size);
  return oxgo_client_send_audio(client, timestamp_ms, (uint8_t *)data, size);
}

oxrtmp_status oxrtmp_client_send_metadata(oxrtmp_client client, const oxrtmp_metadata *metadata) {
  OX_ENTER();
  OX_REQUIRE(metadata != NULL, "metadata is NULL");
  OX_OPTIONS(oxrtmp_metadata, m, metadata);
  return oxgo_client_send_metadata(client, &m);
}

oxrtmp_status oxrtmp_client_send_metadata_json(oxrtmp_client client, const char *json) {
  OX_ENTER();
  OX_REQUIRE(json != NULL, "json is NULL");
  return oxgo_client_send_metadata_json(client, (char *)json);
}

oxrtmp_status oxrtmp_client_send_data(oxrtmp_client client, uint32_t timestamp_ms, const uint8_t *body, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(body, size);
  return oxgo_client_send_data(client, timestamp_ms, (uint8_t *)body, size);
}

oxrtmp_status oxrtmp_client_set_data_frame(oxrtmp_client client, const char *handler, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_REQUIRE(handler != NULL, "handler is NULL");
  OX_BYTES_IN(values, size);
  return oxgo_client_set_data_frame(client, (char *)handler, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_client_clear_data_frame(oxrtmp_client client, const char *handler) {
  OX_ENTER();
  OX_REQUIRE(handler != NULL, "handler is NULL");
  return oxgo_client_clear_data_frame(client, (char *)handler);
}

oxrtmp_status oxrtmp_client_send_packet(oxrtmp_client client, const oxrtmp_packet *packet) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_client_send_packet(client, (oxrtmp_packet *)packet);
}

oxrtmp_status oxrtmp_client_send_packets(oxrtmp_client client, const oxrtmp_packet *packets, size_t count,
                                         size_t *sent) {
  OX_ENTER();
  OX_PACKETS_IN(packets, count, sent);
  size_t done = 0;
  oxrtmp_status status = oxgo_client_send_packets(client, (oxrtmp_packet *)packets, count, &done);
  if (sent != NULL) {
    *sent = done;
  }
  return status;
}

oxrtmp_status oxrtmp_client_flush(oxrtmp_client client, int32_t timeout_ms) {
  OX_ENTER();
  return oxgo_client_flush(client, timeout_ms);
}

oxrtmp_status oxrtmp_client_statistics(oxrtmp_client client, oxrtmp_statistics *statistics) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_statistics, statistics, oxgo_client_statistics(client, &local_));
}

oxrtmp_status oxrtmp_client_connection_statistics(oxrtmp_client client, oxrtmp_connection_statistics *statistics) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_connection_statistics, statistics, oxgo_client_connection_statistics(client, &local_));
}

oxrtmp_status oxrtmp_client_peer_address(oxrtmp_client client, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_client_peer_address(client, buf, cap, length);
}

oxrtmp_status oxrtmp_client_close(oxrtmp_client client) {
  OX_ENTER();
  return oxgo_client_close(client);
}
