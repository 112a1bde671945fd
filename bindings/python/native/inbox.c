/* Inbox: packets that wait to be taken, in order; and what takes them in `for` and `async for`, without code of Python, or a
 * coroutine, for each. They become Python objects when they are taken, so that in a loop each is made where the last one has
 * just died. */
#include "native.h"

#include <structmember.h>

typedef struct inbox_object {
  PyObject_HEAD
  oxrtmp_packet *packets; /* a ring; its capacity is a power of two */
  size_t head, count, capacity;
  Py_ssize_t bytes; /* of all of them */
} inbox_object;

#define INBOX(object) ((inbox_object *)(object))

/* grow makes room for more. */
static bool grow(inbox_object *self) {
  size_t capacity = self->capacity ? self->capacity * 2 : 16;
  oxrtmp_packet *packets = PyMem_Malloc(capacity * sizeof *packets);
  if (packets == NULL) {
    PyErr_NoMemory();
    return false;
  }
  for (size_t i = 0; i < self->count; i++) {
    packets[i] = self->packets[(self->head + i) & (self->capacity - 1)];
  }
  PyMem_Free(self->packets);
  self->packets = packets;
  self->capacity = capacity;
  self->head = 0;
  return true;
}

bool native_inbox_put(PyObject *inbox, oxrtmp_packet *packet) {
  inbox_object *self = INBOX(inbox);
  if (self->count == self->capacity && !grow(self)) {
    oxrtmp_packet_release(packet);
    return false;
  }
  self->packets[(self->head + self->count++) & (self->capacity - 1)] = *packet;
  self->bytes += (Py_ssize_t)packet->raw_size;
  return true;
}

/* inbox_first takes the first packet out; there is one. */
static oxrtmp_packet *inbox_first(inbox_object *self) {
  oxrtmp_packet *packet = &self->packets[self->head];
  self->head = (self->head + 1) & (self->capacity - 1);
  self->count--;
  self->bytes -= (Py_ssize_t)packet->raw_size;
  return packet;
}

static PyObject *inbox_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  if (PyTuple_Size(args) != 0 || (kwargs != NULL && PyDict_Size(kwargs) != 0)) {
    PyErr_SetString(PyExc_TypeError, "Inbox() takes no arguments");
    return NULL;
  }
  inbox_object *self = PyObject_New(inbox_object, type);
  if (self != NULL) {
    self->packets = NULL;
    self->head = self->count = self->capacity = 0;
    self->bytes = 0;
  }
  return (PyObject *)self;
}

static PyObject *inbox_clear(PyObject *object, PyObject *unused) {
  (void)unused;
  while (INBOX(object)->count > 0) {
    oxrtmp_packet_release(inbox_first(INBOX(object)));
  }
  Py_RETURN_NONE;
}

static void inbox_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  Py_DECREF(inbox_clear(object, NULL));
  PyMem_Free(INBOX(object)->packets);
  PyObject_Free(object);
  Py_DECREF(type);
}

/* inbox_next returns the first packet, or NULL without an exception. */
static PyObject *inbox_next(PyObject *object) {
  if (INBOX(object)->count == 0) {
    return NULL;
  }
  return native_packet_new(PyType_GetModuleState(Py_TYPE(object)), inbox_first(INBOX(object)));
}

