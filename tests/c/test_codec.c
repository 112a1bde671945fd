/* What is inside payloads: configuration records, NAL units in both forms, AAC in ADTS. */
#include "check.h"

/* From testdata/vectors and rtmp/codec's tests: what real encoders wrote. */
static const char avcc[] = "\x01\x4d\x40\x0a\xff\xe1\x00\x19\x67\x4d\x40\x0a\xec\xa3\x93\xc4\x44\x60\x22\x00\x00\x03\x00"
                           "\x02\x00\x00\x03\x00\x64\x1e\x24\x4b\x2c\x01\x00\x04\x68\xce\x0f\xc8";
static const char hvcc[] = "\x01\x02\x20\x00\x00\x00\x90\x00\x00\x00\x00\x00\x1e\xf0\x00\xfc\xfd\xfa\xfa\x00\x00\x0f\x03\xa0"
                           "\x00\x01\x00\x18\x40\x01\x0c\x01\xff\xff\x02\x20\x00\x00\x03\x00\x90\x00\x00\x03\x00\x00\x03\x00"
                           "\x1e\xba\x02\x40\xa1\x00\x01\x00\x2b\x42\x01\x01\x02\x20\x00\x00\x03\x00\x90\x00\x00\x03\x00\x00"
                           "\x03\x00\x1e\xa0\x38\x81\x07\x11\x10\xd9\x6e\x92\x93\x0b\xc0\x5a\x02\x00\x00\x03\x00\x02\x00\x00"
                           "\x03\x00\x32\x10\xa2\x00\x01\x00\x06\x44\x01\xc0\x73\xc1\x89";
/* avcc as a byte stream, with an IDR of two bytes after it. */
static const char annexb[] = "\x00\x00\x00\x01\x67\x4d\x40\x0a\xec\xa3\x93\xc4\x44\x60\x22\x00\x00\x03\x00\x02\x00\x00"
                             "\x03\x00\x64\x1e\x24\x4b\x2c\x00\x00\x01\x68\xce\x0f\xc8\x00\x00\x00\x01\x65\x88";

static const uint8_t *bytes(const char *text) { return (const uint8_t *)text; }

static oxrtmp_codec_info describe(uint32_t codec, const char *data, size_t size) {
  oxrtmp_packet header = {.kind = OXRTMP_PACKET_SEQUENCE_HEADER, .codec = codec, .data = bytes(data), .size = size};
  oxrtmp_codec_info info = {.struct_size = sizeof info};
  OK(oxrtmp_codec_describe(&header, &info));
  CHECK(info.codec == codec);
  return info;
}

