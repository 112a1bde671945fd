/* Clients. Sending never waits: the library answers E_AGAIN, and WRITABLE comes by the queue. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

/* clientOpen(url, options, userData): the handle, or a status. */
static napi_value client_open(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct client_settings settings;
  char *url = NULL;
  double user_data;
  napi_value result = NULL;
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  if (get_client_settings(&a, 1, &settings) && get_double(&a, 2, &user_data) && get_string(&a, 0, &url)) {
    oxrtmp_client client;
    oxrtmp_status status =
        oxrtmp_client_publish_open(url, &settings.options, a.addon->queue, (uint64_t)user_data, &client);
    result = status == OXRTMP_OK ? handle_make(a.addon, CLIENT, client.id) : make_status(env, status);
  }
  client_settings_free(&settings);
  free(url);
  return result;
}

/* ---- what may wait ---- */

struct client_job {
  struct job job;
  oxrtmp_client client;
  int32_t timeout_ms;
  int32_t fd;
  double user_data;
  char *url;
  struct client_settings settings;
};

static void client_job_dispose(struct job *job, bool delivered) {
  struct client_job *c = (struct client_job *)job;
  if (!delivered && job->result != NULL && c->client.id != 0) {
    oxrtmp_client_close(c->client);
  }
  client_settings_free(&c->settings);
  free(c->url);
  free(c);
}

static napi_value start(struct addon *addon, const struct client_job *c) {
  struct client_job *job = malloc(sizeof *job);
  if (job == NULL) {
    napi_throw_error(addon->env, NULL, "out of memory");
    return NULL;
  }
  *job = *c;
  job->job.dispose = client_job_dispose;
  return job_start(addon, &job->job);
}

static oxrtmp_status publish_fd_run(struct job *job) {
  struct client_job *c = (struct client_job *)job;
  c->settings.options.limits = &c->settings.limits;
  c->settings.options.timeouts = &c->settings.timeouts;
  return oxrtmp_client_publish_fd(c->fd, c->url, &c->settings.options, -1, &c->client);
}

static napi_value publish_fd_result(napi_env env, struct job *job) {
  struct client_job *c = (struct client_job *)job;
  oxrtmp_client client = c->client;
  c->client.id = 0;
  (void)env;
  oxrtmp_client_set_queue(client, job->addon->queue, (uint64_t)c->user_data);
  return handle_make(job->addon, CLIENT, client.id);
}

/* clientPublishFd(fd, url, options, userData): a promise of the handle. */
static napi_value client_publish_fd(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct client_job c = {.job = {.run = publish_fd_run, .result = publish_fd_result}};
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  if (!get_i32(&a, 0, &c.fd) || !get_client_settings(&a, 2, &c.settings) || !get_double(&a, 3, &c.user_data) ||
      !get_string(&a, 1, &c.url)) {
    client_settings_free(&c.settings);
    return NULL;
  }
  return start(a.addon, &c);
}

static oxrtmp_status flush_run(struct job *job) {
  struct client_job *c = (struct client_job *)job;
  return oxrtmp_client_flush(c->client, c->timeout_ms);
}

/* clientFlush(handle, timeoutMs): a status when the answer is there at once, else a promise. */
static napi_value client_flush(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct client_job c = {.job = {.run = flush_run}};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle) || !get_i32(&a, 1, &c.timeout_ms)) {
    return NULL;
  }
  c.client.id = handle->id;
  oxrtmp_status status = oxrtmp_client_flush(c.client, 0);
  return status == OXRTMP_E_TIMEOUT && c.timeout_ms != 0 ? start(a.addon, &c) : make_status(env, status);
}

/* clientCloseStart(handle): a status. The event CLIENT_CLOSED comes when queued data and the good-byes have had their time
 * to leave. */
static napi_value client_close_start(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_close_start((oxrtmp_client){handle->id}));
}

/* clientEnd(handle): a status. After CLIENT_CLOSED: it does not wait then. */
static napi_value client_end(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_close((oxrtmp_client){handle_take(handle)}));
}

/* clientError(handle): why the client failed or ended, in full; the event's text is cut to fit. */
static napi_value client_error(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_client_flush((oxrtmp_client){handle->id}, 0);
  struct failure failure;
  failure_get(&failure, status);
  return failure_make(env, &failure);
}

/* ---- sending: each returns a status ---- */

/* The arguments that all of them begin with: (handle, bytes, ...). */
static bool sending(napi_env env, napi_callback_info info, struct arguments *a, oxrtmp_client *client,
                    const uint8_t **data, size_t *size) {
  struct handle *handle;
  if (!arguments_get(env, info, a) || !get_handle(a, 0, CLIENT, &handle) || !get_bytes(a, 1, data, size)) {
    return false;
  }
  client->id = handle->id;
  return true;
}

