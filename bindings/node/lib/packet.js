'use strict'
const { inspect } = require('node:util')
const native = require('./native.js')
const { check, argumentError, ownError } = require('./error.js')
const { codecName, codecNumber } = require('./codec.js')
const { isObject, checkBytes, U32 } = require('./options.js')

const KINDS = ['', 'sequence_header', 'frame', 'sequence_end', 'metadata', 'data', 'command', 'silence']
const FRAME = 2
const AUDIO = 8
const VIDEO = 9

/** The bits of Packet.flags: enum oxrtmp_packet_flags. */
const PacketFlags = Object.freeze({
  KEYFRAME: 1,
  ENHANCED: 2,
  MALFORMED: 4,
  DISPOSABLE: 8,
  MULTITRACK: 16,
  MPEG2TS: 32,
  MULTICHANNEL_CONFIG: 64,
  COLOR_INFO: 128,
  CONTINUED: 256,
  SET_DATA_FRAME: 512,
  UNOFFICIAL_ID: 1024
})

// struct oxrtmp_packet, counted in 32-bit words; the bytes from kind on are counted as bytes.
const SIZE_WORDS = 32
const word = {
  data: 0, size: 2, raw: 4, dts: 8, arrival: 12, token: 14, timestamp: 16, composition: 17, nano: 18, codec: 19, flags: 20
}
const byte = { kind: 84, type: 85, track: 86, frameType: 87, packetType: 88, audioHeader: 89 }
const RAW_SIZE = 6

/** A 64-bit number from two words. */
const join = (low, high) => BigInt(high) << 32n | BigInt(low >>> 0)

const INTERNAL = Symbol('a packet of the library')

/** The bytes of a packet's payload, without making a Buffer of it. */
let sizeOf
let own

class Packet {
  static {
    sizeOf = packet => packet.#rawSize
    own = packet => packet.#own()
  }

  #memory // a Buffer in which the payload is, from #at on; undefined as long as it is only lent, and once it is released
  #at
  #rawSize
  #dataAt
  #size
  #loans // of the batch, if the payload is lent and no Buffer was made of it yet
  #place // its place there
  #dtsLow
  #dtsHigh
  #arrivalLow
  #arrivalHigh
  #raw
  #data

