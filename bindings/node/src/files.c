/* FLV files: recorders and readers. What touches a file is a job. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

enum { READ_PACKETS = 64, READ_BYTES = 1024 * 1024 };

/* ---- recorders ---- */

struct recorder_job {
  struct job job;
  oxrtmp_recorder recorder;
  oxrtmp_recorder_options options;
  char *path, *name; /* a file; or a directory and a stream's name */
  oxrtmp_packet *packets;
  uint32_t count;
};

static void recorder_job_dispose(struct job *job, bool delivered) {
  struct recorder_job *r = (struct recorder_job *)job;
  if (!delivered && job->result != NULL && r->recorder.id != 0) {
    oxrtmp_recorder_close(r->recorder);
  }
  free(r->path);
  free(r->name);
  free(r->packets);
  free(r);
}

static napi_value start(struct addon *addon, const struct recorder_job *r) {
  struct recorder_job *job = malloc(sizeof *job);
  if (job == NULL) {
    free(r->path);
    free(r->name);
    free(r->packets);
    napi_throw_error(addon->env, NULL, "out of memory");
    return NULL;
  }
  *job = *r;
  job->job.dispose = recorder_job_dispose;
  return job_start(addon, &job->job);
}

static oxrtmp_status recorder_open_run(struct job *job) {
  struct recorder_job *r = (struct recorder_job *)job;
  return r->name == NULL ? oxrtmp_recorder_open(r->path, &r->options, &r->recorder)
                         : oxrtmp_recorder_open_in(r->path, r->name, &r->options, &r->recorder);
}

static napi_value recorder_open_result(napi_env env, struct job *job) {
  struct recorder_job *r = (struct recorder_job *)job;
  uint64_t id = r->recorder.id;
  r->recorder.id = 0;
  (void)env;
  return handle_make(job->addon, RECORDER, id);
}

/* recorderOpen(path or directory, name or undefined, options): a promise of the handle. */
static napi_value recorder_open(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct recorder_job r = {.job = {.run = recorder_open_run, .result = recorder_open_result}};
  if (!arguments_get(env, info, &a) || !get_recorder_options(&a, 2, &r.options) || !get_string(&a, 0, &r.path)) {
    return NULL;
  }
  if (!get_string(&a, 1, &r.name)) {
    free(r.path);
    return NULL;
  }
  return start(a.addon, &r);
}

static oxrtmp_status recorder_write_run(struct job *job) {
  struct recorder_job *r = (struct recorder_job *)job;
  oxrtmp_status status = OXRTMP_OK;
  for (uint32_t i = 0; i < r->count && status == OXRTMP_OK; i++) {
    status = oxrtmp_recorder_write(r->recorder, &r->packets[i]);
  }
  return status;
}

/* recorderWrite(handle, structs, [raw, data, ...], count): a promise. The array keeps the memory alive until then. */
static napi_value recorder_write(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct recorder_job r = {.job = {.run = recorder_write_run}};
  oxrtmp_packet *packets;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, RECORDER, &handle) || !get_packets(&a, 1, &packets, &r.count)) {
    return NULL;
  }
  r.recorder.id = handle->id;
  r.packets = malloc(r.count * sizeof *packets);
  if (r.packets == NULL || napi_create_reference(env, a.values[2], 1, &r.job.borrowed) != napi_ok) {
    free(r.packets);
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  memcpy(r.packets, packets, r.count * sizeof *packets);
  return start(a.addon, &r);
}

static napi_value recorder_path(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, RECORDER, &handle)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_recorder_path, (oxrtmp_recorder){handle->id});
  return result;
}

static oxrtmp_status recorder_close_run(struct job *job) {
  return oxrtmp_recorder_close(((struct recorder_job *)job)->recorder);
}

/* recorderClose(handle): a promise. */
static napi_value recorder_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct recorder_job r = {.job = {.run = recorder_close_run}};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, RECORDER, &handle)) {
    return NULL;
  }
  r.recorder.id = handle_take(handle);
  return start(a.addon, &r);
}

/* recorderFinish(handle): a status. When the process ends: it waits for the file. */
static napi_value recorder_finish(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, RECORDER, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_recorder_close((oxrtmp_recorder){handle_take(handle)}));
}

/* ---- readers ---- */

struct reader_job {
  struct job job;
  oxrtmp_flv_reader reader;
  char *path;
  oxrtmp_event *events;
  size_t count;
};

static void reader_job_dispose(struct job *job, bool delivered) {
  struct reader_job *r = (struct reader_job *)job;
  for (size_t i = 0; !delivered && i < r->count; i++) {
    oxrtmp_event_release(&r->events[i]);
  }
  if (!delivered && r->path != NULL && r->reader.id != 0) {
    oxrtmp_flv_reader_close(r->reader);
  }
  free(r->path);
  free(r->events);
  free(r);
}

