/* live.h: a live handle of each kind, for tests that misuse them. */
#ifndef LIVE_H
#define LIVE_H

#include "player.h"

static struct live {
  oxrtmp_server server;
  oxrtmp_request request; /* of `asking`: to publish */
  oxrtmp_session session;
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
  oxrtmp_client asking, other;
} live;

/* What the session and the client are. */
enum manner {
  PUBLISHING,     /* both ends of a connection that publishes */
  QUEUED,         /* the same, whose events go to the queue */
  PLAYING,        /* both ends of a connection that plays */
  HUB_PUBLISHING, /* the client publishes inside the hub; `other` is at the session's end */
  HUB_PLAYING,    /* the client plays inside the hub what `other` publishes there; a session of one who has gone */
  MANNERS
};

/* Where the recorder writes: a directory that make_recorded makes and remove_recorded removes. */
static char recorded[] = "/tmp/oxrtmp-recorded-XXXXXX";

static inline void make_recorded(void) { CHECK(mkdtemp(recorded) != NULL); }
static inline void remove_recorded(void) { CHECK(rmdir(recorded) == 0); }

static inline void open_streams(enum manner manner) {
  live.other.id = 0;
  switch (manner) {
  case PLAYING:
    connect_player(live.server, NULL, &live.client, &live.session);
    break;
  case HUB_PUBLISHING:
    connect_publisher(live.server, &live.other, &live.session);
    OK(oxrtmp_hub_publish(live.hub, "live", "x", NULL, &live.client));
    break;
  case HUB_PLAYING:
    connect_publisher(live.server, &live.other, &live.session);
    OK(oxrtmp_client_close(live.other));
    OK(oxrtmp_hub_publish(live.hub, "live", "x", NULL, &live.other));
    OK(oxrtmp_hub_play(live.hub, "live", "x", NULL, &live.client));
    break;
  default:
    connect_publisher(live.server, &live.client, &live.session);
  }
}

static inline void open_all_as(enum manner manner) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_play = 1;
  options.answer_calls = 1; /* so that every function that waits does */
  live.server = bind_server(&options);
  OK(oxrtmp_hub_create(NULL, &live.hub));
  open_streams(manner);
  OK(oxrtmp_queue_create(NULL, &live.queue));
  OK(oxrtmp_client_publish_open(url_of(live.server, "live/asking"), NULL, live.queue, 0, &live.asking));
  OK(oxrtmp_server_accept(live.server, slow() ? 60000 : 10000, &live.request));
  OK(oxrtmp_recorder_open_in(recorded, "x", NULL, &live.recorder));
  char path[512];
  OK(oxrtmp_recorder_path(live.recorder, path, sizeof path, NULL));
  CHECK(unlink(path) == 0);
  OK(oxrtmp_flv_reader_create(&live.flv_reader));
  OK(oxrtmp_hub_push(live.hub, "x", "x", "rtmp://127.0.0.1:1/x/x", NULL, &live.relay));
  options.hub = manner >= HUB_PUBLISHING ? live.hub : (oxrtmp_hub){0};
  OK(oxrtmp_engine_server_create(&options, 0, &live.engine));
  OK(oxrtmp_handshake_create(NULL, &live.handshake));
  OK(oxrtmp_chunk_decoder_create(NULL, &live.chunk_decoder));
  OK(oxrtmp_chunk_encoder_create(&live.chunk_encoder));
  if (manner == QUEUED) {
    OK(oxrtmp_server_set_queue(live.server, live.queue, 1));
    OK(oxrtmp_session_set_queue(live.session, live.queue, 2));
    OK(oxrtmp_client_set_queue(live.client, live.queue, 3));
  }
}

static inline void open_all(void) { open_all_as(PUBLISHING); }

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
  oxrtmp_client_close(live.other);
  OK(oxrtmp_server_close(live.server));
}

#endif
