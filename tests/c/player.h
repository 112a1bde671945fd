/* player.h: a client that plays from a server in the same process. */
#ifndef PLAYER_H
#define PLAYER_H

#include "check.h"

struct player {
  char url[512];
  const oxrtmp_client_options *options;
  oxrtmp_client client;
  oxrtmp_status status;
  pthread_t thread;
};

static inline void *play_(void *p) {
  struct player *player = p;
  player->status = oxrtmp_client_play(player->url, player->options, 10000, &player->client);
  return NULL;
}

/* play_server is a server that asks for plays. */
static inline oxrtmp_server play_server(void) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_play = 1;
  return bind_server(&options);
}

/* connect_player makes a playing session on a server, and the client at its other end. */
static inline void connect_player(oxrtmp_server server, const oxrtmp_client_options *options, oxrtmp_client *client,
                                  oxrtmp_session *session) {
  struct player p = {.options = options, .status = OXRTMP_E_INTERNAL};
  snprintf(p.url, sizeof p.url, "%s", url_of(server, "live/test"));
  CHECK(pthread_create(&p.thread, NULL, play_, &p) == 0);
  oxrtmp_request request;
  uint32_t kind;
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_kind(request, &kind));
  CHECK(kind == OXRTMP_REQUEST_PLAY);
  OK(oxrtmp_request_accept(request, NULL, session));
  pthread_join(p.thread, NULL);
  OK(p.status);
  *client = p.client;
}

#endif
