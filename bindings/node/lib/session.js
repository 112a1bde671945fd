'use strict'
const native = require('./native.js')
const { check, status, argumentError, ownError } = require('./error.js')
const { errorOf } = require('./events.js')
const { Line } = require('./line.js')
const { Stream } = require('./stream.js')
const { toldEvent } = require('./shared.js')
const { checkText } = require('./options.js')
const { show } = require('./shown.js')

const STREAM_END = 3
const WRITABLE = 7

/** What a player does: enum oxrtmp_event_type. */
const PLAYER_EVENTS = {
  11: (events, i) => ({ type: 'pause', positionMs: events.value(i) }),
  12: (events, i) => ({ type: 'unpause', positionMs: events.value(i) }),
  13: (events, i) => ({ type: 'seek', positionMs: events.value(i) }),
  14: (events, i) => ({ type: 'receive', media: events.value(i) === 8 ? 'audio' : 'video', on: events.on(i) }),
  15: (events, i) => ({ type: 'bufferLength', lengthMs: events.value(i) })
}

const INTERNAL = Symbol('a session of the library')

let internals

class Session extends Stream {
  #line
  #peer
  #siblings // the open sessions of its server

  constructor (internal, peer, siblings, { sendTimeoutMs } = {}) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: sessions come from request.accept()')
    // When the reader has come to the end, nothing is left that the handle is needed for.
    const line = new Line({
      onPackets: packets => line.onPackets(packets),
      onEvent: (type, events, index) => this.#onEvent(type, events, index)
    }, peer.kind !== 'play', sendTimeoutMs, () => this.#close(native.sessionClose))
    super(line)
    this.#line = line
    this.#peer = peer
    this.#siblings = siblings
  }

  static {
    internals = {
      /**
       * Accepts a request; open(id) returns the session's handle, undefined where there is no session, or a status. of: the
       * sessions and the sendTimeoutMs of the server.
       */
      acceptSession (peer, of, open) {
        const session = new Session(INTERNAL, peer, of.sessions, of)
        const handle = open(session.#line.id)
        if (typeof handle === 'object') {
          session.#line.open(handle)
          of.sessions.add(session)
          return session
        }
        if (handle !== undefined && handle !== status.STATE && handle !== status.TIMEOUT && handle !== status.CLOSED) check(handle)
        session.#line.close()
        if (handle === undefined) return undefined
        // The peer has gone, or was not answered in time: a stream that has ended already.
        session.#last = { endReason: 'the request was over before it was accepted' }
        return session
      },
      /** The server was closed: the session keeps the process alive no longer, unless somebody waits for its packets. */
      letGo (session) { session.#line.leave() }
    }
  }

  #last = { endReason: '' }

  get kind () { return this.#peer.kind }
  get app () { return this.#peer.app }
  get streamName () { return this.#peer.streamName }
  get rawStreamName () { return this.#peer.rawStreamName }
  get query () { return this.#peer.query }
  get user () { return this.#peer.user }
  get connection () { return this.#peer.connection }
  get publishType () { return this.#peer.publishType }
  get tcUrl () { return this.#peer.tcUrl }
  get peerAddress () { return this.#peer.peerAddress }
  get flashVersion () { return this.#peer.flashVersion }
  get swfUrl () { return this.#peer.swfUrl }
  get pageUrl () { return this.#peer.pageUrl }
  get encoder () { return this.#peer.encoder }
  get connect () { return this.#peer.connect }

  /** Of a player: with the last buffer length. */
  get play () {
    if (this.#peer.play === undefined || this.#line.handle === undefined) return this.#last.play ?? this.#peer.play
    return check(native.sessionPlay(this.#line.handle))
  }

  get play2 () { return this.#peer.play2 }

  get closed () { return this.#line.handle === undefined }

  get endReason () {
    return this.#line.handle === undefined ? this.#last.endReason : check(native.sessionEndReason(this.#line.handle))
  }

  async complete () {
    const { lane } = this.#line
    if (lane.waits) await lane.last()
    if (this.#line.handle === undefined) throw ownError('CLOSED', 'the stream is closed')
    check(native.sessionComplete(this.#line.handle))
  }

  async requestReconnect (tcUrl, description) {
    if (tcUrl !== undefined) checkText(tcUrl, 'tcUrl')
    if (description !== undefined) checkText(description, 'description')
    if (this.#line.handle === undefined) throw ownError('CLOSED', 'the session is closed')
    check(native.sessionRequestReconnect(this.#line.handle, tcUrl, description))
  }

  async close () {
    this.#close(native.sessionClose)
  }

  async closeWithStatus (code, description) {
    if (code !== undefined) checkText(code, 'code')
    if (description !== undefined) checkText(description, 'description')
    this.#close(handle => native.sessionCloseWithStatus(handle, code, description))
  }

  #close (close) {
    if (this.#line.handle === undefined) return
    const { endReason, play } = this
    this.#last = { endReason, play }
    this.#siblings.delete(this)
    check(close(this.#line.close()))
  }

  #onEvent (type, events, index) {
    if (type === STREAM_END) {
      const event = events.describe(index)
      this.#siblings.delete(this)
      this.#line.end(event.status, errorOf(event))
    } else if (type === WRITABLE) {
      this.#line.lane.resume()
    } else if (Object.hasOwn(PLAYER_EVENTS, type)) {
      this.#line.onEvent(PLAYER_EVENTS[type](events, index))
    } else {
      const told = toldEvent(type, events, index)
      if (told !== undefined) this.#line.onEvent(told)
    }
  }
}

show(Session, 'kind', 'app', 'streamName', 'peerAddress', 'closed', 'endReason', 'error')

module.exports = { Session, ...internals }
