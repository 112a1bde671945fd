'use strict'
const native = require('../native.js')
const { Held, Struct, bufferOf, written, intoOf, checkObject, check, status } = require('./part.js')
const { options, checkInteger, U32 } = require('../options.js')

const message = new Struct(16) // oxrtmp_message
const FIELDS = ['chunkStreamId', 'timestampMs', 'streamId', 'type', 'payload']

class ChunkDecoder {
  #held

  constructor (limits) {
    this.#held = new Held(native.decoderCreate(options('chunkDecoder', limits, 'limits')), 'decoder', native.decoderClose)
  }

  get closed () { return this.#held.closed }

  feed (bytes) { return check(native.decoderFeed(this.#held.open, bufferOf(bytes, 'bytes'))) }

  next (into) {
    const target = intoOf(into)
    const result = native.decoderNext(this.#held.open, message.memory, target)
    if (result === status.AGAIN) return undefined
    const payload = written(result, target)
    const [chunkStreamId, timestampMs, streamId, type] = message.u32
    return { chunkStreamId, timestampMs, streamId, type, payload }
  }

  setChunkSize (size) { check(native.decoderSetChunkSize(this.#held.open, checkInteger(size, 'size', 0, U32))) }

  abort (chunkStreamId) {
    check(native.decoderAbort(this.#held.open, checkInteger(chunkStreamId, 'chunkStreamId', 0, U32)))
  }

  close () { this.#held.close() }

  [Symbol.dispose] () { this.close() }
}

class ChunkEncoder {
  #held

  constructor () {
    this.#held = new Held(native.encoderCreate(), 'encoder', native.encoderClose)
  }

  get closed () { return this.#held.closed }

  write (given, into) {
    const { chunkStreamId, timestampMs = 0, streamId = 0, type, payload } = checkObject(given, 'message', FIELDS)
    message.u32[0] = checkInteger(chunkStreamId, 'message.chunkStreamId', 2, 65599)
    message.u32[1] = checkInteger(timestampMs, 'message.timestampMs', 0, U32)
    message.u32[2] = checkInteger(streamId, 'message.streamId', 0, U32)
    message.u32[3] = checkInteger(type, 'message.type', 0, 255)
    const bytes = bufferOf(payload, 'message.payload')
    const target = intoOf(into)
    return written(native.encoderWrite(this.#held.open, message.memory, bytes, target), target)
  }

  setChunkSize (size) { check(native.encoderSetChunkSize(this.#held.open, checkInteger(size, 'size', 1, 0x7fffffff))) }

  setFullHeaders (on = true) { check(native.encoderSetFullHeaders(this.#held.open, on ? 1 : 0)) }

  forget (chunkStreamId) {
    check(native.encoderForget(this.#held.open, checkInteger(chunkStreamId, 'chunkStreamId', 2, 65599)))
  }

  close () { this.#held.close() }

  [Symbol.dispose] () { this.close() }
}

module.exports = { ChunkDecoder, ChunkEncoder }
