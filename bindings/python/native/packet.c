/* Packet: one unit of media. Its memory is the library's, shown by memoryviews without copying, and given back when the
 * last of them and the Packet are gone. */
#include "native.h"

#include <structmember.h>

typedef struct packet_object {
  PyObject_HEAD
  oxrtmp_packet packet;
  Py_ssize_t exports; /* views that exist */
  bool released;
  PyObject *own_data; /* the bytes objects of a Packet that was made in Python, or NULL */
  PyObject *own_raw;
} packet_object;

/* raw_object exports the whole payload of a Packet, as the Packet itself exports its data. */
typedef struct raw_object {
  PyObject_HEAD
  packet_object *packet;
} raw_object;

#define TYPE(self) Py_TYPE((PyObject *)(self))

static packet_object *packet_alloc(native_state *state, PyTypeObject *type) {
  packet_object *self = state->spare;
  if (self != NULL) {
    state->spare = NULL;
    PyObject_Init((PyObject *)self, type);
  } else {
    self = PyObject_New(packet_object, type);
  }
  if (self != NULL) {
    self->exports = 0;
    self->released = false;
    self->own_data = self->own_raw = NULL;
  }
  return self;
}

PyObject *native_packet_new(native_state *state, oxrtmp_packet *packet) {
  packet_object *self = packet_alloc(state, state->packet_type);
  if (self == NULL) {
    oxrtmp_packet_release(packet);
    return NULL;
  }
  self->packet = *packet;
  return (PyObject *)self;
}

PyObject *native_packet_of(native_state *state, const oxrtmp_packet *packet, PyObject *bytes) {
  packet_object *self = packet_alloc(state, state->packet_type);
  if (self != NULL) {
    self->packet = *packet;
    self->own_raw = Py_NewRef(bytes);
  }
  return (PyObject *)self;
}

static bool packet_is_there(packet_object *self) {
  if (self->released) {
    PyErr_SetString(PyExc_ValueError, "the packet was released");
  }
  return !self->released;
}

const oxrtmp_packet *native_packet_hold(native_state *state, PyObject *object) {
  if (!Py_IS_TYPE(object, state->packet_type)) {
    PyErr_Format(PyExc_TypeError, "a Packet is wanted, not %R", (PyObject *)Py_TYPE(object));
    return NULL;
  }
  packet_object *self = (packet_object *)object;
  if (!packet_is_there(self)) {
    return NULL;
  }
  self->exports++;
  return &self->packet;
}

void native_packet_unhold(PyObject *object) { ((packet_object *)object)->exports--; }

static void packet_drop(packet_object *self) {
  oxrtmp_packet_release(&self->packet); /* sets data, raw and their sizes to zero; nothing to do for bytes of Python's */
  Py_CLEAR(self->own_data);
  Py_CLEAR(self->own_raw);
}

static void packet_dealloc(packet_object *self) {
  PyTypeObject *type = TYPE(self);
  native_state *state = PyType_GetModuleState(type);
  packet_drop(self);
  if (state->spare == NULL) {
    state->spare = self;
  } else {
    PyObject_Free(self);
  }
  Py_DECREF(type);
}

/* ---- making one for sending ---- */

PyObject *native_bytes(PyObject *source) {
  if (!PyObject_CheckBuffer(source)) {
    PyErr_Format(PyExc_TypeError, "bytes are wanted, not %R", (PyObject *)Py_TYPE(source));
    return NULL;
  }
  return PyBytes_FromObject(source);
}

/* take_bytes makes target hold the bytes of source; bytes themselves are not copied. */
static bool take_bytes(PyObject *source, PyObject **target, const uint8_t **data, size_t *size) {
  if (source == NULL || source == Py_None) {
    return true;
  }
  PyObject *bytes = native_bytes(source);
  if (bytes == NULL) {
    return false;
  }
  *target = bytes;
  *data = (const uint8_t *)PyBytes_AsString(bytes);
  *size = (size_t)PyBytes_Size(bytes);
  return true;
}

