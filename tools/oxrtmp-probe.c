/* oxrtmp-probe tells what an RTMP stream is made of: it plays it for some seconds.
 *
 *   oxrtmp-probe [-json] [-seconds SECONDS] [-timeout MILLISECONDS] [-ca FILE] [-insecure] URL
 *
 * How long the connection took, what the server says of the stream, and of each track its codec, its configuration and
 * its rates; as text, or with -json as one JSON object. It ends with 1 when the stream cannot be played or has nothing,
 * or what it tells cannot be written.
 */
#define _POSIX_C_SOURCE 200809L
#include <oxrtmp.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 64, TRACKS = 64, CONFIGURATION = 64, TEXT = 1 << 16 };

static double seconds = 3;
static int32_t timeout_ms = 10000;
static bool json;

struct track {
  uint8_t type, number;
  uint32_t codec, flags;
  uint64_t frames, keyframes, bytes, malformed;
  int64_t first_ns, last_ns, key_ns, key_interval_ns;
  double after_ms; /* first frame, since play was asked for */
  uint8_t configuration[CONFIGURATION];
  size_t configuration_size;
  oxrtmp_codec_info info; /* what it says */
};

static struct track tracks[TRACKS];
static size_t track_count;
static uint64_t others; /* packets of further tracks */

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int fail(const char *what) {
  char words[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(words, sizeof words);
  fprintf(stderr, "oxrtmp-probe: %s: %s\n", what, words);
  return 1;
}

/* ---- what comes ---- */

static struct track *track_of(const oxrtmp_packet *p) {
  for (size_t i = 0; i < track_count; i++) {
    if (tracks[i].type == p->type && tracks[i].number == p->track) {
      return &tracks[i];
    }
  }
  if (track_count == TRACKS) {
    return NULL;
  }
  struct track *t = &tracks[track_count++];
  t->type = p->type;
  t->number = p->track;
  return t;
}

static void take(const oxrtmp_packet *p, double after_ms) {
  struct track *t;
  if (p->type != 8 && p->type != 9) {
    return;
  }
  if ((t = track_of(p)) == NULL) {
    others++;
    return;
  }
  t->flags |= p->flags;
  if (p->flags & OXRTMP_PACKET_MALFORMED) {
    t->malformed++;
    return;
  }
  if (p->codec != 0) {
    t->codec = p->codec;
  }
  if (p->kind == OXRTMP_PACKET_SEQUENCE_HEADER) {
    t->configuration_size = p->size;
    memcpy(t->configuration, p->data, p->size < CONFIGURATION ? p->size : CONFIGURATION);
    t->info.struct_size = sizeof t->info;
    if (oxrtmp_codec_describe(p, &t->info) != OXRTMP_OK) {
      memset(&t->info, 0, sizeof t->info);
    }
  }
  if (p->kind != OXRTMP_PACKET_FRAME) {
    return;
  }
  if (t->frames++ == 0) {
    t->after_ms = after_ms;
    t->first_ns = p->dts_ns;
  }
  t->last_ns = p->dts_ns;
  t->bytes += p->size;
  if (p->flags & OXRTMP_PACKET_KEYFRAME) {
    if (t->keyframes++ > 0) {
      t->key_interval_ns = p->dts_ns - t->key_ns;
    }
    t->key_ns = p->dts_ns;
  }
}

/* play takes packets until the time is over or the stream has ended. */
static oxrtmp_status play(oxrtmp_client client, double begun) {
  oxrtmp_packet packets[BATCH];
  size_t count;
  double end = now_ms() + seconds * 1e3;
  for (double left; (left = end - now_ms()) > 0;) {
    oxrtmp_status status = oxrtmp_client_next_packets(client, (int32_t)left + 1, packets, BATCH, &count);
    if (status == OXRTMP_E_TIMEOUT || status == OXRTMP_E_EOF) {
      return OXRTMP_OK;
    }
    if (status != OXRTMP_OK) {
      return status;
    }
    for (size_t i = 0; i < count; i++) {
      take(&packets[i], now_ms() - begun);
    }
    oxrtmp_packets_release(packets, count);
  }
  return OXRTMP_OK;
}

/* ---- what is said ---- */

static double span_s(const struct track *t) { return (double)(t->last_ns - t->first_ns) / 1e9; }

static double frame_rate(const struct track *t) {
  return t->frames > 1 && span_s(t) > 0 ? (double)(t->frames - 1) / span_s(t) : 0;
}

static double bit_rate(const struct track *t) { return span_s(t) > 0 ? (double)t->bytes * 8 / span_s(t) / 1e3 : 0; }

static const char *codec_of(const struct track *t, char *name) {
  for (int i = 0; i < 4; i++) {
    char c = (char)(t->codec >> (24 - 8 * i));
    name[i] = c < 0x20 || c > 0x7E || c == '"' || c == '\\' ? '?' : c;
  }
  name[4] = 0;
  return t->codec != 0 ? name : "unknown";
}

static void say_hex(const struct track *t) {
  for (size_t i = 0; i < t->configuration_size && i < CONFIGURATION; i++) {
    printf("%02x", t->configuration[i]);
  }
}

static void say_text(const struct track *t) {
  char name[5];
  printf("%s track %u: %s%s", t->type == 9 ? "video" : "audio", t->number, codec_of(t, name),
         t->flags & OXRTMP_PACKET_ENHANCED ? " (enhanced)" : "");
  if (t->info.parameter[0] != 0) {
    printf(", %s", t->info.parameter);
  }
  if (t->info.width > 0) {
    printf(", %" PRIu32 " x %" PRIu32, t->info.width, t->info.height);
  }
  if (t->info.sample_rate > 0) {
    printf(", %" PRIu32 " Hz, %" PRIu32 " channel%s", t->info.sample_rate, t->info.channels,
           t->info.channels == 1 ? "" : "s");
  }
  printf(", %" PRIu64 " frames, %.2f each second, %.0f kbit/s, the first after %.0f ms", t->frames, frame_rate(t),
         bit_rate(t), t->after_ms);
  if (t->type == 9) {
    printf(", %" PRIu64 " keyframes", t->keyframes);
    if (t->key_interval_ns > 0) {
      printf(", %.2f s apart", (double)t->key_interval_ns / 1e9);
    }
  }
  if (t->malformed > 0) {
    printf(", %" PRIu64 " malformed", t->malformed);
  }
  printf("\n");
  if (t->configuration_size > 0) {
    printf("  configuration, %zu bytes: ", t->configuration_size);
    say_hex(t);
    printf("%s\n", t->configuration_size > CONFIGURATION ? "..." : "");
  }
}

static void say_json(const struct track *t, bool first) {
  char name[5];
  printf("%s{\"type\":\"%s\",\"track\":%u,\"codec\":\"%s\",\"enhanced\":%s,\"frames\":%" PRIu64
         ",\"keyframes\":%" PRIu64 ",\"malformed\":%" PRIu64 ",\"frame_rate\":%.3f,\"data_rate\":%.1f"
         ",\"keyframe_interval_ms\":%.1f,\"first_after_ms\":%.1f,\"parameter\":\"%s\",\"width\":%" PRIu32
         ",\"height\":%" PRIu32 ",\"sample_rate\":%" PRIu32 ",\"channels\":%" PRIu32
         ",\"configuration_size\":%zu,\"configuration\":\"",
         first ? "" : ",", t->type == 9 ? "video" : "audio", t->number, codec_of(t, name),
         t->flags & OXRTMP_PACKET_ENHANCED ? "true" : "false", t->frames, t->keyframes, t->malformed, frame_rate(t),
         bit_rate(t), (double)t->key_interval_ns / 1e6, t->after_ms, t->info.parameter, t->info.width, t->info.height,
         t->info.sample_rate, t->info.channels, t->configuration_size);
  say_hex(t);
  printf("\"}");
}

/* say_codec writes four characters; what a terminal or JSON could take for something else becomes '?'. */
static void say_codec(uint32_t codec) {
  struct track t = {.codec = codec};
  char name[5];
  printf("%s", codec_of(&t, name));
}

/* say_capabilities tells which codecs of Enhanced RTMP the server says that it takes, if it says anything. */
static void say_capabilities(oxrtmp_client client) {
  static oxrtmp_capabilities c;
  oxrtmp_capabilities_init(&c);
  uint32_t count = oxrtmp_client_capabilities(client, &c) == OXRTMP_OK ? c.fourcc_count : 0;
  fputs(json ? ",\"enhanced_codecs\":[" : count > 0 ? "enhanced codecs of the server:" : "", stdout);
  for (uint32_t i = 0; i < count; i++) {
    fputs(!json ? " " : i > 0 ? ",\"" : "\"", stdout);
    say_codec(c.fourccs[i]);
    fputs(json ? "\"" : "", stdout);
  }
  fputs(json ? "]" : count > 0 ? "\n" : "", stdout);
}

static void say(oxrtmp_client client, double connect_ms, int64_t rtt_ns) {
  static char metadata[TEXT];
  char peer[128] = "";
  oxrtmp_client_peer_address(client, peer, sizeof peer, NULL);
  bool described = oxrtmp_client_metadata_json(client, metadata, sizeof metadata, NULL) == OXRTMP_OK;
  if (json) {
    printf("{\"peer_address\":\"%s\",\"connect_ms\":%.1f,\"rtt_ms\":%.2f,\"metadata\":%s", peer, connect_ms,
           (double)rtt_ns / 1e6, described ? metadata : "null");
    say_capabilities(client);
    printf(",\"tracks\":[");
    for (size_t i = 0; i < track_count; i++) {
      say_json(&tracks[i], i == 0);
    }
    printf("]}\n");
    return;
  }
  printf("server %s, playing after %.0f ms", peer, connect_ms);
  if (rtt_ns > 0) {
    printf(", answers a ping in %.2f ms", (double)rtt_ns / 1e6);
  }
  printf("\n");
  say_capabilities(client);
  if (described) {
    printf("metadata %s\n", metadata);
  }
  for (size_t i = 0; i < track_count; i++) {
    say_text(&tracks[i]);
  }
  if (others > 0) {
    printf("%" PRIu64 " packets of further tracks\n", others);
  }
  if (track_count == 0) {
    printf("no audio and no video came within %g s\n", seconds);
  }
}

static int probe(const char *url, const oxrtmp_tls_options *tls) {
  oxrtmp_client client;
  oxrtmp_client_options options;
  oxrtmp_client_options_init(&options);
  options.tls = tls;
  options.follow_redirects = 1;
  double begun = now_ms();
  if (oxrtmp_client_play(url, &options, timeout_ms, &client) != OXRTMP_OK) {
    return fail(url);
  }
  double connect_ms = now_ms() - begun;
  oxrtmp_status status = play(client, begun);
  if (status != OXRTMP_OK) {
    fail("the stream broke");
  }
  int64_t rtt_ns = 0;
  if (status == OXRTMP_OK) {
    oxrtmp_client_ping(client, 1000, &rtt_ns); /* 0 when the server does not answer, or has gone */
  }
  say(client, connect_ms, rtt_ns);
  oxrtmp_client_close(client);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    perror("oxrtmp-probe: output");
    return 1;
  }
  return status != OXRTMP_OK || track_count == 0;
}

