/* The queue: what its descriptor says, what its events carry, and what becomes of them. */
#include "queue.h"

#include <sys/resource.h>

static void arguments(void) {
  oxrtmp_queue queue = {1};
  oxrtmp_event event;
  oxrtmp_queue_options options = {.struct_size = sizeof options, .log_level = 5};
  size_t count = 1;
  int fd = 1;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_queue_create(&options, &queue));
  CHECK(queue.id == 0);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_queue_create(NULL, NULL));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_queue_fd(queue, &fd));
  CHECK(fd == -1);
  OK(oxrtmp_queue_create(NULL, &queue));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_queue_drain(queue, NULL, 1, &count));
  CHECK(count == 0);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_queue_drain(queue, &event, 0, &count));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_queue_drain(queue, &event, SIZE_MAX, &count));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_queue_drain(queue, &event, 1, NULL));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_event_release(NULL));
  event = (oxrtmp_event){.type = OXRTMP_EVENT_STREAM_END};
  event.u.packet.token = 12345; /* the words of an end may look like a token */
  OK(oxrtmp_event_release(&event));
  oxrtmp_server server = bind_server(NULL);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_set_queue(server, (oxrtmp_queue){server.id}, 0));
  STATUS(OXRTMP_E_STATE, oxrtmp_server_shutdown_start(server, 0));
  OK(oxrtmp_server_set_queue(server, (oxrtmp_queue){0}, 0));
  OK(oxrtmp_queue_destroy(queue));
  OK(oxrtmp_queue_destroy(queue));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_queue_wake(queue));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_set_queue(server, queue, 0));
  OK(oxrtmp_server_close(server));
  TEXT("createStream", oxrtmp_phase_name(OXRTMP_PHASE_CREATE_STREAM));
  TEXT("media", oxrtmp_phase_name(OXRTMP_PHASE_MEDIA));
  TEXT("", oxrtmp_phase_name(OXRTMP_PHASE_NONE));
  TEXT("", oxrtmp_phase_name(99));
}

/* One stream from the first event to the last, and the descriptor at each step. */
static void a_stream(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  CHECK(!readable(queue, 0));
  OK(oxrtmp_server_set_queue(server, queue, 11));
  CHECK(!readable(queue, 0));
  oxrtmp_client client = open_client(server, "live/test?token=1", queue, 22);
  STATUS(OXRTMP_E_STATE, oxrtmp_client_send_audio(client, 0, (const uint8_t *)"x", 1));

  oxrtmp_event event = NEXT(queue, REQUEST);
  CHECK(event.source == server.id && event.user_data == 11);
  char name[64];
  OK(oxrtmp_request_stream_name(event.request, name, sizeof name, NULL));
  TEXT("test", name);
  NOTHING(queue);
  oxrtmp_session session;
  OK(oxrtmp_request_accept(event.request, NULL, &session));
  event = NEXT(queue, CONNECTED);
  CHECK(event.source == client.id && event.user_data == 22 && event.status == OXRTMP_OK);
  NOTHING(queue);

  send_numbered(client, 0, 300);
  take_numbered(queue, session.id, 11, 0, 100); /* the session inherits the server's number */
  OK(oxrtmp_session_set_queue(session, queue, 33));
  take_numbered(queue, session.id, 33, 100, 200);
  NOTHING(queue);

  OK(oxrtmp_client_close_start(client));
  OK(oxrtmp_client_close_start(client));
  bool ended = false, closed = false;
  while (!ended || !closed) {
    oxrtmp_event e;
    size_t count;
    OK(oxrtmp_queue_wait(queue, 10000, &e, 1, &count));
    if (e.type == OXRTMP_EVENT_STREAM_END) {
      CHECK(!ended && e.source == session.id && e.user_data == 33 && e.status == OXRTMP_E_EOF);
      TEXT("", e.u.info.code);
      TEXT("FCUnpublish", e.u.info.text);
      ended = true;
    } else {
      CHECK(!closed && e.type == OXRTMP_EVENT_CLIENT_CLOSED && e.source == client.id && e.status == OXRTMP_OK);
      closed = true;
    }
  }
  NOTHING(queue);
  STATUS(OXRTMP_E_CLOSED, oxrtmp_client_send_audio(client, 0, (const uint8_t *)"x", 1));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  NOTHING(queue);

  OK(oxrtmp_server_close(server));
  event = NEXT(queue, SERVER_CLOSED); /* the one event that comes after its handle has ended */
  CHECK(event.source == server.id && event.user_data == 11 && event.status == OXRTMP_OK);
  NOTHING(queue);
  OK(oxrtmp_queue_destroy(queue));
  SETTLED(&before);
}

