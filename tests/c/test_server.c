/* serve, adopted sockets, options and limits. */
#include "check.h"

#include <sys/un.h>

/* ---- serve ---- */

static _Atomic int began, ended;
static oxrtmp_server served;

static void take_all(oxrtmp_request request, void *user_data) {
  CHECK(user_data == &began);
  char name[64];
  OK(oxrtmp_request_stream_name(request, name, sizeof name, NULL));
  began++;
  if (strcmp(name, "ignored") == 0) {
    ended++;
    return; /* not answered: rejected when this returns */
  }
  if (strcmp(name, "last") == 0) {
    OK(oxrtmp_server_close(served)); /* from inside, with a request that is not answered */
    ended++;
    return;
  }
  oxrtmp_session session;
  if (oxrtmp_request_accept(request, NULL, &session) == OXRTMP_OK) {
    oxrtmp_packet packet;
    while (oxrtmp_session_next_packet(session, -1, &packet) == OXRTMP_OK) {
      OK(oxrtmp_packet_release(&packet));
    }
    OK(oxrtmp_session_close(session));
  }
  ended++;
}

static void *serving(void *status) {
  *(oxrtmp_status *)status = oxrtmp_server_serve(served, take_all, &began);
  return NULL;
}

static void a_function_per_request(void) {
  oxrtmp_library_info before = library_info();
  served = bind_server(NULL);
  int tasks = threads();
  oxrtmp_status status = OXRTMP_E_INTERNAL;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, serving, &status) == 0);
  oxrtmp_client clients[5], refused;
  for (int i = 0; i < 5; i++) { /* five at once: none waits for another */
    OK(oxrtmp_client_publish(url_of(served, "live/test"), NULL, 10000, &clients[i]));
  }
  CHECK(began == 5 && ended == 0);
  STATUS(OXRTMP_E_NAME, oxrtmp_client_publish(url_of(served, "live/ignored"), NULL, 10000, &refused));
  for (int i = 0; i < 4; i++) {
    OK(oxrtmp_client_close(clients[i]));
  }
  for (int i = 0; i < 1000 && ended < 5; i++) {
    sleep_ms(10);
  }
  CHECK(ended == 5);
  CHECK(oxrtmp_client_publish(url_of(served, "live/last"), NULL, 10000, &refused) != OXRTMP_OK);
  pthread_join(thread, NULL); /* serve returns only when every function has */
  OK(status);
  CHECK(began == 7 && ended == 7);
  oxrtmp_client_close(clients[4]);
  CHECK(threads() <= tasks + 4); /* Go keeps some of its own */
  SETTLED(&before);
}

/* ---- sockets of the caller's ---- */

static void *publish_over(void *p) {
  struct publisher *publisher = p;
  int fd = (int)publisher->client.id;
  publisher->client.id = 0;
  publisher->status = oxrtmp_client_publish_fd(fd, "rtmp://anywhere/live/test", NULL, 10000, &publisher->client);
  return NULL;
}

/* stream_through checks a session whose client publishes over fd. */
static void stream_through(oxrtmp_server server, int fd) {
  struct publisher p = {.client = {(uint64_t)fd}, .status = OXRTMP_E_INTERNAL};
  CHECK(pthread_create(&p.thread, NULL, publish_over, &p) == 0);
  oxrtmp_request request;
  oxrtmp_session session;
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, &session));
  pthread_join(p.thread, NULL);
  OK(p.status);
  static const uint8_t aac[] = {9, 8, 7};
  OK(oxrtmp_client_send_audio(p.client, 5, aac, sizeof aac));
  oxrtmp_packet packet;
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  CHECK(packet.size == 3 && packet.data[2] == 7 && packet.timestamp_ms == 5);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_client_close(p.client));
  OK(oxrtmp_session_close(session));
}

