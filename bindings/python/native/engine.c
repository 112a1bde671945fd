/* Engine: the protocol of one connection, for a transport of the caller's. */
#include "native.h"

/* engine_server_create(options, limits, timeouts, flags) */
static PyObject *engine_server_create(PyObject *module, PyObject *args) {
  PyObject *options, *limits, *timeouts;
  unsigned int flags;
  native_server_input in;
  if (!PyArg_ParseTuple(args, "O!O!O!I", &PyDict_Type, &options, &PyDict_Type, &limits, &PyDict_Type, &timeouts,
                        &flags) ||
      !native_server_input_fill(&in, options, limits, timeouts)) {
    return NULL;
  }
  oxrtmp_engine engine;
  oxrtmp_status status = oxrtmp_engine_server_create(&in.options, flags, &engine);
  native_server_input_free(&in);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(engine.id) : native_raise(module, status);
}

/* engine_publish_create and engine_play_create(url, options, limits, timeouts, flags) */
static PyObject *create_client(PyObject *module, PyObject *args,
                               oxrtmp_status (*create)(const char *, const oxrtmp_client_options *, uint32_t,
                                                       oxrtmp_engine *)) {
  const char *url;
  PyObject *options, *limits, *timeouts;
  unsigned int flags;
  native_client_input in;
  if (!PyArg_ParseTuple(args, "sO!O!O!I", &url, &PyDict_Type, &options, &PyDict_Type, &limits, &PyDict_Type, &timeouts,
                        &flags) ||
      !native_client_input_fill(&in, options, limits, timeouts)) {
    return NULL;
  }
  oxrtmp_engine engine;
  oxrtmp_status status = create(url, &in.options, flags, &engine);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(engine.id) : native_raise(module, status);
}

static PyObject *engine_publish_create(PyObject *module, PyObject *args) {
  return create_client(module, args, oxrtmp_engine_publish_create);
}

static PyObject *engine_play_create(PyObject *module, PyObject *args) {
  return create_client(module, args, oxrtmp_engine_play_create);
}

/* engine_receive(engine, now_ms, data) returns how many of the bytes were taken. */
static PyObject *engine_receive(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  long long now_ms;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "KLy*", &engine.id, &now_ms, &b)) {
    return NULL;
  }
  size_t consumed;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_engine_receive(engine, now_ms, b.buf, (size_t)b.len, &consumed));
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? PyLong_FromSize_t(consumed) : native_raise(module, status);
}

/* ---- events as tuples ---- */

/* has_body tells whether an event brings values of the peer's. */
static bool has_body(const oxrtmp_event *e) {
  return (e->type == OXRTMP_EVENT_CALL || e->type == OXRTMP_EVENT_SHARED_OBJECT || e->type == OXRTMP_EVENT_REPLY) &&
         e->status == OXRTMP_OK;
}

/* payload_of makes the packet, the values or the request's handle of an event, or None. */
static PyObject *payload_of(native_state *state, oxrtmp_event *e) {
  if (e->type == OXRTMP_EVENT_PACKET && e->status == OXRTMP_OK) {
    return native_packet_new(state, &e->u.packet);
  }
  if (has_body(e)) {
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)e->u.packet.raw, (Py_ssize_t)e->u.packet.raw_size);
    oxrtmp_event_release(e);
    return bytes;
  }
  if (e->type == OXRTMP_EVENT_REQUEST) {
    return PyLong_FromUnsignedLongLong(e->request.id);
  }
  Py_RETURN_NONE;
}

/* event_item makes (type, stream_id, value, on, status, phase, code, text, packet or values or request or None). */
static PyObject *event_item(native_state *state, oxrtmp_event *e) {
  static const oxrtmp_event_info nothing;
  const oxrtmp_event_info *info = e->type == OXRTMP_EVENT_PACKET || has_body(e) ? &nothing : &e->u.info;
  PyObject *code = native_text(info->code, strnlen(info->code, sizeof info->code));
  PyObject *text = native_text(info->text, strnlen(info->text, sizeof info->text));
  PyObject *payload = payload_of(state, e);
  if (code == NULL || text == NULL || payload == NULL) {
    Py_XDECREF(code);
    Py_XDECREF(text);
    Py_XDECREF(payload);
    return NULL;
  }
  return Py_BuildValue("(IIIIisNNN)", e->type, e->stream_id, e->value, e->on, e->status, oxrtmp_phase_name(e->phase), code,
                       text, payload);
}

