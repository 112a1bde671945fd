/* References to blocks that callers hold: their tokens, release and retain. No Go.
 *
 * A token is generation 32 bits | slot 32 bits. A slot holds its token while the reference lives; releasing swaps it out
 * atomically, so of several releases of one token exactly one succeeds, and a token is never given out twice. */
#include "bridge.h"
#include "block.h"

#include "_cgo_export.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* The packet is as it is for the life of the library's name. */
_Static_assert(sizeof(oxrtmp_packet) == 128, "a packet has 128 bytes");
_Static_assert(offsetof(oxrtmp_packet, token) == 56 && offsetof(oxrtmp_packet, timestamp_ms) == 64, "of 8 bytes each");
_Static_assert(offsetof(oxrtmp_packet, kind) == 84 && offsetof(oxrtmp_packet, reserved) == 90, "of 4, then of 1");

struct slot {
  _Atomic uint64_t token; /* 0: free; LOCKED: being retained */
  ox_block *block;
  uint32_t generation;
  uint32_t next; /* in a list of free slots; number + 1, 0 ends it */
};

enum { CHUNK = 1024, CHUNKS = 1 << 16 };
#define LOCKED UINT64_MAX

static struct slot *_Atomic chunks[CHUNKS]; /* never freed, so that any number can be looked up */
static _Atomic uint32_t made;               /* slots that exist */
static _Atomic uint32_t returned;           /* free slots: pushed without a lock, taken as a whole */
static uint32_t ready;                      /* free slots to be used next; guarded by lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t live;

static struct slot *slot_at(uint32_t n) {
  struct slot *chunk = atomic_load_explicit(&chunks[n / CHUNK], memory_order_acquire);
  return &chunk[n % CHUNK];
}

static bool more_slots(void) {
  uint32_t n = atomic_load_explicit(&made, memory_order_relaxed);
  if (n / CHUNK == CHUNKS) {
    return false;
  }
  struct slot *chunk = calloc(CHUNK, sizeof *chunk);
  if (chunk == NULL) {
    return false;
  }
  for (uint32_t i = 0; i < CHUNK; i++) {
    chunk[i].next = i + 1 < CHUNK ? n + i + 2 : 0;
  }
  atomic_store_explicit(&chunks[n / CHUNK], chunk, memory_order_release);
  atomic_store_explicit(&made, n + CHUNK, memory_order_release);
  ready = n + 1;
  return true;
}

/* own makes a token for a reference to block; 0 when there is no memory. The caller holds the lock. */
static uint64_t own(ox_block *block) {
  if (ready == 0) {
    ready = atomic_exchange_explicit(&returned, 0, memory_order_acquire);
  }
  if (ready == 0 && !more_slots()) {
    return 0;
  }
  uint32_t n = ready - 1;
  struct slot *s = slot_at(n);
  ready = s->next;
  s->block = block;
  s->generation++;
  uint64_t token = (uint64_t)s->generation << 32 | n;
  atomic_store_explicit(&s->token, token, memory_order_release);
  atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
  return token;
}

/* take swaps a live token for `with` and returns its slot, or NULL if the token is not live. */
static struct slot *take(uint64_t token, uint64_t with) {
  uint32_t n = (uint32_t)token;
  if (token >> 32 == 0 || n >= atomic_load_explicit(&made, memory_order_acquire)) {
    return NULL;
  }
  struct slot *s = slot_at(n);
  for (;;) {
    uint64_t seen = token;
    if (atomic_compare_exchange_weak_explicit(&s->token, &seen, with, memory_order_acq_rel, memory_order_acquire)) {
      return s;
    }
    if (seen == LOCKED) {
      sched_yield();
    } else if (seen != token) {
      return NULL;
    }
  }
}

/* free_slot makes the slot ready for use, unless its generations are spent. */
static void free_slot(struct slot *s, uint32_t n) {
  atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
  if (s->generation == UINT32_MAX - 1) { /* the one after would make a token equal to LOCKED possible */
    return;
  }
  uint32_t head = atomic_load_explicit(&returned, memory_order_relaxed);
  do {
    s->next = head;
  } while (!atomic_compare_exchange_weak_explicit(&returned, &head, n + 1, memory_order_release, memory_order_relaxed));
}

oxrtmp_status ox_packets_own(oxrtmp_packet *packets, size_t count) {
  size_t owned = 0;
  pthread_mutex_lock(&lock);
  for (; owned < count; owned++) {
    ox_block *block = (ox_block *)(uintptr_t)packets[owned].token;
    if (block != NULL && (packets[owned].token = own(block)) == 0) {
      packets[owned].token = (uint64_t)(uintptr_t)block;
      break;
    }
  }
  pthread_mutex_unlock(&lock);
  if (owned == count) {
    return OXRTMP_OK;
  }
  for (size_t i = owned; i < count; i++) {
    ox_packet_drop(&packets[i]);
  }
  for (size_t i = 0; i < owned; i++) {
    oxrtmp_packet_release(&packets[i]);
  }
  memset(packets, 0, count * sizeof *packets);
  return ox_fail(OXRTMP_E_MEMORY, "no memory for packets");
}

