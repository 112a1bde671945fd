/* AMF values as steps: amf.py makes Python's types of them. */
#include "native.h"

/* new_step makes (type, count, zone, number, name, text, flags) of a value; name is None where there is none. */
static PyObject *new_step(const oxrtmp_amf_value *v) {
  return Py_BuildValue("IIidy#y#I", v->type, v->count, v->zone, v->number, v->name, (Py_ssize_t)v->name_size, v->text,
                       (Py_ssize_t)v->text_size, v->flags);
}

/* new_result makes the list of all steps; of an external object of unknown length its class and what is left from there. */
static PyObject *new_result(PyObject *module, oxrtmp_status status, const oxrtmp_amf_value *values, size_t count) {
  if (status == OXRTMP_E_UNSUPPORTED) {
    return Py_BuildValue("y#n", values->text, (Py_ssize_t)values->text_size, (Py_ssize_t)values->name_size);
  }
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  PyObject *list = PyList_New((Py_ssize_t)count);
  for (size_t i = 0; list != NULL && i < count; i++) {
    PyObject *item = new_step(&values[i]);
    if (item == NULL) {
      Py_CLEAR(list);
    } else {
      PyList_SetItem(list, (Py_ssize_t)i, item);
    }
  }
  return list;
}

/* sizes_of reads the lengths of external objects; NULL with an exception, or for none. */
static size_t *sizes_of(PyObject *tuple, size_t *count) {
  Py_ssize_t n = PyTuple_Size(tuple);
  size_t *sizes = n > 0 ? PyMem_Malloc((size_t)n * sizeof *sizes) : NULL;
  if (n > 0 && sizes == NULL) {
    PyErr_NoMemory();
  }
  for (Py_ssize_t i = 0; sizes != NULL && i < n; i++) {
    sizes[i] = PyLong_AsSize_t(PyTuple_GetItem(tuple, i));
    if (PyErr_Occurred()) {
      PyMem_Free(sizes);
      return NULL;
    }
  }
  *count = (size_t)n;
  return sizes;
}

/* amf_decode(data, flags, depth, values, external_sizes) */
static PyObject *amf_decode(PyObject *module, PyObject *args) {
  Py_buffer data;
  PyObject *tuple;
  oxrtmp_amf_options options;
  oxrtmp_amf_options_init(&options);
  if (!PyArg_ParseTuple(args, "y*IIIO!", &data, &options.flags, &options.depth, &options.values, &PyTuple_Type, &tuple)) {
    return NULL;
  }
  size_t *sizes = sizes_of(tuple, &options.external_count);
  options.external_sizes = sizes;
  oxrtmp_amf_value few[64], *values = few;
  size_t count = 0;
  oxrtmp_status status = OXRTMP_OK;
  if (!PyErr_Occurred()) {
    NATIVE_CALL(status, oxrtmp_amf_decode(data.buf, (size_t)data.len, &options, values, 64, &count));
    if (status == OXRTMP_E_BUFFER) {
      values = PyMem_Malloc(count * sizeof *values);
      if (values == NULL) {
        PyErr_NoMemory();
      } else {
        NATIVE_CALL(status, oxrtmp_amf_decode(data.buf, (size_t)data.len, &options, values, count, &count));
      }
    }
  }
  PyObject *result = PyErr_Occurred() ? NULL : new_result(module, status, values, count);
  if (values != few) {
    PyMem_Free(values);
  }
  PyMem_Free(sizes);
  PyBuffer_Release(&data);
  return result;
}

/* amf_encode(steps, flags): steps as amf_decode gives them. Names and texts stay those of the list during the call. */
static PyObject *amf_encode(PyObject *module, PyObject *args) {
  PyObject *list, *result = NULL;
  unsigned int flags;
  if (!PyArg_ParseTuple(args, "O!I", &PyList_Type, &list, &flags)) {
    return NULL;
  }
  Py_ssize_t count = PyList_Size(list);
  oxrtmp_amf_value *values = PyMem_Calloc((size_t)count + 1, sizeof *values);
  if (values == NULL) {
    return PyErr_NoMemory();
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    oxrtmp_amf_value *v = &values[i];
    Py_ssize_t name_size = 0, text_size = 0;
    if (!PyArg_ParseTuple(PyList_GetItem(list, i), "IIidz#y#I", &v->type, &v->count, &v->zone, &v->number, &v->name,
                          &name_size, &v->text, &text_size, &v->flags)) {
      PyMem_Free(values);
      return NULL;
    }
    v->name_size = (size_t)name_size;
    v->text_size = (size_t)text_size;
  }
  oxrtmp_status status;
  NATIVE_TEXT(result, status, true, uint8_t, oxrtmp_amf_encode, values, (size_t)count, flags);
  PyMem_Free(values);
  return result == NULL && !PyErr_Occurred() ? native_raise(module, status) : result;
}

PyMethodDef native_amf_methods[] = {
    {"amf_decode", amf_decode, METH_VARARGS, NULL},
    {"amf_encode", amf_encode, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
