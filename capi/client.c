#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_client_publish(const char *url, const oxrtmp_client_options *options, int32_t timeout_ms,
                                    oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_publish((char *)url, &o, timeout_ms, client);
}

oxrtmp_status oxrtmp_client_publish_open(const char *url, const oxrtmp_client_options *options, oxrtmp_queue queue,
                                         uint64_t user_data, oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_publish_open((char *)url, &o, queue, user_data, client);
}

oxrtmp_status oxrtmp_client_publish_fd(int fd, const char *url, const oxrtmp_client_options *options,
                                       int32_t timeout_ms, oxrtmp_client *client) {
  OX_ENTER();
  OX_OUT(client);
  OX_REQUIRE(fd >= 0, "fd is negative");
  OX_REQUIRE(url != NULL, "url is NULL");
  OX_CLIENT_OPTIONS(o, options);
  return oxgo_client_publish_fd(fd, (char *)url, &o, timeout_ms, client);
}

oxrtmp_status oxrtmp_client_set_data_frame(oxrtmp_client client, const char *handler, const uint8_t *values, size_t size) {
  OX_ENTER();
  OX_REQUIRE(handler != NULL, "handler is NULL");
  OX_BYTES_IN(values, size);
  return oxgo_client_set_data_frame(client, (char *)handler, (uint8_t *)values, size);
}

oxrtmp_status oxrtmp_client_clear_data_frame(oxrtmp_client client, const char *handler) {
  OX_ENTER();
  OX_REQUIRE(handler != NULL, "handler is NULL");
  return oxgo_client_clear_data_frame(client, (char *)handler);
}

oxrtmp_status oxrtmp_client_statistics(oxrtmp_client client, oxrtmp_statistics *statistics) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_statistics, statistics, oxgo_client_statistics(client, &local_));
}

oxrtmp_status oxrtmp_client_connection_statistics(oxrtmp_client client, oxrtmp_connection_statistics *statistics) {
  OX_ENTER();
  OX_STRUCT_OUT(oxrtmp_connection_statistics, statistics, oxgo_client_connection_statistics(client, &local_));
}

oxrtmp_status oxrtmp_client_peer_address(oxrtmp_client client, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  return oxgo_client_peer_address(client, buf, cap, length);
}

oxrtmp_status oxrtmp_client_close(oxrtmp_client client) {
  OX_ENTER();
  return oxgo_client_close(client);
}
