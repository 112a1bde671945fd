/// <reference types="node" />

/**
 * `oxrtmp/lowlevel`: the parts that an engine is made of, on your own memory; for programs that read captures, try peers out,
 * or bring a protocol engine of their own. Nothing here waits, and nothing is kept of what you pass in. A connection is read
 * so, once its handshake is done:
 *
 * ```js
 * import { ChunkDecoder, commandParse, controlParse, packetParse } from 'oxrtmp/lowlevel'
 * const decoder = new ChunkDecoder()
 * socket.on('data', bytes => {
 *   while (bytes.length > 0) {
 *     bytes = bytes.subarray(decoder.feed(bytes)) // up to the end of one message
 *     const message = decoder.next()
 *     if (message === undefined) continue
 *     const { type, payload, timestampMs } = message
 *     if (type === 1) decoder.setChunkSize(controlParse(1, payload).value) // holds for the next chunk already
 *     if (type === 20) console.log(commandParse(20, payload).name)
 *     if (type === 8 || type === 9) console.log(packetParse(type, timestampMs, payload))
 *   }
 * })
 * ```
 *
 * - What results in bytes takes `into` as its last argument: they are written to its beginning, and what is returned is that
 *   part of it. Without, a new Buffer is made. If `into` is too small, an {@link OxrtmpError} with code
 *   `'ERR_OXRTMP_BUFFER'` is thrown, whose `needed` is how many bytes it takes, and nothing has been written or changed.
 * - Buffers in a result lie inside the bytes that you passed in, not copied.
 * - The names are those of `oxrtmp.h`, where each is described with the section of its specification.
 *
 * @packageDocumentation
 */

import type { Bytes, Limits, OxrtmpError, Packet, PacketInit, SharedObject, TrackForm } from './index.js'

/** What is thrown when `into` is too small. */
export interface BufferError extends OxrtmpError {
  readonly code: 'ERR_OXRTMP_BUFFER'
  /** Bytes that the result has. */
  readonly needed: number
}

// ---- handshakes ----

/** Bytes that a handshake takes from {@link HandshakeOptions.random}. */
export const HANDSHAKE_RANDOM_SIZE: 3032

/** Options of a {@link Handshake}. */
export interface HandshakeOptions {
  /** The calling side; else the accepting one. */
  client?: boolean
  /** The calling side offers the digest handshake; the other side does as the peer does. */
  digest?: boolean
  /** Your clock, which C1 or S1 tells, in milliseconds; 0, which is as good as any. */
  timeMs?: number
  /** For the random parts, at least {@link HANDSHAKE_RANDOM_SIZE} bytes, read at once; the system's randomness. */
  random?: Bytes
}

/** What a handshake has found out; all of it is known when it is done. */
export interface HandshakeResult {
  /** The peer's last byte has arrived. */
  readonly done: boolean
  /** It is the digest handshake, not the simple one. */
  readonly digest: boolean
  /** Where the digest's block begins in the peer's packet; 0 without a digest. */
  readonly scheme: 0 | 8 | 772
  /** The peer's clock, of its C1 or S1. */
  readonly peerTimeMs: number
  /** The peer's answer was right; many working peers' is not. */
  readonly peerVerified: boolean
  /** Bytes 4 to 7 of the peer's C1 or S1. */
  readonly peerVersion: Buffer
}

/** Where a packet of a handshake has its digest (32 bytes) and a Diffie-Hellman public key (128 bytes). */
export interface HandshakeOffsets {
  /** The digest's first byte. */
  readonly digestOffset: number
  /** The key's. */
  readonly keyOffset: number
}

