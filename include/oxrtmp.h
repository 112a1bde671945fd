/* oxrtmp.h: the C interface of libxrtmp, an RTMP library. It accepts, sends, plays, distributes and records
 * live streams.
 *
 * Link with -lxrtmp (pkg-config oxrtmp, or CMake's oxrtmp::oxrtmp). This header is the manual; it is read top to
 * bottom.
 *
 *
 * INTRODUCTION
 *
 * A server that lets in the publisher who knows the stream name, and shows what it sends. The program is complete:
 *
 *   #include <oxrtmp.h>
 *   #include <stdio.h>
 *   #include <string.h>
 *   int main(void) {
 *     oxrtmp_server server; oxrtmp_request request; oxrtmp_session session; oxrtmp_packet packet; char name[256];
 *     if (oxrtmp_server_bind("127.0.0.1:1935", NULL, &server)) return 1;            // NULL: default options
 *     while (oxrtmp_server_accept(server, -1, &request) == OXRTMP_OK) {
 *       if (oxrtmp_request_stream_name(request, name, sizeof name, NULL) || strcmp(name, "secret")) {
 *         oxrtmp_request_reject(request, NULL, "unauthorized"); continue;
 *       }
 *       if (oxrtmp_request_accept(request, NULL, &session)) continue;
 *       while (oxrtmp_session_next_packet(session, -1, &packet) == OXRTMP_OK) {
 *         printf("%u ms track %u, %zu bytes\n", packet.timestamp_ms, packet.track, packet.size);
 *         oxrtmp_packet_release(&packet);
 *       }
 *       oxrtmp_session_close(session);
 *     }
 *   }
 *
 * A client that publishes one frame of H.264 (the arrays are the caller's):
 *
 *   oxrtmp_client client;
 *   if (oxrtmp_client_publish("rtmp://127.0.0.1/live/secret", NULL, 10000, &client)) return 1;
 *   oxrtmp_client_send_video_sequence_header(client, avcc, avcc_size);   // AVCDecoderConfigurationRecord
 *   oxrtmp_client_send_video(client, 0, 1, nalus, nalus_size);           // 0 ms, a keyframe, length-prefixed NAL units
 *   oxrtmp_client_close(client);                                         // delivers what is queued
 *
 *
 * CONCEPTS
 *
 *   server   listens on addresses, or serves a listener or sockets that you bring. Any number per process.
 *   request  a peer's wish, usually to publish or to play a stream. It waits for your oxrtmp_request_accept or _reject,
 *            from any thread, until its deadline (10 s by default); what you answer after that is harmless.
 *   session  an accepted stream on the server's side. Packets come out of one that is published, and go into one that
 *            is played.
 *   client   an outgoing connection that publishes a stream or plays one. Packets go into it, or come out of it.
 *   packet   one unit of media: a codec's configuration (sequence header), a frame, or a data message such as metadata.
 *            `data` is the codec's own bytes, `raw` the whole payload as it crossed the wire.
 *   queue    where what happens to many servers, sessions and clients waits for you, behind one file descriptor.
 *   hub      gives what is published to everybody who plays it, for servers that need no more, or that ask you first.
 *   relay    carries a stream of a hub to another server, or from there, for as long as it is open.
 *
 * Beside them: a recorder writes packets to FLV files, a reader reads them, and an engine is the protocol alone, for a
 * transport of your own; what it is made of can be called as well (Low-level, at the end).
 *
 * All but packets are handles: structs of one 64-bit number, told apart by the compiler when you mix them up, and by
 * the library when they are stale, foreign or zero: such a call returns OXRTMP_E_HANDLE and does nothing. A number is
 * never used a second time.
 *
 *
 * CHAPTERS
 *
 * After these words: Status · Library · Handles · Packets · Limits and timeouts · TLS · Enhanced RTMP · Server ·
 * Request · Session · Client that publishes · Queue · Events of a server · Playing · Calls · Hub, with relays · FLV
 * files · Engine · Low-level. A chapter begins with a line of dashes and its name. Guides and whole programs come with the
 * library, in share/doc/oxrtmp; getting-started.md is the first.
 *
 *
 * OWNERSHIP
 *
 * - What a function returns through a handle pointer is yours, to be ended by one call: oxrtmp_server_close,
 *   oxrtmp_session_close, oxrtmp_client_close, oxrtmp_hub_close, oxrtmp_relay_close, oxrtmp_queue_destroy,
 *   oxrtmp_recorder_close, oxrtmp_flv_reader_close, oxrtmp_engine_close, oxrtmp_handshake_close,
 *   oxrtmp_chunk_decoder_close, oxrtmp_chunk_encoder_close. A request is ended by oxrtmp_request_accept,
 *   oxrtmp_request_reject or oxrtmp_hub_accept. Closing a server ends its connections, and closing a hub its streams,
 *   but the handles of sessions, clients and relays stay yours to close.
 * - A packet that you receive owns a reference to its memory until oxrtmp_packet_release, which you may call from any
 *   thread, at any time, also after its session is closed. `data` and `raw` are valid until then; do not write there.
 *   The struct may be copied freely, but it is one reference: release it once. A second reference comes from
 *   oxrtmp_packet_retain. A release too many is the error OXRTMP_E_HANDLE, not corruption.
 * - What you pass in (strings, bytes, structs, packets to send) stays yours, is not changed, and is read only during
 *   the call. A pointer must be valid or NULL; NULL where it is not allowed gives OXRTMP_E_ARGUMENT.
 * - Strings are bytes that a NUL ends. The library's own are UTF-8, what you pass in should be, too, and what a peer
 *   has sent (names, URLs, its software) may be any bytes but NUL, which is refused in names and '?' elsewhere: escape
 *   them before you show them, and do not make file names of them (oxrtmp_recorder_open_in does so safely).
 * - Strings out are written to your buffer, NUL-terminated, and their length (without the NUL) to *length if length is
 *   not NULL. If the buffer is too small the call returns OXRTMP_E_BUFFER, the buffer holds the empty string, and
 *   *length says what is needed; (NULL, 0, &length) is the way to ask. A stream name is never cut short.
 * - On error every other output is zero: a handle is no handle, a packet is empty (and releasing it does nothing).
 *
 *
 * THREADS
 *
 * Every function may be called from any thread, at the same time as any other, also on the same handle, unless its
 * comment says otherwise. Two threads that take packets from one session share them. Nothing is called back on threads
 * of the library; oxrtmp_server_serve, the one function that calls you, does so on threads it makes for that.
 * A thread that waits inside a call is a waiting thread of yours; the library does not hide it.
 *
 *
 * WAITING AND CANCELLING
 *
 * There are three ways to wait, and one program may use all of them:
 *
 * - Blocking calls, as in the programs above: a thread for each server and each session. The simplest, good for tens of
 *   streams. What a hub does takes none of your threads.
 * - oxrtmp_server_serve, which makes the threads for you: a function of yours runs for each request, over the same
 *   blocking calls.
 * - A queue, for an event loop of your own, or for hundreds of streams on few threads: servers, sessions and clients
 *   send what happens to a queue, whose file descriptor is readable while something waits, and one call takes all of
 *   it. See "Queue" below. What goes to a queue is not for blocking calls: they return OXRTMP_E_BUSY.
 *
 * A function that may wait has a timeout_ms: 0 looks and returns at once, -1 (as any negative number) waits for ever,
 * and otherwise it returns OXRTMP_E_TIMEOUT when that time is over (at most 250 ms later, whatever the peer or the
 * network does). Sending waits as long as send_timeout_ms of the client's or server's options says. Closing a handle
 * from another thread wakes those who wait on it, with OXRTMP_E_CLOSED, within 100 ms; a call that begins later returns
 * OXRTMP_E_HANDLE, as the handle has ended. A thread whose handle others may close takes both for the end. Functions
 * without a timeout do not wait for the network, with two exceptions: the closing of a client, a relay, or a hub that
 * has relays gives queued data linger_ms to leave; and to listen on a host's name looks it up, which takes as long as
 * the system's resolver does.
 *
 *
 * ERRORS
 *
 * Functions return an oxrtmp_status: OXRTMP_OK (zero) or a negative error. Their numbers never change, and are grouped:
 * -1xx how the call was used or ended, -2xx transport and files, -3xx protocol, -4xx refused by the peer, -9xx a fault
 * of this library. Treat an unknown number by its group. oxrtmp_status_name and oxrtmp_status_text put it in words;
 * oxrtmp_last_error tells what happened in detail: where (resolve, tcp, tls, handshake, connect, createStream, publish,
 * play, media), the peer's own code and words, the operating system's. It is kept per thread, for the last call that
 * failed.
 *
 * The end of a stream is not a fault: OXRTMP_E_EOF when the peer ended it (by command, by hanging up or by a reset of the
 * connection; which of these, oxrtmp_session_end_reason tells, and of a client oxrtmp_last_error), OXRTMP_E_CLOSED when
 * you did. A loop `while (oxrtmp_session_next_packet(...) == OXRTMP_OK)` is complete.
 *
 * Any function may return OXRTMP_E_ARGUMENT, OXRTMP_E_HANDLE, OXRTMP_E_MEMORY, OXRTMP_E_FORKED and OXRTMP_E_INTERNAL;
 * the comments below name the others.
 *
 *
 * ENVIRONMENT
 *
 * The library is written in Go and brings Go's run-time system: a few threads, and address space in plenty (about
 * 1.6 GB reserved, 10 MB used; mind ulimit -v). What follows from that:
 *
 * - fork: a child process that goes on without exec cannot use the library. Every call there returns OXRTMP_E_FORKED at
 *   once, closing and releasing included (they do nothing). Fork before the library is loaded, or fork and exec.
 *   All descriptors are close-on-exec.
 * - signals: the library's threads block them, so what is sent to the process reaches your threads, sigwait and
 *   signalfd work (but for SIGCHLD, which Go leaves open), and a peer that is gone raises no SIGPIPE. No handler of
 *   yours is taken away: Go's run-time system installs its own for SIGSEGV, SIGBUS, SIGFPE, SIGPIPE and SIGURG, which
 *   hand on to those that were there, but for a SIGURG that the process sends to a thread of its own. Install yours
 *   with SA_ONSTACK. Your threads' signal masks stay as they are. No function may be called in a signal handler,
 *   oxrtmp_queue_wake and the closing functions neither: end a program by sigwait in a thread, by signalfd, or by a
 *   flag that your loop looks at.
 * - exit: a program may end at any time, with anything open and any call waiting; what is queued then is lost.
 * - dlclose: the library never unloads. dlopen and dlclose of it are harmless.
 * - other Go libraries in the same process work side by side, each with a run-time system of its own; so does a second
 *   copy of this one.
 * - musl: Go shared libraries cannot be loaded by musl's loader (Alpine Linux). Use a glibc system or container.
 * - fibers: call from a thread's own stack. A call from a coroutine's private stack works but takes 100 times as long.
 *   A thread may be as small as 64 KiB of stack.
 * - memory that runs out, and a Go stack overflow, end the process, as everywhere in Go. Other internal faults become
 *   OXRTMP_E_INTERNAL, or end the one connection they happened on.
 * - no configuration file, and no environment variable but those of Go's run-time system (GOMAXPROCS, GOGC, GOMEMLIMIT,
 *   GODEBUG), changes what the library does. What a program sets for the whole process is
 *   oxrtmp_memory_limit and oxrtmp_runtime_configure.
 * - 64-bit Linux with glibc.
 *
 *
 * VERSIONING
 *
 * OXRTMP_VERSION is the version of this header, oxrtmp_version() that of the library you run with. Until 1.0 the
 * library's name is libxrtmp.so.0; within one name, programs run on newer libraries without being compiled again:
 * functions, structs and constants are added, never changed or taken away.
 *
 * A struct you fill begins with struct_size. Its _init function sets that and clears the rest; 0 or NULL in a field
 * means the default. A struct the library fills and that may grow begins with struct_size too: set it to sizeof before
 * the call, and no more than that is written. A struct that is longer than the library knows is taken as long as what
 * it does not know is 0; else the call returns OXRTMP_E_ARGUMENT. oxrtmp_packet and oxrtmp_event are as they are: they
 * need no init, so that arrays of them work.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OXRTMP_H
#define OXRTMP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OXRTMP_VERSION_MAJOR 0
#define OXRTMP_VERSION_MINOR 1
#define OXRTMP_VERSION_PATCH 0
/** The version of this header as one number: major << 16 | minor << 8 | patch. */
#define OXRTMP_VERSION (OXRTMP_VERSION_MAJOR << 16 | OXRTMP_VERSION_MINOR << 8 | OXRTMP_VERSION_PATCH)

#if defined(__GNUC__)
#define OXRTMP_API __attribute__((visibility("default")))
#else
#define OXRTMP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------------------------------
 * Status
 */

/** What a function returns: OXRTMP_OK (0) or one of the negative errors of OXRTMP_STATUS_MAP. */
typedef int32_t oxrtmp_status;

/** All statuses: XX(name, number, text). */
#define OXRTMP_STATUS_MAP(XX) \
  XX(OK, 0, "ok") \
  /* how the call was used, or ended */ \
  XX(E_ARGUMENT, -101, "an argument is not valid") \
  XX(E_HANDLE, -102, "not a live handle of this kind, or a packet that was released already") \
  XX(E_BUFFER, -103, "the buffer is too small") \
  XX(E_STATE, -104, "not possible in this state") \
  XX(E_BUSY, -105, "in use in another way") \
  XX(E_AGAIN, -106, "nothing there yet, or no room yet; nothing was taken") \
  XX(E_TIMEOUT, -107, "the time given is over") \
  XX(E_CLOSED, -108, "closed on this side") \
  XX(E_EOF, -109, "the stream has ended") \
  XX(E_FORKED, -110, "in a forked child, where the library cannot be used") \
  XX(E_MEMORY, -111, "out of memory, or past the memory limit") \
  XX(E_UNSUPPORTED, -112, "not supported") \
  /* transport and files */ \
  XX(E_RESOLVE, -201, "the host name could not be resolved") \
  XX(E_CONNECT, -202, "the connection could not be made") \
  XX(E_TLS, -203, "TLS failed") \
  XX(E_IO, -204, "the connection broke") \
  XX(E_ADDRESS, -205, "the address cannot be listened on") \
  XX(E_FILE, -206, "the file could not be opened, read or written") \
  XX(E_SILENT, -207, "the peer was silent, or took no data, for too long") \
  /* protocol */ \
  XX(E_PROTOCOL, -301, "the peer broke the protocol") \
  XX(E_HANDSHAKE, -302, "the RTMP handshake failed") \
  XX(E_CHUNK, -303, "the chunk stream is broken") \
  XX(E_AMF, -304, "AMF data is not valid") \
  XX(E_MESSAGE, -305, "a message is not valid") \
  XX(E_LIMIT, -306, "a limit was exceeded") \
  XX(E_MEDIA, -307, "media data is not valid") \
  XX(E_FLV, -308, "the FLV data is not valid") \
  /* refused by the peer */ \
  XX(E_REFUSED, -401, "refused by the peer") \
  XX(E_AUTH, -402, "refused by the peer: not authorized") \
  XX(E_NAME, -403, "refused by the peer: the stream name is in use or not allowed") \
  XX(E_NOT_FOUND, -404, "refused by the peer: no such application or stream") \
  /* this library */ \
  XX(E_INTERNAL, -901, "a fault inside the library")

/** The statuses as constants: OXRTMP_OK, OXRTMP_E_ARGUMENT, ... */
enum {
#define OXRTMP_STATUS_CONSTANT(name, number, text) OXRTMP_##name = number,
  OXRTMP_STATUS_MAP(OXRTMP_STATUS_CONSTANT)
#undef OXRTMP_STATUS_CONSTANT
};

/** The name of a status as in this header, such as "OXRTMP_E_TIMEOUT"; "OXRTMP_E_?" for a number that is none.
 *  The string is constant. Works in a forked child. Since 0.1. */
OXRTMP_API const char *oxrtmp_status_name(oxrtmp_status status);

/** The status in words, for a reader who has no more than that; oxrtmp_last_error says more. Constant. Since 0.1. */
OXRTMP_API const char *oxrtmp_status_text(oxrtmp_status status);

/** A buffer of this size holds every text of oxrtmp_last_error. */
#define OXRTMP_ERROR_TEXT_SIZE 1024

/** What went wrong in the last call on this thread that failed, as one line for people to read: status, phase, the
 *  peer's code and words, or what happened: "OXRTMP_E_TIMEOUT: connect: the peer did not answer in time". Calls that
 *  succeed leave it as it is; it is empty when none has failed. The only string that is cut to fit a small buffer.
 *  Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when buf is NULL or cap 0. */
OXRTMP_API oxrtmp_status oxrtmp_last_error(char *buf, size_t cap);

/** oxrtmp_last_error in parts. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_error_detail {
  uint32_t struct_size;  /**< sizeof(oxrtmp_error_detail), set by you */
  oxrtmp_status status;  /**< what the call returned; OXRTMP_OK when no call on this thread has failed */
  int32_t os_error;      /**< the operating system's errno, 0 if it had no part */
  int32_t tls_alert;     /**< the number of the TLS alert, -1 if there was none */
  char phase[16];        /**< "resolve", "tcp", "tls", "handshake", "connect", ..., "media", or "" */
  char code[128];        /**< the peer's code, such as "NetStream.Publish.BadName", or "" */
  char description[512]; /**< the peer's words, cut to fit, or "" */
} oxrtmp_error_detail;

/** Fill *detail about the last call on this thread that failed. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when struct_size is not set, which leaves the last error as it is. */
OXRTMP_API oxrtmp_status oxrtmp_last_error_detail(oxrtmp_error_detail *detail);

/* ---------------------------------------------------------------------------------------------------------------------
 * Library
 */

/** The version of the library at run time, made like OXRTMP_VERSION. Works in a forked child. Since 0.1. */
OXRTMP_API uint32_t oxrtmp_version(void);

/** One line about the build: version, platform, compilers. Constant. Works in a forked child. Since 0.1. */
OXRTMP_API const char *oxrtmp_build_info(void);

/** Bound the memory of all message payloads in the process: those being received, waiting, and held by you. A
 *  connection that needs more is ended with E_MEMORY. Default 2 GiB; 0 restores it. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_memory_limit(uint64_t bytes);

/** How Go's run-time system behaves, in the whole process. Clear them with oxrtmp_runtime_options_init; 0 means the
 *  default. */
typedef struct oxrtmp_runtime_options {
  uint32_t struct_size; /**< set by oxrtmp_runtime_options_init */
  uint32_t processors;  /**< how many threads run Go code at a time, 1 to 1024; what GOMAXPROCS said at the start, else as
                             many as the process has processors (affinity and control groups are heeded) */
  uint64_t heap_bytes;  /**< memory of Go's heap and stacks above which it is collected more often: a soft limit, which
                             does not count payloads; what GOMEMLIMIT said at the start, else none */
} oxrtmp_runtime_options;

/** Set all of them, those that are 0 to their default. NULL: every default. At any time, best before the first server or
 *  client: to change processors halts the library for some microseconds. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when processors is above 1024, and nothing is changed. */
OXRTMP_API oxrtmp_status oxrtmp_runtime_configure(const oxrtmp_runtime_options *options);

/** What the library holds at this moment. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_library_info {
  uint32_t struct_size;   /**< sizeof(oxrtmp_library_info), set by you */
  uint32_t handles;       /**< live handles of all kinds */
  uint64_t packets;       /**< packets received by you and not yet released */
  uint64_t payload_bytes; /**< memory of message payloads in use, which oxrtmp_memory_limit bounds */
  uint64_t pooled_bytes;  /**< memory of payloads kept for the next ones */
  uint64_t heap_bytes;    /**< memory in use on Go's heap */
  uint32_t goroutines;    /**< concurrent activities inside the library */
  uint32_t faults;        /**< internal faults caught since the start; each was an OXRTMP_E_INTERNAL */
  uint32_t processors;    /**< threads that run Go code at a time: see oxrtmp_runtime_options */
  uint32_t reserved;      /**< 0 */
  uint64_t heap_limit;    /**< soft limit of Go's memory in bytes, 0: none: see oxrtmp_runtime_options */
} oxrtmp_library_info;

/** Fill *info. Halts the library for some microseconds: for tests and for now and then. Since 0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_library_statistics(oxrtmp_library_info *info);

/* ---------------------------------------------------------------------------------------------------------------------
 * Handles. {0} is none.
 */

/** Listens and accepts. */
typedef struct oxrtmp_server { uint64_t id; /**< 0: none */ } oxrtmp_server;
/** A peer's pending wish. */
typedef struct oxrtmp_request { uint64_t id; /**< 0: none */ } oxrtmp_request;
/** An accepted stream. */
typedef struct oxrtmp_session { uint64_t id; /**< 0: none */ } oxrtmp_session;
/** A connection that publishes or plays. */
typedef struct oxrtmp_client { uint64_t id; /**< 0: none */ } oxrtmp_client;
/** Writes an FLV file. */
typedef struct oxrtmp_recorder { uint64_t id; /**< 0: none */ } oxrtmp_recorder;
/** Where events of many handles wait. */
typedef struct oxrtmp_queue { uint64_t id; /**< 0: none */ } oxrtmp_queue;
/** Reads an FLV file, or FLV bytes. */
typedef struct oxrtmp_flv_reader { uint64_t id; /**< 0: none */ } oxrtmp_flv_reader;
/** The protocol of one connection, without I/O. */
typedef struct oxrtmp_engine { uint64_t id; /**< 0: none */ } oxrtmp_engine;
/** Gives streams to many players. */
typedef struct oxrtmp_hub { uint64_t id; /**< 0: none */ } oxrtmp_hub;
/** Carries a hub's stream to or from a server. */
typedef struct oxrtmp_relay { uint64_t id; /**< 0: none */ } oxrtmp_relay;
/** One side of a handshake, without I/O. */
typedef struct oxrtmp_handshake { uint64_t id; /**< 0: none */ } oxrtmp_handshake;
/** Puts messages together. */
typedef struct oxrtmp_chunk_decoder { uint64_t id; /**< 0: none */ } oxrtmp_chunk_decoder;
/** Cuts messages into chunks. */
typedef struct oxrtmp_chunk_encoder { uint64_t id; /**< 0: none */ } oxrtmp_chunk_encoder;

/* ---------------------------------------------------------------------------------------------------------------------
 * Packets
 */

/** What a packet is for. */
enum oxrtmp_packet_kind {
  OXRTMP_PACKET_NONE = 0,            /**< an empty packet */
  OXRTMP_PACKET_SEQUENCE_HEADER = 1, /**< what the track's decoder needs first: avcC, AudioSpecificConfig, ... */
  OXRTMP_PACKET_FRAME = 2,           /**< one access unit; also audio and video that could not be parsed (MALFORMED) */
  OXRTMP_PACKET_SEQUENCE_END = 3,    /**< no further frame of the track's sequence follows */
  OXRTMP_PACKET_METADATA = 4,        /**< onMetaData, or with a flag: a channel layout, colour information */
  OXRTMP_PACKET_DATA = 5,            /**< any other data message; see oxrtmp_packet_handler */
  OXRTMP_PACKET_COMMAND = 6,         /**< a video command: client-side seek begins or ends */
  OXRTMP_PACKET_SILENCE = 7          /**< an audio message without bytes: play out what is there, then be silent */
};

/** Properties of a packet, or'ed. */
enum oxrtmp_packet_flags {
  OXRTMP_PACKET_KEYFRAME = 1 << 0,            /**< video frame that needs no earlier one */
  OXRTMP_PACKET_ENHANCED = 1 << 1,            /**< Enhanced RTMP header; when sending: ask for one */
  OXRTMP_PACKET_MALFORMED = 1 << 2,           /**< header not understood: codec is 0, data is all of raw */
  OXRTMP_PACKET_DISPOSABLE = 1 << 3,          /**< video frame that no other one refers to */
  OXRTMP_PACKET_MULTITRACK = 1 << 4,          /**< came in a message with several tracks, which is raw */
  OXRTMP_PACKET_MPEG2TS = 1 << 5,             /**< sequence header that is an MPEG-2 transport stream's descriptor */
  OXRTMP_PACKET_MULTICHANNEL_CONFIG = 1 << 6, /**< metadata that is an audio track's channel layout */
  OXRTMP_PACKET_COLOR_INFO = 1 << 7,          /**< metadata that is a video track's: AMF names and values */
  OXRTMP_PACKET_CONTINUED = 1 << 8,           /**< not the first packet of its message: skip it when forwarding raw */
  OXRTMP_PACKET_SET_DATA_FRAME = 1 << 9,      /**< data message that came inside @setDataFrame; when sending: wrap it */
  OXRTMP_PACKET_UNOFFICIAL_ID = 1 << 10,      /**< legacy header with codec number 12 (H.265) or 13 (AV1) */
  OXRTMP_PACKET_ENCRYPTED = 1 << 11           /**< of FLV files, MALFORMED too: see oxrtmp_flv_envelope_parse */
};

/** A codec's four characters as a number. */
#define OXRTMP_FOURCC(a, b, c, d) ((a) * 0x1000000u | (b) * 0x10000u | (c) * 0x100u | (d) * 1u)

