/* Intake: takes events from a queue for all threads that wait for them, one at a time. What a signal's handler raises comes
 * between any two calls, and nothing is lost by that, nor held for ever: a call leaves what it has taken in a list, and no
 * thread is at the queue longer than its call lasts. */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <structmember.h>
#include <time.h>

enum { FIRST_EVENTS = 32 }; /* taken by a call that has waited: little memory for each thread that waits */

typedef struct intake_object {
  PyObject_HEAD
  oxrtmp_queue queue;
  PyObject *inboxes;       /* dict: where packets go */
  PyObject *items;         /* list: the other events, until they are settled */
  PyObject *others;        /* list: locks on which threads wait for the one that is at it */
  unsigned long long turn; /* changes when there may be something for the others */
  bool busy;               /* a thread waits in a call */
  bool closed;
} intake_object;

#define INTAKE(object) ((intake_object *)(object))

static PyObject *intake_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  unsigned long long queue;
  PyObject *inboxes, *items, *others;
  if (kwargs != NULL && PyDict_Size(kwargs) != 0) {
    PyErr_SetString(PyExc_TypeError, "Intake() takes no keyword arguments");
    return NULL;
  }
  if (!PyArg_ParseTuple(args, "KO!O!O!", &queue, &PyDict_Type, &inboxes, &PyList_Type, &items, &PyList_Type, &others)) {
    return NULL;
  }
  intake_object *self = PyObject_New(intake_object, type);
  if (self != NULL) {
    self->queue.id = queue;
    self->inboxes = Py_NewRef(inboxes);
    self->items = Py_NewRef(items);
    self->others = Py_NewRef(others);
    self->turn = 0;
    self->busy = self->closed = false;
  }
  return (PyObject *)self;
}

static void intake_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  Py_DECREF(INTAKE(object)->inboxes);
  Py_DECREF(INTAKE(object)->items);
  Py_DECREF(INTAKE(object)->others);
  PyObject_Free(object);
  Py_DECREF(type);
}

/* intake_tell has the others look again. */
static void intake_tell(intake_object *self) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  self->turn++;
  while (PyList_Size(self->others) > 0) {
    PyObject *lock = Py_NewRef(PyList_GetItem(self->others, 0));
    PyList_SetSlice(self->others, 0, 1, NULL);
    Py_XDECREF(PyObject_CallMethod(lock, "release", NULL));
    Py_DECREF(lock);
  }
  PyErr_Restore(type, value, traceback);
}

/* intake_destroy fails in a forked child, where that does not matter. */
static void intake_destroy(intake_object *self) {
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_queue_destroy(self->queue));
  (void)status;
}

/* intake_enter returns NULL when this thread is to wait now, and is at it from then on; else what its caller returns: True to
 * look again, None where another thread is at it, or NULL with an exception. */
static PyObject *intake_enter(intake_object *self, unsigned long long turn) {
  if (self->closed || self->turn != turn) {
    Py_RETURN_TRUE;
  }
  if (self->busy) { /* in a forked child by nobody: that raises */
    int fd;
    return native_none(PyType_GetModule(Py_TYPE((PyObject *)self)), oxrtmp_queue_fd(self->queue, &fd));
  }
  self->busy = true;
  return NULL;
}

/* intake_leave is the end of it. */
static void intake_leave(intake_object *self) {
  self->busy = false;
  intake_tell(self);
  if (self->closed) {
    intake_destroy(self);
  }
}

static PyObject *intake_wait(PyObject *object, PyObject *const *args, Py_ssize_t nargs) {
  intake_object *self = INTAKE(object);
  if (nargs != 2) {
    PyErr_SetString(PyExc_TypeError, "wait(turn, milliseconds)");
    return NULL;
  }
  unsigned long long turn = PyLong_AsUnsignedLongLong(args[0]);
  long milliseconds = PyLong_AsLong(args[1]);
  if (PyErr_Occurred()) {
    return NULL;
  }
  PyObject *said = intake_enter(self, turn);
  if (said != NULL || PyErr_Occurred()) {
    return said;
  }
  oxrtmp_event events[FIRST_EVENTS];
  size_t count;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_queue_wait(self->queue, (int32_t)milliseconds, events, FIRST_EVENTS, &count));
  PyObject *module = PyType_GetModule(Py_TYPE(object));
  if (status == OXRTMP_OK) {
    bool made = native_items(native_state_of(module), self->items, events, count, self->inboxes, false);
    said = made ? PyBool_FromLong(count > 0) : NULL;
  } else if (status == OXRTMP_E_TIMEOUT) {
    said = Py_NewRef(Py_False);
  } else {
    native_raise(module, status);
  }
  intake_leave(self);
  return said;
}

