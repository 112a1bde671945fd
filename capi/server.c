#include "bridge.h"

#include "_cgo_export.h"

#include <pthread.h>
#include <stdlib.h>

oxrtmp_status oxrtmp_server_bind(const char *address, const oxrtmp_server_options *options, oxrtmp_server *server) {
  OX_ENTER();
  OX_OUT(server);
  OX_REQUIRE(address != NULL, "address is NULL");
  OX_SERVER_OPTIONS(o, options);
  return oxgo_server_bind((char *)address, &o, server);
}

oxrtmp_status oxrtmp_server_create(const oxrtmp_server_options *options, oxrtmp_server *server) {
  OX_ENTER();
  OX_OUT(server);
  OX_SERVER_OPTIONS(o, options);
  return oxgo_server_create(&o, server);
}

oxrtmp_status oxrtmp_server_listen(oxrtmp_server server, const char *address) {
  OX_ENTER();
  OX_REQUIRE(address != NULL, "address is NULL");
  return oxgo_server_listen(server, (char *)address);
}

oxrtmp_status oxrtmp_server_adopt_listener(oxrtmp_server server, int fd) {
  OX_ENTER();
  OX_REQUIRE(fd >= 0, "fd is negative");
  return oxgo_server_adopt_listener(server, fd);
}

oxrtmp_status oxrtmp_server_adopt_connection(oxrtmp_server server, int fd) {
  OX_ENTER();
  OX_REQUIRE(fd >= 0, "fd is negative");
  return oxgo_server_adopt_connection(server, fd);
}

oxrtmp_status oxrtmp_server_adopt_tls_listener(oxrtmp_server server, int fd) {
  OX_ENTER();
  OX_REQUIRE(fd >= 0, "fd is negative");
  return oxgo_server_adopt_tls_listener(server, fd);
}

oxrtmp_status oxrtmp_server_adopt_tls_connection(oxrtmp_server server, int fd) {
  OX_ENTER();
  OX_REQUIRE(fd >= 0, "fd is negative");
  return oxgo_server_adopt_tls_connection(server, fd);
}

oxrtmp_status oxrtmp_server_set_certificate(oxrtmp_server server, const char *name, const oxrtmp_tls_options *options) {
  OX_ENTER();
  OX_REQUIRE(name != NULL, "name is NULL");
  OX_OPTIONS(oxrtmp_tls_options, o, options);
  return oxgo_server_set_certificate(server, (char *)name, options != NULL ? &o : NULL);
}

oxrtmp_status oxrtmp_server_address(oxrtmp_server server, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_server_address(server, buf, cap, length);
}

oxrtmp_status oxrtmp_server_addresses(oxrtmp_server server, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_server_addresses(server, buf, cap, length);
}

oxrtmp_status oxrtmp_server_json(oxrtmp_server server, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_server_json(server, buf, cap, length);
}

oxrtmp_status oxrtmp_server_take_failure(oxrtmp_server server, oxrtmp_failure *failure, uint8_t *buf, size_t cap,
                                         size_t *length) {
  OX_ENTER();
  OX_BYTES_OUT(buf, cap, length);
  OX_STRUCT_OUT(oxrtmp_failure, failure, oxgo_server_take_failure(server, &local_, buf, cap, length));
}

oxrtmp_status oxrtmp_server_prometheus(oxrtmp_server server, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_server_prometheus(server, buf, cap, length);
}

oxrtmp_status oxrtmp_server_accept(oxrtmp_server server, int32_t timeout_ms, oxrtmp_request *request) {
  OX_ENTER();
  OX_OUT(request);
  return oxgo_server_accept(server, timeout_ms, request);
}

oxrtmp_status oxrtmp_server_kick(oxrtmp_server server, uint64_t connection, const char *code,
                                 const char *description) {
  OX_ENTER();
  return oxgo_server_kick(server, connection, (char *)code, (char *)description);
}

oxrtmp_status oxrtmp_server_shutdown(oxrtmp_server server, int32_t timeout_ms) {
  OX_ENTER();
  return oxgo_server_shutdown(server, timeout_ms);
}

oxrtmp_status oxrtmp_server_close(oxrtmp_server server) {
  OX_ENTER();
  return oxgo_server_close(server);
}