static void records(void) {
  oxrtmp_codec_info i = describe(OXRTMP_CODEC_AVC1, avcc, sizeof avcc - 1);
  CHECK(i.profile == 77 && i.level == 10 && i.width == 98 && i.height == 50 && i.bit_depth == 8 && i.length_size == 4);
  TEXT("h264", i.name);
  TEXT("avc1.4D400A", i.parameter);
  i = describe(OXRTMP_CODEC_MP4A, "\x2b\x11\x88\0", 4);
  CHECK(i.profile == 5 && i.sample_rate == 48000 && i.channels == 2);
  TEXT("mp4a.40.5", i.parameter);
  i = describe(OXRTMP_CODEC_VP09, "\3\x0a\xa6\2\2\2\0\0", 8);
  CHECK(i.profile == 3 && i.level == 10 && i.bit_depth == 10);
  TEXT("vp9", i.name);
  i = describe(OXRTMP_CODEC_OPUS, "OpusHead\1\2\0\0\x80\xbb\0\0\0\0\0", 19);
  CHECK(i.sample_rate == 48000 && i.channels == 2);
  TEXT("opus", i.parameter);
  i = describe(OXRTMP_CODEC_AC3, "", 0);
  TEXT("ac-3", i.parameter);
  oxrtmp_packet frame = {.kind = OXRTMP_PACKET_FRAME, .codec = OXRTMP_CODEC_AVC1};
  STATUS(OXRTMP_E_MEDIA, oxrtmp_codec_describe(&frame, &i));
  for (size_t n = 1; n < sizeof avcc - 4; n++) { /* cut anywhere it is an error, or says less */
    oxrtmp_packet cut = {.kind = OXRTMP_PACKET_SEQUENCE_HEADER, .codec = OXRTMP_CODEC_AVC1, .data = bytes(avcc), .size = n};
    oxrtmp_status status = oxrtmp_codec_describe(&cut, &i);
    CHECK(status == OXRTMP_E_MEDIA || i.width == 98);
  }
  uint32_t codec;
  OK(oxrtmp_codec_detect(bytes(avcc), sizeof avcc - 1, &codec));
  CHECK(codec == OXRTMP_CODEC_AVC1);
  OK(oxrtmp_codec_detect(bytes("\1\2\3"), 3, &codec));
  CHECK(codec == 0);
  uint8_t out[64];
  size_t length;
  OK(oxrtmp_codec_extradata(OXRTMP_CODEC_AVC1, bytes(avcc), sizeof avcc - 1, out, sizeof out, &length));
  CHECK(length == sizeof avcc - 1);
  OK(oxrtmp_codec_extradata(OXRTMP_CODEC_VP09, bytes(avcc), 8, out, sizeof out, &length));
  CHECK(length == 0);
  OK(oxrtmp_codec_record(OXRTMP_CODEC_AVC1, bytes(annexb), sizeof annexb - 1, out, sizeof out, &length));
  CHECK(length == sizeof avcc - 1 && memcmp(out, avcc, length) == 0);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_codec_record(OXRTMP_CODEC_AVC1, bytes(annexb), sizeof annexb - 1, out, 9, &length));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_codec_record(OXRTMP_CODEC_AVC1, bytes(annexb), 20, out, sizeof out, &length));
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_codec_record(OXRTMP_CODEC_AV01, bytes(annexb), 20, out, sizeof out, &length));
}

/* A record gives its sets as a byte stream, which makes it again, and the cut ones are none. */
static void sets_of(uint32_t codec, const char *record, size_t size, size_t sets) {
  uint8_t stream[256], again[256];
  size_t length, back;
  OK(oxrtmp_codec_parameter_sets(codec, bytes(record), size, stream, sizeof stream, &length));
  CHECK(length == sets && memcmp(stream, "\0\0\0\1", 4) == 0);
  OK(oxrtmp_codec_record(codec, stream, length, again, sizeof again, &back));
  CHECK(back == size && memcmp(again, record, size) == 0);
  STATUS(OXRTMP_E_BUFFER, oxrtmp_codec_parameter_sets(codec, bytes(record), size, stream, sets - 1, &length));
  CHECK(length == sets); /* what it takes */
  for (size_t n = 0; n < size; n++) {
    STATUS(OXRTMP_E_MEDIA, oxrtmp_codec_parameter_sets(codec, bytes(record), n, stream, sizeof stream, &length));
    CHECK(length == 0);
  }
}

static void parameter_sets(void) {
  uint8_t out[64];
  size_t length;
  sets_of(OXRTMP_CODEC_AVC1, avcc, sizeof avcc - 1, 4 + 25 + 4 + 4);
  sets_of(OXRTMP_CODEC_HVC1, hvcc, sizeof hvcc - 1, 4 + 24 + 4 + 43 + 4 + 6);
  OK(oxrtmp_codec_parameter_sets(OXRTMP_CODEC_AVC1, bytes(avcc), sizeof avcc - 1, out, sizeof out, &length));
  CHECK(memcmp(out + 4, annexb + 4, 25) == 0 && memcmp(out + 29, "\0\0\0\1\x68\xce\x0f\xc8", 8) == 0);
  OK(oxrtmp_codec_parameter_sets(OXRTMP_CODEC_AVC1, bytes("\1\x4d\0\x0d\xff\xe0\0"), 7, NULL, 0, &length)); /* none in it */
  CHECK(length == 0);
  STATUS(OXRTMP_E_ARGUMENT,
         oxrtmp_codec_parameter_sets(OXRTMP_CODEC_AV01, bytes(avcc), sizeof avcc - 1, out, sizeof out, &length));
  char text[OXRTMP_ERROR_TEXT_SIZE];
  oxrtmp_last_error(text, sizeof text);
  TEXT("OXRTMP_E_ARGUMENT: av01: parameter sets are known of H.264 and H.265 only", text);
  STATUS(OXRTMP_E_ARGUMENT, oxrtmp_codec_parameter_sets(OXRTMP_CODEC_VP09, NULL, 0, out, sizeof out, &length));
}

