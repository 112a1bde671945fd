/* Tracks publishes several audio and video tracks as one stream, and writes the tracks one wants of such a stream to an
 * FLV file that any player knows (Enhanced RTMP v2, "Multitrack").
 *
 *   cc tracks.c $(pkg-config --cflags --libs oxrtmp) -pthread -o tracks
 *   ./tracks camera-1.flv camera-2.flv rtmp://localhost/live/test       publishes
 *   ./tracks -video 1 -audio none rtmp://localhost/live/test out.flv    plays and selects
 *   ./tracks -video 1 -listen localhost:1935 out.flv                    waits for a publisher, and selects
 */
#define _XOPEN_SOURCE 700
#include <oxrtmp.h>

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { AUDIO = 8, VIDEO = 9, NONE = -1, TRACKS = 256, BATCH = 64, TEXT = 96, PATH = 4096 };

static bool fast, insecure;
static const char *ca, *listen_address;
static int video, audio;  /* the tracks to select */
static double seconds;    /* select so much of the stream; 0: all of it */

static int fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(text, sizeof text); /* names the phase, and the server's code and description */
  fprintf(stderr, "tracks: %s: %s\n", what, text);
  return 1;
}

/* ---- the end by a signal ---- */

static sigset_t ends;
static _Atomic bool stopped;
static oxrtmp_server server;
static oxrtmp_session session;
static oxrtmp_client client;

/* wait_for_signal closes what there is, each of which wakes who waits for it. */
static void *wait_for_signal(void *unused) {
  int number;
  sigwait(&ends, &number);
  stopped = true;
  oxrtmp_server_close(server); /* and its session */
  oxrtmp_client_close(client);
  return unused;
}

static void start_waiting(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, wait_for_signal, NULL) != 0 || pthread_detach(thread) != 0) {
    abort();
  }
}

/* ---- tracks ---- */

static const char *type_name(int type) { return type == VIDEO ? "video" : "audio"; }

/* describe says what a track is made of, by its sequence header or, where it has none, by its codec: "h264 320x180". */
static oxrtmp_codec_info describe(const oxrtmp_packet *packet, char text[TEXT]) {
  oxrtmp_codec_info info = {.struct_size = sizeof info};
  oxrtmp_packet header = *packet;
  if (header.kind != OXRTMP_PACKET_SEQUENCE_HEADER) { /* only the codec is known */
    header.kind = OXRTMP_PACKET_SEQUENCE_HEADER;
    header.data = NULL;
    header.size = 0;
  }
  oxrtmp_codec_describe(&header, &info);
  if (info.name[0] == 0) {
    snprintf(info.name, sizeof info.name, "%c%c%c%c", (int)(packet->codec >> 24), (int)(packet->codec >> 16 & 255),
             (int)(packet->codec >> 8 & 255), (int)(packet->codec & 255));
  }
  if (info.width > 0) {
    snprintf(text, TEXT, "%s %" PRIu32 "x%" PRIu32, info.name, info.width, info.height);
  } else if (info.sample_rate > 0) {
    snprintf(text, TEXT, "%s %" PRIu32 " Hz %" PRIu32 " channels", info.name, info.sample_rate, info.channels);
  } else {
    snprintf(text, TEXT, "%s", info.name);
  }
  return info;
}

/* introduces is whether a packet tells what its track is: the headers without data that some senders begin with do not. */
static bool introduces(const oxrtmp_packet *p) {
  return p->codec != 0 && (p->kind == OXRTMP_PACKET_FRAME || (p->kind == OXRTMP_PACKET_SEQUENCE_HEADER && p->size > 0));
}

/* ---- publishing ---- */

struct source {
  const char *path;
  oxrtmp_flv_reader reader;
  oxrtmp_packet packet; /* the next one, if there is one */
  bool more;
  uint32_t first;            /* the timestamp that its time begins with, in ms */
  uint16_t number[2][TRACKS]; /* which track of the stream each of its own is, plus 1; 0: there is none */
};

/* What is said of all tracks: metadata for the server, and lines for people. */
static char json[64 * 1024], lines[64 * 1024];

__attribute__((format(printf, 2, 3))) static void say(char text[64 * 1024], const char *format, ...) {
  size_t n = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + n, sizeof json - n, format, arguments);
  va_end(arguments);
}