/* Codecs of Enhanced RTMP, and of legacy headers that have the same codec. */
#define OXRTMP_CODEC_AVC1 OXRTMP_FOURCC('a', 'v', 'c', '1') /**< H.264 */
#define OXRTMP_CODEC_HVC1 OXRTMP_FOURCC('h', 'v', 'c', '1') /**< H.265 */
#define OXRTMP_CODEC_VVC1 OXRTMP_FOURCC('v', 'v', 'c', '1') /**< H.266 */
#define OXRTMP_CODEC_AV01 OXRTMP_FOURCC('a', 'v', '0', '1') /**< AV1 */
#define OXRTMP_CODEC_VP08 OXRTMP_FOURCC('v', 'p', '0', '8') /**< VP8 */
#define OXRTMP_CODEC_VP09 OXRTMP_FOURCC('v', 'p', '0', '9') /**< VP9 */
#define OXRTMP_CODEC_MP4A OXRTMP_FOURCC('m', 'p', '4', 'a') /**< AAC */
#define OXRTMP_CODEC_OPUS OXRTMP_FOURCC('O', 'p', 'u', 's') /**< Opus */
#define OXRTMP_CODEC_FLAC OXRTMP_FOURCC('f', 'L', 'a', 'C') /**< FLAC */
#define OXRTMP_CODEC_AC3 OXRTMP_FOURCC('a', 'c', '-', '3')  /**< AC-3 */
#define OXRTMP_CODEC_EC3 OXRTMP_FOURCC('e', 'c', '-', '3')  /**< Enhanced AC-3 */
#define OXRTMP_CODEC_MP3 OXRTMP_FOURCC('.', 'm', 'p', '3')  /**< MP3 */
/** Any codec, in capabilities. */
#define OXRTMP_CODEC_ANY OXRTMP_FOURCC('*', ' ', ' ', ' ')
/* Codecs that only legacy headers carry; the characters are this library's. */
#define OXRTMP_CODEC_JPEG OXRTMP_FOURCC('j', 'p', 'e', 'g')
#define OXRTMP_CODEC_SORENSON_H263 OXRTMP_FOURCC('f', 'l', 'v', '1')
#define OXRTMP_CODEC_SCREEN_VIDEO OXRTMP_FOURCC('f', 's', 'v', '1')
#define OXRTMP_CODEC_SCREEN_VIDEO_2 OXRTMP_FOURCC('f', 's', 'v', '2')
#define OXRTMP_CODEC_VP6 OXRTMP_FOURCC('v', 'p', '6', 'f')
#define OXRTMP_CODEC_VP6_ALPHA OXRTMP_FOURCC('v', 'p', '6', 'a')
#define OXRTMP_CODEC_H263 OXRTMP_FOURCC('h', '2', '6', '3')
#define OXRTMP_CODEC_MPEG4_VISUAL OXRTMP_FOURCC('m', 'p', '4', 'v')
#define OXRTMP_CODEC_PCM_PLATFORM OXRTMP_FOURCC('p', 'c', 'm', 'p') /**< in the sender's byte order: little-endian */
#define OXRTMP_CODEC_PCM_LITTLE OXRTMP_FOURCC('p', 'c', 'm', 'l')
#define OXRTMP_CODEC_ADPCM OXRTMP_FOURCC('s', 'w', 'f', 'a')
#define OXRTMP_CODEC_NELLYMOSER OXRTMP_FOURCC('n', 'm', 'o', 's')
#define OXRTMP_CODEC_NELLYMOSER_16 OXRTMP_FOURCC('n', 'm', '1', '6')
#define OXRTMP_CODEC_NELLYMOSER_8 OXRTMP_FOURCC('n', 'm', '0', '8')
#define OXRTMP_CODEC_ALAW OXRTMP_FOURCC('a', 'l', 'a', 'w')
#define OXRTMP_CODEC_MULAW OXRTMP_FOURCC('u', 'l', 'a', 'w')
#define OXRTMP_CODEC_SPEEX OXRTMP_FOURCC('s', 'p', 'e', 'x')
#define OXRTMP_CODEC_DEVICE_SPECIFIC OXRTMP_FOURCC('d', 'e', 'v', 's')

/** One unit of media. 128 bytes, for the life of the library's name.
 *
 *  A packet from the library owns a reference to its memory (OWNERSHIP above). To make one for sending, clear it with
 *  memset and fill type, timestamp_ms, and either raw and raw_size (the payload goes out as it is), or data, size,
 *  kind, codec and what else its header needs. Its memory stays yours: token is 0, and releasing it does nothing. */
typedef struct oxrtmp_packet {
  const uint8_t *data;     /**< the codec's bytes without any header; of a data message all from its handler on */
  size_t size;             /**< bytes at data */
  const uint8_t *raw;      /**< the whole message payload as it came, the same memory */
  size_t raw_size;         /**< bytes at raw */
  int64_t dts_ns;          /**< decoding time in nanoseconds, without the wrap-around of timestamp_ms */
  int64_t pts_ns;          /**< presentation time: dts_ns + composition_ms + nano_offset_ns */
  int64_t arrival_ns;      /**< when its last byte arrived: CLOCK_MONOTONIC, in nanoseconds; 0 from files and engines */
  uint64_t token;          /**< the reference; 0 for memory of yours. Leave it alone */
  uint32_t timestamp_ms;   /**< decoding time in milliseconds modulo 2^32, as on the wire */
  int32_t composition_ms;  /**< presentation time minus decoding time, -8388608 to 8388607 */
  uint32_t nano_offset_ns; /**< 0 to 999999, from Enhanced RTMP's ModEx */
  uint32_t codec;          /**< OXRTMP_CODEC_..., 0 for data and for what was not understood */
  uint32_t flags;          /**< oxrtmp_packet_flags, or'ed */
  uint8_t kind;            /**< oxrtmp_packet_kind */
  uint8_t type;            /**< RTMP message type: 8 audio, 9 video, 18 or 15 data */
  uint8_t track;           /**< track number, 0 for messages without several tracks */
  uint8_t frame_type;      /**< video: 1 key, 2 inter, 3 disposable, 4 generated key, 5 command; else 0 */
  uint8_t packet_type;     /**< AVC, AAC or Enhanced RTMP packet type as on the wire */
  uint8_t audio_header;    /**< first byte of a legacy audio payload: format, rate, size, channels; else 0 */
  uint8_t reserved[38];    /**< zero */
} oxrtmp_packet;

/** Give a packet's reference back and set data, raw and their sizes to zero. Does nothing to an empty packet or one
 *  over your own memory. Never waits, never enters Go. Since 0.1.
 *  @return OXRTMP_OK; E_HANDLE when the reference was released before, through this struct or a copy of it. */
OXRTMP_API oxrtmp_status oxrtmp_packet_release(oxrtmp_packet *packet);

/** Release count packets, as oxrtmp_packet_release does each. Since 0.1.
 *  @return OXRTMP_OK; E_HANDLE when at least one was released before (the others are released all the same). */
OXRTMP_API oxrtmp_status oxrtmp_packets_release(oxrtmp_packet *packets, size_t count);

/** Make *copy a second reference to the same memory, to be released independently. Of a packet over your own memory it
 *  is a plain copy. Never waits. Since 0.1.
 *  @return OXRTMP_OK; E_HANDLE when packet was released already; E_MEMORY. */
OXRTMP_API oxrtmp_status oxrtmp_packet_retain(const oxrtmp_packet *packet, oxrtmp_packet *copy);

/** The name of the function that a data message is addressed to, such as "onMetaData" or "onTextData". Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_STATE when the packet is not a data message (type 18 or 15); E_MESSAGE, E_AMF; E_LIMIT
 *  as oxrtmp_amf_to_json. */
OXRTMP_API oxrtmp_status oxrtmp_packet_handler(const oxrtmp_packet *packet, char *buf, size_t cap, size_t *length);

/** The values of a data message as a JSON array, the handler's name first. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_STATE when the packet is not a data message; E_MESSAGE, E_AMF; E_LIMIT as
 *  oxrtmp_amf_to_json. */
OXRTMP_API oxrtmp_status oxrtmp_packet_json(const oxrtmp_packet *packet, char *buf, size_t cap, size_t *length);

/** Whether timestamp a comes before b, where both wrap around: whether b is less than 2^31 ms ahead of a. 1 or 0. */
static inline uint32_t oxrtmp_timestamp_before(uint32_t a, uint32_t b) { return a - b >= 0x80000000u; }

/* ---------------------------------------------------------------------------------------------------------------------
 * Limits and timeouts, for the options of servers and clients
 */

/** Bounds on what a peer may cost. Each is checked before memory is spent on what exceeds it. 0: the default; more
 *  than the most there can be: that. */
typedef struct oxrtmp_limits {
  uint32_t struct_size;             /**< set by oxrtmp_limits_init */
  uint32_t message_bytes;           /**< longest message once a stream is accepted; 16777215, the most there can be */
  uint32_t partial_bytes;           /**< memory of incomplete messages per connection from then on; 32 MiB */
  uint32_t early_message_bytes;     /**< longest message before that; 32 KiB */
  uint32_t early_partial_bytes;     /**< memory of incomplete messages per connection before that; 32 KiB */
  uint32_t chunk_streams;           /**< chunk streams in use per connection; 64 */
  uint32_t message_streams;         /**< message streams per connection; 16 */
  uint32_t amf_depth;               /**< nesting of AMF values; 64 */
  uint32_t amf_values;              /**< AMF values in one message; 65536 */
  uint32_t early_amf_values;        /**< the same before a stream is accepted; 512 */
  uint32_t name_bytes;              /**< each of app, stream name and tcUrl; 8 KiB, at most 65535 */
  uint32_t idle_messages;           /**< messages per second that bring nothing forward; 500 */
  uint32_t output_bytes;            /**< output that waits because the peer does not read, per connection; 4 MiB */
  uint32_t queue_bytes;             /**< received packets that wait for you, per stream: then reading stops; 1 MiB */
  uint32_t connections;             /**< open connections of a server; 10000 */
  uint32_t connections_per_address; /**< open connections from one IP address; 5000 */
  uint32_t pending_requests;        /**< requests of a server that wait for an answer; 1024 */
  uint32_t pending_calls;           /**< calls of either side that wait for their answer, per connection; 64 */
  uint32_t read_chunks;             /**< chunks of a connection taken before others have their turn; 4096 */
  uint32_t handshakes;              /**< connections a server lets in per second; the rest wait in the kernel; 10000 */
} oxrtmp_limits;

/** How long each phase of a connection may last, in milliseconds. 0: the default; negative: without bound. */
typedef struct oxrtmp_timeouts {
  uint32_t struct_size;     /**< set by oxrtmp_timeouts_init */
  int32_t resolve_ms;       /**< client: looking the host up; 10000 */
  int32_t dial_ms;          /**< client: the TCP connection; 10000 */
  int32_t handshake_ms;     /**< the whole handshake; 10000 */
  int32_t connect_ms;       /**< server: from the handshake to connect; client: from connect to its answer; 10000 */
  int32_t create_stream_ms; /**< client: from createStream to its answer; 10000 */
  int32_t publish_ms;       /**< client: from publish or play to its answer; 10000 */
  int32_t decision_ms;      /**< server: your answer to a request; 10000 */
  int32_t setup_ms;         /**< server: from the beginning, or the end of a stream, to an accepted one; 30000 */
  int32_t first_media_ms;   /**< server: from an accepted publish to its first packet; 20000 */
  int32_t idle_ms;          /**< without a byte received (after half of it the peer is pinged); 60000 */
  int32_t write_ms;         /**< without progress of the output towards the peer; 10000 */
} oxrtmp_timeouts;

/* ---------------------------------------------------------------------------------------------------------------------
 * TLS, for the options of servers and clients, and masks
 */

/** Who we are, and whom we trust, where a connection is rtmps: RTMP over TLS 1.2 or later. A client needs none of it:
 *  it verifies the server's certificate by the system's authorities and the name in the URL. A server needs a
 *  certificate and its key, from files or from memory. Clear them with oxrtmp_tls_options_init; NULL means none. */
typedef struct oxrtmp_tls_options {
  uint32_t struct_size;         /**< set by oxrtmp_tls_options_init */
  uint32_t insecure;            /**< client; not 0: trust everybody: the connection can be listened to and changed */
  const char *certificate_file; /**< PEM: a certificate, and after it those that lead to its authority */
  const char *key_file;         /**< PEM: its key */
  const char *certificate_pem;  /**< the certificate as text, instead of certificate_file */
  const char *key_pem;          /**< the key as text, instead of key_file */
  const char *ca_file;          /**< PEM: who is trusted; client: instead of the system's authorities, to vouch for */
  const char *ca_pem;           /**< servers; server: to vouch for clients, which then must show a certificate */
  const char *server_name;      /**< client: the name it asks for, and the certificate must be for; the URL's host */
  const char *pin;              /**< client: trust these certificates only, by their SHA-256 in hex, with commas */
} oxrtmp_tls_options;

/** What is left out of a stream. Clear it with oxrtmp_mask_init; then nothing is. */
typedef struct oxrtmp_mask {
  uint32_t struct_size;    /**< set by oxrtmp_mask_init */
  uint32_t no_audio;       /**< not 0: audio */
  uint32_t no_video;       /**< not 0: video */
  uint32_t no_data;        /**< not 0: data, metadata too */
  uint32_t keyframes_only; /**< not 0: video frames that need an earlier one */
  uint32_t track;          /**< n: audio and video of other tracks than number n-1 */
  const uint32_t *codecs;  /**< codecs besides which nothing is let through; NULL: all are */
  size_t codec_count;      /**< how many there are at codecs, at most 256 */
} oxrtmp_mask;

/* ---------------------------------------------------------------------------------------------------------------------
 * Enhanced RTMP: what a side says in connect, or in the answer to it, that it can do
 */

/** How a side speaks of Enhanced RTMP. Media is taken in whatever form it comes in every mode. */
enum oxrtmp_enhanced {
  OXRTMP_ENHANCED_AUTO = 0,    /**< say what we can do, take what the peer says, or does not */
  OXRTMP_ENHANCED_OFF = 1,     /**< say nothing, and do not heed what the peer says */
  OXRTMP_ENHANCED_REQUIRED = 2 /**< refuse a peer that says nothing */
};

/** What a side can do with a codec, or'ed. */
enum oxrtmp_can {
  OXRTMP_CAN_DECODE = 1,
  OXRTMP_CAN_ENCODE = 2,
  OXRTMP_CAN_FORWARD = 4
};

/** What else it can do (capsEx), or'ed. */
enum oxrtmp_caps {
  OXRTMP_CAPS_RECONNECT = 1,            /**< it follows requests to reconnect */
  OXRTMP_CAPS_MULTITRACK = 2,           /**< it reads messages of several tracks */
  OXRTMP_CAPS_MODEX = 4,                /**< it reads ModEx entries */
  OXRTMP_CAPS_TIMESTAMP_NANO_OFFSET = 8 /**< it uses their nanoseconds */
};

/** A codec, and what a side can do with it. */
typedef struct oxrtmp_codec_mask {
  uint32_t codec; /**< OXRTMP_CODEC_..., or OXRTMP_CODEC_ANY */
  uint32_t mask;  /**< oxrtmp_can, or'ed */
} oxrtmp_codec_mask;

/** Capabilities. Clear them with oxrtmp_capabilities_init; then they say nothing. Used both ways: the library fills them,
 *  and you fill them for options. */
typedef struct oxrtmp_capabilities {
  uint32_t struct_size;        /**< set by oxrtmp_capabilities_init */
  uint32_t caps_ex;            /**< oxrtmp_caps, or'ed */
  uint32_t fourcc_count;       /**< how many there are at fourccs, at most 32; 0: those of video and audio */
  uint32_t video_count;        /**< how many there are at video, at most 32 */
  uint32_t audio_count;        /**< how many there are at audio, at most 32 */
  uint32_t reserved;           /**< 0 */
  uint32_t fourccs[32];        /**< fourCcList: codecs that it can receive */
  oxrtmp_codec_mask video[32]; /**< videoFourCcInfoMap */
  oxrtmp_codec_mask audio[32]; /**< audioFourCcInfoMap */
} oxrtmp_capabilities;

/** Fill *capabilities with every codec of Enhanced RTMP v2, each with the given mask, and every bit of caps_ex: what is
 *  said by default, by a server with FORWARD, by a client that publishes with ENCODE, by one that plays with DECODE (and
 *  without RECONNECT, unless it has follow_reconnects). Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_capabilities_all(uint32_t mask, oxrtmp_capabilities *capabilities);

/** Fill *both with what own and peer have in common: the codecs that both can do anything with, with what peer can do,
 *  and the common bits of caps_ex. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_capabilities_intersect(const oxrtmp_capabilities *own, const oxrtmp_capabilities *peer,
                                                       oxrtmp_capabilities *both);

/* ---------------------------------------------------------------------------------------------------------------------
 * Server
 */

/** What a server tells of, where its options ask for that: see "Events of a server" below. What was granted is followed
 *  by its end exactly once, however the connection ends: CONNECTION by DISCONNECT, PUBLISH by PUBLISH_STOP and
 *  UNPUBLISH, PLAY by PLAY_STOP. */
enum oxrtmp_server_event_kind {
  OXRTMP_SERVER_CONNECTION = 1,            /**< a peer was let in, before its first byte is read */
  OXRTMP_SERVER_HANDSHAKE_COMPLETE = 2,    /**< its handshake is complete */
  OXRTMP_SERVER_CONNECT = 3,               /**< its connect was granted: app */
  OXRTMP_SERVER_DISCONNECT = 4,            /**< it is gone: text, status */
  OXRTMP_SERVER_FC_PUBLISH = 5,            /**< its FCPublish was granted: stream_name */
  OXRTMP_SERVER_PUBLISH = 6,               /**< its publish was granted: stream_name */
  OXRTMP_SERVER_PUBLISH_STOP = 7,          /**< nothing more comes of what it published: stream_name, text */
  OXRTMP_SERVER_UNPUBLISH = 8,             /**< and the session has ended by that, so that its name is free */
  OXRTMP_SERVER_PLAY = 9,                  /**< its play was granted: stream_name */
  OXRTMP_SERVER_PLAY_STOP = 10,            /**< it plays no longer: stream_name, text */
  OXRTMP_SERVER_PAUSE = 11,                /**< a player pauses: stream_name, position_ms */
  OXRTMP_SERVER_UNPAUSE = 12,              /**< and goes on: stream_name, position_ms */
  OXRTMP_SERVER_METADATA = 13,             /**< onMetaData came: stream_name, packet */
  OXRTMP_SERVER_MEDIA_TAG = 14,            /**< an audio or video message came: stream_name, packet (its first) */
  OXRTMP_SERVER_VIDEO_FRAME = 15,          /**< a video frame with a legacy header: stream_name, packet */
  OXRTMP_SERVER_AUDIO_FRAME = 16,          /**< an audio frame with a legacy header: stream_name, packet */
  OXRTMP_SERVER_ENHANCED_VIDEO_FRAME = 17, /**< a video frame of Enhanced RTMP: stream_name, packet */
  OXRTMP_SERVER_ENHANCED_AUDIO_FRAME = 18, /**< an audio frame of Enhanced RTMP: stream_name, packet */
  OXRTMP_SERVER_KEYFRAME = 19,    /**< a video frame that needs no earlier one, before it is told as a frame: packet */
  OXRTMP_SERVER_STATS_UPDATE = 20 /**< stats_interval_ms have passed for a stream: stream_name, statistics */
};

/** A kind as a bit of oxrtmp_server_options.events, and all of them. */
#define OXRTMP_SERVER_EVENT(kind) (1u << (kind))
#define OXRTMP_SERVER_EVENTS_ALL 0x1FFFFEu

/** The name of a kind in lower case, such as "fc_publish"; "" for a number that is none. Constant. Works in a forked
 *  child. Since 0.1. */
OXRTMP_API const char *oxrtmp_server_event_name(uint32_t kind);

/** Ways in which encoders log in by user and password. */
enum oxrtmp_login_scheme {
  OXRTMP_LOGIN_ADOBE = 1, /**< authmod=adobe, which FFmpeg, OBS, FMLE, Wirecast and many others know */
  OXRTMP_LOGIN_LLNW = 2   /**< authmod=llnw, Limelight's */
};

/** Somebody who may connect to a server. */
typedef struct oxrtmp_user {
  const char *name;     /**< not empty */
  const char *password; /**< not NULL */
} oxrtmp_user;

/** Departures from the specification that end a connection, with E_PROTOCOL, instead of being put up with. Encoders in use
 *  make most of them: this is for tests of encoders. */
enum oxrtmp_strict {
  OXRTMP_STRICT_HANDSHAKE = 1 << 0,  /**< a C2 that does not repeat S1: the peer has not waited for the handshake */
  OXRTMP_STRICT_CONNECT = 1 << 1,    /**< commands, such as releaseStream and FCPublish, before connect was accepted */
  OXRTMP_STRICT_AMF = 1 << 2,        /**< AMF0 without the ends of its objects, in commands and data */
  OXRTMP_STRICT_TIMESTAMPS = 1 << 3, /**< audio, or video, with a timestamp before that of the one before it */
  OXRTMP_STRICT_METADATA = 1 << 4,   /**< onMetaData a second time in a stream */
  OXRTMP_STRICT_APP = 1 << 5,        /**< a connect without an app */
  OXRTMP_STRICT_CHUNK_SIZE = 1 << 6, /**< a chunk size of 0, or above 65536 */
  OXRTMP_STRICT_ORDER = 1 << 7,      /**< commands and media out of the order of RTMP 1.0, section 7.2 */
  OXRTMP_STRICT_ALL = (1 << 8) - 1   /**< all of them */
};

/** Options of a server. Clear them with oxrtmp_server_options_init; 0 and NULL mean the default. */
typedef struct oxrtmp_server_options {
  uint32_t struct_size;            /**< set by oxrtmp_server_options_init */
  uint32_t chunk_size;             /**< size of the chunks sent, 1 to 65536; 4096 */
  uint32_t window_ack_size;        /**< bytes after which the peer is asked to acknowledge; 5000000 */
  uint32_t peer_bandwidth;         /**< announced by Set Peer Bandwidth; 5000000 */
  uint32_t ask_connection;         /**< not 0: each connection raises a request first, before a byte of it is read */
  uint32_t ask_connect;            /**< not 0: connect raises a request */
  uint32_t ask_fc_publish;         /**< not 0: FCPublish raises a request */
  uint32_t send_on_bw_done;        /**< not 0: onBWDone follows the answer to connect */
  int32_t linger_ms;               /**< for the last words of a connection that ends, -1: none; 2000 */
  uint32_t reserved;               /**< 0 */
  const oxrtmp_limits *limits;     /**< NULL: the defaults */
  const oxrtmp_timeouts *timeouts; /**< NULL: the defaults */
  uint32_t ask_play;               /**< not 0: play raises a request; else, without a hub, there is no such stream */
  uint32_t no_wait;                /**< not 0: sending to a player returns E_AGAIN where it would wait for room */
  int32_t send_timeout_ms;         /**< how long sending to a player waits for room, -1 for ever; 10000 */
  uint32_t output_bytes;           /**< data that may be queued for a player before sending waits; 1 MiB */
  oxrtmp_hub hub;                  /**< answers every publish and play, without a request; {0}: none */
  const oxrtmp_tls_options *tls;   /**< for addresses that begin with rtmps://; NULL: none */
  uint32_t ask_publish;            /**< not 0: publish raises a request though there is a hub */
  uint32_t play_recorded;          /**< not 0: players are told that streams are recorded ones */
  uint32_t no_sample_access;       /**< not 0: leave out |RtmpSampleAccess, which lets Flash players read samples */
  uint32_t data_start;             /**< not 0: players get NetStream.Data.Start as data, as some servers do */
  uint32_t events;                 /**< what the server tells of, OXRTMP_SERVER_EVENT(kind) or'ed; nothing */
  uint32_t ask_media_tag;          /**< not 0: MEDIA_TAG events are told, and their messages wait: oxrtmp_event_drop */
  int32_t stats_interval_ms;       /**< between two STATS_UPDATE of a stream; 5000 */
  uint32_t login_scheme;           /**< how users log in: oxrtmp_login_scheme; OXRTMP_LOGIN_ADOBE */
  const oxrtmp_user *users;        /**< who may connect; NULL: everybody. Or decide by oxrtmp_request_login */
  size_t user_count;               /**< how many there are at users */
  const char *proxy_from;          /**< networks of load balancers, which begin with a PROXY protocol header (v1 or v2),
                                        such as "10.0.0.0/8, 192.0.2.1": the address in it is the peer's. Connections
                                        from there without one are ended, from elsewhere with one too; NULL: none */
  int32_t keep_alive_ms;           /**< silence of a TCP connection after which the kernel probes the peer, -1: never; 15000 */
  uint32_t user_timeout_ms;        /**< how long the peer may leave what was sent unacknowledged (Linux); the system's */
  uint32_t receive_buffer_bytes;   /**< size of the kernel's receive buffer; the system's, which grows with need */
  uint32_t send_buffer_bytes;      /**< size of the kernel's send buffer; likewise */
  uint32_t answer_calls;           /**< not 0: what peers call, and shared objects, come as events of sessions */
  uint32_t enhanced;               /**< oxrtmp_enhanced */
  const oxrtmp_capabilities *capabilities; /**< what the answer to connect says; NULL: every codec, to be forwarded */
  uint32_t strict;                 /**< what not to put up with: OXRTMP_STRICT_… or'ed; nothing */
  uint32_t keep_bytes;             /**< how much of what each peer sent last is kept for oxrtmp_server_take_failure, at
                                        most 1 MiB: stream names and passwords may be in it; nothing */
} oxrtmp_server_options;

/** Make a server that listens on address: "host:port", ":1935" (every interface), "[::1]:0" (any free port), or with
 *  "rtmps://" before it for TLS. "localhost:1935" is both 127.0.0.1 and ::1; another name is looked up, and one of its
 *  addresses is listened on. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_ADDRESS, E_RESOLVE; E_ARGUMENT when the options are not valid; E_TLS without a certificate;
 *  E_FILE when a file of theirs cannot be read. *server is yours: oxrtmp_server_close. */
OXRTMP_API oxrtmp_status oxrtmp_server_bind(const char *address, const oxrtmp_server_options *options,
                                            oxrtmp_server *server);

/** Make a server that listens nowhere yet: for oxrtmp_server_listen and the adopt functions. options may be NULL.
 *  Since 0.1. @return OXRTMP_OK. *server is yours: oxrtmp_server_close. */
OXRTMP_API oxrtmp_status oxrtmp_server_create(const oxrtmp_server_options *options, oxrtmp_server *server);

/** Listen on one more address, written as for oxrtmp_server_bind. Since 0.1.
 *  @return OXRTMP_OK; E_ADDRESS, E_RESOLVE, E_CLOSED; E_TLS without a certificate. */
OXRTMP_API oxrtmp_status oxrtmp_server_listen(oxrtmp_server server, const char *address);

/** Show the certificate of options to clients that ask for name: a host name, "*.example.org" for all names with one
 *  label before the dot, or "" for everybody whose name has none of its own. It takes the place of the one that was
 *  there, that of the server's options too, from the next handshake on; open connections stay as they are. NULL as
 *  options removes it. Since 0.1. @return OXRTMP_OK; E_ARGUMENT; E_FILE. */
