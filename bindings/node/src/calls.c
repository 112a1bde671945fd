/* Calls between the applications on both sides, and shared objects, for handles of clients and sessions alike. Values are
 * AMF0 bytes, which lib/ makes and reads. Messages inside aggregate messages. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

/* ---- calls: each waits on a thread ---- */

struct call_job {
  struct job job;
  struct handle stream; /* only its id and kind */
  char *name;
  uint8_t *values; /* a copy */
  size_t size;
  int32_t timeout_ms;
  oxrtmp_packet answer;
};

static oxrtmp_status call_run(struct job *job) {
  struct call_job *c = (struct call_job *)job;
  return is_client(&c->stream)
             ? oxrtmp_client_call(client_of(&c->stream), c->name, c->values, c->size, c->timeout_ms, &c->answer)
             : oxrtmp_session_call(session_of(&c->stream), c->name, c->values, c->size, c->timeout_ms, &c->answer);
}

static napi_value call_result(napi_env env, struct job *job) {
  struct call_job *c = (struct call_job *)job;
  napi_value result = NULL;
  napi_create_buffer_copy(env, c->answer.size, c->answer.data, NULL, &result);
  return result;
}

static void call_dispose(struct job *job, bool delivered) {
  struct call_job *c = (struct call_job *)job;
  (void)delivered;
  oxrtmp_packet_release(&c->answer);
  free(c->name);
  free(c->values);
  free(c);
}

/* streamCall(handle, name, values, timeoutMs): a promise of the values of the answer. */
static napi_value stream_call(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *values;
  struct call_job *c = calloc(1, sizeof *c);
  if (c == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  c->job = (struct job){.run = call_run, .result = call_result, .dispose = call_dispose};
  if (!get_stream(env, info, &a, &handle) || !get_string(&a, 1, &c->name) || !get_bytes(&a, 2, &values, &c->size) ||
      !get_i32(&a, 3, &c->timeout_ms) || (c->values = malloc(c->size + 1)) == NULL) {
    call_dispose(&c->job, false);
    return NULL;
  }
  if (c->size > 0) {
    memcpy(c->values, values, c->size);
  }
  c->stream = *handle;
  return job_start(a.addon, &c->job);
}

/* streamNotify(handle, name, values): a status. */
static napi_value stream_notify(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *values;
  size_t size;
  char *name;
  if (!get_stream(env, info, &a, &handle) || !get_bytes(&a, 2, &values, &size) || !get_string(&a, 1, &name)) {
    return NULL;
  }
  oxrtmp_status status = is_client(handle) ? oxrtmp_client_notify(client_of(handle), name, values, size)
                                           : oxrtmp_session_notify(session_of(handle), name, values, size);
  free(name);
  return make_status(env, status);
}

/* streamAnswer(handle, callId, values): a status. */
static napi_value stream_answer(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *values;
  size_t size;
  uint32_t call_id;
  if (!get_stream(env, info, &a, &handle) || !get_u32(&a, 1, &call_id) || !get_bytes(&a, 2, &values, &size)) {
    return NULL;
  }
  return make_status(env, is_client(handle) ? oxrtmp_client_answer(client_of(handle), call_id, values, size)
                                            : oxrtmp_session_answer(session_of(handle), call_id, values, size));
}

/* streamRefuse(handle, callId, code, description): a status. */
static napi_value stream_refuse(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  uint32_t call_id;
  char *code = NULL, *description = NULL;
  napi_value result = NULL;
  if (get_stream(env, info, &a, &handle) && get_u32(&a, 1, &call_id) && get_string(&a, 2, &code) &&
      get_string(&a, 3, &description)) {
    result = make_status(env, is_client(handle) ? oxrtmp_client_refuse(client_of(handle), call_id, code, description)
                                                : oxrtmp_session_refuse(session_of(handle), call_id, code, description));
  }
  free(code);
  free(description);
  return result;
}

/* streamSendSharedObject(handle, values): a status. */
static napi_value stream_send_shared_object(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  const uint8_t *values;
  size_t size;
  if (!get_stream(env, info, &a, &handle) || !get_bytes(&a, 1, &values, &size)) {
    return NULL;
  }
  return make_status(env, is_client(handle) ? oxrtmp_client_send_shared_object(client_of(handle), values, size)
                                            : oxrtmp_session_send_shared_object(session_of(handle), values, size));
}

/* ---- on bytes ---- */

/* sharedObjectParse(type, bytes): the values that describe it, or a status. */
static napi_value shared_object_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type;
  const uint8_t *data;
  size_t size;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_bytes(&a, 1, &data, &size)) {
    return NULL;
  }
  BYTES(env, &result, oxrtmp_shared_object_parse, type, data, size);
  return result;
}