/* next reads the file's next packet. */
static oxrtmp_status next(struct source *s) {
  oxrtmp_packet_release(&s->packet);
  oxrtmp_status status = oxrtmp_flv_reader_next_packet(s->reader, &s->packet);
  s->more = status == OXRTMP_OK;
  return status == OXRTMP_E_EOF ? OXRTMP_OK : status;
}

/* scan looks through a file for its tracks of a type, which it numbers from *count on, and announces in the metadata. What
 * is more than 256 is left out. */
static oxrtmp_status scan(struct source *s, int type, unsigned *count) {
  struct {
    oxrtmp_codec_info info;
    uint32_t codec;
    char text[TEXT];
  } *found = calloc(TRACKS, sizeof *found);
  bool begun = false;
  oxrtmp_status status = oxrtmp_flv_reader_open(s->path, &s->reader);
  bool opened = status == OXRTMP_OK;
  for (status = opened ? next(s) : status; status == OXRTMP_OK && s->more; status = next(s)) {
    const oxrtmp_packet *p = &s->packet;
    if (!begun && (p->type == VIDEO || p->type == AUDIO)) {
      begun = true;
      s->first = p->timestamp_ms;
    }
    if (p->type == type && introduces(p) && found[p->track].codec == 0) {
      found[p->track].codec = p->codec;
      found[p->track].info = describe(p, found[p->track].text);
    }
  }
  if (status == OXRTMP_OK) { /* else the last error is to be told */
    oxrtmp_flv_reader_close(s->reader);
  }
  for (int i = 0; i < TRACKS && *count < TRACKS; i++) {
    if (found[i].codec == 0) {
      continue;
    }
    const oxrtmp_codec_info *info = &found[i].info;
    const char *first = type == VIDEO ? "width" : "audiosamplerate", *second = type == VIDEO ? "height" : "audiochannels";
    uint32_t a = type == VIDEO ? info->width : info->sample_rate, b = type == VIDEO ? info->height : info->channels;
    say(lines, "publishing %s %u %s from %s\n", type_name(type), *count, found[i].text, s->path);
    if (*count == 0) { /* track 0 as ever, the others in a map */
      say(json, "%s\"%s\":%" PRIu32 ",\"%s\":%" PRIu32, json[1] != 0 ? "," : "", first, a, second, b);
    } else if (*count == 1) {
      say(json, ",\"%sTrackIdInfoMap\":{", type_name(type));
    }
    if (*count > 0) {
      say(json, "%s\"%u\":{\"%scodecid\":%" PRIu32 ",\"%s\":%" PRIu32 ",\"%s\":%" PRIu32 "}", *count > 1 ? "," : "", *count,
          type_name(type), found[i].codec, type == VIDEO ? first : "samplerate", a, type == VIDEO ? second : "channels", b);
    }
    s->number[type == VIDEO][i] = (uint16_t)++*count;
  }
  free(found);
  return status;
}

/* due is when a packet is to be sent, in ms since the stream's beginning. */
static uint32_t due(const struct source *s) {
  int32_t ms = (int32_t)(s->packet.timestamp_ms - s->first);
  return ms > 0 ? (uint32_t)ms : 0;
}

/* wait_until waits until ms milliseconds have passed since the start, or a signal comes. */
static void wait_until(struct timespec started, uint32_t ms) {
  struct timespec at = started, pause = {0, 50000000}, now;
  at.tv_sec += ms / 1000;
  at.tv_nsec += (long)(ms % 1000) * 1000000;
  while (!fast && !stopped) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long left = (long long)(at.tv_sec - now.tv_sec) * 1000000000 + at.tv_nsec - now.tv_nsec;
    if (left <= 0) {
      return;
    }
    pause.tv_nsec = left < 50000000 ? (long)left : 50000000;
    nanosleep(&pause, NULL);
  }
}

static uint64_t sent, sent_bytes;

