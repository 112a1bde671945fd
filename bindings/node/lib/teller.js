'use strict'
const { argumentError, warn, report } = require('./error.js')
const { Inbox, iterate } = require('./inbox.js')
const { SCHEMES } = require('./request.js')
const { makeServerEvent, weigh, maskOf, TYPES, MEDIA_TAG } = require('./server-event.js')

// What waits here to be told: past either bound it is left in the library, which then does not read from the server's
// connections.
const WAITING_EVENTS = 1024
const WAITING_BYTES = 4 * 1024 * 1024

const ASKS = { connection: 'askConnection', connect: 'askConnect', fcPublish: 'askFcPublish', publish: 'askPublish', play: 'askPlay' }

/** Events that need no option. Node's own helpers listen to 'error', which is never emitted. */
const OF_NODE = new Set(['close', 'error', 'newListener', 'removeListener'])

const camel = name => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())

const FAILED = 'the application failed' // all that a peer is told of it

const isRefusal = error => error?.name === 'Refusal'

/** Refuses a request because of what a hook threw. */
function refuse (request, error) {
  const { code, description } = isRefusal(error) ? error : { description: FAILED }
  return code === undefined ? request.reject(description) : request.reject(code, description ?? '')
}

/** What the options of a server that are about what it tells and asks become for the addon. */
function settingsOf ({ hooks = {}, onError, events, ...given }) {
  const settings = Object.assign(Object.create(null), given)
  const told = TYPES.slice(1).filter(type => !(camel(type) in ASKS) && hooks[camel(type)] !== undefined)
  for (const [name, option] of Object.entries(ASKS)) if (hooks[name] !== undefined) settings[option] = true
  if (hooks.mediaTag !== undefined) settings.askMediaTag = true
  settings.events = maskOf(events ?? []) | maskOf(told)
  if (settings.loginScheme !== undefined) settings.loginScheme = SCHEMES[settings.loginScheme]
  if (Array.isArray(settings.proxyFrom)) settings.proxyFrom = settings.proxyFrom.join(',')
  if (settings.users !== undefined) settings.users = Object.entries(settings.users).flat()
  return settings
}

/** Tells hooks, and who takes events, what happens on a server, in order, and asks hooks about requests. */
class Teller {
  #hooks
  #onError
  #wanted // the types of event that are taken
  #asksMedia
  #asked // the kinds of request that are for the application
  #deliver // gets those
  #hub
  #lines = new Map() // what waits for hooks, by connection
  #inbox = new Inbox(event => this.#done(event), () => {})
  #pause
  #emit // tells listeners; whether there was one
  #paused = false
  #ending = false // it shuts down, which is told last: nothing is left in the library any more
  #count = 0 // what waits, in lines and inbox
  #bytes = 0

  constructor ({ hooks, onError, events = [], askMediaTag = false, hub, ...settings }, deliver, pause, emit) {
    this.#hooks = hooks
    this.#onError = onError ?? warn
    this.#wanted = new Set(events === 'all' ? TYPES : events)
    if (askMediaTag) this.#wanted.add(TYPES[MEDIA_TAG])
    this.#asksMedia = askMediaTag
    this.#hub = hub
    this.#asked = new Set(Object.keys(ASKS).filter(name => settings[ASKS[name]]))
    if (hub === undefined) this.#asked.add('publish')
    this.#deliver = deliver
    this.#pause = pause
    this.#emit = emit
  }

