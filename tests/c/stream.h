/* stream.h: traffic in the background, for tests that do something to the process meanwhile. */
#ifndef STREAM_H
#define STREAM_H

#include "check.h"

struct traffic {
  oxrtmp_server server;
  oxrtmp_client client;
  oxrtmp_session session;
  pthread_t sender, receiver;
  _Atomic bool stop;
  _Atomic uint64_t sent, received;
};

/* Every packet carries its number, so that none is lost or exchanged unseen. */
static inline void *send_(void *p) {
  struct traffic *t = p;
  uint8_t frame[1500] = {0};
  for (uint64_t n = 0; !t->stop; n++) {
    memcpy(frame, &n, sizeof n);
    OK(oxrtmp_client_send_video(t->client, (uint32_t)n, n % 30 == 0, frame, sizeof frame));
    t->sent = n + 1;
    if (n % 64 == 0) {
      sleep_ms(1);
    }
  }
  OK(oxrtmp_client_close(t->client));
  return NULL;
}

static inline void *receive_(void *p) {
  struct traffic *t = p;
  oxrtmp_packet packets[32];
  size_t count;
  oxrtmp_status status;
  while ((status = oxrtmp_session_next_packets(t->session, -1, packets, 32, &count)) == OXRTMP_OK) {
    for (size_t i = 0; i < count; i++) {
      uint64_t n;
      CHECK(packets[i].size == 1500);
      memcpy(&n, packets[i].data, sizeof n);
      CHECK(n == t->received && packets[i].timestamp_ms == (uint32_t)n);
      t->received++;
      OK(oxrtmp_packet_release(&packets[i]));
    }
  }
  STATUS(OXRTMP_E_EOF, status);
  return NULL;
}

static inline void start_traffic(struct traffic *t) {
  memset(t, 0, sizeof *t);
  t->server = bind_server(NULL);
  connect_publisher(t->server, &t->client, &t->session);
  CHECK(pthread_create(&t->sender, NULL, send_, t) == 0);
  CHECK(pthread_create(&t->receiver, NULL, receive_, t) == 0);
}

static inline void stop_traffic(struct traffic *t) {
  t->stop = true;
  pthread_join(t->sender, NULL);
  pthread_join(t->receiver, NULL);
  CHECK(t->received == t->sent && t->sent > 0);
  OK(oxrtmp_session_close(t->session));
  OK(oxrtmp_server_close(t->server));
}

#endif
