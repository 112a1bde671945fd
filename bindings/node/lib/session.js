'use strict'
const native = require('./native.js')
const { check, status, argumentError } = require('./error.js')
const { register, unregister, currentTurn, Hold } = require('./loop.js')
const { errorOf } = require('./events.js')
const { Inbox, iterate } = require('./inbox.js')
const { metadataOf } = require('./metadata.js')
const { sizeOf } = require('./packet.js')
const { checkText } = require('./options.js')

const STREAM_END = 3

// Packets that wait here for a slow reader: past either bound the session takes no further ones from the library, which
// keeps a bounded number of its own and then no longer reads the publisher's socket.
const WAITING_BYTES = 256 * 1024
const WAITING_PACKETS = 512

const INTERNAL = Symbol('a session of the library')

let internals

class Session {
  #handle // undefined once it is closed
  #id
  #peer
  #inbox = new Inbox(packet => this.#taken(packet), () => this.#end())
  #hold = new Hold()
  #waiting = 0 // bytes in the inbox
  #turn = 0 // of the last packet
  #paused = false
  #error // the fault that ended the stream
  #last // what was there to be known when it was closed
  #siblings // the open sessions of its server

  constructor (internal, peer, siblings) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: sessions come from request.accept()')
    this.#peer = peer
    this.#siblings = siblings
  }

  static {
    internals = {
      /** Accepts a request. open(id) returns the session's handle; undefined where there is no session; or a status. */
      acceptSession (peer, siblings, open) {
        const session = new Session(INTERNAL, peer, siblings)
        session.#id = register(session)
        const handle = open(session.#id)
        if (typeof handle === 'object') {
          session.#handle = handle
          session.#hold.busy = true
          siblings.add(session)
          return session
        }
        unregister(session.#id)
        if (handle === undefined) return undefined
        if (handle !== status.STATE && handle !== status.TIMEOUT && handle !== status.CLOSED) check(handle)
        // The publisher has gone, or was not answered in time: a stream that has ended already.
        session.#last = { endReason: 'the request was over before it was accepted' }
        session.#inbox.end()
        return session
      },
      /** The server was closed: the session keeps the process alive no longer. */
      letGo (session) { session.#hold.busy = false }
    }
  }

  get app () { return this.#peer.app }
  get streamName () { return this.#peer.streamName }
  get rawStreamName () { return this.#peer.rawStreamName }
  get query () { return this.#peer.query }
  get publishType () { return this.#peer.publishType }
  get tcUrl () { return this.#peer.tcUrl }
  get peerAddress () { return this.#peer.peerAddress }
  get flashVersion () { return this.#peer.flashVersion }
  get swfUrl () { return this.#peer.swfUrl }
  get pageUrl () { return this.#peer.pageUrl }
  get encoder () { return this.#peer.encoder }
  get connect () { return this.#peer.connect }

  get closed () { return this.#handle === undefined }

  get endReason () {
    return this.#handle === undefined ? this.#last.endReason : check(native.sessionEndReason(this.#handle))
  }

  get error () { return this.#error }

  get metadata () { return this.#tell('metadata', native.sessionMetadata, metadataOf) }
  get metadataValues () { return this.#tell('metadataValues', native.sessionMetadataJson, JSON.parse) }
  get metadataRaw () { return this.#tell('metadataRaw', native.sessionMetadataRaw) }

  statistics () {
    if (this.#handle === undefined) return this.#last.statistics ?? NO_STATISTICS
    return check(native.sessionStatistics(this.#handle))
  }

  /** What the library says about the stream, undefined as long as it says nothing. */
  #tell (name, ask, convert = value => value) {
    if (this.#handle === undefined) return this.#last[name]
    const answer = ask(this.#handle)
    return answer === status.AGAIN ? undefined : convert(check(answer))
  }

  async nextPacket () {
    const { value } = await this.#inbox.next()
    if (value === undefined && this.#error !== undefined) throw this.#error
    return value
  }

  async nextPackets () {
    const packets = await this.#inbox.all()
    if (packets.length === 0 && this.#error !== undefined) throw this.#error
    return packets
  }

  [Symbol.asyncIterator] () {
    return iterate(this.#inbox, () => this.close())
  }

  ref () {
    this.#hold.ref()
    return this
  }

  unref () {
    this.#hold.unref()
    return this
  }

  async close () {
    this.#close(native.sessionClose)
  }

  async closeWithStatus (code, description) {
    if (code !== undefined) checkText(code, 'code')
    if (description !== undefined) checkText(description, 'description')
    this.#close(handle => native.sessionCloseWithStatus(handle, code, description))
  }

  [Symbol.asyncDispose] () { return this.close() }

  #close (close) {
    if (this.#handle === undefined) return
    const { endReason, metadata, metadataValues, metadataRaw } = this
    this.#last = { endReason, metadata, metadataValues, metadataRaw, statistics: this.statistics() }
    const handle = this.#handle
    this.#handle = undefined
    unregister(this.#id)
    this.#hold.busy = false
    this.#inbox.abandon()
    this.#siblings.delete(this)
    check(close(handle))
  }

  // ---- events ----

  onPacket (packet) {
    // Only what was left of earlier batches counts: this one's packets could not be taken yet.
    if (this.#turn !== currentTurn()) {
      this.#turn = currentTurn()
      if (!this.#paused && (this.#waiting > WAITING_BYTES || this.#inbox.length > WAITING_PACKETS)) {
        this.#paused = check(native.sessionListen(this.#handle, undefined)) === status.OK
      }
    }
    this.#waiting += sizeOf(packet)
    this.#inbox.put(packet)
  }

  onEvent (type, events, index) {
    if (type !== STREAM_END) return
    const event = events.describe(index)
    this.#hold.busy = false
    if (event.status !== status.EOF && event.status !== status.CLOSED) this.#error = errorOf(event)
    this.#inbox.end(isOwnFault(event.status) ? this.#error : undefined)
  }

  #taken (packet) {
    this.#waiting -= sizeOf(packet)
    if (this.#paused && this.#inbox.length === 0 && this.#handle !== undefined) {
      this.#paused = false
      check(native.sessionListen(this.#handle, this.#id))
    }
  }

  /** The reader has come to the end: nothing is left that the handle is needed for. */
  #end () {
    this.#close(native.sessionClose)
  }
}

const NO_STATISTICS = Object.freeze({
  timestampMs: 0,
  durationNs: 0n,
  keyframeIntervalNs: 0n,
  bytes: 0n,
  packets: 0,
  audioPackets: 0,
  videoPackets: 0,
  dataPackets: 0,
  keyframes: 0,
  malformed: 0,
  queuedBytes: 0n
})

/** Whether a stream was ended by a fault of this side, such as memory that ran out, and not by what a peer does. A loop over
 * the packets throws the former; the latter is in session.error, so that no peer can break a program's loop. */
function isOwnFault (number) {
  return number !== status.EOF && number !== status.CLOSED && (number > -200 || number <= -900)
}

module.exports = { Session, ...internals, NO_STATISTICS }