/** One side of a handshake. The calling side's first output is at hand at once. */
export class Handshake implements Disposable {
  /** Begins one; by itself the accepting side. */
  constructor (options?: HandshakeOptions)
  /**
   * Give it what arrived, in pieces of any size. It returns how many bytes it took: fewer than all when the handshake has
   * ended within them, as what follows belongs to the chunks.
   * @throws An {@link OxrtmpError}: HANDSHAKE when the first byte is not that of RTMP, in words that say what it looks like; at
   * every later call too.
   */
  receive (bytes: Bytes): number
  /**
   * What is to be sent; no bytes when that is nothing. There may be some when the handshake is done. With `into`, as much as
   * fits there: call it until it returns no bytes.
   */
  output (into?: Bytes): Buffer
  /** What it has found out. */
  readonly result: HandshakeResult
  /** It was closed. */
  readonly closed: boolean
  /** End it. Closing again is nothing. */
  close (): void
  /** For `using`: as {@link close}. */
  [Symbol.dispose] (): void
}

/** Where digest and key would be in a C1 or S1, which has 1536 bytes; scheme is where the digest's block begins. */
export function handshakeOffsets (packet: Bytes, scheme: 8 | 772): HandshakeOffsets

// ---- logins ----

/** What {@link authmodAdobe} makes a response of. All are raw, as they stand in parameters. */
export interface AdobeLogin {
  /** The user's name. */
  user: string
  /** The user's password. */
  password: string
  /** What the server's refusal of connect has told. */
  salt: string
  /** As `salt`. */
  challenge: string
  /** As `salt`; takes the place of `challenge`. Nothing when the server gave none. */
  opaque?: string
  /** Of your choice; goes along as `challenge=`. */
  clientChallenge: string
}

/** What {@link authmodLlnw} makes a response of. All are raw, as they stand in parameters. */
export interface LlnwLogin {
  /** The user's name. */
  user: string
  /** The user's password. */
  password: string
  /** The application without its query. */
  app: string
  /** What the server's refusal of connect has told. */
  nonce: string
  /** How often the nonce was answered, in eight hexadecimal digits; goes along as `nc=`. `'00000001'`. */
  count?: string
  /** Of your choice; goes along as `cnonce=`. */
  clientNonce: string
}

/**
 * What a client answers to a server that asks for a login by authmod=adobe: the value of `response=`. For peers of your own:
 * clients and servers of this package log in and check logins by their options. As deployed servers have it; no document
 * describes it.
 */
export function authmodAdobe (login: AdobeLogin): string
/** The same for authmod=llnw: the digest of RFC 2617, section 3.2.2. */
export function authmodLlnw (login: LlnwLogin): string

// ---- chunks ----

/** A message, and what its chunks say of it. */
export interface Message {
  /** 2 to 65599. */
  readonly chunkStreamId: number
  /** Milliseconds modulo 2^32. */
  readonly timestampMs: number
  /** The message stream, 0 for the connection's own messages. */
  readonly streamId: number
  /** The message type, 0 to 255: 8 audio, 9 video, 20 command, … */
  readonly type: number
  /** All of it. */
  readonly payload: Buffer
}

/** A message to write. */
export interface MessageInit {
  /** 2 to 65599. */
  chunkStreamId: number
  /** Milliseconds modulo 2^32; 0. */
  timestampMs?: number
  /** The message stream; 0. */
  streamId?: number
  /** The message type, 0 to 255. */
  type: number
  /** At most 16777215 bytes. */
  payload: Bytes
}

/** The bounds of a {@link ChunkDecoder}; those of a server if they are left out. */
export type ChunkDecoderLimits = Pick<Limits, 'messageBytes' | 'partialBytes' | 'chunkStreams'>

/** Reads the chunks of one direction. It begins with a chunk size of 128. */
export class ChunkDecoder implements Disposable {
  /** Begins a direction. */
  constructor (limits?: ChunkDecoderLimits)
  /**
   * Give it the bytes that follow those before. It takes them up to the end of the next message, and none while one waits to
   * be taken; it returns how many it took.
   * @throws An {@link OxrtmpError}: CHUNK, LIMIT, MEMORY; at every later call too.
   */
  feed (bytes: Bytes): number
  /** Take the message that has come to its end; `undefined` when more bytes are needed. With `into`, its payload lies there. */
  next (into?: Bytes): Message | undefined
  /**
   * The peer's chunks have up to `size` bytes of payload from the next one on: what a Set Chunk Size message asks for. Bit 31
   * is ignored, 0 changes nothing.
   */
  setChunkSize (size: number): void
  /** Drop the incomplete message of a chunk stream, if there is one: what an Abort message asks for. */
  abort (chunkStreamId: number): void
  /** It was closed. */
  readonly closed: boolean
  /** End it. Closing again is nothing. */
  close (): void
  /** For `using`: as {@link close}. */
  [Symbol.dispose] (): void
}

