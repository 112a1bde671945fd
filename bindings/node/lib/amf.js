'use strict'
// AMF values. The library turns bytes into steps and back; here steps become values of JavaScript.

const native = require('./native.js')
const { check, lastError, status, argumentError } = require('./error.js')
const { checkBytes, checkText } = require('./options.js')

const STRICT = 1 // flags of functions
const AMF3 = 2
const TO_AMF0 = 4
const STATIC = 1 // flags of values
const FIXED = 2
const WEAK = 4
const VERBATIM = 8

const TYPE = {
  number: 0, boolean: 1, string: 2, object: 3, null: 5, undefined: 6, reference: 7, ecmaArray: 8, objectEnd: 9,
  strictArray: 10, date: 11, unsupported: 13, xml: 15, integer: 36, external: 42, e4x: 43, bytes: 44, dictionary: 49
}
const VECTORS = { int: 45, uint: 46, double: 47, object: 48 }
const VECTOR_KINDS = new Map(Object.entries(VECTORS).map(([kind, type]) => [type, kind]))
const STEP = 9 // type, count, zone, number, flags, name, its size, text, its size

const UNSUPPORTED = Symbol('AMF unsupported')

function bytesOf (value, name) {
  const view = checkBytes(value, name)
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

class XMLDocument {
  constructor (text) { this.text = checkText(text, 'text') }
}

class XML {
  constructor (text) { this.text = checkText(text, 'text') }
}

class Reference {
  constructor (index) { this.index = index }
}

class Vector {
  constructor (kind, items, { fixed = false, className = '' } = {}) {
    if (!(kind in VECTORS)) throw argumentError(`kind must be one of ${Object.keys(VECTORS).join(', ')}`)
    this.kind = kind
    this.items = [...items]
    this.fixed = fixed
    this.className = className
  }
}

class Dictionary extends Map {
  constructor (entries = [], { weak = false } = {}) {
    super(entries)
    this.weak = weak
  }
}

class External {
  constructor (className, { value, data } = {}) {
    this.className = checkText(className, 'className')
    this.value = value
    this.data = data
  }
}

// What an object is besides its properties.
const traits = new WeakMap()
const dense = new WeakMap()

function object (properties, { className = '', sealed = 0, static: fixed = false } = {}) {
  const made = { ...properties }
  traits.set(made, { className, sealed, static: fixed })
  return made
}

function ecmaArray (properties, elements = []) {
  const made = { ...properties }
  dense.set(made, [...elements])
  return made
}

const traitsOf = value => traits.get(value)
const denseOf = value => dense.get(value)

// ---- bytes to values ----

const DECODE = { amf3: 'boolean', strict: 'boolean', depth: 'number', values: 'number', external: 'function' }

/** The options of a call, checked by name and type. */
function settings (given, known) {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in known)) throw argumentError(`unknown option ${name}`)
    if (value !== undefined && typeof value !== known[name]) throw argumentError(`${name} must be a ${known[name]}`)
  }
  return given
}

function decode (bytes, given = {}) {
  const { amf3, strict, depth = 0, values = 0, external } = settings(given, DECODE)
  const data = bytesOf(bytes, 'bytes')
  const flags = (amf3 ? AMF3 : 0) | (strict ? STRICT : 0)
  const sizes = []
  for (;;) {
    const [number, memory] = native.amfDecode(data, flags, depth, values, Buffer.from(BigUint64Array.from(sizes).buffer))
    const reader = new Reader(data, new Float64Array(memory))
    if (number !== status.UNSUPPORTED) {
      if (number !== status.OK) throw lastError(number)
      return reader.all()
    }
    const failure = lastError(number)
    const { className, rest } = reader.missing()
    const size = external?.(className, rest)
    if (size === undefined) throw failure
    sizes.push(BigInt(size))
  }
}

class Reader {
  constructor (data, steps) {
    this.data = data
    this.steps = steps
    this.at = 0
  }

  all () {
    const values = []
    while (this.at < this.steps.length) values.push(this.value())
    return values
  }

