/* The queue, and its events as tuples. */
#include "native.h"

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

NATIVE_SIMPLE(queue_wake, oxrtmp_queue_wake, oxrtmp_queue)
NATIVE_SIMPLE(queue_destroy, oxrtmp_queue_destroy, oxrtmp_queue)

/* ---- events as tuples ---- */

/* inbox_of returns the inbox of a source, borrowed; NULL if it has none any more. */
static PyObject *inbox_of(native_state *state, PyObject *inboxes, uint64_t user_data) {
  PyObject *number = PyLong_FromUnsignedLongLong(user_data);
  PyObject *inbox = number != NULL ? PyDict_GetItemWithError(inboxes, number) : NULL;
  Py_XDECREF(number);
  return inbox != NULL && Py_IS_TYPE(inbox, state->inbox_type) ? inbox : NULL;
}

/* packets_item puts events from *at on into their inbox, as long as they are packets of one source, and makes
 * (type, user_data, their number, their bytes). */
static PyObject *packets_item(native_state *state, oxrtmp_event *events, size_t count, size_t *at, PyObject *inboxes) {
  uint64_t source = events[*at].source, user_data = events[*at].user_data;
  PyObject *inbox = inbox_of(state, inboxes, user_data);
  size_t packets = 0, bytes = 0;
  for (; *at < count && events[*at].type == OXRTMP_EVENT_PACKET && events[*at].source == source; (*at)++) {
    oxrtmp_packet *p = &events[*at].u.packet;
    packets++;
    bytes += p->raw_size;
    if (inbox == NULL) { /* closed meanwhile */
      oxrtmp_packet_release(p);
    } else if (!native_inbox_put(inbox, p)) {
      (*at)++;
      return NULL;
    }
  }
  if (PyErr_Occurred()) {
    return NULL;
  }
  return Py_BuildValue("(iKnn)", OXRTMP_EVENT_PACKET, user_data, (Py_ssize_t)packets, (Py_ssize_t)bytes);
}

/* info_item makes (type, user_data, (status, phase, code, text, level, time_ns, value, on, stream_id), 0). */
static PyObject *info_item(const oxrtmp_event *e) {
  const oxrtmp_event_info *info = &e->u.info;
  PyObject *code = native_text(info->code, strnlen(info->code, sizeof info->code));
  PyObject *text = native_text(info->text, strnlen(info->text, sizeof info->text));
  if (code == NULL || text == NULL) {
    Py_XDECREF(code);
    Py_XDECREF(text);
    return NULL;
  }
  return Py_BuildValue("(IK(isNNILIII)i)", e->type, e->user_data, e->status, oxrtmp_phase_name(e->phase), code, text,
                       e->level, (long long)e->time_ns, e->value, e->on, e->stream_id, 0);
}

/* server_item makes (type, user_data, (kind, connection, peer, app, stream_name, text, packet or None, statistics or None,
 * position_ms, question, status, phase), its bytes). The question of a MEDIA_TAG is Python's to answer, by event_answer. */
static PyObject *server_item(native_state *state, oxrtmp_event *e) {
  oxrtmp_server_event *told = &e->u.server;
  const char *texts[] = {told->peer, told->app, told->stream_name, told->text};
  Py_ssize_t size = (Py_ssize_t)told->packet.raw_size;
  PyObject *of[6] = {NULL};
  bool made = true;
  for (int i = 0; i < 4; i++) {
    of[i] = native_text(texts[i], strlen(texts[i]));
  }
  of[5] = told->statistics != NULL ? native_dict(told->statistics, native_statistics) : Py_NewRef(Py_None);
  if (told->packet.token != 0) {
    of[4] = native_packet_new(state, &told->packet);
    memset(&told->packet, 0, sizeof told->packet);
  } else {
    of[4] = Py_NewRef(Py_None);
  }
  for (int i = 0; i < 6; i++) {
    made = made && of[i] != NULL;
  }
  PyObject *item = NULL;
  if (made) {
    item = Py_BuildValue("(IK(IKOOOOOOIKis)n)", e->type, e->user_data, e->value, told->connection, of[0], of[1], of[2],
                         of[3], of[4], of[5], told->position_ms, e->request.id, e->status,
                         oxrtmp_phase_name(e->phase), size);
  }
  for (int i = 0; i < 6; i++) {
    Py_XDECREF(of[i]);
  }
  if (item != NULL) {
    e->request.id = 0;
  }
  oxrtmp_event_release(e);
  return item;
}