  get tells () { return this.#wanted.size > 0 || this.#hooks !== undefined }

  onRequest (request) {
    if (this.#hooks === undefined) this.#deliver(request)
    else this.#standInLine(request)
  }

  onEvent (events, index) {
    const event = makeServerEvent(events, index)
    if (this.#ending && !this.#makeRoom()) return event.keep()
    this.#count++
    this.#bytes += weigh(event)
    if (this.#full && !this.#paused && !this.#ending) {
      this.#paused = true
      this.#pause(true)
    }
    if (this.#hooks === undefined) this.#put(event)
    else this.#standInLine(event)
  }

  get #full () { return this.#count >= WAITING_EVENTS || this.#bytes >= WAITING_BYTES }

  /** Drops the oldest that nobody has taken; whether that is enough, for what waits for hooks stays. */
  #makeRoom () {
    this.#inbox.dropWhile(event => {
      if (!this.#full) return false
      event.keep()
      this.#done(event)
      return true
    })
    return !this.#full
  }

  #done (event) {
    this.#count--
    this.#bytes -= weigh(event)
    if (this.#count < WAITING_EVENTS / 2 && this.#bytes < WAITING_BYTES / 2) this.resume()
  }

  /** The server shuts down: that it has done so comes after all that is in the library. */
  hurry () {
    this.#ending = true
    this.resume()
  }

  resume () {
    if (!this.#paused) return
    this.#paused = false
    this.#pause(false)
  }

  // ---- hooks ----

  #standInLine (about) {
    const line = this.#lines.get(about.connection)
    if (line !== undefined) line.push(about)
    else this.#callHooks(about.connection, [about])
  }

  async #callHooks (connection, line) {
    this.#lines.set(connection, line)
    for (let at = 0; at < line.length; at++) {
      const about = line[at]
      line[at] = undefined
      try {
        await this.#callHook(about)
      } catch (error) {
        this.report(error, about)
      }
      if (at === 1023) at -= line.splice(0, 1024).length
    }
    this.#lines.delete(connection)
  }

  async #callHook (about) {
    const isEvent = about.type !== undefined
    const name = camel(isEvent ? about.type : about.kind)
    const hook = isEvent === (name in ASKS) ? undefined : this.#hooks[name] // granted requests are not asked about
    let kept
    let thrown // { error }, which may be anything
    try {
      kept = await hook?.(about)
    } catch (error) {
      thrown = { error }
    }
    if (isEvent) this.#afterEvent(about, kept)
    else await this.#afterRequest(about, name, thrown)
    if (thrown !== undefined && (isEvent || !isRefusal(thrown.error))) throw thrown.error
  }

  #afterEvent (event, kept) {
    const dropped = kept === false && event.type === TYPES[MEDIA_TAG]
    if (dropped) event.drop()
    else if (!this.#asksMedia) event.keep()
    if (dropped || !this.#wanted.has(event.type)) this.#done(event)
    else this.#put(event)
  }

  /** A request whose answer fails, such as a refusal in words that cannot be sent, is refused all the same. */
  async #afterRequest (request, name, thrown) {
    if (request.answered) return
    try {
      await (thrown === undefined ? this.#goOn(request, name) : refuse(request, thrown.error))
    } catch (error) {
      if (!request.answered) await request.reject(FAILED)
      throw error
    }
  }

  async #goOn (request, name) {
    if (this.#asked.has(name)) {
      this.#deliver(request)
    } else if (name !== 'publish' && name !== 'play') {
      await request.accept()
    } else if (this.#hub !== undefined) {
      await this.#hub.accept(request)
    } else {
      await request.reject('no such stream')
    }
  }

  // ---- events that are listened to, or taken ----

  /** To listeners, or else to who takes events. */
  #put (event) {
    let listened = true // when a listener throws, too
    try {
      listened = this.#emit(event)
    } catch (error) {
      this.report(error, event)
    }
    if (!listened) return this.#inbox.put(event)
    event.keep() // unless it was dropped
    this.#done(event)
  }

  /** A listener to what is not told would wait for ever. */
  checkListener (type) {
    if (typeof type === 'symbol' || OF_NODE.has(type) || this.#wanted.has(type)) return
    throw argumentError(TYPES.slice(1).includes(type)
      ? `'${type}' is told to listeners when the option events has it`
      : `a server has no event '${type}'; it has close, ${TYPES.slice(1).join(', ')}`)
  }

  report (error, about) { report(this.#onError, error, about) }

  async next () { return (await this.#inbox.next()).value }

  events () {
    const taken = iterate(this.#inbox, () => {})
    let last
    return {
      async next () {
        last?.keep() // unless it was dropped
        const result = await taken.next()
        last = result.value
        return result
      },
      async return (value) {
        last?.keep()
        return { value, done: true }
      },
      [Symbol.asyncIterator] () { return this }
    }
  }

  /** Nothing more is told. */
  end () { this.#inbox.end() }
}

module.exports = { Teller, settingsOf }
