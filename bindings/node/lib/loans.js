'use strict'
// Payloads that are lent by the library and not yet, or not at all, made a Buffer of. The payloads of a batch are lent
// together; each can be taken out as a Buffer, or be given back. Giving back is done in bunches.

const native = require('./native.js')

const BUNCH = 16

const pending = new Set() // loans of which something is to be given back
let scheduled = false

class Loans {
  #external
  #places = new Int32Array(BUNCH) // to be given back
  #count = 0
  #buffers // of payloads that several packets have, by place

  constructor (external) {
    this.#external = external
  }

  /** The Buffer of a payload, which is given back with the Buffer. */
  take (place) {
    return native.loanBuffer(this.#external, place, 0)
  }

  /** The Buffer of a payload that may be asked for again. */
  share (place) {
    this.#buffers ??= new Map()
    let buffer = this.#buffers.get(place)
    if (buffer === undefined) this.#buffers.set(place, buffer = native.loanBuffer(this.#external, place, 1))
    return buffer
  }

  giveBack (place) {
    if (this.#count === 0) pending.add(this)
    this.#places[this.#count++] = place
    if (this.#count === BUNCH) {
      this.flush()
    } else if (!scheduled) {
      scheduled = true
      setImmediate(flushAll).unref()
    }
  }

  flush () {
    pending.delete(this)
    const count = this.#count
    this.#count = 0
    native.loansEnd(this.#external, this.#places.buffer, count)
  }
}

function flushAll () {
  scheduled = false
  for (const loans of pending) loans.flush()
}

module.exports = { Loans }
