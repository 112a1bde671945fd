// Calls between the applications on both sides, shared objects, and messages inside aggregate messages.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { Engine, amf } from 'oxrtmp'
import { aggregateBuild, aggregateParse, sharedObjectBuild, sharedObjectParse } from 'oxrtmp/lowlevel'
import { ROOT, collect, listen, loopback, until, within } from './helpers.mjs'

const native = createRequire(import.meta.url)('../lib/native.js')

const read = name => JSON.parse(readFileSync(path.join(ROOT, 'testdata/vectors', name))).vectors
const pair = (t, answerCalls = true) => loopback(t, { server: { answerCalls }, client: { answerCalls } })

/** An application that answers calls until its stream ends. */
async function answering (stream) {
  for await (const event of stream.events()) {
    if (event.type !== 'call') continue
    if (event.name === 'add') await stream.answer(event.callId, [event.values[0] + event.values[1], 'and more'])
    else if (event.name === 'secret') await stream.refuse(event.callId, 'not today', 'App.No')
  }
}

test('calls, answers and refusals, both ways', async t => {
  const { client, session } = await pair(t)
  const applications = [answering(client), answering(session)]
  for (const caller of [client, session]) {
    assert.deepEqual(await caller.call('add', [1, 2.5]), [3.5, 'and more'])
    await assert.rejects(caller.call('secret', [{ a: [1, null] }]),
      { code: 'ERR_OXRTMP_REFUSED', peerCode: 'App.No', description: 'not today' })
    await assert.rejects(caller.call('never', [], { timeoutMs: 50 }), { code: 'ERR_OXRTMP_TIMEOUT' })
    await caller.notify('told', [1])
    await assert.rejects(caller.answer(99), { code: 'ERR_OXRTMP_STATE' })
    await assert.rejects(caller.refuse(99), { code: 'ERR_OXRTMP_STATE' })
    await assert.rejects(caller.call(''), { code: 'ERR_OXRTMP_ARGUMENT' })
    await assert.rejects(caller.call('x', [() => {}]), { code: 'ERR_OXRTMP_ARGUMENT' })
  }
  await client.sendAudio(5, Buffer.from('still'))
  assert.equal((await session.nextPacket()).data.toString(), 'still')
  await client.close()
  await session.close()
  await within(10000, Promise.all(applications))
  await assert.rejects(client.call('late'), { code: 'ERR_OXRTMP_CLOSED' })
})

test('events say everything', async t => {
  const { client, session } = await pair(t)
  const events = session.events()
  const large = 'x'.repeat(50000) // which is lent, not copied
  await client.notify('told', [new Date(5), { a: 1 }, large])
  assert.deepEqual((await events.next()).value, { type: 'call', name: 'told', values: [new Date(5), { a: 1 }, large], callId: 0 })
  const asked = client.call('ask')
  const { value } = await events.next()
  assert.ok(value.name === 'ask' && value.callId > 0)
  await session.answer(value.callId)
  assert.deepEqual(await asked, [])
})

test('calls are refused by default', async t => {
  const { client, session } = await pair(t, false)
  for (const caller of [client, session]) {
    await assert.rejects(caller.call('unheardOf'), { code: 'ERR_OXRTMP_REFUSED', peerCode: 'NetConnection.Call.Failed' })
  }
})

test('shared objects, both ways', async t => {
  const { client, session } = await pair(t)
  const messages = [
    [{ kind: 'use' }],
    [{ kind: 'change', slots: { n: 1, who: 'me' } }, { kind: 'remove', name: 'old' }],
    [{ kind: 'send_message', name: 'say', arguments: ['hello', [1, null]] }],
    [{ kind: 'status', name: 'SharedObject.NoWriteAccess', level: 'error' }, { kind: 99, data: Buffer.of(1, 2) }]
  ]
  const ends = [[client, session.events()], [session, client.events()]]
  for (const events of messages) {
    const sharedObject = { name: 'chat', version: 3, flags: 2, events }
    for (const [from, to] of ends) {
      await from.sendSharedObject(sharedObject)
      assert.deepEqual((await to.next()).value, { type: 'sharedObject', sharedObject })
    }
    assert.deepEqual(sharedObjectParse(19, sharedObjectBuild(sharedObject)), sharedObject)
  }
  for (const wrong of [{}, { name: 1 }, { name: 'a', events: [{ kind: 'what' }] }, { name: 'a', events: [{ kind: 256 }] }, { name: 'a', events: [{ kind: 'use', x: 1 }] }]) {
    assert.throws(() => sharedObjectBuild(wrong), { code: 'ERR_OXRTMP_ARGUMENT' })
  }
  assert.throws(() => sharedObjectParse(19, Buffer.of(0, 1)), { code: 'ERR_OXRTMP_MESSAGE' })
})

test('vectors of shared objects', () => {
  for (const { id, hex, value } of read('sharedobject.json')) {
    const found = sharedObjectParse(19, Buffer.from(hex, 'hex'))
    assert.deepEqual([found.name, found.version, found.flags], [value.name, value.version, value.flags], id)
    assert.deepEqual(found.events.map(e => e.kind), value.events.map(e => e.name), id)
    assert.equal(sharedObjectBuild(found).toString('hex'), hex, id)
  }
})

test('vectors of aggregate messages', () => {
  for (const { hex, value } of read('aggregate.json')) {
    const payload = Buffer.from(hex, 'hex')
    assert.deepEqual(aggregateParse(value.timestamp, payload).map(m => [m.type, m.timestampMs, m.data.toString('hex')]),
      value.messages.map(m => [m.type, m.timestamp, m.payload]))
    assert.equal(aggregateBuild(aggregateParse(100, payload)).toString('hex'), hex)
    assert.throws(() => aggregateParse(0, payload.subarray(0, 5)), { code: 'ERR_OXRTMP_MESSAGE' })
  }
  assert.throws(() => aggregateBuild([{ type: 256, timestampMs: 0, data: Buffer.alloc(0) }]), { code: 'ERR_OXRTMP_ARGUMENT' })
})