/* send_all sends the packets of all files, each when it is due. */
static oxrtmp_status send_all(struct source *sources, size_t count) {
  oxrtmp_status status = oxrtmp_client_send_metadata_json(client, json);
  struct timespec started;
  clock_gettime(CLOCK_MONOTONIC, &started);
  while (status == OXRTMP_OK && !stopped) {
    struct source *s = NULL;
    for (size_t i = 0; i < count; i++) {
      if (sources[i].more && (s == NULL || due(&sources[i]) < due(s))) {
        s = &sources[i];
      }
    }
    if (s == NULL) {
      break;
    }
    const oxrtmp_packet *p = &s->packet;
    unsigned number = p->type == VIDEO || p->type == AUDIO ? s->number[p->type == VIDEO][p->track] : 0;
    /* Data, and what cannot be read, belong to no track. FFmpeg 8 takes the colours of a track other than 0 for a frame. */
    bool colours = p->type == VIDEO && p->kind == OXRTMP_PACKET_METADATA;
    if (number > 0 && p->codec != 0 && (!colours || number == 1)) {
      wait_until(started, due(s));
      oxrtmp_packet single = oxrtmp_packet_single(p);
      single.track = (uint8_t)(number - 1);
      single.timestamp_ms = due(s);
      status = oxrtmp_client_send_packet(client, &single);
      sent += status == OXRTMP_OK;
      sent_bytes += status == OXRTMP_OK ? single.size : 0;
    }
    if (status == OXRTMP_OK) {
      status = next(s);
    }
  }
  return status;
}

static void set_client_options(oxrtmp_client_options *options, oxrtmp_tls_options *tls) {
  oxrtmp_client_options_init(options);
  oxrtmp_tls_options_init(tls);
  tls->ca_file = ca;
  tls->insecure = insecure;
  options->tls = tls;
}

/* open_sources numbers the tracks of all files in their order, and opens the files again. */
static const char *open_sources(struct source *sources, size_t count) {
  say(json, "{");
  for (int type = VIDEO; type >= AUDIO; type--) {
    unsigned tracks = 0;
    for (size_t i = 0; i < count; i++) {
      if (scan(&sources[i], type, &tracks) != OXRTMP_OK) {
        return sources[i].path;
      }
    }
    say(json, "%s", tracks > 1 ? "}" : "");
  }
  say(json, "}");
  for (size_t i = 0; i < count; i++) {
    if (oxrtmp_flv_reader_open(sources[i].path, &sources[i].reader) != OXRTMP_OK || next(&sources[i]) != OXRTMP_OK) {
      return sources[i].path;
    }
  }
  return NULL;
}

static int publish(struct source *sources, size_t count, const char *url) {
  oxrtmp_client_options options;
  oxrtmp_tls_options tls;
  const char *broken = open_sources(sources, count);
  if (broken != NULL) {
    return fail(broken);
  }
  set_client_options(&options, &tls);
  if (oxrtmp_client_publish(url, &options, -1, &client) != OXRTMP_OK) {
    return fail("publish");
  }
  fputs(lines, stdout);
  start_waiting();
  struct timespec started, now;
  clock_gettime(CLOCK_MONOTONIC, &started);
  oxrtmp_status status = send_all(sources, count);
  int result = status == OXRTMP_OK || stopped ? 0 : fail("publish");
  if (oxrtmp_client_close(client) != OXRTMP_OK && result == 0) { /* sends what is queued */
    result = fail("close");
  }
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("sent packets=%" PRIu64 " bytes=%" PRIu64 " seconds=%.1f\n", sent, sent_bytes,
         (double)(now.tv_sec - started.tv_sec) + (double)(now.tv_nsec - started.tv_nsec) / 1e9);
  for (size_t i = 0; i < count; i++) {
    oxrtmp_packet_release(&sources[i].packet);
    oxrtmp_flv_reader_close(sources[i].reader);
  }
  return result;
}

/* ---- selecting ---- */

struct track {
  bool known;
  char what[TEXT];     /* "h264 320x180" */
  uint64_t frames, bytes;
  int64_t first, last; /* decoding times of its frames, in ns */
};

static struct track tracks[2][TRACKS]; /* audio, video */
static uint64_t written;

static void print_track(int type, unsigned number) {
  const struct track *t = &tracks[type == VIDEO][number];
  double span = (double)(t->last - t->first) / 1e9; /* from the first frame's beginning to the last one's */
  printf("track %s %u %s frames=%" PRIu64 " bytes=%" PRIu64 " fps=%.1f kbits=%.0f\n", type_name(type), number, t->what,
         t->frames, t->bytes, span > 0 ? (double)(t->frames - 1) / span : 0,
         span > 0 ? (double)t->bytes * 8 / 1000 / span : 0);
}

