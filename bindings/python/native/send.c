/* Sending, from a client that publishes and from a session that is played: the same functions for both.
 *
 * Both are made so that sending never waits: a send returns True when the message was queued, and False when there is no
 * room. The waiting is done in Python, by the queue. */
#include "native.h"

static PyObject *sent(PyObject *module, oxrtmp_status status) {
  if (status == OXRTMP_OK) {
    Py_RETURN_TRUE;
  }
  if (status == OXRTMP_E_AGAIN) {
    Py_RETURN_FALSE;
  }
  return native_raise(module, status);
}

/* SEND_VIEW runs a call that sends the bytes of a Py_buffer. */
#define SEND_VIEW(module, view, call) \
  do { \
    oxrtmp_status status_; \
    NATIVE_CALL(status_, call); \
    PyBuffer_Release(&(view)); \
    return sent(module, status_); \
  } while (0)

/* SEND_HEADER defines name(handle, bytes). */
#define SEND_HEADER(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    Py_buffer b; \
    if (!PyArg_ParseTuple(args, "Ky*", &handle.id, &b)) { \
      return NULL; \
    } \
    SEND_VIEW(module, b, function(handle, b.buf, (size_t)b.len)); \
  }

/* SEND_TIMED defines name(handle, timestamp_ms, bytes). */
#define SEND_TIMED(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    unsigned int timestamp; \
    Py_buffer b; \
    if (!PyArg_ParseTuple(args, "KIy*", &handle.id, &timestamp, &b)) { \
      return NULL; \
    } \
    SEND_VIEW(module, b, function(handle, timestamp, b.buf, (size_t)b.len)); \
  }

/* SEND_VIDEO defines name(handle, timestamp_ms, keyframe, bytes). */
#define SEND_VIDEO(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    unsigned int timestamp; \
    int keyframe; \
    Py_buffer b; \
    if (!PyArg_ParseTuple(args, "KIpy*", &handle.id, &timestamp, &keyframe, &b)) { \
      return NULL; \
    } \
    SEND_VIEW(module, b, function(handle, timestamp, (uint32_t)keyframe, b.buf, (size_t)b.len)); \
  }

/* SEND_VIDEO_AT defines name(handle, timestamp_ms, composition_ms, keyframe, bytes). */
#define SEND_VIDEO_AT(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    unsigned int timestamp; \
    int composition, keyframe; \
    Py_buffer b; \
    if (!PyArg_ParseTuple(args, "KIipy*", &handle.id, &timestamp, &composition, &keyframe, &b)) { \
      return NULL; \
    } \
    SEND_VIEW(module, b, function(handle, timestamp, composition, (uint32_t)keyframe, b.buf, (size_t)b.len)); \
  }

/* SEND_METADATA defines name(handle, dict). */
#define SEND_METADATA(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    PyObject *dict; \
    native_metadata_input in; \
    if (!PyArg_ParseTuple(args, "KO!", &handle.id, &PyDict_Type, &dict) || !native_metadata_fill(&in, dict)) { \
      return NULL; \
    } \
    oxrtmp_status status; \
    NATIVE_CALL(status, function(handle, &in.metadata)); \
    return sent(module, status); \
  }

/* SEND_JSON defines name(handle, text). */
#define SEND_JSON(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    const char *json; \
    if (!PyArg_ParseTuple(args, "Ks", &handle.id, &json)) { \
      return NULL; \
    } \
    oxrtmp_status status; \
    NATIVE_CALL(status, function(handle, json)); \
    return sent(module, status); \
  }

/* SEND_PACKET defines name(handle, packet, timestamp_ms). */
#define SEND_PACKET(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    PyObject *object; \
    unsigned int timestamp; \
    if (!PyArg_ParseTuple(args, "KOI", &handle.id, &object, &timestamp)) { \
      return NULL; \
    } \
    const oxrtmp_packet *packet = native_packet_hold(native_state_of(module), object); \
    if (packet == NULL) { \
      return NULL; \
    } \
    oxrtmp_packet copy = *packet; \
    copy.timestamp_ms = timestamp; \
    oxrtmp_status status; \
    NATIVE_CALL(status, function(handle, &copy)); \
    native_packet_unhold(object); \
    return sent(module, status); \
  }

/* ---- many packets by one call ---- */

enum { MOST_PACKETS = 64 };

typedef struct batch {
  PyObject *objects[MOST_PACKETS];
  oxrtmp_packet packets[MOST_PACKETS];
  Py_ssize_t count;
} batch;

/* batch_hold takes packets of a list from an index on, MOST_PACKETS at most. False with an exception, and those before
 * the wrong one held. */
static bool batch_hold(native_state *state, batch *b, PyObject *list, Py_ssize_t from) {
  for (b->count = 0; b->count < MOST_PACKETS && from + b->count < PyList_Size(list); b->count++) {
    PyObject *object = PyList_GetItem(list, from + b->count);
    const oxrtmp_packet *p = native_packet_hold(state, object);
    if (p == NULL) {
      return false;
    }
    b->packets[b->count] = *p;
    b->objects[b->count] = Py_NewRef(object);
  }
  return true;
}

static void batch_unhold(batch *b) {
  for (Py_ssize_t i = 0; i < b->count; i++) {
    native_packet_unhold(b->objects[i]);
    Py_DECREF(b->objects[i]);
  }
}

/* SEND_PACKETS defines name(handle, list, from), which returns how many packets were taken. 0 means that there is no room.
 * An error is raised when no packet was sent before it. */
