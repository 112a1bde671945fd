/* What a server tells: every occurrence once, in order, however connections end; and what asks before it tells. */
#include "queue.h"

/* diary is what was told of each connection, in order. */
struct diary {
  char of[4][1024];
  uint64_t last[4]; /* the time of the last line */
};

static void write_down(struct diary *d, oxrtmp_event *event) {
  const oxrtmp_server_event *told = &event->u.server;
  CHECK(event->type == OXRTMP_EVENT_SERVER && told->connection > 0 && told->connection < 4);
  CHECK(event->reserved == 0 && told->reserved == 0 && event->request.id == 0);
  CHECK(strncmp(told->peer, "127.0.0.1:", 10) == 0 && event->status == OXRTMP_OK);
  char *lines = d->of[told->connection];
  const char *name = oxrtmp_server_event_name(event->value);
  CHECK(strlen(lines) + strlen(name) + 2 < sizeof d->of[0] && name[0] != 0);
  if (lines[0] != 0) {
    strcat(lines, " ");
  }
  strcat(lines, name);
  CHECK((uint64_t)event->time_ns >= d->last[told->connection]);
  d->last[told->connection] = (uint64_t)event->time_ns;
  switch (event->value) {
  case OXRTMP_SERVER_CONNECTION:
  case OXRTMP_SERVER_HANDSHAKE_COMPLETE:
    CHECK(told->app[0] == 0 && told->stream_name[0] == 0);
    break;
  case OXRTMP_SERVER_CONNECT:
  case OXRTMP_SERVER_DISCONNECT:
    CHECK(strcmp(told->app, "live") == 0 && told->stream_name[0] == 0);
    break;
  default:
    CHECK(strcmp(told->app, "live") == 0 && strcmp(told->stream_name, "test") == 0);
  }
  bool ended = event->value == OXRTMP_SERVER_DISCONNECT || event->value == OXRTMP_SERVER_PUBLISH_STOP ||
               event->value == OXRTMP_SERVER_UNPUBLISH || event->value == OXRTMP_SERVER_PLAY_STOP;
  CHECK(ended == (told->text[0] != 0));
  bool media = event->value >= OXRTMP_SERVER_METADATA && event->value <= OXRTMP_SERVER_KEYFRAME;
  CHECK(media == (told->packet.size > 0) && (told->packet.token != 0) == media);
  CHECK((event->value == OXRTMP_SERVER_STATS_UPDATE) == (told->statistics != NULL));
  oxrtmp_event copy = *event;
  OK(oxrtmp_event_release(event));
  CHECK(event->u.server.packet.data == NULL && event->u.server.app[0] == 0 && event->u.server.statistics == NULL);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_event_release(event));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_event_drop(&copy));
}

static oxrtmp_server telling_server(oxrtmp_server_options *options, uint32_t events) {
  options->events = events;
  options->stats_interval_ms = 3600 * 1000;
  return bind_server(options);
}

/* take returns the next event of the server, which comes by its queue, or without one by the blocking call. */
static oxrtmp_event take(oxrtmp_server server, oxrtmp_queue queue) {
  oxrtmp_event event;
  size_t count;
  memset(&event, 0xA5, sizeof event);
  if (queue.id == 0) {
    OK(oxrtmp_server_next_event(server, 10000, &event));
  } else {
    STATUS(server.id != 0 ? OXRTMP_E_BUSY : OXRTMP_E_HANDLE, oxrtmp_server_next_event(server, 0, &event));
    OK(oxrtmp_queue_wait(queue, 10000, &event, 1, &count));
    CHECK(count == 1);
  }
  return event;
}

static const uint8_t enhanced_video[] = {0x93, 'h', 'v', 'c', '1', 1, 2, 3};
static const uint8_t enhanced_audio[] = {0x91, 'O', 'p', 'u', 's', 1, 2, 3};

