/* FLV files: read whole or fed in any pieces, written, cut and damaged. */
#include "check.h"

static uint8_t *bytes;
static size_t size;

static void load(const char *path) {
  FILE *f = fopen(path, "rb");
  CHECK(f != NULL && fseek(f, 0, SEEK_END) == 0);
  size = (size_t)ftell(f);
  rewind(f);
  free(bytes);
  bytes = malloc(size);
  CHECK(bytes != NULL && fread(bytes, 1, size, f) == size);
  fclose(f);
}

/* drain takes the packets that wait and compares each with the next of the file. */
static int drain(oxrtmp_flv_reader fed, oxrtmp_flv_reader whole) {
  oxrtmp_packet a, b;
  int n = 0;
  oxrtmp_status status;
  while ((status = oxrtmp_flv_reader_next_packet(fed, &a)) == OXRTMP_OK) {
    OK(oxrtmp_flv_reader_next_packet(whole, &b));
    CHECK(a.raw_size == b.raw_size && memcmp(a.raw, b.raw, a.raw_size) == 0 && a.timestamp_ms == b.timestamp_ms);
    CHECK(a.kind == b.kind && a.codec == b.codec && a.dts_ns == b.dts_ns && a.pts_ns == b.pts_ns && a.size == b.size);
    OK(oxrtmp_packet_release(&a));
    OK(oxrtmp_packet_release(&b));
    n++;
  }
  STATUS(OXRTMP_E_AGAIN, status);
  return n;
}

static void split_anywhere(void) {
  oxrtmp_library_info before = library_info();
  load(sample(CLIP));
  for (unsigned seed = 0; seed < 6; seed++) {
    oxrtmp_flv_reader fed, whole;
    OK(oxrtmp_flv_reader_create(&fed));
    OK(oxrtmp_flv_reader_open(sample(CLIP), &whole));
    STATUS(OXRTMP_E_AGAIN, oxrtmp_flv_reader_next_packet(fed, &(oxrtmp_packet){0}));
    STATUS(OXRTMP_E_STATE, oxrtmp_flv_reader_feed(whole, bytes, 1));
    unsigned dice = seed;
    int n = 0;
    for (size_t at = 0; at < size;) {
      size_t piece = seed == 0 ? 1 : seed == 1 ? size : 1 + (size_t)rand_r(&dice) % (seed * 300);
      piece = piece < size - at ? piece : size - at;
      uint8_t *exact = malloc(piece); /* of its own, so that a sanitizer sees every byte read beyond */
      memcpy(exact, bytes + at, piece);
      OK(oxrtmp_flv_reader_feed(fed, exact, piece));
      free(exact);
      at += piece;
      n += drain(fed, whole);
      if (seed == 0 && at > 30000) {
        break; /* byte by byte is slow */
      }
    }
    CHECK(n == CLIP_PACKETS || seed == 0);
    OK(oxrtmp_flv_reader_feed(fed, NULL, 0));
    OK(oxrtmp_flv_reader_close(fed));
    OK(oxrtmp_flv_reader_close(whole));
  }
  SETTLED(&before);
}

static void feeding_is_bounded(void) {
  oxrtmp_library_info before = library_info();
  static uint8_t tag[11 + 4000000 + 4];
  tag[0] = 9;
  tag[1] = 4000000 >> 16;
  tag[2] = (4000000 >> 8) & 0xFF;
  tag[3] = 4000000 & 0xFF;
  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_create(&reader));
  OK(oxrtmp_flv_reader_feed(reader, (const uint8_t *)"FLV\1\5\0\0\0\x9\0\0\0\0", 13));
  int n = 0;
  oxrtmp_status status;
  while ((status = oxrtmp_flv_reader_feed(reader, tag, sizeof tag)) == OXRTMP_OK) {
    n++;
    CHECK(n < 20);
  }
  STATUS(OXRTMP_E_AGAIN, status);
  oxrtmp_packet packet;
  OK(oxrtmp_flv_reader_next_packet(reader, &packet));
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_flv_reader_feed(reader, tag, sizeof tag));
  OK(oxrtmp_flv_reader_close(reader)); /* with packets that nobody took */
  SETTLED(&before);
}

