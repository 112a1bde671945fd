/* block.h: a block as C sees it. Go knows it by ox_block_view, and the count at its beginning. */
#ifndef OX_BLOCK_H
#define OX_BLOCK_H

#include <stdatomic.h>
#include <stdint.h>

/* Headers lie side by side, apart from the payloads: releasing a packet touches no memory of its payload, which for a large
 * one would mean a cache line and a page that nobody else needs. */
struct ox_block {
  _Alignas(64) _Atomic int32_t refs; /* counted by Go and C alike */
  uint32_t class;
  uint32_t index;        /* of the header, for good */
  struct ox_block *next; /* in the pool, or among the headers to be used again */
  size_t capacity;
  uint8_t *data;
};

void ox_block_retain(struct ox_block *b);
void ox_block_release(struct ox_block *b);

#endif