/* What goes to a queue is not for blocking calls, until the queue is taken away. */
static void busy(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  oxrtmp_packet packet;
  size_t count;
  connect_publisher(server, &client, &session);
  send_numbered(client, 0, 10);

  oxrtmp_request request = {1};
  OK(oxrtmp_server_set_queue(server, queue, 0));
  STATUS(OXRTMP_E_BUSY, oxrtmp_server_accept(server, -1, &request));
  CHECK(request.id == 0);
  OK(oxrtmp_server_set_queue(server, (oxrtmp_queue){0}, 0));
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_server_accept(server, 0, &request));

  OK(oxrtmp_session_set_queue(session, queue, 5)); /* what waits already goes along */
  STATUS(OXRTMP_E_BUSY, oxrtmp_session_next_packet(session, -1, &packet));
  STATUS(OXRTMP_E_BUSY, oxrtmp_session_next_packets(session, -1, &packet, 1, &count));
  take_numbered(queue, session.id, 5, 0, 4);
  oxrtmp_queue other = new_queue(OXRTMP_LOG_NONE);
  OK(oxrtmp_session_set_queue(session, other, 6));
  take_numbered(other, session.id, 6, 4, 3);
  NOTHING(queue);
  OK(oxrtmp_session_set_queue(session, (oxrtmp_queue){0}, 0));
  NOTHING(other);
  for (uint32_t n = 7; n < 10; n++) {
    OK(oxrtmp_session_next_packet(session, 10000, &packet));
    CHECK(memcmp(packet.data, &n, sizeof n) == 0);
    OK(oxrtmp_packet_release(&packet));
  }

  OK(oxrtmp_client_set_queue(client, queue, 7)); /* that it is connected is no news */
  NOTHING(queue);
  OK(oxrtmp_session_close(session));
  oxrtmp_event event = NEXT(queue, CLIENT_END);
  CHECK(event.source == client.id && event.user_data == 7 && event.status == OXRTMP_E_EOF &&
        event.phase == OXRTMP_PHASE_MEDIA);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
  OK(oxrtmp_queue_destroy(other));
}

/* Where a session's events go: as the options say, else where the server's go. */
static void inheritance(void) {
  oxrtmp_queue main = new_queue(OXRTMP_LOG_NONE), own = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, main, 1));
  oxrtmp_session_options options;
  OK(oxrtmp_session_options_init(&options));
  oxrtmp_client clients[4];
  oxrtmp_session sessions[4];

  clients[0] = open_client(server, "live/0", main, 0);
  sessions[0] = accept_with(main, &options);
  options.user_data = 2; /* the server's queue, a number of its own */
  clients[1] = open_client(server, "live/1", main, 0);
  sessions[1] = accept_with(main, &options);
  options.queue = own;
  clients[2] = open_client(server, "live/2", main, 0);
  sessions[2] = accept_with(main, &options);
  OK(oxrtmp_session_options_init(&options));
  options.no_queue = 1;
  clients[3] = open_client(server, "live/3", main, 0);
  sessions[3] = accept_with(main, &options);

  for (int i = 0; i < 4; i++) {
    send_numbered(clients[i], 0, 1);
    switch (i) {
    case 0: take_numbered(main, sessions[0].id, 1, 0, 1); break;
    case 1: take_numbered(main, sessions[1].id, 2, 0, 1); break;
    case 2: take_numbered(own, sessions[2].id, 2, 0, 1); break;
    default: {
      oxrtmp_packet packet;
      OK(oxrtmp_session_next_packet(sessions[3], 10000, &packet));
      OK(oxrtmp_packet_release(&packet));
    }
    }
  }
  NOTHING(main);
  NOTHING(own);

  /* A queue that is none leaves the request as it is. */
  oxrtmp_client late = open_client(server, "live/4", own, 0);
  oxrtmp_event event = NEXT(main, REQUEST);
  oxrtmp_session session;
  OK(oxrtmp_session_options_init(&options));
  options.queue.id = 99;
  STATUS(OXRTMP_E_HANDLE, oxrtmp_request_accept(event.request, &options, &session));
  OK(oxrtmp_request_accept(event.request, NULL, &session));
  NEXT(own, CONNECTED);
  OK(oxrtmp_client_close(late));
  OK(oxrtmp_session_close(session));
  for (int i = 0; i < 4; i++) {
    OK(oxrtmp_client_close(clients[i]));
    OK(oxrtmp_session_close(sessions[i]));
  }
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(main));
  OK(oxrtmp_queue_destroy(own));
}

