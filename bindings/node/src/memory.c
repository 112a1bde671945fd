/* The memory of packets in JavaScript's hands. Small payloads of a batch are copied side by side into one Buffer, the
 * slab: making a Buffer for each would cost more than the copy. Large ones are lent: the batch's loans hold their
 * references, and a Buffer over such a payload is only made when JavaScript looks at the bytes. A reference is given back
 * when the packet is released, or when what holds it is collected. Because collection may be late, what is lent is
 * bounded; past the bound large payloads are copied as well. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

/* What a collector that thinks in V8's memory is told, for each byte lent: V8 becomes active at 64 MiB, and what is lent
 * is bounded by half of that. */
enum { PRESSURE = 2 };

/* The references of a batch's lent payloads. */
struct loans {
  struct addon *addon;
  uint32_t count;
  oxrtmp_packet packets[]; /* token 0: given back, or gone to a Buffer */
};

/* A Buffer's reference. */
struct loan {
  struct addon *addon;
  oxrtmp_packet packet;
};

static void account(struct addon *addon, int64_t bytes) {
  int64_t ignored;
  atomic_fetch_add(&addon->in_flight, (size_t)bytes);
  napi_adjust_external_memory(addon->env, bytes * PRESSURE, &ignored);
}

/* give_back ends one reference of the loans and returns its bytes, which are still to be accounted for. */
static int64_t give_back(struct loans *loans, uint32_t at) {
  oxrtmp_packet *packet = &loans->packets[at];
  int64_t bytes = 0;
  if (packet->token != 0) {
    bytes = (int64_t)packet->raw_size;
    oxrtmp_packet_release(packet);
    packet->token = 0;
  }
  return bytes;
}

static void loans_finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct loans *loans = data;
  int64_t bytes = 0;
  for (uint32_t i = 0; i < loans->count; i++) {
    bytes += give_back(loans, i);
  }
  account(loans->addon, -bytes);
  addon_release(loans->addon);
  free(loans);
}

static void loan_finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  struct loan *loan = hint;
  account(loan->addon, -(int64_t)loan->packet.raw_size);
  oxrtmp_packet_release(&loan->packet);
  addon_release(loan->addon);
  free(loan);
}

/* make_buffer makes a Buffer over a packet's payload, which then has the packet's reference. In a run-time that keeps all
 * memory of JavaScript in a cage (napi_no_external_buffers_allowed) the Buffer is a copy. */
static napi_value make_buffer(struct addon *addon, oxrtmp_packet packet) {
  napi_value buffer = NULL;
  struct loan *loan = malloc(sizeof *loan);
  if (loan != NULL) {
    *loan = (struct loan){addon, packet};
    if (napi_create_external_buffer(addon->env, packet.raw_size, (void *)packet.raw, loan_finalize, loan, &buffer) ==
        napi_ok) {
      addon_retain(addon);
      return buffer;
    }
    free(loan);
  }
  napi_create_buffer_copy(addon->env, packet.raw_size, packet.raw, NULL, &buffer);
  account(addon, -(int64_t)packet.raw_size);
  oxrtmp_packet_release(&packet);
  return buffer;
}

static bool get_loans(struct arguments *a, struct loans **loans) {
  void *value;
  if (napi_get_value_external(a->env, a->values[0], &value) != napi_ok) {
    fail_argument(a->env, "not loans");
    return false;
  }
  *loans = value;
  return true;
}

/* loanBuffer(loans, at, keep): the Buffer of a lent payload. keep: it will be asked for again. */
static napi_value loan_buffer(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct loans *loans;
  uint32_t at, keep;
  if (!arguments_get(env, info, &a) || !get_loans(&a, &loans) || !get_u32(&a, 1, &at) || !get_u32(&a, 2, &keep)) {
    return NULL;
  }
  if (at >= loans->count || loans->packets[at].token == 0) {
    return fail_argument(env, "not a packet that is lent");
  }
  oxrtmp_packet packet = loans->packets[at];
  if (!keep) {
    loans->packets[at].token = 0;
  } else if (oxrtmp_packet_retain(&loans->packets[at], &packet) == OXRTMP_OK) {
    account(a.addon, (int64_t)packet.raw_size);
  }
  return make_buffer(a.addon, packet);
}

/* loansEnd(loans, places, count): gives the payloads at the first count of the places (an ArrayBuffer of 32-bit numbers)
 * back. */
static napi_value loans_end(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct loans *loans;
  uint32_t count, *places;
  void *memory;
  size_t size;
  if (!arguments_get(env, info, &a) || !get_loans(&a, &loans) ||
      napi_get_arraybuffer_info(env, a.values[1], &memory, &size) != napi_ok || !get_u32(&a, 2, &count) ||
      count > size / sizeof *places) {
    return fail_argument(env, "not places");
  }
  places = memory;
  int64_t bytes = 0;
  for (uint32_t i = 0; i < count; i++) {
    bytes += places[i] < loans->count ? give_back(loans, places[i]) : 0;
  }
  account(a.addon, -bytes);
  return NULL;
}

const struct function memory_functions[] = {
    {"loanBuffer", loan_buffer},
    {"loansEnd", loans_end},
    {NULL, NULL},
};

/* ---- batches ---- */