static void damaged_files(void) {
  char directory[] = "/tmp/oxrtmp-flv-XXXXXX", path[300];
  CHECK(mkdtemp(directory) != NULL);
  oxrtmp_flv_reader reader;
  oxrtmp_packet packet;
  snprintf(path, sizeof path, "%s/none.flv", directory);
  STATUS(OXRTMP_E_FILE, oxrtmp_flv_reader_open(path, &reader));
  CHECK(reader.id == 0);
  oxrtmp_error_detail detail = {.struct_size = sizeof detail};
  OK(oxrtmp_last_error_detail(&detail));
  CHECK(detail.os_error == ENOENT);

  load(sample(CLIP));
  snprintf(path, sizeof path, "%s/cut.flv", directory);
  FILE *f = fopen(path, "wb");
  CHECK(f != NULL && fwrite(bytes, 1, size / 2 + 10, f) == size / 2 + 10 && fclose(f) == 0);
  OK(oxrtmp_flv_reader_open(path, &reader));
  int n = 0;
  oxrtmp_status status;
  while ((status = oxrtmp_flv_reader_next_packet(reader, &packet)) == OXRTMP_OK) {
    OK(oxrtmp_packet_release(&packet));
    n++;
  }
  STATUS(OXRTMP_E_EOF, status);
  STATUS(OXRTMP_E_EOF, oxrtmp_flv_reader_next_packet(reader, &packet));
  CHECK(n > 100 && n < CLIP_PACKETS);
  char text[OXRTMP_ERROR_TEXT_SIZE];
  OK(oxrtmp_last_error(text, sizeof text));
  CHECK(strstr(text, "cut") != NULL);
  OK(oxrtmp_flv_reader_close(reader));

  OK(oxrtmp_flv_reader_create(&reader));
  STATUS(OXRTMP_E_FLV, oxrtmp_flv_reader_feed(reader, (const uint8_t *)"MPEG or so", 10));
  STATUS(OXRTMP_E_FLV, oxrtmp_flv_reader_feed(reader, bytes, size));
  STATUS(OXRTMP_E_FLV, oxrtmp_flv_reader_next_packet(reader, &packet));
  OK(oxrtmp_flv_reader_close(reader));
  CHECK(unlink(path) == 0 && rmdir(directory) == 0);
}

static void recordings(void) {
  char directory[] = "/tmp/oxrtmp-flv-XXXXXX", first[300], second[300], path[300];
  CHECK(mkdtemp(directory) != NULL);
  snprintf(path, sizeof path, "%s/new/folder", directory);
  oxrtmp_recorder a, b;
  OK(oxrtmp_recorder_open_in(path, "live/../name\n", NULL, &a));
  OK(oxrtmp_recorder_open_in(path, "live/../name\n", NULL, &b));
  OK(oxrtmp_recorder_path(a, first, sizeof first, NULL));
  OK(oxrtmp_recorder_path(b, second, sizeof second, NULL));
  CHECK(strcmp(first, second) != 0 && strncmp(first, path, strlen(path)) == 0 && strchr(first, '\n') == NULL);
  static const uint8_t aac[] = {0xAF, 1, 0x21};
  oxrtmp_packet packet = {.type = 8, .raw = aac, .raw_size = sizeof aac, .timestamp_ms = 100};
  OK(oxrtmp_recorder_write(a, &packet));
  packet.timestamp_ms = 2100;
  OK(oxrtmp_recorder_write(a, &packet));
  packet.type = 5; /* nothing that a file holds */
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_recorder_write(a, &packet));
  packet = (oxrtmp_packet){.type = 9, .kind = OXRTMP_PACKET_FRAME, .codec = 0, .data = aac, .size = 3};
  STATUS(OXRTMP_E_MEDIA, oxrtmp_recorder_write(a, &packet));
  OK(oxrtmp_recorder_close(a));
  OK(oxrtmp_recorder_close(b));

  oxrtmp_flv_reader reader;
  OK(oxrtmp_flv_reader_open(first, &reader));
  static char json[65536];
  OK(oxrtmp_flv_reader_next_packet(reader, &packet));
  CHECK(packet.kind == OXRTMP_PACKET_METADATA);
  OK(oxrtmp_packet_json(&packet, json, sizeof json, NULL));
  CHECK(strstr(json, "\"duration\":2,") != NULL);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_flv_reader_next_packet(reader, &packet));
  CHECK(packet.timestamp_ms == 100 && packet.raw_size == 3 && packet.codec == OXRTMP_CODEC_MP4A);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_flv_reader_close(reader));

  oxrtmp_recorder_options options;
  OK(oxrtmp_recorder_options_init(&options));
  options.rotate_bytes = 1;
  OK(oxrtmp_recorder_open(first, &options, &a)); /* exists: another name is taken */
  OK(oxrtmp_recorder_path(a, path, sizeof path, NULL));
  CHECK(strcmp(path, first) != 0);
  packet = (oxrtmp_packet){.type = 8, .raw = aac, .raw_size = sizeof aac, .kind = OXRTMP_PACKET_FRAME};
  OK(oxrtmp_recorder_write(a, &packet));
  packet.timestamp_ms = 50;
  OK(oxrtmp_recorder_write(a, &packet));
  OK(oxrtmp_recorder_path(a, second, sizeof second, NULL));
  CHECK(strcmp(path, second) != 0); /* and the next file after that */
  OK(oxrtmp_recorder_close(a));
  OK(oxrtmp_flv_reader_open(second, &reader)); /* its time is its own */
  OK(oxrtmp_flv_reader_next_packet(reader, &packet));
  OK(oxrtmp_packet_json(&packet, json, sizeof json, NULL));
  CHECK(strstr(json, "\"duration\":0,") != NULL);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_flv_reader_next_packet(reader, &packet));
  CHECK(packet.type == 8 && packet.timestamp_ms == 0);
  OK(oxrtmp_packet_release(&packet));
  OK(oxrtmp_flv_reader_close(reader));
  STATUS(OXRTMP_E_FILE, oxrtmp_recorder_open("/proc/no/such/place.flv", NULL, &a));
  CHECK(a.id == 0);
  snprintf(path, sizeof path, "rm -r %s", directory);
  CHECK(system(path) == 0);
}

