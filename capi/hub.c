#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_hub_create(const oxrtmp_hub_options *options, oxrtmp_hub *hub) {
  OX_ENTER();
  OX_OUT(hub);
  OX_OPTIONS(oxrtmp_hub_options, o, options);
  OX_REQUIRE(o.cache_policy <= OXRTMP_CACHE_OFF, "cache_policy is none");
  OX_REQUIRE(o.slow_policy <= OXRTMP_SLOW_BLOCK, "slow_policy is none");
  OX_REQUIRE(o.takeover <= OXRTMP_TAKEOVER_IF_SILENT, "takeover is none");
  OX_REQUIRE(o.timestamps <= OXRTMP_TIMESTAMPS_REBASE, "timestamps is none");
  OX_REQUIRE(o.codecs <= OXRTMP_CODECS_FILTER, "codecs is none");
  OX_REQUIRE(o.coalesce_ms <= 10000, "coalesce_ms is more than 10000");
  OX_MASK(mask, o.mask);
  o.mask = &mask;
  return oxgo_hub_create(&o, hub);
}

oxrtmp_status oxrtmp_hub_accept(oxrtmp_hub hub, oxrtmp_request request) {
  OX_ENTER();
  return oxgo_hub_accept(hub, request);
}

oxrtmp_status oxrtmp_hub_accept_masked(oxrtmp_hub hub, oxrtmp_request request, const oxrtmp_mask *mask) {
  OX_ENTER();
  OX_REQUIRE(mask != NULL, "mask is NULL");
  OX_MASK(m, mask);
  return oxgo_hub_accept_masked(hub, request, &m);
}

oxrtmp_status oxrtmp_hub_publish(oxrtmp_hub hub, const char *app, const char *stream_name,
                                 const oxrtmp_client_options *options, oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(app != NULL, "app is NULL");
  OX_REQUIRE(stream_name != NULL, "stream_name is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_hub_publish(hub, (char *)app, (char *)stream_name, &o, client);
}

oxrtmp_status oxrtmp_hub_play(oxrtmp_hub hub, const char *app, const char *stream_name,
                              const oxrtmp_client_options *options, oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(app != NULL, "app is NULL");
  OX_REQUIRE(stream_name != NULL, "stream_name is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_hub_play(hub, (char *)app, (char *)stream_name, &o, client);
}

oxrtmp_status oxrtmp_hub_statistics(oxrtmp_hub hub, oxrtmp_hub_info *info) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_hub_info, info, oxgo_hub_statistics(hub, &local_));
}

oxrtmp_status oxrtmp_hub_stream_statistics(oxrtmp_hub hub, const char *app, const char *stream_name,
                                           oxrtmp_stream_info *info) {
  OX_ENTER();
  OX_STRUCT_CLEAR(info);
  OX_REQUIRE(app != NULL, "app is NULL");
  OX_REQUIRE(stream_name != NULL, "stream_name is NULL");
  OX_STRUCT_OUT(oxrtmp_stream_info, info,
                oxgo_hub_stream_statistics(hub, (char *)app, (char *)stream_name, &local_));
}

oxrtmp_status oxrtmp_hub_json(oxrtmp_hub hub, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_hub_json(hub, buf, cap, length);
}

oxrtmp_status oxrtmp_hub_data_frames_json(oxrtmp_hub hub, const char *app, const char *stream_name, char *buf, size_t cap,
                                          size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  OX_REQUIRE(app != NULL && stream_name != NULL, "app or stream_name is NULL");
  return oxgo_hub_data_frames_json(hub, (char *)app, (char *)stream_name, buf, cap, length);
}

oxrtmp_status oxrtmp_hub_close(oxrtmp_hub hub) {
  OX_ENTER();
  return oxgo_hub_close(hub);
}
