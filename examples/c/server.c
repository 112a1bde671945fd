/* Server is a live server: what publishers send goes to everybody who plays it. It records FLV files if it is told to.
 *
 *   cc server.c $(pkg-config --cflags --libs oxrtmp) -pthread -o server
 *   ./server -listen localhost:1935 -record /tmp
 *   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
 *   ffplay rtmp://localhost/live/test
 */
#define _POSIX_C_SOURCE 200809L
#include <oxrtmp.h>

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME = 600, PATH = 4096, BATCH = 64 };

enum { USERS = 64 };

static const char *listen_addresses = "127.0.0.1:1935", *key = "", *record = "", *drain;
static char *users_flag; /* of the command line: cut into users below */
static oxrtmp_user users[USERS];
static oxrtmp_server server;
static oxrtmp_hub hub;
static oxrtmp_server_options options;
static oxrtmp_hub_options hub_options;
static oxrtmp_limits limits;
static oxrtmp_timeouts timeouts;
static oxrtmp_tls_options tls;

/* ---- the streams ---- */

/* printable replaces what a peer could use to write on the terminal, or to break a word in two. */
static void printable(char *text) {
  for (unsigned char *p = (unsigned char *)text; *p != 0; p++) {
    if (*p <= ' ' || *p == 0x7F || (*p == 0xC2 && p[1] <= 0xA0)) {
      *p = '_';
    }
  }
}

/* same compares in a time that does not tell where the difference is. */
static bool same(const char *a, const char *b) {
  size_t n = strlen(a);
  unsigned char difference = n != strlen(b);
  for (size_t i = 0; i < n && b[i] != 0; i++) {
    difference |= (unsigned char)(a[i] ^ b[i]);
  }
  return difference == 0;
}

struct stream {
  char app[NAME / 2 - 2], name[NAME / 2], shown[NAME]; /* "app/name" */
  oxrtmp_session session;
  oxrtmp_client publisher; /* in the hub */
  oxrtmp_recorder recorder;
  int64_t first, last; /* least and greatest decoding time of audio and video, in ns */
  bool media;
};

static void extend(struct stream *s, const oxrtmp_packet *p) {
  if (p->type != 8 && p->type != 9) {
    return;
  }
  if (!s->media) {
    s->media = true;
    s->first = s->last = p->dts_ns;
  }
  s->first = p->dts_ns < s->first ? p->dts_ns : s->first;
  s->last = p->dts_ns > s->last ? p->dts_ns : s->last;
}

/* replaced tells whether the hub has ended what we publish. */
static bool replaced(struct stream *s) {
  oxrtmp_event event;
  while (oxrtmp_client_next_event(s->publisher, 0, &event) == OXRTMP_OK) {
    bool end = event.type == OXRTMP_EVENT_CLIENT_END;
    oxrtmp_event_release(&event);
    if (end) {
      return true;
    }
  }
  return false;
}

/* forward gives the session's packets to the hub, and to the recorder, until the stream ends; it returns how it did. A
 * peer that sends nothing may have been replaced: that is looked for once a second. */
static oxrtmp_status forward(struct stream *s) {
  oxrtmp_packet packets[BATCH];
  size_t count;
  oxrtmp_status status;
  for (;;) {
    status = oxrtmp_session_next_packets(s->session, 1000, packets, BATCH, &count);
    if (status == OXRTMP_E_TIMEOUT) {
      if (replaced(s)) {
        return OXRTMP_E_CLOSED;
      }
      continue;
    }
    if (status != OXRTMP_OK) {
      break;
    }
    for (size_t i = 0; i < count; i++) {
      extend(s, &packets[i]);
      if (status == OXRTMP_OK) {
        status = oxrtmp_client_send_packet(s->publisher, &packets[i]);
        status = status == OXRTMP_E_EOF ? OXRTMP_E_CLOSED : status; /* it is the hub that has ended it */
      }
      if (status == OXRTMP_OK && s->recorder.id != 0) {
        status = oxrtmp_recorder_write(s->recorder, &packets[i]);
      }
      oxrtmp_packet_release(&packets[i]);
    }
    if (status != OXRTMP_OK) {
      break;
    }
  }
  return status;
}

