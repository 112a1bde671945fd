/* Who a peer is, and where it is sent: logins, redirections, kicks, the addresses behind load balancers. */
#include "check.h"

/* asker publishes in a thread, and tells how that went. */
struct asker {
  char url[512];
  oxrtmp_client_options options;
  oxrtmp_client client;
  oxrtmp_status status;
  char words[OXRTMP_ERROR_TEXT_SIZE];
  int fd; /* of a connection, or -1 */
  pthread_t thread;
};

static void *ask_(void *p) {
  struct asker *a = p;
  a->status = a->fd < 0 ? oxrtmp_client_publish(a->url, &a->options, 10000, &a->client)
                        : oxrtmp_client_publish_fd(a->fd, a->url, &a->options, 10000, &a->client);
  if (a->status != OXRTMP_OK) {
    OK(oxrtmp_last_error(a->words, sizeof a->words));
  }
  return NULL;
}

static void prepare(struct asker *a, oxrtmp_server server, const char *login, const char *stream) {
  memset(a, 0, sizeof *a);
  snprintf(a->url, sizeof a->url, "rtmp://%s%s", login, url_of(server, stream) + strlen("rtmp://"));
  a->fd = -1;
  OK(oxrtmp_client_options_init(&a->options));
}

static void start(struct asker *a) { CHECK(pthread_create(&a->thread, NULL, ask_, a) == 0); }

static oxrtmp_request next_request(oxrtmp_server server, uint32_t wanted) {
  oxrtmp_request request;
  uint32_t kind;
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_kind(request, &kind));
  CHECK(kind == wanted);
  return request;
}

static void end(struct asker *a, oxrtmp_session session) {
  OK(oxrtmp_client_close(a->client));
  OK(oxrtmp_session_close(session));
}

/* C11, D34: users of the options log in by both schemes, from the URL and from options; others do not, at once. */
static void users_log_in(void) {
  static const oxrtmp_user users[] = {{"alice", "s3cret"}, {"bob", "p@ss:w/rd"}};
  for (uint32_t scheme = 0; scheme <= OXRTMP_LOGIN_LLNW; scheme++) {
    oxrtmp_server_options options;
    OK(oxrtmp_server_options_init(&options));
    options.users = users;
    options.user_count = 2;
    options.login_scheme = scheme;
    oxrtmp_server server = bind_server(&options);
    for (int n = 0; n < 2; n++) {
      struct asker a;
      prepare(&a, server, n == 0 ? "alice:s3cret@" : "", "live/key");
      if (n == 1) {
        a.options.user = "bob";
        a.options.password = "p@ss:w/rd";
      }
      start(&a);
      oxrtmp_request request = next_request(server, OXRTMP_REQUEST_PUBLISH);
      oxrtmp_session session;
      char user[64];
      OK(oxrtmp_request_user(request, user, sizeof user, NULL));
      TEXT(users[n].name, user);
      STATUS(OXRTMP_E_STATE, oxrtmp_request_login(request, scheme, "s3cret", &(uint32_t){0}));
      OK(oxrtmp_request_accept(request, NULL, &session));
      OK(oxrtmp_session_user(session, user, sizeof user, NULL));
      TEXT(users[n].name, user);
      pthread_join(a.thread, NULL);
      OK(a.status);
      end(&a, session);
    }
    static const char *const wrong[] = {"alice:wrong@", "carol:s3cret@", "alice:@", ""};
    for (int n = 0; n < 4; n++) {
      struct asker a;
      prepare(&a, server, wrong[n], "live/key");
      WITHIN(0, slow() ? 60000 : 1000, OXRTMP_E_AUTH, oxrtmp_client_publish(a.url, NULL, 10000, &a.client));
    }
    OK(oxrtmp_server_close(server));
  }
}

