/* The module: its functions about the library itself, its constants, its state. */
#include "native.h"

PyObject *native_text(const char *text, size_t size) {
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "backslashreplace");
}

PyObject *native_raise(PyObject *module, oxrtmp_status status) {
  native_state *state = native_state_of(module);
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  char line[OXRTMP_ERROR_TEXT_SIZE] = "";
  if (oxrtmp_last_error_detail(&detail) != OXRTMP_OK || detail.status != status ||
      oxrtmp_last_error(line, sizeof line) != OXRTMP_OK) { /* in a forked child; or the call told no detail */
    detail = (oxrtmp_error_detail){.status = status, .tls_alert = -1};
    line[0] = 0;
  }
  const char *after = strchr(line, ' '); /* the status' name comes first, which the exception is by itself */
  const char *message = after != NULL ? after + 1 : line;
  PyObject *text = native_text(message, strlen(message)), *code = native_text(detail.code, strlen(detail.code));
  PyObject *words = native_text(detail.description, strlen(detail.description)), *error = NULL;
  if (text != NULL && code != NULL && words != NULL) {
    error = state->make_error == NULL ? PyObject_CallFunction(PyExc_RuntimeError, "O", text)
                                      : PyObject_CallFunction(state->make_error, "iOsOOii", status, text, detail.phase,
                                                              code, words, detail.os_error, detail.tls_alert);
  }
  Py_XDECREF(text);
  Py_XDECREF(code);
  Py_XDECREF(words);
  if (error != NULL) {
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_DECREF(error);
  }
  return NULL;
}

int native_u32(PyObject *number, void *to) {
  long long n = PyLong_AsLongLong(number);
  if (n == -1 && PyErr_Occurred()) {
    return 0;
  }
  if (n < 0 || n > UINT32_MAX) {
    PyErr_Format(PyExc_ValueError, "%lld is not from 0 to 4294967295", n);
    return 0;
  }
  *(uint32_t *)to = (uint32_t)n;
  return 1;
}

PyObject *native_not_written(PyObject *module, oxrtmp_status status, size_t needed, Py_ssize_t room) {
  if (status != OXRTMP_E_BUFFER) {
    return native_or_none(module, status);
  }
  char line[100];
  PyOS_snprintf(line, sizeof line, "the buffer is too small: it has %lld bytes, %llu are needed", (long long)room,
                (unsigned long long)needed);
  PyObject *error = PyObject_CallFunction(native_state_of(module)->make_error, "issss", status, line, "", "", "");
  if (error != NULL) {
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_DECREF(error);
  }
  return NULL;
}

/* ---- the library ---- */

static PyObject *version(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyLong_FromUnsignedLong(oxrtmp_version());
}

static PyObject *build_info(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyUnicode_FromString(oxrtmp_build_info());
}

static PyObject *memory_limit(PyObject *module, PyObject *argument) {
  uint64_t bytes = PyLong_AsUnsignedLongLong(argument);
  return PyErr_Occurred() ? NULL : native_none(module, oxrtmp_memory_limit(bytes));
}

static PyObject *runtime_configure(PyObject *module, PyObject *args) {
  unsigned int processors;
  unsigned long long heap_bytes;
  if (!PyArg_ParseTuple(args, "IK", &processors, &heap_bytes)) {
    return NULL;
  }
  oxrtmp_runtime_options options;
  oxrtmp_runtime_options_init(&options);
  options.processors = processors;
  options.heap_bytes = heap_bytes;
  return native_none(module, oxrtmp_runtime_configure(&options));
}

static PyObject *library_statistics(PyObject *module, PyObject *unused) {
  (void)unused;
  oxrtmp_library_info info = {.struct_size = sizeof info};
  oxrtmp_status status;
  NATIVE_CALL(status, oxrtmp_library_statistics(&info));
  return status == OXRTMP_OK ? native_dict(&info, native_library_info) : native_raise(module, status);
}

static PyObject *status_name(PyObject *module, PyObject *number) {
  (void)module;
  long status = PyLong_AsLong(number);
  return PyErr_Occurred() ? NULL : PyUnicode_FromString(oxrtmp_status_name((oxrtmp_status)status));
}

static PyObject *status_text(PyObject *module, PyObject *number) {
  (void)module;
  long status = PyLong_AsLong(number);
  return PyErr_Occurred() ? NULL : PyUnicode_FromString(oxrtmp_status_text((oxrtmp_status)status));
}

static void replace(PyObject **held, PyObject *by) {
  PyObject *old = *held;
  *held = Py_NewRef(by);
  Py_XDECREF(old);
}

/* setup(make_error, kinds, flags): what the Python half of the package gives to this one. */
static PyObject *setup(PyObject *module, PyObject *args) {
  native_state *state = native_state_of(module);
  PyObject *make_error, *kinds, *flags;
  if (!PyArg_ParseTuple(args, "OO!O", &make_error, &PyTuple_Type, &kinds, &flags)) {
    return NULL;
  }
  replace(&state->make_error, make_error);
  replace(&state->kinds, kinds);
  replace(&state->flags, flags);
  Py_RETURN_NONE;
}

