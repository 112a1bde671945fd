/* Plays the bytes that an encoder sent to the accepting engine, in pieces, and records what results.
 *
 *   replay CAPTURE PIECE FLV   PIECE: bytes given at once, 0 for any number
 *
 * Prints how the stream ended, or "no stream" when there was none. Publishing is granted to every name but "wrong". */
#include "check.h"

static oxrtmp_recorder recorder;
static bool published, ended, over;

static void handle(oxrtmp_event *event) {
  switch (event->type) {
  case OXRTMP_EVENT_REQUEST: {
    char name[256];
    OK(oxrtmp_request_stream_name(event->request, name, sizeof name, NULL));
    if (strstr(name, "wrong") != NULL) {
      OK(oxrtmp_request_reject(event->request, NULL, "unauthorized"));
      break;
    }
    OK(oxrtmp_request_accept(event->request, NULL, &(oxrtmp_session){0}));
    published = true;
    break;
  }
  case OXRTMP_EVENT_PACKET:
    CHECK(published && !ended && event->status == OXRTMP_OK);
    OK(oxrtmp_recorder_write(recorder, &event->u.packet));
    break;
  case OXRTMP_EVENT_STREAM_END:
    printf("%s\n", event->u.info.text);
    ended = true;
    break;
  default:
    break;
  }
  OK(oxrtmp_event_release(event));
}

static void give(oxrtmp_engine engine, const uint8_t *bytes, size_t size) {
  static uint8_t reply[65536];
  size_t consumed, n;
  oxrtmp_event event;
  while (size > 0 && !over) {
    oxrtmp_status status = oxrtmp_engine_receive(engine, 0, bytes, size, &consumed);
    if (status == OXRTMP_E_CLOSED) { /* it has refused: what still comes is not heard */
      over = true;
      return;
    }
    OK(status);
    bytes += consumed;
    size -= consumed;
    while (oxrtmp_engine_next_event(engine, &event) == OXRTMP_OK) {
      handle(&event);
    }
  }
  OK(oxrtmp_engine_output(engine, reply, sizeof reply, &n));
}

int main(int argc, char **argv) {
  CHECK(argc == 4);
  FILE *f = fopen(argv[1], "rb");
  CHECK(f != NULL);
  size_t piece = (size_t)atol(argv[2]);
  static uint8_t bytes[1 << 20];
  size_t size = fread(bytes, 1, sizeof bytes, f);
  CHECK(size > 0 && size < sizeof bytes && fclose(f) == 0);
  oxrtmp_engine engine;
  OK(oxrtmp_engine_server_create(NULL, 0, &engine));
  OK(oxrtmp_recorder_open(argv[3], NULL, &recorder));
  for (size_t at = 0; at < size;) {
    size_t n = piece == 0 || piece > size - at ? size - at : piece;
    give(engine, bytes + at, n);
    at += n;
  }
  if (!published) {
    printf("no stream\n");
  }
  OK(oxrtmp_recorder_close(recorder));
  OK(oxrtmp_engine_close(engine));
  return 0;
}
