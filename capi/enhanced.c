/* Enhanced RTMP: capabilities, requests to reconnect, messages of several tracks, ModEx entries, channel layouts. */
#include "bridge.h"

#include "_cgo_export.h"

/* CAPABILITIES reads capabilities into a local copy. */
#define CAPABILITIES(local, in) \
  OX_OPTIONS(oxrtmp_capabilities, local, in); \
  OX_REQUIRE(ox_capabilities_fit(&local), #in " has more than 32 codecs of a kind")

bool ox_capabilities_fit(const oxrtmp_capabilities *c) {
  return c->fourcc_count <= 32 && c->video_count <= 32 && c->audio_count <= 32;
}

oxrtmp_status oxrtmp_request_capabilities(oxrtmp_request request, oxrtmp_capabilities *capabilities) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_capabilities, capabilities, oxgo_request_capabilities(request, &local_));
}

oxrtmp_status oxrtmp_session_capabilities(oxrtmp_session session, oxrtmp_capabilities *capabilities) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_capabilities, capabilities, oxgo_session_capabilities(session, &local_));
}

oxrtmp_status oxrtmp_client_capabilities(oxrtmp_client client, oxrtmp_capabilities *capabilities) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_capabilities, capabilities, oxgo_client_capabilities(client, &local_));
}

oxrtmp_status oxrtmp_capabilities_all(uint32_t mask, oxrtmp_capabilities *capabilities) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_capabilities, capabilities, oxgo_capabilities_all(mask, &local_));
}

oxrtmp_status oxrtmp_capabilities_intersect(const oxrtmp_capabilities *own, const oxrtmp_capabilities *peer,
                                            oxrtmp_capabilities *both) {
  OX_ENTER();
  if (both != own && both != peer) {
    OX_STRUCT_CLEAR(both);
  }
  OX_REQUIRE(own != NULL && peer != NULL, "own or peer is NULL");
  CAPABILITIES(ours, own);
  CAPABILITIES(theirs, peer);
  OX_STRUCT_OUT(oxrtmp_capabilities, both, oxgo_capabilities_intersect(&ours, &theirs, &local_));
}

oxrtmp_status oxrtmp_session_request_reconnect(oxrtmp_session session, const char *tc_url, const char *description) {
  OX_ENTER();
  return oxgo_session_request_reconnect(session, (char *)tc_url, (char *)description);
}

oxrtmp_status oxrtmp_server_request_reconnect(oxrtmp_server server, const char *tc_url, const char *description,
                                              uint32_t *asked) {
  OX_ENTER();
  OX_OUT(asked);
  return oxgo_server_request_reconnect(server, (char *)tc_url, (char *)description, asked);
}

oxrtmp_status oxrtmp_multitrack_build(uint32_t form, const oxrtmp_packet *packets, size_t count, uint8_t *buf,
                                      size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(packets != NULL || count == 0, "packets is NULL");
  OX_REQUIRE(count <= 256, "more packets than there are tracks");
  for (size_t i = 0; i < count; i++) {
    OX_PACKET_IN(&packets[i]);
  }
  return oxgo_multitrack_build(form, (oxrtmp_packet *)packets, count, buf, cap, length);
}

oxrtmp_status oxrtmp_multitrack_form(uint32_t type, const uint8_t *data, size_t size, uint32_t *form) {
  OX_ENTER();
  OX_OUT(form);
  OX_INPUT(data, size);
  OX_REQUIRE(type == 8 || type == 9, "type is not 8 or 9");
  return oxgo_multitrack_form(type, (uint8_t *)data, size, form);
}

oxrtmp_status oxrtmp_modex_parse(uint32_t type, const uint8_t *data, size_t size, oxrtmp_modex *entries, size_t max,
                                 size_t *count) {
  OX_ENTER();
  OX_OUT(count);
  OX_INPUT(data, size);
  OX_REQUIRE(type == 8 || type == 9, "type is not 8 or 9");
  OX_REQUIRE(entries != NULL || max == 0, "entries is NULL");
  OX_REQUIRE(max <= PTRDIFF_MAX / sizeof *entries, "max is too large");
  return oxgo_modex_parse(type, (uint8_t *)data, size, entries, max, count);
}

oxrtmp_status oxrtmp_modex_build(uint32_t type, const uint8_t *data, size_t size, const oxrtmp_modex *entries,
                                 size_t count, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_INPUT(data, size);
  OX_REQUIRE(type == 8 || type == 9, "type is not 8 or 9");
  OX_REQUIRE(entries != NULL || count == 0, "entries is NULL");
  OX_REQUIRE(count <= PTRDIFF_MAX / sizeof *entries, "count is too large");
  for (size_t i = 0; i < count; i++) {
    OX_REQUIRE(entries[i].data != NULL || entries[i].size == 0, "an entry's data is NULL");
    OX_REQUIRE(entries[i].size <= 0xFFFFFF, "more bytes than a message can hold");
  }
  return oxgo_modex_build(type, (uint8_t *)data, size, (oxrtmp_modex *)entries, count, buf, cap, length);
}

oxrtmp_status oxrtmp_channels_parse(const uint8_t *data, size_t size, oxrtmp_channels *channels) {
  OX_ENTER();
  OX_STRUCT_CLEAR(channels);
  OX_INPUT(data, size);
  OX_STRUCT_OUT(oxrtmp_channels, channels, oxgo_channels_parse((uint8_t *)data, size, &local_));
}

oxrtmp_status oxrtmp_channels_build(const oxrtmp_channels *channels, uint8_t *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_REQUIRE(channels != NULL, "channels is NULL");
  OX_OPTIONS(oxrtmp_channels, c, channels);
  OX_REQUIRE(c.order <= 255 && c.count <= 255, "a number is above 255");
  return oxgo_channels_build(&c, buf, cap, length);
}
