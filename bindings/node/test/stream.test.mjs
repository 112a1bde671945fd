// A stream from end to end: what is sent arrives, in order, with all that is known of it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { Client, FLVReader, Metadata, Packet, PacketFlags, libraryStatistics } from 'oxrtmp'
import { ASC, AVCC, CLIP, collect, listen, loopback, readFLV, sleep, until, within } from './helpers.mjs'

test('every send arrives as what it is', async t => {
  const { client, session } = await loopback(t)
  const frame = Buffer.alloc(20000, 7) // large enough not to be copied
  await client.sendMetadata({ width: 320, height: 180, custom: 'x', nested: { a: [1, null, true] } })
  await client.sendVideoSequenceHeader(AVCC)
  await client.sendAudioSequenceHeader(ASC)
  await client.sendVideo(0, true, frame)
  await client.sendVideoAt(40, 80, false, new DataView(frame.buffer, frame.byteOffset, 10))
  await client.sendAudio(41, Uint8Array.of(1, 2, 3))
  await client.sendData(50, Buffer.from('0200026869' + '00' + '3ff0000000000000', 'hex'))
  await client.sendPacket({ media: 'video', codec: 'hvc1', keyframe: true, timestampMs: 60, compositionMs: -5, data: frame.buffer.slice(0, 4) })
  await client.sendPackets([{ type: 8, raw: Buffer.from('af01aabb', 'hex'), timestampMs: 70 }])
  await client.sendVideoSequenceHeader(AVCC) // another configuration
  await client.sendAudioSequenceHeader(ASC)
  await client.close()

  assert.equal(session.encoder, 'oxrtmp')
  const [metadata, avcc, asc, key, inter, audio, data, hevc, raw, ...later] = await collect(session)
  assert.deepEqual([avcc, asc, ...later].map(packet => packet.timestampMs), [0, 0, 70, 70]) // of what was sent before
  assert.ok(metadata instanceof Packet)
  assert.deepEqual([metadata.kind, metadata.media, metadata.type, metadata.handler], ['metadata', 'data', 18, 'onMetaData'])
  assert.deepEqual(metadata.values, ['onMetaData', { width: 320, height: 180, custom: 'x', nested: { a: [1, null, true] } }])
  assert.deepEqual([avcc.kind, avcc.codec, avcc.media, avcc.data], ['sequence_header', 'avc1', 'video', AVCC])
  assert.deepEqual([asc.kind, asc.codec, asc.media, asc.data], ['sequence_header', 'mp4a', 'audio', ASC])
  assert.deepEqual([key.kind, key.keyframe, key.timestampMs, key.data], ['frame', true, 0, frame])
  assert.deepEqual(key.raw, Buffer.concat([Buffer.from('1701000000', 'hex'), frame]))
  assert.deepEqual([inter.keyframe, inter.frameType, inter.timestampMs, inter.compositionMs], [false, 2, 40, 80])
  assert.deepEqual([inter.dtsNs, inter.ptsNs, inter.data.length], [40000000n, 120000000n, 10])
  assert.deepEqual([audio.media, audio.timestampMs, audio.data, audio.audioHeader], ['audio', 41, Buffer.from([1, 2, 3]), 0xaf])
  assert.deepEqual([data.kind, data.handler, data.values], ['data', 'hi', ['hi', 1]])
  assert.deepEqual([hevc.codec, hevc.enhanced, hevc.keyframe, hevc.compositionMs, hevc.data.length], ['hvc1', true, true, -5, 4])
  assert.deepEqual([raw.data, raw.codec], [Buffer.from('aabb', 'hex'), 'mp4a'])
  assert.equal(audio.handler, undefined)
  const now = process.hrtime.bigint()
  assert.ok(key.arrivalNs > now - 5000000000n && key.arrivalNs <= now, 'arrival is on the clock of hrtime')
})

