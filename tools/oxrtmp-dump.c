/* oxrtmp-dump shows an RTMP conversation: each message on a line, with the offset of its first byte.
 *
 *   oxrtmp-dump FILE                           what one side sent, as it was captured, from its handshake on
 *   oxrtmp-dump -chunks FILE                   the same without a handshake before it
 *   oxrtmp-dump -listen ADDRESS:PORT HOST:PORT what both sides send, of one connection after the other that is made
 *                                              to ADDRESS:PORT and passed on to HOST:PORT
 *
 * FILE may be - for the standard input. With -bytes N the first N bytes of each payload are shown too. It ends with 1
 * when what it reads is no RTMP, or what it shows of a file cannot be written. A line begins with who sent it in a live
 * session (> client, < server).
 */
#define _POSIX_C_SOURCE 200809L
#include <oxrtmp.h>

#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKETS = 256, MESSAGE = 0xFFFFFF, PIECE = 65536, TEXT = 1 << 16 };

static size_t shown_bytes; /* of each payload */

/* One direction of a conversation. */
struct side {
  char mark;            /* '>' the client's, '<' the server's, ' ' of a file */
  uint64_t offset;      /* bytes read */
  uint64_t begin;       /* where the message that is being read began */
  uint8_t hello[3073];  /* the handshake: version, C1 or S1, C2 or S2 */
  size_t hello_size;    /* bytes of it that were read */
  bool dead;            /* what follows cannot be read */
  oxrtmp_chunk_decoder decoder;
};

static uint8_t payload[MESSAGE];
static char text[TEXT];

static int fail(const char *what) {
  char words[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(words, sizeof words);
  fprintf(stderr, "oxrtmp-dump: %s: %s\n", what, words);
  return 1;
}

/* printable prints bytes of a peer's, so that they cannot steer a terminal: those that are not of ASCII may, too. */
static void printable(const char *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    putchar(p[i] < 0x20 || p[i] > 0x7E ? '?' : p[i]);
  }
}

/* ---- what a message says ---- */

static const char *type_name(uint32_t type) {
  switch (type) {
  case 1: return "Set Chunk Size";
  case 2: return "Abort";
  case 3: return "Acknowledgement";
  case 4: return "User Control";
  case 5: return "Window Acknowledgement Size";
  case 6: return "Set Peer Bandwidth";
  case 8: return "audio";
  case 9: return "video";
  case 15: return "data (AMF3)";
  case 16: return "shared object (AMF3)";
  case 17: return "command (AMF3)";
  case 18: return "data";
  case 19: return "shared object";
  case 20: return "command";
  case 22: return "aggregate";
  default: return "unknown";
  }
}

static const char *event_name(uint32_t event) {
  switch (event) {
  case 0: return "StreamBegin";
  case 1: return "StreamEOF";
  case 2: return "StreamDry";
  case 3: return "SetBufferLength";
  case 4: return "StreamIsRecorded";
  case 6: return "PingRequest";
  case 7: return "PingResponse";
  case 31: return "BufferEmpty";
  case 32: return "BufferReady";
  default: return "event";
  }
}

static const char *kind_name(const oxrtmp_packet *p) {
  if (p->flags & OXRTMP_PACKET_MALFORMED) {
    return "malformed";
  }
  switch (p->kind) {
  case OXRTMP_PACKET_SEQUENCE_HEADER: return "sequence header";
  case OXRTMP_PACKET_FRAME: return p->flags & OXRTMP_PACKET_KEYFRAME ? "keyframe" : "frame";
  case OXRTMP_PACKET_SEQUENCE_END: return "sequence end";
  case OXRTMP_PACKET_METADATA:
    return p->flags & OXRTMP_PACKET_COLOR_INFO            ? "colorInfo"
           : p->flags & OXRTMP_PACKET_MULTICHANNEL_CONFIG ? "channel layout"
                                                          : "metadata";
  case OXRTMP_PACKET_COMMAND: return "video command";
  case OXRTMP_PACKET_SILENCE: return "silence";
  default: return "data";
  }
}

