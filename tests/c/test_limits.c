/* Each field of oxrtmp_limits: what is at the limit is taken, one more is not. */
#include "check.h"

#include <netinet/tcp.h>
#include <sys/time.h>

/* peer is the far end of an engine, or of a server: it writes messages of one chunk each. */
struct peer {
  oxrtmp_engine engine;
  oxrtmp_status status; /* that the engine died of */
  uint8_t bytes[200000], said[20000];
  size_t size, said_size;
  uint32_t packets, requests;
};

static void put(struct peer *p, const void *bytes, size_t size) {
  CHECK(p->size + size <= sizeof p->bytes);
  if (bytes != NULL) {
    memcpy(p->bytes + p->size, bytes, size);
  } else {
    memset(p->bytes + p->size, 5, size); /* AMF0 nulls */
  }
  p->size += size;
}

/* head puts the header of a message. */
static void head(struct peer *p, uint32_t chunk_stream, uint8_t type, uint8_t stream, size_t length) {
  uint8_t h[] = {1, (uint8_t)(chunk_stream - 64), (uint8_t)((chunk_stream - 64) >> 8), 0, 0, 0,
                 (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, type, stream, 0, 0, 0};
  put(p, h, sizeof h);
}

static void text(struct peer *p, const char *s, size_t size) {
  uint8_t h[] = {2, (uint8_t)(size >> 8), (uint8_t)size};
  put(p, h, sizeof h);
  put(p, s, size);
}

/* command puts a command whose arguments, AMF0, are of size bytes; NULL: nulls. */
static void command(struct peer *p, uint8_t stream, const char *name, const void *arguments, size_t size) {
  head(p, 100, 20, stream, 3 + strlen(name) + 9 + size);
  text(p, name, strlen(name));
  put(p, "\0\x3f\xf0\0\0\0\0\0\0", 9); /* transaction 1 */
  put(p, arguments, size);
}

/* hand_over gives the engine what was put, takes its events, answers yes to its requests, and keeps what it says. */
static void hand_over(struct peer *p) {
  for (size_t at = 0, taken; at < p->size && p->status == OXRTMP_OK; at += taken) {
    p->status = oxrtmp_engine_receive(p->engine, 0, p->bytes + at, p->size - at, &taken);
    oxrtmp_event event;
    while (oxrtmp_engine_next_event(p->engine, &event) == OXRTMP_OK) {
      if (event.type == OXRTMP_EVENT_REQUEST) {
        oxrtmp_session none;
        OK(oxrtmp_request_accept(event.request, NULL, &none));
        p->requests++;
      } else if (event.type == OXRTMP_EVENT_PACKET) {
        p->packets++;
        OK(oxrtmp_event_release(&event));
      }
    }
  }
  p->size = 0;
  size_t size = 0;
  do {
    OK(oxrtmp_engine_output(p->engine, p->said + p->said_size, sizeof p->said - p->said_size, &size));
    p->said_size += size;
  } while (size > 0 && p->said_size < sizeof p->said);
}

static bool heard(struct peer *p, const char *words) {
  return memmem(p->said, p->said_size, words, strlen(words)) != NULL;
}

static void connect_peer(struct peer *p, const oxrtmp_limits *limits) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.limits = limits;
  memset(p, 0, sizeof *p);
  OK(oxrtmp_engine_server_create(&options, OXRTMP_ENGINE_SHAKEN, &p->engine));
  head(p, 64, 1, 0, 4);
  put(p, "\0\xff\xff\xff", 4); /* Set Chunk Size: a chunk for each message */
  command(p, 0, "connect", "\3\0\3app\2\0\4live\0\0\11", 16);
  hand_over(p);
}

static void publish_peer(struct peer *p, const oxrtmp_limits *limits) {
  connect_peer(p, limits);
  command(p, 0, "createStream", NULL, 1);
  command(p, 1, "publish", "\5\2\0\3key\2\0\4live", 14);
  hand_over(p);
  CHECK(p->status == OXRTMP_OK && p->requests == 1 && heard(p, "NetStream.Publish.Start"));
  p->said_size = 0;
}

