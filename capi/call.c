/* Calls between the applications on both sides, and their answers. */
#include "bridge.h"

#include "_cgo_export.h"

/* A call's name and its arguments. */
#define CALL_IN(name, values, size) \
  OX_REQUIRE((name) != NULL && *(name) != 0, "name is empty"); \
  OX_BYTES_IN(values, size)

/* owned makes a packet that was written the caller's. */
static oxrtmp_status owned(oxrtmp_status status, oxrtmp_packet *packet) {
  return status == OXRTMP_OK ? ox_packets_own(packet, 1) : status;
}

oxrtmp_status oxrtmp_client_call(oxrtmp_client client, const char *name, const uint8_t *values, size_t size,
                                 int32_t timeout_ms, oxrtmp_packet *answer) {
  OX_ENTER();
  OX_OUT(answer);
  CALL_IN(name, values, size);
  return owned(oxgo_client_call(client, (char *)name, (uint8_t *)values, size, timeout_ms, answer), answer);
}

oxrtmp_status oxrtmp_session_call(oxrtmp_session session, const char *name, const uint8_t *values, size_t size,
                                  int32_t timeout_ms, oxrtmp_packet *answer) {
  OX_ENTER();
  OX_OUT(answer);
  CALL_IN(name, values, size);
  return owned(oxgo_session_call(session, (char *)name, (uint8_t *)values, size, timeout_ms, answer), answer);
}

oxrtmp_status oxrtmp_client_call_start(oxrtmp_client client, const char *name, const uint8_t *values, size_t size,
                                       int32_t timeout_ms, uint32_t *call_id) {
  OX_ENTER();
  OX_OUT(call_id);
  CALL_IN(name, values, size);
  return oxgo_client_call_start(client, (char *)name, (uint8_t *)values, size, timeout_ms, call_id);
}

oxrtmp_status oxrtmp_session_call_start(oxrtmp_session session, const char *name, const uint8_t *values, size_t size,
                                        int32_t timeout_ms, uint32_t *call_id) {
  OX_ENTER();
  OX_OUT(call_id);
  CALL_IN(name, values, size);
  return oxgo_session_call_start(session, (char *)name, (uint8_t *)values, size, timeout_ms, call_id);
}

oxrtmp_status oxrtmp_client_notify(oxrtmp_client client, const char *name, const uint8_t *values, size_t size) {
  OX_ENTER();
  CALL_IN(name, values, size);
  return oxgo_client_notify(client, (char *)name, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_session_notify(oxrtmp_session session, const char *name, const uint8_t *values, size_t size) {
  OX_ENTER();
  CALL_IN(name, values, size);
  return oxgo_session_notify(session, (char *)name, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_client_answer(oxrtmp_client client, uint32_t call_id, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(values, size);
  return oxgo_client_answer(client, call_id, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_session_answer(oxrtmp_session session, uint32_t call_id, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(values, size);
  return oxgo_session_answer(session, call_id, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_client_refuse(oxrtmp_client client, uint32_t call_id, const char *code, const char *description) {
  OX_ENTER();
  return oxgo_client_refuse(client, call_id, (char *)code, (char *)description);
}

oxrtmp_status oxrtmp_session_refuse(oxrtmp_session session, uint32_t call_id, const char *code,
                                    const char *description) {
  OX_ENTER();
  return oxgo_session_refuse(session, call_id, (char *)code, (char *)description);
}

oxrtmp_status oxrtmp_engine_call(oxrtmp_engine engine, const char *name, const uint8_t *values, size_t size,
                                 int32_t timeout_ms, uint32_t *call_id) {
  OX_ENTER();
  OX_OUT(call_id);
  CALL_IN(name, values, size);
  return oxgo_engine_call(engine, (char *)name, (uint8_t *)values, size, timeout_ms, call_id);
}

oxrtmp_status oxrtmp_engine_notify(oxrtmp_engine engine, const char *name, const uint8_t *values, size_t size) {
  OX_ENTER();
  CALL_IN(name, values, size);
  return oxgo_engine_notify(engine, (char *)name, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_engine_answer(oxrtmp_engine engine, uint32_t call_id, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_BYTES_IN(values, size);
  return oxgo_engine_answer(engine, call_id, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_engine_refuse(oxrtmp_engine engine, uint32_t call_id, const char *code, const char *description) {
  OX_ENTER();
  return oxgo_engine_refuse(engine, call_id, (char *)code, (char *)description);
}

oxrtmp_status oxrtmp_engine_request_reconnect(oxrtmp_engine engine, const char *tc_url, const char *description) {
  OX_ENTER();
  return oxgo_engine_request_reconnect(engine, (char *)tc_url, (char *)description);
}
