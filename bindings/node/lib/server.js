'use strict'
const { EventEmitter } = require('node:events')
const native = require('./native.js')
const { check, checkJob, status, argumentError, ownError, warn, report } = require('./error.js')
const { register, unregister, Hold, holding } = require('./loop.js')
const { errorOf } = require('./events.js')
const { Inbox } = require('./inbox.js')
const { makeRequest, expire, sessionOf } = require('./request.js')
const { letGo } = require('./session.js')
const { Teller, settingsOf } = require('./teller.js')
const { handleOf } = require('./hub.js')
const { options, checkText, checkInteger } = require('./options.js')
const { show } = require('./shown.js')

const REQUEST = 1
const SERVER_CLOSED = 8
const SERVER = 17

const LAST_WORDS_MS = 2000 // that a server which is closed waits for its own last events

const DECISION_MS = 10000
const I32 = 2 ** 31 - 1

const INTERNAL = Symbol('a server of the library')

class Server extends EventEmitter {
  #handle // undefined once it is closed
  #id
  #inbox = new Inbox(() => {}, () => {})
  #hold = new Hold()
  #decisionMs
  #addresses = []
  #of = { sessions: new Set() } // what its sessions need to know; of these the open ones
  #hub // which lives as long as the server
  #teller
  #last // { promise, come } of the server's last event
  #closing // the promise of close()
  #shutdown // { promise, resolve, reject } of shutdown()
  #signal
  #abort = () => { this.close() }

