// Hubs: what becomes of players that come late, are slow or silent, or cannot decode, and of publishers whose link is mute.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client, Hub, OxrtmpError } from 'oxrtmp'
import { AVCC, collect, listen, proxy, sleep, until, within } from './helpers.mjs'

/** A hub that closes with the test, and a server that has it. */
async function open (t, options, serverOptions) {
  const hub = new Hub(options)
  t.after(() => hub.close())
  return { hub, ...await listen(t, { hub, ...serverOptions }) }
}

const frame = (n, size = 4) => {
  const body = Buffer.alloc(size)
  body.writeUInt32BE(n)
  return body
}

const received = (hub, packets) => until(() => hub.streamStatistics('live', 'x').packets === packets)

/** The next packets of a kind of media: the numbers in them. */
async function take (client, count, media = 'video') {
  const numbers = []
  while (numbers.length < count) {
    const packet = await within(20000, client.nextPacket(), `${count} of ${media}`)
    assert.ok(packet !== undefined, `the stream ended after ${numbers}`)
    if (packet.media === media && packet.kind === 'frame') numbers.push(packet.data.readUInt32BE())
  }
  return numbers
}

test('a player that does not take loses video up to a keyframe and keeps its audio, or is disconnected', async t => {
  for (const slowPolicy of ['drop', 'disconnect']) {
    const { hub } = await open(t, { slowPolicy, slowBytes: 100000 })
    const publisher = await hub.publish('live', 'x')
    await publisher.sendVideo(0, true, frame(0))
    const [slow, quick] = [await hub.play('live', 'x'), await hub.play('live', 'x')]
    assert.deepEqual(await take(quick, 1), [0])
    for (let n = 1; n < 300; n++) {
      await publisher.sendVideo(n, n % 10 === 0, frame(n, 20000))
      await publisher.sendAudio(n, frame(n))
      assert.deepEqual(await take(quick, 1), [n], 'the other one gets everything')
    }
    if (slowPolicy === 'drop') {
      await publisher.close()
      await hub.close()
    }
    const packets = await collect(slow)
    const [video, audio] = ['video', 'audio'].map(media => packets.filter(p => p.media === media).map(p => p.data.readUInt32BE()))
    assert.ok(video.length < 150, `${video.length} of 300`)
    for (const [i, n] of video.entries()) if (i > 0 && n !== video[i - 1] + 1) assert.equal(n % 10, 0, `${n} after ${video[i - 1]}`)
    if (slowPolicy === 'drop') assert.deepEqual(audio, Array.from({ length: 299 }, (_, n) => n + 1))
    else assert.equal((await slow.ended).code, 'ERR_OXRTMP_LIMIT')
  }
})

test('a player that is silent, and reads, lives; one that no longer reads does not, and who it is can be seen', async t => {
  const { hub, server } = await open(t, undefined, { timeouts: { idleMs: 400 } })
  const port = Number(server.address.split(':')[1])
  const publisher = await hub.publish('live', 'x')
  await publisher.sendVideo(0, true, frame(0))
  const between = await proxy(t, port)
  const player = await Client.play(`rtmp://127.0.0.1:${between.port}/live/x`)
  await take(player, 1)
  assert.deepEqual(hub.players('live', 'x').map(p => [p.peer.split(':')[0], p.paused, p.noAudio]), [['127.0.0.1', false, false]])
  assert.deepEqual(hub.players('live', 'y'), [])
  between.mute() // what the player says is lost: acknowledgements and answers to pings
  for (let n = 1; n < 30; n++) {
    await publisher.sendVideo(n * 50, n % 10 === 0, frame(n))
    await take(player, 1)
    await sleep(50)
  }
  assert.equal(hub.players('live', 'x').length, 1)
  await until(() => hub.players('live', 'x').length === 0, 20000) // with nothing to send it is silence
  await player.close().catch(() => {})
})

test("a publisher's link goes mute: the next one takes over at once, and one that is lost is waited for", async t => {
  const { hub, server, url } = await open(t, { takeover: 'replace', graceMs: 20000 })
  const between = await proxy(t, Number(server.address.split(':')[1]))
  const mute = await Client.publish(`rtmp://127.0.0.1:${between.port}/live/x`)
  await mute.sendMetadata({ width: 640 })
  await mute.sendVideoSequenceHeader(AVCC)
  for (let n = 0; n < 5; n++) await mute.sendVideo(n * 40, n === 0, frame(n))
  const player = await Client.play(url('x'))
  assert.deepEqual(await take(player, 5), [0, 1, 2, 3, 4])
  between.freeze() // no FIN, no reset
  for (let round = 1; round < 3; round++) {
    const again = await Client.publish(url('x'))
    await again.sendMetadata({ width: 640 })
    await again.sendVideoSequenceHeader(AVCC)
    for (let n = 0; n < 5; n++) await again.sendVideo(n * 40, n === 0, frame(round * 10 + n))
    const packets = []
    while (packets.filter(p => p.kind === 'frame').length < 5) {
      const packet = await within(20000, player.nextPacket())
      if (packet.media === 'video') packets.push(packet)
    }
    assert.deepEqual(packets.map(p => p.kind === 'frame' ? p.data.readUInt32BE() : p.kind),
      ['sequence_header', ...[0, 1, 2, 3, 4].map(n => round * 10 + n)])
    assert.equal(packets[1].keyframe, true)
    const times = packets.map(p => p.timestampMs)
    assert.deepEqual(times, times.toSorted((a, b) => a - b))
    assert.ok(times[1] >= 160 * round, `${times}: time goes on`)
    if (round === 1) {
      const link = hub.streamStatistics('live', 'x').publisher
      await again.close() // and then the grace period
      await until(() => hub.statistics().publishers === 0)
      assert.match(link, /^127/)
    }
  }
  assert.equal(hub.players('live', 'x').length, 1)
  between.cut()
  await mute.close().catch(() => {})
})