OXRTMP_API oxrtmp_status oxrtmp_server_set_certificate(oxrtmp_server server, const char *name,
                                                       const oxrtmp_tls_options *options);

/** Accept connections from a listening stream socket of yours (TCP or Unix). On success the descriptor belongs to the
 *  server, which closes it; on error it is still yours. Since 0.1.
 *  @return OXRTMP_OK; E_IO when it is no such socket, or does not listen; E_CLOSED. */
OXRTMP_API oxrtmp_status oxrtmp_server_adopt_listener(oxrtmp_server server, int fd);

/** Serve a connected stream socket of yours, on which no byte has been exchanged yet. On success the descriptor
 *  belongs to the server, which closes it; on error it is still yours. Since 0.1.
 *  @return OXRTMP_OK; E_IO when it is no such socket, or not connected; E_LIMIT; E_CLOSED. */
OXRTMP_API oxrtmp_status oxrtmp_server_adopt_connection(oxrtmp_server server, int fd);

/** oxrtmp_server_adopt_listener for a socket whose connections begin with a TLS handshake, which is the server's to do.
 *  Since 0.1. @return as oxrtmp_server_adopt_listener. */
OXRTMP_API oxrtmp_status oxrtmp_server_adopt_tls_listener(oxrtmp_server server, int fd);

/** oxrtmp_server_adopt_connection for a socket that begins with a TLS handshake, which is the server's to do. Since
 *  0.1.
 *  @return as oxrtmp_server_adopt_connection. */
OXRTMP_API oxrtmp_status oxrtmp_server_adopt_tls_connection(oxrtmp_server server, int fd);

/** The first address the server listens on, with its real port, such as "127.0.0.1:1935"; one with TLS begins with
 *  "rtmps://"; empty if there is none. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_server_address(oxrtmp_server server, char *buf, size_t cap, size_t *length);

/** All addresses the server listens on, separated by ", ". Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_server_addresses(oxrtmp_server server, char *buf, size_t cap, size_t *length);

/** What the server did so far, as a JSON object: connections open, accepted, refused (and why), ended, timed out and
 *  failed (and in which phase), what was not known or not understood, figures of its hub; then "connection_list", with
 *  the members of oxrtmp_connection_statistics by the same names and a "stream_list" each, with those of
 *  oxrtmp_statistics. Stream names are masked: "se…". No media wait for it. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_server_json(oxrtmp_server server, char *buf, size_t cap, size_t *length);

/** The same in Prometheus's text format (version 0.0.4), for your HTTP server to answer with: names begin with oxrtmp_,
 *  times are in seconds. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_server_prometheus(oxrtmp_server server, char *buf, size_t cap, size_t *length);

/** A connection that has ended by a deadline or an error. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_failure {
  uint32_t struct_size; /**< sizeof(oxrtmp_failure), set by you */
  int32_t status;       /**< why: oxrtmp_status */
  uint32_t phase;       /**< oxrtmp_phase */
  uint32_t reserved;    /**< 0 */
  uint64_t connection;  /**< its number on the server */
  uint64_t offset;      /**< how many bytes of the peer came before those in your buffer */
  char peer[64];        /**< its address */
  char text[256];       /**< the error in words */
} oxrtmp_failure;

/** What was kept of the oldest failed connection that was not taken yet: of a server with keep_bytes, which keeps the
 *  latest 16. The last cap bytes of it that the peer sent, handshake included and without TLS, are copied to buf; *length
 *  is their number. If failure->offset is 0 an engine that is fed with them comes to the same end. Since 0.1.
 *  @return OXRTMP_OK; E_AGAIN when there is none. */
OXRTMP_API oxrtmp_status oxrtmp_server_take_failure(oxrtmp_server server, oxrtmp_failure *failure, uint8_t *buf, size_t cap,
                                                    size_t *length);

/** Wait for the next request, at most timeout_ms (0 looks, -1 waits for ever). Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_CLOSED when oxrtmp_server_close is called meanwhile; E_BUSY when the server has a
 *  queue.
 *  *request is yours, and is ended by oxrtmp_request_accept or oxrtmp_request_reject. */
OXRTMP_API oxrtmp_status oxrtmp_server_accept(oxrtmp_server server, int32_t timeout_ms, oxrtmp_request *request);

/** What oxrtmp_server_serve calls for each request, on a thread of its own. It may take as long as the stream lasts,
 *  and may call everything, oxrtmp_server_close of its server too. It must return (no longjmp, exception or
 *  pthread_exit out of it). A request it has not answered is rejected then. The thread has the stack size that new
 *  threads have, and the signal mask of the one that called oxrtmp_server_serve. */
typedef void (*oxrtmp_serve_function)(oxrtmp_request request, void *user_data);

/** Take requests and call function for each, with user_data, until the server is closed; then wait for the threads it
 *  made: function is not called after that. The calling thread waits here. A request for which there can be no thread
 *  is rejected. Since 0.1.
 *  @return OXRTMP_OK after oxrtmp_server_close or oxrtmp_server_shutdown; E_BUSY when the server has a queue. */
OXRTMP_API oxrtmp_status oxrtmp_server_serve(oxrtmp_server server, oxrtmp_serve_function function, void *user_data);

/** End a connection, by the number that oxrtmp_request_connection and events of a server tell. The streams on it end as
 *  by oxrtmp_session_close_with_status; a request that waits is rejected with code and description; a connection that
 *  has neither is cut. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when there is no such connection any more. */
OXRTMP_API oxrtmp_status oxrtmp_server_kick(oxrtmp_server server, uint64_t connection, const char *code,
                                            const char *description);

/** Stop listening, let the sessions that run go on for at most timeout_ms (-1: until they end), then close as
 *  oxrtmp_server_close does, and end the handle. Since 0.1.
 *  @return OXRTMP_OK when all sessions had ended; E_TIMEOUT when some were cut off. */
OXRTMP_API oxrtmp_status oxrtmp_server_shutdown(oxrtmp_server server, int32_t timeout_ms);

/** Stop listening, end all connections, wake all who wait with E_CLOSED, and end the handle. Taking from its sessions
 *  returns E_CLOSED from now on, answering its requests E_STATE, and their handles stay yours to end. Closing again
 *  is OXRTMP_OK. Since 0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_server_close(oxrtmp_server server);

/* ---------------------------------------------------------------------------------------------------------------------
 * Request
 */

/** What a peer asks for. Only publish requests come unless the server's options ask for others. */
enum oxrtmp_request_kind {
  OXRTMP_REQUEST_PUBLISH = 1,    /**< to publish a stream */
  OXRTMP_REQUEST_PLAY = 2,       /**< to play a stream */
  OXRTMP_REQUEST_CONNECTION = 3, /**< to be served at all; only oxrtmp_request_peer_address is known */
  OXRTMP_REQUEST_CONNECT = 4,    /**< to connect to an application; no stream name yet */
  OXRTMP_REQUEST_FC_PUBLISH = 5  /**< FCPublish, which encoders send before publish */
};

/** The software that a peer says it is. */
enum oxrtmp_encoder {
  OXRTMP_ENCODER_UNKNOWN = 0, /**< it says nothing */
  OXRTMP_ENCODER_OTHER = 1,   /**< something else */
  OXRTMP_ENCODER_OBS = 2,
  OXRTMP_ENCODER_FMLE = 3,
  OXRTMP_ENCODER_WIRECAST = 4,
  OXRTMP_ENCODER_XSPLIT = 5,
  OXRTMP_ENCODER_LARIX = 6,
  OXRTMP_ENCODER_FFMPEG = 7,
  OXRTMP_ENCODER_OXRTMP = 8 /**< a client of this library that does not call itself otherwise */
};

/** The numbers of a peer's connect command. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_connect_info {
  uint32_t struct_size;   /**< sizeof(oxrtmp_connect_info), set by you */
  uint32_t encoder;       /**< oxrtmp_encoder */
  uint32_t fpad;          /**< not 0: the peer is behind a proxy */
  uint32_t reserved;      /**< 0 */
  double capabilities;    /**< as sent, 0 if not */
  double audio_codecs;    /**< as sent, 0 if not */
  double video_codecs;    /**< as sent, 0 if not */
  double video_function;  /**< as sent, 0 if not */
  double object_encoding; /**< 0 or 3 */
} oxrtmp_connect_info;

/* What a request tells. Each function below may be called until the request is accepted or rejected. */

/** What the peer asks for: oxrtmp_request_kind. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_request_kind(oxrtmp_request request, uint32_t *kind);

/** The application's name: without its query, and without slashes at its ends. May be empty. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_app(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The stream's name, without a query. It holds no NUL byte, so strcmp sees all of it. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_stream_name(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The stream's name as the peer sent it, query included. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_raw_stream_name(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The parameters of the name, the app and the tcUrl, joined by '&', without '?'. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_query(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** "live", "record" or "append", or what the peer sent instead. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_publish_type(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The tcUrl of the peer's connect command. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_tc_url(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The peer's address, such as "192.0.2.7:50123". Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_peer_address(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The flashVer of connect: what the peer says it is, such as "FMLE/3.0 (compatible; FMSc/1.0)". Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_flash_version(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The swfUrl of connect. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_swf_url(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The pageUrl of connect. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_page_url(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The software the peer seems to be: "OBS", "FFmpeg", ..., "other" or "unknown". Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_encoder(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The whole object of the connect command as JSON, properties in their order. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_connect_json(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The number of the peer's connection on its server, from 1, as events of the server have it; 0 of a request of an
 *  engine. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_request_connection(oxrtmp_request request, uint64_t *connection);

/** The user that a connect request wants to log in as, empty if it does not say; of other requests, the user that has
 *  logged in. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_request_user(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The numbers of the connect command. Set info->struct_size before the call. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_request_connect(oxrtmp_request request, oxrtmp_connect_info *info);

/** What the peer said in connect that it can do of Enhanced RTMP: nothing in a connection request, and with
 *  OXRTMP_ENHANCED_OFF. Set capabilities->struct_size before the call. Since 0.1.
 *  @return OXRTMP_OK; E_UNSUPPORTED for a request of an engine. */
OXRTMP_API oxrtmp_status oxrtmp_request_capabilities(oxrtmp_request request, oxrtmp_capabilities *capabilities);

/** Options of a session. Clear them with oxrtmp_session_options_init; 0 and NULL mean the default. */
typedef struct oxrtmp_session_options {
  uint32_t struct_size; /**< set by oxrtmp_session_options_init */
  uint32_t no_queue;    /**< not 0: the session does not go to its server's queue */
  oxrtmp_queue queue;   /**< where the session's events go; {0}: its server's queue, if that has one */
  uint64_t user_data;   /**< comes with each of its events; 0, without its own queue: the server's user_data */
} oxrtmp_session_options;

/** Grant the request, and end its handle. Publishing or playing starts at once. Of a connection, connect or FCPublish
 *  request the session is none ({0}): the peer may go on, and its next wish is a request of its own. options may be
 *  NULL. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when it comes too late: the deadline is over, or the peer or the server is gone.
 *  *session is yours: oxrtmp_session_close. */
OXRTMP_API oxrtmp_status oxrtmp_request_accept(oxrtmp_request request, const oxrtmp_session_options *options,
                                               oxrtmp_session *session);

/** Refuse the request, and end its handle. The peer is told code (NULL: "NetStream.Publish.BadName" or what fits the
 *  request's kind; encoders give up at once on BadName, Denied and Rejected) and description (may be NULL), and is
 *  then disconnected; a player may ask for another stream instead. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when it comes too late, and nothing more needs to be done. */
OXRTMP_API oxrtmp_status oxrtmp_request_reject(oxrtmp_request request, const char *code, const char *description);

/** Refuse the request, tell the peer where to go instead, and end its handle. url is a tcUrl, "rtmp://host[:port]/app",
 *  which it is told as ex.redirect and ex.redirect2 with code 302. Clients that do not follow (those of this library do
 *  with follow_redirects) take it for a refusal; a connection request is only refused. description may be NULL. Since
 *  0.1.
 *  @return OXRTMP_OK; E_STATE when it comes too late. */
OXRTMP_API oxrtmp_status oxrtmp_request_redirect(oxrtmp_request request, const char *url, const char *description);

/** Answer a connect request by what it says about a login, and end its handle, where users are kept elsewhere than in
 *  the server's options. scheme is an oxrtmp_login_scheme, 0: ADOBE; password is that of oxrtmp_request_user, NULL when
 *  there is no such user. If the login is complete and right the request is accepted, and *granted is 1. Otherwise it
 *  is refused, and *granted is 0: with the demand to log in or the challenge, which encoders answer by connecting
 *  again, or with the word that the login failed. Challenges are random and good for one answer. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT; E_STATE when it comes too late, or when it is no connect request of a server, which
 *  then still waits. */
OXRTMP_API oxrtmp_status oxrtmp_request_login(oxrtmp_request request, uint32_t scheme, const char *password,
                                              uint32_t *granted);

/* ---------------------------------------------------------------------------------------------------------------------
 * Session
 */

/* What a session tells: the same as its request did. Each may be called until oxrtmp_session_close. */

/** The application's name: without its query, and without slashes at its ends. May be empty. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_app(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The stream's name, without a query. It holds no NUL byte, so strcmp sees all of it. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_stream_name(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The stream's name as the peer sent it, query included. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_raw_stream_name(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The parameters of the name, the app and the tcUrl, joined by '&', without '?'. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_query(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** "live", "record" or "append", or what the peer sent instead. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_publish_type(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The tcUrl of the peer's connect command. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_tc_url(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The peer's address, such as "192.0.2.7:50123". Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_peer_address(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The flashVer of connect: what the peer says it is, such as "FMLE/3.0 (compatible; FMSc/1.0)". Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_flash_version(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The swfUrl of connect. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_swf_url(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The pageUrl of connect. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_page_url(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The software the peer seems to be: "OBS", "FFmpeg", ..., "other" or "unknown". Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_encoder(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The whole object of the connect command as JSON, properties in their order. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_connect_json(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The number of the peer's connection on its server, from 1, as events of the server have it. Since 0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_connection(oxrtmp_session session, uint64_t *connection);

/** The user that has logged in; empty without a login. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_user(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The numbers of the connect command. Set info->struct_size before the call. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_connect(oxrtmp_session session, oxrtmp_connect_info *info);

/** What the peer said in connect that it can do of Enhanced RTMP. Set capabilities->struct_size before the call. Since
 *  0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_capabilities(oxrtmp_session session, oxrtmp_capabilities *capabilities);

/** Ask the peer to connect to another server, or to this one again, because this one is about to end: tc_url is where,
 *  absolute or relative to where the peer has connected to; NULL: there. description may be NULL. A peer that follows goes
 *  by itself. Enhanced RTMP v2, "Reconnect Request". Since 0.1.
 *  @return OXRTMP_OK; E_UNSUPPORTED for a peer that did not say that it knows such requests; E_EOF, E_CLOSED. */
OXRTMP_API oxrtmp_status oxrtmp_session_request_reconnect(oxrtmp_session session, const char *tc_url,
                                                          const char *description);

/** oxrtmp_session_request_reconnect of every peer of the server, its tc_url and description. *asked is how many were
 *  asked: those that know such requests. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_server_request_reconnect(oxrtmp_server server, const char *tc_url,
                                                         const char *description, uint32_t *asked);

/** What the peer does here: OXRTMP_REQUEST_PUBLISH or OXRTMP_REQUEST_PLAY. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_kind(oxrtmp_session session, uint32_t *kind);

/** Wait for the next packet of a publishing session, at most timeout_ms (0 looks, -1 waits for ever). Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_EOF when the peer has ended the stream (oxrtmp_session_end_reason tells how) and all
 *  its packets were taken; E_CLOSED after oxrtmp_server_close, or when oxrtmp_session_close is called meanwhile; E_BUSY
 *  when the session has a queue; E_STATE when the peer plays; -2xx or -3xx when the connection broke or the peer broke
 *  the protocol.
 *  *packet belongs to the caller: oxrtmp_packet_release. Threads: any; two that wait share the packets. */
OXRTMP_API oxrtmp_status oxrtmp_session_next_packet(oxrtmp_session session, int32_t timeout_ms, oxrtmp_packet *packet);

/** Wait as oxrtmp_session_next_packet does, then take all packets that are there, at most max, which is at least 1,
 *  and at most 4096. *count is how many were written to packets. One call for many packets costs little more than for
 *  one. Since 0.1.
 *  @return as oxrtmp_session_next_packet; OXRTMP_OK with *count at least 1. */
OXRTMP_API oxrtmp_status oxrtmp_session_next_packets(oxrtmp_session session, int32_t timeout_ms, oxrtmp_packet *packets,
                                                     size_t max, size_t *count);

/** What onMetaData says of one track besides track 0, whose description is the oxrtmp_metadata itself: a 0 is as there.
 *  Enhanced RTMP v2, "audioTrackIdInfoMap" and "videoTrackIdInfoMap". */
typedef struct oxrtmp_track_info {
  uint32_t type;      /**< 8 audio, 9 video */
  uint32_t track;     /**< its number, 0 to 255 */
  uint32_t codec;     /**< OXRTMP_CODEC_... */
  uint32_t reserved;  /**< 0 */
  double data_rate;   /**< kbit/s */
  double width;       /**< of video: pixels */
  double height;      /**< of video: pixels */
  double sample_rate; /**< of audio: Hz */
  double channels;    /**< of audio: number of channels */
} oxrtmp_track_info;

/** What the stream says about itself: its last onMetaData. Numbers that it does not give are 0. Used both ways: the
 *  library fills it (set struct_size before the call), and you fill it for oxrtmp_client_send_metadata. */
typedef struct oxrtmp_metadata {
  uint32_t struct_size;     /**< set by oxrtmp_metadata_init */
  uint32_t video_codec;     /**< OXRTMP_CODEC_... */
  uint32_t audio_codec;     /**< OXRTMP_CODEC_... */
  uint32_t stereo;          /**< 0 or 1 */
  double width;             /**< pixels */
  double height;            /**< pixels */
  double frame_rate;        /**< frames per second */
  double video_data_rate;   /**< kbit/s */
  double audio_data_rate;   /**< kbit/s */
  double audio_sample_rate; /**< Hz */
  double audio_sample_size; /**< bits */
  double audio_channels;    /**< number of channels */
  double audio_delay;       /**< seconds */
  double duration;          /**< seconds; files only */
  double file_size;         /**< bytes; files only */
  uint32_t can_seek_to_end; /**< 0 or 1; files only */
  char surround[8];         /**< "2.1", "3.1", "4.0", "4.1", "5.1" or "7.1": which of OBS's flags is set */
  char creation_date[68];   /**< cut to fit */
  char encoder[128];        /**< name of the software, cut to fit */
  const oxrtmp_track_info *tracks; /**< to be sent: other tracks than 0. Received: oxrtmp_session_metadata_tracks */
  size_t track_count;              /**< to be sent: how many there are at tracks, at most 512 */
} oxrtmp_metadata;

/** Fill *metadata from the last onMetaData. Set metadata->struct_size (oxrtmp_metadata_init does). Since 0.1.
 *  @return OXRTMP_OK; E_AGAIN when none has arrived yet, or the last one is longer than 256 KiB: only its packet has it. */
OXRTMP_API oxrtmp_status oxrtmp_session_metadata(oxrtmp_session session, oxrtmp_metadata *metadata);

/** What the last onMetaData says of other tracks than 0, video before audio, in its order. *count is how many there are,
 *  also with E_BUFFER; more than 512 there cannot be. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER when there are more than max; E_AGAIN when no onMetaData has arrived yet. */
OXRTMP_API oxrtmp_status oxrtmp_session_metadata_tracks(oxrtmp_session session, oxrtmp_track_info *tracks, size_t max,
                                                        size_t *count);

/** The last onMetaData as a JSON object, with every property in its order. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_AGAIN when there is none yet. */
OXRTMP_API oxrtmp_status oxrtmp_session_metadata_json(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** The last onMetaData as the AMF0 bytes that arrived, from the name "onMetaData" on. *length is their number, also
 *  with E_BUFFER; no NUL is added. Since 0.1. @return OXRTMP_OK; E_BUFFER; E_AGAIN when there is none yet. */
OXRTMP_API oxrtmp_status oxrtmp_session_metadata_raw(oxrtmp_session session, uint8_t *buf, size_t cap, size_t *length);

/** What a session or a client has carried. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_statistics {
  uint32_t struct_size;         /**< sizeof(oxrtmp_statistics), set by you */
  uint32_t timestamp_ms;        /**< of the last packet */
  int64_t duration_ns;          /**< since the stream was accepted, or the client began */
  int64_t keyframe_interval_ns; /**< between the last two keyframes, by decoding time */
  uint64_t bytes;               /**< payload bytes */
  uint64_t packets;             /**< all packets, of these: */
  uint64_t audio_packets;       /**< audio */
  uint64_t video_packets;       /**< video */
  uint64_t data_packets;        /**< data, metadata included */
  uint64_t keyframes;           /**< packets with OXRTMP_PACKET_KEYFRAME */
  uint64_t malformed;           /**< packets with OXRTMP_PACKET_MALFORMED */
  uint64_t queued_bytes;        /**< received and not yet taken by you, or taken from you and not yet sent */
  uint64_t audio_bytes;         /**< payload bytes of audio */
  uint64_t video_bytes;         /**< payload bytes of video */
  uint64_t dropped;             /**< messages that were dropped instead of sent: by a client, or a hub's slow player */
  uint64_t audio_bitrate;       /**< bits of audio payload a second, as are the next two: since statistics were taken
                                     before, by anybody and at least a second ago, or since the stream began; in its
                                     first second what has come so far */
  uint64_t video_bitrate;       /**< bits of video payload a second */
  double frame_rate;            /**< video frames a second */
} oxrtmp_statistics;

/** Fill *statistics. Works until oxrtmp_session_close, also when the stream has ended. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_statistics(oxrtmp_session session, oxrtmp_statistics *statistics);

/** What the connection of a session or a client has carried. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_connection_statistics {
  uint32_t struct_size;       /**< sizeof(oxrtmp_connection_statistics), set by you */
  uint32_t phase;             /**< oxrtmp_phase */
  uint64_t number;            /**< of the connection on its server, from 1; 0 of a client's */
  int64_t duration_ns;        /**< since it was accepted, or the client began */
  uint64_t bytes_received;    /**< of RTMP, handshake included, without what TLS adds */
  uint64_t bytes_sent;        /**< likewise */
  uint64_t queued_bytes;      /**< output that waits for the network */
  int64_t rtt_ns;             /**< round trip time as the kernel has measured it (TCP_INFO); 0 where it has not */
  int64_t rtt_variation_ns;   /**< its mean deviation */
  int64_t ping_rtt_ns;        /**< how long the last ping that was answered took; 0: none was */
  uint64_t resent_segments;   /**< TCP segments that were sent again */
  uint64_t messages_received; /**< of every kind */
  uint64_t packets_received;  /**< audio, video and data handed on */
  uint64_t malformed;         /**< packets received whose header was not understood */
  uint64_t ignored;           /**< media and data outside a publishing stream */
  uint64_t unknown;           /**< messages, commands and control events that the library does not know */
  uint64_t faulty;            /**< control, command and data messages that could not be parsed */
} oxrtmp_connection_statistics;

/** Fill *statistics about the connection of a session. No media wait for it. Works until oxrtmp_session_close.
 *  Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_connection_statistics(oxrtmp_session session,
                                                              oxrtmp_connection_statistics *statistics);

/** How the stream ended, such as "FCUnpublish", "deleteStream" or "connection closed by the peer"; empty while it
 *  runs. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_session_end_reason(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/** End the stream and its connection, wake all who wait on it with E_CLOSED, and end the handle. Packets that were
 *  taken stay valid, and those sent to a player are delivered within linger_ms of the server's options. Closing again
 *  is OXRTMP_OK. Does not wait for the peer. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_close(oxrtmp_session session);

/** oxrtmp_session_close, but tell the peer why first: code (NULL: "NetStream.Publish.Rejected") and description (may be
 *  NULL). Encoders stop trying again on BadName, Denied and Rejected. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_close_with_status(oxrtmp_session session, const char *code,
                                                          const char *description);

/* ---------------------------------------------------------------------------------------------------------------------
 * Client that publishes. A client that plays: see "Playing" below.
 */

/** Options of a client. Clear them with oxrtmp_client_options_init; 0 and NULL mean the default. */
typedef struct oxrtmp_client_options {
  uint32_t struct_size;            /**< set by oxrtmp_client_options_init */
  uint32_t chunk_size;             /**< size of the chunks sent, 1 to 65536; 4096 */
  const char *app;                 /**< application; what the URL says */
  const char *stream_name;         /**< stream name; what the URL says */
  const char *tc_url;              /**< tcUrl; the URL without the stream name */
  const char *flash_version;       /**< flashVer; "FMLE/3.0 (compatible; oxrtmp)" */
  const char *swf_url;             /**< swfUrl; not sent */
  const char *page_url;            /**< pageUrl; not sent */
  const char *publish_type;        /**< "live", "record" or "append"; "live" */
  uint32_t digest_handshake;       /**< not 0: offer the digest handshake, which some servers ask for */
  uint32_t no_wait;                /**< not 0: sending returns E_AGAIN where it would wait for room */
  int32_t send_timeout_ms;         /**< how long sending waits for room, -1 for ever; 10000 */
  int32_t linger_ms;               /**< how long closing waits for queued data to leave, -1: not at all; 2000 */
  uint32_t output_bytes;           /**< data that may be queued before sending waits; 1 MiB */
  uint32_t reserved;               /**< 0 */
  const oxrtmp_limits *limits;     /**< NULL: the defaults */
  const oxrtmp_timeouts *timeouts; /**< NULL: the defaults */
  uint32_t live_only;              /**< playing; not 0: a live stream only; 0: or else a recorded one of that name */
  uint32_t buffer_length_ms;       /**< playing: what the server is told about the client's buffer; 1000 */
  int64_t start_ms;                /**< playing: position in a recorded stream, if above 0 */
  int64_t duration_ms;             /**< playing: how much of a recorded stream; all of it */
  const oxrtmp_tls_options *tls;   /**< for URLs that begin with rtmps://; NULL: the system's authorities */
  const oxrtmp_mask *mask;         /**< of oxrtmp_hub_play: what is left out of the stream; NULL: nothing */
  const char *user;                /**< for servers that ask for a login; NULL: what the URL says */
  const char *password;            /**< its password */
  uint32_t follow_redirects;       /**< not 0: go where the server sends the client, up to five times in a row */
  int32_t keep_alive_ms;           /**< silence of the TCP connection after which the kernel probes the server, -1: never; 15000 */
  uint32_t user_timeout_ms;        /**< how long the server may leave what was sent unacknowledged (Linux); the system's */
  uint32_t receive_buffer_bytes;   /**< size of the kernel's receive buffer; the system's, which grows with need */
  uint32_t send_buffer_bytes;      /**< size of the kernel's send buffer; likewise */
  uint32_t answer_calls;           /**< not 0: what the server calls, and shared objects, come as events */
  uint32_t drop_video;             /**< publishing; not 0: video is dropped instead of waiting for room: see "Sending" */
  uint32_t reconnect;              /**< publishing; not 0: a lost connection is made again: see "Sending" */
  uint32_t retry_min_ms;           /**< wait half of it to all of it after a failure; doubled by each one; 1000 */
  uint32_t retry_max_ms;           /**< the most it waits; 30000 */
  uint32_t attempts;               /**< end the stream after so many failures in a row; never */
  uint32_t follow_reconnects;      /**< not 0: obey a server that asks to connect anew; the new connection is made first */
  uint32_t enhanced;               /**< oxrtmp_enhanced */
  const oxrtmp_capabilities *capabilities; /**< what connect says; NULL: every codec */
} oxrtmp_client_options;

