/* The low-level parts that are handles: the handshake, and the chunk codec. Their calls are short: the GIL is kept. */
#include "native.h"

/* ---- handshake ---- */

/* handshake_create(client, digest, time_ms, random or None) */
static PyObject *handshake_create(PyObject *module, PyObject *args) {
  int client, digest;
  PyObject *random;
  oxrtmp_handshake_options options;
  oxrtmp_handshake_options_init(&options);
  if (!PyArg_ParseTuple(args, "ppO&O", &client, &digest, native_u32, &options.time_ms, &random)) {
    return NULL;
  }
  options.client = (uint32_t)client;
  options.digest = (uint32_t)digest;
  Py_buffer b = {0};
  if (random != Py_None) {
    if (PyObject_GetBuffer(random, &b, PyBUF_SIMPLE) < 0) {
      return NULL;
    }
    options.random = b.buf;
    options.random_size = (size_t)b.len;
  }
  oxrtmp_handshake handshake;
  oxrtmp_status status = oxrtmp_handshake_create(&options, &handshake);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(handshake.id) : native_raise(module, status);
}

/* handshake_receive(handshake, data) returns how many of the bytes were taken. */
static PyObject *handshake_receive(PyObject *module, PyObject *args) {
  oxrtmp_handshake handshake;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Ky*", &handshake.id, &b)) {
    return NULL;
  }
  size_t consumed;
  oxrtmp_status status = oxrtmp_handshake_receive(handshake, b.buf, (size_t)b.len, &consumed);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? PyLong_FromSize_t(consumed) : native_raise(module, status);
}

/* handshake_output(handshake, target): as bytes all that there is, into a buffer what it has room for. */
static PyObject *handshake_output(PyObject *module, PyObject *args) {
  oxrtmp_handshake handshake;
  PyObject *target;
  if (!PyArg_ParseTuple(args, "KO", &handshake.id, &target)) {
    return NULL;
  }
  uint8_t all[4096]; /* either side says 1 + 1536 + 1536 bytes in its whole life */
  size_t size;
  if (target == Py_None) {
    oxrtmp_status status = oxrtmp_handshake_output(handshake, all, sizeof all, &size);
    return status == OXRTMP_OK ? PyBytes_FromStringAndSize((char *)all, (Py_ssize_t)size) : native_raise(module, status);
  }
  Py_buffer b;
  if (PyObject_GetBuffer(target, &b, PyBUF_WRITABLE) < 0) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_handshake_output(handshake, b.buf, (size_t)b.len, &size);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? PyLong_FromSize_t(size) : native_raise(module, status);
}

/* handshake_result(handshake) returns (done, digest, scheme, peer_time_ms, peer_verified, peer_version). */
static PyObject *handshake_result(PyObject *module, PyObject *argument) {
  oxrtmp_handshake handshake = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  oxrtmp_handshake_info info = {.struct_size = sizeof info};
  oxrtmp_status status = oxrtmp_handshake_result(handshake, &info);
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  return Py_BuildValue("(NNIINy#)", PyBool_FromLong(info.done != 0), PyBool_FromLong(info.digest != 0), info.scheme,
                       info.peer_time_ms, PyBool_FromLong(info.peer_verified != 0), info.peer_version,
                       (Py_ssize_t)sizeof info.peer_version);
}

/* handshake_offsets(packet, scheme) returns (digest_offset, key_offset). */
static PyObject *handshake_offsets(PyObject *module, PyObject *args) {
  Py_buffer b;
  uint32_t scheme, digest, key;
  if (!PyArg_ParseTuple(args, "y*O&", &b, native_u32, &scheme)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_handshake_offsets(b.buf, (size_t)b.len, scheme, &digest, &key);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? Py_BuildValue("(II)", digest, key) : native_raise(module, status);
}

NATIVE_SIMPLE(handshake_close, oxrtmp_handshake_close, oxrtmp_handshake)

/* ---- reading chunks ---- */

static PyObject *chunk_decoder_create(PyObject *module, PyObject *dict) {
  oxrtmp_limits limits;
  oxrtmp_limits_init(&limits);
  if (!native_fill(&limits, native_limits, dict)) {
    return NULL;
  }
  oxrtmp_chunk_decoder decoder;
  oxrtmp_status status = oxrtmp_chunk_decoder_create(&limits, &decoder);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(decoder.id) : native_raise(module, status);
}

/* chunk_decoder_feed(decoder, data) returns how many of the bytes were taken. */
static PyObject *chunk_decoder_feed(PyObject *module, PyObject *args) {
  oxrtmp_chunk_decoder decoder;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Ky*", &decoder.id, &b)) {
    return NULL;
  }
  size_t consumed;
  oxrtmp_status status = oxrtmp_chunk_decoder_feed(decoder, b.buf, (size_t)b.len, &consumed);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? PyLong_FromSize_t(consumed) : native_raise(module, status);
}

/* chunk_decoder_next(decoder, target) returns None, or (chunk_stream_id, timestamp_ms, stream_id, type, payload), where the
 * payload is bytes, or how many of them are in the target. */