/* intake_drain keeps the interpreter's lock: what two threads take stays in order. */
static PyObject *intake_drain(PyObject *object, PyObject *unused) {
  (void)unused;
  intake_object *self = INTAKE(object);
  PyObject *module = PyType_GetModule(Py_TYPE(object));
  native_state *state = native_state_of(module);
  if (self->closed) {
    Py_RETURN_FALSE;
  }
  if (self->busy) {
    int fd;
    oxrtmp_status status = oxrtmp_queue_fd(self->queue, &fd);
    return status == OXRTMP_OK ? Py_NewRef(Py_False) : native_raise(module, status);
  }
  oxrtmp_event *events = native_events_take(state);
  if (events == NULL) {
    return NULL;
  }
  size_t count;
  oxrtmp_status status = oxrtmp_queue_drain(self->queue, events, NATIVE_EVENTS, &count);
  bool made = status == OXRTMP_OK && native_items(state, self->items, events, count, self->inboxes, false);
  native_events_give(state, events);
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  if (count > 0) {
    intake_tell(self);
  }
  return made ? PyBool_FromLong(count > 0) : NULL;
}

/* poll_readable polls with the thread's signals blocked until it waits, so that one which comes between the last look at
 * Python's signals and the waiting ends that at once. */
static int poll_readable(int fd, int wake, double seconds, const sigset_t *mask) {
  struct pollfd wanted[] = {{.fd = fd, .events = POLLIN}, {.fd = wake, .events = POLLIN}}; /* -1 is passed over */
  struct timespec timeout = {0, 0};
  if (seconds > 0) {
    timeout.tv_sec = (time_t)seconds;
    timeout.tv_nsec = (long)((seconds - (double)timeout.tv_sec) * 1e9);
  }
  int result;
  NATIVE_CALL(result, ppoll(wanted, 2, seconds < 0 ? NULL : &timeout, mask));
  if (result > 0 && wanted[1].revents != 0) {
    int error = errno;
    char signals[64];
    while (read(wake, signals, sizeof signals) > 0) { /* it does not block */
    }
    errno = error;
  }
  return result;
}

/* wakeup_begin has Python write to a descriptor when another thread has got a signal, by signal.set_wakeup_fd, and returns the
 * one that was there before. Where the program has one of its own, and in a subinterpreter, which gets no signals, it returns
 * None and sets *wake to -1. */
static PyObject *wakeup_begin(PyObject *set_wakeup_fd, PyObject *write, int *wake) {
  PyObject *args = PyTuple_Pack(1, write), *kwargs = Py_BuildValue("{sO}", "warn_on_full_buffer", Py_False);
  PyObject *before = args != NULL && kwargs != NULL ? PyObject_Call(set_wakeup_fd, args, kwargs) : NULL;
  Py_XDECREF(args);
  Py_XDECREF(kwargs);
  long fd = before != NULL ? PyLong_AsLong(before) : -1;
  if (fd != -1 && fd != PyLong_AsLong(write)) {
    Py_XDECREF(PyObject_CallFunctionObjArgs(set_wakeup_fd, before, NULL));
  } else if (before != NULL || !PyErr_ExceptionMatches(PyExc_ValueError)) {
    return before;
  }
  PyErr_Clear();
  Py_XDECREF(before);
  *wake = -1;
  return Py_NewRef(Py_None);
}

static void wakeup_end(PyObject *set_wakeup_fd, PyObject *before) {
  if (before != Py_None) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_XDECREF(PyObject_CallFunctionObjArgs(set_wakeup_fd, before, NULL));
    PyErr_Restore(type, value, traceback);
  }
  Py_DECREF(before);
}

