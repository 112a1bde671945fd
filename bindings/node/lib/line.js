'use strict'
// The inside of a stream: what clients and sessions share, and do not show.

const native = require('./native.js')
const { check, status } = require('./error.js')
const { register, registerAgain, unregister, currentTurn, Hold } = require('./loop.js')
const { Inbox } = require('./inbox.js')
const { PacketInbox } = require('./packet-inbox.js')
const { Lane } = require('./lane.js')
const { capabilitiesOf } = require('./capabilities.js')

// Packets that wait here for a slow reader: past either bound the stream takes no further ones from the library, which
// keeps a bounded number of its own and then no longer reads the peer's socket.
const WAITING_BYTES = 256 * 1024
const WAITING_PACKETS = 512
const WAITING_EVENTS = 256 // past which the oldest are dropped

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
  queuedBytes: 0n,
  audioBytes: 0n,
  videoBytes: 0n,
  dropped: 0,
  audioBitrate: 0,
  videoBitrate: 0,
  frameRate: 0
})

const NO_CONNECTION = Object.freeze({
  phase: '',
  number: 0,
  durationNs: 0n,
  bytesReceived: 0n,
  bytesSent: 0n,
  queuedBytes: 0n,
  rttNs: 0n,
  rttVariationNs: 0n,
  pingRttNs: 0n,
  resentSegments: 0,
  messagesReceived: 0,
  packetsReceived: 0,
  malformed: 0,
  ignored: 0,
  unknown: 0,
  faulty: 0
})

class Line {
  handle // undefined before it is opened and after it was closed
  id
  error // the fault that ended the stream
  hold = new Hold()
  lane
  packets
  events = new Inbox(() => {}, () => {})
  #last = { statistics: NO_STATISTICS, connectionStatistics: NO_CONNECTION } // what was there to be known when it was closed
  #turn = 0 // of the last packet
  #object // gets the events
  #told = [] // called with the reason when the stream ends
  #paused = false
  #left = false // its server has ended
  #closes = false // that it was closed will be told

  /**
   * object gets the events. receives: whether packets come, or are sent. finished is called when the reader of packets has
   * come to their end.
   */
  constructor (object, receives, sendTimeoutMs, finished) {
    this.receives = receives
    this.#object = object
    this.lane = new Lane(sendTimeoutMs)
    this.packets = new PacketInbox(() => this.#resume(), finished, waits => { if (this.#left) this.hold.busy = waits })
    this.id = register(object)
  }

  open (handle) {
    this.handle = handle
    this.lane.open(handle)
    this.hold.busy = true
  }

  /** Its server has ended: what is left of it keeps the process alive while somebody waits for that. */
  leave () {
    this.#left = true
    this.hold.busy = this.packets.waiting
    this.#resume() // what the library has received comes, and the end after it
  }

  /** Ends it here, and returns the handle, which is to be ended; undefined when that was done before. */
  close (remember = {}) {
    const handle = this.handle
    this.hold.busy = false
    unregister(this.id)
    this.lane.refuse()
    if (handle !== undefined) {
      const { statistics, connectionStatistics, metadata, metadataValues, metadataRaw } = this
      this.#last = { statistics, connectionStatistics, metadata, metadataValues, metadataRaw, ...remember }
    }
    this.handle = undefined
    this.packets.abandon()
    this.events.end()
    return handle
  }

  // ---- what is told ----

  /** What the library says about the stream, undefined as long as it says nothing. */
  tell (name, ask, convert = value => value) {
    if (this.handle === undefined) return this.#last[name]
    const answer = ask(this.handle)
    return answer === status.AGAIN ? undefined : convert(check(answer))
  }

  get statistics () { return this.tell('statistics', native.streamStatistics) }
  get connectionStatistics () { return this.tell('connectionStatistics', native.streamConnectionStatistics) }
  get metadata () { return this.tell('metadata', native.streamMetadata) }
  get metadataValues () { return this.tell('metadataValues', native.streamMetadataJson, JSON.parse) }
  get capabilities () { return this.tell('capabilities', native.streamCapabilities, capabilitiesOf) }
  get metadataRaw () { return this.tell('metadataRaw', native.streamMetadataRaw) }

  // ---- what comes ----

  onPackets (packets) {
    // Only what was left of earlier batches counts: this one's packets could not be taken yet.
    if (this.#turn !== currentTurn()) {
      this.#turn = currentTurn()
      if (!this.#paused && !this.#left && (this.packets.bytes > WAITING_BYTES || this.packets.length > WAITING_PACKETS)) {
        this.#paused = check(native.streamListen(this.handle, undefined)) === status.OK
      }
    }
    this.packets.put(packets)
  }

  /** All that was here was taken. */
  #resume () {
    if (this.#paused && this.handle !== undefined) {
      this.#paused = false
      check(native.streamListen(this.handle, this.id))
    }
  }

  onEvent (event) {
    let over = this.events.length - WAITING_EVENTS + 1
    this.events.dropWhile(() => over-- > 0)
    this.events.put(event)
  }

  /** That it was closed will be told, also after the end. */
  awaitClosed () {
    this.#closes = true
    registerAgain(this.id, this.#object)
  }

  /** Calls func with the reason when the stream ends, by other means than close(). */
  whenEnded (func) { this.#told.push(func) }

  /** The stream has ended, by a status, with the error that says so. Whom nobody else knows the collector may have then. */
  end (number, error) {
    this.hold.busy = false
    if (!this.#closes) unregister(this.id)
    if (number !== status.EOF && number !== status.CLOSED) this.error = error
    this.lane.refuse(() => error)
    this.packets.end(isOwnFault(number) ? error : undefined)
    this.events.end()
    for (const func of this.#told.splice(0)) func(error)
  }
}

/** Whether a stream was ended by a fault of this side, such as memory that ran out, and not by what a peer does. A loop over
 * the packets throws the former; the latter is in its error, so that no peer can break a program's loop. */
function isOwnFault (number) {
  return number !== status.EOF && number !== status.CLOSED && (number > -200 || number <= -900)
}

module.exports = { Line }