/** Connect to url and begin to publish: "rtmp://host[:port]/app/name", or "rtmps://" for TLS. The name is what follows
 *  the last '/' before a '?', and a query belongs to it; options override both. "user:password@" before the host is a
 *  login for servers that ask for one. Waits at most timeout_ms for the whole (-1: the timeouts of the options alone;
 *  0 is never enough). options may be NULL. Since 0.1.
 *  @return OXRTMP_OK when the server has said yes; E_TIMEOUT, for the whole or a phase of it; E_ARGUMENT when the URL
 *  or the options are not valid; E_RESOLVE, E_CONNECT, E_IO; E_TLS, with the alert's number in
 *  oxrtmp_last_error_detail; E_HANDSHAKE and others of -3xx;
 *  E_REFUSED, E_AUTH, E_NAME, E_NOT_FOUND with the server's code and words in oxrtmp_last_error.
 *  *client is yours: oxrtmp_client_close. */
OXRTMP_API oxrtmp_status oxrtmp_client_publish(const char *url, const oxrtmp_client_options *options,
                                               int32_t timeout_ms, oxrtmp_client *client);

/** oxrtmp_client_publish over a connected stream socket of yours, on which no byte has been exchanged yet; url only
 *  names the stream. On success the descriptor belongs to the client, on error it is still yours. Since 0.1.
 *  @return as oxrtmp_client_publish. */
OXRTMP_API oxrtmp_status oxrtmp_client_publish_fd(int fd, const char *url, const oxrtmp_client_options *options,
                                                  int32_t timeout_ms, oxrtmp_client *client);

/* Sending. The bytes are copied before the call returns; more than 16777215 of them, the longest message there is,
 * are E_ARGUMENT. When the queue is full the call waits for room, up to send_timeout_ms, and then returns E_TIMEOUT
 * (or at once E_AGAIN with no_wait) having taken nothing: a message is queued whole or not at all. All return
 * E_CLOSED when oxrtmp_client_close is called meanwhile, E_EOF or -4xx when the server has ended the stream or has
 * gone, E_STATE when the client plays, and the error of the connection when that broke. Timestamps are milliseconds
 * modulo 2^32 and should not go backwards. Two threads may send at once; each call's order is kept. Headers go before
 * the first frame.
 *
 * With drop_video no send waits for room: once half of output_bytes is queued all video up to the next keyframe is
 * dropped, keyframes too when it is three quarters; audio, headers and data wait as ever. With reconnect a client whose
 * connection is lost after CONNECTED makes it again; sends succeed meanwhile, and what they are given is dropped. The
 * new connection begins with the metadata and the headers that were sent last, and video goes on with its next keyframe.
 * One that is lost while it obeys a server that asks to connect anew tries the new server first, and then both in turn.
 * A refusal by the server ends a stream that is running. Statistics count what was dropped; events tell of it all. Over
 * a socket of yours, and in a hub, there is nothing to connect to again.
 *
 * To pass on a stream that runs already, or to begin again with another client: keep the last METADATA packet and the
 * last SEQUENCE_HEADER of each type and track (oxrtmp_packet_retain), send them first, and go on with the next
 * keyframe. After E_AGAIN leave out what comes until the client is WRITABLE, and then video up to the next keyframe. */

/** Send the H.264 configuration: an AVCDecoderConfigurationRecord (avcC, ISO 14496-15). It has the timestamp of the audio
 *  or video that was sent last, 0 at first; oxrtmp_client_send_packet sends one with another. Since 0.1.
 *  @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_video_sequence_header(oxrtmp_client client, const uint8_t *avcc,
                                                                  size_t size);

/** Send the AAC configuration: an AudioSpecificConfig (ISO 14496-3), with a timestamp as that of H.264 has. Since 0.1.
 *  @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_audio_sequence_header(oxrtmp_client client, const uint8_t *asc,
                                                                  size_t size);

/** Send one H.264 frame: NAL units, each after its length as avcC says (usually 4 bytes). keyframe: not 0 for a frame
 *  that needs no earlier one. Presentation time = timestamp_ms. Since 0.1. @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_video(oxrtmp_client client, uint32_t timestamp_ms, uint32_t keyframe,
                                                  const uint8_t *data, size_t size);

/** oxrtmp_client_send_video for streams with B-frames: timestamp_ms is the decoding time, the presentation time is
 *  composition_ms later (-8388608 to 8388607). Since 0.1. @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_video_at(oxrtmp_client client, uint32_t timestamp_ms,
                                                     int32_t composition_ms, uint32_t keyframe, const uint8_t *data,
                                                     size_t size);

/** Send one AAC frame, without ADTS header. Since 0.1. @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_audio(oxrtmp_client client, uint32_t timestamp_ms, const uint8_t *data,
                                                  size_t size);

/** Send onMetaData with the fields of metadata that are not 0. Since 0.1. @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_metadata(oxrtmp_client client, const oxrtmp_metadata *metadata);

/** Send onMetaData with the properties of a JSON object. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when it is no JSON object; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_metadata_json(oxrtmp_client client, const char *json);

/** Send a data message: AMF0 values, the first of them the handler's name. Since 0.1.
 *  @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_data(oxrtmp_client client, uint32_t timestamp_ms, const uint8_t *body,
                                                 size_t size);

/** Send data that the server keeps under handler, such as "onA", for players that come later, until it is set anew or
 *  cleared: @setDataFrame. values are AMF0, one after the other (may be NULL with size 0). onMetaData is such data too;
 *  see oxrtmp_client_send_metadata. Since 0.1. @return OXRTMP_OK; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_set_data_frame(oxrtmp_client client, const char *handler, const uint8_t *values,
                                                      size_t size);

/** Make players that come later get nothing under handler, onMetaData among them: @clearDataFrame. Since 0.1.
 *  @return as oxrtmp_client_set_data_frame. */
OXRTMP_API oxrtmp_status oxrtmp_client_clear_data_frame(oxrtmp_client client, const char *handler);

/** Send a packet: one that was received, or one you made (see oxrtmp_packet). If it has raw, that is sent as it is;
 *  else its header is built from its fields. It stays yours. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT, E_MEDIA when no message can be made of it; see "Sending". */
OXRTMP_API oxrtmp_status oxrtmp_client_send_packet(oxrtmp_client client, const oxrtmp_packet *packet);

/** Send count packets in order, as oxrtmp_client_send_packet does each. *sent (may be NULL) is how many were queued,
 *  also on error. Since 0.1. @return OXRTMP_OK when all were; else the error of the first that was not. */
OXRTMP_API oxrtmp_status oxrtmp_client_send_packets(oxrtmp_client client, const oxrtmp_packet *packets, size_t count,
                                                    size_t *sent);

/** Wait until everything queued is with the operating system, at most timeout_ms (0 looks, -1 waits for ever). Since
 *  0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_CLOSED; or the error of the connection. */
OXRTMP_API oxrtmp_status oxrtmp_client_flush(oxrtmp_client client, int32_t timeout_ms);

/** Fill *statistics. Works until oxrtmp_client_close. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_client_statistics(oxrtmp_client client, oxrtmp_statistics *statistics);

/** Fill *statistics about the connection of a client, the latest one if it was made again; 0 where it is a hub's and has
 *  none. No media wait for it. Works until oxrtmp_client_close. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_client_connection_statistics(oxrtmp_client client,
                                                             oxrtmp_connection_statistics *statistics);

/** What the server said in its answer to connect that it can do of Enhanced RTMP: nothing before that, and with
 *  OXRTMP_ENHANCED_OFF. Set capabilities->struct_size before the call. Since 0.1.
 *  @return OXRTMP_OK; E_UNSUPPORTED of a client inside a hub. */
OXRTMP_API oxrtmp_status oxrtmp_client_capabilities(oxrtmp_client client, oxrtmp_capabilities *capabilities);

/** The server's address. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_client_peer_address(oxrtmp_client client, char *buf, size_t cap, size_t *length);

/** End the stream politely and hang up, wake all who wait on the client with E_CLOSED, and end the handle. Waits for
 *  queued data to leave, at most linger_ms of the options. The handle ends whatever is returned; closing again is
 *  OXRTMP_OK. Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT when queued data was lost; or the error of the connection. */
OXRTMP_API oxrtmp_status oxrtmp_client_close(oxrtmp_client client);

/* ---------------------------------------------------------------------------------------------------------------------
 * Queue
 *
 * Servers, sessions and clients that are given a queue send there what happens to them, and one call takes what has
 * come together, for as many of them as there are:
 *
 *   oxrtmp_queue queue; oxrtmp_server server; oxrtmp_session session; oxrtmp_event events[256]; size_t count;
 *   oxrtmp_queue_create(NULL, &queue);
 *   oxrtmp_server_bind("127.0.0.1:1935", NULL, &server);
 *   oxrtmp_server_set_queue(server, queue, 0);                               // the sessions it accepts follow it
 *   while (oxrtmp_queue_wait(queue, -1, events, 256, &count) == OXRTMP_OK) {
 *     for (size_t i = 0; i < count; i++) {
 *       oxrtmp_event *event = &events[i];
 *       switch (event->type) {
 *         case OXRTMP_EVENT_REQUEST: oxrtmp_request_accept(event->request, NULL, &session); break;
 *         case OXRTMP_EVENT_PACKET: use(event->source, &event->u.packet); oxrtmp_event_release(event); break;
 *         case OXRTMP_EVENT_STREAM_END: oxrtmp_session_close((oxrtmp_session){event->source}); break;
 *       }
 *     }
 *   }
 *
 * An event loop of your own watches the descriptor of oxrtmp_queue_fd instead, and calls oxrtmp_queue_drain when it is
 * readable: examples/c/epoll_ingest.c and poll_ingest.c are complete.
 *
 * - What is yours: the request of a REQUEST event (accept or reject it), what a PACKET or SERVER event holds (release
 *   it), and as ever the handles: a session is closed after its STREAM_END, a client after FAILED or CLIENT_END. Other
 *   events hold nothing.
 * - Order: the events of one source come in the order in which they happened, its packets before its end. Between
 *   sources there is no order; each has its turn, so that one that floods does not starve the others.
 * - Bounds: events wait with their source, not in the queue. A session or playing client of which you take nothing
 *   stops reading at queue_bytes of its limits. No event is ever dropped, but for log records, and what a player or a
 *   server tells besides (STATUS, CONTROL, CALL, SHARED_OBJECT, PAUSE to BUFFER_LENGTH) past 256 that wait, or queue_bytes.
 * - user_data is a number of yours, or a pointer as (uint64_t)(uintptr_t)p, that comes with each event of a source. To
 *   set a session's before its first packet, give it in oxrtmp_session_options.
 * - Closing a handle takes back what it had in the queue: no event of it comes from then on. (A drain that runs in
 *   another thread at that moment may still return some.) The exception is SERVER_CLOSED, the last event of a server,
 *   which comes once, after oxrtmp_server_close or when what oxrtmp_server_shutdown_start began is done, behind the
 *   ends that SERVER events tell; then its user_data may be freed.
 * - Do not wait in an event loop: accept, reject and session_close do not; let clients send with no_wait, and go on at
 *   WRITABLE; instead of oxrtmp_client_publish, oxrtmp_client_play, oxrtmp_client_close and oxrtmp_server_shutdown
 *   there are oxrtmp_client_publish_open, oxrtmp_client_play_open, oxrtmp_client_close_start and
 *   oxrtmp_server_shutdown_start, whose ends are events.
 * - A PACKET event with a status, and without data, stands for a packet that there was no memory for.
 */

/** What an event tells. */
enum oxrtmp_event_type {
  OXRTMP_EVENT_NONE = 0,
  OXRTMP_EVENT_REQUEST = 1,      /**< server: a peer asks; request is yours to accept or reject */
  OXRTMP_EVENT_PACKET = 2,       /**< session, client that plays: u.packet is yours to release */
  OXRTMP_EVENT_STREAM_END = 3,   /**< session: the stream has ended, after its last packet; status says how */
  OXRTMP_EVENT_CONNECTED = 4,    /**< client: the server has accepted the stream: send, or packets come */
  OXRTMP_EVENT_FAILED = 5,       /**< client: it has not, or was not reached; status says why */
  OXRTMP_EVENT_CLIENT_END = 6,   /**< client: the stream ended after CONNECTED; status says how */
  OXRTMP_EVENT_WRITABLE = 7,     /**< client, session: there is room again, after sending returned E_AGAIN; engine: its
                                      hub has room again, after oxrtmp_engine_receive took nothing */
  OXRTMP_EVENT_SERVER_CLOSED = 8, /**< server: it was closed, and nothing more comes from it */
  OXRTMP_EVENT_LOG = 9,           /**< a log record: level, u.info.text; source is what it is about, 0: the queue */
  OXRTMP_EVENT_CLIENT_CLOSED = 10, /**< client: what oxrtmp_client_close_start began is done */
  /* Of a session that is played; the library has answered the player: */
  OXRTMP_EVENT_PAUSE = 11,         /**< it pauses: what is sent from now on is left out; value: where it stands, ms */
  OXRTMP_EVENT_UNPAUSE = 12,       /**< it goes on, and needs sequence headers and a keyframe; value: as PAUSE */
  OXRTMP_EVENT_SEEK = 13,          /**< it wants to be elsewhere in a recorded stream; value: where, ms */
  OXRTMP_EVENT_RECEIVE = 14,       /**< it wants packets of a type or not; value: 8 audio, 9 video; on: 1 or 0 */
  OXRTMP_EVENT_BUFFER_LENGTH = 15, /**< it says how much it buffers; value: ms */
  OXRTMP_EVENT_RELAY = 16, /**< relay: it has come into a state; value: oxrtmp_relay_state; status says why */
  OXRTMP_EVENT_SERVER = 17, /**< server: what its options ask for; value: oxrtmp_server_event_kind; u.server */
  /* Of a client with reconnect: */
  OXRTMP_EVENT_RECONNECTING = 18, /**< the connection is lost, status says why; it is made again */
  OXRTMP_EVENT_RECONNECTED = 19,  /**< the server has accepted again */
  /* Of a client with drop_video or reconnect: */
  OXRTMP_EVENT_CONGESTED = 20, /**< half of output_bytes is queued */
  OXRTMP_EVENT_RELIEVED = 21,  /**< no more than a quarter is queued again */
  /* Of sessions, clients and engines with answer_calls; u.packet is yours to release: see "Calls" */
  OXRTMP_EVENT_CALL = 48,          /**< the peer calls a procedure; value: the number to answer it by, 0: it wants none */
  OXRTMP_EVENT_SHARED_OBJECT = 49, /**< a shared object message came */
  OXRTMP_EVENT_REPLY = 50, /**< the answer to what oxrtmp_client_call_start began; value: its number; status: how it went */
  OXRTMP_EVENT_RECONNECT = 51, /**< client: the server asks it to connect anew; u.info.text: where, cut to fit */
  /* Of a client that plays, and of engines: */
  OXRTMP_EVENT_STATUS = 33,  /**< the server said something else; u.info */
  OXRTMP_EVENT_CONTROL = 35, /**< a user control event; value: its number, stream_id: the stream it names */
  /* Of engines only, besides the others: */
  OXRTMP_EVENT_HANDSHAKE = 32,    /**< the handshake is done; u.info.text: "simple" or "digest" */
  OXRTMP_EVENT_COMMAND = 34,      /**< a command that was refused, without answer_calls; u.info.code: its name */
  OXRTMP_EVENT_ACKNOWLEDGED = 36, /**< value: how many bytes the peer has received, modulo 2^32 */
  OXRTMP_EVENT_CHUNK_SIZE = 37,   /**< value: the size of the chunks that the peer sends from now on */
  /* Of engines joined to a hub, in their queue; WRITABLE comes there too: see "Engine" */
  OXRTMP_EVENT_OUTPUT_READY = 38  /**< a hub has something for a player: call oxrtmp_engine_output */
};

/** How grave a log record is. */
enum oxrtmp_log_level {
  OXRTMP_LOG_NONE = 0,
  OXRTMP_LOG_ERROR = 1,   /**< a fault in the library */
  OXRTMP_LOG_WARNING = 2, /**< something that should not go on like this */
  OXRTMP_LOG_INFO = 3,    /**< connections that end other than they should */
  OXRTMP_LOG_DEBUG = 4    /**< every connection */
};

/** The part of a connection's life in which something happened. */
enum oxrtmp_phase {
  OXRTMP_PHASE_NONE = 0,
  OXRTMP_PHASE_RESOLVE = 1,
  OXRTMP_PHASE_TCP = 2,
  OXRTMP_PHASE_TLS = 3,
  OXRTMP_PHASE_HANDSHAKE = 4,
  OXRTMP_PHASE_CONNECT = 5,
  OXRTMP_PHASE_CREATE_STREAM = 6,
  OXRTMP_PHASE_PUBLISH = 7,
  OXRTMP_PHASE_PLAY = 8,
  OXRTMP_PHASE_MEDIA = 9
};

/** The words that come with an event, cut to fit, without control characters. */
typedef struct oxrtmp_event_info {
  char code[64];  /**< the peer's code, such as "NetStream.Publish.BadName", or "" */
  char text[128]; /**< the peer's words, or what happened; of STREAM_END what oxrtmp_session_end_reason says */
} oxrtmp_event_info;

/** What happened on a server. The texts are never NULL, and together with the packet are yours to release, by
 *  oxrtmp_event_release: they are valid until then. */
typedef struct oxrtmp_server_event {
  oxrtmp_packet packet;                /**< of METADATA to KEYFRAME; else empty */
  uint64_t connection;                 /**< the connection's number on its server, from 1 */
  const char *peer;                    /**< its address, such as "192.0.2.7:50123" */
  const char *app;                     /**< the application, once it has connected */
  const char *stream_name;             /**< the stream's name without its query; "" where there is none */
  const char *text;                    /**< of ends: why, in words */
  const oxrtmp_statistics *statistics; /**< of STATS_UPDATE; else NULL */
  uint64_t token;                      /**< the texts' reference. Leave it alone */
  uint32_t position_ms;                /**< of PAUSE and UNPAUSE: where the player says it stands */
  uint32_t reserved;                   /**< 0 */
} oxrtmp_server_event;

/** Something that happened. 256 bytes, for the life of the library's name; needs no init. */
typedef struct oxrtmp_event {
  uint32_t type;          /**< oxrtmp_event_type */
  oxrtmp_status status;   /**< of ends, FAILED, CLOSED, RELAY, DISCONNECT, REPLY: what a blocking call would return; else OK */
  uint64_t source;        /**< the id of the server, session, client, relay or engine that it comes from */
  uint64_t user_data;     /**< as given with the queue, for that source */
  oxrtmp_request request; /**< of REQUEST. In a MEDIA_TAG whose message waits, what release and drop answer by */
  uint32_t phase;         /**< of STREAM_END, FAILED, CLIENT_END, RELAY, DISCONNECT: oxrtmp_phase */
  uint32_t level;         /**< of LOG: oxrtmp_log_level */
  int64_t time_ns;        /**< CLOCK_MONOTONIC: when it was taken from its source; of LOG: when it was written; from
                               oxrtmp_engine_next_event: the engine's time */
  union {
    oxrtmp_packet packet;   /**< of PACKET, CALL, SHARED_OBJECT, and of REPLY with OXRTMP_OK */
    oxrtmp_event_info info; /**< of STREAM_END, FAILED, CLIENT_END, STATUS, RECONNECT, RELAY, LOG; of REPLY without */
    oxrtmp_server_event server; /**< of SERVER */
  } u;                 /**< by the type: the packet or the words; of others nothing */
  uint32_t stream_id; /**< of engines, and of CONTROL: the message stream that it is about */
  uint32_t value;     /**< of PAUSE to RELAY, SERVER, CALL, REPLY, CONTROL, ACKNOWLEDGED, CHUNK_SIZE */
  uint32_t on;        /**< of RECEIVE: 1 when it wants them, 0 when not */
  uint32_t reserved;  /**< 0 */
} oxrtmp_event;

/** Options of a queue. Clear them with oxrtmp_queue_options_init; 0 means the default. */
typedef struct oxrtmp_queue_options {
  uint32_t struct_size; /**< set by oxrtmp_queue_options_init */
  uint32_t log_level;   /**< log records of this level and graver ones come as events; OXRTMP_LOG_NONE */
} oxrtmp_queue_options;

/** Make a queue. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when log_level is no level; E_IO when there is no descriptor left.
 *  *queue is yours: oxrtmp_queue_destroy. */
OXRTMP_API oxrtmp_status oxrtmp_queue_create(const oxrtmp_queue_options *options, oxrtmp_queue *queue);

/** The queue's file descriptor: readable exactly while events wait or a wake is pending. Give it to poll, epoll (level-
 *  triggered), select or an event loop; neither read nor close it. It is valid until oxrtmp_queue_destroy. Since 0.1.
 *  @return OXRTMP_OK; *fd is -1 on error. */
OXRTMP_API oxrtmp_status oxrtmp_queue_fd(oxrtmp_queue queue, int *fd);

/** Take the events that wait, at most max, which is at least 1, without waiting for any. *count is how many were
 *  written to events, maybe 0. A pending wake is over with it. Since 0.1.
 *  @return OXRTMP_OK; E_CLOSED while oxrtmp_queue_destroy runs in another thread.
 *  Each event's request and packet are yours. Threads: any; two that take share the events, and those of one source
 *  come in their order, first to the one and then to the other. */
OXRTMP_API oxrtmp_status oxrtmp_queue_drain(oxrtmp_queue queue, oxrtmp_event *events, size_t max, size_t *count);

/** Wait as long as timeout_ms says (0 looks, -1 waits for ever) for the first event, then take as oxrtmp_queue_drain
 *  does. Since 0.1.
 *  @return OXRTMP_OK with *count at least 1; OXRTMP_OK with *count 0 after oxrtmp_queue_wake; E_TIMEOUT; E_CLOSED
 *  after oxrtmp_queue_destroy in another thread. */
OXRTMP_API oxrtmp_status oxrtmp_queue_wait(oxrtmp_queue queue, int32_t timeout_ms, oxrtmp_event *events, size_t max,
                                           size_t *count);

/** Make the queue's descriptor readable, and one oxrtmp_queue_wait return, now or the next one. Several wakes before
 *  that are one. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_queue_wake(oxrtmp_queue queue);

/** End the queue: wake those who wait in it with E_CLOSED, and close its descriptor. Events that were not taken stay
 *  with their sources, which go on without a queue. Destroying again is OXRTMP_OK. No thread may be polling the
 *  descriptor. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_queue_destroy(oxrtmp_queue queue);

/** Release what a PACKET, SERVER, CALL, SHARED_OBJECT or REPLY event holds; do nothing for others. The message of a
 *  MEDIA_TAG event that waits goes on. Never waits, nor enters Go but for such a MEDIA_TAG. Since 0.1.
 *  @return OXRTMP_OK; E_HANDLE when it was released before. */
OXRTMP_API oxrtmp_status oxrtmp_event_release(oxrtmp_event *event);

/** oxrtmp_event_release, but the message of a MEDIA_TAG event of a server with ask_media_tag is dropped: no session,
 *  hub, player or other event sees it. Of other events it is the same. Since 0.1.
 *  @return as oxrtmp_event_release. */
OXRTMP_API oxrtmp_status oxrtmp_event_drop(oxrtmp_event *event);

/** The name of a phase as oxrtmp_last_error has it, such as "handshake"; "" for OXRTMP_PHASE_NONE and for a number
 *  that is none. Constant. Works in a forked child. Since 0.1. */
OXRTMP_API const char *oxrtmp_phase_name(uint32_t phase);

/** Send the server's requests and events to queue, and the events of the sessions accepted from now on, unless their
 *  options say otherwise; user_data comes with each. A second call changes queue or user_data; {0} as the queue ends
 *  it. What waits goes along; a call that waits on the server in another thread at that moment may take one more. Since
 *  0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_server_set_queue(oxrtmp_server server, oxrtmp_queue queue, uint64_t user_data);

/** Send the session's packets, or what its player does, and its end to queue, as oxrtmp_server_set_queue. Since 0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_set_queue(oxrtmp_session session, oxrtmp_queue queue, uint64_t user_data);

/** Begin what oxrtmp_server_shutdown does, and return at once: when it is done SERVER_CLOSED comes, with its status.
 *  The server must have a queue. Its handle stays, for oxrtmp_server_close. Since 0.1.
 *  @return OXRTMP_OK; E_STATE without a queue. */
OXRTMP_API oxrtmp_status oxrtmp_server_shutdown_start(oxrtmp_server server, int32_t timeout_ms);

