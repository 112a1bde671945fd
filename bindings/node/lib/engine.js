'use strict'
const native = require('./native.js')
const { check, status, fromFailure, argumentError, ownError, warn } = require('./error.js')
const { Events, errorOf } = require('./events.js')
const { makeRequest } = require('./request.js')
const { Packing } = require('./packet.js')
const { recordOf } = require('./metadata.js')
const { handleOf } = require('./hub.js')
const { register, unregister } = require('./loop.js')
const { options, checkText, checkInteger, checkBytes, U32 } = require('./options.js')
const amf = require('./amf.js')
const { valuesOf, decode, toldEvent } = require('./shared.js')
const { play2Arguments } = require('./play2.js')
const { show } = require('./shown.js')

const HANDSHAKE_DONE = 1 // OXRTMP_ENGINE_SHAKEN

const INTERNAL = Symbol('an engine of the library')
const packing = new Packing()

/** What becomes of each event: enum oxrtmp_event_type. */
const MAKE = {
  1: (events, i) => ({ type: 'request', request: makeRequest(events.request(i), Infinity) }),
  2: (events, i) => ({ type: 'packet', packet: events.packet(i) }),
  3 (events, i) {
    const event = events.describe(i)
    const fault = event.status !== status.EOF && event.status !== status.CLOSED
    return { type: 'streamEnd', endReason: event.text, error: fault ? errorOf(event) : undefined }
  },
  4: () => ({ type: 'connected' }),
  5: (events, i) => ({ type: 'failed', error: errorOf(events.describe(i)) }),
  11: (events, i) => ({ type: 'pause', positionMs: events.value(i) }),
  12: (events, i) => ({ type: 'unpause', positionMs: events.value(i) }),
  13: (events, i) => ({ type: 'seek', positionMs: events.value(i) }),
  14: (events, i) => ({ type: 'receive', media: events.value(i) === 8 ? 'audio' : 'video', on: events.on(i) }),
  32: (events, i) => ({ type: 'handshake', handshake: events.describe(i).text }),
  33 (events, i) {
    const { code, text } = events.describe(i)
    return { type: 'status', code, description: text }
  },
  34: (events, i) => ({ type: 'command', name: events.describe(i).code }),
  35: (events, i) => ({ type: 'control', event: events.value(i) }),
  36: (events, i) => ({ type: 'acknowledged', bytes: events.value(i) }),
  37: (events, i) => ({ type: 'chunkSize', bytes: events.value(i) }),
  48: (events, i) => toldEvent(48, events, i),
  49: (events, i) => toldEvent(49, events, i),
  50 (events, i) {
    const callId = events.value(i)
    if (events.status(i) !== status.OK) return { type: 'reply', callId, values: [], error: errorOf(events.describe(i)) }
    return { type: 'reply', callId, values: decode(events.packet(i).raw), error: undefined }
  },
  51: (events, i) => ({ type: 'reconnect', tcUrl: events.describe(i).text })
}

class Engine {
  #handle // undefined once it is closed
  #events = []
  #hub // which lives as long as the engine
  #number // under which news of a hub come
  #onReady