/* Clients that do not come to publish. */
static void failed(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));

  oxrtmp_client client = open_client(server, "live/test", queue, 1);
  oxrtmp_event event = NEXT(queue, REQUEST);
  OK(oxrtmp_request_reject(event.request, "NetStream.Publish.BadName", "not\nyours"));
  event = NEXT(queue, FAILED);
  CHECK(event.source == client.id && event.user_data == 1 && event.status == OXRTMP_E_NAME &&
        event.phase == OXRTMP_PHASE_PUBLISH);
  TEXT("NetStream.Publish.BadName", event.u.info.code);
  TEXT("not?yours", event.u.info.text);
  STATUS(OXRTMP_E_NAME, oxrtmp_client_send_audio(client, 0, (const uint8_t *)"x", 1));
  OK(oxrtmp_client_close(client));

  uint16_t port;
  int fd = listen_socket(&port, 1);
  char url[64];
  snprintf(url, sizeof url, "rtmp://127.0.0.1:%u/live/test", port);
  oxrtmp_client_options options;
  oxrtmp_timeouts timeouts;
  OK(oxrtmp_client_options_init(&options));
  OK(oxrtmp_timeouts_init(&timeouts));
  timeouts.handshake_ms = 100; /* accepted by the kernel, answered by nobody */
  options.timeouts = &timeouts;
  OK(oxrtmp_client_publish_open(url, &options, queue, 0, &client));
  event = NEXT(queue, FAILED);
  CHECK(event.status == OXRTMP_E_TIMEOUT && event.phase == OXRTMP_PHASE_HANDSHAKE);
  OK(oxrtmp_client_close(client));
  close(fd);
  OK(oxrtmp_client_publish_open(url, NULL, queue, 0, &client)); /* nobody listens any more */
  event = NEXT(queue, FAILED);
  CHECK(event.status == OXRTMP_E_CONNECT && event.phase == OXRTMP_PHASE_TCP);
  CHECK(strstr(event.u.info.text, "refused") != NULL);
  OK(oxrtmp_client_close(client));

  oxrtmp_client none;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_publish_open("http://127.0.0.1/", NULL, queue, 0, &none));
  CHECK(none.id == 0);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_client_publish_open(url, NULL, (oxrtmp_queue){0}, 0, &none));
  NOTHING(queue);

  /* Closed before its outcome: no event, and no wait. */
  for (int i = 0; i < 10; i++) {
    client = open_client(server, "live/test", queue, 0);
    WITHIN(0, 1000, OXRTMP_OK, oxrtmp_client_close(client));
  }
  oxrtmp_event events[64];
  size_t count;
  sleep_ms(50);
  OK(oxrtmp_queue_drain(queue, events, 64, &count));
  for (size_t i = 0; i < count; i++) {
    CHECK(events[i].type == OXRTMP_EVENT_REQUEST); /* the server may have seen some of them */
    oxrtmp_request_reject(events[i].request, NULL, NULL);
  }
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
  SETTLED(&before);
}