/** Begin what oxrtmp_client_close does, and return at once: when it is done CLIENT_CLOSED comes, with its status, and
 *  no other event before. The client must have a queue. Its handle stays, for oxrtmp_client_close, which then does not
 *  wait. Since 0.1.
 *  @return OXRTMP_OK; E_STATE without a queue. */
OXRTMP_API oxrtmp_status oxrtmp_client_close_start(oxrtmp_client client);

/** Send the client's events to queue, as oxrtmp_server_set_queue. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_client_set_queue(oxrtmp_client client, oxrtmp_queue queue, uint64_t user_data);

/** Begin to connect to url and to publish there, as oxrtmp_client_publish, and return at once. CONNECTED or FAILED
 *  comes to queue; sending before that is E_STATE. The phases are bounded by the timeouts of the options. options may
 *  be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when the URL or the options are not valid; E_FILE.
 *  *client is yours, also after FAILED: oxrtmp_client_close. */
OXRTMP_API oxrtmp_status oxrtmp_client_publish_open(const char *url, const oxrtmp_client_options *options,
                                                    oxrtmp_queue queue, uint64_t user_data, oxrtmp_client *client);

/* ---------------------------------------------------------------------------------------------------------------------
 * Events of a server
 *
 * A server tells what happens on its connections, each occurrence once, those of one connection in order, where its
 * options ask for it; what nobody asks for costs nothing:
 *
 *   options.events = OXRTMP_SERVER_EVENT(OXRTMP_SERVER_PUBLISH) | OXRTMP_SERVER_EVENT(OXRTMP_SERVER_UNPUBLISH);
 *   ...
 *   while (oxrtmp_server_next_event(server, -1, &event) == OXRTMP_OK) {         // or from the server's queue
 *     printf("%s %s/%s\n", oxrtmp_server_event_name(event.value), event.u.server.app, event.u.server.stream_name);
 *     oxrtmp_event_release(&event);
 *   }
 *
 * They tell what has been granted. To decide, ask: ask_connection, ask_connect, ask_fc_publish, ask_publish and ask_play
 * make requests of what peers want, to be accepted, handed to a hub, redirected or rejected, and ask_media_tag has each
 * audio and video message wait for oxrtmp_event_release or oxrtmp_event_drop. A request of a connection comes behind the
 * events that came before it. With a hub or without, what is told is the same.
 *
 * No event is dropped: they must be taken. While more than queue_bytes of the server's limits wait, or a MEDIA_TAG of a
 * connection waits for its answer and that much behind it, connections are not read.
 */

/** Wait for the next event of a server, at most timeout_ms (0 looks, -1 waits for ever). Its type is SERVER. Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_CLOSED when oxrtmp_server_close is called meanwhile; E_BUSY when the server has a
 *  queue. The event is yours: oxrtmp_event_release. */
OXRTMP_API oxrtmp_status oxrtmp_server_next_event(oxrtmp_server server, int32_t timeout_ms, oxrtmp_event *event);

/* ---------------------------------------------------------------------------------------------------------------------
 * Playing: sessions that send, and clients that receive
 *
 * A server with ask_play hears of players by requests of kind OXRTMP_REQUEST_PLAY. What is accepted is a session to
 * which you send:
 *
 *   oxrtmp_request_accept(request, NULL, &session);
 *   oxrtmp_session_send_metadata(session, &metadata);
 *   oxrtmp_session_send_video_sequence_header(session, avcc, avcc_size);
 *   while (more) oxrtmp_session_send_packet(session, &packet);     // from a keyframe on
 *   oxrtmp_session_flush(session, 1000);
 *   oxrtmp_session_close(session);                                  // the player is told that the stream has ended
 *
 * A client that plays:
 *
 *   oxrtmp_client_play("rtmp://127.0.0.1/live/test", NULL, 10000, &client);
 *   while (oxrtmp_client_next_packet(client, -1, &packet) == OXRTMP_OK) {
 *     use(&packet);
 *     oxrtmp_packet_release(&packet);
 *   }
 *   oxrtmp_client_close(client);
 */

/** What a player asks for besides the stream. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_play_info {
  uint32_t struct_size;      /**< sizeof(oxrtmp_play_info), set by you */
  uint32_t reset;            /**< 0 or 1: what was to be played before is dropped */
  uint32_t buffer_length_ms; /**< how much it buffers, of a session as it said last; 0: it did not say */
  uint32_t reserved;         /**< 0 */
  double start;              /**< -2: live, or else recorded; -1: live only; else a position. Some send seconds here, */
  double duration;           /**< and some milliseconds; -1: all of it */
  double offset;             /**< of play2: where in the new stream to switch, in seconds; -1: it did not say */
  uint32_t play2;            /**< 1: the command was play2: the stream takes the place of the one that plays */
  char transition[28];       /**< of play2: "switch", "swap", "append", "stop", "reset", "resume", "appendAndWait", cut to fit */
} oxrtmp_play_info;

/** The arguments of a play request; of another kind they are all 0. Set info->struct_size before the call.
 *
 *  A player that sends play2 while it plays (its session ends with "play2") asks for another stream in the place of that
 *  one, normally the same content at another bit rate. It is a play request as others are; accepted, the player is told
 *  NetStream.Play.Transition, and goes on with what the new session sends. Since 0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_request_play(oxrtmp_request request, oxrtmp_play_info *info);

/** The object of a play2 command as JSON, with every property in its order. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_STATE when the request is no play2. */
OXRTMP_API oxrtmp_status oxrtmp_request_play2_json(oxrtmp_request request, char *buf, size_t cap, size_t *length);

/** The arguments of the play command that began a session, with the last buffer length. Since 0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_session_play(oxrtmp_session session, oxrtmp_play_info *info);

/** The object of the play2 command that began a session, as oxrtmp_request_play2_json has it. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_STATE when none began it. */
OXRTMP_API oxrtmp_status oxrtmp_session_play2_json(oxrtmp_session session, char *buf, size_t cap, size_t *length);

/* Sending to a player is as sending from a client (see "Sending" above): bytes are copied, a full queue is waited for
 * as the server's options say, and a message is queued whole or not at all. All return E_EOF when the player has left,
 * E_CLOSED when oxrtmp_session_close or oxrtmp_server_close is called meanwhile, E_STATE when the peer publishes, and
 * the error of the connection when that broke. What a player has paused or does not want counts as sent. */

/** Send the H.264 configuration: an AVCDecoderConfigurationRecord (avcC, ISO 14496-15). Since 0.1. @return OXRTMP_OK;
 *  see "Sending to a player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_video_sequence_header(oxrtmp_session session, const uint8_t *avcc,
                                                                   size_t size);

/** Send the AAC configuration: an AudioSpecificConfig (ISO 14496-3). Since 0.1. @return OXRTMP_OK; see "Sending to a
 *  player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_audio_sequence_header(oxrtmp_session session, const uint8_t *asc,
                                                                   size_t size);

/** Send one H.264 frame, as oxrtmp_client_send_video. Since 0.1. @return OXRTMP_OK; see "Sending to a player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_video(oxrtmp_session session, uint32_t timestamp_ms, uint32_t keyframe,
                                                   const uint8_t *data, size_t size);

/** Send one H.264 frame of a stream with B-frames, as oxrtmp_client_send_video_at. Since 0.1. @return OXRTMP_OK; see
 *  "Sending to a player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_video_at(oxrtmp_session session, uint32_t timestamp_ms,
                                                      int32_t composition_ms, uint32_t keyframe, const uint8_t *data,
                                                      size_t size);

/** Send one AAC frame, without ADTS header. Since 0.1. @return OXRTMP_OK; see "Sending to a player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_audio(oxrtmp_session session, uint32_t timestamp_ms, const uint8_t *data,
                                                   size_t size);

/** Send onMetaData with the fields of metadata that are not 0. Since 0.1. @return OXRTMP_OK; see "Sending to a
 *  player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_metadata(oxrtmp_session session, const oxrtmp_metadata *metadata);

/** Send onMetaData with the properties of a JSON object. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when it is no JSON object; see "Sending to a player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_metadata_json(oxrtmp_session session, const char *json);

/** Send a data message: AMF0 values, the first of them the handler's name. Since 0.1.
 *  @return OXRTMP_OK; see "Sending to a player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_data(oxrtmp_session session, uint32_t timestamp_ms, const uint8_t *body,
                                                  size_t size);

/** Send a packet, as oxrtmp_client_send_packet; metadata goes out as players expect it, without @setDataFrame. Since
 *  0.1.
 *  @return OXRTMP_OK; E_ARGUMENT, E_MEDIA when no message can be made of it; see "Sending to a player". */
OXRTMP_API oxrtmp_status oxrtmp_session_send_packet(oxrtmp_session session, const oxrtmp_packet *packet);

/** Send count packets in order, as oxrtmp_session_send_packet does each. *sent (may be NULL) is how many were queued,
 *  also on error. Since 0.1. @return OXRTMP_OK when all were; else the error of the first that was not. */
OXRTMP_API oxrtmp_status oxrtmp_session_send_packets(oxrtmp_session session, const oxrtmp_packet *packets,
                                                     size_t count, size_t *sent);

/** End a played stream because all of it has been sent: the player hears NetStream.Play.Complete, and may play
 *  something else on its connection. The session's handle stays, for oxrtmp_session_close. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when the peer publishes; E_EOF when the player has left; E_CLOSED. */
OXRTMP_API oxrtmp_status oxrtmp_session_complete(oxrtmp_session session);

/** Wait until everything sent to a player is with the operating system, at most timeout_ms (0 looks, -1 waits for
 *  ever). Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_CLOSED; E_EOF; or the error of the connection. */
OXRTMP_API oxrtmp_status oxrtmp_session_flush(oxrtmp_session session, int32_t timeout_ms);

/** Wait for what the player of a session does next, at most timeout_ms (0 looks, -1 waits for ever): PAUSE, UNPAUSE,
 *  SEEK, RECEIVE, BUFFER_LENGTH or WRITABLE, as they are in "Queue"; with answer_calls of the server's options also CALL,
 *  SHARED_OBJECT and REPLY, of publishing sessions too. What nobody takes is dropped past 256, or queue_bytes of the
 *  limits; WRITABLE never is. Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_EOF when the player has left; E_CLOSED after oxrtmp_server_close, or when
 *  oxrtmp_session_close is called meanwhile; E_BUSY when the session has a queue; E_STATE when the peer publishes,
 *  without answer_calls; or the error of the connection. *event may hold a packet: oxrtmp_event_release. */
OXRTMP_API oxrtmp_status oxrtmp_session_next_event(oxrtmp_session session, int32_t timeout_ms, oxrtmp_event *event);

/** Connect to url, as for oxrtmp_client_publish, and begin to play the stream there. Since 0.1.
 *  @return OXRTMP_OK when the server has said yes, which for a stream that nobody publishes some say too; else as
 *  oxrtmp_client_publish: E_NOT_FOUND when there is no such stream. *client is yours: oxrtmp_client_close. */
OXRTMP_API oxrtmp_status oxrtmp_client_play(const char *url, const oxrtmp_client_options *options, int32_t timeout_ms,
                                            oxrtmp_client *client);

/** oxrtmp_client_play over a connected stream socket of yours, on which no byte has been exchanged yet; url only names
 *  the stream. On success the descriptor belongs to the client, on error it is still yours. Since 0.1.
 *  @return as oxrtmp_client_play. */
OXRTMP_API oxrtmp_status oxrtmp_client_play_fd(int fd, const char *url, const oxrtmp_client_options *options,
                                               int32_t timeout_ms, oxrtmp_client *client);

/** Begin to connect to url and to play there, and return at once. CONNECTED or FAILED comes to queue, after CONNECTED
 *  the stream's packets, and then CLIENT_END. Since 0.1.
 *  @return as oxrtmp_client_publish_open. *client is yours, also after FAILED: oxrtmp_client_close. */
OXRTMP_API oxrtmp_status oxrtmp_client_play_open(const char *url, const oxrtmp_client_options *options,
                                                 oxrtmp_queue queue, uint64_t user_data, oxrtmp_client *client);

/** Wait for the next packet of a client that plays, at most timeout_ms (0 looks, -1 waits for ever). Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_EOF when the server has ended the stream, or has gone (oxrtmp_last_error tells how),
 *  and all its packets were taken; E_CLOSED when oxrtmp_client_close is called meanwhile; E_BUSY when the client has a
 *  queue; E_STATE when it publishes; -2xx or -3xx when the connection broke or the server broke the protocol.
 *  *packet belongs to the caller: oxrtmp_packet_release. Threads: any; two that wait share the packets. */
OXRTMP_API oxrtmp_status oxrtmp_client_next_packet(oxrtmp_client client, int32_t timeout_ms, oxrtmp_packet *packet);

/** Wait as oxrtmp_client_next_packet does, then take all packets that are there, at most max, which is at least 1, and
 *  at most 4096. *count is how many were written to packets. Since 0.1.
 *  @return as oxrtmp_client_next_packet; OXRTMP_OK with *count at least 1. */
OXRTMP_API oxrtmp_status oxrtmp_client_next_packets(oxrtmp_client client, int32_t timeout_ms, oxrtmp_packet *packets,
                                                    size_t max, size_t *count);

/** Wait for the next event of a client, at most timeout_ms (0 looks, -1 waits for ever): STATUS and CONTROL of one that
 *  plays, WRITABLE, RECONNECTING, RECONNECTED, CONGESTED and RELIEVED of one that publishes, CLIENT_END of both, as they
 *  are in "Queue", and CALL, SHARED_OBJECT and REPLY.
 *  What nobody takes is dropped past 256, or queue_bytes of the limits; WRITABLE and CLIENT_END never are. *event may
 *  hold a packet: oxrtmp_event_release. Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_CLOSED when oxrtmp_client_close is called meanwhile; E_BUSY when the client has a
 *  queue; after CLIENT_END what that said. */
OXRTMP_API oxrtmp_status oxrtmp_client_next_event(oxrtmp_client client, int32_t timeout_ms, oxrtmp_event *event);

/** Ask the server to stop sending (pause not 0), or to go on (0). Its word comes as STATUS: NetStream.Pause.Notify,
 *  NetStream.Unpause.Notify. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when nothing is played; E_EOF after the end; E_CLOSED; the error of the connection. */
OXRTMP_API oxrtmp_status oxrtmp_client_pause(oxrtmp_client client, uint32_t pause);

/** Ask for another position of a recorded stream. Since 0.1. @return as oxrtmp_client_pause. */
OXRTMP_API oxrtmp_status oxrtmp_client_seek(oxrtmp_client client, uint32_t position_ms);

/** What play2 says. Clear it with oxrtmp_play2_init; 0 and NULL mean the default. */
typedef struct oxrtmp_play2 {
  uint32_t struct_size;        /**< set by oxrtmp_play2_init */
  uint32_t live_only;          /**< not 0: a live stream only; 0: or else a recorded one of that name */
  const char *stream_name;     /**< the stream to play, with its query; not NULL */
  const char *old_stream_name; /**< the stream whose place it takes; NULL: the one that plays */
  const char *transition;      /**< "switch", "swap", "append", "stop", "reset", "resume", "appendAndWait"; not sent */
  int64_t start_ms;            /**< position in a recorded stream, if above 0 */
  int64_t duration_ms;         /**< how much of a recorded stream; all of it */
  int64_t offset_ms;           /**< where in the new stream to switch, if above 0; where the server will */
  const char *json;            /**< further properties, as a JSON object; none */
} oxrtmp_play2;

/** Ask for another stream in the place of the one that plays, normally the same content at another bit rate. The server
 *  answers with NetStream.Play.Transition, a STATUS, and goes on in the same stream of packets; if it has no such stream the
 *  play ends. A client with follow_reconnects that connects anew goes on with the new stream. Since 0.1.
 *  @return as oxrtmp_client_pause; E_ARGUMENT for a name that is missing or too long, and what is no JSON object;
 *  E_UNSUPPORTED of a client inside a hub. */
OXRTMP_API oxrtmp_status oxrtmp_client_play2(oxrtmp_client client, const oxrtmp_play2 *play2);

/** Tell the server whether audio is wanted: on is 0 or not. Since 0.1. @return as oxrtmp_client_pause. */
OXRTMP_API oxrtmp_status oxrtmp_client_receive_audio(oxrtmp_client client, uint32_t on);

/** Tell the server whether video is wanted: on is 0 or not. Since 0.1. @return as oxrtmp_client_pause. */
OXRTMP_API oxrtmp_status oxrtmp_client_receive_video(oxrtmp_client client, uint32_t on);

/** Tell the server how much the client buffers, as buffer_length_ms of its options did. Since 0.1.
 *  @return as oxrtmp_client_pause. */
OXRTMP_API oxrtmp_status oxrtmp_client_set_buffer_length(oxrtmp_client client, uint32_t length_ms);

/** Fill *metadata from the last onMetaData of a stream that is played. Set metadata->struct_size (oxrtmp_metadata_init
 *  does). Since 0.1. @return OXRTMP_OK; E_AGAIN as oxrtmp_session_metadata. */
OXRTMP_API oxrtmp_status oxrtmp_client_metadata(oxrtmp_client client, oxrtmp_metadata *metadata);

/** oxrtmp_session_metadata_tracks for a client that plays. Since 0.1. @return OXRTMP_OK; E_BUFFER; E_AGAIN. */
OXRTMP_API oxrtmp_status oxrtmp_client_metadata_tracks(oxrtmp_client client, oxrtmp_track_info *tracks, size_t max,
                                                       size_t *count);

/** oxrtmp_session_metadata_json for a client that plays. Since 0.1. @return OXRTMP_OK; E_BUFFER; E_AGAIN. */
OXRTMP_API oxrtmp_status oxrtmp_client_metadata_json(oxrtmp_client client, char *buf, size_t cap, size_t *length);

/** oxrtmp_session_metadata_raw for a client that plays. Since 0.1. @return OXRTMP_OK; E_BUFFER; E_AGAIN. */
OXRTMP_API oxrtmp_status oxrtmp_client_metadata_raw(oxrtmp_client client, uint8_t *buf, size_t cap, size_t *length);

/** Ask the server for a sign of life, and wait at most timeout_ms for it (-1 waits for ever). *rtt_ns is how long it
 *  took, in nanoseconds. For a client that publishes or plays. Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT, which does not say that the server is gone: some do not answer; E_EOF after the end;
 *  E_CLOSED when oxrtmp_client_close is called meanwhile; E_STATE before the handshake; the error of the connection. */
OXRTMP_API oxrtmp_status oxrtmp_client_ping(oxrtmp_client client, int32_t timeout_ms, int64_t *rtt_ns);

/** Ask the peer of a session for a sign of life, as oxrtmp_client_ping; OBS never answers. Since 0.1.
 *  @return as oxrtmp_client_ping. */
OXRTMP_API oxrtmp_status oxrtmp_session_ping(oxrtmp_session session, int32_t timeout_ms, int64_t *rtt_ns);

/* ---------------------------------------------------------------------------------------------------------------------
 * Calls: procedures of the application at the other end
 *
 * Either side may call a procedure of the other by its name, with AMF values as arguments, and gets values back or a
 * refusal (RTMP 1.0 §7.2.1.2). What the library does not answer itself is refused, unless answer_calls of the server's or
 * client's options is set: then it comes as a CALL event, to be answered within decision_ms:
 *
 *   oxrtmp_command_parse(20, event.u.packet.raw, event.u.packet.raw_size, &command);   // its name and its values,
 *   oxrtmp_amf_decode(command.values, command.values_size, NULL, values, 64, &count);  // the command object first
 *   if (command.name_size == 3 && memcmp(command.name, "add", 3) == 0)
 *     oxrtmp_session_answer(session, event.value, sum, sum_size);                      // AMF0, from oxrtmp_amf_encode
 *   else
 *     oxrtmp_session_refuse(session, event.value, NULL, "no such procedure");
 *   oxrtmp_event_release(&event);
 *
 * Arguments and answers are AMF0 values one after the other, which oxrtmp_amf_encode or oxrtmp_amf_from_json makes; the
 * library adds a command object of null. Of a client inside a hub all of this is E_UNSUPPORTED.
 */

/** Call a procedure of the server's, and wait at most timeout_ms for its answer (-1 waits for ever): the data of *answer
 *  is its values, in AMF0, without the command object. Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT, also when the connection is lost before the answer and made again; E_REFUSED or other
 *  -4xx when the server refuses; E_AMF when values are none; E_LIMIT when as many calls wait as pending_calls of the
 *  limits allows; E_EOF after the end; E_CLOSED when oxrtmp_client_close is called meanwhile; E_STATE before the stream
 *  was accepted; the error of the connection. *answer belongs to the caller: oxrtmp_packet_release. */
OXRTMP_API oxrtmp_status oxrtmp_client_call(oxrtmp_client client, const char *name, const uint8_t *values, size_t size,
                                            int32_t timeout_ms, oxrtmp_packet *answer);

/** oxrtmp_client_call of the peer of a session. Since 0.1. @return as oxrtmp_client_call. */
OXRTMP_API oxrtmp_status oxrtmp_session_call(oxrtmp_session session, const char *name, const uint8_t *values,
                                             size_t size, int32_t timeout_ms, oxrtmp_packet *answer);

/** Begin a call and return at once: a REPLY event comes with *call_id as its value, with the answer as u.packet, or with
 *  the status that oxrtmp_client_call would return; none comes when the stream ends before. Since 0.1.
 *  @return as oxrtmp_client_call. */
OXRTMP_API oxrtmp_status oxrtmp_client_call_start(oxrtmp_client client, const char *name, const uint8_t *values,
                                                  size_t size, int32_t timeout_ms, uint32_t *call_id);

/** oxrtmp_client_call_start of the peer of a session. Since 0.1.
 *  @return as oxrtmp_client_call; E_STATE when the peer publishes, without answer_calls of the server's options. */
OXRTMP_API oxrtmp_status oxrtmp_session_call_start(oxrtmp_session session, const char *name, const uint8_t *values,
                                                   size_t size, int32_t timeout_ms, uint32_t *call_id);

/** Call a procedure of the server's whose answer nobody wants. Since 0.1. @return as oxrtmp_client_call. */
OXRTMP_API oxrtmp_status oxrtmp_client_notify(oxrtmp_client client, const char *name, const uint8_t *values,
                                              size_t size);

/** oxrtmp_client_notify of the peer of a session. Since 0.1. @return as oxrtmp_client_call. */
OXRTMP_API oxrtmp_status oxrtmp_session_notify(oxrtmp_session session, const char *name, const uint8_t *values,
                                               size_t size);

/** Answer a CALL event of a client by its number, with AMF0 values. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when it was answered, or decision_ms is over; E_AMF; and as oxrtmp_client_call. */
OXRTMP_API oxrtmp_status oxrtmp_client_answer(oxrtmp_client client, uint32_t call_id, const uint8_t *values,
                                              size_t size);

/** oxrtmp_client_answer for a session. Since 0.1. @return as oxrtmp_client_answer. */
OXRTMP_API oxrtmp_status oxrtmp_session_answer(oxrtmp_session session, uint32_t call_id, const uint8_t *values,
                                               size_t size);

/** Refuse a CALL event of a client by its number. code may be NULL: "NetConnection.Call.Failed"; description too. Since
 *  0.1. @return as oxrtmp_client_answer. */
OXRTMP_API oxrtmp_status oxrtmp_client_refuse(oxrtmp_client client, uint32_t call_id, const char *code,
                                              const char *description);

/** oxrtmp_client_refuse for a session. Since 0.1. @return as oxrtmp_client_answer. */
OXRTMP_API oxrtmp_status oxrtmp_session_refuse(oxrtmp_session session, uint32_t call_id, const char *code,
                                               const char *description);

/* Shared objects are properties ("slots") that the clients of an application share; who shares what is the application's
 * to know: the library carries the messages (RTMP 1.0 §7.1.3). A message is described by AMF0 values: its name, its
 * version, its flags (2: it outlives its users), and for each event an object with "kind" and, where the kind has them,
 * "name", "level", "slots" (an object), "arguments" (a strict array); "data" (bytes) of kinds that are not known. */

/** The kinds of events of shared objects. */
enum oxrtmp_shared_event {
  OXRTMP_SHARED_USE = 1,            /**< client: wants to use the object */
  OXRTMP_SHARED_RELEASE = 2,        /**< client: does not want to any more */
  OXRTMP_SHARED_REQUEST_CHANGE = 3, /**< client: slots: one that should have a value */
  OXRTMP_SHARED_CHANGE = 4,         /**< server: slots: have new values */
  OXRTMP_SHARED_SUCCESS = 5,        /**< server: what was requested of the slot name is done */
  OXRTMP_SHARED_SEND_MESSAGE = 6,   /**< both: calls everybody's handler name with arguments */
  OXRTMP_SHARED_STATUS = 7,         /**< server: what was requested failed: name is a code, and level */
  OXRTMP_SHARED_CLEAR = 8,          /**< server: forget all slots */
  OXRTMP_SHARED_REMOVE = 9,         /**< server: the slot name is gone */
  OXRTMP_SHARED_REQUEST_REMOVE = 10, /**< client: wants the slot name gone */
  OXRTMP_SHARED_USE_SUCCESS = 11    /**< server: the object may be used */
};

/** Send a shared object message to the server, as values describe it. With answer_calls what the server sends comes as
 *  SHARED_OBJECT events, whose u.packet.data is such a description. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT, E_AMF when values are no description; and as oxrtmp_client_call. */
OXRTMP_API oxrtmp_status oxrtmp_client_send_shared_object(oxrtmp_client client, const uint8_t *values, size_t size);

/** oxrtmp_client_send_shared_object to the peer of a session. Since 0.1. @return as that. */
OXRTMP_API oxrtmp_status oxrtmp_session_send_shared_object(oxrtmp_session session, const uint8_t *values, size_t size);

