'use strict'
const native = require('./native.js')
const { check, checkJob, status, lastError, fromFailure, ownError, argumentError, OxrtmpError } = require('./error.js')
const { register, unregister, Hold, holding } = require('./loop.js')
const { errorOf } = require('./events.js')
const { Packing } = require('./packet.js')
const { NO_STATISTICS } = require('./session.js')
const { options, isObject, checkText, checkInteger, checkBytes, U32 } = require('./options.js')
const { Metadata, recordOf } = require('./metadata.js')

// enum oxrtmp_event_type
const CONNECTED = 4
const FAILED = 5
const CLIENT_END = 6
const WRITABLE = 7
const CLIENT_CLOSED = 10

const SEND_TIMEOUT_MS = 10000
const LINGER_MS = 2000

const INTERNAL = Symbol('a client of the library')
const SENT = Promise.resolve()
const packing = new Packing()

class Client {
  #handle // undefined before it is opened and after it was closed
  #id
  #hold = new Hold()
  #opening // { resolve, reject } of publish()
  #queue = [] // sends that wait for room: { send, resolve, reject, due }
  #timer
  #sendTimeoutMs
  #lingerMs
  #closing // the promise of close()
  #closed // its resolve
  #refused // why nothing can be sent any more
  #ended
  #end // resolves #ended
  #last = { statistics: NO_STATISTICS, peerAddress: '' } // what was there to be known when it was closed
  #signal
  #abort = () => this.#cancel(this.#signal.reason)

