// Hubs: one publishes, many play.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client, Hub, OxrtmpError, Server, amf, libraryStatistics } from 'oxrtmp'
import { ASC, AVCC, listen, node, until, within } from './helpers.mjs'

/** A hub that closes with the test, and a server that has it. */
async function open (t, options, serverOptions) {
  const hub = new Hub(options)
  t.after(() => hub.close())
  return { hub, ...await listen(t, { hub, ...serverOptions }) }
}

/** Sends frames that hold their number, with a keyframe every ten. */
async function send (client, first, count, size = 4) {
  for (let n = first; n < first + count; n++) {
    const body = Buffer.alloc(size)
    body.writeUInt32BE(n)
    await client.sendVideo(n * 10, n % 10 === 0, body)
  }
  await client.flush({ timeoutMs: 20000 })
}

/** Takes so many frames: their numbers. */
async function take (client, count) {
  const numbers = []
  while (numbers.length < count) {
    const packet = await within(20000, client.nextPacket())
    if (packet === undefined) break
    if (packet.media !== 'video' || packet.kind !== 'frame') continue
    const n = packet.data.readUInt32BE()
    assert.deepEqual([packet.timestampMs, packet.keyframe], [n * 10, n % 10 === 0])
    numbers.push(n)
  }
  return numbers
}

const range = (first, count) => Array.from({ length: count }, (_, i) => first + i)
const received = (hub, name, packets) => until(() => hub.streamStatistics('live', name).packets === packets)

test('data that is kept for late players', async t => {
  const { hub, url } = await open(t)
  const publisher = await Client.publish(url('cam'))
  const early = await Client.play(url('cam'))
  const told = async (player, count) => {
    const found = []
    while (found.length < count) {
      const packet = await within(20000, player.nextPacket())
      if (packet.handler !== '|RtmpSampleAccess') found.push(packet.values)
    }
    return found
  }
  await publisher.setDataFrame('onA', 1)
  await publisher.setDataFrame('onB', { k: 'v' }, null)
  await publisher.setDataFrame('onA', 2)
  await publisher.sendData(77, amf.encode(['onTextData', { text: 'x' }]))
  await publisher.clearDataFrame('onB')
  await publisher.sendMetadata({ width: 640 })
  await received(hub, 'cam', 6)
  const kept = [['onA', 2], ['onMetaData', { width: 640 }]]
  assert.deepEqual(hub.dataFrames('live', 'cam'), kept)
  assert.deepEqual(await told(early, 5), [['onA', 1], ['onB', { k: 'v' }, null], ['onA', 2], ['onTextData', { text: 'x' }], kept[1]])
  const late = await Client.play(url('cam'))
  assert.deepEqual(await told(late, 2), kept)
  await publisher.clearDataFrame('onMetaData')
  await until(() => hub.dataFrames('live', 'cam').length === 1)
  await assert.rejects(late.setDataFrame('onA', 1), { code: 'ERR_OXRTMP_STATE' })
  await assert.rejects(publisher.setDataFrame(1), TypeError)
  assert.throws(() => hub.dataFrames('live', 'none'), { code: 'ERR_OXRTMP_NOT_FOUND' })
  for (const client of [early, late, publisher]) await client.close()
})