/* take looks at a packet, and writes it if it is of a chosen track. *enough is whether the stream is long enough. */
static oxrtmp_status take(oxrtmp_recorder recorder, const oxrtmp_packet *p, bool *enough) {
  if (p->type != VIDEO && p->type != AUDIO) {
    return OXRTMP_OK;
  }
  struct track *t = &tracks[p->type == VIDEO][p->track];
  if (!t->known && introduces(p)) {
    t->known = true;
    t->first = t->last = p->dts_ns;
    describe(p, t->what);
    printf("found %s %u %s\n", type_name(p->type), p->track, t->what);
  }
  if (!t->known || p->codec == 0) {
    return OXRTMP_OK;
  }
  if (p->kind == OXRTMP_PACKET_FRAME) {
    t->frames++;
    t->bytes += p->size;
    t->last = p->dts_ns;
    *enough = seconds > 0 && (double)(t->last - t->first) >= seconds * 1e9;
  }
  if (p->track != (p->type == VIDEO ? video : audio)) {
    return OXRTMP_OK;
  }
  oxrtmp_packet single = oxrtmp_packet_single(p);
  if (single.codec == OXRTMP_CODEC_AVC1 || single.codec == OXRTMP_CODEC_MP4A) { /* as every player knows them */
    if (single.kind == OXRTMP_PACKET_METADATA) {
      return OXRTMP_OK; /* layouts of channels and colours have no old form */
    }
    single.flags &= ~(uint32_t)OXRTMP_PACKET_ENHANCED;
  }
  written++;
  return oxrtmp_recorder_write(recorder, &single);
}

/* receive takes packets of the session or client until there are no more, or enough of them. */
static oxrtmp_status receive(oxrtmp_recorder recorder) {
  oxrtmp_packet packets[BATCH];
  size_t count;
  bool enough = false;
  oxrtmp_status status = OXRTMP_OK;
  while (status == OXRTMP_OK && !enough) {
    status = session.id != 0 ? oxrtmp_session_next_packets(session, -1, packets, BATCH, &count)
                             : oxrtmp_client_next_packets(client, -1, packets, BATCH, &count);
    for (size_t i = 0; i < count; i++) {
      if (status == OXRTMP_OK && !enough) {
        status = take(recorder, &packets[i], &enough);
      }
      oxrtmp_packet_release(&packets[i]);
    }
  }
  return status;
}

/* select_tracks writes what is wanted of a stream to a file, and lists its tracks. */
static int select_tracks(const char *name, const char *path) {
  oxrtmp_recorder recorder;
  char file[PATH] = "", reason[OXRTMP_ERROR_TEXT_SIZE] = "ended";
  if (oxrtmp_recorder_open(path, NULL, &recorder) != OXRTMP_OK) { /* beside a file that exists, not over it */
    return fail(path);
  }
  oxrtmp_status status = receive(recorder);
  if (stopped) {
    strcpy(reason, "interrupted");
    status = OXRTMP_OK;
  } else if (status == OXRTMP_E_EOF) {
    status = OXRTMP_OK;
  } else if (status != OXRTMP_OK) {
    oxrtmp_last_error(reason, sizeof reason);
  }
  oxrtmp_recorder_path(recorder, file, sizeof file, NULL);
  if (oxrtmp_recorder_close(recorder) != OXRTMP_OK && status == OXRTMP_OK) {
    status = OXRTMP_E_FILE;
    oxrtmp_last_error(reason, sizeof reason);
  }
  for (int type = VIDEO; type >= AUDIO; type--) {
    for (unsigned i = 0; i < TRACKS; i++) {
      if (tracks[type == VIDEO][i].known) {
        print_track(type, i);
      }
    }
  }
  printf("end %s written=%" PRIu64 " file=%s reason=%s\n", name, written, file, reason);
  if (status != OXRTMP_OK) {
    fprintf(stderr, "tracks: %s\n", reason);
  } else if (written == 0) {
    fprintf(stderr, "tracks: the stream has no such track\n");
  }
  return status != OXRTMP_OK || written == 0;
}

/* select_played plays a stream. */
static int select_played(const char *url, const char *path) {
  oxrtmp_client_options options;
  oxrtmp_tls_options tls;
  set_client_options(&options, &tls);
  if (oxrtmp_client_play(url, &options, -1, &client) != OXRTMP_OK) {
    return fail("play");
  }
  start_waiting();
  int result = select_tracks(url, path);
  oxrtmp_client_close(client);
  return result;
}

