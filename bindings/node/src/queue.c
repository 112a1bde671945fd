/* The queue on the event loop: its descriptor is polled, what waits is taken in batches, and each batch is one call of
 * JavaScript. The events are written straight into memory that JavaScript reads (lib/events.js knows their layout). */
#include "addon.h"

#include <stdlib.h>

/* report hands an exception that came out of JavaScript to 'uncaughtException'. */
static void report(napi_env env) {
  bool pending = false;
  napi_value error;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
}

/* call hands the events from `from` on to JavaScript by callback(from, count, structs, loans, slab, told), and returns how
 * many these were: all, but for payloads of which no more may be lent before JavaScript has dealt with some. */
static size_t call(struct addon *addon, size_t from, size_t count) {
  napi_env env = addon->env;
  struct memory memory;
  napi_value callback, global, result;
  if (!memory_make(addon, addon->events + from, count - from, &memory) ||
      napi_get_reference_value(env, addon->callback, &callback) != napi_ok || napi_get_global(env, &global) != napi_ok) {
    return count - from;
  }
  napi_value arguments[] = {make_u32(env, (uint32_t)from), make_u32(env, (uint32_t)memory.count), memory.structs, memory.loans,
                            memory.slab, told_make(env, addon->events + from, memory.count)};
  napi_make_callback(env, addon->context, global, callback, 6, arguments, &result);
  report(env);
  return memory.count;
}

/* deliver takes what waits, at most MAX_EVENTS events, and returns how many there were. */
static size_t deliver(struct addon *addon) {
  napi_handle_scope scope;
  size_t count;
  if (oxrtmp_queue_drain(addon->queue, addon->events, MAX_EVENTS, &count) != OXRTMP_OK) {
    return 0;
  }
  for (size_t at = 0; at < count && napi_open_handle_scope(addon->env, &scope) == napi_ok;) {
    at += call(addon, at, count);
    napi_close_handle_scope(addon->env, scope);
  }
  memory_settle(addon);
  return count;
}

/* on_events looks again by itself as long as much waits, a few times: a turn of the event loop costs more than that. */
static void on_events(uv_poll_t *poll, int status, int events) {
  (void)events;
  struct addon *addon = poll->data;
  for (int i = 0; i < MAX_LOOKS && status == 0; i++) {
    if (deliver(addon) < MAX_EVENTS) {
      return;
    }
  }
}

static bool start_poll(struct addon *addon) {
  uv_loop_t *loop;
  int fd;
  uv_poll_t *poll = malloc(sizeof *poll);
  if (poll == NULL || oxrtmp_queue_fd(addon->queue, &fd) != OXRTMP_OK ||
      napi_get_uv_event_loop(addon->env, &loop) != napi_ok || uv_poll_init(loop, poll, fd) != 0) {
    free(poll);
    return false;
  }
  addon->poll = poll;
  poll->data = addon;
  uv_unref((uv_handle_t *)poll);
  return uv_poll_start(poll, UV_READABLE, on_events) == 0;
}

/* start(logLevel, callback) makes the queue. It returns the memory of the events, or a status. */
napi_value queue_start(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t level;
  napi_value buffer;
  void *events;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &level)) {
    return NULL;
  }
  struct addon *addon = a.addon;
  if (addon->poll != NULL || addon->closing) {
    return fail_argument(env, "started already");
  }
  oxrtmp_queue_options options;
  oxrtmp_queue_options_init(&options);
  options.log_level = level;
  oxrtmp_status status = oxrtmp_queue_create(&options, &addon->queue);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  if (napi_create_arraybuffer(env, MAX_EVENTS * sizeof(oxrtmp_event), &events, &buffer) != napi_ok ||
      napi_create_reference(env, buffer, 1, &addon->events_buffer) != napi_ok ||
      napi_create_reference(env, a.values[1], 1, &addon->callback) != napi_ok) {
    return NULL;
  }
  addon->events = events;
  if (!start_poll(addon)) {
    return fail_argument(env, "the event loop takes no more handles");
  }
  return buffer;
}

/* ref() and unref(): whether the queue keeps the process alive. lib/ counts. */
napi_value queue_ref(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (arguments_get(env, info, &a) && a.addon->poll != NULL) {
    uv_ref((uv_handle_t *)a.addon->poll);
  }
  return NULL;
}

napi_value queue_unref(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (arguments_get(env, info, &a) && a.addon->poll != NULL) {
    uv_unref((uv_handle_t *)a.addon->poll);
  }
  return NULL;
}

void queue_stop(struct addon *addon) {
  if (addon->poll != NULL) {
    uv_poll_stop(addon->poll);
    oxrtmp_queue_destroy(addon->queue);
  }
}
