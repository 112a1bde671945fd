/* What clients and sessions have in common: sending, which never waits (the library answers E_AGAIN, and WRITABLE comes by
 * the queue), receiving by the queue, and what a stream tells. The functions take a handle of either kind. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

bool get_stream(napi_env env, napi_callback_info info, struct arguments *a, struct handle **handle) {
  void *value;
  if (!arguments_get(env, info, a)) {
    return false;
  }
  if (napi_get_value_external(env, a->values[0], &value) != napi_ok ||
      (((struct handle *)value)->kind != CLIENT && ((struct handle *)value)->kind != SESSION)) {
    fail_argument(env, "not a handle of this kind");
    return false;
  }
  *handle = value;
  return true;
}

/* ---- sending: each returns a status ---- */

/* The arguments that most of them begin with: (handle, bytes, ...). */
static bool sending(napi_env env, napi_callback_info info, struct arguments *a, struct handle **handle,
                    const uint8_t **data, size_t *size) {
  return get_stream(env, info, a, handle) && get_bytes(a, 1, data, size);
}

/* sendVideoSequenceHeader(handle, avcc) */
static napi_value send_video_sequence_header(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  if (!sending(env, info, &a, &handle, &data, &size)) {
    return NULL;
  }
  return make_status(env, is_client(handle) ? oxrtmp_client_send_video_sequence_header(client_of(handle), data, size)
                                            : oxrtmp_session_send_video_sequence_header(session_of(handle), data, size));
}

/* sendAudioSequenceHeader(handle, asc) */
static napi_value send_audio_sequence_header(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  if (!sending(env, info, &a, &handle, &data, &size)) {
    return NULL;
  }
  return make_status(env, is_client(handle) ? oxrtmp_client_send_audio_sequence_header(client_of(handle), data, size)
                                            : oxrtmp_session_send_audio_sequence_header(session_of(handle), data, size));
}

/* sendVideo(handle, nalus, timestampMs, keyframe) */
static napi_value send_video(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp, keyframe;
  if (!sending(env, info, &a, &handle, &data, &size) || !get_u32(&a, 2, &timestamp) || !get_u32(&a, 3, &keyframe)) {
    return NULL;
  }
  return make_status(env, is_client(handle)
                              ? oxrtmp_client_send_video(client_of(handle), timestamp, keyframe, data, size)
                              : oxrtmp_session_send_video(session_of(handle), timestamp, keyframe, data, size));
}

/* sendVideoAt(handle, nalus, timestampMs, compositionMs, keyframe) */
static napi_value send_video_at(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp, keyframe;
  int32_t composition;
  if (!sending(env, info, &a, &handle, &data, &size) || !get_u32(&a, 2, &timestamp) || !get_i32(&a, 3, &composition) ||
      !get_u32(&a, 4, &keyframe)) {
    return NULL;
  }
  return make_status(
      env, is_client(handle)
               ? oxrtmp_client_send_video_at(client_of(handle), timestamp, composition, keyframe, data, size)
               : oxrtmp_session_send_video_at(session_of(handle), timestamp, composition, keyframe, data, size));
}

/* sendAudio(handle, frame, timestampMs) */
static napi_value send_audio(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp;
  if (!sending(env, info, &a, &handle, &data, &size) || !get_u32(&a, 2, &timestamp)) {
    return NULL;
  }
  return make_status(env, is_client(handle) ? oxrtmp_client_send_audio(client_of(handle), timestamp, data, size)
                                            : oxrtmp_session_send_audio(session_of(handle), timestamp, data, size));
}

/* sendData(handle, body, timestampMs) */
static napi_value send_data(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp;
  if (!sending(env, info, &a, &handle, &data, &size) || !get_u32(&a, 2, &timestamp)) {
    return NULL;
  }
  return make_status(env, is_client(handle) ? oxrtmp_client_send_data(client_of(handle), timestamp, data, size)
                                            : oxrtmp_session_send_data(session_of(handle), timestamp, data, size));
}

