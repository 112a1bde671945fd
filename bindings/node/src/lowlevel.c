/* What the files of the low-level parts share; AMF step by step, messages, media and FLV. */
#include "lowlevel.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PACKETS = 256 };

/* ---- arguments ---- */

bool get_data(struct arguments *a, size_t at, const uint8_t **data, size_t *size) {
  if (!get_bytes(a, at, data, size)) {
    return false;
  }
  if (*data == NULL) {
    *data = (const uint8_t *)"";
  }
  return true;
}

void *get_struct(struct arguments *a, size_t at, size_t least) {
  void *memory;
  size_t size;
  if (napi_get_arraybuffer_info(a->env, a->values[at], &memory, &size) != napi_ok || size < least) {
    fail_argument(a->env, "not the memory of a struct");
    return NULL;
  }
  return memory;
}

const void *offset(const void *pointer, const uint8_t *data) {
  uintptr_t at = pointer == NULL ? UINTPTR_MAX : (uintptr_t)((const uint8_t *)pointer - data);
  return (const void *)at;
}

/* ---- results ---- */

bool get_target(struct arguments *a, size_t at, struct target *to) {
  napi_valuetype type;
  const uint8_t *given;
  to->bytes = to->small;
  to->cap = sizeof to->small;
  to->given = false;
  to->buffer = NULL;
  if (at >= a->count || napi_typeof(a->env, a->values[at], &type) != napi_ok || type == napi_undefined) {
    return true;
  }
  to->given = true;
  bool ok = get_data(a, at, &given, &to->cap);
  to->bytes = (uint8_t *)given;
  return ok;
}

bool make_room(struct arguments *a, struct target *to, size_t size) {
  void *bytes;
  if (to->given || napi_create_buffer(a->env, size, &bytes, &to->buffer) != napi_ok) {
    return false;
  }
  to->bytes = bytes;
  to->cap = size;
  return true;
}

napi_value written(struct arguments *a, struct target *to, oxrtmp_status status, size_t size) {
  napi_value result = NULL;
  if (status == OXRTMP_E_BUFFER && to->given) {
    if (napi_create_array_with_length(a->env, 1, &result) == napi_ok) {
      napi_set_element(a->env, result, 0, make_double(a->env, (double)size));
    }
    return result;
  }
  if (status != OXRTMP_OK) {
    return make_status(a->env, status);
  }
  if (to->given) {
    return make_double(a->env, (double)size);
  }
  if (to->buffer != NULL) {
    return to->buffer;
  }
  napi_create_buffer_copy(a->env, size, to->small, NULL, &result);
  return result;
}

/* ---- AMF, step by step ---- */

/* amfNext(cursor, bytes, value): a status; cursor and value are structs. */
static napi_value amf_next(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_amf_cursor *cursor;
  oxrtmp_amf_value *value;
  if (!arguments_get(env, info, &a) || (cursor = get_struct(&a, 0, sizeof *cursor)) == NULL ||
      (value = get_struct(&a, 2, sizeof *value)) == NULL || !get_data(&a, 1, &cursor->data, &cursor->size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_amf_next(cursor, value);
  value->name = offset(value->name, cursor->data);
  value->text = offset(value->text, cursor->data);
  cursor->data = NULL;
  return make_status(env, status);
}

/* amfBuild(value, name or undefined, text, into): the bytes of one step. */
static napi_value amf_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  const oxrtmp_amf_value *given;
  oxrtmp_amf_value value;
  napi_valuetype type;
  const uint8_t *name = NULL, *text;
  if (!arguments_get(env, info, &a) || (given = get_struct(&a, 0, sizeof *given)) == NULL ||
      napi_typeof(env, a.values[1], &type) != napi_ok) {
    return NULL;
  }
  value = *given;
  value.name_size = 0;
  if ((type != napi_undefined && !get_data(&a, 1, &name, &value.name_size)) || !get_data(&a, 2, &text, &value.text_size)) {
    return NULL;
  }
  value.name = (const char *)name;
  value.text = (const char *)text;
  WRITE(&a, 3, oxrtmp_amf_build, &value);
}

/* ---- messages ---- */

/* controlParse(type, bytes, struct): a status. */
static napi_value control_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type;
  const uint8_t *data;
  size_t size;
  oxrtmp_control *control;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_data(&a, 1, &data, &size) ||
      (control = get_struct(&a, 2, sizeof *control)) == NULL) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_control_parse(type, data, size, control);
  control->data = offset(control->data, data);
  return make_status(env, status);
}

