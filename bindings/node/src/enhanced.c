/* Enhanced RTMP and what is inside payloads: capabilities, requests to reconnect, messages of several tracks, ModEx entries,
 * channel layouts; configuration records, NAL units, ADTS. Numbers go to JavaScript in arrays, places in bytes as such. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

/* ---- capabilities: the struct's 32-bit words, which lib/enhanced.js knows ---- */

static napi_value words_of(napi_env env, oxrtmp_status status, const oxrtmp_capabilities *c) {
  napi_value result = NULL;
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  napi_create_buffer_copy(env, sizeof *c, c, NULL, &result);
  return result;
}

/* requestCapabilities(handle), streamCapabilities(handle): the words, or a status. */
static napi_value request_capabilities(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  oxrtmp_capabilities c;
  oxrtmp_capabilities_init(&c);
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, REQUEST, &handle)) {
    return NULL;
  }
  return words_of(env, oxrtmp_request_capabilities((oxrtmp_request){handle->id}, &c), &c);
}

static napi_value stream_capabilities(napi_env env, napi_callback_info info) {
  struct arguments a;
  void *value;
  oxrtmp_capabilities c;
  oxrtmp_capabilities_init(&c);
  if (!arguments_get(env, info, &a) || napi_get_value_external(env, a.values[0], &value) != napi_ok) {
    return fail_argument(env, "not a handle");
  }
  const struct handle *handle = value;
  return words_of(env,
                  handle->kind == CLIENT ? oxrtmp_client_capabilities((oxrtmp_client){handle->id}, &c)
                                         : oxrtmp_session_capabilities((oxrtmp_session){handle->id}, &c),
                  &c);
}

static napi_value capabilities_all(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t mask;
  oxrtmp_capabilities c;
  oxrtmp_capabilities_init(&c);
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &mask)) {
    return NULL;
  }
  return words_of(env, oxrtmp_capabilities_all(mask, &c), &c);
}

static bool get_capabilities(struct arguments *a, size_t at, oxrtmp_capabilities *c) {
  const uint8_t *data;
  size_t size;
  if (!get_bytes(a, at, &data, &size)) {
    return false;
  }
  if (size != sizeof *c) {
    fail_argument(a->env, "not capabilities");
    return false;
  }
  memcpy(c, data, size);
  return true;
}

/* capabilitiesIntersect(own, peer): the words, or a status. */
static napi_value capabilities_intersect(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_capabilities own, peer, both;
  oxrtmp_capabilities_init(&both);
  if (!arguments_get(env, info, &a) || !get_capabilities(&a, 0, &own) || !get_capabilities(&a, 1, &peer)) {
    return NULL;
  }
  return words_of(env, oxrtmp_capabilities_intersect(&own, &peer, &both), &both);
}

/* ---- requests to reconnect ---- */

/* sessionRequestReconnect(handle, tcUrl, description): a status. */
static napi_value session_request_reconnect(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *url = NULL, *description = NULL;
  napi_value result = NULL;
  if (arguments_get(env, info, &a) && get_handle(&a, 0, SESSION, &handle) && get_string(&a, 1, &url) &&
      get_string(&a, 2, &description)) {
    result = make_status(env, oxrtmp_session_request_reconnect((oxrtmp_session){handle->id}, url, description));
  }
  free(url);
  free(description);
  return result;
}

/* serverRequestReconnect(handle, tcUrl, description): how many were asked, or a status. */
static napi_value server_request_reconnect(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  char *url = NULL, *description = NULL;
  napi_value result = NULL;
  if (arguments_get(env, info, &a) && get_handle(&a, 0, SERVER, &handle) && get_string(&a, 1, &url) &&
      get_string(&a, 2, &description)) {
    uint32_t asked;
    oxrtmp_status status = oxrtmp_server_request_reconnect((oxrtmp_server){handle->id}, url, description, &asked);
    result = status == OXRTMP_OK ? make_u32(env, asked) : make_status(env, status);
  }
  free(url);
  free(description);
  return result;
}

