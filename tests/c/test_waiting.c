/* No call outlives its timeout by more than 250 ms, whatever the peer does; closing wakes who waits. */
#include "closer.h"

/* A wait under valgrind or a sanitizer on a busy machine is given more. */
static int64_t grace(void) { return slow() ? 5000 : 250; }

/* ---- closing from another thread ---- */

static void close_wakes_accept(void) {
  struct closer c = {.server = bind_server(NULL)};
  oxrtmp_request request;
  CLOSED_WHILE(c, oxrtmp_server_accept(c.server, -1, &request));
  CHECK(request.id == 0);
}

static void close_wakes_next_packet(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_packet packet;
  size_t count;
  struct closer c = {.server = {0}};
  connect_publisher(server, &client, &c.session);
  CLOSED_WHILE(c, oxrtmp_session_next_packet(c.session, -1, &packet));
  OK(oxrtmp_client_close(client));

  connect_publisher(server, &client, &c.session);
  CLOSED_WHILE(c, oxrtmp_session_next_packets(c.session, 60000, &packet, 1, &count));
  OK(oxrtmp_client_close(client));

  /* The server's end is the session's. */
  connect_publisher(server, &client, &c.session);
  oxrtmp_session session = c.session;
  c.session.id = 0;
  c.server = server;
  CLOSED_WHILE(c, oxrtmp_session_next_packet(session, -1, &packet));
  STATUS(OXRTMP_E_CLOSED, oxrtmp_session_next_packet(session, 0, &packet));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_client_close(client));
}

/* fill sends until there is no room. */
static oxrtmp_status fill(oxrtmp_client client) {
  static uint8_t frame[100000];
  oxrtmp_status status;
  uint32_t t = 0;
  while ((status = oxrtmp_client_send_video(client, t++, 1, frame, sizeof frame)) == OXRTMP_OK) {
    CHECK(t < 5000);
  }
  return status;
}

/* connect_with makes a client with these options, and the session at its other end. */
static oxrtmp_client_options client_options;
static void *publish_with_options(void *p) {
  struct publisher *publisher = p;
  publisher->status = oxrtmp_client_publish(publisher->url, &client_options, 10000, &publisher->client);
  return NULL;
}

static void connect_with(oxrtmp_server server, oxrtmp_client *client, oxrtmp_session *session) {
  struct publisher p = {.status = OXRTMP_E_INTERNAL};
  snprintf(p.url, sizeof p.url, "%s", url_of(server, "live/test"));
  CHECK(pthread_create(&p.thread, NULL, publish_with_options, &p) == 0);
  oxrtmp_request request;
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, session));
  pthread_join(p.thread, NULL);
  OK(p.status);
  *client = p.client;
}

static void sending_to_one_who_does_not_read(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_session session;
  struct closer c = {.server = {0}};

  OK(oxrtmp_client_options_init(&client_options));
  client_options.send_timeout_ms = 300;
  client_options.linger_ms = 100;
  connect_with(server, &c.client, &session);
  STATUS(OXRTMP_E_TIMEOUT, fill(c.client));
  static const uint8_t byte[1];
  WITHIN(250, 300 + grace(), OXRTMP_E_TIMEOUT, oxrtmp_client_send_audio(c.client, 0, byte, 1));
  WITHIN(150, 200 + grace(), OXRTMP_E_TIMEOUT, oxrtmp_client_flush(c.client, 200));
  WITHIN(0, grace(), OXRTMP_E_TIMEOUT, oxrtmp_client_flush(c.client, 0));
  WITHIN(0, 100 + grace(), OXRTMP_E_TIMEOUT, oxrtmp_client_close(c.client)); /* something was lost */
  OK(oxrtmp_session_close(session));

  client_options.no_wait = 1;
  connect_with(server, &c.client, &session);
  do { /* until the network, too, takes no more */
    STATUS(OXRTMP_E_AGAIN, fill(c.client));
    sleep_ms(100);
  } while (oxrtmp_client_send_audio(c.client, 0, byte, 1) == OXRTMP_OK);
  WITHIN(0, grace(), OXRTMP_E_AGAIN, oxrtmp_client_send_audio(c.client, 0, byte, 1));
  oxrtmp_statistics before = {.struct_size = sizeof before}, after = before;
  OK(oxrtmp_client_statistics(c.client, &before));
  STATUS(OXRTMP_E_AGAIN, oxrtmp_client_send_audio(c.client, 0, byte, 1));
  OK(oxrtmp_client_statistics(c.client, &after));
  CHECK(before.packets == after.packets && before.queued_bytes > 0); /* nothing was taken */
  oxrtmp_client_close(c.client);
  OK(oxrtmp_session_close(session));

  client_options.no_wait = 0;
  client_options.send_timeout_ms = -1;
  client_options.linger_ms = -1;
  connect_with(server, &c.client, &session);
  c.server = server; /* closing the server ends the connection that the client waits on */
  c.session = session;
  oxrtmp_client client = c.client;
  c.client.id = 0;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, close_later, &c) == 0);
  oxrtmp_status status = fill(client);
  CHECK(status == OXRTMP_E_IO || status == OXRTMP_E_EOF || status == OXRTMP_E_REFUSED);
  CHECK(slow() || now_ms() - c.closed_at < 500);
  pthread_join(thread, NULL);
  oxrtmp_client_close(client);
}