  constructor (internal, { sendTimeoutMs = 0, lingerMs = 0 } = {}) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: use Client.publish()')
    this.#sendTimeoutMs = sendTimeoutMs === 0 ? SEND_TIMEOUT_MS : sendTimeoutMs
    this.#lingerMs = lingerMs === 0 ? LINGER_MS : Math.max(lingerMs, 0)
    this.#ended = new Promise(resolve => { this.#end = resolve })
  }

  static async publish (url, given) {
    checkText(url, 'url')
    const { signal, fd, sendTimeoutMs, ...settings } = options('client', given)
    signal?.throwIfAborted()
    const client = new Client(INTERNAL, { ...settings, sendTimeoutMs })
    client.#id = register(client)
    client.#hold.busy = true
    client.#signal = signal
    signal?.addEventListener('abort', client.#abort, { once: true })
    try {
      if (fd === undefined) await client.#publish(url, settings)
      else await client.#publishOn(fd, url, settings)
    } catch (error) {
      client.#finish()
      throw error
    }
    return client
  }

  #publish (url, settings) {
    const handle = native.clientOpen(url, settings, this.#id)
    if (typeof handle === 'number') throw lastError(handle)
    this.#handle = handle
    return new Promise((resolve, reject) => { this.#opening = { resolve, reject } })
  }

  /** Over a connected socket of the caller's: the library has no form of it that returns at once. */
  #publishOn (fd, url, settings) {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject }
      checkJob(native.clientPublishFd(fd, url, settings, this.#id)).then(handle => {
        this.#handle = handle
        if (this.#signal?.aborted) this.#finish()
        resolve()
      }, reject)
    })
  }

  get peerAddress () {
    return this.#handle === undefined ? this.#last.peerAddress : check(native.clientPeerAddress(this.#handle))
  }

  get ended () { return this.#ended }
  get closed () { return this.#closing !== undefined || this.#handle === undefined }

  statistics () {
    return this.#handle === undefined ? this.#last.statistics : check(native.clientStatistics(this.#handle))
  }

  // ---- sending ----

  async sendVideoSequenceHeader (avcc) {
    const bytes = checkBytes(avcc, 'avcc')
    return this.#send(handle => native.sendVideoSequenceHeader(handle, bytes))
  }

  async sendAudioSequenceHeader (asc) {
    const bytes = checkBytes(asc, 'asc')
    return this.#send(handle => native.sendAudioSequenceHeader(handle, bytes))
  }

  async sendVideo (timestampMs, keyframe, nalus) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    const bytes = checkBytes(nalus, 'nalus')
    return this.#send(handle => native.sendVideo(handle, bytes, timestampMs, keyframe ? 1 : 0))
  }

  async sendVideoAt (timestampMs, compositionMs, keyframe, nalus) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    checkInteger(compositionMs, 'compositionMs', -0x800000, 0x7fffff)
    const bytes = checkBytes(nalus, 'nalus')
    return this.#send(handle => native.sendVideoAt(handle, bytes, timestampMs, compositionMs, keyframe ? 1 : 0))
  }

  async sendAudio (timestampMs, frame) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    const bytes = checkBytes(frame, 'frame')
    return this.#send(handle => native.sendAudio(handle, bytes, timestampMs))
  }

  async sendMetadata (metadata) {
    if (!isObject(metadata)) throw argumentError('metadata must be an object')
    if (metadata instanceof Metadata) {
      const record = recordOf(metadata)
      return this.#send(handle => native.sendMetadata(handle, record))
    }
    const json = JSON.stringify(metadata)
    return this.#send(handle => native.sendMetadataJson(handle, json))
  }

  async sendData (timestampMs, body) {
    checkInteger(timestampMs, 'timestampMs', 0, U32)
    const bytes = checkBytes(body, 'body')
    return this.#send(handle => native.sendData(handle, bytes, timestampMs))
  }

  sendPacket (packet) { return this.sendPackets([packet]) }

  async sendPackets (packets) {
    if (!Array.isArray(packets)) throw argumentError('packets must be an array')
    let at = 0
    return this.#send(handle => {
      while (at < packets.length) {
        const memory = packing.pack(packets, at)
        const sent = native.sendPackets(handle, packing.structs, memory, memory.length / 2)
        if (sent < 0) return sent
        at += sent
      }
      return status.OK
    })
  }

  /** Sends now, or when there is room: send(handle) returns a status. */
  #send (send) {
    if (this.#refused !== undefined) return Promise.reject(this.#refused())
    if (this.#queue.length === 0) {
      const result = send(this.#handle)
      if (result === status.OK) return SENT
      if (result !== status.AGAIN) return Promise.reject(lastError(result))
    }
    return new Promise((resolve, reject) => {
      const due = this.#sendTimeoutMs < 0 ? Infinity : performance.now() + this.#sendTimeoutMs
      this.#queue.push({ send, resolve, reject, due })
      if (this.#queue.length === 1) this.#schedule()
    })
  }

  /** Sends what waits, as far as there is room. */
  #resume () {
    let count = 0
    for (const { send, resolve, reject } of this.#queue) {
      const result = this.#try(send, reject)
      if (result === status.AGAIN) break
      if (result === status.OK) resolve()
      else if (result !== undefined) reject(lastError(result))
      count++
    }
    this.#queue.splice(0, count)
    this.#schedule()
  }

  #try (send, reject) {
    try {
      return send(this.#handle)
    } catch (error) {
      reject(error)
    }
  }

  #schedule () {
    clearTimeout(this.#timer)
    const due = this.#queue[0]?.due ?? Infinity
    if (due === Infinity) return
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, due - performance.now()))
    this.#timer.unref() // the client itself keeps the process alive
  }

  #expire () {
    const now = performance.now()
    while (this.#queue.length > 0 && this.#queue[0].due <= now + 0.5) {
      this.#queue.shift().reject(new OxrtmpError(status.TIMEOUT,
        `media: timeout: no room to send for ${this.#sendTimeoutMs} ms`, { phase: 'media' }))
    }
    this.#schedule()
  }

  /** From now on nothing can be sent, for the reason that make() returns. */
  #refuse (make) {
    this.#refused ??= make
    clearTimeout(this.#timer)
    for (const { reject } of this.#queue.splice(0)) reject(make())
  }

  async flush (given) {
    const { timeoutMs = -1 } = options('flush', given)
    if (this.#refused !== undefined) throw this.#refused()
    if (this.#queue.length > 0) await this.#send(() => status.OK) // comes after all others
    const result = native.clientFlush(this.#handle, timeoutMs)
    if (typeof result === 'number') check(result)
    else await holding(checkJob(result))
  }

  // ---- the end ----

  ref () {
    this.#hold.ref()
    return this
  }

  unref () {
    this.#hold.unref()
    return this
  }

  close () {
    this.#closing ??= this.#handle === undefined ? Promise.resolve() : holding(this.#close())
    return this.#closing
  }

  [Symbol.asyncDispose] () { return this.close() }

  async #close () {
    await this.#drain()
    this.#refuse(() => ownError('CLOSED', 'the client is closed'))
    if (this.#handle === undefined) return // aborted meanwhile
    const done = new Promise(resolve => { this.#closed = resolve })
    const begun = native.clientCloseStart(this.#handle)
    const { error } = begun === status.OK ? await done : {}
    this.#finish()
    if (error !== undefined) throw error
  }

  /** Lets what waits for room go first, for as long as closing may take. */
  async #drain () {
    if (this.#refused !== undefined || this.#queue.length === 0) return
    const rest = this.#send(() => status.OK).catch(() => {})
    this.#refused = () => ownError('CLOSED', 'the client is closed')
    let timer
    await Promise.race([rest, new Promise(resolve => { timer = setTimeout(resolve, this.#lingerMs) })])
    clearTimeout(timer)
  }

  /** Ends the handle; what was known stays to be asked for. */
  #finish () {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#hold.busy = false
    unregister(this.#id)
    this.#refuse(() => ownError('CLOSED', 'the client is closed'))
    const handle = this.#handle
    if (handle === undefined) return
    this.#last = { statistics: this.statistics(), peerAddress: this.peerAddress }
    this.#handle = undefined
    native.clientEnd(handle)
    this.#end()
  }

  /** By the signal: at once, whatever waits. */
  #cancel (reason) {
    this.#refuse(() => reason)
    if (this.#opening !== undefined) this.#opening.reject(reason)
    else this.close().catch(() => {})
  }

  // ---- events ----

  onEvent (type, events, index) {
    switch (type) {
      case CONNECTED:
        this.#opening?.resolve()
        this.#opening = undefined
        break
      case FAILED:
        this.#opening?.reject(this.#errorOf(events.describe(index)))
        this.#opening = undefined
        break
      case CLIENT_END:
        this.#over(this.#errorOf(events.describe(index)))
        break
      case WRITABLE:
        this.#resume()
        break
      case CLIENT_CLOSED: {
        const event = events.describe(index)
        if (event.status === status.TIMEOUT && event.text === '') event.text = 'timeout: not all that was queued could be sent'
        this.#closed?.({ error: event.status === status.OK ? undefined : errorOf(event) })
      }
    }
  }

  #over (error) {
    this.#hold.busy = false
    this.#refuse(() => error)
    this.#end(error)
  }

  /** The error of an event, with what the library knows beyond the event's own words, which are cut to fit. */
  #errorOf (event) {
    const failure = native.clientError(this.#handle)
    if (failure.failed === status.OK || failure.failed === status.TIMEOUT) return errorOf(event)
    return fromFailure({ ...failure, failed: event.status })
  }
}

module.exports = { Client }