/* C11: the application has the passwords. */
static void the_application_decides_logins(void) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_connect = 1;
  oxrtmp_server server = bind_server(&options);
  for (uint32_t scheme = OXRTMP_LOGIN_ADOBE; scheme <= OXRTMP_LOGIN_LLNW; scheme++) {
    for (int known = 0; known < 2; known++) {
      struct asker a;
      prepare(&a, server, "alice:s3cret@", "live/key");
      start(&a);
      oxrtmp_session session;
      for (int step = 0; step < 3; step++) {
        oxrtmp_request request = next_request(server, OXRTMP_REQUEST_CONNECT);
        char user[64];
        OK(oxrtmp_request_user(request, user, sizeof user, NULL));
        TEXT(step == 0 ? "" : "alice", user);
        uint32_t granted = 7;
        OK(oxrtmp_request_login(request, scheme, known ? "s3cret" : NULL, &granted));
        CHECK(granted == (uint32_t)(step == 2 && known));
        STATUS(OXRTMP_E_HANDLE, oxrtmp_request_login(request, scheme, "s3cret", &granted));
        CHECK(granted == 0);
      }
      if (known) {
        OK(oxrtmp_request_accept(next_request(server, OXRTMP_REQUEST_PUBLISH), NULL, &session));
      }
      pthread_join(a.thread, NULL);
      STATUS(known ? OXRTMP_OK : OXRTMP_E_AUTH, a.status);
      if (known) {
        end(&a, session);
      }
    }
  }
  OK(oxrtmp_server_close(server));
}

/* A70, C47: who asks in the wrong place is sent to the right one, and goes there if it is told to follow. */
static void peers_are_redirected(void) {
  static const uint32_t kinds[] = {OXRTMP_REQUEST_CONNECT, OXRTMP_REQUEST_PUBLISH};
  for (int i = 0; i < 2; i++) {
    oxrtmp_server_options options;
    OK(oxrtmp_server_options_init(&options));
    options.ask_connect = kinds[i] == OXRTMP_REQUEST_CONNECT;
    oxrtmp_server front = bind_server(&options), back = bind_server(NULL);
    char to[512];
    snprintf(to, sizeof to, "%s", url_of(back, "other"));
    for (uint32_t follow = 0; follow < 2; follow++) {
      struct asker a;
      prepare(&a, front, "", "live/key");
      a.options.follow_redirects = follow;
      start(&a);
      oxrtmp_request request = next_request(front, kinds[i]);
      OK(oxrtmp_request_redirect(request, to, "not here"));
      STATUS(OXRTMP_E_HANDLE, oxrtmp_request_redirect(request, to, NULL));
      oxrtmp_session session;
      if (follow) {
        request = next_request(back, OXRTMP_REQUEST_PUBLISH);
        char text[64];
        OK(oxrtmp_request_app(request, text, sizeof text, NULL));
        TEXT("other", text);
        OK(oxrtmp_request_stream_name(request, text, sizeof text, NULL));
        TEXT("key", text);
        OK(oxrtmp_request_accept(request, NULL, &session));
      }
      pthread_join(a.thread, NULL);
      if (follow) {
        OK(a.status);
        end(&a, session);
      } else {
        CHECK(a.status <= OXRTMP_E_REFUSED && strstr(a.words, "not here") != NULL);
      }
    }
    OK(oxrtmp_server_close(front));
    OK(oxrtmp_server_close(back));
  }
}

