'use strict'
// The packets that the addon delivers at once: their structs, which are read when a packet is asked about something, and
// their payloads, which are lent by the library. A payload can be looked at, or be given back; giving back is done in bunches.

const { markAsUntransferable } = require('node:worker_threads')
const native = require('./native.js')

// struct oxrtmp_packet, counted in 32-bit words; see struct memory in src/addon.h.
const SIZE_WORDS = 32
const RAW = 4
const RAW_SIZE = 6
const PLACE = 14

const BUNCH = 64
const BUNCH_BYTES = 4 * 1024 * 1024 // of large payloads fewer make a bunch

const pending = new Set() // batches of which something is to be given back
let scheduled = false

/** Memory that several packets have, or that a thread reads: nobody may take it to another thread, or away. */
function keep (buffer) {
  markAsUntransferable(buffer.buffer)
  return buffer
}

let region // the memory of structs that was in use last, and views of it
let regionWords
let regionBytes

class Batch {
  words
  bytes
  #loans
  #slab // a Buffer with all small payloads, made when the first of them is looked at
  #buffers // of large payloads that several packets have, by place
  #places // to be given back
  #count = 0
  #bytes = 0

  /** payload: instead of loans, the memory that all packets lie in. */
  constructor (structs, loans, payload) {
    if (structs !== region) {
      region = structs
      regionWords = new Int32Array(structs)
      regionBytes = new Uint8Array(structs)
    }
    this.words = regionWords
    this.bytes = regionBytes
    this.#loans = loans
    this.#slab = loans === undefined || payload === undefined ? payload : keep(payload)
  }

  /** Whether the memory is the caller's. */
  get isCallers () { return this.#loans === undefined }

  /** Whether the payload of the packet at a word is lent for itself. */
  isLarge (at) { return this.words[at + RAW + 1] < 0 }

  /** A part of a small payload. */
  view (at, from, size) {
    const offset = (this.words[at + RAW] >>> 0) + from
    this.#slab ??= keep(native.loansSlab(this.#loans))
    return this.#slab.subarray(offset, offset + size)
  }

  /** The Buffer of a large payload, which is given back with the Buffer. shared: it will be asked for again. */
  take (at, shared) {
    const place = this.words[at + PLACE]
    return shared ? this.#share(place) : native.loanBuffer(this.#loans, place)
  }

  /** A Buffer with the whole payload that holds nothing else. */
  own (at, shared) {
    if (this.isLarge(at)) return this.take(at, shared)
    if (this.#slab === undefined) return keep(native.loanCopy(this.#loans, this.words[at + PLACE]))
    return keep(Buffer.from(this.view(at, 0, this.words[at + RAW_SIZE])))
  }

  /** The Buffer of a payload that may be asked for again. */
  #share (place) {
    this.#buffers ??= new Map()
    let buffer = this.#buffers.get(place)
    if (buffer === undefined) this.#buffers.set(place, buffer = native.loanBuffer(this.#loans, place))
    return buffer
  }

  /** The packet's payload will not be looked at any more. */
  giveBack (at) {
    if (this.#loans === undefined || (this.#slab !== undefined && !this.isLarge(at))) return
    if (this.#count === 0) {
      this.#places ??= new Int32Array(BUNCH)
      pending.add(this)
    }
    this.#places[this.#count++] = this.words[at + PLACE]
    this.#bytes += this.words[at + RAW_SIZE]
    if (this.#count === BUNCH || this.#bytes > BUNCH_BYTES) {
      this.flush()
    } else if (!scheduled) {
      scheduled = true
      setImmediate(flushAll).unref()
    }
  }

  flush () {
    pending.delete(this)
    const count = this.#count
    this.#count = this.#bytes = 0
    native.loansEnd(this.#loans, this.#places.buffer, count)
  }
}

function flushAll () {
  scheduled = false
  for (const batch of pending) batch.flush()
}

module.exports = { Batch, SIZE_WORDS }
