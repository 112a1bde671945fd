/* Calls between the applications on both sides, and shared objects: for sessions and clients alike. Values are AMF0, which
 * Python makes and reads; messages inside aggregate messages. */
#include "native.h"

/* CALL defines name(handle, name, values, timeout_ms), which waits, and returns the values of the answer. */
#define CALL(wrapper, function, handle_type) \
  static PyObject *wrapper(PyObject *module, PyObject *args) { \
    handle_type handle; \
    const char *name; \
    Py_buffer b; \
    int timeout_ms; \
    if (!PyArg_ParseTuple(args, "Ksy*i", &handle.id, &name, &b, &timeout_ms)) { \
      return NULL; \
    } \
    oxrtmp_packet answer; \
    oxrtmp_status status; \
    NATIVE_CALL(status, function(handle, name, b.buf, (size_t)b.len, timeout_ms, &answer)); \
    PyBuffer_Release(&b); \
    if (status != OXRTMP_OK) { \
      return native_raise(module, status); \
    } \
    PyObject *result = PyBytes_FromStringAndSize((const char *)answer.data, (Py_ssize_t)answer.size); \
    oxrtmp_packet_release(&answer); \
    return result; \
  }

/* NOTIFY defines name(handle, name, values). */
#define NOTIFY(wrapper, function, handle_type) \
  static PyObject *wrapper(PyObject *module, PyObject *args) { \
    handle_type handle; \
    const char *name; \
    Py_buffer b; \
    if (!PyArg_ParseTuple(args, "Ksy*", &handle.id, &name, &b)) { \
      return NULL; \
    } \
    oxrtmp_status status = function(handle, name, b.buf, (size_t)b.len); \
    PyBuffer_Release(&b); \
    return native_none(module, status); \
  }

/* ANSWER defines name(handle, call_id, values). */
#define ANSWER(wrapper, function, handle_type) \
  static PyObject *wrapper(PyObject *module, PyObject *args) { \
    handle_type handle; \
    unsigned int call_id; \
    Py_buffer b; \
    if (!PyArg_ParseTuple(args, "KIy*", &handle.id, &call_id, &b)) { \
      return NULL; \
    } \
    oxrtmp_status status = function(handle, call_id, b.buf, (size_t)b.len); \
    PyBuffer_Release(&b); \
    return native_none(module, status); \
  }

/* REFUSE defines name(handle, call_id, code, description). */
#define REFUSE(wrapper, function, handle_type) \
  static PyObject *wrapper(PyObject *module, PyObject *args) { \
    handle_type handle; \
    unsigned int call_id; \
    const char *code, *description; \
    if (!PyArg_ParseTuple(args, "KIzz", &handle.id, &call_id, &code, &description)) { \
      return NULL; \
    } \
    return native_none(module, function(handle, call_id, code, description)); \
  }

/* SHARED defines name(handle, values). */
#define SHARED(wrapper, function, handle_type) \
  static PyObject *wrapper(PyObject *module, PyObject *args) { \
    handle_type handle; \
    Py_buffer b; \
    if (!PyArg_ParseTuple(args, "Ky*", &handle.id, &b)) { \
      return NULL; \
    } \
    oxrtmp_status status = function(handle, b.buf, (size_t)b.len); \
    PyBuffer_Release(&b); \
    return native_none(module, status); \
  }

CALL(client_call, oxrtmp_client_call, oxrtmp_client)
CALL(session_call, oxrtmp_session_call, oxrtmp_session)
/* engine_call(engine, name, values, timeout_ms) returns the number that its REPLY event has. */
static PyObject *engine_call(PyObject *module, PyObject *args) {
  oxrtmp_engine engine;
  const char *name;
  Py_buffer b;
  int timeout_ms;
  if (!PyArg_ParseTuple(args, "Ksy*i", &engine.id, &name, &b, &timeout_ms)) {
    return NULL;
  }
  uint32_t call_id;
  oxrtmp_status status = oxrtmp_engine_call(engine, name, b.buf, (size_t)b.len, timeout_ms, &call_id);
  PyBuffer_Release(&b);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLong(call_id) : native_raise(module, status);
}

NOTIFY(engine_notify, oxrtmp_engine_notify, oxrtmp_engine)
ANSWER(engine_answer, oxrtmp_engine_answer, oxrtmp_engine)
REFUSE(engine_refuse, oxrtmp_engine_refuse, oxrtmp_engine)
SHARED(engine_send_shared_object, oxrtmp_engine_send_shared_object, oxrtmp_engine)
NOTIFY(client_notify, oxrtmp_client_notify, oxrtmp_client)
NOTIFY(session_notify, oxrtmp_session_notify, oxrtmp_session)
ANSWER(client_answer, oxrtmp_client_answer, oxrtmp_client)
ANSWER(session_answer, oxrtmp_session_answer, oxrtmp_session)
REFUSE(client_refuse, oxrtmp_client_refuse, oxrtmp_client)
REFUSE(session_refuse, oxrtmp_session_refuse, oxrtmp_session)
SHARED(client_send_shared_object, oxrtmp_client_send_shared_object, oxrtmp_client)
SHARED(session_send_shared_object, oxrtmp_session_send_shared_object, oxrtmp_session)