/* sharedObjectBuild(values): the payload, or a status. */
static napi_value shared_object_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *values;
  size_t size;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &values, &size)) {
    return NULL;
  }
  BYTES(env, &result, oxrtmp_shared_object_build, values, size);
  return result;
}

/* aggregateParse(timestampMs, bytes): [type, timestampMs, offset, size, ...], or a status. */
static napi_value aggregate_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t timestamp_ms;
  const uint8_t *data;
  size_t size, count;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &timestamp_ms) || !get_bytes(&a, 1, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_aggregate_parse(timestamp_ms, data, size, NULL, 0, &count);
  oxrtmp_aggregated *messages = calloc(count + 1, sizeof *messages);
  if (messages == NULL) {
    return make_status(env, OXRTMP_E_MEMORY);
  }
  if (status == OXRTMP_E_BUFFER) {
    status = oxrtmp_aggregate_parse(timestamp_ms, data, size, messages, count, &count);
  }
  napi_value result = NULL;
  if (status != OXRTMP_OK) {
    result = make_status(env, status);
  } else if (napi_create_array_with_length(env, count * 4, &result) == napi_ok) {
    for (uint32_t i = 0; i < count; i++) {
      const oxrtmp_aggregated *m = &messages[i];
      napi_set_element(env, result, 4 * i, make_u32(env, m->type));
      napi_set_element(env, result, 4 * i + 1, make_u32(env, m->timestamp_ms));
      napi_set_element(env, result, 4 * i + 2, make_double(env, m->data != NULL ? (double)(m->data - data) : 0));
      napi_set_element(env, result, 4 * i + 3, make_double(env, (double)m->size));
    }
  }
  free(messages);
  return result;
}

/* aggregateBuild([type, timestampMs, size, ...], bytes): a Buffer, or a status. The payloads are one after the other. */
static napi_value aggregate_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *data;
  size_t size, used = 0;
  uint32_t length;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 1, &data, &size) ||
      napi_get_array_length(env, a.values[0], &length) != napi_ok) {
    return NULL;
  }
  oxrtmp_aggregated *messages = calloc(length / 3 + 1, sizeof *messages);
  if (messages == NULL) {
    return make_status(env, OXRTMP_E_MEMORY);
  }
  bool fits = true;
  for (uint32_t i = 0; i < length / 3; i++) {
    uint32_t numbers[3] = {0, 0, 0};
    for (uint32_t k = 0; k < 3; k++) {
      napi_value number;
      fits = napi_get_element(env, a.values[0], 3 * i + k, &number) == napi_ok &&
             napi_get_value_uint32(env, number, &numbers[k]) == napi_ok && fits;
    }
    fits = fits && numbers[2] <= size - used;
    if (!fits) {
      break;
    }
    messages[i] = (oxrtmp_aggregated){
        .type = numbers[0], .timestamp_ms = numbers[1], .data = numbers[2] > 0 ? data + used : NULL, .size = numbers[2]};
    used += numbers[2];
  }
  napi_value result;
  if (fits) {
    BYTES(env, &result, oxrtmp_aggregate_build, messages, length / 3);
  } else {
    result = fail_argument(env, "not messages");
  }
  free(messages);
  return result;
}

const struct function calls_functions[] = {
    {"streamCall", stream_call},
    {"streamNotify", stream_notify},
    {"streamAnswer", stream_answer},
    {"streamRefuse", stream_refuse},
    {"streamSendSharedObject", stream_send_shared_object},
    {"sharedObjectParse", shared_object_parse},
    {"sharedObjectBuild", shared_object_build},
    {"aggregateParse", aggregate_parse},
    {"aggregateBuild", aggregate_build},
    {NULL, NULL},
};
