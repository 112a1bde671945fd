// Hubs: what a stream keeps for late players, and what it passes on.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client, Hub } from 'oxrtmp'
import { AVCC, listen, node, until, within } from './helpers.mjs'

/** A hub, a server that has it, and a publisher of live/x. */
async function live (t, options) {
  const hub = new Hub(options)
  t.after(() => hub.close())
  const { url } = await listen(t, { hub })
  const publisher = await Client.publish(url('x'))
  t.after(() => publisher.close().catch(() => {}))
  const messages = () => hub.streamStatistics('live', 'x').packets
  const play = async () => {
    const player = await Client.play(url('x'))
    t.after(() => player.close().catch(() => {}))
    return player
  }
  return {
    hub,
    publisher,
    play,
    /** A player who comes when so many messages have reached the hub. */
    async late (count) {
      await until(() => messages() === count)
      return play()
    },
    received: count => until(() => messages() === count)
  }
}

const numbered = n => {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(n)
  return data
}

const frame = (publisher, n, keyframe) => publisher.sendVideo(n * 10, keyframe, numbered(n))

/** The next packet of audio, video or data, past what the server says by itself. */
async function next (player, media) {
  for (;;) {
    const packet = await within(20000, player.nextPacket())
    if (packet.media === media && packet.handler !== '|RtmpSampleAccess') return packet
  }
}

/** The next frame's number, and the sequence headers before it. */
async function nextFrame (player) {
  const headers = []
  for (;;) {
    const packet = await next(player, 'video')
    if (packet.kind === 'frame') return { n: packet.data.readUInt32BE(), headers }
    headers.push(packet.data)
  }
}

async function numbers (player, count) {
  const found = []
  while (found.length < count) found.push((await nextFrame(player)).n)
  return found
}

async function told (player, code) {
  for await (const event of player.events()) if (event.code === code) return
}

test('a paused player gets nothing, and goes on with headers and a keyframe', async t => {
  const { publisher, late, received } = await live(t)
  await publisher.sendVideoSequenceHeader(AVCC)
  await frame(publisher, 0, true)
  const player = await late(2)
  assert.deepEqual(await nextFrame(player), { n: 0, headers: [AVCC] })
  await player.pause()
  await within(20000, told(player, 'NetStream.Pause.Notify'))
  for (let n = 1; n < 6; n++) await frame(publisher, n, false)
  await received(7)
  await player.resume()
  await within(20000, told(player, 'NetStream.Unpause.Notify'))
  await frame(publisher, 6, false) // it cannot begin with that one
  await frame(publisher, 7, true)
  await frame(publisher, 8, false)
  assert.deepEqual(await nextFrame(player), { n: 7, headers: [AVCC] })
  assert.deepEqual(await nextFrame(player), { n: 8, headers: [] })
})

test('keyframes of Enhanced RTMP begin what late players get, and metadata comes before them', async t => {
  const { publisher, late } = await live(t)
  await publisher.sendMetadata({ width: 1920 })
  for (let n = 0; n < 15; n++) {
    const keyframe = n % 10 === 0
    await publisher.sendPacket({ media: 'video', codec: 'hvc1', timestampMs: n * 10, keyframe, frameType: keyframe ? 1 : 2, flags: 2, data: numbered(n) })
  }
  const player = await late(16)
  assert.deepEqual((await next(player, 'data')).values, ['onMetaData', { width: 1920 }])
  assert.deepEqual(await numbers(player, 5), [10, 11, 12, 13, 14])
})

for (const [cacheFrames, want] of [[8, [0, 1, 2, 3, 4, 5, 10]], [3, [10]]]) {
  test(`a cache that overflows keeps no part of its frames: ${cacheFrames}`, async t => {
    const { publisher, late } = await live(t, { cacheFrames })
    for (let n = 0; n < 6; n++) await frame(publisher, n, n === 0)
    const player = await late(6)
    await frame(publisher, 10, true)
    assert.deepEqual(await numbers(player, want.length), want)
  })
}

test('codec headers that are repeated, changed, or not there', async t => {
  const other = Buffer.concat([AVCC.subarray(0, -1), Buffer.of(1)])
  const { publisher, late } = await live(t)
  for (const [n, header] of [AVCC, AVCC, other].entries()) {
    await publisher.sendVideoSequenceHeader(header)
    await frame(publisher, n, true)
  }
  const player = await late(6)
  assert.deepEqual(await nextFrame(player), { n: 2, headers: [other] })
  await publisher.sendVideoSequenceHeader(AVCC)
  await frame(publisher, 3, true)
  assert.deepEqual(await nextFrame(player), { n: 3, headers: [AVCC] })

  const without = await live(t)
  await frame(without.publisher, 0, true)
  assert.deepEqual(await nextFrame(await without.late(1)), { n: 0, headers: [] })
})

for (const coalesceMs of [0, 400]) {
  test(`frames wait for nothing unless they shall: ${coalesceMs} ms`, async t => {
    const { publisher, late } = await live(t, { coalesceMs })
    await frame(publisher, 0, true)
    const player = await late(1)
    assert.equal((await nextFrame(player)).n, 0)
    let best = Infinity // of a few, as machines have other things to do
    for (let n = 1; n <= 4; n++) { // each one is there before the next one is sent
      const begun = performance.now()
      await frame(publisher, n, false)
      assert.equal((await nextFrame(player)).n, n)
      best = Math.min(best, performance.now() - begun)
    }
    assert.ok(coalesceMs === 0 ? best < 300 : best > 300, `${best} ms`)
  })
}

test('more players than one worker of the hub serves: everybody gets everything in order', async t => {
  const { publisher, late } = await live(t)
  await frame(publisher, 0, true)
  const players = [await late(1)]
  while (players.length < 100) players.push(await late(1))
  const wanted = Array.from({ length: 100 }, (_, n) => n)
  const taking = players.map(player => numbers(player, wanted.length))
  for (const n of wanted.slice(1)) await frame(publisher, n, false)
  for (const got of await Promise.all(taking)) assert.deepEqual(got, wanted)
  await Promise.all(players.map(player => player.close()))
})

test('a library does nothing unasked', async () => {
  await node(`
    import assert from 'node:assert/strict'
    import { readdirSync, readlinkSync, existsSync } from 'node:fs'
    const files = () => readdirSync('/proc/self/fd').map(fd => '/proc/self/fd/' + fd).filter(existsSync).map(fd => readlinkSync(fd))
    const before = new Set(files())
    const { Client, Engine, Hub, Server } = await import('oxrtmp')
    const hub = new Hub(), engine = Engine.server()
    const opened = files().filter(file => !before.has(file) && /^[/]|socket:/.test(file) && !file.startsWith('/sys/')) // Go looks at its processors there
    assert.deepEqual(opened, [])
    engine.close()
    await hub.close()
    const two = [new Hub(), new Hub()] // which know nothing of each other
    const servers = await Promise.all(two.map(hub => Server.listen('127.0.0.1:0', { hub })))
    const publishers = await Promise.all(servers.map(server => Client.publish('rtmp://' + server.address + '/live/x')))
    assert.deepEqual(two.map(hub => hub.statistics().publishers), [1, 1])
    await Promise.all([...publishers, ...servers, ...two].map(each => each.close()))
  `)
})