/* engine_events(engine) takes all events that there are. */
static PyObject *engine_events(PyObject *module, PyObject *argument) {
  oxrtmp_engine engine = {PyLong_AsUnsignedLongLong(argument)};
  PyObject *items = PyErr_Occurred() ? NULL : PyList_New(0);
  oxrtmp_event event;
  oxrtmp_status status = OXRTMP_OK;
  while (items != NULL && (status = oxrtmp_engine_next_event(engine, &event)) == OXRTMP_OK) {
    PyObject *item = event_item(native_state_of(module), &event);
    if (item == NULL || PyList_Append(items, item) < 0) {
      Py_CLEAR(items);
    }
    Py_XDECREF(item);
  }
  if (items != NULL && status != OXRTMP_E_AGAIN) {
    Py_DECREF(items);
    return native_raise(module, status);
  }
  return items;
}

/* engine_output(engine) takes all bytes that are to be sent. */
static PyObject *engine_output(PyObject *module, PyObject *argument) {
  enum { PIECE = 65536 };
  oxrtmp_engine engine = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  char *bytes = NULL;
  size_t size = 0, n = 1;
  oxrtmp_status status = OXRTMP_OK;
  while (status == OXRTMP_OK && n > 0) {
    char *more = PyMem_Realloc(bytes, size + PIECE);
    if (more == NULL) {
      PyMem_Free(bytes);
      return PyErr_NoMemory();
    }
    bytes = more;
    status = oxrtmp_engine_output(engine, (uint8_t *)bytes + size, PIECE, &n);
    size += n;
  }
  PyObject *result = status == OXRTMP_OK ? PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size) : native_raise(module, status);
  PyMem_Free(bytes);
  return result;
}

/* ---- time ---- */

static PyObject *engine_deadline(PyObject *module, PyObject *argument) {
  oxrtmp_engine engine = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  int64_t deadline_ms;
  oxrtmp_status status = oxrtmp_engine_deadline(engine, &deadline_ms);
  return status == OXRTMP_OK ? PyLong_FromLongLong(deadline_ms) : native_raise(module, status);
}

static PyObject *engine_advance(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  long long now_ms;
  if (!PyArg_ParseTuple(args, "KL", &engine.id, &now_ms)) {
    return NULL;
  }
  return native_none(module, oxrtmp_engine_advance(engine, now_ms));
}

/* ---- saying something ---- */

/* engine_send_packet(engine, packet, timestamp_ms, stream_id or 0) */
static PyObject *engine_send_packet(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  PyObject *object;
  uint32_t timestamp, stream_id;
  if (!PyArg_ParseTuple(args, "KOO&O&", &engine.id, &object, native_u32, &timestamp, native_u32, &stream_id)) {
    return NULL;
  }
  const oxrtmp_packet *packet = native_packet_hold(native_state_of(module), object);
  if (packet == NULL) {
    return NULL;
  }
  oxrtmp_packet copy = *packet;
  copy.timestamp_ms = timestamp;
  oxrtmp_status status;
  NATIVE_CALL(status, stream_id == 0 ? oxrtmp_engine_send_packet(engine, &copy)
                                     : oxrtmp_engine_send_packet_to(engine, stream_id, &copy));
  native_packet_unhold(object);
  return native_none(module, status);
}

static PyObject *engine_send_metadata(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  PyObject *dict;
  native_metadata_input in;
  if (!PyArg_ParseTuple(args, "KO!", &engine.id, &PyDict_Type, &dict) || !native_metadata_fill(&in, dict)) {
    return NULL;
  }
  return native_none(module, oxrtmp_engine_send_metadata(engine, &in.metadata));
}

static PyObject *engine_close_stream(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  unsigned int stream_id;
  const char *code, *description;
  if (!PyArg_ParseTuple(args, "KIzz", &engine.id, &stream_id, &code, &description)) {
    return NULL;
  }
  return native_none(module, oxrtmp_engine_close_stream(engine, stream_id, code, description));
}

/* engine_play2(engine, dict) */
static PyObject *engine_play2(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  PyObject *dict;
  oxrtmp_play2 play2;
  oxrtmp_play2_init(&play2);
  if (!PyArg_ParseTuple(args, "KO!", &engine.id, &PyDict_Type, &dict) || !native_fill(&play2, native_play2, dict)) {
    return NULL;
  }
  return native_none(module, oxrtmp_engine_play2(engine, &play2));
}

