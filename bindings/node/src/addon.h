/* What the files of the addon share. The addon is glue: it turns values of JavaScript into arguments of libxrtmp's C
 * interface and back, and knows nothing of the protocol. It is context-aware: everything it keeps hangs on struct addon,
 * one per environment (main thread or worker). */
#ifndef OXRTMP_NODE_ADDON_H
#define OXRTMP_NODE_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <oxrtmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

enum {
  MAX_ARGUMENTS = 9,
  MAX_EVENTS = 256,               /* taken from the queue at a time */
  MAX_LOOKS = 4,                  /* and so often in a turn of the event loop */
  EXTERNAL_BYTES = 16 * 1024,     /* payloads of this size and more are not copied */
  IN_FLIGHT_BYTES = 64 * 1024 * 1024 /* but for those that would make the memory lent to JavaScript more than this */
};

/* ---- handles: a C handle in JavaScript's hands ---- */

enum kind { SERVER = 1, REQUEST, SESSION, CLIENT, RECORDER, READER, ENGINE, HUB, HANDSHAKE, DECODER, ENCODER, RELAY };

struct handle {
  uint64_t id; /* 0 once it was ended */
  enum kind kind;
  struct addon *addon;
  struct handle *next, *previous; /* the addon's live ones */
};

static inline bool is_client(const struct handle *handle) { return handle->kind == CLIENT; }
static inline oxrtmp_client client_of(const struct handle *handle) { return (oxrtmp_client){handle->id}; }
static inline oxrtmp_session session_of(const struct handle *handle) { return (oxrtmp_session){handle->id}; }

/* ---- the addon in one environment ---- */

struct addon {
  atomic_int references; /* the environment, memory lent to JavaScript, and jobs */
  napi_env env;
  napi_async_cleanup_hook_handle hook;
  struct handle *handles; /* live ones */

  /* The event loop's side; made by start. */
  uv_poll_t *poll;
  napi_ref callback;
  napi_ref events_buffer;
  napi_async_context context;
  oxrtmp_queue queue;
  oxrtmp_event *events; /* MAX_EVENTS, in memory that JavaScript reads */
  atomic_size_t in_flight; /* see memory.c, as what follows */
  int64_t told;            /* of that to V8 */
  napi_ref region;
  oxrtmp_packet *region_structs;
  uint32_t region_used;

  /* Jobs; see jobs.c. */
  uv_async_t *async;
  pthread_mutex_t lock;
  struct job *done; /* newest first */
  unsigned borrowing; /* jobs that use memory of JavaScript */
  bool closing;       /* the environment is being torn down */
  int closing_handles;
};

struct addon *addon_retain(struct addon *addon);
void addon_release(struct addon *addon);
/* addon_close completes the environment's end, once no job uses its memory any more. */
void addon_close(struct addon *addon);

/* ---- arguments and results ---- */

struct arguments {
  napi_env env;
  struct addon *addon;
  size_t count;
  napi_value values[MAX_ARGUMENTS];
};

/* Each of these returns false with a JavaScript exception pending when the value is not what it should be. lib/ has
 * checked what users give; here it would be a fault of lib/. */
bool arguments_get(napi_env env, napi_callback_info info, struct arguments *a);
bool get_handle(struct arguments *a, size_t at, enum kind kind, struct handle **handle);
bool get_double(struct arguments *a, size_t at, double *value);
bool get_u32(struct arguments *a, size_t at, uint32_t *value);
/* The arguments, of which the first must be the handle of a client or a session. */
bool get_stream(napi_env env, napi_callback_info info, struct arguments *a, struct handle **handle);
bool get_i32(struct arguments *a, size_t at, int32_t *value);
bool get_bytes(struct arguments *a, size_t at, const uint8_t **data, size_t *size);
bool get_string(struct arguments *a, size_t at, char **text); /* NULL for undefined and null; to be freed */
/* get_packets reads three arguments: the structs, an array of their memory [raw, data, raw, data, ...], and their number. */
bool get_packets(struct arguments *a, size_t at, oxrtmp_packet **packets, uint32_t *count);

napi_value make_u32(napi_env env, uint32_t value);
napi_value make_status(napi_env env, oxrtmp_status status);
napi_value make_double(napi_env env, double value);
napi_value make_bigint(napi_env env, uint64_t value);
napi_value make_string(napi_env env, const char *text, size_t length);
napi_value make_undefined(napi_env env);
void set_named(napi_env env, napi_value object, const char *name, napi_value value);
napi_value fail_argument(napi_env env, const char *what);