/* Sending without waiting: E_AGAIN, then WRITABLE, and not a byte lost. */
static void writable(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.no_wait = 1;
  options.output_bytes = 64 * 1024;
  oxrtmp_client client;
  OK(oxrtmp_client_publish_open(url_of(server, "live/test"), &options, queue, 0, &client));
  oxrtmp_session session = accept_with(queue, NULL);
  static uint8_t frame[32 * 1024];
  uint32_t sent = 0, taken = 0;
  oxrtmp_status status;
  for (int round = 0; round < 5; round++) {
    while ((status = oxrtmp_client_send_video(client, sent, 0, frame, sizeof frame)) == OXRTMP_OK) {
      sent++;
      CHECK(sent < 100000);
    }
    STATUS(OXRTMP_E_AGAIN, status);
    for (bool room = false; !room;) {
      oxrtmp_event events[16];
      size_t count;
      OK(oxrtmp_queue_wait(queue, 10000, events, 16, &count));
      for (size_t i = 0; i < count; i++) {
        if (events[i].type == OXRTMP_EVENT_WRITABLE) {
          CHECK(events[i].source == client.id && !room);
          room = true;
        } else {
          CHECK(events[i].type == OXRTMP_EVENT_PACKET && events[i].u.packet.timestamp_ms == taken);
          taken++;
          OK(oxrtmp_event_release(&events[i]));
        }
      }
    }
  }
  OK(oxrtmp_client_close_start(client));
  oxrtmp_event event;
  do {
    size_t count;
    OK(oxrtmp_queue_wait(queue, 10000, &event, 1, &count));
    taken += event.type == OXRTMP_EVENT_PACKET;
    OK(oxrtmp_event_release(&event));
  } while (event.type != OXRTMP_EVENT_STREAM_END);
  CHECK(taken == sent);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

/* What a closed handle had in the queue is gone, memory too. */
static void closed_handles(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
  for (int i = 0; i < scaled(50); i++) {
    oxrtmp_client client = open_client(server, "live/test", queue, 0);
    oxrtmp_session session = accept_with(queue, NULL);
    send_numbered(client, 0, 20);
    take_numbered(queue, session.id, 0, 0, 5); /* some are taken, one is in flight, the others wait */
    OK(oxrtmp_session_close(session));
    STATUS(OXRTMP_E_HANDLE, oxrtmp_session_set_queue(session, queue, 0));
    oxrtmp_event event = NEXT(queue, CLIENT_END); /* and nothing of the session before it */
    CHECK(event.source == client.id);
    OK(oxrtmp_client_close(client));
    NOTHING(queue);
  }
  OK(oxrtmp_server_close(server));
  NEXT(queue, SERVER_CLOSED);
  NOTHING(queue);
  OK(oxrtmp_queue_destroy(queue));
  SETTLED(&before);
}

/* A server that is closed ends its sessions, whose handles stay. */
static void closed_server(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
  oxrtmp_client client = open_client(server, "live/test", queue, 0);
  oxrtmp_session session = accept_with(queue, NULL);
  OK(oxrtmp_server_close(server));
  bool closed = false, ended = false, client_ended = false;
  while (!closed || !ended || !client_ended) {
    oxrtmp_event event;
    size_t count;
    OK(oxrtmp_queue_wait(queue, 10000, &event, 1, &count));
    if (event.type == OXRTMP_EVENT_SERVER_CLOSED) {
      CHECK(!closed && event.source == server.id);
      closed = true;
    } else if (event.type == OXRTMP_EVENT_STREAM_END) {
      CHECK(!ended && event.source == session.id && event.status == OXRTMP_E_CLOSED);
      ended = true;
    } else {
      CHECK(!client_ended && event.type == OXRTMP_EVENT_CLIENT_END && event.source == client.id);
      client_ended = true;
    }
  }
  NOTHING(queue);
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_client_close(client));

  /* Without waiting: the session goes on for its time, SERVER_CLOSED says that it was cut off. */
  server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
  client = open_client(server, "live/test", queue, 0);
  session = accept_with(queue, NULL);
  WITHIN(0, 100, OXRTMP_OK, oxrtmp_server_shutdown_start(server, 200));
  send_numbered(client, 0, 1);
  take_numbered(queue, session.id, 0, 0, 1);
  oxrtmp_event event;
  do {
    size_t count;
    OK(oxrtmp_queue_wait(queue, 10000, &event, 1, &count));
  } while (event.type != OXRTMP_EVENT_SERVER_CLOSED);
  CHECK(event.status == OXRTMP_E_TIMEOUT);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client); /* was cut off, too */
  OK(oxrtmp_queue_destroy(queue));
}

