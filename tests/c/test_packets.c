/* Packets: references to memory that any thread gives back, once. */
#include "check.h"

static oxrtmp_flv_reader clip(void) {
  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_open(sample(CLIP), &reader));
  return reader;
}

static void layout(void) {
  CHECK(sizeof(oxrtmp_packet) == 128);
  CHECK(offsetof(oxrtmp_packet, token) == 56 && offsetof(oxrtmp_packet, timestamp_ms) == 64);
  CHECK(offsetof(oxrtmp_packet, kind) == 84 && offsetof(oxrtmp_packet, reserved) == 90);
  CHECK(sizeof(oxrtmp_server) == 8 && sizeof(oxrtmp_session) == 8);
}

static void release_is_for_once(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_flv_reader reader = clip();
  oxrtmp_packet packet, copy;
  OK(oxrtmp_flv_reader_next_packet(reader, &packet));
  CHECK(packet.data != NULL && packet.size > 0 && packet.raw_size >= packet.size && packet.token != 0);
  CHECK(library_info().packets == before.packets + 1);
  copy = packet;
  OK(oxrtmp_flv_reader_close(reader));
  CHECK(packet.raw[0] != 0); /* outlives the reader */
  OK(oxrtmp_packet_release(&packet));
  CHECK(packet.data == NULL && packet.raw == NULL && packet.size == 0 && packet.raw_size == 0);
  STATUS(OXRTMP_E_HANDLE, oxrtmp_packet_release(&packet));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_packet_release(&copy));
  oxrtmp_packet third = {0};
  STATUS(OXRTMP_E_HANDLE, oxrtmp_packet_retain(&copy, &third));
  CHECK(third.token == 0);
  SETTLED(&before);
}

static void foreign_tokens(void) {
  static const uint64_t tokens[] = {1, 2, UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 32, UINT64_C(0xFFFFFFFF00000000),
                                    UINT64_C(0x00000001FFFFFFFF), UINT64_C(0x7000000000000001)};
  oxrtmp_flv_reader reader = clip();
  oxrtmp_packet live;
  OK(oxrtmp_flv_reader_next_packet(reader, &live)); /* so that the first slots exist */
  oxrtmp_packet packet = {0};
  for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
    packet.token = tokens[i];
    STATUS(OXRTMP_E_HANDLE, oxrtmp_packet_release(&packet));
  }
  for (int i = 0; i < scaled(100000); i++) {
    packet.token = (uint64_t)mrand48() << 32 | (uint32_t)mrand48();
    if (packet.token != live.token && packet.token != 0) {
      STATUS(OXRTMP_E_HANDLE, oxrtmp_packet_release(&packet));
    }
  }
  OK(oxrtmp_packet_release(&live));
  OK(oxrtmp_flv_reader_close(reader));
}

static void empty_and_own_packets(void) {
  oxrtmp_packet empty = {0}, copy;
  OK(oxrtmp_packet_release(&empty));
  OK(oxrtmp_packet_release(&empty));
  uint8_t mine[4] = {0x17, 1, 2, 3};
  oxrtmp_packet own = {.type = 9, .raw = mine, .raw_size = sizeof mine};
  OK(oxrtmp_packet_retain(&own, &copy));
  CHECK(copy.raw == mine && copy.token == 0);
  OK(oxrtmp_packet_release(&copy));
  OK(oxrtmp_packet_release(&own));
  CHECK(mine[0] == 0x17);
  OK(oxrtmp_packets_release(NULL, 0));
}

static void retained_packets_live_on(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_flv_reader reader = clip();
  oxrtmp_packet packets[4], more[4];
  for (int i = 0; i < 4; i++) {
    OK(oxrtmp_flv_reader_next_packet(reader, &packets[i]));
    OK(oxrtmp_packet_retain(&packets[i], &more[i]));
    CHECK(more[i].token != packets[i].token && more[i].raw == packets[i].raw);
  }
  OK(oxrtmp_flv_reader_close(reader));
  uint8_t first = packets[0].raw[0];
  OK(oxrtmp_packets_release(packets, 4));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_packets_release(packets, 4));
  CHECK(more[0].raw[0] == first);
  OK(oxrtmp_packet_release(&more[1]));
  STATUS(OXRTMP_E_HANDLE, oxrtmp_packets_release(more, 4)); /* one is gone; the rest goes */
  SETTLED(&before);
}

/* ---- releasing from many threads ---- */

enum { RACERS = 4, ROUND = 64 };

static struct {
  pthread_barrier_t start;
  oxrtmp_packet packets[ROUND];
  _Atomic int released;
  _Atomic int rounds;
} race;