static void show_control(struct side *s, uint32_t type, size_t size) {
  oxrtmp_control c;
  if (oxrtmp_control_parse(type, payload, size, &c) != OXRTMP_OK) {
    printf(": too short");
    return;
  }
  if (type != 4) {
    printf(" %" PRIu32, c.value);
    if (type == 6) {
      printf(" %s", c.limit_type == 0 ? "hard" : c.limit_type == 1 ? "soft" : "dynamic");
    }
    if (type == 1) {
      oxrtmp_chunk_decoder_set_chunk_size(s->decoder, c.value);
    } else if (type == 2) {
      oxrtmp_chunk_decoder_abort(s->decoder, c.value);
    }
    return;
  }
  printf(": %s", event_name(c.event));
  switch (c.event) {
  case 6:
  case 7: printf(" %" PRIu32, c.timestamp_ms); break;
  case 3: printf(" stream %" PRIu32 ", %" PRIu32 " ms", c.stream_id, c.buffer_ms); break;
  case 0:
  case 1:
  case 2:
  case 4:
  case 31:
  case 32: printf(" stream %" PRIu32, c.stream_id); break;
  default: printf(" %" PRIu32 ", %zu bytes", c.event, c.data_size);
  }
}

static void show_command(uint32_t type, size_t size) {
  oxrtmp_command c;
  if (oxrtmp_command_parse(type, payload, size, &c) != OXRTMP_OK) {
    printf(": no command in AMF0");
    return;
  }
  putchar(' ');
  printable(c.name, c.name_size);
  printf(" %g", c.transaction_id);
  if (oxrtmp_amf_to_json(c.values, c.values_size, 0, text, sizeof text, NULL) == OXRTMP_OK) {
    printf(" %s", text);
  } else {
    printf(" %zu bytes", c.values_size);
  }
}

static void show_packet(const oxrtmp_packet *p) {
  printf(" %s", kind_name(p));
  if (p->type != 8 && p->type != 9) {
    if (oxrtmp_packet_json(p, text, sizeof text, NULL) == OXRTMP_OK) {
      printf(" %s%s", p->flags & OXRTMP_PACKET_SET_DATA_FRAME ? "@setDataFrame " : "", text);
    }
    return;
  }
  if (p->codec != 0) {
    const char codec[] = {(char)(p->codec >> 24), (char)(p->codec >> 16), (char)(p->codec >> 8), (char)p->codec};
    putchar(' ');
    printable(codec, sizeof codec);
  }
  if (p->flags & OXRTMP_PACKET_ENHANCED) {
    printf(" enhanced");
  }
  if (p->flags & OXRTMP_PACKET_MULTITRACK) {
    printf(" track %u", p->track);
  }
  if (p->composition_ms != 0) {
    printf(" %+" PRId32 " ms", p->composition_ms);
  }
  if (p->nano_offset_ns != 0) {
    printf(" +%" PRIu32 " ns", p->nano_offset_ns);
  }
  printf(" %zu bytes", p->size);
}

static void show_packets(uint32_t type, uint32_t timestamp_ms, size_t size) {
  oxrtmp_packet packets[PACKETS];
  size_t count = 0;
  if (oxrtmp_packet_parse(type, timestamp_ms, payload, size, packets, PACKETS, &count) != OXRTMP_OK) {
    printf(": not readable");
    return;
  }
  for (size_t i = 0; i < count; i++) {
    printf("%s", i > 0 ? ";" : ":");
    show_packet(&packets[i]);
  }
}

static void show(struct side *s, const oxrtmp_message *m, size_t size) {
  printf("%c %08" PRIx64 " %10" PRIu32 " ms  chunk stream %" PRIu32 ", stream %" PRIu32 ", %zu bytes  %s", s->mark,
         s->begin, m->timestamp_ms, m->chunk_stream_id, m->stream_id, size, type_name(m->type));
  switch (m->type) {
  case 1: case 2: case 3: case 4: case 5: case 6: show_control(s, m->type, size); break;
  case 8: case 9: case 15: case 18: show_packets(m->type, m->timestamp_ms, size); break;
  case 17: case 20: show_command(m->type, size); break;
  case 16: case 19: case 22: break;
  default: printf(" %" PRIu32, m->type);
  }
  if (shown_bytes > 0) {
    printf(" |");
    for (size_t i = 0; i < size && i < shown_bytes; i++) {
      printf(" %02x", payload[i]);
    }
  }
  printf("\n");
}

