'use strict'
// Events as the addon puts them into memory: struct oxrtmp_event, counted in 32-bit words.

const native = require('./native.js')
const { OxrtmpError } = require('./error.js')
const { makePacket } = require('./packet.js')
const { Batch } = require('./batch.js')

const SIZE_WORDS = 64
const CODE_BYTES = 64
const TEXT_BYTES = 128
const word = {
  type: 0, status: 1, userData: 4, request: 6, phase: 8, level: 9, time: 10, payload: 12, packet: 26, connection: 44,
  position: 58, streamId: 60, value: 61, on: 62
}

/** The events in an ArrayBuffer, by their index. */
class Events {
  #words
  #bytes
  #batch // of the packets
  #told // what SERVER events say in words, by index from #start on
  #start

  constructor (memory) {
    this.#words = new Int32Array(memory)
    this.#bytes = Buffer.from(memory)
  }

  /** Sets where the packets are, and what is told from which event on: what the addon delivers with the events. */
  hold (structs, loans, slab, told, start) {
    this.#batch = structs === undefined ? undefined : new Batch(structs, loans, slab)
    this.#told = told
    this.#start = start
    return this
  }

  #u32 (index, name) { return this.#words[index * SIZE_WORDS + word[name]] >>> 0 }

  type (index) { return this.#words[index * SIZE_WORDS] }
  status (index) { return this.#words[index * SIZE_WORDS + word.status] }
  level (index) { return this.#u32(index, 'level') }
  streamId (index) { return this.#u32(index, 'streamId') }
  value (index) { return this.#u32(index, 'value') }
  on (index) { return this.#u32(index, 'on') !== 0 }

  userData (index) { return this.#u64(index, 'userData') }

  #u64 (index, name) {
    const at = index * SIZE_WORDS + word[name]
    return (this.#words[at] >>> 0) + this.#words[at + 1] * 2 ** 32
  }

  /** Of SERVER events: the number of the connection, the player's position, and what is said in words. */
  connection (index) { return this.#u64(index, 'connection') }
  position (index) { return this.#u32(index, 'position') }
  told (index) { return this.#told[index - this.#start] }
  phase (index) { return native.phaseName(this.#u32(index, 'phase')) }

  timeNs (index) {
    const at = index * SIZE_WORDS + word.time
    return BigInt(this.#words[at + 1]) << 32n | BigInt(this.#words[at] >>> 0)
  }

  /** The id of the request, in two words. */
  request (index) {
    const at = index * SIZE_WORDS + word.request
    return [this.#words[at] >>> 0, this.#words[at + 1] >>> 0]
  }

  packet (index) { return makePacket(this.#batch, this.#u32(index, 'packet')) }

  /** Packets of one source that come one after the other: { batch, from, to, bytes }. */
  packets (index) {
    const from = this.#u32(index, 'packet')
    return { batch: this.#batch, from, to: from + this.value(index), bytes: this.#u32(index, 'on') }
  }

  /** What an event says besides its type: { status, phase, code, text }. */
  describe (index) {
    const info = (index * SIZE_WORDS + word.payload) * 4
    return {
      status: this.status(index),
      phase: this.phase(index),
      code: this.#text(info, CODE_BYTES),
      text: this.#text(info + CODE_BYTES, TEXT_BYTES)
    }
  }

  /** The text in so many bytes, up to its NUL. */
  #text (offset, most) {
    const end = this.#bytes.indexOf(0, offset)
    return this.#bytes.toString('utf8', offset, end < 0 || end > offset + most ? offset + most : end)
  }
}

/** The error that an event describes. */
function errorOf ({ status, phase, code, text }) {
  const message = [phase, code, text].filter(part => part !== '').join(': ')
  return new OxrtmpError(status, message, { phase, peerCode: code, description: text })
}

module.exports = { Events, errorOf }
