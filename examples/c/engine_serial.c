/* An engine over a serial line, a terminal: whoever is at its other end speaks RTMP.
 *
 *   engine_serial [-shaken] ingest TTY DIRECTORY   record the streams that are published, until the line hangs up
 *   engine_serial [-shaken] push TTY FILE          publish an FLV file, as fast as the line takes it
 *
 * -shaken: there is no handshake on the line; the two programs agree on that, as two ends of a cable may.
 * What is done with the engine: peer.h.
 *
 *   cc engine_serial.c $(pkg-config --cflags --libs oxrtmp) -o engine_serial
 */
#define _DEFAULT_SOURCE
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct peer peer;
static oxrtmp_flv_reader reader; /* push: what is to be sent */
static int line;
static struct timespec begun;

static int64_t age_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)(now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000;
}

/* open_line makes a terminal carry bytes as they are. */
static bool open_line(const char *path) {
  struct termios raw;
  line = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (line < 0 || tcgetattr(line, &raw) != 0) {
    perror(path);
    return false;
  }
  cfmakeraw(&raw);
  clock_gettime(CLOCK_MONOTONIC, &begun);
  return tcsetattr(line, TCSANOW, &raw) == 0;
}

/* feed publishes the next packet of the file, and after the last one says good-bye. */
static void feed(void) {
  oxrtmp_packet packet;
  oxrtmp_status status = oxrtmp_flv_reader_next_packet(reader, &packet);
  if (status == OXRTMP_OK) {
    if (oxrtmp_engine_send_packet(peer.engine, &packet) != OXRTMP_OK) {
      peer_fail(&peer, "a packet is lost");
    }
    oxrtmp_packet_release(&packet);
    return;
  }
  if (status != OXRTMP_E_EOF) {
    peer_fail(&peer, "the file");
  }
  oxrtmp_flv_reader_close(reader);
  reader.id = 0;
  oxrtmp_engine_end(peer.engine);
}

/* output is what is to be sent next; a publisher makes more when there is none. */
static size_t output(uint8_t *buffer, size_t room) {
  size_t size;
  while ((size = peer_output(&peer, buffer, room)) == 0 && reader.id != 0 && peer.began && !peer.over) {
    feed();
  }
  return size;
}

static bool interrupted(void) { return errno == EAGAIN || errno == EINTR; }

/* run moves bytes until all is said, or the other end hangs up. */
static void run(void) {
  static uint8_t in[4096], out[4096];
  size_t at = 0, size = 0;
  for (;;) {
    if (at == size) {
      at = 0;
      size = output(out, sizeof out);
    }
    if (size == 0 && peer_over(&peer)) {
      return;
    }
    int64_t deadline_ms = peer_deadline(&peer), left = deadline_ms - age_ms();
    struct pollfd ready = {.fd = line, .events = (short)(POLLIN | (size > 0 ? POLLOUT : 0))};
    if (poll(&ready, 1, deadline_ms < 0 ? -1 : (int)(left < 0 ? 0 : left)) == 0) {
      peer_advance(&peer, age_ms());
    }
    ssize_t n = read(line, in, sizeof in);
    if (n > 0) {
      peer_receive(&peer, age_ms(), in, (size_t)n);
    } else if (!(n < 0 && interrupted())) {
      return; /* nobody is there any more */
    }
    n = size > 0 ? write(line, out + at, size - at) : 0;
    if (n < 0 && !interrupted()) {
      return;
    }
    at += n > 0 ? (size_t)n : 0;
  }
}

int main(int argc, char **argv) {
  uint32_t flags = 0;
  if (argc > 1 && strcmp(argv[1], "-shaken") == 0) {
    flags = OXRTMP_ENGINE_SHAKEN;
    argv++;
    argc--;
  }
  bool ingest = argc == 4 && strcmp(argv[1], "ingest") == 0;
  if (argc != 4 || (!ingest && strcmp(argv[1], "push") != 0)) {
    fprintf(stderr, "usage: engine_serial [-shaken] ingest TTY DIRECTORY | push TTY FILE\n");
    return 2;
  }
  if (!open_line(argv[2])) {
    return 1;
  }
  if (ingest) {
    peer.directory = argv[3];
    if (oxrtmp_engine_server_create(NULL, flags, &peer.engine) != OXRTMP_OK) {
      peer_fail(&peer, "engine");
    }
  } else if (oxrtmp_engine_publish_create("rtmp://line/live/serial", NULL, flags, &peer.engine) != OXRTMP_OK ||
             oxrtmp_flv_reader_open(argv[3], &reader) != OXRTMP_OK) {
    peer_fail(&peer, argv[3]);
  }
  if (!peer.failed) {
    printf("ready\n");
    fflush(stdout);
    run();
  }
  tcdrain(line);
  bool complete = ingest || (peer.began && reader.id == 0);
  peer_close(&peer);
  oxrtmp_flv_reader_close(reader);
  close(line);
  return peer.failed || !complete;
}
