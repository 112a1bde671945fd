'use strict'
// What the low-level parts share: their handles, the memory that structs of the library are passed in, and bytes that
// result.

const { check, ownError, argumentError, status } = require('../error.js')
const { checkBytes, isObject } = require('../options.js')

/** A handle of the library that is ended by its owner, or by the collector. */
class Held {
  #handle // undefined once it is closed
  #what
  #close

  constructor (made, what, close) {
    this.#handle = check(made)
    this.#what = what
    this.#close = close
  }

  get closed () { return this.#handle === undefined }

  get open () {
    if (this.#handle === undefined) throw ownError('CLOSED', `the ${this.#what} is closed`)
    return this.#handle
  }

  close () {
    const handle = this.#handle
    this.#handle = undefined
    if (handle !== undefined) check(this.#close(handle))
  }
}

/** Memory of a struct. The places of fields are counted in units of their size. */
class Struct {
  constructor (bytes) {
    this.memory = new ArrayBuffer(bytes)
    this.u32 = new Uint32Array(this.memory)
    this.i32 = new Int32Array(this.memory)
    this.f64 = new Float64Array(this.memory)
    this.u8 = new Uint8Array(this.memory)
  }

  /** A 64-bit number at a place of u32: a size, or an offset. */
  size (at) { return this.u32[at] + this.u32[at + 1] * 2 ** 32 }

  /** The part of bytes that a pointer and a size name, or undefined if the pointer is NULL. */
  part (bytes, pointerAt, sizeAt) {
    if (this.i32[pointerAt + 1] === -1) return undefined
    const at = this.size(pointerAt)
    return bytes.subarray(at, at + this.size(sizeAt))
  }
}

/** Bytes of any kind as a Buffer over the same memory. */
function bufferOf (value, name) {
  if (Buffer.isBuffer(value)) return value
  const view = checkBytes(value, name)
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

/** The bytes that a call of the addon wrote: a Buffer of them, or their part of what was given to write into. */
function written (result, into) {
  if (typeof result !== 'number') {
    if (!Array.isArray(result)) return result
    const [needed] = result
    throw Object.assign(ownError('BUFFER', `${needed} bytes are needed, into has ${into.byteLength}`), { needed })
  }
  check(result)
  return into.subarray(0, result)
}

const intoOf = into => into === undefined ? undefined : bufferOf(into, 'into')

function checkObject (value, name, fields) {
  if (!isObject(value)) throw argumentError(`${name} must be an object`)
  for (const key of Object.keys(value)) {
    if (!fields.includes(key)) throw argumentError(`${name} has no '${key}'; it has ${fields.join(', ')}`)
  }
  return value
}

module.exports = { Held, Struct, bufferOf, written, intoOf, checkObject, check, status, argumentError }