static bool may_lend(const struct addon *addon, const oxrtmp_packet *packet, size_t lent) {
  return packet->raw_size >= EXTERNAL_BYTES && packet->token != 0 && (packet->flags & OXRTMP_PACKET_CONTINUED) == 0 &&
         atomic_load(&addon->in_flight) + lent + packet->raw_size <= IN_FLIGHT_BYTES;
}

/* has_packet tells whether an event brings a packet, or what a peer says. */
static bool has_packet(const oxrtmp_event *event) {
  return event->type == OXRTMP_EVENT_PACKET ||
         (event->type == OXRTMP_EVENT_SERVER && event->u.server.packet.token != 0) ||
         ((event->type == OXRTMP_EVENT_CALL || event->type == OXRTMP_EVENT_SHARED_OBJECT) && event->status == OXRTMP_OK);
}

struct plan {
  size_t slab, lent; /* bytes */
  uint32_t loans;    /* packets */
};

/* shares says whether a packet shares the payload of the one before, which is at raw: packets of one multitrack message
 * do. Two players of one stream have the same memory too, but each gives its packets back by itself. */
static bool shares(const oxrtmp_packet *packet, const uint8_t *raw) {
  return (packet->flags & OXRTMP_PACKET_CONTINUED) != 0 && packet->raw == raw && packet->raw_size > 0;
}

/* make_plan counts, and marks the packets to be lent by reserved[0]. */
static struct plan make_plan(struct addon *addon, oxrtmp_event *events, size_t count) {
  struct plan plan = {0, 0, 0};
  const uint8_t *before = NULL;
  for (size_t i = 0; i < count; i++) {
    oxrtmp_packet *packet = &events[i].u.packet;
    if (!has_packet(&events[i]) || shares(packet, before)) {
      continue;
    }
    before = packet->raw;
    if (may_lend(addon, packet, plan.lent)) {
      packet->reserved[0] = 1;
      plan.lent += packet->raw_size;
      plan.loans++;
    } else {
      plan.slab += packet->raw_size;
    }
  }
  return plan;
}

/* Where the payload of the packet before was put. */
struct place {
  const uint8_t *raw;
  uint64_t token;
  size_t offset;
};

struct placing {
  uint8_t *slab;
  size_t used;
  struct loans *loans;
  struct place last;
};

/* put places one packet's payload, and rewrites the packet's pointers so that JavaScript finds it. */
static void put(struct placing *to, oxrtmp_packet *packet) {
  size_t inside = packet->size > 0 ? (size_t)(packet->data - packet->raw) : 0;
  oxrtmp_packet own = *packet;
  if (shares(packet, to->last.raw)) {
    oxrtmp_packet_release(&own);
  } else if (packet->reserved[0] != 0) {
    to->loans->packets[to->loans->count++] = own;
    to->last = (struct place){packet->raw, to->loans->count, 0};
  } else {
    to->last = (struct place){packet->raw, 0, to->used};
    memcpy(to->slab + to->used, packet->raw, packet->raw_size);
    to->used += packet->raw_size;
    oxrtmp_packet_release(&own);
  }
  packet->token = to->last.token;
  packet->raw = (const uint8_t *)(uintptr_t)to->last.offset;
  packet->data = (const uint8_t *)(uintptr_t)inside;
}

/* make_loans makes room for the references, and the value that JavaScript holds them by. */
static struct loans *make_loans(struct addon *addon, struct plan plan, napi_value *value) {
  struct loans *loans = malloc(sizeof *loans + plan.loans * sizeof loans->packets[0]);
  if (loans == NULL) {
    return NULL;
  }
  loans->addon = addon;
  loans->count = 0;
  if (napi_create_external(addon->env, loans, loans_finalize, NULL, value) != napi_ok) {
    free(loans);
    return NULL;
  }
  addon_retain(addon);
  account(addon, (int64_t)plan.lent);
  return loans;
}

bool memory_make(struct addon *addon, oxrtmp_event *events, size_t count, struct memory *memory) {
  struct plan plan = make_plan(addon, events, count);
  struct placing to = {NULL, 0, NULL, {NULL, 0, 0}};
  void *slab = NULL;
  memory->slab = memory->loans = make_undefined(addon->env);
  memory->lent = plan.loans;
  if ((plan.slab > 0 && napi_create_buffer(addon->env, plan.slab, &slab, &memory->slab) != napi_ok) ||
      (plan.loans > 0 && (to.loans = make_loans(addon, plan, &memory->loans)) == NULL)) {
    for (size_t i = 0; i < count; i++) {
      oxrtmp_event_release(&events[i]);
    }
    return false;
  }
  to.slab = slab;
  for (size_t i = 0; i < count; i++) {
    if (has_packet(&events[i])) {
      put(&to, &events[i].u.packet);
    }
  }
  return true;
}

napi_value events_make(struct addon *addon, oxrtmp_event *events, size_t count) {
  napi_env env = addon->env;
  struct memory memory;
  napi_value result, buffer;
  void *copy;
  if (!memory_make(addon, events, count, &memory) || napi_create_array_with_length(env, 4, &result) != napi_ok ||
      napi_create_arraybuffer(env, count * sizeof *events, &copy, &buffer) != napi_ok) {
    return NULL;
  }
  memcpy(copy, events, count * sizeof *events);
  napi_set_element(env, result, 0, buffer);
  napi_set_element(env, result, 1, make_u32(env, (uint32_t)count));
  napi_set_element(env, result, 2, memory.slab);
  napi_set_element(env, result, 3, memory.loans);
  return result;
}