/* ---- reading ---- */

static int begin(struct side *s, char mark, bool handshake) {
  memset(s, 0, sizeof *s);
  s->mark = mark;
  s->hello_size = handshake ? 0 : sizeof s->hello;
  oxrtmp_limits limits;
  oxrtmp_limits_init(&limits);
  limits.chunk_streams = 65598; /* whatever there may be */
  limits.partial_bytes = 256 << 20;
  return oxrtmp_chunk_decoder_create(&limits, &s->decoder) == OXRTMP_OK ? 0 : fail("no decoder");
}

static void show_handshake(const struct side *s) {
  const uint8_t *h = s->hello;
  printf("%c %08x handshake: version %u, time %" PRIu32 ", %s\n", s->mark, 0u, h[0],
         (uint32_t)h[1] << 24 | (uint32_t)h[2] << 16 | (uint32_t)h[3] << 8 | h[4],
         h[5] | h[6] | h[7] | h[8] ? "with a software version, as in the digest handshake" : "simple");
}

/* take reads n bytes that follow those before; what they complete is shown. */
static void take(struct side *s, const uint8_t *p, size_t n) {
  while (n > 0 && s->hello_size < sizeof s->hello && !s->dead) {
    size_t want = sizeof s->hello - s->hello_size, some = n < want ? n : want;
    memcpy(s->hello + s->hello_size, p, some);
    s->hello_size += some, s->offset += some, p += some, n -= some;
    s->begin = s->offset;
    if (s->hello[0] != 3) {
      printf("%c %08x no RTMP: it begins with %02x\n", s->mark, 0u, s->hello[0]);
      s->dead = true;
    } else if (s->hello_size == sizeof s->hello) {
      show_handshake(s);
    }
  }
  while (n > 0 && !s->dead) {
    oxrtmp_message message;
    size_t consumed = 0, size = 0;
    oxrtmp_status status = oxrtmp_chunk_decoder_feed(s->decoder, p, n, &consumed);
    s->offset += consumed, p += consumed, n -= consumed;
    if (status == OXRTMP_OK) {
      status = oxrtmp_chunk_decoder_next(s->decoder, &message, payload, sizeof payload, &size);
    }
    if (status == OXRTMP_OK) {
      show(s, &message, size);
      s->begin = s->offset;
    } else if (status != OXRTMP_E_AGAIN) {
      char words[OXRTMP_ERROR_TEXT_SIZE];
      oxrtmp_last_error(words, sizeof words);
      printf("%c %08" PRIx64 " %s\n", s->mark, s->offset, words);
      s->dead = true;
    }
  }
}

/* end shows what is incomplete, and tells whether all could be read. */
static bool end(struct side *s) {
  if (!s->dead && s->offset != s->begin) {
    printf("%c %08" PRIx64 " %" PRIu64 " bytes of messages without an end\n", s->mark, s->begin, s->offset - s->begin);
  } else if (!s->dead && s->hello_size < sizeof s->hello) {
    printf("%c %08x %zu bytes of a handshake without an end\n", s->mark, 0u, s->hello_size);
    s->dead = true;
  }
  oxrtmp_chunk_decoder_close(s->decoder);
  return !s->dead;
}

static int dump_file(const char *path, bool handshake) {
  static uint8_t piece[PIECE];
  FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  struct side side;
  if (f == NULL) {
    perror(path);
    return 1;
  }
  if (begin(&side, ' ', handshake) != 0) {
    return 1;
  }
  size_t n;
  while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
    take(&side, piece, n);
  }
  if (ferror(f)) {
    perror(path);
    return 1;
  }
  fclose(f);
  bool whole = end(&side);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    perror("oxrtmp-dump: output");
    return 1;
  }
  return whole ? 0 : 1;
}

/* ---- live ---- */