test('the first frame comes with the answer to play, unless the cache is off', async t => {
  for (const cachePolicy of ['gop', 'keyframe', 'off']) {
    const { hub, server } = await open(t, { cachePolicy })
    const publisher = await hub.publish('live', 'x')
    for (let n = 0; n < 100; n++) await publisher.sendVideo(n * 100, n === 0, Buffer.from(`frame ${n};`)) // a GOP of 10 s
    await received(hub, 100)
    const between = await proxy(t, Number(server.address.split(':')[1]))
    const player = await Client.play(`rtmp://127.0.0.1:${between.port}/live/x`)
    await until(() => between.said.some(part => part.includes('NetStream.Play.Start')))
    const start = between.said.find(part => part.includes('NetStream.Play.Start'))
    assert.equal(start.includes('frame 0;'), cachePolicy !== 'off', cachePolicy)
    await publisher.sendVideo(10000, false, Buffer.from('frame 100;'))
    await publisher.sendVideo(10100, true, Buffer.from('frame 101;'))
    const text = []
    while (text.at(-1) !== 'frame 101;') {
      const packet = await within(20000, player.nextPacket())
      if (packet.media === 'video') text.push(packet.data.toString())
    }
    assert.equal(text.length, { gop: 102, keyframe: 2, off: 1 }[cachePolicy])
    await player.close()
  }
})

test('players that have not said that they decode a stream: pass, refuse, filter', async t => {
  for (const codecs of ['pass', 'refuse', 'filter']) {
    const { hub, server, url } = await open(t, { codecs }, { askPlay: codecs === 'refuse' })
    const publisher = await hub.publish('live', 'x')
    await publisher.sendPacket({ media: 'video', codec: 'zzzz', keyframe: true, data: Buffer.of(1, 2, 3, 4) })
    await received(hub, 1)
    const playing = Client.play(url('x'))
    if (codecs === 'refuse') {
      assert.equal(await hub.accept(await server.nextRequest()), false)
      await assert.rejects(playing, error => error instanceof OxrtmpError && error.peerCode === 'NetStream.Play.Failed')
      continue
    }
    const player = await playing
    await publisher.sendAudio(40, frame(1))
    const media = []
    while (media.at(-1) !== 'audio') media.push((await within(20000, player.nextPacket())).media)
    assert.deepEqual(media.filter(m => m !== 'data'), codecs === 'pass' ? ['video', 'audio'] : ['audio'])
  }
})

test('timestamps: kept, never back, or from zero', async t => {
  for (const [timestamps, wanted] of [['keep', [70000, 70040, 70010]], ['monotonic', [70000, 70040, 70040]], ['rebase', [0, 40, 40]]]) {
    const { hub } = await open(t, { timestamps })
    const publisher = await hub.publish('live', 'x')
    for (const [i, ms] of [70000, 70040, 70010].entries()) await publisher.sendVideo(ms, i === 0, frame(i))
    await received(hub, 3)
    const player = await hub.play('live', 'x')
    const got = []
    while (got.length < 3) {
      const packet = await within(20000, player.nextPacket())
      if (packet.media === 'video') got.push(packet.timestampMs)
    }
    assert.deepEqual(got, wanted, timestamps)
  }
})

test('a player waits for its publisher, and not for ever', async t => {
  const { hub, url } = await open(t, { waitForPublisher: true, waitLimitMs: 300 })
  const player = await Client.play(url('x'))
  assert.equal(hub.statistics().streams, 1)
  assert.deepEqual((await within(20000, collect(player))).filter(p => p.media !== 'data'), [])
  await until(() => hub.statistics().streams === 0)
})

test('what streams say, and data that pass through', async t => {
  const { hub, url } = await open(t)
  const publisher = await Client.publish(url('x'))
  await publisher.sendMetadata({ width: 640, title: 'Übertragung' })
  await publisher.sendVideoSequenceHeader(AVCC)
  await publisher.sendAudio(0, frame(0))
  await publisher.sendData(10, Buffer.from('020008637565506f696e74003ff0000000000000', 'hex'))
  await received(hub, 4)
  const { videoCodec, audioCodec, publishedNs, messagesLost, dataPackets } = hub.streamStatistics('live', 'x')
  assert.deepEqual([videoCodec, audioCodec, messagesLost, dataPackets], ['avc1', 'mp4a', 0, 2])
  assert.ok(publishedNs > 0n && hub.statistics().durationNs >= publishedNs && hub.statistics().messagesLost === 0)
  assert.deepEqual(hub.streams().map(s => [s.streamName, s.videoCodec]), [['x', 'avc1']])
  const player = await Client.play(url('x'))
  await publisher.sendData(20, Buffer.from('020002686900' + '3ff0000000000000', 'hex'))
  const handlers = []
  while (handlers.at(-1) !== 'hi') {
    const packet = await within(20000, player.nextPacket())
    if (packet.media === 'data') handlers.push(packet.handler)
  }
  assert.ok(handlers.includes('onMetaData'))
  assert.equal(player.metadataValues.title, 'Übertragung')
})
