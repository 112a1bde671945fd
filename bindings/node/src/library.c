/* Functions of the library itself. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

static napi_value version(napi_env env, napi_callback_info info) {
  (void)info;
  return make_u32(env, oxrtmp_version());
}

static napi_value build_info(napi_env env, napi_callback_info info) {
  (void)info;
  const char *text = oxrtmp_build_info();
  return make_string(env, text, strlen(text));
}

/* statuses(): [[number, name, text], ...] */
static napi_value statuses(napi_env env, napi_callback_info info) {
  (void)info;
#define NUMBER(name, number, text) number,
  static const oxrtmp_status all[] = {OXRTMP_STATUS_MAP(NUMBER)};
#undef NUMBER
  napi_value list;
  if (napi_create_array(env, &list) != napi_ok) {
    return NULL;
  }
  for (uint32_t i = 0; i < sizeof all / sizeof *all; i++) {
    napi_value row;
    const char *name = oxrtmp_status_name(all[i]), *text = oxrtmp_status_text(all[i]);
    if (napi_create_array(env, &row) != napi_ok) {
      return NULL;
    }
    napi_set_element(env, row, 0, make_status(env, all[i]));
    napi_set_element(env, row, 1, make_string(env, name, strlen(name)));
    napi_set_element(env, row, 2, make_string(env, text, strlen(text)));
    napi_set_element(env, list, i, row);
  }
  return list;
}

static napi_value phase_name(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t phase;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &phase)) {
    return NULL;
  }
  const char *name = oxrtmp_phase_name(phase);
  return make_string(env, name, strlen(name));
}

static napi_value memory_limit(napi_env env, napi_callback_info info) {
  struct arguments a;
  double bytes;
  if (!arguments_get(env, info, &a) || !get_double(&a, 0, &bytes)) {
    return NULL;
  }
  return make_status(env, oxrtmp_memory_limit((uint64_t)bytes));
}

static napi_value runtime_configure(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_runtime_options options;
  double heap;
  oxrtmp_runtime_options_init(&options);
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &options.processors) || !get_double(&a, 1, &heap)) {
    return NULL;
  }
  options.heap_bytes = (uint64_t)heap;
  return make_status(env, oxrtmp_runtime_configure(&options));
}

static napi_value library_statistics(napi_env env, napi_callback_info info) {
  struct arguments a;
  napi_value object;
  oxrtmp_library_info i = {.struct_size = sizeof i};
  if (!arguments_get(env, info, &a)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_library_statistics(&i);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  if (napi_create_object(env, &object) != napi_ok) {
    return NULL;
  }
  set_named(env, object, "handles", make_u32(env, i.handles));
  set_named(env, object, "packets", make_double(env, (double)i.packets));
  set_named(env, object, "payloadBytes", make_bigint(env, i.payload_bytes));
  set_named(env, object, "pooledBytes", make_bigint(env, i.pooled_bytes));
  set_named(env, object, "heapBytes", make_bigint(env, i.heap_bytes));
  set_named(env, object, "lentBytes", make_bigint(env, atomic_load(&a.addon->in_flight)));
  set_named(env, object, "goroutines", make_u32(env, i.goroutines));
  set_named(env, object, "faults", make_u32(env, i.faults));
  set_named(env, object, "processors", make_u32(env, i.processors));
  set_named(env, object, "heapLimit", make_bigint(env, i.heap_limit));
  return object;
}

/* The packet that the bytes of a data message make: (raw, type). */
static bool data_message(struct arguments *a, oxrtmp_packet *packet) {
  uint32_t type;
  *packet = (oxrtmp_packet){0};
  if (!get_bytes(a, 0, &packet->raw, &packet->raw_size) || !get_u32(a, 1, &type)) {
    return false;
  }
  packet->data = packet->raw;
  packet->size = packet->raw_size;
  packet->type = (uint8_t)type;
  return true;
}

static napi_value packet_handler(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_packet packet;
  napi_value result;
  if (!arguments_get(env, info, &a) || !data_message(&a, &packet)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_packet_handler, &packet);
  return result;
}

static napi_value packet_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_packet packet;
  napi_value result;
  if (!arguments_get(env, info, &a) || !data_message(&a, &packet)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_packet_json, &packet);
  return result;
}

const struct function library_functions[] = {
    {"version", version},
    {"buildInfo", build_info},
    {"statuses", statuses},
    {"phaseName", phase_name},
    {"memoryLimit", memory_limit},
    {"runtimeConfigure", runtime_configure},
    {"libraryStatistics", library_statistics},
    {"packetHandler", packet_handler},
    {"packetJson", packet_json},
    {"lastError", last_error},
    {"optionNames", option_names},
    {"start", queue_start},
    {"ref", queue_ref},
    {"unref", queue_unref},
    {NULL, NULL},
};
