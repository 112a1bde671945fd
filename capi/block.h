/* block.h: a block as C sees it. Go knows it by ox_block_view, and the count at its beginning. */
#ifndef OX_BLOCK_H
#define OX_BLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct ox_block {
  _Atomic int32_t refs; /* counted by Go and C alike */
  uint32_t class;
  uint32_t index;
  struct ox_block *next; /* in the pool */
  size_t capacity;
  _Alignas(64) uint8_t data[];
};

void ox_block_retain(struct ox_block *b);
void ox_block_release(struct ox_block *b);

#endif
