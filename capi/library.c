/* Version, build information, memory limit, run-time system, statistics. */
#include "bridge.h"

#include "_cgo_export.h"

/* capi/build gives these; a plain `go build` does without. */
#ifndef OX_BUILD_VERSION
#define OX_BUILD_VERSION "unversioned"
#endif
#ifndef OX_BUILD_GO
#define OX_BUILD_GO "go"
#endif

uint32_t oxrtmp_version(void) { return OXRTMP_VERSION; }

const char *oxrtmp_build_info(void) {
  return "oxrtmp " OX_BUILD_VERSION ", " OX_BUILD_GO
#ifdef __clang__
         ", " __VERSION__;
#else
         ", gcc " __VERSION__;
#endif
}

oxrtmp_status oxrtmp_memory_limit(uint64_t bytes) {
  OX_ENTER();
  return oxgo_memory_limit(bytes);
}

oxrtmp_status oxrtmp_runtime_configure(const oxrtmp_runtime_options *options) {
  OX_ENTER();
  OX_OPTIONS(oxrtmp_runtime_options, local, options);
  OX_REQUIRE(local.processors <= 1024, "options->processors is more than 1024");
  return oxgo_runtime_configure(&local);
}

oxrtmp_status oxrtmp_library_statistics(oxrtmp_library_info *info) {
  OX_ENTER();
  oxrtmp_status status = ox_check_struct(info, "info");
  if (status != OXRTMP_OK) {
    return status;
  }
  oxrtmp_library_info now = {0};
  status = oxgo_library_statistics(&now);
  if (status == OXRTMP_OK) {
    now.packets = ox_packets_live();
    now.pooled_bytes = ox_bytes_pooled();
    ox_write_struct(info, &now, sizeof now);
  }
  return status;
}