/* has_values tells whether an event brings values of the peer's. */
static bool has_values(const oxrtmp_event *e) {
  return (e->type == OXRTMP_EVENT_CALL || e->type == OXRTMP_EVENT_SHARED_OBJECT) && e->status == OXRTMP_OK;
}

/* values_item makes (type, user_data, (value, payload), 0) of a call or shared object, and releases it. */
static PyObject *values_item(oxrtmp_event *e) {
  const oxrtmp_packet *p = &e->u.packet;
  PyObject *item = Py_BuildValue("(IK(Iy#)i)", e->type, e->user_data, e->value, (const char *)p->raw,
                                 (Py_ssize_t)p->raw_size, 0);
  oxrtmp_event_release(e);
  return item;
}

static PyObject *next_item(native_state *state, oxrtmp_event *events, size_t count, size_t *at, PyObject *inboxes) {
  if (events[*at].type == OXRTMP_EVENT_PACKET) {
    return packets_item(state, events, count, at, inboxes);
  }
  oxrtmp_event *e = &events[(*at)++];
  if (e->type == OXRTMP_EVENT_SERVER) {
    return server_item(state, e);
  }
  if (has_values(e)) {
    return values_item(e);
  }
  if (e->type == OXRTMP_EVENT_REQUEST) {
    return Py_BuildValue("(iKKi)", OXRTMP_EVENT_REQUEST, e->user_data, e->request.id, 0);
  }
  return info_item(e);
}

bool native_items(native_state *state, PyObject *items, oxrtmp_event *events, size_t count, PyObject *inboxes,
                  bool packets) {
  size_t at = 0;
  bool made = true;
  while (made && at < count) {
    bool told = packets || events[at].type != OXRTMP_EVENT_PACKET;
    PyObject *item = next_item(state, events, count, &at, inboxes);
    made = item != NULL && (!told || PyList_Append(items, item) == 0);
    Py_XDECREF(item);
  }
  for (; at < count; at++) { /* memory ran out: requests run into their deadlines */
    oxrtmp_event_release(&events[at]);
  }
  return made;
}

/* Room for events, kept from one call to the next; several threads at once each have their own. */
oxrtmp_event *native_events_take(native_state *state) {
  oxrtmp_event *events = state->events;
  state->events = NULL;
  if (events == NULL && (events = malloc(NATIVE_EVENTS * sizeof *events)) == NULL) {
    PyErr_NoMemory();
  }
  return events;
}

void native_events_give(native_state *state, oxrtmp_event *events) {
  free(state->events);
  state->events = events;
}

/* queue_drain(queue, inboxes) returns what events say as a list of tuples; packets go into the inboxes, which are found by
 * the user_data of their sources. */
static PyObject *queue_drain(PyObject *module, PyObject *const *args, Py_ssize_t nargs) {
  native_state *state = native_state_of(module);
  if (nargs != 2 || !PyDict_Check(args[1])) {
    PyErr_SetString(PyExc_TypeError, "queue_drain(queue, inboxes)");
    return NULL;
  }
  oxrtmp_queue queue = {PyLong_AsUnsignedLongLong(args[0])};
  if (PyErr_Occurred()) {
    return NULL;
  }
  oxrtmp_event *events = native_events_take(state);
  if (events == NULL) {
    return NULL;
  }
  size_t count;
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_queue_drain(queue, events, NATIVE_EVENTS, &count));
  PyObject *items = status == OXRTMP_OK ? PyList_New(0) : native_raise(module, status);
  if (items != NULL && !native_items(state, items, events, count, args[1], true)) {
    Py_CLEAR(items);
  }
  native_events_give(state, events);
  return items;
}

/* event_answer(question, whether the message goes on) answers a MEDIA_TAG, once. */
static PyObject *event_answer(PyObject *module, PyObject *args) {
  oxrtmp_event event = {.type = OXRTMP_EVENT_SERVER};
  int pass;
  if (!PyArg_ParseTuple(args, "Kp", &event.request.id, &pass)) {
    return NULL;
  }
  return native_none(module, pass ? oxrtmp_event_release(&event) : oxrtmp_event_drop(&event));
}

PyMethodDef native_queue_methods[] = {
    {"queue_create", queue_create, METH_O, NULL},
    {"queue_fd", queue_fd, METH_O, NULL},
    {"queue_drain", (PyCFunction)(void (*)(void))queue_drain, METH_FASTCALL, NULL},
    {"event_answer", event_answer, METH_VARARGS, NULL},
    {"queue_wake", queue_wake, METH_O, NULL},
    {"queue_destroy", queue_destroy, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
