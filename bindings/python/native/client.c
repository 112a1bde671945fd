/* Client. Clients are made so that sending never waits: a send returns True when the message was queued, and False when
 * there is no room. The waiting is done in Python, by the queue. */
#include "native.h"

/* client_publish_open(url, options, limits, timeouts, queue, user_data) */
static PyObject *client_publish_open(PyObject *module, PyObject *args) {
  const char *url;
  PyObject *options, *limits, *timeouts;
  oxrtmp_queue queue;
  unsigned long long user_data;
  native_client_input in;
  if (!PyArg_ParseTuple(args, "sO!O!O!KK", &url, &PyDict_Type, &options, &PyDict_Type, &limits, &PyDict_Type, &timeouts,
                        &queue.id, &user_data) ||
      !native_client_input_fill(&in, options, limits, timeouts)) {
    return NULL;
  }
  oxrtmp_client client;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_client_publish_open(url, &in.options, queue, user_data, &client));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(client.id) : native_raise(module, status);
}

/* client_publish_fd(fd, url, options, limits, timeouts, timeout_ms) waits. */
static PyObject *client_publish_fd(PyObject *module, PyObject *args) {
  const char *url;
  PyObject *options, *limits, *timeouts;
  int fd, timeout_ms;
  native_client_input in;
  if (!PyArg_ParseTuple(args, "isO!O!O!i", &fd, &url, &PyDict_Type, &options, &PyDict_Type, &limits, &PyDict_Type,
                        &timeouts, &timeout_ms) ||
      !native_client_input_fill(&in, options, limits, timeouts)) {
    return NULL;
  }
  oxrtmp_client client;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_client_publish_fd(fd, url, &in.options, timeout_ms, &client));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(client.id) : native_raise(module, status);
}

static PyObject *client_set_queue(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  oxrtmp_queue queue;
  unsigned long long user_data;
  if (!PyArg_ParseTuple(args, "KKK", &client.id, &queue.id, &user_data)) {
    return NULL;
  }
  return native_none(module, oxrtmp_client_set_queue(client, queue, user_data));
}

/* ---- sending ---- */

static PyObject *sent(PyObject *module, oxrtmp_status status) {
  if (status == OXRTMP_OK) {
    Py_RETURN_TRUE;
  }
  if (status == OXRTMP_E_AGAIN) {
    Py_RETURN_FALSE;
  }
  return native_raise(module, status);
}

/* SEND_BYTES runs a call that sends the bytes of a Py_buffer. */
#define SEND_BYTES(module, view, call) \
  do { \
    oxrtmp_status status_; \
    NATIVE_CALL(status_, call); \
    PyBuffer_Release(&(view)); \
    return sent(module, status_); \
  } while (0)

static PyObject *client_send_video_sequence_header(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Ky*", &client.id, &b)) {
    return NULL;
  }
  SEND_BYTES(module, b, oxrtmp_client_send_video_sequence_header(client, b.buf, (size_t)b.len));
}

static PyObject *client_send_audio_sequence_header(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Ky*", &client.id, &b)) {
    return NULL;
  }
  SEND_BYTES(module, b, oxrtmp_client_send_audio_sequence_header(client, b.buf, (size_t)b.len));
}

static PyObject *client_send_video(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  unsigned int timestamp;
  int keyframe;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "KIpy*", &client.id, &timestamp, &keyframe, &b)) {
    return NULL;
  }
  SEND_BYTES(module, b, oxrtmp_client_send_video(client, timestamp, (uint32_t)keyframe, b.buf, (size_t)b.len));
}

static PyObject *client_send_video_at(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  unsigned int timestamp;
  int composition, keyframe;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "KIipy*", &client.id, &timestamp, &composition, &keyframe, &b)) {
    return NULL;
  }
  SEND_BYTES(module, b,
             oxrtmp_client_send_video_at(client, timestamp, composition, (uint32_t)keyframe, b.buf, (size_t)b.len));
}

static PyObject *client_send_audio(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  unsigned int timestamp;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "KIy*", &client.id, &timestamp, &b)) {
    return NULL;
  }
  SEND_BYTES(module, b, oxrtmp_client_send_audio(client, timestamp, b.buf, (size_t)b.len));
}

static PyObject *client_send_data(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  unsigned int timestamp;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "KIy*", &client.id, &timestamp, &b)) {
    return NULL;
  }
  SEND_BYTES(module, b, oxrtmp_client_send_data(client, timestamp, b.buf, (size_t)b.len));
}

static PyObject *client_send_metadata(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  PyObject *dict;
  oxrtmp_metadata metadata;
  oxrtmp_metadata_init(&metadata);
  if (!PyArg_ParseTuple(args, "KO!", &client.id, &PyDict_Type, &dict) || !native_fill(&metadata, native_metadata, dict)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_client_send_metadata(client, &metadata));
  return sent(module, status);
}