/* sendVideoSequenceHeader(handle, avcc) */
static napi_value send_video_sequence_header(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_client client;
  const uint8_t *data;
  size_t size;
  if (!sending(env, info, &a, &client, &data, &size)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_send_video_sequence_header(client, data, size));
}

/* sendAudioSequenceHeader(handle, asc) */
static napi_value send_audio_sequence_header(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_client client;
  const uint8_t *data;
  size_t size;
  if (!sending(env, info, &a, &client, &data, &size)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_send_audio_sequence_header(client, data, size));
}

/* sendVideo(handle, nalus, timestampMs, keyframe) */
static napi_value send_video(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_client client;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp, keyframe;
  if (!sending(env, info, &a, &client, &data, &size) || !get_u32(&a, 2, &timestamp) || !get_u32(&a, 3, &keyframe)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_send_video(client, timestamp, keyframe, data, size));
}

/* sendVideoAt(handle, nalus, timestampMs, compositionMs, keyframe) */
static napi_value send_video_at(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_client client;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp, keyframe;
  int32_t composition;
  if (!sending(env, info, &a, &client, &data, &size) || !get_u32(&a, 2, &timestamp) || !get_i32(&a, 3, &composition) ||
      !get_u32(&a, 4, &keyframe)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_send_video_at(client, timestamp, composition, keyframe, data, size));
}

/* sendAudio(handle, frame, timestampMs) */
static napi_value send_audio(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_client client;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp;
  if (!sending(env, info, &a, &client, &data, &size) || !get_u32(&a, 2, &timestamp)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_send_audio(client, timestamp, data, size));
}

/* sendData(handle, body, timestampMs) */
static napi_value send_data(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_client client;
  const uint8_t *data;
  size_t size;
  uint32_t timestamp;
  if (!sending(env, info, &a, &client, &data, &size) || !get_u32(&a, 2, &timestamp)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_send_data(client, timestamp, data, size));
}

/* sendMetadataJson(handle, json) */
static napi_value send_metadata_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *json = NULL;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle) || !get_string(&a, 1, &json)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_client_send_metadata_json((oxrtmp_client){handle->id}, json);
  free(json);
  return make_status(env, status);
}

/* sendMetadata(handle, metadata) */
static napi_value send_metadata(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_metadata m;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle) || !get_metadata(&a, 1, &m)) {
    return NULL;
  }
  return make_status(env, oxrtmp_client_send_metadata((oxrtmp_client){handle->id}, &m));
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

/* sendPackets(handle, structs, [raw, data, ...], count): how many were sent, or a status if that is none. */
static napi_value send_packets(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_packet *packets;
  uint32_t count;
  size_t sent = 0;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle) || !get_packets(&a, 1, &packets, &count)) {
    return NULL;
  }
  oxrtmp_client client = {handle->id};
  oxrtmp_status status = count == 1 ? oxrtmp_client_send_packet(client, packets)
                                    : oxrtmp_client_send_packets(client, packets, count, &sent);
  if (status == OXRTMP_OK) {
    sent = count;
  }
  return sent > 0 || status == OXRTMP_OK ? make_u32(env, (uint32_t)sent) : make_status(env, status);
}

/* ---- what a client tells ---- */

static napi_value client_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_statistics s = {.struct_size = sizeof s};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_client_statistics((oxrtmp_client){handle->id}, &s);
  return status == OXRTMP_OK ? make_statistics(env, &s) : make_status(env, status);
}

static napi_value client_peer_address(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_client_peer_address, (oxrtmp_client){handle->id});
  return result;
}

const struct function client_functions[] = {
    {"clientOpen", client_open},
    {"clientPublishFd", client_publish_fd},
    {"clientFlush", client_flush},
    {"clientCloseStart", client_close_start},
    {"clientEnd", client_end},
    {"clientError", client_error},
    {"sendVideoSequenceHeader", send_video_sequence_header},
    {"sendAudioSequenceHeader", send_audio_sequence_header},
    {"sendVideo", send_video},
    {"sendVideoAt", send_video_at},
    {"sendAudio", send_audio},
    {"sendData", send_data},
    {"sendMetadataJson", send_metadata_json},
    {"sendMetadata", send_metadata},
    {"sendPackets", send_packets},
    {"clientStatistics", client_statistics},
    {"clientPeerAddress", client_peer_address},
    {NULL, NULL},
};
