// oxrtmp/lowlevel against the vectors of testdata/vectors: handshakes, logins, chunks, messages, AMF, media and FLV, both ways.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test, { afterEach } from 'node:test'
import { Engine, PacketFlags } from 'oxrtmp'
import {
  AMFCursor, ChunkDecoder, ChunkEncoder, Handshake, amfBuild, amfFromJson, amfToJson, authmodAdobe, authmodLlnw,
  commandBuild, commandParse,
  controlBuild, controlParse, flvHeader, flvTag, handshakeOffsets, packetBuild, packetParse
} from 'oxrtmp/lowlevel'
import { ROOT } from './helpers.mjs'

const read = name => JSON.parse(readFileSync(path.join(ROOT, `testdata/vectors/${name}.json`))).vectors
const bytes = hex => Buffer.from(hex, 'hex')

const open = []
afterEach(() => { for (const part of open.splice(0)) part.close() })

/** A part that is closed when the test is over. */
function owned (part) {
  open.push(part)
  return part
}

/** Checks what builds: a Buffer of the wanted bytes, the same in memory that is given, and what is said if that is short. */
function builds (wanted, build, id) {
  const made = build()
  assert.equal(made.toString('hex'), wanted.toString('hex'), id)
  const room = Buffer.alloc(wanted.length + 2, 0x5a)
  if (wanted.length > 0) {
    const short = new Uint8Array(room.buffer, room.byteOffset, wanted.length - 1)
    assert.throws(() => build(short), { code: 'ERR_OXRTMP_BUFFER', needed: wanted.length }, id)
  }
  const there = build(room)
  assert.equal(there.buffer, room.buffer, id)
  assert.equal(there.byteOffset, room.byteOffset, id)
  assert.equal(there.toString('hex'), wanted.toString('hex'), id)
  assert.equal(room.toString('hex', wanted.length), '5a5a', id)
}

/** Pieces of so many bytes. */
function * pieces (data, size) {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size)
}

// ---- handshakes ----

const packets = Object.fromEntries(read('handshake').map(({ id, hex, value }) => [id, { ...value, id, bytes: bytes(hex) }]))

/** The bytes that the vectors have where a real peer has random ones. */
const pattern = (multiply, add, from, to) => Array.from({ length: to - from }, (_, i) => (multiply * (from + i) + add) & 0xff)
const SERVER_RANDOM = Buffer.from([...pattern(11, 3, 8, 1536), ...pattern(5, 1, 0, 1504)])
const CLIENT_RANDOM = Buffer.from([...pattern(7, 3, 8, 1536), ...pattern(3, 2, 0, 1504)])

function feed (handshake, data, piece) {
  for (const part of pieces(data, piece)) assert.equal(handshake.receive(part), part.length)
}

/** All output, taken in pieces into memory of the caller's. */
function take (handshake, piece) {
  const parts = []
  for (;;) {
    const part = handshake.output(Buffer.alloc(piece))
    if (part.length === 0) return Buffer.concat(parts)
    parts.push(part)
  }
}

const version = Buffer.of(3)

for (const base of ['-772', '-8']) {
  test(`digest handshakes make the vectors: ${base}`, () => {
    for (const piece of [1, 1000, 4000]) {
      const random = Buffer.from(SERVER_RANDOM)
      const server = owned(new Handshake({ random, timeMs: 0x01020304 }))
      random.fill(0) // it was read
      feed(server, version, piece)
      feed(server, packets[`C1${base}`].bytes, piece)
      const answer = take(server, piece)
      assert.deepEqual(answer, Buffer.concat([version, packets[`S1${base}`].bytes, packets[`S2${base}`].bytes]))
      assert.equal(createHash('sha256').update(answer.subarray(1, 1537)).digest('hex'), packets[`S1${base}`].sha256)
      assert.equal(server.result.done, false)
      feed(server, packets[`C2${base}`].bytes, piece)
      const { base: scheme } = packets[`C1${base}`]
      assert.deepEqual(server.result,
        { done: true, digest: true, scheme, peerTimeMs: 0, peerVerified: true, peerVersion: bytes('80000702') })
      assert.equal(server.receive(answer.subarray(0, 10)), 0) // that belongs to the chunks

      const client = owned(new Handshake({ client: true, digest: true, random: new Uint8Array(CLIENT_RANDOM) }))
      assert.deepEqual(take(client, piece), Buffer.concat([version, packets['C1-8'].bytes]))
      feed(client, version, piece)
      feed(client, packets[`S1${base}`].bytes, piece)
      assert.deepEqual(client.output(), packets[`C2${base}`].bytes)
      feed(client, packets['S2-8'].bytes, piece)
      const { time } = packets[`S1${base}`]
      const { done, digest, peerVerified, ...rest } = client.result
      assert.deepEqual([done, digest, peerVerified, rest.scheme, rest.peerTimeMs],
        [true, true, true, packets[`S1${base}`].base, time])
    }
  })
}