/* setDataFrame(client, values, handler) */
static napi_value set_data_frame(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  char *handler = NULL;
  if (!sending(env, info, &a, &handle, &data, &size) || !get_string(&a, 2, &handler)) {
    return NULL;
  }
  napi_value result = make_status(env, oxrtmp_client_set_data_frame(client_of(handle), handler, data, size));
  free(handler);
  return result;
}

/* clearDataFrame(client, handler) */
static napi_value clear_data_frame(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *handler = NULL;
  if (!get_stream(env, info, &a, &handle) || !get_string(&a, 1, &handler)) {
    return NULL;
  }
  napi_value result = make_status(env, oxrtmp_client_clear_data_frame(client_of(handle), handler));
  free(handler);
  return result;
}

/* sendMetadataJson(handle, json) */
static napi_value send_metadata_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *json = NULL;
  if (!get_stream(env, info, &a, &handle) || !get_string(&a, 1, &json)) {
    return NULL;
  }
  oxrtmp_status status = is_client(handle) ? oxrtmp_client_send_metadata_json(client_of(handle), json)
                                           : oxrtmp_session_send_metadata_json(session_of(handle), json);
  free(json);
  return make_status(env, status);
}

/* sendMetadata(handle, metadata, structs of its tracks) */
static napi_value send_metadata(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_metadata m;
  if (!get_stream(env, info, &a, &handle) || !get_metadata(&a, 1, &m)) {
    return NULL;
  }
  return make_status(env, is_client(handle) ? oxrtmp_client_send_metadata(client_of(handle), &m)
                                            : oxrtmp_session_send_metadata(session_of(handle), &m));
}

/* point sets the memory of a packet from a Buffer: all that is not undefined. */
static bool point(struct arguments *a, napi_value buffer, const uint8_t **data, size_t *size) {
  napi_valuetype type;
  void *bytes = NULL;
  *data = NULL;
  *size = 0;
  if (napi_typeof(a->env, buffer, &type) != napi_ok) {
    return false;
  }
  if (type != napi_undefined && napi_get_buffer_info(a->env, buffer, &bytes, size) != napi_ok) {
    fail_argument(a->env, "not bytes");
    return false;
  }
  /* A payload may be empty, but not absent. */
  *data = bytes != NULL || type == napi_undefined ? bytes : (const uint8_t *)"";
  return true;
}

bool get_packets(struct arguments *a, size_t at, oxrtmp_packet **packets, uint32_t *count) {
  void *memory;
  size_t size;
  if (napi_get_arraybuffer_info(a->env, a->values[at], &memory, &size) != napi_ok || !get_u32(a, at + 2, count) ||
      *count > size / sizeof **packets) {
    fail_argument(a->env, "not packets");
    return false;
  }
  *packets = memory;
  for (uint32_t i = 0; i < *count; i++) {
    oxrtmp_packet *p = &(*packets)[i];
    napi_value raw, data;
    if (napi_get_element(a->env, a->values[at + 1], 2 * i, &raw) != napi_ok ||
        napi_get_element(a->env, a->values[at + 1], 2 * i + 1, &data) != napi_ok ||
        !point(a, raw, &p->raw, &p->raw_size) || !point(a, data, &p->data, &p->size)) {
      return false;
    }
    p->token = 0;
  }
  return true;
}

static oxrtmp_status send_all(struct handle *handle, const oxrtmp_packet *packets, uint32_t count, size_t *sent) {
  if (count > 1) {
    return is_client(handle) ? oxrtmp_client_send_packets(client_of(handle), packets, count, sent)
                             : oxrtmp_session_send_packets(session_of(handle), packets, count, sent);
  }
  return is_client(handle) ? oxrtmp_client_send_packet(client_of(handle), packets)
                           : oxrtmp_session_send_packet(session_of(handle), packets);
}