/* SERVER_CLOSED, STREAM_END and CLIENT_CLOSED come once, to the queue that there is when they are taken. */
static void closed_between_queues(void) {
  oxrtmp_queue first = new_queue(OXRTMP_LOG_NONE), second = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, first, 1));
  OK(oxrtmp_server_shutdown_start(server, 0));
  NEXT(first, SERVER_CLOSED);
  OK(oxrtmp_server_set_queue(server, second, 2));
  NOTHING(second);
  OK(oxrtmp_server_close(server));
  NOTHING(second);

  server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, first, 1));
  OK(oxrtmp_server_shutdown_start(server, 0));
  CHECK(readable(first, 10000));
  OK(oxrtmp_server_set_queue(server, second, 2)); /* what waits goes along */
  NOTHING(first);
  CHECK(NEXT(second, SERVER_CLOSED).user_data == 2);
  OK(oxrtmp_server_close(server));

  oxrtmp_client client;
  oxrtmp_session session;
  server = bind_server(NULL);
  connect_publisher(server, &client, &session);
  OK(oxrtmp_client_set_queue(client, first, 1));
  OK(oxrtmp_client_close_start(client));
  CHECK(readable(first, 10000));
  OK(oxrtmp_client_set_queue(client, second, 2));
  CHECK(NEXT(second, CLIENT_CLOSED).user_data == 2);
  OK(oxrtmp_client_set_queue(client, first, 3));
  NOTHING(first);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_set_queue(session, first, 1));
  CHECK(readable(first, 10000));
  OK(oxrtmp_session_set_queue(session, second, 2));
  CHECK(NEXT(second, STREAM_END).user_data == 2);
  OK(oxrtmp_session_set_queue(session, first, 3));
  NOTHING(first);
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(first));
  OK(oxrtmp_queue_destroy(second));
}

/* After oxrtmp_client_close_start nothing comes but its end, whatever waits. */
static void closed_with_packets(void) {
  for (int i = 0; i < 20; i++) {
    oxrtmp_library_info before = library_info();
    oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
    oxrtmp_hub hub;
    oxrtmp_client publisher, player;
    OK(oxrtmp_hub_create(NULL, &hub));
    OK(oxrtmp_hub_publish(hub, "live", "test", NULL, &publisher));
    OK(oxrtmp_hub_play(hub, "live", "test", NULL, &player));
    OK(oxrtmp_client_set_queue(player, queue, 0));
    send_numbered(publisher, 0, 50);
    take_numbered(queue, player.id, 0, 0, 1);
    OK(oxrtmp_client_close_start(player));
    NEXT(queue, CLIENT_CLOSED);
    NOTHING(queue);
    OK(oxrtmp_client_close(player));
    OK(oxrtmp_client_close(publisher));
    OK(oxrtmp_hub_close(hub));
    OK(oxrtmp_queue_destroy(queue));
    SETTLED(&before);
  }
}

struct waiting {
  oxrtmp_queue queue;
  oxrtmp_status status;
  size_t count;
  pthread_t thread;
};

static void *wait_(void *p) {
  struct waiting *w = p;
  oxrtmp_event events[4];
  w->status = oxrtmp_queue_wait(w->queue, -1, events, 4, &w->count);
  return NULL;
}

static void start_waiting(struct waiting *w, oxrtmp_queue queue) {
  *w = (struct waiting){.queue = queue, .status = OXRTMP_E_INTERNAL, .count = 99};
  CHECK(pthread_create(&w->thread, NULL, wait_, w) == 0);
  sleep_ms(50);
}

