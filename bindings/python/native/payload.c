/* What is inside messages, on the caller's buffers: AMF values, logins, control and command messages, media headers, FLV
 * tags. */
#include "native.h"

/* Names and texts of AMF: bytes that are not UTF-8 come through unharmed, as surrogates. */
static PyObject *amf_text(const void *text, size_t size) {
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "surrogateescape");
}

/* ---- AMF ---- */

/* load_cursor copies a cursor out of the bytearray that Python keeps it in. */
static bool load_cursor(oxrtmp_amf_cursor *cursor, const Py_buffer *state) {
  if ((size_t)state->len != sizeof *cursor) {
    PyErr_SetString(PyExc_ValueError, "this is no cursor");
    return false;
  }
  memcpy(cursor, state->buf, sizeof *cursor);
  return true;
}

static PyObject *amf_cursor(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  oxrtmp_amf_cursor cursor;
  memset(&cursor, 0, sizeof cursor);
  return PyByteArray_FromStringAndSize((char *)&cursor, sizeof cursor);
}

/* amf_value_item makes (type, depth, count, zone, number, name or None, text, data). */
static PyObject *amf_value_item(const oxrtmp_amf_value *v) {
  bool foreign = v->type == OXRTMP_AMF_AMF3;
  PyObject *name = v->name != NULL ? amf_text(v->name, v->name_size) : Py_NewRef(Py_None);
  PyObject *text = amf_text(v->text, foreign || v->text == NULL ? 0 : v->text_size);
  PyObject *data = PyBytes_FromStringAndSize(v->text, foreign ? (Py_ssize_t)v->text_size : 0);
  if (name == NULL || text == NULL || data == NULL) {
    Py_XDECREF(name);
    Py_XDECREF(text);
    Py_XDECREF(data);
    return NULL;
  }
  return Py_BuildValue("(IIIidNNN)", v->type, v->depth, v->count, v->zone, v->number, name, text, data);
}

/* amf_next(data, cursor) returns the next step, or None at the end. */
static PyObject *amf_next(PyObject *module, PyObject *args) {
  Py_buffer data, state;
  if (!PyArg_ParseTuple(args, "y*w*", &data, &state)) {
    return NULL;
  }
  oxrtmp_amf_cursor cursor;
  PyObject *item = NULL;
  if (load_cursor(&cursor, &state)) {
    oxrtmp_amf_value value;
    cursor.data = data.buf;
    cursor.size = (size_t)data.len;
    oxrtmp_status status = oxrtmp_amf_next(&cursor, &value);
    cursor.data = NULL;
    memcpy(state.buf, &cursor, sizeof cursor);
    item = status == OXRTMP_OK      ? amf_value_item(&value)
           : status == OXRTMP_E_EOF ? Py_NewRef(Py_None)
                                    : native_raise(module, status);
  }
  PyBuffer_Release(&data);
  PyBuffer_Release(&state);
  return item;
}

static PyObject *amf_offset(PyObject *module, PyObject *args) {
  (void)module;
  Py_buffer state;
  if (!PyArg_ParseTuple(args, "y*", &state)) {
    return NULL;
  }
  oxrtmp_amf_cursor cursor;
  PyObject *offset = load_cursor(&cursor, &state) ? PyLong_FromSize_t(cursor.offset) : NULL;
  PyBuffer_Release(&state);
  return offset;
}

/* amf_build(type, count, zone, number, name or None, text, target) */
static PyObject *amf_build(PyObject *module, PyObject *args) {
  oxrtmp_amf_value v;
  memset(&v, 0, sizeof v);
  Py_ssize_t name_size, text_size;
  int zone;
  PyObject *target, *result;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "O&O&idz#y#O", native_u32, &v.type, native_u32, &v.count, &zone, &v.number, &v.name,
                        &name_size, &v.text, &text_size, &target)) {
    return NULL;
  }
  v.zone = zone;
  v.name_size = v.name != NULL ? (size_t)name_size : 0;
  v.text_size = (size_t)text_size;
  NATIVE_BYTES(result, status, module, target, oxrtmp_amf_build, &v);
  return result;
}

