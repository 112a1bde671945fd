/* What is inside payloads: configuration records, NAL units, ADTS. */
#include "native.h"

/* codec_describe(packet) */
static PyObject *codec_describe(PyObject *module, PyObject *object) {
  const oxrtmp_packet *packet = native_packet_hold(native_state_of(module), object);
  if (packet == NULL) {
    return NULL;
  }
  oxrtmp_codec_info i = {.struct_size = sizeof i};
  oxrtmp_status status = oxrtmp_codec_describe(packet, &i);
  native_packet_unhold(object);
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  return Py_BuildValue("NIIIIIIIIss", native_codec_text(i.codec), i.profile, i.level, i.width, i.height, i.bit_depth,
                       i.sample_rate, i.channels, i.length_size, i.name, i.parameter);
}

typedef oxrtmp_status codec_function(uint32_t codec, const uint8_t *data, size_t size, uint8_t *buf, size_t cap,
                                     size_t *length);

static PyObject *codec_bytes(PyObject *module, PyObject *args, codec_function *function) {
  PyObject *text, *result = NULL;
  Py_buffer b;
  uint32_t codec;
  if (!PyArg_ParseTuple(args, "Oy*", &text, &b)) {
    return NULL;
  }
  if (native_codec_number(text, &codec)) {
    oxrtmp_status status;
    NATIVE_BYTES(result, status, module, Py_None, function, codec, b.buf, (size_t)b.len);
  }
  PyBuffer_Release(&b);
  return result;
}

/* codec_extradata(codec, data) */
static PyObject *codec_extradata(PyObject *module, PyObject *args) {
  return codec_bytes(module, args, oxrtmp_codec_extradata);
}

/* codec_record(codec, annexb) */
static PyObject *codec_record(PyObject *module, PyObject *args) {
  return codec_bytes(module, args, oxrtmp_codec_record);
}

/* codec_parameter_sets(codec, record) */
static PyObject *codec_parameter_sets(PyObject *module, PyObject *args) {
  return codec_bytes(module, args, oxrtmp_codec_parameter_sets);
}

/* codec_detect(record) */
static PyObject *codec_detect(PyObject *module, PyObject *args) {
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "y*", &b)) {
    return NULL;
  }
  uint32_t codec;
  oxrtmp_status status = oxrtmp_codec_detect(b.buf, (size_t)b.len, &codec);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? native_codec_text(codec) : native_raise(module, status);
}

/* nalu_parse(codec, length_size, data) returns a list of (data, type, random_access, parameter_set). */
static PyObject *nalu_parse(PyObject *module, PyObject *args) {
  PyObject *text;
  unsigned int length_size;
  Py_buffer b;
  uint32_t codec;
  if (!PyArg_ParseTuple(args, "OIy*", &text, &length_size, &b)) {
    return NULL;
  }
  oxrtmp_nalu *units = NULL;
  PyObject *list = NULL;
  if (native_codec_number(text, &codec)) {
    size_t count = 0;
    oxrtmp_status status = oxrtmp_nalu_parse(codec, length_size, b.buf, (size_t)b.len, NULL, 0, &count);
    units = PyMem_Calloc(count + 1, sizeof *units);
    if (units == NULL) {
      PyErr_NoMemory();
    } else {
      if (status == OXRTMP_E_BUFFER) {
        status = oxrtmp_nalu_parse(codec, length_size, b.buf, (size_t)b.len, units, count, &count);
      }
      list = status == OXRTMP_OK ? PyList_New(0) : native_raise(module, status);
    }
    for (size_t i = 0; list != NULL && i < count; i++) {
      const oxrtmp_nalu *u = &units[i];
      PyObject *item = Py_BuildValue("y#iNN", u->size > 0 ? (const char *)u->data : "", (Py_ssize_t)u->size, u->type,
                                     PyBool_FromLong(u->random_access), PyBool_FromLong(u->parameter_set));
      if (item == NULL || PyList_Append(list, item) < 0) {
        Py_CLEAR(list);
      }
      Py_XDECREF(item);
    }
  }
  PyMem_Free(units);
  PyBuffer_Release(&b);
  return list;
}

/* CONVERTER defines name(data, length_size). */
#define CONVERTER(name, function) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    Py_buffer b; \
    unsigned int length_size; \
    if (!PyArg_ParseTuple(args, "y*I", &b, &length_size)) { \
      return NULL; \
    } \
    PyObject *result; \
    oxrtmp_status status; \
    NATIVE_BYTES(result, status, module, Py_None, function, b.buf, (size_t)b.len, length_size); \
    PyBuffer_Release(&b); \
    return result; \
  }

CONVERTER(nalu_from_annexb, oxrtmp_nalu_from_annexb)
CONVERTER(nalu_to_annexb, oxrtmp_nalu_to_annexb)

/* adts_parse(data, offset) returns (data, frame_size, profile, sample_rate, channels, config). */
static PyObject *adts_parse(PyObject *module, PyObject *args) {
  Py_buffer b;
  Py_ssize_t offset;
  if (!PyArg_ParseTuple(args, "y*n", &b, &offset)) {
    return NULL;
  }
  offset = offset < 0 || offset > b.len ? b.len : offset;
  oxrtmp_adts f;
  oxrtmp_status status = oxrtmp_adts_parse((const uint8_t *)b.buf + offset, (size_t)(b.len - offset), &f);
  PyObject *result = status != OXRTMP_OK
                         ? native_raise(module, status)
                         : Py_BuildValue("y#IIIIy#", f.size > 0 ? (const char *)f.data : "", (Py_ssize_t)f.size,
                                         f.frame_size, f.profile, f.sample_rate, f.channels, (const char *)f.config,
                                         (Py_ssize_t)f.config_size);
  PyBuffer_Release(&b);
  return result;
}

/* adts_build(config, frame) */
static PyObject *adts_build(PyObject *module, PyObject *args) {
  Py_buffer config, frame;
  if (!PyArg_ParseTuple(args, "y*y*", &config, &frame)) {
    return NULL;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_BYTES(result, status, module, Py_None, oxrtmp_adts_build, config.buf, (size_t)config.len, frame.buf,
               (size_t)frame.len);
  PyBuffer_Release(&config);
  PyBuffer_Release(&frame);
  return result;
}

PyMethodDef native_codec_methods[] = {
    {"codec_describe", codec_describe, METH_O, NULL},
    {"codec_extradata", codec_extradata, METH_VARARGS, NULL},
    {"codec_detect", codec_detect, METH_VARARGS, NULL},
    {"codec_record", codec_record, METH_VARARGS, NULL},
    {"codec_parameter_sets", codec_parameter_sets, METH_VARARGS, NULL},
    {"nalu_parse", nalu_parse, METH_VARARGS, NULL},
    {"nalu_from_annexb", nalu_from_annexb, METH_VARARGS, NULL},
    {"nalu_to_annexb", nalu_to_annexb, METH_VARARGS, NULL},
    {"adts_parse", adts_parse, METH_VARARGS, NULL},
    {"adts_build", adts_build, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
