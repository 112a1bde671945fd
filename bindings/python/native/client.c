/* Client: opening, playing, closing. What it sends is in send.c. */
#include "native.h"

typedef oxrtmp_status (*open_function)(const char *url, const oxrtmp_client_options *options, oxrtmp_queue queue,
                                       uint64_t user_data, oxrtmp_client *client);
typedef oxrtmp_status (*open_fd_function)(int fd, const char *url, const oxrtmp_client_options *options,
                                          int32_t timeout_ms, oxrtmp_client *client);

static PyObject *client_open(PyObject *module, PyObject *args, open_function function) {
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
  NATIVE_CALL(status, function(url, &in.options, queue, user_data, &client));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(client.id) : native_raise(module, status);
}

static PyObject *client_open_fd(PyObject *module, PyObject *args, open_fd_function function) {
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
  NATIVE_CALL(status, function(fd, url, &in.options, timeout_ms, &client));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(client.id) : native_raise(module, status);
}

/* client_publish_open(url, options, limits, timeouts, queue, user_data) */
static PyObject *client_publish_open(PyObject *module, PyObject *args) {
  return client_open(module, args, oxrtmp_client_publish_open);
}

/* client_play_open(url, options, limits, timeouts, queue, user_data) */
static PyObject *client_play_open(PyObject *module, PyObject *args) {
  return client_open(module, args, oxrtmp_client_play_open);
}

/* client_publish_fd(fd, url, options, limits, timeouts, timeout_ms) waits. */
static PyObject *client_publish_fd(PyObject *module, PyObject *args) {
  return client_open_fd(module, args, oxrtmp_client_publish_fd);
}

/* client_play_fd(fd, url, options, limits, timeouts, timeout_ms) waits. */
static PyObject *client_play_fd(PyObject *module, PyObject *args) {
  return client_open_fd(module, args, oxrtmp_client_play_fd);
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

/* ---- playing ---- */

static PyObject *client_pause(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  int pause;
  if (!PyArg_ParseTuple(args, "Kp", &client.id, &pause)) {
    return NULL;
  }
  return native_none(module, oxrtmp_client_pause(client, (uint32_t)pause));
}

static PyObject *client_seek(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  unsigned int position_ms;
  if (!PyArg_ParseTuple(args, "KI", &client.id, &position_ms)) {
    return NULL;
  }
  return native_none(module, oxrtmp_client_seek(client, position_ms));
}

/* client_play2(client, dict) */
static PyObject *client_play2(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  PyObject *dict;
  oxrtmp_play2 play2;
  oxrtmp_play2_init(&play2);
  if (!PyArg_ParseTuple(args, "KO!", &client.id, &PyDict_Type, &dict) || !native_fill(&play2, native_play2, dict)) {
    return NULL;
  }
  return native_none(module, oxrtmp_client_play2(client, &play2));
}

static PyObject *client_receive_audio(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  int on;
  if (!PyArg_ParseTuple(args, "Kp", &client.id, &on)) {
    return NULL;
  }
  return native_none(module, oxrtmp_client_receive_audio(client, (uint32_t)on));
}

static PyObject *client_receive_video(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  int on;
  if (!PyArg_ParseTuple(args, "Kp", &client.id, &on)) {
    return NULL;
  }
  return native_none(module, oxrtmp_client_receive_video(client, (uint32_t)on));
}

static PyObject *client_set_buffer_length(PyObject *module, PyObject *args) {
  oxrtmp_client client;
  unsigned int length_ms;
  if (!PyArg_ParseTuple(args, "KI", &client.id, &length_ms)) {
    return NULL;
  }
  return native_none(module, oxrtmp_client_set_buffer_length(client, length_ms));
}

NATIVE_METADATA(client_metadata, oxrtmp_client_metadata, oxrtmp_client_metadata_tracks, oxrtmp_client)
NATIVE_METADATA_TEXT(client_metadata_json, oxrtmp_client_metadata_json, oxrtmp_client, char, false)
NATIVE_METADATA_TEXT(client_metadata_raw, oxrtmp_client_metadata_raw, oxrtmp_client, uint8_t, true)
NATIVE_PING(client_ping, oxrtmp_client_ping, oxrtmp_client)

NATIVE_STRUCT_GETTER(client_connection_statistics, oxrtmp_client_connection_statistics, oxrtmp_client,
                     oxrtmp_connection_statistics, native_connection_statistics)
NATIVE_STRUCT_GETTER(client_statistics, oxrtmp_client_statistics, oxrtmp_client, oxrtmp_statistics, native_statistics)
NATIVE_GETTER(client_peer_address, oxrtmp_client_peer_address, oxrtmp_client, false)
NATIVE_SIMPLE(client_close_start, oxrtmp_client_close_start, oxrtmp_client) /* does not wait: CLIENT_CLOSED comes to the queue */
NATIVE_SIMPLE(client_close, oxrtmp_client_close, oxrtmp_client)

PyMethodDef native_client_methods[] = {
    {"client_publish_open", client_publish_open, METH_VARARGS, NULL},
    {"client_publish_fd", client_publish_fd, METH_VARARGS, NULL},
    {"client_play_open", client_play_open, METH_VARARGS, NULL},
    {"client_play_fd", client_play_fd, METH_VARARGS, NULL},
    {"client_set_queue", client_set_queue, METH_VARARGS, NULL},
    {"client_pause", client_pause, METH_VARARGS, NULL},
    {"client_seek", client_seek, METH_VARARGS, NULL},
    {"client_play2", client_play2, METH_VARARGS, NULL},
    {"client_receive_audio", client_receive_audio, METH_VARARGS, NULL},
    {"client_receive_video", client_receive_video, METH_VARARGS, NULL},
    {"client_set_buffer_length", client_set_buffer_length, METH_VARARGS, NULL},
    {"client_metadata", client_metadata, METH_O, NULL},
    {"client_metadata_json", client_metadata_json, METH_O, NULL},
    {"client_metadata_raw", client_metadata_raw, METH_O, NULL},
    {"client_ping", client_ping, METH_VARARGS, NULL},
    {"client_connection_statistics", client_connection_statistics, METH_O, NULL},
    {"client_statistics", client_statistics, METH_O, NULL},
    {"client_peer_address", client_peer_address, METH_O, NULL},
    {"client_close_start", client_close_start, METH_O, NULL},
    {"client_close", client_close, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
