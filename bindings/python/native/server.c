/* Server, Request and Session. */
#include "native.h"

/* server_open(address or None, options, limits, timeouts) */
static PyObject *server_open(PyObject *module, PyObject *args) {
  const char *address;
  PyObject *options, *limits, *timeouts;
  native_server_input in;
  if (!PyArg_ParseTuple(args, "zO!O!O!", &address, &PyDict_Type, &options, &PyDict_Type, &limits, &PyDict_Type,
                        &timeouts) ||
      !native_server_input_fill(&in, options, limits, timeouts)) {
    return NULL;
  }
  oxrtmp_server server;
  oxrtmp_status status;
  if (address != NULL) {
    NATIVE_CALL(status, oxrtmp_server_bind(address, &in.options, &server)); /* may look a name up */
  } else {
    status = oxrtmp_server_create(&in.options, &server);
  }
  native_server_input_free(&in);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(server.id) : native_raise(module, status);
}

static PyObject *server_listen(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  const char *address;
  if (!PyArg_ParseTuple(args, "Ks", &server.id, &address)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_server_listen(server, address));
  return native_none(module, status);
}

static PyObject *server_adopt_listener(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  int fd;
  if (!PyArg_ParseTuple(args, "Ki", &server.id, &fd)) {
    return NULL;
  }
  return native_none(module, oxrtmp_server_adopt_listener(server, fd));
}

static PyObject *server_adopt_tls_listener(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  int fd;
  if (!PyArg_ParseTuple(args, "Ki", &server.id, &fd)) {
    return NULL;
  }
  return native_none(module, oxrtmp_server_adopt_tls_listener(server, fd));
}

static PyObject *server_adopt_tls_connection(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  int fd;
  if (!PyArg_ParseTuple(args, "Ki", &server.id, &fd)) {
    return NULL;
  }
  return native_none(module, oxrtmp_server_adopt_tls_connection(server, fd));
}

/* server_set_certificate(server, name, options), which have a tls, or none to remove it. */
static PyObject *server_set_certificate(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  const char *name;
  PyObject *options;
  oxrtmp_tls_options tls;
  const oxrtmp_tls_options *given;
  if (!PyArg_ParseTuple(args, "KsO!", &server.id, &name, &PyDict_Type, &options) || !native_tls(&tls, &given, options)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_server_set_certificate(server, name, given)); /* reads files */
  return native_none(module, status);
}

static PyObject *server_adopt_connection(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  int fd;
  if (!PyArg_ParseTuple(args, "Ki", &server.id, &fd)) {
    return NULL;
  }
  return native_none(module, oxrtmp_server_adopt_connection(server, fd));
}

static PyObject *server_set_queue(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  oxrtmp_queue queue;
  unsigned long long user_data;
  if (!PyArg_ParseTuple(args, "KKK", &server.id, &queue.id, &user_data)) {
    return NULL;
  }
  return native_none(module, oxrtmp_server_set_queue(server, queue, user_data));
}

/* server_shutdown_start does not wait: SERVER_CLOSED comes to the queue. */
static PyObject *server_shutdown_start(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  int timeout_ms;
  if (!PyArg_ParseTuple(args, "Ki", &server.id, &timeout_ms)) {
    return NULL;
  }
  return native_none(module, oxrtmp_server_shutdown_start(server, timeout_ms));
}

/* server_kick(server, connection, code or None, description or None) */
static PyObject *server_kick(PyObject *module, PyObject *args) {
  oxrtmp_server server;
  unsigned long long connection;
  const char *code, *description;
  if (!PyArg_ParseTuple(args, "KKzz", &server.id, &connection, &code, &description)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_server_kick(server, connection, code, description));
  return native_none(module, status);
}

NATIVE_GETTER(server_address, oxrtmp_server_address, oxrtmp_server, false)
NATIVE_GETTER(server_addresses, oxrtmp_server_addresses, oxrtmp_server, false)
NATIVE_SIMPLE(server_close, oxrtmp_server_close, oxrtmp_server)

/* ---- Request ---- */