/* handle_make wraps a new handle of the library; on failure it is ended and NULL returned. */
napi_value handle_make(struct addon *addon, enum kind kind, uint64_t id);
/* handle_take ends the handle's life here: the caller ends the one of the library. 0 when that was done before. */
uint64_t handle_take(struct handle *handle);
/* handle_end ends a handle of the library that JavaScript no longer wants. */
void handle_end(struct addon *addon, enum kind kind, uint64_t id);

/* TEXT calls a function of the library that writes a string, the last arguments of which are a buffer, its capacity and
 * its length, with a buffer that is large enough. *result becomes the string, or the status. */
#define TEXT(env, result, function, ...) \
  do { \
    char small_[512], *text_ = small_; \
    size_t length_ = 0; \
    oxrtmp_status status_ = function(__VA_ARGS__, small_, sizeof small_, &length_); \
    while (status_ == OXRTMP_E_BUFFER) { /* again if it has grown meanwhile */ \
      size_t capacity_ = length_ + 1; \
      char *larger_ = realloc(text_ == small_ ? NULL : text_, capacity_); \
      if (larger_ == NULL) { \
        status_ = OXRTMP_E_MEMORY; \
        break; \
      } \
      text_ = larger_; \
      status_ = function(__VA_ARGS__, text_, capacity_, &length_); \
    } \
    *(result) = status_ == OXRTMP_OK ? make_string(env, text_, length_) : make_status(env, status_); \
    if (text_ != small_) { \
      free(text_); \
    } \
  } while (0)

/* BYTES calls a function whose last parameters are a buffer, its size and a length; *result becomes a Buffer, or the
 * status. */
#define BYTES(env, result, function, ...) \
  do { \
    uint8_t small_[512], *to_ = small_; \
    size_t length_ = 0; \
    oxrtmp_status status_ = function(__VA_ARGS__, to_, sizeof small_, &length_); \
    if (status_ == OXRTMP_E_BUFFER) { \
      to_ = malloc(length_); \
      status_ = to_ != NULL ? function(__VA_ARGS__, to_, length_, &length_) : OXRTMP_E_MEMORY; \
    } \
    *(result) = NULL; \
    if (status_ == OXRTMP_OK) { \
      napi_create_buffer_copy(env, length_, to_, NULL, (result)); \
    } else { \
      *(result) = make_status(env, status_); \
    } \
    if (to_ != small_) { \
      free(to_); \
    } \
  } while (0)

/* ---- options: objects of JavaScript to structs of C ---- */

struct server_settings {
  oxrtmp_server_options options;
  oxrtmp_limits limits;
  oxrtmp_timeouts timeouts;
  oxrtmp_tls_options tls;
  oxrtmp_user *users;
  oxrtmp_capabilities capabilities;
};

struct client_settings {
  oxrtmp_client_options options;
  oxrtmp_limits limits;
  oxrtmp_timeouts timeouts;
  oxrtmp_tls_options tls;
  oxrtmp_mask mask; /* its codecs are memory of JavaScript */
  oxrtmp_capabilities capabilities;
};

struct hub_settings {
  oxrtmp_hub_options options;
  oxrtmp_mask mask;
};

struct relay_settings {
  oxrtmp_relay_options options;
  oxrtmp_mask mask;
  struct client_settings client;
};

bool get_server_settings(struct arguments *a, size_t at, struct server_settings *s); /* end with server_settings_free */
void server_settings_free(struct server_settings *s);
bool get_tls_options(struct arguments *a, size_t at, oxrtmp_tls_options *o);         /* end with tls_options_free */
void tls_options_free(oxrtmp_tls_options *o);
bool get_client_settings(struct arguments *a, size_t at, struct client_settings *s); /* end with client_settings_free */
void client_settings_free(struct client_settings *s);
bool get_limits(struct arguments *a, size_t at, oxrtmp_limits *l);
bool get_mask(struct arguments *a, size_t at, oxrtmp_mask *mask);
bool get_hub_settings(struct arguments *a, size_t at, struct hub_settings *s);
bool get_relay_settings(struct arguments *a, size_t at, struct relay_settings *s); /* end with client_settings_free */
bool get_recorder_options(struct arguments *a, size_t at, oxrtmp_recorder_options *o);
bool get_metadata(struct arguments *a, size_t at, oxrtmp_metadata *m); /* and at at + 1 the structs of its tracks */
/* What play2 says: name, old name, transition, JSON, liveOnly, startMs, durationMs, offsetMs. End with play2_free. */
bool get_play2(struct arguments *a, size_t at, oxrtmp_play2 *p);
void play2_free(oxrtmp_play2 *p);
napi_value make_metadata(napi_env env, const oxrtmp_metadata *m, const oxrtmp_track_info *tracks, size_t count);
napi_value make_statistics(napi_env env, const oxrtmp_statistics *s);
napi_value make_failure(napi_env env, const oxrtmp_failure *f);
napi_value make_connection_statistics(napi_env env, const oxrtmp_connection_statistics *s);
napi_value make_hub_info(napi_env env, const oxrtmp_hub_info *h);
napi_value make_stream_info(napi_env env, const oxrtmp_stream_info *s);
napi_value make_relay_info(napi_env env, const oxrtmp_relay_info *r);
napi_value make_play_info(napi_env env, const oxrtmp_play_info *p);
napi_value make_engine_counters(napi_env env, const oxrtmp_engine_counters *c);
napi_value option_names(napi_env env, napi_callback_info info);