static PyObject *packet_make(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"type", "timestamp_ms", "data", "raw", "kind", "codec", "flags", "track", "composition_ms",
                          "nano_offset_ns", "frame_type", "packet_type", "audio_header", NULL};
  PyObject *data = NULL, *raw = NULL, *codec = NULL;
  unsigned char message = 0, kind = OXRTMP_PACKET_FRAME, track = 0, frame = 0, packet_type = 0, audio = 0;
  unsigned int timestamp = 0, flags = 0, nano = 0;
  int composition = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "bI|$OObOIbiIbbb:Packet", names, &message, &timestamp, &data, &raw,
                                   &kind, &codec, &flags, &track, &composition, &nano, &frame, &packet_type, &audio)) {
    return NULL;
  }
  packet_object *self = packet_alloc(PyType_GetModuleState(type), type);
  if (self == NULL) {
    return NULL;
  }
  oxrtmp_packet *p = &self->packet;
  memset(p, 0, sizeof *p);
  p->type = message;
  p->timestamp_ms = timestamp;
  p->kind = kind;
  p->flags = flags;
  p->track = track;
  p->composition_ms = composition;
  p->nano_offset_ns = nano;
  p->frame_type = frame;
  p->packet_type = packet_type;
  p->audio_header = audio;
  p->dts_ns = (int64_t)timestamp * 1000000;
  p->pts_ns = p->dts_ns + (int64_t)composition * 1000000 + nano;
  if ((codec != NULL && !native_codec_number(codec, &p->codec)) ||
      !take_bytes(data, &self->own_data, &p->data, &p->size) ||
      !take_bytes(raw, &self->own_raw, &p->raw, &p->raw_size)) {
    Py_DECREF(self);
    return NULL;
  }
  return (PyObject *)self;
}

/* ---- its bytes ---- */

static int export(packet_object *self, PyObject *exporter, Py_buffer *view, int flags, const uint8_t *data, size_t size) {
  static const uint8_t nothing[1];
  if (!packet_is_there(self) ||
      PyBuffer_FillInfo(view, exporter, (void *)(data != NULL ? data : nothing), (Py_ssize_t)size, 1, flags) < 0) {
    return -1;
  }
  self->exports++;
  return 0;
}

static int packet_getbuffer(packet_object *self, Py_buffer *view, int flags) {
  return export(self, (PyObject *)self, view, flags, self->packet.data, self->packet.size);
}

static void packet_releasebuffer(packet_object *self, Py_buffer *view) {
  (void)view;
  self->exports--;
}

static int raw_getbuffer(raw_object *self, Py_buffer *view, int flags) {
  const oxrtmp_packet *p = &self->packet->packet;
  return export(self->packet, (PyObject *)self, view, flags, p->raw, p->raw_size);
}

static void raw_releasebuffer(raw_object *self, Py_buffer *view) {
  (void)view;
  self->packet->exports--;
}

static void raw_dealloc(raw_object *self) {
  PyTypeObject *type = TYPE(self);
  Py_XDECREF((PyObject *)self->packet);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyObject *packet_data(PyObject *self, void *unused) {
  (void)unused;
  return PyMemoryView_FromObject(self);
}

static PyObject *packet_raw(packet_object *self, void *unused) {
  (void)unused;
  native_state *state = PyType_GetModuleState(TYPE(self));
  raw_object *raw = PyObject_New(raw_object, state->raw_type);
  if (raw == NULL) {
    return NULL;
  }
  raw->packet = (packet_object *)Py_NewRef((PyObject *)self);
  PyObject *view = PyMemoryView_FromObject((PyObject *)raw);
  Py_DECREF(raw);
  return view;
}

static Py_ssize_t packet_length(packet_object *self) { return (Py_ssize_t)self->packet.size; }

/* A Packet without bytes is a Packet all the same. */
static int packet_bool(PyObject *self) {
  (void)self;
  return 1;
}

static PyObject *packet_release(packet_object *self, PyObject *unused) {
  (void)unused;
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "a memoryview of the packet exists");
    return NULL;
  }
  if (!self->released) {
    self->released = true;
    packet_drop(self);
  }
  Py_RETURN_NONE;
}

/* ---- what it is ---- */

static PyObject *packet_kind(packet_object *self, void *unused) {
  (void)unused;
  native_state *state = PyType_GetModuleState(TYPE(self));
  if (state->kinds == NULL || self->packet.kind >= PyTuple_Size(state->kinds)) {
    return PyLong_FromLong(self->packet.kind);
  }
  return Py_NewRef(PyTuple_GetItem(state->kinds, self->packet.kind));
}

