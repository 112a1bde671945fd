/// <reference types="node" />

/**
 * RTMP for Node: accept, send and record live streams, with Enhanced RTMP.
 *
 * ```js
 * import { Server } from 'oxrtmp'
 * const server = await Server.listen('127.0.0.1:1935')
 * for await (const request of server) {
 *   if (request.streamName !== 'secret') { await request.reject('unauthorized'); continue }
 *   const session = await request.accept()
 *   for await (const packet of session) console.log(packet.timestampMs, packet.codec, packet.data.length)
 * }
 * ```
 *
 * Servers, sessions, clients and relays keep the process alive while they are open, as sockets do; `unref()` ends that.
 *
 * @packageDocumentation
 */

import { EventEmitter } from 'node:events'
import { Readable, Writable } from 'node:stream'

/** Bytes that you pass in: they are read until the call's promise is settled, and not changed. */
export type Bytes = NodeJS.ArrayBufferView | ArrayBuffer | SharedArrayBuffer

/** Where in a connection's life something happened; `''` where that does not apply. */
export type Phase =
  | '' | 'resolve' | 'tcp' | 'tls' | 'handshake' | 'connect' | 'createStream' | 'publish' | 'play' | 'media'

/** The names of the library's statuses, as in `oxrtmp.h` without `OXRTMP_` and `E_`. */
export type StatusName =
  | 'OK' | 'ARGUMENT' | 'HANDLE' | 'BUFFER' | 'STATE' | 'BUSY' | 'AGAIN' | 'TIMEOUT' | 'CLOSED' | 'EOF' | 'FORKED' | 'MEMORY'
  | 'UNSUPPORTED' | 'RESOLVE' | 'CONNECT' | 'TLS' | 'IO' | 'ADDRESS' | 'FILE' | 'SILENT' | 'PROTOCOL' | 'HANDSHAKE' | 'CHUNK'
  | 'AMF' | 'MESSAGE' | 'LIMIT' | 'MEDIA' | 'FLV' | 'REFUSED' | 'AUTH' | 'NAME' | 'NOT_FOUND' | 'INTERNAL'

/** The numbers of the statuses: `status.TIMEOUT === -107`. They never change. */
export const status: Readonly<Record<StatusName, number>>

/**
 * What went wrong, and where. Arguments that are not valid are `TypeError`s instead, with `code` `'ERR_OXRTMP_ARGUMENT'`;
 * an `AbortSignal` makes a promise reject with the signal's reason.
 */
export class OxrtmpError extends Error {
  /** Makes one of a status by number, and a message; if that is left out, of the status in words. */
  constructor (status: number, message?: string)
  /** The status by name: `'ERR_OXRTMP_TIMEOUT'`. */
  readonly code: `ERR_OXRTMP_${StatusName}`
  /**
   * The status by number, in groups: -1xx how something was used or ended, -2xx transport and files, -3xx protocol,
   * -4xx refused by the peer, -9xx a fault of the library.
   */
  readonly status: number
  /** Where it happened. */
  readonly phase: Phase
  /** The peer's own code, such as `'NetStream.Publish.BadName'`, or `''`. */
  readonly peerCode: string
  /** The peer's own words, or `''`. */
  readonly description: string
  /** The operating system's `errno`, if it had a part. */
  readonly osError?: number
  /** The number of the TLS alert, if there was one. */
  readonly tlsAlert?: number
}

// ---- packets ----

/**
 * What a packet is for: `sequence_header` is what a decoder needs first (avcC, AudioSpecificConfig, …), `frame` one access
 * unit, also one that could not be parsed; `sequence_end` says that no further frame of the sequence follows; `metadata` is
 * onMetaData, or a channel layout or colour information; `data` any other data message; `command` a video command;
 * `silence` an audio message without bytes.
 */
export type PacketKind = 'sequence_header' | 'frame' | 'sequence_end' | 'metadata' | 'data' | 'command' | 'silence'

/** Whether a packet is of audio, video or data. */
export type Media = 'audio' | 'video' | 'data'

/** A codec's four characters. `''`: data, or what was not understood. */
export type Codec =
  | '' | 'avc1' | 'hvc1' | 'vvc1' | 'av01' | 'vp08' | 'vp09' | 'mp4a' | 'Opus' | 'fLaC' | 'ac-3' | 'ec-3' | '.mp3'
  | (string & {})

/**
 * Departures from the specification that end a connection instead of being put up with: bits of {@link ServerOptions.strict}.
 * Encoders in use make most of them: this is for tests of encoders.
 */
export const Strict: Readonly<{
  /** A C2 that does not repeat S1: the peer has not waited for the handshake. */
  HANDSHAKE: 1
  /** Commands, such as releaseStream and FCPublish, before connect was accepted. */
  CONNECT: 2
  /** AMF0 without the ends of its objects, in commands and data. */
  AMF: 4
  /** Audio, or video, with a timestamp before that of the one before it. */
  TIMESTAMPS: 8
  /** onMetaData a second time in a stream. */
  METADATA: 16
  /** A connect without an app. */
  APP: 32
  /** A chunk size of 0, or above 65536. */
  CHUNK_SIZE: 64
  /** Commands and media out of the order of RTMP 1.0, section 7.2. */
  ORDER: 128
  /** All of them. */
  ALL: 255
}>

/** The bits of {@link Packet.flags}. */
export const PacketFlags: Readonly<{
  /** A video frame that needs no earlier one. */
  KEYFRAME: 1
  /** With an Enhanced RTMP header; when sending: ask for one. */
  ENHANCED: 2
  /** The header was not understood: codec is `''`, data is all of raw. */
  MALFORMED: 4
  /** A video frame that no other one refers to. */
  DISPOSABLE: 8
  /** Came in a message with several tracks, which is raw. */
  MULTITRACK: 16
  /** A sequence header in the form of an MPEG-2 transport stream's descriptor. */
  MPEG2TS: 32
  /** Metadata that is an audio track's channel layout. */
  MULTICHANNEL_CONFIG: 64
  /** Metadata that is a video track's colour information. */
  COLOR_INFO: 128
  /** Not the first packet of its message. */
  CONTINUED: 256
  /** A data message that came inside `@setDataFrame`; when sending: wrap it. */
  SET_DATA_FRAME: 512
  /** A legacy header with codec number 12 (H.265) or 13 (AV1). */
  UNOFFICIAL_ID: 1024
  /** Of FLV files, MALFORMED too: see `flvEnvelopeParse` of `oxrtmp/lowlevel`. */
  ENCRYPTED: 2048
}>

/**
 * One unit of media. Its memory is collected like any object's; {@link release} is for programs that cannot wait for that.
 * Nothing is copied before `data` or `raw` is asked for, and of large payloads nothing is then either. The packets of a batch
 * share memory: copy the bytes of frames that you keep for long, or send to another thread (`Uint8Array.from(packet.data)`):
 * that memory cannot be transferred.
 */
export class Packet {
  private constructor ()
  /** Decoding time in milliseconds modulo 2^32, as on the wire. May be changed before the packet is sent on. */
  timestampMs: number
  /** What it is for. */
  readonly kind: PacketKind
  /** The RTMP message type: 8 audio, 9 video, 18 or 15 data. */
  readonly type: number
  /** The same in words. */
  readonly media: Media
  /** The codec's four characters. */
  readonly codec: Codec
  /** The track's number, 0 for messages without several tracks. */
  readonly track: number
  /** Bits of {@link PacketFlags}. */
  readonly flags: number
  /** Presentation time minus decoding time, in milliseconds. */
  readonly compositionMs: number
  /** What is to be added to the presentation time, 0 to 999999 ns. */
  readonly nanoOffsetNs: number
  /** Video: 1 key, 2 inter, 3 disposable, 4 generated key, 5 command; else 0. */
  readonly frameType: number
  /** The AVC, AAC or Enhanced RTMP packet type as on the wire. */
  readonly packetType: number
  /** The first byte of a legacy audio payload, else 0. */
  readonly audioHeader: number
  /** The codec's bytes without any header; of a data message all from the handler's name on. Do not write there. */
  readonly data: Buffer
  /** The whole message payload as it came; `data` lies in it. Do not write there. */
  readonly raw: Buffer
  /** The number of bytes of `data`. Does not make a Buffer. */
  readonly size: number
  /** The number of bytes of `raw`. Does not make a Buffer. */
  readonly rawSize: number
  /** Decoding time in nanoseconds, without the wrap-around of `timestampMs`. */
  readonly dtsNs: bigint
  /** Presentation time in nanoseconds. */
  readonly ptsNs: bigint
  /** When the last byte arrived, on the clock of `process.hrtime.bigint()`; 0n from files and engines. */
  readonly arrivalNs: bigint
  /** Whether it is a video frame that needs no earlier one. */
  readonly keyframe: boolean
  /** Whether it has an Enhanced RTMP header. */
  readonly enhanced: boolean
  /** Whether its header was not understood. */
  readonly malformed: boolean
  /** Whether it is a video frame that no other one refers to. */
  readonly disposable: boolean
  /** Whether it came in a message with several tracks. */
  readonly multitrack: boolean
  /** Whether it is not the first packet of its message. */
  readonly continued: boolean
  /** Of a data message the function it is addressed to, such as `'onMetaData'`. Throws where the message is broken. */
  readonly handler: string | undefined
  /** The values of a data message, the handler's name first. Throws where the message is broken. */
  readonly values: unknown[] | undefined
  /**
   * Gives the memory back now and not at the next collection: for programs that carry gigabytes per second. After it `data`
   * and `raw` throw; what they returned before stays valid.
   */
  release (): void
}

/**
 * A packet to send: one that was received, or what it takes to make one. With `raw` the payload goes out as it is, else its
 * header is made from the fields.
 */
export interface PacketInit {
  /** The RTMP message type; or say it by `media`. */
  type?: number
  /** What it is of. */
  media?: Media
  /** Default `'frame'`. */
  kind?: PacketKind
  /** The codec's four characters. */
  codec?: Codec
  /** Decoding time in milliseconds; 0. */
  timestampMs?: number
  /** Presentation time minus decoding time, -8388608 to 8388607 ms; 0. */
  compositionMs?: number
  /** 0 to 999999; 0. */
  nanoOffsetNs?: number
  /** Whether a video frame needs no earlier one. */
  keyframe?: boolean
  /** Further bits of {@link PacketFlags}. */
  flags?: number
  /** The track's number; 0. */
  track?: number
  /** Video: the frame type, if `keyframe` does not say it. */
  frameType?: number
  /** The packet type on the wire. */
  packetType?: number
  /** The first byte of a legacy audio payload. */
  audioHeader?: number
  /** The codec's bytes. */
  data?: Bytes
  /** The whole message payload. */
  raw?: Bytes
}

// ---- options ----

/** Bounds on what a peer may cost. Each is checked before memory is spent on what exceeds it. */
export interface Limits {
  /** Longest message once a stream is accepted; 16777215, the most there can be. */
  messageBytes?: number
  /** Memory of incomplete messages per connection from then on; 32 MiB. */
  partialBytes?: number
  /** Longest message before that; 32 KiB. */
  earlyMessageBytes?: number
  /** Memory of incomplete messages per connection before that; 32 KiB. */
  earlyPartialBytes?: number
  /** Chunk streams in use per connection; 64. */
  chunkStreams?: number
  /** Message streams per connection; 16. */
  messageStreams?: number
  /** Nesting of AMF values; 64. */
  amfDepth?: number
  /** AMF values in one message; 65536. */
  amfValues?: number
  /** The same before a stream is accepted; 512. */
  earlyAmfValues?: number
  /** Each of app, stream name and tcUrl; 8 KiB, at most 65535. */
  nameBytes?: number
  /** Messages per second that bring nothing forward; 500. */
  idleMessages?: number
  /** Output that waits because the peer does not read, per connection; 4 MiB. */
  outputBytes?: number
  /** Received packets that wait in the library, per stream; 1 MiB, past it nothing is read. */
  queueBytes?: number
  /** Open connections of a server; 10000. */
  connections?: number
  /** Open connections from one IP address; 5000. */
  connectionsPerAddress?: number
  /** Requests of a server that wait for an answer; 1024. */
  pendingRequests?: number
  /** Calls of either side that wait for their answer, per connection; 64. */
  pendingCalls?: number
  /** Chunks of a connection taken before others have their turn; 4096. An {@link Engine} takes what it is given. */
  readChunks?: number
  /** Connections a server lets in per second; the rest wait in the kernel; 10000. */
  handshakes?: number
}

