/* Tables that pair the fields of the library's structs with properties of JavaScript's objects. */
#ifndef FIELDS_H
#define FIELDS_H

#include "addon.h"

#include <stddef.h>

/* COUNT: a uint64_t that fits a number. FLAG: a uint32_t that says whether. Both are only written, as is
 * PHASE, the name of an oxrtmp_phase. */
enum type { U32, I32, U64, I64, COUNT, FLAG, F64, TEXT_POINTER, TEXT_ARRAY, CODEC, PHASE };

struct field {
  const char *name;
  enum type type;
  size_t offset, size;
};

#define FIELD(type, struct_, name, member) {name, type, offsetof(struct_, member), sizeof(((struct_ *)0)->member)}
#define END {NULL, U32, 0, 0}

/* The one table that is both read and written. */
extern const struct field metadata_fields[];

#endif
