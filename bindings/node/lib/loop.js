'use strict'
// The library's events on Node's event loop: one call per batch, handed to the objects they are for. Each object that has
// events is registered under a number, which the library gives back with them (user_data).

const native = require('./native.js')
const { check, argumentError, ownError, warn } = require('./error.js')
const { Events } = require('./events.js')
const { makeServerEvent } = require('./server-event.js')
const { options } = require('./options.js')

// enum oxrtmp_event_type
const PACKET = 2
const LOG = 9
const SERVER = 17

const LEVELS = ['none', 'error', 'warning', 'info', 'debug'] // enum oxrtmp_log_level

const objects = new Map()
let last = 0
let events // those of a batch; undefined until started
let logger
let logLevel = 0
let turn = 0

/** Starts the queue with the first object that needs it. */
function start () {
  if (events !== undefined) return
  const memory = native.start(logLevel, onEvents)
  if (typeof memory === 'number') check(memory)
  events = new Events(memory)
}

/** The number under which object.onEvent(type, events, index) gets its events, and onPackets its packets. */
function register (object) {
  start()
  objects.set(++last, object)
  return last
}

/** Events come again to what was unregistered. */
function registerAgain (number, object) {
  objects.set(number, object)
}

function unregister (number) {
  objects.delete(number)
}

/** The number of the batch that is being handed out, or was last. */
const currentTurn = () => turn

function onEvents (start, count, structs, loans, slab, told) {
  turn++
  events.hold(structs, loans, slab, told, start)
  for (let index = start; index < start + count;) {
    const packets = events.type(index) === PACKET ? events.packets(index) : undefined
    const next = packets === undefined ? index + 1 : index + packets.to - packets.from // which changes as packets are taken
    try {
      // Of an object that was closed in this very batch there is none; its packets' memory is the collector's.
      if (packets !== undefined) objects.get(events.userData(index))?.onPackets(packets)
      else handOut(index)
    } catch (error) {
      warn(error) // one that cannot be handed out is no reason to lose the others
    }
    index = next
  }
  events.hold()
}

function handOut (index) {
  const type = events.type(index)
  const object = objects.get(events.userData(index))
  if (type === LOG) log(index)
  else if (object !== undefined) object.onEvent(type, events, index)
  else if (type === SERVER) makeServerEvent(events, index).keep()
}

function log (index) {
  if (logger === undefined) return
  const record = { level: LEVELS[events.level(index)], message: events.describe(index).text, timeNs: events.timeNs(index) }
  const call = logger
  queueMicrotask(() => call(record)) // what it throws is its own
}

function setLogger (func, given) {
  if (func !== undefined && func !== null && typeof func !== 'function') throw argumentError('logger must be a function')
  const { level = 'warning' } = options('logger', given)
  const wanted = func ? LEVELS.indexOf(level) : 0
  if (events !== undefined && wanted > logLevel) {
    throw ownError('STATE', 'set the logger before the first server or client is opened')
  }
  if (events === undefined) logLevel = wanted
  logger = func ? record => { if (LEVELS.indexOf(record.level) <= wanted) func(record) } : undefined
}

// ---- what keeps the process alive ----

let holders = 0

function hold () {
  start()
  if (holders++ === 0) native.ref()
}

function drop () {
  if (--holders === 0) native.unref()
}

/** One object's hold on the process: while it is busy with something, unless it was told not to. */
class Hold {
  #held = false
  #busy = false
  #wanted = true

  get busy () { return this.#busy }
  set busy (value) {
    this.#busy = value
    this.#update()
  }

  ref () {
    this.#wanted = true
    this.#update()
  }

  unref () {
    this.#wanted = false
    this.#update()
  }

  #update () {
    const held = this.#busy && this.#wanted
    if (held === this.#held) return
    this.#held = held
    if (held) hold()
    else drop()
  }
}

/** A promise that keeps the process alive until it is settled. */
async function holding (promise) {
  hold()
  try {
    return await promise
  } finally {
    drop()
  }
}

module.exports = { register, registerAgain, unregister, currentTurn, setLogger, Hold, holding }