static PyObject *client_send_metadata_json(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  const char *json;
  if (!PyArg_ParseTuple(args, "Ks", &client.id, &json)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_client_send_metadata_json(client, json));
  return sent(module, status);
}

/* client_send_packet(client, packet, timestamp_ms) */
static PyObject *client_send_packet(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  PyObject *object;
  unsigned int timestamp;
  if (!PyArg_ParseTuple(args, "KOI", &client.id, &object, &timestamp)) {
    return NULL;
  }
  const oxrtmp_packet *packet = native_packet_hold(native_state_of(module), object);
  if (packet == NULL) {
    return NULL;
  }
  oxrtmp_packet copy = *packet;
  copy.timestamp_ms = timestamp;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_client_send_packet(client, &copy));
  native_packet_unhold(object);
  return sent(module, status);
}

enum { MOST_PACKETS = 64 }; /* sent by one call */

/* client_send_packets(client, list, from) sends packets of the list from an index on, MOST_PACKETS at most, and returns how
 * many were taken. 0 means that there is no room. An error is raised when no packet was sent before it. */
static PyObject *client_send_packets(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  PyObject *list, *objects[MOST_PACKETS];
  oxrtmp_packet packets[MOST_PACKETS];
  Py_ssize_t from, count = 0;
  if (!PyArg_ParseTuple(args, "KO!n", &client.id, &PyList_Type, &list, &from)) {
    return NULL;
  }
  for (; count < MOST_PACKETS && from + count < PyList_Size(list); count++) {
    const oxrtmp_packet *p = native_packet_hold(native_state_of(module), PyList_GetItem(list, from + count));
    if (p == NULL) {
      break;
    }
    packets[count] = *p;
    objects[count] = Py_NewRef(PyList_GetItem(list, from + count));
  }
  size_t done = 0;
  oxrtmp_status status = OXRTMP_OK;
  bool fault = PyErr_Occurred() != NULL;
  if (!fault && count > 0) {
    NATIVE_CALL(status, oxrtmp_client_send_packets(client, packets, (size_t)count, &done));
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    native_packet_unhold(objects[i]);
    Py_DECREF(objects[i]);
  }
  if (fault || (status != OXRTMP_OK && status != OXRTMP_E_AGAIN && done == 0)) {
    return fault ? NULL : native_raise(module, status);
  }
  return PyLong_FromSize_t(done);
}

static PyObject *client_flush(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  int timeout_ms;
  if (!PyArg_ParseTuple(args, "Ki", &client.id, &timeout_ms)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_client_flush(client, timeout_ms));
  if (status == OXRTMP_E_TIMEOUT) {
    Py_RETURN_FALSE;
  }
  return sent(module, status);
}

NATIVE_STRUCT_GETTER(client_statistics, oxrtmp_client_statistics, oxrtmp_client, oxrtmp_statistics, native_statistics)
NATIVE_GETTER(client_peer_address, oxrtmp_client_peer_address, oxrtmp_client, false)
NATIVE_SIMPLE(client_close_start, oxrtmp_client_close_start, oxrtmp_client) /* does not wait: CLIENT_CLOSED comes to the queue */
NATIVE_SIMPLE(client_close, oxrtmp_client_close, oxrtmp_client)

PyMethodDef native_client_methods[] = {
    {"client_publish_open", client_publish_open, METH_VARARGS, NULL},
    {"client_publish_fd", client_publish_fd, METH_VARARGS, NULL},
    {"client_set_queue", client_set_queue, METH_VARARGS, NULL},
    {"client_send_video_sequence_header", client_send_video_sequence_header, METH_VARARGS, NULL},
    {"client_send_audio_sequence_header", client_send_audio_sequence_header, METH_VARARGS, NULL},
    {"client_send_video", client_send_video, METH_VARARGS, NULL},
    {"client_send_video_at", client_send_video_at, METH_VARARGS, NULL},
    {"client_send_audio", client_send_audio, METH_VARARGS, NULL},
    {"client_send_data", client_send_data, METH_VARARGS, NULL},
    {"client_send_metadata", client_send_metadata, METH_VARARGS, NULL},
    {"client_send_metadata_json", client_send_metadata_json, METH_VARARGS, NULL},
    {"client_send_packet", client_send_packet, METH_VARARGS, NULL},
    {"client_send_packets", client_send_packets, METH_VARARGS, NULL},
    {"client_flush", client_flush, METH_VARARGS, NULL},
    {"client_statistics", client_statistics, METH_O, NULL},
    {"client_peer_address", client_peer_address, METH_O, NULL},
    {"client_close_start", client_close_start, METH_O, NULL},
    {"client_close", client_close, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
