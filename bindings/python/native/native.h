/* native.h: what the files of the extension module oxrtmp._native share.
 *
 * The module wraps functions of oxrtmp.h for Python, one thin function each: no protocol, no waiting of its own but for
 * that of Intake, which polls a descriptor. The classes that people use are written in Python on top of it. Only CPython's
 * limited API of 3.11 is used, so that one binary serves every later version.
 */
#ifndef OXRTMP_NATIVE_H
#define OXRTMP_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <oxrtmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What setup() was given, and the types. */
typedef struct native_state {
  PyTypeObject *packet_type;
  PyTypeObject *raw_type;
  PyTypeObject *inbox_type;
  PyTypeObject *intake_type;
  PyTypeObject *ready_type;
  PyTypeObject *take_type;
  PyTypeObject *async_take_type;
  PyObject *make_error; /* called with what is known of an error; returns the exception */
  PyObject *kinds;      /* tuple: PacketKind by number */
  PyObject *flags;      /* PacketFlags */
  oxrtmp_event *events; /* see queue.c; NULL while it is in use */
  void *spare;          /* the memory of a Packet that has died, for the next one; interpreters have each their own memory */
} native_state;

static inline native_state *native_state_of(PyObject *module) { return PyModule_GetState(module); }

/* ---- errors and texts (module.c) ---- */

/* native_raise raises the exception of a status that a call on this thread has just returned. Returns NULL. */
PyObject *native_raise(PyObject *module, oxrtmp_status status);

/* native_text makes a str; bytes that are not UTF-8, which peers may send, become \xNN. */
PyObject *native_text(const char *text, size_t size);

/* native_u32 converts for PyArg_ParseTuple's "O&": a number that does not fit a uint32_t is a ValueError. */
int native_u32(PyObject *number, void *to);

/* native_not_written is None where there is nothing yet, else NULL and the exception of a status: if that is about a buffer,
 * how many bytes it would have to have, and has. */
PyObject *native_not_written(PyObject *module, oxrtmp_status status, size_t needed, Py_ssize_t room);

/* ---- structs and dicts (fields.c) ---- */

typedef enum field_type { FIELD_U32, FIELD_I32, FIELD_U64, FIELD_I64, FIELD_F64, FIELD_BOOL, FIELD_TEXT, FIELD_CHARS,
                          FIELD_CODEC, FIELD_PHASE, FIELD_HANDLE, FIELD_ELSEWHERE } field_type;

typedef struct field {
  const char *name; /* NULL ends the list */
  size_t offset, size;
  field_type type;
} field;

#define NATIVE_FIELD(struct_, name, type) {#name, offsetof(struct_, name), sizeof(((struct_ *)0)->name), type}

extern const field native_server_options[], native_client_options[], native_limits[], native_timeouts[],
    native_recorder_options[], native_metadata[], native_statistics[], native_connection_statistics[], native_failure[], native_connect_info[], native_library_info[],
    native_engine_counters[], native_play_info[], native_hub_options[], native_hub_info[], native_stream_info[], native_relay_info[],
    native_color_info[], native_play2[];

/* native_fill sets the fields that dict names. A text points into its str, which must outlive the struct. A key that is no
 * field, or a value that does not fit, is an exception, and false is returned. */
bool native_fill(void *out, const field *fields, PyObject *dict);

/* Options with what they point to. The texts point into the dicts that they are filled from. */
typedef struct native_server_input {
  oxrtmp_server_options options;
  oxrtmp_limits limits;
  oxrtmp_timeouts timeouts;
  oxrtmp_tls_options tls;
  oxrtmp_user *users; /* freed by native_server_input_free */
  oxrtmp_capabilities capabilities;
} native_server_input;

typedef struct native_mask {
  oxrtmp_mask mask;
  uint32_t codecs[256];
} native_mask;

typedef struct native_client_input {
  oxrtmp_client_options options;
  oxrtmp_limits limits;
  oxrtmp_timeouts timeouts;
  oxrtmp_tls_options tls;
  native_mask mask;
  oxrtmp_capabilities capabilities;
} native_client_input;

