/* Servers and the requests that come to them. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

struct server_job {
  struct job job;
  struct server_settings settings;
  char *address;
  double user_data;
  oxrtmp_server server;
};

static void server_job_dispose(struct job *job, bool delivered) {
  struct server_job *s = (struct server_job *)job;
  if (!delivered && job->result != NULL && s->server.id != 0) {
    oxrtmp_server_close(s->server);
  }
  server_settings_free(&s->settings);
  free(s->address);
  free(s);
}

/* start runs a copy of *s. */
static napi_value start(struct addon *addon, const struct server_job *s) {
  struct server_job *job = malloc(sizeof *job);
  if (job == NULL) {
    free(s->address);
    napi_throw_error(addon->env, NULL, "out of memory");
    return NULL;
  }
  *job = *s;
  job->job.dispose = server_job_dispose;
  return job_start(addon, &job->job);
}

static oxrtmp_status bind_run(struct job *job) {
  struct server_job *s = (struct server_job *)job;
  /* The options point into the struct that they were read into, of which this is a copy. */
  s->settings.options.limits = &s->settings.limits;
  s->settings.options.timeouts = &s->settings.timeouts;
  s->settings.options.tls = s->settings.options.tls != NULL ? &s->settings.tls : NULL;
  s->settings.options.capabilities = s->settings.options.capabilities != NULL ? &s->settings.capabilities : NULL;
  return s->address != NULL ? oxrtmp_server_bind(s->address, &s->settings.options, &s->server)
                            : oxrtmp_server_create(&s->settings.options, &s->server);
}

/* The new server's requests go to the queue. */
static napi_value bind_result(napi_env env, struct job *job) {
  struct server_job *s = (struct server_job *)job;
  oxrtmp_server server = s->server;
  s->server.id = 0;
  napi_value handle = handle_make(job->addon, SERVER, server.id);
  if (handle != NULL && oxrtmp_server_set_queue(server, job->addon->queue, (uint64_t)s->user_data) != OXRTMP_OK) {
    struct failure failure;
    failure_get(&failure, OXRTMP_E_STATE);
    return failure_make(env, &failure);
  }
  return handle;
}

/* serverOpen(address or undefined, options, userData): a promise of the handle. */
static napi_value server_open(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct server_job s = {.job = {.run = bind_run, .result = bind_result}};
  if (!arguments_get(env, info, &a) || !get_server_settings(&a, 1, &s.settings) || !get_double(&a, 2, &s.user_data) ||
      !get_string(&a, 0, &s.address)) {
    return NULL;
  }
  return start(a.addon, &s);
}

static oxrtmp_status listen_run(struct job *job) {
  struct server_job *s = (struct server_job *)job;
  return oxrtmp_server_listen(s->server, s->address);
}

/* serverListen(handle, address): a promise. */
static napi_value server_listen(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct server_job s = {.job = {.run = listen_run}};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle) || !get_string(&a, 1, &s.address)) {
    return NULL;
  }
  s.server.id = handle->id;
  return start(a.addon, &s);
}

/* The functions that adopt a socket. */
static oxrtmp_status adopt(oxrtmp_server server, int fd, bool listener, bool tls) {
  if (tls) {
    return listener ? oxrtmp_server_adopt_tls_listener(server, fd) : oxrtmp_server_adopt_tls_connection(server, fd);
  }
  return listener ? oxrtmp_server_adopt_listener(server, fd) : oxrtmp_server_adopt_connection(server, fd);
}

/* serverAdopt(handle, fd, listener, tls): a status. */
static napi_value server_adopt(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  int32_t fd, listener, tls;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle) || !get_i32(&a, 1, &fd) ||
      !get_i32(&a, 2, &listener) || !get_i32(&a, 3, &tls)) {
    return NULL;
  }
  return make_status(env, adopt((oxrtmp_server){handle->id}, fd, listener, tls));
}