/* sendPackets(handle, structs, [raw, data, ...], count): how many were sent, or a status if that is none. */
static napi_value send_packets(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_packet *packets;
  uint32_t count;
  size_t sent = 0;
  if (!get_stream(env, info, &a, &handle) || !get_packets(&a, 1, &packets, &count)) {
    return NULL;
  }
  oxrtmp_status status = send_all(handle, packets, count, &sent);
  if (status == OXRTMP_OK) {
    sent = count;
  }
  return sent > 0 || status == OXRTMP_OK ? make_u32(env, (uint32_t)sent) : make_status(env, status);
}

/* ---- what may wait ---- */

struct stream_job {
  struct job job;
  struct handle stream; /* only its id and kind */
  int32_t timeout_ms;
  int64_t rtt_ns;
};

static void stream_job_dispose(struct job *job, bool delivered) {
  (void)delivered;
  free(job);
}

static napi_value start(struct arguments *a, const struct stream_job *s) {
  struct stream_job *job = malloc(sizeof *job);
  if (job == NULL) {
    napi_throw_error(a->env, NULL, "out of memory");
    return NULL;
  }
  *job = *s;
  job->job.dispose = stream_job_dispose;
  return job_start(a->addon, &job->job);
}

static oxrtmp_status flush(const struct handle *stream, int32_t timeout_ms) {
  return is_client(stream) ? oxrtmp_client_flush(client_of(stream), timeout_ms)
                           : oxrtmp_session_flush(session_of(stream), timeout_ms);
}

static oxrtmp_status flush_run(struct job *job) {
  struct stream_job *s = (struct stream_job *)job;
  return flush(&s->stream, s->timeout_ms);
}

/* streamFlush(handle, timeoutMs): a status when the answer is there at once, else a promise. */
static napi_value stream_flush(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct stream_job s = {.job = {.run = flush_run}};
  if (!get_stream(env, info, &a, &handle) || !get_i32(&a, 1, &s.timeout_ms)) {
    return NULL;
  }
  s.stream = *handle;
  oxrtmp_status status = flush(handle, 0);
  return status == OXRTMP_E_TIMEOUT && s.timeout_ms != 0 ? start(&a, &s) : make_status(env, status);
}

static oxrtmp_status ping_run(struct job *job) {
  struct stream_job *s = (struct stream_job *)job;
  return is_client(&s->stream) ? oxrtmp_client_ping(client_of(&s->stream), s->timeout_ms, &s->rtt_ns)
                               : oxrtmp_session_ping(session_of(&s->stream), s->timeout_ms, &s->rtt_ns);
}

static napi_value ping_result(napi_env env, struct job *job) {
  return make_double(env, (double)((struct stream_job *)job)->rtt_ns / 1e6);
}

/* streamPing(handle, timeoutMs): a promise of the milliseconds that it took. */
static napi_value stream_ping(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct stream_job s = {.job = {.run = ping_run, .result = ping_result}};
  if (!get_stream(env, info, &a, &handle) || !get_i32(&a, 1, &s.timeout_ms)) {
    return NULL;
  }
  s.stream = *handle;
  return start(&a, &s);
}

/* ---- receiving, and what a stream tells ---- */

/* streamListen(handle, userData): the stream's events come to the queue, or with undefined they do not. */
static napi_value stream_listen(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  double user_data = 0;
  napi_valuetype type;
  if (!get_stream(env, info, &a, &handle) || napi_typeof(env, a.values[1], &type) != napi_ok ||
      (type != napi_undefined && !get_double(&a, 1, &user_data))) {
    return NULL;
  }
  oxrtmp_queue queue = type == napi_undefined ? (oxrtmp_queue){0} : a.addon->queue;
  return make_status(env, is_client(handle) ? oxrtmp_client_set_queue(client_of(handle), queue, (uint64_t)user_data)
                                            : oxrtmp_session_set_queue(session_of(handle), queue, (uint64_t)user_data));
}

