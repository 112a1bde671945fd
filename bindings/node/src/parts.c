/* Handshakes, logins, and chunks in both directions. */
#include "lowlevel.h"

#include <stdlib.h>
#include <string.h>

static bool get_part(napi_env env, napi_callback_info info, enum kind kind, struct arguments *a, uint64_t *id) {
  struct handle *handle;
  if (!arguments_get(env, info, a) || !get_handle(a, 0, kind, &handle)) {
    return false;
  }
  *id = handle->id;
  return true;
}

static napi_value wrap(struct arguments *a, oxrtmp_status status, enum kind kind, const uint64_t *id) {
  return status == OXRTMP_OK ? handle_make(a->addon, kind, *id) : make_status(a->env, status);
}

/* ---- handshakes ---- */

/* handshakeCreate(client, digest, timeMs, random or undefined): the handle, or a status. */
static napi_value handshake_create(napi_env env, napi_callback_info info) {
  struct arguments a;
  napi_valuetype type;
  oxrtmp_handshake handshake;
  oxrtmp_handshake_options o;
  oxrtmp_handshake_options_init(&o);
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &o.client) || !get_u32(&a, 1, &o.digest) ||
      !get_u32(&a, 2, &o.time_ms) || napi_typeof(env, a.values[3], &type) != napi_ok ||
      (type != napi_undefined && !get_data(&a, 3, &o.random, &o.random_size))) {
    return NULL;
  }
  return wrap(&a, oxrtmp_handshake_create(&o, &handshake), HANDSHAKE, &handshake.id);
}

/* handshakeReceive(handle, bytes): how many it took, or a status. */
static napi_value handshake_receive(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_handshake handshake;
  const uint8_t *data;
  size_t size, consumed;
  if (!get_part(env, info, HANDSHAKE, &a, &handshake.id) || !get_data(&a, 1, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_handshake_receive(handshake, data, size, &consumed);
  return status == OXRTMP_OK ? make_double(env, (double)consumed) : make_status(env, status);
}

/* handshakeOutput(handle, into): what is to be sent, as far as there is room. */
static napi_value handshake_output(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_handshake handshake;
  if (!get_part(env, info, HANDSHAKE, &a, &handshake.id)) {
    return NULL;
  }
  WRITE(&a, 1, oxrtmp_handshake_output, handshake);
}

/* handshakeResult(handle, struct): a status. */
static napi_value handshake_result(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_handshake handshake;
  oxrtmp_handshake_info result = {.struct_size = sizeof result};
  void *out;
  if (!get_part(env, info, HANDSHAKE, &a, &handshake.id) || (out = get_struct(&a, 1, sizeof result)) == NULL) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_handshake_result(handshake, &result);
  memcpy(out, &result, sizeof result);
  return make_status(env, status);
}

/* handshakeOffsets(packet, scheme, struct of two numbers): a status. */
static napi_value handshake_offsets(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *packet;
  size_t size;
  uint32_t scheme, *out;
  if (!arguments_get(env, info, &a) || !get_data(&a, 0, &packet, &size) || !get_u32(&a, 1, &scheme) ||
      (out = get_struct(&a, 2, 2 * sizeof *out)) == NULL) {
    return NULL;
  }
  return make_status(env, oxrtmp_handshake_offsets(packet, size, scheme, &out[0], &out[1]));
}

static napi_value handshake_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, HANDSHAKE, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_handshake_close((oxrtmp_handshake){handle_take(handle)}));
}

/* ---- logins ---- */

enum { TEXTS = 6 };

/* respond makes the response from all texts of a login, or a status. */
static napi_value respond(napi_env env, napi_callback_info info,
                          oxrtmp_status (*response)(const char *, const char *, const char *, const char *, const char *,
                                                    const char *, char *, size_t, size_t *)) {
  struct arguments a;
  char *t[TEXTS] = {NULL};
  napi_value result = NULL;
  bool there = arguments_get(env, info, &a);
  for (size_t i = 0; there && i < TEXTS; i++) {
    there = get_string(&a, i, &t[i]);
  }
  if (there) {
    TEXT(env, &result, response, t[0], t[1], t[2], t[3], t[4], t[5]);
  }
  for (size_t i = 0; i < TEXTS; i++) {
    free(t[i]);
  }
  return result;
}

/* authmodAdobe(user, password, salt, challenge, opaque, clientChallenge) */
static napi_value authmod_adobe(napi_env env, napi_callback_info info) {
  return respond(env, info, oxrtmp_authmod_adobe);
}

/* authmodLlnw(user, password, app, nonce, count, clientNonce) */
static napi_value authmod_llnw(napi_env env, napi_callback_info info) {
  return respond(env, info, oxrtmp_authmod_llnw);
}

/* ---- chunks ---- */

/* decoderCreate(limits): the handle, or a status. */
static napi_value decoder_create(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_limits limits;
  oxrtmp_chunk_decoder decoder;
  if (!arguments_get(env, info, &a) || !get_limits(&a, 0, &limits)) {
    return NULL;
  }
  return wrap(&a, oxrtmp_chunk_decoder_create(&limits, &decoder), DECODER, &decoder.id);
}

