/* The module: what one environment has, its arguments and results, and how it ends. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

/* ---- arguments ---- */

napi_value fail_argument(napi_env env, const char *what) {
  napi_throw_type_error(env, "ERR_OXRTMP_ARGUMENT", what);
  return NULL;
}

bool arguments_get(napi_env env, napi_callback_info info, struct arguments *a) {
  a->env = env;
  a->count = MAX_ARGUMENTS;
  void *data;
  if (napi_get_cb_info(env, info, &a->count, a->values, NULL, &data) != napi_ok) {
    return false;
  }
  a->addon = data;
  return true;
}

bool get_handle(struct arguments *a, size_t at, enum kind kind, struct handle **handle) {
  void *value;
  if (napi_get_value_external(a->env, a->values[at], &value) != napi_ok || ((struct handle *)value)->kind != kind) {
    fail_argument(a->env, "not a handle of this kind");
    return false;
  }
  *handle = value;
  return true;
}

bool get_double(struct arguments *a, size_t at, double *value) {
  if (napi_get_value_double(a->env, a->values[at], value) != napi_ok) {
    fail_argument(a->env, "not a number");
    return false;
  }
  return true;
}

bool get_u32(struct arguments *a, size_t at, uint32_t *value) {
  if (napi_get_value_uint32(a->env, a->values[at], value) != napi_ok) {
    fail_argument(a->env, "not a number");
    return false;
  }
  return true;
}

bool get_i32(struct arguments *a, size_t at, int32_t *value) {
  if (napi_get_value_int32(a->env, a->values[at], value) != napi_ok) {
    fail_argument(a->env, "not a number");
    return false;
  }
  return true;
}

bool get_bytes(struct arguments *a, size_t at, const uint8_t **data, size_t *size) {
  void *bytes;
  if (napi_get_buffer_info(a->env, a->values[at], &bytes, size) != napi_ok) {
    fail_argument(a->env, "not bytes");
    return false;
  }
  *data = bytes;
  return true;
}

bool get_string(struct arguments *a, size_t at, char **text) {
  napi_valuetype type;
  *text = NULL;
  if (napi_typeof(a->env, a->values[at], &type) != napi_ok) {
    return false;
  }
  if (type == napi_undefined || type == napi_null) {
    return true;
  }
  size_t length;
  if (napi_get_value_string_utf8(a->env, a->values[at], NULL, 0, &length) != napi_ok) {
    fail_argument(a->env, "not a string");
    return false;
  }
  *text = malloc(length + 1);
  if (*text == NULL) {
    napi_throw_error(a->env, NULL, "out of memory");
    return false;
  }
  return napi_get_value_string_utf8(a->env, a->values[at], *text, length + 1, &length) == napi_ok;
}

/* ---- results: NULL only with an exception pending ---- */

napi_value make_u32(napi_env env, uint32_t value) {
  napi_value result = NULL;
  napi_create_uint32(env, value, &result);
  return result;
}

napi_value make_status(napi_env env, oxrtmp_status status) {
  napi_value result = NULL;
  napi_create_int32(env, status, &result);
  return result;
}

napi_value make_double(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

napi_value make_bigint(napi_env env, uint64_t value) {
  napi_value result = NULL;
  napi_create_bigint_uint64(env, value, &result);
  return result;
}

napi_value make_string(napi_env env, const char *text, size_t length) {
  napi_value result = NULL;
  napi_create_string_utf8(env, text, length, &result);
  return result;
}

napi_value make_undefined(napi_env env) {
  napi_value result = NULL;
  napi_get_undefined(env, &result);
  return result;
}

void set_named(napi_env env, napi_value object, const char *name, napi_value value) {
  if (value != NULL) {
    napi_set_named_property(env, object, name, value);
  }
}

/* ---- handles ---- */

static void handle_finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct handle *handle = data;
  struct addon *addon = handle->addon;
  uint64_t id = handle_take(handle);
  if (id != 0) {
    handle_end(addon, handle->kind, id);
  }
  free(handle);
  addon_release(addon);
}

napi_value handle_make(struct addon *addon, enum kind kind, uint64_t id) {
  struct handle *handle = calloc(1, sizeof *handle);
  napi_value value;
  if (handle == NULL || napi_create_external(addon->env, handle, handle_finalize, NULL, &value) != napi_ok) {
    free(handle);
    handle_end(addon, kind, id);
    napi_throw_error(addon->env, NULL, "out of memory");
    return NULL;
  }
  *handle = (struct handle){.id = id, .kind = kind, .addon = addon_retain(addon), .next = addon->handles};
  if (addon->handles != NULL) {
    addon->handles->previous = handle;
  }
  addon->handles = handle;
  return value;
}

uint64_t handle_take(struct handle *handle) {
  uint64_t id = handle->id;
  if (id == 0) {
    return 0;
  }
  handle->id = 0;
  if (handle->previous != NULL) {
    handle->previous->next = handle->next;
  } else {
    handle->addon->handles = handle->next;
  }
  if (handle->next != NULL) {
    handle->next->previous = handle->previous;
  }
  return id;
}

/* Closing may wait: for the network (clients), for connections to end (servers), for a file. */
struct end_job {
  struct job job;
  enum kind kind;
  uint64_t id;
};