/* native_tls fills *tls from the item "tls" of a dict of options, and returns in *given tls, or NULL without one. */
bool native_tls(oxrtmp_tls_options *tls, const oxrtmp_tls_options **given, PyObject *options);

/* native_capabilities_given does so with the item "capabilities" (enhanced.c), native_capabilities_fill reads one. */
bool native_capabilities_fill(oxrtmp_capabilities *c, PyObject *dict);
bool native_capabilities_given(oxrtmp_capabilities *c, const oxrtmp_capabilities **given, PyObject *options);

/* native_mask_fill does so with the item "mask". */
bool native_mask_fill(native_mask *mask, const oxrtmp_mask **given, PyObject *options);

enum { NATIVE_TRACKS = 512 };

typedef struct native_metadata_input {
  oxrtmp_metadata metadata;
  oxrtmp_track_info tracks[NATIVE_TRACKS];
} native_metadata_input;

/* native_metadata_fill reads metadata from a dict, whose item "tracks" is a list of dicts, and native_metadata_dict makes
 * such a dict. */
bool native_metadata_fill(native_metadata_input *in, PyObject *dict);
PyObject *native_metadata_dict(const oxrtmp_metadata *metadata, const oxrtmp_track_info *tracks, size_t count);

bool native_server_input_fill(native_server_input *in, PyObject *options, PyObject *limits, PyObject *timeouts);
void native_server_input_free(native_server_input *in);
bool native_client_input_fill(native_client_input *in, PyObject *options, PyObject *limits, PyObject *timeouts);

/* native_dict makes a dict of all fields. */
PyObject *native_dict(const void *in, const field *fields);

/* A codec's number as a str of its four characters, "" for 0, and back. */
PyObject *native_codec_text(uint32_t codec);
bool native_codec_number(PyObject *text, uint32_t *codec);

/* ---- packets (packet.c) ---- */

/* native_packet_new makes a Packet that takes over the reference of *packet; on failure the reference is released. */
PyObject *native_packet_new(native_state *state, oxrtmp_packet *packet);

/* native_packet_of makes a Packet that shows the memory of a bytes object, and keeps that. */
PyObject *native_packet_of(native_state *state, const oxrtmp_packet *packet, PyObject *bytes);

/* native_bytes makes bytes of what has a buffer; of bytes no copy. */
PyObject *native_bytes(PyObject *source);

/* native_packet_hold returns the packet inside object, which cannot be released until native_packet_unhold, also while the
 * GIL is given up. It raises TypeError, or ValueError when it was released. */
const oxrtmp_packet *native_packet_hold(native_state *state, PyObject *object);
void native_packet_unhold(PyObject *object);

/* The types, to be made by PyType_FromModuleAndSpec. */
extern PyType_Spec native_packet_spec, native_raw_spec, native_inbox_spec, native_intake_spec, native_ready_spec,
    native_take_spec, native_async_take_spec;

/* native_inbox_put puts a packet into an Inbox (inbox.c), or on failure releases it. */
bool native_inbox_put(PyObject *inbox, oxrtmp_packet *packet);

/* ---- events (queue.c) ---- */

enum { NATIVE_EVENTS = 256 }; /* taken by one call */

/* native_items appends to items a tuple for each event, and for packets, which go into the inboxes, only if they are wanted
 * too. It takes over all events, and returns false and an exception if there was no memory for one. */
bool native_items(native_state *state, PyObject *items, oxrtmp_event *events, size_t count, PyObject *inboxes,
                  bool packets);

/* native_events_take returns room for NATIVE_EVENTS, or NULL and an exception; native_events_give gives it back. */
oxrtmp_event *native_events_take(native_state *state);
void native_events_give(native_state *state, oxrtmp_event *events);

/* ---- the functions of each file, for the module's table ---- */

extern PyMethodDef native_queue_methods[], native_server_methods[], native_client_methods[], native_flv_methods[],
    native_engine_methods[], native_send_methods[], native_hub_methods[], native_relay_methods[], native_parts_methods[],
    native_payload_methods[], native_amf_methods[],
    native_calls_methods[], native_enhanced_methods[], native_codec_methods[], native_ending_methods[];