/* A137: encrypted tags are marked, their envelope is taken apart and put together, and they are recorded as they are. */
static void encrypted_tags(void) {
  static const uint8_t data[] = "\x17\x01\0\0\x50\1SE\0\0\0\x11\x80" "0123456789abcdef" "body";
  const size_t length = sizeof data - 1;
  uint8_t tag[128], built[128];
  size_t n, again;
  oxrtmp_packet packet = {.type = 9, .timestamp_ms = 40, .raw = data, .raw_size = length,
                          .flags = OXRTMP_PACKET_MALFORMED | OXRTMP_PACKET_ENCRYPTED, .kind = OXRTMP_PACKET_FRAME};
  OK(oxrtmp_flv_tag(&packet, tag, sizeof tag, &n));
  CHECK(tag[0] == 0x29 && n == 11 + length + 4);

  char directory[] = "/tmp/oxrtmp-encrypted-XXXXXX", path[256];
  CHECK(mkdtemp(directory) != NULL);
  oxrtmp_recorder recorder;
  OK(oxrtmp_recorder_open_in(directory, "x", NULL, &recorder));
  OK(oxrtmp_recorder_write(recorder, &packet));
  OK(oxrtmp_recorder_path(recorder, path, sizeof path, NULL));
  OK(oxrtmp_recorder_close(recorder));
  oxrtmp_flv_reader reader;
  oxrtmp_packet read;
  OK(oxrtmp_flv_reader_open(path, &reader));
  do {
    OK(oxrtmp_flv_reader_next_packet(reader, &read));
    if (read.type != 9) {
      OK(oxrtmp_packet_release(&read));
    }
  } while (read.type != 9);
  CHECK(read.flags == packet.flags && read.codec == 0 && read.raw_size == length && memcmp(read.raw, data, length) == 0);

  oxrtmp_flv_envelope e;
  OK(oxrtmp_flv_envelope_parse(read.type, read.raw, read.raw_size, &e));
  TEXT("SE", e.filter);
  CHECK(e.encrypted == 1 && e.head_size == 5 && e.head == read.raw && e.params_size == 17 && e.body_size == 4);
  CHECK(memcmp(e.iv, "0123456789abcdef", 16) == 0 && memcmp(e.body, "body", 4) == 0);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_flv_envelope_build(&e, NULL, 0, &again));
  CHECK(again == length);
  OK(oxrtmp_flv_envelope_build(&e, built, sizeof built, &again));
  CHECK(again == length && memcmp(built, data, length) == 0);
  e.params = NULL;
  e.params_size = 0;
  OK(oxrtmp_flv_envelope_build(&e, built, sizeof built, &again));
  CHECK(again == length && memcmp(built, data, length) == 0);
  e.iv = NULL;
  STATUS(OXRTMP_E_FLV, oxrtmp_flv_envelope_build(&e, built, sizeof built, &again));
  e.filter = "XX";
  e.encrypted = 0;
  OK(oxrtmp_flv_envelope_build(&e, built, sizeof built, &again));
  OK(oxrtmp_flv_envelope_parse(9, built, again, &e));
  CHECK(e.encrypted == 0 && e.iv == NULL && e.params_size == 0 && e.body_size == 4);
  for (size_t cut = 0; cut < length - 4; cut++) {
    STATUS(OXRTMP_E_FLV, oxrtmp_flv_envelope_parse(9, data, cut, &e));
    CHECK(e.filter == NULL);
  }
  OK(oxrtmp_packet_release(&read));
  OK(oxrtmp_flv_reader_close(reader));
  CHECK(remove(path) == 0 && rmdir(directory) == 0);
}

int main(void) {
  RUN(split_anywhere);
  RUN(feeding_is_bounded);
  RUN(damaged_files);
  RUN(recordings);
  RUN(encrypted_tags);
  free(bytes);
  return 0;
}