test('server and hub, and no other code', async t => {
  const { hub, server, url } = await open(t)
  await assert.rejects(Client.play(url('cam')), { code: 'ERR_OXRTMP_NOT_FOUND' })
  const publisher = await Client.publish(url('cam?key=1'))
  await assert.rejects(Client.publish(url('cam')), error => error.peerCode === 'NetStream.Publish.BadName')
  await publisher.sendMetadata({ width: 640 })
  await publisher.sendVideoSequenceHeader(AVCC)
  await publisher.sendAudioSequenceHeader(ASC)
  await send(publisher, 0, 13)
  await received(hub, 'cam', 16)
  const players = await Promise.all(Array.from({ length: 20 }, () => Client.play(url('cam'))))
  for (const player of players) {
    const kinds = []
    for (let i = 0; i < 4; i++) kinds.push((await player.nextPacket()).kind)
    assert.deepEqual(kinds, ['data', 'metadata', 'sequence_header', 'sequence_header'])
    assert.deepEqual(await take(player, 3), [10, 11, 12])
    assert.equal(player.metadata.width, 640)
  }
  await send(publisher, 13, 50)
  for (const player of players) assert.deepEqual(await take(player, 50), range(13, 50))
  const s = hub.statistics()
  assert.deepEqual([s.streams, s.publishers, s.players, s.packets], [1, 1, 20, 66])
  assert.ok(s.framesSent >= 20 * 50 && typeof s.bytes === 'bigint')
  const [stream] = hub.streams()
  assert.deepEqual([stream.app, stream.streamName, stream.published, stream.players, stream.videoPackets], ['live', 'cam', true, 20, 64])
  assert.match(stream.publisher, /^127\.0\.0\.1:/)
  assert.throws(() => hub.streamStatistics('live', 'other'), { code: 'ERR_OXRTMP_NOT_FOUND' })
  await publisher.close()
  await hub.close()
  await hub.close()
  for (const player of players) assert.deepEqual(await take(player, 1), [])
  await until(() => players.every(player => player.closed))
  assert.throws(() => hub.statistics(), { code: 'ERR_OXRTMP_CLOSED' })
  await assert.rejects(Client.publish(url('late')), OxrtmpError)
  await server.close()
})

test('requests are seen first, and handed on', async t => {
  const { hub, server, url } = await open(t, undefined, { askPublish: true, askPlay: true })
  const serving = server.serve(async request => {
    if (request.query !== 'key=1') return request.reject('unauthorized')
    if (request.streamName === 'own') {
      const session = await request.accept()
      return session.close()
    }
    granted.push(await hub.accept(request))
  })
  const granted = []
  await assert.rejects(Client.publish(url('a')), { description: 'unauthorized' })
  await assert.rejects(Client.play(url('a?key=1')), { code: 'ERR_OXRTMP_NOT_FOUND' })
  const publisher = await Client.publish(url('a?key=1'))
  await assert.rejects(Client.publish(url('a?key=1')), { code: 'ERR_OXRTMP_NAME' })
  const player = await Client.play(url('a?key=1'))
  await send(publisher, 0, 5)
  assert.deepEqual(await take(player, 5), range(0, 5))
  await until(() => granted.length === 4)
  assert.deepEqual(granted, [false, true, false, true])
  const own = await Client.publish(url('own?key=1'))
  assert.ok(await within(20000, own.ended) instanceof OxrtmpError)
  await assert.rejects(hub.accept({}), { name: 'TypeError' })
  await publisher.close()
  await server.close()
  await serving
})

test('clients without a connection', async t => {
  const { hub, url } = await open(t)
  const publisher = await hub.publish('live', 'studio')
  assert.deepEqual([publisher.kind, publisher.closed], ['publish', false])
  await assert.rejects(hub.publish('live', 'studio'), { code: 'ERR_OXRTMP_BUSY' })
  await assert.rejects(hub.play('live', 'nothing'), { code: 'ERR_OXRTMP_NOT_FOUND' })
  await publisher.sendVideoSequenceHeader(AVCC)
  await send(publisher, 0, 5, 30000)
  const [inside, outside] = [await hub.play('live', 'studio'), await Client.play(url('studio'))]
  const taking = Promise.all([take(inside, 15), take(outside, 15)])
  await send(publisher, 5, 10, 30000)
  assert.deepEqual(await taking, [range(0, 15), range(0, 15)])
  assert.equal(hub.streamStatistics('live', 'studio').publisher, 'application')
  assert.equal(inside.statistics().videoPackets, 16)
  await assert.rejects(inside.seek(0), { code: 'ERR_OXRTMP_UNSUPPORTED' })
  await inside.receiveVideo(false)
  await inside.close()
  await publisher.close()
  await assert.rejects(publisher.sendAudio(0, Buffer.of(1)), { code: 'ERR_OXRTMP_CLOSED' })
  const other = await hub.publish('live', 'studio') // its player has stayed
  await send(other, 20, 1)
  await take(outside, 1).catch(() => {}) // with a timestamp of its own
  await hub.close()
  assert.ok(await within(20000, other.ended) instanceof OxrtmpError)
})

