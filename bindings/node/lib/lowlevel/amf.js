'use strict'
const native = require('../native.js')
const { Struct, bufferOf, written, intoOf, checkObject, check, status, argumentError } = require('./part.js')
const { options, checkText, checkInteger, U32 } = require('../options.js')

/** enum oxrtmp_amf_type in words. */
const TYPES = new Map([
  [0, 'number'], [1, 'boolean'], [2, 'string'], [3, 'object'], [5, 'null'], [6, 'undefined'], [7, 'reference'],
  [8, 'ecma_array'], [9, 'object_end'], [10, 'strict_array'], [11, 'date'], [13, 'unsupported'], [15, 'xml'], [17, 'amf3']
])
const NUMBERS = new Map([...TYPES].map(([number, type]) => [type, number]))

const STRICT = 1
const AMF3 = 2

const FIELDS = ['type', 'depth', 'name', 'number', 'count', 'zone', 'text']
const WITH_NUMBER = new Set(['number', 'boolean', 'date'])
const WITH_COUNT = new Set(['reference', 'ecma_array', 'strict_array'])
const WITH_TEXT = new Set(['string', 'object', 'xml'])
const EMPTY = Buffer.alloc(0)

const value = new Struct(64) // oxrtmp_amf_value

class AMFCursor {
  #data
  #cursor = new Struct(288) // oxrtmp_amf_cursor

  constructor (data) {
    this.#data = bufferOf(data, 'data')
  }

  get offset () { return this.#cursor.size(4) }

  next () {
    const result = native.amfNext(this.#cursor.memory, this.#data, value.memory)
    if (result === status.EOF) return undefined
    check(result)
    const type = TYPES.get(value.u32[0])
    const step = { type, depth: value.u32[1] }
    const name = value.part(this.#data, 6, 8)
    const text = value.part(this.#data, 10, 12) ?? EMPTY
    if (name !== undefined) step.name = name.toString()
    if (WITH_NUMBER.has(type)) step.number = value.f64[2]
    if (WITH_COUNT.has(type)) step.count = value.u32[2]
    if (type === 'date') step.zone = value.i32[3]
    if (WITH_TEXT.has(type)) step.text = text.toString()
    if (type === 'amf3') step.text = text
    return step
  }

  * [Symbol.iterator] () {
    for (let step; (step = this.next()) !== undefined;) yield step
  }
}

const bytesOf = (given, name) => typeof given === 'string' ? Buffer.from(given) : bufferOf(given, name)

function amfBuild (given, into) {
  const { type, name, number = 0, count = 0, zone = 0, text = EMPTY } = checkObject(given, 'value', FIELDS)
  if (!NUMBERS.has(type)) throw argumentError(`value.type must be ${[...NUMBERS.keys()].map(t => `'${t}'`).join(', ')}`)
  if (typeof number !== 'number') throw argumentError('value.number must be a number')
  value.u32.fill(0)
  value.u32[0] = NUMBERS.get(type)
  value.u32[2] = checkInteger(count, 'value.count', 0, U32)
  value.i32[3] = checkInteger(zone, 'value.zone', -32768, 32767)
  value.f64[2] = number
  const label = name === undefined ? undefined : bytesOf(name, 'value.name')
  const target = intoOf(into)
  return written(native.amfBuild(value.memory, label, bytesOf(text, 'value.text'), target), target)
}

// ---- as JSON ----

function amfToJson (data, given) {
  const { strict = false, amf3 = false } = options('amfToJson', given)
  return check(native.amfToJson(bufferOf(data, 'data'), (strict ? STRICT : 0) | (amf3 ? AMF3 : 0)))
}

function amfFromJson (json, given, into) {
  const { amf3 = false } = options('amfFromJson', given)
  const target = intoOf(into)
  return written(native.amfFromJson(checkText(json, 'json'), amf3 ? AMF3 : 0, target), target)
}

module.exports = { AMFCursor, amfBuild, amfToJson, amfFromJson }