static PyObject *packet_flags(packet_object *self, void *unused) {
  (void)unused;
  native_state *state = PyType_GetModuleState(TYPE(self));
  if (state->flags == NULL) {
    return PyLong_FromUnsignedLong(self->packet.flags);
  }
  return PyObject_CallFunction(state->flags, "I", self->packet.flags);
}

static PyObject *packet_flag(packet_object *self, void *flag) {
  return PyBool_FromLong((self->packet.flags & (uint32_t)(uintptr_t)flag) != 0);
}

static PyObject *packet_codec(packet_object *self, void *unused) {
  (void)unused;
  return native_codec_text(self->packet.codec);
}

static bool is_data(const oxrtmp_packet *p) { return p->type == 18 || p->type == 15; }

static PyObject *packet_handler(packet_object *self, void *unused) {
  (void)unused;
  PyObject *module = PyType_GetModule(TYPE(self)), *result;
  oxrtmp_status status;
  if (!is_data(&self->packet)) {
    return native_text("", 0);
  }
  if (!packet_is_there(self)) {
    return NULL;
  }
  NATIVE_TEXT(result, status, false, char, oxrtmp_packet_handler, &self->packet);
  return result == NULL && !PyErr_Occurred() ? native_raise(module, status) : result;
}

static PyObject *packet_json(packet_object *self, PyObject *unused) {
  (void)unused;
  PyObject *module = PyType_GetModule(TYPE(self)), *result;
  oxrtmp_status status;
  if (!packet_is_there(self)) {
    return NULL;
  }
  NATIVE_TEXT(result, status, false, char, oxrtmp_packet_json, &self->packet);
  return result == NULL && !PyErr_Occurred() ? native_raise(module, status) : result;
}

/* values is what json parses to. */
static PyObject *packet_values(PyObject *self, PyObject *unused) {
  PyObject *text = packet_json((packet_object *)self, unused), *values = NULL;
  PyObject *json = text != NULL ? PyImport_ImportModule("json") : NULL;
  if (json != NULL) {
    values = PyObject_CallMethod(json, "loads", "O", text);
  }
  Py_XDECREF(json);
  Py_XDECREF(text);
  return values;
}

static PyObject *packet_repr(packet_object *self) {
  static const char *const types[] = {[8] = "audio", [9] = "video", [15] = "data", [18] = "data"};
  const oxrtmp_packet *p = &self->packet;
  const char *type = p->type < sizeof types / sizeof types[0] && types[p->type] != NULL ? types[p->type] : "?";
  PyObject *kind = packet_kind(self, NULL), *codec = packet_codec(self, NULL), *text = NULL;
  if (kind != NULL && codec != NULL) {
    text = PyUnicode_FromFormat("<oxrtmp.Packet %s %R %R at %u ms, track %u, %zd bytes%s>", type, codec, kind,
                                p->timestamp_ms, p->track, (Py_ssize_t)p->size, self->released ? ", released" : "");
  }
  Py_XDECREF(kind);
  Py_XDECREF(codec);
  return text;
}

/* ---- the types ---- */

#define MEMBER(name, type, doc) {#name, type, offsetof(packet_object, packet.name), READONLY, doc}

static PyMemberDef packet_members[] = {
    MEMBER(size, T_PYSSIZET, "Bytes of data."),
    MEMBER(raw_size, T_PYSSIZET, "Bytes of raw."),
    MEMBER(dts_ns, T_LONGLONG, "Decoding time in nanoseconds, without the wrap-around of timestamp_ms."),
    MEMBER(pts_ns, T_LONGLONG, "Presentation time in nanoseconds."),
    MEMBER(arrival_ns, T_LONGLONG, "When its last byte arrived, by time.monotonic_ns(); 0 from files."),
    MEMBER(timestamp_ms, T_UINT, "Decoding time in milliseconds modulo 2**32, as on the wire."),
    MEMBER(composition_ms, T_INT, "Presentation time minus decoding time, in milliseconds."),
    MEMBER(nano_offset_ns, T_UINT, "Further nanoseconds of the presentation time, from Enhanced RTMP."),
    MEMBER(type, T_UBYTE, "RTMP message type: 8 audio, 9 video, 18 or 15 data."),
    MEMBER(track, T_UBYTE, "Track number, 0 where there is but one."),
    MEMBER(frame_type, T_UBYTE, "Video: 1 key, 2 inter, 3 disposable, 4 generated key, 5 command; else 0."),
    MEMBER(packet_type, T_UBYTE, "AVC, AAC or Enhanced RTMP packet type as on the wire."),
    MEMBER(audio_header, T_UBYTE, "First byte of a legacy audio payload; else 0."),
    {NULL, 0, 0, 0, NULL},
};

