/* Figures and other records that the library gives: structs of C to objects of JavaScript, by tables. */
#include "fields.h"

#include <string.h>

static const struct field statistics_fields[] = {
    FIELD(U32, oxrtmp_statistics, "timestampMs", timestamp_ms),
    FIELD(I64, oxrtmp_statistics, "durationNs", duration_ns),
    FIELD(I64, oxrtmp_statistics, "keyframeIntervalNs", keyframe_interval_ns),
    FIELD(U64, oxrtmp_statistics, "bytes", bytes),
    FIELD(COUNT, oxrtmp_statistics, "packets", packets),
    FIELD(COUNT, oxrtmp_statistics, "audioPackets", audio_packets),
    FIELD(COUNT, oxrtmp_statistics, "videoPackets", video_packets),
    FIELD(COUNT, oxrtmp_statistics, "dataPackets", data_packets),
    FIELD(COUNT, oxrtmp_statistics, "keyframes", keyframes),
    FIELD(COUNT, oxrtmp_statistics, "malformed", malformed),
    FIELD(U64, oxrtmp_statistics, "queuedBytes", queued_bytes),
    FIELD(U64, oxrtmp_statistics, "audioBytes", audio_bytes),
    FIELD(U64, oxrtmp_statistics, "videoBytes", video_bytes),
    FIELD(COUNT, oxrtmp_statistics, "dropped", dropped),
    FIELD(COUNT, oxrtmp_statistics, "audioBitrate", audio_bitrate),
    FIELD(COUNT, oxrtmp_statistics, "videoBitrate", video_bitrate),
    FIELD(F64, oxrtmp_statistics, "frameRate", frame_rate),
    END};

static const struct field failure_fields[] = {
    FIELD(I32, oxrtmp_failure, "status", status),
    FIELD(PHASE, oxrtmp_failure, "phase", phase),
    FIELD(COUNT, oxrtmp_failure, "connection", connection),
    FIELD(U64, oxrtmp_failure, "offset", offset),
    FIELD(TEXT_ARRAY, oxrtmp_failure, "peer", peer),
    FIELD(TEXT_ARRAY, oxrtmp_failure, "text", text),
    END};

static const struct field connection_statistics_fields[] = {
    FIELD(PHASE, oxrtmp_connection_statistics, "phase", phase),
    FIELD(COUNT, oxrtmp_connection_statistics, "number", number),
    FIELD(I64, oxrtmp_connection_statistics, "durationNs", duration_ns),
    FIELD(U64, oxrtmp_connection_statistics, "bytesReceived", bytes_received),
    FIELD(U64, oxrtmp_connection_statistics, "bytesSent", bytes_sent),
    FIELD(U64, oxrtmp_connection_statistics, "queuedBytes", queued_bytes),
    FIELD(I64, oxrtmp_connection_statistics, "rttNs", rtt_ns),
    FIELD(I64, oxrtmp_connection_statistics, "rttVariationNs", rtt_variation_ns),
    FIELD(I64, oxrtmp_connection_statistics, "pingRttNs", ping_rtt_ns),
    FIELD(COUNT, oxrtmp_connection_statistics, "resentSegments", resent_segments),
    FIELD(COUNT, oxrtmp_connection_statistics, "messagesReceived", messages_received),
    FIELD(COUNT, oxrtmp_connection_statistics, "packetsReceived", packets_received),
    FIELD(COUNT, oxrtmp_connection_statistics, "malformed", malformed),
    FIELD(COUNT, oxrtmp_connection_statistics, "ignored", ignored),
    FIELD(COUNT, oxrtmp_connection_statistics, "unknown", unknown),
    FIELD(COUNT, oxrtmp_connection_statistics, "faulty", faulty),
    END};