static oxrtmp_status end_run(struct job *job) {
  struct end_job *end = (struct end_job *)job;
  switch (end->kind) {
    case SERVER:
      return oxrtmp_server_close((oxrtmp_server){end->id});
    case CLIENT:
      return oxrtmp_client_close((oxrtmp_client){end->id});
    case HUB:
      return oxrtmp_hub_close((oxrtmp_hub){end->id});
    case RELAY:
      return oxrtmp_relay_close((oxrtmp_relay){end->id});
    case RECORDER:
      return oxrtmp_recorder_close((oxrtmp_recorder){end->id});
    default:
      return OXRTMP_OK;
  }
}

static void end_dispose(struct job *job, bool delivered) {
  (void)delivered;
  free(job);
}

void handle_end(struct addon *addon, enum kind kind, uint64_t id) {
  (void)addon;
  switch (kind) {
    case REQUEST:
      oxrtmp_request_reject((oxrtmp_request){id}, NULL, NULL);
      return;
    case SESSION:
      oxrtmp_session_close((oxrtmp_session){id});
      return;
    case READER:
      oxrtmp_flv_reader_close((oxrtmp_flv_reader){id});
      return;
    case ENGINE:
      oxrtmp_engine_close((oxrtmp_engine){id});
      return;
    case HANDSHAKE:
      oxrtmp_handshake_close((oxrtmp_handshake){id});
      return;
    case DECODER:
      oxrtmp_chunk_decoder_close((oxrtmp_chunk_decoder){id});
      return;
    case ENCODER:
      oxrtmp_chunk_encoder_close((oxrtmp_chunk_encoder){id});
      return;
    default:
      break;
  }
  struct end_job *end = calloc(1, sizeof *end);
  if (end != NULL) {
    *end = (struct end_job){{.run = end_run, .dispose = end_dispose}, kind, id};
    job_detach(&end->job);
  }
}

/* ---- the environment ---- */

struct addon *addon_retain(struct addon *addon) {
  atomic_fetch_add(&addon->references, 1);
  return addon;
}

void addon_release(struct addon *addon) {
  if (atomic_fetch_sub(&addon->references, 1) == 1) {
    pthread_mutex_destroy(&addon->lock);
    free(addon);
  }
}

static void closed(uv_handle_t *handle) {
  struct addon *addon = handle->data;
  free(handle);
  if (--addon->closing_handles == 0) {
    napi_remove_async_cleanup_hook(addon->hook);
    addon_release(addon);
  }
}

void addon_close(struct addon *addon) {
  if (addon->poll != NULL) {
    addon->closing_handles++;
    uv_close((uv_handle_t *)addon->poll, closed);
    addon->poll = NULL;
  }
  addon->closing_handles++;
  uv_async_t *async = addon->async;
  pthread_mutex_lock(&addon->lock);
  addon->async = NULL;
  pthread_mutex_unlock(&addon->lock);
  uv_close((uv_handle_t *)async, closed);
}

/* end closes what the environment has open, without waiting for peers. It runs when a worker ends and when the process
 * does. */
static void end(napi_async_cleanup_hook_handle hook, void *data) {
  struct addon *addon = data;
  addon->hook = hook;
  queue_stop(addon);
  while (addon->handles != NULL) {
    struct handle *handle = addon->handles;
    uint64_t id = handle_take(handle);
    if (handle->kind == RECORDER) {
      oxrtmp_recorder_close((oxrtmp_recorder){id}); /* completes the file */
    } else {
      handle_end(addon, handle->kind, id);
    }
  }
  pthread_mutex_lock(&addon->lock);
  addon->closing = true;
  bool wait = addon->borrowing > 0;
  pthread_mutex_unlock(&addon->lock);
  if (wait) {
    uv_ref((uv_handle_t *)addon->async); /* see on_done in jobs.c */
  } else {
    addon_close(addon);
  }
}

static void release_instance(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  addon_release(data);
}

static bool add_functions(struct addon *addon, napi_value exports, const struct function *functions) {
  for (const struct function *f = functions; f->name != NULL; f++) {
    napi_value value;
    if (napi_create_function(addon->env, f->name, NAPI_AUTO_LENGTH, f->callback, addon, &value) != napi_ok ||
        napi_set_named_property(addon->env, exports, f->name, value) != napi_ok) {
      return false;
    }
  }
  return true;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  struct addon *addon = calloc(1, sizeof *addon);
  if (addon == NULL) {
    return NULL;
  }
  addon->env = env;
  pthread_mutex_init(&addon->lock, NULL);
  addon_retain(addon);
  if (napi_set_instance_data(env, addon, release_instance, NULL) != napi_ok || !jobs_init(addon)) {
    napi_throw_error(env, NULL, "the event loop takes no more handles");
    return NULL;
  }
  addon_retain(addon);
  const struct function *all[] = {library_functions, memory_functions, server_functions, told_functions, session_functions, client_functions,
                                  stream_functions,  file_functions,   engine_functions, hub_functions,
                                  relay_functions,   amf_functions,    calls_functions, enhanced_functions,  part_functions,
                                  lowlevel_functions};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (!add_functions(addon, exports, all[i])) {
      return NULL;
    }
  }
  return napi_add_async_cleanup_hook(env, end, addon, NULL) == napi_ok ? exports : NULL;
}
