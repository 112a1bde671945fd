// Node's streams over sessions and clients: packets and FLV bytes through pipeline(), back-pressure, destroying, errors.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import path from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import test from 'node:test'
import { Client, FLVReader, Hub } from 'oxrtmp'
import { CLIP, collect, listen, loopback, proxy, readFLV, sleep, temporary, until, within } from './helpers.mjs'

const code = name => ({ name: 'OxrtmpError', code: `ERR_OXRTMP_${name}` })
const wire = ({ type, timestamp, data }) => `${type} ${timestamp} ${data.toString('base64')}`
const clip = readFLV(readFileSync(CLIP))
/** What arrives of the clip: all, but that onMetaData may come with other words of the sender. */
const media = tags => tags.filter(({ type }) => type !== 18).map(wire)

/** A publishing client, and a promise of what the server gets of it. */
async function receiver (t, take = collect) {
  const { client, session } = await loopback(t)
  return { client, session, taken: take(session) }
}

test('a file into a client, a session into a file', async t => {
  const file = path.join(temporary(t), 'out.flv')
  const { client, taken, session } = await receiver(t, session => pipeline(session.readable({ flv: true }), createWriteStream(file)))
  await pipeline(createReadStream(CLIP, { highWaterMark: 777 }), client.writable({ flv: true }))
  assert.equal(client.closed, true)
  await taken
  assert.equal(session.closed, true)
  const written = readFileSync(file)
  assert.equal(written.toString('hex', 0, 13), '464c5601050000000900000000')
  assert.deepEqual(media(readFLV(written)), media(clip))
  assert.equal(readFLV(written)[0].type, 18)
})

test('packets as objects, from one connection to another', async t => {
  const first = await receiver(t, session => session)
  const second = await receiver(t)
  const relaying = pipeline(first.session.readable(), second.client.writable())
  await pipeline(await FLVReader.open(CLIP), first.client.writable())
  await relaying
  const packets = await second.taken
  assert.deepEqual(media(packets.map(p => ({ type: p.type, timestamp: p.timestampMs, data: p.raw }))), media(clip))
})

test('audio or video alone', async t => {
  for (const [options, flags, types] of [[{ audio: false }, 1, [9, 18]], [{ video: false }, 4, [8, 18]]]) {
    const { client, taken } = await receiver(t, session => collect(session.readable({ flv: true, ...options })))
    await pipeline(createReadStream(CLIP), client.writable({ flv: true }))
    const bytes = Buffer.concat(await taken)
    assert.equal(bytes[4], flags)
    assert.deepEqual([...new Set(readFLV(bytes).map(({ type }) => type))].sort(), types.sort())
    const sent = await receiver(t)
    await pipeline(createReadStream(CLIP), sent.client.writable({ flv: true, ...options }))
    assert.deepEqual([...new Set((await sent.taken).map(({ type }) => type))].sort(), types)
  }
})

test('packets that are plain objects, and those without bytes', async t => {
  const { client, taken } = await receiver(t, session => collect(session.readable({ flv: true })))
  const writable = client.writable({ video: false })
  writable.write({ type: 8, raw: Buffer.from('af0121', 'hex') })
  writable.write({ media: 'audio', kind: 'silence', timestampMs: 5, raw: Buffer.alloc(0) })
  writable.write({ type: 9, timestampMs: 6, raw: Buffer.from('1701000000', 'hex') })
  writable.end({ media: 'audio', codec: 'mp4a', timestampMs: 7, data: Buffer.from('21', 'hex') })
  await once(writable, 'close')
  const tags = readFLV(Buffer.concat(await taken))
  assert.deepEqual(tags.map(({ type, timestamp }) => [type, timestamp]), [[8, 0], [8, 7]])
})

test('what nobody reads makes the publisher wait', async t => {
  const { client, session } = await loopback(t, { client: { sendTimeoutMs: 300 } })
  const readable = session.readable({ flv: true })
  const frame = { media: 'video', codec: 'avc1', data: Buffer.alloc(64 * 1024) }
  let sent = 0
  await assert.rejects(async () => {
    for (; sent < 4096; sent++) await client.sendPacket({ ...frame, timestampMs: sent })
  }, code('TIMEOUT'))
  assert.ok(sent < 1024, `${sent} frames of 64 KiB were taken`)
  assert.ok(readable.readableLength < 2 ** 20, `${readable.readableLength} bytes wait`)
  const tags = collect(readable)
  await client.close()
  const frames = readFLV(Buffer.concat(await tags))
  assert.deepEqual(frames.map(({ timestamp }) => timestamp), Array.from({ length: sent }, (_, i) => i))
})

test('a server that does not read makes write() say so, and drain comes when it reads', async t => {
  const { client, session } = await loopback(t, { client: { sendTimeoutMs: -1 } })
  const writable = client.writable()
  const frame = { media: 'video', codec: 'avc1', data: Buffer.alloc(64 * 1024) }
  let sent = 0
  let last
  const more = async () => { // until nothing goes on for 300 ms
    for (let waits = false; !waits; sent++) {
      if (!writable.write({ ...frame, timestampMs: sent }, error => { last = error })) {
        waits = await Promise.race([once(writable, 'drain').then(() => false), sleep(300, true)])
      }
    }
  }
  await more()
  assert.ok(sent < 1024, `${sent} frames were taken`)
  assert.ok(writable.writableNeedDrain)
  const drained = once(writable, 'drain')
  const taking = collect(session)
  await within(10000, drained, 'drain')
  writable.end()
  await once(writable, 'close')
  assert.equal(last, null)
  assert.equal((await taking).length, sent)
})