/* ---- calling the library ---- */

/* NATIVE_CALL runs a call without the GIL. */
#define NATIVE_CALL(status, call) \
  do { \
    PyThreadState *thread_ = PyEval_SaveThread(); \
    (status) = (call); \
    native_return(thread_); \
  } while (0)

/* native_return takes the GIL again; where the interpreter ends it does not return. native_begin comes before all calls. */
void native_return(PyThreadState *thread);
void native_begin(void);

/* native_none is what a function that only has a status returns. */
static inline PyObject *native_none(PyObject *module, oxrtmp_status status) {
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  Py_RETURN_NONE;
}

/* NATIVE_SIMPLE defines a wrapper of function(handle). */
#define NATIVE_SIMPLE(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *argument) { \
    handle_type handle = {PyLong_AsUnsignedLongLong(argument)}; \
    if (PyErr_Occurred()) { \
      return NULL; \
    } \
    oxrtmp_status status; \
    NATIVE_CALL(status, function(handle)); \
    return native_none(module, status); \
  }

/* NATIVE_TEXT calls a function whose last parameters are a buffer, its size and the text's length, and makes a str (or
 * with of_bytes a bytes) of what it writes. It leaves the object in result, or NULL and the status. */
#define NATIVE_TEXT(result, status, of_bytes, buffer_type, function, ...) \
  do { \
    char small_[512]; \
    size_t length_ = 0; \
    char *text_ = small_; \
    (result) = NULL; \
    (status) = function(__VA_ARGS__, (buffer_type *)text_, sizeof small_, &length_); \
    while ((status) == OXRTMP_E_BUFFER) { /* what grows may do so between two calls */ \
      size_t room_ = length_ + length_ / 8 + 1; \
      char *more_ = PyMem_Realloc(text_ != small_ ? text_ : NULL, room_); \
      if (more_ == NULL) { \
        PyErr_NoMemory(); \
        break; \
      } \
      text_ = more_; \
      (status) = function(__VA_ARGS__, (buffer_type *)text_, room_, &length_); \
    } \
    if ((status) == OXRTMP_OK) { \
      (result) = (of_bytes) ? PyBytes_FromStringAndSize(text_, (Py_ssize_t)length_) : native_text(text_, length_); \
    } \
    if (text_ != small_) { \
      PyMem_Free(text_); \
    } \
  } while (0)

/* NATIVE_BYTES calls a function whose last parameters are a buffer, its size and a length, and leaves in result: where
 * target is None, new bytes; where it is a writable buffer, how many were written to it; None where there is nothing yet;
 * NULL and an exception on failure. */
#define NATIVE_BYTES(result, status, module, target, function, ...) \
  do { \
    uint8_t small_[512]; \
    size_t length_ = 0; \
    Py_buffer into_; \
    (result) = NULL; \
    if ((target) != Py_None) { \
      if (PyObject_GetBuffer((target), &into_, PyBUF_WRITABLE) == 0) { \
        (status) = function(__VA_ARGS__, into_.buf, (size_t)into_.len, &length_); \
        (result) = (status) == OXRTMP_OK ? PyLong_FromSize_t(length_) \
                                         : native_not_written((module), (status), length_, into_.len); \
        PyBuffer_Release(&into_); \
      } \
      break; \
    } \
    (status) = function(__VA_ARGS__, small_, sizeof small_, &length_); \
    if ((status) != OXRTMP_E_BUFFER) { \
      (result) = (status) == OXRTMP_OK ? PyBytes_FromStringAndSize((char *)small_, (Py_ssize_t)length_) \
                                       : native_not_written((module), (status), 0, 0); \
    } else if (((result) = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length_)) != NULL) { \
      (status) = function(__VA_ARGS__, (uint8_t *)PyBytes_AsString(result), length_, &length_); \
      if ((status) != OXRTMP_OK) { \
        Py_DECREF(result); \
        (result) = native_not_written((module), (status), length_, 0); \
      } \
    } \
  } while (0)

