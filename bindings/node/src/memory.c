/* The memory of packets in JavaScript's hands. A batch's payloads are lent: its loans hold their references, and nothing is
 * copied before JavaScript looks at the bytes. A large payload then becomes a Buffer of its own, over the library's memory;
 * the small ones of the batch are copied side by side into one Buffer, the slab: making a Buffer for each would cost more
 * than the copy. A reference is given back when the packet is released, or when what holds it is collected. Because
 * collection may be late, what is lent is bounded; past the bound payloads are copied at once, into the slab. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

enum {
  PRESSURE = 2,          /* what a collector that thinks in V8's memory is told, for each byte lent: V8 becomes active at
                            64 MiB, when half of what may be lent is, and has as much time as the other half lasts */
  PRESSURE_STEP = 1 << 20, /* it is told of changes of this size */
  REFERENCE_BYTES = 512, /* what a reference may hold besides its payload */
  REGION_PACKETS = 768   /* structs in an ArrayBuffer: less than malloc would map, and unmap, by itself */
};

/* A payload of a batch. */
struct loan {
  uint64_t token;
  const uint8_t *raw; /* NULL: given back, copied, or gone to a Buffer of its own */
  size_t size;
  size_t offset; /* in the slab, OWN for a large one */
};

#define OWN SIZE_MAX

struct loans {
  struct addon *addon;
  size_t slab; /* bytes of the small ones */
  uint32_t count;
  struct loan loans[];
};

/* A Buffer's reference. */
struct borrowed {
  struct addon *addon;
  struct loan loan;
};

static void account(struct addon *addon, int64_t bytes) {
  atomic_fetch_add(&addon->in_flight, (size_t)bytes);
}

void memory_settle(struct addon *addon) {
  int64_t ignored, now = (int64_t)atomic_load(&addon->in_flight), change = now - addon->told;
  if (change >= PRESSURE_STEP || change <= -PRESSURE_STEP) {
    napi_adjust_external_memory(addon->env, change * PRESSURE, &ignored);
    addon->told = now;
  }
}

static size_t cost(size_t size) {
  return size + REFERENCE_BYTES;
}

/* give_back ends a reference and returns what it has cost, which is still to be accounted for. */
static int64_t give_back(struct loan *loan) {
  if (loan->raw == NULL) {
    return 0;
  }
  oxrtmp_packet packet = {.token = loan->token};
  oxrtmp_packet_release(&packet);
  loan->raw = NULL;
  return (int64_t)cost(loan->size);
}

static void loans_finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct loans *loans = data;
  int64_t bytes = 0;
  for (uint32_t i = 0; i < loans->count; i++) {
    bytes += give_back(&loans->loans[i]);
  }
  account(loans->addon, -bytes);
  addon_release(loans->addon);
  free(loans);
}

static void borrowed_finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  struct borrowed *b = hint;
  account(b->addon, -give_back(&b->loan));
  addon_release(b->addon);
  free(b);
}

/* make_buffer makes a Buffer over a payload, which then has its reference. In a run-time that keeps all memory of JavaScript
 * in a cage (napi_no_external_buffers_allowed) the Buffer is a copy. */
static napi_value make_buffer(struct addon *addon, struct loan *loan) {
  napi_value buffer = NULL;
  struct borrowed *b = malloc(sizeof *b);
  if (b != NULL) {
    *b = (struct borrowed){addon, *loan};
    if (napi_create_external_buffer(addon->env, loan->size, (void *)loan->raw, borrowed_finalize, b, &buffer) == napi_ok) {
      addon_retain(addon);
      loan->raw = NULL;
      return buffer;
    }
    free(b);
  }
  napi_create_buffer_copy(addon->env, loan->size, loan->raw, NULL, &buffer);
  account(addon, -give_back(loan));
  return buffer;
}