test('a session knows its peer, and what it carried, also when it is over', async t => {
  const { server, url } = await listen(t)
  const publishing = Client.publish(url('name?token=a&b=c').replace('/live/', '/some/app/'), { flashVersion: 'Test/1.0', pageUrl: 'http://p', swfUrl: 'http://s' })
  const request = await server.nextRequest()
  assert.deepEqual([request.kind, request.app, request.streamName, request.rawStreamName, request.query],
    ['publish', 'some/app', 'name', 'name?token=a&b=c', 'token=a&b=c'])
  assert.deepEqual([request.flashVersion, request.pageUrl, request.swfUrl, request.publishType], ['Test/1.0', 'http://p', 'http://s', 'live'])
  assert.equal(request.connect.properties.app, 'some/app')
  assert.equal(request.connect.objectEncoding, 0)
  assert.equal(request.answered, false)
  const session = await request.accept()
  assert.equal(request.answered, true)
  const client = await publishing
  assert.equal(client.peerAddress, server.address)
  for (const name of ['app', 'streamName', 'rawStreamName', 'query', 'tcUrl', 'peerAddress', 'encoder']) {
    assert.equal(session[name], request[name], name)
  }
  assert.deepEqual([session.metadata, session.metadataValues, session.metadataRaw, session.endReason], [undefined, undefined, undefined, ''])
  await client.sendMetadata(new Metadata({ width: 1920, height: 1080, frameRate: 30, videoCodec: 'avc1', audioCodec: 'mp4a', stereo: true, encoder: 'me' }))
  await client.sendVideo(0, true, Buffer.alloc(100))
  await client.sendVideo(40, false, Buffer.alloc(50))
  await client.sendAudio(40, Buffer.alloc(10))
  await client.flush()
  await client.close()
  assert.equal(client.closed, true)
  assert.equal(client.statistics().packets, 4)
  assert.equal((await collect(session)).length, 4)
  assert.equal(session.closed, true)
  assert.equal(session.endReason, 'FCUnpublish')
  assert.equal(session.error, undefined)
  const s = session.statistics()
  assert.deepEqual([s.packets, s.videoPackets, s.audioPackets, s.dataPackets, s.keyframes, s.malformed], [4, 2, 1, 1, 1, 0])
  assert.equal(typeof s.bytes, 'bigint')
  assert.deepEqual({ ...session.metadata }, { width: 1920, height: 1080, frameRate: 30, videoCodec: 'avc1', audioCodec: 'mp4a', stereo: true, encoder: 'me' })
  assert.equal(session.metadataValues.framerate, 30)
  assert.equal(session.metadataRaw.subarray(3, 13).toString(), 'onMetaData')
})

test('the clip arrives byte for byte, and as the file has it', async t => {
  const { client, session } = await loopback(t)
  const tags = readFLV(readFileSync(CLIP))
  const [received] = await Promise.all([
    collect(session),
    (async () => {
      for await (const packet of await FLVReader.open(CLIP)) await client.sendPacket(packet)
      await client.close()
    })()
  ])
  assert.equal(received.length, tags.length)
  for (const [i, tag] of tags.entries()) {
    assert.equal(received[i].type, tag.type)
    assert.equal(received[i].timestampMs, tag.timestamp)
    const body = tag.type === 18 ? received[i].data : received[i].raw
    assert.deepEqual(body, tag.data, `tag ${i}`)
  }
})

test('leaving the loop early closes the stream', async t => {
  const { client, session } = await loopback(t)
  await client.sendVideo(0, true, Buffer.alloc(10))
  await client.sendVideo(1, false, Buffer.alloc(10))
  let count = 0
  for await (const packet of session) {
    count += packet.data.length > 0 ? 1 : 0
    break
  }
  assert.equal(count, 1)
  assert.equal(session.closed, true)
  const error = await within(20000, client.ended)
  assert.ok(error !== undefined && error.status < 0, String(error))
  await assert.rejects(client.sendVideo(2, false, Buffer.alloc(1)), { code: error.code })
})

