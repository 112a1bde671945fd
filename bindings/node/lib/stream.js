'use strict'
const native = require('./native.js')
const { check, checkJob, status, argumentError, ownError } = require('./error.js')
const { holding } = require('./loop.js')
const { iterate } = require('./inbox.js')
const { Packing } = require('./packet.js')
const { Metadata, metadataOf, recordOf } = require('./metadata.js')
const amf = require('./amf.js')
const { multitrack } = require('./enhanced.js')
const { makeReadable, makeWritable } = require('./adapters.js')
const { valuesOf, decode } = require('./shared.js')
const { options, isObject, checkText, checkInteger, checkBytes, U32 } = require('./options.js')

const packing = new Packing()

/** What clients and sessions have in common: a stream of packets, in one direction or the other. */
class Stream {
  #line

  constructor (line) {
    this.#line = line
  }

  get error () { return this.#line.error }
  get metadata () {
    const record = this.#line.metadata
    return record === undefined ? undefined : metadataOf(record)
  }

  get capabilities () { return this.#line.capabilities }

  get metadataValues () { return this.#line.metadataValues }
  get metadataRaw () { return this.#line.metadataRaw }

  statistics () { return this.#line.statistics }
  connectionStatistics () { return this.#line.connectionStatistics }

  // ---- receiving ----

  #packets () {
    if (!this.#line.receives) throw ownError('STATE', 'packets are sent to this peer, and do not come from it')
    return this.#line.packets
  }

  async nextPacket () {
    const { value } = await this.#packets().next()
    if (value === undefined && this.#line.error !== undefined) throw this.#line.error
    return value
  }

  async nextPackets () {
    const packets = await this.#packets().all()
    if (packets.length === 0 && this.#line.error !== undefined) throw this.#line.error
    return packets
  }

  [Symbol.asyncIterator] () { return iterate(this.#packets(), () => this.close().catch(() => {})) }

  events () { return iterate(this.#line.events, () => {}) }

  // ---- Node's streams ----

  readable (given) {
    const settings = options('adapter', given)
    this.#packets()
    return makeReadable(this, settings)
  }

  writable (given) {
    const settings = options('adapter', given)
    if (this.#line.receives) throw ownError('STATE', 'packets come from this peer, and are not sent to it')
    const writable = makeWritable(this, settings)
    this.#line.whenEnded(error => { if (!writable.writableEnded) writable.destroy(error) })
    return writable
  }

  // ---- sending ----

  async sendVideoSequenceHeader (avcc) {
    const bytes = checkBytes(avcc, 'avcc')
    return this.#line.lane.send(handle => native.sendVideoSequenceHeader(handle, bytes))
  }

  async sendAudioSequenceHeader (asc) {
    const bytes = checkBytes(asc, 'asc')
    return this.#line.lane.send(handle => native.sendAudioSequenceHeader(handle, bytes))
  }

  async sendVideo (timestampMs, keyframe, nalus) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    const bytes = checkBytes(nalus, 'nalus')
    return this.#line.lane.send(handle => native.sendVideo(handle, bytes, timestampMs, keyframe ? 1 : 0))
  }

  async sendVideoAt (timestampMs, compositionMs, keyframe, nalus) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    checkInteger(compositionMs, 'compositionMs', -0x800000, 0x7fffff)
    const bytes = checkBytes(nalus, 'nalus')
    return this.#line.lane.send(handle => native.sendVideoAt(handle, bytes, timestampMs, compositionMs, keyframe ? 1 : 0))
  }

  async sendAudio (timestampMs, frame) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    const bytes = checkBytes(frame, 'frame')
    return this.#line.lane.send(handle => native.sendAudio(handle, bytes, timestampMs))
  }

  async sendMetadata (metadata) {
    if (!isObject(metadata)) throw argumentError('metadata must be an object')
    if (metadata instanceof Metadata) {
      const record = recordOf(metadata)
      return this.#line.lane.send(handle => native.sendMetadata(handle, ...record))
    }
    const json = JSON.stringify(metadata)
    return this.#line.lane.send(handle => native.sendMetadataJson(handle, json))
  }

  async sendData (timestampMs, body) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    const bytes = checkBytes(body, 'body')
    return this.#line.lane.send(handle => native.sendData(handle, bytes, timestampMs))
  }

  sendPacket (packet) { return this.sendPackets([packet]) }

  async sendPackets (packets) {
    if (!Array.isArray(packets)) throw argumentError('packets must be an array')
    let at = 0
    return this.#line.lane.send(handle => {
      while (at < packets.length) {
        const memory = packing.pack(packets, at)
        const sent = native.sendPackets(handle, packing.structs, memory, memory.length / 2)
        if (sent < 0) return sent
        at += sent
      }
      return status.OK
    })
  }

  async sendTracks (form, packets) { return this.sendPacket(multitrack(form, packets)) }

  async flush (given) {
    const { timeoutMs = -1 } = options('flush', given)
    const { lane } = this.#line
    if (lane.refused !== undefined) throw lane.refused()
    if (lane.waits) await lane.last()
    const result = native.streamFlush(this.#open(), timeoutMs)
    if (typeof result === 'number') check(result)
    else await this.#answerOf(result)
  }

  async ping (given) {
    const { timeoutMs = 10000 } = options('ping', given)
    return this.#answerOf(native.streamPing(this.#open(), timeoutMs))
  }

  // ---- calls ----

  async call (name, values = [], given) {
    checkText(name, 'name')
    const { timeoutMs = 10000 } = options('call', given)
    return decode(await this.#answerOf(native.streamCall(this.#open(), name, amf.encode(values), timeoutMs)))
  }

  async notify (name, values = []) {
    checkText(name, 'name')
    check(native.streamNotify(this.#open(), name, amf.encode(values)))
  }

  async answer (callId, values = []) {
    checkInteger(callId, 'callId', 0, U32)
    check(native.streamAnswer(this.#open(), callId, amf.encode(values)))
  }

  async refuse (callId, description, code) {
    checkInteger(callId, 'callId', 0, U32)
    if (code !== undefined) checkText(code, 'code')
    if (description !== undefined) checkText(description, 'description')
    check(native.streamRefuse(this.#open(), callId, code, description))
  }

  async sendSharedObject (sharedObject) {
    check(native.streamSendSharedObject(this.#open(), valuesOf(sharedObject)))
  }

  /** The result of a job; when the stream was closed meanwhile it rejects as sends do, such as with a signal's reason. */
  async #answerOf (job) {
    try {
      return await holding(checkJob(job))
    } catch (error) {
      throw error.status === status.CLOSED ? this.#line.lane.refused?.() ?? error : error
    }
  }

  #open () {
    if (this.#line.handle === undefined) throw ownError('CLOSED', 'the stream is closed')
    return this.#line.handle
  }

  // ---- what keeps the process alive ----

  ref () {
    this.#line.hold.ref()
    return this
  }

  unref () {
    this.#line.hold.unref()
    return this
  }

  [Symbol.asyncDispose] () { return this.close() }
}

module.exports = { Stream }
