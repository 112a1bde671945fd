/* Blocks and their pool. No Go. */
#include "bridge.h"
#include "block.h"

#include <pthread.h>
#include <stdlib.h>

/* Bytes that may wait in the pool; blocks beyond are freed. Builds that look for misuse pool nothing, so that a sanitizer
 * sees every use of a released block. */
#ifdef OX_NO_POOL
static const int64_t pool_most = 0;
#else
static const int64_t pool_most = 64 << 20;
#endif

/* Blocks come back on `returned` without a lock: a stack that is only pushed to or emptied as a whole, which is what
 * keeps it safe when the same block comes and goes. ox_blocks_take empties it into `ready`. */
static struct {
  ox_block *_Atomic returned;
  ox_block *ready; /* guarded by lock */
} pool[OX_CLASSES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t in_use;
static _Atomic int64_t pooled;

enum { ALIGNMENT = 64 }; /* of payloads */

/* Headers without a block, to be used again; guarded by lock. */
static struct {
  ox_block *spare;
  uint32_t made;
} headers;

enum { HEADERS = 64 }; /* made at once */

static size_t class_bytes(uint32_t class) { return (size_t)1 << (OX_CLASS_SHIFT + class); }

static bool more_headers(void) {
  ox_block *made = NULL;
  if (posix_memalign((void **)&made, _Alignof(ox_block), HEADERS * sizeof *made) != 0) {
    return false;
  }
  memset(made, 0, HEADERS * sizeof *made);
  for (uint32_t i = 0; i < HEADERS; i++) {
    made[i].index = headers.made + i;
    made[i].next = i + 1 < HEADERS ? &made[i + 1] : NULL;
  }
  headers.made += HEADERS;
  headers.spare = made;
  return true;
}

/* block_make makes a block, NULL when there is no memory. The caller holds the lock. */
static ox_block *block_make(uint32_t class, size_t capacity) {
  if (headers.spare == NULL && !more_headers()) {
    return NULL;
  }
  ox_block *b = headers.spare;
  void *data = NULL;
  if (posix_memalign(&data, ALIGNMENT, capacity) != 0) {
    return NULL;
  }
  headers.spare = b->next;
  b->data = data;
  b->class = class;
  b->capacity = capacity;
  return b;
}

static void block_free(ox_block *b) {
  free(b->data);
  pthread_mutex_lock(&lock);
  b->next = headers.spare;
  headers.spare = b;
  pthread_mutex_unlock(&lock);
}

static ox_block_view view(ox_block *b) { return (ox_block_view){b, b->data, b->index}; }

uint32_t ox_blocks_take(uint32_t class, ox_block_view *views, uint32_t max) {
  uint32_t n = 0;
  pthread_mutex_lock(&lock);
  if (pool[class].ready == NULL) {
    pool[class].ready = atomic_exchange_explicit(&pool[class].returned, NULL, memory_order_acquire);
  }
  while (n < max && pool[class].ready != NULL) {
    ox_block *b = pool[class].ready;
    pool[class].ready = b->next;
    views[n++] = view(b);
  }
  if (n == 0) {
    ox_block *b = block_make(class, class_bytes(class));
    if (b != NULL) {
      views[n++] = view(b);
    }
  } else {
    atomic_fetch_sub(&pooled, (int64_t)(n * class_bytes(class)));
  }
  pthread_mutex_unlock(&lock);
  return n;
}

/* pool_or_free takes a block that nobody holds. */
static void pool_or_free(ox_block *b) {
  if (b->class == OX_LARGE) {
    block_free(b);
    return;
  }
  int64_t size = (int64_t)b->capacity;
  if (atomic_fetch_add(&pooled, size) + size > pool_most) {
    atomic_fetch_sub(&pooled, size);
    block_free(b);
    return;
  }
  ox_block *_Atomic *top = &pool[b->class].returned;
  ox_block *head = atomic_load_explicit(top, memory_order_relaxed);
  do {
    b->next = head;
  } while (!atomic_compare_exchange_weak_explicit(top, &head, b, memory_order_release, memory_order_relaxed));
}

void ox_blocks_give(ox_block **blocks, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    pool_or_free(blocks[i]);
  }
}

ox_block_view ox_block_large(size_t size) {
  pthread_mutex_lock(&lock);
  ox_block *b = block_make(OX_LARGE, size);
  pthread_mutex_unlock(&lock);
  return b != NULL ? view(b) : (ox_block_view){NULL, NULL, 0};
}

void ox_block_free(ox_block *block) { block_free(block); }

void ox_block_retain(ox_block *b) { atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed); }

void ox_block_release(ox_block *b) {
  if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1) {
    atomic_fetch_sub(&in_use, (int64_t)b->capacity);
    pool_or_free(b);
  }
}

int64_t *ox_bytes_in_use(void) { return (int64_t *)&in_use; }

uint64_t ox_bytes_pooled(void) { return (uint64_t)atomic_load(&pooled); }