  /** The class of an external object of unknown length, and the bytes from where it begins. */
  missing () {
    const [,,,,, name, nameSize, text, textSize] = this.steps
    return { className: this.data.toString('utf8', text, text + textSize), rest: this.data.subarray(name, name + nameSize) }
  }

  value () {
    const at = this.at
    this.at += STEP
    const [type, count, , number, flags, , , begin, size] = this.steps.subarray(at, at + STEP)
    const text = () => this.data.toString('utf8', begin, begin + size)
    switch (type) {
      case TYPE.number: case TYPE.integer: return number
      case TYPE.boolean: return number !== 0
      case TYPE.string: return text()
      case TYPE.null: return null
      case TYPE.undefined: return undefined
      case TYPE.unsupported: return UNSUPPORTED
      case TYPE.reference: return new Reference(count)
      case TYPE.date: return new Date(number)
      case TYPE.xml: return new XMLDocument(text())
      case TYPE.e4x: return new XML(text())
      case TYPE.bytes: return Buffer.from(this.data.subarray(begin, begin + size))
      case TYPE.strictArray: return this.list(count)
      case TYPE.object: return this.object({ className: text(), sealed: count, static: (flags & STATIC) !== 0 })
      case TYPE.ecmaArray: return this.ecmaArray()
      case TYPE.external: {
        const content = this.value()
        return new External(text(), flags & VERBATIM ? { data: content } : { value: content })
      }
      case TYPE.dictionary: {
        const made = new Dictionary([], { weak: (flags & WEAK) !== 0 })
        for (let i = 0; i < count; i++) {
          const key = this.value()
          made.set(key, this.value())
        }
        return made
      }
      default:
        return new Vector(VECTOR_KINDS.get(type), this.list(count), { fixed: (flags & FIXED) !== 0, className: text() })
    }
  }

  list (count) {
    const made = []
    for (let i = 0; i < count; i++) made.push(this.value())
    return made
  }

  object (about) {
    const [made] = this.members()
    if (about.className !== '' || about.sealed !== 0 || about.static) traits.set(made, about)
    return made
  }

  ecmaArray () {
    const [made, elements] = this.members()
    dense.set(made, elements)
    return made
  }

  members () {
    const made = {}
    const elements = []
    while (this.steps[this.at] !== TYPE.objectEnd) {
      const begin = this.steps[this.at + 5]
      const name = begin < 0 ? undefined : this.data.toString('utf8', begin, begin + this.steps[this.at + 6])
      const value = this.value()
      if (name === undefined) elements.push(value)
      else Object.defineProperty(made, name, { value, writable: true, enumerable: true, configurable: true })
    }
    this.at += STEP
    return [made, elements]
  }
}

// ---- values to bytes ----

const ENCODE = { amf3: 'boolean', toAmf0: 'boolean' }
const isWhole = number => Number.isInteger(number) && number >= -(2 ** 28) && number < 2 ** 28 && !Object.is(number, -0)

function encode (values, given = {}) {
  const { amf3, toAmf0 } = settings(given, ENCODE)
  if (!Array.isArray(values)) throw argumentError('values must be an array')
  if (amf3 && toAmf0) throw argumentError('amf3 and toAmf0 exclude each other')
  const writer = new Writer(amf3)
  for (const value of values) writer.value(value)
  const steps = Float64Array.from(writer.steps)
  const texts = Buffer.concat(writer.texts)
  return check(native.amfEncode(Buffer.from(steps.buffer), texts, amf3 ? AMF3 : toAmf0 ? TO_AMF0 : 0))
}

class Writer {
  constructor (amf3) {
    this.amf3 = amf3
    this.steps = []
    this.texts = []
    this.size = 0
    this.around = new Set() // what is being written, so that nothing contains itself
  }

  /** Where a text is put: its place and size. */
  text (text) {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text
    this.texts.push(bytes)
    this.size += bytes.length
    return [this.size - bytes.length, bytes.length]
  }

  put (type, name, { count = 0, number = 0, flags = 0, text = '' } = {}) {
    const named = name === undefined ? [-1, 0] : this.text(name)
    this.steps.push(type, count, 0, number, flags, ...named, ...this.text(text))
  }

