#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_engine_server_create(const oxrtmp_server_options *options, uint32_t flags, oxrtmp_engine *engine) {
  OX_ENTER();
  OX_OUT(engine);
  OX_REQUIRE((flags & ~(uint32_t)OXRTMP_ENGINE_SHAKEN) == 0, "flags are not known");
  OX_SERVER_OPTIONS(o, options);
  return oxgo_engine_server_create(&o, flags, engine);
}

oxrtmp_status oxrtmp_engine_publish_create(const char *url, const oxrtmp_client_options *options, uint32_t flags,
                                           oxrtmp_engine *engine) {
  OX_ENTER();
  OX_OUT(engine);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_REQUIRE((flags & ~(uint32_t)OXRTMP_ENGINE_SHAKEN) == 0, "flags are not known");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_engine_publish_create((char *)url, &o, flags, engine);
}

oxrtmp_status oxrtmp_engine_play_create(const char *url, const oxrtmp_client_options *options, uint32_t flags,
                                        oxrtmp_engine *engine) {
  OX_ENTER();
  OX_OUT(engine);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_REQUIRE((flags & ~(uint32_t)OXRTMP_ENGINE_SHAKEN) == 0, "flags are not known");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_engine_play_create((char *)url, &o, flags, engine);
}

oxrtmp_status oxrtmp_engine_receive(oxrtmp_engine engine, int64_t now_ms, const uint8_t *data, size_t size,
                                    size_t *consumed) {
  OX_ENTER();
  OX_OUT(consumed);
  OX_REQUIRE(data != NULL || size == 0, "data is NULL");
  OX_REQUIRE(size <= PTRDIFF_MAX, "size is too large");
  return oxgo_engine_receive(engine, now_ms, (uint8_t *)data, size, consumed);
}

oxrtmp_status oxrtmp_engine_next_event(oxrtmp_engine engine, oxrtmp_event *event) {
  OX_ENTER();
  OX_OUT(event);
  oxrtmp_status status = oxgo_engine_next_event(engine, event);
  if (status == OXRTMP_OK) {
    ox_events_own(event, 1);
  }
  return status;
}

oxrtmp_status oxrtmp_engine_output(oxrtmp_engine engine, uint8_t *buf, size_t cap, size_t *size) {
  OX_ENTER();
  OX_OUT(size);
  OX_REQUIRE(buf != NULL || cap == 0, "buf is NULL");
  OX_REQUIRE(cap <= PTRDIFF_MAX, "cap is too large");
  return oxgo_engine_output(engine, buf, cap, size);
}

oxrtmp_status oxrtmp_engine_deadline(oxrtmp_engine engine, int64_t *deadline_ms) {
  OX_ENTER();
  OX_OUT(deadline_ms);
  return oxgo_engine_deadline(engine, deadline_ms);
}

oxrtmp_status oxrtmp_engine_advance(oxrtmp_engine engine, int64_t now_ms) {
  OX_ENTER();
  return oxgo_engine_advance(engine, now_ms);
}

oxrtmp_status oxrtmp_engine_send_packet(oxrtmp_engine engine, const oxrtmp_packet *packet) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_engine_send_packet(engine, (oxrtmp_packet *)packet);
}

oxrtmp_status oxrtmp_engine_send_metadata(oxrtmp_engine engine, const oxrtmp_metadata *metadata) {
  OX_ENTER();
  OX_METADATA(m, metadata);
  return oxgo_engine_send_metadata(engine, &m);
}

oxrtmp_status oxrtmp_engine_send_packet_to(oxrtmp_engine engine, uint32_t stream_id, const oxrtmp_packet *packet) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_PACKET_IN(packet);
  return oxgo_engine_send_packet_to(engine, stream_id, (oxrtmp_packet *)packet);
}

oxrtmp_status oxrtmp_engine_complete(oxrtmp_engine engine, uint32_t stream_id) {
  OX_ENTER();
  return oxgo_engine_complete(engine, stream_id);
}

oxrtmp_status oxrtmp_engine_close_stream(oxrtmp_engine engine, uint32_t stream_id, const char *code,
                                         const char *description) {
  OX_ENTER();
  return oxgo_engine_close_stream(engine, stream_id, (char *)code, (char *)description);
}

oxrtmp_status oxrtmp_engine_pause(oxrtmp_engine engine, uint32_t pause) {
  OX_ENTER();
  return oxgo_engine_pause(engine, pause);
}

oxrtmp_status oxrtmp_engine_seek(oxrtmp_engine engine, uint32_t position_ms) {
  OX_ENTER();
  return oxgo_engine_seek(engine, position_ms);
}

oxrtmp_status oxrtmp_engine_play2(oxrtmp_engine engine, const oxrtmp_play2 *play2) {
  OX_ENTER();
  OX_REQUIRE(play2 != NULL, "play2 is NULL");
  OX_OPTIONS(oxrtmp_play2, p, play2);
  return oxgo_engine_play2(engine, &p);
}

oxrtmp_status oxrtmp_engine_receive_audio(oxrtmp_engine engine, uint32_t on) {
  OX_ENTER();
  return oxgo_engine_receive_audio(engine, on);
}

oxrtmp_status oxrtmp_engine_receive_video(oxrtmp_engine engine, uint32_t on) {
  OX_ENTER();
  return oxgo_engine_receive_video(engine, on);
}

oxrtmp_status oxrtmp_engine_set_buffer_length(oxrtmp_engine engine, uint32_t length_ms) {
  OX_ENTER();
  return oxgo_engine_set_buffer_length(engine, length_ms);
}

oxrtmp_status oxrtmp_engine_end(oxrtmp_engine engine) {
  OX_ENTER();
  return oxgo_engine_end(engine);
}

oxrtmp_status oxrtmp_engine_closing(oxrtmp_engine engine, uint32_t *closing) {
  OX_ENTER();
  OX_OUT(closing);
  return oxgo_engine_closing(engine, closing);
}

oxrtmp_status oxrtmp_engine_statistics(oxrtmp_engine engine, oxrtmp_engine_counters *counters) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_engine_counters, counters, oxgo_engine_statistics(engine, &local_));
}

oxrtmp_status oxrtmp_engine_set_queue(oxrtmp_engine engine, oxrtmp_queue queue, uint64_t user_data) {
  OX_ENTER();
  return oxgo_engine_set_queue(engine, queue, user_data);
}

oxrtmp_status oxrtmp_engine_close(oxrtmp_engine engine) {
  OX_ENTER();
  return oxgo_engine_close(engine);
}
