'use strict'
const native = require('./native.js')
const { check, checkJob, ownError, argumentError } = require('./error.js')
const { holding } = require('./loop.js')
const { Packing, isCallers } = require('./packet.js')
const { options, checkText } = require('./options.js')
const { show } = require('./shown.js')

const INTERNAL = Symbol('a recorder of the library')
const WAITING_PACKINGS = 4 // past which write() waits for the file

// Files are completed also when the process ends with recorders open.
const recorders = new Set()

function finishAll () {
  for (const recorder of recorders) finish(recorder)
}

let finish

class Recorder {
  #handle // undefined once it is closed
  #path = ''
  #waiting = [] // packings of what is not in the file yet and not being written
  #writing // the promise of the write that goes on
  #error // the first one; it stays
  #closing

  constructor (internal, handle) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: use Recorder.open() or Recorder.openIn()')
    this.#handle = handle
  }

  static {
    finish = recorder => { if (recorder.#handle !== undefined) native.recorderFinish(recorder.#handle) }
  }

  static async open (path, given) {
    return Recorder.#open(checkText(path, 'path'), undefined, options('recorder', given))
  }

  static async openIn (directory, name, given) {
    return Recorder.#open(checkText(directory, 'directory'), checkText(name, 'name'), options('recorder', given))
  }

  static async #open (path, name, settings) {
    const recorder = new Recorder(INTERNAL, await holding(checkJob(native.recorderOpen(path, name, settings))))
    if (recorders.size === 0) process.on('exit', finishAll)
    recorders.add(recorder)
    return recorder
  }

  get path () {
    if (this.#handle !== undefined) this.#path = check(native.recorderPath(this.#handle))
    return this.#path
  }

  async write (packets) {
    if (this.#error !== undefined) throw this.#error
    if (this.#closing !== undefined) throw ownError('CLOSED', 'the recorder is closed')
    try {
      for (const packet of Array.isArray(packets) ? packets : [packets]) this.#put(packet)
    } finally {
      this.#writing ??= holding(this.#run()) // also those before one that is no packet
    }
    if (this.#waiting.length > WAITING_PACKINGS) {
      await this.#writing
      if (this.#error !== undefined) throw this.#error
    }
  }

  /**
   * Refers to the packet's bytes from now on, and not to the packet, which may be released; to a copy of bytes that are the
   * caller's, for they are written on a thread, and later than the caller has to wait.
   */
  #put (packet) {
    let last = this.#waiting.at(-1)
    if (last === undefined || last.full) this.#waiting.push(last = new Packing())
    last.add(packet)
    if (isCallers(packet)) last.copyLast()
  }

  /** Writes until nothing waits; never rejects. */
  async #run () {
    try {
      while (this.#waiting.length > 0) {
        const { structs, memory, count } = this.#waiting.shift()
        if (count > 0) await checkJob(native.recorderWrite(this.#handle, structs, memory, count))
      }
    } catch (error) {
      this.#error = error
      this.#waiting = []
    }
    this.#writing = undefined
  }

  close () {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose] () { return this.close() }

  async #close () {
    await this.#writing
    const path = this.path
    const handle = this.#handle
    this.#handle = undefined
    this.#path = path
    recorders.delete(this)
    if (recorders.size === 0) process.off('exit', finishAll)
    await holding(checkJob(native.recorderClose(handle)))
    if (this.#error !== undefined) throw this.#error
  }
}

show(Recorder, 'path')

module.exports = { Recorder }