/* printable replaces what a peer could use to write on the terminal. */
static void printable(char *text) {
  for (unsigned char *p = (unsigned char *)text; *p != 0; p++) {
    if (*p < ' ' || *p == 0x7F || (*p == 0xC2 && p[1] < 0xA0)) {
      *p = '_';
    }
  }
}

/* select_published takes the first publisher that comes. */
static int select_published(const char *path) {
  oxrtmp_request request;
  char address[256] = "", app[512] = "", stream[512] = "", name[1025];
  if (oxrtmp_server_bind(listen_address, NULL, &server) != OXRTMP_OK) {
    return fail(listen_address);
  }
  oxrtmp_server_address(server, address, sizeof address, NULL);
  printf("listening on %s\n", address);
  start_waiting();
  oxrtmp_status status = oxrtmp_server_accept(server, -1, &request);
  if (status == OXRTMP_OK) {
    status = oxrtmp_request_accept(request, NULL, &session);
  }
  if (status != OXRTMP_OK) {
    return stopped ? 0 : fail("accept");
  }
  oxrtmp_session_app(session, app, sizeof app, NULL);
  oxrtmp_session_stream_name(session, stream, sizeof stream, NULL);
  snprintf(name, sizeof name, "%s/%s", app, stream);
  printable(name);
  int result = select_tracks(name, path);
  oxrtmp_session_close(session);
  oxrtmp_server_close(server);
  return result;
}

/* ---- the program ---- */

static int usage(void) {
  fprintf(stderr, "usage: tracks [-fast] [-ca FILE] [-insecure] FILE... URL\n"
                  "       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] [-ca FILE] [-insecure] URL FILE\n"
                  "       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] -listen ADDRESS FILE\n");
  return 2;
}

static bool is_url(const char *word) { return strstr(word, "://") != NULL; }

/* choose takes a track's number, or "none". */
static bool choose(const char *word, int *track) {
  char *end = NULL;
  long n = strcmp(word, "none") == 0 ? NONE : strtol(word, &end, 10);
  *track = (int)n;
  return n == NONE ? end == NULL : end != word && *end == 0 && n >= 0 && n < TRACKS;
}

/* set takes a flag; value is what follows, if anything does. It returns how many words that took, 0 for an error. */
static int set(const char *flag, const char *value) {
  if (strcmp(flag, "-fast") == 0) {
    fast = true;
    return 1;
  }
  if (strcmp(flag, "-insecure") == 0) {
    insecure = true;
    return 1;
  }
  if (value == NULL) {
    return 0;
  }
  if (strcmp(flag, "-ca") == 0) {
    ca = value;
  } else if (strcmp(flag, "-listen") == 0) {
    listen_address = value;
  } else if (strcmp(flag, "-seconds") == 0) {
    seconds = atof(value);
  } else if (strcmp(flag, "-video") != 0 ? strcmp(flag, "-audio") != 0 || !choose(value, &audio)
                                         : !choose(value, &video)) {
    return 0;
  }
  return 2;
}

int main(int argc, char **argv) {
  int i = 1;
  while (i < argc && argv[i][0] == '-' && argv[i][1] != 0) {
    int taken = set(argv[i][1] == '-' ? argv[i] + 1 : argv[i], i + 1 < argc ? argv[i + 1] : NULL);
    if (taken == 0) {
      return usage();
    }
    i += taken;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  /* The signals that end the program are waited for by a thread; no other one may take them. */
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);

  int left = argc - i;
  if (listen_address != NULL) {
    return left == 1 ? select_published(argv[i]) : usage();
  }
  if (left == 2 && is_url(argv[i])) {
    return select_played(argv[i], argv[i + 1]);
  }
  if (left < 2 || !is_url(argv[argc - 1])) {
    return usage();
  }
  size_t count = (size_t)left - 1;
  struct source *sources = calloc(count, sizeof *sources);
  if (sources == NULL) {
    return 1;
  }
  for (size_t n = 0; n < count; n++) {
    sources[n].path = argv[i + (int)n];
  }
  int result = publish(sources, count, argv[argc - 1]);
  free(sources);
  return result;
}