static void send_everything(oxrtmp_client client) {
  static const uint8_t frame[] = {0, 0, 0, 1, 9};
  OK(oxrtmp_client_send_metadata_json(client, "{\"width\":16}"));
  OK(oxrtmp_client_send_video(client, 0, 1, frame, sizeof frame));
  OK(oxrtmp_client_send_audio(client, 0, frame, sizeof frame));
  oxrtmp_packet packet = {.type = 9, .raw = enhanced_video, .raw_size = sizeof enhanced_video};
  OK(oxrtmp_client_send_packet(client, &packet));
  packet = (oxrtmp_packet){.type = 8, .raw = enhanced_audio, .raw_size = sizeof enhanced_audio};
  OK(oxrtmp_client_send_packet(client, &packet));
  OK(oxrtmp_client_send_video_sequence_header(client, frame, sizeof frame));
  OK(oxrtmp_client_flush(client, 10000));
}

/* A172, A173, A174, A198: a publisher and a player on a hub, everything told, by queue or by blocking calls. */
static void tell_all(bool queued) {
  oxrtmp_library_info before = library_info();
  oxrtmp_hub hub;
  oxrtmp_server_options options;
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  oxrtmp_server server = telling_server(&options, OXRTMP_SERVER_EVENTS_ALL);
  oxrtmp_queue queue = queued ? new_queue(OXRTMP_LOG_NONE) : (oxrtmp_queue){0};
  OK(oxrtmp_server_set_queue(server, queue, 77));
  oxrtmp_client publisher, player;
  OK(oxrtmp_client_publish(url_of(server, "live/test"), NULL, 10000, &publisher));
  send_everything(publisher);
  struct diary diary = {0};
  while (strstr(diary.of[1], "enhanced_audio_frame media_tag") == NULL) {
    oxrtmp_event event = take(server, queue);
    CHECK(event.source == server.id && event.user_data == (queued ? 77 : 0));
    write_down(&diary, &event);
  }
  OK(oxrtmp_client_play(url_of(server, "live/test"), NULL, 10000, &player));
  OK(oxrtmp_client_pause(player, 1));
  OK(oxrtmp_client_pause(player, 1)); /* no other occurrence */
  OK(oxrtmp_client_pause(player, 0));
  while (strstr(diary.of[2], "unpause") == NULL) {
    oxrtmp_event event = take(server, queue);
    write_down(&diary, &event);
  }
  OK(oxrtmp_client_close(player));
  OK(oxrtmp_client_close(publisher));
  while (strstr(diary.of[1], "disconnect") == NULL || strstr(diary.of[2], "disconnect") == NULL) {
    oxrtmp_event event = take(server, queue);
    write_down(&diary, &event);
  }
  TEXT("connection handshake_complete connect fc_publish publish metadata media_tag keyframe video_frame media_tag "
       "audio_frame media_tag keyframe enhanced_video_frame media_tag enhanced_audio_frame media_tag publish_stop "
       "unpublish disconnect",
       diary.of[1]);
  TEXT("connection handshake_complete connect play pause unpause play_stop disconnect", diary.of[2]);
  oxrtmp_event event;
  if (queued) {
    NOTHING(queue);
  } else {
    STATUS(OXRTMP_E_TIMEOUT, oxrtmp_server_next_event(server, 0, &event));
  }
  OK(oxrtmp_server_close(server));
  if (queued) {
    event = next_(queue, OXRTMP_EVENT_SERVER_CLOSED, __FILE__, __LINE__);
    CHECK(event.user_data == 77);
    NOTHING(queue);
    OK(oxrtmp_queue_destroy(queue));
  }
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_next_event(server, 0, &event));
  OK(oxrtmp_hub_close(hub));
  SETTLED(&before);
}

static void everything_is_told_by_queue(void) { tell_all(true); }
static void everything_is_told_to_who_waits(void) { tell_all(false); }

