/* raw VIDEO.h264 AUDIO.aac URL: publish a byte stream of x264's, whose frames begin with an AUD, and AAC in ADTS. */
#include <oxrtmp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MS = 40, AUD = 9 };

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
    exit(1);
  }
  *size = (size_t)ftell(f);
  rewind(f);
  uint8_t *data = malloc(*size + 1);
  if (data == NULL || fread(data, 1, *size, f) != *size) {
    exit(1);
  }
  fclose(f);
  return data;
}

static void ok(oxrtmp_status status) {
  if (status != OXRTMP_OK) {
    char text[OXRTMP_ERROR_TEXT_SIZE];
    oxrtmp_last_error(text, sizeof text);
    fprintf(stderr, "raw: %s\n", text);
    exit(1);
  }
}

static oxrtmp_client client;
static const uint8_t *adts;
static size_t adts_size;
static unsigned audio_sent;

/* send_audio_until sends the frames that are due at a time. */
static void send_audio_until(uint32_t ms) {
  oxrtmp_adts frame;
  while (adts_size > 0) {
    ok(oxrtmp_adts_parse(adts, adts_size, &frame));
    uint32_t at = (uint32_t)(audio_sent * 1024ull * 1000 / frame.sample_rate);
    if (at > ms) {
      return;
    }
    ok(oxrtmp_client_send_audio(client, at, frame.data, frame.size));
    adts += frame.frame_size;
    adts_size -= frame.frame_size;
    audio_sent++;
  }
}

int main(int argc, char **argv) {
  size_t size, count, length;
  oxrtmp_adts first;
  if (argc != 4) {
    return 2;
  }
  uint8_t *stream = read_file(argv[1], &size), *file = read_file(argv[2], &adts_size);
  adts = file;
  oxrtmp_nalu_parse(OXRTMP_CODEC_AVC1, 0, stream, size, NULL, 0, &count);
  oxrtmp_nalu *units = malloc(count * sizeof *units);
  uint8_t record[1024], *nalus = malloc(size * 2);
  ok(oxrtmp_nalu_parse(OXRTMP_CODEC_AVC1, 0, stream, size, units, count, &count));
  ok(oxrtmp_client_publish(argv[3], NULL, 10000, &client));
  ok(oxrtmp_codec_record(OXRTMP_CODEC_AVC1, stream, size, record, sizeof record, &length));
  ok(oxrtmp_client_send_video_sequence_header(client, record, length));
  ok(oxrtmp_adts_parse(adts, adts_size, &first));
  ok(oxrtmp_client_send_audio_sequence_header(client, first.config, first.config_size));
  unsigned frames = 0;
  for (size_t i = 0; i < count;) {
    size_t from = ++i; /* after the AUD */
    uint32_t keyframe = 0;
    for (; i < count && units[i].type != AUD; i++) {
      keyframe |= units[i].random_access;
    }
    const uint8_t *end = i < count ? units[i].data - 3 : stream + size;
    const uint8_t *begin = units[from].data - 3; /* its start code */
    ok(oxrtmp_nalu_from_annexb(begin, (size_t)(end - begin), 4, nalus, size * 2, &length));
    ok(oxrtmp_client_send_video(client, frames * FRAME_MS, keyframe, nalus, length));
    send_audio_until(frames * FRAME_MS);
    frames++;
  }
  ok(oxrtmp_client_close(client));
  printf("sent video=%u audio=%u\n", frames, audio_sent);
  free(units);
  free(nalus);
  free(stream);
  free(file);
  return 0;
}
