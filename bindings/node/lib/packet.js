'use strict'
const native = require('./native.js')
const { check, argumentError, ownError } = require('./error.js')
const { Batch, SIZE_WORDS } = require('./batch.js')
const { codecName, codecNumber } = require('./codec.js')
const { isObject, checkBytes, U32 } = require('./options.js')
const { show } = require('./shown.js')

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
  UNOFFICIAL_ID: 1024,
  ENCRYPTED: 2048
})

/** A 64-bit number from two words. */
const join = (low, high) => BigInt(high) << 32n | BigInt(low >>> 0)

// struct oxrtmp_packet, counted in 32-bit words; the bytes from kind on are counted as bytes.
const word = {
  data: 0, size: 2, raw: 4, rawSize: 6, dts: 8, arrival: 12, timestamp: 16, composition: 17, nano: 18, codec: 19, flags: 20
}
const byte = { kind: 84, type: 85, track: 86, frameType: 87, packetType: 88, audioHeader: 89 }

const INTERNAL = Symbol('a packet of the library')

let own
let isCallers // whether the bytes of what is to be sent are the caller's, who may change them

/** A packet is a place in its batch's memory, and reads there what it is asked for: most packets are asked for little. */
class Packet {
  #batch
  #at // its struct, in words
  #raw // views of the payload, once they were asked for
  #data
  #released = false

  static {
    own = packet => packet.#own()
    isCallers = packet => !(#batch in packet) || packet.#batch.isCallers === true
  }

  constructor (internal, batch, index) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: packets to send are plain objects')
    const at = index * SIZE_WORDS
    this.timestampMs = batch.words[at + word.timestamp] >>> 0
    this.#batch = batch
    this.#at = at
  }

  /** What is often kept for long does not hold the memory of its whole batch. */
  #own () {
    const batch = this.#batch
    const at = this.#at
    this.#raw = this.rawSize > 0 ? batch.own(at, this.multitrack) : Buffer.alloc(0)
    if (!this.multitrack) batch.giveBack(at)
    this.#batch = { words: batch.words.slice(at, at + SIZE_WORDS), bytes: batch.bytes.slice(at * 4, (at + SIZE_WORDS) * 4) }
    this.#at = 0
  }

  #word (at) { return this.#batch.words[this.#at + at] }
  #byte (at) { return this.#batch.bytes[this.#at * 4 + at] }

  /** A part of the payload. */
  #view (from, size) {
    if (size === 0) return Buffer.alloc(0)
    if (this.#released) throw ownError('STATE', 'the packet was released')
    if (this.#raw === undefined) {
      if (!this.#batch.isLarge(this.#at)) return this.#batch.view(this.#at, from, size)
      this.#raw = this.#batch.take(this.#at, this.multitrack)
    }
    return this.#raw.subarray(from, from + size)
  }

  get raw () {
    this.#raw ??= this.#view(0, this.rawSize)
    return this.#raw
  }

  get data () {
    this.#data ??= this.#view(this.#word(word.data), this.size)
    return this.#data
  }

  release () {
    if (this.#released) return
    this.#released = true
    // What several packets of one message have, and what a Buffer was made of, is the collector's: others may be at work
    // with that Buffer, on other threads too.
    if (this.#raw === undefined && this.#data === undefined && !this.multitrack) this.#batch.giveBack(this.#at)
    this.#raw = this.#data = undefined
  }

  get kind () { return KINDS[this.#byte(byte.kind)] }
  get type () { return this.#byte(byte.type) }
  get codec () { return codecName(this.#word(word.codec) >>> 0) }
  get track () { return this.#byte(byte.track) }
  get flags () { return this.#word(word.flags) }
  get compositionMs () { return this.#word(word.composition) }
  get nanoOffsetNs () { return this.#word(word.nano) }
  get frameType () { return this.#byte(byte.frameType) }
  get packetType () { return this.#byte(byte.packetType) }
  get audioHeader () { return this.#byte(byte.audioHeader) }

  get size () { return this.#word(word.size) }
  get rawSize () { return this.#word(word.rawSize) }

  get dtsNs () { return join(this.#word(word.dts), this.#word(word.dts + 1)) }
  get ptsNs () { return this.dtsNs + BigInt(this.compositionMs) * 1000000n + BigInt(this.nanoOffsetNs) }
  get arrivalNs () { return join(this.#word(word.arrival), this.#word(word.arrival + 1)) }

  get media () { return this.type === VIDEO ? 'video' : this.type === AUDIO ? 'audio' : 'data' }
  get keyframe () { return (this.flags & PacketFlags.KEYFRAME) !== 0 }
  get enhanced () { return (this.flags & PacketFlags.ENHANCED) !== 0 }
  get malformed () { return (this.flags & PacketFlags.MALFORMED) !== 0 }
  get disposable () { return (this.flags & PacketFlags.DISPOSABLE) !== 0 }
  get multitrack () { return (this.flags & PacketFlags.MULTITRACK) !== 0 }
  get continued () { return (this.flags & PacketFlags.CONTINUED) !== 0 }

  get handler () { return this.media === 'data' ? check(native.packetHandler(this.data, this.type)) : undefined }
  get values () { return this.media === 'data' ? JSON.parse(check(native.packetJson(this.data, this.type))) : undefined }
}

show(Packet, 'timestampMs', 'media', 'kind', 'codec', 'track', 'keyframe', 'malformed', 'compositionMs', 'size')

/** The packet at an index of a batch. */
function makePacket (batch, index) {
  const packet = new Packet(INTERNAL, batch, index)
  if (batch.bytes[index * SIZE_WORDS * 4 + byte.kind] !== FRAME) own(packet)
  return packet
}

/** The packets of so many structs in an ArrayBuffer, whose payload is the caller's. */
function packetsOver (structs, count, payload) {
  const batch = new Batch(structs, undefined, payload)
  return Array.from({ length: count }, (_, index) => new Packet(INTERNAL, batch, index))
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
  #reads = false // a packet of the caller's, whose getters may do anything

  get count () { return this.memory.length / 2 }
  get full () { return this.count === Packing.MOST }

  /** Puts packets from `from` on into structs, as many as there is room for, and returns their memory. */
  pack (packets, from) {
    this.#checkReads()
    this.memory = []
    for (let i = from; i < packets.length && !this.full; i++) this.add(packets[i])
    const { memory } = this
    this.memory = []
    return memory
  }

  add (packet) {
    this.#checkReads()
    this.#reads = true
    try {
      this.#read(packet)
    } finally {
      this.#reads = false
    }
  }

  #checkReads () {
    if (this.#reads) throw ownError('STATE', 'a getter of a packet that is being read cannot send packets')
  }

  #read (packet) {
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

  /** Gives the packet that was added last a copy of its bytes. */
  copyLast () {
    for (let i = this.memory.length - 2; i < this.memory.length; i++) {
      const view = this.memory[i]
      if (view !== undefined) this.memory[i] = Buffer.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    }
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

module.exports = { Packet, PacketFlags, makePacket, packetsOver, isCallers, Packing }