/* What ends with the server is told before SERVER_CLOSED, and what nobody takes is released. */
static void the_server_s_end_is_told(void) {
  for (int taken = 0; taken < 3; taken++) {
    oxrtmp_library_info before = library_info();
    oxrtmp_hub hub;
    oxrtmp_server_options options;
    OK(oxrtmp_hub_create(NULL, &hub));
    OK(oxrtmp_server_options_init(&options));
    options.hub = hub;
    oxrtmp_server server = telling_server(&options, OXRTMP_SERVER_EVENTS_ALL);
    oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
    if (taken != 1) {
      OK(oxrtmp_server_set_queue(server, queue, 0));
    }
    oxrtmp_client client;
    OK(oxrtmp_client_publish(url_of(server, "live/test"), NULL, 10000, &client));
    send_everything(client);
    OK(oxrtmp_client_ping(client, 10000, &(int64_t){0})); /* all of it has arrived */
    OK(oxrtmp_server_close(server));
    struct diary diary = {0};
    while (taken == 0) {
      oxrtmp_event event = take((oxrtmp_server){0}, queue);
      if (event.type == OXRTMP_EVENT_SERVER_CLOSED) {
        CHECK(strstr(diary.of[1], "media_tag publish_stop unpublish disconnect") != NULL);
        break;
      }
      event.status = OXRTMP_OK; /* the connection was closed on this side */
      write_down(&diary, &event);
    }
    OK(oxrtmp_queue_destroy(queue));
    oxrtmp_client_close(client); /* whose good-bye finds nobody */
    OK(oxrtmp_hub_close(hub));
    SETTLED(&before);
  }
}

/* A175: a message waits for its answer; what is dropped nobody sees. */
static void a_media_tag_can_be_dropped(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.ask_media_tag = 1;
  oxrtmp_server server = telling_server(&options, OXRTMP_SERVER_EVENT(OXRTMP_SERVER_VIDEO_FRAME));
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  send_numbered(client, 0, 100);
  for (uint32_t n = 0; n < 100; n++) {
    oxrtmp_event event;
    oxrtmp_packet packet;
    OK(oxrtmp_server_next_event(server, 10000, &event));
    CHECK(event.value == OXRTMP_SERVER_MEDIA_TAG && event.request.id != 0 && event.u.server.packet.timestamp_ms == n);
    STATUS(OXRTMP_E_TIMEOUT, oxrtmp_session_next_packet(session, 0, &packet));
    STATUS(OXRTMP_E_HANDLE, oxrtmp_request_reject(event.request, NULL, NULL)); /* it is no request of a peer */
    oxrtmp_event copy = event;
    if (n % 2 != 0) {
      OK(oxrtmp_event_drop(&event));
      STATUS(OXRTMP_E_HANDLE, oxrtmp_event_release(&copy));
      continue;
    }
    OK(oxrtmp_event_release(&event));
    STATUS(OXRTMP_E_HANDLE, oxrtmp_event_drop(&copy));
    OK(oxrtmp_server_next_event(server, 10000, &event));
    CHECK(event.value == OXRTMP_SERVER_VIDEO_FRAME && event.request.id == 0);
    CHECK(event.u.server.packet.timestamp_ms == n);
    OK(oxrtmp_event_drop(&event)); /* too late for that: it is released */
    OK(oxrtmp_session_next_packet(session, 10000, &packet));
    CHECK(packet.timestamp_ms == n);
    OK(oxrtmp_packet_release(&packet));
  }
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  SETTLED(&before);
}

/* asker publishes or plays, in a thread, and tells how that went. */
struct asker {
  char url[512];
  uint32_t play;
  oxrtmp_client_options options;
  oxrtmp_client client;
  oxrtmp_status status;
  char words[OXRTMP_ERROR_TEXT_SIZE];
  pthread_t thread;
};