static oxrtmp_status certificate_run(struct job *job) {
  struct server_job *s = (struct server_job *)job;
  return oxrtmp_server_set_certificate(s->server, s->address, s->settings.options.tls != NULL ? &s->settings.tls : NULL);
}

/* serverSetCertificate(handle, name, options or undefined): a promise. It reads files. */
static napi_value server_set_certificate(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_valuetype type;
  struct server_job s = {.job = {.run = certificate_run}};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle) || !get_tls_options(&a, 2, &s.settings.tls) ||
      napi_typeof(env, a.values[2], &type) != napi_ok || !get_string(&a, 1, &s.address)) {
    return NULL;
  }
  s.settings.options.tls = type == napi_object ? &s.settings.tls : NULL;
  s.server.id = handle->id;
  return start(a.addon, &s);
}

static napi_value server_address(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_server_address, (oxrtmp_server){handle->id});
  return result;
}

static napi_value server_addresses(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_server_addresses, (oxrtmp_server){handle->id});
  return result;
}

static napi_value server_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_server_json, (oxrtmp_server){handle->id});
  return result;
}

static napi_value server_prometheus(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_server_prometheus, (oxrtmp_server){handle->id});
  return result;
}

/* serverTakeFailure(handle): an object with its bytes as data, or a status. */
static napi_value server_take_failure(napi_env env, napi_callback_info info) {
  enum { MOST = 1 << 20 }; /* more is not kept */
  struct arguments a;
  struct handle *handle;
  napi_value result = NULL, data;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle)) {
    return NULL;
  }
  uint8_t *kept = malloc(MOST);
  if (kept == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  oxrtmp_failure failure = {.struct_size = sizeof failure};
  size_t length;
  oxrtmp_status status = oxrtmp_server_take_failure((oxrtmp_server){handle->id}, &failure, kept, MOST, &length);
  if (status != OXRTMP_OK) {
    result = make_status(env, status);
  } else if (napi_create_buffer_copy(env, length, kept, NULL, &data) == napi_ok) {
    result = make_failure(env, &failure);
    set_named(env, result, "data", data);
  }
  free(kept);
  return result;
}

/* serverShutdownStart(handle, timeoutMs): a status. The event SERVER_CLOSED comes when all sessions have ended. */
static napi_value server_shutdown_start(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  int32_t timeout;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle) || !get_i32(&a, 1, &timeout)) {
    return NULL;
  }
  return make_status(env, oxrtmp_server_shutdown_start((oxrtmp_server){handle->id}, timeout));
}

static oxrtmp_status close_run(struct job *job) {
  return oxrtmp_server_close(((struct server_job *)job)->server);
}

/* serverClose(handle): a promise. */
static napi_value server_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct server_job s = {.job = {.run = close_run}};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle)) {
    return NULL;
  }
  s.server.id = handle_take(handle);
  return start(a.addon, &s);
}

/* ---- requests ---- */

#define SET_TEXT(name, function) \
  do { \
    napi_value value_; \
    TEXT(env, &value_, function, request); \
    set_named(env, object, name, value_); \
  } while (0)

