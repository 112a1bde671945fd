// Calls between the applications on both sides, shared objects, and messages inside aggregate messages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { amf } from 'oxrtmp'
import { aggregateBuild, aggregateParse, sharedObjectBuild, sharedObjectParse } from 'oxrtmp/lowlevel'
import { ROOT, loopback, within } from './helpers.mjs'

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