/** Writes the chunks of one direction. It begins with a chunk size of 128. */
export class ChunkEncoder implements Disposable {
  /** Begins a direction. */
  constructor ()
  /** A message as chunks, with headers as short as the messages before it permit. */
  write (message: MessageInit, into?: Bytes): Buffer
  /**
   * Chunks have up to `size` bytes of payload from the next message on, 1 to 0x7fffffff. You tell the peer before, by a Set
   * Chunk Size message.
   */
  setChunkSize (size: number): void
  /** Begin every message with a complete header from now on, which refers to nothing before it, or no longer do so. */
  setFullHeaders (on?: boolean): void
  /** Make the next message of a chunk stream begin with a complete header: after a message that was written but not sent. */
  forget (chunkStreamId: number): void
  /** It was closed. */
  readonly closed: boolean
  /** End it. Closing again is nothing. */
  close (): void
  /** For `using`: as {@link close}. */
  [Symbol.dispose] (): void
}

// ---- AMF ----

/**
 * What stands in AMF0 data: a value, or the beginning or end of one that has others inside. Properties follow an `object` and
 * an `ecma_array`, then `object_end`; `count` values follow a `strict_array`, and nothing ends them.
 */
export type AMFType =
  | 'number' | 'boolean' | 'string' | 'object' | 'null' | 'undefined' | 'reference' | 'ecma_array' | 'object_end'
  | 'strict_array' | 'date' | 'unsupported' | 'xml' | 'amf3'

/** One step through AMF data. */
export type AMFValue = {
  /** How many objects and arrays are around it. */
  readonly depth: number
  /** Of a property: its name. Bytes that are no UTF-8 are replaced; the cursor's offset says where they are. */
  readonly name?: string
} & (
  | {
    readonly type: 'number' | 'boolean'
    /** Of a boolean 0 or 1. */
    readonly number: number
  }
  | {
    readonly type: 'string' | 'xml' | 'object'
    /** Of an object its class, or nothing. */
    readonly text: string
  }
  | { readonly type: 'null' | 'undefined' | 'unsupported' | 'object_end' }
  | {
    readonly type: 'reference'
    /** Which of the objects and arrays of the data it stands for, from 0 on. */
    readonly count: number
  }
  | {
    readonly type: 'ecma_array' | 'strict_array'
    /** What an ECMA array says of itself; of a strict array how many values follow. */
    readonly count: number
  }
  | {
    readonly type: 'date'
    /** Milliseconds since 1970-01-01 UTC. */
    readonly number: number
    /** Minutes, normally 0. */
    readonly zone: number
  }
  | {
    readonly type: 'amf3'
    /** One value in AMF3, as it stands there. */
    readonly text: Buffer
  }
)

/** One step to write: the fields of {@link AMFValue} that its type has. */
export interface AMFValueInit {
  /** What it is. */
  type: AMFType
  /** For what is in an `object` or `ecma_array`, at most 65535 bytes. */
  name?: string | Bytes
  /** Of `number`, `boolean` and `date`; 0. */
  number?: number
  /** Of arrays and `reference`; 0. */
  count?: number
  /** Of `date`; 0. */
  zone?: number
  /** Of `string`, `xml`, `object` and `amf3`; empty. */
  text?: string | Bytes
  /** Not looked at. */
  depth?: number
}

/**
 * A walk through AMF0 values that lie one after the other. To iterate is to take the steps that are left. `amf.decode` of
 * `oxrtmp` makes values of JavaScript of both formats at once.
 */