static PyObject *chunk_decoder_next(PyObject *module, PyObject *args) {
  oxrtmp_chunk_decoder decoder;
  PyObject *target, *payload;
  oxrtmp_message m;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "KO", &decoder.id, &target)) {
    return NULL;
  }
  NATIVE_BYTES(payload, status, module, target, oxrtmp_chunk_decoder_next, decoder, &m);
  if (payload == NULL || payload == Py_None) {
    return payload;
  }
  return Py_BuildValue("(IIIIN)", m.chunk_stream_id, m.timestamp_ms, m.stream_id, m.type, payload);
}

static PyObject *chunk_decoder_set_chunk_size(PyObject *module, PyObject *args) {
  oxrtmp_chunk_decoder decoder;
  uint32_t size;
  if (!PyArg_ParseTuple(args, "KO&", &decoder.id, native_u32, &size)) {
    return NULL;
  }
  return native_none(module, oxrtmp_chunk_decoder_set_chunk_size(decoder, size));
}

static PyObject *chunk_decoder_abort(PyObject *module, PyObject *args) {
  oxrtmp_chunk_decoder decoder;
  uint32_t id;
  if (!PyArg_ParseTuple(args, "KO&", &decoder.id, native_u32, &id)) {
    return NULL;
  }
  return native_none(module, oxrtmp_chunk_decoder_abort(decoder, id));
}

NATIVE_SIMPLE(chunk_decoder_close, oxrtmp_chunk_decoder_close, oxrtmp_chunk_decoder)

/* ---- writing chunks ---- */

static PyObject *chunk_encoder_create(PyObject *module, PyObject *unused) {
  (void)unused;
  oxrtmp_chunk_encoder encoder;
  oxrtmp_status status = oxrtmp_chunk_encoder_create(&encoder);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(encoder.id) : native_raise(module, status);
}

/* chunk_encoder_write(encoder, chunk_stream_id, timestamp_ms, stream_id, type, payload, target) */
static PyObject *chunk_encoder_write(PyObject *module, PyObject *args) {
  oxrtmp_chunk_encoder encoder;
  oxrtmp_message m;
  Py_buffer b;
  PyObject *target, *result;
  oxrtmp_status status;
  if (!PyArg_ParseTuple(args, "KO&O&O&O&y*O", &encoder.id, native_u32, &m.chunk_stream_id, native_u32, &m.timestamp_ms,
                        native_u32, &m.stream_id, native_u32, &m.type, &b, &target)) {
    return NULL;
  }
  NATIVE_BYTES(result, status, module, target, oxrtmp_chunk_encoder_write, encoder, &m, b.buf, (size_t)b.len);
  PyBuffer_Release(&b);
  return result;
}

static PyObject *chunk_encoder_set_chunk_size(PyObject *module, PyObject *args) {
  oxrtmp_chunk_encoder encoder;
  uint32_t size;
  if (!PyArg_ParseTuple(args, "KO&", &encoder.id, native_u32, &size)) {
    return NULL;
  }
  return native_none(module, oxrtmp_chunk_encoder_set_chunk_size(encoder, size));
}

static PyObject *chunk_encoder_set_full_headers(PyObject *module, PyObject *args) {
  oxrtmp_chunk_encoder encoder;
  uint32_t on;
  if (!PyArg_ParseTuple(args, "KO&", &encoder.id, native_u32, &on)) {
    return NULL;
  }
  return native_none(module, oxrtmp_chunk_encoder_set_full_headers(encoder, on));
}

static PyObject *chunk_encoder_forget(PyObject *module, PyObject *args) {
  oxrtmp_chunk_encoder encoder;
  uint32_t id;
  if (!PyArg_ParseTuple(args, "KO&", &encoder.id, native_u32, &id)) {
    return NULL;
  }
  return native_none(module, oxrtmp_chunk_encoder_forget(encoder, id));
}

NATIVE_SIMPLE(chunk_encoder_close, oxrtmp_chunk_encoder_close, oxrtmp_chunk_encoder)

PyMethodDef native_parts_methods[] = {
    {"handshake_create", handshake_create, METH_VARARGS, NULL},
    {"handshake_receive", handshake_receive, METH_VARARGS, NULL},
    {"handshake_output", handshake_output, METH_VARARGS, NULL},
    {"handshake_result", handshake_result, METH_O, NULL},
    {"handshake_offsets", handshake_offsets, METH_VARARGS, NULL},
    {"handshake_close", handshake_close, METH_O, NULL},
    {"chunk_decoder_create", chunk_decoder_create, METH_O, NULL},
    {"chunk_decoder_feed", chunk_decoder_feed, METH_VARARGS, NULL},
    {"chunk_decoder_next", chunk_decoder_next, METH_VARARGS, NULL},
    {"chunk_decoder_set_chunk_size", chunk_decoder_set_chunk_size, METH_VARARGS, NULL},
    {"chunk_decoder_abort", chunk_decoder_abort, METH_VARARGS, NULL},
    {"chunk_decoder_close", chunk_decoder_close, METH_O, NULL},
    {"chunk_encoder_create", chunk_encoder_create, METH_NOARGS, NULL},
    {"chunk_encoder_write", chunk_encoder_write, METH_VARARGS, NULL},
    {"chunk_encoder_set_chunk_size", chunk_encoder_set_chunk_size, METH_VARARGS, NULL},
    {"chunk_encoder_set_full_headers", chunk_encoder_set_full_headers, METH_VARARGS, NULL},
    {"chunk_encoder_forget", chunk_encoder_forget, METH_VARARGS, NULL},
    {"chunk_encoder_close", chunk_encoder_close, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