  constructor (internal, handle) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: use Engine.server(), Engine.publish() or Engine.play()')
    this.#handle = check(handle)
  }

  static server (given) {
    const { handshakeDone, hub, onReady, ...settings } = options('engineServer', given)
    if (hub !== undefined) settings.hub = handleOf(hub)
    const engine = new Engine(INTERNAL, native.engineServer(settings, handshakeDone ? HANDSHAKE_DONE : 0))
    engine.#hub = hub
    if (onReady !== undefined) engine.#listen(onReady)
    return engine
  }

  #listen (onReady) {
    this.#onReady = onReady
    this.#number = register(this)
    check(native.engineListen(this.#handle, this.#number))
  }

  /** Of the library's queue: a hub has output, or takes input again. */
  onEvent () {
    const call = this.#onReady
    queueMicrotask(() => { if (this.#handle !== undefined) call() }) // what it throws is its own
  }

  static publish (url, given) {
    checkText(url, 'url')
    const { handshakeDone, ...settings } = options('enginePublish', given)
    return new Engine(INTERNAL, native.enginePublish(url, settings, handshakeDone ? HANDSHAKE_DONE : 0))
  }

  static play (url, given) {
    checkText(url, 'url')
    const { handshakeDone, ...settings } = options('enginePlay', given)
    return new Engine(INTERNAL, native.enginePlay(url, settings, handshakeDone ? HANDSHAKE_DONE : 0))
  }

  #open () {
    if (this.#handle === undefined) throw ownError('CLOSED', 'the engine is closed')
    return this.#handle
  }

  get closed () { return this.#handle === undefined }

  receive (nowMs, bytes) {
    const handle = this.#open()
    checkInteger(nowMs, 'nowMs', 0, Number.MAX_SAFE_INTEGER)
    const view = checkBytes(bytes, 'bytes')
    for (let at = 0; ;) {
      const [consumed, batch, failure] = native.engineReceive(handle, nowMs, view, at)
      at += consumed
      this.#add(batch)
      if (failure?.failed === status.CLOSED && at > 0) return at // it ended within these bytes
      if (failure !== undefined) throw fromFailure(failure)
      if (at === view.byteLength || (consumed === 0 && batch === undefined)) return at
    }
  }

  advance (nowMs) {
    check(native.engineAdvance(this.#open(), checkInteger(nowMs, 'nowMs', 0, Number.MAX_SAFE_INTEGER)))
  }

  get deadlineMs () {
    const ms = native.engineDeadline(this.#open())
    return ms === undefined || ms < 0 ? undefined : ms
  }

  events () {
    const handle = this.#open()
    for (let batch; (batch = native.engineEvents(handle)) !== undefined;) this.#add(batch)
    return this.#events.splice(0)
  }

  #add (delivered = []) {
    for (let at = 0; at < delivered.length; at += 5) {
      const [memory, count, ...payloads] = delivered.slice(at, at + 5)
      const events = new Events(memory).hold(...payloads)
      for (let i = 0; i < count; i++) {
        try {
          const made = MAKE[events.type(i)]?.(events, i)
          if (made !== undefined) this.#events.push({ ...made, streamId: events.streamId(i) })
        } catch (error) {
          warn(error) // one that cannot be made is no reason to lose the others
        }
      }
    }
  }

  output () {
    const parts = []
    for (let part; (part = check(native.engineOutput(this.#open()))) !== undefined;) parts.push(part)
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }

  sendPacket (packet, streamId) { this.sendPackets([packet], streamId) }

  sendPackets (packets, streamId) {
    const handle = this.#open()
    const stream = streamId === undefined ? 0 : checkInteger(streamId, 'streamId', 1, U32)
    if (!Array.isArray(packets)) throw argumentError('packets must be an array')
    for (let at = 0; at < packets.length;) {
      const memory = packing.pack(packets, at)
      check(native.engineSendPackets(handle, packing.structs, memory, memory.length / 2, stream))
      at += memory.length / 2
    }
  }

  sendMetadata (metadata) {
    check(native.engineSendMetadata(this.#open(), ...recordOf(metadata)))
  }

  closeStream (streamId, code, description) {
    checkInteger(streamId, 'streamId', 0, U32)
    if (code !== undefined) checkText(code, 'code')
    if (description !== undefined) checkText(description, 'description')
    check(native.engineCloseStream(this.#open(), streamId, code, description))
  }

  complete (streamId) { check(native.engineComplete(this.#open(), checkInteger(streamId, 'streamId', 0, U32))) }

  pause () { check(native.enginePause(this.#open(), 1)) }

  resume () { check(native.enginePause(this.#open(), 0)) }

  seek (positionMs) { check(native.engineSeek(this.#open(), checkInteger(positionMs, 'positionMs', 0, U32))) }

  play2 (streamName, given) { check(native.enginePlay2(this.#open(), ...play2Arguments(streamName, given))) }

  call (name, values = [], given) {
    checkText(name, 'name')
    const { timeoutMs = 10000 } = options('call', given)
    return check(native.engineCall(this.#open(), name, amf.encode(values), timeoutMs))
  }

  notify (name, values = []) {
    checkText(name, 'name')
    check(native.engineNotify(this.#open(), name, amf.encode(values)))
  }

  answer (callId, values = []) {
    check(native.engineAnswer(this.#open(), checkInteger(callId, 'callId', 0, U32), amf.encode(values)))
  }

  refuse (callId, description, code) {
    checkInteger(callId, 'callId', 0, U32)
    if (code !== undefined) checkText(code, 'code')
    if (description !== undefined) checkText(description, 'description')
    check(native.engineRefuse(this.#open(), callId, code, description))
  }

  sendSharedObject (sharedObject) { check(native.engineSendSharedObject(this.#open(), valuesOf(sharedObject))) }

  requestReconnect (tcUrl, description) {
    if (tcUrl !== undefined) checkText(tcUrl, 'tcUrl')
    if (description !== undefined) checkText(description, 'description')
    check(native.engineRequestReconnect(this.#open(), tcUrl, description))
  }

  receiveAudio (on) { check(native.engineReceiveAudio(this.#open(), on ? 1 : 0)) }

  receiveVideo (on) { check(native.engineReceiveVideo(this.#open(), on ? 1 : 0)) }

  setBufferLength (lengthMs) {
    check(native.engineSetBufferLength(this.#open(), checkInteger(lengthMs, 'lengthMs', 0, U32)))
  }

  end () { check(native.engineEnd(this.#open())) }

  get closing () { return check(native.engineClosing(this.#open())) !== 0 }

  statistics () { return check(native.engineStatistics(this.#open())) }

  close () {
    if (this.#handle === undefined) return
    const handle = this.#handle
    this.#handle = undefined
    this.#events = []
    this.#hub = undefined
    if (this.#number !== undefined) unregister(this.#number)
    check(native.engineClose(handle))
  }

  [Symbol.dispose] () { this.close() }
}

show(Engine, 'closed')

module.exports = { Engine }