/* poll_once runs handlers of signals, which may wait here themselves, only while it is not at it. */
static PyObject *poll_once(intake_object *self, unsigned long long turn, double seconds, int wake) {
  int fd, result = 0, error = 0;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  PyObject *said = PyErr_CheckSignals() == 0 ? intake_enter(self, turn) : NULL;
  bool entered = said == NULL && !PyErr_Occurred();
  if (entered && oxrtmp_queue_fd(self->queue, &fd) == OXRTMP_OK) {
    result = poll_readable(fd, wake, seconds, &before);
    error = errno;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (entered) {
    intake_leave(self);
    said = PyBool_FromLong(result != 0);
  }
  if (PyErr_Occurred() || PyErr_CheckSignals() < 0) {
    Py_CLEAR(said);
  } else if (result < 0 && error != EINTR) {
    Py_CLEAR(said);
    errno = error;
    PyErr_SetFromErrno(PyExc_OSError);
  }
  return said;
}

static PyObject *intake_poll(PyObject *object, PyObject *const *args, Py_ssize_t nargs) {
  if (nargs != 5) {
    PyErr_SetString(PyExc_TypeError, "poll(turn, seconds, set_wakeup_fd, wake, write)");
    return NULL;
  }
  unsigned long long turn = PyLong_AsUnsignedLongLong(args[0]);
  double seconds = PyFloat_AsDouble(args[1]);
  int wake = (int)PyLong_AsLong(args[3]);
  if (PyErr_Occurred() || PyErr_CheckSignals() < 0) {
    return NULL;
  }
  seconds = seconds > 1e6 ? 1e6 : seconds; /* eleven days: the caller looks again */
  PyObject *before = wakeup_begin(args[2], args[4], &wake);
  if (before == NULL) {
    return NULL;
  }
  PyObject *said = poll_once(INTAKE(object), turn, seconds, wake);
  wakeup_end(args[2], before);
  return said;
}

static PyObject *intake_settle(PyObject *object, PyObject *const *args, Py_ssize_t nargs) {
  intake_object *self = INTAKE(object);
  if (nargs != 1 && nargs != 3) {
    PyErr_SetString(PyExc_TypeError, "settle(item[, where, what])");
    return NULL;
  }
  if (PyList_Size(self->items) == 0 || PyList_GetItem(self->items, 0) != args[0]) {
    Py_RETURN_FALSE;
  }
  if (PyList_SetSlice(self->items, 0, 1, NULL) < 0) {
    return NULL;
  }
  PyObject *kept = nargs == 3 ? PyObject_CallMethod(args[1], "append", "(O)", args[2]) : Py_NewRef(Py_None);
  if (kept == NULL) {
    return NULL;
  }
  Py_DECREF(kept);
  Py_RETURN_TRUE;
}

static PyObject *intake_wake(PyObject *object, PyObject *unused) {
  (void)unused;
  intake_object *self = INTAKE(object);
  intake_tell(self);
  if (self->busy) {
    oxrtmp_queue_wake(self->queue);
  }
  Py_RETURN_NONE;
}

static PyObject *intake_close(PyObject *object, PyObject *unused) {
  intake_object *self = INTAKE(object);
  if (!self->closed) {
    self->closed = true;
    Py_DECREF(intake_wake(object, unused));
    if (!self->busy) {
      intake_destroy(self);
    }
  }
  Py_RETURN_NONE;
}

static PyMethodDef intake_methods[] = {
    {"wait", (PyCFunction)(void (*)(void))intake_wait, METH_FASTCALL,
     "wait(turn, milliseconds)\n--\n\nWait for events (negative: for ever) and take them, if it is still that turn. True when "
     "there may be something, None when another thread waits. Signals do not end it."},
    {"poll", (PyCFunction)(void (*)(void))intake_poll, METH_FASTCALL,
     "poll(turn, seconds, set_wakeup_fd, wake, write)\n--\n\nWait in the main thread as wait does, and take nothing. Signals "
     "end it; the two ends of a pipe are for those that other threads get. What their handlers raise is raised."},
    {"drain", intake_drain, METH_NOARGS, "drain()\n--\n\nTake the events that are there, unless a thread waits."},
    {"settle", (PyCFunction)(void (*)(void))intake_settle, METH_FASTCALL,
     "settle(item[, where, what])\n--\n\nTake away the first item, and append to where what became of it. False when it is "
     "not the first any more."},
    {"wake", intake_wake, METH_NOARGS, "wake()\n--\n\nHave all threads that wait look again."},
    {"close", intake_close, METH_NOARGS, "close()\n--\n\nDestroy the queue, once no thread waits any more."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef intake_members[] = {
    {"turn", T_ULONGLONG, offsetof(intake_object, turn), READONLY, NULL},
    {"closed", T_BOOL, offsetof(intake_object, closed), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot intake_slots[] = {
    {Py_tp_doc, "Takes events from a queue for all threads that wait for them, one at a time."},
    {Py_tp_new, intake_new},
    {Py_tp_dealloc, intake_dealloc},
    {Py_tp_methods, intake_methods},
    {Py_tp_members, intake_members},
    {0, NULL},
};

PyType_Spec native_intake_spec = {"oxrtmp._native.Intake", sizeof(intake_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, intake_slots};