#define SEND_PACKETS(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    PyObject *list; \
    Py_ssize_t from; \
    if (!PyArg_ParseTuple(args, "KO!n", &handle.id, &PyList_Type, &list, &from)) { \
      return NULL; \
    } \
    from = from < 0 ? 0 : from; \
    batch b; \
    size_t done = 0; \
    oxrtmp_status status = OXRTMP_OK; \
    bool right = batch_hold(native_state_of(module), &b, list, from); \
    if (right && b.count > 0) { \
      NATIVE_CALL(status, function(handle, b.packets, (size_t)b.count, &done)); \
    } \
    batch_unhold(&b); \
    if (!right || (status != OXRTMP_OK && status != OXRTMP_E_AGAIN && done == 0)) { \
      return right ? native_raise(module, status) : NULL; \
    } \
    return PyLong_FromSize_t(done); \
  }

/* FLUSH defines name(handle, timeout_ms): False when the time is over. */
#define FLUSH(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    int timeout_ms; \
    if (!PyArg_ParseTuple(args, "Ki", &handle.id, &timeout_ms)) { \
      return NULL; \
    } \
    oxrtmp_status status; \
    NATIVE_CALL(status, function(handle, timeout_ms)); \
    if (status == OXRTMP_E_TIMEOUT) { \
      Py_RETURN_FALSE; \
    } \
    return sent(module, status); \
  }

SEND_HEADER(client_send_video_sequence_header, oxrtmp_client_send_video_sequence_header, oxrtmp_client)
SEND_HEADER(client_send_audio_sequence_header, oxrtmp_client_send_audio_sequence_header, oxrtmp_client)
SEND_VIDEO(client_send_video, oxrtmp_client_send_video, oxrtmp_client)
SEND_VIDEO_AT(client_send_video_at, oxrtmp_client_send_video_at, oxrtmp_client)
SEND_TIMED(client_send_audio, oxrtmp_client_send_audio, oxrtmp_client)
SEND_TIMED(client_send_data, oxrtmp_client_send_data, oxrtmp_client)
SEND_METADATA(client_send_metadata, oxrtmp_client_send_metadata, oxrtmp_client)
SEND_JSON(client_send_metadata_json, oxrtmp_client_send_metadata_json, oxrtmp_client)
SEND_PACKET(client_send_packet, oxrtmp_client_send_packet, oxrtmp_client)
SEND_PACKETS(client_send_packets, oxrtmp_client_send_packets, oxrtmp_client)
FLUSH(client_flush, oxrtmp_client_flush, oxrtmp_client)

SEND_HEADER(session_send_video_sequence_header, oxrtmp_session_send_video_sequence_header, oxrtmp_session)
SEND_HEADER(session_send_audio_sequence_header, oxrtmp_session_send_audio_sequence_header, oxrtmp_session)
SEND_VIDEO(session_send_video, oxrtmp_session_send_video, oxrtmp_session)
SEND_VIDEO_AT(session_send_video_at, oxrtmp_session_send_video_at, oxrtmp_session)
SEND_TIMED(session_send_audio, oxrtmp_session_send_audio, oxrtmp_session)
SEND_TIMED(session_send_data, oxrtmp_session_send_data, oxrtmp_session)
SEND_METADATA(session_send_metadata, oxrtmp_session_send_metadata, oxrtmp_session)
SEND_JSON(session_send_metadata_json, oxrtmp_session_send_metadata_json, oxrtmp_session)
SEND_PACKET(session_send_packet, oxrtmp_session_send_packet, oxrtmp_session)
SEND_PACKETS(session_send_packets, oxrtmp_session_send_packets, oxrtmp_session)
FLUSH(session_flush, oxrtmp_session_flush, oxrtmp_session)

/* client_set_data_frame(client, handler, values) */
static PyObject *client_set_data_frame(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  const char *handler;
  Py_buffer b;
  if (!PyArg_ParseTuple(args, "Ksy*", &client.id, &handler, &b)) {
    return NULL;
  }
  SEND_VIEW(module, b, oxrtmp_client_set_data_frame(client, handler, b.buf, (size_t)b.len));
}

/* client_clear_data_frame(client, handler) */
static PyObject *client_clear_data_frame(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  const char *handler;
  if (!PyArg_ParseTuple(args, "Ks", &client.id, &handler)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_client_clear_data_frame(client, handler));
  return sent(module, status);
}

#define METHOD(name) {#name, name, METH_VARARGS, NULL}

PyMethodDef native_send_methods[] = {
    METHOD(client_send_video_sequence_header),
    METHOD(client_send_audio_sequence_header),
    METHOD(client_send_video),
    METHOD(client_send_video_at),
    METHOD(client_send_audio),
    METHOD(client_send_data),
    METHOD(client_set_data_frame),
    METHOD(client_clear_data_frame),
    METHOD(client_send_metadata),
    METHOD(client_send_metadata_json),
    METHOD(client_send_packet),
    METHOD(client_send_packets),
    METHOD(client_flush),
    METHOD(session_send_video_sequence_header),
    METHOD(session_send_audio_sequence_header),
    METHOD(session_send_video),
    METHOD(session_send_video_at),
    METHOD(session_send_audio),
    METHOD(session_send_data),
    METHOD(session_send_metadata),
    METHOD(session_send_metadata_json),
    METHOD(session_send_packet),
    METHOD(session_send_packets),
    METHOD(session_flush),
    {NULL, NULL, 0, NULL},
};
