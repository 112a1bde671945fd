/* RTMPS on both sides. */
#include "certificate.h"

static oxrtmp_tls_options client_tls, server_tls;

/* secure_server is a server with TLS and a hub, so that whoever comes may publish and play. */
static oxrtmp_server secure_server(oxrtmp_hub hub, const oxrtmp_tls_options *tls) {
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  options.tls = tls;
  oxrtmp_server server;
  OK(oxrtmp_server_bind("rtmps://127.0.0.1:0", &options, &server));
  return server;
}

/* secure_url writes the URL of a stream; the address of the server says rtmps already. */
static const char *secure_url(oxrtmp_server server, const char *stream) {
  static char url[512];
  char address[128];
  OK(oxrtmp_server_address(server, address, sizeof address, NULL));
  CHECK(strncmp(address, "rtmps://127.0.0.1:", 18) == 0);
  snprintf(url, sizeof url, "%s/%s", address, stream);
  return url;
}

static void defaults(void) {
  OK(oxrtmp_tls_options_init(&client_tls));
  OK(oxrtmp_tls_options_init(&server_tls));
  client_tls.ca_file = own.certificate;
  server_tls.certificate_file = own.certificate;
  server_tls.key_file = own.key;
}

static oxrtmp_client_options with_tls(const oxrtmp_tls_options *tls) {
  oxrtmp_client_options options;
  OK(oxrtmp_client_options_init(&options));
  options.tls = tls;
  return options;
}

/* carries tells that a stream passes from a publisher to a player, both by TLS. */
static void carries(oxrtmp_server server, const oxrtmp_tls_options *tls) {
  static int number;
  char stream[32];
  snprintf(stream, sizeof stream, "live/%d", number++);
  oxrtmp_client_options options = with_tls(tls);
  oxrtmp_client publisher, player;
  OK(oxrtmp_client_publish(secure_url(server, stream), &options, 10000, &publisher));
  OK(oxrtmp_client_send_video(publisher, 0, 1, (const uint8_t *)"key", 3));
  oxrtmp_status status;
  do { /* the stream is there a moment after the answer */
    status = oxrtmp_client_play(secure_url(server, stream), &options, 10000, &player);
  } while (status == OXRTMP_E_NOT_FOUND);
  OK(status);
  static uint8_t frame[20000]; /* all of them are less than what makes a player slow */
  for (uint32_t n = 1; n < 20; n++) {
    OK(oxrtmp_client_send_video(publisher, n, 0, frame, sizeof frame));
  }
  for (uint32_t n = 0; n < 20;) {
    oxrtmp_packet packet;
    OK(oxrtmp_client_next_packet(player, 10000, &packet));
    if (packet.type == 9) {
      CHECK(packet.timestamp_ms == n && packet.size == (n == 0 ? 3 : sizeof frame));
      n++;
    }
    OK(oxrtmp_packet_release(&packet));
  }
  OK(oxrtmp_client_close(publisher));
  OK(oxrtmp_client_close(player));
}

static void both_sides(void) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  defaults();
  oxrtmp_server server = secure_server(hub, &server_tls);
  carries(server, &client_tls);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));

  /* From memory, and with a name of its own. */
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_tls_options_init(&server_tls));
  server_tls.certificate_pem = own.certificate_pem;
  server_tls.key_pem = own.key_pem;
  OK(oxrtmp_tls_options_init(&client_tls));
  client_tls.ca_pem = own.certificate_pem;
  client_tls.server_name = "localhost";
  server = secure_server(hub, &server_tls);
  carries(server, &client_tls);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));

  /* Nobody is asked for. */
  OK(oxrtmp_hub_create(NULL, &hub));
  OK(oxrtmp_tls_options_init(&client_tls));
  client_tls.insecure = 1;
  server = secure_server(hub, &server_tls);
  carries(server, &client_tls);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