/** How long each phase of a connection may last, in milliseconds; -1: without bound. */
export interface Timeouts {
  /** Client: looking the host up; 10000. */
  resolveMs?: number
  /** Client: the TCP connection; 10000. */
  dialMs?: number
  /** The whole handshake; 10000. */
  handshakeMs?: number
  /** Server: from the handshake to connect; client: from connect to its answer; 10000. */
  connectMs?: number
  /** Client: from createStream to its answer; 10000. */
  createStreamMs?: number
  /** Client: from publish or play to its answer; 10000. */
  publishMs?: number
  /** Server: your answer to a request; 10000. */
  decisionMs?: number
  /** Server: from the beginning, or the end of a stream, to an accepted one; 30000. */
  setupMs?: number
  /** Server: from an accepted publish to its first packet; 20000. */
  firstMediaMs?: number
  /** Without a byte received (after half of it the peer is pinged); 60000. */
  idleMs?: number
  /** Without progress of the output towards the peer; 10000. */
  writeMs?: number
}

/** TLS. Files and texts are in PEM form. */
export interface TLSOptions {
  /** Client: trust everybody: the connection can be listened to and changed; false. */
  insecure?: boolean
  /** A certificate, and after it those that lead to its authority. */
  certificateFile?: string
  /** Its key. */
  keyFile?: string
  /** The certificate as text, instead of certificateFile. */
  certificatePem?: string
  /** The key as text, instead of keyFile. */
  keyPem?: string
  /**
   * Who is trusted; client: instead of the system's authorities, to vouch for servers; server: to vouch for clients, which
   * then must show a certificate.
   */
  caFile?: string
  /** The same as text. */
  caPem?: string
  /** Client: the name it asks for, and the certificate must be for; the URL's host. */
  serverName?: string
  /** Client: trust these certificates only, by their SHA-256 in hex, with commas. */
  pin?: string
}

/** Options of a server. Unknown ones are refused by name. */
export interface ServerOptions {
  /** For addresses that begin with `rtmps://`. */
  tls?: TLSOptions
  /** Size of the chunks sent, 1 to 65536; 4096. */
  chunkSize?: number
  /** Bytes after which the peer is asked to acknowledge; 5000000. */
  windowAckSize?: number
  /** Announced by Set Peer Bandwidth; 5000000. */
  peerBandwidth?: number
  /** Each connection raises a request first, before a byte of it is read; false. */
  askConnection?: boolean
  /** connect raises a request; false. */
  askConnect?: boolean
  /** FCPublish raises a request; false. */
  askFcPublish?: boolean
  /** onBWDone follows the answer to connect; false. */
  sendOnBwDone?: boolean
  /** How long a connection that ends may take to deliver its last words, in ms; 2000. */
  lingerMs?: number
  /** Answers every publish and play, without a request. */
  hub?: Hub
  /** publish raises a request though there is a hub; false. */
  askPublish?: boolean
  /** play raises a request; false: without a hub, players are told that there is no such stream. */
  askPlay?: boolean
  /** What peers call, and shared objects, are events of sessions; otherwise calls are refused. */
  answerCalls?: boolean
  /** How to speak of Enhanced RTMP; `'auto'`. Media is taken in whatever form it comes in every mode. */
  enhanced?: EnhancedMode
  /** What is said in connect, or in the answer to it; every codec if left out. */
  capabilities?: Partial<Capabilities>
  /** Which departures from the specification end a connection, bits of {@link Strict}; 0. */
  strict?: number
  /** How much of what each peer sent last is kept for {@link Server.takeFailure}, at most 1 MiB; 0. */
  keepBytes?: number
  /** Players are told that streams are recorded ones; false. */
  playRecorded?: boolean
  /** Leave out `|RtmpSampleAccess`, which lets Flash players read samples; false. */
  noSampleAccess?: boolean
  /** Players get NetStream.Data.Start as data, as some servers do; false. */
  dataStart?: boolean
  /** How long a send to a player waits for room, in ms; -1 for ever; 10000. */
  sendTimeoutMs?: number
  /** Data that may be queued for a player before sending waits; 1 MiB. */
  outputBytes?: number
  /** Silence after which the kernel probes the peer, in ms; -1: never; 15000. */
  keepAliveMs?: number
  /** How long the peer may leave what was sent unacknowledged, in ms (Linux); the system's. */
  userTimeoutMs?: number
  /** Size of the kernel's receive buffer; the system's, which grows with need. */
  receiveBufferBytes?: number
  /** Size of the kernel's send buffer; likewise. */
  sendBufferBytes?: number
  /** Called when something happens. */
  hooks?: Hooks
  /** Gets what a hook throws; by default it becomes a warning of the process. What it throws itself is an uncaught exception. */
  onError?: (error: unknown, about: ServerEvent | Request<Session | undefined>) => unknown
  /**
   * What {@link Server.events} gives and listeners of the server are told, which must then be taken: while too much waits,
   * connections are not read; nothing.
   */
  events?: 'all' | readonly ServerEventType[]
  /** Each `media_tag` is among the events, and its message waits for {@link ServerEvent.keep} or `drop`; false. */
  askMediaTag?: boolean
  /** Between two `stats_update` of a stream, in ms; 5000. */
  statsIntervalMs?: number
  /** Who may connect: passwords by names; everybody. Or decide by {@link Request.login}. */
  users?: Readonly<Record<string, string>>
  /** How users log in; `'adobe'`. */
  loginScheme?: LoginScheme
  /**
   * Networks of load balancers, which begin with a PROXY protocol header, such as `'10.0.0.0/8'` or `'192.0.2.1'`: the address
   * in it is the peer's. Connections from there without one are ended, from elsewhere with one too.
   */
  proxyFrom?: readonly string[]
  /** Bounds on what a peer may cost. */
  limits?: Limits
  /** How long the phases of a connection may last. */
  timeouts?: Timeouts
  /** Closes the server when it is aborted. */
  signal?: AbortSignal
}

/** Options of a client. Unknown ones are refused by name. */
export interface ClientOptions {
  /** For URLs that begin with `rtmps://`; the system's authorities. */
  tls?: TLSOptions
  /** Size of the chunks sent, 1 to 65536; 4096. */
  chunkSize?: number
  /** The application; what the URL says. */
  app?: string
  /** The stream name; what the URL says. */
  streamName?: string
  /** tcUrl; the URL without the stream name. */
  tcUrl?: string
  /** flashVer; "FMLE/3.0 (compatible; oxrtmp)". */
  flashVersion?: string
  /** swfUrl; not sent. */
  swfUrl?: string
  /** pageUrl; not sent. */
  pageUrl?: string
  /** `'live'`. */
  publishType?: 'live' | 'record' | 'append'
  /** Offer the digest handshake, which some servers ask for; false. */
  digestHandshake?: boolean
  /** How long a send waits for room, in ms; -1 for ever; 10000. */
  sendTimeoutMs?: number
  /** How long closing waits for queued data to leave, in ms; -1: not at all; 2000. */
  lingerMs?: number
  /** Data that may be queued before sending waits; 1 MiB. */
  outputBytes?: number
  /** Playing: a live stream only; false: or else a recorded one of that name. */
  liveOnly?: boolean
  /** What the server calls, and shared objects, are events; otherwise calls are refused. */
  answerCalls?: boolean
  /** How to speak of Enhanced RTMP; `'auto'`. Media is taken in whatever form it comes in every mode. */
  enhanced?: EnhancedMode
  /** What is said in connect, or in the answer to it; every codec if left out. */
  capabilities?: Partial<Capabilities>
  /** Playing: what the server is told about the client's buffer, in ms; 1000. */
  bufferLengthMs?: number
  /** Playing: position in a recorded stream, in ms, if above 0. */
  startMs?: number
  /** Playing: how much of a recorded stream, in ms; all of it. */
  durationMs?: number
  /** Silence after which the kernel probes the server, in ms; -1: never; 15000. */
  keepAliveMs?: number
  /** How long the server may leave what was sent unacknowledged, in ms (Linux); the system's. */
  userTimeoutMs?: number
  /** Size of the kernel's receive buffer; the system's, which grows with need. */
  receiveBufferBytes?: number
  /** Size of the kernel's send buffer; likewise. */
  sendBufferBytes?: number
  /** For servers that ask for a login; what the URL says (`'rtmp://user:password@host/…'`). */
  user?: string
  /** Its password. */
  password?: string
  /** Go where the server sends the client, up to five times in a row; false. */
  followRedirects?: boolean
  /** Publishing: video up to a keyframe is dropped instead of waiting for room; audio waits as ever; false. */
  dropVideo?: boolean
  /** Publishing: a lost connection is made again; what is sent meanwhile is dropped; false. */
  reconnect?: boolean
  /** How long it waits after a failure, half of it to all of it; doubled by each one, in ms; 1000. */
  retryMinMs?: number
  /** The most it waits, in ms; 30000. */
  retryMaxMs?: number
  /** End the stream after so many failures in a row; never. */
  attempts?: number
  /**
   * Obey a server that asks to connect anew; the new connection is made first; false. With reconnect, a client that is lost on
   * the way tries the new server first, and then both in turn.
   */
  followReconnects?: boolean
  /** Bounds on what the server may cost. */
  limits?: Limits
  /** How long the phases of the connection may last. */
  timeouts?: Timeouts
  /** A connected socket of yours, on which no byte has been exchanged yet; it belongs to the client from then on. */
  fd?: number
  /** Ends the client at once when it is aborted: what waits rejects with the signal's reason; loops over packets end. */
  signal?: AbortSignal
}

/**
 * Options of a recorder. Unknown ones are refused by name. Another file begins at an audio frame where there is no video, or
 * where that has ended or has not come for ten seconds.
 */
export interface RecorderOptions {
  /** Room for the index of keyframes at the file's beginning; 16 KiB. */
  indexBytes?: number
  /** Begin another file at the first keyframe past this size; 0: never. */
  rotateBytes?: number
  /** Begin another file at the first keyframe past this much media time, in ms; 0: never. */
  rotateDurationMs?: number
}

// ---- what is told ----

/** onMetaData in the publisher's own words: properties such as `width`, `framerate`, `videocodecid`. */
export type MetadataValues = Record<string, unknown>

/** What a stream says about itself, in one form whoever sent it. Absent: not said. */
export class Metadata {
  /** Metadata to send: `new Metadata({ width: 1920, height: 1080, frameRate: 30 })`. */
  constructor (fields?: Partial<Metadata>)
  /** Four characters. */
  videoCodec?: Codec
  /** Four characters. */
  audioCodec?: Codec
  /** Whether there are two channels. */
  stereo?: boolean
  /** Pixels. */
  width?: number
  /** Pixels. */
  height?: number
  /** Frames per second. */
  frameRate?: number
  /** kbit/s. */
  videoDataRate?: number
  /** kbit/s. */
  audioDataRate?: number
  /** Hz. */
  audioSampleRate?: number
  /** Bits. */
  audioSampleSize?: number
  /** Number of channels. */
  audioChannels?: number
  /** Seconds. */
  audioDelay?: number
  /** Seconds; files only. */
  duration?: number
  /** Bytes; files only. */
  fileSize?: number
  /** Files only. */
  canSeekToEnd?: boolean
  /** `'2.1'`, `'3.1'`, `'4.0'`, `'4.1'`, `'5.1'` or `'7.1'`. */
  surround?: string
  /** When it was made, in the publisher's words. */
  creationDate?: string
  /** The name of the software. */
  encoder?: string
  /** Other video tracks than 0 (videoTrackIdInfoMap). */
  videoTracks?: TrackInfo[]
  /** Other audio tracks than 0 (audioTrackIdInfoMap). */
  audioTracks?: TrackInfo[]
}

/** What metadata says of one track besides track 0, which it describes itself: what is not there is as there. */
export interface TrackInfo {
  /** Its number, 0 to 255. */
  track: number
  /** Four characters. */
  codec?: Codec
  /** kbit/s. */
  dataRate?: number
  /** Of video: pixels. */
  width?: number
  /** Of video: pixels. */
  height?: number
  /** Of audio: Hz. */
  sampleRate?: number
  /** Of audio: number of channels. */
  channels?: number
}

