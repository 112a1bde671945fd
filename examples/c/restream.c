/* Restream plays a stream from one server and publishes it on others, by calls that wait. For relays that make lost
 * connections again, and for more than one stream, see relay.c.
 *
 *   cc restream.c $(pkg-config --cflags --libs oxrtmp) -o restream
 *   ./restream rtmp://localhost/live/test rtmp://a.example/live/key rtmps://b.example/live/key
 */
#include <oxrtmp.h>

#include <stdio.h>

enum { BATCH = 64, MOST = 16, TIMEOUT_MS = 10000 };

static int fail(const char *what) {
  char text[OXRTMP_ERROR_TEXT_SIZE] = "";
  oxrtmp_last_error(text, sizeof text);
  fprintf(stderr, "restream: %s: %s\n", what, text);
  return 1;
}

int main(int argc, char **argv) {
  oxrtmp_client source, targets[MOST];
  oxrtmp_packet packets[BATCH];
  size_t count, target_count = (size_t)argc - 2;
  oxrtmp_status status;
  int failed = 0;
  if (argc < 3 || target_count > MOST) {
    fprintf(stderr, "usage: restream FROM TO...\n");
    return 2;
  }
  for (size_t i = 0; i < target_count; i++) {
    if (oxrtmp_client_publish(argv[i + 2], NULL, TIMEOUT_MS, &targets[i]) != OXRTMP_OK) {
      return fail(argv[i + 2]);
    }
  }
  if (oxrtmp_client_play(argv[1], NULL, TIMEOUT_MS, &source) != OXRTMP_OK) {
    return fail(argv[1]);
  }
  while ((status = oxrtmp_client_next_packets(source, -1, packets, BATCH, &count)) == OXRTMP_OK) {
    for (size_t i = 0; i < target_count; i++) {
      if (targets[i].id != 0 && oxrtmp_client_send_packets(targets[i], packets, count, NULL) != OXRTMP_OK) {
        failed = fail(argv[i + 2]); /* the others go on */
        oxrtmp_client_close(targets[i]);
        targets[i].id = 0;
      }
    }
    for (size_t k = 0; k < count; k++) {
      oxrtmp_packet_release(&packets[k]);
    }
  }
  if (status != OXRTMP_E_EOF) {
    failed = fail(argv[1]);
  }
  oxrtmp_client_close(source);
  for (size_t i = 0; i < target_count; i++) {
    if (targets[i].id != 0 && oxrtmp_client_close(targets[i]) != OXRTMP_OK) { /* sends what is queued */
      failed = fail(argv[i + 2]);
    }
  }
  return failed;
}
