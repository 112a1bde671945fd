'use strict'
const native = require('./native.js')
const { check, checkJob, status, lastError, argumentError } = require('./error.js')
const { register, unregister, Hold, holding } = require('./loop.js')
const { errorOf } = require('./events.js')
const { Inbox, iterate } = require('./inbox.js')
const { show } = require('./shown.js')

const RELAY = 16 // enum oxrtmp_event_type
const STATES = ['idle', 'connecting', 'running', 'waiting', 'closed'] // enum oxrtmp_relay_state
const WAITING_EVENTS = 256 // past which the oldest are dropped

const INTERNAL = Symbol('a relay of the library')

let relayOf

class Relay {
  #handle // undefined once it is closed
  #hub // which lives as long as the relay
  #id
  #events = new Inbox(() => {}, () => {})
  #hold = new Hold()
  #closing // the promise of close()
  #last // its figures when it was closed

  constructor (internal, hub) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: use hub.push() or hub.pull()')
    this.#hub = hub
    this.#id = register(this)
  }

  static {
    /** A relay of a hub; open(id) returns its handle, or a status. */
    relayOf = (hub, open) => {
      const relay = new Relay(INTERNAL, hub)
      const handle = open(relay.#id)
      if (typeof handle === 'number') {
        const error = lastError(handle)
        unregister(relay.#id)
        throw error
      }
      relay.#handle = handle
      relay.#hold.busy = true
      return relay
    }
  }

  get closed () { return this.#handle === undefined }

  statistics () {
    if (this.#handle === undefined) return this.#last
    const { state, ...figures } = check(native.relayStatistics(this.#handle))
    return { ...figures, state: STATES[state] }
  }

  events () { return iterate(this.#events, () => {}) }

  ref () {
    this.#hold.ref()
    return this
  }

  unref () {
    this.#hold.unref()
    return this
  }

  close () {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose] () { return this.close() }

  async #close () {
    this.#last = { ...this.statistics(), state: 'closed' }
    const handle = this.#handle
    this.#handle = undefined
    this.#end()
    await holding(checkJob(native.relayClose(handle)))
  }

  /** Nothing more will be told. */
  #end () {
    unregister(this.#id)
    this.#hub = undefined
    this.#hold.busy = false
    this.#events.end()
  }

  onEvent (type, events, index) {
    if (type !== RELAY) return
    const state = STATES[events.value(index)]
    const error = events.status(index) === status.OK ? undefined : errorOf(events.describe(index))
    let over = this.#events.length - WAITING_EVENTS + 1
    this.#events.dropWhile(() => over-- > 0)
    this.#events.put({ type: 'relay', state, error })
    if (state === 'closed') this.#end()
  }
}

show(Relay, 'closed')

module.exports = { Relay, relayOf }