export class AMFCursor implements Iterable<AMFValue> {
  /** The bytes must stay as they are for as long as it walks. */
  constructor (data: Bytes)
  /**
   * The next step; `undefined` at the end of the data, also where the end of an object is missing.
   * @throws An {@link OxrtmpError}: AMF; LIMIT for what is nested more than 64 deep.
   */
  next (): AMFValue | undefined
  /** Bytes that were read. */
  readonly offset: number
  /** Takes the steps that are left. */
  [Symbol.iterator] (): Iterator<AMFValue>
}

/**
 * The bytes of one step, which {@link AMFCursor} reads alike. To end objects, and to have as many values follow a
 * `strict_array` as it says, is your part.
 * @throws An {@link OxrtmpError}: LIMIT for a name or class of more than 65535 bytes.
 */
export function amfBuild (value: AMFValueInit, into?: Bytes): Buffer

/**
 * AMF values as a JSON array, for `JSON.parse`. References are followed; objects and ECMA arrays become objects, properties in
 * their order; dates become `{"$date":ms}`, byte arrays `{"$bytes":"base64"}`; what JSON cannot say becomes null.
 * `strict`: every object must have its end, and every property a name. `amf3`: the data is AMF3 instead of AMF0.
 * @throws An {@link OxrtmpError}: AMF; LIMIT for what is nested more than 64 deep or has more than 65536 values.
 */
export function amfToJson (data: Bytes, options?: { strict?: boolean, amf3?: boolean }): string

/**
 * The values of a JSON array in AMF, one after the other: what {@link amfToJson} reads alike. Objects become anonymous
 * objects, arrays strict arrays.
 */
export function amfFromJson (json: string, options?: { amf3?: boolean }, into?: Bytes): Buffer

// ---- messages ----

/** A protocol control or user control message; fields that its type does not have are 0. */
export interface Control {
  /**
   * The message type: 1 Set Chunk Size, 2 Abort, 3 Acknowledgement, 4 User Control, 5 Window Acknowledgement Size, 6 Set Peer
   * Bandwidth.
   */
  readonly type: number
  /** 1: the size; 2: the chunk stream; 3: bytes received, modulo 2^32; 5 and 6: the window. */
  readonly value: number
  /** 6: 0 hard, 1 soft, 2 dynamic. */
  readonly limitType: number
  /**
   * 4: 0 StreamBegin, 1 StreamEOF, 2 StreamDry, 3 SetBufferLength, 4 StreamIsRecorded, 6 PingRequest, 7 PingResponse,
   * 31 BufferEmpty, 32 BufferReady, or another.
   */
  readonly event: number
  /** 4: the message stream, of all those named but pings. */
  readonly streamId: number
  /** 4: of pings. */
  readonly timestampMs: number
  /** 4: of SetBufferLength. */
  readonly bufferMs: number
  /** 4: what follows the number of another event. */
  readonly data: Buffer
}

/** A control message to write: what is left out is 0. */
export type ControlInit = {
  /** The message type, as {@link Control.type}. */
  type: number
  /** As {@link Control.data}. */
  data?: Bytes
} & {
  -readonly [name in Exclude<keyof Control, 'type' | 'data'>]?: Control[name]
}

/**
 * Read the payload of a message of type 1 to 6. Bytes past its fields are passed over.
 * @throws An {@link OxrtmpError}: MESSAGE when it is too short.
 */
export function controlParse (type: number, data: Bytes): Control

/** The payload of a control message. */
export function controlBuild (control: ControlInit, into?: Bytes): Buffer

/** A command message. */
export interface Command {
  /** `'connect'`, `'_result'`, … */
  readonly name: string
  /** Ties an answer to its command; 0 wants none. */
  readonly transactionId: number
  /** AMF0: the command object and the arguments; see {@link AMFCursor} and {@link amfToJson}. */
  readonly values: Buffer
}

/** A command message to write. */
export interface CommandInit {
  /** Such as `'connect'`. */
  name: string
  /** 0. */
  transactionId?: number
  /** None. */
  values?: Bytes
}