/* amf_to_json(data, flags) */
static PyObject *amf_to_json(PyObject *module, PyObject *args) {
  Py_buffer b;
  uint32_t flags;
  if (!PyArg_ParseTuple(args, "y*O&", &b, native_u32, &flags)) {
    return NULL;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_TEXT(result, status, false, char, oxrtmp_amf_to_json, b.buf, (size_t)b.len, flags);
  PyBuffer_Release(&b);
  return result == NULL && !PyErr_Occurred() ? native_raise(module, status) : result;
}

/* amf_from_json(json, flags, target) */
static PyObject *amf_from_json(PyObject *module, PyObject *args) {
  const char *json;
  uint32_t flags;
  PyObject *target, *result;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "sO&O", &json, native_u32, &flags, &target)) {
    return NULL;
  }
  NATIVE_BYTES(result, status, module, target, oxrtmp_amf_from_json, json, flags);
  return result;
}

/* ---- logins: their texts come as bytes ---- */

/* authmod_adobe(user, password, salt, challenge, opaque, client_challenge) */
static PyObject *authmod_adobe(PyObject *module, PyObject *args) {
  const char *user, *password, *salt, *challenge, *opaque, *client_challenge;
  if (!PyArg_ParseTuple(args, "yyyyyy", &user, &password, &salt, &challenge, &opaque, &client_challenge)) {
    return NULL;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_TEXT(result, status, false, char, oxrtmp_authmod_adobe, user, password, salt, challenge, opaque, client_challenge);
  return result == NULL && !PyErr_Occurred() ? native_raise(module, status) : result;
}

/* authmod_llnw(user, password, app, nonce, count, client_nonce) */
static PyObject *authmod_llnw(PyObject *module, PyObject *args) {
  const char *user, *password, *app, *nonce, *count, *client_nonce;
  if (!PyArg_ParseTuple(args, "yyyyyy", &user, &password, &app, &nonce, &count, &client_nonce)) {
    return NULL;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_TEXT(result, status, false, char, oxrtmp_authmod_llnw, user, password, app, nonce, count, client_nonce);
  return result == NULL && !PyErr_Occurred() ? native_raise(module, status) : result;
}

/* ---- control and command messages ---- */

/* control_parse(type, data) returns (type, value, limit_type, event, stream_id, timestamp_ms, buffer_ms, data). */
static PyObject *control_parse(PyObject *module, PyObject *args) {
  uint32_t type;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "O&y*", native_u32, &type, &b)) {
    return NULL;
  }
  oxrtmp_control c;
  oxrtmp_status status = oxrtmp_control_parse(type, b.buf, (size_t)b.len, &c);
  PyObject *item =
      status != OXRTMP_OK
          ? native_raise(module, status)
          : Py_BuildValue("(IIIIIIIN)", c.type, c.value, c.limit_type, c.event, c.stream_id, c.timestamp_ms, c.buffer_ms,
                          PyBytes_FromStringAndSize((const char *)c.data, (Py_ssize_t)c.data_size));
  PyBuffer_Release(&b);
  return item;
}

/* control_build((type, value, limit_type, event, stream_id, timestamp_ms, buffer_ms, data), target) */
static PyObject *control_build(PyObject *module, PyObject *args) {
  oxrtmp_control c;
  memset(&c, 0, sizeof c);
  Py_buffer b;
  PyObject *target, *result;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "(O&O&O&O&O&O&O&y*)O", native_u32, &c.type, native_u32, &c.value, native_u32, &c.limit_type,
                        native_u32, &c.event, native_u32, &c.stream_id, native_u32, &c.timestamp_ms, native_u32,
                        &c.buffer_ms, &b, &target)) {
    return NULL;
  }
  c.data = b.buf;
  c.data_size = (size_t)b.len;
  NATIVE_BYTES(result, status, module, target, oxrtmp_control_build, &c);
  PyBuffer_Release(&b);
  return result;
}

/* command_parse(type, data) returns (name, transaction_id, values). */
static PyObject *command_parse(PyObject *module, PyObject *args) {
  uint32_t type;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "O&y*", native_u32, &type, &b)) {
    return NULL;
  }
  oxrtmp_command c;
  oxrtmp_status status = oxrtmp_command_parse(type, b.buf, (size_t)b.len, &c);
  PyObject *item = status != OXRTMP_OK ? native_raise(module, status)
                                       : Py_BuildValue("(NdN)", amf_text(c.name, c.name_size), c.transaction_id,
                                                       PyBytes_FromStringAndSize((const char *)c.values,
                                                                                 (Py_ssize_t)c.values_size));
  PyBuffer_Release(&b);
  return item;
}