static uint64_t faulty(struct peer *p) {
  oxrtmp_engine_counters counters = {.struct_size = sizeof counters};
  OK(oxrtmp_engine_statistics(p->engine, &counters));
  return counters.faulty;
}

/* ---- one function for each field: how much of n it takes, and what becomes of the connection ---- */

static void video_of(struct peer *p, uint32_t n) {
  head(p, 100, 9, 1, n);
  put(p, NULL, n);
}

static void unknown_of(struct peer *p, uint32_t n) {
  head(p, 100, 99, 0, n);
  put(p, NULL, n);
}

static void incomplete(struct peer *p, uint32_t n) { /* n messages of 1024 bytes, of which 128 come */
  head(p, 64, 1, 0, 4);
  put(p, "\0\0\0\x80", 4);
  for (uint32_t i = 0; i < n; i++) {
    head(p, 200 + i, 99, 0, 1024);
    put(p, NULL, 128);
  }
}

static void chunk_streams(struct peer *p, uint32_t n) {
  for (uint32_t i = 2; i < n; i++) { /* control and commands have used two */
    head(p, 200 + i, 8, 1, 1);
    put(p, "\xaf", 1);
  }
}

static void message_streams(struct peer *p, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    command(p, 0, "createStream", NULL, 1);
  }
}

static void amf_depth(struct peer *p, uint32_t n) { /* n strict arrays in one another */
  uint8_t nested[6 * 20];
  for (uint32_t i = 0; i < n; i++) {
    memcpy(nested + 5 * i, "\12\0\0\0\1", 5);
  }
  nested[5 * n] = 5;
  command(p, 0, "x", nested, 5 * n + 1);
}

static void amf_values(struct peer *p, uint32_t n) { command(p, 0, "x", NULL, n - 2); } /* the name and the number */

static void publish_name(struct peer *p, uint32_t n) {
  char name[1000];
  memset(name, 'a', sizeof name);
  command(p, 0, "createStream", NULL, 1);
  head(p, 100, 20, 1, 10 + 9 + 1 + 3 + n + 7);
  text(p, "publish", 7);
  put(p, "\0\x3f\xf0\0\0\0\0\0\0\5", 10);
  text(p, name, n);
  text(p, "live", 4);
}

static void idle_messages(struct peer *p, uint32_t n) {
  for (uint32_t i = 2; i < n; i++) { /* Set Chunk Size and createStream came before */
    head(p, 100, 99, 0, 0);
  }
}

enum over { TAKEN, DIES, IS_FAULTY, IS_REFUSED };

static void limits_of_a_connection(void) {
  static struct peer p;
  oxrtmp_limits l;
  const struct {
    const char *name;
    uint32_t *field, value, limit;
    void (*use)(struct peer *, uint32_t);
    bool early;
    enum over over;
  } cases[] = {
      {"message_bytes", &l.message_bytes, 1000, 1000, video_of, false, DIES},
      {"partial_bytes", &l.partial_bytes, 4096, 4, incomplete, false, DIES},
      {"early_message_bytes", &l.early_message_bytes, 1000, 1000, unknown_of, true, DIES},
      {"early_partial_bytes", &l.early_partial_bytes, 4096, 4, incomplete, true, DIES},
      {"chunk_streams", &l.chunk_streams, 6, 6, chunk_streams, false, DIES},
      {"message_streams", &l.message_streams, 3, 3, message_streams, true, IS_REFUSED},
      {"amf_depth", &l.amf_depth, 10, 10, amf_depth, false, IS_FAULTY},
      {"amf_values", &l.amf_values, 50, 50, amf_values, false, IS_FAULTY},
      {"early_amf_values", &l.early_amf_values, 50, 50, amf_values, true, IS_FAULTY},
      {"name_bytes", &l.name_bytes, 100, 100, publish_name, true, IS_REFUSED},
      {"idle_messages", &l.idle_messages, 200, 1000, idle_messages, false, DIES},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (uint32_t n = cases[i].limit - 1; n <= cases[i].limit + 1; n++) {
      OK(oxrtmp_limits_init(&l));
      *cases[i].field = cases[i].value;
      (cases[i].early ? connect_peer : publish_peer)(&p, &l);
      uint64_t before = faulty(&p);
      cases[i].use(&p, n);
      hand_over(&p);
      enum over over = n > cases[i].limit ? cases[i].over : TAKEN;
      if (p.status != (over == DIES ? OXRTMP_E_LIMIT : OXRTMP_OK) || (faulty(&p) > before) != (over == IS_FAULTY) ||
          (cases[i].over == IS_REFUSED && heard(&p, "error") != (over == IS_REFUSED))) {
        fprintf(stderr, "%s: %u of %u: status %d, faulty %d, refused %d\n", cases[i].name, n, cases[i].limit, p.status,
                faulty(&p) > before, heard(&p, "error"));
        exit(1);
      }
      OK(oxrtmp_engine_close(p.engine));
    }
  }
}

