/* Relays: streams of a hub to other servers, and from there. */
#include "certificate.h"
#include "closer.h"
#include "queue.h"

static oxrtmp_hub new_hub(const oxrtmp_hub_options *options) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(options, &hub));
  return hub;
}

static oxrtmp_server hub_server(oxrtmp_hub hub, const char *address, const oxrtmp_tls_options *tls) {
  oxrtmp_server_options options;
  oxrtmp_server server;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  options.tls = tls;
  OK(oxrtmp_server_bind(address, &options, &server));
  return server;
}

static oxrtmp_relay_options quickly(void) {
  oxrtmp_relay_options options;
  OK(oxrtmp_relay_options_init(&options));
  options.retry_min_ms = 20;
  options.retry_max_ms = 100;
  return options;
}

static void send_frame(oxrtmp_client client, uint32_t n) {
  OK(oxrtmp_client_send_video(client, n * 10, n % 10 == 0, (const uint8_t *)&n, sizeof n));
}

/* next_number takes packets up to the next frame, and returns its number. */
static uint32_t next_number(oxrtmp_client client) {
  for (;;) {
    oxrtmp_packet packet;
    OK(oxrtmp_client_next_packet(client, 20000, &packet));
    uint32_t n = 0;
    bool found = packet.type == 9 && packet.kind == OXRTMP_PACKET_FRAME;
    if (found) {
      memcpy(&n, packet.data, sizeof n);
    }
    OK(oxrtmp_packet_release(&packet));
    if (found) {
      return n;
    }
  }
}

/* until waits for the relay to come into the state. */
static oxrtmp_event until_(oxrtmp_relay relay, uint32_t state, const char *file, int line) {
  oxrtmp_event event;
  do {
    status_(OXRTMP_OK, oxrtmp_relay_next_event(relay, 20000, &event), "oxrtmp_relay_next_event", file, line);
    check_(event.type == OXRTMP_EVENT_RELAY && event.source == relay.id, "an event of the relay", file, line);
  } while (event.value != state);
  return event;
}
#define UNTIL(relay, state) until_((relay), OXRTMP_RELAY_##state, __FILE__, __LINE__)

static oxrtmp_relay_info info_of(oxrtmp_relay relay) {
  oxrtmp_relay_info info = {.struct_size = sizeof info};
  OK(oxrtmp_relay_statistics(relay, &info));
  return info;
}

