/* Relay. */
#include "native.h"

typedef struct relay_input {
  oxrtmp_relay_options options;
  native_client_input client;
  native_mask mask;
} relay_input;

#define STRUCT oxrtmp_relay_options
static const field relay_options[] = {
    NATIVE_FIELD(STRUCT, on_demand, FIELD_BOOL),   NATIVE_FIELD(STRUCT, idle_after_ms, FIELD_U32),
    NATIVE_FIELD(STRUCT, retry_min_ms, FIELD_U32), NATIVE_FIELD(STRUCT, retry_max_ms, FIELD_U32),
    NATIVE_FIELD(STRUCT, attempts, FIELD_U32),     NATIVE_FIELD(STRUCT, mask, FIELD_ELSEWHERE),
    {NULL, 0, 0, FIELD_U32}};
#undef STRUCT

typedef oxrtmp_status (*relay_function)(oxrtmp_hub hub, const char *app, const char *stream_name, const char *url,
                                        const oxrtmp_relay_options *options, oxrtmp_relay *relay);

static PyObject *relay_open(PyObject *module, PyObject *args, relay_function function) {
  oxrtmp_hub hub;
  const char *app, *stream_name, *url;
  PyObject *options, *client, *limits, *timeouts;
  relay_input in;
  oxrtmp_relay_options_init(&in.options);
  in.options.client = &in.client.options;
  if (!PyArg_ParseTuple(args, "KsssO!O!O!O!", &hub.id, &app, &stream_name, &url, &PyDict_Type, &options, &PyDict_Type,
                        &client, &PyDict_Type, &limits, &PyDict_Type, &timeouts) ||
      !native_fill(&in.options, relay_options, options) || !native_mask_fill(&in.mask, &in.options.mask, options) ||
      !native_client_input_fill(&in.client, client, limits, timeouts)) {
    return NULL;
  }
  oxrtmp_relay relay;
  oxrtmp_status status;
  NATIVE_CALL(status, function(hub, app, stream_name, url, &in.options, &relay));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(relay.id) : native_raise(module, status);
}

/* hub_push(hub, app, stream_name, url, options, client_options, limits, timeouts) returns a relay's handle. */
static PyObject *hub_push(PyObject *module, PyObject *args) { return relay_open(module, args, oxrtmp_hub_push); }

/* hub_pull(hub, app, stream_name, url, options, client_options, limits, timeouts) returns a relay's handle. */
static PyObject *hub_pull(PyObject *module, PyObject *args) { return relay_open(module, args, oxrtmp_hub_pull); }

static PyObject *relay_set_queue(PyObject *module, PyObject *args) {
  oxrtmp_relay relay;
  oxrtmp_queue queue;
  unsigned long long user_data;
  if (!PyArg_ParseTuple(args, "KKK", &relay.id, &queue.id, &user_data)) {
    return NULL;
  }
  return native_none(module, oxrtmp_relay_set_queue(relay, queue, user_data));
}

NATIVE_STRUCT_GETTER(relay_statistics, oxrtmp_relay_statistics, oxrtmp_relay, oxrtmp_relay_info, native_relay_info)
NATIVE_SIMPLE(relay_close, oxrtmp_relay_close, oxrtmp_relay)

PyMethodDef native_relay_methods[] = {
    {"hub_push", hub_push, METH_VARARGS, NULL},
    {"hub_pull", hub_pull, METH_VARARGS, NULL},
    {"relay_set_queue", relay_set_queue, METH_VARARGS, NULL},
    {"relay_statistics", relay_statistics, METH_O, NULL},
    {"relay_close", relay_close, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