/* ---- tracks ---- */

/* multitrackBuild(form, structs, [raw, data, ...], count): a Buffer, or a status. */
static napi_value multitrack_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t form, count;
  oxrtmp_packet *packets;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &form) || !get_packets(&a, 1, &packets, &count)) {
    return NULL;
  }
  BYTES(env, &result, oxrtmp_multitrack_build, form, packets, count);
  return result;
}

/* multitrackForm(type, bytes): the form, or a status. */
static napi_value multitrack_form(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type, form;
  const uint8_t *data;
  size_t size;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_bytes(&a, 1, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_multitrack_form(type, data, size, &form);
  return status == OXRTMP_OK ? make_u32(env, form) : make_status(env, status);
}

/* ---- ModEx ---- */

/* modexParse(type, bytes): [type, offset, size, ...], or a status. */
static napi_value modex_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type;
  const uint8_t *data;
  size_t size, count = 0;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_bytes(&a, 1, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_modex_parse(type, data, size, NULL, 0, &count);
  oxrtmp_modex *entries = calloc(count + 1, sizeof *entries);
  if (entries == NULL) {
    return make_status(env, OXRTMP_E_MEMORY);
  }
  if (status == OXRTMP_E_BUFFER) {
    status = oxrtmp_modex_parse(type, data, size, entries, count, &count);
  }
  napi_value result = NULL;
  if (status != OXRTMP_OK) {
    result = make_status(env, status);
  } else if (napi_create_array_with_length(env, count * 3, &result) == napi_ok) {
    for (uint32_t i = 0; i < count; i++) {
      napi_set_element(env, result, 3 * i, make_u32(env, entries[i].type));
      napi_set_element(env, result, 3 * i + 1, make_double(env, (double)(entries[i].data - data)));
      napi_set_element(env, result, 3 * i + 2, make_double(env, (double)entries[i].size));
    }
  }
  free(entries);
  return result;
}

/* modexBuild(type, bytes, [type, size, ...], data of all): a Buffer, or a status. */
static napi_value modex_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type, length;
  const uint8_t *payload, *data;
  size_t payload_size, size, used = 0;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_bytes(&a, 1, &payload, &payload_size) ||
      napi_get_array_length(env, a.values[2], &length) != napi_ok || !get_bytes(&a, 3, &data, &size)) {
    return NULL;
  }
  oxrtmp_modex *entries = calloc(length / 2 + 1, sizeof *entries);
  if (entries == NULL) {
    return make_status(env, OXRTMP_E_MEMORY);
  }
  bool fits = true;
  for (uint32_t i = 0; i < length / 2 && fits; i++) {
    uint32_t numbers[2] = {0, 0};
    for (uint32_t k = 0; k < 2; k++) {
      napi_value number;
      fits = napi_get_element(env, a.values[2], 2 * i + k, &number) == napi_ok &&
             napi_get_value_uint32(env, number, &numbers[k]) == napi_ok && fits;
    }
    fits = fits && numbers[1] <= size - used;
    entries[i] = (oxrtmp_modex){.type = numbers[0], .data = numbers[1] > 0 ? data + used : NULL, .size = numbers[1]};
    used += numbers[1];
  }
  napi_value result;
  if (fits) {
    BYTES(env, &result, oxrtmp_modex_build, type, payload, payload_size, entries, length / 2);
  } else {
    result = fail_argument(env, "not entries");
  }
  free(entries);
  return result;
}

/* ---- channel layouts ---- */

/* channelsParse(bytes): a Buffer of the struct, or a status. */
static napi_value channels_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *data;
  size_t size;
  napi_value result = NULL;
  oxrtmp_channels c;
  oxrtmp_channels_init(&c);
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_channels_parse(data, size, &c);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  napi_create_buffer_copy(env, sizeof c, &c, NULL, &result);
  return result;
}