static void chunks_in_a_turn(void) {
  static struct peer p;
  oxrtmp_limits l;
  OK(oxrtmp_limits_init(&l));
  l.read_chunks = 5;
  for (uint32_t n = 4; n <= 6; n++) {
    publish_peer(&p, &l);
    for (uint32_t i = 0; i < n; i++) {
      video_of(&p, 10);
    }
    size_t taken;
    OK(oxrtmp_engine_receive(p.engine, 0, p.bytes, p.size, &taken));
    CHECK(p.size - taken == (n > 5 ? 24 : 0));
    OK(oxrtmp_engine_close(p.engine));
  }
}

/* ---- of a server ---- */

static oxrtmp_server server_with(const oxrtmp_limits *limits) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.limits = limits;
  return bind_server(&options);
}

/* let_in returns how many of n connections get a byte of the server's handshake, once they have sent theirs. */
static uint32_t let_in(oxrtmp_server server, uint32_t n, int wait_ms) {
  static uint8_t hello[1537] = {3};
  int fds[16];
  uint32_t taken = 0;
  for (uint32_t i = 0; i < n; i++) {
    fds[i] = connect_socket(port_of(server));
    CHECK(send(fds[i], hello, sizeof hello, MSG_NOSIGNAL) == sizeof hello || errno == EPIPE || errno == ECONNRESET);
  }
  int64_t until = now_ms() + wait_ms;
  for (uint32_t i = 0; i < n; i++) {
    struct timeval left = {.tv_usec = 1000};
    int64_t ms = until - now_ms();
    if (ms > 0) {
      left = (struct timeval){ms / 1000, ms % 1000 * 1000 + 1};
    }
    char byte;
    CHECK(setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &left, sizeof left) == 0);
    taken += recv(fds[i], &byte, 1, 0) == 1;
  }
  for (uint32_t i = 0; i < n; i++) {
    close(fds[i]);
  }
  return taken;
}

static void limits_of_a_server(void) {
  oxrtmp_limits l;
  const struct {
    const char *name;
    uint32_t *field;
  } cases[] = {{"connections", &l.connections}, {"connections_per_address", &l.connections_per_address}};
  for (size_t i = 0; i < 2; i++) {
    for (uint32_t n = 3; n <= 5; n++) {
      OK(oxrtmp_limits_init(&l));
      *cases[i].field = 4;
      oxrtmp_server server = server_with(&l);
      uint32_t taken = let_in(server, n, 10000);
      if (taken != (n > 4 ? 4 : n)) {
        fprintf(stderr, "%s: %u of %u were let in\n", cases[i].name, taken, n);
        exit(1);
      }
      OK(oxrtmp_server_close(server));
    }
  }
  OK(oxrtmp_limits_init(&l));
  l.handshakes = 4; /* one more has to wait for a quarter of a second */
  oxrtmp_server server = server_with(&l);
  int64_t begun = now_ms();
  CHECK(let_in(server, 5, 10000) == 5);
  CHECK(now_ms() - begun >= 200);
  OK(oxrtmp_server_close(server));
}