/* ---- errors ---- */

struct failure {
  oxrtmp_error_detail detail;
  char text[OXRTMP_ERROR_TEXT_SIZE];
};

void failure_get(struct failure *f, oxrtmp_status status); /* about the last call on this thread */
napi_value failure_make(napi_env env, const struct failure *f);
napi_value last_error(napi_env env, napi_callback_info info);

/* ---- jobs: calls that may wait, on threads of the addon ---- */

struct job {
  struct job *next;
  struct addon *addon;
  napi_deferred deferred;
  oxrtmp_status (*run)(struct job *job);                      /* on a thread; the environment must not be touched */
  napi_value (*result)(napi_env env, struct job *job);        /* on the loop, after OXRTMP_OK; NULL: undefined */
  void (*dispose)(struct job *job, bool delivered);           /* frees it; not delivered: and ends what it made */
  napi_ref borrowed;                                          /* memory of JavaScript that run reads, or NULL */
  oxrtmp_status status;
  struct failure failure;
};

/* job_start runs a job and returns the promise of its result: what result makes, or after a failure an object as
 * last_error makes it with the property `failed`. The job is disposed of in any case. */
napi_value job_start(struct addon *addon, struct job *job);
/* job_detach runs a job that nobody waits for, and that outlives the environment. */
void job_detach(struct job *job);
bool jobs_init(struct addon *addon);

/* ---- the queue and packets ---- */

napi_value queue_start(napi_env env, napi_callback_info info);
napi_value queue_ref(napi_env env, napi_callback_info info);
napi_value queue_unref(napi_env env, napi_callback_info info);
void queue_stop(struct addon *addon);

/* What JavaScript gets with events: the packets in them as an array of structs, and the memory of their payloads. In the
 * structs the pointers are replaced: token is the payload's place in loans; raw the payload's offset in the slab, -1 for one
 * that is not there; data the offset of the codec's bytes in the payload. The event of a packet has, in token, which of the
 * structs it is; the first of several that come from one source in a row has their number in value, their bytes in on. */
struct memory {
  napi_value structs; /* an ArrayBuffer, or undefined */
  napi_value loans;   /* what loanBuffer and the like take, or undefined */
  napi_value slab;    /* a Buffer, or undefined: made when it is asked for */
  size_t count;       /* events that it is about, at least the first one */
};
bool memory_make(struct addon *addon, oxrtmp_event *events, size_t count, struct memory *memory);
/* memory_settle tells V8 what is lent now: what was given back as fast as it came needs no collector. */
void memory_settle(struct addon *addon);
/* events_make makes what JavaScript gets of events that did not come by the queue: [events, count, structs, loans, slab],
 * maybe several times. */
napi_value events_make(struct addon *addon, oxrtmp_event *events, size_t count);

/* told_make makes an array of what the SERVER events among these say in words, by their places, and releases that; undefined
 * where there are none. */
napi_value told_make(napi_env env, const oxrtmp_event *events, size_t count);

/* ---- the functions by file ---- */

struct function {
  const char *name;
  napi_callback callback;
};

extern const struct function library_functions[], memory_functions[], server_functions[], session_functions[],
    client_functions[], told_functions[], stream_functions[], file_functions[], engine_functions[], hub_functions[],
    relay_functions[], amf_functions[], calls_functions[], enhanced_functions[], part_functions[], lowlevel_functions[];

#endif