static void nal_units(void) {
  oxrtmp_nalu units[4];
  uint8_t lengths[64], back[64];
  size_t count, length;
  STATUS(OXRTMP_E_BUFFER, oxrtmp_nalu_parse(OXRTMP_CODEC_AVC1, 0, bytes(annexb), sizeof annexb - 1, units, 2, &count));
  CHECK(count == 3);
  OK(oxrtmp_nalu_parse(OXRTMP_CODEC_AVC1, 0, bytes(annexb), sizeof annexb - 1, units, 4, &count));
  CHECK(count == 3 && units[0].type == 7 && units[1].type == 8 && units[2].type == 5);
  CHECK(units[0].parameter_set && units[1].parameter_set && !units[2].parameter_set);
  CHECK(!units[0].random_access && units[2].random_access && units[2].size == 2);
  CHECK(units[0].data == bytes(annexb) + 4 && units[0].size == 25);
  OK(oxrtmp_nalu_from_annexb(bytes(annexb), sizeof annexb - 1, 4, lengths, sizeof lengths, &length));
  CHECK(length == 3 * 4 + 25 + 4 + 2);
  OK(oxrtmp_nalu_parse(OXRTMP_CODEC_AVC1, 4, lengths, length, units, 4, &count));
  CHECK(count == 3 && units[1].type == 8 && units[1].size == 4);
  STATUS(OXRTMP_E_MEDIA, oxrtmp_nalu_parse(OXRTMP_CODEC_AVC1, 4, lengths, length - 1, units, 4, &count));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_nalu_parse(OXRTMP_CODEC_AVC1, 3, lengths, length, units, 4, &count));
  OK(oxrtmp_nalu_to_annexb(lengths, length, 4, back, sizeof back, &count));
  CHECK(count == length && memcmp(back, "\0\0\0\1\x67", 5) == 0 && memcmp(back + count - 6, "\0\0\0\1\x65\x88", 6) == 0);
  STATUS(OXRTMP_E_MEDIA, oxrtmp_nalu_to_annexb(lengths, length - 1, 4, back, sizeof back, &count));
  STATUS(OXRTMP_E_BUFFER, oxrtmp_nalu_to_annexb(lengths, length, 4, back, 10, &count));
  OK(oxrtmp_nalu_parse(OXRTMP_CODEC_HVC1, 4, bytes("\0\0\0\2\x26\1"), 6, units, 4, &count)); /* IDR_W_RADL */
  CHECK(count == 1 && units[0].type == 19 && units[0].random_access);
}

static void adts(void) {
  uint8_t out[64];
  size_t length;
  oxrtmp_adts frame;
  OK(oxrtmp_adts_build(bytes("\x12\x10"), 2, bytes("raw"), 3, out, sizeof out, &length));
  CHECK(length == 10);
  memcpy(out + 10, out, 10); /* two of them */
  OK(oxrtmp_adts_parse(out, 20, &frame));
  CHECK(frame.size == 3 && memcmp(frame.data, "raw", 3) == 0 && frame.frame_size == 10);
  CHECK(frame.profile == 2 && frame.sample_rate == 44100 && frame.channels == 2);
  CHECK(frame.config_size == 2 && memcmp(frame.config, "\x12\x10", 2) == 0);
  OK(oxrtmp_adts_parse(out + frame.frame_size, 10, &frame));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_adts_parse(out, 9, &frame));
  CHECK(frame.data == NULL);
  STATUS(OXRTMP_E_MEDIA, oxrtmp_adts_parse(bytes("raw"), 3, &frame));
  STATUS(OXRTMP_E_MEDIA, oxrtmp_adts_build(bytes(""), 0, bytes("raw"), 3, out, sizeof out, &length));
  STATUS(OXRTMP_E_BUFFER, oxrtmp_adts_build(bytes("\x12\x10"), 2, bytes("raw"), 3, out, 5, &length));
}

int main(void) {
  RUN(records);
  RUN(parameter_sets);
  RUN(nal_units);
  RUN(adts);
  return 0;
}
