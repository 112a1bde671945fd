'use strict'
const native = require('./native.js')
const amf = require('./amf.js')
const { OxrtmpError, check, checkJob, status, lastError, fromFailure, ownError, argumentError } = require('./error.js')
const { holding } = require('./loop.js')
const { errorOf } = require('./events.js')
const { Line } = require('./line.js')
const { Stream } = require('./stream.js')
const { toldEvent } = require('./shared.js')
const { options, checkText, checkInteger, U32 } = require('./options.js')
const { play2Arguments } = require('./play2.js')
const { show } = require('./shown.js')

// enum oxrtmp_event_type
const CONNECTED = 4
const FAILED = 5
const CLIENT_END = 6
const WRITABLE = 7
const CLIENT_CLOSED = 10
const RECONNECTING = 18
const RECONNECTED = 19
const CONGESTED = 20
const RELIEVED = 21
const STATUS = 33
const CONTROL = 35
const RECONNECT = 51

const LINGER_MS = 2000

const INTERNAL = Symbol('a client of the library')

let clientOf

class Client extends Stream {
  #line
  #kind // 'publish' or 'play'
  #opening // { resolve, reject } of publish() and play()
  #lingerMs
  #closing // the promise of close()
  #closed // its resolve
  #ended
  #end // resolves #ended
  #peerAddress = '' // when it was closed
  #signal
  #abort = () => this.#cancel(this.#signal.reason)

