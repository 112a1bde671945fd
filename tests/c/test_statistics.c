/* What a server, its connections and their streams tell about themselves. */
#include "check.h"

/* text returns what a function of a server writes. */
static char *text(oxrtmp_status (*function)(oxrtmp_server, char *, size_t, size_t *), oxrtmp_server server) {
  char small[8];
  size_t length = 0;
  STATUS(OXRTMP_E_BUFFER, function(server, small, sizeof small, &length));
  CHECK(small[0] == 0 && length > 200);
  char *whole = malloc(length + 1000); /* figures may be longer by now */
  OK(function(server, whole, length + 1000, &length));
  CHECK(strlen(whole) == length);
  return whole;
}

static bool has(const char *whole, const char *part) {
  if (strstr(whole, part) == NULL) {
    fprintf(stderr, "no %s in\n%s\n", part, whole);
    return false;
  }
  return true;
}

/* C20: figures of a stream and of its connection, on both sides. */
static void of_connections(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  uint8_t frame[1000] = {0};
  int64_t begun = now_ms(), rtt;
  for (uint32_t n = 0; n < 50; n++) {
    OK(oxrtmp_client_send_video(client, n * 20, n % 25 == 0, frame, sizeof frame));
    OK(oxrtmp_client_send_audio(client, n * 20, frame, 100));
    sleep_ms(20);
  }
  OK(oxrtmp_client_flush(client, 5000));
  OK(oxrtmp_session_ping(session, 5000, &rtt));
  oxrtmp_statistics s = {.struct_size = sizeof s};
  OK(oxrtmp_session_statistics(session, &s));
  CHECK(s.video_bytes == 50 * 1005 && s.audio_bytes == 50 * 102 && s.bytes == s.video_bytes + s.audio_bytes && s.dropped == 0);
  CHECK(s.keyframes == 2 && s.keyframe_interval_ns == 500000000);
  double seconds = (double)s.duration_ns / 1e9;
  CHECK(seconds >= 1 && now_ms() - begun >= 1000);
  CHECK(s.frame_rate > 49.5 / seconds && s.frame_rate < 50.5 / seconds);
  CHECK((double)s.video_bitrate > 0.99 * 50 * 1005 * 8 / seconds && (double)s.video_bitrate < 1.01 * 50 * 1005 * 8 / seconds);
  CHECK((double)s.audio_bitrate > 0.99 * 50 * 102 * 8 / seconds && (double)s.audio_bitrate < 1.01 * 50 * 102 * 8 / seconds);
  oxrtmp_statistics sent = {.struct_size = sizeof sent};
  OK(oxrtmp_client_statistics(client, &sent));
  CHECK(sent.bytes == s.bytes && sent.keyframes == s.keyframes && sent.frame_rate > 0);

  oxrtmp_connection_statistics c = {.struct_size = sizeof c}, other = {.struct_size = sizeof other};
  OK(oxrtmp_session_connection_statistics(session, &c));
  CHECK(c.number == 1 && c.phase == OXRTMP_PHASE_MEDIA && c.duration_ns > 0 && c.rtt_ns > 0 && c.rtt_variation_ns > 0);
  CHECK(c.ping_rtt_ns > 0 && c.ping_rtt_ns <= rtt + 1000000000 && c.bytes_received > 50 * 1100 && c.bytes_sent > 3000);
  CHECK(c.packets_received == 100 && c.messages_received > 100 && c.unknown == 0 && c.faulty == 0);
  do { /* its writer counts what it has written after that has arrived */
    OK(oxrtmp_client_connection_statistics(client, &other));
    CHECK(now_ms() - begun < 60000);
  } while (other.bytes_sent != c.bytes_received);
  CHECK(other.number == 0 && other.rtt_ns > 0);

  oxrtmp_connection_statistics shorter = {.struct_size = 16};
  OK(oxrtmp_session_connection_statistics(session, &shorter));
  CHECK(shorter.number == 1 && shorter.duration_ns == 0);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_session_connection_statistics(session, NULL));
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_session_connection_statistics(session, &c));
  CHECK(c.number == 0 && c.bytes_received == 0);
  OK(oxrtmp_server_close(server));
}

/* A180: a server as JSON and for Prometheus. */
static void of_servers(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session);
  OK(oxrtmp_client_send_video(client, 0, 1, (const uint8_t *)"x", 1));
  OK(oxrtmp_client_flush(client, 5000));
  oxrtmp_packet packet;
  OK(oxrtmp_session_next_packet(session, 5000, &packet));
  OK(oxrtmp_packet_release(&packet));
  char *json = text(oxrtmp_server_json, server);
  CHECK(json[0] == '{' && has(json, "\"connections\":1,") && has(json, "\"publishers\":1,") && has(json, "\"accepted\":1,"));
  CHECK(has(json, "\"refused_address\":0,") && has(json, "\"video_packets\":1,") && has(json, "\"kind\":\"publish\",\"app\":\"live\""));
  CHECK(has(json, "\"phase\":\"media\""));
  free(json);
  char *prometheus = text(oxrtmp_server_prometheus, server);
  CHECK(strncmp(prometheus, "# HELP oxrtmp_duration_seconds ", 31) == 0 && has(prometheus, "\n# TYPE oxrtmp_accepted_total counter\noxrtmp_accepted_total 1\n"));
  CHECK(has(prometheus, "\noxrtmp_stream_video_packets_total{connection=\"1\",peer=\"127.0.0.1:"));
  free(prometheus);
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
  size_t length = 1;
  char buffer[8];
  STATUS(OXRTMP_E_HANDLE, oxrtmp_server_json(server, buffer, sizeof buffer, &length));
  CHECK(length == 0 && buffer[0] == 0);
}

