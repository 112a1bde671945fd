/* The queue, and waiting for its descriptor. */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

enum { MOST_EVENTS = 128 }; /* taken by one call */

static PyObject *queue_create(PyObject *module, PyObject *level) {
  oxrtmp_queue_options options;
  oxrtmp_queue_options_init(&options);
  options.log_level = (uint32_t)PyLong_AsUnsignedLong(level);
  if (PyErr_Occurred()) {
    return NULL;
  }
  oxrtmp_queue queue;
  oxrtmp_status status = oxrtmp_queue_create(&options, &queue);
  return status == OXRTMP_OK ? PyLong_FromUnsignedLongLong(queue.id) : native_raise(module, status);
}

static PyObject *queue_fd(PyObject *module, PyObject *argument) {
  oxrtmp_queue queue = {PyLong_AsUnsignedLongLong(argument)};
  if (PyErr_Occurred()) {
    return NULL;
  }
  int fd;
  oxrtmp_status status = oxrtmp_queue_fd(queue, &fd);
  return status == OXRTMP_OK ? PyLong_FromLong(fd) : native_raise(module, status);
}

NATIVE_SIMPLE(queue_wake, queue)
NATIVE_SIMPLE(queue_destroy, queue)

/* ---- events as tuples ---- */

/* packets_item takes events from *at on, as long as they are packets of one source, as (type, user_data, packets, bytes). */
static PyObject *packets_item(native_state *state, oxrtmp_event *events, size_t count, size_t *at) {
  uint64_t source = events[*at].source, user_data = events[*at].user_data;
  size_t bytes = 0;
  PyObject *packets = PyList_New(0);
  for (; *at < count && events[*at].type == OXRTMP_EVENT_PACKET && events[*at].source == source; (*at)++) {
    oxrtmp_packet *p = &events[*at].u.packet;
    bytes += p->raw_size;
    if (packets == NULL) {
      oxrtmp_packet_release(p);
      continue;
    }
    PyObject *packet = native_packet_new(state, p);
    if (packet == NULL || PyList_Append(packets, packet) < 0) {
      Py_CLEAR(packets);
    }
    Py_XDECREF(packet);
  }
  return packets != NULL ? Py_BuildValue("(iKNn)", OXRTMP_EVENT_PACKET, user_data, packets, (Py_ssize_t)bytes) : NULL;
}

/* info_item makes (type, user_data, (status, phase, code, text, level, time_ns), 0). */
static PyObject *info_item(const oxrtmp_event *e) {
  const oxrtmp_event_info *info = &e->u.info;
  PyObject *code = native_text(info->code, strnlen(info->code, sizeof info->code));
  PyObject *text = native_text(info->text, strnlen(info->text, sizeof info->text));
  if (code == NULL || text == NULL) {
    Py_XDECREF(code);
    Py_XDECREF(text);
    return NULL;
  }
  return Py_BuildValue("(IK(isNNIL)i)", e->type, e->user_data, e->status, oxrtmp_phase_name(e->phase), code, text,
                       e->level, (long long)e->time_ns, 0);
}

static PyObject *next_item(native_state *state, oxrtmp_event *events, size_t count, size_t *at) {
  if (events[*at].type == OXRTMP_EVENT_PACKET) {
    return packets_item(state, events, count, at);
  }
  const oxrtmp_event *e = &events[(*at)++];
  if (e->type == OXRTMP_EVENT_REQUEST) {
    return Py_BuildValue("(iKKi)", OXRTMP_EVENT_REQUEST, e->user_data, e->request.id, 0);
  }
  return info_item(e);
}

static PyObject *queue_drain(PyObject *module, PyObject *const *args, Py_ssize_t nargs) {
  if (nargs != 2) {
    PyErr_SetString(PyExc_TypeError, "queue_drain(queue, most)");
    return NULL;
  }
  oxrtmp_queue queue = {PyLong_AsUnsignedLongLong(args[0])};
  size_t most = PyLong_AsSize_t(args[1]), count, at = 0;
  if (PyErr_Occurred()) {
    return NULL;
  }
  oxrtmp_event events[MOST_EVENTS];
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_queue_drain(queue, events, most < MOST_EVENTS ? most : MOST_EVENTS, &count));
  if (status != OXRTMP_OK) {
    return native_raise(module, status);
  }
  PyObject *items = PyList_New(0);
  while (items != NULL && at < count) {
    PyObject *item = next_item(native_state_of(module), events, count, &at);
    if (item == NULL || PyList_Append(items, item) < 0) {
      Py_CLEAR(items);
    }
    Py_XDECREF(item);
  }
  for (; at < count; at++) { /* memory ran out: requests run into their deadlines */
    oxrtmp_event_release(&events[at]);
  }
  return items;
}

/* ---- waiting ---- */

/* poll_readable polls with the thread's signals blocked until it waits, so that one which comes between the last look at
 * Python's signals and the waiting ends that at once. */
static int poll_readable(int fd, double seconds, const sigset_t *mask) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  struct timespec timeout = {0, 0};
  if (seconds > 0) {
    timeout.tv_sec = (time_t)seconds;
    timeout.tv_nsec = (long)((seconds - (double)timeout.tv_sec) * 1e9);
  }
  int result;
  Py_BEGIN_ALLOW_THREADS
  result = ppoll(&wanted, 1, seconds < 0 ? NULL : &timeout, mask);
  Py_END_ALLOW_THREADS
  return result;
}

/* wait_readable(fd, seconds) waits until fd is readable (true), the time is over (false; negative: never), or Python has
 * dealt with a signal (true: look again). An exception of a signal's handler, such as KeyboardInterrupt, is raised. */
static PyObject *wait_readable(PyObject *module, PyObject *const *args, Py_ssize_t nargs) {
  (void)module;
  if (nargs != 2) {
    PyErr_SetString(PyExc_TypeError, "wait_readable(fd, seconds)");
    return NULL;
  }
  long fd = PyLong_AsLong(args[0]);
  double seconds = PyFloat_AsDouble(args[1]);
  if (PyErr_Occurred() || PyErr_CheckSignals() < 0) {
    return NULL;
  }
  seconds = seconds > 1e6 ? 1e6 : seconds; /* eleven days: the caller looks again */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int result = PyErr_CheckSignals(), error = 0;
  if (result == 0) {
    result = poll_readable((int)fd, seconds, &before);
    error = errno;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (PyErr_Occurred() || PyErr_CheckSignals() < 0) {
    return NULL;
  }
  if (result < 0 && error != EINTR) {
    errno = error;
    return PyErr_SetFromErrno(PyExc_OSError);
  }
  return PyBool_FromLong(result != 0);
}

PyMethodDef native_queue_methods[] = {
    {"queue_create", queue_create, METH_O, NULL},
    {"queue_fd", queue_fd, METH_O, NULL},
    {"queue_drain", (PyCFunction)(void (*)(void))queue_drain, METH_FASTCALL, NULL},
    {"queue_wake", queue_wake, METH_O, NULL},
    {"queue_destroy", queue_destroy, METH_O, NULL},
    {"wait_readable", (PyCFunction)(void (*)(void))wait_readable, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};
