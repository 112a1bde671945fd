/* Jobs: the few calls that may wait (closing, flushing, looking a name up, files) run on threads of the addon's own, so
 * that neither the event loop nor libuv's pool, which the file system and DNS of Node share, waits with them.
 *
 * The threads serve all environments of the process. They are started as they are needed, up to MAX_THREADS, and end when
 * they have had nothing to do for some seconds. */
#include "addon.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_THREADS = 64, IDLE_SECONDS = 5, STACK_BYTES = 256 * 1024 };

static struct {
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct job *first, **last;
  unsigned threads, idle;
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, &pool.first, 0, 0};

/* next waits for a job; NULL when there was none for some seconds, and the thread has to end. */
static struct job *next(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += IDLE_SECONDS;
  pthread_mutex_lock(&pool.lock);
  pool.idle++;
  while (pool.first == NULL && pthread_cond_timedwait(&pool.work, &pool.lock, &until) == 0) {
  }
  pool.idle--;
  struct job *job = pool.first;
  if (job == NULL) {
    pool.threads--;
  } else if ((pool.first = job->next) == NULL) {
    pool.last = &pool.first;
  }
  pthread_mutex_unlock(&pool.lock);
  return job;
}

/* deliver hands a finished job to its environment's loop, or disposes of it if that is gone. */
static void deliver(struct job *job) {
  struct addon *addon = job->addon;
  bool wanted = false;
  if (addon != NULL) {
    pthread_mutex_lock(&addon->lock);
    wanted = addon->async != NULL && (!addon->closing || job->borrowed != NULL);
    if (wanted) {
      job->next = addon->done;
      addon->done = job;
      uv_async_send(addon->async);
    }
    pthread_mutex_unlock(&addon->lock);
  }
  if (!wanted) {
    job->dispose(job, false);
  }
  if (addon != NULL) {
    addon_release(addon);
  }
}

static void perform(struct job *job) {
  job->status = job->run(job);
  if (job->status != OXRTMP_OK) {
    failure_get(&job->failure, job->status);
  }
  deliver(job);
}

static void *serve(void *unused) {
  (void)unused;
  for (struct job *job; (job = next()) != NULL;) {
    perform(job);
  }
  return NULL;
}

/* start_thread starts one more thread, with all signals blocked: they are for Node's own threads. */
static bool start_thread(void) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  pthread_t thread;
  bool started = pthread_create(&thread, &attributes, serve, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return started;
}

static void submit(struct job *job) {
  job->next = NULL;
  pthread_mutex_lock(&pool.lock);
  *pool.last = job;
  pool.last = &job->next;
  unsigned waiting = 0;
  for (struct job *j = pool.first; j != NULL && waiting <= pool.idle; j = j->next) {
    waiting++;
  }
  if (waiting > pool.idle && pool.threads < MAX_THREADS && start_thread()) {
    pool.threads++;
  }
  bool stranded = pool.threads == 0; /* the system gives no thread: better to wait than never to end */
  if (stranded) {
    pool.first = NULL;
    pool.last = &pool.first;
  }
  pthread_cond_signal(&pool.work);
  pthread_mutex_unlock(&pool.lock);
  if (stranded) {
    perform(job);
  }
}

void job_detach(struct job *job) {
  submit(job);
}

napi_value job_start(struct addon *addon, struct job *job) {
  napi_value promise;
  if (napi_create_promise(addon->env, &job->deferred, &promise) != napi_ok) {
    job->dispose(job, false);
    napi_throw_error(addon->env, NULL, "out of memory");
    return NULL;
  }
  job->addon = addon_retain(addon);
  if (job->borrowed != NULL) {
    addon->borrowing++;
  }
  submit(job);
  return promise;
}

/* settle resolves a job's promise. */
static void settle(napi_env env, struct job *job) {
  napi_value result = NULL;
  if (job->status != OXRTMP_OK) {
    result = failure_make(env, &job->failure);
  } else if (job->result != NULL) {
    result = job->result(env, job);
  }
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) {
    napi_get_and_clear_last_exception(env, &result);
    napi_reject_deferred(env, job->deferred, result);
  } else {
    napi_resolve_deferred(env, job->deferred, result != NULL ? result : make_undefined(env));
  }
}

/* on_done runs on the loop when jobs have finished, and during the environment's end, when JavaScript no longer runs. */
static void on_done(uv_async_t *async) {
  struct addon *addon = async->data;
  napi_env env = addon->env;
  pthread_mutex_lock(&addon->lock);
  struct job *jobs = NULL;
  while (addon->done != NULL) { /* oldest first */
    struct job *job = addon->done;
    addon->done = job->next;
    job->next = jobs;
    jobs = job;
  }
  bool closing = addon->closing;
  pthread_mutex_unlock(&addon->lock);

  napi_handle_scope scope = NULL;
  napi_callback_scope callbacks = NULL;
  napi_value resource;
  bool alive = !closing && napi_open_handle_scope(env, &scope) == napi_ok &&
               napi_create_object(env, &resource) == napi_ok &&
               napi_open_callback_scope(env, resource, addon->context, &callbacks) == napi_ok;
  while (jobs != NULL) {
    struct job *job = jobs;
    jobs = job->next;
    if (alive) {
      settle(env, job);
    }
    if (job->borrowed != NULL) {
      addon->borrowing--;
      if (alive) {
        napi_delete_reference(env, job->borrowed);
      }
    }
    job->dispose(job, alive);
  }
  if (callbacks != NULL) {
    napi_close_callback_scope(env, callbacks);
  }
  if (scope != NULL) {
    napi_close_handle_scope(env, scope);
  }
  if (closing && addon->borrowing == 0) {
    addon_close(addon);
  }
}

bool jobs_init(struct addon *addon) {
  uv_loop_t *loop;
  napi_value name;
  if (napi_get_uv_event_loop(addon->env, &loop) != napi_ok ||
      napi_create_string_utf8(addon->env, "oxrtmp", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(addon->env, NULL, name, &addon->context) != napi_ok) {
    return false;
  }
  addon->async = malloc(sizeof *addon->async);
  if (addon->async == NULL || uv_async_init(loop, addon->async, on_done) != 0) {
    free(addon->async);
    addon->async = NULL;
    return false;
  }
  addon->async->data = addon;
  uv_unref((uv_handle_t *)addon->async);
  return true;
}
