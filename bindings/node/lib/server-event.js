'use strict'
const native = require('./native.js')
const { argumentError, status } = require('./error.js')
const { errorOf } = require('./events.js')
const { EVENTS } = require('./options.js')

// enum oxrtmp_server_event_kind
const TYPES = ['', ...EVENTS]
const MEDIA_TAG = 14
const [METADATA, KEYFRAME] = [13, 19]

const INTERNAL = Symbol('an event of the library')

let internals

class ServerEvent {
  #question // of a media_tag that waits: its id in two words

  constructor (internal, events, index) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: events come from a server')
    const kind = events.value(index)
    const { peerAddress, app, streamName, text, statistics } = events.told(index)
    this.type = TYPES[kind] ?? ''
    this.connection = events.connection(index)
    this.peerAddress = peerAddress
    this.app = app
    this.streamName = streamName
    this.text = text
    this.packet = kind >= METADATA && kind <= KEYFRAME ? events.packet(index) : undefined
    this.statistics = statistics
    this.positionMs = events.position(index)
    const number = events.status(index)
    this.error = number === status.OK ? undefined : errorOf({ status: number, phase: events.phase(index), code: '', text })
    const question = events.request(index)
    if (question[0] !== 0 || question[1] !== 0) this.#question = question
  }

  static {
    internals = {
      makeServerEvent: (events, index) => new ServerEvent(INTERNAL, events, index),
      /** What it counts while it waits. */
      weigh: event => event.packet?.rawSize ?? 0
    }
  }

  keep () { this.#answer(1) }

  drop () { this.#answer(0) }

  #answer (pass) {
    if (this.#question === undefined) return
    native.eventAnswer(...this.#question, pass) // which is too late once the server has ended
    this.#question = undefined
  }
}

/** The set of events that names stand for, as the library has it. */
function maskOf (types) {
  const all = TYPES.slice(1)
  return (types === 'all' ? all : types).reduce((mask, type) => mask | 1 << TYPES.indexOf(type), 0)
}

module.exports = { ServerEvent, TYPES, MEDIA_TAG, maskOf, ...internals }