/* A kick ends a connection of a hub's, with words that its peer hears. */
static void peers_are_kicked(void) {
  oxrtmp_hub hub;
  oxrtmp_server_options options;
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  options.events = OXRTMP_SERVER_EVENT(OXRTMP_SERVER_PUBLISH) | OXRTMP_SERVER_EVENT(OXRTMP_SERVER_DISCONNECT);
  oxrtmp_server server = bind_server(&options);
  oxrtmp_client client;
  OK(oxrtmp_client_publish(url_of(server, "live/test"), NULL, 10000, &client));
  oxrtmp_event event;
  OK(oxrtmp_server_next_event(server, 10000, &event));
  CHECK(event.value == OXRTMP_SERVER_PUBLISH);
  uint64_t connection = event.u.server.connection;
  OK(oxrtmp_event_release(&event));
  STATUS(OXRTMP_E_STATE, oxrtmp_server_kick(server, connection + 1, NULL, NULL));
  OK(oxrtmp_server_kick(server, connection, "NetStream.Publish.BadName", "you again"));
  oxrtmp_status status = OXRTMP_OK;
  char words[OXRTMP_ERROR_TEXT_SIZE] = "";
  for (int i = 0; i < 1000 && status == OXRTMP_OK; i++) {
    status = oxrtmp_client_send_audio(client, (uint32_t)i, (const uint8_t *)"abc", 3);
    sleep_ms(5);
  }
  OK(oxrtmp_last_error(words, sizeof words));
  STATUS(OXRTMP_E_NAME, status);
  CHECK(strstr(words, "NetStream.Publish.BadName") != NULL && strstr(words, "you again") != NULL);
  OK(oxrtmp_server_next_event(server, 10000, &event));
  CHECK(event.value == OXRTMP_SERVER_DISCONNECT && event.u.server.connection == connection);
  OK(oxrtmp_event_release(&event));
  for (status = OXRTMP_OK; status == OXRTMP_OK; sleep_ms(1)) {
    status = oxrtmp_server_kick(server, connection, NULL, NULL);
  }
  STATUS(OXRTMP_E_STATE, status);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

/* C19: the address is that of the header, where it may come from; elsewhere a header ends the connection. */
static void addresses_behind_load_balancers(void) {
  static const char header[] = "PROXY TCP4 192.0.2.7 192.0.2.1 50123 1935\r\n";
  static const char *const networks[] = {"10.0.0.0/8, 127.0.0.0/8", "127.0.0.1", "10.0.0.0/8", NULL};
  for (int i = 0; i < 4; i++) {
    for (int headed = 0; headed < 2; headed++) {
      oxrtmp_server_options options;
      OK(oxrtmp_server_options_init(&options));
      options.proxy_from = networks[i];
      oxrtmp_server server = bind_server(&options);
      struct asker a;
      prepare(&a, server, "", "live/key");
      a.fd = connect_socket(port_of(server));
      bool listed = i < 2;
      size_t piece = listed ? 1 : sizeof header - 1; /* in pieces, where it is read to its end */
      for (size_t n = 0; headed && n < sizeof header - 1; n += piece) {
        CHECK(send(a.fd, header + n, piece, MSG_NOSIGNAL) == (ssize_t)piece);
      }
      start(&a);
      if (listed == headed) {
        oxrtmp_request request = next_request(server, OXRTMP_REQUEST_PUBLISH);
        char address[64];
        oxrtmp_session session;
        OK(oxrtmp_request_peer_address(request, address, sizeof address, NULL));
        CHECK((strcmp(address, "192.0.2.7:50123") == 0) == headed);
        OK(oxrtmp_request_accept(request, NULL, &session));
        pthread_join(a.thread, NULL);
        OK(a.status);
        end(&a, session);
      } else {
        pthread_join(a.thread, NULL);
        CHECK(a.status != OXRTMP_OK && a.status != OXRTMP_E_TIMEOUT);
        close(a.fd);
      }
      OK(oxrtmp_server_close(server));
    }
  }
}

/* A peer's words may have a NUL in them, where no name is: the text does not end there for C. */
static void words_have_no_nul(void) {
  static const oxrtmp_amf_value connect[] = {
      {.type = OXRTMP_AMF_OBJECT},
      {.type = OXRTMP_AMF_STRING, .name = "app", .name_size = 3, .text = "live", .text_size = 4},
      {.type = OXRTMP_AMF_STRING, .name = "flashVer", .name_size = 8, .text = "OBS\0x", .text_size = 5},
      {.type = OXRTMP_AMF_OBJECT_END},
  };
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_connect = 1;
  oxrtmp_engine engine;
  OK(oxrtmp_engine_server_create(&options, OXRTMP_ENGINE_SHAKEN, &engine));
  uint8_t values[256], body[256], chunks[512];
  size_t size, used;
  OK(oxrtmp_amf_encode(connect, 4, 0, values, sizeof values, &size));
  oxrtmp_command command = {.name = "connect", .name_size = 7, .transaction_id = 1, .values = values, .values_size = size};
  OK(oxrtmp_command_build(&command, body, sizeof body, &size));
  oxrtmp_message message = {.chunk_stream_id = 3, .type = 20};
  oxrtmp_chunk_encoder encoder;
  OK(oxrtmp_chunk_encoder_create(&encoder));
  OK(oxrtmp_chunk_encoder_write(encoder, &message, body, size, chunks, sizeof chunks, &size));
  OK(oxrtmp_chunk_encoder_close(encoder));
  OK(oxrtmp_engine_receive(engine, 0, chunks, size, &used));
  oxrtmp_event event;
  OK(oxrtmp_engine_next_event(engine, &event));
  CHECK(event.type == OXRTMP_EVENT_REQUEST);
  char text[64];
  OK(oxrtmp_request_flash_version(event.request, text, sizeof text, &size));
  TEXT("OBS?x", text);
  CHECK(size == 5);
  OK(oxrtmp_request_reject(event.request, NULL, NULL));
  OK(oxrtmp_engine_close(engine));
}

int main(void) {
  RUN(users_log_in);
  RUN(the_application_decides_logins);
  RUN(peers_are_redirected);
  RUN(peers_are_kicked);
  RUN(addresses_behind_load_balancers);
  RUN(words_have_no_nul);
  return 0;
}