/* ---------------------------------------------------------------------------------------------------------------------
 * Hub: streams that many play
 *
 * A hub takes what is published under an application's and a stream's name and gives it to everybody who plays that.
 * A whole live server is a hub and a server, and no other code:
 *
 *   oxrtmp_hub hub; oxrtmp_server server; oxrtmp_server_options options;
 *   oxrtmp_hub_create(NULL, &hub);
 *   oxrtmp_server_options_init(&options);
 *   options.hub = hub;                                       // it answers every publish and play
 *   oxrtmp_server_bind(":1935", &options, &server);
 *
 * To see requests first, set ask_publish or ask_play too, and hand on what may pass by oxrtmp_hub_accept. Any number of
 * servers may share a hub. Its streams live as long as it does, whatever happens to the servers.
 *
 * Who comes late gets metadata, sequence headers and what the cache holds together with the answer to its play. A
 * player that takes less than it is sent loses video up to a keyframe and keeps its audio; the others do not notice it.
 * When a publisher goes its players stay for the grace period, and go on with the next one: timestamps never go back.
 */

/** What late players get besides metadata and sequence headers. */
enum oxrtmp_cache_policy {
  OXRTMP_CACHE_GOP = 0,      /**< everything since the last keyframe */
  OXRTMP_CACHE_KEYFRAME = 1, /**< the last keyframe; then no video until the next one */
  OXRTMP_CACHE_OFF = 2       /**< nothing: the video begins with the next keyframe */
};

/** What happens to a player that takes less than it is sent. */
enum oxrtmp_slow_policy {
  OXRTMP_SLOW_DROP = 0,       /**< video is dropped up to the next keyframe, audio flows */
  OXRTMP_SLOW_DISCONNECT = 1, /**< it is disconnected */
  OXRTMP_SLOW_BLOCK = 2       /**< its stream waits for it, and with it every other player */
};

/** What happens when somebody publishes under a name that has a publisher. */
enum oxrtmp_takeover {
  OXRTMP_TAKEOVER_REJECT = 0,   /**< the newcomer is refused: NetStream.Publish.BadName */
  OXRTMP_TAKEOVER_REPLACE = 1,  /**< the newcomer takes over, the players stay */
  OXRTMP_TAKEOVER_IF_SILENT = 2 /**< it takes over if nothing has come from the other one for silent_after_ms */
};

/** What becomes of players that have not said in connect that they decode what a stream carries. */
enum oxrtmp_codecs {
  OXRTMP_CODECS_PASS = 0,   /**< they get everything */
  OXRTMP_CODECS_REFUSE = 1, /**< they are told NetStream.Play.Failed, when they ask or once the stream turns to such a codec */
  OXRTMP_CODECS_FILTER = 2  /**< they get what they have said that they decode, data, and what has no codec */
};

/** Which timestamps players see. Those of a publisher that takes over go on where the last ones were. */
enum oxrtmp_timestamps {
  OXRTMP_TIMESTAMPS_KEEP = 0,      /**< the first publisher's, whatever they do */
  OXRTMP_TIMESTAMPS_MONOTONIC = 1, /**< its too, but those of audio, and those of video, never go back */
  OXRTMP_TIMESTAMPS_REBASE = 2     /**< as monotonic, from 0 with the first frame */
};

/** Options of a hub. Clear them with oxrtmp_hub_options_init; 0 means the default. */
typedef struct oxrtmp_hub_options {
  uint32_t struct_size;        /**< set by oxrtmp_hub_options_init */
  uint32_t cache_policy;       /**< oxrtmp_cache_policy */
  uint32_t cache_bytes;        /**< most bytes of memory that a stream's cache holds since the last keyframe; 24 MiB */
  uint32_t cache_frames;       /**< and most frames; 4096 */
  uint32_t slow_policy;        /**< oxrtmp_slow_policy */
  uint32_t slow_bytes;         /**< waiting output past which a player is slow; 1 MiB */
  uint32_t disconnect_bytes;   /**< waiting output past which it is disconnected; 8 MiB, at least twice slow_bytes */
  uint32_t takeover;           /**< oxrtmp_takeover */
  int32_t silent_after_ms;     /**< for OXRTMP_TAKEOVER_IF_SILENT; 5000 */
  int32_t grace_ms;            /**< how long players stay when their publisher has gone, -1: not at all; 10000 */
  uint32_t wait_for_publisher; /**< not 0: players wait for a stream that is not there yet */
  uint32_t coalesce_ms;        /**< frames are held back for so long, to send several at once; not at all */
  uint32_t chunk_size;         /**< chunk size towards players, 1 to 65536; 4096 */
  uint32_t timestamps;         /**< oxrtmp_timestamps */
  const oxrtmp_mask *mask;     /**< what is left out, for every player that a server brings; NULL: nothing */
  uint32_t wait_limit_ms;      /**< with wait_for_publisher: how long players wait before the stream ends; for ever */
  uint32_t codecs;             /**< oxrtmp_codecs */
} oxrtmp_hub_options;

/** Make a hub without streams. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when an option is out of range. *hub is yours: oxrtmp_hub_close. */
OXRTMP_API oxrtmp_status oxrtmp_hub_create(const oxrtmp_hub_options *options, oxrtmp_hub *hub);

/** Give a publish or play request, of a server or an engine, to the hub, which grants or refuses it, and end the
 *  request's handle: there is no session for you. A request of another kind is granted. Since 0.1.
 *  @return OXRTMP_OK; when it was refused E_BUSY: the stream has a publisher, E_NOT_FOUND: there is no such stream,
 *  E_UNSUPPORTED: the player does not decode it; E_CLOSED; E_STATE when it comes too late. */
OXRTMP_API oxrtmp_status oxrtmp_hub_accept(oxrtmp_hub hub, oxrtmp_request request);

/** oxrtmp_hub_accept for a player that gets what mask leaves of the stream, in the place of the mask of the hub's
 *  options. Since 0.1. @return as oxrtmp_hub_accept. */
OXRTMP_API oxrtmp_status oxrtmp_hub_accept_masked(oxrtmp_hub hub, oxrtmp_request request, const oxrtmp_mask *mask);

/** Publish into the hub: *client is a client without a connection. Sending, flushing, statistics, events, its queue and
 *  oxrtmp_client_close work as with one that is connected; of the options (may be NULL) no_wait, send_timeout_ms and
 *  output_bytes have a meaning. Since 0.1.
 *  @return OXRTMP_OK; E_BUSY when the stream has a publisher that must not be replaced; E_CLOSED; E_ARGUMENT.
 *  *client is yours: oxrtmp_client_close. CLIENT_END says that another publisher took over, or that the hub closed. */
OXRTMP_API oxrtmp_status oxrtmp_hub_publish(oxrtmp_hub hub, const char *app, const char *stream_name,
                                            const oxrtmp_client_options *options, oxrtmp_client *client);

/** Play from the hub: *client is a client without a connection. Taking packets, metadata, oxrtmp_client_pause and
 *  _receive_audio and _video, statistics, events, its queue and oxrtmp_client_close work as with one that is connected;
 *  oxrtmp_client_seek, _set_buffer_length and _ping are E_UNSUPPORTED. Of a client whose packets are not taken in time
 *  the hub drops video as of a slow player; one that it gives up ends with E_LIMIT. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_NOT_FOUND; E_CLOSED; E_ARGUMENT. *client is yours: oxrtmp_client_close. */
OXRTMP_API oxrtmp_status oxrtmp_hub_play(oxrtmp_hub hub, const char *app, const char *stream_name,
                                         const oxrtmp_client_options *options, oxrtmp_client *client);

/** A hub at this moment; what is counted counts streams that have ended too. The library fills it; set struct_size
 *  before the call. */
typedef struct oxrtmp_hub_info {
  uint32_t struct_size;    /**< sizeof(oxrtmp_hub_info), set by you */
  uint32_t streams;        /**< streams that there are */
  uint32_t publishers;     /**< of them with a publisher */
  uint32_t players;        /**< of all streams */
  uint64_t bytes;          /**< payload bytes received from publishers */
  uint64_t packets;        /**< messages received from publishers */
  uint64_t frames_sent;    /**< to all players */
  uint64_t frames_dropped; /**< because players were slow */
  uint64_t cached_bytes;   /**< of memory, held for late players */
  uint64_t messages_lost;  /**< that reached no player, as there was no memory for them */
  int64_t duration_ns;     /**< since the hub began */
} oxrtmp_hub_info;

/** Fill *info. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_hub_statistics(oxrtmp_hub hub, oxrtmp_hub_info *info);

/** A stream of a hub. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_stream_info {
  uint32_t struct_size;         /**< sizeof(oxrtmp_stream_info), set by you */
  uint32_t published;           /**< 0 or 1: it has a publisher */
  uint32_t players;             /**< who play it */
  uint32_t timestamp_ms;        /**< of the last message received */
  int64_t duration_ns;          /**< since the stream began */
  int64_t keyframe_interval_ns; /**< between the last two keyframes received, by decoding time */
  uint64_t bytes;               /**< payload bytes received from publishers */
  uint64_t packets;             /**< messages received from publishers, of these: */
  uint64_t audio_packets;       /**< audio */
  uint64_t video_packets;       /**< video */
  uint64_t data_packets;        /**< data, metadata included */
  uint64_t keyframes;           /**< keyframes */
  uint64_t malformed;           /**< not understood */
  uint64_t frames_sent;         /**< to all players */
  uint64_t frames_dropped;      /**< because players were slow */
  uint64_t cached_bytes;        /**< of memory, held for late players */
  char publisher[64];           /**< the publisher's address, "application" of oxrtmp_hub_publish, or "" */
  uint64_t messages_lost;       /**< that reached no player, as there was no memory for them */
  int64_t published_ns;         /**< since the publisher began */
  uint32_t video_codec;         /**< OXRTMP_CODEC_... of the first video track, 0 while there is none */
  uint32_t audio_codec;         /**< and of the first audio track */
} oxrtmp_stream_info;

/** Fill *info about one stream. Since 0.1. @return OXRTMP_OK; E_NOT_FOUND. */
OXRTMP_API oxrtmp_status oxrtmp_hub_stream_statistics(oxrtmp_hub hub, const char *app, const char *stream_name,
                                                      oxrtmp_stream_info *info);

/** The hub as a JSON object: its figures; "streams", a list with app, stream_name and figures of each, and its
 *  "player_list" (peer, packets, bytes, queued_bytes, frames_dropped, duration_ns, paused, waiting, no_audio, no_video);
 *  and "relays", a list with app, stream_name and figures of each, without its URL, which may be secret. Names are those
 *  of the structs. It may have grown from one call to the next. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_hub_json(oxrtmp_hub hub, char *buf, size_t cap, size_t *length);

/** What the publisher of a stream has set to be kept, onMetaData among it, in the order in which late players get it: a
 *  JSON array with an array for each, the handler's name first. It may have grown from one call to the next. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_NOT_FOUND. */
OXRTMP_API oxrtmp_status oxrtmp_hub_data_frames_json(oxrtmp_hub hub, const char *app, const char *stream_name, char *buf,
                                                     size_t cap, size_t *length);

/** End all streams and relays of the hub, telling publishers and players, and end the handle. Servers that have the hub
 *  refuse from then on. Closing again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_hub_close(oxrtmp_hub hub);

/* Relays: a stream of a hub sent to another server, or taken from there. A relay connects again when the connection is
 * lost, and each connection begins with metadata, sequence headers and what the hub keeps for late players. */

/** What a relay does. */
enum oxrtmp_relay_state {
  OXRTMP_RELAY_IDLE = 0,       /**< nothing to relay: no publisher here, or on demand no player, or another publisher */
  OXRTMP_RELAY_CONNECTING = 1, /**< to the other server */
  OXRTMP_RELAY_RUNNING = 2,    /**< the other server has accepted */
  OXRTMP_RELAY_WAITING = 3,    /**< the connection failed: it will try again */
  OXRTMP_RELAY_CLOSED = 4      /**< it was closed, or its hub, or it gave up */
};

/** Options of a relay. Clear them with oxrtmp_relay_options_init; 0 and NULL mean the default. */
typedef struct oxrtmp_relay_options {
  uint32_t struct_size;                /**< set by oxrtmp_relay_options_init */
  uint32_t on_demand;                  /**< pull; not 0: begin with the first player, who waits for it */
  uint32_t idle_after_ms;              /**< on demand: end so long after the last player has left; 10000 */
  uint32_t retry_min_ms;               /**< wait half of it to all of it after a failure; doubled by each one; 1000 */
  uint32_t retry_max_ms;               /**< the most it waits, if no player comes on demand; 30000 */
  uint32_t attempts;                   /**< give up after so many failures in a row; never */
  const oxrtmp_client_options *client; /**< of its connections, TLS among them; NULL: the defaults */
  const oxrtmp_mask *mask;             /**< push: what is left out of the stream; NULL: nothing */
} oxrtmp_relay_options;

/** Send a stream of the hub to url whenever it is published here. There may be any number of relays of one stream; each
 *  that is slow loses video up to a keyframe, as a player does. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when the URL or the options are not valid; E_FILE; E_CLOSED.
 *  *relay is yours: oxrtmp_relay_close. */
OXRTMP_API oxrtmp_status oxrtmp_hub_push(oxrtmp_hub hub, const char *app, const char *stream_name, const char *url,
                                         const oxrtmp_relay_options *options, oxrtmp_relay *relay);

/** Play url and publish what comes in the hub, unless somebody else publishes there. options may be NULL. Since 0.1.
 *  @return as oxrtmp_hub_push. *relay is yours: oxrtmp_relay_close. */
OXRTMP_API oxrtmp_status oxrtmp_hub_pull(oxrtmp_hub hub, const char *app, const char *stream_name, const char *url,
                                         const oxrtmp_relay_options *options, oxrtmp_relay *relay);

/** A relay at this moment. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_relay_info {
  uint32_t struct_size;    /**< sizeof(oxrtmp_relay_info), set by you */
  uint32_t pull;           /**< 0: push */
  uint32_t state;          /**< oxrtmp_relay_state */
  oxrtmp_status status;    /**< how the latest connection failed or ended; OXRTMP_OK: it did not */
  int64_t since_ns;        /**< how long it is in its state */
  uint64_t connections;    /**< that were accepted */
  uint64_t retries;        /**< attempts after one that failed */
  uint64_t bytes;          /**< payload bytes sent or received, by all connections */
  uint64_t packets;        /**< all packets, of these: */
  uint64_t audio_packets;  /**< audio */
  uint64_t video_packets;  /**< video */
  uint64_t data_packets;   /**< data, metadata included */
  uint64_t queued_bytes;   /**< not sent yet */
  uint64_t frames_dropped; /**< by a push whose server was slow */
  char text[128];          /**< status in words, the other server's too, cut to fit */
} oxrtmp_relay_info;

/** Fill *info. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_relay_statistics(oxrtmp_relay relay, oxrtmp_relay_info *info);

/** Wait for the next RELAY event of a relay, at most timeout_ms (0 looks, -1 waits for ever). Since 0.1.
 *  @return OXRTMP_OK; E_TIMEOUT; E_CLOSED after the event that tells so, or when oxrtmp_relay_close is called
 *  meanwhile; E_BUSY when the relay has a queue. */
OXRTMP_API oxrtmp_status oxrtmp_relay_next_event(oxrtmp_relay relay, int32_t timeout_ms, oxrtmp_event *event);

/** Send the relay's events to queue, as oxrtmp_server_set_queue. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_relay_set_queue(oxrtmp_relay relay, oxrtmp_queue queue, uint64_t user_data);

/** End the relay and its handle: a connection ends politely, which may take linger_ms of the client's options. Closing
 *  again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_relay_close(oxrtmp_relay relay);

/* ---------------------------------------------------------------------------------------------------------------------
 * FLV files
 */

/** Options of a recorder. Clear them with oxrtmp_recorder_options_init; 0 means the default. */
typedef struct oxrtmp_recorder_options {
  uint32_t struct_size;       /**< set by oxrtmp_recorder_options_init */
  uint32_t index_bytes;       /**< room for the index of keyframes at the file's beginning; 16 KiB */
  uint64_t rotate_bytes;      /**< begin another file at the first keyframe past this size; 0: never */
  int64_t rotate_duration_ms; /**< begin another file at the first keyframe past this much media time; 0: never */
} oxrtmp_recorder_options;

/** Record into the FLV file at path. If it exists, name-2.flv, name-3.flv, ... is used instead: no file is
 *  overwritten. The files of a rotation are named so too. Each can be played alone: it begins with the last
 *  onMetaData and the last headers of each track, then a keyframe (without video, or when that has ended or has not
 *  come for ten seconds, any frame). The first keeps the stream's timestamps; a later one counts from its first
 *  keyframe, and its duration and index of keyframes are that of its own packets. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_FILE. *recorder is yours: oxrtmp_recorder_close. */
OXRTMP_API oxrtmp_status oxrtmp_recorder_open(const char *path, const oxrtmp_recorder_options *options,
                                              oxrtmp_recorder *recorder);

/** Record into a file in directory (created if missing) that is named after a stream: name may be whatever a peer sent,
 *  a safe file name is made of it. No file is overwritten. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_FILE. *recorder is yours: oxrtmp_recorder_close. */
OXRTMP_API oxrtmp_status oxrtmp_recorder_open_in(const char *directory, const char *name,
                                                 const oxrtmp_recorder_options *options, oxrtmp_recorder *recorder);

/** Append a packet: its raw payload as it came. Pass every packet, OXRTMP_PACKET_CONTINUED included.
 *  Waits for the file system only. The packet stays yours. Since 0.1.
 *  @return OXRTMP_OK; E_FILE, which stays; E_MEDIA, E_ARGUMENT when no tag can be made of the packet. */
OXRTMP_API oxrtmp_status oxrtmp_recorder_write(oxrtmp_recorder recorder, const oxrtmp_packet *packet);

/** The path of the file being written; ask before oxrtmp_recorder_close. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_recorder_path(oxrtmp_recorder recorder, char *buf, size_t cap, size_t *length);

/** Complete the file (duration, size, index of keyframes) and end the handle. A file whose recorder is never closed can
 *  be played up to its last whole packet. Closing again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK; E_FILE. */
OXRTMP_API oxrtmp_status oxrtmp_recorder_close(oxrtmp_recorder recorder);

/** Read the FLV file at path. Since 0.1. @return OXRTMP_OK; E_FILE. *reader is yours: oxrtmp_flv_reader_close. */
OXRTMP_API oxrtmp_status oxrtmp_flv_reader_open(const char *path, oxrtmp_flv_reader *reader);

/** Make a reader of FLV bytes that you feed. Since 0.1.
 *  @return OXRTMP_OK. *reader is yours: oxrtmp_flv_reader_close. */
OXRTMP_API oxrtmp_status oxrtmp_flv_reader_create(oxrtmp_flv_reader *reader);

/** Feed the next size bytes of an FLV stream, split anywhere; they are copied. Since 0.1.
 *  @return OXRTMP_OK; E_AGAIN, with nothing taken, when packets of more than 16 MiB wait to be taken; E_FLV when the
 *  bytes are no FLV; E_STATE when the reader has a file. */
OXRTMP_API oxrtmp_status oxrtmp_flv_reader_feed(oxrtmp_flv_reader reader, const uint8_t *data, size_t size);

/** The next packet. Waits for the file system only. Since 0.1.
 *  @return OXRTMP_OK; E_EOF at the end of the file, also when the last packet there is cut off (oxrtmp_last_error says
 *  so); E_AGAIN when a fed reader needs more bytes; E_FLV; E_FILE; E_MEMORY.
 *  *packet belongs to the caller: oxrtmp_packet_release. What is encrypted has OXRTMP_PACKET_ENCRYPTED and MALFORMED. */
OXRTMP_API oxrtmp_status oxrtmp_flv_reader_next_packet(oxrtmp_flv_reader reader, oxrtmp_packet *packet);

/** Close the file and end the handle. Closing again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_flv_reader_close(oxrtmp_flv_reader reader);

/* ---------------------------------------------------------------------------------------------------------------------
 * Engine: the protocol of one connection, for your own transport
 *
 * An engine has no socket, thread or clock. You give it the bytes that arrived and the time, take the events that
 * result, and send what it wants sent; any event loop, a serial line or a recorded file will do:
 *
 *   oxrtmp_engine_receive(engine, now_ms, bytes, size, &consumed);   // until all is consumed:
 *   while (oxrtmp_engine_next_event(engine, &event) == OXRTMP_OK)    // take the events,
 *     handle(&event);
 *   while (oxrtmp_engine_output(engine, buffer, sizeof buffer, &n) == OXRTMP_OK && n > 0)
 *     send_all(buffer, n);                                           // send the output, all of it and in order
 *   oxrtmp_engine_deadline(engine, &deadline_ms);                    // and call oxrtmp_engine_advance at that time
 *
 * Events are those of the queue, with the engine's id as source. The request of a REQUEST event is answered by
 * oxrtmp_request_accept, which makes no session here ({0}): the packets come as events of the engine. With answer_calls
 * of the options so do calls of the peer's and shared objects; answers to calls of yours come in any case.
 * A call never waits. Calls on one engine from several threads take turns.
 *
 * A hub can have the streams of an accepting engine: give it the requests by oxrtmp_hub_accept, or name it in the options,
 * as for a server. What the peer publishes then goes to the hub when you take events, instead of being one. What it
 * plays is part of the output; as that comes when others publish, the engine needs a queue to tell you:
 *
 *   options.hub = hub;                                    // or ask_publish, ask_play, and oxrtmp_hub_accept
 *   oxrtmp_engine_server_create(&options, 0, &engine);
 *   oxrtmp_engine_set_queue(engine, queue, user_data);    // OUTPUT_READY: send the output, then take the events
 *
 * A player whose output you leave is a slow player of its hub. A publisher whose hub is held up by a slow player
 * (OXRTMP_SLOW_BLOCK) makes oxrtmp_engine_receive take nothing: go on at WRITABLE. No deadline runs meanwhile.
 */

/** For the flags of the functions that make engines: the handshake was done elsewhere, the first byte is a chunk's. */
#define OXRTMP_ENGINE_SHAKEN 1

/** Make the accepting side of a connection, which begins now, at 0 ms. Of options (may be NULL), what concerns
 *  listening, connections, sending and events has no meaning; with hub that gets publish and play without a
 *  request, unless ask_publish or ask_play is set. flags: 0 or OXRTMP_ENGINE_SHAKEN. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when the options are not valid. *engine is yours: oxrtmp_engine_close. */
OXRTMP_API oxrtmp_status oxrtmp_engine_server_create(const oxrtmp_server_options *options, uint32_t flags,
                                                     oxrtmp_engine *engine);

/** Make the calling side of a connection, which publishes, and begins now, at 0 ms. url names the stream only; options
 *  may be NULL. Its first output is at hand. CONNECTED or FAILED comes as an event. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when the URL or the options are not valid. *engine is yours: oxrtmp_engine_close. */
OXRTMP_API oxrtmp_status oxrtmp_engine_publish_create(const char *url, const oxrtmp_client_options *options,
                                                      uint32_t flags, oxrtmp_engine *engine);

/** Make the calling side of a connection, which plays. As oxrtmp_engine_publish_create; what the server sends comes as
 *  PACKET events after CONNECTED, and its end as STREAM_END or FAILED. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when the URL or the options are not valid. *engine is yours: oxrtmp_engine_close. */
OXRTMP_API oxrtmp_status oxrtmp_engine_play_create(const char *url, const oxrtmp_client_options *options, uint32_t flags,
                                                   oxrtmp_engine *engine);

/** Give the engine size bytes that arrived at now_ms, milliseconds since the connection began. They are borrowed for
 *  the call. *consumed is how many of them it took: fewer than all while events wait to be taken, a request to be
 *  answered or a hub to take what came before, and after read_chunks of the limits; give it the rest after that. Since 0.1.
 *  @return OXRTMP_OK; E_CLOSED when the conversation is over (oxrtmp_engine_closing); -3xx when the peer broke the
 *  protocol or a limit: the engine is dead then, every later oxrtmp_engine_receive and _advance returns the same, and
 *  its output should still be sent. */
OXRTMP_API oxrtmp_status oxrtmp_engine_receive(oxrtmp_engine engine, int64_t now_ms, const uint8_t *data, size_t size,
                                               size_t *consumed);

/** Take the next event. Since 0.1.
 *  @return OXRTMP_OK; E_AGAIN when there is none. A packet or request in it is yours. */
OXRTMP_API oxrtmp_status oxrtmp_engine_next_event(oxrtmp_engine engine, oxrtmp_event *event);

/** Take up to cap bytes that are to be sent; *size is how many, 0 when there are none. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_engine_output(oxrtmp_engine engine, uint8_t *buf, size_t cap, size_t *size);

/** The time at which oxrtmp_engine_advance must be called next, in milliseconds since the connection began; -1 if
 *  there is none. It changes with every other call. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_engine_deadline(oxrtmp_engine engine, int64_t *deadline_ms);

/** Tell the engine what time it is, in milliseconds since the connection began. Since 0.1.
 *  @return OXRTMP_OK; E_SILENT when a phase has lasted too long: the engine is dead then. */
OXRTMP_API oxrtmp_status oxrtmp_engine_advance(oxrtmp_engine engine, int64_t now_ms);

/** Send a packet to the server, after CONNECTED, as oxrtmp_client_send_packet does; the output grows by it. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when nothing is being published; E_MEDIA, E_ARGUMENT when the packet makes no message. */
OXRTMP_API oxrtmp_status oxrtmp_engine_send_packet(oxrtmp_engine engine, const oxrtmp_packet *packet);

/** Send onMetaData to the server, as oxrtmp_client_send_metadata does. Since 0.1. @return OXRTMP_OK; E_STATE. */
OXRTMP_API oxrtmp_status oxrtmp_engine_send_metadata(oxrtmp_engine engine, const oxrtmp_metadata *metadata);

/** Accepting side: send a packet to the player of a stream, as oxrtmp_session_send_packet does; stream_id is that of the
 *  play's REQUEST event. What the player has paused, or does not want, is left out. It needs ask_play of the options,
 *  and the request to be accepted. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when nobody plays that stream; E_MEDIA, E_ARGUMENT when the packet makes no message. */
OXRTMP_API oxrtmp_status oxrtmp_engine_send_packet_to(oxrtmp_engine engine, uint32_t stream_id,
                                                      const oxrtmp_packet *packet);

/** Accepting side: tell the player of a stream that all of it has been sent, as oxrtmp_session_complete does; the stream
 *  ends, the connection goes on. Since 0.1. @return OXRTMP_OK; E_STATE when nobody plays that stream. */
OXRTMP_API oxrtmp_status oxrtmp_engine_complete(oxrtmp_engine engine, uint32_t stream_id);

