/* The end of the interpreter, which frees what its threads are known by while threads that it does not wait for (daemon
 * threads) may be in the library: one that came back just then would crash. From native_ending on they stay away. */
#include "native.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static atomic_int returning; /* threads that wait for the interpreter's lock */
static atomic_bool ends;
static pthread_t ender;
static pid_t process; /* in a forked child the threads of its parent are not there to come back */

static void rest(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, NULL);
}

void native_return(PyThreadState *thread) {
  atomic_fetch_add(&returning, 1);
  if (atomic_load(&ends) && !pthread_equal(pthread_self(), ender)) {
    atomic_fetch_sub(&returning, 1);
    for (;;) {
      rest(1000000);
    }
  }
  PyEval_RestoreThread(thread);
  atomic_fetch_sub(&returning, 1);
}

static bool is_main_interpreter(void) { return PyInterpreterState_GetID(PyInterpreterState_Get()) == 0; }

/* ending() is called when the interpreter is about to end, and returns once nobody is on the way back any more. */
static PyObject *ending(PyObject *module, PyObject *unused) {
  (void)module;
  (void)unused;
  if (!is_main_interpreter()) {
    Py_RETURN_NONE;
  }
  ender = pthread_self();
  atomic_store(&ends, true);
  Py_BEGIN_ALLOW_THREADS
  while (getpid() == process && atomic_load(&returning) > 0) {
    rest(1);
  }
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

void native_begin(void) {
  if (is_main_interpreter()) { /* maybe not the first one of the process */
    process = getpid();
    atomic_store(&ends, false);
  }
}

PyMethodDef native_ending_methods[] = {{"ending", ending, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
