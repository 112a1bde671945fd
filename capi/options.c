/* Structs that begin with their size, so that programs and libraries of different versions understand one another. */
#include "bridge.h"

#include <stdio.h>

enum { size_field = sizeof(uint32_t), most = 64 * 1024 };

static uint32_t size_of(const void *p) {
  uint32_t size;
  memcpy(&size, p, sizeof size);
  return size;
}

bool ox_is_sized(const void *p) {
  uint32_t given = size_of(p);
  return given >= size_field && given <= most;
}

static oxrtmp_status refuse(const char *name, const char *why) {
  char text[160];
  snprintf(text, sizeof text, "%s%s", name, why);
  return ox_fail(OXRTMP_E_ARGUMENT, text);
}

oxrtmp_status ox_read_struct(void *out, size_t size, const void *in, const char *name) {
  memset(out, 0, size);
  if (in == NULL) {
    return OXRTMP_OK;
  }
  uint32_t given = size_of(in);
  if (!ox_is_sized(in)) {
    return refuse(name, "->struct_size is not set: use the struct's _init function");
  }
  for (size_t i = size; i < given; i++) {
    if (((const unsigned char *)in)[i] != 0) {
      return refuse(name, " has fields set that this version of the library does not know");
    }
  }
  memcpy(out, in, given < size ? given : size);
  return OXRTMP_OK;
}

oxrtmp_status ox_check_struct(void *out, const char *name) {
  if (out == NULL) {
    return refuse(name, " is NULL");
  }
  if (!ox_is_sized(out)) {
    return refuse(name, "->struct_size is not set");
  }
  memset((char *)out + size_field, 0, size_of(out) - size_field);
  return OXRTMP_OK;
}

void ox_write_struct(void *out, const void *from, size_t size) {
  uint32_t given = size_of(out);
  memset(out, 0, given);
  memcpy(out, from, given < size ? given : size);
  memcpy(out, &given, sizeof given);
}
