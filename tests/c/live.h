/* live.h: a live handle of each kind, for tests that misuse them. */
#ifndef LIVE_H
#define LIVE_H

#include "check.h"

static struct live {
  oxrtmp_server server;
  oxrtmp_request request; /* of `asking`: to publish */
  oxrtmp_session session; /* of `client`, which publishes */
  oxrtmp_client client;
  oxrtmp_queue queue;
  oxrtmp_recorder recorder;
  oxrtmp_flv_reader flv_reader;
  oxrtmp_hub hub;
  oxrtmp_relay relay;
  oxrtmp_engine engine;
  oxrtmp_handshake handshake;
  oxrtmp_chunk_decoder chunk_decoder;
  oxrtmp_chunk_encoder chunk_encoder;
  oxrtmp_client asking;
} live;

/* Where the recorder writes: a directory that make_recorded makes and remove_recorded removes. */
static char recorded[] = "/tmp/oxrtmp-recorded-XXXXXX";

static inline void make_recorded(void) { CHECK(mkdtemp(recorded) != NULL); }
static inline void remove_recorded(void) { CHECK(rmdir(recorded) == 0); }

static inline void open_all(void) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.answer_calls = 1; /* so that every function that waits does */
  live.server = bind_server(&options);
  connect_publisher(live.server, &live.client, &live.session);
  OK(oxrtmp_queue_create(NULL, &live.queue));
  OK(oxrtmp_client_publish_open(url_of(live.server, "live/asking"), NULL, live.queue, 0, &live.asking));
  OK(oxrtmp_server_accept(live.server, 10000, &live.request));
  OK(oxrtmp_recorder_open_in(recorded, "x", NULL, &live.recorder));
  char path[512];
  OK(oxrtmp_recorder_path(live.recorder, path, sizeof path, NULL));
  CHECK(unlink(path) == 0);
  OK(oxrtmp_flv_reader_create(&live.flv_reader));
  OK(oxrtmp_hub_create(NULL, &live.hub));
  OK(oxrtmp_hub_push(live.hub, "x", "x", "rtmp://127.0.0.1:1/x/x", NULL, &live.relay));
  OK(oxrtmp_engine_server_create(NULL, 0, &live.engine));
  OK(oxrtmp_handshake_create(NULL, &live.handshake));
  OK(oxrtmp_chunk_decoder_create(NULL, &live.chunk_decoder));
  OK(oxrtmp_chunk_encoder_create(&live.chunk_encoder));
}

/* close_all closes whatever is not closed yet. */
static inline void close_all(void) {
  oxrtmp_request_reject(live.request, NULL, NULL);
  OK(oxrtmp_recorder_close(live.recorder));
  OK(oxrtmp_flv_reader_close(live.flv_reader));
  OK(oxrtmp_relay_close(live.relay));
  OK(oxrtmp_hub_close(live.hub));
  OK(oxrtmp_engine_close(live.engine));
  OK(oxrtmp_handshake_close(live.handshake));
  OK(oxrtmp_chunk_decoder_close(live.chunk_decoder));
  OK(oxrtmp_chunk_encoder_close(live.chunk_encoder));
  OK(oxrtmp_queue_destroy(live.queue));
  oxrtmp_client_close(live.client); /* says whether something was lost */
  OK(oxrtmp_session_close(live.session));
  oxrtmp_client_close(live.asking);
  OK(oxrtmp_server_close(live.server));
}

#endif
