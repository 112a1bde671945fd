/* Relay is a live server for one stream, which it sends to other servers as well. The stream comes from a publisher, or
 * with -from from another server.
 *
 *   cc relay.c $(pkg-config --cflags --libs oxrtmp) -o relay
 *   ./relay -listen localhost:1935 -stream live/test rtmp://a.example/live/key rtmps://b.example/live/key
 *   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
 *
 * Everything that happens comes to one queue, on one thread.
 */
#define _XOPEN_SOURCE 700
#include <oxrtmp.h>

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 512, EVENTS = 64, MOST = 100 };

static const char *listen_addresses = "127.0.0.1:1935", *stream = "live/test", *from = "";
static oxrtmp_relay_options options;
static oxrtmp_client_options client_options;
static oxrtmp_tls_options client_tls, server_tls;
static char app[NAME], name[NAME]; /* of the stream */
static oxrtmp_hub hub;
static oxrtmp_server server;
static oxrtmp_queue queue;
static volatile sig_atomic_t stopped;

static struct {
  char name[NAME]; /* "push 1 to rtmp://host" */
  oxrtmp_relay relay;
} relays[MOST + 1]; /* a relay's place is the user_data of its events */
static size_t relay_count;

static void stop(int number) {
  (void)number;
  stopped = 1;
}

static int fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "relay: %s: %s\n", what, text);
  return 1;
}

/* ---- relays ---- */

/* host_of is what of a URL may be shown: its path is a secret. */
static void host_of(const char *url, char *host, size_t size) {
  const char *rest = strstr(url, "://");
  size_t scheme = rest != NULL ? (size_t)(rest + 3 - url) : 0;
  rest = url + scheme;
  size_t n = strcspn(rest, "/?");
  const char *at = memchr(rest, '@', n); /* and a login before it is one too */
  size_t login = at != NULL ? (size_t)(at + 1 - rest) : 0;
  snprintf(host, size, "%.*s%.*s", (int)scheme, url, (int)(n - login), rest + login);
}

/* connect begins the relay to or from a URL. */
static bool connect_to(const char *url, bool pull) {
  char host[NAME / 2];
  oxrtmp_relay relay;
  host_of(url, host, sizeof host);
  oxrtmp_relay_options o = options;
  o.on_demand = pull ? options.on_demand : 0;
  oxrtmp_status status = pull ? oxrtmp_hub_pull(hub, app, name, url, &o, &relay)
                              : oxrtmp_hub_push(hub, app, name, url, &o, &relay);
  if (status != OXRTMP_OK) {
    fail(host);
    return false;
  }
  if (pull) {
    snprintf(relays[relay_count].name, NAME, "pull from %s", host);
  } else {
    snprintf(relays[relay_count].name, NAME, "push %zu to %s", relay_count + 1, host);
  }
  relays[relay_count].relay = relay;
  oxrtmp_relay_set_queue(relay, queue, relay_count++);
  return true;
}

/* tell prints the state that a relay has come to. */
static void tell(const oxrtmp_event *event) {
  static const char *const states[] = {"idle", "connecting", "running", "waiting", "closed"};
  printf("%s: %s", relays[event->user_data].name, event->value < 5 ? states[event->value] : "?");
  if (event->status != OXRTMP_OK) {
    printf(": %s: %s%s%s", oxrtmp_phase_name(event->phase), event->u.info.code, event->u.info.code[0] != 0 ? ": " : "",
           event->u.info.text);
  }
  printf("\n");
}

/* finish ends the relays and prints what each has done. */
static void finish(void) {
  for (size_t i = 0; i < relay_count; i++) {
    oxrtmp_relay_info n = {.struct_size = sizeof n};
    oxrtmp_relay_statistics(relays[i].relay, &n);
    oxrtmp_relay_close(relays[i].relay);
    printf("%s: connections=%" PRIu64 " retries=%" PRIu64 " packets=%" PRIu64 " bytes=%" PRIu64 " dropped=%" PRIu64 "\n",
           relays[i].name, n.connections, n.retries, n.packets, n.bytes, n.frames_dropped);
  }
}

/* ---- the server ---- */

static void answer(oxrtmp_request request) {
  char asked_app[NAME] = "", asked_name[NAME] = "";
  uint32_t kind = 0;
  oxrtmp_request_kind(request, &kind);
  oxrtmp_request_app(request, asked_app, sizeof asked_app, NULL);
  oxrtmp_request_stream_name(request, asked_name, sizeof asked_name, NULL);
  if (strcmp(asked_app, app) != 0 || strcmp(asked_name, name) != 0 || (kind == OXRTMP_REQUEST_PUBLISH && *from != 0)) {
    oxrtmp_request_reject(request, NULL, "not here");
    return;
  }
  oxrtmp_hub_accept(hub, request);
}