/* make_slab copies the small payloads that were not given back yet. */
static napi_value make_slab(struct loans *loans) {
  napi_value buffer;
  void *bytes;
  if (napi_create_buffer(loans->addon->env, loans->slab, &bytes, &buffer) != napi_ok) {
    return NULL;
  }
  int64_t given = 0;
  for (uint32_t i = 0; i < loans->count; i++) {
    struct loan *loan = &loans->loans[i];
    if (loan->offset == OWN) {
      continue;
    }
    if (loan->raw != NULL) {
      memcpy((uint8_t *)bytes + loan->offset, loan->raw, loan->size);
      given += give_back(loan);
    } else {
      memset((uint8_t *)bytes + loan->offset, 0, loan->size);
    }
  }
  account(loans->addon, -given);
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

/* loanBuffer(loans, at): the Buffer of a large payload. */
static napi_value loan_buffer(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct loans *loans;
  uint32_t at;
  if (!arguments_get(env, info, &a) || !get_loans(&a, &loans) || !get_u32(&a, 1, &at)) {
    return NULL;
  }
  if (at >= loans->count || loans->loans[at].raw == NULL) {
    return fail_argument(env, "not a packet that is lent");
  }
  return make_buffer(a.addon, &loans->loans[at]);
}

/* loanCopy(loans, at): a Buffer of its own for a payload that stays lent. */
static napi_value loan_copy(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct loans *loans;
  uint32_t at;
  napi_value buffer = NULL;
  if (!arguments_get(env, info, &a) || !get_loans(&a, &loans) || !get_u32(&a, 1, &at)) {
    return NULL;
  }
  if (at >= loans->count || loans->loans[at].raw == NULL) {
    return fail_argument(env, "not a packet that is lent");
  }
  napi_create_buffer_copy(env, loans->loans[at].size, loans->loans[at].raw, NULL, &buffer);
  return buffer;
}

/* loansSlab(loans): the Buffer of all small payloads, once. */
static napi_value loans_slab(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct loans *loans;
  return arguments_get(env, info, &a) && get_loans(&a, &loans) ? make_slab(loans) : NULL;
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
    bytes += places[i] < loans->count ? give_back(&loans->loans[places[i]]) : 0;
  }
  account(loans->addon, -bytes);
  return NULL;
}

const struct function memory_functions[] = {
    {"loanBuffer", loan_buffer},
    {"loanCopy", loan_copy},
    {"loansSlab", loans_slab},
    {"loansEnd", loans_end},
    {NULL, NULL},
};

/* ---- batches ---- */

static bool is_large(const oxrtmp_packet *packet) {
  return packet->raw_size >= EXTERNAL_BYTES && packet->token != 0;
}

/* has_packet tells whether an event brings a packet, or what a peer says. */
static bool has_packet(const oxrtmp_event *event) {
  return event->type == OXRTMP_EVENT_PACKET ||
         (event->type == OXRTMP_EVENT_SERVER && event->u.server.packet.token != 0) ||
         ((event->type == OXRTMP_EVENT_CALL || event->type == OXRTMP_EVENT_SHARED_OBJECT ||
           event->type == OXRTMP_EVENT_REPLY) &&
          event->status == OXRTMP_OK);
}

/* shares says whether a packet shares the payload of the one before, which is at raw: packets of one multitrack message
 * do. Two players of one stream have the same memory too, but each gives its packets back by itself. */
static bool shares(const oxrtmp_packet *packet, const uint8_t *raw) {
  return (packet->flags & OXRTMP_PACKET_CONTINUED) != 0 && packet->raw == raw && packet->raw_size > 0;
}

/* What becomes of the events of a batch. */
struct placing {
  struct loans *loans;
  oxrtmp_packet *structs; /* where the packets go, for JavaScript to read */
  uint32_t first, packets;
  size_t room;            /* bytes that may be lent */
  size_t bytes;           /* of all payloads, with what their references cost */
  bool copy;              /* the payloads at once */
  const uint8_t *before;  /* the last packet's payload */
  oxrtmp_event *run;      /* the first of the packets of one source that come one after the other */
};

/* place_payload puts a payload into the loans. It returns false when no more may be lent; a batch's first payload is taken in
 * any case, and copied if it must be. */
static bool place_payload(struct placing *to, oxrtmp_packet *packet) {
  struct loans *loans = to->loans;
  size_t bytes = to->bytes + cost(packet->raw_size);
  bool fits = bytes <= to->room;
  if (!fits && to->packets > 0 && !to->copy) {
    return false;
  }
  to->copy = to->copy || !fits || (packet->token == 0 && packet->raw_size > 0);
  to->bytes = bytes;
  bool own = is_large(packet) && !to->copy;
  loans->loans[loans->count++] = (struct loan){packet->token, packet->raw, packet->raw_size, own ? OWN : loans->slab};
  loans->slab += own ? 0 : packet->raw_size;
  return true;
}

/* place puts a packet where JavaScript finds it, and rewrites its pointers. */
static void place(struct placing *to, oxrtmp_packet *packet) {
  oxrtmp_packet *made = &to->structs[to->first + to->packets];
  *made = *packet;
  made->token = to->loans->count - 1;
  made->data = (const uint8_t *)(uintptr_t)(packet->size > 0 ? packet->data - packet->raw : 0);
  made->raw = (const uint8_t *)(uintptr_t)to->loans->loans[to->loans->count - 1].offset;
  to->before = packet->raw;
  packet->token = to->first + to->packets++;
}

/* count_run counts a packet among those of its source that come one after the other: the first of them says how many there
 * are, and of how many bytes. */