/**
 * Read the payload of a message of type 20, or 17 with AMF0 in it. A transaction id that is none is 0.
 * @throws An {@link OxrtmpError}: MESSAGE when it begins with no name, or is in AMF3.
 */
export function commandParse (type: number, data: Bytes): Command

/** The payload of a message of type 20. */
export function commandBuild (command: CommandInit, into?: Bytes): Buffer

// ---- media ----

/**
 * Read the payload of a message of type 8, 9, 15 or 18, at most 16777215 bytes: one packet, or one per track. They point to
 * `data`, and have no use for `release()`. What cannot be read is one packet that is `malformed`.
 */
export function packetParse (type: number, timestampMs: number, data: Bytes): Packet[]

/**
 * The payload that a packet's fields describe: header and data. Its raw is written only if it has no data.
 * @throws An {@link OxrtmpError}: MEDIA when no message can be made of it.
 */
export function packetBuild (packet: PacketInit | Packet, into?: Bytes): Buffer

/** The bits of {@link ColorInfo.sections}. */
export const ColorSections: Readonly<{
  /** `bitDepth` to `matrixCoefficients`. */
  CONFIG: 1
  /** `maxFrameAverageLight` and `maxLight`. */
  LIGHT: 2
  /** `redX` to `minLuminance`. */
  DISPLAY: 4
}>

/**
 * The colours of a video track: what a packet with `PacketFlags.COLOR_INFO` says, from the next frame on, until another one
 * says something else. Codes are those of ITU-T H.273, light is in candela per square meter, places in colour are CIE 1931's
 * x and y. 0 is what is not said.
 */
export interface ColorInfo {
  /** Which of the sections are there, {@link ColorSections}; 0 takes back what was said before. */
  sections: number
  /** 8, 10 or 12. */
  bitDepth: number
  /** 9 is BT.2020, 2 is unspecified. */
  colorPrimaries: number
  /** 16 is PQ, 18 is HLG, 2 is unspecified. */
  transferCharacteristics: number
  /** 2 is unspecified. */
  matrixCoefficients: number
  /** maxFall. */
  maxFrameAverageLight: number
  /** maxCLL. */
  maxLight: number
  /** x of the red primary of the display that the content was made on, as all that follow. */
  redX: number
  /** y of red. */
  redY: number
  /** x of green. */
  greenX: number
  /** y of green. */
  greenY: number
  /** x of blue. */
  blueX: number
  /** y of blue. */
  blueY: number
  /** x of white. */
  whitePointX: number
  /** y of white. */
  whitePointY: number
  /** The brightest it shows. */
  maxLuminance: number
  /** The darkest. */
  minLuminance: number
}

/**
 * Read the data of a packet with `PacketFlags.COLOR_INFO`, in the layouts of OBS and of FFmpeg. Enhanced RTMP v2, "Metadata
 * Frame".
 * @throws An {@link OxrtmpError}: MEDIA when there is no colorInfo in it; AMF.
 */
export function colorInfoParse (data: Bytes): ColorInfo

/**
 * The data of such a packet: send it with kind `'metadata'`, type 9, the track's codec, and the flags ENHANCED and
 * COLOR_INFO. What is left out is 0.
 */
export function colorInfoBuild (info: Partial<ColorInfo>, into?: Bytes): Buffer

/** The beginning of an FLV file (13 bytes), which says whether there is audio and video. */
export function flvHeader (audio: boolean, video: boolean, into?: Bytes): Buffer

/**
 * A packet as an FLV tag, its length after it: its raw if it has that, else what {@link packetBuild} writes, data messages
 * without `@setDataFrame`. Pass over packets that are `continued`.
 * @throws An {@link OxrtmpError}: MEDIA when no tag can be made of it.
 */
export function flvTag (packet: PacketInit | Packet, into?: Bytes): Buffer

