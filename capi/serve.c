/* oxrtmp_server_serve: threads of C over the blocking calls. No frame of Go is above the caller's function. */
#include "bridge.h"

#include <pthread.h>
#include <stdlib.h>

struct serving {
  oxrtmp_serve_function function;
  void *user_data;
  pthread_mutex_t lock;
  pthread_cond_t idle; /* signalled when running becomes 0 */
  size_t running;
  pthread_t last; /* the thread that ended last, to be joined by the next one */
  bool has_last;
};

struct task {
  struct serving *serving;
  oxrtmp_request request;
};

/* retire joins the thread that ended before this one and leaves this one for the next, so that one ended thread at most
 * waits to be joined. */
static void retire(struct serving *s) {
  pthread_mutex_lock(&s->lock);
  pthread_t before = s->last;
  bool join = s->has_last;
  s->last = pthread_self();
  s->has_last = true;
  if (--s->running == 0) {
    pthread_cond_signal(&s->idle);
  }
  pthread_mutex_unlock(&s->lock);
  if (join) {
    pthread_join(before, NULL);
  }
}

static void *run(void *argument) {
  struct task task = *(struct task *)argument;
  free(argument);
  task.serving->function(task.request, task.serving->user_data);
  oxrtmp_request_reject(task.request, NULL, NULL); /* does nothing to a request that was answered */
  retire(task.serving);
  return NULL;
}

static void start(struct serving *s, oxrtmp_request request) {
  struct task *task = malloc(sizeof *task);
  pthread_t thread;
  pthread_mutex_lock(&s->lock);
  s->running++;
  pthread_mutex_unlock(&s->lock);
  if (task != NULL) {
    *task = (struct task){s, request};
    if (pthread_create(&thread, NULL, run, task) == 0) {
      return;
    }
    free(task);
  }
  pthread_mutex_lock(&s->lock);
  s->running--;
  pthread_mutex_unlock(&s->lock);
  oxrtmp_request_reject(request, NULL, "the server is busy");
}

oxrtmp_status oxrtmp_server_serve(oxrtmp_server server, oxrtmp_serve_function function, void *user_data) {
  OX_ENTER();
  OX_REQUIRE(function != NULL, "function is NULL");
  struct serving s = {.function = function, .user_data = user_data};
  pthread_mutex_init(&s.lock, NULL);
  pthread_cond_init(&s.idle, NULL);
  oxrtmp_request request;
  oxrtmp_status status;
  while ((status = oxrtmp_server_accept(server, -1, &request)) == OXRTMP_OK) {
    start(&s, request);
  }
  pthread_mutex_lock(&s.lock);
  while (s.running > 0) {
    pthread_cond_wait(&s.idle, &s.lock);
  }
  pthread_mutex_unlock(&s.lock);
  if (s.has_last) {
    pthread_join(s.last, NULL);
  }
  pthread_cond_destroy(&s.idle);
  pthread_mutex_destroy(&s.lock);
  if (status == OXRTMP_E_HANDLE) { /* closed between two waits, or never a server: closing again tells which */
    status = oxrtmp_server_close(server);
  }
  return status == OXRTMP_E_CLOSED ? OXRTMP_OK : status;
}
