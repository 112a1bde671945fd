/* What servers tell: the parts of SERVER events that JavaScript cannot read from their memory, and answers to them. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

static void set_text(napi_env env, napi_value object, const char *name, const char *text) {
  set_named(env, object, name, make_string(env, text, strlen(text)));
}

/* tell makes { peerAddress, app, streamName, text, statistics } of an event, and releases them. What waits for an answer
 * still does. */
static napi_value tell(napi_env env, const oxrtmp_server_event *told) {
  napi_value object = NULL;
  if (napi_create_object(env, &object) == napi_ok) {
    set_text(env, object, "peerAddress", told->peer);
    set_text(env, object, "app", told->app);
    set_text(env, object, "streamName", told->stream_name);
    set_text(env, object, "text", told->text);
    if (told->statistics != NULL) {
      set_named(env, object, "statistics", make_statistics(env, told->statistics));
    }
  }
  oxrtmp_event texts = {.type = OXRTMP_EVENT_SERVER, .u.server.token = told->token};
  oxrtmp_event_release(&texts);
  return object;
}

napi_value told_make(napi_env env, const oxrtmp_event *events, size_t count) {
  napi_value list = NULL;
  for (size_t i = 0; i < count; i++) {
    if (events[i].type != OXRTMP_EVENT_SERVER) {
      continue;
    }
    napi_value told = tell(env, &events[i].u.server);
    if (told != NULL && (list != NULL || napi_create_array(env, &list) == napi_ok)) {
      napi_set_element(env, list, (uint32_t)i, told);
    }
  }
  return list != NULL ? list : make_undefined(env);
}

/* eventAnswer(low, high, pass): a status. The halves are those of a MEDIA_TAG's request, which is answered once. */
static napi_value event_answer(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t low, high, pass;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &low) || !get_u32(&a, 1, &high) || !get_u32(&a, 2, &pass)) {
    return NULL;
  }
  oxrtmp_event event = {.type = OXRTMP_EVENT_SERVER, .request = {(uint64_t)high << 32 | low}};
  return make_status(env, pass ? oxrtmp_event_release(&event) : oxrtmp_event_drop(&event));
}

/* serverTell(handle, userData or undefined): a status. Whether the server's requests and events go to the queue. */
static napi_value server_tell(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_valuetype type;
  double user_data = 0;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SERVER, &handle) ||
      napi_typeof(env, a.values[1], &type) != napi_ok || (type != napi_undefined && !get_double(&a, 1, &user_data))) {
    return NULL;
  }
  oxrtmp_queue queue = type != napi_undefined ? a.addon->queue : (oxrtmp_queue){0};
  return make_status(env, oxrtmp_server_set_queue((oxrtmp_server){handle->id}, queue, (uint64_t)user_data));
}

/* serverKick(handle, connection, code, description): a status. */
static napi_value server_kick(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  double connection;
  char *code = NULL, *description = NULL;
  napi_value result = NULL;
  if (arguments_get(env, info, &a) && get_handle(&a, 0, SERVER, &handle) && get_double(&a, 1, &connection) &&
      get_string(&a, 2, &code) && get_string(&a, 3, &description)) {
    result = make_status(env, oxrtmp_server_kick((oxrtmp_server){handle->id}, (uint64_t)connection, code, description));
  }
  free(code);
  free(description);
  return result;
}

/* requestRedirect(handle, url, description): a status. */
static napi_value request_redirect(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *url = NULL, *description = NULL;
  napi_value result = NULL;
  if (arguments_get(env, info, &a) && get_handle(&a, 0, REQUEST, &handle) && get_string(&a, 1, &url) &&
      get_string(&a, 2, &description)) {
    result = make_status(env, oxrtmp_request_redirect((oxrtmp_request){handle_take(handle)}, url, description));
  }
  free(url);
  free(description);
  return result;
}

/* requestLogin(handle, scheme, password or undefined): 1 when it was granted, 0 when not, or a status. */
static napi_value request_login(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  uint32_t scheme, granted;
  char *password = NULL;
  napi_value result = NULL;
  if (arguments_get(env, info, &a) && get_handle(&a, 0, REQUEST, &handle) && get_u32(&a, 1, &scheme) &&
      get_string(&a, 2, &password)) {
    oxrtmp_status status = oxrtmp_request_login((oxrtmp_request){handle_take(handle)}, scheme, password, &granted);
    result = make_status(env, status != OXRTMP_OK ? status : (oxrtmp_status)granted);
  }
  free(password);
  return result;
}

const struct function told_functions[] = {
    {"eventAnswer", event_answer},
    {"serverTell", server_tell},
    {"serverKick", server_kick},
    {"requestRedirect", request_redirect},
    {"requestLogin", request_login},
    {NULL, NULL},
};