/** Accepting side: end a stream and tell the peer why. A publisher hears code (NULL: "NetStream.Publish.Rejected") and
 *  description (may be NULL), as by oxrtmp_session_close_with_status; a player hears code as an error, or without it
 *  that the publisher has ended. The connection goes on. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when there is no such stream. */
OXRTMP_API oxrtmp_status oxrtmp_engine_close_stream(oxrtmp_engine engine, uint32_t stream_id, const char *code,
                                                    const char *description);

/** Calling side that plays: ask the server to stop sending (pause not 0), or to go on (0), as oxrtmp_client_pause does.
 *  Since 0.1. @return OXRTMP_OK; E_STATE when nothing is played. */
OXRTMP_API oxrtmp_status oxrtmp_engine_pause(oxrtmp_engine engine, uint32_t pause);

/** Ask for another position of a recorded stream. Since 0.1. @return as oxrtmp_engine_pause. */
OXRTMP_API oxrtmp_status oxrtmp_engine_seek(oxrtmp_engine engine, uint32_t position_ms);

/** Ask for another stream in the place of the one that plays, as oxrtmp_client_play2 does. Since 0.1.
 *  @return as oxrtmp_engine_pause; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_engine_play2(oxrtmp_engine engine, const oxrtmp_play2 *play2);

/** Tell the server whether audio is wanted: on is 0 or not. Since 0.1. @return as oxrtmp_engine_pause. */
OXRTMP_API oxrtmp_status oxrtmp_engine_receive_audio(oxrtmp_engine engine, uint32_t on);

/** Tell the server whether video is wanted: on is 0 or not. Since 0.1. @return as oxrtmp_engine_pause. */
OXRTMP_API oxrtmp_status oxrtmp_engine_receive_video(oxrtmp_engine engine, uint32_t on);

/** Tell the server how much this side buffers, as buffer_length_ms of its options did. Since 0.1.
 *  @return as oxrtmp_engine_pause. */
OXRTMP_API oxrtmp_status oxrtmp_engine_set_buffer_length(oxrtmp_engine engine, uint32_t length_ms);

/** Call a procedure of the application at the other end, once connect was accepted: see "Calls". A REPLY event comes with
 *  *call_id as its value, and the answer as u.packet, or its status is the refusal, or E_TIMEOUT after timeout_ms (-1:
 *  never) by the clock of oxrtmp_engine_receive and _advance. Since 0.1.
 *  @return OXRTMP_OK; E_STATE before connect was accepted; E_AMF when values are none; E_LIMIT when as many calls wait as
 *  pending_calls of the limits allows. */
OXRTMP_API oxrtmp_status oxrtmp_engine_call(oxrtmp_engine engine, const char *name, const uint8_t *values, size_t size,
                                            int32_t timeout_ms, uint32_t *call_id);

/** oxrtmp_engine_call of a procedure whose answer nobody wants. Since 0.1. @return as oxrtmp_engine_call. */
OXRTMP_API oxrtmp_status oxrtmp_engine_notify(oxrtmp_engine engine, const char *name, const uint8_t *values,
                                              size_t size);

/** Answer a CALL event of an engine by its number, with AMF0 values. Since 0.1.
 *  @return OXRTMP_OK; E_STATE when it was answered, or decision_ms is over; E_AMF. */
OXRTMP_API oxrtmp_status oxrtmp_engine_answer(oxrtmp_engine engine, uint32_t call_id, const uint8_t *values,
                                              size_t size);

/** Refuse a CALL event of an engine by its number. code may be NULL: "NetConnection.Call.Failed"; description too. Since
 *  0.1. @return as oxrtmp_engine_answer. */
OXRTMP_API oxrtmp_status oxrtmp_engine_refuse(oxrtmp_engine engine, uint32_t call_id, const char *code,
                                              const char *description);

/** Accepting side: ask the peer to connect anew, as oxrtmp_session_request_reconnect does. A calling side gets a RECONNECT
 *  event; where to go then is yours. Since 0.1. @return OXRTMP_OK; E_STATE; E_UNSUPPORTED when the peer does not know that. */
OXRTMP_API oxrtmp_status oxrtmp_engine_request_reconnect(oxrtmp_engine engine, const char *tc_url,
                                                         const char *description);

/** Send a shared object message to the peer, once connect was accepted, as oxrtmp_client_send_shared_object does. Since
 *  0.1.
 *  @return OXRTMP_OK; E_STATE before that; E_ARGUMENT, E_AMF when values are no description. */
OXRTMP_API oxrtmp_status oxrtmp_engine_send_shared_object(oxrtmp_engine engine, const uint8_t *values, size_t size);

/** End the conversation politely: the output holds the good-byes. Send it and hang up. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_engine_end(oxrtmp_engine engine);

/** Whether the conversation is over or the engine is dead, so that the connection is to be closed once the output is
 *  sent: *closing is 0 or 1. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_engine_closing(oxrtmp_engine engine, uint32_t *closing);

/** What a connection has done. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_engine_counters {
  uint32_t struct_size;       /**< sizeof(oxrtmp_engine_counters), set by you */
  uint32_t phase;             /**< oxrtmp_phase */
  uint64_t bytes_received;    /**< after the handshake */
  uint64_t messages_received; /**< of every kind */
  uint64_t packets_received;  /**< audio, video and data handed on */
  uint64_t packets_sent;      /**< audio, video and data */
  uint64_t malformed;         /**< packets received whose header was not understood */
  uint64_t ignored;           /**< media and data outside a publishing stream */
  uint64_t unknown;           /**< messages, commands and control events that the library does not know */
  uint64_t faulty;            /**< control, command and data messages that could not be parsed */
  uint64_t requests_rejected; /**< requests answered by oxrtmp_request_reject */
  uint64_t requests_expired;  /**< requests that were not answered in time */
} oxrtmp_engine_counters;

/** Fill *counters. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_engine_statistics(oxrtmp_engine engine, oxrtmp_engine_counters *counters);

/** Send the news of the hub that has the engine's streams to queue: OUTPUT_READY once where the output had nothing of the
 *  hub's, and again only after oxrtmp_engine_output has said 0, and WRITABLE; user_data comes with each. Every other
 *  event is still taken by oxrtmp_engine_next_event. {0} as the queue ends it. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_engine_set_queue(oxrtmp_engine engine, oxrtmp_queue queue, uint64_t user_data);

/** End the engine and its handle; hubs lose its streams. Packets that were taken stay valid, and requests that were
 *  taken stay yours to end, though answering them is E_STATE. Closing again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_engine_close(oxrtmp_engine engine);

/* ---------------------------------------------------------------------------------------------------------------------
 * Low-level: the parts that an engine is made of, on your own buffers
 *
 * For programs that read captures, try peers out, or bring a protocol engine of their own. Nothing here waits, and
 * nothing is kept of what you pass in. A connection is read so, once its handshake is done:
 *
 *   while (n > 0) {                                                          // n bytes at p have arrived
 *     oxrtmp_chunk_decoder_feed(decoder, p, n, &consumed);                   // up to the end of one message
 *     p += consumed; n -= consumed;
 *     if (oxrtmp_chunk_decoder_next(decoder, &message, body, sizeof body, &size) != OXRTMP_OK) continue;
 *     if (message.type == 1 && oxrtmp_control_parse(1, body, size, &control) == OXRTMP_OK)
 *       oxrtmp_chunk_decoder_set_chunk_size(decoder, control.value);         // holds for the next chunk already
 *     if (message.type == 20) oxrtmp_command_parse(20, body, size, &command);
 *     if (message.type == 8 || message.type == 9)
 *       oxrtmp_packet_parse(message.type, message.timestamp_ms, body, size, packets, 256, &count);
 *   }
 *
 * - What results in bytes writes them to your buffer; *length says how many they are. If the buffer is too small the
 *   call returns OXRTMP_E_BUFFER, has written and changed nothing, and *length is what is needed: (NULL, 0, &length)
 *   asks. No NUL is added to bytes.
 * - What a result points to lies inside what you passed in, and is valid as long as that.
 * - The structs without struct_size are as they are, and need no init; clear those that you fill by memset.
 * - Calls on one handle from several threads take turns.
 */

/** Bytes that a handshake takes from oxrtmp_handshake_options.random. */
#define OXRTMP_HANDSHAKE_RANDOM_SIZE 3032

/** Options of a handshake. Clear them with oxrtmp_handshake_options_init; 0 and NULL mean the default. */
typedef struct oxrtmp_handshake_options {
  uint32_t struct_size;  /**< set by oxrtmp_handshake_options_init */
  uint32_t client;       /**< not 0: the calling side; else the accepting one */
  uint32_t digest;       /**< not 0: the calling side offers the digest handshake; the other side does as the peer does */
  uint32_t time_ms;      /**< your clock, which C1 or S1 tells; 0 is as good as any */
  const uint8_t *random; /**< for the random parts, read during the call; NULL: the system's randomness */
  size_t random_size;    /**< bytes at random, at least OXRTMP_HANDSHAKE_RANDOM_SIZE */
} oxrtmp_handshake_options;

/** Make one side of a handshake. The calling side's first output is at hand. options may be NULL. Since 0.1.
 *  @return OXRTMP_OK; E_ARGUMENT when random_size is too small. *handshake is yours: oxrtmp_handshake_close. */
OXRTMP_API oxrtmp_status oxrtmp_handshake_create(const oxrtmp_handshake_options *options, oxrtmp_handshake *handshake);

/** Give it size bytes that arrived, in pieces of any size. *consumed is how many it took: fewer than all when the
 *  handshake has ended within them, as what follows belongs to the chunks. Since 0.1.
 *  @return OXRTMP_OK; E_HANDSHAKE, at every later call too, when the first byte is not that of RTMP; oxrtmp_last_error
 *  says what it looks like. */
OXRTMP_API oxrtmp_status oxrtmp_handshake_receive(oxrtmp_handshake handshake, const uint8_t *data, size_t size,
                                                  size_t *consumed);

/** Take up to cap bytes that are to be sent; *size is how many, 0 when there are none. There may be some when the
 *  handshake is done. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_handshake_output(oxrtmp_handshake handshake, uint8_t *buf, size_t cap, size_t *size);

/** What a handshake has found out. The library fills it; set struct_size before the call. */
typedef struct oxrtmp_handshake_info {
  uint32_t struct_size;    /**< sizeof(oxrtmp_handshake_info), set by you */
  uint32_t done;           /**< 1 when the peer's last byte has arrived */
  uint32_t digest;         /**< 1 in the digest handshake, 0 in the simple one */
  uint32_t scheme;         /**< where the digest's block begins in the peer's packet: 8 or 772; 0 without */
  uint32_t peer_time_ms;   /**< the peer's clock, of its C1 or S1 */
  uint32_t peer_verified;  /**< 1 when the peer's answer was right; many working peers' is not */
  uint8_t peer_version[4]; /**< bytes 4 to 7 of the peer's C1 or S1 */
  uint32_t reserved;       /**< 0 */
} oxrtmp_handshake_info;

/** Fill *info; all of it is known when it says done. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_handshake_result(oxrtmp_handshake handshake, oxrtmp_handshake_info *info);

/** End the handshake's handle. Closing again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_handshake_close(oxrtmp_handshake handshake);

/** Where the digest (32 bytes) and a Diffie-Hellman public key (128 bytes) would be in a C1 or S1 of size bytes, which
 *  are 1536. scheme is where the digest's block begins: 8 or 772. Since 0.1. @return OXRTMP_OK; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_handshake_offsets(const uint8_t *packet, size_t size, uint32_t scheme,
                                                  uint32_t *digest_offset, uint32_t *key_offset);

/** What a client answers to a server that asks for a login by authmod=adobe: the value of response=, 24 letters of
 *  base64. For peers of your own: clients and servers of this library log in, and check logins, by their options. A login
 *  takes three connections, each with more parameters behind app and tcUrl:
 *
 *      none                                                       refused: code=403 need auth; authmod=adobe
 *      ?authmod=adobe&user=U                                      refused: ?reason=needauth&user=U&salt=S&challenge=C&opaque=O
 *      ?authmod=adobe&user=U&challenge=CC&response=R&opaque=O     accepted, or refused: ?reason=authfailed
 *
 *  opaque takes the place of challenge; it is NULL or "" when the server gave none. client_challenge is of your choice.
 *  All texts are raw, as they stand in parameters. R is base64(MD5(base64(MD5(U password S)) O CC)) in deployed servers;
 *  no document describes it. Threads: any. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER when cap is less than 25; E_ARGUMENT when a text other than opaque is NULL. */
OXRTMP_API oxrtmp_status oxrtmp_authmod_adobe(const char *user, const char *password, const char *salt,
                                              const char *challenge, const char *opaque, const char *client_challenge,
                                              char *buf, size_t cap, size_t *length);

/** The same for authmod=llnw, 32 hexadecimal digits: ?reason=needauth&user=U&nonce=N is answered by
 *  ?authmod=llnw&user=U&nonce=N&cnonce=CN&nc=00000001&response=R. app is the application without its query. count is nc:
 *  how often this nonce was answered, in eight hexadecimal digits. client_nonce is of your choice. R is the digest of RFC
 *  2617 section 3.2.2 with realm "live", method "publish" and qop "auth"; its URI is '/' and app, and "/_definst_" behind
 *  that unless app has a '/' of its own. So it is in deployed servers; no document describes it. Threads: any. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER when cap is less than 33; E_ARGUMENT when a text is NULL. */
OXRTMP_API oxrtmp_status oxrtmp_authmod_llnw(const char *user, const char *password, const char *app, const char *nonce,
                                             const char *count, const char *client_nonce, char *buf, size_t cap,
                                             size_t *length);

/** What the chunks say of a message. */
typedef struct oxrtmp_message {
  uint32_t chunk_stream_id; /**< 2 to 65599 */
  uint32_t timestamp_ms;    /**< milliseconds modulo 2^32 */
  uint32_t stream_id;       /**< message stream, 0 for the connection's own messages */
  uint32_t type;            /**< message type, 0 to 255: 8 audio, 9 video, 20 command, ... */
} oxrtmp_message;

/** Make a decoder of the chunks of one direction, at a chunk size of 128. Of limits (may be NULL) message_bytes,
 *  partial_bytes and chunk_streams hold. Since 0.1. @return OXRTMP_OK. *decoder is yours: oxrtmp_chunk_decoder_close. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_decoder_create(const oxrtmp_limits *limits, oxrtmp_chunk_decoder *decoder);

/** Give it size bytes that follow those before. It takes them up to the end of the next message, and none while one
 *  waits to be taken: *consumed says how many. Since 0.1.
 *  @return OXRTMP_OK; E_CHUNK, E_LIMIT, E_MEMORY, at every later call too. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_decoder_feed(oxrtmp_chunk_decoder decoder, const uint8_t *data, size_t size,
                                                   size_t *consumed);

/** Take the message that has come to its end: its header to *message, its payload to buf. Since 0.1.
 *  @return OXRTMP_OK; E_AGAIN when more bytes are needed; E_BUFFER, and the message stays. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_decoder_next(oxrtmp_chunk_decoder decoder, oxrtmp_message *message, uint8_t *buf,
                                                   size_t cap, size_t *length);

/** The peer's chunks have up to size bytes of payload from the next one on: what a Set Chunk Size message asks for. Bit
 *  31 is ignored, 0 changes nothing. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_decoder_set_chunk_size(oxrtmp_chunk_decoder decoder, uint32_t size);

/** Drop the incomplete message of a chunk stream, if there is one: what an Abort message asks for. Since 0.1.
 *  @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_decoder_abort(oxrtmp_chunk_decoder decoder, uint32_t chunk_stream_id);

/** End the decoder's handle. Closing again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_decoder_close(oxrtmp_chunk_decoder decoder);

/** Make an encoder of the chunks of one direction, at a chunk size of 128. Since 0.1.
 *  @return OXRTMP_OK. *encoder is yours: oxrtmp_chunk_encoder_close. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_encoder_create(oxrtmp_chunk_encoder *encoder);

/** Write a message of size bytes at payload as chunks, with headers as short as the messages before it permit. Since
 *  0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_ARGUMENT when an id, the type or the size is out of range. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_encoder_write(oxrtmp_chunk_encoder encoder, const oxrtmp_message *message,
                                                    const uint8_t *payload, size_t size, uint8_t *buf, size_t cap,
                                                    size_t *length);

/** Chunks have up to size bytes of payload from the next message on, 1 to 0x7FFFFFFF. You tell the peer before, by a
 *  Set Chunk Size message. Since 0.1. @return OXRTMP_OK; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_encoder_set_chunk_size(oxrtmp_chunk_encoder encoder, uint32_t size);

/** on, not 0: every message begins with a complete header from now on, which refers to nothing before it and takes up to
 *  11 bytes more; 0: with as short a one as may be again. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_encoder_set_full_headers(oxrtmp_chunk_encoder encoder, uint32_t on);

/** Make the next message of a chunk stream begin with a complete header: after a message that was written but not sent.
 *  Since 0.1. @return OXRTMP_OK; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_encoder_forget(oxrtmp_chunk_encoder encoder, uint32_t chunk_stream_id);

/** End the encoder's handle. Closing again is OXRTMP_OK. Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_chunk_encoder_close(oxrtmp_chunk_encoder encoder);

/** What stands in AMF data. The numbers are the markers of AMF0, and for what only AMF3 has its markers plus 32. */
enum oxrtmp_amf_type {
  OXRTMP_AMF_NUMBER = 0,        /**< number */
  OXRTMP_AMF_BOOLEAN = 1,       /**< number: 0 or 1 */
  OXRTMP_AMF_STRING = 2,        /**< text, of any length */
  OXRTMP_AMF_OBJECT = 3,        /**< text: its class, or empty; properties follow, then OBJECT_END */
  OXRTMP_AMF_NULL = 5,          /**< nothing more */
  OXRTMP_AMF_UNDEFINED = 6,     /**< nothing more */
  OXRTMP_AMF_REFERENCE = 7,     /**< count: which of the objects and arrays of the data it stands for, from 0 on */
  OXRTMP_AMF_ECMA_ARRAY = 8,    /**< count: what it says of itself; properties follow, then OBJECT_END */
  OXRTMP_AMF_OBJECT_END = 9,    /**< ends the OBJECT or ECMA_ARRAY that began last */
  OXRTMP_AMF_STRICT_ARRAY = 10, /**< count: how many values follow; nothing ends them */
  OXRTMP_AMF_DATE = 11,         /**< number: milliseconds since 1970-01-01 UTC; zone */
  OXRTMP_AMF_UNSUPPORTED = 13,  /**< nothing more */
  OXRTMP_AMF_XML = 15,          /**< text: an XML document */
  OXRTMP_AMF_AMF3 = 17,         /**< oxrtmp_amf_next: text: one value in AMF3, as it stands there */
  /* Of oxrtmp_amf_decode and _encode only: */
  OXRTMP_AMF_INTEGER = 36,       /**< number: -268435456 to 268435455; others, and all in AMF0, are written as NUMBER */
  OXRTMP_AMF_EXTERNAL = 42,      /**< text: a class that writes itself; what that is follows: one value */
  OXRTMP_AMF_E4X = 43,           /**< text: an XML document of the newer kind */
  OXRTMP_AMF_BYTES = 44,         /**< text: any bytes */
  OXRTMP_AMF_VECTOR_INT = 45,    /**< count: how many NUMBERs follow, each an int32_t; nothing ends them */
  OXRTMP_AMF_VECTOR_UINT = 46,   /**< the same, each a uint32_t */
  OXRTMP_AMF_VECTOR_DOUBLE = 47, /**< the same, any number */
  OXRTMP_AMF_VECTOR_OBJECT = 48, /**< text: a class, or "*"; count: how many values follow; nothing ends them */
  OXRTMP_AMF_DICTIONARY = 49     /**< count: how many keys, each with its value, follow; nothing ends them */
};

/** Properties of a value in AMF3, or'ed. */
enum oxrtmp_amf_value_flags {
  OXRTMP_AMF_STATIC = 1 << 0,  /**< of OBJECT: its class permits no other properties than the first count */
  OXRTMP_AMF_FIXED = 1 << 1,   /**< of VECTOR_...: its length must not change */
  OXRTMP_AMF_WEAK = 1 << 2,    /**< of DICTIONARY: entries whose key nobody else holds may vanish */
  OXRTMP_AMF_VERBATIM = 1 << 3 /**< of EXTERNAL: what follows is BYTES, as the class wrote them */
};

/** One step through AMF data: a value, or the beginning or end of one that has others inside. */
typedef struct oxrtmp_amf_value {
  uint32_t type;     /**< oxrtmp_amf_type */
  uint32_t depth;    /**< how many objects and arrays are around it; not looked at when building */
  uint32_t count;    /**< of arrays and REFERENCE; of OBJECT how many of its properties its class prescribes */
  int32_t zone;      /**< of DATE: minutes, normally 0; -32768 to 32767 */
  double number;     /**< of NUMBER, BOOLEAN and DATE */
  const char *name;  /**< of a property; NULL where there is none. No NUL ends it */
  size_t name_size;  /**< bytes at name, at most 65535 */
  const char *text;  /**< of STRING, XML, OBJECT and others. No NUL ends it */
  size_t text_size;  /**< bytes at text */
  uint32_t flags;    /**< oxrtmp_amf_value_flags, or'ed */
  uint32_t reserved; /**< 0 */
} oxrtmp_amf_value;

/** Where a walk through AMF data is. To begin one, clear it and set data and size. */
typedef struct oxrtmp_amf_cursor {
  const uint8_t *data; /**< AMF0 values, one after the other; set by you */
  size_t size;         /**< bytes at data; set by you */
  size_t offset;       /**< bytes that were read */
  uint32_t depth;      /**< the library's */
  uint32_t reserved;   /**< 0 */
  uint32_t left[64];   /**< the library's */
} oxrtmp_amf_cursor;

/** Take the next step: *value tells what stands there, and points into the data. Since 0.1.
 *  @return OXRTMP_OK; E_EOF at the end of the data, also where the end of an object is missing; E_AMF; E_LIMIT for what
 *  is nested more than 64 deep; E_ARGUMENT when the cursor is none. */
OXRTMP_API oxrtmp_status oxrtmp_amf_next(oxrtmp_amf_cursor *cursor, oxrtmp_amf_value *value);

/** Write one step, so that oxrtmp_amf_next reads the same. A name is for what is in an OBJECT or ECMA_ARRAY; to end
 *  those, and to have count values follow a STRICT_ARRAY, is your part. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_AMF for an unknown type; E_LIMIT for a name or class of more than 65535 bytes; E_ARGUMENT
 *  for a zone that is out of range, and a REFERENCE above 65535. */
OXRTMP_API oxrtmp_status oxrtmp_amf_build(const oxrtmp_amf_value *value, uint8_t *buf, size_t cap, size_t *length);

/** For the flags of oxrtmp_amf_to_json and of oxrtmp_amf_options: every object must have its end, and every property a
 *  name. */
#define OXRTMP_AMF_STRICT 1
/** For the flags of oxrtmp_amf_to_json and _from_json, _encode, and oxrtmp_amf_options: AMF3 instead of AMF0. */
#define OXRTMP_AMF_3 2
/** For the flags of oxrtmp_amf_encode: AMF0 for peers that do not know AMF3. Vectors and byte arrays become strict arrays,
 *  dictionaries ECMA arrays whose keys are texts, external objects what they consist of, or UNSUPPORTED. */
#define OXRTMP_AMF_TO_AMF0 4

/** How AMF is decoded. Clear it with oxrtmp_amf_options_init; 0 and NULL mean the default. */
typedef struct oxrtmp_amf_options {
  uint32_t struct_size;         /**< set by oxrtmp_amf_options_init */
  uint32_t flags;               /**< OXRTMP_AMF_STRICT and OXRTMP_AMF_3, or'ed */
  uint32_t depth;               /**< how deep values may be nested, at most 1024; 64 */
  uint32_t values;              /**< how many there may be; 65536 */
  const size_t *external_sizes; /**< how many bytes each external object takes, in their order */
  size_t external_count;        /**< how many there are at external_sizes */
} oxrtmp_amf_options;

/** Read all AMF values of data at once, as steps in the order of oxrtmp_amf_next. Other than that it reads AMF3, alone
 *  and inside AMF0, and follows references: what a reference stands for comes again in its place. Of an ECMA_ARRAY the
 *  elements without a name come after the others. Names and texts point into data. *count is how many steps there are,
 *  also with E_BUFFER. options may be NULL. Since 0.1.
 *
 *  An external object is one whose class alone knows how long it is. If external_sizes does not tell, and it is none of
 *  Flex's collections, the call returns E_UNSUPPORTED, and the first of values says what is missing: text is the class,
 *  and name (of name_size bytes) where the object begins. Find out its length, and call again with one size more.
 *  @return OXRTMP_OK; E_BUFFER when there are more than max; E_AMF; E_LIMIT; E_UNSUPPORTED. */
OXRTMP_API oxrtmp_status oxrtmp_amf_decode(const uint8_t *data, size_t size, const oxrtmp_amf_options *options,
                                           oxrtmp_amf_value *values, size_t max, size_t *count);

/** Write all values of which there are count steps at values, so that oxrtmp_amf_decode reads the same. What only AMF3
 *  has is written in AMF3 inside AMF0 too. flags: 0, OXRTMP_AMF_3 or OXRTMP_AMF_TO_AMF0. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_AMF for an unknown type; E_ARGUMENT when something is missing or does not fit; E_LIMIT
 *  for names and classes of more than 65535 bytes, and for what is nested more than 1024 deep. */
OXRTMP_API oxrtmp_status oxrtmp_amf_encode(const oxrtmp_amf_value *values, size_t count, uint32_t flags, uint8_t *buf,
                                           size_t cap, size_t *length);

/** The AMF values at data as a JSON array. References are followed; objects and ECMA arrays become objects, properties
 *  in their order; dates become {"$date":ms}, byte arrays {"$bytes":"base64"}; what JSON cannot say becomes null. flags:
 *  OXRTMP_AMF_STRICT and OXRTMP_AMF_3, or'ed. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_AMF; E_LIMIT for what is nested more than 64 deep or has more than 65536 values. */
