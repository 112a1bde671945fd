/* The parts that an engine is made of, on JavaScript's own memory. The structs of the C interface are written and read by
 * lib/lowlevel/ in an ArrayBuffer that comes with the call; in those that the library fills, a pointer into the bytes of the
 * call becomes the offset there, and one that is NULL becomes -1. */
#ifndef OXRTMP_NODE_LOWLEVEL_H
#define OXRTMP_NODE_LOWLEVEL_H

#include "addon.h"

enum { SMALL_BYTES = 1024 };

/* get_data is get_bytes for what may be empty, but not absent. */
bool get_data(struct arguments *a, size_t at, const uint8_t **data, size_t *size);
/* get_struct returns the memory of an ArrayBuffer for a struct of so many bytes. */
void *get_struct(struct arguments *a, size_t at, size_t least);
/* offset is what becomes of a pointer into data. */
const void *offset(const void *pointer, const uint8_t *data);

/* Where bytes that result are written: memory that JavaScript gives, or memory of ours that becomes a Buffer. */
struct target {
  uint8_t small[SMALL_BYTES];
  uint8_t *bytes;
  size_t cap;
  bool given;
  napi_value buffer; /* made once small was too small */
};

bool get_target(struct arguments *a, size_t at, struct target *to);
bool make_room(struct arguments *a, struct target *to, size_t size);
/* written returns the Buffer; for memory that was given how many bytes it has got, or in an array how many it would have
 * to have; or a status. */
napi_value written(struct arguments *a, struct target *to, oxrtmp_status status, size_t size);

/* WRITE returns what a function of the library writes, the last arguments of which are a buffer, its capacity and the
 * length; at says which argument is the memory to write to, or undefined. */
#define WRITE(a, at, function, ...) \
  do { \
    struct target to_; \
    size_t size_ = 0; \
    if (!get_target(a, at, &to_)) { \
      return NULL; \
    } \
    oxrtmp_status status_ = function(__VA_ARGS__, to_.bytes, to_.cap, &size_); \
    if (status_ == OXRTMP_E_BUFFER && make_room(a, &to_, size_)) { \
      status_ = function(__VA_ARGS__, to_.bytes, to_.cap, &size_); \
    } \
    return written(a, &to_, status_, size_); \
  } while (0)

#endif
