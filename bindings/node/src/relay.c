/* Relays: streams of a hub sent to other servers, or taken from there. */
#include "addon.h"

#include <stdlib.h>

/* hubRelay(hub, app, streamName, url, options, userData, pull): the handle of a relay, or a status. */
static napi_value hub_relay(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *hub;
  struct relay_settings settings;
  char *app = NULL, *name = NULL, *url = NULL;
  double user_data;
  uint32_t pull;
  napi_value result = NULL;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, HUB, &hub)) {
    return NULL;
  }
  if (get_relay_settings(&a, 4, &settings) && get_double(&a, 5, &user_data) && get_u32(&a, 6, &pull) &&
      get_string(&a, 1, &app) && get_string(&a, 2, &name) && get_string(&a, 3, &url)) {
    oxrtmp_relay relay;
    oxrtmp_status status = pull ? oxrtmp_hub_pull((oxrtmp_hub){hub->id}, app, name, url, &settings.options, &relay)
                                : oxrtmp_hub_push((oxrtmp_hub){hub->id}, app, name, url, &settings.options, &relay);
    if (status == OXRTMP_OK) {
      oxrtmp_relay_set_queue(relay, a.addon->queue, (uint64_t)user_data);
      result = handle_make(a.addon, RELAY, relay.id);
    } else {
      result = make_status(env, status);
    }
  }
  client_settings_free(&settings.client);
  free(app);
  free(name);
  free(url);
  return result;
}

/* relayStatistics(handle): an object, or a status. */
static napi_value relay_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_relay_info figures = {.struct_size = sizeof figures};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, RELAY, &handle)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_relay_statistics((oxrtmp_relay){handle->id}, &figures);
  return status == OXRTMP_OK ? make_relay_info(env, &figures) : make_status(env, status);
}

struct relay_job {
  struct job job;
  oxrtmp_relay relay;
};

static oxrtmp_status close_run(struct job *job) {
  return oxrtmp_relay_close(((struct relay_job *)job)->relay);
}

static void relay_job_dispose(struct job *job, bool delivered) {
  (void)delivered;
  free(job);
}

/* relayClose(handle): a promise. */
static napi_value relay_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, RELAY, &handle)) {
    return NULL;
  }
  struct relay_job *job = calloc(1, sizeof *job);
  if (job == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  *job = (struct relay_job){{.run = close_run, .dispose = relay_job_dispose}, {handle_take(handle)}};
  return job_start(a.addon, &job->job);
}

const struct function relay_functions[] = {
    {"hubRelay", hub_relay},
    {"relayStatistics", relay_statistics},
    {"relayClose", relay_close},
    {NULL, NULL},
};
