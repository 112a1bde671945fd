'use strict'
// The library's events on Node's event loop: one call per batch, handed to the objects they are for. Each object that has
// events is registered under a number, which the library gives back with them (user_data).

const native = require('./native.js')
const { OxrtmpError, check, argumentError, ownError } = require('./error.js')
const { makePacket } = require('./packet.js')
const { Loans } = require('./loans.js')
const { options } = require('./options.js')

// enum oxrtmp_event_type
const PACKET = 2
const LOG = 9

// struct oxrtmp_event, counted in 32-bit words.
const SIZE_WORDS = 64
const word = { type: 0, status: 1, userData: 4, phase: 8, level: 9, time: 10, payload: 12 }
const CODE_BYTES = 64
const TEXT_BYTES = 128

const LEVELS = ['none', 'error', 'warning', 'info', 'debug'] // enum oxrtmp_log_level

const objects = new Map()
let last = 0
let words, bytes // views of the events' memory; undefined until started
let logger
let logLevel = 0
let turn = 0

/** Starts the queue with the first object that needs it. */
function start () {
  if (words !== undefined) return
  const memory = native.start(logLevel, onEvents)
  if (typeof memory === 'number') check(memory)
  words = new Int32Array(memory)
  bytes = Buffer.from(memory)
}

/** The number under which object.onEvent(type, event) gets its events, and onPacket its packets. */
function register (object) {
  start()
  objects.set(++last, object)
  return last
}

function unregister (number) {
  objects.delete(number)
}

/** The number of the batch that is being handed out, or was last. */
const currentTurn = () => turn

function onEvents (count, slab, external) {
  turn++
  const loans = external === undefined ? undefined : new Loans(external)
  let number = 0
  let object
  for (let at = 0; at < count * SIZE_WORDS; at += SIZE_WORDS) {
    const type = words[at + word.type]
    const user = (words[at + word.userData] >>> 0) + words[at + word.userData + 1] * 2 ** 32
    if (user !== number) {
      number = user
      object = objects.get(user)
    }
    if (type === PACKET) {
      // Of an object that was closed in this very batch there is none; its packets' memory is the collector's.
      object?.onPacket(makePacket(words, bytes, at + word.payload, slab, loans))
    } else if (type === LOG) {
      log(at)
    } else {
      object?.onEvent(type, at / SIZE_WORDS)
    }
  }
}

/** The text in so many bytes, up to its NUL. */
function textAt (offset, most) {
  const end = bytes.indexOf(0, offset)
  return bytes.toString('utf8', offset, end < 0 || end > offset + most ? offset + most : end)
}

/** What an event says besides its type: { status, phase, code, text }. */
function describe (index) {
  const at = index * SIZE_WORDS
  const info = (at + word.payload) * 4
  return {
    status: words[at + word.status],
    phase: native.phaseName(words[at + word.phase]),
    code: textAt(info, CODE_BYTES),
    text: textAt(info + CODE_BYTES, TEXT_BYTES)
  }
}

/** The error that an event describes. */
function errorOf ({ status, phase, code, text }) {
  const message = [phase, code, text].filter(part => part !== '').join(': ')
  return new OxrtmpError(status, message, { phase, peerCode: code, description: text })
}

function log (at) {
  if (logger === undefined) return
  const level = LEVELS[words[at + word.level]]
  const timeNs = BigInt(words[at + word.time + 1]) << 32n | BigInt(words[at + word.time] >>> 0)
  const record = { level, message: describe(at / SIZE_WORDS).text, timeNs }
  const call = logger
  queueMicrotask(() => call(record)) // what it throws is its own
}

function setLogger (func, given) {
  if (func !== undefined && func !== null && typeof func !== 'function') throw argumentError('logger must be a function')
  const { level = 'warning' } = options('logger', given)
  const wanted = func ? LEVELS.indexOf(level) : 0
  if (words !== undefined && wanted > logLevel) {
    throw ownError('STATE', 'set the logger before the first server or client is opened')
  }
  if (words === undefined) logLevel = wanted
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

module.exports = { register, unregister, currentTurn, describe, errorOf, setLogger, Hold, holding }