/** What a session or a client has carried. */
export interface Statistics {
  /** Of the last packet. */
  readonly timestampMs: number
  /** Since the stream was accepted. */
  readonly durationNs: bigint
  /** Between the last two keyframes, by decoding time. */
  readonly keyframeIntervalNs: bigint
  /** Payload bytes. */
  readonly bytes: bigint
  /** All packets. */
  readonly packets: number
  /** Those of audio. */
  readonly audioPackets: number
  /** Those of video. */
  readonly videoPackets: number
  /** Those of data, metadata included. */
  readonly dataPackets: number
  /** Video frames that need no earlier one. */
  readonly keyframes: number
  /** Packets whose header was not understood. */
  readonly malformed: number
  /** Session: received, and waiting in the library; client: taken, and not yet sent. */
  readonly queuedBytes: bigint
  /** Payload bytes of audio. */
  readonly audioBytes: bigint
  /** Payload bytes of video. */
  readonly videoBytes: bigint
  /** Messages that were dropped instead of sent: by a client, or a hub's slow player. */
  readonly dropped: number
  /**
   * Bits of audio payload a second, since statistics were taken before and at least a second ago, or since the beginning; in
   * the stream's first second what has come so far.
   */
  readonly audioBitrate: number
  /** Bits of video payload a second, likewise. */
  readonly videoBitrate: number
  /** Video frames a second, likewise. */
  readonly frameRate: number
}

/** A connection that has ended by a deadline or an error, and the last bytes of its peer. */
export interface Failure {
  /** Why: one of {@link status}. */
  readonly status: number
  /** `'handshake'`, `'connect'`, `'publish'`, `'media'`, … */
  readonly phase: string
  /** Its number on the server. */
  readonly connection: number
  /** How many bytes of the peer came before data; 0n: an engine that is fed with it comes to the same end. */
  readonly offset: bigint
  /** Its address. */
  readonly peer: string
  /** The error in words. */
  readonly text: string
  /** Handshake included, without TLS. */
  readonly data: Buffer
}

/** What the connection of a session or a client has carried. */
export interface ConnectionStatistics {
  /** `'handshake'`, `'connect'`, `'publish'`, `'media'`, … */
  readonly phase: string
  /** Of the connection on its server, from 1; 0 of a client's. */
  readonly number: number
  /** Since it was accepted, or the client began. */
  readonly durationNs: bigint
  /** Of RTMP, handshake included, without what TLS adds. */
  readonly bytesReceived: bigint
  /** Likewise. */
  readonly bytesSent: bigint
  /** Output that waits for the network. */
  readonly queuedBytes: bigint
  /** Round trip time as the kernel has measured it; 0 where it has not. */
  readonly rttNs: bigint
  /** Its mean deviation. */
  readonly rttVariationNs: bigint
  /** How long the last ping that was answered took; 0: none was. */
  readonly pingRttNs: bigint
  /** TCP segments that were sent again. */
  readonly resentSegments: number
  /** Of every kind. */
  readonly messagesReceived: number
  /** Audio, video and data handed on. */
  readonly packetsReceived: number
  /** Packets received whose header was not understood. */
  readonly malformed: number
  /** Media and data outside a publishing stream. */
  readonly ignored: number
  /** Messages, commands and control events that the library does not know. */
  readonly unknown: number
  /** Control, command and data messages that could not be parsed. */
  readonly faulty: number
}

/** What a server did so far: figures by the names of the C interface (`accepted`, `refused_address`, `unknown`, …). */
export interface ServerStatistics {
  /** Connections that are open. */
  readonly connections: number
  /** Failed connections, by the phase they were in. */
  readonly failed_in: Readonly<Record<string, number>>
  /** The open connections, each with its figures and its streams. Stream names are masked. */
  readonly connection_list: readonly ServerConnection[]
  readonly [figure: string]: number | Readonly<Record<string, number>> | readonly ServerConnection[]
}

/** One connection of {@link ServerStatistics}. */
export interface ServerConnection {
  /** On its server, from 1. */
  readonly number: number
  /** Its address. */
  readonly peer: string
  /** `'handshake'`, `'connect'`, `'publish'`, `'media'`, … */
  readonly phase: string
  /** Its streams, with the figures of {@link Statistics} by the names of the C interface. */
  readonly stream_list: readonly Readonly<Record<string, number | string>>[]
  readonly [figure: string]: number | string | readonly Readonly<Record<string, number | string>>[]
}

/** A peer's connect command. */
export interface Connect {
  /** 0 or 3. */
  readonly objectEncoding: number | undefined
  /** As sent, 0 if not. */
  readonly capabilities: number | undefined
  /** As sent, 0 if not. */
  readonly audioCodecs: number | undefined
  /** As sent, 0 if not. */
  readonly videoCodecs: number | undefined
  /** As sent, 0 if not. */
  readonly videoFunction: number | undefined
  /** Whether the peer says that it is behind a proxy. */
  readonly proxied: boolean
  /** The command's object, with every property in its order. */
  readonly properties: Record<string, unknown>
}

/** What a peer says of itself and of its stream. */
export interface Peer {
  /** The application's name: without its query, and without slashes at its ends. May be empty. */
  readonly app: string
  /** The stream's name, without a query. */
  readonly streamName: string
  /** The stream's name as the peer sent it, query included. */
  readonly rawStreamName: string
  /** The parameters of the name, the app and the tcUrl, joined by `&`: for `new URLSearchParams(query)`. */
  readonly query: string
  /** `'live'`, `'record'` or `'append'`, or what the peer sent instead. */
  readonly publishType: string
  /** The tcUrl of the connect command. */
  readonly tcUrl: string
  /** The peer's address, such as `'192.0.2.7:50123'`. */
  readonly peerAddress: string
  /** The flashVer of connect, such as `'FMLE/3.0 (compatible; FMSc/1.0)'`. */
  readonly flashVersion: string
  /** The swfUrl of connect. */
  readonly swfUrl: string
  /** The pageUrl of connect. */
  readonly pageUrl: string
  /** The software that the peer seems to be: `'OBS'`, `'FFmpeg'`, …, `'other'` or `'unknown'`. */
  readonly encoder: string
  /** The user that has logged in, or that a connect request wants to log in as; `''` without a login. */
  readonly user: string
  /** The number of the connection on its server, from 1; 0 of an engine's request. */
  readonly connection: number
  /** The connect command. */
  readonly connect: Connect
}

// ---- server side ----

/** What a peer asks for. Only publish requests come unless the server's options ask for others. */
export type RequestKind = 'publish' | 'play' | 'connection' | 'connect' | 'fc_publish'

/**
 * A peer's wish, usually to publish or to play a stream. It waits for accept or reject until its deadline
 * ({@link Timeouts.decisionMs}); an answer after that is harmless. `S` is what accepting gives: a session for publish
 * and play requests, undefined for those that only let the peer go on.
 */
export class Request<S extends Session | undefined = Session> implements Peer {
  private constructor ()
  /** What the peer asks for. */
  readonly kind: RequestKind
  readonly app: string
  readonly streamName: string
  readonly rawStreamName: string
  readonly query: string
  readonly publishType: string
  readonly tcUrl: string
  readonly peerAddress: string
  readonly flashVersion: string
  readonly swfUrl: string
  readonly pageUrl: string
  readonly encoder: string
  readonly user: string
  readonly connection: number
  readonly connect: Connect
  /** Of a play request: what it asks for besides the stream; else undefined. */
  readonly play: Play | undefined
  /** The whole object of a play2 command, in its order: of a player that switches to this stream; else undefined. */
  readonly play2: Record<string, any> | undefined
  /** What the peer said in connect that it can do of Enhanced RTMP. To be asked for before the request is answered. */
  readonly capabilities: Capabilities | undefined
  /** Whether it was accepted or rejected. */
  readonly answered: boolean
  /**
   * Grants the request. If the peer has gone meanwhile, or the deadline is over, the session has ended already: a loop over
   * its packets is over at once.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_STATE` when it was answered before.
   */
  accept (): Promise<S>
  /** Refuses the request: the peer is told the description, and disconnected; a player may ask for another stream. */
  reject (description?: string): Promise<void>
  /**
   * Refuses the request with a code of yours. Encoders give up at once on `NetStream.Publish.BadName` (the default),
   * `Denied` and `Rejected`.
   */
  reject (code: string, description: string): Promise<void>
  /**
   * Refuses the request, and tells the peer where to go instead: a tcUrl, `'rtmp://host[:port]/app'`. Clients that do not follow
   * (see {@link ClientOptions.followRedirects}) take it for a refusal.
   */
  redirect (url: string, description?: string): Promise<void>
  /**
   * Answers a connect request by what it says about a login of `user`, whose password is given; undefined when there is no such
   * user. If the login is complete and right it is granted. Otherwise the peer is refused, with the demand to log in or the
   * challenge, which encoders answer by connecting again, or the word that the login failed.
   * @returns Whether it was granted.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_STATE` when it was answered before, or is no connect request, which then still waits.
   */
  login (scheme: LoginScheme, password: string | undefined): Promise<boolean>
}

/** Ways in which encoders log in: `'adobe'`, which FFmpeg, OBS, FMLE, Wirecast and many others know, and Limelight's. */
export type LoginScheme = 'adobe' | 'llnw'

/**
 * What a {@link ServerEvent} tells; in camel case it is the name of the hook. What was granted is followed by its end exactly
 * once, however the connection ends: `connection` by `disconnect`, `publish` by `publish_stop` and `unpublish`, `play` by
 * `play_stop`. `publish_stop`: nothing more comes of what was published; `unpublish`: its name is free. `media_tag`: an audio or
 * video message came. `keyframe`: a video frame that needs no earlier one, before it is told as a frame.
 */
export type ServerEventType = 'connection' | 'handshake_complete' | 'connect' | 'disconnect' | 'fc_publish' | 'publish' |
  'publish_stop' | 'unpublish' | 'play' | 'play_stop' | 'pause' | 'unpause' | 'metadata' | 'media_tag' | 'video_frame' |
  'audio_frame' | 'enhanced_video_frame' | 'enhanced_audio_frame' | 'keyframe' | 'stats_update'

/** Something that happened on a connection of a server. */
export class ServerEvent {
  private constructor ()
  /** What happened. */
  readonly type: ServerEventType
  /** The connection's number on its server, from 1. */
  readonly connection: number
  /** Its address, such as `'192.0.2.7:50123'`. */
  readonly peerAddress: string
  /** The application, once it has connected. */
  readonly app: string
  /** The stream's name, without a query; `''` where there is none. */
  readonly streamName: string
  /** Of ends: why, in words. */
  readonly text: string
  /** Of `metadata` to `keyframe`. */
  readonly packet: Packet | undefined
  /** Of `stats_update`. */
  readonly statistics: Statistics | undefined
  /** Of `pause` and `unpause`: where the player says it stands. */
  readonly positionMs: number
  /** Of `disconnect`, unless the connection ended as it should. */
  readonly error: OxrtmpError | undefined
  /** Lets the message of a `media_tag` that waits ({@link ServerOptions.askMediaTag}) go on. Else it does nothing. */
  keep (): void
  /** Drops the message of a `media_tag` that waits: nobody else sees it. Else it does nothing. */
  drop (): void
}

/** Thrown by a hook that refuses a request, in words for the peer. The code is what fits the request if not given. */
export class Refusal extends Error {
  /** Refuses with the code that fits the request. */
  constructor (description?: string)
  /** Refuses with a code of yours, such as `'NetStream.Publish.Denied'`. */
  constructor (code: string, description: string)
  /** The code; undefined: what fits the request. */
  readonly code: string | undefined
  /** What the peer is told in words. */
  readonly description: string | undefined
}

/** A hook that is asked: what it throws refuses the request. */
export type RequestHook = (request: Request<Session | undefined>) => unknown
/** A hook that is told. */
export type EventHook = (event: ServerEvent) => unknown

/**
 * Functions that a server calls when something happens. They may be async: those of one connection wait for one another.
 *
 * The first five are called when a peer asks. Throwing a {@link Refusal} refuses it, and so does anything else that is thrown,
 * which is reported as well ({@link ServerOptions.onError}); a hook may also answer the request itself. What it leaves
 * unanswered goes on: to the hub, or to who takes requests. It has the time of {@link Timeouts.decisionMs}.
 *
 * The others are told, exactly once for each occurrence, those of one connection in order. `mediaTag` is asked first: when it
 * gives false the message is dropped, and nobody else sees it.
 */