static void *ask_(void *p) {
  struct asker *a = p;
  a->status = (a->play ? oxrtmp_client_play : oxrtmp_client_publish)(a->url, &a->options, 10000, &a->client);
  if (a->status != OXRTMP_OK) {
    OK(oxrtmp_last_error(a->words, sizeof a->words));
  }
  return NULL;
}

static void start_asker(struct asker *a, const char *url, bool play) {
  memset(a, 0, sizeof *a);
  snprintf(a->url, sizeof a->url, "%s", url);
  a->play = play;
  OK(oxrtmp_client_options_init(&a->options));
  CHECK(pthread_create(&a->thread, NULL, ask_, a) == 0);
}

/* A172, A198: connection, connect, fc_publish, publish and play can be refused, and what is not granted is not told. */
static void what_is_asked_can_be_refused(void) {
  static const struct {
    uint32_t kind;
    const char *told;
  } cases[] = {{OXRTMP_REQUEST_CONNECTION, ""},
               {OXRTMP_REQUEST_CONNECT, "connection handshake_complete disconnect"},
               {OXRTMP_REQUEST_FC_PUBLISH, "connection handshake_complete connect disconnect"},
               {OXRTMP_REQUEST_PUBLISH, "connection handshake_complete connect fc_publish disconnect"},
               {OXRTMP_REQUEST_PLAY, "connection handshake_complete connect disconnect"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    oxrtmp_hub hub;
    oxrtmp_server_options options;
    oxrtmp_hub_options hub_options;
    OK(oxrtmp_hub_options_init(&hub_options));
    hub_options.wait_for_publisher = 1;
    OK(oxrtmp_hub_create(&hub_options, &hub));
    OK(oxrtmp_server_options_init(&options));
    options.hub = hub;
    options.linger_ms = 50;
    options.ask_connection = options.ask_connect = options.ask_fc_publish = options.ask_publish = options.ask_play = 1;
    oxrtmp_server server = telling_server(&options, OXRTMP_SERVER_EVENTS_ALL);
    oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
    OK(oxrtmp_server_set_queue(server, queue, 0));
    struct asker a;
    start_asker(&a, url_of(server, "live/test"), cases[i].kind == OXRTMP_REQUEST_PLAY);
    struct diary diary = {0};
    bool refused = false;
    while (!refused || (i > 0 && strstr(diary.of[1], "disconnect") == NULL)) {
      oxrtmp_event event = take(server, queue);
      if (event.type == OXRTMP_EVENT_SERVER) {
        CHECK(!refused || event.value == OXRTMP_SERVER_DISCONNECT);
        write_down(&diary, &event);
        continue;
      }
      CHECK(event.type == OXRTMP_EVENT_REQUEST);
      uint32_t kind;
      uint64_t connection;
      oxrtmp_session session;
      OK(oxrtmp_request_kind(event.request, &kind));
      OK(oxrtmp_request_connection(event.request, &connection));
      CHECK(connection == 1);
      if (kind == cases[i].kind) {
        OK(oxrtmp_request_reject(event.request, "NetStream.Play.Failed", "not you"));
        refused = true;
      } else {
        OK(oxrtmp_request_accept(event.request, NULL, &session));
        CHECK(session.id == 0);
      }
    }
    pthread_join(a.thread, NULL);
    CHECK(a.status != OXRTMP_OK && (i == 0 || strstr(a.words, "not you") != NULL));
    TEXT(cases[i].told, diary.of[1]);
    OK(oxrtmp_server_close(server));
    OK(oxrtmp_queue_destroy(queue));
    OK(oxrtmp_hub_close(hub));
  }
}

/* A198: statistics come for each stream. */
static void statistics_are_told(void) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.events = OXRTMP_SERVER_EVENT(OXRTMP_SERVER_STATS_UPDATE);
  options.stats_interval_ms = 10;
  oxrtmp_server server = bind_server(&options);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  send_numbered(client, 0, 3);
  for (;;) {
    oxrtmp_event event;
    OK(oxrtmp_server_next_event(server, 10000, &event));
    CHECK(event.value == OXRTMP_SERVER_STATS_UPDATE && strcmp(event.u.server.stream_name, "test") == 0);
    const oxrtmp_statistics *s = event.u.server.statistics;
    CHECK(s->struct_size == sizeof *s);
    bool all = s->packets == 3 && s->video_packets == 3 && s->keyframes == 1 && s->timestamp_ms == 2;
    OK(oxrtmp_event_release(&event));
    if (all) {
      break;
    }
  }
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_server_close(server));
}

