/* Clients that make a lost connection again, and that drop video instead of waiting. */
#include "check.h"

static oxrtmp_session accept_one(oxrtmp_server server) {
  oxrtmp_request request;
  oxrtmp_session session;
  OK(oxrtmp_server_accept(server, 10000, &request));
  OK(oxrtmp_request_accept(request, NULL, &session));
  return session;
}

static void expect(oxrtmp_client client, uint32_t type, oxrtmp_event *event) {
  OK(oxrtmp_client_next_event(client, 10000, event));
  if (event->type != type) {
    fprintf(stderr, "event %u, not %u: %s\n", event->type, type, event->u.info.text);
    exit(1);
  }
}

static const uint8_t avcc[] = {1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68};
static uint8_t frame[20000];

static void a_lost_connection_is_made_again(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.reconnect = 1;
  options.retry_min_ms = 20;
  options.retry_max_ms = 100;
  oxrtmp_queue queue;
  oxrtmp_client client;
  OK(oxrtmp_queue_create(NULL, &queue));
  OK(oxrtmp_client_publish_open(url_of(server, "live/x"), &options, queue, 0, &client));
  oxrtmp_session session = accept_one(server);
  OK(oxrtmp_client_set_queue(client, (oxrtmp_queue){0}, 0)); /* events one by one from now on */
  oxrtmp_event event;
  expect(client, OXRTMP_EVENT_CONNECTED, &event);
  OK(oxrtmp_client_send_video_sequence_header(client, avcc, sizeof avcc));
  OK(oxrtmp_client_send_video(client, 0, 1, frame, 100));
  oxrtmp_packet packet;
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  OK(oxrtmp_packet_release(&packet));

  OK(oxrtmp_session_close(session)); /* which cuts the connection */
  expect(client, OXRTMP_EVENT_RECONNECTING, &event);
  CHECK(event.status == OXRTMP_E_EOF && strcmp(event.u.info.text, "the peer has ended the stream") == 0);
  session = accept_one(server);
  expect(client, OXRTMP_EVENT_RECONNECTED, &event);
  OK(oxrtmp_client_send_video(client, 40, 0, frame, 100)); /* left out: it needs an earlier one */
  OK(oxrtmp_client_send_video(client, 80, 1, frame, 100));
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  CHECK(packet.kind == OXRTMP_PACKET_SEQUENCE_HEADER && packet.size == sizeof avcc);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_session_next_packet(session, 10000, &packet));
  CHECK(packet.timestamp_ms == 80 && (packet.flags & OXRTMP_PACKET_KEYFRAME) != 0);
  OK(oxrtmp_packet_release(&packet));
  oxrtmp_statistics statistics = {.struct_size = sizeof statistics};
  OK(oxrtmp_client_statistics(client, &statistics));
  CHECK(statistics.dropped >= 1);

  OK(oxrtmp_session_close_with_status(session, NULL, "enough")); /* the server's word is final */
  expect(client, OXRTMP_EVENT_CLIENT_END, &event);
  CHECK(strcmp(event.u.info.text, "enough") == 0);
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

static void attempts_are_counted(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.reconnect = 1;
  options.retry_min_ms = 1;
  options.retry_max_ms = 10;
  options.attempts = 3;
  oxrtmp_queue queue;
  oxrtmp_client client;
  OK(oxrtmp_queue_create(NULL, &queue));
  OK(oxrtmp_client_publish_open(url_of(server, "live/x"), &options, queue, 0, &client));
  oxrtmp_session session = accept_one(server);
  OK(oxrtmp_client_set_queue(client, (oxrtmp_queue){0}, 0));
  oxrtmp_event event;
  expect(client, OXRTMP_EVENT_CONNECTED, &event);
  OK(oxrtmp_server_close(server)); /* for good */
  expect(client, OXRTMP_EVENT_RECONNECTING, &event);
  OK(oxrtmp_client_send_video(client, 0, 1, frame, 100)); /* into the void */
  expect(client, OXRTMP_EVENT_CLIENT_END, &event);
  CHECK(event.status == OXRTMP_E_CONNECT);
  CHECK(oxrtmp_client_send_video(client, 0, 1, frame, 100) != OXRTMP_OK);
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client);
  OK(oxrtmp_queue_destroy(queue));
}

static void video_is_dropped_instead(void) {
  oxrtmp_limits limits;
  oxrtmp_server_options server_options;
  OK(oxrtmp_limits_init(&limits));
  OK(oxrtmp_server_options_init(&server_options));
  limits.queue_bytes = 1000; /* the server stops reading */
  server_options.limits = &limits;
  oxrtmp_server server = bind_server(&server_options);
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.drop_video = 1;
  options.output_bytes = 200000;
  options.send_timeout_ms = 100;
  options.send_buffer_bytes = 20000;
  oxrtmp_queue queue;
  oxrtmp_client client;
  OK(oxrtmp_queue_create(NULL, &queue));
  OK(oxrtmp_client_publish_open(url_of(server, "live/x"), &options, queue, 0, &client));
  oxrtmp_session session = accept_one(server);
  OK(oxrtmp_client_set_queue(client, (oxrtmp_queue){0}, 0));
  oxrtmp_event event;
  expect(client, OXRTMP_EVENT_CONNECTED, &event);
  for (uint32_t i = 0; i < 2000; i++) { /* 40 MB, and none of it waits */
    OK(oxrtmp_client_send_video(client, i, i % 10 == 0, frame, sizeof frame));
  }
  expect(client, OXRTMP_EVENT_CONGESTED, &event);
  oxrtmp_statistics statistics = {.struct_size = sizeof statistics};
  OK(oxrtmp_client_statistics(client, &statistics));
  CHECK(statistics.dropped > 500 && statistics.dropped < 2000);
  oxrtmp_packet packet;
  for (oxrtmp_status status = OXRTMP_OK; status == OXRTMP_OK;) {
    status = oxrtmp_session_next_packet(session, 500, &packet);
    if (status == OXRTMP_OK) {
      OK(oxrtmp_packet_release(&packet));
    }
  }
  expect(client, OXRTMP_EVENT_RELIEVED, &event);
  OK(oxrtmp_session_close(session));
  oxrtmp_client_close(client);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_queue_destroy(queue));
}

int main(void) {
  RUN(a_lost_connection_is_made_again);
  RUN(attempts_are_counted);
  RUN(video_is_dropped_instead);
  return 0;
}