static void close_wakes_send_and_flush(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_session session;
  OK(oxrtmp_client_options_init(&client_options));
  client_options.send_timeout_ms = 100;
  client_options.linger_ms = -1;
  struct closer c = {.server = {0}};
  connect_with(server, &c.client, &session);
  fill(c.client);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, close_later, &c) == 0);
  STATUS(OXRTMP_E_CLOSED, oxrtmp_client_flush(c.client, -1));
  CHECK(slow() || now_ms() - c.closed_at < 100);
  pthread_join(thread, NULL);
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

/* ---- peers that do not answer ---- */

static void timeouts_of_waiting_calls(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_request request;
  oxrtmp_client client;
  oxrtmp_session session;
  oxrtmp_packet packet;
  WITHIN(0, grace(), OXRTMP_E_TIMEOUT, oxrtmp_server_accept(server, 0, &request));
  WITHIN(190, 200 + grace(), OXRTMP_E_TIMEOUT, oxrtmp_server_accept(server, 200, &request));
  connect_publisher(server, &client, &session);
  WITHIN(0, grace(), OXRTMP_E_TIMEOUT, oxrtmp_session_next_packet(session, 0, &packet));
  WITHIN(190, 200 + grace(), OXRTMP_E_TIMEOUT, oxrtmp_session_next_packet(session, 200, &packet));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

/* What a mute peer does with its connection. */
enum manner { NEVER_ACCEPTS, SAYS_NOTHING, HALF_CLOSES, CLOSES, RESETS, TALKS_NONSENSE };

struct mute {
  int listener;
  enum manner manner;
};

static void *be_mute(void *p) {
  struct mute *m = p;
  int fd = accept(m->listener, NULL, NULL);
  char trash[4096];
  if (m->manner == CLOSES || m->manner == RESETS) {
    CHECK(read(fd, trash, sizeof trash) > 0);
  }
  switch (m->manner) {
  case HALF_CLOSES:
    shutdown(fd, SHUT_WR);
    break;
  case RESETS:
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
    return NULL;
  case CLOSES:
    while (recv(fd, trash, sizeof trash, MSG_DONTWAIT) > 0) {
    }
    close(fd);
    return NULL;
  case TALKS_NONSENSE:
    CHECK(write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28) == 28);
    break;
  default:
    break;
  }
  while (read(fd, trash, sizeof trash) > 0) {
  }
  close(fd);
  return NULL;
}