/* Who is not trusted is not spoken to, and the error says so. */
static void mistrust(void) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  defaults();
  oxrtmp_server server = secure_server(hub, &server_tls);
  oxrtmp_client client;
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  STATUS(OXRTMP_E_TLS, oxrtmp_client_publish(secure_url(server, "live/cam"), NULL, 10000, &client));
  OK(oxrtmp_last_error_detail(&detail));
  TEXT("tls", detail.phase);
  CHECK(detail.tls_alert == 42 && client.id == 0); /* bad_certificate */

  client_tls.server_name = "somebody.example";
  oxrtmp_client_options options = with_tls(&client_tls);
  STATUS(OXRTMP_E_TLS, oxrtmp_client_play(secure_url(server, "live/cam"), &options, 10000, &client));
  OK(oxrtmp_tls_options_init(&client_tls));
  client_tls.pin = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
  STATUS(OXRTMP_E_TLS, oxrtmp_client_play(secure_url(server, "live/cam"), &options, 10000, &client));

  client_tls.pin = "nonsense";
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_client_play(secure_url(server, "live/cam"), &options, 10000, &client));
  OK(oxrtmp_tls_options_init(&client_tls));
  client_tls.ca_file = "/nowhere/ca.pem";
  STATUS(OXRTMP_E_FILE, oxrtmp_client_play(secure_url(server, "live/cam"), &options, 10000, &client));
  OK(oxrtmp_server_close(server));

  server = bind_server(NULL); /* without TLS */
  char url[600], text[OXRTMP_ERROR_TEXT_SIZE];
  snprintf(url, sizeof url, "rtmps%s", url_of(server, "live/cam") + strlen("rtmp"));
  STATUS(OXRTMP_E_TLS, oxrtmp_client_play(url, NULL, 10000, &client));
  OK(oxrtmp_last_error(text, sizeof text));
  CHECK(strstr(text, "does it speak TLS there?") != NULL);
  OK(oxrtmp_last_error_detail(&detail));
  TEXT("tls", detail.phase);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

/* A server that asks for certificates lets in who shows one. */
static void clients_with_certificates(void) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  defaults();
  server_tls.ca_file = own.certificate;
  oxrtmp_server server = secure_server(hub, &server_tls);
  oxrtmp_client client;
  oxrtmp_client_options options = with_tls(&client_tls);
  CHECK(oxrtmp_client_publish(secure_url(server, "live/cam"), &options, 10000, &client) != OXRTMP_OK);
  client_tls.certificate_file = own.certificate;
  client_tls.key_file = own.key;
  carries(server, &client_tls);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

static void certificates_are_exchanged(void) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  defaults();
  oxrtmp_server server;
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  STATUS(OXRTMP_E_TLS, oxrtmp_server_bind("rtmps://127.0.0.1:0", &options, &server)); /* without a certificate */
  OK(oxrtmp_server_create(&options, &server));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_server_set_certificate(server, "", &client_tls)); /* it names none */
  OK(oxrtmp_server_set_certificate(server, "", &server_tls));
  OK(oxrtmp_server_listen(server, "rtmps://127.0.0.1:0"));
  carries(server, &client_tls);
  OK(oxrtmp_server_set_certificate(server, "", NULL));
  OK(oxrtmp_server_set_certificate(server, "localhost", &server_tls));
  oxrtmp_client_options o = with_tls(&client_tls);
  oxrtmp_client client;
  STATUS(OXRTMP_E_TLS, oxrtmp_client_play(secure_url(server, "live/cam"), &o, 10000, &client));
  client_tls.server_name = "localhost";
  carries(server, &client_tls);
  server_tls.key_file = "/nowhere/key.pem";
  STATUS(OXRTMP_E_FILE, oxrtmp_server_set_certificate(server, "", &server_tls));
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

/* Sockets of the caller's, for both ways of adopting. */
static void own_sockets(void) {
  oxrtmp_hub hub;
  OK(oxrtmp_hub_create(NULL, &hub));
  defaults();
  oxrtmp_server server;
  oxrtmp_server_options options;
  OK(oxrtmp_server_options_init(&options));
  options.hub = hub;
  options.tls = &server_tls;
  OK(oxrtmp_server_create(&options, &server));
  uint16_t port;
  OK(oxrtmp_server_adopt_tls_listener(server, listen_socket(&port, 10)));
  carries(server, &client_tls);

  int listening = listen_socket(&port, 10);
  int near = connect_socket(port), far = accept(listening, NULL, NULL);
  CHECK(far >= 0);
  OK(oxrtmp_server_adopt_tls_connection(server, far));
  oxrtmp_client client;
  oxrtmp_client_options o = with_tls(&client_tls);
  OK(oxrtmp_client_publish_fd(near, "rtmps://127.0.0.1/live/other", &o, 10000, &client));
  OK(oxrtmp_client_send_audio(client, 0, (const uint8_t *)"a", 1));
  OK(oxrtmp_client_close(client));
  close(listening);
  OK(oxrtmp_server_close(server));
  OK(oxrtmp_hub_close(hub));
}

int main(void) {
  oxrtmp_library_info before = library_info();
  make_certificate();
  RUN(both_sides);
  RUN(mistrust);
  RUN(clients_with_certificates);
  RUN(certificates_are_exchanged);
  RUN(own_sockets);
  remove_certificate();
  SETTLED(&before);
  return 0;
}