/* NATIVE_GETTER defines a wrapper of function(handle, buf, cap, length) that returns the text, as bytes if so wanted. */
#define NATIVE_GETTER(name, function, handle_type, of_bytes) \
  static PyObject *name(PyObject *module, PyObject *argument) { \
    handle_type handle = {PyLong_AsUnsignedLongLong(argument)}; \
    if (PyErr_Occurred()) { \
      return NULL; \
    } \
    PyObject *result; \
    oxrtmp_status status; \
    NATIVE_TEXT(result, status, of_bytes, char, function, handle); \
    if (result == NULL && !PyErr_Occurred()) { \
      return native_raise(module, status); \
    } \
    return result; \
  }

/* NATIVE_STRUCT_GETTER defines a wrapper of function(handle, struct) that returns a dict. */
#define NATIVE_STRUCT_GETTER(name, function, handle_type, struct_, fields) \
  static PyObject *name(PyObject *module, PyObject *argument) { \
    handle_type handle = {PyLong_AsUnsignedLongLong(argument)}; \
    if (PyErr_Occurred()) { \
      return NULL; \
    } \
    struct_ out = {.struct_size = sizeof out}; \
    oxrtmp_status status = function(handle, &out); \
    return status == OXRTMP_OK ? native_dict(&out, fields) : native_raise(module, status); \
  }

/* native_or_none is None where there is nothing yet, else NULL and the exception of a status. */
static inline PyObject *native_or_none(PyObject *module, oxrtmp_status status) {
  if (status == OXRTMP_E_AGAIN) {
    Py_RETURN_NONE;
  }
  return native_raise(module, status);
}

/* NATIVE_METADATA defines a wrapper of function(handle, metadata) that returns a dict, or None where there is none yet. */
#define NATIVE_METADATA(name, function, tracks_function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *argument) { \
    handle_type handle = {PyLong_AsUnsignedLongLong(argument)}; \
    if (PyErr_Occurred()) { \
      return NULL; \
    } \
    oxrtmp_metadata metadata; \
    oxrtmp_metadata_init(&metadata); \
    oxrtmp_track_info tracks[NATIVE_TRACKS]; \
    size_t count = 0; \
    oxrtmp_status status = function(handle, &metadata); \
    if (status == OXRTMP_OK) { \
      status = tracks_function(handle, tracks, NATIVE_TRACKS, &count); \
    } \
    return status == OXRTMP_OK ? native_metadata_dict(&metadata, tracks, count) : native_or_none(module, status); \
  }

/* NATIVE_METADATA_TEXT is NATIVE_METADATA for text and bytes. */
#define NATIVE_METADATA_TEXT(name, function, handle_type, buffer_type, of_bytes) \
  static PyObject *name(PyObject *module, PyObject *argument) { \
    handle_type handle = {PyLong_AsUnsignedLongLong(argument)}; \
    if (PyErr_Occurred()) { \
      return NULL; \
    } \
    PyObject *result; \
    oxrtmp_status status; \
    NATIVE_TEXT(result, status, of_bytes, buffer_type, function, handle); \
    return result == NULL && !PyErr_Occurred() ? native_or_none(module, status) : result; \
  }

/* NATIVE_PING defines a wrapper of function(handle, timeout_ms, rtt_ns), which waits, and returns nanoseconds. */
#define NATIVE_PING(name, function, handle_type) \
  static PyObject *name(PyObject *module, PyObject *args) { \
    handle_type handle; \
    int timeout_ms; \
    if (!PyArg_ParseTuple(args, "Ki", &handle.id, &timeout_ms)) { \
      return NULL; \
    } \
    int64_t rtt_ns; \
    oxrtmp_status status; \
    NATIVE_CALL(status, function(handle, timeout_ms, &rtt_ns)); \
    return status == OXRTMP_OK ? PyLong_FromLongLong(rtt_ns) : native_raise(module, status); \
  }

#endif
