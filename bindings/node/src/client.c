/* Clients: opening and closing them, and what those that play have beyond stream.c. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

/* clientOpen(url, options, userData, play): the handle, or a status. */
static napi_value client_open(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct client_settings settings;
  char *url = NULL;
  double user_data;
  uint32_t play;
  napi_value result = NULL;
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  if (get_client_settings(&a, 1, &settings) && get_double(&a, 2, &user_data) && get_u32(&a, 3, &play) &&
      get_string(&a, 0, &url)) {
    oxrtmp_client client;
    oxrtmp_status status =
        play ? oxrtmp_client_play_open(url, &settings.options, a.addon->queue, (uint64_t)user_data, &client)
             : oxrtmp_client_publish_open(url, &settings.options, a.addon->queue, (uint64_t)user_data, &client);
    result = status == OXRTMP_OK ? handle_make(a.addon, CLIENT, client.id) : make_status(env, status);
  }
  client_settings_free(&settings);
  free(url);
  return result;
}

/* ---- over a socket of the caller's: there is no form of it that returns at once ---- */

struct client_job {
  struct job job;
  oxrtmp_client client;
  int32_t fd;
  uint32_t play;
  double user_data;
  char *url;
  struct client_settings settings;
};

static void client_job_dispose(struct job *job, bool delivered) {
  struct client_job *c = (struct client_job *)job;
  if (!delivered && c->client.id != 0) {
    oxrtmp_client_close(c->client);
  }
  client_settings_free(&c->settings);
  free(c->url);
  free(c);
}

static oxrtmp_status open_fd_run(struct job *job) {
  struct client_job *c = (struct client_job *)job;
  /* The options point into the struct that they were read into, of which this is a copy. */
  c->settings.options.limits = &c->settings.limits;
  c->settings.options.timeouts = &c->settings.timeouts;
  c->settings.options.tls = c->settings.options.tls != NULL ? &c->settings.tls : NULL;
  c->settings.options.capabilities = c->settings.options.capabilities != NULL ? &c->settings.capabilities : NULL;
  return c->play ? oxrtmp_client_play_fd(c->fd, c->url, &c->settings.options, -1, &c->client)
                 : oxrtmp_client_publish_fd(c->fd, c->url, &c->settings.options, -1, &c->client);
}

static napi_value open_fd_result(napi_env env, struct job *job) {
  struct client_job *c = (struct client_job *)job;
  oxrtmp_client client = c->client;
  c->client.id = 0;
  (void)env;
  oxrtmp_client_set_queue(client, job->addon->queue, (uint64_t)c->user_data);
  return handle_make(job->addon, CLIENT, client.id);
}

/* clientOpenFd(fd, url, options, userData, play): a promise of the handle. */
static napi_value client_open_fd(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct client_job c = {.job = {.run = open_fd_run, .result = open_fd_result, .dispose = client_job_dispose}};
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  struct client_job *job = NULL;
  if (!get_client_settings(&a, 2, &c.settings) || !get_i32(&a, 0, &c.fd) || !get_double(&a, 3, &c.user_data) ||
      !get_u32(&a, 4, &c.play) || !get_string(&a, 1, &c.url) || (job = malloc(sizeof *job)) == NULL) {
    client_settings_free(&c.settings);
    free(c.url);
    return NULL;
  }
  *job = c;
  return job_start(a.addon, &job->job);
}

/* ---- the end ---- */

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

/* clientError(handle): why a client that publishes failed or ended, in full; the event's text is cut to fit. */
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

/* ---- what a player asks for: each takes (handle, number) and returns a status ---- */

static bool asking(napi_env env, napi_callback_info info, oxrtmp_client *client, uint32_t *value) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle) || !get_u32(&a, 1, value)) {
    return false;
  }
  client->id = handle->id;
  return true;
}

static napi_value client_pause(napi_env env, napi_callback_info info) {
  oxrtmp_client client;
  uint32_t pause;
  return asking(env, info, &client, &pause) ? make_status(env, oxrtmp_client_pause(client, pause)) : NULL;
}

static napi_value client_seek(napi_env env, napi_callback_info info) {
  oxrtmp_client client;
  uint32_t position;
  return asking(env, info, &client, &position) ? make_status(env, oxrtmp_client_seek(client, position)) : NULL;
}

/* clientPlay2(handle, name, oldName, transition, json, liveOnly, startMs, durationMs, offsetMs): a status. */
static napi_value client_play2(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_play2 play2;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, CLIENT, &handle)) {
    return NULL;
  }
  napi_value result =
      get_play2(&a, 1, &play2) ? make_status(env, oxrtmp_client_play2((oxrtmp_client){handle->id}, &play2)) : NULL;
  play2_free(&play2);
  return result;
}

static napi_value client_receive_audio(napi_env env, napi_callback_info info) {
  oxrtmp_client client;
  uint32_t on;
  return asking(env, info, &client, &on) ? make_status(env, oxrtmp_client_receive_audio(client, on)) : NULL;
}

static napi_value client_receive_video(napi_env env, napi_callback_info info) {
  oxrtmp_client client;
  uint32_t on;
  return asking(env, info, &client, &on) ? make_status(env, oxrtmp_client_receive_video(client, on)) : NULL;
}

static napi_value client_set_buffer_length(napi_env env, napi_callback_info info) {
  oxrtmp_client client;
  uint32_t length;
  return asking(env, info, &client, &length) ? make_status(env, oxrtmp_client_set_buffer_length(client, length)) : NULL;
}

const struct function client_functions[] = {
    {"clientOpen", client_open},
    {"clientOpenFd", client_open_fd},
    {"clientCloseStart", client_close_start},
    {"clientEnd", client_end},
    {"clientError", client_error},
    {"clientPeerAddress", client_peer_address},
    {"clientPause", client_pause},
    {"clientSeek", client_seek},
    {"clientPlay2", client_play2},
    {"clientReceiveAudio", client_receive_audio},
    {"clientReceiveVideo", client_receive_video},
    {"clientSetBufferLength", client_set_buffer_length},
    {NULL, NULL},
};