static void waits_and_wakes(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_event event;
  size_t count;
  int most = slow() ? 5000 : 250;
  WITHIN(0, most, OXRTMP_E_TIMEOUT, oxrtmp_queue_wait(queue, 0, &event, 1, &count));
  WITHIN(100, 100 + most, OXRTMP_E_TIMEOUT, oxrtmp_queue_wait(queue, 100, &event, 1, &count));
  OK(oxrtmp_queue_wake(queue));
  OK(oxrtmp_queue_wake(queue));
  CHECK(readable(queue, 0));
  WITHIN(0, most, OXRTMP_OK, oxrtmp_queue_wait(queue, -1, &event, 1, &count));
  CHECK(count == 0 && !readable(queue, 0));
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_queue_wait(queue, 0, &event, 1, &count));
  OK(oxrtmp_queue_wake(queue));
  NOTHING(queue); /* a drain ends the wake */

  struct waiting w;
  start_waiting(&w, queue);
  OK(oxrtmp_queue_wake(queue));
  WITHIN(0, slow() ? 5000 : 100, 0, pthread_join(w.thread, NULL));
  STATUS(OXRTMP_OK, w.status);
  CHECK(w.count == 0);

  struct waiting two[2];
  start_waiting(&two[0], queue);
  start_waiting(&two[1], queue);
  WITHIN(0, slow() ? 5000 : 100, OXRTMP_OK, oxrtmp_queue_destroy(queue));
  for (int i = 0; i < 2; i++) {
    WITHIN(0, slow() ? 5000 : 100, 0, pthread_join(two[i].thread, NULL));
    STATUS(OXRTMP_E_CLOSED, two[i].status);
    CHECK(two[i].count == 0);
  }
}

/* A queue that is destroyed with events in it: they stay with their sources, which go on without it. */
static void destroyed_with_events(void) {
  oxrtmp_library_info before = library_info();
  int files = open_files();
  for (int i = 0; i < scaled(100); i++) {
    oxrtmp_queue queue = new_queue(OXRTMP_LOG_DEBUG);
    oxrtmp_server server = bind_server(NULL);
    OK(oxrtmp_server_set_queue(server, queue, 0));
    oxrtmp_client client = open_client(server, "live/test", queue, 0);
    oxrtmp_session session;
    oxrtmp_event event = NEXT(queue, REQUEST);
    OK(oxrtmp_request_accept(event.request, NULL, &session));
    NEXT(queue, CONNECTED);
    send_numbered(client, 0, 3);
    take_numbered(queue, session.id, 0, 0, 1);
    OK(oxrtmp_queue_destroy(queue));
    oxrtmp_packet packet;
    for (uint32_t n = 1; n < 3; n++) { /* now it is for blocking calls again */
      OK(oxrtmp_session_next_packet(session, 10000, &packet));
      CHECK(memcmp(packet.data, &n, sizeof n) == 0);
      OK(oxrtmp_packet_release(&packet));
    }
    send_numbered(client, 3, 2); /* to be lost with the session */
    OK(oxrtmp_client_close(client));
    OK(oxrtmp_session_close(session));
    OK(oxrtmp_server_close(server));
  }
  SETTLED(&before);
  CHECK(open_files() <= files);
}

/* Queues come and go; descriptors and memory do not grow. When there is no descriptor the answer says so. */
static void create_and_destroy(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  OK(oxrtmp_queue_destroy(queue));
  oxrtmp_library_info before = library_info();
  int files = open_files();
  for (int i = 0; i < scaled(10000); i++) {
    queue = new_queue(OXRTMP_LOG_NONE);
    OK(oxrtmp_queue_destroy(queue));
  }
  SETTLED(&before);
  CHECK(open_files() == files);

  struct rlimit old, none;
  CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
  none = old;
  none.rlim_cur = (rlim_t)files;
  int filler = -1;
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  while ((filler = dup(2)) >= 0) {
  }
  STATUS(OXRTMP_E_IO, oxrtmp_queue_create(NULL, &queue));
  CHECK(queue.id == 0);
  /* The address needs no looking up: it is the socket that there is none for. */
  oxrtmp_client client;
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  STATUS(OXRTMP_E_CONNECT, oxrtmp_client_publish("rtmp://127.0.0.1:1/live/test", NULL, 10000, &client));
  OK(oxrtmp_last_error_detail(&detail));
  TEXT("tcp", detail.phase);
  CHECK(detail.os_error == EMFILE);
  CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
}