/* own_at makes the address of a block at *token, if there is one, a token for it. When there is no memory for that it
 * releases the block. The caller holds the lock. */
static bool own_at(uint64_t *token) {
  ox_block *block = (ox_block *)(uintptr_t)*token;
  if (block == NULL) {
    return true;
  }
  if ((*token = own(block)) == 0) {
    ox_block_release(block);
  }
  return *token != 0;
}

static bool packet_own(oxrtmp_packet *packet) {
  bool owned = own_at(&packet->token);
  if (!owned) {
    memset(packet, 0, sizeof *packet);
  }
  return owned;
}

static bool told_own(oxrtmp_server_event *told) {
  bool packet = packet_own(&told->packet), texts = own_at(&told->token);
  if (!texts) {
    told->peer = told->app = told->stream_name = told->text = ox_empty;
    told->statistics = NULL;
  }
  return packet && texts;
}

void ox_events_own(oxrtmp_event *events, size_t count) {
  pthread_mutex_lock(&lock);
  for (size_t i = 0; i < count; i++) {
    oxrtmp_event *event = &events[i];
    if ((ox_has_packet(event) && !packet_own(&event->u.packet)) ||
        (event->type == OXRTMP_EVENT_SERVER && !told_own(&event->u.server))) {
      event->status = OXRTMP_E_MEMORY;
    }
  }
  pthread_mutex_unlock(&lock);
}

void ox_packet_drop(oxrtmp_packet *packet) {
  if (packet->token != 0) {
    ox_block_release((ox_block *)(uintptr_t)packet->token);
  }
  memset(packet, 0, sizeof *packet);
}

uint64_t ox_packets_live(void) { return (uint64_t)atomic_load(&live); }

oxrtmp_status oxrtmp_packet_release(oxrtmp_packet *packet) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  if (packet->token != 0) {
    struct slot *s = take(packet->token, 0);
    if (s == NULL) {
      return ox_fail(OXRTMP_E_HANDLE, "the packet was released already, or is not the library's");
    }
    ox_block *block = s->block;
    free_slot(s, (uint32_t)packet->token);
    ox_block_release(block);
  }
  packet->data = packet->raw = NULL;
  packet->size = packet->raw_size = 0;
  return OXRTMP_OK;
}

oxrtmp_status oxrtmp_packets_release(oxrtmp_packet *packets, size_t count) {
  OX_ENTER();
  OX_REQUIRE(packets != NULL || count == 0, "packets is NULL");
  oxrtmp_status status = OXRTMP_OK;
  for (size_t i = 0; i < count; i++) {
    if (oxrtmp_packet_release(&packets[i]) != OXRTMP_OK) {
      status = OXRTMP_E_HANDLE;
    }
  }
  return status;
}

oxrtmp_status oxrtmp_packet_retain(const oxrtmp_packet *packet, oxrtmp_packet *copy) {
  OX_ENTER();
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_REQUIRE(copy != NULL, "copy is NULL");
  oxrtmp_packet second = *packet;
  memset(copy, 0, sizeof *copy);
  if (second.token != 0) {
    struct slot *s = take(second.token, LOCKED);
    if (s == NULL) {
      return ox_fail(OXRTMP_E_HANDLE, "the packet was released already, or is not the library's");
    }
    ox_block *block = s->block;
    ox_block_retain(block);
    atomic_store_explicit(&s->token, second.token, memory_order_release);
    second.token = (uint64_t)(uintptr_t)block;
    oxrtmp_status status = ox_packets_own(&second, 1);
    if (status != OXRTMP_OK) {
      return status;
    }
  }
  *copy = second;
  return OXRTMP_OK;
}

oxrtmp_status oxrtmp_packet_handler(const oxrtmp_packet *packet, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_REQUIRE(packet->data != NULL || packet->size == 0, "packet->data is NULL");
  return oxgo_packet_handler((oxrtmp_packet *)packet, buf, cap, length);
}

oxrtmp_status oxrtmp_packet_json(const oxrtmp_packet *packet, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  OX_REQUIRE(packet != NULL, "packet is NULL");
  OX_REQUIRE(packet->data != NULL || packet->size == 0, "packet->data is NULL");
  return oxgo_packet_json((oxrtmp_packet *)packet, buf, cap, length);
}