static int listen_on_all(void) {
  char address[256];
  for (const char *rest = listen_addresses; rest != NULL;) {
    size_t n = strcspn(rest, ",");
    snprintf(address, sizeof address, "%.*s", (int)n, rest);
    if (oxrtmp_server_listen(server, address) != OXRTMP_OK) {
      return fail(address);
    }
    rest = rest[n] != 0 ? rest + n + 1 : NULL;
  }
  char addresses[1024] = "";
  oxrtmp_server_addresses(server, addresses, sizeof addresses, NULL);
  printf("listening on %s\n", addresses);
  return 0;
}

static int run(char **urls, int count) {
  oxrtmp_server_options server_options;
  oxrtmp_server_options_init(&server_options);
  if (oxrtmp_hub_create(NULL, &hub) != OXRTMP_OK || oxrtmp_queue_create(NULL, &queue) != OXRTMP_OK) {
    return fail("hub");
  }
  server_options.hub = hub;
  server_options.ask_publish = server_options.ask_play = 1;
  server_options.tls = server_tls.certificate_file != NULL ? &server_tls : NULL;
  if (oxrtmp_server_create(&server_options, &server) != OXRTMP_OK) {
    return fail("server");
  }
  oxrtmp_server_set_queue(server, queue, 0);
  if (listen_on_all() != 0) {
    return 1;
  }
  bool good = true;
  for (int i = 0; i < count && good; i++) {
    good = connect_to(urls[i], false);
  }
  good = good && (*from == 0 || connect_to(from, true));
  static oxrtmp_event events[EVENTS];
  size_t n;
  while (good && !stopped) {
    oxrtmp_status status = oxrtmp_queue_wait(queue, 200, events, EVENTS, &n); /* a signal is seen soon enough */
    for (size_t i = 0; status == OXRTMP_OK && i < n; i++) {
      if (events[i].type == OXRTMP_EVENT_REQUEST) {
        answer(events[i].request);
      } else if (events[i].type == OXRTMP_EVENT_RELAY) {
        tell(&events[i]);
      }
    }
  }
  oxrtmp_server_close(server);
  finish();
  oxrtmp_hub_close(hub);
  oxrtmp_queue_destroy(queue);
  return good ? 0 : 1;
}

/* set takes a flag with its value. */
static bool set(const char *flag, const char *value) {
  const struct {
    const char *flag, **text;
    uint32_t *number;
  } flags[] = {
      {"-listen", &listen_addresses, NULL},
      {"-stream", &stream, NULL},
      {"-from", &from, NULL},
      {"-idle-ms", NULL, &options.idle_after_ms},
      {"-retry-min-ms", NULL, &options.retry_min_ms},
      {"-retry-max-ms", NULL, &options.retry_max_ms},
      {"-tls-cert", &server_tls.certificate_file, NULL},
      {"-tls-key", &server_tls.key_file, NULL},
      {"-ca", &client_tls.ca_file, NULL},
  };
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    if (strcmp(flags[i].flag, flag) != 0) {
      continue;
    }
    if (flags[i].text != NULL) {
      *flags[i].text = value;
      return true;
    }
    char *end;
    *flags[i].number = (uint32_t)strtoul(value, &end, 10);
    return *value != 0 && *end == 0;
  }
  return false;
}

int main(int argc, char **argv) {
  oxrtmp_relay_options_init(&options);
  oxrtmp_client_options_init(&client_options);
  oxrtmp_tls_options_init(&client_tls);
  oxrtmp_tls_options_init(&server_tls);
  options.client = &client_options;
  client_options.tls = &client_tls;
  int i = 1;
  bool good = true;
  for (; good && i < argc && argv[i][0] == '-' && argv[i][1] != 0; i++) {
    const char *flag = argv[i][1] == '-' ? argv[i] + 1 : argv[i];
    if (strcmp(flag, "-on-demand") == 0) {
      options.on_demand = 1;
    } else if (strcmp(flag, "-insecure") == 0) {
      client_tls.insecure = 1;
    } else {
      good = i + 1 < argc && set(flag, argv[++i]);
    }
  }
  const char *slash = strrchr(stream, '/');
  if (!good || slash == NULL || strlen(stream) >= NAME || argc - i > MOST) {
    fprintf(stderr, "usage: relay [-listen ADDRESS[,ADDRESS...]] [-stream APP/NAME] [-from URL] [-on-demand] [-idle-ms MS]\n"
                    "             [-retry-min-ms MS] [-retry-max-ms MS] [-tls-cert FILE -tls-key FILE] [-ca FILE]\n"
                    "             [-insecure] URL...\n");
    return 2;
  }
  snprintf(app, sizeof app, "%.*s", (int)(slash - stream), stream);
  snprintf(name, sizeof name, "%s", slash + 1);
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct sigaction action = {.sa_handler = stop, .sa_flags = SA_ONSTACK};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return run(argv + i, argc - i);
}