/* command_build(name, transaction_id, values, target) */
static PyObject *command_build(PyObject *module, PyObject *args) {
  oxrtmp_command c;
  Py_ssize_t name_size;
  Py_buffer b;
  PyObject *target, *result;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "y#dy*O", &c.name, &name_size, &c.transaction_id, &b, &target)) {
    return NULL;
  }
  c.name_size = (size_t)name_size;
  c.values = b.buf;
  c.values_size = (size_t)b.len;
  NATIVE_BYTES(result, status, module, target, oxrtmp_command_build, &c);
  PyBuffer_Release(&b);
  return result;
}

/* ---- media ---- */

/* packet_parse(type, timestamp_ms, data) returns the packets; they show the bytes object that data is or becomes. */
static PyObject *packet_parse(PyObject *module, PyObject *args) {
  enum { MOST = 256 };
  uint32_t type, timestamp;
  PyObject *source;
  if (!PyArg_ParseTuple(args, "O&O&O", native_u32, &type, native_u32, &timestamp, &source)) {
    return NULL;
  }
  PyObject *bytes = native_bytes(source);
  if (bytes == NULL) {
    return NULL;
  }
  oxrtmp_packet packets[MOST];
  size_t count;
  oxrtmp_status status = oxrtmp_packet_parse(type, timestamp, (const uint8_t *)PyBytes_AsString(bytes),
                                             (size_t)PyBytes_Size(bytes), packets, MOST, &count);
  PyObject *list = status == OXRTMP_OK ? PyList_New((Py_ssize_t)count) : native_raise(module, status);
  for (size_t i = 0; list != NULL && i < count; i++) {
    PyObject *packet = native_packet_of(native_state_of(module), &packets[i], bytes);
    if (packet == NULL || PyList_SetItem(list, (Py_ssize_t)i, packet) < 0) {
      Py_CLEAR(list);
    }
  }
  Py_DECREF(bytes);
  return list;
}

/* A wrapper of function(packet, buf, cap, length), called with (packet, target). */
#define PACKET_WRITER(name, function) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    PyObject *object, *target, *result; \
    oxrtmp_status status; \
    if (!PyArg_ParseTuple(args, "OO", &object, &target)) { \
      return NULL; \
    } \
    const oxrtmp_packet *packet = native_packet_hold(native_state_of(module), object); \
    if (packet == NULL) { \
      return NULL; \
    } \
    NATIVE_BYTES(result, status, module, target, function, packet); \
    native_packet_unhold(object); \
    return result; \
  }

PACKET_WRITER(packet_build, oxrtmp_packet_build)
PACKET_WRITER(flv_tag, oxrtmp_flv_tag)

/* flv_envelope_parse(type, data) returns (head, filter, params, iv or None, body, encrypted). */
static PyObject *flv_envelope_parse(PyObject *module, PyObject *args) {
  uint32_t type;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "O&y*", native_u32, &type, &b)) {
    return NULL;
  }
  oxrtmp_flv_envelope e;
  oxrtmp_status status = oxrtmp_flv_envelope_parse(type, b.buf, (size_t)b.len, &e);
  PyObject *item = NULL;
  if (status == OXRTMP_OK) {
    item = Py_BuildValue("NNNNNi", PyBytes_FromStringAndSize((const char *)e.head, (Py_ssize_t)e.head_size),
                         native_text(e.filter, strlen(e.filter)),
                         PyBytes_FromStringAndSize((const char *)e.params, (Py_ssize_t)e.params_size),
                         e.iv == NULL ? Py_NewRef(Py_None) : PyBytes_FromStringAndSize((const char *)e.iv, 16),
                         PyBytes_FromStringAndSize((const char *)e.body, (Py_ssize_t)e.body_size), (int)e.encrypted);
  }
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? item : native_raise(module, status);
}

