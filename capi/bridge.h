/* bridge.h: what the C and the Go files of this directory share. */
#ifndef OX_BRIDGE_H
#define OX_BRIDGE_H

#include "oxrtmp.h"

#include "guard.h"
#include "memory.h"

/* ---- errors (status.c) ---- */

/* ox_fail records status and message as this thread's last error, and returns status. */
oxrtmp_status ox_fail(oxrtmp_status status, const char *message);

/* ox_set_error is ox_fail with all that is known. The texts are copied, and cut to fit. */
void ox_set_error(oxrtmp_status status, int32_t os_error, int32_t tls_alert, const char *phase, size_t phase_size,
                  const char *code, size_t code_size, const char *description, size_t description_size,
                  const char *message, size_t message_size);

/* ---- what sends (send.c) ---- */

/* ox_sender is the handle of a client, or of a session. */
typedef struct ox_sender {
  uint64_t id;
  bool session;
} ox_sender;

/* ---- events ---- */

/* ox_has_packet tells whether an event has a packet in its union. */
static inline bool ox_has_packet(const oxrtmp_event *event) {
  return event->type == OXRTMP_EVENT_PACKET || (event->type >= OXRTMP_EVENT_CALL &&
                                                event->type <= OXRTMP_EVENT_REPLY && event->status == OXRTMP_OK);
}

/* ---- time (queue.c) ---- */

/* ox_monotonic returns CLOCK_MONOTONIC in nanoseconds. */
int64_t ox_monotonic(void);

/* ---- texts (amf.c) ---- */

/* ox_empty is what a text that is empty points to. */
extern const char ox_empty[1];

/* ---- structs that grow (options.c) ---- */

/* ox_read_struct copies the input struct at in, whose first field is its size, to out, which has size bytes and is
 * cleared first. in may be NULL. A struct without a size, or with fields set that this library does not know, is
 * refused with the name in the error's detail. */
oxrtmp_status ox_read_struct(void *out, size_t size, const void *in, const char *name);

/* ox_write_struct copies as much of the output struct at from, of size bytes, as out has room for by its struct_size,
 * which stays as it is, and clears the rest. */
void ox_write_struct(void *out, const void *from, size_t size);

/* ox_is_sized tells whether the size that a struct begins with can be one. */
bool ox_is_sized(const void *p);

/* ox_check_struct tells whether an output struct can be written, and clears it but for its size. */
oxrtmp_status ox_check_struct(void *out, const char *name);