/* shared_object_parse(type, data) returns the values that describe it. */
static PyObject *shared_object_parse(PyObject *module, PyObject *args) {
  unsigned int type;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Iy*", &type, &b)) {
    return NULL;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_BYTES(result, status, module, Py_None, oxrtmp_shared_object_parse, type, b.buf, (size_t)b.len);
  PyBuffer_Release(&b);
  return result;
}

/* shared_object_build(values) returns the payload. */
static PyObject *shared_object_build(PyObject *module, PyObject *args) {
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "y*", &b)) {
    return NULL;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_BYTES(result, status, module, Py_None, oxrtmp_shared_object_build, b.buf, (size_t)b.len);
  PyBuffer_Release(&b);
  return result;
}

/* aggregate_parse(timestamp_ms, data) returns (type, timestamp_ms, payload) of each message inside. */
static PyObject *aggregate_parse(PyObject *module, PyObject *args) {
  unsigned int timestamp_ms;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Iy*", &timestamp_ms, &b)) {
    return NULL;
  }
  size_t count;
  oxrtmp_status status = oxrtmp_aggregate_parse(timestamp_ms, b.buf, (size_t)b.len, NULL, 0, &count);
  oxrtmp_aggregated *messages = PyMem_Calloc(count + 1, sizeof *messages);
  if (messages == NULL) {
    PyBuffer_Release(&b);
    return PyErr_NoMemory();
  }
  if (status == OXRTMP_E_BUFFER) {
    status = oxrtmp_aggregate_parse(timestamp_ms, b.buf, (size_t)b.len, messages, count, &count);
  }
  PyObject *list = status == OXRTMP_OK ? PyList_New(0) : native_raise(module, status);
  for (size_t i = 0; list != NULL && i < count; i++) {
    const oxrtmp_aggregated *m = &messages[i];
    PyObject *item = Py_BuildValue("IIy#", m->type, m->timestamp_ms, m->data != NULL ? (const char *)m->data : "",
                                   (Py_ssize_t)m->size);
    if (item == NULL || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
  }
  PyMem_Free(messages);
  PyBuffer_Release(&b);
  return list;
}

/* aggregate_build(messages): a list of (type, timestamp_ms, payload as bytes), which keeps them during the call. */
static PyObject *aggregate_build(PyObject *module, PyObject *list) {
  if (!PyList_Check(list)) {
    PyErr_SetString(PyExc_TypeError, "aggregate_build(list)");
    return NULL;
  }
  Py_ssize_t count = PyList_Size(list);
  oxrtmp_aggregated *messages = PyMem_Calloc((size_t)count + 1, sizeof *messages);
  if (messages == NULL) {
    return PyErr_NoMemory();
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    const char *data;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(PyList_GetItem(list, i), "IIy#", &messages[i].type, &messages[i].timestamp_ms, &data, &size)) {
      PyMem_Free(messages);
      return NULL;
    }
    messages[i].data = (const uint8_t *)data;
    messages[i].size = (size_t)size;
  }
  PyObject *result;
  oxrtmp_status status;
  NATIVE_BYTES(result, status, module, Py_None, oxrtmp_aggregate_build, messages, (size_t)count);
  PyMem_Free(messages);
  return result;
}

PyMethodDef native_calls_methods[] = {
    {"engine_call", engine_call, METH_VARARGS, NULL},
    {"engine_notify", engine_notify, METH_VARARGS, NULL},
    {"engine_answer", engine_answer, METH_VARARGS, NULL},
    {"engine_refuse", engine_refuse, METH_VARARGS, NULL},
    {"engine_send_shared_object", engine_send_shared_object, METH_VARARGS, NULL},
    {"client_call", client_call, METH_VARARGS, NULL},
    {"session_call", session_call, METH_VARARGS, NULL},
    {"client_notify", client_notify, METH_VARARGS, NULL},
    {"session_notify", session_notify, METH_VARARGS, NULL},
    {"client_answer", client_answer, METH_VARARGS, NULL},
    {"session_answer", session_answer, METH_VARARGS, NULL},
    {"client_refuse", client_refuse, METH_VARARGS, NULL},
    {"session_refuse", session_refuse, METH_VARARGS, NULL},
    {"client_send_shared_object", client_send_shared_object, METH_VARARGS, NULL},
    {"session_send_shared_object", session_send_shared_object, METH_VARARGS, NULL},
    {"shared_object_parse", shared_object_parse, METH_VARARGS, NULL},
    {"shared_object_build", shared_object_build, METH_VARARGS, NULL},
    {"aggregate_parse", aggregate_parse, METH_VARARGS, NULL},
    {"aggregate_build", aggregate_build, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