static void publish_to_the_mute(void) {
  static const struct {
    enum manner manner;
    int32_t timeout;
    int64_t least, most;
    oxrtmp_status status;
  } cases[] = {
      {SAYS_NOTHING, 300, 290, 300, OXRTMP_E_TIMEOUT},
      {SAYS_NOTHING, 0, 0, 0, OXRTMP_E_TIMEOUT},
      {HALF_CLOSES, 2000, 0, 300, OXRTMP_E_IO},
      {CLOSES, 2000, 0, 300, OXRTMP_E_IO},
      {RESETS, 2000, 0, 300, OXRTMP_E_IO},
      {TALKS_NONSENSE, 2000, 0, 300, OXRTMP_E_HANDSHAKE},
      {NEVER_ACCEPTS, 300, 290, 300, OXRTMP_E_TIMEOUT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct mute m = {.manner = cases[i].manner};
    uint16_t port;
    m.listener = listen_socket(&port, m.manner == NEVER_ACCEPTS ? 0 : 8);
    int filler[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    pthread_t thread;
    if (m.manner == NEVER_ACCEPTS) { /* fill the backlog, so that connecting itself waits */
      for (int j = 0; j < 8; j++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
        filler[j] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(filler[j], (struct sockaddr *)&a, sizeof a);
      }
      sleep_ms(20);
    } else if (cases[i].timeout > 0) {
      CHECK(pthread_create(&thread, NULL, be_mute, &m) == 0);
    }
    char url[64];
    snprintf(url, sizeof url, "rtmp://127.0.0.1:%u/live/test", port);
    oxrtmp_client client;
    WITHIN(cases[i].least, cases[i].most + grace(), cases[i].status,
           oxrtmp_client_publish(url, NULL, cases[i].timeout, &client));
    CHECK(client.id == 0);
    if (m.manner != NEVER_ACCEPTS && cases[i].timeout > 0) {
      pthread_join(thread, NULL);
    }
    for (int j = 0; j < 8; j++) {
      close(filler[j]);
    }
    close(m.listener);
  }
}

/* A server gives up on those who connect and say nothing, and hands on no request of theirs. */
static void silent_connections_are_ended(void) {
  oxrtmp_timeouts timeouts;
  OK(oxrtmp_timeouts_init(&timeouts));
  timeouts.handshake_ms = 200;
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.timeouts = &timeouts;
  oxrtmp_server server = bind_server(&options);
  int fd = connect_socket(port_of(server));
  int64_t begun = now_ms();
  char byte;
  CHECK(read(fd, &byte, 1) <= 0);
  int64_t took = now_ms() - begun;
  CHECK(took >= 150 && took <= 200 + grace());
  close(fd);
  oxrtmp_request request;
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_server_accept(server, 0, &request));
  OK(oxrtmp_server_close(server));
}

/* A publisher that falls silent ends its session with an error of its own, which is no timeout of a call. */
static void silent_publishers_are_ended(void) {
  oxrtmp_timeouts timeouts;
  OK(oxrtmp_timeouts_init(&timeouts));
  timeouts.first_media_ms = 300;
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.timeouts = &timeouts;
  oxrtmp_server server = bind_server(&options);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  oxrtmp_packet packet;
  WITHIN(200, 300 + grace(), OXRTMP_E_SILENT, oxrtmp_session_next_packet(session, -1, &packet));
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
}

static void shutdown_waits_for_sessions(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  WITHIN(190, 200 + grace(), OXRTMP_E_TIMEOUT, oxrtmp_server_shutdown(server, 200));
  oxrtmp_packet packet;
  STATUS(OXRTMP_E_CLOSED, oxrtmp_session_next_packet(session, -1, &packet));
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_shutdown(server, 0));
  OK(oxrtmp_server_close(server));

  server = bind_server(NULL);
  connect_publisher(server, &client, &session);
  OK(oxrtmp_client_close(client));
  WITHIN(0, 2000 + grace(), OXRTMP_OK, oxrtmp_server_shutdown(server, 10000));
  OK(oxrtmp_session_close(session));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(close_wakes_accept);
  RUN(close_wakes_next_packet);
  RUN(sending_to_one_who_does_not_read);
  RUN(close_wakes_send_and_flush);
  RUN(timeouts_of_waiting_calls);
  RUN(publish_to_the_mute);
  RUN(silent_connections_are_ended);
  RUN(silent_publishers_are_ended);
  RUN(shutdown_waits_for_sessions);
  SETTLED(&before);
  return 0;
}
