/* Playing: clients that play, and what is told about players. */
#include "bridge.h"

#include "_cgo_export.h"

/* owned_event makes the packet of an event that was written the caller's. */
static oxrtmp_status owned_event(oxrtmp_status status, oxrtmp_event *event) {
  if (status == OXRTMP_OK) {
    ox_events_own(event, 1);
  }
  return status;
}

oxrtmp_status oxrtmp_request_play(oxrtmp_request request, oxrtmp_play_info *info) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_play_info, info, oxgo_request_play(request, &local_));
}

oxrtmp_status oxrtmp_session_kind(oxrtmp_session session, uint32_t *kind) {
  OX_ENTER();
  OX_OUT(kind);
  return oxgo_session_kind(session, kind);
}

oxrtmp_status oxrtmp_session_play(oxrtmp_session session, oxrtmp_play_info *info) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_play_info, info, oxgo_session_play(session, &local_));
}

oxrtmp_status oxrtmp_request_play2_json(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_play2_json(request, buf, cap, length);
}

oxrtmp_status oxrtmp_session_play2_json(oxrtmp_session session, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_session_play2_json(session, buf, cap, length);
}

oxrtmp_status oxrtmp_session_next_event(oxrtmp_session session, int32_t timeout_ms, oxrtmp_event *event) {
  OX_ENTER();
  OX_OUT(event);
  return owned_event(oxgo_session_next_event(session, timeout_ms, event), event);
}

oxrtmp_status oxrtmp_session_complete(oxrtmp_session session) {
  OX_ENTER();
  return oxgo_session_complete(session);
}

oxrtmp_status oxrtmp_session_ping(oxrtmp_session session, int32_t timeout_ms, int64_t *rtt_ns) {
  OX_ENTER();
  OX_OUT(rtt_ns);
  return oxgo_session_ping(session, timeout_ms, rtt_ns);
}

oxrtmp_status oxrtmp_client_play(const char *url, const oxrtmp_client_options *options, int32_t timeout_ms,
                                 oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_play((char *)url, &o, timeout_ms, client);
}

oxrtmp_status oxrtmp_client_play_fd(int fd, const char *url, const oxrtmp_client_options *options, int32_t timeout_ms,
                                    oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(fd >= 0, "fd is negative");
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_play_fd(fd, (char *)url, &o, timeout_ms, client);
}

oxrtmp_status oxrtmp_client_play_open(const char *url, const oxrtmp_client_options *options, oxrtmp_queue queue,
                                      uint64_t user_data, oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_play_open((char *)url, &o, queue, user_data, client);
}

oxrtmp_status oxrtmp_client_next_packet(oxrtmp_client client, int32_t timeout_ms, oxrtmp_packet *packet) {
  OX_ENTER();
  OX_OUT(packet);
  oxrtmp_status status = oxgo_client_next_packet(client, timeout_ms, packet);
  return status == OXRTMP_OK ? ox_packets_own(packet, 1) : status;
}

oxrtmp_status oxrtmp_client_next_packets(oxrtmp_client client, int32_t timeout_ms, oxrtmp_packet *packets, size_t max,
                                         size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_REQUIRE(packets != NULL, "packets is NULL");
  OX_REQUIRE(max > 0, "max is 0");
  oxrtmp_status status = oxgo_client_next_packets(client, timeout_ms, packets, max, count);
  if (status == OXRTMP_OK) {
    status = ox_packets_own(packets, *count);
  }
  if (status != OXRTMP_OK) {
    *count = 0;
  }
  return status;
}

oxrtmp_status oxrtmp_client_next_event(oxrtmp_client client, int32_t timeout_ms, oxrtmp_event *event) {
  OX_ENTER();
  OX_OUT(event);
  return owned_event(oxgo_client_next_event(client, timeout_ms, event), event);
}

oxrtmp_status oxrtmp_client_pause(oxrtmp_client client, uint32_t pause) {
  OX_ENTER();
  return oxgo_client_pause(client, pause);
}

oxrtmp_status oxrtmp_client_seek(oxrtmp_client client, uint32_t position_ms) {
  OX_ENTER();
  return oxgo_client_seek(client, position_ms);
}

oxrtmp_status oxrtmp_client_play2(oxrtmp_client client, const oxrtmp_play2 *play2) {
  OX_ENTER();
  OX_REQUIRE(play2 != NULL, "play2 is NULL");
  OX_OPTIONS(oxrtmp_play2, p, play2);
  return oxgo_client_play2(client, &p);
}

oxrtmp_status oxrtmp_client_receive_audio(oxrtmp_client client, uint32_t on) {
  OX_ENTER();
  return oxgo_client_receive_audio(client, on);
}

oxrtmp_status oxrtmp_client_receive_video(oxrtmp_client client, uint32_t on) {
  OX_ENTER();
  return oxgo_client_receive_video(client, on);
}

oxrtmp_status oxrtmp_client_set_buffer_length(oxrtmp_client client, uint32_t length_ms) {
  OX_ENTER();
  return oxgo_client_set_buffer_length(client, length_ms);
}

oxrtmp_status oxrtmp_client_metadata(oxrtmp_client client, oxrtmp_metadata *metadata) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_metadata, metadata, oxgo_client_metadata(client, &local_));
}

oxrtmp_status oxrtmp_client_metadata_tracks(oxrtmp_client client, oxrtmp_track_info *tracks, size_t max,
                                            size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_REQUIRE(tracks != NULL || max == 0, "tracks is NULL");
  return oxgo_client_metadata_tracks(client, tracks, max, count);
}

oxrtmp_status oxrtmp_client_metadata_json(oxrtmp_client client, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_client_metadata_json(client, buf, cap, length);
}

oxrtmp_status oxrtmp_client_metadata_raw(oxrtmp_client client, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  return oxgo_client_metadata_raw(client, buf, cap, length);
}

oxrtmp_status oxrtmp_client_ping(oxrtmp_client client, int32_t timeout_ms, int64_t *rtt_ns) {
  OX_ENTER();
  OX_OUT(rtt_ns);
  return oxgo_client_ping(client, timeout_ms, rtt_ns);
}