test('a listener may read on by itself', async t => {
  const { client, session } = await loopback(t)
  for (let i = 0; i < 50; i++) await client.sendVideo(i, true, Buffer.of(i))
  await until(() => session.statistics().packets === 50)
  const readable = session.readable()
  const packets = []
  readable.on('data', packet => packets.push(packet, ...[readable.read()].filter(p => p !== null)))
  const ended = once(readable, 'end')
  await until(() => packets.length >= 50)
  for (let i = 50; i < 100; i++) await client.sendVideo(i, true, Buffer.of(i))
  await client.close()
  await within(20000, ended, 'the end')
  assert.deepEqual(packets.map(p => p.timestampMs).sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i))
})

test('destroying ends the stream below', async t => {
  const { client, session } = await loopback(t)
  const readable = session.readable()
  await client.sendAudio(0, Buffer.alloc(10))
  await once(readable, 'data')
  readable.destroy()
  await once(readable, 'close')
  assert.equal(session.closed, true)
  await within(5000, client.ended, 'the end')

  const other = await loopback(t)
  const writable = other.client.writable({ flv: true })
  const failure = new Error('enough')
  writable.destroy(failure)
  assert.deepEqual(await once(writable, 'error'), [failure])
  assert.equal(other.client.closed, true)
  assert.equal(await other.session.nextPacket(), undefined)
})

test('a pipeline that is aborted closes both sides', async t => {
  const first = await loopback(t)
  const second = await loopback(t)
  const ends = new AbortController()
  const relaying = pipeline(first.session.readable(), second.client.writable(), { signal: ends.signal })
  await first.client.sendAudio(0, Buffer.alloc(10))
  assert.equal((await second.session.nextPacket()).size, 10)
  ends.abort()
  await assert.rejects(relaying, { name: 'AbortError' })
  await until(() => first.session.closed && second.client.closed)
})

test('a connection that breaks fails the pipeline, on either side', async t => {
  const { server, url } = await listen(t, { timeouts: { idleMs: 400 } })
  const via = await proxy(t, Number(new URL(url()).port))
  const publishing = Client.publish(`rtmp://127.0.0.1:${via.port}/live/test`)
  const session = await (await server.nextRequest()).accept()
  const client = await publishing
  const sink = new PassThrough().resume()
  const taking = pipeline(session.readable({ flv: true }), sink)
  const source = new Readable({ read () {} }) // which never has anything
  const sending = pipeline(source, client.writable({ flv: true }))
  await Promise.all([
    assert.rejects(taking, code('SILENT')),
    assert.rejects(sending, { name: 'OxrtmpError', phase: 'media' }),
    via.mute()
  ])
  assert.equal(sink.destroyed && source.destroyed && client.closed && session.closed, true)
})

test('a sink that fails closes the session, a source that fails the client', async t => {
  const { client, session } = await loopback(t)
  const failure = new Error('the disk is full')
  const full = new Writable({ write (chunk, encoding, callback) { callback(failure) } })
  await assert.rejects(pipeline(session.readable({ flv: true }), full), failure)
  assert.equal(session.closed, true)
  await within(5000, client.ended, 'the end')

  const other = await loopback(t)
  const broken = Readable.from((async function * () {
    yield { media: 'audio', data: Buffer.alloc(1) }
    throw failure
  })())
  await assert.rejects(pipeline(broken, other.client.writable()), failure)
  assert.equal(other.client.closed, true)
})

test('bytes that are no FLV', async t => {
  const { client, session } = await loopback(t)
  await assert.rejects(pipeline(Readable.from([Buffer.from('GIF89a, not FLV at all')]), client.writable({ flv: true })), code('FLV'))
  assert.equal(client.closed, true)
  assert.equal(await session.nextPacket(), undefined)
})

test('a stream of a hub goes to a player that is one of Node', async t => {
  const hub = new Hub()
  t.after(() => hub.close())
  const publisher = await hub.publish('live', 'a')
  const readable = (await hub.play('live', 'a')).readable({ flv: true })
  const bytes = collect(readable)
  await pipeline(await FLVReader.open(CLIP), publisher.writable())
  await hub.close()
  assert.deepEqual(media(readFLV(Buffer.concat(await bytes))), media(clip))
})

test('to a player: its end tells that this was all', async t => {
  const { server, url } = await listen(t, { askPlay: true })
  const serving = server.nextRequest().then(request => request.accept())
  const client = await Client.play(url())
  const session = await serving
  const taking = collect(client)
  await pipeline(await FLVReader.open(CLIP), session.writable())
  const packets = await taking
  assert.deepEqual(media(packets.map(p => ({ type: p.type, timestamp: p.timestampMs, data: p.raw }))), media(clip))
  assert.deepEqual(packets.at(-1).values, ['onPlayStatus', { level: 'status', code: 'NetStream.Play.Complete' }])
  assert.equal(session.closed, true)
})

test('what makes no sense is refused at once', async t => {
  const { client, session } = await loopback(t)
  assert.throws(() => client.readable(), code('STATE'))
  assert.throws(() => session.writable(), code('STATE'))
  assert.throws(() => session.readable({ fly: true }), { name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT', message: /'fly'.*flv, audio, video/ })
  assert.throws(() => client.writable({ flv: 1 }), { code: 'ERR_OXRTMP_ARGUMENT' })
  const first = session.readable()
  const second = session.readable()
  first.resume()
  second.resume()
  assert.equal((await once(second, 'error'))[0].code, 'ERR_OXRTMP_BUSY')
})