  constructor (internal, given = {}) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: use Server.listen() or Server.create()')
    super({ captureRejections: true })
    const { timeouts, sendTimeoutMs } = given
    const ms = timeouts?.decisionMs
    this.#last = {}
    this.#last.promise = new Promise(resolve => { this.#last.come = resolve })
    this.#teller = new Teller(given, request => this.#put(request), paused => {
      if (this.#handle !== undefined) native.serverTell(this.#handle, paused ? undefined : this.#id)
    }, event => this.emit(event.type, event))
    this.on('newListener', type => this.#teller.checkListener(type))
    this.#of.sendTimeoutMs = sendTimeoutMs
    this.#decisionMs = ms === -1 ? Infinity : ms || DECISION_MS
  }

  static async listen (address, given) {
    const addresses = Array.isArray(address) ? address : [address]
    if (addresses.length === 0) throw argumentError('address must not be empty')
    for (const a of addresses) {
      if (typeof a !== 'string') throw argumentError("address must be a string: 'host:port', or ':1935' for every interface")
      checkText(a, 'address')
    }
    const server = await Server.#make(addresses[0], options('server', given))
    try {
      for (const a of addresses.slice(1)) await server.listen(a)
    } catch (error) {
      await server.close()
      throw error
    }
    return server
  }

  static async create (given) {
    return Server.#make(undefined, options('server', given))
  }

  static async #make (address, given) {
    const { signal, sendTimeoutMs, hub, ...settings } = settingsOf(given)
    signal?.throwIfAborted()
    if (hub !== undefined) settings.hub = handleOf(hub)
    const server = new Server(INTERNAL, given)
    server.#hub = hub
    server.#id = register(server)
    try {
      server.#handle = await holding(checkJob(native.serverOpen(address, settings, server.#id)))
    } catch (error) {
      unregister(server.#id)
      throw error
    }
    server.#hold.busy = true
    server.#look()
    if (signal?.aborted) {
      await server.close()
      throw signal.reason
    }
    server.#signal = signal
    signal?.addEventListener('abort', server.#abort, { once: true })
    return server
  }

  get address () { return this.#addresses[0] ?? '' }
  get addresses () { return [...this.#addresses] }
  get closed () { return this.#handle === undefined }

  async listen (address) {
    checkText(address, 'address')
    await holding(checkJob(native.serverListen(this.#open(), address)))
    this.#look()
  }

  adoptListener (fd, given) {
    this.#adopt(fd, 1, given)
    this.#look()
  }

  adoptConnection (fd, given) { this.#adopt(fd, 0, given) }

  #adopt (fd, listener, given) {
    const { tls = false } = options('adopt', given)
    check(native.serverAdopt(this.#open(), checkInteger(fd, 'fd', 0, I32), listener, tls ? 1 : 0))
  }

  async setCertificate (name, given) {
    checkText(name, 'name')
    const settings = given === undefined ? undefined : options('tls', given)
    await holding(checkJob(native.serverSetCertificate(this.#open(), name, settings)))
  }

  statistics () { return JSON.parse(check(native.serverJson(this.#open()))) }
  takeFailure () {
    const answer = native.serverTakeFailure(this.#open())
    return answer === status.AGAIN ? undefined : check(answer)
  }

  prometheus () { return check(native.serverPrometheus(this.#open())) }

  #open () {
    if (this.#handle === undefined) throw ownError('CLOSED', 'the server is closed')
    return this.#handle
  }

  #look () {
    if (this.#handle === undefined) return
    const text = check(native.serverAddresses(this.#handle))
    this.#addresses = text === '' ? [] : text.split(', ')
  }

  kick (connection, code, description) {
    if (description === undefined) [code, description] = [undefined, code]
    checkInteger(connection, 'connection', 1, Number.MAX_SAFE_INTEGER)
    if (code !== undefined) checkText(code, 'code')
    if (description !== undefined) checkText(description, 'description')
    const result = native.serverKick(this.#open(), connection, code, description)
    return result !== status.STATE && check(result) === status.OK
  }

  // ---- requests and events ----

  nextEvent () { return this.#teller.next() }
  events () { return this.#teller.events() }

  /** A listener that is async has failed. */
  [Symbol.for('nodejs.rejection')] (error, type, about) { this.#teller.report(error, about) }

  #put (request) {
    if (this.#handle === undefined) return expire(request, true)
    this.#inbox.dropWhile(expire)
    this.#inbox.put(request)
  }

  #next () {
    this.#inbox.dropWhile(expire)
    return this.#inbox.next()
  }

  async nextRequest () { return (await this.#next()).value }

  [Symbol.asyncIterator] () {
    return {
      next: () => this.#next(),
      async return (value) { return { value, done: true } }, // leaving the loop leaves the server as it is
      [Symbol.asyncIterator] () { return this }
    }
  }

  async serve (handler, given) {
    if (typeof handler !== 'function') throw argumentError('handler must be a function')
    const { signal, onError = warn } = options('serve', given)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', this.#abort, { once: true })
    const running = new Set()
    try {
      for await (const request of this) {
        const task = attend(request, handler, onError).finally(() => running.delete(task))
        running.add(task)
      }
      await Promise.all(running)
    } finally {
      signal?.removeEventListener('abort', this.#abort)
    }
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

  async requestReconnect (tcUrl, description) {
    if (tcUrl !== undefined) checkText(tcUrl, 'tcUrl')
    if (description !== undefined) checkText(description, 'description')
    return check(native.serverRequestReconnect(this.#open(), tcUrl, description))
  }

  async shutdown (given) {
    const { timeoutMs = -1 } = options('shutdown', given)
    this.#teller.hurry()
    if (this.#shutdown === undefined) {
      check(native.serverShutdownStart(this.#open(), timeoutMs))
      this.#shutdown = {}
      this.#shutdown.promise = new Promise((resolve, reject) => Object.assign(this.#shutdown, { resolve, reject }))
    }
    return this.#shutdown.promise
  }

  close () {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose] () { return this.close() }

  async #close () {
    if (this.#handle === undefined) return
    const handle = this.#handle
    this.#teller.resume()
    this.#handle = undefined
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#hold.busy = false
    this.#inbox.abandon()
    const shutdown = this.#shutdown
    await holding(checkJob(native.serverClose(handle))) // its sessions are told by events of their own
    if (this.#teller.tells) await holding(soon(this.#last.promise))
    unregister(this.#id)
    this.#teller.end()
    for (const session of this.#of.sessions) letGo(session)
    shutdown?.reject(ownError('CLOSED', 'the server was closed before its sessions had ended'))
    process.nextTick(() => this.emit('close'))
  }

  // ---- events ----

  onEvent (type, events, index) {
    if (type === REQUEST) {
      const request = makeRequest(events.request(index), performance.now() + this.#decisionMs, this.#of)
      this.#teller.onRequest(request)
    } else if (type === SERVER) {
      this.#teller.onEvent(events, index)
    } else if (type === SERVER_CLOSED) {
      this.#last.come()
      if (this.#shutdown === undefined) return
      const { resolve, reject } = this.#shutdown
      this.#shutdown = undefined
      const event = events.describe(index)
      const settle = event.status === status.OK ? resolve : () => reject(errorOf(event))
      this.close().then(settle, reject)
    }
  }
}

/** A promise that is fulfilled with another one, or after LAST_WORDS_MS. */
function soon (promise) {
  let timer
  const late = new Promise(resolve => { timer = setTimeout(resolve, LAST_WORDS_MS) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Runs the handler of a request; when it has settled nothing is left of the request. */
async function attend (request, handler, onError) {
  try {
    await handler(request)
  } catch (error) {
    report(onError, error, request)
  } finally {
    if (!request.answered) await request.reject()
    await sessionOf(request)?.close()
  }
}

show(Server, 'addresses', 'closed')

module.exports = { Server }