test('values of calls are those of amf', async t => {
  const { client, session } = await pair(t)
  const events = session.events()
  await client.notify('bytes', [Buffer.of(1, 2), new amf.Vector('int', [1])])
  const { value } = await events.next()
  assert.deepEqual(value.values, [Buffer.of(1, 2), new amf.Vector('int', [1])])
})

// ---- what a peer sends that the library does not ----

/** A message in one chunk, after a word that chunks may be as long as that. */
function message (type, body) {
  const head = Buffer.from('02000000000004010000000000ffffff' + '070000000000000000000000', 'hex')
  head.writeUIntBE(body.length, 20, 3)
  head[23] = type
  return Buffer.concat([head, body])
}

/** One event of a shared object, by its number and bytes. */
function shared (kind, data) {
  const head = Buffer.alloc(23)
  head.write('\0\x04chat')
  head[18] = kind
  head.writeUInt32BE(data.length, 19)
  return message(19, Buffer.concat([head, data]))
}

/** A slot whose value is so many objects, one in the other. */
const nested = depth => Buffer.from('000173' + '03000161'.repeat(depth) + '05' + '000009'.repeat(depth), 'hex')
const depthOf = value => { let depth = 0; for (; value !== null; value = value.a) depth++; return depth }

const CHANGE = 4
const AUDIO = message(8, Buffer.of(0xaf, 1, 7))

/** Has the next values that the addon decodes be some that it cannot. */
function spoilNext (t) {
  const { amfDecode } = native
  const restore = () => { native.amfDecode = amfDecode }
  t.after(restore)
  native.amfDecode = (data, ...rest) => {
    restore()
    return amfDecode(Buffer.concat([data, Buffer.of(0x7f)]), ...rest)
  }
}

/** A session of a server whose publisher is an engine behind a socket; heard: what that was told. */
async function publishing (t, options) {
  const { server, url } = await listen(t, { answerCalls: true, ...options })
  const accepting = server.nextRequest().then(request => request.accept())
  const engine = Engine.publish(url(), { answerCalls: true })
  const socket = net.connect(Number(server.address.split(':')[1]), '127.0.0.1')
  t.after(() => { engine.close(); socket.destroy() })
  const heard = []
  socket.on('data', bytes => {
    for (let at = 0; at < bytes.length;) {
      at += engine.receive(0, bytes.subarray(at))
      heard.push(...engine.events())
    }
    if (!socket.writableEnded) socket.write(engine.output())
  })
  socket.write(engine.output())
  return { session: await accepting, socket, heard }
}

test('values as deep as is let in are handed on', async t => {
  const { session, socket } = await publishing(t)
  socket.end(Buffer.concat([shared(CHANGE, nested(64)), AUDIO]))
  const [packets, events] = await within(10000, Promise.all([collect(session), collect(session.events())]))
  assert.equal(packets.at(-1).data[0], 7)
  assert.equal(depthOf(events[0].sharedObject.events[0].slots.s), 64)
})

test('calls as deep as is let in', async t => {
  const { session, socket, heard } = await publishing(t, { limits: { amfDepth: 100 } })
  const say = (name, callId) => socket.write(message(20, Buffer.concat([amf.encode([name, callId, null]), nested(100).subarray(3)])))
  say('deep', 0)
  assert.deepEqual((await session.events().next()).value.values.map(depthOf), [100])
  const answered = session.call('ask')
  await until(() => heard.some(event => event.type === 'call'))
  say('_result', heard.at(-1).callId)
  assert.deepEqual((await answered).map(depthOf), [100])
})

test('an engine is told the rest, too', async t => {
  const [server, client] = [Engine.server({ answerCalls: true }), Engine.publish('rtmp://host/live/test')]
  t.after(() => { server.close(); client.close() })
  for (let more = true; more;) {
    const [up, down] = [client.output(), server.output()]
    for (const [engine, bytes] of [[server, up], [client, down]]) if (bytes.length > 0) engine.receive(0, bytes)
    for (const { request } of server.events()) request?.accept()
    more = up.length + down.length > 0
  }
  const warned = once(process, 'warning')
  const told = []
  spoilNext(t)
  for (const bytes of [shared(CHANGE, nested(1)), shared(CHANGE, nested(64)), AUDIO]) {
    for (let at = 0; at < bytes.length; told.push(...server.events())) at += server.receive(0, bytes.subarray(at))
  }
  assert.deepEqual(told.map(event => event.type).filter(type => type !== 'chunkSize'), ['sharedObject', 'packet'])
  assert.equal(depthOf(told.find(event => event.sharedObject).sharedObject.events[0].slots.s), 64)
  assert.equal((await warned)[0].code, 'ERR_OXRTMP_AMF')
})

test('an event that cannot be made takes no other with it', async t => {
  const warnings = []
  const warned = warning => warnings.push(warning.code)
  process.on('warning', warned)
  t.after(() => process.off('warning', warned))
  const { session, socket } = await publishing(t)
  spoilNext(t)
  socket.end(Buffer.concat([shared(CHANGE, nested(2)), shared(CHANGE, nested(1)), AUDIO]))
  const [packets, events] = await within(10000, Promise.all([collect(session), collect(session.events())]))
  assert.equal(packets.at(-1).data[0], 7)
  assert.deepEqual(events.map(event => event.type), ['sharedObject'])
  await until(() => warnings.length > 0)
  assert.deepEqual(warnings, ['ERR_OXRTMP_AMF'])
})