/* A stream is pushed to two servers, one of them by TLS; one goes and comes again on the same port. */
static void push(void) {
  make_certificate();
  oxrtmp_tls_options shown, trusted;
  OK(oxrtmp_tls_options_init(&shown));
  OK(oxrtmp_tls_options_init(&trusted));
  shown.certificate_file = trusted.ca_file = own.certificate;
  shown.key_file = own.key;
  oxrtmp_hub here = new_hub(NULL), there = new_hub(NULL), secure = new_hub(NULL);
  oxrtmp_server plain_server = hub_server(there, "127.0.0.1:0", NULL);
  oxrtmp_server secure_server = hub_server(secure, "rtmps://127.0.0.1:0", &shown);
  char address[128], url[256];
  OK(oxrtmp_server_address(plain_server, address, sizeof address, NULL));
  snprintf(url, sizeof url, "rtmp://%s/live/copy", address);
  oxrtmp_relay_options options = quickly();
  oxrtmp_client_options client_options;
  OK(oxrtmp_client_options_init(&client_options));
  client_options.tls = &trusted;
  options.client = &client_options;
  oxrtmp_relay relay, secure_relay;
  OK(oxrtmp_hub_push(here, "live", "cam", url, &options, &relay));
  char secure_url[256];
  OK(oxrtmp_server_address(secure_server, secure_url, sizeof secure_url, NULL));
  strcat(secure_url, "/live/copy");
  OK(oxrtmp_hub_push(here, "live", "cam", secure_url, &options, &secure_relay));
  CHECK(info_of(relay).state == OXRTMP_RELAY_IDLE && info_of(relay).pull == 0);

  oxrtmp_client publisher, players[2];
  OK(oxrtmp_hub_publish(here, "live", "cam", NULL, &publisher));
  uint32_t n = 0;
  send_frame(publisher, n++);
  UNTIL(relay, RUNNING);
  UNTIL(secure_relay, RUNNING);
  oxrtmp_hub hubs[2] = {there, secure};
  for (int i = 0; i < 2; i++) {
    oxrtmp_status status = OXRTMP_E_NOT_FOUND;
    for (int tries = 0; tries < 2000 && status == OXRTMP_E_NOT_FOUND; tries++) {
      status = oxrtmp_hub_play(hubs[i], "live", "copy", NULL, &players[i]);
      sleep_ms(status == OXRTMP_OK ? 0 : 5);
    }
    OK(status);
  }
  while (n < 100) {
    send_frame(publisher, n++);
  }
  for (int i = 0; i < 2; i++) {
    for (uint32_t k = 0; k < 100; k++) {
      CHECK(next_number(players[i]) == k);
    }
  }
  oxrtmp_relay_info info = info_of(secure_relay);
  CHECK(info.state == OXRTMP_RELAY_RUNNING && info.connections == 1 && info.video_packets == 100 && info.status == OXRTMP_OK);
  char json[8192];
  OK(oxrtmp_hub_json(here, json, sizeof json, NULL));
  CHECK(strstr(json, "\"relays\":[{") != NULL && strstr(json, "\"state\":\"running\"") != NULL);
  CHECK(strstr(json, "127.0.0.1") == NULL); /* where to is nobody's business */

  /* The server goes. Until it is back the relay tries; then the stream goes on with a keyframe. */
  OK(oxrtmp_server_close(plain_server));
  oxrtmp_event event = UNTIL(relay, WAITING);
  CHECK(event.status != OXRTMP_OK && event.u.info.text[0] != 0 && info_of(relay).status != OXRTMP_OK);
  plain_server = hub_server(there, address, NULL);
  UNTIL(relay, RUNNING);
  CHECK(info_of(relay).connections == 2);
  for (; n < 120; n++) {
    send_frame(publisher, n);
  }
  uint32_t first = next_number(players[0]);
  CHECK(first % 10 == 0 && first <= 110);
  for (uint32_t k = first + 1; k < 120; k++) {
    CHECK(next_number(players[0]) == k);
  }

  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_relay_close(relay));
  OK(oxrtmp_relay_close(relay));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_relay_next_event(relay, -1, &event));
  OK(oxrtmp_hub_close(here)); /* ends the other relay */
  UNTIL(secure_relay, CLOSED);
  STATUS(OXRTMP_E_CLOSED, oxrtmp_relay_next_event(secure_relay, -1, &event));
  CHECK(info_of(secure_relay).state == OXRTMP_RELAY_CLOSED);
  OK(oxrtmp_relay_close(secure_relay));
  for (int i = 0; i < 2; i++) {
    OK(oxrtmp_client_close(players[i]));
    OK(oxrtmp_hub_close(hubs[i]));
  }
  OK(oxrtmp_server_close(plain_server));
  OK(oxrtmp_server_close(secure_server));
  remove_certificate();
}