/* OX_OPTIONS reads an input struct into a local copy of its name. */
#define OX_OPTIONS(type, local, in) \
  type local; \
  do { \
    oxrtmp_status read_ = ox_read_struct(&local, sizeof local, (in), #in); \
    if (read_ != OXRTMP_OK) { \
      return read_; \
    } \
  } while (0)

/* ox_capabilities_fit tells whether the numbers of codecs are those that there is room for (enhanced.c). */
bool ox_capabilities_fit(const oxrtmp_capabilities *c);

/* Options that point to limits, timeouts, TLS options, capabilities and masks are read with those. */
#define OX_SERVER_OPTIONS(local, in) \
  OX_NESTED_OPTIONS(oxrtmp_server_options, local, in); \
  OX_REQUIRE(local.users != NULL || local.user_count == 0, "options->users is NULL"); \
  for (size_t i_ = 0; i_ < local.user_count; i_++) { \
    OX_REQUIRE(local.users[i_].name != NULL && *local.users[i_].name != 0, "a user has no name"); \
    OX_REQUIRE(local.users[i_].password != NULL, "a user has no password"); \
  } \
  OX_REQUIRE(local.login_scheme <= OXRTMP_LOGIN_LLNW, "options->login_scheme is no oxrtmp_login_scheme"); \
  OX_REQUIRE((local.events & ~OXRTMP_SERVER_EVENTS_ALL) == 0, "options->events has a bit that is no event")
#define OX_CLIENT_OPTIONS(local, in) \
  OX_NESTED_OPTIONS(oxrtmp_client_options, local, in); \
  OX_MASK(mask_, local.mask); \
  local.mask = &mask_
#define OX_NESTED_OPTIONS(type, local, in) \
  OX_OPTIONS(type, local, in); \
  OX_OPTIONS(oxrtmp_limits, limits_, local.limits); \
  OX_OPTIONS(oxrtmp_timeouts, timeouts_, local.timeouts); \
  OX_OPTIONS(oxrtmp_tls_options, tls_, local.tls); \
  OX_OPTIONS(oxrtmp_capabilities, capabilities_, local.capabilities); \
  OX_REQUIRE(ox_capabilities_fit(&capabilities_), "capabilities have more than 32 codecs of a kind"); \
  OX_REQUIRE(local.enhanced <= OXRTMP_ENHANCED_REQUIRED, "options->enhanced is no oxrtmp_enhanced"); \
  local.capabilities = local.capabilities != NULL ? &capabilities_ : NULL; \
  local.limits = &limits_; \
  local.timeouts = &timeouts_; \
  local.tls = local.tls != NULL ? &tls_ : NULL

/* OX_METADATA reads metadata to be sent, and checks its tracks. */
#define OX_METADATA(local, in) \
  OX_REQUIRE((in) != NULL, "metadata is NULL"); \
  OX_OPTIONS(oxrtmp_metadata, local, in); \
  OX_REQUIRE(local.tracks != NULL || local.track_count == 0, "metadata->tracks is NULL"); \
  OX_REQUIRE(local.track_count <= 512, "metadata->track_count is more than 512"); \
  for (size_t i_ = 0; i_ < local.track_count; i_++) { \
    OX_REQUIRE(local.tracks[i_].type == 8 || local.tracks[i_].type == 9, "a track's type is neither 8 nor 9"); \
    OX_REQUIRE(local.tracks[i_].track <= 255, "a track's number is above 255"); \
  }

/* OX_MASK reads a mask. */
#define OX_MASK(local, in) \
  OX_OPTIONS(oxrtmp_mask, local, in); \
  OX_REQUIRE(local.codecs != NULL || local.codec_count == 0, "mask->codecs is NULL"); \
  OX_REQUIRE(local.codec_count <= 256, "mask->codec_count is more than 256")

/* OX_BYTES_IN refuses bytes to be sent that cannot be there, or are more than a message can hold. */
#define OX_BYTES_IN(p, size) \
  OX_REQUIRE((p) != NULL || (size) == 0, #p " is NULL"); \
  OX_REQUIRE((size) <= 0xFFFFFF, "more bytes than a message can hold")

/* OX_PACKET_IN refuses a packet to be sent or written whose bytes cannot be there. */
#define OX_PACKET_IN(packet) \
  do { \
    OX_REQUIRE((packet)->data != NULL || (packet)->size == 0, "a packet's data is NULL"); \
    OX_REQUIRE((packet)->raw != NULL || (packet)->raw_size == 0, "a packet's raw is NULL"); \
    OX_REQUIRE((packet)->size <= 0xFFFFFF && (packet)->raw_size <= 0xFFFFFF, "more bytes than a message can hold"); \
  } while (0)

/* OX_PACKETS_IN refuses an array of packets like that, and clears *sent. */
#define OX_PACKETS_IN(packets, count, sent) \
  do { \
    if ((sent) != NULL) { \
      *(sent) = 0; \
    } \
    OX_REQUIRE((packets) != NULL || (count) == 0, "packets is NULL"); \
    OX_REQUIRE((count) <= SIZE_MAX / sizeof *(packets), "count is too large"); \
    for (size_t i_ = 0; i_ < (count); i_++) { \
      OX_PACKET_IN(&(packets)[i_]); \
    } \
  } while (0)

/* OX_STRUCT_CLEAR checks an output struct and clears it, where other arguments are looked at before OX_STRUCT_OUT. */
#define OX_STRUCT_CLEAR(out) \
  do { \
    oxrtmp_status clear_ = ox_check_struct((out), #out); \
    if (clear_ != OXRTMP_OK) { \
      return clear_; \
    } \
  } while (0)

/* OX_STRUCT_OUT returns the status of call, which fills local_, a whole struct of the type; what *out has room for is
 * copied there. */
#define OX_STRUCT_OUT(type, out, call) \
  do { \
    OX_STRUCT_CLEAR(out); \
    type local_ = {0}; \
    oxrtmp_status status_ = (call); \
    if (status_ == OXRTMP_OK) { \
      ox_write_struct((out), &local_, sizeof local_); \
    } \
    return status_; \
  } while (0)

/* OX_TEXT_OUT checks the buffer for a string, makes it empty, and clears *length. */
#define OX_TEXT_OUT(buf, cap, length) \
  do { \
    OX_REQUIRE((buf) != NULL || (cap) == 0, #buf " is NULL"); \
    if ((cap) > 0) { \
      *(buf) = 0; \
    } \
    if ((length) != NULL) { \
      *(length) = 0; \
    } \
  } while (0)

/* OX_BYTES_OUT checks the buffer for bytes and clears *length. */
#define OX_BYTES_OUT(buf, cap, length) \
  do { \
    if ((length) != NULL) { \
      *(length) = 0; \
    } \
    OX_REQUIRE((buf) != NULL || (cap) == 0, #buf " is NULL"); \
    OX_REQUIRE((cap) <= PTRDIFF_MAX, #cap " is too large"); \
  } while (0)

/* OX_INPUT checks bytes that are passed in to be read, however many. */
#define OX_INPUT(data, size) \
  do { \
    OX_REQUIRE((data) != NULL || (size) == 0, #data " is NULL"); \
    OX_REQUIRE((size) <= PTRDIFF_MAX, #size " is too large"); \
  } while (0)

#endif
