/* AMF values as steps of numbers: lib/amf.js makes JavaScript's types of them. A step is STEP numbers; its name and text
 * are places in the bytes that come with the steps. */
#include "lowlevel.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE, COUNT, ZONE, NUMBER, FLAGS, NAME, NAME_SIZE, TEXT_AT, TEXT_SIZE, STEP };

/* place returns where text begins in the size bytes at data; what is empty may lie elsewhere. */
static double place(const char *text, const uint8_t *data, size_t size) {
  uintptr_t at = (uintptr_t)text - (uintptr_t)data;
  return at <= size ? (double)at : 0;
}

static void put(double *to, const oxrtmp_amf_value *v, const uint8_t *data, size_t size) {
  to[TYPE] = v->type;
  to[COUNT] = v->count;
  to[ZONE] = v->zone;
  to[NUMBER] = v->number;
  to[FLAGS] = v->flags;
  to[NAME] = v->name == NULL ? -1 : place(v->name, data, size);
  to[NAME_SIZE] = (double)v->name_size;
  to[TEXT_AT] = place(v->text, data, size);
  to[TEXT_SIZE] = (double)v->text_size;
}

/* amfDecode(bytes, flags, depth, values, sizes): [status, steps]. sizes are those of external objects, as 8-byte numbers;
 * where one is missing the status is UNSUPPORTED, and the step is that object. */
static napi_value amf_decode(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *data, *numbers;
  size_t size, bytes, count;
  oxrtmp_amf_options options;
  oxrtmp_amf_options_init(&options);
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &data, &size) || !get_u32(&a, 1, &options.flags) ||
      !get_u32(&a, 2, &options.depth) || !get_u32(&a, 3, &options.values) || !get_bytes(&a, 4, &numbers, &bytes)) {
    return NULL;
  }
  size_t *sizes = malloc(bytes + 1);
  oxrtmp_amf_value few[64], *values = few;
  oxrtmp_status status = OXRTMP_E_MEMORY;
  if (sizes != NULL) {
    options.external_count = bytes / 8;
    memcpy(sizes, numbers, bytes);
    options.external_sizes = sizes;
    status = oxrtmp_amf_decode(data, size, &options, few, 64, &count);
    if (status == OXRTMP_E_BUFFER) {
      values = malloc(count * sizeof *values);
      status = values != NULL ? oxrtmp_amf_decode(data, size, &options, values, count, &count) : OXRTMP_E_MEMORY;
    }
  }
  count = status == OXRTMP_OK || status == OXRTMP_E_UNSUPPORTED ? count : 0;
  napi_value result = NULL, steps;
  double *to;
  if (napi_create_array_with_length(env, 2, &result) == napi_ok &&
      napi_create_arraybuffer(env, count * STEP * sizeof *to, (void **)&to, &steps) == napi_ok) {
    for (size_t i = 0; i < count; i++) {
      put(to + i * STEP, &values[i], data, size);
    }
    napi_set_element(env, result, 0, make_status(env, status));
    napi_set_element(env, result, 1, steps);
  }
  if (values != few) {
    free(values);
  }
  free(sizes);
  return result;
}

/* get reads a step; false when its places are not in the size bytes at texts. */
static bool get(oxrtmp_amf_value *v, const double *from, const uint8_t *texts, size_t size) {
  double ends[] = {from[NAME] < 0 ? 0 : from[NAME] + from[NAME_SIZE], from[TEXT_AT] + from[TEXT_SIZE]};
  if (!(ends[0] <= (double)size && ends[1] <= (double)size)) {
    return false;
  }
  *v = (oxrtmp_amf_value){.type = (uint32_t)from[TYPE],
                          .count = (uint32_t)from[COUNT],
                          .zone = (int32_t)from[ZONE],
                          .number = from[NUMBER],
                          .flags = (uint32_t)from[FLAGS],
                          .text = (const char *)texts + (size_t)from[TEXT_AT],
                          .text_size = (size_t)from[TEXT_SIZE]};
  if (from[NAME] >= 0) {
    v->name = (const char *)texts + (size_t)from[NAME];
    v->name_size = (size_t)from[NAME_SIZE];
  }
  return true;
}

/* amfEncode(steps, texts, flags): a Buffer, or a status. */
static napi_value amf_encode(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *numbers, *texts;
  size_t bytes, size, length = 0;
  uint32_t flags;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &numbers, &bytes) || !get_bytes(&a, 1, &texts, &size) ||
      !get_u32(&a, 2, &flags)) {
    return NULL;
  }
  size_t count = bytes / (STEP * sizeof(double));
  oxrtmp_amf_value *values = malloc((count + 1) * sizeof *values);
  if (values == NULL) {
    return make_status(env, OXRTMP_E_MEMORY);
  }
  for (size_t i = 0; i < count; i++) {
    double step[STEP];
    memcpy(step, numbers + i * sizeof step, sizeof step);
    if (!get(&values[i], step, texts != NULL ? texts : (const uint8_t *)"", size)) {
      free(values);
      return fail_argument(env, "not a step");
    }
  }
  uint8_t small[512], *to = small;
  oxrtmp_status status = oxrtmp_amf_encode(values, count, flags, to, sizeof small, &length);
  if (status == OXRTMP_E_BUFFER) {
    to = malloc(length);
    status = to != NULL ? oxrtmp_amf_encode(values, count, flags, to, length, &length) : OXRTMP_E_MEMORY;
  }
  napi_value result = NULL;
  if (status == OXRTMP_OK) {
    napi_create_buffer_copy(env, length, to, NULL, &result);
  } else {
    result = make_status(env, status);
  }
  if (to != small) {
    free(to);
  }
  free(values);
  return result;
}

/* amfToJson(bytes, flags): a string, or a status. */
static napi_value amf_to_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *data;
  size_t size;
  uint32_t flags;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &data, &size) || !get_u32(&a, 1, &flags)) {
    return NULL;
  }
  TEXT(env, &result, oxrtmp_amf_to_json, data, size, flags);
  return result;
}

static napi_value amf_of(struct arguments *a, const char *json, uint32_t flags) {
  WRITE(a, 2, oxrtmp_amf_from_json, json, flags);
}

/* amfFromJson(json, flags, into): the bytes. */
static napi_value amf_from_json(napi_env env, napi_callback_info info) {
  struct arguments a;
  char *json;
  uint32_t flags;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 1, &flags) || !get_string(&a, 0, &json)) {
    return NULL;
  }
  napi_value result = amf_of(&a, json, flags);
  free(json);
  return result;
}

const struct function amf_functions[] = {
    {"amfDecode", amf_decode},
    {"amfEncode", amf_encode},
    {"amfToJson", amf_to_json},
    {"amfFromJson", amf_from_json},
    {NULL, NULL},
};