/** What is around the bytes of an encrypted FLV tag: the library has no key. FLV 10.1 Annex F. */
export interface FLVEnvelope {
  /** The audio or video header, which is not encrypted. */
  head: Buffer
  /** `'Encryption'`, `'SE'` (of which only some are encrypted), or another. */
  filter: string
  /** The filter's parameters; undefined when building: as `iv` and `encrypted` say. */
  params: Buffer | undefined
  /** 16 bytes of initialization vector if encrypted. */
  iv: Buffer | undefined
  /** AES-128-CBC with its padding, or as it is. */
  body: Buffer
  /** Whether `body` is; false also for filters that the library does not know. */
  encrypted: boolean
}

/**
 * Takes the raw of a packet with `PacketFlags.ENCRYPTED` apart, given its type.
 * @throws An {@link OxrtmpError}: FLV when it does not begin as an encrypted tag does.
 */
export function flvEnvelopeParse (type: number, data: Bytes): FLVEnvelope

/**
 * Puts the raw of such a packet together. What is left out is empty; the filter is `'Encryption'`.
 * @throws An {@link OxrtmpError}: FLV when it is encrypted and has no iv.
 */
export function flvEnvelopeBuild (envelope: Partial<{ [name in keyof FLVEnvelope]: FLVEnvelope[name] extends Buffer | undefined ? Bytes | undefined : FLVEnvelope[name] }>): Buffer

/** Whether timestamp a comes before b, where both wrap around: whether b is less than 2^31 ms ahead of a. */
export function timestampBefore (a: number, b: number): boolean

/**
 * Read the payload of a message of type 19 or 16.
 * @throws An {@link OxrtmpError}: MESSAGE when it ends inside an event, or has more than 256; LIMIT.
 */
export function sharedObjectParse (type: number, data: Bytes): Required<SharedObject>

/** The payload of a message of type 19. */
export function sharedObjectBuild (sharedObject: SharedObject): Buffer

/** A message inside an aggregate message. */
export interface Aggregated {
  /** 8 audio, 9 video or 18 data. */
  type: number
  /** Milliseconds modulo 2^32. */
  timestampMs: number
  /** Its payload. */
  data: Bytes
}

/**
 * The messages inside the payload of a message of type 22 that has this timestamp; their data are parts of it.
 * @throws An {@link OxrtmpError}: MESSAGE where it is cut.
 */
export function aggregateParse (timestampMs: number, data: Bytes): Aggregated[]

/** The payload of a message of type 22, which has the timestamp of the first of them. */
export function aggregateBuild (messages: readonly Aggregated[]): Buffer

/** One message that holds a packet of each of several tracks, which have the same time, as a packet to be sent. */
export function multitrack (form: TrackForm, packets: readonly (Packet | PacketInit)[]): PacketInit
/** The form of the payload of a message of several tracks. @throws MEDIA when it is none. */
export function multitrackForm (type: number, data: Bytes): TrackForm

/** An entry before the packet type of an Enhanced RTMP payload. */
export interface ModEx {
  /** 0 is nanoseconds: see {@link Packet.nanoOffsetNs}. */
  type: number
  /** 1 to 65536 bytes. */
  data: Bytes
}
/** The ModEx entries of the payload of a message of type 8 or 9, in their order; their data are parts of it. */
export function modexParse (type: number, data: Bytes): ModEx[]
/** An Enhanced RTMP payload again, with ModEx entries before those that it has. */
export function modexBuild (type: number, data: Bytes, entries: readonly ModEx[]): Buffer

/** The channels of an audio track: what a packet with `PacketFlags.MULTICHANNEL_CONFIG` says. */
export interface Channels {
  /** Only their number is known; a mask, in the order of its bits; a list. A reserved one is a number. */
  order: 'unspecified' | 'native' | 'custom' | number
  /** How many there are. */
  count: number
  /** Of `'native'`. */
  mask: number
  /** Which each is, by its bit in a mask: 0 front left, 1 front right, …; 254 unused, 255 unknown. */
  channels: number[]
}
/** Read the data of such a packet. @throws MEDIA when it is cut. */
export function channelsParse (data: Bytes): Channels
/** The data of such a packet. */
export function channelsBuild (channels: Partial<Channels> & Pick<Channels, 'order'>): Buffer