export interface Hooks {
  /** An address, nothing the peer chose: no byte has been read. */
  connection?: RequestHook
  /** The application and what the peer says of itself; a login may be asked for: {@link Request.login}. */
  connect?: RequestHook
  /** An encoder announces what it will publish. */
  fcPublish?: RequestHook
  /** A peer wants to publish. */
  publish?: RequestHook
  /** A peer wants to play. */
  play?: RequestHook
  /** The handshake is done. */
  handshakeComplete?: EventHook
  /** A connection has ended; {@link ServerEvent.error} says of what. */
  disconnect?: EventHook
  /** Nothing more comes of what was published. */
  publishStop?: EventHook
  /** A published stream's name is free. */
  unpublish?: EventHook
  /** A player has stopped. */
  playStop?: EventHook
  /** A player has paused, at {@link ServerEvent.positionMs}. */
  pause?: EventHook
  /** A player goes on. */
  unpause?: EventHook
  /** onMetaData came. */
  metadata?: EventHook
  /** An audio or video message came; false drops it. */
  mediaTag?: (event: ServerEvent) => boolean | void | Promise<boolean | void>
  /** A video frame with a legacy header came. */
  videoFrame?: EventHook
  /** An audio frame with a legacy header came. */
  audioFrame?: EventHook
  /** A video frame with an Enhanced RTMP header came. */
  enhancedVideoFrame?: EventHook
  /** An audio frame with an Enhanced RTMP header came. */
  enhancedAudioFrame?: EventHook
  /** A video frame that needs no earlier one came; before it is told as a frame. */
  keyframe?: EventHook
  /** What a stream has carried: {@link ServerEvent.statistics}, each {@link ServerOptions.statsIntervalMs}. */
  statsUpdate?: EventHook
}

/**
 * Hooks that call those of each of several sets in turn. The first that refuses or answers a request, or drops a message, has the
 * last word: those behind are not asked.
 */
export function chainHooks (...sets: Hooks[]): Hooks

/**
 * Hooks that write everything down: at level `'info'`, what happens for each packet or from time to time at `'debug'`. Of stream
 * names a record shows the beginning only: they may be secrets.
 */
export function logHooks (write: (record: { level: 'info' | 'debug', message: string }) => unknown): Hooks

/** What sessions and clients have in common: a stream of packets, in one direction or the other. */
export interface Stream<E> extends AsyncIterable<Packet>, AsyncDisposable {
  /** The fault that ended the stream; undefined while it runs, and when either side has ended it or the peer is gone. */
  readonly error: OxrtmpError | undefined
  /** What the stream says about itself, by its last onMetaData; undefined as long as there was none. */
  readonly metadata: Metadata | undefined
  /** Every property of the last onMetaData, in its order. */
  readonly metadataValues: MetadataValues | undefined
  /** The last onMetaData as AMF0 bytes, from the name on. */
  readonly metadataRaw: Buffer | undefined
  /** What has arrived, or was sent. Works also when the stream has ended or was closed. */
  statistics (): Statistics
  /** What its connection has carried, with round trip times. Works also when the stream has ended or was closed. */
  connectionStatistics (): ConnectionStatistics
  /**
   * The next packet; undefined when the peer has ended the stream or is gone, or it was closed. Unlike a loop it
   * @throws {@link OxrtmpError} when the connection broke or the peer broke the protocol; `ERR_OXRTMP_BUSY` while another
   * call waits; `ERR_OXRTMP_STATE` of a stream that is sent.
   */
  nextPacket (): Promise<Packet | undefined>
  /** All packets that are there, at least one; none at the end. Throws as {@link nextPacket}. */
  nextPackets (): Promise<Packet[]>
  /** Takes the packets, to the end of the stream. */
  [Symbol.asyncIterator] (): AsyncIterableIterator<Packet>
  /**
   * What the other side does besides, until the stream ends. The last 256 events wait for you. Where packets come, the events wait
   * behind them, and so does the end: take the packets too, or close it.
   */
  events (): AsyncIterableIterator<E>
  /**
   * What is received as a stream of Node: packets as objects, or with `flv` the bytes of an FLV file. It takes packets when
   * it is read, and ends as a loop does; the faults that {@link nextPacket} throws destroy it. Destroying it closes this
   * stream. Timestamps stay as they are: a file begins at the time where the reader has come.
   *
   * ```js
   * await pipeline(session.readable({ flv: true }), createWriteStream('live.flv'))
   * ```
   *
   * @throws {@link OxrtmpError} `ERR_OXRTMP_STATE` of a stream that is sent.
   */
  readable (options?: AdapterOptions): Readable
  /**
   * A stream of Node that sends what is written to it: packets as objects, or with `flv` the bytes of an FLV file, split
   * anywhere, at the pace in which they come. It takes more when there is room, and is destroyed when the other side ends.
   * Its end closes this stream, when all was delivered, as {@link Client.close} does; a player is told that this was all.
   * Destroying it closes this stream too.
   *
   * ```js
   * await pipeline(ffmpeg.stdout, client.writable({ flv: true }))
   * ```
   *
   * @throws {@link OxrtmpError} `ERR_OXRTMP_STATE` of a stream that is received.
   */
  writable (options?: AdapterOptions): Writable
  /**
   * Sends the H.264 configuration: an AVCDecoderConfigurationRecord (avcC). It has the timestamp of the audio or video that
   * was sent last, 0 at first.
   */
  sendVideoSequenceHeader (avcc: Bytes): Promise<void>
  /** Sends the AAC configuration: an AudioSpecificConfig, with a timestamp as that of H.264 has. */
  sendAudioSequenceHeader (asc: Bytes): Promise<void>
  /** Sends one H.264 frame: NAL units, each after its length as avcC says. */
  sendVideo (timestampMs: number, keyframe: boolean, nalus: Bytes): Promise<void>
  /** The same for streams with B-frames: presentation time is `compositionMs` after `timestampMs`. */
  sendVideoAt (timestampMs: number, compositionMs: number, keyframe: boolean, nalus: Bytes): Promise<void>
  /** Sends one AAC frame, without ADTS header. */
  sendAudio (timestampMs: number, frame: Bytes): Promise<void>
  /** Sends onMetaData: of a {@link Metadata} its fields by their names in RTMP, of any other object the properties it has. */
  sendMetadata (metadata: Metadata | MetadataValues): Promise<void>
  /** Sends a data message: AMF0 values, the first of them the handler's name. */
  sendData (timestampMs: number, body: Bytes): Promise<void>
  /** Sends a packet that was received, or one made of its parts. */
  sendPacket (packet: Packet | PacketInit): Promise<void>
  /** Sends packets in order. */
  sendPackets (packets: readonly (Packet | PacketInit)[]): Promise<void>
  /** Sends packets of several tracks that have the same time, kind and frame type as one message. */
  sendTracks (form: TrackForm, packets: readonly (Packet | PacketInit)[]): Promise<void>
  /** What the other side said in connect, or in its answer, that it can do of Enhanced RTMP. */
  readonly capabilities: Capabilities | undefined
  /** Waits until everything sent is with the operating system. Default: as long as it takes. */
  flush (options?: { timeoutMs?: number }): Promise<void>
  /**
   * Asks the other side for a sign of life, and tells the milliseconds it took. Default: waits for 10 s.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_TIMEOUT`, which does not say that it is gone: OBS never answers.
   */
  ping (options?: { timeoutMs?: number }): Promise<number>
  /**
   * Calls a procedure of the application at the other end, with values as {@link amf} has them, and returns what it answers.
   * Default: waits for 10 s; -1: for ever.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_REFUSED` when it refuses, as most do with everything; `ERR_OXRTMP_TIMEOUT`, also when
   * the connection is lost before the answer and made again.
   */
  call (name: string, values?: readonly amf.Value[], options?: { timeoutMs?: number }): Promise<any[]>
  /** Calls a procedure whose answer nobody wants. */
  notify (name: string, values?: readonly amf.Value[]): Promise<void>
  /** Answers a `'call'` event. @throws `ERR_OXRTMP_STATE` when it was answered, or its time is over. */
  answer (callId: number, values?: readonly amf.Value[]): Promise<void>
  /** Refuses a `'call'` event. Default code: `NetConnection.Call.Failed`. */
  refuse (callId: number, description?: string, code?: string): Promise<void>
  /** Tells the other side what happens to a shared object. */
  sendSharedObject (sharedObject: SharedObject): Promise<void>
  /** Keeps the process alive while the stream runs; that is how it begins. */
  ref (): this
  /** Does not keep the process alive, even if somebody waits for a packet. */
  unref (): this
}

/** Options of {@link Stream.readable} and {@link Stream.writable}. Unknown ones are refused by name. */
export interface AdapterOptions {
  /** Bytes of FLV, and not packets as objects; false. */
  flv?: boolean
  /** Whether audio goes through, and the header of an FLV file says that there is some; true. */
  audio?: boolean
  /** Likewise video; true. */
  video?: boolean
}

/** What a player asks for besides the stream. */
export interface Play {
  /** -2: live, or else recorded; -1: live only; else a position. Some send seconds here, and some milliseconds. */
  readonly start: number
  /** In the same unit; -1: all of it. */
  readonly duration: number
  /** Whether what was to be played before is dropped. */
  readonly reset: boolean
  /** How much it buffers, in ms; 0: it did not say. */
  readonly bufferLengthMs: number
  /** Whether the command was play2: the stream takes the place of the one that plays. */
  readonly play2: boolean
  /** Of play2: where in the new stream to switch, in seconds; -1: it did not say. */
  readonly offset: number
  /** Of play2: `'switch'`, `'swap'`, `'append'`, `'stop'`, `'reset'`, `'resume'` or `'appendAndWait'`; else `''`. */
  readonly transition: string
}

/** What {@link Client.play2} says besides the stream's name, which has its query. */
export interface Play2Options {
  /** The stream whose place it takes; the one that plays. */
  oldStreamName?: string
  /** `'switch'`, `'swap'`, `'append'`, `'stop'`, `'reset'`, `'resume'` or `'appendAndWait'`; not sent. */
  transition?: string
  /** A live stream only; false: or else a recorded one of that name. */
  liveOnly?: boolean
  /** Position in a recorded stream; its beginning. */
  startMs?: number
  /** How much of a recorded stream; all of it. */
  durationMs?: number
  /** Where in the new stream to switch; where the server will. */
  offsetMs?: number
  /** Further properties, as JSON has them. */
  properties?: Record<string, any>
}

/** Say what we can do and take what the peer says; say nothing and do not heed it; refuse a peer that says nothing. */
export type EnhancedMode = 'auto' | 'off' | 'required'

/** What a side can do with a codec, or'ed. */
export const Can: {
  /** Show it. */
  readonly DECODE: 1
  /** Make it. */
  readonly ENCODE: 2
  /** Hand it on. */
  readonly FORWARD: 4
}
/** What else it can do (capsEx), or'ed: follow requests to reconnect, read messages of several tracks, ModEx entries, … */
export const Caps: {
  /** Follow requests to reconnect. */
  readonly RECONNECT: 1
  /** Read messages of several tracks. */
  readonly MULTITRACK: 2
  /** Read ModEx entries. */
  readonly MODEX: 4
  /** Among them nanoseconds. */
  readonly TIMESTAMP_NANO_OFFSET: 8
}

/** What a side says of itself in connect, or in the answer to it. Codecs are four characters, or `'*'` for any. */
export interface Capabilities {
  /** Of {@link Caps}. */
  capsEx: number
  /** fourCcList: codecs that it can receive; those of video and audio if empty. */
  fourccs: string[]
  /** videoFourCcInfoMap: of {@link Can}, by codec. */
  video: Record<string, number>
  /** audioFourCcInfoMap. */
  audio: Record<string, number>
}

/** Every codec of Enhanced RTMP v2, each with a mask of {@link Can}, and every bit of `capsEx`. */
export function allCapabilities (mask: number): Capabilities
/** What both have: the codecs that both can do anything with, with what the peer can do. */
export function intersectCapabilities (own: Partial<Capabilities>, peer: Partial<Capabilities>): Capabilities

/** How a message of several tracks holds them. Encoders send `'one'`, and not all readers know the others. */
export type TrackForm = 'one' | 'many' | 'many_many_codecs'

/** What an event of a shared object says: a client wants to use it, the server has changed it, … */
export type SharedEventKind =
  | 'use' | 'release' | 'request_change' | 'change' | 'success' | 'send_message' | 'status' | 'clear' | 'remove'
  | 'request_remove' | 'use_success'

/** One event of a shared object. */
export interface SharedEvent {
  /** A kind that is not known is a number. */
  kind: SharedEventKind | number
  /** The slot of `'success'`, `'remove'` and `'request_remove'`, the handler of `'send_message'`, the code of `'status'`. */
  name?: string
  /** Of `'status'`. */
  level?: string
  /** Of `'change'`; of `'request_change'` one. */
  slots?: Record<string, any>
  /** Of `'send_message'`. */
  arguments?: any[]
  /** Of a kind that is not known, as it came. */
  data?: Bytes
}

/** A shared object message: what happens to properties that clients share. Who shares what is the application's to know. */
export interface SharedObject {
  /** The object's name. */
  name: string
  /** Grows with each change; 0. */
  version?: number
  /** 2: it outlives its users. */
  flags?: number
  /** What happens to it, in order; nothing. */
  events?: SharedEvent[]
}