#define FLAG(flag) (void *)(uintptr_t)(flag)

static PyGetSetDef packet_getset[] = {
    {"data", packet_data, NULL, "The codec's bytes, without any header. No copy: a view of the packet's memory.", NULL},
    {"raw", (getter)packet_raw, NULL, "The whole message payload as it came. No copy.", NULL},
    {"kind", (getter)packet_kind, NULL, "What the packet is for: a PacketKind.", NULL},
    {"flags", (getter)packet_flags, NULL, "Properties: PacketFlags.", NULL},
    {"codec", (getter)packet_codec, NULL, "The codec's four characters, such as \"avc1\"; \"\" for data.", NULL},
    {"handler", (getter)packet_handler, NULL, "Data: the function it is addressed to, such as \"onMetaData\"; else \"\".",
     NULL},
    {"keyframe", (getter)packet_flag, NULL, "Whether it is a video frame that needs no earlier one.",
     FLAG(OXRTMP_PACKET_KEYFRAME)},
    {"malformed", (getter)packet_flag, NULL, "Whether its header was not understood: data is all of raw.",
     FLAG(OXRTMP_PACKET_MALFORMED)},
    {"continued", (getter)packet_flag, NULL, "Whether it is not the first packet of its message.",
     FLAG(OXRTMP_PACKET_CONTINUED)},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef packet_methods[] = {
    {"release", (PyCFunction)packet_release, METH_NOARGS,
     "release()\n--\n\nGive the memory back now. BufferError while a view of it exists."},
    {"json", (PyCFunction)packet_json, METH_NOARGS, "json()\n--\n\nThe values of a data message as a JSON array."},
    {"values", packet_values, METH_NOARGS,
     "values()\n--\n\nThe values of a data message, the handler's name first."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot packet_slots[] = {
    {Py_tp_doc, "Packet(type, timestamp_ms, *, data=None, raw=None, kind=2, codec='', flags=0, track=0, composition_ms=0, "
                "nano_offset_ns=0, frame_type=0, packet_type=0, audio_header=0)\n--\n\n"
                "One unit of media: a frame, or what a decoder needs first, or data. Sessions, clients and files give them.\n\n"
                "One that you make has a message type and a time, and either data, for which a header is written that says\n"
                "kind, codec, flags and the rest, or raw, a whole payload. What is given is kept without a copy if it is bytes.\n"
                "len() is that of data.\n\n"
                ">>> packet = oxrtmp.Packet(9, 40, data=b'frame', codec='avc1', flags=oxrtmp.PacketFlags.KEYFRAME)\n"
                ">>> packet.kind.name, packet.keyframe, packet.pts_ns, bytes(packet.data)\n"
                "('FRAME', True, 40000000, b'frame')"},
    {Py_tp_new, packet_make},
    {Py_tp_dealloc, packet_dealloc},
    {Py_tp_repr, packet_repr},
    {Py_tp_members, packet_members},
    {Py_tp_getset, packet_getset},
    {Py_tp_methods, packet_methods},
    {Py_sq_length, packet_length},
    {Py_nb_bool, packet_bool},
    {Py_bf_getbuffer, packet_getbuffer},
    {Py_bf_releasebuffer, packet_releasebuffer},
    {0, NULL},
};

PyType_Spec native_packet_spec = {"oxrtmp.Packet", sizeof(packet_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, packet_slots};

static PyType_Slot raw_slots[] = {
    {Py_tp_dealloc, raw_dealloc},
    {Py_bf_getbuffer, raw_getbuffer},
    {Py_bf_releasebuffer, raw_releasebuffer},
    {0, NULL},
};

PyType_Spec native_raw_spec = {"oxrtmp._native.Raw", sizeof(raw_object), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                               raw_slots};