static void count_run(struct placing *to, oxrtmp_event *event) {
  if (event->type != OXRTMP_EVENT_PACKET) {
    to->run = NULL;
    return;
  }
  if (to->run == NULL || to->run->user_data != event->user_data) {
    to->run = event;
    event->value = event->on = 0;
  }
  to->run->value++;
  to->run->on += (uint32_t)event->u.packet.raw_size; /* of 256 packets, each less than 16 MiB */
}

/* place_all places the packets of events, says in the events where they are, and returns how many events it has dealt with. */
static size_t place_all(struct placing *to, oxrtmp_event *events, size_t count) {
  for (size_t i = 0; i < count; i++) {
    oxrtmp_packet *packet = &events[i].u.packet;
    if (has_packet(&events[i])) {
      if (shares(packet, to->before)) {
        oxrtmp_packet again = {.token = packet->token};
        oxrtmp_packet_release(&again);
      } else if (!place_payload(to, packet)) {
        return i;
      }
      place(to, packet);
    }
    count_run(to, &events[i]);
  }
  return count;
}

static struct loans *make_loans(struct addon *addon, uint32_t most, napi_value *value) {
  struct loans *loans = malloc(sizeof *loans + most * sizeof loans->loans[0]);
  if (loans == NULL) {
    return NULL;
  }
  *loans = (struct loans){.addon = addon};
  if (napi_create_external(addon->env, loans, loans_finalize, NULL, value) != napi_ok) {
    free(loans);
    return NULL;
  }
  addon_retain(addon);
  return loans;
}

static void drop(oxrtmp_event *events, size_t count) {
  for (size_t i = 0; i < count; i++) {
    oxrtmp_event_release(&events[i]);
  }
}

/* get_region makes room for so many structs in memory that JavaScript reads. It is used from its beginning to its end, and
 * then left to the collector. */
static bool get_region(struct addon *addon, uint32_t packets, napi_value *structs) {
  napi_env env = addon->env;
  if (addon->region != NULL && addon->region_used + packets <= REGION_PACKETS) {
    return napi_get_reference_value(env, addon->region, structs) == napi_ok;
  }
  if (addon->region != NULL) {
    napi_delete_reference(env, addon->region);
    addon->region = NULL;
  }
  void *memory;
  if (napi_create_arraybuffer(env, REGION_PACKETS * sizeof(oxrtmp_packet), &memory, structs) != napi_ok ||
      napi_create_reference(env, *structs, 1, &addon->region) != napi_ok) {
    return false;
  }
  addon->region_structs = memory;
  addon->region_used = 0;
  return true;
}

static uint32_t packets_in(const oxrtmp_event *events, size_t count) {
  uint32_t packets = 0;
  for (size_t i = 0; i < count; i++) {
    packets += has_packet(&events[i]);
  }
  return packets;
}

bool memory_make(struct addon *addon, oxrtmp_event *events, size_t count, struct memory *memory) {
  uint32_t packets = packets_in(events, count);
  struct loans *loans = NULL;
  memory->structs = memory->loans = memory->slab = make_undefined(addon->env);
  memory->count = count;
  if (packets == 0) {
    return true;
  }
  if (!get_region(addon, packets, &memory->structs) || (loans = make_loans(addon, packets, &memory->loans)) == NULL) {
    drop(events, count);
    return false;
  }
  size_t in_flight = atomic_load(&addon->in_flight);
  struct placing to = {.loans = loans, .structs = addon->region_structs, .first = addon->region_used};
  to.room = in_flight < IN_FLIGHT_BYTES ? IN_FLIGHT_BYTES - in_flight : 0;
  memory->count = place_all(&to, events, count);
  addon->region_used += to.packets;
  account(addon, (int64_t)to.bytes);
  return !to.copy || (memory->slab = make_slab(loans)) != NULL;
}

napi_value events_make(struct addon *addon, oxrtmp_event *events, size_t count) {
  napi_env env = addon->env;
  napi_value result, buffer;
  void *copy;
  if (napi_create_array(env, &result) != napi_ok) {
    return NULL;
  }
  memory_settle(addon);
  for (uint32_t n = 0; count > 0; n += 5) {
    struct memory memory;
    if (!memory_make(addon, events, count, &memory) ||
        napi_create_arraybuffer(env, memory.count * sizeof *events, &copy, &buffer) != napi_ok) {
      return NULL;
    }
    memcpy(copy, events, memory.count * sizeof *events);
    napi_set_element(env, result, n, buffer);
    napi_set_element(env, result, n + 1, make_u32(env, (uint32_t)memory.count));
    napi_set_element(env, result, n + 2, memory.structs);
    napi_set_element(env, result, n + 3, memory.loans);
    napi_set_element(env, result, n + 4, memory.slab);
    events += memory.count;
    count -= memory.count;
  }
  return result;
}
