// Clients that make a lost connection again, and that drop video instead of waiting.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client, OxrtmpError } from 'oxrtmp'
import { AVCC, collect, listen, loopback, within } from './helpers.mjs'

const accepted = async server => (await within(10000, server.nextRequest())).accept()
const quick = { reconnect: true, retryMinMs: 20, retryMaxMs: 100 }

test('a lost connection is made again', async t => {
  const { server, client, session } = await loopback(t, { client: quick })
  const events = client.events()
  const next = async () => (await within(10000, events.next())).value
  await client.sendVideoSequenceHeader(AVCC)
  await client.sendVideo(0, true, Buffer.from('frame'))
  assert.equal((await session.nextPacket()).kind, 'sequence_header')
  await session.close() // which cuts the connection
  const { type, error } = await next()
  assert.deepEqual([type, error instanceof OxrtmpError, error.message], ['reconnecting', true, 'media: the peer has ended the stream'])
  const again = await accepted(server)
  assert.deepEqual(await next(), { type: 'reconnected' })
  await client.sendVideo(40, false, Buffer.from('frame')) // left out: it needs an earlier one
  await client.sendVideo(80, true, Buffer.from('frame'))
  const [header, frame] = [await again.nextPacket(), await again.nextPacket()]
  assert.deepEqual([header.kind, header.data, frame.timestampMs], ['sequence_header', AVCC, 80])
  await again.closeWithStatus(undefined, 'enough') // the server's word is final
  const end = await within(10000, client.ended)
  assert.equal(end.description, 'enough')
})

test('attempts are counted', async t => {
  const { server, client } = await loopback(t, { client: { reconnect: true, retryMinMs: 1, retryMaxMs: 10, attempts: 3 } })
  await server.close()
  const end = await within(10000, client.ended)
  assert.equal(end.code, 'ERR_OXRTMP_CONNECT')
})

test('video is dropped instead of waiting', async t => {
  const { client, session } = await loopback(t, {
    server: { limits: { queueBytes: 1000 } },
    client: { dropVideo: true, outputBytes: 200_000, sendTimeoutMs: 100, sendBufferBytes: 20_000 }
  })
  const events = client.events()
  for (let i = 0; i < 2000; i++) await client.sendVideo(i, i % 10 === 0, Buffer.alloc(20_000))
  assert.deepEqual((await within(10000, events.next())).value, { type: 'congested' })
  const taken = collect(session)
  assert.deepEqual((await within(10000, events.next())).value, { type: 'relieved' })
  await client.close()
  const frames = (await taken).length
  assert.ok(frames > 5 && frames < 1500, String(frames))
})

test('without it, a lost connection is the end', async t => {
  const { server, url } = await listen(t)
  const [client, session] = await Promise.all([Client.publish(url()), accepted(server)])
  await session.close()
  await within(10000, client.ended)
  await client.close().catch(() => {})
})
