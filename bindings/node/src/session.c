/* Sessions: what they have beyond stream.c. */
#include "addon.h"

#include <stdlib.h>

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

/* sessionPlay(handle): what a player asks for, or a status. */
static napi_value session_play(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_play_info play = {.struct_size = sizeof play};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_session_play((oxrtmp_session){handle->id}, &play);
  return status == OXRTMP_OK ? make_play_info(env, &play) : make_status(env, status);
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

/* sessionComplete(handle): a status. */
static napi_value session_complete(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, SESSION, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_session_complete((oxrtmp_session){handle->id}));
}

const struct function session_functions[] = {
    {"sessionEndReason", session_end_reason},
    {"sessionPlay", session_play},
    {"sessionComplete", session_complete},
    {"sessionClose", session_close},
    {"sessionCloseWithStatus", session_close_with_status},
    {NULL, NULL},
};
