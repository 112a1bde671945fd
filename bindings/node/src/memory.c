/* The memory of packets in JavaScript's hands. Small payloads of a batch are copied side by side into one Buffer, the
 * slab: making a Buffer for each would cost more than the copy. Large ones are lent without a copy, each as a Buffer that
 * gives its reference back when it is collected. Because collection may be late, what is lent is bounded; past the bound
 * large payloads are copied as well. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

struct loan {
  struct addon *addon;
  oxrtmp_packet packet;
  size_t size;
};

static void loan_end(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  struct loan *loan = hint;
  atomic_fetch_sub(&loan->addon->in_flight, loan->size);
  oxrtmp_packet_release(&loan->packet);
  addon_release(loan->addon);
  free(loan);
}

/* lend makes a Buffer over the packet's payload; the packet's reference goes to the Buffer. In a run-time that keeps all
 * memory of JavaScript in a cage (napi_no_external_buffers_allowed) the Buffer is a copy. */
static napi_value lend(struct addon *addon, oxrtmp_packet *packet) {
  napi_value buffer = NULL;
  struct loan *loan = malloc(sizeof *loan);
  if (loan != NULL) {
    *loan = (struct loan){addon, *packet, packet->raw_size};
    if (napi_create_external_buffer(addon->env, packet->raw_size, (void *)packet->raw, loan_end, loan, &buffer) ==
        napi_ok) {
      addon_retain(addon);
      atomic_fetch_add(&addon->in_flight, loan->size);
      return buffer;
    }
    free(loan);
  }
  napi_create_buffer_copy(addon->env, packet->raw_size, packet->raw, NULL, &buffer);
  oxrtmp_packet own = *packet;
  oxrtmp_packet_release(&own);
  return buffer;
}

/* Where the payload of the packet before lies: packets of one multitrack message share theirs. */
struct place {
  const uint8_t *raw;
  uint64_t token;
  size_t offset;
};

static bool shares(const struct place *place, const oxrtmp_packet *packet) {
  return place->raw == packet->raw && packet->raw_size > 0;
}

static bool may_lend(const struct addon *addon, const oxrtmp_packet *packet, size_t lent) {
  return packet->raw_size >= EXTERNAL_BYTES && packet->token != 0 && (packet->flags & OXRTMP_PACKET_CONTINUED) == 0 &&
         atomic_load(&addon->in_flight) + lent + packet->raw_size <= IN_FLIGHT_BYTES;
}

/* plan counts the bytes to be copied and marks the packets to be lent, by reserved[0]. */
static size_t plan(struct addon *addon, oxrtmp_event *events, size_t count) {
  size_t slab = 0, lent = 0;
  const uint8_t *before = NULL;
  for (size_t i = 0; i < count; i++) {
    oxrtmp_packet *packet = &events[i].u.packet;
    if (events[i].type != OXRTMP_EVENT_PACKET || (before == packet->raw && packet->raw_size > 0)) {
      continue;
    }
    before = packet->raw;
    if (may_lend(addon, packet, lent)) {
      packet->reserved[0] = 1;
      lent += packet->raw_size;
    } else {
      slab += packet->raw_size;
    }
  }
  return slab;
}

/* place puts one packet where JavaScript will find it, and rewrites its pointers. */
static void place(struct addon *addon, oxrtmp_packet *packet, uint8_t *slab, struct place *at, size_t *used,
                  napi_value externals, uint32_t *external) {
  size_t inside = packet->size > 0 ? (size_t)(packet->data - packet->raw) : 0;
  oxrtmp_packet own = *packet;
  if (shares(at, packet)) {
    oxrtmp_packet_release(&own);
  } else if (packet->reserved[0] != 0) {
    napi_set_element(addon->env, externals, (*external)++, lend(addon, packet));
    *at = (struct place){packet->raw, *external, 0};
  } else {
    *at = (struct place){packet->raw, 0, *used};
    memcpy(slab + *used, packet->raw, packet->raw_size);
    *used += packet->raw_size;
    oxrtmp_packet_release(&own);
  }
  packet->token = at->token;
  packet->raw = (const uint8_t *)(uintptr_t)at->offset;
  packet->data = (const uint8_t *)(uintptr_t)inside;
}

bool memory_make(struct addon *addon, oxrtmp_event *events, size_t count, struct memory *memory) {
  napi_env env = addon->env;
  size_t size = plan(addon, events, count);
  memory->slab = memory->externals = make_undefined(env);
  bool lends = false;
  for (size_t i = 0; i < count; i++) {
    lends = lends || (events[i].type == OXRTMP_EVENT_PACKET && events[i].u.packet.reserved[0] != 0);
  }
  void *slab = NULL;
  if ((size > 0 && napi_create_buffer(env, size, &slab, &memory->slab) != napi_ok) ||
      (lends && napi_create_array(env, &memory->externals) != napi_ok)) {
    for (size_t i = 0; i < count; i++) {
      oxrtmp_event_release(&events[i]);
    }
    return false;
  }
  struct place at = {NULL, 0, 0};
  size_t used = 0;
  uint32_t external = 0;
  for (size_t i = 0; i < count; i++) {
    if (events[i].type == OXRTMP_EVENT_PACKET) {
      place(addon, &events[i].u.packet, slab, &at, &used, memory->externals, &external);
    }
  }
  return true;
}