/* flv_envelope_build(head, filter, params or None, iv or None, body, encrypted, target) */
static PyObject *flv_envelope_build(PyObject *module, PyObject *args) {
  const char *head, *filter, *params, *iv, *body;
  Py_ssize_t head_size, params_size, iv_size, body_size;
  int encrypted;
  PyObject *target, *result;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "y#sz#z#y#pO", &head, &head_size, &filter, &params, &params_size, &iv, &iv_size, &body,
                        &body_size, &encrypted, &target)) {
    return NULL;
  }
  if (iv != NULL && iv_size != 16) {
    PyErr_SetString(PyExc_ValueError, "an initialization vector has 16 bytes");
    return NULL;
  }
  oxrtmp_flv_envelope e = {
      .head = (const uint8_t *)head, .head_size = (size_t)head_size, .filter = filter, .params = (const uint8_t *)params,
      .params_size = (size_t)params_size, .iv = (const uint8_t *)iv, .body = (const uint8_t *)body,
      .body_size = (size_t)body_size, .encrypted = (uint32_t)encrypted,
  };
  NATIVE_BYTES(result, status, module, target, oxrtmp_flv_envelope_build, &e);
  return result;
}

/* flv_header(audio, video, target) */
static PyObject *flv_header(PyObject *module, PyObject *args) {
  int audio, video;
  PyObject *target, *result;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "ppO", &audio, &video, &target)) {
    return NULL;
  }
  NATIVE_BYTES(result, status, module, target, oxrtmp_flv_header, (uint32_t)audio, (uint32_t)video);
  return result;
}

static PyObject *color_info_parse(PyObject *module, PyObject *args) {
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "y*", &b)) {
    return NULL;
  }
  oxrtmp_color_info info;
  oxrtmp_color_info_init(&info);
  oxrtmp_status status = oxrtmp_color_info_parse(b.buf, (size_t)b.len, &info);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? native_dict(&info, native_color_info) : native_raise(module, status);
}

/* color_info_build(fields, target) */
static PyObject *color_info_build(PyObject *module, PyObject *args) {
  PyObject *dict, *target, *result;
  oxrtmp_status status;
  oxrtmp_color_info info;
  oxrtmp_color_info_init(&info);
  if (!PyArg_ParseTuple(args, "O!O", &PyDict_Type, &dict, &target) || !native_fill(&info, native_color_info, dict)) {
    return NULL;
  }
  NATIVE_BYTES(result, status, module, target, oxrtmp_color_info_build, &info);
  return result;
}

static PyObject *timestamp_before(PyObject *module, PyObject *args) {
  (void)module;
  uint32_t a, b;
  if (!PyArg_ParseTuple(args, "O&O&", native_u32, &a, native_u32, &b)) {
    return NULL;
  }
  return PyBool_FromLong(oxrtmp_timestamp_before(a, b) != 0);
}

PyMethodDef native_payload_methods[] = {
    {"amf_cursor", amf_cursor, METH_NOARGS, NULL},
    {"amf_next", amf_next, METH_VARARGS, NULL},
    {"amf_offset", amf_offset, METH_VARARGS, NULL},
    {"amf_build", amf_build, METH_VARARGS, NULL},
    {"amf_to_json", amf_to_json, METH_VARARGS, NULL},
    {"amf_from_json", amf_from_json, METH_VARARGS, NULL},
    {"authmod_adobe", authmod_adobe, METH_VARARGS, NULL},
    {"authmod_llnw", authmod_llnw, METH_VARARGS, NULL},
    {"control_parse", control_parse, METH_VARARGS, NULL},
    {"control_build", control_build, METH_VARARGS, NULL},
    {"command_parse", command_parse, METH_VARARGS, NULL},
    {"command_build", command_build, METH_VARARGS, NULL},
    {"packet_parse", packet_parse, METH_VARARGS, NULL},
    {"packet_build", packet_build, METH_VARARGS, NULL},
    {"flv_header", flv_header, METH_VARARGS, NULL},
    {"flv_tag", flv_tag, METH_VARARGS, NULL},
    {"flv_envelope_parse", flv_envelope_parse, METH_VARARGS, NULL},
    {"flv_envelope_build", flv_envelope_build, METH_VARARGS, NULL},
    {"color_info_parse", color_info_parse, METH_VARARGS, NULL},
    {"color_info_build", color_info_build, METH_VARARGS, NULL},
    {"timestamp_before", timestamp_before, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
