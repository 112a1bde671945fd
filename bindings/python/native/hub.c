/* Hub. */
#include "native.h"

static PyObject *hub_create(PyObject *module, PyObject *dict) {
  if (!PyDict_Check(dict)) {
    PyErr_SetString(PyExc_TypeError, "hub_create(options)");
    return NULL;
  }
  oxrtmp_hub_options options;
  oxrtmp_hub_options_init(&options);
  native_mask mask;
  if (!native_fill(&options, native_hub_options, dict) || !native_mask_fill(&mask, &options.mask, dict)) {
    return NULL;
  }
  oxrtmp_hub hub;
  oxrtmp_status status = oxrtmp_hub_create(&options, &hub);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(hub.id) : native_raise(module, status);
}

static PyObject *hub_accept(PyObject *module, PyObject *args) {
  oxrtmp_hub hub;
  oxrtmp_request request;
  if (!PyArg_ParseTuple(args, "KK", &hub.id, &request.id)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_hub_accept(hub, request));
  return native_none(module, status);
}

/* hub_accept_masked(hub, request, options), which have a mask. */
static PyObject *hub_accept_masked(PyObject *module, PyObject *args) {
  oxrtmp_hub hub;
  oxrtmp_request request;
  PyObject *options;
  native_mask mask;
  const oxrtmp_mask *given;
  if (!PyArg_ParseTuple(args, "KKO!", &hub.id, &request.id, &PyDict_Type, &options) ||
      !native_mask_fill(&mask, &given, options)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_hub_accept_masked(hub, request, given));
  return native_none(module, status);
}

typedef oxrtmp_status (*hub_open_function)(oxrtmp_hub hub, const char *app, const char *stream_name,
                                           const oxrtmp_client_options *options, oxrtmp_client *client);

static PyObject *hub_open(PyObject *module, PyObject *args, hub_open_function function) {
  oxrtmp_hub hub;
  const char *app, *stream_name;
  PyObject *options, *limits, *timeouts;
  native_client_input in;
  if (!PyArg_ParseTuple(args, "KssO!O!O!", &hub.id, &app, &stream_name, &PyDict_Type, &options, &PyDict_Type, &limits,
                        &PyDict_Type, &timeouts) ||
      !native_client_input_fill(&in, options, limits, timeouts)) {
    return NULL;
  }
  oxrtmp_client client;
  oxrtmp_status status;
  NATIVE_CALL(status, function(hub, app, stream_name, &in.options, &client));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(client.id) : native_raise(module, status);
}

/* hub_publish(hub, app, stream_name, options, limits, timeouts) returns a client's handle. */
static PyObject *hub_publish(PyObject *module, PyObject *args) { return hub_open(module, args, oxrtmp_hub_publish); }

/* hub_play(hub, app, stream_name, options, limits, timeouts) returns a client's handle. */
static PyObject *hub_play(PyObject *module, PyObject *args) { return hub_open(module, args, oxrtmp_hub_play); }

static PyObject *hub_stream_statistics(PyObject *module, PyObject *args) {
  oxrtmp_hub hub;
  const char *app, *stream_name;
  if (!PyArg_ParseTuple(args, "Kss", &hub.id, &app, &stream_name)) {
    return NULL;
  }
  oxrtmp_stream_info info = {.struct_size = sizeof info};
  oxrtmp_status status = oxrtmp_hub_stream_statistics(hub, app, stream_name, &info);
  return status == OXRTMP_OK ? native_dict(&info, native_stream_info) : native_raise(module, status);
}

static PyObject *hub_data_frames_json(PyObject *module, PyObject *args) {
  oxrtmp_hub hub;
  const char *app, *stream_name;
  if (!PyArg_ParseTuple(args, "Kss", &hub.id, &app, &stream_name)) {
    return NULL;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_TEXT(result, status, false, char, oxrtmp_hub_data_frames_json, hub, app, stream_name);
  return result == NULL && !PyErr_Occurred() ? native_raise(module, status) : result;
}

NATIVE_STRUCT_GETTER(hub_statistics, oxrtmp_hub_statistics, oxrtmp_hub, oxrtmp_hub_info, native_hub_info)
NATIVE_GETTER(hub_json, oxrtmp_hub_json, oxrtmp_hub, false)
NATIVE_SIMPLE(hub_close, oxrtmp_hub_close, oxrtmp_hub)

PyMethodDef native_hub_methods[] = {
    {"hub_create", hub_create, METH_O, NULL},
    {"hub_accept", hub_accept, METH_VARARGS, NULL},
    {"hub_accept_masked", hub_accept_masked, METH_VARARGS, NULL},
    {"hub_publish", hub_publish, METH_VARARGS, NULL},
    {"hub_play", hub_play, METH_VARARGS, NULL},
    {"hub_data_frames_json", hub_data_frames_json, METH_VARARGS, NULL},
    {"hub_statistics", hub_statistics, METH_O, NULL},
    {"hub_stream_statistics", hub_stream_statistics, METH_VARARGS, NULL},
    {"hub_json", hub_json, METH_O, NULL},
    {"hub_close", hub_close, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