/** What the other side says, with the option `answerCalls`. */
export type CallEvent =
  /** It calls a procedure. callId is for {@link Stream.answer} and {@link Stream.refuse}; 0: it wants no answer. */
  | {
    readonly type: 'call'
    /** The procedure's. */
    readonly name: string
    /** Its arguments. */
    readonly values: any[]
    /** For the answer; 0: none is wanted. */
    readonly callId: number
  }
  /** A shared object message came. */
  | {
    readonly type: 'sharedObject'
    /** The message. */
    readonly sharedObject: Required<SharedObject>
  }

/** What a player does. The library has answered it. */
export type PlayerEvent =
  /** It pauses: what is sent from now on is left out. It stands at positionMs. */
  | {
    readonly type: 'pause'
    /** Where it stands. */
    readonly positionMs: number
  }
  /** It goes on, and needs sequence headers and a keyframe. */
  | {
    readonly type: 'unpause'
    /** Where it stands. */
    readonly positionMs: number
  }
  /** It wants to be elsewhere in a recorded stream. */
  | {
    readonly type: 'seek'
    /** Where it wants to be. */
    readonly positionMs: number
  }
  /** It wants packets of a type or not. */
  | {
    readonly type: 'receive'
    /** Which of them. */
    readonly media: 'audio' | 'video'
    /** Whether it is wanted. */
    readonly on: boolean
  }
  /** It says how much it buffers. */
  | {
    readonly type: 'bufferLength'
    /** Milliseconds. */
    readonly lengthMs: number
  }

/**
 * An accepted stream on the server's side. Of one that is published a loop takes the packets and ends when the stream does,
 * however that happens: {@link endReason} and `error` tell. Leaving the loop early closes the stream, coming to its end
 * releases it. A session whose packets are not taken is not read from: its publisher has to wait.
 *
 * To one that is played you send: the headers first, then from a keyframe on. What a player has paused or does not want
 * counts as sent; its `events()` tell. What was sent before {@link close} has {@link ServerOptions.lingerMs} to leave.
 */
export class Session implements Peer {
  private constructor ()
  /** What the peer does here. */
  readonly kind: RequestKind
  /** Of a player: what it asks for besides the stream, with the last buffer length; else undefined. */
  readonly play: Play | undefined
  /** The whole object of the play2 command that began it, in its order; else undefined. */
  readonly play2: Record<string, any> | undefined
  readonly app: string
  readonly streamName: string
  readonly rawStreamName: string
  readonly query: string
  readonly publishType: string
  readonly tcUrl: string
  readonly peerAddress: string
  readonly flashVersion: string
  readonly swfUrl: string
  readonly pageUrl: string
  readonly encoder: string
  readonly user: string
  readonly connection: number
  readonly connect: Connect
  /** Whether it was closed, by {@link close} or because its end was reached. */
  readonly closed: boolean
  /** How the stream ended, such as `'FCUnpublish'` or `'connection closed by peer'`; `''` while it runs. */
  readonly endReason: string
  /** Ends a played stream because all of it was sent: the player hears NetStream.Play.Complete, and may play something else. */
  complete (): Promise<void>
  /** Ends the stream and its connection. Packets that were taken stay valid. */
  close (): Promise<void>
  /**
   * Asks the peer to connect to another server, or anew to this one, because this one is about to end. tcUrl is where,
   * absolute or relative to where the peer has connected to.
   * @throws `ERR_OXRTMP_UNSUPPORTED` for a peer that did not say that it knows such requests.
   */
  requestReconnect (tcUrl?: string, description?: string): Promise<void>
  /** Ends the stream, but tells the peer why first. Default code: `NetStream.Publish.Rejected`. */
  closeWithStatus (code?: string, description?: string): Promise<void>
}

export interface Session extends Stream<PlayerEvent | CallEvent> {}

/** How {@link Server.serve} runs. */
export interface ServeOptions<R> {
  /** Closes the server when it is aborted. */
  signal?: AbortSignal
  /**
   * Gets what a handler throws; the default makes a warning of it (`process.emitWarning`). What it throws itself is an uncaught
   * exception.
   */
  onError?: (error: unknown, request: R) => void
}

/**
 * What a server tells listeners: what its option `events` names, and `close`, when it was closed. An event that has listeners
 * does not come by {@link Server.events}. What a listener throws goes to {@link ServerOptions.onError}.
 */
export type ServerEventMap = { [T in ServerEventType]: [event: ServerEvent] } & {
  /** It was closed. */
  close: []
}

/**
 * Listens and accepts. A loop over it takes its requests, until it is closed; leaving the loop leaves the server as it is.
 * `R` is what its requests are. As an emitter it tells what happens ({@link ServerEventMap}), and asks nothing:
 *
 * ```js
 * const server = await Server.listen(':1935', { hub, events: ['publish', 'unpublish'] })
 * server.on('publish', event => console.log(event.streamName, 'begins'))
 * ```
 */
export class Server<R = Request> extends EventEmitter<ServerEventMap> implements AsyncIterable<R>, AsyncDisposable {
  private constructor ()
  /**
   * Listens on an address, or on several: `'host:port'`, `':1935'` (every interface), `'[::1]:0'` (any free port), each with `rtmps://` before it for TLS. A name is
   * listened on at each of its addresses.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_ADDRESS`, `ERR_OXRTMP_RESOLVE`.
   */
  static listen (address: string | readonly string[], options?: ServerOptions & AsksForPublishOnly): Promise<Server>
  /** With options that ask for other requests too, accepting may give no session. */
  static listen (address: string | readonly string[], options: ServerOptions): Promise<Server<Request<Session | undefined>>>
  /** A server that listens nowhere yet. */
  static create (options?: ServerOptions & AsksForPublishOnly): Promise<Server>
  /** With options that ask for other requests too, accepting may give no session. */
  static create (options: ServerOptions): Promise<Server<Request<Session | undefined>>>
  /** The first address, with its real port: `'127.0.0.1:1935'`; `''` if there is none. */
  readonly address: string
  /** All addresses. */
  readonly addresses: string[]
  /** Whether it was closed. */
  readonly closed: boolean
  /** Listens on one more address. */
  listen (address: string): Promise<void>
  /** Accepts connections from a listening socket of yours, which belongs to the server from then on. */
  adoptListener (fd: number, options?: { tls?: boolean }): void
  /** Serves a connected socket of yours, which belongs to the server from then on. */
  adoptConnection (fd: number, options?: { tls?: boolean }): void
  /**
   * Shows a certificate to clients that ask for name: a host name, `'*.example.org'`, or `''` for everybody whose name has
   * none of its own. It takes the place of the one that was there from the next handshake on; open connections stay as they
   * are. Without options it is removed.
   */
  setCertificate (name: string, options?: TLSOptions): Promise<void>
  /** What the server did so far, with figures of each connection and stream. Stream names are masked. */
  statistics (): ServerStatistics
  /** The same in Prometheus's text format, for your HTTP server to answer with. */
  prometheus (): string
  /** The oldest failed connection that was not taken yet, of a server with keepBytes, which keeps the latest 16. */
  takeFailure (): Failure | undefined
  /** The next request; undefined when the server is closed. Throws `ERR_OXRTMP_BUSY` while another call waits. */
  nextRequest (): Promise<R | undefined>
  /** Takes requests, until it is closed. */
  [Symbol.asyncIterator] (): AsyncIterableIterator<R>
  /** The next event; undefined when the server is closed and every one was taken. A `media_tag` that waits is yours to answer. */
  nextEvent (): Promise<ServerEvent | undefined>
  /** What {@link nextEvent} gives. A `media_tag` that was not dropped goes on when the next event is wanted. */
  events (): AsyncIterableIterator<ServerEvent>
  /**
   * Ends a connection, by the number that requests, sessions and events have. Streams on it end as by
   * {@link Session.closeWithStatus}, a request that waits is rejected, and a connection that has neither is cut.
   * @returns Whether it was there.
   */
  kick (connection: number, description?: string): boolean
  kick (connection: number, code: string, description: string): boolean
  /**
   * Calls handler for each request until the server is closed and all handlers have returned. A request lasts as long as its
   * handler: then it is rejected if it was not answered, and its session closed. What a handler throws ends its session only.
   */
  serve (handler: (request: R) => unknown, options?: ServeOptions<R>): Promise<void>
  /** {@link Session.requestReconnect} of every peer that knows such requests; how many were asked. */
  requestReconnect (tcUrl?: string, description?: string): Promise<number>
  /**
   * Stops listening, lets the sessions that run go on for so long (-1: until they end), then closes. Connections are read from
   * now on also while events wait: of too many that nobody takes the oldest are dropped, and hooks that are too slow miss some.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_TIMEOUT` when some were cut off.
   */
  shutdown (options?: { timeoutMs?: number }): Promise<void>
  /** Stops listening and ends all connections. Its sessions end. */
  close (): Promise<void>
  /** Keeps the process alive while it is open; that is how it begins. */
  ref (): this
  /** Does not keep the process alive, even if somebody waits for a request. */
  unref (): this
  /** For `await using`: as {@link close}. */
  [Symbol.asyncDispose] (): Promise<void>
}

/** Server options with which all requests are publish requests. */
export interface AsksForPublishOnly {
  /** Not asked for. */
  askConnection?: false
  /** Not asked for. */
  askConnect?: false
  /** Not asked for. */
  askFcPublish?: false
}

// ---- client side ----

/** What a client tells besides its packets. */
export type ClientEvent =
  /** With `reconnect`: the connection is lost, and made again. */
  | {
    readonly type: 'reconnecting'
    /** Why it was lost. */
    readonly error: OxrtmpError
  }
  /** With `reconnect`: the server has accepted again. */
  | { readonly type: 'reconnected' }
  /** With `dropVideo` or `reconnect`: half of `outputBytes` is queued. */
  | { readonly type: 'congested' }
  /** With `dropVideo` or `reconnect`: no more than a quarter is queued again. */
  | { readonly type: 'relieved' }
  /** A status, such as `'NetStream.Play.UnpublishNotify'`. */
  | {
    readonly type: 'status'
    /** The server's code. */
    readonly code: string
    /** Its words. */
    readonly description: string
  }
  /** A user control event. */
  | {
    readonly type: 'control'
    /** Its number. */
    readonly event: number
    /** The message stream that it names. */
    readonly streamId: number
  }
  /** It asks the client to connect anew. */
  | {
    readonly type: 'reconnect'
    /** Where to; relative to where it is connected, or empty for there. */
    readonly tcUrl: string
  }

/**
 * An outgoing connection that publishes a stream, or plays one.
 *
 * Publishing: the promise of a send is fulfilled when the library has taken the bytes (they are queued, and sent in order),
 * and waits where there is no room: a program that awaits its sends is slowed down by a slow server. It rejects with
 * `ERR_OXRTMP_TIMEOUT` after {@link ClientOptions.sendTimeoutMs}, with nothing taken, and with the reason when the stream has
 * ended. Timestamps are milliseconds modulo 2^32 and should not go backwards. Headers go before the first frame.
 *
 * Playing: a loop over it takes the packets and ends when the stream does, however that happens: {@link ended} and `error`
 * tell. Leaving the loop early, or coming to its end, closes it. Whose packets are not taken is not read from.
 */
export class Client {
  private constructor ()
  /**
   * Connects and begins to publish: `'rtmp://host[:port]/app/name'`. The name is what follows the last `/` before a `?`, and
   * a query belongs to it; options override both.
   * @throws {@link OxrtmpError} with `phase`, and if the server refused with `peerCode` and `description`.
   */
  static publish (url: string, options?: ClientOptions): Promise<Client>
  /**
   * Connects and begins to play. Some servers say yes to a stream that nobody publishes.
   * @throws {@link OxrtmpError} as {@link publish}; `ERR_OXRTMP_NOT_FOUND` when there is no such stream.
   */
  static play (url: string, options?: ClientOptions): Promise<Client>
  /** What it does. */
  readonly kind: 'publish' | 'play'
  /** The server's address. */
  readonly peerAddress: string
  /** Whether it was closed. */
  readonly closed: boolean
  /**
   * Fulfilled when the stream has ended: with the reason, or undefined after {@link close}. Never rejects. The end of what is played
   * waits behind packets that nobody takes.
   */
  readonly ended: Promise<OxrtmpError | undefined>
  /** Playing: asks the server to stop sending. Its word comes by `events()`: `NetStream.Pause.Notify`. */
  pause (): Promise<void>
  /** Playing: asks it to go on. */
  resume (): Promise<void>
  /** Playing: asks for another position of a recorded stream. */
  seek (positionMs: number): Promise<void>
  /**
   * Playing: asks for another stream in the place of the one that plays, normally the same content at another bit rate. The
   * server answers by `events()`, `NetStream.Play.Transition`, and goes on in the same stream of packets; when it has no such
   * stream the play ends.
   */
  play2 (streamName: string, options?: Play2Options): Promise<void>
  /** Playing: tells the server whether audio is wanted. */
  receiveAudio (on: boolean): Promise<void>
  /** Playing: tells the server whether video is wanted. */
  receiveVideo (on: boolean): Promise<void>
  /** Playing: tells the server how much the client buffers. */
  setBufferLength (lengthMs: number): Promise<void>
  /**
   * Publishing: sends data that the server keeps under `handler`, such as `'onA'`, for players that come later, until it is
   * set anew or cleared: @setDataFrame. onMetaData is such data too; see {@link sendMetadata}.
   */
  setDataFrame (handler: string, ...values: readonly amf.Value[]): Promise<void>
  /** Publishing: makes players that come later get nothing under `handler`, onMetaData among them: @clearDataFrame. */
  clearDataFrame (handler: string): Promise<void>
  /**
   * Ends the stream politely and hangs up; what is queued has {@link ClientOptions.lingerMs} to leave.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_TIMEOUT` when queued data was lost.
   */
  close (): Promise<void>
}

