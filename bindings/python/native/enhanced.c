/* Enhanced RTMP: capabilities as dicts, requests to reconnect, messages of several tracks, ModEx entries, channel layouts. */
#include "native.h"

/* Capabilities are {"caps_ex": int, "fourccs": [codec], "video": {codec: mask}, "audio": {codec: mask}}. */

static bool masks_fill(PyObject *dict, oxrtmp_codec_mask *masks, uint32_t *count) {
  PyObject *items = dict != NULL ? PyDict_Items(dict) : PyList_New(0);
  Py_ssize_t n = items != NULL ? PyList_Size(items) : 33;
  if (items != NULL && n > 32) {
    PyErr_SetString(PyExc_ValueError, "capabilities have 32 codecs of a kind at most");
  }
  for (Py_ssize_t i = 0; n <= 32 && i < n && !PyErr_Occurred(); i++) {
    PyObject *item = PyList_GetItem(items, i);
    if (native_codec_number(PyTuple_GetItem(item, 0), &masks[i].codec)) {
      masks[i].mask = (uint32_t)PyLong_AsUnsignedLong(PyTuple_GetItem(item, 1));
    }
  }
  *count = n <= 32 ? (uint32_t)n : 0;
  Py_XDECREF(items);
  return !PyErr_Occurred();
}

bool native_capabilities_fill(oxrtmp_capabilities *c, PyObject *dict) {
  oxrtmp_capabilities_init(c);
  PyObject *ex = PyDict_GetItemString(dict, "caps_ex"), *fourccs = PyDict_GetItemString(dict, "fourccs");
  c->caps_ex = ex != NULL ? (uint32_t)PyLong_AsUnsignedLong(ex) : 0;
  Py_ssize_t n = fourccs != NULL ? PyList_Size(fourccs) : 0;
  if (n > 32) {
    PyErr_SetString(PyExc_ValueError, "capabilities have 32 codecs of a kind at most");
    return false;
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    if (!native_codec_number(PyList_GetItem(fourccs, i), &c->fourccs[i])) {
      return false;
    }
  }
  c->fourcc_count = n > 0 ? (uint32_t)n : 0;
  return !PyErr_Occurred() && masks_fill(PyDict_GetItemString(dict, "video"), c->video, &c->video_count) &&
         masks_fill(PyDict_GetItemString(dict, "audio"), c->audio, &c->audio_count);
}

bool native_capabilities_given(oxrtmp_capabilities *c, const oxrtmp_capabilities **given, PyObject *options) {
  PyObject *dict = PyDict_GetItemString(options, "capabilities"); /* borrowed */
  *given = dict != NULL ? c : NULL;
  return dict == NULL || native_capabilities_fill(c, dict);
}

static PyObject *masks_dict(const oxrtmp_codec_mask *masks, uint32_t count) {
  PyObject *dict = PyDict_New();
  for (uint32_t i = 0; dict != NULL && i < count; i++) {
    PyObject *codec = native_codec_text(masks[i].codec), *mask = PyLong_FromUnsignedLong(masks[i].mask);
    if (codec == NULL || mask == NULL || PyDict_SetItem(dict, codec, mask) < 0) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(codec);
    Py_XDECREF(mask);
  }
  return dict;
}

static PyObject *capabilities_dict(const oxrtmp_capabilities *c) {
  PyObject *fourccs = PyList_New(0);
  for (uint32_t i = 0; fourccs != NULL && i < c->fourcc_count; i++) {
    PyObject *codec = native_codec_text(c->fourccs[i]);
    if (codec == NULL || PyList_Append(fourccs, codec) < 0) {
      Py_CLEAR(fourccs);
    }
    Py_XDECREF(codec);
  }
  PyObject *video = masks_dict(c->video, c->video_count), *audio = masks_dict(c->audio, c->audio_count);
  if (fourccs == NULL || video == NULL || audio == NULL) {
    Py_XDECREF(fourccs);
    Py_XDECREF(video);
    Py_XDECREF(audio);
    return NULL;
  }
  return Py_BuildValue("{s:I,s:N,s:N,s:N}", "caps_ex", c->caps_ex, "fourccs", fourccs, "video", video, "audio", audio);
}