/* decoderFeed(handle, bytes): how many it took, or a status. */
static napi_value decoder_feed(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_decoder decoder;
  const uint8_t *data;
  size_t size, consumed;
  if (!get_part(env, info, DECODER, &a, &decoder.id) || !get_data(&a, 1, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_chunk_decoder_feed(decoder, data, size, &consumed);
  return status == OXRTMP_OK ? make_double(env, (double)consumed) : make_status(env, status);
}

/* decoderNext(handle, struct, into): the payload. */
static napi_value decoder_next(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_decoder decoder;
  oxrtmp_message *message;
  if (!get_part(env, info, DECODER, &a, &decoder.id) || (message = get_struct(&a, 1, sizeof *message)) == NULL) {
    return NULL;
  }
  WRITE(&a, 2, oxrtmp_chunk_decoder_next, decoder, message);
}

/* decoderSetChunkSize(handle, size): a status. */
static napi_value decoder_set_chunk_size(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_decoder decoder;
  uint32_t size;
  if (!get_part(env, info, DECODER, &a, &decoder.id) || !get_u32(&a, 1, &size)) {
    return NULL;
  }
  return make_status(env, oxrtmp_chunk_decoder_set_chunk_size(decoder, size));
}

/* decoderAbort(handle, chunkStreamId): a status. */
static napi_value decoder_abort(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_decoder decoder;
  uint32_t id;
  if (!get_part(env, info, DECODER, &a, &decoder.id) || !get_u32(&a, 1, &id)) {
    return NULL;
  }
  return make_status(env, oxrtmp_chunk_decoder_abort(decoder, id));
}

static napi_value decoder_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, DECODER, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_chunk_decoder_close((oxrtmp_chunk_decoder){handle_take(handle)}));
}

/* encoderCreate(): the handle, or a status. */
static napi_value encoder_create(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_encoder encoder;
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  return wrap(&a, oxrtmp_chunk_encoder_create(&encoder), ENCODER, &encoder.id);
}

/* encoderWrite(handle, struct, payload, into): the chunks. */
static napi_value encoder_write(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_encoder encoder;
  const oxrtmp_message *message;
  const uint8_t *payload;
  size_t size;
  if (!get_part(env, info, ENCODER, &a, &encoder.id) || (message = get_struct(&a, 1, sizeof *message)) == NULL ||
      !get_data(&a, 2, &payload, &size)) {
    return NULL;
  }
  WRITE(&a, 3, oxrtmp_chunk_encoder_write, encoder, message, payload, size);
}

/* encoderSetChunkSize(handle, size): a status. */
static napi_value encoder_set_chunk_size(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_encoder encoder;
  uint32_t size;
  if (!get_part(env, info, ENCODER, &a, &encoder.id) || !get_u32(&a, 1, &size)) {
    return NULL;
  }
  return make_status(env, oxrtmp_chunk_encoder_set_chunk_size(encoder, size));
}

/* encoderSetFullHeaders(handle, on): a status. */
static napi_value encoder_set_full_headers(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_encoder encoder;
  uint32_t on;
  if (!get_part(env, info, ENCODER, &a, &encoder.id) || !get_u32(&a, 1, &on)) {
    return NULL;
  }
  return make_status(env, oxrtmp_chunk_encoder_set_full_headers(encoder, on));
}

/* encoderForget(handle, chunkStreamId): a status. */
static napi_value encoder_forget(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_chunk_encoder encoder;
  uint32_t id;
  if (!get_part(env, info, ENCODER, &a, &encoder.id) || !get_u32(&a, 1, &id)) {
    return NULL;
  }
  return make_status(env, oxrtmp_chunk_encoder_forget(encoder, id));
}

static napi_value encoder_close(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct handle *handle;
  if (!arguments_get(env, info, &a) || !get_handle(&a, 0, ENCODER, &handle)) {
    return NULL;
  }
  return make_status(env, oxrtmp_chunk_encoder_close((oxrtmp_chunk_encoder){handle_take(handle)}));
}

const struct function part_functions[] = {
    {"handshakeCreate", handshake_create},
    {"handshakeReceive", handshake_receive},
    {"handshakeOutput", handshake_output},
    {"handshakeResult", handshake_result},
    {"handshakeOffsets", handshake_offsets},
    {"handshakeClose", handshake_close},
    {"authmodAdobe", authmod_adobe},
    {"authmodLlnw", authmod_llnw},
    {"decoderCreate", decoder_create},
    {"decoderFeed", decoder_feed},
    {"decoderNext", decoder_next},
    {"decoderSetChunkSize", decoder_set_chunk_size},
    {"decoderAbort", decoder_abort},
    {"decoderClose", decoder_close},
    {"encoderCreate", encoder_create},
    {"encoderWrite", encoder_write},
    {"encoderSetChunkSize", encoder_set_chunk_size},
    {"encoderSetFullHeaders", encoder_set_full_headers},
    {"encoderForget", encoder_forget},
    {"encoderClose", encoder_close},
    {NULL, NULL},
};
