// The header in C++17: every struct, constant and function can be named, and the library called.
#include <oxrtmp.h>

#include <cstdio>
#include <type_traits>

static_assert(std::is_standard_layout<oxrtmp_packet>::value && std::is_trivial<oxrtmp_packet>::value, "plain data");
static_assert(sizeof(oxrtmp_packet) == 128, "fixed for the life of the library's name");
static_assert(!std::is_convertible<oxrtmp_server, oxrtmp_session>::value, "handles are types");
static_assert(OXRTMP_OK == 0 && OXRTMP_E_ARGUMENT < 0, "statuses are constants");
static_assert(OXRTMP_CODEC_AVC1 == 0x61766331u, "codecs are constants");

int main() {
  oxrtmp_server_options options;
  oxrtmp_server server;
  if (oxrtmp_server_options_init(&options) != OXRTMP_OK || options.struct_size != sizeof options) {
    return 1;
  }
  if (oxrtmp_server_bind("127.0.0.1:0", &options, &server) != OXRTMP_OK) {
    return 1;
  }
  oxrtmp_request request{};
  bool right = oxrtmp_server_accept(server, 0, &request) == OXRTMP_E_TIMEOUT && request.id == 0;
  right = oxrtmp_server_close(server) == OXRTMP_OK && right;
  std::printf("  %-44s %s\n", "header_in_cpp", right ? "ok" : "failed");
  return right ? 0 : 1;
}