/* A184, A185: a strict server ends what departs from the specification; the last bytes of what failed are there, and an
 * engine that is fed with them fails alike. */
static void of_failures(void) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.strict = OXRTMP_STRICT_APP | OXRTMP_STRICT_ORDER;
  options.keep_bytes = 100000;
  oxrtmp_server server = bind_server(&options);
  oxrtmp_failure failure = {.struct_size = sizeof failure};
  static uint8_t bytes[100000];
  size_t length = 1;
  STATUS(OXRTMP_E_AGAIN, oxrtmp_server_take_failure(server, &failure, bytes, sizeof bytes, &length));
  CHECK(length == 0);
  oxrtmp_client client;
  oxrtmp_session session;
  connect_publisher(server, &client, &session); /* there is nothing wrong with it */
  OK(oxrtmp_client_close(client));
  OK(oxrtmp_session_close(session));
  oxrtmp_client_options wrong;
  OK(oxrtmp_client_options_init(&wrong));
  wrong.app = "/";
  CHECK(oxrtmp_client_publish(url_of(server, "cam"), &wrong, 10000, &client) != OXRTMP_OK);
  oxrtmp_status status;
  for (int i = 0; (status = oxrtmp_server_take_failure(server, &failure, bytes, sizeof bytes, &length)) == OXRTMP_E_AGAIN; i++) {
    CHECK(i < 1000);
    sleep_ms(10);
  }
  OK(status);
  CHECK(failure.status == OXRTMP_E_PROTOCOL && failure.phase == OXRTMP_PHASE_CONNECT && failure.connection == 2 && failure.offset == 0);
  CHECK(length > 3073 + 50 && bytes[0] == 3 && strncmp(failure.peer, "127.0.0.1:", 10) == 0 && has(failure.text, "strict about app"));
  STATUS(OXRTMP_E_AGAIN, oxrtmp_server_take_failure(server, &failure, bytes, sizeof bytes, NULL));

  oxrtmp_engine engine;
  OK(oxrtmp_engine_server_create(&options, 0, &engine));
  size_t taken = 0, n;
  oxrtmp_event event;
  do {
    status = oxrtmp_engine_receive(engine, 0, bytes + taken, length - taken, &n);
    taken += n;
    while (oxrtmp_engine_next_event(engine, &event) == OXRTMP_OK) {
      OK(oxrtmp_event_release(&event));
    }
  } while (status == OXRTMP_OK && taken < length);
  CHECK(status == OXRTMP_E_PROTOCOL);
  OK(oxrtmp_engine_close(engine));

  CHECK(oxrtmp_client_publish(url_of(server, "cam"), &wrong, 10000, &client) != OXRTMP_OK);
  uint8_t last[10];
  for (int i = 0; (status = oxrtmp_server_take_failure(server, &failure, last, sizeof last, &length)) == OXRTMP_E_AGAIN; i++) {
    CHECK(i < 1000);
    sleep_ms(10);
  }
  OK(status);
  CHECK(length == sizeof last && failure.offset > 3073 && failure.connection == 3);
  OK(oxrtmp_server_close(server));
  options.strict = 1 << 8;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
  options.strict = 0;
  options.keep_bytes = (1 << 20) + 1;
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_create(&options, &server));
}

/* What is sent is counted as what it is, however little is said of it: by a connection, and inside a hub. */
static void of_what_is_sent(void) {
  oxrtmp_server server = bind_server(NULL);
  oxrtmp_session session;
  oxrtmp_client clients[2];
  oxrtmp_hub hub;
  connect_publisher(server, &clients[0], &session);
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_hub_publish(hub, "live", "test", NULL, &clients[1]));
  for (size_t i = 0; i < 2; i++) {
    for (uint32_t n = 0; n < 15; n++) {
      bool key = n % 5 == 0;
      const uint8_t raw[] = {key ? 0x17 : 0x27, 1, 0, 0, 0, 'x'};
      oxrtmp_packet packet = {.type = 9, .timestamp_ms = n * 40};
      if (n < 5) {
        OK(oxrtmp_client_send_video(clients[i], n * 40, key, raw, sizeof raw));
        continue;
      }
      if (n < 10) { /* the payload */
        packet.raw = raw;
        packet.raw_size = sizeof raw;
      } else { /* the frame's type */
        packet.kind = OXRTMP_PACKET_FRAME;
        packet.codec = OXRTMP_CODEC_AVC1;
        packet.frame_type = key ? 1 : 2;
        packet.data = raw;
        packet.size = sizeof raw;
      }
      OK(oxrtmp_client_send_packet(clients[i], &packet));
    }
    oxrtmp_statistics s = {.struct_size = sizeof s};
    OK(oxrtmp_client_statistics(clients[i], &s));
    CHECK(s.video_packets == 15 && s.keyframes == 3 && s.keyframe_interval_ns == 200000000);
    CHECK(s.frame_rate > 0 && s.frame_rate <= 15); /* as they came at once */
    OK(oxrtmp_client_close(clients[i]));
  }
  OK(oxrtmp_hub_close(hub));
  OK(oxrtmp_session_close(session));
  OK(oxrtmp_server_close(server));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(of_connections);
  RUN(of_servers);
  RUN(of_what_is_sent);
  RUN(of_failures);
  SETTLED(&before);
  return 0;
}
