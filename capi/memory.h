/* memory.h: blocks of C memory that hold message payloads, and the packets that refer to them.
 *
 * A block is allocated through Go (rtmp/buffer's Allocator) and released by whoever holds the last reference, Go or C;
 * both count in the block's own header. Blocks that are not in use wait in pools, by size class: Go keeps a few of each
 * class, the C pool the rest, and they move between the two in batches, so that neither a packet's allocation nor its
 * release crosses the boundary. */
#ifndef OX_MEMORY_H
#define OX_MEMORY_H

#include "oxrtmp.h"

enum {
  OX_CLASSES = 12,      /* 512 bytes << class: 512 bytes to 1 MiB */
  OX_LARGE = OX_CLASSES, /* the class of blocks beyond, which are never pooled */
  OX_CLASS_SHIFT = 9,
  OX_BATCH = 32 /* most blocks that move in one call */
};

typedef struct ox_block ox_block;

/* What Go needs to know of a block. */
typedef struct ox_block_view {
  ox_block *block; /* begins with the reference count, an atomic 32-bit integer */
  uint8_t *data;
  uint32_t index; /* a small number that no other block has at the same time */
} ox_block_view;

/* ox_blocks_take takes up to max blocks of a class from the pool, or makes one if there is none. It returns how many
 * were written to views, 0 when there is no memory. Their counts are undefined. */
uint32_t ox_blocks_take(uint32_t class, ox_block_view *views, uint32_t max);

/* ox_blocks_give puts blocks without references into the pool. They do not count as in use. */
void ox_blocks_give(ox_block **blocks, uint32_t count);

/* ox_block_large makes a block of its own for size bytes; block is NULL when there is no memory. */
ox_block_view ox_block_large(size_t size);

/* ox_block_free frees a block of class OX_LARGE that has no references. */
void ox_block_free(ox_block *block);

/* ox_bytes_in_use points to the sum of the blocks in use, an atomic 64-bit integer. Who takes a block into use adds its
 * capacity, who drops the last reference subtracts it. */
int64_t *ox_bytes_in_use(void);

/* ox_bytes_pooled returns the sum of the blocks that wait in the C pool. */
uint64_t ox_bytes_pooled(void);

/* ox_packets_own turns the block addresses that Go left in the tokens of count packets into references that
 * oxrtmp_packet_release takes. When there is no memory it releases what it cannot own, clears all the packets, and
 * returns OXRTMP_E_MEMORY. */
oxrtmp_status ox_packets_own(oxrtmp_packet *packets, size_t count);

/* ox_events_own is ox_packets_own for what count events hold, each by itself: an event is left without what cannot be
 * owned, as OXRTMP_E_MEMORY. */
void ox_events_own(oxrtmp_event *events, size_t count);

/* ox_packet_drop releases the block whose address Go left in a packet's token, and clears the packet. */
void ox_packet_drop(oxrtmp_packet *packet);

/* ox_packets_live returns how many references the caller holds. */
uint64_t ox_packets_live(void);

#endif