typedef oxrtmp_status (*request_text)(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/* request_describe returns (kind, app, stream_name, raw_stream_name, query, publish_type, tc_url, peer_address,
 * flash_version, swf_url, page_url, encoder, user, connect_json, connection). All at once, because the handle ends with
 * the answer. */
static PyObject *request_describe(PyObject *module, PyObject *argument) {
  static const request_text texts[] = {
      oxrtmp_request_app,           oxrtmp_request_stream_name,  oxrtmp_request_raw_stream_name,
      oxrtmp_request_query,         oxrtmp_request_publish_type, oxrtmp_request_tc_url,
      oxrtmp_request_peer_address,  oxrtmp_request_flash_version, oxrtmp_request_swf_url,
      oxrtmp_request_page_url,      oxrtmp_request_encoder,      oxrtmp_request_user,
      oxrtmp_request_connect_json,
  };
  enum { TEXTS = sizeof texts / sizeof texts[0] };
  oxrtmp_request request = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  uint32_t kind;
  oxrtmp_status status = oxrtmp_request_kind(request, &kind);
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  uint64_t connection;
  if ((status = oxrtmp_request_connection(request, &connection)) != OXRTMP_OK) {
    return native_raise(module, status);
  }
  PyObject *tuple = PyTuple_New(TEXTS + 2), *text = PyLong_FromUnsignedLong(kind);
  for (Py_ssize_t i = 0; tuple != NULL && text != NULL; i++) {
    PyTuple_SetItem(tuple, i, text);
    if (i < TEXTS) {
      NATIVE_TEXT(text, status, false, char, texts[i], request);
    } else if (i == TEXTS) {
      text = PyLong_FromUnsignedLongLong(connection);
    } else {
      return tuple;
    }
  }
  Py_XDECREF(tuple);
  return PyErr_Occurred() ? NULL : native_raise(module, status);
}

NATIVE_METADATA_TEXT(request_play2_json, oxrtmp_request_play2_json, oxrtmp_request, char, false)
NATIVE_STRUCT_GETTER(request_play, oxrtmp_request_play, oxrtmp_request, oxrtmp_play_info, native_play_info)
NATIVE_STRUCT_GETTER(request_connect, oxrtmp_request_connect, oxrtmp_request, oxrtmp_connect_info, native_connect_info)

/* request_accept(request, queue, user_data) returns the session's handle, 0 when the request was not for a stream. */
static PyObject *request_accept(PyObject *module, PyObject *args) {
  oxrtmp_request request;
  oxrtmp_session_options options;
  unsigned long long user_data;
  oxrtmp_session_options_init(&options);
  if (!PyArg_ParseTuple(args, "KKK", &request.id, &options.queue.id, &user_data)) {
    return NULL;
  }
  options.user_data = user_data;
  oxrtmp_session session;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_request_accept(request, &options, &session));
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(session.id) : native_raise(module, status);
}

static PyObject *request_reject(PyObject *module, PyObject *args) {
  oxrtmp_request request;
  const char *code, *description;
  if (!PyArg_ParseTuple(args, "Kzz", &request.id, &code, &description)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_request_reject(request, code, description));
  return native_none(module, status);
}

/* request_redirect(request, url, description or None) */
static PyObject *request_redirect(PyObject *module, PyObject *args) {
  oxrtmp_request request;
  const char *url, *description;
  if (!PyArg_ParseTuple(args, "Ksz", &request.id, &url, &description)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_request_redirect(request, url, description));
  return native_none(module, status);
}

/* request_login(request, scheme, password or None) returns whether it was granted. */
static PyObject *request_login(PyObject *module, PyObject *args) {
  oxrtmp_request request;
  unsigned int scheme;
  const char *password;
  uint32_t granted;
  if (!PyArg_ParseTuple(args, "KIz", &request.id, &scheme, &password)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_request_login(request, scheme, password, &granted));
  return status == OXRTMP_OK ? PyBool_FromLong(granted) : native_raise(module, status);
}

/* ---- Session ---- */

static PyObject *session_set_queue(PyObject *module, PyObject *args) {
  oxrtmp_session session;
  oxrtmp_queue queue;
  unsigned long long user_data;
  if (!PyArg_ParseTuple(args, "KKK", &session.id, &queue.id, &user_data)) {
    return NULL;
  }
  return native_none(module, oxrtmp_session_set_queue(session, queue, user_data));
}

