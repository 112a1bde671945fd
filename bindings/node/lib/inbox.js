'use strict'
const { ownError } = require('./error.js')

const DONE = Object.freeze({ value: undefined, done: true })

/** A queue between events, which fill it, and one reader, who waits. Its end comes after what is in it. */
class Inbox {
  #items = []
  #head = 0
  #waiter // { resolve, reject, whole }
  #ended = false
  #error // told once, at the end
  #taken // called with each item that is taken
  #finished // called once, when the reader has come to the end
  #waits // called with true when a reader begins to wait, and with false when it gets something

  constructor (taken, finished, waits = () => {}) {
    this.#taken = taken
    this.#finished = finished
    this.#waits = waits
  }

  get length () { return this.#items.length - this.#head }
  get waiting () { return this.#waiter !== undefined }
  get ended () { return this.#ended }

  put (item) {
    if (this.#ended) return
    if (this.#waiter === undefined) {
      this.#items.push(item)
      return
    }
    this.#taken(item)
    this.answer(whole => whole ? [item] : { value: item, done: false })
  }

  /** Gives the reader who waits what make(whole) returns; whole: all that is there is wanted. */
  answer (make) {
    const waiter = this.#waiter
    this.#waiter = undefined
    this.#waits(false)
    waiter.resolve(make(waiter.whole))
  }

  /** Ends it; a reader gets the error, if there is one, after what is in it. */
  end (error) {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    const waiter = this.#waiter
    if (waiter === undefined) return
    this.#waiter = undefined
    this.#waits(false)
    this.#settle(waiter)
  }

  /** Ends it now and returns what was in it. */
  abandon () {
    const rest = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    this.#error = undefined
    this.end()
    return rest
  }

  /** Drops the first items for as long as func says so. */
  dropWhile (func) {
    while (this.length > 0 && func(this.#items[this.#head])) this.#shift()
  }

  /** The promise of an iterator's next result. */
  next () {
    if (this.length > 0) {
      const item = this.#shift()
      this.#taken(item)
      return Promise.resolve({ value: item, done: false })
    }
    return this.wait(false)
  }

  /** The promise of all items that are there, at least one; of none at the end. */
  all () {
    if (this.length === 0) return this.wait(true)
    const items = this.#head === 0 ? this.#items : this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    for (const item of items) this.#taken(item)
    return Promise.resolve(items)
  }

  #shift () {
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    } else if (this.#head === 1024) { // a reader who is always a little behind
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** The promise of what comes next. */
  wait (whole) {
    if (this.#waiter !== undefined) {
      return Promise.reject(ownError('BUSY', 'another call waits already: one at a time'))
    }
    return new Promise((resolve, reject) => {
      if (this.#ended) return this.#settle({ resolve, reject, whole })
      this.#waiter = { resolve, reject, whole }
      this.#waits(true)
    })
  }

  #settle ({ resolve, reject, whole }) {
    const error = this.#error
    this.#error = undefined
    this.#finished()
    if (error !== undefined) reject(error)
    else resolve(whole ? [] : DONE)
  }
}

/** An async iterator over an inbox; an early return() calls stop. */
function iterate (inbox, stop) {
  return {
    next: () => inbox.next(),
    async return (value) {
      await stop()
      return { value, done: true }
    },
    [Symbol.asyncIterator] () { return this }
  }
}

module.exports = { Inbox, iterate }