/* channelsBuild(order, count, mask, channels): a Buffer, or a status. */
static napi_value channels_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *channels;
  size_t size;
  napi_value result;
  oxrtmp_channels c;
  oxrtmp_channels_init(&c);
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &c.order) || !get_u32(&a, 1, &c.count) ||
      !get_u32(&a, 2, &c.mask) || !get_bytes(&a, 3, &channels, &size)) {
    return NULL;
  }
  if (size > 0) {
    memcpy(c.channels, channels, size < sizeof c.channels ? size : sizeof c.channels);
  }
  BYTES(env, &result, oxrtmp_channels_build, &c);
  return result;
}

/* ---- codecs ---- */

/* codecDescribe(structs, [raw, data], 1): [codec, profile, level, width, height, bitDepth, sampleRate, channels, lengthSize,
 * name, parameter], or a status. */
static napi_value codec_describe(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t count;
  oxrtmp_packet *packets;
  if (!arguments_get(env, info, &a) || !get_packets(&a, 0, &packets, &count) || count != 1) {
    return NULL;
  }
  oxrtmp_codec_info i = {.struct_size = sizeof i};
  oxrtmp_status status = oxrtmp_codec_describe(packets, &i);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  const uint32_t numbers[] = {i.codec,     i.profile,     i.level,    i.width,      i.height,
                              i.bit_depth, i.sample_rate, i.channels, i.length_size};
  napi_value result;
  if (napi_create_array_with_length(env, 11, &result) != napi_ok) {
    return NULL;
  }
  for (uint32_t n = 0; n < 9; n++) {
    napi_set_element(env, result, n, make_u32(env, numbers[n]));
  }
  napi_set_element(env, result, 9, make_string(env, i.name, strlen(i.name)));
  napi_set_element(env, result, 10, make_string(env, i.parameter, strlen(i.parameter)));
  return result;
}

/* codecExtradata(codec, bytes), codecRecord(codec, bytes), codecParameterSets(codec, bytes): a Buffer, or a status. */
typedef oxrtmp_status codec_function(uint32_t codec, const uint8_t *data, size_t size, uint8_t *buf, size_t cap,
                                     size_t *length);

static napi_value codec_bytes(napi_env env, napi_callback_info info, codec_function *function) {
  struct arguments a;
  uint32_t codec;
  const uint8_t *data;
  size_t size;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &codec) || !get_bytes(&a, 1, &data, &size)) {
    return NULL;
  }
  BYTES(env, &result, function, codec, data, size);
  return result;
}

static napi_value codec_extradata(napi_env env, napi_callback_info info) {
  return codec_bytes(env, info, oxrtmp_codec_extradata);
}

static napi_value codec_record(napi_env env, napi_callback_info info) {
  return codec_bytes(env, info, oxrtmp_codec_record);
}

static napi_value codec_parameter_sets(napi_env env, napi_callback_info info) {
  return codec_bytes(env, info, oxrtmp_codec_parameter_sets);
}

/* codecDetect(bytes): a codec's number, or a status. */
static napi_value codec_detect(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t codec;
  const uint8_t *data;
  size_t size;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_codec_detect(data, size, &codec);
  return status == OXRTMP_OK ? make_u32(env, codec) : make_status(env, status);
}

