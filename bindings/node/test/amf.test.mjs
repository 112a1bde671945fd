// AMF values: every vector of both formats read and written, natural types, external objects, JSON.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { amf } from 'oxrtmp'
import { ROOT } from './helpers.mjs'

const read = name => JSON.parse(readFileSync(path.join(ROOT, 'testdata/vectors', `${name}.json`))).vectors
  .filter(vector => vector.value.command === undefined)

/** The value that a vector describes. */
function described (value, amf3) {
  const [[kind, content]] = Object.entries(value)
  const list = content => content.map(item => described(item, amf3))
  const named = pairs => Object.fromEntries(pairs.map(([name, item]) => [name, described(item, amf3)]))
  switch (kind) {
    case 'undefined': return undefined
    case 'unsupported': return amf.UNSUPPORTED
    case 'date': return new Date(content)
    case 'xml': return amf3 ? new amf.XML(content) : new amf.XMLDocument(content)
    case 'xml_document': return new amf.XMLDocument(content)
    case 'bytes': return Buffer.from(content, 'hex')
    case 'object': {
      const traits = { className: value.class ?? '', sealed: value.sealed ?? 0, static: 'sealed' in value && !value.dynamic }
      return amf.object(named(content), traits)
    }
    case 'ecma_array': return amf.ecmaArray(named(content))
    case 'strict_array': return list(content)
    case 'array': return value.associative.length > 0 ? amf.ecmaArray(named(value.associative), list(content)) : list(content)
    case 'vector_int': case 'vector_uint': case 'vector_double':
      return new amf.Vector(kind.slice(7), content, { fixed: value.fixed })
    case 'vector_object': return new amf.Vector('object', list(content), { fixed: value.fixed, className: value.class })
    case 'dictionary':
      return new amf.Dictionary(content.map(list), { weak: value.weak })
    case 'amf3': return described(content, true)
    default: return content
  }
}

/** With what is known of objects besides their properties, all the way down. */
function whole (value) {
  if (Array.isArray(value)) return value.map(whole)
  if (value instanceof amf.Vector) return { ...value, items: whole(value.items), class: 'Vector' }
  if (value instanceof Map) return [[...value].map(whole), value.weak]
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value
  const { className = '', sealed = 0, static: fixed = false } = amf.traitsOf(value) ?? {}
  return [Object.entries(value).map(whole), className, sealed, fixed, whole(amf.denseOf(value))]
}

test('every vector, both ways', () => {
  let count = 0
  for (const name of ['amf0', 'amf3']) {
    const amf3 = name === 'amf3'
    const all = read(name)
    for (const vector of all) {
      const vectors = [...(vector.after ?? []).map(id => all.find(v => v.id === id)), vector]
      const bytes = Buffer.from(vectors.map(v => v.hex).join(''), 'hex')
      if ('reference' in vector.value) {
        assert.throws(() => amf.decode(bytes), { code: 'ERR_OXRTMP_AMF' })
        continue
      }
      const values = amf.decode(bytes, { amf3 })
      assert.deepEqual(whole(values), whole(vectors.map(v => described(v.value, amf3))), vector.id)
      const written = amf.encode(values, { amf3 })
      if (vector.canonical !== false && !vector.value.same && !vector.value.amf3) {
        assert.equal(written.toString('hex'), vector.hex, vector.id)
      }
      assert.deepEqual(whole(amf.decode(written, { amf3 })), whole(values), vector.id)
      assert.deepEqual(JSON.parse(amf.toJSON(written, { amf3 })), JSON.parse(amf.toJSON(bytes, { amf3 })), vector.id)
      count++
    }
  }
  assert.ok(count > 45, `${count} vectors`)
})

test('natural types', () => {
  for (const amf3 of [false, true]) {
    const values = [null, undefined, true, 1, -0.5, 2 ** 40, 'text', { a: { b: [1, 'x', null] } }, new Date(5), Buffer.from('bytes'),
      new Map([['k', 1]])]
    const got = amf.decode(amf.encode(values, { amf3 }), { amf3 })
    assert.deepEqual(got.slice(0, 10), values.slice(0, 10))
    assert.deepEqual([...got[10]], [['k', 1]])
    const [int, uint, double, bytes] = amf.decode(amf.encode([Int32Array.of(-1), Uint32Array.of(2 ** 32 - 1), Float64Array.of(0.5),
      Uint8Array.of(1).buffer], { amf3 }), { amf3 })
    assert.deepEqual([int.kind, ...int.items, uint.kind, ...uint.items, double.kind, ...double.items], ['int', -1, 'uint', 2 ** 32 - 1, 'double', 0.5])
    assert.deepEqual(bytes, Buffer.of(1))
  }
  const [object] = amf.decode(Buffer.from('0300095f5f70726f746f5f5f02000178000009', 'hex'))
  assert.deepEqual([Object.keys(object), Object.getPrototypeOf(object)], [['__proto__'], Object.prototype])
})