static PyObject *inbox_take(PyObject *object, PyObject *most) {
  Py_ssize_t count = PyLong_AsSsize_t(most);
  if (count < 0) {
    if (!PyErr_Occurred()) {
      PyErr_SetString(PyExc_ValueError, "less than nothing is wanted");
    }
    return NULL;
  }
  PyObject *list = PyList_New(0); /* that may end objects, which may take packets themselves */
  while (list != NULL && count-- > 0 && INBOX(object)->count > 0) {
    PyObject *packet = inbox_next(object);
    if (packet == NULL || PyList_Append(list, packet) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(packet);
  }
  return list;
}

static PyObject *inbox_iter(PyObject *object) { return Py_NewRef(object); }

static Py_ssize_t inbox_length(PyObject *object) { return (Py_ssize_t)INBOX(object)->count; }

static PyMethodDef inbox_methods[] = {
    {"take", inbox_take, METH_O, "take(most)\n--\n\nTake packets that are there, at most so many."},
    {"clear", inbox_clear, METH_NOARGS, "clear()\n--\n\nDrop all packets."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef inbox_members[] = {
    {"bytes", T_PYSSIZET, offsetof(inbox_object, bytes), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot inbox_slots[] = {
    {Py_tp_doc, "Packets that wait. An iterator over what is there, which can be taken up again."},
    {Py_tp_new, inbox_new},
    {Py_tp_dealloc, inbox_dealloc},
    {Py_tp_iter, inbox_iter},
    {Py_tp_iternext, inbox_next},
    {Py_tp_methods, inbox_methods},
    {Py_tp_members, inbox_members},
    {Py_sq_length, inbox_length},
    {0, NULL},
};

PyType_Spec native_inbox_spec = {"oxrtmp._native.Inbox", sizeof(inbox_object), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, inbox_slots};

/* ---- Ready: an awaitable of the first packet, which is there, and stays there unless somebody awaits it ---- */

typedef struct ready_object {
  PyObject_HEAD
  PyObject *inbox, *wait;
  bool done;
} ready_object;

#define READY(object) ((ready_object *)(object))

static int ready_traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT((PyObject *)Py_TYPE(object));
  Py_VISIT(READY(object)->inbox);
  Py_VISIT(READY(object)->wait);
  return 0;
}

static int ready_clear(PyObject *object) {
  Py_CLEAR(READY(object)->inbox);
  Py_CLEAR(READY(object)->wait);
  return 0;
}

static void ready_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  ready_clear(object);
  PyObject_GC_Del(object);
  Py_DECREF(type);
}

/* ready_await returns what the awaiting goes on with: the object itself, or the waiting if another task was quicker. */
static PyObject *ready_await(PyObject *object) {
  if (READY(object)->done || inbox_length(READY(object)->inbox) > 0) {
    return Py_NewRef(object);
  }
  READY(object)->done = true;
  PyObject *waiting = PyObject_CallNoArgs(READY(object)->wait);
  PyObject *iterator = waiting != NULL ? PyObject_CallMethod(waiting, "__await__", NULL) : NULL;
  Py_XDECREF(waiting);
  return iterator;
}

/* ready_send is for interpreters that ask for it, ready_next for the others, to which an exception brings the value. */
static PySendResult ready_send(PyObject *object, PyObject *sent, PyObject **result) {
  (void)sent;
  *result = READY(object)->done ? NULL : inbox_next(READY(object)->inbox);
  READY(object)->done = true;
  if (*result == NULL && !PyErr_Occurred()) {
    PyErr_SetString(PyExc_RuntimeError, "awaited already");
  }
  return *result != NULL ? PYGEN_RETURN : PYGEN_ERROR;
}

static PyObject *ready_next(PyObject *object) {
  PyObject *value;
  if (ready_send(object, NULL, &value) == PYGEN_RETURN) {
    PyErr_SetObject(PyExc_StopIteration, value); /* a Packet: neither a tuple nor an exception */
    Py_DECREF(value);
  }
  return NULL;
}

static PyType_Slot ready_slots[] = {
    {Py_tp_dealloc, ready_dealloc},
    {Py_tp_traverse, ready_traverse},
    {Py_tp_clear, ready_clear},
    {Py_am_await, ready_await},
    {Py_am_send, ready_send},
    {Py_tp_iter, inbox_iter},
    {Py_tp_iternext, ready_next},
    {0, NULL},
};

PyType_Spec native_ready_spec = {"oxrtmp._native.Ready", sizeof(ready_object), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                                     Py_TPFLAGS_IMMUTABLETYPE,
                                 ready_slots};

/* ---- Take(inbox, wait): an iterator: what is in the inbox, as long as wait() says that there is something ----
 * ---- AsyncTake(inbox, wait): an asynchronous iterator: what is in the inbox, else what awaiting wait() gives ---- */

typedef struct take_object {
  PyObject_HEAD
  PyObject *inbox, *wait;
  PyObject *ready; /* of AsyncTake: the last one, to be used again */
} take_object;

#define TAKE(object) ((take_object *)(object))

static int take_traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT((PyObject *)Py_TYPE(object));
  Py_VISIT(TAKE(object)->inbox);
  Py_VISIT(TAKE(object)->wait);
  Py_VISIT(TAKE(object)->ready);
  return 0;
}

static int take_clear(PyObject *object) {
  Py_CLEAR(TAKE(object)->inbox);
  Py_CLEAR(TAKE(object)->wait);
  Py_CLEAR(TAKE(object)->ready);
  return 0;
}

static void take_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  take_clear(object);
  PyObject_GC_Del(object);
  Py_DECREF(type);
}

static PyObject *take_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  native_state *state = PyType_GetModuleState(type);
  PyObject *inbox, *wait;
  if (kwargs != NULL && PyDict_Size(kwargs) != 0) {
    PyErr_Format(PyExc_TypeError, "%R takes no keyword arguments", (PyObject *)type);
    return NULL;
  }
  if (!PyArg_ParseTuple(args, "O!O", state->inbox_type, &inbox, &wait)) {
    return NULL;
  }
  take_object *self = PyObject_GC_New(take_object, type);
  if (self != NULL) {
    self->inbox = Py_NewRef(inbox);
    self->wait = Py_NewRef(wait);
    self->ready = NULL;
    PyObject_GC_Track((PyObject *)self);
  }
  return (PyObject *)self;
}