test('places of digest and key in handshake packets', () => {
  let seen = 0
  for (const { id, bytes, base, digest, digest_offset: digestAt, key_offset: keyAt } of Object.values(packets)) {
    if (digestAt === undefined) continue
    const { digestOffset, keyOffset } = handshakeOffsets(bytes, base)
    assert.equal(digestOffset, digestAt, id)
    if (keyAt !== undefined) assert.equal(keyOffset, keyAt, id)
    assert.equal(bytes.toString('hex', digestOffset, digestOffset + 32), digest, id)
    seen++
  }
  assert.equal(seen, 4)
  const argument = { name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT' }
  assert.throws(() => handshakeOffsets(Buffer.alloc(1535), 8), argument)
  assert.throws(() => handshakeOffsets(Buffer.alloc(1536), 9), argument)
})

test('simple handshakes repeat what came, and report a wrong answer', () => {
  for (const id of ['C1-simple', 'C1-junk']) {
    const c1 = packets[id]
    const server = owned(new Handshake())
    const client = owned(new Handshake({ client: true }))
    feed(server, version, 1)
    feed(server, c1.bytes, 7)
    const answer = server.output()
    assert.equal(answer.length, 3073)
    assert.deepEqual(answer.subarray(1537), c1.bytes, id)
    assert.deepEqual(server.result, { done: false, digest: false, scheme: 0, peerTimeMs: c1.time ?? 0, peerVerified: false, peerVersion: c1.bytes.subarray(4, 8) })
    feed(server, c1.bytes, 1536) // a wrong C2 ends it all the same
    assert.deepEqual([server.result.done, server.result.peerVerified], [true, false], id)

    const own = client.output()
    assert.equal(own.length, 1537)
    feed(client, answer.subarray(0, 1537), 1537)
    feed(client, own.subarray(1), 1536)
    assert.deepEqual([client.result.done, client.result.peerVerified], [true, true], id)
    assert.deepEqual(client.output(), answer.subarray(1, 1537), id)
  }
})

test('first bytes that are not those of RTMP are refused, and named', () => {
  let refused = 0
  for (const { id, bytes, looks } of Object.values(packets)) {
    if (bytes.length !== 1) continue
    const handshake = owned(new Handshake())
    if (bytes[0] === 3) {
      assert.equal(handshake.receive(bytes), 1)
      continue
    }
    assert.throws(() => handshake.receive(bytes), error => error.code === 'ERR_OXRTMP_HANDSHAKE' && error.message.includes(looks), id)
    assert.throws(() => handshake.receive(version), { code: 'ERR_OXRTMP_HANDSHAKE' }, id)
    refused++
  }
  assert.ok(refused >= 8, `${refused}`)
})

// ---- logins ----

test('login vectors are answered, and their steps are those of node:crypto', () => {
  const md5 = (text, encoding) => createHash('md5').update(text).digest(encoding)
  const vectors = read('auth').map(({ id, value }) => ({ id, ...value }))
  for (const { id, user, password, salt, challenge, opaque, ...v } of vectors.filter(v => v.salt)) {
    assert.equal(md5(user + salt + password, 'base64'), v.salted_password, id)
    assert.equal(md5(v.salted_password + (opaque ?? challenge) + v.client_challenge, 'base64'), v.response, id)
    assert.equal(authmodAdobe({ user, password, salt, challenge, opaque, clientChallenge: v.client_challenge }), v.response, id)
  }
  for (const { id, user, password, app, nonce, nc, cnonce, ...v } of vectors.filter(v => v.nonce)) {
    assert.equal(md5(`${user}:${v.realm}:${password}`, 'hex'), v.ha1, id)
    assert.equal(md5(`${v.method}:${v.uri}`, 'hex'), v.ha2, id)
    assert.equal(md5([v.ha1, nonce, nc, cnonce, v.qop, v.ha2].join(':'), 'hex'), v.response, id)
    assert.equal(authmodLlnw({ user, password, app, nonce, count: nc, clientNonce: cnonce }), v.response, id)
    assert.equal(authmodLlnw({ user, password, app: `${app}/_definst_`, nonce, clientNonce: cnonce }), v.response, id)
    assert.notEqual(authmodLlnw({ user, password, app: `${app}/other`, nonce, clientNonce: cnonce }), v.response, id)
  }
  assert.equal(vectors.length, 3)
  const argument = { code: 'ERR_OXRTMP_ARGUMENT' }
  assert.throws(() => authmodAdobe({ user: 'alice', password: 's3cret', salt: '', challenge: '' }), argument)
  assert.throws(() => authmodLlnw({ user: 'alice', password: 's3cret', app: 'live\0', nonce: '', clientNonce: '' }), argument)
  assert.throws(() => authmodLlnw({ user: 'alice', pass: 's3cret' }), { ...argument, message: /no 'pass'/ })
  assert.throws(() => authmodAdobe(), argument)
})

// ---- chunks ----

function decode (data, chunkSize, piece) {
  const decoder = owned(new ChunkDecoder())
  decoder.setChunkSize(chunkSize)
  const messages = []
  for (let part of pieces(data, piece)) {
    while (part.length > 0) {
      part = part.subarray(decoder.feed(part))
      const message = decoder.next()
      if (message !== undefined) messages.push(message)
      else assert.equal(part.length, 0)
    }
  }
  assert.equal(decoder.next(), undefined)
  return messages
}

const messageOf = m => ({ chunkStreamId: m.csid, timestampMs: m.timestamp, streamId: m.msid, type: m.type, payload: bytes(m.payload) })

/** A chunk vector with all that comes before it: its bytes, and the messages that it ends. */
function conversation (all, { id, hex, value, after = [] }) {
  if (value.messages !== undefined) return { data: bytes(hex), messages: value.messages.map(messageOf) }
  const parts = []
  let arrived = 0
  for (const part of [...after, id].map(name => all.find(v => v.id === name))) {
    parts.push(bytes(part.hex), Buffer.alloc(part.value.payload, 0xab))
    arrived += part.value.payload
    if (part.id !== id && arrived === part.value.length) arrived = 0
  }
  const whole = arrived === value.length
  return { data: Buffer.concat(parts), messages: whole ? [messageOf({ ...value, payload: 'ab'.repeat(value.length) })] : [] }
}

test('chunk vectors are read, however they are split, and written', () => {
  const all = read('chunk')
  let whole = 0
  for (const vector of all) {
    const { data, messages } = conversation(all, vector)
    const { chunk_size: chunkSize = 128 } = vector.value
    const check = data => {
      for (const piece of [1, 7, 100000]) {
        const found = decode(data, chunkSize, piece)
        if (vector.value.messages) assert.equal(found.length, messages.length, vector.id)
        assert.deepEqual(messages.length > 0 ? found.slice(-messages.length) : [], messages, vector.id)
      }
    }
    check(data)
    if (!vector.value.messages) continue
    const encoder = owned(new ChunkEncoder())
    encoder.setChunkSize(chunkSize)
    check(Buffer.concat(messages.map(message => encoder.write(message))))
    whole++
  }
  assert.ok(all.length > 20 && whole >= 5)
})

/** A vector that is one message: read and written. */
function carried ({ id, hex, value }) {
  const message = messageOf({ ...value, payload: value.body })
  assert.deepEqual(decode(bytes(hex), 128, 5), [message], id)
  const room = owned(new ChunkDecoder())
  room.feed(bytes(hex))
  if (message.payload.length > 0) {
    assert.throws(() => room.next(Buffer.alloc(message.payload.length - 1)), { code: 'ERR_OXRTMP_BUFFER', needed: message.payload.length })
  }
  const memory = new ArrayBuffer(2000)
  const found = room.next(memory) // it had stayed
  assert.deepEqual(found, message, id)
  assert.equal(found.payload.buffer, memory, id)
  const written = []
  const encoder = owned(new ChunkEncoder())
  builds(bytes(hex), into => {
    if (written.length > 0) encoder.forget(message.chunkStreamId)
    written.push(into)
    return encoder.write(message, into)
  }, id)
  return message.payload
}

// ---- messages ----

test('control vectors are read and written', () => {
  const vectors = read('control')
  for (const vector of vectors) {
    const { id, value: { type, message: m } } = vector
    const body = carried(vector)
    const wanted = {
      type,
      value: m.size ?? m.sequence ?? m.csid ?? 0,
      limitType: m.limit_type ?? 0,
      event: m.event ?? 0,
      streamId: m.stream_id ?? 0,
      timestampMs: m.timestamp ?? 0,
      bufferMs: m.buffer_length ?? 0,
      data: bytes(m.data ?? '')
    }
    assert.deepEqual(controlParse(type, body), wanted, id)
    builds(body, into => controlBuild(wanted, into), id)
    for (let n = 0; n < body.length && wanted.data.length === 0; n++) {
      if (type === 6 && n === 4) continue // some peers leave its end out
      assert.throws(() => controlParse(type, body.subarray(0, n)), { code: 'ERR_OXRTMP_MESSAGE' }, id)
    }
  }
  assert.ok(vectors.length >= 10)
})

/** A value of a vector as amfToJson writes it, or undefined for a reference, which alone means nothing. */
function json (value) {
  const [kind, content] = Object.entries(value)[0]
  const named = pairs => `{${pairs.map(([name, v]) => `${JSON.stringify(name)}:${json(v)}`)}}`
  const listed = values => `[${values.map(json)}]`
  switch (kind) {
    case 'null': case 'undefined': case 'unsupported': return 'null'
    case 'date': return value.zone ? `{"$date":${content},"$zone":${value.zone}}` : `{"$date":${content}}`
    case 'amf3': return json(content)
    case 'object': case 'ecma_array': return named(content)
    case 'array': return value.associative?.length ? named([...value.associative, ...content.map((v, i) => [`${i}`, v])]) : listed(content)
    case 'strict_array': case 'vector_object': return listed(content)
    case 'dictionary': return `[${content.map(pair => listed(pair))}]`
    case 'bytes': return JSON.stringify({ $bytes: bytes(content).toString('base64') })
    case 'reference': return undefined
    default: return JSON.stringify(content) // number, boolean, string, xml, xml_document, integer, double, vectors of numbers
  }
}

test('command vectors are read and written', () => {
  const vectors = read('commands')
  for (const vector of vectors) {
    const { id, value: { type, command } } = vector
    const body = carried(vector)
    const found = commandParse(type, body)
    assert.deepEqual([found.name, found.transactionId], [command.name, command.transaction_id], id)
    assert.equal(amfToJson(found.values, { strict: true }), `[${[command.object, ...command.arguments].map(json)}]`, id)
    assert.equal(found.values.buffer, body.buffer, id)
    builds(body, into => commandBuild(found, into), id)
  }
  assert.ok(vectors.length >= 4)
})

// ---- AMF ----

/** A value of amf0.json as the steps of a cursor. */
function steps (value, depth = 0, name) {
  const [type, content] = Object.entries(value).find(([key]) => key !== 'class' && key !== 'zone')
  const step = { type, depth, ...(name === undefined ? {} : { name }) }
  switch (type) {
    case 'number': return [{ ...step, number: content }]
    case 'boolean': return [{ ...step, number: Number(content) }]
    case 'date': return [{ ...step, number: content, zone: value.zone ?? 0 }]
    case 'string': case 'xml': return [{ ...step, text: content }]
    case 'reference': return [{ ...step, count: content }]
    case 'strict_array':
      return [{ ...step, count: content.length }, ...content.flatMap(v => steps(v, depth + 1))]
    case 'object': case 'ecma_array': {
      const first = type === 'object' ? { ...step, text: value.class ?? '' } : { ...step, count: content.length }
      return [first, ...content.flatMap(([label, v]) => steps(v, depth + 1, label)), { type: 'object_end', depth }]
    }
    default: return [step]
  }
}

test('AMF0 vectors are walked through, written again, and as JSON', () => {
  const vectors = read('amf0')
  for (const { id, hex, value, canonical } of vectors) {
    const data = bytes(hex)
    const cursor = new AMFCursor(data)
    const found = [...cursor]
    assert.equal(cursor.offset, data.length, id)
    assert.equal(cursor.next(), undefined, id)
    if (value.amf3 !== undefined) assert.deepEqual(found, [{ type: 'amf3', depth: 0, text: data.subarray(1) }], id)
    else if (id !== 'A17') assert.deepEqual(found, steps(value), id) // its reference is followed in the value
    if (canonical !== false) assert.equal(Buffer.concat(found.map(step => amfBuild(step))).toString('hex'), hex, id)
    for (const step of found) builds(amfBuild(step), into => amfBuild(step, into), id)

    const wanted = json(value)
    if (wanted === undefined) {
      assert.throws(() => amfToJson(data), { code: 'ERR_OXRTMP_AMF' }, id)
      continue
    }
    assert.equal(amfToJson(data, { strict: true }), `[${wanted}]`, id)
    const again = amfFromJson(`[${wanted}]`)
    assert.equal(amfToJson(again), `[${wanted}]`, id)
    builds(again, into => amfFromJson(`[${wanted}]`, {}, into), id)
  }
  assert.ok(vectors.length > 15)
})

test('AMF3 vectors as JSON, and back', () => {
  const vectors = read('amf3').filter(({ value }) => value.command === undefined)
  for (const { id, hex, value, after = [] } of vectors) {
    const before = after.map(name => vectors.find(v => v.id === name))
    const data = bytes(before.map(v => v.hex).join('') + hex)
    const wanted = `[${[...before.map(v => v.value), value].map(json)}]`
    assert.equal(amfToJson(data, { amf3: true }), wanted, id)
    assert.equal(amfToJson(amfFromJson(wanted, { amf3: true }), { amf3: true }), wanted, id)
  }
  assert.ok(vectors.length > 25)
})

test('commands of AMF3 messages', () => {
  const vectors = read('amf3').filter(({ value }) => value.command !== undefined)
  for (const { id, hex, value: { type = 17, command } } of vectors) {
    const found = commandParse(type, bytes(hex))
    assert.deepEqual([found.name, found.transactionId], [command.name, command.transaction_id], id)
    assert.equal(amfToJson(found.values), `[${[command.object, ...command.arguments].map(json)}]`, id)
  }
  assert.ok(vectors.length > 0)
})

// ---- media ----

const LEGACY_VIDEO = { 2: 'flv1', 3: 'fsv1', 4: 'vp6f', 5: 'vp6a', 6: 'fsv2', 7: 'avc1', 12: 'hvc1', 13: 'av01' }
const LEGACY_AUDIO = { 2: '.mp3', 10: 'mp4a', 11: 'spex' }

for (const name of ['video', 'audio', 'flv']) {
  test(`media vectors on the caller's buffers: ${name}`, () => {
    let parsed = 0
    let built = 0
    for (const { id, hex, value, canonical } of read(name)) {
      if (!Array.isArray(value?.packets)) continue
      const { type } = value
      const data = bytes(hex)
      const found = packetParse(type, 70, data)
      assert.equal(found.length, value.packets.length, id)
      for (const [i, want] of value.packets.entries()) {
        const p = found[i]
        const codec = want.fourcc ?? (type === 9 ? LEGACY_VIDEO : LEGACY_AUDIO)[want.codec_id ?? want.sound_format]
        assert.deepEqual([p.type, p.kind, p.track, p.timestampMs, p.dtsNs], [type, want.kind, want.track ?? 0, 70, 70000000n], id)
        if (codec !== undefined) assert.equal(p.codec, codec, id)
        if (want.frame_type !== undefined) assert.equal(p.frameType, want.frame_type, id)
        if (want.packet_type !== undefined) assert.equal(p.packetType, want.packet_type, id)
        assert.deepEqual([p.compositionMs, p.nanoOffsetNs], [want.composition_ms ?? 0, want.nano_offset ?? 0], id)
        assert.equal(p.ptsNs, 70000000n + BigInt(p.compositionMs) * 1000000n + BigInt(p.nanoOffsetNs), id)
        assert.equal(p.data.toString('hex'), want.body, id)
        assert.deepEqual([p.malformed, p.continued, p.raw.equals(data)], [false, i > 0, true], id)
        if (p.size > 0) assert.equal(p.data.buffer, data.buffer, id) // not copied
      }
      parsed++
      const [packet, second] = found
      if (canonical === false || second !== undefined || id === 'E11') continue // an unknown ModEx entry is left out
      builds(data, into => packetBuild(packet, into), id)
      built++
    }
    assert.ok(parsed > 9 && built > 5, `${parsed} parsed, ${built} built`)
  })
}

test('FLV vectors: header and tag are written', () => {
  const flv = Object.fromEntries(read('flv').map(vector => [vector.id, vector]))
  builds(bytes(flv.F1.hex), into => flvHeader(flv.F1.value.audio, flv.F1.value.video, into), 'F1')
  const { type, timestamp, data } = flv.F2.value.tag
  builds(bytes(flv.F2.hex), into => flvTag({ type, timestampMs: timestamp, raw: bytes(data) }, into), 'F2')
})

test('payloads that mean nothing are packets that say so, and are built as they were', () => {
  let count = 0
  for (const { id, hex, value } of read('negative')) {
    if (![8, 9, 15, 18].includes(value?.type)) continue
    const data = bytes(hex)
    const [packet, second] = packetParse(value.type, 0, data)
    assert.equal(second, undefined, id)
    assert.deepEqual([packet.malformed, packet.codec, packet.size], [true, '', data.length], id)
    builds(data, into => packetBuild(packet, into), id)
    count++
  }
  assert.ok(count > 3)
})

/** What an engine makes of one message that a publisher of its sends, by chunks. */
function publish (type, timestamp, payload) {
  const client = owned(Engine.publish('rtmp://localhost/live/name', { handshakeDone: true }))
  const server = owned(Engine.server({ handshakeDone: true }))
  for (let bytes; (bytes = client.output()).length > 0;) {
    server.receive(0, bytes)
    for (const event of server.events()) event.request?.accept()
    server.receive(0, Buffer.alloc(0))
    client.receive(0, server.output())
    client.events()
  }
  const encoder = owned(new ChunkEncoder())
  encoder.setChunkSize(65536)
  server.receive(0, encoder.write({ chunkStreamId: 2, type: 1, payload: controlBuild({ type: 1, value: 65536 }) }))
  server.receive(0, encoder.write({ chunkStreamId: 9, timestampMs: timestamp, streamId: 1, type, payload }))
  return server.events().filter(event => event.type === 'packet').map(event => event.packet)
}

test('aggregate vectors come out of an engine as their packets', () => {
  for (const { id, hex, value } of read('aggregate')) {
    const found = publish(22, value.timestamp, bytes(hex)).map(p => ({ type: p.type, timestamp: p.timestampMs, payload: p.raw.toString('hex') }))
    assert.deepEqual(found, value.messages, id)
  }
})

test('shared object messages are read by the decoder and pass an engine', () => {
  for (const { id, hex } of read('sharedobject')) {
    const encoder = owned(new ChunkEncoder())
    const message = { chunkStreamId: 3, timestampMs: 5, streamId: 0, type: 19, payload: bytes(hex) }
    assert.deepEqual(decode(encoder.write(message), 128, 3), [message], id)
    assert.deepEqual(publish(19, 0, bytes(hex)), [], id)
  }
})

test('legacy numbers 12 and 13 are H.265 and AV1, and are written so when the flag says it', () => {
  for (const [hex, codec] of [['1c010000000000000178', 'hvc1'], ['1d010000000000000178', 'av01']]) {
    const [packet] = packetParse(9, 0, bytes(hex))
    assert.deepEqual([packet.codec, packet.flags & PacketFlags.UNOFFICIAL_ID, packet.keyframe, packet.enhanced, packet.size],
      [codec, PacketFlags.UNOFFICIAL_ID, true, false, 5])
    builds(bytes(hex), into => packetBuild(packet, into), codec)
    const { type, kind, frameType, packetType, data } = packet
    const enhanced = packetBuild({ type, kind, codec, frameType, packetType, keyframe: true, data })
    assert.equal(enhanced[0] & 0x80, 0x80)
    assert.equal(enhanced.toString('latin1', 1, 5), codec)
  }
})
