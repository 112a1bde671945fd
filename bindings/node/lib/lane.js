'use strict'
const { status, lastError, ownError, OxrtmpError } = require('./error.js')

const SEND_TIMEOUT_MS = 10000
const SENT = Promise.resolve()

const closedError = () => ownError('CLOSED', 'the stream is closed')

/** What is sent by one stream: at once, or in order when there is room again. */
class Lane {
  #handle // undefined before it is opened
  #queue = [] // sends that wait for room: { send, resolve, reject, due }
  #timer
  #timeoutMs
  #refused // makes the reason why nothing can be sent any more

  constructor (timeoutMs = 0) {
    this.#timeoutMs = timeoutMs === 0 ? SEND_TIMEOUT_MS : timeoutMs
  }

  open (handle) { this.#handle = handle }

  get refused () { return this.#refused }
  get waits () { return this.#queue.length > 0 }

  /** Sends now, or when there is room: send(handle) returns a status. */
  send (send) {
    if (this.#refused !== undefined) return Promise.reject(this.#refused())
    if (!this.waits) {
      const result = send(this.#handle)
      if (result === status.OK) return SENT
      if (result !== status.AGAIN) return Promise.reject(lastError(result))
    }
    return new Promise((resolve, reject) => {
      const due = this.#timeoutMs < 0 ? Infinity : performance.now() + this.#timeoutMs
      this.#queue.push({ send, resolve, reject, due })
      if (this.#queue.length === 1) this.#schedule()
    })
  }

  /** Comes after all that waits. */
  last () { return this.send(() => status.OK) }

  /** Sends what waits, as far as there is room. */
  resume () {
    let count = 0
    for (const { send, resolve, reject } of this.#queue) {
      const result = this.#try(send, reject)
      if (result === status.AGAIN) break
      if (result === status.OK) resolve()
      else if (result !== undefined) reject(lastError(result))
      count++
    }
    this.#queue.splice(0, count)
    this.#schedule()
  }

  #try (send, reject) {
    try {
      return send(this.#handle)
    } catch (error) {
      reject(error)
    }
  }

  #schedule () {
    clearTimeout(this.#timer)
    const due = this.#queue[0]?.due ?? Infinity
    if (due === Infinity) return
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, due - performance.now()))
    this.#timer.unref() // the stream itself keeps the process alive
  }

  #expire () {
    const now = performance.now()
    while (this.waits && this.#queue[0].due <= now + 0.5) {
      this.#queue.shift().reject(new OxrtmpError(status.TIMEOUT,
        `media: timeout: no room to send for ${this.#timeoutMs} ms`, { phase: 'media' }))
    }
    this.#schedule()
  }

  /** From now on nothing can be sent, for the reason that make() returns. */
  refuse (make = closedError) {
    this.#refused ??= make
    clearTimeout(this.#timer)
    for (const { reject } of this.#queue.splice(0)) reject(make())
  }

  /** Takes nothing more, and lets what waits for room go first, for at most ms. */
  async drain (ms) {
    if (this.#refused !== undefined || !this.waits) return
    const rest = this.last().catch(() => {})
    this.#refused = closedError
    let timer
    await Promise.race([rest, new Promise(resolve => { timer = setTimeout(resolve, ms) })])
    clearTimeout(timer)
  }
}

module.exports = { Lane }
