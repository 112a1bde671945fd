#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_chunk_decoder_create(const oxrtmp_limits *limits, oxrtmp_chunk_decoder *decoder) {
  OX_ENTER();
  OX_OUT(decoder);
  OX_OPTIONS(oxrtmp_limits, l, limits);
  return oxgo_chunk_decoder_create(&l, decoder);
}

oxrtmp_status oxrtmp_chunk_decoder_feed(oxrtmp_chunk_decoder decoder, const uint8_t *data, size_t size,
                                        size_t *consumed) {
  OX_ENTER();
  OX_OUT(consumed);
  OX_INPUT(data, size);
  return oxgo_chunk_decoder_feed(decoder, (uint8_t *)data, size, consumed);
}

oxrtmp_status oxrtmp_chunk_decoder_next(oxrtmp_chunk_decoder decoder, oxrtmp_message *message, uint8_t *buf, size_t cap,
                                        size_t *length) {
  OX_ENTER();
  OX_OUT(message);
  OX_BYTES_OUT(buf, cap, length);
  return oxgo_chunk_decoder_next(decoder, message, buf, cap, length);
}

oxrtmp_status oxrtmp_chunk_decoder_set_chunk_size(oxrtmp_chunk_decoder decoder, uint32_t size) {
  OX_ENTER();
  return oxgo_chunk_decoder_set_chunk_size(decoder, size);
}

oxrtmp_status oxrtmp_chunk_decoder_abort(oxrtmp_chunk_decoder decoder, uint32_t chunk_stream_id) {
  OX_ENTER();
  return oxgo_chunk_decoder_abort(decoder, chunk_stream_id);
}

oxrtmp_status oxrtmp_chunk_decoder_close(oxrtmp_chunk_decoder decoder) {
  OX_ENTER();
  return oxgo_chunk_decoder_close(decoder);
}

oxrtmp_status oxrtmp_chunk_encoder_create(oxrtmp_chunk_encoder *encoder) {
  OX_ENTER();
  OX_OUT(encoder);
  return oxgo_chunk_encoder_create(encoder);
}

oxrtmp_status oxrtmp_chunk_encoder_write(oxrtmp_chunk_encoder encoder, const oxrtmp_message *message,
                                         const uint8_t *payload, size_t size, uint8_t *buf, size_t cap,
                                         size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(message != NULL, "message is NULL");
  OX_INPUT(payload, size);
  return oxgo_chunk_encoder_write(encoder, (oxrtmp_message *)message, (uint8_t *)payload, size, buf, cap, length);
}

oxrtmp_status oxrtmp_chunk_encoder_set_chunk_size(oxrtmp_chunk_encoder encoder, uint32_t size) {
  OX_ENTER();
  return oxgo_chunk_encoder_set_chunk_size(encoder, size);
}

oxrtmp_status oxrtmp_chunk_encoder_set_full_headers(oxrtmp_chunk_encoder encoder, uint32_t on) {
  OX_ENTER();
  return oxgo_chunk_encoder_set_full_headers(encoder, on);
}

oxrtmp_status oxrtmp_chunk_encoder_forget(oxrtmp_chunk_encoder encoder, uint32_t chunk_stream_id) {
  OX_ENTER();
  return oxgo_chunk_encoder_forget(encoder, chunk_stream_id);
}

oxrtmp_status oxrtmp_chunk_encoder_close(oxrtmp_chunk_encoder encoder) {
  OX_ENTER();
  return oxgo_chunk_encoder_close(encoder);
}
