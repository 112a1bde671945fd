'use strict'
const native = require('./native.js')
const { check, checkJob, status, lastError, ownError } = require('./error.js')
const { holding } = require('./loop.js')
const { Events } = require('./events.js')
const { checkText, checkBytes } = require('./options.js')
const { show } = require('./shown.js')

/** The packets of what the addon delivers. */
function unpack (delivered) {
  const packets = []
  for (let at = 0; at < delivered.length; at += 5) {
    const [memory, count, ...payloads] = delivered.slice(at, at + 5)
    const events = new Events(memory).hold(...payloads)
    for (let i = 0; i < count; i++) packets.push(events.packet(i))
  }
  return packets
}

class FLVReader {
  #handle // undefined once it is closed
  #file
  #ready = [] // packets that were read and not taken yet, the next one last
  #reading = false
  #endReason = ''

  constructor () {
    const handle = native.readerCreate()
    if (typeof handle === 'number') throw lastError(handle)
    this.#handle = handle
    this.#file = false
  }

  static async open (path) {
    const handle = await holding(checkJob(native.readerOpen(checkText(path, 'path'))))
    const reader = new FLVReader()
    reader.close()
    reader.#handle = handle
    reader.#file = true
    return reader
  }

  static async * packets (source) {
    const reader = new FLVReader()
    try {
      for await (const chunk of source) {
        reader.feed(chunk)
        yield * reader.read()
      }
    } finally {
      reader.close()
    }
  }

  get closed () { return this.#handle === undefined }
  get endReason () { return this.#endReason }

  #open (file) {
    if (this.#handle === undefined) throw ownError('CLOSED', 'the reader is closed')
    if (file !== this.#file) throw ownError('STATE', file ? 'the reader has no file: feed() it' : 'the reader has a file')
    return this.#handle
  }

  // ---- fed ----

  feed (chunk) {
    check(native.readerFeed(this.#open(false), checkBytes(chunk, 'chunk')))
  }

  read () {
    const handle = this.#open(false)
    const packets = []
    for (;;) {
      const taken = native.readerTake(handle)
      if (taken === status.AGAIN) return packets
      check(taken)
      for (const packet of unpack(taken)) packets.push(packet)
    }
  }

  // ---- a file ----

  async nextPackets () {
    if (this.#handle === undefined) return []
    const handle = this.#open(true)
    if (this.#ready.length > 0) return this.#ready.splice(0).reverse()
    if (this.#reading) throw ownError('BUSY', 'another call waits already: one at a time')
    this.#reading = true
    try {
      return unpack(await holding(checkJob(native.readerNext(handle))))
    } catch (error) {
      this.close()
      if (error.status !== status.EOF) throw error
      this.#endReason = error.message
      return []
    } finally {
      this.#reading = false
    }
  }

  async nextPacket () {
    if (this.#ready.length === 0) this.#ready = (await this.nextPackets()).reverse()
    return this.#ready.pop()
  }

  [Symbol.asyncIterator] () {
    return {
      next: async () => {
        const value = await this.nextPacket()
        return { value, done: value === undefined }
      },
      return: async value => {
        this.close()
        return { value, done: true }
      },
      [Symbol.asyncIterator] () { return this }
    }
  }

  close () {
    if (this.#handle === undefined) return
    const handle = this.#handle
    this.#handle = undefined
    this.#ready = []
    check(native.readerClose(handle))
  }

  async [Symbol.asyncDispose] () { this.close() }
}

show(FLVReader, 'closed', 'endReason')

module.exports = { FLVReader }
