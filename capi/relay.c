#include "bridge.h"

#include "_cgo_export.h"

/* RELAY_OPTIONS reads the options of a relay, with those of its clients and its mask. */
#define RELAY_OPTIONS(local, in) \
  OX_OPTIONS(oxrtmp_relay_options, local, in); \
  OX_CLIENT_OPTIONS(client_, local.client); \
  OX_MASK(left_out_, local.mask); \
  local.client = &client_; \
  local.mask = &left_out_

oxrtmp_status oxrtmp_hub_push(oxrtmp_hub hub, const char *app, const char *stream_name, const char *url,
                              const oxrtmp_relay_options *options, oxrtmp_relay *relay) {
  OX_ENTER();
  OX_OUT(relay);
  OX_REQUIRE(app != NULL, "app is NULL");
  OX_REQUIRE(stream_name != NULL, "stream_name is NULL");
  OX_REQUIRE(url != NULL, "url is NULL");
  RELAY_OPTIONS(o, options);
  OX_REQUIRE(o.on_demand == 0, "on_demand is for a pull");
  return oxgo_hub_push(hub, (char *)app, (char *)stream_name, (char *)url, &o, relay);
}

oxrtmp_status oxrtmp_hub_pull(oxrtmp_hub hub, const char *app, const char *stream_name, const char *url,
                              const oxrtmp_relay_options *options, oxrtmp_relay *relay) {
  OX_ENTER();
  OX_OUT(relay);
  OX_REQUIRE(app != NULL, "app is NULL");
  OX_REQUIRE(stream_name != NULL, "stream_name is NULL");
  OX_REQUIRE(url != NULL, "url is NULL");
  RELAY_OPTIONS(o, options);
  return oxgo_hub_pull(hub, (char *)app, (char *)stream_name, (char *)url, &o, relay);
}

oxrtmp_status oxrtmp_relay_statistics(oxrtmp_relay relay, oxrtmp_relay_info *info) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_relay_info, info, oxgo_relay_statistics(relay, &local_));
}

oxrtmp_status oxrtmp_relay_next_event(oxrtmp_relay relay, int32_t timeout_ms, oxrtmp_event *event) {
  OX_ENTER();
  OX_OUT(event);
  return oxgo_relay_next_event(relay, timeout_ms, event);
}

oxrtmp_status oxrtmp_relay_set_queue(oxrtmp_relay relay, oxrtmp_queue queue, uint64_t user_data) {
  OX_ENTER();
  return oxgo_relay_set_queue(relay, queue, user_data);
}

oxrtmp_status oxrtmp_relay_close(oxrtmp_relay relay) {
  OX_ENTER();
  return oxgo_relay_close(relay);
}
