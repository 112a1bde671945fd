/* Hubs: what is published is given to everybody who plays it, without a byte that crosses into JavaScript. */
#include "addon.h"

#include <stdlib.h>

static bool get_hub(napi_env env, napi_callback_info info, struct arguments *a, oxrtmp_hub *hub) {
  struct handle *handle;
  if (!arguments_get(env, info, a) || !get_handle(a, 0, HUB, &handle)) {
    return false;
  }
  hub->id = handle->id;
  return true;
}

/* hubCreate(options): the handle, or a status. */
static napi_value hub_create(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct hub_settings settings;
  oxrtmp_hub hub;
  if (!arguments_get(env, info, &a) || !get_hub_settings(&a, 0, &settings)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_hub_create(&settings.options, &hub);
  return status == OXRTMP_OK ? handle_make(a.addon, HUB, hub.id) : make_status(env, status);
}

/* hubAccept(handle, request, mask or undefined): a status. The request's handle is ended, unless it is an engine's. */
static napi_value hub_accept(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_hub hub;
  struct handle *request;
  oxrtmp_mask mask;
  napi_valuetype type;
  if (!get_hub(env, info, &a, &hub) || !get_handle(&a, 1, REQUEST, &request) || !get_mask(&a, 2, &mask) ||
      napi_typeof(env, a.values[2], &type) != napi_ok) {
    return NULL;
  }
  oxrtmp_request asked = {request->id};
  oxrtmp_status status = type == napi_object ? oxrtmp_hub_accept_masked(hub, asked, &mask) : oxrtmp_hub_accept(hub, asked);
  if (status != OXRTMP_E_ARGUMENT) {
    handle_take(request);
  }
  return make_status(env, status);
}

/* hubClient(handle, app, streamName, options, userData, play): the handle of a client, or a status. */
static napi_value hub_client(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_hub hub;
  struct client_settings settings;
  char *app = NULL, *name = NULL;
  double user_data;
  uint32_t play;
  napi_value result = NULL;
  if (!get_hub(env, info, &a, &hub)) {
    return NULL;
  }
  if (get_client_settings(&a, 3, &settings) && get_double(&a, 4, &user_data) && get_u32(&a, 5, &play) &&
      get_string(&a, 1, &app) && get_string(&a, 2, &name)) {
    oxrtmp_client client;
    oxrtmp_status status = play ? oxrtmp_hub_play(hub, app, name, &settings.options, &client)
                                : oxrtmp_hub_publish(hub, app, name, &settings.options, &client);
    if (status == OXRTMP_OK) {
      oxrtmp_client_set_queue(client, a.addon->queue, (uint64_t)user_data);
      result = handle_make(a.addon, CLIENT, client.id);
    } else {
      result = make_status(env, status);
    }
  }
  client_settings_free(&settings);
  free(app);
  free(name);
  return result;
}

static napi_value hub_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_hub hub;
  oxrtmp_hub_info figures = {.struct_size = sizeof figures};
  if (!get_hub(env, info, &a, &hub)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_hub_statistics(hub, &figures);
  return status == OXRTMP_OK ? make_hub_info(env, &figures) : make_status(env, status);
}

/* hubStreamStatistics(handle, app, streamName): an object, or a status. */
static napi_value hub_stream_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_hub hub;
  char *app = NULL, *name = NULL;
  oxrtmp_stream_info figures = {.struct_size = sizeof figures};
  napi_value result = NULL;
  if (get_hub(env, info, &a, &hub) && get_string(&a, 1, &app) && get_string(&a, 2, &name)) {
    oxrtmp_status status = oxrtmp_hub_stream_statistics(hub, app, name, &figures);
    result = status == OXRTMP_OK ? make_stream_info(env, &figures) : make_status(env, status);
  }
  free(app);
  free(name);
  return result;
}

/* hubDataFramesJson(hub, app, streamName): a string, or a status. */
static napi_value hub_data_frames_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_hub hub;
  char *app = NULL, *name = NULL;
  napi_value result = NULL;
  if (get_hub(env, info, &a, &hub) && get_string(&a, 1, &app) && get_string(&a, 2, &name)) {
    TEXT(env, &result, oxrtmp_hub_data_frames_json, hub, app, name);
  }
  free(app);
  free(name);
  return result;
}

static napi_value hub_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_hub hub;
  napi_value result;
  if (!get_hub(env, info, &a, &hub)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_hub_json, hub);
  return result;
}

struct hub_job {
  struct job job;
  oxrtmp_hub hub;
};

static oxrtmp_status close_run(struct job *job) {
  return oxrtmp_hub_close(((struct hub_job *)job)->hub);
}

static void hub_job_dispose(struct job *job, bool delivered) {
  (void)delivered;
  free(job);
}

/* hubClose(handle): a promise. */
static napi_value hub_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, HUB, &handle)) {
    return NULL;
  }
  struct hub_job *job = calloc(1, sizeof *job);
  if (job == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  *job = (struct hub_job){{.run = close_run, .dispose = hub_job_dispose}, {handle_take(handle)}};
  return job_start(a.addon, &job->job);
}

const struct function hub_functions[] = {
    {"hubCreate", hub_create},
    {"hubAccept", hub_accept},
    {"hubClient", hub_client},
    {"hubStatistics", hub_statistics},
    {"hubStreamStatistics", hub_stream_statistics},
    {"hubDataFramesJson", hub_data_frames_json},
    {"hubJson", hub_json},
    {"hubClose", hub_close},
    {NULL, NULL},
};