static void adopted_connections(void) {
  int files = open_files();
  oxrtmp_library_info before = library_info();
  oxrtmp_server server;
  OK(oxrtmp_server_create(NULL, &server));
  char text[64];
  OK(oxrtmp_server_address(server, text, sizeof text, NULL));
  TEXT("", text);

  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  OK(oxrtmp_server_adopt_connection(server, pair[0]));
  stream_through(server, pair[1]);

  uint16_t port;
  int listener = listen_socket(&port, 8);
  int fd = connect_socket(port);
  int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  OK(oxrtmp_server_adopt_connection(server, accepted));
  stream_through(server, fd);

  OK(oxrtmp_server_adopt_listener(server, listener));
  OK(oxrtmp_server_address(server, text, sizeof text, NULL));
  CHECK(atoi(strrchr(text, ':') + 1) == port);
  stream_through(server, connect_socket(port));
  OK(oxrtmp_server_listen(server, "127.0.0.1:0"));
  OK(oxrtmp_server_addresses(server, text, sizeof text, NULL));
  CHECK(strstr(text, ", 127.0.0.1:") != NULL);

  /* What cannot be adopted stays the caller's. */
  fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(oxrtmp_server_adopt_connection(server, fd) != OXRTMP_OK);
  CHECK(oxrtmp_server_adopt_listener(server, fd) != OXRTMP_OK);
  oxrtmp_client client;
  CHECK(oxrtmp_client_publish_fd(fd, "rtmp://x/live/test", NULL, 1000, &client) != OXRTMP_OK);
  CHECK(fcntl(fd, F_GETFD) >= 0);
  close(fd);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_adopt_connection(server, -1));
  CHECK(oxrtmp_server_adopt_connection(server, 1000) != OXRTMP_OK);
  OK(oxrtmp_server_close(server));
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_adopt_connection(server, pair[0]));
  CHECK(fcntl(pair[0], F_GETFD) >= 0);
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_client_publish_fd(pair[1], "rtmp://x/live/test", NULL, 50, &client));
  CHECK(fcntl(pair[1], F_GETFD) >= 0);
  close(pair[0]);
  close(pair[1]);
  SETTLED(&before);
  CHECK(open_files() <= files + 4); /* the poller of the library */
}

static bool blocks(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

/* refused_sockets: what is no listening, or no connected, stream socket is refused, and what is refused is as it was. */
static void refused_sockets(void) {
  oxrtmp_server server;
  OK(oxrtmp_server_create(NULL, &server));
  oxrtmp_client client;
  uint16_t port;
  int listener = listen_socket(&port, 8), connected = connect_socket(port);
  int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int impatient = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  STATUS(OXRTMP_E_IO, oxrtmp_server_adopt_listener(server, connected));
  STATUS(OXRTMP_E_IO, oxrtmp_server_adopt_listener(server, unconnected));
  STATUS(OXRTMP_E_IO, oxrtmp_server_adopt_tls_listener(server, datagrams));
  STATUS(OXRTMP_E_IO, oxrtmp_server_adopt_connection(server, listener));
  STATUS(OXRTMP_E_IO, oxrtmp_server_adopt_connection(server, unconnected));
  STATUS(OXRTMP_E_IO, oxrtmp_server_adopt_tls_connection(server, datagrams));
  STATUS(OXRTMP_E_IO, oxrtmp_server_adopt_connection(server, impatient));
  STATUS(OXRTMP_E_IO, oxrtmp_client_publish_fd(listener, "rtmp://x/live/test", NULL, 10000, &client));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_publish_fd(connected, "http://x/live/test", NULL, 10000, &client));
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_client_play_fd(connected, "rtmp://x/live/test", NULL, 50, &client));
  CHECK(blocks(listener) && blocks(connected) && blocks(unconnected) && blocks(datagrams) && !blocks(impatient));
  /* A connection that the peer has cut is one: no stranger can have it come back. */
  int stranger = connect_socket(port);
  close(accept4(listener, NULL, NULL, SOCK_CLOEXEC)); /* the one before */
  int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC), cut = 0;
  struct linger none = {.l_onoff = 1};
  CHECK(setsockopt(stranger, SOL_SOCKET, SO_LINGER, &none, sizeof none) == 0 && close(stranger) == 0);
  struct sockaddr_in peer;
  for (socklen_t size = sizeof peer; getpeername(accepted, (struct sockaddr *)&peer, &size) == 0; cut++) {
    CHECK(cut < 1000);
    sleep_ms(5);
  }
  OK(oxrtmp_server_adopt_connection(server, accepted));
  OK(oxrtmp_server_close(server));
  close(listener);
  close(connected);
  close(unconnected);
  close(datagrams);
  close(impatient);
}