/* controlBuild(struct, data, into): the payload. */
static napi_value control_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  const oxrtmp_control *given;
  oxrtmp_control control;
  if (!arguments_get(env, info, &a) || (given = get_struct(&a, 0, sizeof *given)) == NULL) {
    return NULL;
  }
  control = *given;
  if (!get_data(&a, 1, &control.data, &control.data_size)) {
    return NULL;
  }
  WRITE(&a, 2, oxrtmp_control_build, &control);
}

/* commandParse(type, bytes, struct): a status. */
static napi_value command_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type;
  const uint8_t *data;
  size_t size;
  oxrtmp_command *command;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_data(&a, 1, &data, &size) ||
      (command = get_struct(&a, 2, sizeof *command)) == NULL) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_command_parse(type, data, size, command);
  command->name = offset(command->name, data);
  command->values = offset(command->values, data);
  return make_status(env, status);
}

/* commandBuild(name, transactionId, values, into): the payload. */
static napi_value command_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *name;
  oxrtmp_command command = {0};
  if (!arguments_get(env, info, &a) || !get_data(&a, 0, &name, &command.name_size) ||
      !get_double(&a, 1, &command.transaction_id) || !get_data(&a, 2, &command.values, &command.values_size)) {
    return NULL;
  }
  command.name = (const char *)name;
  WRITE(&a, 3, oxrtmp_command_build, &command);
}

/* ---- media and FLV ---- */

/* packetParse(type, timestampMs, bytes): [structs, count], or a status. */
static napi_value packet_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type, timestamp;
  const uint8_t *data;
  size_t size, count;
  oxrtmp_packet packets[MAX_PACKETS];
  napi_value result, buffer;
  void *copy;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_u32(&a, 1, &timestamp) ||
      !get_data(&a, 2, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_packet_parse(type, timestamp, data, size, packets, MAX_PACKETS, &count);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  for (size_t i = 0; i < count; i++) {
    packets[i].data = offset(packets[i].size > 0 ? packets[i].data : data, data);
    packets[i].raw = offset(data, data);
  }
  if (napi_create_array_with_length(env, 2, &result) != napi_ok ||
      napi_create_arraybuffer(env, count * sizeof *packets, &copy, &buffer) != napi_ok) {
    return NULL;
  }
  memcpy(copy, packets, count * sizeof *packets);
  napi_set_element(env, result, 0, buffer);
  napi_set_element(env, result, 1, make_u32(env, (uint32_t)count));
  return result;
}

/* packetBuild(structs, [raw, data], 1, into): the payload. */
static napi_value packet_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_packet *packets;
  uint32_t count;
  if (!arguments_get(env, info, &a) || !get_packets(&a, 0, &packets, &count)) {
    return NULL;
  }
  WRITE(&a, 3, oxrtmp_packet_build, packets);
}

/* colorInfoParse(bytes, struct): a status. */
static napi_value color_info_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  const uint8_t *data;
  size_t size;
  oxrtmp_color_info colors, *out;
  oxrtmp_color_info_init(&colors);
  if (!arguments_get(env, info, &a) || !get_data(&a, 0, &data, &size) || (out = get_struct(&a, 1, sizeof *out)) == NULL) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_color_info_parse(data, size, &colors);
  *out = colors;
  return make_status(env, status);
}

/* colorInfoBuild(struct, into): the data. */
static napi_value color_info_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_color_info *colors;
  if (!arguments_get(env, info, &a) || (colors = get_struct(&a, 0, sizeof *colors)) == NULL) {
    return NULL;
  }
  colors->struct_size = sizeof *colors;
  WRITE(&a, 1, oxrtmp_color_info_build, colors);
}

/* flvHeader(audio, video, into) */
static napi_value flv_header(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t audio, video;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &audio) || !get_u32(&a, 1, &video)) {
    return NULL;
  }
  WRITE(&a, 2, oxrtmp_flv_header, audio, video);
}