/* describe makes an object of what a request tells. */
static napi_value describe(napi_env env, oxrtmp_request request) {
  napi_value object;
  uint32_t kind = 0;
  uint64_t connection = 0;
  oxrtmp_connect_info c = {.struct_size = sizeof c};
  oxrtmp_play_info play = {.struct_size = sizeof play};
  if (napi_create_object(env, &object) != napi_ok) {
    return NULL;
  }
  oxrtmp_request_kind(request, &kind);
  oxrtmp_request_connection(request, &connection);
  set_named(env, object, "connection", make_double(env, (double)connection));
  set_named(env, object, "kind", make_u32(env, kind));
  SET_TEXT("peerAddress", oxrtmp_request_peer_address);
  SET_TEXT("app", oxrtmp_request_app);
  SET_TEXT("streamName", oxrtmp_request_stream_name);
  SET_TEXT("rawStreamName", oxrtmp_request_raw_stream_name);
  SET_TEXT("query", oxrtmp_request_query);
  SET_TEXT("publishType", oxrtmp_request_publish_type);
  SET_TEXT("tcUrl", oxrtmp_request_tc_url);
  SET_TEXT("flashVersion", oxrtmp_request_flash_version);
  SET_TEXT("swfUrl", oxrtmp_request_swf_url);
  SET_TEXT("pageUrl", oxrtmp_request_page_url);
  SET_TEXT("encoder", oxrtmp_request_encoder);
  SET_TEXT("user", oxrtmp_request_user);
  SET_TEXT("connectJson", oxrtmp_request_connect_json);
  if (kind == OXRTMP_REQUEST_PLAY && oxrtmp_request_play(request, &play) == OXRTMP_OK) {
    set_named(env, object, "play", make_play_info(env, &play));
    if (play.play2 != 0) {
      SET_TEXT("play2Json", oxrtmp_request_play2_json);
    }
  }
  if (oxrtmp_request_connect(request, &c) == OXRTMP_OK) {
    set_named(env, object, "objectEncoding", make_double(env, c.object_encoding));
    set_named(env, object, "capabilities", make_double(env, c.capabilities));
    set_named(env, object, "audioCodecs", make_double(env, c.audio_codecs));
    set_named(env, object, "videoCodecs", make_double(env, c.video_codecs));
    set_named(env, object, "videoFunction", make_double(env, c.video_function));
    set_named(env, object, "proxied", make_u32(env, c.fpad));
  }
  return object;
}

/* requestTake(low, high): the request of an event, whose id has these halves, as [handle, what it tells]. */
static napi_value request_take(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t low, high;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &low) || !get_u32(&a, 1, &high)) {
    return NULL;
  }
  oxrtmp_request request = {(uint64_t)high << 32 | low};
  napi_value handle = handle_make(a.addon, REQUEST, request.id);
  if (handle == NULL || napi_create_array(env, &result) != napi_ok) {
    return NULL;
  }
  napi_set_element(env, result, 0, handle);
  napi_set_element(env, result, 1, describe(env, request));
  return result;
}

/* requestAccept(handle, userData): the handle of the session; undefined where there is none; or a status. */
static napi_value request_accept(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  double user_data;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, REQUEST, &handle) || !get_double(&a, 1, &user_data)) {
    return NULL;
  }
  oxrtmp_session_options options;
  oxrtmp_session_options_init(&options);
  options.queue = a.addon->queue;
  options.user_data = (uint64_t)user_data;
  oxrtmp_session session;
  oxrtmp_status status = oxrtmp_request_accept((oxrtmp_request){handle_take(handle)}, &options, &session);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  return session.id != 0 ? handle_make(a.addon, SESSION, session.id) : make_undefined(env);
}

/* requestReject(handle, code, description): a status. */
static napi_value request_reject(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *code = NULL, *description = NULL;
  napi_value result = NULL;
  if (arguments_get(env, info, &a) && get_handle(&a, 0, REQUEST, &handle) && get_string(&a, 1, &code) &&
      get_string(&a, 2, &description)) {
    result = make_status(env, oxrtmp_request_reject((oxrtmp_request){handle_take(handle)}, code, description));
  }
  free(code);
  free(description);
  return result;
}

const struct function server_functions[] = {
    {"serverOpen", server_open},
    {"serverListen", server_listen},
    {"serverAdopt", server_adopt},
    {"serverSetCertificate", server_set_certificate},
    {"serverAddress", server_address},
    {"serverAddresses", server_addresses},
    {"serverJson", server_json},
    {"serverTakeFailure", server_take_failure},
    {"serverPrometheus", server_prometheus},
    {"serverShutdownStart", server_shutdown_start},
    {"serverClose", server_close},
    {"requestTake", request_take},
    {"requestAccept", request_accept},
    {"requestReject", request_reject},
    {NULL, NULL},
};
