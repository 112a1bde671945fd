'use strict'
const native = require('../native.js')
const { Held, Struct, bufferOf, written, intoOf, check } = require('./part.js')
const { options, checkInteger, U32 } = require('../options.js')

const result = new Struct(32) // oxrtmp_handshake_info
const offsets = new Struct(8)

const HANDSHAKE_RANDOM_SIZE = 3032

class Handshake {
  #held

  constructor (given) {
    const { client = false, digest = false, timeMs = 0, random } = options('handshake', given)
    const bytes = random === undefined ? undefined : bufferOf(random, 'options.random')
    const made = native.handshakeCreate(client ? 1 : 0, digest ? 1 : 0, timeMs, bytes)
    this.#held = new Held(made, 'handshake', native.handshakeClose)
  }

  get closed () { return this.#held.closed }

  receive (bytes) { return check(native.handshakeReceive(this.#held.open, bufferOf(bytes, 'bytes'))) }

  output (into) {
    const target = intoOf(into)
    if (target !== undefined) return written(native.handshakeOutput(this.#held.open, target), target)
    const parts = []
    do parts.push(written(native.handshakeOutput(this.#held.open))); while (parts.at(-1).length > 0)
    return Buffer.concat(parts)
  }

  get result () {
    check(native.handshakeResult(this.#held.open, result.memory))
    const { u32, u8 } = result
    return {
      done: u32[1] !== 0,
      digest: u32[2] !== 0,
      scheme: u32[3],
      peerTimeMs: u32[4],
      peerVerified: u32[5] !== 0,
      peerVersion: Buffer.from(u8.subarray(24, 28))
    }
  }

  close () { this.#held.close() }

  [Symbol.dispose] () { this.close() }
}

function handshakeOffsets (packet, scheme) {
  check(native.handshakeOffsets(bufferOf(packet, 'packet'), checkInteger(scheme, 'scheme', 0, U32), offsets.memory))
  return { digestOffset: offsets.u32[0], keyOffset: offsets.u32[1] }
}

module.exports = { HANDSHAKE_RANDOM_SIZE, Handshake, handshakeOffsets }