#define CAPABILITIES_OF(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *argument) { \
    handle_type handle = {PyLong_AsUnsignedLongLong(argument)}; \
    oxrtmp_capabilities c; \
    oxrtmp_capabilities_init(&c); \
    if (PyErr_Occurred()) { \
      return NULL; \
    } \
    oxrtmp_status status = function(handle, &c); \
    return status == OXRTMP_OK ? capabilities_dict(&c) : native_raise(module, status); \
  }

CAPABILITIES_OF(request_capabilities, oxrtmp_request_capabilities, oxrtmp_request)
CAPABILITIES_OF(session_capabilities, oxrtmp_session_capabilities, oxrtmp_session)
CAPABILITIES_OF(client_capabilities, oxrtmp_client_capabilities, oxrtmp_client)

static PyObject *capabilities_all(PyObject *module, PyObject *mask) {
  oxrtmp_capabilities c;
  oxrtmp_capabilities_init(&c);
  oxrtmp_status status = oxrtmp_capabilities_all((uint32_t)PyLong_AsUnsignedLong(mask), &c);
  if (PyErr_Occurred()) {
    return NULL;
  }
  return status == OXRTMP_OK ? capabilities_dict(&c) : native_raise(module, status);
}

/* capabilities_intersect(own, peer) */
static PyObject *capabilities_intersect(PyObject *module, PyObject *args) {
  PyObject *own, *peer;
  oxrtmp_capabilities ours, theirs, both;
  oxrtmp_capabilities_init(&both);
  if (!PyArg_ParseTuple(args, "O!O!", &PyDict_Type, &own, &PyDict_Type, &peer) ||
      !native_capabilities_fill(&ours, own) || !native_capabilities_fill(&theirs, peer)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_capabilities_intersect(&ours, &theirs, &both);
  return status == OXRTMP_OK ? capabilities_dict(&both) : native_raise(module, status);
}

/* session_request_reconnect(session, tc_url, description) */
static PyObject *session_request_reconnect(PyObject *module, PyObject *args) {
  oxrtmp_session session;
  const char *tc_url, *description;
  if (!PyArg_ParseTuple(args, "Kzz", &session.id, &tc_url, &description)) {
    return NULL;
  }
  return native_none(module, oxrtmp_session_request_reconnect(session, tc_url, description));
}

/* server_request_reconnect(server, tc_url, description) returns how many were asked. */
static PyObject *server_request_reconnect(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  const char *tc_url, *description;
  if (!PyArg_ParseTuple(args, "Kzz", &server.id, &tc_url, &description)) {
    return NULL;
  }
  uint32_t asked;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_server_request_reconnect(server, tc_url, description, &asked));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLong(asked) : native_raise(module, status);
}

/* multitrack_build(form, packets): a list of at most 256. */
static PyObject *multitrack_build(PyObject *module, PyObject *args) {
  unsigned int form;
  PyObject *list, *result = NULL;
  if (!PyArg_ParseTuple(args, "IO!", &form, &PyList_Type, &list)) {
    return NULL;
  }
  native_state *state = native_state_of(module);
  Py_ssize_t count = PyList_Size(list), held = 0;
  oxrtmp_packet *packets = PyMem_Calloc((size_t)count + 1, sizeof *packets);
  if (packets == NULL) {
    return PyErr_NoMemory();
  }
  for (; held < count; held++) {
    const oxrtmp_packet *p = native_packet_hold(state, PyList_GetItem(list, held));
    if (p == NULL) {
      break;
    }
    packets[held] = *p;
  }
  if (held == count) {
    oxrtmp_status status;
    NATIVE_BYTES(result, status, module, Py_None, oxrtmp_multitrack_build, form, packets, (size_t)count);
  }
  for (Py_ssize_t i = 0; i < held; i++) {
    native_packet_unhold(PyList_GetItem(list, i));
  }
  PyMem_Free(packets);
  return result;
}

/* multitrack_form(type, data) */
static PyObject *multitrack_form(PyObject *module, PyObject *args) {
  unsigned int type;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Iy*", &type, &b)) {
    return NULL;
  }
  uint32_t form;
  oxrtmp_status status = oxrtmp_multitrack_form(type, b.buf, (size_t)b.len, &form);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLong(form) : native_raise(module, status);
}