static napi_value start_reader(struct addon *addon, const struct reader_job *r) {
  struct reader_job *job = malloc(sizeof *job);
  if (job == NULL) {
    free(r->path);
    napi_throw_error(addon->env, NULL, "out of memory");
    return NULL;
  }
  *job = *r;
  job->job.dispose = reader_job_dispose;
  return job_start(addon, &job->job);
}

static oxrtmp_status reader_open_run(struct job *job) {
  struct reader_job *r = (struct reader_job *)job;
  return oxrtmp_flv_reader_open(r->path, &r->reader);
}

static napi_value reader_open_result(napi_env env, struct job *job) {
  struct reader_job *r = (struct reader_job *)job;
  uint64_t id = r->reader.id;
  r->reader.id = 0;
  (void)env;
  return handle_make(job->addon, READER, id);
}

/* readerOpen(path): a promise of the handle. */
static napi_value reader_open(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct reader_job r = {.job = {.run = reader_open_run, .result = reader_open_result}};
  if (!arguments_get(env, info, &a) || !get_string(&a, 0, &r.path)) {
    return NULL;
  }
  return start_reader(a.addon, &r);
}

/* readerCreate(): the handle of a reader that is fed, or a status. */
static napi_value reader_create(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_flv_reader reader;
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_flv_reader_create(&reader);
  return status == OXRTMP_OK ? handle_make(a.addon, READER, reader.id) : make_status(env, status);
}

/* readerFeed(handle, bytes): a status. */
static napi_value reader_feed(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *data;
  size_t size;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, READER, &handle) || !get_bytes(&a, 1, &data, &size)) {
    return NULL;
  }
  return make_status(env, oxrtmp_flv_reader_feed((oxrtmp_flv_reader){handle->id}, data, size));
}

/* take takes packets, until there are enough for one crossing. The error is only returned when there are none. */
static oxrtmp_status take(oxrtmp_flv_reader reader, oxrtmp_event *events, size_t *count) {
  oxrtmp_status status = OXRTMP_OK;
  size_t bytes = 0;
  for (*count = 0; *count < READ_PACKETS && bytes < READ_BYTES; (*count)++) {
    oxrtmp_event *event = &events[*count];
    event->type = OXRTMP_EVENT_PACKET;
    status = oxrtmp_flv_reader_next_packet(reader, &event->u.packet);
    if (status != OXRTMP_OK) {
      break;
    }
    bytes += event->u.packet.raw_size;
  }
  return *count > 0 ? OXRTMP_OK : status;
}

static oxrtmp_status reader_next_run(struct job *job) {
  struct reader_job *r = (struct reader_job *)job;
  r->events = calloc(READ_PACKETS, sizeof *r->events);
  return r->events != NULL ? take(r->reader, r->events, &r->count) : OXRTMP_E_MEMORY;
}

static napi_value reader_next_result(napi_env env, struct job *job) {
  struct reader_job *r = (struct reader_job *)job;
  (void)env;
  return events_make(job->addon, r->events, r->count);
}

/* readerNext(handle): a promise of packets from a file. */
static napi_value reader_next(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  struct reader_job r = {.job = {.run = reader_next_run, .result = reader_next_result}};
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, READER, &handle)) {
    return NULL;
  }
  r.reader.id = handle->id;
  return start_reader(a.addon, &r);
}

/* readerTake(handle): packets that have been fed, or a status. */
static napi_value reader_take(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, READER, &handle)) {
    return NULL;
  }
  oxrtmp_event *events = calloc(READ_PACKETS, sizeof *events);
  size_t count = 0;
  oxrtmp_status status = events != NULL ? take((oxrtmp_flv_reader){handle->id}, events, &count) : OXRTMP_E_MEMORY;
  napi_value result = status == OXRTMP_OK ? events_make(a.addon, events, count) : make_status(env, status);
  free(events);
  return result;
}

static napi_value reader_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, READER, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_flv_reader_close((oxrtmp_flv_reader){handle_take(handle)}));
}

const struct function file_functions[] = {
    {"recorderOpen", recorder_open},
    {"recorderWrite", recorder_write},
    {"recorderPath", recorder_path},
    {"recorderClose", recorder_close},
    {"recorderFinish", recorder_finish},
    {"readerOpen", reader_open},
    {"readerCreate", reader_create},
    {"readerFeed", reader_feed},
    {"readerNext", reader_next},
    {"readerTake", reader_take},
    {"readerClose", reader_close},
    {NULL, NULL},
};