static void requests_that_wait(void) {
  oxrtmp_limits l;
  OK(oxrtmp_limits_init(&l));
  l.pending_requests = 2;
  oxrtmp_server server = server_with(&l);
  oxrtmp_queue queue;
  oxrtmp_client clients[2], more;
  OK(oxrtmp_queue_create(NULL, &queue));
  for (int i = 0; i < 2; i++) {
    OK(oxrtmp_client_publish_open(url_of(server, "live/x"), NULL, queue, 0, &clients[i]));
  }
  sleep_ms(1000); /* both wait by now */
  STATUS(OXRTMP_E_NAME, oxrtmp_client_publish(url_of(server, "live/x"), NULL, 10000, &more));
  char said[OXRTMP_ERROR_TEXT_SIZE];
  OK(oxrtmp_last_error(said, sizeof said));
  CHECK(strstr(said, "busy") != NULL);
  oxrtmp_request taken, request;
  OK(oxrtmp_server_accept(server, 0, &taken));
  OK(oxrtmp_server_accept(server, 0, &request));
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_server_accept(server, 0, &request));
  STATUS(OXRTMP_E_NAME, oxrtmp_client_publish(url_of(server, "live/x"), NULL, 10000, &more)); /* taken is not answered */
  OK(oxrtmp_request_reject(taken, NULL, "no"));
  oxrtmp_client next;
  OK(oxrtmp_client_publish_open(url_of(server, "live/x"), NULL, queue, 0, &next));
  OK(oxrtmp_server_accept(server, 10000, &request));
  oxrtmp_client_close(next);
  for (int i = 0; i < 2; i++) {
    oxrtmp_client_close(clients[i]);
  }
  OK(oxrtmp_queue_destroy(queue));
  OK(oxrtmp_server_close(server));
}

/* What waits for the application is bounded: past that the client's queue fills. */
static void packets_that_wait(void) {
  oxrtmp_limits l;
  OK(oxrtmp_limits_init(&l));
  l.queue_bytes = 100000;
  oxrtmp_server server = server_with(&l);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  static uint8_t frame[20000];
  for (int i = 0; i < 40; i++) {
    OK(oxrtmp_client_send_video(client, (uint32_t)i, 1, frame, sizeof frame));
  }
  sleep_ms(300);
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_session_statistics(session, &s));
  CHECK(s.queued_bytes >= 100000 && s.queued_bytes < 100000 + 2 * 66000);
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
}

/* A peer that makes the server answer, and does not read, is given up. */
static void answers_that_wait(void) {
  static struct peer p;
  for (int small = 0; small < 2; small++) {
    oxrtmp_limits l;
    OK(oxrtmp_limits_init(&l));
    l.idle_messages = 100000000;
    l.output_bytes = small ? 50000 : 500000000;
    oxrtmp_server server = server_with(&l);
    int fd = connect_socket(port_of(server)), least = 4096;
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least) == 0);
    memset(&p, 0, sizeof p);
    put(&p, "\3", 1);
    memset(p.bytes + 1, 0, 2 * 1536);
    p.size += 2 * 1536;
    head(&p, 64, 1, 0, 4);
    put(&p, "\0\xff\xff\xff", 4);
    CHECK(send(fd, p.bytes, p.size, MSG_NOSIGNAL) == (ssize_t)p.size);
    p.size = 0;
    for (int i = 0; i < 10000; i++) {
      head(&p, 64, 4, 0, 6);
      put(&p, "\0\6\0\0\0\0", 6); /* ping */
    }
    struct timeval patience = {2, 0};
    CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
    bool ended = false;
    /* Pings of 12 MB, more than fits into the kernel; where all is slow fewer, so that write_ms is not over. */
    int most = small ? 300 : slow() ? 15 : 60;
    for (int i = 0; i < most && !ended; i++) {
      ended = send(fd, p.bytes, p.size, MSG_NOSIGNAL) < 0;
    }
    for (int i = 0; i < (small ? 1000 : 50) && !ended; i++) { /* the end may take its time */
      sleep_ms(10);
      ended = send(fd, p.bytes, 20, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN;
    }
    if (ended != (small == 1)) {
      fprintf(stderr, "output_bytes %u: ended %d, %s\n", l.output_bytes, ended, strerror(errno));
      exit(1);
    }
    close(fd);
    OK(oxrtmp_server_close(server));
  }
}