/* publish receives an accepted stream to its end. */
static void publish(struct stream *s) {
  char peer[128] = "", encoder[32] = "", path[PATH] = "", reason[OXRTMP_ERROR_TEXT_SIZE] = "";
  oxrtmp_session_peer_address(s->session, peer, sizeof peer, NULL);
  oxrtmp_session_encoder(s->session, encoder, sizeof encoder, NULL);
  printf("publish %s from %s (%s)\n", s->shown, peer, encoder);
  oxrtmp_status status = OXRTMP_OK;
  if (*record != 0) {
    status = oxrtmp_recorder_open_in(record, s->name, NULL, &s->recorder);
    oxrtmp_recorder_path(s->recorder, path, sizeof path, NULL);
  }
  if (status == OXRTMP_OK) {
    status = forward(s);
  }
  if (status == OXRTMP_E_CLOSED) {
    strcpy(reason, "closed");
  } else if (status != OXRTMP_E_EOF || oxrtmp_session_end_reason(s->session, reason, sizeof reason, NULL) != OXRTMP_OK) {
    oxrtmp_last_error(reason, sizeof reason);
  }
  if (s->recorder.id != 0 && oxrtmp_recorder_close(s->recorder) != OXRTMP_OK) {
    oxrtmp_last_error(reason, sizeof reason);
  }
  oxrtmp_statistics n = {.struct_size = sizeof n};
  oxrtmp_session_statistics(s->session, &n);
  printf("end %s packets=%" PRIu64 " audio=%" PRIu64 " video=%" PRIu64 " data=%" PRIu64 " bytes=%" PRIu64
         " keyframes=%" PRIu64 " malformed=%" PRIu64 " duration_ms=%" PRId64 " file=%s reason=%s\n",
         s->shown, n.packets, n.audio_packets, n.video_packets, n.data_packets, n.bytes, n.keyframes, n.malformed,
         (s->last - s->first) / 1000000, path, reason);
  oxrtmp_session_close_with_status(s->session, "NetStream.Publish.BadName", "another publisher has taken over");
}

/* begin begins to publish a stream. An encoder that stops and begins again at once may be here before its last stream has
   ended, with its recording: that gets two seconds, before the encoder is told that it has a rival. */
static oxrtmp_status begin(struct stream *s) {
  oxrtmp_client_options publishing;
  oxrtmp_client_options_init(&publishing);
  publishing.send_timeout_ms = -1;
  oxrtmp_status status = oxrtmp_hub_publish(hub, s->app, s->name, &publishing, &s->publisher);
  for (int tries = 0; status == OXRTMP_E_BUSY && tries < 200; tries++) {
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    status = oxrtmp_hub_publish(hub, s->app, s->name, &publishing, &s->publisher);
  }
  return status;
}

/* serve answers one request, on a thread of its own. */
static void serve(oxrtmp_request request, void *unused) {
  (void)unused;
  struct stream s = {.session = {0}};
  char peer[128] = "";
  uint32_t kind = 0;
  oxrtmp_request_kind(request, &kind);
  oxrtmp_request_peer_address(request, peer, sizeof peer, NULL);
  if (oxrtmp_request_app(request, s.app, sizeof s.app, NULL) != OXRTMP_OK ||
      oxrtmp_request_stream_name(request, s.name, sizeof s.name, NULL) != OXRTMP_OK) {
    oxrtmp_request_reject(request, NULL, "the name is too long");
    return;
  }
  snprintf(s.shown, sizeof s.shown, "%s/%s", s.app, s.name);
  printable(s.shown);
  if (kind == OXRTMP_REQUEST_PLAY) {
    if (oxrtmp_hub_accept(hub, request) == OXRTMP_OK) {
      printf("play %s to %s\n", s.shown, peer);
    }
    return;
  }
  if (*key != 0 && !same(s.name, key)) {
    oxrtmp_request_reject(request, "NetStream.Publish.BadName", "unauthorized");
    return;
  }
  if (begin(&s) != OXRTMP_OK) {
    oxrtmp_request_reject(request, "NetStream.Publish.BadName", "the stream has a publisher already");
    return;
  }
  if (oxrtmp_request_accept(request, NULL, &s.session) == OXRTMP_OK) { /* else the publisher has gone */
    publish(&s);
  }
  oxrtmp_client_close(s.publisher);
}