static napi_value stream_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_statistics s = {.struct_size = sizeof s};
  if (!get_stream(env, info, &a, &handle)) {
    return NULL;
  }
  oxrtmp_status status = is_client(handle) ? oxrtmp_client_statistics(client_of(handle), &s)
                                           : oxrtmp_session_statistics(session_of(handle), &s);
  return status == OXRTMP_OK ? make_statistics(env, &s) : make_status(env, status);
}

static napi_value stream_connection_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_connection_statistics s = {.struct_size = sizeof s};
  if (!get_stream(env, info, &a, &handle)) {
    return NULL;
  }
  oxrtmp_status status = is_client(handle) ? oxrtmp_client_connection_statistics(client_of(handle), &s)
                                           : oxrtmp_session_connection_statistics(session_of(handle), &s);
  return status == OXRTMP_OK ? make_connection_statistics(env, &s) : make_status(env, status);
}

static napi_value stream_metadata(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_metadata m;
  oxrtmp_metadata_init(&m);
  if (!get_stream(env, info, &a, &handle)) {
    return NULL;
  }
  oxrtmp_track_info tracks[512];
  size_t count = 0;
  oxrtmp_status status = is_client(handle) ? oxrtmp_client_metadata(client_of(handle), &m)
                                           : oxrtmp_session_metadata(session_of(handle), &m);
  if (status == OXRTMP_OK) {
    status = is_client(handle) ? oxrtmp_client_metadata_tracks(client_of(handle), tracks, 512, &count)
                               : oxrtmp_session_metadata_tracks(session_of(handle), tracks, 512, &count);
  }
  return status == OXRTMP_OK ? make_metadata(env, &m, tracks, count) : make_status(env, status);
}

static napi_value stream_metadata_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!get_stream(env, info, &a, &handle)) {
    return NULL;
  }
  if (is_client(handle)) {
    TEXT(env, &result, oxrtmp_client_metadata_json, client_of(handle));
  } else {
    TEXT(env, &result, oxrtmp_session_metadata_json, session_of(handle));
  }
  return result;
}

static oxrtmp_status metadata_raw(const struct handle *handle, uint8_t *bytes, size_t size, size_t *length) {
  return is_client(handle) ? oxrtmp_client_metadata_raw(client_of(handle), bytes, size, length)
                           : oxrtmp_session_metadata_raw(session_of(handle), bytes, size, length);
}

static napi_value stream_metadata_raw(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!get_stream(env, info, &a, &handle)) {
    return NULL;
  }
  size_t length = 0;
  uint8_t *bytes = NULL;
  oxrtmp_status status = metadata_raw(handle, NULL, 0, &length);
  while (status == OXRTMP_E_BUFFER) { /* once more when other metadata has come meanwhile */
    uint8_t *larger = realloc(bytes, length);
    if (larger == NULL) {
      status = OXRTMP_E_MEMORY;
      break;
    }
    bytes = larger;
    status = metadata_raw(handle, bytes, length, &length);
  }
  napi_value result = NULL;
  if (status == OXRTMP_OK) {
    napi_create_buffer_copy(env, length, bytes, NULL, &result);
  } else {
    result = make_status(env, status);
  }
  free(bytes);
  return result;
}

const struct function stream_functions[] = {
    {"sendVideoSequenceHeader", send_video_sequence_header},
    {"sendAudioSequenceHeader", send_audio_sequence_header},
    {"sendVideo", send_video},
    {"sendVideoAt", send_video_at},
    {"sendAudio", send_audio},
    {"sendData", send_data},
    {"setDataFrame", set_data_frame},
    {"clearDataFrame", clear_data_frame},
    {"sendMetadataJson", send_metadata_json},
    {"sendMetadata", send_metadata},
    {"sendPackets", send_packets},
    {"streamFlush", stream_flush},
    {"streamPing", stream_ping},
    {"streamListen", stream_listen},
    {"streamStatistics", stream_statistics},
    {"streamConnectionStatistics", stream_connection_statistics},
    {"streamMetadata", stream_metadata},
    {"streamMetadataJson", stream_metadata_json},
    {"streamMetadataRaw", stream_metadata_raw},
    {NULL, NULL},
};