static void *racer(void *unused) {
  (void)unused;
  for (int round = race.rounds; round > 0; round--) {
    pthread_barrier_wait(&race.start);
    for (int i = 0; i < ROUND; i++) {
      oxrtmp_packet copy = race.packets[i], second;
      if (oxrtmp_packet_retain(&copy, &second) == OXRTMP_OK) {
        (void)*(const volatile uint8_t *)second.raw; /* still readable */
        OK(oxrtmp_packet_release(&second));
      }
      if (oxrtmp_packet_release(&copy) == OXRTMP_OK) {
        race.released++;
      }
    }
    pthread_barrier_wait(&race.start);
  }
  return NULL;
}

static void one_of_many_releases(void) {
  oxrtmp_library_info before = library_info();
  race.rounds = scaled(200);
  pthread_barrier_init(&race.start, NULL, RACERS + 1);
  pthread_t threads[RACERS];
  int rounds = race.rounds;
  for (int i = 0; i < RACERS; i++) {
    CHECK(pthread_create(&threads[i], NULL, racer, NULL) == 0);
  }
  oxrtmp_flv_reader reader = clip();
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < ROUND; i++) {
      if (oxrtmp_flv_reader_next_packet(reader, &race.packets[i]) == OXRTMP_E_EOF) {
        OK(oxrtmp_flv_reader_close(reader));
        reader = clip();
        OK(oxrtmp_flv_reader_next_packet(reader, &race.packets[i]));
      }
    }
    race.released = 0;
    pthread_barrier_wait(&race.start);
    pthread_barrier_wait(&race.start);
    CHECK(race.released == ROUND);
  }
  for (int i = 0; i < RACERS; i++) {
    pthread_join(threads[i], NULL);
  }
  OK(oxrtmp_flv_reader_close(reader));
  SETTLED(&before);
}

static void memory_is_bounded(void) {
  oxrtmp_library_info before = library_info();
  oxrtmp_flv_reader reader = clip();
  OK(oxrtmp_memory_limit(before.payload_bytes + 20000));
  static oxrtmp_packet packets[CLIP_PACKETS];
  int n = 0;
  oxrtmp_status status;
  while ((status = oxrtmp_flv_reader_next_packet(reader, &packets[n])) == OXRTMP_OK) {
    n++;
  }
  CHECK(status == OXRTMP_E_MEMORY && n > 0 && packets[n].token == 0);
  CHECK(library_info().payload_bytes <= before.payload_bytes + 20000);
  OK(oxrtmp_memory_limit(0));
  OK(oxrtmp_packets_release(packets, (size_t)n));
  OK(oxrtmp_flv_reader_close(reader));
  SETTLED(&before);
}

static void data_messages_are_explained(void) {
  oxrtmp_flv_reader reader = clip();
  oxrtmp_packet packet;
  char text[4096];
  size_t length;
  bool seen = false;
  while (oxrtmp_flv_reader_next_packet(reader, &packet) == OXRTMP_OK) {
    if (packet.type == 18) {
      OK(oxrtmp_packet_handler(&packet, text, sizeof text, &length));
      TEXT("onMetaData", text);
      CHECK(length == 10);
      STATUS(OXRTMP_E_BUFFER, oxrtmp_packet_handler(&packet, text, 10, &length));
      CHECK(length == 10 && text[0] == 0);
      STATUS(OXRTMP_E_BUFFER, oxrtmp_packet_handler(&packet, NULL, 0, &length));
      CHECK(length == 10);
      OK(oxrtmp_packet_handler(&packet, text, 11, NULL));
      OK(oxrtmp_packet_json(&packet, text, sizeof text, NULL));
      CHECK(strstr(text, "[\"onMetaData\",{") == text && strstr(text, "\"width\":") != NULL);
      packet.size = 5;
      CHECK(oxrtmp_packet_json(&packet, text, sizeof text, NULL) != OXRTMP_OK);
      seen = true;
    } else {
      STATUS(OXRTMP_E_STATE, oxrtmp_packet_handler(&packet, text, sizeof text, NULL));
      STATUS(OXRTMP_E_STATE, oxrtmp_packet_json(&packet, text, sizeof text, NULL));
    }
    OK(oxrtmp_packet_release(&packet));
  }
  CHECK(seen);
  OK(oxrtmp_flv_reader_close(reader));
}

int main(void) {
  RUN(layout);
  RUN(release_is_for_once);
  RUN(foreign_tokens);
  RUN(empty_and_own_packets);
  RUN(retained_packets_live_on);
  RUN(one_of_many_releases);
  RUN(memory_is_bounded);
  RUN(data_messages_are_explained);
  return 0;
}