static const struct field hub_info_fields[] = {
    FIELD(U32, oxrtmp_hub_info, "streams", streams),
    FIELD(U32, oxrtmp_hub_info, "publishers", publishers),
    FIELD(U32, oxrtmp_hub_info, "players", players),
    FIELD(U64, oxrtmp_hub_info, "bytes", bytes),
    FIELD(COUNT, oxrtmp_hub_info, "packets", packets),
    FIELD(COUNT, oxrtmp_hub_info, "framesSent", frames_sent),
    FIELD(COUNT, oxrtmp_hub_info, "framesDropped", frames_dropped),
    FIELD(U64, oxrtmp_hub_info, "cachedBytes", cached_bytes),
    FIELD(COUNT, oxrtmp_hub_info, "messagesLost", messages_lost),
    FIELD(I64, oxrtmp_hub_info, "durationNs", duration_ns),
    END};

static const struct field stream_info_fields[] = {
    FIELD(FLAG, oxrtmp_stream_info, "published", published),
    FIELD(U32, oxrtmp_stream_info, "players", players),
    FIELD(U32, oxrtmp_stream_info, "timestampMs", timestamp_ms),
    FIELD(I64, oxrtmp_stream_info, "durationNs", duration_ns),
    FIELD(I64, oxrtmp_stream_info, "keyframeIntervalNs", keyframe_interval_ns),
    FIELD(U64, oxrtmp_stream_info, "bytes", bytes),
    FIELD(COUNT, oxrtmp_stream_info, "packets", packets),
    FIELD(COUNT, oxrtmp_stream_info, "audioPackets", audio_packets),
    FIELD(COUNT, oxrtmp_stream_info, "videoPackets", video_packets),
    FIELD(COUNT, oxrtmp_stream_info, "dataPackets", data_packets),
    FIELD(COUNT, oxrtmp_stream_info, "keyframes", keyframes),
    FIELD(COUNT, oxrtmp_stream_info, "malformed", malformed),
    FIELD(COUNT, oxrtmp_stream_info, "framesSent", frames_sent),
    FIELD(COUNT, oxrtmp_stream_info, "framesDropped", frames_dropped),
    FIELD(U64, oxrtmp_stream_info, "cachedBytes", cached_bytes),
    FIELD(TEXT_ARRAY, oxrtmp_stream_info, "publisher", publisher),
    FIELD(COUNT, oxrtmp_stream_info, "messagesLost", messages_lost),
    FIELD(I64, oxrtmp_stream_info, "publishedNs", published_ns),
    FIELD(CODEC, oxrtmp_stream_info, "videoCodec", video_codec),
    FIELD(CODEC, oxrtmp_stream_info, "audioCodec", audio_codec),
    END};

static const struct field relay_info_fields[] = {
    FIELD(FLAG, oxrtmp_relay_info, "pull", pull),
    FIELD(U32, oxrtmp_relay_info, "state", state),
    FIELD(I32, oxrtmp_relay_info, "status", status),
    FIELD(I64, oxrtmp_relay_info, "sinceNs", since_ns),
    FIELD(COUNT, oxrtmp_relay_info, "connections", connections),
    FIELD(COUNT, oxrtmp_relay_info, "retries", retries),
    FIELD(U64, oxrtmp_relay_info, "bytes", bytes),
    FIELD(COUNT, oxrtmp_relay_info, "packets", packets),
    FIELD(COUNT, oxrtmp_relay_info, "audioPackets", audio_packets),
    FIELD(COUNT, oxrtmp_relay_info, "videoPackets", video_packets),
    FIELD(COUNT, oxrtmp_relay_info, "dataPackets", data_packets),
    FIELD(U64, oxrtmp_relay_info, "queuedBytes", queued_bytes),
    FIELD(COUNT, oxrtmp_relay_info, "framesDropped", frames_dropped),
    FIELD(TEXT_ARRAY, oxrtmp_relay_info, "text", text),
    END};

static const struct field play_info_fields[] = {
    FIELD(FLAG, oxrtmp_play_info, "reset", reset),
    FIELD(U32, oxrtmp_play_info, "bufferLengthMs", buffer_length_ms),
    FIELD(F64, oxrtmp_play_info, "start", start),
    FIELD(F64, oxrtmp_play_info, "duration", duration),
    FIELD(FLAG, oxrtmp_play_info, "play2", play2),
    FIELD(F64, oxrtmp_play_info, "offset", offset),
    FIELD(TEXT_ARRAY, oxrtmp_play_info, "transition", transition),
    END};