/* On demand a stream comes with its first player, and goes after the last. */
static void pull_on_demand(void) {
  oxrtmp_hub there = new_hub(NULL), here = new_hub(NULL);
  oxrtmp_server server = hub_server(there, "127.0.0.1:0", NULL);
  oxrtmp_client publisher, player;
  OK(oxrtmp_hub_publish(there, "live", "cam", NULL, &publisher));
  send_frame(publisher, 0);
  oxrtmp_relay_options options = quickly();
  options.on_demand = 1;
  options.idle_after_ms = 50;
  oxrtmp_relay relay;
  oxrtmp_queue queue = new_queue(0);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_push(here, "live", "x", url_of(server, "live/cam"), &options, &relay));
  CHECK(relay.id == 0);
  OK(oxrtmp_hub_pull(here, "live", "pulled", url_of(server, "live/cam"), &options, &relay));
  OK(oxrtmp_relay_set_queue(relay, queue, 77));
  oxrtmp_event event;
  STATUS(OXRTMP_E_BUSY, oxrtmp_relay_next_event(relay, -1, &event));
  sleep_ms(50);
  CHECK(info_of(relay).state == OXRTMP_RELAY_IDLE && info_of(relay).pull == 1);
  OK(oxrtmp_hub_play(here, "live", "pulled", NULL, &player));
  CHECK(next_number(player) == 0);
  for (uint32_t n = 1; n < 50; n++) {
    send_frame(publisher, n);
    CHECK(next_number(player) == n);
  }
  CHECK(info_of(relay).state == OXRTMP_RELAY_RUNNING && info_of(relay).video_packets == 50);
  OK(oxrtmp_client_close(player));
  const uint32_t states[] = {OXRTMP_RELAY_CONNECTING, OXRTMP_RELAY_RUNNING, OXRTMP_RELAY_IDLE};
  for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
    size_t count;
    OK(oxrtmp_queue_wait(queue, 20000, &event, 1, &count));
    CHECK(count == 1 && event.type == OXRTMP_EVENT_RELAY && event.value == states[i]);
    CHECK(event.source == relay.id && event.user_data == 77 && event.status == OXRTMP_OK);
  }
  OK(oxrtmp_relay_close(relay));
  NOTHING(queue);
  OK(oxrtmp_queue_destroy(queue));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(here));
  OK(oxrtmp_hub_close(there));
}

/* A relay gives up after as many failures as it may have. */
static void attempts(void) {
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_client publisher;
  oxrtmp_relay relay;
  oxrtmp_event event;
  OK(oxrtmp_hub_publish(hub, "live", "cam", NULL, &publisher));
  send_frame(publisher, 0);
  uint16_t port;
  int fd = listen_socket(&port, 1);
  close(fd); /* nobody listens there now */
  char url[128];
  snprintf(url, sizeof url, "rtmp://127.0.0.1:%u/live/cam", port);
  oxrtmp_relay_options options = quickly();
  options.attempts = 3;
  OK(oxrtmp_hub_push(hub, "live", "cam", url, &options, &relay));
  event = UNTIL(relay, CLOSED);
  CHECK(event.status == OXRTMP_E_CONNECT && event.phase == OXRTMP_PHASE_TCP);
  oxrtmp_relay_info info = info_of(relay);
  CHECK(info.retries == 2 && info.connections == 0 && info.status == OXRTMP_E_CONNECT && info.text[0] != 0);
  OK(oxrtmp_relay_close(relay));

  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_push(hub, "live", "cam", "http://x/live/cam", NULL, &relay));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_pull(hub, "live", "cam", "", NULL, &relay));
  options.mask = &(oxrtmp_mask){.struct_size = sizeof(oxrtmp_mask), .codec_count = 1};
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_hub_push(hub, "live", "cam", url, &options, &relay));
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_hub_close(hub));
}

static void close_later_wakes(void) {
  oxrtmp_hub hub = new_hub(NULL);
  oxrtmp_relay relay;
  OK(oxrtmp_hub_push(hub, "live", "cam", "rtmp://127.0.0.1:1/live/cam", NULL, &relay));
  oxrtmp_event event;
  STATUS(OXRTMP_E_TIMEOUT, oxrtmp_relay_next_event(relay, 0, &event));
  OK(oxrtmp_hub_close(hub));
  UNTIL(relay, CLOSED);
  STATUS(OXRTMP_E_CLOSED, oxrtmp_relay_next_event(relay, -1, &event));
  OK(oxrtmp_relay_close(relay));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_hub_pull(hub, "live", "cam", "rtmp://127.0.0.1:1/live/cam", NULL, &relay));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  RUN(push);
  RUN(pull_on_demand);
  RUN(attempts);
  RUN(close_later_wakes);
  SETTLED(&before);
  return 0;
}