enum { THREADS = 8, EACH = 40, MOST = THREADS * EACH + 1 };

/* crowd is what two threads take from a queue, of connections that come and go in many threads. */
struct crowd {
  oxrtmp_server server;
  uint16_t port;
  oxrtmp_queue queue;
  pthread_mutex_t lock;
  uint8_t told[MOST][OXRTMP_SERVER_STATS_UPDATE + 1]; /* how often, of each connection */
  _Atomic bool over;
};

static void *take_part(void *p) {
  struct crowd *c = p;
  for (int n = 0; n < EACH; n++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(c->port)};
    CHECK(fd >= 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) { /* the server is closed */
      close(fd);
      break;
    }
    int held = dup(fd); /* to cut the connection by */
    oxrtmp_client client;
    char url[64];
    snprintf(url, sizeof url, "rtmp://h/live/%d-%p", n, (void *)&client); /* a name that no other thread has */
    if (oxrtmp_client_publish_fd(fd, url, NULL, 10000, &client) != OXRTMP_OK) {
      close(fd);
      close(held);
      break;
    }
    static const uint8_t frame[] = {1, 2, 3};
    oxrtmp_client_send_video(client, 0, 1, frame, sizeof frame);
    if (n % 2 == 0) {
      shutdown(held, SHUT_RDWR);
    }
    oxrtmp_client_close(client);
    close(held);
  }
  return NULL;
}

static void *take_down(void *p) {
  struct crowd *c = p;
  while (!c->over) {
    oxrtmp_event events[16];
    size_t count = 0;
    oxrtmp_status status = oxrtmp_queue_wait(c->queue, 100, events, 16, &count);
    CHECK(status == OXRTMP_OK || status == OXRTMP_E_TIMEOUT);
    for (size_t i = 0; i < count; i++) {
      if (events[i].type == OXRTMP_EVENT_SERVER_CLOSED) {
        c->over = true;
        continue;
      }
      CHECK(events[i].type == OXRTMP_EVENT_SERVER && events[i].u.server.connection < MOST);
      pthread_mutex_lock(&c->lock);
      c->told[events[i].u.server.connection][events[i].value]++;
      pthread_mutex_unlock(&c->lock);
      OK(i % 3 == 0 ? oxrtmp_event_drop(&events[i]) : oxrtmp_event_release(&events[i]));
    }
  }
  return NULL;
}