static PyObject *take_next(PyObject *object) {
  for (;;) {
    PyObject *packet = inbox_next(TAKE(object)->inbox);
    if (packet != NULL || PyErr_Occurred()) {
      return packet;
    }
    PyObject *there = PyObject_CallNoArgs(TAKE(object)->wait);
    int goes_on = there != NULL ? PyObject_IsTrue(there) : -1;
    Py_XDECREF(there);
    if (goes_on <= 0) {
      return NULL;
    }
  }
}

/* take_ready returns a Ready: the last one again, unless somebody still has it. */
static PyObject *take_ready(take_object *self) {
  if (self->ready == NULL || Py_REFCNT(self->ready) > 1) {
    native_state *state = PyType_GetModuleState(Py_TYPE((PyObject *)self));
    ready_object *made = PyObject_GC_New(ready_object, state->ready_type);
    if (made == NULL) {
      return NULL;
    }
    made->inbox = Py_NewRef(self->inbox);
    made->wait = Py_NewRef(self->wait);
    PyObject_GC_Track((PyObject *)made);
    Py_XDECREF(self->ready);
    self->ready = (PyObject *)made;
  }
  READY(self->ready)->done = false;
  return Py_NewRef(self->ready);
}

static PyObject *take_anext(PyObject *object) {
  if (inbox_length(TAKE(object)->inbox) > 0) {
    return take_ready(TAKE(object));
  }
  return PyObject_CallNoArgs(TAKE(object)->wait);
}

static PyType_Slot take_slots[] = {
    {Py_tp_new, take_new},
    {Py_tp_dealloc, take_dealloc},
    {Py_tp_traverse, take_traverse},
    {Py_tp_clear, take_clear},
    {Py_tp_iter, inbox_iter},
    {Py_tp_iternext, take_next},
    {0, NULL},
};

PyType_Spec native_take_spec = {"oxrtmp._native.Take", sizeof(take_object), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE, take_slots};

static PyType_Slot async_take_slots[] = {
    {Py_tp_new, take_new},
    {Py_tp_dealloc, take_dealloc},
    {Py_tp_traverse, take_traverse},
    {Py_tp_clear, take_clear},
    {Py_am_aiter, inbox_iter},
    {Py_am_anext, take_anext},
    {0, NULL},
};

PyType_Spec native_async_take_spec = {"oxrtmp._native.AsyncTake", sizeof(take_object), 0,
                                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
                                      async_take_slots};