static PyMethodDef own_methods[] = {
    {"version", version, METH_NOARGS, NULL},
    {"build_info", build_info, METH_NOARGS, NULL},
    {"memory_limit", memory_limit, METH_O, NULL},
    {"runtime_configure", runtime_configure, METH_VARARGS, NULL},
    {"library_statistics", library_statistics, METH_NOARGS, NULL},
    {"status_name", status_name, METH_O, NULL},
    {"status_text", status_text, METH_O, NULL},
    {"setup", setup, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* ---- making it ---- */

/* add_statuses adds STATUSES, a dict of every status by its name without OXRTMP_. */
static int add_statuses(PyObject *module) {
  PyObject *dict = PyDict_New();
  if (dict == NULL) {
    return -1;
  }
#define STATUS(name, number, text) \
  { \
    PyObject *value = PyLong_FromLong(number); \
    if (value == NULL || PyDict_SetItemString(dict, #name, value) < 0) { \
      Py_XDECREF(value); \
      Py_DECREF(dict); \
      return -1; \
    } \
    Py_DECREF(value); \
  }
  OXRTMP_STATUS_MAP(STATUS)
#undef STATUS
  int result = PyModule_AddObjectRef(module, "STATUSES", dict);
  Py_DECREF(dict);
  return result;
}

static int add_type(PyObject *module, PyType_Spec *spec, const char *name, PyTypeObject **type) {
  *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
  return *type == NULL || name == NULL ? -(*type == NULL) : PyModule_AddObjectRef(module, name, (PyObject *)*type);
}

static int module_exec(PyObject *module) {
  native_state *state = native_state_of(module);
  if (oxrtmp_version() < OXRTMP_VERSION) {
    PyErr_Format(PyExc_ImportError, "oxrtmp needs libxrtmp %d.%d.%d or later; loaded is %s", OXRTMP_VERSION_MAJOR,
                 OXRTMP_VERSION_MINOR, OXRTMP_VERSION_PATCH, oxrtmp_build_info());
    return -1;
  }
  native_begin();
  PyMethodDef *methods[] = {own_methods, native_queue_methods, native_server_methods, native_client_methods,
                            native_flv_methods, native_engine_methods, native_send_methods,
                            native_hub_methods, native_relay_methods, native_parts_methods,
                            native_payload_methods, native_amf_methods,
                            native_calls_methods, native_enhanced_methods, native_codec_methods, native_ending_methods};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    if (PyModule_AddFunctions(module, methods[i]) < 0) {
      return -1;
    }
  }
  bool added = add_type(module, &native_packet_spec, "Packet", &state->packet_type) == 0 &&
               add_type(module, &native_raw_spec, NULL, &state->raw_type) == 0 &&
               add_type(module, &native_inbox_spec, "Inbox", &state->inbox_type) == 0 &&
               add_type(module, &native_intake_spec, "Intake", &state->intake_type) == 0 &&
               add_type(module, &native_ready_spec, NULL, &state->ready_type) == 0 &&
               add_type(module, &native_take_spec, "Take", &state->take_type) == 0 &&
               add_type(module, &native_async_take_spec, "AsyncTake", &state->async_take_type) == 0 &&
               add_statuses(module) == 0;
  return added ? 0 : -1;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
  native_state *state = native_state_of(module);
  Py_VISIT(state->packet_type);
  Py_VISIT(state->raw_type);
  Py_VISIT(state->inbox_type);
  Py_VISIT(state->intake_type);
  Py_VISIT(state->ready_type);
  Py_VISIT(state->take_type);
  Py_VISIT(state->async_take_type);
  Py_VISIT(state->make_error);
  Py_VISIT(state->kinds);
  Py_VISIT(state->flags);
  return 0;
}

static int module_clear(PyObject *module) {
  native_state *state = native_state_of(module);
  Py_CLEAR(state->packet_type);
  Py_CLEAR(state->raw_type);
  Py_CLEAR(state->inbox_type);
  Py_CLEAR(state->intake_type);
  Py_CLEAR(state->ready_type);
  Py_CLEAR(state->take_type);
  Py_CLEAR(state->async_take_type);
  Py_CLEAR(state->make_error);
  Py_CLEAR(state->kinds);
  Py_CLEAR(state->flags);
  return 0;
}

static void module_free(void *module) {
  module_clear(module);
  free(native_state_of(module)->events);
  PyObject_Free(native_state_of(module)->spare);
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "oxrtmp._native",
    .m_doc = "The functions of libxrtmp, for the classes of the package oxrtmp.",
    .m_size = sizeof(native_state),
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&module_definition); }