/* A174, A198: whatever comes and goes, and when the server ends, each occurrence is told once. */
static void each_end_is_told_once(void) {
  for (int early = 0; early < 2; early++) {
    oxrtmp_library_info before = library_info();
    static struct crowd c;
    oxrtmp_hub hub;
    oxrtmp_server_options options;
    memset(&c, 0, sizeof c);
    pthread_mutex_init(&c.lock, NULL);
    OK(oxrtmp_hub_create(NULL, &hub));
    OK(oxrtmp_server_options_init(&options));
    options.hub = hub;
    options.ask_media_tag = 1;
    c.server = telling_server(&options, OXRTMP_SERVER_EVENTS_ALL);
    c.port = port_of(c.server);
    c.queue = new_queue(OXRTMP_LOG_NONE);
    OK(oxrtmp_server_set_queue(c.server, c.queue, 0));
    pthread_t parts[THREADS], takers[2];
    for (int i = 0; i < 2; i++) {
      CHECK(pthread_create(&takers[i], NULL, take_down, &c) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
      CHECK(pthread_create(&parts[i], NULL, take_part, &c) == 0);
    }
    if (early) {
      sleep_ms(100);
      OK(oxrtmp_server_close(c.server));
    }
    for (int i = 0; i < THREADS; i++) {
      pthread_join(parts[i], NULL);
    }
    OK(oxrtmp_server_close(c.server));
    for (int i = 0; i < 2; i++) {
      pthread_join(takers[i], NULL);
    }
    int connections = 0;
    for (int i = 1; i < MOST; i++) {
      const uint8_t *t = c.told[i];
      CHECK(t[OXRTMP_SERVER_CONNECTION] == t[OXRTMP_SERVER_DISCONNECT] && t[OXRTMP_SERVER_CONNECTION] <= 1);
      CHECK(t[OXRTMP_SERVER_PUBLISH] == t[OXRTMP_SERVER_PUBLISH_STOP] && t[OXRTMP_SERVER_PUBLISH] <= 1);
      CHECK(t[OXRTMP_SERVER_PUBLISH] == t[OXRTMP_SERVER_UNPUBLISH]);
      CHECK(t[OXRTMP_SERVER_HANDSHAKE_COMPLETE] <= 1 && t[OXRTMP_SERVER_CONNECT] <= 1);
      CHECK(t[OXRTMP_SERVER_PUBLISH] <= t[OXRTMP_SERVER_CONNECT]);
      connections += t[OXRTMP_SERVER_CONNECTION];
    }
    CHECK(early ? connections > 0 : connections == THREADS * EACH);
    OK(oxrtmp_queue_destroy(c.queue));
    OK(oxrtmp_hub_close(hub));
    SETTLED(&before);
  }
}

static void names_and_options(void) {
  TEXT("", oxrtmp_server_event_name(0));
  TEXT("connection", oxrtmp_server_event_name(OXRTMP_SERVER_CONNECTION));
  TEXT("stats_update", oxrtmp_server_event_name(OXRTMP_SERVER_STATS_UPDATE));
  TEXT("", oxrtmp_server_event_name(21));
  uint32_t all = 0;
  for (uint32_t kind = 1; kind <= 20; kind++) {
    CHECK(oxrtmp_server_event_name(kind)[0] != 0);
    all |= OXRTMP_SERVER_EVENT(kind);
  }
  CHECK(all == OXRTMP_SERVER_EVENTS_ALL);
  oxrtmp_server_options options;
  oxrtmp_server server;
  OK(oxrtmp_server_options_init(&options));
  options.events = 1u << 21;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.events = 1;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.events = 0;
  options.login_scheme = 3;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.login_scheme = 0;
  options.user_count = 1;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.users = &(oxrtmp_user){"", "x"};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.users = &(oxrtmp_user){"x", NULL};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.users = &(oxrtmp_user){"x", ""};
  static const char *const networks[] = {"10.0.0.0/33", "example.org", "10.0.0.0/8 nonsense"};
  for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
    options.proxy_from = networks[i];
    STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
    char words[OXRTMP_ERROR_TEXT_SIZE];
    OK(oxrtmp_last_error(words, sizeof words));
    CHECK(strstr(words, "proxy_from") != NULL);
  }
  options.proxy_from = "10.0.0.0/8, ::1,192.0.2.7";
  OK(oxrtmp_server_create(&options, &server));
  OK(oxrtmp_server_close(server));
}

int main(void) {
  RUN(everything_is_told_by_queue);
  RUN(everything_is_told_to_who_waits);
  RUN(the_server_s_end_is_told);
  RUN(a_media_tag_can_be_dropped);
  RUN(what_is_asked_can_be_refused);
  RUN(statistics_are_told);
  RUN(each_end_is_told_once);
  RUN(names_and_options);
  return 0;
}