test('one reader waits at a time', async t => {
  const { session, server } = await loopback(t)
  const first = session.nextPacket()
  await assert.rejects(session.nextPacket(), { code: 'ERR_OXRTMP_BUSY' })
  await assert.rejects(session[Symbol.asyncIterator]().next(), { code: 'ERR_OXRTMP_BUSY' })
  await session.close()
  assert.equal(await first, undefined)
  assert.equal(await session.nextPacket(), undefined)
  assert.deepEqual(await session.nextPackets(), [])
  const request = server.nextRequest()
  await assert.rejects(server.nextRequest(), { code: 'ERR_OXRTMP_BUSY' })
  await server.close()
  assert.equal(await request, undefined)
})

test('nextPackets gives all that is there, in order', async t => {
  const { client, session } = await loopback(t)
  for (let i = 0; i < 1000; i++) await client.sendAudio(i, Buffer.alloc(1 + i % 7, i))
  await client.close()
  const all = []
  let calls = 0
  for (let some; (some = await session.nextPackets()).length > 0; calls++) all.push(...some)
  assert.deepEqual(all.map(p => p.timestampMs), Array.from({ length: 1000 }, (_, i) => i))
  assert.ok(all.every((p, i) => p.data.length === 1 + i % 7 && p.data.every(b => b === (i & 0xff))))
  assert.ok(calls < 500, `${calls} calls`)
})

test('packets keep their memory after the stream is closed', async t => {
  const { client, session } = await loopback(t)
  await client.sendVideo(0, true, Buffer.alloc(100, 1))
  await client.sendVideo(1, true, Buffer.alloc(100000, 2))
  await client.close()
  const [small, large] = await collect(session)
  globalThis.gc?.()
  await sleep(20)
  assert.ok(small.data.every(b => b === 1) && small.data.length === 100)
  assert.ok(large.data.every(b => b === 2) && large.data.length === 100000)
  assert.equal(small.data, small.data)
  assert.equal(small.raw.buffer, small.data.buffer)
})

test('a session that nobody reads makes its publisher wait, and loses nothing', async t => {
  const { client, session } = await loopback(t, { client: { sendTimeoutMs: -1 } })
  const count = 4000
  const body = Buffer.alloc(4096)
  let sent = 0
  const sending = (async () => {
    for (; sent < count; sent++) {
      body.writeUInt32BE(sent)
      await client.sendVideo(sent, sent === 0, body)
    }
    await client.close()
  })()
  await sleep(500)
  const early = sent
  await sleep(300)
  assert.ok(early < count && sent === early, `the publisher was not held back: ${early}, ${sent} of ${count}`)
  assert.equal((await session.nextPacket()).data.readUInt32BE(), 0)
  let next = 1
  for await (const packet of session) {
    assert.equal(packet.data.readUInt32BE(), next++)
    if (next % 500 === 0) await sleep(5) // now and then a slow reader
  }
  assert.equal(next, count)
  await sending
})

test('multitrack: the packets of one message share its memory', async t => {
  const { client, session } = await loopback(t)
  // ManyTracks, AVC coded frames X, tracks 0 and 1.
  const raw = Buffer.from('96' + '13' + '61766331' + '00' + '000003' + 'aabbcc' + '01' + '000002' + 'ddee', 'hex')
  const large = Buffer.concat([Buffer.from('96' + '13' + '61766331' + '00' + '004e20', 'hex'), Buffer.alloc(20000, 5),
    Buffer.from('01' + '000002' + 'ddee', 'hex')])
  await client.sendPackets([{ media: 'video', raw }, { media: 'video', raw: large }])
  await client.close()
  const packets = await collect(session)
  assert.deepEqual(packets.map(p => [p.track, p.multitrack, p.continued]), [[0, true, false], [1, true, true], [0, true, false], [1, true, true]])
  assert.deepEqual(packets.slice(0, 2).map(p => p.data.toString('hex')), ['aabbcc', 'ddee'])
  assert.deepEqual(packets[1].raw, raw)
  assert.deepEqual([packets[2].data.length, packets[3].data.toString('hex'), packets[3].raw.length], [20000, 'ddee', large.length])
  assert.equal(packets[2].raw.buffer, packets[3].raw.buffer)
  assert.ok(packets[0].flags & PacketFlags.MULTITRACK)
})