static void calls_that_wait(void) {
  oxrtmp_limits l;
  oxrtmp_server_options server_options;
  oxrtmp_client_options client_options;
  OK(oxrtmp_limits_init(&l));
  OK(oxrtmp_server_options_init(&server_options));
  OK(oxrtmp_client_options_init(&client_options));
  l.pending_calls = 3;
  server_options.answer_calls = 1; /* and then does not */
  client_options.limits = &l;
  oxrtmp_server server = bind_server(&server_options);
  oxrtmp_queue queue;
  oxrtmp_client client;
  oxrtmp_request request;
  oxrtmp_session session;
  OK(oxrtmp_queue_create(NULL, &queue));
  OK(oxrtmp_client_publish_open(url_of(server, "live/x"), &client_options, queue, 0, &client));
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, &session));
  oxrtmp_event event;
  OK(oxrtmp_client_set_queue(client, (oxrtmp_queue){0}, 0));
  OK(oxrtmp_client_next_event(client, 10000, &event));
  CHECK(event.type == OXRTMP_EVENT_CONNECTED);
  uint32_t number;
  for (int i = 0; i < 3; i++) {
    OK(oxrtmp_client_call_start(client, "f", NULL, 0, 10000, &number));
  }
  STATUS(OXRTMP_E_LIMIT, oxrtmp_client_call_start(client, "f", NULL, 0, 10000, &number));
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

/* What the options of both sides ask of the kernel is what it says. */
static void options_of_sockets(void) {
  oxrtmp_server_options server_options;
  oxrtmp_client_options client_options;
  OK(oxrtmp_server_options_init(&server_options));
  OK(oxrtmp_client_options_init(&client_options));
  server_options.keep_alive_ms = client_options.keep_alive_ms = 77000;
  server_options.user_timeout_ms = client_options.user_timeout_ms = 12345;
  server_options.receive_buffer_bytes = client_options.receive_buffer_bytes = 50000;
  server_options.send_buffer_bytes = client_options.send_buffer_bytes = 60000;
  oxrtmp_server server = bind_server(&server_options);
  oxrtmp_queue queue;
  oxrtmp_client client;
  oxrtmp_request request;
  OK(oxrtmp_queue_create(NULL, &queue));
  OK(oxrtmp_client_publish_open(url_of(server, "live/x"), &client_options, queue, 0, &client));
  OK(oxrtmp_server_accept(server, 10000, &request));
  int found = 0;
  for (int fd = 0; fd < 1000; fd++) {
    int timeout, on, idle, receive, send;
    socklen_t n = sizeof timeout;
    if (getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &n) != 0 || timeout != 12345) {
      continue;
    }
    CHECK(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &n) == 0 && on == 1);
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &n) == 0 && idle == 77);
    CHECK(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, &n) == 0 && receive == 100000); /* the kernel doubles it */
    CHECK(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, &n) == 0 && send == 120000);
    found++;
  }
  CHECK(found == 2);
  OK(oxrtmp_request_reject(request, NULL, NULL));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

int main(void) {
  RUN(limits_of_a_connection);
  RUN(chunks_in_a_turn);
  RUN(limits_of_a_server);
  RUN(requests_that_wait);
  RUN(packets_that_wait);
  RUN(answers_that_wait);
  RUN(calls_that_wait);
  RUN(options_of_sockets);
  return 0;
}