static const struct field engine_counters_fields[] = {
    FIELD(U64, oxrtmp_engine_counters, "bytesReceived", bytes_received),
    FIELD(COUNT, oxrtmp_engine_counters, "messagesReceived", messages_received),
    FIELD(COUNT, oxrtmp_engine_counters, "packetsReceived", packets_received),
    FIELD(COUNT, oxrtmp_engine_counters, "packetsSent", packets_sent),
    FIELD(COUNT, oxrtmp_engine_counters, "malformed", malformed),
    FIELD(COUNT, oxrtmp_engine_counters, "ignored", ignored),
    FIELD(COUNT, oxrtmp_engine_counters, "unknown", unknown),
    FIELD(COUNT, oxrtmp_engine_counters, "faulty", faulty),
    FIELD(COUNT, oxrtmp_engine_counters, "requestsRejected", requests_rejected),
    FIELD(COUNT, oxrtmp_engine_counters, "requestsExpired", requests_expired),
    END};

/* ---- writing ---- */

static napi_value write_field(napi_env env, const struct field *f, const char *at) {
  uint64_t u64 = 0;
  uint32_t u32;
  double number;
  napi_value flag = NULL;
  switch (f->type) {
    case FLAG:
      memcpy(&u32, at, sizeof u32);
      napi_get_boolean(env, u32 != 0, &flag);
      return flag;
    case U32:
    case I32:
    case CODEC:
      memcpy(&u32, at, sizeof u32);
      return f->type == I32 ? make_status(env, (int32_t)u32) : make_u32(env, u32);
    case U64:
    case I64:
    case COUNT:
      memcpy(&u64, at, sizeof u64);
      return f->type == COUNT ? make_double(env, (double)u64) : make_bigint(env, u64);
    case F64:
      memcpy(&number, at, sizeof number);
      return make_double(env, number);
    case PHASE:
      memcpy(&u32, at, sizeof u32);
      return make_string(env, oxrtmp_phase_name(u32), strlen(oxrtmp_phase_name(u32)));
    default:
      return make_string(env, at, strnlen(at, f->size));
  }
}

static napi_value write_fields(napi_env env, const struct field *fields, const void *from) {
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) {
    return NULL;
  }
  for (const struct field *f = fields; f->name != NULL; f++) {
    set_named(env, object, f->name, write_field(env, f, (const char *)from + f->offset));
  }
  return object;
}

napi_value make_metadata(napi_env env, const oxrtmp_metadata *m, const oxrtmp_track_info *tracks, size_t count) {
  napi_value object = write_fields(env, metadata_fields, m), structs;
  if (napi_create_buffer_copy(env, count * sizeof *tracks, tracks, NULL, &structs) == napi_ok) {
    set_named(env, object, "tracks", structs);
  }
  return object;
}

napi_value make_statistics(napi_env env, const oxrtmp_statistics *s) {
  return write_fields(env, statistics_fields, s);
}

napi_value make_failure(napi_env env, const oxrtmp_failure *f) { return write_fields(env, failure_fields, f); }

napi_value make_connection_statistics(napi_env env, const oxrtmp_connection_statistics *s) {
  return write_fields(env, connection_statistics_fields, s);
}

napi_value make_hub_info(napi_env env, const oxrtmp_hub_info *h) {
  return write_fields(env, hub_info_fields, h);
}

napi_value make_stream_info(napi_env env, const oxrtmp_stream_info *s) {
  return write_fields(env, stream_info_fields, s);
}

napi_value make_relay_info(napi_env env, const oxrtmp_relay_info *r) {
  return write_fields(env, relay_info_fields, r);
}

napi_value make_play_info(napi_env env, const oxrtmp_play_info *p) {
  return write_fields(env, play_info_fields, p);
}

napi_value make_engine_counters(napi_env env, const oxrtmp_engine_counters *c) {
  napi_value object = write_fields(env, engine_counters_fields, c);
  const char *phase = oxrtmp_phase_name(c->phase);
  set_named(env, object, "phase", make_string(env, phase, strlen(phase)));
  return object;
}