test('a broken payload is delivered as it came', async t => {
  const { client, session } = await loopback(t)
  await client.sendPacket({ type: 9, raw: Buffer.from('97ff', 'hex') })
  await client.sendPacket({ type: 8, raw: Buffer.alloc(0) })
  await client.close()
  const [broken, empty] = await collect(session)
  assert.deepEqual([broken.malformed, broken.codec, broken.raw.toString('hex')], [true, '', '97ff'])
  assert.deepEqual([empty.kind, empty.raw.length, empty.data.length], ['silence', 0, 0])
})

test('two iterators of a session share its packets', async t => {
  const { client, session } = await loopback(t)
  for (let i = 0; i < 10; i++) await client.sendAudio(i, Buffer.of(i))
  await until(() => session.statistics().packets === 10)
  const a = session[Symbol.asyncIterator]()
  const b = session[Symbol.asyncIterator]()
  const order = []
  for (let i = 0; i < 5; i++) order.push((await a.next()).value.timestampMs, (await b.next()).value.timestampMs)
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  assert.equal(a[Symbol.asyncIterator](), a)
  await a.return()
  assert.equal((await b.next()).done, true)
})

test('a released packet gives its memory back, and what was taken from it stays', async t => {
  const { client, session } = await loopback(t)
  const body = Buffer.alloc(100000, 3)
  for (let i = 0; i < 40; i++) await client.sendVideo(i, true, body)
  await client.sendVideo(40, true, Buffer.alloc(100, 4))
  await client.sendVideoSequenceHeader(AVCC)
  await client.close()
  const lent = () => Number(libraryStatistics().lentBytes)
  const before = lent()
  const packets = await collect(session)
  assert.ok(lent() >= before + 20 * body.length, `${lent() - before} bytes are lent`)
  const small = packets[40]
  const [seen, kept] = [packets[0].data, small.data]
  for (const packet of packets) {
    const { size, rawSize } = packet
    packet.release()
    packet.release()
    assert.deepEqual([packet.size, packet.rawSize], [size, rawSize])
    assert.throws(() => packet.data, { code: 'ERR_OXRTMP_STATE' })
    assert.throws(() => packet.raw, { code: 'ERR_OXRTMP_STATE' })
  }
  await until(() => lent() <= before + body.length + 5)
  assert.ok(seen.length === body.length && seen.every(b => b === 3) && kept.every(b => b === 4))
  await assert.rejects(client.sendPacket(small), { code: 'ERR_OXRTMP_CLOSED' })
})

test('packets of one message can be released one by one', async t => {
  const { client, session } = await loopback(t)
  const raw = Buffer.concat([Buffer.from('96' + '13' + '61766331' + '00' + '004e20', 'hex'), Buffer.alloc(20000, 5),
    Buffer.from('01' + '000002' + 'ddee', 'hex')])
  await client.sendPacket({ media: 'video', raw })
  await client.close()
  const [first, second] = await collect(session)
  first.release()
  assert.equal(second.data.toString('hex'), 'ddee')
  assert.deepEqual(second.raw, raw)
})

test('a getter of a packet that is being sent cannot send another one in its place', async t => {
  const { client, session } = await loopback(t)
  let inner
  await client.sendPackets([{ media: 'audio', codec: 'mp4a', timestampMs: 6, data: Buffer.of(6) }, {
    media: 'video',
    codec: 'avc1',
    keyframe: true,
    timestampMs: 7,
    get data () {
      inner = assert.rejects(client.sendPacket({ media: 'audio', codec: 'mp4a', timestampMs: 9, data: Buffer.of(9) }), { code: 'ERR_OXRTMP_STATE' })
      return Buffer.of(7)
    }
  }])
  await inner
  await client.close()
  const packets = await collect(session)
  assert.deepEqual(packets.map(p => [p.media, p.timestampMs, p.data[0]]), [['audio', 6, 6], ['video', 7, 7]])
})