test('what is no value', () => {
  const circle = []
  circle.push({ circle })
  for (const wrong of [() => {}, Symbol('x'), { a: [() => {}] }, circle]) {
    assert.throws(() => amf.encode([wrong]), { code: 'ERR_OXRTMP_ARGUMENT' })
  }
  assert.throws(() => amf.encode([new amf.Vector('int', [1.5])]), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.throws(() => new amf.Vector('byte', []), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.throws(() => amf.encode('text'), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.throws(() => amf.encode([], { amf3: true, toAmf0: true }), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.throws(() => amf.decode(Buffer.of(5), { strickt: true }), { code: 'ERR_OXRTMP_ARGUMENT', message: /strickt/ })
  assert.throws(() => amf.encode([{ ['a'.repeat(65536)]: 1 }]), { code: 'ERR_OXRTMP_LIMIT' })
  assert.throws(() => amf.decode(Buffer.of(4)), { code: 'ERR_OXRTMP_AMF' })
  const open = Buffer.from('0300016105', 'hex')
  assert.deepEqual(amf.decode(open), [{ a: null }])
  assert.throws(() => amf.decode(open, { strict: true }), { code: 'ERR_OXRTMP_AMF' })
  for (const limits of [{ values: 1 }, { depth: 1 }]) {
    assert.throws(() => amf.decode(amf.encode([[[1]], null]), limits), { code: 'ERR_OXRTMP_LIMIT' })
  }
  assert.deepEqual(amf.decode(Buffer.alloc(0)), [])
  assert.equal(amf.encode([]).length, 0)
  assert.equal(amf.decode(amf.encode(Array(1000).fill('x'.repeat(100)))).length, 1000)
})

test('external objects', () => {
  const bytes = Buffer.from('0a070346026162' + '0a01017a' + '01', 'hex')
  assert.throws(() => amf.decode(bytes, { amf3: true }), { code: 'ERR_OXRTMP_UNSUPPORTED' })
  assert.throws(() => amf.decode(bytes, { amf3: true, external: () => undefined }), { code: 'ERR_OXRTMP_UNSUPPORTED' })
  const seen = []
  const external = (className, rest) => {
    seen.push([className, rest.toString('hex')])
    return rest[0] + 1
  }
  const values = amf.decode(bytes, { amf3: true, external })
  assert.deepEqual(values, [new amf.External('F', { data: Buffer.from('\x02ab') }), new amf.External('F', { data: Buffer.from('\x01z') }), null])
  assert.deepEqual(seen, [['F', bytes.toString('hex', 4)], ['F', bytes.toString('hex', 9)]])
  assert.deepEqual(amf.encode(values, { amf3: true }), bytes)
  const collection = new amf.External('flex.messaging.io.ArrayCollection', { value: [1, 2] })
  assert.deepEqual(amf.decode(amf.encode([collection])), [collection])
})

test('conversion to AMF0', () => {
  const value = { v: Uint32Array.of(7), d: new Map([[3, Buffer.from('x')]]) }
  assert.deepEqual(amf.decode(amf.encode([value], { toAmf0: true })), [{ v: [7], d: { 3: [120] } }])
})

test('JSON', () => {
  const text = '[{"a":1,"b":[null,true,"x"]},{"$date":5},{"$bytes":"AQI="}]'
  for (const amf3 of [false, true]) {
    const bytes = amf.fromJSON(text, { amf3 })
    assert.equal(amf.toJSON(bytes, { amf3 }), text)
    assert.deepEqual(amf.decode(bytes, { amf3 }).slice(1), [new Date(5), Buffer.of(1, 2)])
  }
  assert.throws(() => amf.fromJSON('{}'), { code: 'ERR_OXRTMP_ARGUMENT' })
})