/* naluParse(codec, lengthSize, bytes): [offset, size, type, randomAccess, parameterSet, ...], or a status. */
static napi_value nalu_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t codec, length_size;
  const uint8_t *data;
  size_t size, count = 0;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &codec) || !get_u32(&a, 1, &length_size) ||
      !get_bytes(&a, 2, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_nalu_parse(codec, length_size, data, size, NULL, 0, &count);
  oxrtmp_nalu *units = calloc(count + 1, sizeof *units);
  if (units == NULL) {
    return make_status(env, OXRTMP_E_MEMORY);
  }
  if (status == OXRTMP_E_BUFFER) {
    status = oxrtmp_nalu_parse(codec, length_size, data, size, units, count, &count);
  }
  napi_value result = NULL;
  if (status != OXRTMP_OK) {
    result = make_status(env, status);
  } else if (napi_create_array_with_length(env, count * 5, &result) == napi_ok) {
    for (uint32_t i = 0; i < count; i++) {
      const oxrtmp_nalu *u = &units[i];
      napi_set_element(env, result, 5 * i, make_double(env, u->size > 0 ? (double)(u->data - data) : 0));
      napi_set_element(env, result, 5 * i + 1, make_double(env, (double)u->size));
      napi_set_element(env, result, 5 * i + 2, make_double(env, u->type));
      napi_set_element(env, result, 5 * i + 3, make_u32(env, u->random_access));
      napi_set_element(env, result, 5 * i + 4, make_u32(env, u->parameter_set));
    }
  }
  free(units);
  return result;
}

/* naluFromAnnexb(bytes, lengthSize), naluToAnnexb(bytes, lengthSize): a Buffer, or a status. */
static napi_value nalu_from_annexb(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t length_size;
  const uint8_t *data;
  size_t size;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &data, &size) || !get_u32(&a, 1, &length_size)) {
    return NULL;
  }
  BYTES(env, &result, oxrtmp_nalu_from_annexb, data, size, length_size);
  return result;
}

static napi_value nalu_to_annexb(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t length_size;
  const uint8_t *data;
  size_t size;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &data, &size) || !get_u32(&a, 1, &length_size)) {
    return NULL;
  }
  BYTES(env, &result, oxrtmp_nalu_to_annexb, data, size, length_size);
  return result;
}

/* adtsParse(bytes): [offset, size, frameSize, profile, sampleRate, channels, config], or a status. */
static napi_value adts_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *data;
  size_t size;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &data, &size)) {
    return NULL;
  }
  oxrtmp_adts f;
  oxrtmp_status status = oxrtmp_adts_parse(data, size, &f);
  napi_value result, config;
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  if (napi_create_array_with_length(env, 7, &result) != napi_ok ||
      napi_create_buffer_copy(env, f.config_size, f.config, NULL, &config) != napi_ok) {
    return NULL;
  }
  const double numbers[] = {f.size > 0 ? (double)(f.data - data) : 0, (double)f.size, f.frame_size, f.profile,
                            f.sample_rate,                            f.channels};
  for (uint32_t i = 0; i < 6; i++) {
    napi_set_element(env, result, i, make_double(env, numbers[i]));
  }
  napi_set_element(env, result, 6, config);
  return result;
}

/* adtsBuild(config, frame): a Buffer, or a status. */
static napi_value adts_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *config, *frame;
  size_t config_size, size;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &config, &config_size) || !get_bytes(&a, 1, &frame, &size)) {
    return NULL;
  }
  BYTES(env, &result, oxrtmp_adts_build, config, config_size, frame, size);
  return result;
}

const struct function enhanced_functions[] = {
    {"requestCapabilities", request_capabilities},
    {"streamCapabilities", stream_capabilities},
    {"capabilitiesAll", capabilities_all},
    {"capabilitiesIntersect", capabilities_intersect},
    {"sessionRequestReconnect", session_request_reconnect},
    {"serverRequestReconnect", server_request_reconnect},
    {"multitrackBuild", multitrack_build},
    {"multitrackForm", multitrack_form},
    {"modexParse", modex_parse},
    {"modexBuild", modex_build},
    {"channelsParse", channels_parse},
    {"channelsBuild", channels_build},
    {"codecDescribe", codec_describe},
    {"codecExtradata", codec_extradata},
    {"codecRecord", codec_record},
    {"codecParameterSets", codec_parameter_sets},
    {"codecDetect", codec_detect},
    {"naluParse", nalu_parse},
    {"naluFromAnnexb", nalu_from_annexb},
    {"naluToAnnexb", nalu_to_annexb},
    {"adtsParse", adts_parse},
    {"adtsBuild", adts_build},
    {NULL, NULL},
};
