/* What an encoder once sent, byte by byte from a file into an engine, and the stream that it was into an FLV file: to see
 * what became of a session that failed (oxrtmp_server_take_failure), or to test without a network.
 *
 *   engine_file CAPTURE DIRECTORY [PIECE]   PIECE: how many bytes at a time; 1
 *
 *   cc engine_file.c $(pkg-config --cflags --libs oxrtmp) -o engine_file
 */
#define _DEFAULT_SOURCE
#include "peer.h"

int main(int argc, char **argv) {
  static struct peer peer;
  static uint8_t bytes[1 << 16], answers[1 << 16];
  size_t piece = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
  FILE *capture = argc > 2 ? fopen(argv[1], "rb") : NULL;
  if (capture == NULL || piece == 0 || piece > sizeof bytes) {
    fprintf(stderr, "usage: engine_file CAPTURE DIRECTORY [PIECE]\n");
    return 2;
  }
  peer.directory = argv[2];
  peer_accept(&peer, NULL, false);
  for (size_t n; !peer_over(&peer) && (n = fread(bytes, 1, piece, capture)) > 0;) {
    peer_receive(&peer, 0, bytes, n); /* no time passes: there are no deadlines */
    while (peer_output(&peer, answers, sizeof answers) > 0) {
      /* nobody listens */
    }
  }
  fclose(capture);
  peer_close(&peer);
  return peer.failed;
}