test('takeover, and players that stay', async t => {
  const { hub, url } = await open(t, { takeover: 'replace', graceMs: 20000 })
  const first = await Client.publish(url('x'))
  await send(first, 0, 5)
  const player = await Client.play(url('x'))
  assert.deepEqual(await take(player, 5), range(0, 5))
  const second = await Client.publish(url('x'))
  assert.ok(await within(20000, first.ended) instanceof OxrtmpError)
  for (let i = 0; i < 3; i++) await second.sendVideo(i * 10, i === 0, Buffer.of(0, 0, 0, i))
  const packets = []
  while (packets.length < 3) {
    const packet = await within(20000, player.nextPacket())
    if (packet.media === 'video') packets.push(packet)
  }
  assert.deepEqual(packets.map(p => p.data[3]), [0, 1, 2])
  assert.ok(packets[0].timestampMs >= 40, 'time does not go back')
  assert.equal(hub.statistics().publishers, 1)
})

test('what late players get, and those that wait', async t => {
  for (const [cachePolicy, first] of [['gop', 10], ['keyframe', 10], ['off', 20]]) {
    const { hub, url } = await open(t, { cachePolicy, waitForPublisher: true })
    const early = await Client.play(url('x'))
    const publisher = await Client.publish(url('x'))
    await send(publisher, 0, 15)
    await received(hub, 'x', 15)
    const late = await Client.play(url('x'))
    await until(() => hub.statistics().players === 2)
    await send(publisher, 15, 10)
    assert.deepEqual(await take(early, 25), range(0, 25), cachePolicy)
    assert.equal((await take(late, 1))[0], first, cachePolicy)
    await publisher.close()
  }
})

test('a player in JavaScript that does not take loses video up to a keyframe', async t => {
  const { hub } = await open(t, { slowBytes: 100000, disconnectBytes: 100000000 })
  const publisher = await hub.publish('live', 'x')
  const player = await hub.play('live', 'x')
  for (let n = 0; n < 400; n++) await send(publisher, n, 1, 20000)
  assert.ok(hub.statistics().framesDropped > 0)
  await publisher.close()
  await hub.close()
  const numbers = await take(player, 400)
  assert.ok(numbers.length < 400 && numbers.length > 0, `${numbers.length} frames`)
  for (const [i, n] of numbers.entries()) if (i > 0 && n !== numbers[i - 1] + 1) assert.equal(n % 10, 0)
})

test('options are checked, and open hubs hold nothing', async () => {
  assert.throws(() => new Hub({ takeover: 'never' }), /options\.takeover must be 'reject', 'replace', 'ifSilent'/)
  assert.throws(() => new Hub({ slow: 1 }), /options has no 'slow'/)
  await assert.rejects(Server.listen('127.0.0.1:0', { hub: {} }), /options\.hub must be a Hub/)
  const { stdout } = await node(`
    import { Hub, Server } from 'oxrtmp'
    const hub = new Hub()
    const server = await Server.listen('127.0.0.1:0', { hub })
    server.unref()
    console.log(hub.streams())`)
  assert.equal(stdout, '[]\n')
  assert.equal(libraryStatistics().faults, 0)
})

test('a hub lives as long as a server that has it', async () => {
  const { stdout } = await node(`
    import { Client, Server, Hub } from 'oxrtmp'
    const listen = () => Server.listen('127.0.0.1:0', { hub: new Hub() })
    const server = await listen()
    for (let i = 0; i < 5; i++) { gc(); await new Promise(resolve => setImmediate(resolve)) }
    const client = await Client.publish('rtmp://' + server.address + '/live/x')
    await client.sendAudio(0, Buffer.of(1))
    await client.close()
    console.log('published')
    process.exit(0)`, { flags: ['--expose-gc'] })
  assert.equal(stdout, 'published\n')
})