export interface Client extends Stream<ClientEvent | CallEvent> {}

// ---- hubs ----

/** What is left out of a stream; nothing by default. */
export interface Mask {
  /** Audio. */
  noAudio?: boolean
  /** Video. */
  noVideo?: boolean
  /** Data, metadata too. */
  noData?: boolean
  /** Video frames that need an earlier one. */
  keyframesOnly?: boolean
  /** Audio and video of other tracks than this one, 0 to 255. */
  track?: number
  /** All but these codecs, 1 to 256. */
  codecs?: readonly Codec[]
}

/** Options of a hub. Unknown ones are refused by name. */
export interface HubOptions {
  /** What late players get besides metadata and headers: all since the last keyframe (`'gop'`), that keyframe, or nothing. */
  cachePolicy?: 'gop' | 'keyframe' | 'off'
  /** Most bytes of memory that a stream's cache holds since the last keyframe; 24 MiB. */
  cacheBytes?: number
  /** And most frames; 4096. */
  cacheFrames?: number
  /**
   * What happens to a player that takes less than it is sent: video is dropped up to the next keyframe (`'drop'`), it is
   * disconnected, or its stream waits for it, and with it every other player.
   */
  slowPolicy?: 'drop' | 'disconnect' | 'block'
  /** Waiting output past which a player is slow; 1 MiB. */
  slowBytes?: number
  /** Waiting output past which it is disconnected; 8 MiB, at least twice slowBytes. */
  disconnectBytes?: number
  /** A second publisher of a name is refused, takes over, or does so if nothing came from the first for silentAfterMs. */
  takeover?: 'reject' | 'replace' | 'ifSilent'
  /** For `'ifSilent'`; 5000. */
  silentAfterMs?: number
  /** How long players stay when their publisher has gone; 10000. */
  graceMs?: number
  /** Players wait for a stream that is not there yet; false. */
  waitForPublisher?: boolean
  /** Frames are held back for so long, to send several at once; 0. */
  coalesceMs?: number
  /** Chunk size towards players, 1 to 65536; 4096. */
  chunkSize?: number
  /**
   * Which timestamps players see: the first publisher's, whatever they do (`'keep'`), the same, but those of audio, and those
   * of video, never go back (`'monotonic'`), or as that from 0 with the first frame (`'rebase'`). Those of a publisher that
   * takes over go on where the last ones were.
   */
  timestamps?: 'keep' | 'monotonic' | 'rebase'
  /** With waitForPublisher: how long players wait before the stream ends; for ever. */
  waitLimitMs?: number
  /**
   * Players that have not said in connect that they decode what a stream carries get everything (`'pass'`), are told
   * NetStream.Play.Failed (`'refuse'`), or get what they have said that they decode (`'filter'`).
   */
  codecs?: 'pass' | 'refuse' | 'filter'
  /** What is left out, for every player that a server brings. */
  mask?: Mask
}

/** A hub at one moment. */
export interface HubStatistics {
  /** Streams that there are. */
  readonly streams: number
  /** Of them with a publisher. */
  readonly publishers: number
  /** Of all streams. */
  readonly players: number
  /** Payload bytes received from publishers. */
  readonly bytes: bigint
  /** Messages received from publishers. */
  readonly packets: number
  /** Frames sent to all players. */
  readonly framesSent: number
  /** Frames dropped because players were slow. */
  readonly framesDropped: number
  /** Bytes of memory held for late players. */
  readonly cachedBytes: bigint
  /** Messages that reached no player, as there was no memory for them. */
  readonly messagesLost: number
  /** Since the hub began. */
  readonly durationNs: bigint
}

/** A stream of a hub at one moment. */
export interface StreamStatistics {
  /** Whether it has a publisher. */
  readonly published: boolean
  /** Who play it. */
  readonly players: number
  /** Of the last message received. */
  readonly timestampMs: number
  /** Since the stream began. */
  readonly durationNs: bigint
  /** Between the last two keyframes received, by decoding time. */
  readonly keyframeIntervalNs: bigint
  /** Payload bytes received from publishers. */
  readonly bytes: bigint
  /** Messages received from publishers, of these: */
  readonly packets: number
  /** Audio. */
  readonly audioPackets: number
  /** Video. */
  readonly videoPackets: number
  /** Data, metadata included. */
  readonly dataPackets: number
  /** Keyframes. */
  readonly keyframes: number
  /** Not understood. */
  readonly malformed: number
  /** Frames sent to all players. */
  readonly framesSent: number
  /** Frames dropped because players were slow. */
  readonly framesDropped: number
  /** Bytes of memory held for late players. */
  readonly cachedBytes: bigint
  /** The publisher's address, `'application'` of {@link Hub.publish}, or `''`. */
  readonly publisher: string
  /** Messages that reached no player, as there was no memory for them. */
  readonly messagesLost: number
  /** Since the publisher began. */
  readonly publishedNs: bigint
  /** Of the first video track, `''` while there is none. */
  readonly videoCodec: Codec
  /** And of the first audio track. */
  readonly audioCodec: Codec
}

/** A stream of a hub, with its names. */
export interface HubStream extends StreamStatistics {
  /** The application. */
  readonly app: string
  /** Its name there. */
  readonly streamName: string
}

/** A player of a hub's stream at one moment. */
export interface PlayerStatistics {
  /** Its address; `''` of {@link Hub.play}. */
  readonly peer: string
  /** Messages sent to it. */
  readonly packets: number
  /** Their payload bytes. */
  readonly bytes: bigint
  /** Output that waits for it to read. */
  readonly queuedBytes: bigint
  /** Frames dropped because it was slow. */
  readonly framesDropped: number
  /** Since it began to play. */
  readonly durationNs: bigint
  /** Whether it has paused. */
  readonly paused: boolean
  /** Whether its video waits for a keyframe. */
  readonly waiting: boolean
  /** Whether it wants no audio. */
  readonly noAudio: boolean
  /** Whether it wants no video. */
  readonly noVideo: boolean
}

/**
 * Takes what is published under an application's and a stream's name and gives it to everybody who plays that, inside the
 * library. A whole live server:
 *
 * ```js
 * const server = await Server.listen(':1935', { hub: new Hub() })
 * ```
 *
 * Who comes late gets metadata, sequence headers and what the cache holds. A player that takes less than it is sent loses
 * video up to a keyframe and keeps its audio; the others do not notice it. When a publisher goes its players stay for the
 * grace period, and go on with the next one: timestamps never go back. Any number of servers may share a hub, which does not
 * keep the process alive by itself.
 */
export class Hub implements AsyncDisposable {
  /** A hub without streams. */
  constructor (options?: HubOptions)
  /** Whether it was closed. */
  readonly closed: boolean
  /**
   * Gives it a request to publish or play, which it grants or refuses: there is no session for you. Whether it was granted:
   * not when the stream has a publisher, or is not there, or is not one that the player decodes, or when the peer has gone.
   * A player may get what a mask leaves of the stream, in the place of the hub's own.
   */
  accept (request: Request<Session | undefined>, options?: { mask?: Mask }): Promise<boolean>
  /**
   * Publishes into the hub, without a connection. The client ends when another publisher takes over, or the hub is closed.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_BUSY` when the stream has a publisher that must not be replaced.
   */
  publish (app: string, streamName: string, options?: HubClientOptions): Promise<Client>
  /**
   * Plays from the hub, without a connection. Of a client whose packets are not taken in time video is dropped, as of a slow
   * player.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_NOT_FOUND` when there is no such stream.
   */
  play (app: string, streamName: string, options?: HubClientOptions & { mask?: Mask }): Promise<Client>
  /** Sends a stream of the hub to url whenever it is published here. There may be any number of relays of one. */
  push (app: string, streamName: string, url: string, options?: RelayOptions): Promise<Relay>
  /** Plays url and publishes what comes in the hub, unless somebody else publishes there. */
  pull (app: string, streamName: string, url: string, options?: RelayOptions): Promise<Relay>
  /** Its figures. */
  statistics (): HubStatistics
  /** Those of one stream. @throws {@link OxrtmpError} `ERR_OXRTMP_NOT_FOUND`. */
  streamStatistics (app: string, streamName: string): StreamStatistics
  /**
   * What the publisher of a stream has set to be kept, onMetaData among it, in the order in which late players get it: the
   * handler's name and the values of each, as JSON has them. @throws {@link OxrtmpError} `ERR_OXRTMP_NOT_FOUND`.
   */
  dataFrames (app: string, streamName: string): unknown[][]
  /** Its streams. */
  streams (): HubStream[]
  /** Who play one of its streams; nobody if there is none of that name. */
  players (app: string, streamName: string): PlayerStatistics[]
  /** Ends its streams and relays, telling publishers and players. Servers that have it refuse from then on. */
  close (): Promise<void>
  /** For `await using`: as {@link close}. */
  [Symbol.asyncDispose] (): Promise<void>
}

/** What a client without a connection can be told. */
export type HubClientOptions = Pick<ClientOptions, 'sendTimeoutMs' | 'outputBytes' | 'lingerMs'>

// ---- relays ----

/** Options of a relay. Unknown ones are refused by name. */
export interface RelayOptions {
  /** Pull: begin with the first player, who waits for it; false. */
  onDemand?: boolean
  /** On demand: end so long after the last player has left, in ms; 10000. */
  idleAfterMs?: number
  /** Wait half of it to all of it after a failure, in ms; doubled by each one; 1000. */
  retryMinMs?: number
  /** The most it waits, in ms, if no player comes on demand; 30000. */
  retryMaxMs?: number
  /** Give up after so many failures in a row; never. */
  attempts?: number
  /** Of its connections, TLS among them. */
  client?: Omit<ClientOptions, 'signal' | 'fd' | 'sendTimeoutMs'>
  /** Push: what is left out of the stream. */
  mask?: Mask
}

/**
 * What a relay does: `idle`: nothing to relay: no publisher here, or on demand no player, or another publisher; `connecting`
 * to the other server; `running`: it has accepted; `waiting`: the connection failed, it will try again; `closed`: it was
 * closed, or its hub, or it gave up.
 */
export type RelayState = 'idle' | 'connecting' | 'running' | 'waiting' | 'closed'

/** A relay has come into a state. `error` says why, where something failed. */
export interface RelayEvent {
  /** Always this. */
  readonly type: 'relay'
  /** The state. */
  readonly state: RelayState
  /** What failed. */
  readonly error: OxrtmpError | undefined
}

/** A relay at one moment. */
export interface RelayStatistics {
  /** Pull, or push. */
  readonly pull: boolean
  /** What it does. */
  readonly state: RelayState
  /** How the latest connection failed or ended: one of {@link status}. */
  readonly status: number
  /** How long it is in its state. */
  readonly sinceNs: bigint
  /** Connections that were accepted. */
  readonly connections: number
  /** Attempts after one that failed. */
  readonly retries: number
  /** Payload bytes sent or received, by all connections. */
  readonly bytes: bigint
  /** All packets, of these: */
  readonly packets: number
  /** Audio. */
  readonly audioPackets: number
  /** Video. */
  readonly videoPackets: number
  /** Data, metadata included. */
  readonly dataPackets: number
  /** Bytes not sent yet. */
  readonly queuedBytes: bigint
  /** Frames dropped by a push whose server was slow. */
  readonly framesDropped: number
  /** `status` in words, the other server's too. */
  readonly text: string
}

/**
 * Carries a stream of a hub to another server, or from there, until it is closed: {@link Hub.push}, {@link Hub.pull}. It
 * connects again when the connection is lost, and each connection begins with metadata, sequence headers and what the hub
 * keeps for late players.
 */