  /** Of the struct at word `at` of the memory that words and bytes are views of; see struct memory in src/addon.h. */
  constructor (internal, words, bytes, at, slab, loans) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: packets to send are plain objects')
    const kind = bytes[at * 4 + byte.kind]
    const token = words[at + word.token]
    this.timestampMs = words[at + word.timestamp] >>> 0
    this.kind = KINDS[kind]
    this.type = bytes[at * 4 + byte.type]
    this.codec = codecName(words[at + word.codec] >>> 0)
    this.track = bytes[at * 4 + byte.track]
    this.flags = words[at + word.flags]
    this.compositionMs = words[at + word.composition]
    this.nanoOffsetNs = words[at + word.nano]
    this.frameType = bytes[at * 4 + byte.frameType]
    this.packetType = bytes[at * 4 + byte.packetType]
    this.audioHeader = bytes[at * 4 + byte.audioHeader]
    this.#memory = token === 0 ? slab : undefined
    this.#at = words[at + word.raw]
    this.#rawSize = words[at + RAW_SIZE]
    this.#dataAt = words[at + word.data]
    this.#size = words[at + word.size]
    this.#loans = token === 0 ? undefined : loans
    this.#place = token - 1
    this.#dtsLow = words[at + word.dts]
    this.#dtsHigh = words[at + word.dts + 1]
    this.#arrivalLow = words[at + word.arrival]
    this.#arrivalHigh = words[at + word.arrival + 1]
  }

  /** What is often kept for long does not hold the memory of its whole batch. */
  #own () {
    if (this.#loans !== undefined) {
      this.#borrow()
    } else if (this.#rawSize > 0) {
      this.#memory = Buffer.from(this.#memory.subarray(this.#at, this.#at + this.#rawSize))
      this.#at = 0
    }
  }

  /** Makes a Buffer of a lent payload. Packets of one message share theirs. */
  #borrow () {
    this.#memory = this.multitrack ? this.#loans.share(this.#place) : this.#loans.take(this.#place)
    this.#loans = undefined
  }

  #bytes (from, size) {
    if (size === 0) return Buffer.alloc(0)
    if (this.#loans !== undefined) this.#borrow()
    if (this.#memory === undefined) throw ownError('STATE', 'the packet was released')
    return this.#memory.subarray(from, from + size)
  }

  get raw () {
    this.#raw ??= this.#bytes(this.#at, this.#rawSize)
    return this.#raw
  }

  get data () {
    this.#data ??= this.#bytes(this.#at + this.#dataAt, this.#size)
    return this.#data
  }

  release () {
    // What several packets of one message have, and what a Buffer was made of, is the collector's.
    if (this.#loans !== undefined && !this.multitrack) this.#loans.giveBack(this.#place)
    this.#loans = this.#memory = this.#raw = this.#data = undefined
  }

  get size () { return this.#size }
  get rawSize () { return this.#rawSize }

  get dtsNs () { return join(this.#dtsLow, this.#dtsHigh) }
  get ptsNs () { return this.dtsNs + BigInt(this.compositionMs) * 1000000n + BigInt(this.nanoOffsetNs) }
  get arrivalNs () { return join(this.#arrivalLow, this.#arrivalHigh) }

  get media () { return this.type === VIDEO ? 'video' : this.type === AUDIO ? 'audio' : 'data' }
  get keyframe () { return (this.flags & PacketFlags.KEYFRAME) !== 0 }
  get enhanced () { return (this.flags & PacketFlags.ENHANCED) !== 0 }
  get malformed () { return (this.flags & PacketFlags.MALFORMED) !== 0 }
  get disposable () { return (this.flags & PacketFlags.DISPOSABLE) !== 0 }
  get multitrack () { return (this.flags & PacketFlags.MULTITRACK) !== 0 }
  get continued () { return (this.flags & PacketFlags.CONTINUED) !== 0 }

  get handler () { return this.media === 'data' ? check(native.packetHandler(this.data, this.type)) : undefined }
  get values () { return this.media === 'data' ? JSON.parse(check(native.packetJson(this.data, this.type))) : undefined }

  [inspect.custom] (depth, options, inspect) {
    const { timestampMs, media, kind, codec, track, keyframe, malformed, compositionMs } = this
    return `Packet ${inspect({ timestampMs, media, kind, codec, track, keyframe, malformed, compositionMs, size: this.#size }, options)}`
  }
}

/** A packet of a batch. */
function makePacket (words, bytes, at, slab, loans) {
  const packet = new Packet(INTERNAL, words, bytes, at, slab, loans)
  if (bytes[at * 4 + byte.kind] !== FRAME) own(packet)
  return packet
}

/** The packets of so many structs in an ArrayBuffer, whose payload is the caller's. */
function packetsOver (memory, count, payload) {
  const words = new Int32Array(memory)
  const bytes = new Uint8Array(memory)
  return Array.from({ length: count }, (_, i) => new Packet(INTERNAL, words, bytes, i * SIZE_WORDS, payload))
}

// ---- packets to send ----

const TYPES = { audio: AUDIO, video: VIDEO, data: 18 }

function range (value, name, least, most) {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw argumentError(`packet.${name} must be an integer from ${least} to ${most}`)
  }
  return value
}

function messageType (packet) {
  if (packet.type !== undefined) return range(packet.type, 'type', 0, 255)
  if (Object.hasOwn(TYPES, packet.media)) return TYPES[packet.media]
  throw argumentError("packet.media must be 'audio', 'video' or 'data'")
}

function kindNumber (kind = 'frame') {
  const number = KINDS.indexOf(kind)
  if (number < 1) throw argumentError(`packet.kind must be ${KINDS.slice(1).map(k => `'${k}'`).join(', ')}`)
  return number
}

/** A keyframe by its flag, its frame type or both. */
function flagsOf (packet, type) {
  const flags = range(packet.flags ?? 0, 'flags', 0, U32)
  return type === VIDEO && packet.keyframe === true ? flags | PacketFlags.KEYFRAME : flags
}

function frameTypeOf (packet, type, flags) {
  if (packet.frameType !== undefined) return range(packet.frameType, 'frameType', 0, 7)
  return type !== VIDEO ? 0 : flags & PacketFlags.KEYFRAME ? 1 : 2
}

function numberOfCodec (codec = '') {
  if (typeof codec !== 'string' || !/^([\0-\xff]{4})?$/.test(codec)) throw argumentError('packet.codec must be four characters')
  return codecNumber(codec)
}

/** Structs of packets to send or write, and their memory, as the addon takes them. */
class Packing {
  static MOST = 64
  structs = new ArrayBuffer(Packing.MOST * SIZE_WORDS * 4)
  memory = [] // [raw, data, raw, data, ...]
  #words = new Int32Array(this.structs)
  #bytes = new Uint8Array(this.structs)

  get count () { return this.memory.length / 2 }
  get full () { return this.count === Packing.MOST }

  /** Puts packets from `from` on into structs, as many as there is room for, and returns their memory. */
  pack (packets, from) {
    this.memory = []
    for (let i = from; i < packets.length && !this.full; i++) this.add(packets[i])
    const { memory } = this
    this.memory = []
    return memory
  }

  add (packet) {
    const at = this.count * SIZE_WORDS
    if (!isObject(packet)) throw argumentError('a packet must be an object')
    const type = messageType(packet)
    const flags = flagsOf(packet, type)
    this.#words.fill(0, at, at + SIZE_WORDS)
    this.#words[at + word.timestamp] = range(packet.timestampMs ?? 0, 'timestampMs', 0, U32)
    this.#words[at + word.flags] = flags
    this.#bytes[at * 4 + byte.type] = type
    this.#putHeader(packet, at, type, flags)
    const { raw, data } = packet
    if (raw === undefined && data === undefined) throw argumentError('a packet must have raw or data')
    this.memory.push(raw === undefined ? raw : checkBytes(raw, 'packet.raw'), data === undefined ? data : checkBytes(data, 'packet.data'))
  }

  /** What the message's header is built from. */
  #putHeader (packet, at, type, flags) {
    const words = this.#words
    const bytes = this.#bytes
    words[at + word.composition] = range(packet.compositionMs ?? 0, 'compositionMs', -0x800000, 0x7fffff)
    words[at + word.nano] = range(packet.nanoOffsetNs ?? 0, 'nanoOffsetNs', 0, 999999)
    words[at + word.codec] = numberOfCodec(packet.codec)
    bytes[at * 4 + byte.kind] = kindNumber(packet.kind)
    bytes[at * 4 + byte.track] = range(packet.track ?? 0, 'track', 0, 255)
    bytes[at * 4 + byte.frameType] = frameTypeOf(packet, type, flags)
    bytes[at * 4 + byte.packetType] = range(packet.packetType ?? 0, 'packetType', 0, 255)
    bytes[at * 4 + byte.audioHeader] = range(packet.audioHeader ?? 0, 'audioHeader', 0, 255)
  }
}

module.exports = { Packet, PacketFlags, makePacket, packetsOver, sizeOf, Packing }
