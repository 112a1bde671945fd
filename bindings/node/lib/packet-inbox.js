'use strict'
const { Inbox } = require('./inbox.js')
const { makePacket } = require('./packet.js')

/** An inbox of packets, which come in runs and become objects when they are taken. */
class PacketInbox extends Inbox {
  #runs = [] // { batch, from, to, bytes }, the first of them in use
  #length = 0
  #bytes = 0
  #empty // called when all that was there was taken

  constructor (empty, finished, waits) {
    super(() => {}, finished, waits)
    this.#empty = empty
  }

  get length () { return this.#length }

  /** Bytes of the payloads, those of a run as long as some of it is left. */
  get bytes () { return this.#bytes }

  put (run) {
    if (this.ended) return
    this.#runs.push(run)
    this.#length += run.to - run.from
    this.#bytes += run.bytes
    if (this.waiting) this.answer(whole => whole ? this.#takeAll() : { value: this.#take(), done: false })
  }

  abandon () {
    this.#runs = []
    this.#length = this.#bytes = 0
    this.end()
    return []
  }

  next () {
    if (this.#length === 0) return this.wait(false)
    return Promise.resolve({ value: this.#take(), done: false })
  }

  all () {
    return this.#length === 0 ? this.wait(true) : Promise.resolve(this.#takeAll())
  }

  #take () {
    const run = this.#runs[0]
    const packet = makePacket(run.batch, run.from++)
    this.#length--
    if (run.from === run.to) {
      this.#bytes -= run.bytes
      this.#runs.shift()
      if (this.#length === 0) this.#empty()
    }
    return packet
  }

  #takeAll () {
    const packets = []
    for (const { batch, from, to } of this.#runs) {
      for (let index = from; index < to; index++) packets.push(makePacket(batch, index))
    }
    this.#runs = []
    this.#length = this.#bytes = 0
    this.#empty()
    return packets
  }
}

module.exports = { PacketInbox }
