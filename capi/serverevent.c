/* What a server tells, and the release of events. */
#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_server_next_event(oxrtmp_server server, int32_t timeout_ms, oxrtmp_event *event) {
  OX_ENTER();
  OX_OUT(event);
  oxrtmp_status status = oxgo_server_next_event(server, timeout_ms, event);
  ox_events_own(event, 1);
  return status;
}

const char *oxrtmp_server_event_name(uint32_t kind) {
  static const char *const names[] = {"",
                                      "connection",
                                      "handshake_complete",
                                      "connect",
                                      "disconnect",
                                      "fc_publish",
                                      "publish",
                                      "publish_stop",
                                      "unpublish",
                                      "play",
                                      "play_stop",
                                      "pause",
                                      "unpause",
                                      "metadata",
                                      "media_tag",
                                      "video_frame",
                                      "audio_frame",
                                      "enhanced_video_frame",
                                      "enhanced_audio_frame",
                                      "keyframe",
                                      "stats_update"};
  return kind < sizeof names / sizeof names[0] ? names[kind] : "";
}

/* release gives back what an event holds; status is what has come of its answer. */
static oxrtmp_status release(oxrtmp_event *event, oxrtmp_status status) {
  if (ox_has_packet(event)) {
    return oxrtmp_packet_release(&event->u.packet);
  }
  if (event->type != OXRTMP_EVENT_SERVER) {
    return OXRTMP_OK;
  }
  oxrtmp_server_event *told = &event->u.server;
  oxrtmp_packet texts = {.token = told->token};
  oxrtmp_status first = oxrtmp_packet_release(&told->packet), second = oxrtmp_packet_release(&texts);
  told->peer = told->app = told->stream_name = told->text = ox_empty;
  told->statistics = NULL;
  return status != OXRTMP_OK ? status : first != OXRTMP_OK ? first : second;
}

/* asks tells whether the message of an event waits for an answer. */
static bool asks(const oxrtmp_event *event) { return event->type == OXRTMP_EVENT_SERVER && event->request.id != 0; }

oxrtmp_status oxrtmp_event_release(oxrtmp_event *event) {
  OX_ENTER();
  OX_REQUIRE(event != NULL, "event is NULL");
  return release(event, asks(event) ? oxgo_event_release(event->request.id) : OXRTMP_OK);
}

oxrtmp_status oxrtmp_event_drop(oxrtmp_event *event) {
  OX_ENTER();
  OX_REQUIRE(event != NULL, "event is NULL");
  return release(event, asks(event) ? oxgo_event_drop(event->request.id) : OXRTMP_OK);
}