NATIVE_METADATA(session_metadata, oxrtmp_session_metadata, oxrtmp_session_metadata_tracks, oxrtmp_session)
NATIVE_METADATA_TEXT(session_metadata_json, oxrtmp_session_metadata_json, oxrtmp_session, char, false)
NATIVE_METADATA_TEXT(session_metadata_raw, oxrtmp_session_metadata_raw, oxrtmp_session, uint8_t, true)
NATIVE_STRUCT_GETTER(session_play, oxrtmp_session_play, oxrtmp_session, oxrtmp_play_info, native_play_info)
NATIVE_PING(session_ping, oxrtmp_session_ping, oxrtmp_session)
NATIVE_GETTER(server_json, oxrtmp_server_json, oxrtmp_server, false)
/* server_take_failure(server): what is known of it, with its bytes as "data", or None. */
static PyObject *server_take_failure(PyObject *module, PyObject *argument) {
  enum { MOST = 1 << 20 }; /* more is not kept */
  oxrtmp_server server = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  uint8_t *kept = PyMem_Malloc(MOST);
  if (kept == NULL) {
    return PyErr_NoMemory();
  }
  oxrtmp_failure failure = {.struct_size = sizeof failure};
  size_t length;
  oxrtmp_status status = oxrtmp_server_take_failure(server, &failure, kept, MOST, &length);
  PyObject *dict = NULL;
  if (status == OXRTMP_OK) {
    dict = native_dict(&failure, native_failure);
    PyObject *data = PyBytes_FromStringAndSize((const char *)kept, (Py_ssize_t)length);
    if (dict != NULL && (data == NULL || PyDict_SetItemString(dict, "data", data) < 0)) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(data);
  }
  PyMem_Free(kept);
  if (status == OXRTMP_E_AGAIN) {
    Py_RETURN_NONE;
  }
  return status == OXRTMP_OK ? dict : native_raise(module, status);
}

NATIVE_GETTER(server_prometheus, oxrtmp_server_prometheus, oxrtmp_server, false)
NATIVE_STRUCT_GETTER(session_connection_statistics, oxrtmp_session_connection_statistics, oxrtmp_session,
                     oxrtmp_connection_statistics, native_connection_statistics)
NATIVE_STRUCT_GETTER(session_statistics, oxrtmp_session_statistics, oxrtmp_session, oxrtmp_statistics, native_statistics)
NATIVE_GETTER(session_end_reason, oxrtmp_session_end_reason, oxrtmp_session, false)
NATIVE_SIMPLE(session_complete, oxrtmp_session_complete, oxrtmp_session)
NATIVE_SIMPLE(session_close, oxrtmp_session_close, oxrtmp_session)

static PyObject *session_close_with_status(PyObject *module, PyObject *args) {
  oxrtmp_session session;
  const char *code, *description;
  if (!PyArg_ParseTuple(args, "Kzz", &session.id, &code, &description)) {
    return NULL;
  }
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_session_close_with_status(session, code, description));
  return native_none(module, status);
}

PyMethodDef native_server_methods[] = {
    {"server_open", server_open, METH_VARARGS, NULL},
    {"server_listen", server_listen, METH_VARARGS, NULL},
    {"server_adopt_listener", server_adopt_listener, METH_VARARGS, NULL},
    {"server_adopt_connection", server_adopt_connection, METH_VARARGS, NULL},
    {"server_adopt_tls_listener", server_adopt_tls_listener, METH_VARARGS, NULL},
    {"server_adopt_tls_connection", server_adopt_tls_connection, METH_VARARGS, NULL},
    {"server_set_certificate", server_set_certificate, METH_VARARGS, NULL},
    {"server_address", server_address, METH_O, NULL},
    {"server_addresses", server_addresses, METH_O, NULL},
    {"server_set_queue", server_set_queue, METH_VARARGS, NULL},
    {"server_shutdown_start", server_shutdown_start, METH_VARARGS, NULL},
    {"server_kick", server_kick, METH_VARARGS, NULL},
    {"server_close", server_close, METH_O, NULL},
    {"request_describe", request_describe, METH_O, NULL},
    {"request_connect", request_connect, METH_O, NULL},
    {"request_play", request_play, METH_O, NULL},
    {"request_play2_json", request_play2_json, METH_O, NULL},
    {"request_accept", request_accept, METH_VARARGS, NULL},
    {"request_reject", request_reject, METH_VARARGS, NULL},
    {"request_redirect", request_redirect, METH_VARARGS, NULL},
    {"request_login", request_login, METH_VARARGS, NULL},
    {"session_set_queue", session_set_queue, METH_VARARGS, NULL},
    {"session_metadata", session_metadata, METH_O, NULL},
    {"session_metadata_json", session_metadata_json, METH_O, NULL},
    {"session_metadata_raw", session_metadata_raw, METH_O, NULL},
    {"session_play", session_play, METH_O, NULL},
    {"session_ping", session_ping, METH_VARARGS, NULL},
    {"server_json", server_json, METH_O, NULL},
    {"server_take_failure", server_take_failure, METH_O, NULL},
    {"server_prometheus", server_prometheus, METH_O, NULL},
    {"session_connection_statistics", session_connection_statistics, METH_O, NULL},
    {"session_statistics", session_statistics, METH_O, NULL},
    {"session_end_reason", session_end_reason, METH_O, NULL},
    {"session_complete", session_complete, METH_O, NULL},
    {"session_close", session_close, METH_O, NULL},
    {"session_close_with_status", session_close_with_status, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
