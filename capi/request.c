#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_request_kind(oxrtmp_request request, uint32_t *kind) {
  OX_ENTER();
  OX_OUT(kind);
  return oxgo_request_kind(request, kind);
}

oxrtmp_status oxrtmp_request_app(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_app(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_stream_name(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_stream_name(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_raw_stream_name(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_raw_stream_name(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_query(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_query(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_publish_type(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_publish_type(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_tc_url(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_tc_url(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_peer_address(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_peer_address(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_flash_version(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_flash_version(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_swf_url(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_swf_url(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_page_url(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_page_url(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_encoder(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_encoder(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_connect_json(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_connect_json(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_connection(oxrtmp_request request, uint64_t *connection) {
  OX_ENTER();
  OX_OUT(connection);
  return oxgo_request_connection(request, connection);
}

oxrtmp_status oxrtmp_request_user(oxrtmp_request request, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_request_user(request, buf, cap, length);
}

oxrtmp_status oxrtmp_request_redirect(oxrtmp_request request, const char *url, const char *description) {
  OX_ENTER();
  OX_REQUIRE(url != NULL, "url is NULL");
  return oxgo_request_redirect(request, (char *)url, (char *)description);
}

oxrtmp_status oxrtmp_request_login(oxrtmp_request request, uint32_t scheme, const char *password, uint32_t *granted) {
  OX_ENTER();
  OX_OUT(granted);
  OX_REQUIRE(scheme <= OXRTMP_LOGIN_LLNW, "scheme is no oxrtmp_login_scheme");
  return oxgo_request_login(request, scheme, (char *)password, granted);
}

oxrtmp_status oxrtmp_request_connect(oxrtmp_request request, oxrtmp_connect_info *info) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_connect_info, info, oxgo_request_connect(request, &local_));
}

oxrtmp_status oxrtmp_request_accept(oxrtmp_request request, const oxrtmp_session_options *options,
                                    oxrtmp_session *session) {
  OX_ENTER();
  OX_OUT(session);
  OX_OPTIONS(oxrtmp_session_options, o, options);
  return oxgo_request_accept(request, &o, session);
}

oxrtmp_status oxrtmp_request_reject(oxrtmp_request request, const char *code, const char *description) {
  OX_ENTER();
  return oxgo_request_reject(request, (char *)code, (char *)description);
}