export class Relay implements AsyncDisposable {
  private constructor ()
  /** Whether it was closed by {@link close}. */
  readonly closed: boolean
  /** The relay at this moment. Of one that is closed: until then. */
  statistics (): RelayStatistics
  /** The states that it comes into, until it is closed. What nobody takes is dropped past 256. */
  events (): AsyncIterableIterator<RelayEvent>
  /** Ends it; a connection ends politely. */
  close (): Promise<void>
  /** Keeps the process alive while it is open; that is how it begins. */
  ref (): this
  /** Does not keep the process alive. */
  unref (): this
  /** For `await using`: as {@link close}. */
  [Symbol.asyncDispose] (): Promise<void>
}

// ---- files ----

/**
 * Writes packets into an FLV file, off the event loop. Where it begins another file, that one can be played alone: its time,
 * its duration and its index count from its first keyframe.
 */
export class Recorder implements AsyncDisposable {
  private constructor ()
  /**
   * Records into the file at path. If it exists, `name-2.flv`, `name-3.flv`, … is used: no file is overwritten.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_FILE`.
   */
  static open (path: string, options?: RecorderOptions): Promise<Recorder>
  /** Records into a file in directory (made if it is missing) with a safe name made of the stream's, whatever that is. */
  static openIn (directory: string, name: string, options?: RecorderOptions): Promise<Recorder>
  /** The path of the file that is written. */
  readonly path: string
  /**
   * Takes packets to be written: pass every one, in order. Fulfilled when there is room for more. Bytes that are yours are
   * copied before it returns. A failure stays, and is told by the next write or by {@link close}.
   */
  write (packets: Packet | PacketInit | readonly (Packet | PacketInit)[]): Promise<void>
  /** Completes the file: duration, size, index of keyframes. */
  close (): Promise<void>
  /** For `await using`: as {@link close}. */
  [Symbol.asyncDispose] (): Promise<void>
}

/**
 * Reads FLV: a file, off the event loop, by a loop over it; or bytes that you feed.
 *
 * ```js
 * for await (const packet of await FLVReader.open('clip.flv')) console.log(packet.timestampMs)
 * for await (const packet of FLVReader.packets(fs.createReadStream('clip.flv'))) console.log(packet.timestampMs)
 * ```
 */
export class FLVReader implements AsyncIterable<Packet>, AsyncDisposable {
  /** A reader of bytes that are fed. */
  constructor ()
  /** Reads a file. @throws {@link OxrtmpError} `ERR_OXRTMP_FILE`. */
  static open (path: string): Promise<FLVReader>
  /** The packets of any stream of FLV bytes: a readable stream, a response's body, an array of chunks. */
  static packets (source: AsyncIterable<Bytes> | Iterable<Bytes>): AsyncGenerator<Packet, void, void>
  /** Whether it was closed. */
  readonly closed: boolean
  /** Of a file that was read to its end: how it ended, also when its last packet is cut off. */
  readonly endReason: string
  /** Feeds the next bytes, split anywhere. @throws {@link OxrtmpError} `ERR_OXRTMP_FLV`. */
  feed (chunk: Bytes): void
  /** The packets that are complete by what was fed. */
  read (): Packet[]
  /** The next packet of a file; undefined at its end. */
  nextPacket (): Promise<Packet | undefined>
  /** The next packets of a file; none at its end. */
  nextPackets (): Promise<Packet[]>
  /** Takes the packets of a file, to its end. */
  [Symbol.asyncIterator] (): AsyncIterableIterator<Packet>
  /** Closes the file. */
  close (): void
  /** For `await using`: as {@link close}. */
  [Symbol.asyncDispose] (): Promise<void>
}

// ---- the protocol alone ----

/** Something that happened in an {@link Engine}. `streamId` is the message stream it is about, 0 where there is none. */
export type EngineEvent = {
  /** The message stream it is about; 0: none. */
  readonly streamId: number
} & (
  /** Accepting side: the peer asks. Nothing is received until it is answered; accepting makes no session. */
  | {
    readonly type: 'request'
    /** What it asks for. */
    readonly request: Request<undefined>
  }
  /** A packet of a stream came. */
  | {
    readonly type: 'packet'
    /** The packet. */
    readonly packet: Packet
  }
  /** A stream has ended. */
  | {
    readonly type: 'streamEnd'
    /** Why, in words. */
    readonly endReason: string
    /** The fault that has ended it, if it was one. */
    readonly error: OxrtmpError | undefined
  }
  /** Calling side: the server has accepted the stream: send, or packets come. */
  | { readonly type: 'connected' }
  /** Calling side: it has not. */
  | {
    readonly type: 'failed'
    /** Why. */
    readonly error: OxrtmpError
  }
  /** Accepting side: the player pauses: what is sent is left out; `positionMs` is where it stands. */
  | {
    readonly type: 'pause'
    /** Where it stands. */
    readonly positionMs: number
  }
  /** Accepting side: the player goes on, and needs sequence headers and a keyframe. */
  | {
    readonly type: 'unpause'
    /** Where it stands. */
    readonly positionMs: number
  }
  /** Accepting side: the player wants to be elsewhere in a recorded stream. */
  | {
    readonly type: 'seek'
    /** Where it wants to be. */
    readonly positionMs: number
  }
  /** Accepting side: the player wants audio or video, or not. */
  | {
    readonly type: 'receive'
    /** Which of them. */
    readonly media: 'audio' | 'video'
    /** Whether it is wanted. */
    readonly on: boolean
  }
  /** The handshake is done. */
  | {
    readonly type: 'handshake'
    /** Which one it was. */
    readonly handshake: 'simple' | 'digest'
  }
  /** The server said something else. */
  | {
    readonly type: 'status'
    /** Its code. */
    readonly code: string
    /** Its words. */
    readonly description: string
  }
  /** A command that was refused, without `answerCalls`. */
  | {
    readonly type: 'command'
    /** Its name. */
    readonly name: string
  }
  /** With `answerCalls`: what the peer says. */
  | CallEvent
  /** The answer to a call of yours. */
  | {
    readonly type: 'reply'
    /** What {@link Engine.call} returned. */
    readonly callId: number
    /** What was answered. */
    readonly values: any[]
    /** Why there is no answer: a refusal, or that none came in time. */
    readonly error: OxrtmpError | undefined
  }
  /** Calling side: the server asks to connect anew; where to go is yours. */
  | {
    readonly type: 'reconnect'
    /** Where to. */
    readonly tcUrl: string
  }
  /** A user control event came. */
  | {
    readonly type: 'control'
    /** Its number. */
    readonly event: number
  }
  /** The peer has said how much it has received. */
  | {
    readonly type: 'acknowledged'
    /** Bytes, modulo 2^32. */
    readonly bytes: number
  }
  /** The peer sends chunks of another size from now on. */
  | {
    readonly type: 'chunkSize'
    /** The most payload of each. */
    readonly bytes: number
  }
)

/** What a connection has done. */
export interface EngineStatistics {
  /** Where it stands. */
  readonly phase: Phase
  /** Bytes received after the handshake. */
  readonly bytesReceived: bigint
  /** Messages of every kind received. */
  readonly messagesReceived: number
  /** Audio, video and data handed on. */
  readonly packetsReceived: number
  /** Audio, video and data sent. */
  readonly packetsSent: number
  /** Packets received whose header was not understood. */
  readonly malformed: number
  /** Media and data outside a publishing stream. */
  readonly ignored: number
  /** Messages, commands and control events that the library does not know. */
  readonly unknown: number
  /** Control, command and data messages that could not be parsed. */
  readonly faulty: number
  /** Requests answered by reject. */
  readonly requestsRejected: number
  /** Requests that were not answered in time. */
  readonly requestsExpired: number
}

/** What an engine has beside the options of a server or client. */
export interface EngineOptions {
  /** The handshake was done elsewhere: the first byte is a chunk's; false. */
  handshakeDone?: boolean
}

/** What the accepting side has beside that. */
export interface EngineServerOptions extends EngineOptions {
  /**
   * Called, later, when a hub that has streams of the engine has output for a player, and when it takes again what
   * {@link Engine.receive} did not: send {@link Engine.output}, give it the rest if there is some, and take
   * {@link Engine.events}. An engine with it is not collected before it is closed.
   */
  onReady?: () => void
}

/**
 * The protocol of one connection, without a socket, timer or clock, for a transport of yours. Times are milliseconds since
 * the connection began. No call waits.
 *
 * ```js
 * const engine = Engine.server()
 * socket.on('data', bytes => {
 *   for (let at = 0; at < bytes.length;) {
 *     at += engine.receive(now(), bytes.subarray(at))
 *     for (const event of engine.events()) {
 *       if (event.type === 'request') event.request.accept()
 *       if (event.type === 'packet') console.log(event.packet.timestampMs)
 *     }
 *     socket.write(engine.output())
 *   }
 * })
 * ```
 */
export class Engine implements Disposable {
  private constructor ()
  /**
   * The accepting side. Of the options, what concerns listening, connections, sending and events has no meaning. A `hub`, of
   * the options or by {@link Hub.accept}, has what is published instead of the events, and what it has for a player is part
   * of the output: `onReady` says when.
   */
  static server (options?: Omit<ServerOptions, 'signal' | 'sendTimeoutMs' | 'tls'> & EngineServerOptions): Engine
  /** The calling side, which publishes. The URL names the stream only. Its first output is at hand. */
  static publish (url: string, options?: Omit<ClientOptions, 'signal' | 'fd' | 'sendTimeoutMs' | 'tls'> & EngineOptions): Engine
  /** The calling side, which plays: what the server sends comes as `packet` events after `connected`. */
  static play (url: string, options?: Omit<ClientOptions, 'signal' | 'fd' | 'sendTimeoutMs' | 'tls'> & EngineOptions): Engine
  /** Whether it was closed by {@link close}. */
  readonly closed: boolean
  /**
   * Gives it bytes that arrived. Returns how many it took: fewer than all while a request waits for its answer, or a hub has
   * not taken what came before (give it the rest after that), and when the conversation ends within them.
   * @throws {@link OxrtmpError} `ERR_OXRTMP_CLOSED` when the conversation is over; of the group -3xx when the peer broke the
   * protocol or a limit: the engine is dead then, but what it has to say should still be sent.
   */
  receive (nowMs: number, bytes: Bytes): number
  /** Takes what has happened. */
  events (): EngineEvent[]
  /** Takes the bytes that are to be sent, in order; none: an empty Buffer. */
  output (): Buffer
  /** When {@link advance} is to be called; undefined: not at all. It changes with every other call. */
  readonly deadlineMs: number | undefined
  /** Tells it what time it is. @throws {@link OxrtmpError} `ERR_OXRTMP_SILENT` when a phase has lasted too long. */
  advance (nowMs: number): void
  /**
   * Publishing: sends a packet, after `connected`; the output grows by it. Accepting side: sends it to the player of a
   * stream, whose `streamId` is that of the play's `request` event; what the player has paused, or does not want, is left
   * out. It needs `askPlay` of the options.
   */
  sendPacket (packet: Packet | PacketInit, streamId?: number): void
  /** Sends packets in order. */
  sendPackets (packets: readonly (Packet | PacketInit)[], streamId?: number): void
  /** Sends onMetaData. */
  sendMetadata (metadata: Partial<Metadata>): void
  /** Accepting side: tells the player of a stream that all of it has been sent; the connection goes on. */
  complete (streamId: number): void
  /** Calling side that plays: asks the server to stop sending. */
  pause (): void
  /** Asks the server to go on sending. */
  resume (): void
  /** Asks for another position of a recorded stream. */
  seek (positionMs: number): void
  /** Asks for another stream in the place of the one that plays, as {@link Client.play2} does. */
  play2 (streamName: string, options?: Play2Options): void
  /**
   * Calls a procedure of the application at the other end, once connect was accepted. A `reply` event comes with the number
   * that is returned here: with the values of the answer, or with an error, a refusal or the end of `timeoutMs` (10000) by
   * the clock of {@link receive} and {@link advance}.
   */
  call (name: string, values?: readonly amf.Value[], options?: { timeoutMs?: number }): number
  /** Calls a procedure whose answer nobody wants. */
  notify (name: string, values?: readonly amf.Value[]): void
  /** Answers a `call` event. */
  answer (callId: number, values?: readonly amf.Value[]): void
  /** Refuses a `call` event; the code is `NetConnection.Call.Failed` if not given. */
  refuse (callId: number, description?: string, code?: string): void
  /** Tells the peer what happens to a shared object. */
  sendSharedObject (sharedObject: SharedObject): void
  /** Accepting side: asks the peer to connect anew, as {@link Session.requestReconnect} does. */
  requestReconnect (tcUrl?: string, description?: string): void
  /** Tells the server whether audio is wanted. */
  receiveAudio (on: boolean): void
  /** Tells the server whether video is wanted. */
  receiveVideo (on: boolean): void
  /** Tells the server how much this side buffers. */
  setBufferLength (lengthMs: number): void
  /**
   * Accepting side: ends a stream and tells its publisher or player why; the connection goes on. A player that is given no
   * code hears that its publisher has ended.
   */
  closeStream (streamId: number, code?: string, description?: string): void
  /** Ends the conversation politely: send the output and hang up. */
  end (): void
  /** Whether the conversation is over, so that the connection is to be closed once the output is sent. */
  readonly closing: boolean
  /** What the connection has done. */
  statistics (): EngineStatistics
  /** Frees it. Packets that were taken stay valid. */
  close (): void
  /** For `using`: as {@link close}. */
  [Symbol.dispose] (): void
}