static int usage(void) {
  fprintf(stderr, "usage: oxrtmp-probe [-json] [-seconds SECONDS] [-timeout MILLISECONDS] [-ca FILE] [-insecure] URL\n");
  return 2;
}

/* number reads the whole of a flag's value, which is above 0 and at most a million. */
static bool number(const char *text, double *value) {
  char *rest;
  *value = strtod(text, &rest);
  return *text != 0 && *rest == 0 && *value > 0 && *value <= 1e6;
}

int main(int argc, char **argv) {
  oxrtmp_tls_options tls;
  oxrtmp_tls_options_init(&tls);
  double timeout = timeout_ms;
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; i++) {
    const char *flag = argv[i][1] == '-' ? argv[i] + 1 : argv[i];
    if (strcmp(flag, "-json") == 0) {
      json = true;
    } else if (strcmp(flag, "-insecure") == 0) {
      tls.insecure = 1;
    } else if (strcmp(flag, "-seconds") == 0 && i + 1 < argc && number(argv[i + 1], &seconds)) {
      i++;
    } else if (strcmp(flag, "-timeout") == 0 && i + 1 < argc && number(argv[i + 1], &timeout)) {
      i++;
    } else if (strcmp(flag, "-ca") == 0 && i + 1 < argc) {
      tls.ca_file = argv[++i];
    } else {
      return usage();
    }
  }
  if (argc - i != 1) {
    return usage();
  }
  timeout_ms = (int32_t)timeout;
  return probe(argv[i], &tls);
}