/* modex_parse(type, data) returns a list of (type, data). */
static PyObject *modex_parse(PyObject *module, PyObject *args) {
  unsigned int type;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Iy*", &type, &b)) {
    return NULL;
  }
  size_t count = 0;
  oxrtmp_status status = oxrtmp_modex_parse(type, b.buf, (size_t)b.len, NULL, 0, &count);
  oxrtmp_modex *entries = PyMem_Calloc(count + 1, sizeof *entries);
  PyObject *list = NULL;
  if (entries == NULL) {
    PyErr_NoMemory();
  } else if (status == OXRTMP_E_BUFFER) {
    status = oxrtmp_modex_parse(type, b.buf, (size_t)b.len, entries, count, &count);
  }
  if (entries != NULL) {
    list = status == OXRTMP_OK ? PyList_New(0) : native_raise(module, status);
  }
  for (size_t i = 0; list != NULL && i < count; i++) {
    PyObject *item = Py_BuildValue("Iy#", entries[i].type, (const char *)entries[i].data, (Py_ssize_t)entries[i].size);
    if (item == NULL || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
  }
  PyMem_Free(entries);
  PyBuffer_Release(&b);
  return list;
}

/* modex_build(type, data, entries): a list of (type, data as bytes), which keeps them during the call. */
static PyObject *modex_build(PyObject *module, PyObject *args) {
  unsigned int type;
  Py_buffer b;
  PyObject *list, *result = NULL;
  if (!PyArg_ParseTuple(args, "Iy*O!", &type, &b, &PyList_Type, &list)) {
    return NULL;
  }
  Py_ssize_t count = PyList_Size(list), read = 0;
  oxrtmp_modex *entries = PyMem_Calloc((size_t)count + 1, sizeof *entries);
  for (; entries != NULL && read < count; read++) {
    const char *data;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(PyList_GetItem(list, read), "Iy#", &entries[read].type, &data, &size)) {
      break;
    }
    entries[read].data = (const uint8_t *)data;
    entries[read].size = (size_t)size;
  }
  if (entries == NULL) {
    PyErr_NoMemory();
  } else if (read == count) {
    oxrtmp_status status;
    NATIVE_BYTES(result, status, module, Py_None, oxrtmp_modex_build, type, b.buf, (size_t)b.len, entries,
                 (size_t)count);
  }
  PyMem_Free(entries);
  PyBuffer_Release(&b);
  return result;
}

/* channels_parse(data) returns (order, count, mask, channels). */
static PyObject *channels_parse(PyObject *module, PyObject *args) {
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "y*", &b)) {
    return NULL;
  }
  oxrtmp_channels c;
  oxrtmp_channels_init(&c);
  oxrtmp_status status = oxrtmp_channels_parse(b.buf, (size_t)b.len, &c);
  PyBuffer_Release(&b);
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  Py_ssize_t named = c.order == OXRTMP_CHANNELS_NATIVE || c.order == OXRTMP_CHANNELS_CUSTOM ? (Py_ssize_t)c.count : 0;
  return Py_BuildValue("IIIy#", c.order, c.count, c.mask, (const char *)c.channels, named);
}

/* channels_build(order, count, mask, channels) */
static PyObject *channels_build(PyObject *module, PyObject *args) {
  oxrtmp_channels c;
  oxrtmp_channels_init(&c);
  const char *channels;
  Py_ssize_t size;
  if (!PyArg_ParseTuple(args, "IIIy#", &c.order, &c.count, &c.mask, &channels, &size)) {
    return NULL;
  }
  memcpy(c.channels, channels, size < 256 ? (size_t)size : 256);
  PyObject *result;
  oxrtmp_status status;
  NATIVE_BYTES(result, status, module, Py_None, oxrtmp_channels_build, &c);
  return result;
}

PyMethodDef native_enhanced_methods[] = {
    {"request_capabilities", request_capabilities, METH_O, NULL},
    {"session_capabilities", session_capabilities, METH_O, NULL},
    {"client_capabilities", client_capabilities, METH_O, NULL},
    {"capabilities_all", capabilities_all, METH_O, NULL},
    {"capabilities_intersect", capabilities_intersect, METH_VARARGS, NULL},
    {"session_request_reconnect", session_request_reconnect, METH_VARARGS, NULL},
    {"server_request_reconnect", server_request_reconnect, METH_VARARGS, NULL},
    {"multitrack_build", multitrack_build, METH_VARARGS, NULL},
    {"multitrack_form", multitrack_form, METH_VARARGS, NULL},
    {"modex_parse", modex_parse, METH_VARARGS, NULL},
    {"modex_build", modex_build, METH_VARARGS, NULL},
    {"channels_parse", channels_parse, METH_VARARGS, NULL},
    {"channels_build", channels_build, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