// ---- the library ----

/** How grave a log record is. */
export type LogLevel = 'error' | 'warning' | 'info' | 'debug'

/** Something the library has to say beside errors. Stream names are masked. */
export interface LogRecord {
  /** How grave it is. */
  readonly level: LogLevel
  /** What happened. */
  readonly message: string
  /** When, on the clock of `process.hrtime.bigint()`. */
  readonly timeNs: bigint
}

/**
 * Sets who gets log records of this level (default `'warning'`) and graver ones; undefined: nobody. Call it before the
 * first server or client is opened, in each worker that wants records.
 */
export function setLogger (logger: ((record: LogRecord) => void) | undefined, options?: { level?: LogLevel }): void

/** Bounds the memory of all message payloads in the process. Default 2 GiB; 0 restores it. */
export function setMemoryLimit (bytes: number | bigint): void

/** How Go's run-time system behaves, in the whole process. */
export interface RuntimeOptions {
  /** How many threads run Go code at a time, 1 to 1024. Default (0): what GOMAXPROCS says, else what the machine has. */
  processors?: number
  /** Memory of the library's own heap and stacks, without payloads, above which it is collected more often. Default (0): what GOMEMLIMIT says, else none. */
  heapBytes?: number | bigint
}

/** Sets all of them: what is left out goes back to its default. */
export function runtimeConfigure (options?: RuntimeOptions): void

/** What the library holds at this moment, for the whole process. */
export interface LibraryStatistics {
  /** Live handles of all kinds. */
  readonly handles: number
  /** Packets received and not yet released. */
  readonly packets: number
  /** Memory of message payloads in use, which {@link setMemoryLimit} bounds. */
  readonly payloadBytes: bigint
  /** Memory of payloads kept for the next ones. */
  readonly pooledBytes: bigint
  /** Memory in use on the library's own heap. */
  readonly heapBytes: bigint
  /** Memory of payloads that packets and Buffers of this thread refer to without a copy: at most 64 MiB, then they are copied. */
  readonly lentBytes: bigint
  /** Concurrent activities inside the library. */
  readonly goroutines: number
  /** Internal faults caught since the start. */
  readonly faults: number
  /** Threads that run Go code at a time: see {@link runtimeConfigure}. */
  readonly processors: number
  /** Soft limit of Go's memory in bytes, 0n: none: see {@link runtimeConfigure}. */
  readonly heapLimit: bigint
}

/** What the library holds at this moment. Halts it for some microseconds: for tests and for now and then. */
export function libraryStatistics (): LibraryStatistics

/** The version of the package and its library. */
export const version: string

/** One line about the library's build: version, platform, compilers. */
export const buildInfo: string

/**
 * AMF values: the arguments of RTMP commands, data messages and FLV script tags, in both formats.
 *
 * ```js
 * const [handler, values] = amf.decode(packet.data)
 * const body = amf.encode(['onTextData', { text: 'hello' }])
 * ```
 *
 * Numbers, booleans, strings, `null`, `undefined` and `Date` are what they are in JavaScript; strict arrays are arrays;
 * byte arrays Buffers, and any other view or ArrayBuffer when encoding; objects and ECMA arrays plain objects, about which
 * {@link amf.traitsOf} and {@link amf.denseOf} say more. Dictionaries are Maps. Where AMF0 or AMF3 have more, there is a
 * class. When encoding AMF3, whole numbers from -2^28 to 2^28 - 1 are integers, and Int32Array, Uint32Array and
 * Float64Array are vectors. A reference becomes a copy of what it stands for, or an {@link amf.Reference} inside of that.
 */
export namespace amf {
  /** What can be encoded. */
  type Value =
    | null | undefined | boolean | number | bigint | string | Date | Bytes | typeof UNSUPPORTED | XML | XMLDocument | Reference
    | Vector | External | Map<any, any> | readonly Value[] | { readonly [name: string]: any }

  /** How bytes are read. */
  interface DecodeOptions {
    /** AMF3; AMF0, which may have AMF3 inside, if left out. */
    amf3?: boolean
    /** Every object must have its end, and every property a name. */
    strict?: boolean
    /** How deep values may be nested, at most 1024; 64. */
    depth?: number
    /** How many there may be; 65536. */
    values?: number
    /**
     * Says how many of the bytes of `rest` an external object of a class takes, `undefined` if it does not know the class.
     * Without it, or then, `decode` throws ERR_OXRTMP_UNSUPPORTED.
     */
    external?: (className: string, rest: Buffer) => number | undefined
  }

  /** How values are written. */
  interface EncodeOptions {
    /** AMF3; AMF0 if left out, with what only AMF3 has in AMF3 inside. */
    amf3?: boolean
    /** AMF0 for peers that do not know AMF3: what only AMF3 has is replaced by what AMF0 has in its place. */
    toAmf0?: boolean
  }

  /** All values of bytes. @throws ERR_OXRTMP_AMF for what is no AMF, ERR_OXRTMP_LIMIT past the bounds. */
  function decode (bytes: Bytes, options?: DecodeOptions): any[]
  /** Values one after the other, as bytes. */
  function encode (values: readonly Value[], options?: EncodeOptions): Buffer
  /** The values of bytes as a JSON array. Dates become `{"$date":ms}`, byte arrays `{"$bytes":"base64"}`. */
  function toJSON (bytes: Bytes, options?: { amf3?: boolean, strict?: boolean }): string
  /** The values of a JSON array, as bytes: what `toJSON` reads alike. */
  function fromJSON (text: string, options?: { amf3?: boolean }): Buffer

  /** What AMF3 says of an object's class. */
  interface Traits {
    /** Its name. */
    className: string
    /** How many of the first properties it prescribes. */
    sealed: number
    /** Whether it permits no others. */
    static: boolean
  }
  /** An object of a class. */
  function object (properties: object, traits?: Partial<Traits>): Record<string, any>
  /** The class of an object that was decoded or made by `object`; `undefined` for an anonymous one. */
  function traitsOf (value: object): Traits | undefined
  /** An ECMA array, with the elements without a name that arrays of AMF3 may have besides. */
  function ecmaArray (properties: object, dense?: readonly Value[]): Record<string, any>
  /** The elements without a name of an ECMA array; `undefined` for an object that is none. */
  function denseOf (value: object): any[] | undefined

  /** Stands where the sender had a value that it could not write. */
  const UNSUPPORTED: unique symbol
  /** The text of an XML document, not parsed. */
  class XMLDocument {
    /** Makes one to encode. */
    constructor (text: string)
    /** The document. */
    readonly text: string
  }
  /** The same of AMF3's newer kind. */
  class XML {
    /** Makes one to encode. */
    constructor (text: string)
    /** The document. */
    readonly text: string
  }
  /** Stands inside an object for that object itself: its index among the objects and arrays of the data. */
  class Reference {
    /** Makes one to encode. */
    constructor (index: number)
    /** Counted from 0, in the order in which they begin. */
    readonly index: number
  }
  /** A list of values of one kind. */
  class Vector {
    /** Makes one to encode, not fixed and of any class by itself. */
    constructor (kind: 'int' | 'uint' | 'double' | 'object', items: Iterable<any>, options?: { fixed?: boolean, className?: string })
    /** What its values are. */
    readonly kind: 'int' | 'uint' | 'double' | 'object'
    /** The values. */
    items: any[]
    /** Whether its length must not change. */
    fixed: boolean
    /** Of `'object'`: their class, `'*'` for any. */
    className: string
  }
  /** Values under keys of any kind. */
  class Dictionary extends Map<any, any> {
    /** Makes one to encode, not weak by itself. */
    constructor (entries?: Iterable<readonly [any, any]>, options?: { weak?: boolean })
    /** Whether entries whose key nobody else holds may vanish. */
    weak: boolean
  }
  /** An object whose class writes itself: as one value, or as data that only the class knows. */
  class External {
    /** Makes one to encode, of a value or of data. */
    constructor (className: string, content?: { value?: any, data?: Bytes })
    /** Its class. */
    className: string
    /** The value as which it writes itself. */
    value: any
    /** Or its data. */
    data: Bytes | undefined
  }
}

/** What is inside payloads: configuration records, NAL units of H.264 and H.265, AAC in ADTS. What cannot be read throws. */
export namespace codec {
  /** What a sequence header says of its track. A 0 is what it does not say. */
  interface Info {
    /** Four characters. */
    codec: string
    /** By the codec's numbers; of AAC the object type. */
    profile: number
    /** By the codec's numbers. */
    level: number
    /** Pixels. */
    width: number
    /** Pixels. */
    height: number
    /** Bits of a sample. */
    bitDepth: number
    /** Hz. */
    sampleRate: number
    /** Number of channels. */
    channels: number
    /** Bytes of the length before each NAL unit. */
    lengthSize: number
    /** What FFmpeg calls the decoder. */
    name: string
    /** The codecs parameter of media types: `'avc1.64001F'` (RFC 6381). */
    parameter: string
  }
  /** Reads a sequence header: avcC, hvcC, av1C, vpcC, AudioSpecificConfig, OpusHead, STREAMINFO. */
  function describe (packet: Packet | PacketInit): Info
  /** What FFmpeg's decoder of a codec wants as extradata, given the data of a sequence header. */
  function extradata (codec: string, data: Bytes): Buffer
  /** Which of `'avc1'` and `'hvc1'` a configuration record belongs to, `''` for neither: old encoders mix them up. */
  function detect (record: Bytes): string
  /** The configuration record (avcC, hvcC) for the parameter sets of an Annex B byte stream of `'avc1'` or `'hvc1'`. */
  function record (codec: string, annexb: Bytes): Buffer
  /**
   * The NAL units of a configuration record of `'avc1'` or `'hvc1'` as an Annex B byte stream, as a raw file or a decoder wants
   * them before the first frame: SPS, their extensions, PPS; of H.265 in the record's order, SEI too. Empty when the record
   * has none, and the frames have them. The inverse of `record`.
   */
  function parameterSets (codec: string, record: Bytes): Buffer
  /** A NAL unit. */
  interface NALU {
    /** Part of what it was found in. */
    data: Buffer
    /** By the codec's numbers; -1: none. */
    type: number
    /** Whether decoding can begin with it. */
    randomAccess: boolean
    /** Whether it is a parameter set. */
    parameterSet: boolean
  }
  /** The NAL units of an access unit, each after its length of 1, 2 or 4 (default) bytes; 0: of an Annex B byte stream. */
  function nalus (codec: string, data: Bytes, options?: { lengthSize?: number }): NALU[]
  /** The NAL units of an Annex B byte stream, each after its length, as RTMP carries them. */
  function fromAnnexB (data: Bytes, options?: { lengthSize?: number }): Buffer
  /** NAL units that are after their lengths as an Annex B byte stream. */
  function toAnnexB (data: Bytes, options?: { lengthSize?: number }): Buffer
  /** A frame of AAC that came in ADTS. */
  interface ADTS {
    /** The raw frame, part of what it was found in. */
    data: Buffer
    /** Bytes of it with its header. */
    frameSize: number
    /** The object type: 2 is AAC-LC. */
    profile: number
    /** Hz. */
    sampleRate: number
    /** Number of channels; 0: as the frame itself says. */
    channels: number
    /** Its AudioSpecificConfig, for the sequence header. */
    config: Buffer
  }
  /** The ADTS frame that data begins with. */
  function parseADTS (data: Bytes): ADTS
  /** All ADTS frames of data. */
  function framesOfADTS (data: Bytes): IterableIterator<ADTS>
  /** A raw AAC frame after an ADTS header that says what the AudioSpecificConfig does. */
  function buildADTS (config: Bytes, frame: Bytes): Buffer
}
