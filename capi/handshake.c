#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_handshake_create(const oxrtmp_handshake_options *options, oxrtmp_handshake *handshake) {
  OX_ENTER();
  OX_OUT(handshake);
  OX_OPTIONS(oxrtmp_handshake_options, o, options);
  OX_REQUIRE(o.random == NULL || o.random_size >= OXRTMP_HANDSHAKE_RANDOM_SIZE, "random_size is too small");
  return oxgo_handshake_create(&o, handshake);
}

oxrtmp_status oxrtmp_handshake_receive(oxrtmp_handshake handshake, const uint8_t *data, size_t size,
                                       size_t *consumed) {
  OX_ENTER();
  OX_OUT(consumed);
  OX_INPUT(data, size);
  return oxgo_handshake_receive(handshake, (uint8_t *)data, size, consumed);
}

oxrtmp_status oxrtmp_handshake_output(oxrtmp_handshake handshake, uint8_t *buf, size_t cap, size_t *size) {
  OX_ENTER();
  OX_OUT(size);
  OX_REQUIRE(buf != NULL || cap == 0, "buf is NULL");
  OX_REQUIRE(cap <= PTRDIFF_MAX, "cap is too large");
  return oxgo_handshake_output(handshake, buf, cap, size);
}

oxrtmp_status oxrtmp_handshake_result(oxrtmp_handshake handshake, oxrtmp_handshake_info *info) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_handshake_info, info, oxgo_handshake_result(handshake, &local_));
}

oxrtmp_status oxrtmp_handshake_close(oxrtmp_handshake handshake) {
  OX_ENTER();
  return oxgo_handshake_close(handshake);
}

oxrtmp_status oxrtmp_handshake_offsets(const uint8_t *packet, size_t size, uint32_t scheme, uint32_t *digest_offset,
                                       uint32_t *key_offset) {
  OX_ENTER();
  OX_OUT(digest_offset);
  OX_OUT(key_offset);
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_REQUIRE(size == 1536, "a packet has 1536 bytes");
  OX_REQUIRE(scheme == 8 || scheme == 772, "scheme is neither 8 nor 772");
  return oxgo_handshake_offsets((uint8_t *)packet, scheme, digest_offset, key_offset);
}