/* open_socket listens on, or connects to, "host:port". */
static int open_socket(const char *address, bool listening) {
  char host[256];
  const char *colon = strrchr(address, ':');
  if (colon == NULL || (size_t)(colon - address) >= sizeof host) {
    fprintf(stderr, "oxrtmp-dump: %s: no host:port\n", address);
    return -1;
  }
  size_t size = (size_t)(colon - address);
  memcpy(host, address, size);
  host[size] = 0;
  char *name = host;
  if (size > 1 && host[0] == '[' && host[size - 1] == ']') {
    host[size - 1] = 0;
    name++;
  }
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = listening ? AI_PASSIVE : 0}, *found, *a;
  int code = getaddrinfo(*name ? name : NULL, colon + 1, &hints, &found), fd = -1;
  if (code != 0) {
    fprintf(stderr, "oxrtmp-dump: %s: %s\n", address, gai_strerror(code));
    return -1;
  }
  for (a = found; a != NULL && fd < 0; a = a->ai_next) {
    fd = socket(a->ai_family, a->ai_socktype, 0);
    if (fd >= 0 && listening) {
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    }
    if (fd >= 0 && (listening ? bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 16)
                              : connect(fd, a->ai_addr, a->ai_addrlen))) {
      perror(address);
      close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(found);
  return fd;
}

static bool send_all(int fd, const uint8_t *p, size_t n) {
  while (n > 0) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    p += sent, n -= (size_t)sent;
  }
  return true;
}

/* pass carries bytes both ways until either side hangs up. */
static void pass(int client, int server) {
  static uint8_t piece[PIECE];
  struct side sides[2];
  struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
  if (begin(&sides[0], '>', true) != 0 || begin(&sides[1], '<', true) != 0) {
    return;
  }
  for (bool open = true; open && poll(fds, 2, -1) >= 0;) {
    for (int i = 0; i < 2 && open; i++) {
      if (fds[i].revents != 0) {
        ssize_t n = recv(fds[i].fd, piece, sizeof piece, 0);
        open = n > 0 && send_all(fds[1 - i].fd, piece, (size_t)n);
        take(&sides[i], piece, n > 0 ? (size_t)n : 0);
      }
    }
    fflush(stdout);
  }
  end(&sides[0]);
  end(&sides[1]);
}

static int dump_live(const char *address, const char *target) {
  int listener = open_socket(address, true);
  if (listener < 0) {
    return 1;
  }
  struct sockaddr_storage bound;
  socklen_t size = sizeof bound;
  char port[16] = "";
  if (getsockname(listener, (struct sockaddr *)&bound, &size) == 0) {
    getnameinfo((struct sockaddr *)&bound, size, NULL, 0, port, sizeof port, NI_NUMERICSERV);
  }
  printf("listening on port %s\n", port);
  for (;;) {
    fflush(stdout);
    int client = accept(listener, NULL, NULL);
    if (client < 0) {
      perror("accept");
      return 1;
    }
    int server = open_socket(target, false);
    if (server >= 0) {
      printf("connected\n");
      pass(client, server);
      close(server);
      printf("closed\n");
    }
    close(client);
  }
}

static int usage(void) {
  fprintf(stderr, "usage: oxrtmp-dump [-chunks] [-bytes N] FILE\n"
                  "       oxrtmp-dump [-bytes N] -listen ADDRESS:PORT HOST:PORT\n");
  return 2;
}

int main(int argc, char **argv) {
  bool handshake = true;
  const char *address = NULL;
  int i = 1;
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != 0; i++) {
    const char *flag = argv[i][1] == '-' ? argv[i] + 1 : argv[i];
    if (strcmp(flag, "-chunks") == 0) {
      handshake = false;
    } else if (strcmp(flag, "-bytes") == 0 && i + 1 < argc) {
      char *rest;
      shown_bytes = (size_t)strtoul(argv[++i], &rest, 10);
      if (*argv[i] < '0' || *argv[i] > '9' || *rest != 0) {
        return usage();
      }
    } else if (strcmp(flag, "-listen") == 0 && i + 1 < argc) {
      address = argv[++i];
    } else {
      return usage();
    }
  }
  if (argc - i != 1) {
    return usage();
  }
  return address != NULL ? dump_live(address, argv[i]) : dump_file(argv[i], handshake);
}