static void *serve_all(void *unused) {
  (void)unused;
  oxrtmp_server_serve(server, serve, NULL);
  return NULL;
}

/* show shows everything that happens, until the server is closed. */
static void *show(void *unused) {
  (void)unused;
  oxrtmp_event event;
  while (oxrtmp_server_next_event(server, -1, &event) == OXRTMP_OK) {
    char shown[NAME];
    snprintf(shown, sizeof shown, "%s/%s", event.u.server.app, event.u.server.stream_name);
    printable(shown);
    printf("event %s %" PRIu64 " %s\n", oxrtmp_server_event_name(event.value), event.u.server.connection, shown);
    oxrtmp_event_release(&event);
  }
  return NULL;
}

/* ---- the program ---- */

static int fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "server: %s: %s\n", what, text);
  return 1;
}

static int usage(void) {
  fprintf(stderr, "usage: server [-listen ADDRESS[,ADDRESS...]] [-key NAME] [-record DIRECTORY] [-quiet]\n"
                  "              [-tls-cert FILE -tls-key FILE] [-cache gop|keyframe|off] [-slow drop|disconnect|block]\n"
                  "              [-takeover reject|replace|silent] [-grace-ms MS] [-coalesce-ms MS] [-wait]\n"
                  "              [-codecs pass|refuse|filter] [-connections N] [-connections-per-address N] [-idle-ms MS]\n"
                  "              [-events] [-users NAME:PASSWORD,...] [-login adobe|llnw] [-proxy-from NETWORK,...]\n"
                  "              [-drain URL]\n");
  return 2;
}

/* choice finds a word in a list with '|' between its words; its number is the value of an enumeration. */
static bool choice(const char *words, const char *word, uint32_t *value) {
  for (uint32_t i = 0; words != NULL; i++) {
    size_t n = strcspn(words, "|");
    if (strlen(word) == n && memcmp(words, word, n) == 0) {
      *value = i;
      return true;
    }
    words = words[n] != 0 ? words + n + 1 : NULL;
  }
  return false;
}

static bool number(const char *text, uint32_t *value) {
  char *end;
  unsigned long n = strtoul(text, &end, 10);
  *value = (uint32_t)n;
  return *text != 0 && *end == 0 && n <= INT32_MAX;
}