static void names_have_several_addresses(void) {
  oxrtmp_server server;
  OK(oxrtmp_server_bind("localhost:0", NULL, &server));
  char text[128];
  OK(oxrtmp_server_addresses(server, text, sizeof text, NULL));
  CHECK(strstr(text, "127.0.0.1:") != NULL || strstr(text, "[::1]:") != NULL);
  oxrtmp_server second;
  OK(oxrtmp_server_address(server, text, sizeof text, NULL));
  STATUS(OXRTMP_E_ADDRESS, oxrtmp_server_bind(text, NULL, &second)); /* taken */
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  OK(oxrtmp_last_error_detail(&detail));
  CHECK(detail.os_error == EADDRINUSE);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_server_bind(text, NULL, &second)); /* free again */
  OK(oxrtmp_server_close(second));
}

/* ---- options ---- */

static void structs_grow(void) {
  oxrtmp_server server;
  struct {
    oxrtmp_server_options options;
    uint32_t later[4];
  } newer;
  memset(&newer, 0, sizeof newer);
  OK(oxrtmp_server_options_init(&newer.options));
  newer.options.struct_size = sizeof newer;
  OK(oxrtmp_server_create(&newer.options, &server)); /* a newer program that does not use what is new */
  OK(oxrtmp_server_close(server));
  newer.later[2] = 1;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&newer.options, &server));

  oxrtmp_server_options options;
  memset(&options, 0xFF, sizeof options);
  options.struct_size = offsetof(oxrtmp_server_options, chunk_size); /* an older one: the rest is not looked at */
  OK(oxrtmp_server_create(&options, &server));
  OK(oxrtmp_server_close(server));
  options.struct_size = 0; /* _init was forgotten */
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.struct_size = UINT32_MAX;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));

  oxrtmp_limits limits = {0}; /* its _init was forgotten */
  OK(oxrtmp_server_options_init(&options));
  options.limits = &limits;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  char text[OXRTMP_ERROR_TEXT_SIZE];
  OK(oxrtmp_last_error(text, sizeof text));
  CHECK(strstr(text, "limits") != NULL && strstr(text, "_init") != NULL);
  options.limits = NULL;
  options.chunk_size = 65537;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_options_init(NULL));
}

static void limits_take_effect(void) {
  oxrtmp_limits limits;
  oxrtmp_server_options options;
  OK(oxrtmp_limits_init(&limits));
  OK(oxrtmp_server_options_init(&options));
  limits.message_bytes = 10000;
  limits.connections = 1;
  limits.name_bytes = 60;
  options.limits = &limits;
  oxrtmp_server server = bind_server(&options);
  oxrtmp_client client, second;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  CHECK(oxrtmp_client_publish(url_of(server, "live/second"), NULL, 2000, &second) != OXRTMP_OK);
  static uint8_t frame[10001 - 5];
  oxrtmp_packet packet;
  OK(oxrtmp_client_send_video(client, 0, 1, frame, sizeof frame - 1));
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  CHECK(packet.raw_size == 10000);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_client_send_video(client, 0, 1, frame, sizeof frame));
  STATUS(OXRTMP_E_LIMIT, oxrtmp_session_next_packet(session, 10000, &packet));
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));

  limits.connections = 0;
  server = bind_server(&options);
  CHECK(oxrtmp_client_publish(url_of(server, "live/a-name-that-is-longer-than-the-sixty-bytes-which-are-allowed-to-it"), NULL, 5000, &client) != OXRTMP_OK);
  OK(oxrtmp_server_close(server));
}

int main(void) {
  RUN(a_function_per_request);
  RUN(adopted_connections);
  RUN(refused_sockets);
  RUN(names_have_several_addresses);
  RUN(structs_grow);
  RUN(limits_take_effect);
  return 0;
}