/* Past the memory limit a stream ends, and its end says why. */
static void memory_limit(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
  oxrtmp_client client = open_client(server, "live/test", queue, 0);
  oxrtmp_session session = accept_with(queue, NULL);
  static uint8_t frame[1 << 20];
  OK(oxrtmp_memory_limit(before.payload_bytes + 256 * 1024));
  OK(oxrtmp_client_send_video(client, 0, 1, frame, sizeof frame));
  bool ended = false, client_ended = false; /* in either order: they are of two sources */
  while (!ended || !client_ended) {
    oxrtmp_event event;
    size_t count;
    OK(oxrtmp_queue_wait(queue, 10000, &event, 1, &count));
    if (event.type == OXRTMP_EVENT_STREAM_END) {
      CHECK(!ended && event.source == session.id && event.status == OXRTMP_E_MEMORY && event.u.info.text[0] != 0);
      ended = true;
    } else {
      CHECK(!client_ended && event.type == OXRTMP_EVENT_CLIENT_END && event.source == client.id);
      client_ended = true;
    }
  }
  OK(oxrtmp_memory_limit(0));
  oxrtmp_status closed = oxrtmp_client_close(client); /* the rest of its frame may have been lost with the connection */
  CHECK(closed == OXRTMP_OK || closed == OXRTMP_E_IO);
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  NEXT(queue, SERVER_CLOSED);
  OK(oxrtmp_queue_destroy(queue));
  SETTLED(&before);
}

/* In a forked child every call says so, and the parent does not notice. */
static void forked(void) {
  oxrtmp_queue queue = new_queue(OXRTMP_LOG_NONE);
  oxrtmp_server server = bind_server(NULL);
  OK(oxrtmp_server_set_queue(server, queue, 0));
  oxrtmp_client client = open_client(server, "live/test", queue, 0);
  oxrtmp_session session = accept_with(queue, NULL);
  send_numbered(client, 0, 2);
  oxrtmp_event event = NEXT(queue, PACKET);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    oxrtmp_event other;
    size_t count;
    int fd;
    bool told = oxrtmp_queue_wait(queue, -1, &other, 1, &count) == OXRTMP_E_FORKED &&
                oxrtmp_queue_drain(queue, &other, 1, &count) == OXRTMP_E_FORKED &&
                oxrtmp_queue_fd(queue, &fd) == OXRTMP_E_FORKED && fd == -1 &&
                oxrtmp_queue_wake(queue) == OXRTMP_E_FORKED && oxrtmp_queue_create(NULL, &queue) == OXRTMP_E_FORKED &&
                oxrtmp_event_release(&event) == OXRTMP_E_FORKED && oxrtmp_queue_destroy(queue) == OXRTMP_E_FORKED &&
                oxrtmp_session_set_queue(session, queue, 0) == OXRTMP_E_FORKED &&
                strcmp(oxrtmp_phase_name(OXRTMP_PHASE_TCP), "tcp") == 0;
    _exit(told ? 0 : 1);
  }
  int status;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  OK(oxrtmp_event_release(&event));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_event_release(&event));
  take_numbered(queue, session.id, 0, 1, 1);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

int main(void) {
  RUN(arguments);
  RUN(a_stream);
  RUN(busy);
  RUN(inheritance);
  RUN(failed);
  RUN(writable);
  RUN(closed_handles);
  RUN(closed_server);
  RUN(closed_between_queues);
  RUN(closed_with_packets);
  RUN(waits_and_wakes);
  RUN(destroyed_with_events);
  RUN(create_and_destroy);
  RUN(memory_limit);
  RUN(forked);
  return 0;
}