static PyObject *engine_request_reconnect(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  const char *tc_url, *description;
  if (!PyArg_ParseTuple(args, "Kzz", &engine.id, &tc_url, &description)) {
    return NULL;
  }
  return native_none(module, oxrtmp_engine_request_reconnect(engine, tc_url, description));
}

/* A wrapper of function(engine, number). */
#define ENGINE_NUMBER(name, function) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    oxrtmp_engine engine; \
    uint32_t number; \
    if (!PyArg_ParseTuple(args, "KO&", &engine.id, native_u32, &number)) { \
      return NULL; \
    } \
    return native_none(module, function(engine, number)); \
  }

ENGINE_NUMBER(engine_complete, oxrtmp_engine_complete)
ENGINE_NUMBER(engine_pause, oxrtmp_engine_pause)
ENGINE_NUMBER(engine_seek, oxrtmp_engine_seek)
ENGINE_NUMBER(engine_receive_audio, oxrtmp_engine_receive_audio)
ENGINE_NUMBER(engine_receive_video, oxrtmp_engine_receive_video)
ENGINE_NUMBER(engine_set_buffer_length, oxrtmp_engine_set_buffer_length)

static PyObject *engine_closing(PyObject *module, PyObject *argument) {
  oxrtmp_engine engine = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  uint32_t closing;
  oxrtmp_status status = oxrtmp_engine_closing(engine, &closing);
  return status == OXRTMP_OK ? PyBool_FromLong(closing != 0) : native_raise(module, status);
}

static PyObject *engine_set_queue(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  oxrtmp_queue queue;
  if (!PyArg_ParseTuple(args, "KK", &engine.id, &queue.id)) {
    return NULL;
  }
  return native_none(module, oxrtmp_engine_set_queue(engine, queue, 0));
}

/* engine_statistics(engine): the counters, and the phase by its name. */
static PyObject *engine_statistics(PyObject *module, PyObject *argument) {
  oxrtmp_engine engine = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  oxrtmp_engine_counters counters = {.struct_size = sizeof counters};
  oxrtmp_status status = oxrtmp_engine_statistics(engine, &counters);
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  PyObject *dict = native_dict(&counters, native_engine_counters);
  PyObject *phase = PyUnicode_FromString(oxrtmp_phase_name(counters.phase));
  if (dict != NULL && (phase == NULL || PyDict_SetItemString(dict, "phase", phase) < 0)) {
    Py_CLEAR(dict);
  }
  Py_XDECREF(phase);
  return dict;
}

NATIVE_SIMPLE(engine_end, oxrtmp_engine_end, oxrtmp_engine)
NATIVE_SIMPLE(engine_close, oxrtmp_engine_close, oxrtmp_engine)

PyMethodDef native_engine_methods[] = {
    {"engine_server_create", engine_server_create, METH_VARARGS, NULL},
    {"engine_publish_create", engine_publish_create, METH_VARARGS, NULL},
    {"engine_play_create", engine_play_create, METH_VARARGS, NULL},
    {"engine_receive", engine_receive, METH_VARARGS, NULL},
    {"engine_events", engine_events, METH_O, NULL},
    {"engine_output", engine_output, METH_O, NULL},
    {"engine_deadline", engine_deadline, METH_O, NULL},
    {"engine_advance", engine_advance, METH_VARARGS, NULL},
    {"engine_send_packet", engine_send_packet, METH_VARARGS, NULL},
    {"engine_send_metadata", engine_send_metadata, METH_VARARGS, NULL},
    {"engine_close_stream", engine_close_stream, METH_VARARGS, NULL},
    {"engine_complete", engine_complete, METH_VARARGS, NULL},
    {"engine_pause", engine_pause, METH_VARARGS, NULL},
    {"engine_seek", engine_seek, METH_VARARGS, NULL},
    {"engine_play2", engine_play2, METH_VARARGS, NULL},
    {"engine_request_reconnect", engine_request_reconnect, METH_VARARGS, NULL},
    {"engine_receive_audio", engine_receive_audio, METH_VARARGS, NULL},
    {"engine_receive_video", engine_receive_video, METH_VARARGS, NULL},
    {"engine_set_buffer_length", engine_set_buffer_length, METH_VARARGS, NULL},
    {"engine_end", engine_end, METH_O, NULL},
    {"engine_closing", engine_closing, METH_O, NULL},
    {"engine_set_queue", engine_set_queue, METH_VARARGS, NULL},
    {"engine_statistics", engine_statistics, METH_O, NULL},
    {"engine_close", engine_close, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
