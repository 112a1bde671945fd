/* FLV files: Recorder and FLVReader. */
#include "native.h"

static PyObject *recorder_open(PyObject *module, PyObject *args) {
  const char *path;
  PyObject *dict;
  oxrtmp_recorder_options options;
  oxrtmp_recorder_options_init(&options);
  if (!PyArg_ParseTuple(args, "yO!", &path, &PyDict_Type, &dict) ||
      !native_fill(&options, native_recorder_options, dict)) {
    return NULL;
  }
  oxrtmp_recorder recorder;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_recorder_open(path, &options, &recorder));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(recorder.id) : native_raise(module, status);
}

static PyObject *recorder_open_in(PyObject *module, PyObject *args) {
  const char *directory, *name;
  PyObject *dict;
  oxrtmp_recorder_options options;
  oxrtmp_recorder_options_init(&options);
  if (!PyArg_ParseTuple(args, "ysO!", &directory, &name, &PyDict_Type, &dict) ||
      !native_fill(&options, native_recorder_options, dict)) {
    return NULL;
  }
  oxrtmp_recorder recorder;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_recorder_open_in(directory, name, &options, &recorder));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(recorder.id) : native_raise(module, status);
}

static PyObject *recorder_write(PyObject *module, PyObject *args) {
  oxrtmp_recorder recorder;
  PyObject *object;
  if (!PyArg_ParseTuple(args, "KO", &recorder.id, &object)) {
    return NULL;
  }
  const oxrtmp_packet *packet = native_packet_hold(native_state_of(module), object);
  if (packet == NULL) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_recorder_write(recorder, packet));
  native_packet_unhold(object);
  return native_none(module, status);
}

NATIVE_GETTER(recorder_path, oxrtmp_recorder_path, oxrtmp_recorder, true)
NATIVE_SIMPLE(recorder_close, oxrtmp_recorder_close, oxrtmp_recorder)

static PyObject *flv_reader_open(PyObject *module, PyObject *args) {
  const char *path;
  if (!PyArg_ParseTuple(args, "y", &path)) {
    return NULL;
  }
  oxrtmp_flv_reader reader;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_flv_reader_open(path, &reader));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(reader.id) : native_raise(module, status);
}

static PyObject *flv_reader_create(PyObject *module, PyObject *unused) {
  (void)unused;
  oxrtmp_flv_reader reader;
  oxrtmp_status status = oxrtmp_flv_reader_create(&reader);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(reader.id) : native_raise(module, status);
}

/* flv_reader_feed returns False when the packets that wait must be taken first. */
static PyObject *flv_reader_feed(PyObject *module, PyObject *args) {
  oxrtmp_flv_reader reader;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Ky*", &reader.id, &b)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_flv_reader_feed(reader, b.buf, (size_t)b.len));
  PyBuffer_Release(&b);
  if (status == OXRTMP_E_AGAIN) {
    Py_RETURN_FALSE;
  }
  return status == OXRTMP_OK ? PyBool_FromLong(1) : native_raise(module, status);
}

/* flv_reader_next_packet returns None where the file or what was fed ends. */
static PyObject *flv_reader_next_packet(PyObject *module, PyObject *argument) {
  oxrtmp_flv_reader reader = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  oxrtmp_packet packet;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_flv_reader_next_packet(reader, &packet));
  if (status == OXRTMP_OK) {
    return native_packet_new(native_state_of(module), &packet);
  }
  if (status == OXRTMP_E_EOF || status == OXRTMP_E_AGAIN) {
    Py_RETURN_NONE;
  }
  return native_raise(module, status);
}

NATIVE_SIMPLE(flv_reader_close, oxrtmp_flv_reader_close, oxrtmp_flv_reader)

PyMethodDef native_flv_methods[] = {
    {"recorder_open", recorder_open, METH_VARARGS, NULL},
    {"recorder_open_in", recorder_open_in, METH_VARARGS, NULL},
    {"recorder_write", recorder_write, METH_VARARGS, NULL},
    {"recorder_path", recorder_path, METH_O, NULL},
    {"recorder_close", recorder_close, METH_O, NULL},
    {"flv_reader_open", flv_reader_open, METH_VARARGS, NULL},
    {"flv_reader_create", flv_reader_create, METH_NOARGS, NULL},
    {"flv_reader_feed", flv_reader_feed, METH_VARARGS, NULL},
    {"flv_reader_next_packet", flv_reader_next_packet, METH_O, NULL},
    {"flv_reader_close", flv_reader_close, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