  constructor (internal, kind, { sendTimeoutMs, lingerMs = 0 } = {}) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: use Client.publish() or Client.play()')
    const line = new Line({
      onPackets: packets => line.onPackets(packets),
      onEvent: (type, events, index) => this.#onEvent(type, events, index)
    }, kind === 'play', sendTimeoutMs, () => { this.close().catch(() => {}) }) // at the end of the packets nothing is left to be told
    super(line)
    this.#line = line
    this.#kind = kind
    this.#lingerMs = lingerMs === 0 ? LINGER_MS : Math.max(lingerMs, 0)
    this.#ended = new Promise(resolve => { this.#end = resolve })
  }

  static {
    /** A client without a connection; open(settings, id) returns its handle or a status. */
    clientOf = (kind, { sendTimeoutMs, ...settings }, open) => {
      const client = new Client(INTERNAL, kind, { ...settings, sendTimeoutMs })
      const handle = open(settings, client.#line.id)
      if (typeof handle === 'number') {
        const error = lastError(handle)
        client.#line.close()
        throw error
      }
      client.#line.open(handle)
      return client
    }
  }

  static async publish (url, given) { return await Client.#make('publish', url, given) }
  static async play (url, given) { return await Client.#make('play', url, given) }

  static async #make (kind, url, given) {
    checkText(url, 'url')
    const { signal, fd, sendTimeoutMs, ...settings } = options('client', given)
    signal?.throwIfAborted()
    const client = new Client(INTERNAL, kind, { ...settings, sendTimeoutMs })
    client.#line.hold.busy = true
    client.#signal = signal
    signal?.addEventListener('abort', client.#abort, { once: true })
    try {
      if (fd === undefined) await client.#open(url, settings)
      else await client.#openOn(fd, url, settings)
    } catch (error) {
      client.#finish()
      if (error instanceof OxrtmpError) Error.captureStackTrace(error) // an event brought it: who waits for it says more
      throw error
    }
    return client
  }

  #open (url, settings) {
    const handle = native.clientOpen(url, settings, this.#line.id, this.#kind === 'play' ? 1 : 0)
    if (typeof handle === 'number') throw lastError(handle)
    this.#line.open(handle)
    return new Promise((resolve, reject) => { this.#opening = { resolve, reject } })
  }

  /** Over a connected socket of the caller's: the library has no form of it that returns at once. */
  #openOn (fd, url, settings) {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject }
      checkJob(native.clientOpenFd(fd, url, settings, this.#line.id, this.#kind === 'play' ? 1 : 0)).then(handle => {
        this.#line.open(handle)
        this.#opening = undefined // there is no event for it
        if (this.#signal?.aborted) this.#finish()
        resolve()
      }, reject)
    })
  }

  get kind () { return this.#kind }

  get peerAddress () {
    return this.#line.handle === undefined ? this.#peerAddress : check(native.clientPeerAddress(this.#line.handle))
  }

  get ended () { return this.#ended }
  get closed () { return this.#closing !== undefined || this.#line.handle === undefined }

  // ---- what a publisher has the server keep ----

  async setDataFrame (handler, ...values) {
    checkText(handler, 'handler')
    const body = amf.encode(values)
    return this.#line.lane.send(handle => native.setDataFrame(handle, body, handler))
  }

  async clearDataFrame (handler) {
    checkText(handler, 'handler')
    return this.#line.lane.send(handle => native.clearDataFrame(handle, handler))
  }

  // ---- what a player asks for ----

  async pause () { this.#ask(native.clientPause, 1) }
  async resume () { this.#ask(native.clientPause, 0) }
  async seek (positionMs) { this.#ask(native.clientSeek, checkInteger(positionMs, 'positionMs', 0, U32)) }
  async play2 (streamName, given) { this.#ask(native.clientPlay2, ...play2Arguments(streamName, given)) }
  async receiveAudio (on) { this.#ask(native.clientReceiveAudio, on ? 1 : 0) }
  async receiveVideo (on) { this.#ask(native.clientReceiveVideo, on ? 1 : 0) }
  async setBufferLength (lengthMs) { this.#ask(native.clientSetBufferLength, checkInteger(lengthMs, 'lengthMs', 0, U32)) }

  #ask (call, ...values) {
    if (this.#line.handle === undefined) throw ownError('CLOSED', 'the stream is closed')
    check(call(this.#line.handle, ...values))
  }

  // ---- the end ----

  close () {
    this.#closing ??= this.#line.handle === undefined ? Promise.resolve() : holding(this.#close())
    return this.#closing
  }

  async #close () {
    await null // a reader that waits for packets closes as well, when it is told that there are none
    const { lane } = this.#line
    this.#line.packets.abandon()
    await lane.drain(this.#lingerMs)
    lane.refuse()
    if (this.#line.handle === undefined) return // aborted meanwhile
    const done = new Promise(resolve => { this.#closed = resolve })
    this.#line.awaitClosed()
    const begun = native.clientCloseStart(this.#line.handle)
    const { error } = begun === status.OK ? await done : {}
    this.#finish()
    if (error !== undefined) throw error
  }

  /** Ends the handle; what was known stays to be asked for. */
  #finish () {
    this.#signal?.removeEventListener('abort', this.#abort)
    if (this.#line.handle !== undefined) this.#peerAddress = this.peerAddress
    const handle = this.#line.close()
    if (handle === undefined) return
    native.clientEnd(handle)
    this.#end()
  }

  /** By the signal: at once, whatever waits. */
  #cancel (reason) {
    this.#line.lane.refuse(() => reason)
    if (this.#opening !== undefined) this.#opening.reject(reason)
    else this.close().catch(() => {})
  }

  // ---- events ----

  #onEvent (type, events, index) {
    switch (type) {
      case CONNECTED:
        this.#opening?.resolve()
        this.#opening = undefined
        break
      case FAILED:
        this.#opening?.reject(this.#errorOf(events.describe(index)))
        this.#opening = undefined
        break
      case CLIENT_END: {
        const error = this.#errorOf(events.describe(index))
        if (this.#kind === 'publish') this.#signal?.removeEventListener('abort', this.#abort) // what is played may still be read
        this.#line.end(error.status, error)
        this.#end(error)
        break
      }
      case WRITABLE:
        this.#line.lane.resume()
        break
      case RECONNECTING:
        this.#line.onEvent({ type: 'reconnecting', error: errorOf(events.describe(index)) })
        break
      case RECONNECTED:
        this.#line.onEvent({ type: 'reconnected' })
        break
      case CONGESTED:
        this.#line.onEvent({ type: 'congested' })
        break
      case RELIEVED:
        this.#line.onEvent({ type: 'relieved' })
        break
      case STATUS: {
        const { code, text } = events.describe(index)
        this.#line.onEvent({ type: 'status', code, description: text })
        break
      }
      case RECONNECT:
        this.#line.onEvent({ type: 'reconnect', tcUrl: events.describe(index).text })
        break
      case CONTROL:
        this.#line.onEvent({ type: 'control', event: events.value(index), streamId: events.streamId(index) })
        break
      case CLIENT_CLOSED: {
        const event = events.describe(index)
        if (event.status === status.TIMEOUT && event.text === '') event.text = 'timeout: not all that was queued could be sent'
        this.#closed?.({ error: event.status === status.OK ? undefined : errorOf(event) })
        break
      }
      default: {
        const told = toldEvent(type, events, index)
        if (told !== undefined) this.#line.onEvent(told)
      }
    }
  }

  /** The error of an event, with what the library knows beyond the event's own words, which are cut to fit. */
  #errorOf (event) {
    if (this.#kind === 'play') return errorOf(event)
    const failure = native.clientError(this.#line.handle)
    if (failure.failed === status.OK || failure.failed === status.TIMEOUT) return errorOf(event)
    return fromFailure({ ...failure, failed: event.status })
  }
}

show(Client, 'kind', 'peerAddress', 'closed', 'error')

module.exports = { Client, clientOf }