/* set takes a flag with its value. */
static bool set(const char *flag, const char *value) {
  const struct {
    const char *flag, **text, *words;
    uint32_t *number;
  } flags[] = {
      {"-listen", &listen_addresses, NULL, NULL},
      {"-key", &key, NULL, NULL},
      {"-record", &record, NULL, NULL},
      {"-drain", &drain, NULL, NULL},
      {"-tls-cert", &tls.certificate_file, NULL, NULL},
      {"-tls-key", &tls.key_file, NULL, NULL},
      {"-cache", NULL, "gop|keyframe|off", &hub_options.cache_policy},
      {"-slow", NULL, "drop|disconnect|block", &hub_options.slow_policy},
      {"-codecs", NULL, "pass|refuse|filter", &hub_options.codecs},
      {"-takeover", NULL, "reject|replace|silent", &hub_options.takeover},
      {"-grace-ms", NULL, NULL, (uint32_t *)&hub_options.grace_ms},
      {"-coalesce-ms", NULL, NULL, &hub_options.coalesce_ms},
      {"-connections", NULL, NULL, &limits.connections},
      {"-connections-per-address", NULL, NULL, &limits.connections_per_address},
      {"-idle-ms", NULL, NULL, (uint32_t *)&timeouts.idle_ms},
      {"-users", (const char **)&users_flag, NULL, NULL},
      {"-login", NULL, "adobe|llnw", &options.login_scheme},
      {"-proxy-from", &options.proxy_from, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    if (strcmp(flags[i].flag, flag) != 0) {
      continue;
    }
    if (flags[i].text != NULL) {
      *flags[i].text = value;
      return true;
    }
    return flags[i].words != NULL ? choice(flags[i].words, value, flags[i].number) : number(value, flags[i].number);
  }
  return false;
}

/* cut_users cuts "name:password,..." into the users of the server's options. */
static bool cut_users(void) {
  for (char *user = users_flag != NULL ? strtok(users_flag, ",") : NULL; user != NULL; user = strtok(NULL, ",")) {
    char *password = strchr(user, ':');
    if (password == NULL || password == user || options.user_count == USERS) {
      return false;
    }
    *password = 0;
    users[options.user_count++] = (oxrtmp_user){user, password + 1};
  }
  options.users = users;
  options.login_scheme++; /* the word's number begins at 0 */
  return true;
}

static bool parse(int argc, char **argv) {
  hub_options.grace_ms = 10000;
  for (int i = 1; i < argc; i++) {
    const char *flag = argv[i][0] == '-' && argv[i][1] == '-' ? argv[i] + 1 : argv[i];
    if (strcmp(flag, "-events") == 0) {
      options.events = OXRTMP_SERVER_EVENTS_ALL & ~OXRTMP_SERVER_EVENT(OXRTMP_SERVER_STATS_UPDATE);
    } else if (strcmp(flag, "-wait") == 0) {
      hub_options.wait_for_publisher = 1;
    } else if (strcmp(flag, "-quiet") != 0 && (i + 1 == argc || !set(flag, argv[++i]))) { /* there are no live lines */
      return false;
    }
  }
  if (hub_options.grace_ms == 0) {
    hub_options.grace_ms = -1; /* not at all */
  }
  return cut_users();
}

/* leave sends everybody who knows such requests to another server, and gives them 10 s to go. */
static void leave(void) {
  uint32_t asked = 0;
  oxrtmp_server_request_reconnect(server, drain, "this server is about to end", &asked);
  printf("draining: %" PRIu32 " asked to go to %s\n", asked, drain);
  oxrtmp_server_shutdown(server, 10000);
}

/* listen_on_all listens on every address of the list. */
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

int main(int argc, char **argv) {
  oxrtmp_server_options_init(&options);
  oxrtmp_hub_options_init(&hub_options);
  oxrtmp_limits_init(&limits);
  oxrtmp_timeouts_init(&timeouts);
  oxrtmp_tls_options_init(&tls);
  if (!parse(argc, argv)) {
    return usage();
  }
  setvbuf(stdout, NULL, _IOLBF, 0);

  /* The signals that end the program are waited for below; no thread may take them otherwise. */
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);

  if (oxrtmp_hub_create(&hub_options, &hub) != OXRTMP_OK) {
    return fail("hub");
  }
  options.hub = hub;
  options.ask_publish = options.ask_play = 1;
  options.limits = &limits;
  options.timeouts = &timeouts;
  options.tls = tls.certificate_file != NULL ? &tls : NULL;
  if (oxrtmp_server_create(&options, &server) != OXRTMP_OK) {
    return fail("server");
  }
  if (listen_on_all() != 0) {
    return 1;
  }
  pthread_t thread, showing;
  if (pthread_create(&thread, NULL, serve_all, NULL) != 0 ||
      (options.events != 0 && pthread_create(&showing, NULL, show, NULL) != 0)) {
    return fail("no thread");
  }
  int signal_number;
  while (sigwait(&ends, &signal_number) == 0 && signal_number == SIGHUP) { /* the certificate was renewed */
    if (options.tls != NULL && oxrtmp_server_set_certificate(server, "", &tls) != OXRTMP_OK) {
      fail("certificate");
    }
  }
  if (drain != NULL) {
    leave();
  }
  oxrtmp_server_close(server); /* ends every stream */
  oxrtmp_hub_close(hub);       /* and wakes who waits for it */
  pthread_join(thread, NULL);
  if (options.events != 0) {
    pthread_join(showing, NULL);
  }
  return 0;
}
