/* closer.h: closing from another thread, while a call waits. */
#ifndef CLOSER_H
#define CLOSER_H

#include "check.h"

struct closer {
  oxrtmp_server server;
  oxrtmp_session session;
  oxrtmp_client client;
  int64_t closed_at;
  _Atomic bool returned;
};

static inline void *close_later(void *p) {
  struct closer *c = p;
  sleep_ms(slow() ? 2000 : 100); /* so that the call waits by then */
  c->closed_at = now_ms();
  if (c->client.id != 0) {
    oxrtmp_client_close(c->client); /* says whether something was lost */
  }
  if (c->session.id != 0) {
    OK(oxrtmp_session_close(c->session));
  }
  if (c->server.id != 0) {
    OK(oxrtmp_server_close(c->server));
  }
  return NULL;
}

/* measure_lag returns in *p how much longer than asked for the machine let short sleeps last until the call returned. */
static inline void *measure_lag(void *p) {
  struct closer *c = p;
  intptr_t lag = 0;
  while (!c->returned) {
    int64_t begun = now_ms();
    sleep_ms(5);
    lag += now_ms() - begun - 5;
  }
  return (void *)lag;
}

/* CLOSED_WHILE closes what c names while the call waits: it returns OXRTMP_E_CLOSED in time. */
#define CLOSED_WHILE(c, call) \
  do { \
    pthread_t thread_, meter_; \
    void *lag_; \
    (c).returned = false; \
    CHECK(pthread_create(&thread_, NULL, close_later, &(c)) == 0); \
    CHECK(pthread_create(&meter_, NULL, measure_lag, &(c)) == 0); \
    STATUS(OXRTMP_E_CLOSED, call); \
    int64_t late_ = now_ms() - (c).closed_at; \
    (c).returned = true; \
    pthread_join(meter_, &lag_); \
    if (late_ > (slow() ? 5000 : 100) + (intptr_t)lag_) { \
      fprintf(stderr, "%s:%d: %s returned %" PRId64 " ms after closing\n", __FILE__, __LINE__, #call, late_); \
      exit(1); \
    } \
    pthread_join(thread_, NULL); \
  } while (0)

#endif