OXRTMP_API oxrtmp_status oxrtmp_amf_to_json(const uint8_t *data, size_t size, uint32_t flags, char *buf, size_t cap,
                                            size_t *length);

/** The values of a JSON array in AMF, one after the other: what oxrtmp_amf_to_json reads alike. Objects become anonymous
 *  objects, arrays strict arrays. flags: 0 or OXRTMP_AMF_3. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_ARGUMENT when it is no JSON array; E_LIMIT as oxrtmp_amf_to_json. */
OXRTMP_API oxrtmp_status oxrtmp_amf_from_json(const char *json, uint32_t flags, uint8_t *buf, size_t cap,
                                              size_t *length);

/** A protocol control or user control message. */
typedef struct oxrtmp_control {
  uint32_t type;         /**< message type: 1 Set Chunk Size, 2 Abort, 3 Acknowledgement, 4 User Control,
                              5 Window Acknowledgement Size, 6 Set Peer Bandwidth */
  uint32_t value;        /**< 1: the size; 2: the chunk stream; 3: bytes received, modulo 2^32; 5 and 6: the window */
  uint32_t limit_type;   /**< 6: 0 hard, 1 soft, 2 dynamic */
  uint32_t event;        /**< 4: 0 StreamBegin, 1 StreamEOF, 2 StreamDry, 3 SetBufferLength, 4 StreamIsRecorded,
                              6 PingRequest, 7 PingResponse, 31 BufferEmpty, 32 BufferReady, or another */
  uint32_t stream_id;    /**< 4: the message stream, of all those named but pings */
  uint32_t timestamp_ms; /**< 4: of pings */
  uint32_t buffer_ms;    /**< 4: of SetBufferLength */
  uint32_t reserved;     /**< 0 */
  const uint8_t *data;   /**< 4: what follows the number of another event */
  size_t data_size;      /**< bytes at data */
} oxrtmp_control;

/** Read the payload of a message of type 1 to 6. Bytes past its fields are passed over. Since 0.1.
 *  @return OXRTMP_OK; E_MESSAGE when it is too short; E_ARGUMENT for other types. */
OXRTMP_API oxrtmp_status oxrtmp_control_parse(uint32_t type, const uint8_t *data, size_t size, oxrtmp_control *control);

/** Write the payload of a control message. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_ARGUMENT when the type, the event or the limit type is none. */
OXRTMP_API oxrtmp_status oxrtmp_control_build(const oxrtmp_control *control, uint8_t *buf, size_t cap, size_t *length);

/** A command message. */
typedef struct oxrtmp_command {
  const char *name;      /**< "connect", "_result", ...; no NUL ends it */
  size_t name_size;      /**< bytes at name */
  double transaction_id; /**< ties an answer to its command; 0 wants none */
  const uint8_t *values; /**< AMF0: the command object and the arguments; see oxrtmp_amf_next, oxrtmp_amf_to_json */
  size_t values_size;    /**< bytes at values */
} oxrtmp_command;

/** Read the payload of a message of type 20, or 17 with AMF0 in it. A transaction id that is none is 0. Since 0.1.
 *  @return OXRTMP_OK; E_MESSAGE when it begins with no name, or is in AMF3; E_ARGUMENT for other types. */
OXRTMP_API oxrtmp_status oxrtmp_command_parse(uint32_t type, const uint8_t *data, size_t size, oxrtmp_command *command);

/** Write the payload of a message of type 20. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_command_build(const oxrtmp_command *command, uint8_t *buf, size_t cap, size_t *length);

/** Read the payload of a message of type 19 or 16: the AMF0 values that describe a shared object message. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MESSAGE when it ends inside an event, or has more than 256; E_LIMIT; E_ARGUMENT for
 *  other types. */
OXRTMP_API oxrtmp_status oxrtmp_shared_object_parse(uint32_t type, const uint8_t *data, size_t size, uint8_t *buf,
                                                    size_t cap, size_t *length);

/** Write the payload of a message of type 19, as values describe it. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_ARGUMENT, E_AMF when they are no description. */
OXRTMP_API oxrtmp_status oxrtmp_shared_object_build(const uint8_t *values, size_t size, uint8_t *buf, size_t cap,
                                                    size_t *length);

/** A message inside an aggregate message. */
typedef struct oxrtmp_aggregated {
  uint32_t type;         /**< message type: 8 audio, 9 video, 18 data */
  uint32_t timestamp_ms; /**< milliseconds modulo 2^32 */
  const uint8_t *data;   /**< its payload */
  size_t size;           /**< bytes at data */
} oxrtmp_aggregated;

/** Read the payload of a message of type 22 that has the timestamp timestamp_ms: the messages inside, whose payloads
 *  point to data. *count is how many there are, also with E_BUFFER. RTMP 1.0 §7.1.6. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER when there are more than max; E_MESSAGE when it ends inside one. */
OXRTMP_API oxrtmp_status oxrtmp_aggregate_parse(uint32_t timestamp_ms, const uint8_t *data, size_t size,
                                                oxrtmp_aggregated *messages, size_t max, size_t *count);

/** Write the payload of a message of type 22 that has the timestamp of the first of messages. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_aggregate_build(const oxrtmp_aggregated *messages, size_t count, uint8_t *buf,
                                                size_t cap, size_t *length);

/** Read the payload of a message of type 8, 9, 15 or 18: one packet, or one per track, at most 256. They point to data,
 *  and are not to be released. What cannot be read is one packet with OXRTMP_PACKET_MALFORMED. *count is how many there
 *  are, also with E_BUFFER. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER when there are more than max; E_ARGUMENT for other types, and above 16777215 bytes. */
OXRTMP_API oxrtmp_status oxrtmp_packet_parse(uint32_t type, uint32_t timestamp_ms, const uint8_t *data, size_t size,
                                             oxrtmp_packet *packets, size_t max, size_t *count);

/** Write the payload that a packet's fields describe: header and data. Its raw is written only if it has no data. Since
 *  0.1. @return OXRTMP_OK; E_BUFFER; E_MEDIA when no message can be made of it. */
OXRTMP_API oxrtmp_status oxrtmp_packet_build(const oxrtmp_packet *packet, uint8_t *buf, size_t cap, size_t *length);

/** How a message of several tracks holds them. Encoders send ONE, and not all readers know the others. */
enum oxrtmp_track_form {
  OXRTMP_TRACK_ONE = 0,             /**< one track */
  OXRTMP_TRACK_MANY = 1,            /**< tracks of one codec */
  OXRTMP_TRACK_MANY_MANY_CODECS = 2 /**< tracks of several codecs */
};

/** Write the payload of one message with a packet of each of several tracks, which have the same time: type, kind,
 *  frame_type and nano_offset_ns must be the same, and for OXRTMP_TRACK_MANY the codec. To send it, make a packet of that
 *  type and time with it as raw. Received, it is one packet for each track, as oxrtmp_packet_parse makes them. Enhanced
 *  RTMP v2, "Multitrack". Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA when they cannot be in one message; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_multitrack_build(uint32_t form, const oxrtmp_packet *packets, size_t count,
                                                 uint8_t *buf, size_t cap, size_t *length);

/** The form of the payload of a message of several tracks. Since 0.1.
 *  @return OXRTMP_OK; E_MEDIA when it is none; E_ARGUMENT for other types than 8 and 9. */
OXRTMP_API oxrtmp_status oxrtmp_multitrack_form(uint32_t type, const uint8_t *data, size_t size, uint32_t *form);

/** A packet as one that is alone in its stream: on track 0, to be sent without several tracks. It points to the memory of
 *  the packet that it is made of, and is not to be released. */
static inline oxrtmp_packet oxrtmp_packet_single(const oxrtmp_packet *packet) {
  oxrtmp_packet single = *packet;
  single.raw = NULL;
  single.raw_size = 0;
  single.token = 0;
  single.track = 0;
  if ((single.flags & OXRTMP_PACKET_MULTITRACK) != 0) {
    single.flags &= ~(uint32_t)(OXRTMP_PACKET_MULTITRACK | OXRTMP_PACKET_CONTINUED);
    single.flags |= OXRTMP_PACKET_ENHANCED;
    if (single.kind == OXRTMP_PACKET_METADATA) {
      single.frame_type = 0; /* what it usually is, and cannot be in a message of several tracks */
    }
  }
  return single;
}

/** An entry before the packet type of an Enhanced RTMP payload, which says more about it. Type 0 is nanoseconds to be
 *  added to the presentation time, in 3 bytes: received, nano_offset_ns has their sum. */
typedef struct oxrtmp_modex {
  uint32_t type;       /**< 0 to 15 */
  uint32_t reserved;   /**< 0 */
  const uint8_t *data; /**< what it says */
  size_t size;         /**< bytes at data, 1 to 65536 */
} oxrtmp_modex;

/** Read the ModEx entries of the payload of a message of type 8 or 9, in their order; they point to data. *count is how
 *  many there are, also with E_BUFFER. Enhanced RTMP v2, "ModEx". Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER when there are more than max; E_MEDIA when it is cut inside them; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_modex_parse(uint32_t type, const uint8_t *data, size_t size, oxrtmp_modex *entries,
                                            size_t max, size_t *count);

/** Write an Enhanced RTMP payload again with ModEx entries before those that it has. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA for a payload without a place for them, or an entry that fits into none. */
OXRTMP_API oxrtmp_status oxrtmp_modex_build(uint32_t type, const uint8_t *data, size_t size,
                                            const oxrtmp_modex *entries, size_t count, uint8_t *buf, size_t cap,
                                            size_t *length);

/** How a channel layout names its channels. */
enum oxrtmp_channel_order {
  OXRTMP_CHANNELS_UNSPECIFIED = 0, /**< only their number is known */
  OXRTMP_CHANNELS_NATIVE = 1,      /**< a mask: channels come in the order of its bits */
  OXRTMP_CHANNELS_CUSTOM = 2       /**< a list */
};

/** The channels of an audio track: what a packet with OXRTMP_PACKET_MULTICHANNEL_CONFIG says. The numbers of channels are
 *  the bits of the mask: 0 front left, 1 front right, 2 front center, 3 low frequency, ...; 254 unused, 255 unknown. Used
 *  both ways: the library fills it (set struct_size before the call), and you fill it. */
typedef struct oxrtmp_channels {
  uint32_t struct_size;  /**< set by oxrtmp_channels_init */
  uint32_t order;        /**< oxrtmp_channel_order, or a reserved one */
  uint32_t count;        /**< how many there are */
  uint32_t mask;         /**< of NATIVE */
  uint8_t channels[256]; /**< which each is, in the order of the codec's; of UNSPECIFIED 0. Not looked at for NATIVE */
} oxrtmp_channels;

/** Read the data of such a packet. Enhanced RTMP v2, "MultichannelConfig". Since 0.1. @return OXRTMP_OK; E_MEDIA. */
OXRTMP_API oxrtmp_status oxrtmp_channels_parse(const uint8_t *data, size_t size, oxrtmp_channels *channels);

/** Write the data of such a packet: send it with kind OXRTMP_PACKET_METADATA, type 8, the track's codec, and the flags
 *  ENHANCED and MULTICHANNEL_CONFIG. Since 0.1. @return OXRTMP_OK; E_BUFFER; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_channels_build(const oxrtmp_channels *channels, uint8_t *buf, size_t cap,
                                               size_t *length);

/** The sections of a colorInfo that are there, or'ed. */
enum oxrtmp_color_sections {
  OXRTMP_COLOR_CONFIG = 1 << 0, /**< bit_depth to matrix_coefficients */
  OXRTMP_COLOR_LIGHT = 1 << 1,  /**< max_frame_average_light and max_light */
  OXRTMP_COLOR_DISPLAY = 1 << 2 /**< red_x to min_luminance */
};

/** The colors of a video track: what a packet with OXRTMP_PACKET_COLOR_INFO says, from the next frame on, until another
 *  one says something else. Codes are those of ITU-T H.273, light is in candela per square meter, places in colour are
 *  CIE 1931's x and y. Used both ways: the library fills it (set struct_size before the call), and you fill it. */
typedef struct oxrtmp_color_info {
  uint32_t struct_size;              /**< set by oxrtmp_color_info_init */
  uint32_t sections;                 /**< oxrtmp_color_sections, or'ed; 0 takes back what was said before */
  uint32_t bit_depth;                /**< 8, 10 or 12; 0: not said */
  uint32_t color_primaries;          /**< 9 is BT.2020, 2 is unspecified */
  uint32_t transfer_characteristics; /**< 16 is PQ, 18 is HLG, 2 is unspecified */
  uint32_t matrix_coefficients;      /**< 2 is unspecified */
  double max_frame_average_light;    /**< maxFall; 0: not said */
  double max_light;                  /**< maxCLL; 0: not said */
  double red_x;                      /**< of the display that the content was made on; 0: not said */
  double red_y;                      /**< the same, as all places that follow */
  double green_x;                    /**< of green */
  double green_y;                    /**< the same */
  double blue_x;                     /**< of blue */
  double blue_y;                     /**< the same */
  double white_point_x;              /**< of white */
  double white_point_y;              /**< the same */
  double max_luminance;              /**< of the display, in candela per square meter; 0: not said */
  double min_luminance;              /**< the same */
} oxrtmp_color_info;

/** Read the data of a packet with OXRTMP_PACKET_COLOR_INFO, in the layouts of OBS and of FFmpeg. Enhanced RTMP v2,
 *  "Metadata Frame". Since 0.1. @return OXRTMP_OK; E_MEDIA when there is no colorInfo in it; E_AMF. */
OXRTMP_API oxrtmp_status oxrtmp_color_info_parse(const uint8_t *data, size_t size, oxrtmp_color_info *info);

/** Write the data of such a packet: send it with kind OXRTMP_PACKET_METADATA, type 9, the track's codec, and the flags
 *  ENHANCED and COLOR_INFO. Since 0.1. @return OXRTMP_OK; E_BUFFER; E_ARGUMENT when a code is above 255. */
OXRTMP_API oxrtmp_status oxrtmp_color_info_build(const oxrtmp_color_info *info, uint8_t *buf, size_t cap,
                                                 size_t *length);

/* What is inside payloads, for those who ask: the library itself carries any. Formats that files and encoders have become
 * those of RTMP and back: Annex B byte streams of H.264 and H.265, and AAC in ADTS frames. To publish a file of x264's:
 *
 *   oxrtmp_codec_record(OXRTMP_CODEC_AVC1, stream, size, avcc, sizeof avcc, &n);         // from its SPS and PPS
 *   oxrtmp_client_send_video_sequence_header(client, avcc, n);
 *   oxrtmp_nalu_from_annexb(frame, frame_size, 4, nalus, sizeof nalus, &n);              // of each access unit
 *   oxrtmp_client_send_video(client, timestamp_ms, keyframe, nalus, n);
 *
 * And to write such a file of a stream's packets:
 *
 *   oxrtmp_codec_parameter_sets(packet->codec, packet->data, packet->size, annexb, sizeof annexb, &n); // of the header
 *   oxrtmp_nalu_to_annexb(packet->data, packet->size, 4, annexb, sizeof annexb, &n);     // of each frame
 */

/** What a sequence header says of its track. A 0 is what it does not say. The library fills it; set struct_size before
 *  the call. */
typedef struct oxrtmp_codec_info {
  uint32_t struct_size; /**< sizeof(oxrtmp_codec_info), set by you */
  uint32_t codec;       /**< OXRTMP_CODEC_... */
  uint32_t profile;     /**< by the codec's numbers; of AAC the object type */
  uint32_t level;       /**< by the codec's numbers */
  uint32_t width;       /**< pixels that are shown */
  uint32_t height;      /**< pixels that are shown */
  uint32_t bit_depth;   /**< bits of a sample */
  uint32_t sample_rate; /**< Hz, of the output */
  uint32_t channels;    /**< number of channels */
  uint32_t length_size; /**< bytes of the length before each NAL unit */
  char name[16];        /**< what FFmpeg calls the decoder: "h264", "aac", ..., or "" */
  char parameter[64];   /**< the codecs parameter of media types: "avc1.64001F" (RFC 6381), or "" */
} oxrtmp_codec_info;

/** Read a sequence header (its kind, codec and data): avcC, hvcC, av1C, vpcC, AudioSpecificConfig, OpusHead, STREAMINFO; of
 *  VVC's only the length size. One without data says nothing, which is no error. Since 0.1.
 *  @return OXRTMP_OK; E_MEDIA when it is none, or cut. */
OXRTMP_API oxrtmp_status oxrtmp_codec_describe(const oxrtmp_packet *packet, oxrtmp_codec_info *info);

/** Write what FFmpeg's decoder of a codec wants as extradata, given the data of a sequence header; nothing for VP8 and
 *  VP9. Since 0.1. @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_codec_extradata(uint32_t codec, const uint8_t *data, size_t size, uint8_t *buf,
                                                size_t cap, size_t *length);

/** Which of H.264 and H.265 a configuration record belongs to, 0 for neither: old encoders send H.265 with H.264's number.
 *  Since 0.1. @return OXRTMP_OK. */
OXRTMP_API oxrtmp_status oxrtmp_codec_detect(const uint8_t *record, size_t size, uint32_t *codec);

/** Write the configuration record (avcC, hvcC; lengths of 4 bytes) for the parameter sets of an Annex B byte stream. codec
 *  is OXRTMP_CODEC_AVC1 or OXRTMP_CODEC_HVC1. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA when there are not all sets, or they cannot be read; E_ARGUMENT. */
OXRTMP_API oxrtmp_status oxrtmp_codec_record(uint32_t codec, const uint8_t *annexb, size_t size, uint8_t *buf,
                                             size_t cap, size_t *length);

/** Write the NAL units of a configuration record (avcC, hvcC), the data of a sequence header, as an Annex B byte stream, each
 *  after 00 00 00 01, as raw files and decoders want them before the first frame: SPS, their extensions, PPS; of H.265 in
 *  the record's order, SEI too. Of a record that has none, whose stream has them in its frames, *length is 0. codec is
 *  OXRTMP_CODEC_AVC1 or OXRTMP_CODEC_HVC1. The inverse of oxrtmp_codec_record. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA when it is no such record, or cut; E_ARGUMENT for other codecs. */
OXRTMP_API oxrtmp_status oxrtmp_codec_parameter_sets(uint32_t codec, const uint8_t *record, size_t size, uint8_t *buf,
                                                     size_t cap, size_t *length);

/** A NAL unit of H.264 or H.265. */
typedef struct oxrtmp_nalu {
  const uint8_t *data;    /**< the unit, from its header on */
  size_t size;            /**< bytes at data */
  int32_t type;           /**< its type; -1 for an empty unit, and for other codecs */
  uint32_t random_access; /**< 1 when decoding can begin with it: IDR; of H.265 BLA and CRA too */
  uint32_t parameter_set; /**< 1 when it belongs into the configuration record */
  uint32_t reserved;      /**< 0 */
} oxrtmp_nalu;

/** Find the NAL units of an access unit, each after its length of length_size bytes (1, 2 or 4, as the configuration
 *  record says), or with length_size 0 those of an Annex B byte stream. They point to data. *count is how many there are,
 *  also with E_BUFFER. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER when there are more than max; E_MEDIA when it is cut, or for another length_size. */
OXRTMP_API oxrtmp_status oxrtmp_nalu_parse(uint32_t codec, uint32_t length_size, const uint8_t *data, size_t size,
                                           oxrtmp_nalu *units, size_t max, size_t *count);

/** Write the NAL units of an Annex B byte stream, each after its length of length_size bytes: 1, 2 or 4. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA when a unit is too long for that, or for another length_size. */
OXRTMP_API oxrtmp_status oxrtmp_nalu_from_annexb(const uint8_t *data, size_t size, uint32_t length_size, uint8_t *buf,
                                                 size_t cap, size_t *length);

/** Write NAL units that are after their lengths as an Annex B byte stream, each after 00 00 00 01. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA when it is cut, or for another length_size than 1, 2 and 4. */
OXRTMP_API oxrtmp_status oxrtmp_nalu_to_annexb(const uint8_t *data, size_t size, uint32_t length_size, uint8_t *buf,
                                               size_t cap, size_t *length);

/** A frame of AAC in ADTS. */
typedef struct oxrtmp_adts {
  const uint8_t *data;  /**< the raw frame, as RTMP carries it */
  size_t size;          /**< bytes at data */
  uint32_t frame_size;  /**< bytes to go on to the next frame */
  uint32_t profile;     /**< object type: 2 is AAC-LC */
  uint32_t sample_rate; /**< Hz */
  uint32_t channels;    /**< 0: as the frame itself says */
  uint32_t config_size; /**< bytes at config */
  uint8_t config[8];    /**< its AudioSpecificConfig, for the sequence header */
  uint32_t reserved;    /**< 0 */
} oxrtmp_adts;

/** Read the ADTS frame that data begins with; it points there. Since 0.1. @return OXRTMP_OK; E_MEDIA when there is none, or
 *  not all of it. */
OXRTMP_API oxrtmp_status oxrtmp_adts_parse(const uint8_t *data, size_t size, oxrtmp_adts *frame);

/** Write a raw AAC frame after an ADTS header that says what the AudioSpecificConfig asc does. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA for what ADTS has no form for. */
OXRTMP_API oxrtmp_status oxrtmp_adts_build(const uint8_t *asc, size_t asc_size, const uint8_t *data, size_t size,
                                           uint8_t *buf, size_t cap, size_t *length);

/** Write the beginning of an FLV file (13 bytes), which says whether there is audio and video. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER. */
OXRTMP_API oxrtmp_status oxrtmp_flv_header(uint32_t audio, uint32_t video, uint8_t *buf, size_t cap, size_t *length);

/** Write a packet as an FLV tag, its length after it: its raw if it has that, else what oxrtmp_packet_build writes, data
 *  messages without @setDataFrame. Pass over packets with OXRTMP_PACKET_CONTINUED. Since 0.1.
 *  @return OXRTMP_OK; E_BUFFER; E_MEDIA, E_ARGUMENT when no tag can be made of it. */
OXRTMP_API oxrtmp_status oxrtmp_flv_tag(const oxrtmp_packet *packet, uint8_t *buf, size_t cap, size_t *length);

/** What is around the bytes of an encrypted FLV tag: the library has no key, and reads and writes what is around them. FLV
 *  10.1 Annex F. */
typedef struct oxrtmp_flv_envelope {
  const uint8_t *head;   /**< the audio or video header, which is not encrypted */
  size_t head_size;      /**< bytes at head: 0 to 5 */
  const char *filter;    /**< "Encryption" (version 1; NULL when building), "SE" (2: some are encrypted), or another */
  const uint8_t *params; /**< the filter's parameters; NULL when building: as iv and encrypted say, of other filters none */
  size_t params_size;    /**< bytes at params */
  const uint8_t *iv;     /**< 16 bytes of initialization vector if encrypted; else NULL */
  const uint8_t *body;   /**< AES-128-CBC with its padding, or as it is */
  size_t body_size;      /**< bytes at body */
  uint32_t encrypted;    /**< 1 when body is; 0 also for filters that the library does not know */
  uint32_t reserved;     /**< 0 */
} oxrtmp_flv_envelope;

/** Take the raw of a packet with OXRTMP_PACKET_ENCRYPTED apart, given its type. *envelope points into data. Since 0.1.
 *  @return OXRTMP_OK; E_FLV when it does not begin as an encrypted tag does. */
OXRTMP_API oxrtmp_status oxrtmp_flv_envelope_parse(uint32_t type, const uint8_t *data, size_t size,
                                                   oxrtmp_flv_envelope *envelope);

/** Put the data of an encrypted tag together: raw of a packet with OXRTMP_PACKET_ENCRYPTED, for oxrtmp_flv_tag and
 *  recorders. Since 0.1. @return OXRTMP_OK; E_BUFFER; E_FLV when encrypted is set without iv. */
OXRTMP_API oxrtmp_status oxrtmp_flv_envelope_build(const oxrtmp_flv_envelope *envelope, uint8_t *buf, size_t cap,
                                                   size_t *length);

/* ---------------------------------------------------------------------------------------------------------------------
 * Clearing the structs that you fill: everything 0, struct_size set. Compiled into your program, so that its
 * struct_size is the one that your program knows.
 */

#define OXRTMP_DEFINE_INIT_(type) \
  static inline oxrtmp_status type##_init(type *options) { \
    if (options == NULL) { \
      return OXRTMP_E_ARGUMENT; \
    } \
    memset(options, 0, sizeof *options); \
    options->struct_size = sizeof *options; \
    return OXRTMP_OK; \
  }
OXRTMP_DEFINE_INIT_(oxrtmp_runtime_options)  /* oxrtmp_runtime_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_limits)           /* oxrtmp_limits_init(&limits) */
OXRTMP_DEFINE_INIT_(oxrtmp_timeouts)         /* oxrtmp_timeouts_init(&timeouts) */
OXRTMP_DEFINE_INIT_(oxrtmp_server_options)   /* oxrtmp_server_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_session_options)  /* oxrtmp_session_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_client_options)   /* oxrtmp_client_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_queue_options)    /* oxrtmp_queue_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_hub_options)      /* oxrtmp_hub_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_relay_options)    /* oxrtmp_relay_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_tls_options)      /* oxrtmp_tls_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_mask)             /* oxrtmp_mask_init(&mask) */
OXRTMP_DEFINE_INIT_(oxrtmp_recorder_options) /* oxrtmp_recorder_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_metadata)         /* oxrtmp_metadata_init(&metadata) */
OXRTMP_DEFINE_INIT_(oxrtmp_capabilities)     /* oxrtmp_capabilities_init(&capabilities) */
OXRTMP_DEFINE_INIT_(oxrtmp_play2)            /* oxrtmp_play2_init(&play2) */
OXRTMP_DEFINE_INIT_(oxrtmp_channels)         /* oxrtmp_channels_init(&channels) */
OXRTMP_DEFINE_INIT_(oxrtmp_color_info)       /* oxrtmp_color_info_init(&info) */
OXRTMP_DEFINE_INIT_(oxrtmp_amf_options)      /* oxrtmp_amf_options_init(&options) */
OXRTMP_DEFINE_INIT_(oxrtmp_handshake_options) /* oxrtmp_handshake_options_init(&options) */

#ifdef __cplusplus
}
#endif

#endif /* OXRTMP_H */
