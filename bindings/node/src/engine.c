/* Engines: the protocol without a socket. No call waits, so that none is a job. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

enum { OUTPUT_BYTES = 64 * 1024 };

static napi_value wrap(struct arguments *a, oxrtmp_status status, const oxrtmp_engine *engine) {
  return status == OXRTMP_OK ? handle_make(a->addon, ENGINE, engine->id) : make_status(a->env, status);
}

static bool get_engine(napi_env env, napi_callback_info info, struct arguments *a, oxrtmp_engine *engine) {
  struct handle *handle;
  if (!arguments_get(env, info, a) || !get_handle(a, 0, ENGINE, &handle)) {
    return false;
  }
  engine->id = handle->id;
  return true;
}

/* engineServer(options, flags): the handle, or a status. */
static napi_value engine_server(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct server_settings settings;
  uint32_t flags;
  oxrtmp_engine engine;
  if (!arguments_get(env, info, &a) || !get_server_settings(&a, 0, &settings) || !get_u32(&a, 1, &flags)) {
    return NULL;
  }
  napi_value result = wrap(&a, oxrtmp_engine_server_create(&settings.options, flags, &engine), &engine);
  server_settings_free(&settings);
  return result;
}

typedef oxrtmp_status create_function(const char *, const oxrtmp_client_options *, uint32_t, oxrtmp_engine *);

/* enginePublish and enginePlay(url, options, flags): the handle, or a status. */
static napi_value create_client(napi_env env, napi_callback_info info, create_function *create) {
  struct arguments a;
  struct client_settings settings;
  char *url = NULL;
  uint32_t flags;
  oxrtmp_engine engine;
  napi_value result = NULL;
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  if (get_client_settings(&a, 1, &settings) && get_u32(&a, 2, &flags) && get_string(&a, 0, &url)) {
    result = wrap(&a, create(url, &settings.options, flags, &engine), &engine);
  }
  client_settings_free(&settings);
  free(url);
  return result;
}

static napi_value engine_publish(napi_env env, napi_callback_info info) {
  return create_client(env, info, oxrtmp_engine_publish_create);
}

static napi_value engine_play(napi_env env, napi_callback_info info) {
  return create_client(env, info, oxrtmp_engine_play_create);
}

/* drain makes what JavaScript gets of an engine's events, of the first MAX_EVENTS; undefined when there are none. */
static napi_value drain(struct addon *addon, oxrtmp_engine engine) {
  oxrtmp_event *events = calloc(MAX_EVENTS, sizeof *events);
  size_t count = 0;
  while (events != NULL && count < MAX_EVENTS && oxrtmp_engine_next_event(engine, &events[count]) == OXRTMP_OK) {
    count++;
  }
  napi_value result = count > 0 ? events_make(addon, events, count) : make_undefined(addon->env);
  free(events);
  return result;
}

/* engineReceive(handle, nowMs, bytes, from): [how many of the bytes from there on it took, events or undefined, failure or
 * undefined]. */
static napi_value engine_receive(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  double now;
  uint32_t from;
  const uint8_t *data;
  size_t size, consumed = 0;
  napi_value result;
  if (!get_engine(env, info, &a, &engine) || !get_double(&a, 1, &now) || !get_bytes(&a, 2, &data, &size) ||
      !get_u32(&a, 3, &from) || napi_create_array_with_length(env, 3, &result) != napi_ok) {
    return NULL;
  }
  if (from > size) {
    return fail_argument(env, "not an offset");
  }
  oxrtmp_status status = oxrtmp_engine_receive(engine, (int64_t)now, data + from, size - from, &consumed);
  struct failure failure;
  failure_get(&failure, status);
  napi_set_element(env, result, 0, make_double(env, (double)consumed));
  napi_set_element(env, result, 1, drain(a.addon, engine));
  napi_set_element(env, result, 2, status == OXRTMP_OK ? make_undefined(env) : failure_make(env, &failure));
  return result;
}

/* engineEvents(handle): events, or undefined. */
static napi_value engine_events(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  return get_engine(env, info, &a, &engine) ? drain(a.addon, engine) : NULL;
}