  value (value, name) {
    switch (typeof value) {
      case 'number':
        return this.put(this.amf3 && isWhole(value) ? TYPE.integer : TYPE.number, name, { number: value })
      case 'bigint': return this.put(TYPE.number, name, { number: Number(value) })
      case 'boolean': return this.put(TYPE.boolean, name, { number: Number(value) })
      case 'string': return this.put(TYPE.string, name, { text: value })
      case 'undefined': return this.put(TYPE.undefined, name)
      case 'object': break
      default:
        if (value === UNSUPPORTED) return this.put(TYPE.unsupported, name)
        throw argumentError(`a ${typeof value} is no AMF value`)
    }
    if (value === null) return this.put(TYPE.null, name)
    if (this.around.has(value)) throw argumentError('a value contains itself')
    this.around.add(value)
    this.object(value, name)
    this.around.delete(value)
  }

  object (value, name) {
    if (value instanceof Date) return this.put(TYPE.date, name, { number: value.getTime() })
    if (value instanceof XMLDocument) return this.put(TYPE.xml, name, { text: value.text })
    if (value instanceof XML) return this.put(TYPE.e4x, name, { text: value.text })
    if (value instanceof Reference) return this.put(TYPE.reference, name, { count: value.index })
    if (value instanceof Int32Array) return this.vector(new Vector('int', value), name)
    if (value instanceof Uint32Array) return this.vector(new Vector('uint', value), name)
    if (value instanceof Float64Array) return this.vector(new Vector('double', value), name)
    if (value instanceof Vector) return this.vector(value, name)
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      return this.put(TYPE.bytes, name, { text: bytesOf(value, 'value') })
    }
    if (Array.isArray(value)) {
      this.put(TYPE.strictArray, name, { count: value.length })
      return this.list(value)
    }
    if (value instanceof External) {
      const verbatim = value.data !== undefined
      this.put(TYPE.external, name, { text: value.className, flags: verbatim ? VERBATIM : 0 })
      return this.value(verbatim ? bytesOf(value.data, 'data') : value.value)
    }
    if (value instanceof Map) {
      this.put(TYPE.dictionary, name, { count: value.size, flags: value.weak ? WEAK : 0 })
      for (const pair of value) this.list(pair)
      return
    }
    this.members(value, name)
  }

  members (value, name) {
    const elements = dense.get(value)
    const about = traits.get(value)
    const properties = Object.entries(value)
    if (elements !== undefined) {
      this.put(TYPE.ecmaArray, name, { count: properties.length + elements.length })
    } else {
      this.put(TYPE.object, name, { count: about?.sealed ?? 0, flags: about?.static ? STATIC : 0, text: about?.className ?? '' })
    }
    for (const [key, item] of properties) this.value(item, key)
    this.list(elements ?? [])
    this.put(TYPE.objectEnd)
  }

  list (items) {
    for (const item of items) this.value(item)
  }

  vector (value, name) {
    const text = value.className
    this.put(VECTORS[value.kind], name, { count: value.items.length, flags: value.fixed ? FIXED : 0, text })
    if (value.kind === 'object') return this.list(value.items)
    for (const number of value.items) this.put(TYPE.number, undefined, { number })
  }
}

// ---- JSON ----

function toJSON (bytes, given = {}) {
  const { amf3, strict } = settings(given, { amf3: 'boolean', strict: 'boolean' })
  return check(native.amfToJson(bytesOf(bytes, 'bytes'), (amf3 ? AMF3 : 0) | (strict ? STRICT : 0)))
}

function fromJSON (text, given = {}) {
  const { amf3 } = settings(given, { amf3: 'boolean' })
  return check(native.amfFromJson(checkText(text, 'text'), amf3 ? AMF3 : 0))
}

module.exports = Object.freeze({
  decode, encode, toJSON, fromJSON, object, ecmaArray, traitsOf, denseOf, UNSUPPORTED, XMLDocument, XML, Reference, Vector, Dictionary, External
})
