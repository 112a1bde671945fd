/* Sessions. */
#include "addon.h"

#include <stdlib.h>

/* sessionListen(handle, userData): the session's events come to the queue, or with undefined they do not. */
static napi_value session_listen(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  double user_data = 0;
  napi_valuetype type;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle) ||
      napi_typeof(env, a.values[1], &type) != napi_ok || (type != napi_undefined && !get_double(&a, 1, &user_data))) {
    return NULL;
  }
  oxrtmp_queue queue = type == napi_undefined ? (oxrtmp_queue){0} : a.addon->queue;
  return make_status(env, oxrtmp_session_set_queue((oxrtmp_session){handle->id}, queue, (uint64_t)user_data));
}

static napi_value session_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_statistics s = {.struct_size = sizeof s};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_session_statistics((oxrtmp_session){handle->id}, &s);
  return status == OXRTMP_OK ? make_statistics(env, &s) : make_status(env, status);
}

static napi_value session_metadata(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_metadata m;
  oxrtmp_metadata_init(&m);
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_session_metadata((oxrtmp_session){handle->id}, &m);
  return status == OXRTMP_OK ? make_metadata(env, &m) : make_status(env, status);
}

static napi_value session_metadata_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_session_metadata_json, (oxrtmp_session){handle->id});
  return result;
}

static napi_value session_metadata_raw(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  oxrtmp_session session = {handle->id};
  size_t length = 0;
  uint8_t *bytes = NULL;
  oxrtmp_status status = oxrtmp_session_metadata_raw(session, NULL, 0, &length);
  while (status == OXRTMP_E_BUFFER) { /* once more when other metadata has come meanwhile */
    uint8_t *larger = realloc(bytes, length);
    if (larger == NULL) {
      status = OXRTMP_E_MEMORY;
      break;
    }
    bytes = larger;
    status = oxrtmp_session_metadata_raw(session, bytes, length, &length);
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

static napi_value session_end_reason(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_session_end_reason, (oxrtmp_session){handle->id});
  return result;
}

static napi_value session_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_session_close((oxrtmp_session){handle_take(handle)}));
}

/* sessionCloseWithStatus(handle, code, description): a status. */
static napi_value session_close_with_status(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *code = NULL, *description = NULL;
  napi_value result = NULL;
  if (arguments_get(env, info, &a) && get_handle(&a, 0, SESSION, &handle) && get_string(&a, 1, &code) &&
      get_string(&a, 2, &description)) {
    result = make_status(env, oxrtmp_session_close_with_status((oxrtmp_session){handle_take(handle)}, code, description));
  }
  free(code);
  free(description);
  return result;
}

const struct function session_functions[] = {
    {"sessionListen", session_listen},
    {"sessionStatistics", session_statistics},
    {"sessionMetadata", session_metadata},
    {"sessionMetadataJson", session_metadata_json},
    {"sessionMetadataRaw", session_metadata_raw},
    {"sessionEndReason", session_end_reason},
    {"sessionClose", session_close},
    {"sessionCloseWithStatus", session_close_with_status},
    {NULL, NULL},
};