/* flvTag(structs, [raw, data], 1, into) */
static napi_value flv_tag(napi_env env, napi_callback_info info) {
  struct arguments a;
  oxrtmp_packet *packets;
  uint32_t count;
  if (!arguments_get(env, info, &a) || !get_packets(&a, 0, &packets, &count)) {
    return NULL;
  }
  WRITE(&a, 3, oxrtmp_flv_tag, packets);
}

/* flvEnvelopeParse(type, bytes): [head, filter, params, iv or undefined, body, encrypted], or a status. */
static napi_value flv_envelope_parse(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t type;
  const uint8_t *data;
  size_t size;
  oxrtmp_flv_envelope e;
  napi_value result, part;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &type) || !get_bytes(&a, 1, &data, &size)) {
    return NULL;
  }
  oxrtmp_status status = oxrtmp_flv_envelope_parse(type, data, size, &e);
  if (status != OXRTMP_OK) {
    return make_status(env, status);
  }
  const uint8_t *const parts[] = {e.head, NULL, e.params, e.iv, e.body};
  const size_t sizes[] = {e.head_size, 0, e.params_size, e.iv != NULL ? 16 : 0, e.body_size};
  if (napi_create_array_with_length(env, 6, &result) != napi_ok) {
    return NULL;
  }
  for (uint32_t i = 0; i < 5; i++) {
    if (i == 1) {
      part = make_string(env, e.filter, strlen(e.filter));
    } else if (i == 3 && e.iv == NULL) {
      part = make_undefined(env);
    } else if (napi_create_buffer_copy(env, sizes[i], parts[i], NULL, &part) != napi_ok) {
      return NULL;
    }
    napi_set_element(env, result, i, part);
  }
  napi_set_element(env, result, 5, make_u32(env, e.encrypted));
  return result;
}

/* flvEnvelopeBuild(head, filter, params, iv, body, flags): flags: 1 it has params, 2 it has an iv, 4 it is encrypted. */
static napi_value flv_envelope_build(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t flags;
  size_t iv_size;
  oxrtmp_flv_envelope e = {0};
  char *filter = NULL;
  napi_value result;
  if (!arguments_get(env, info, &a) || !get_bytes(&a, 0, &e.head, &e.head_size) ||
      !get_bytes(&a, 2, &e.params, &e.params_size) || !get_bytes(&a, 3, &e.iv, &iv_size) ||
      !get_bytes(&a, 4, &e.body, &e.body_size) || !get_u32(&a, 5, &flags) || !get_string(&a, 1, &filter)) {
    return NULL;
  }
  e.filter = filter;
  e.encrypted = (flags & 4) != 0;
  e.iv = (flags & 2) != 0 && iv_size == 16 ? e.iv : NULL;
  if ((flags & 1) == 0) {
    e.params = NULL;
    e.params_size = 0;
  }
  BYTES(env, &result, oxrtmp_flv_envelope_build, &e);
  free(filter);
  return result;
}

/* timestampBefore(a, b): 1 or 0. */
static napi_value timestamp_before(napi_env env, napi_callback_info info) {
  struct arguments a;
  uint32_t first, second;
  if (!arguments_get(env, info, &a) || !get_u32(&a, 0, &first) || !get_u32(&a, 1, &second)) {
    return NULL;
  }
  return make_u32(env, oxrtmp_timestamp_before(first, second));
}

const struct function lowlevel_functions[] = {
    {"amfNext", amf_next},
    {"amfBuild", amf_build},
    {"controlParse", control_parse},
    {"controlBuild", control_build},
    {"commandParse", command_parse},
    {"commandBuild", command_build},
    {"packetParse", packet_parse},
    {"packetBuild", packet_build},
    {"colorInfoParse", color_info_parse},
    {"colorInfoBuild", color_info_build},
    {"flvHeader", flv_header},
    {"flvTag", flv_tag},
    {"flvEnvelopeParse", flv_envelope_parse},
    {"flvEnvelopeBuild", flv_envelope_build},
    {"timestampBefore", timestamp_before},
    {NULL, NULL},
};