/* engineOutput(handle): a Buffer of what is to be sent, up to OUTPUT_BYTES; undefined when that is nothing; or a status. */
static napi_value engine_output(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  uint8_t bytes[OUTPUT_BYTES];
  size_t size;
  napi_value result = NULL;
  if (!get_engine(env, info, &a, &engine)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_engine_output(engine, bytes, sizeof bytes, &size);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  if (size == 0) {
    return make_undefined(env);
  }
  napi_create_buffer_copy(env, size, bytes, NULL, &result);
  return result;
}

/* engineDeadline(handle): in ms, -1 if there is none; or undefined once the engine is closed. */
static napi_value engine_deadline(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  int64_t deadline;
  if (!get_engine(env, info, &a, &engine)) {
    return NULL;
  }
  return oxrtmp_engine_deadline(engine, &deadline) == OXRTMP_OK ? make_double(env, (double)deadline) : make_undefined(env);
}

/* engineAdvance(handle, nowMs): a status. */
static napi_value engine_advance(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  double now;
  if (!get_engine(env, info, &a, &engine) || !get_double(&a, 1, &now)) {
    return NULL;
  }
  return make_status(env, oxrtmp_engine_advance(engine, (int64_t)now));
}

/* engineSendPackets(handle, structs, [raw, data, ...], count, streamId or 0): a status. */
static napi_value engine_send_packets(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  oxrtmp_packet *packets;
  uint32_t count, stream;
  oxrtmp_status status = OXRTMP_OK;
  if (!get_engine(env, info, &a, &engine) || !get_packets(&a, 1, &packets, &count) || !get_u32(&a, 4, &stream)) {
    return NULL;
  }
  for (uint32_t i = 0; i < count && status == OXRTMP_OK; i++) {
    status = stream == 0 ? oxrtmp_engine_send_packet(engine, &packets[i])
                         : oxrtmp_engine_send_packet_to(engine, stream, &packets[i]);
  }
  return make_status(env, status);
}

/* engineSendMetadata(handle, metadata, structs of its tracks): a status. */
static napi_value engine_send_metadata(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  oxrtmp_metadata m;
  if (!get_engine(env, info, &a, &engine) || !get_metadata(&a, 1, &m)) {
    return NULL;
  }
  return make_status(env, oxrtmp_engine_send_metadata(engine, &m));
}

/* tell_engine calls what tells the peer about a stream or a call, by its number, with a code and a description. */
static napi_value tell_engine(napi_env env, napi_callback_info info,
                              oxrtmp_status (*tell)(oxrtmp_engine, uint32_t, const char *, const char *)) {
  struct arguments a;
  oxrtmp_engine engine;
  uint32_t number;
  char *code = NULL, *description = NULL;
  napi_value result = NULL;
  if (get_engine(env, info, &a, &engine) && get_u32(&a, 1, &number) && get_string(&a, 2, &code) &&
      get_string(&a, 3, &description)) {
    result = make_status(env, tell(engine, number, code, description));
  }
  free(code);
  free(description);
  return result;
}

/* engineCloseStream(handle, streamId, code, description): a status. */
static napi_value engine_close_stream(napi_env env, napi_callback_info info) {
  return tell_engine(env, info, oxrtmp_engine_close_stream);
}

/* enginePlay2(handle, name, oldName, transition, json, liveOnly, startMs, durationMs, offsetMs): a status. */
static napi_value engine_play2(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  oxrtmp_play2 play2;
  if (!get_engine(env, info, &a, &engine)) {
    return NULL;
  }
  napi_value result = get_play2(&a, 1, &play2) ? make_status(env, oxrtmp_engine_play2(engine, &play2)) : NULL;
  play2_free(&play2);
  return result;
}

/* ---- calls ---- */

/* engineCall(handle, name, values, timeoutMs): the number that its reply has, or a status. */
static napi_value engine_call(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  const uint8_t *values;
  size_t size;
  int32_t timeout_ms;
  uint32_t call_id;
  char *name = NULL;
  if (!get_engine(env, info, &a, &engine) || !get_bytes(&a, 2, &values, &size) || !get_i32(&a, 3, &timeout_ms) ||
      !get_string(&a, 1, &name)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_engine_call(engine, name, values, size, timeout_ms, &call_id);
  free(name);
  return status == OXRTMP_OK ? make_u32(env, call_id) : make_status(env, status);
}

/* engineNotify(handle, name, values): a status. */
static napi_value engine_notify(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  const uint8_t *values;
  size_t size;
  char *name = NULL;
  if (!get_engine(env, info, &a, &engine) || !get_bytes(&a, 2, &values, &size) || !get_string(&a, 1, &name)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_engine_notify(engine, name, values, size);
  free(name);
  return make_status(env, status);
}

/* engineAnswer(handle, callId, values): a status. */
static napi_value engine_answer(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  const uint8_t *values;
  size_t size;
  uint32_t call_id;
  if (!get_engine(env, info, &a, &engine) || !get_u32(&a, 1, &call_id) || !get_bytes(&a, 2, &values, &size)) {
    return NULL;
  }
  return make_status(env, oxrtmp_engine_answer(engine, call_id, values, size));
}

/* engineRefuse(handle, callId, code, description): a status. */
static napi_value engine_refuse(napi_env env, napi_callback_info info) {
  return tell_engine(env, info, oxrtmp_engine_refuse);
}

/* engineSendSharedObject(handle, values): a status. */
static napi_value engine_send_shared_object(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  const uint8_t *values;
  size_t size;
  if (!get_engine(env, info, &a, &engine) || !get_bytes(&a, 1, &values, &size)) {
    return NULL;
  }
  return make_status(env, oxrtmp_engine_send_shared_object(engine, values, size));
}

/* engineRequestReconnect(handle, tcUrl, description): a status. */
static napi_value engine_request_reconnect(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  char *url = NULL, *description = NULL;
  napi_value result = NULL;
  if (get_engine(env, info, &a, &engine) && get_string(&a, 1, &url) && get_string(&a, 2, &description)) {
    result = make_status(env, oxrtmp_engine_request_reconnect(engine, url, description));
  }
  free(url);
  free(description);
  return result;
}

/* A function(handle, number), which returns a status. */
#define ENGINE_NUMBER(name, function) \
  static napi_value name(napi_env env, napi_callback_info info) { \
    struct arguments a; \
    oxrtmp_engine engine; \
    uint32_t number; \
    if (!get_engine(env, info, &a, &engine) || !get_u32(&a, 1, &number)) { \
      return NULL; \
    } \
    return make_status(env, function(engine, number)); \
  }

ENGINE_NUMBER(engine_complete, oxrtmp_engine_complete)
ENGINE_NUMBER(engine_pause, oxrtmp_engine_pause)
ENGINE_NUMBER(engine_seek, oxrtmp_engine_seek)
ENGINE_NUMBER(engine_receive_audio, oxrtmp_engine_receive_audio)
ENGINE_NUMBER(engine_receive_video, oxrtmp_engine_receive_video)
ENGINE_NUMBER(engine_set_buffer_length, oxrtmp_engine_set_buffer_length)

/* engineEnd(handle): a status. */
static napi_value engine_end(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  return get_engine(env, info, &a, &engine) ? make_status(env, oxrtmp_engine_end(engine)) : NULL;
}

/* engineListen(handle, userData): a status. News of a hub come to the queue. */
static napi_value engine_listen(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  double user_data;
  if (!get_engine(env, info, &a, &engine) || !get_double(&a, 1, &user_data)) {
    return NULL;
  }
  return make_status(env, oxrtmp_engine_set_queue(engine, a.addon->queue, (uint64_t)user_data));
}

/* engineClosing(handle): 0 or 1, or a status. */
static napi_value engine_closing(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  uint32_t closing;
  if (!get_engine(env, info, &a, &engine)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_engine_closing(engine, &closing);
  return status == OXRTMP_OK ? make_u32(env, closing) : make_status(env, status);
}

/* engineStatistics(handle): an object, or a status. */
static napi_value engine_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_engine engine;
  oxrtmp_engine_counters c = {.struct_size = sizeof c};
  if (!get_engine(env, info, &a, &engine)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_engine_statistics(engine, &c);
  return status == OXRTMP_OK ? make_engine_counters(env, &c) : make_status(env, status);
}

static napi_value engine_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, ENGINE, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_engine_close((oxrtmp_engine){handle_take(handle)}));
}

const struct function engine_functions[] = {
    {"engineServer", engine_server},
    {"enginePublish", engine_publish},
    {"enginePlay", engine_play},
    {"engineReceive", engine_receive},
    {"engineEvents", engine_events},
    {"engineOutput", engine_output},
    {"engineDeadline", engine_deadline},
    {"engineAdvance", engine_advance},
    {"engineSendPackets", engine_send_packets},
    {"engineSendMetadata", engine_send_metadata},
    {"engineCloseStream", engine_close_stream},
    {"engineComplete", engine_complete},
    {"enginePause", engine_pause},
    {"engineSeek", engine_seek},
    {"enginePlay2", engine_play2},
    {"engineCall", engine_call},
    {"engineNotify", engine_notify},
    {"engineAnswer", engine_answer},
    {"engineRefuse", engine_refuse},
    {"engineSendSharedObject", engine_send_shared_object},
    {"engineRequestReconnect", engine_request_reconnect},
    {"engineReceiveAudio", engine_receive_audio},
    {"engineReceiveVideo", engine_receive_video},
    {"engineSetBufferLength", engine_set_buffer_length},
    {"engineEnd", engine_end},
    {"engineListen", engine_listen},
    {"engineClosing", engine_closing},
    {"engineStatistics", engine_statistics},
    {"engineClose", engine_close},
    {NULL, NULL},
};
