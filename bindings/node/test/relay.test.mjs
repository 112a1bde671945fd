// Relays and masks: streams of a hub to other servers, from there, and with parts left out.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client, Hub, OxrtmpError, Relay, Server, status } from 'oxrtmp'
import { certify, collect, listen, node, sleep, temporary, until, within } from './helpers.mjs'

const QUICK = { retryMinMs: 20, retryMaxMs: 100 }

/** A hub that closes with the test. */
function hubOf (t, options) {
  const hub = new Hub(options)
  t.after(() => hub.close())
  return hub
}

/** Sends frames that hold their number, with a keyframe every ten. */
async function send (publisher, first, count) {
  for (let n = first; n < first + count; n++) {
    const body = Buffer.alloc(4)
    body.writeUInt32BE(n)
    await publisher.sendVideo(n * 10, n % 10 === 0, body)
  }
  await publisher.flush({ timeoutMs: 20000 })
}

/** Waits for the relay to come into a state. */
async function reach (events, state) {
  for (;;) {
    const { value } = await within(20000, events.next(), state)
    assert.equal(value?.type, 'relay')
    if (value.state === state) return value
  }
}

/** A player of a stream that is on its way. */
async function playerOf (hub, name) {
  let player
  await until(async () => {
    player = await hub.play('live', name).catch(error => assert.equal(error.code, 'ERR_OXRTMP_NOT_FOUND'))
    return player !== undefined
  })
  return player
}

/** Takes video up to the frame with this number: the numbers. */
async function upTo (player, number) {
  const numbers = []
  while (numbers.at(-1) !== number) {
    const packet = await within(20000, player.nextPacket(), `frame ${number}`)
    assert.ok(packet !== undefined, `the stream ended after ${numbers.at(-1)}`)
    if (packet.media === 'video') numbers.push(packet.data.readUInt32BE())
  }
  return numbers
}

const range = (first, count) => Array.from({ length: count }, (_, i) => first + i)

test('a push to two servers, one of them by TLS, of which one goes and comes again', async t => {
  const [here, there, secure] = [hubOf(t), hubOf(t), hubOf(t)]
  const { certificateFile, keyFile } = certify(temporary(t), 'one')
  const plainServer = await Server.listen('127.0.0.1:0', { hub: there })
  const { address } = plainServer
  const secureServer = await Server.listen('rtmps://127.0.0.1:0', { hub: secure, tls: { certificateFile, keyFile } })
  t.after(() => secureServer.close())
  const plain = await here.push('live', 'cam', `rtmp://${address}/live/copy`, QUICK)
  const safe = await here.push('live', 'cam', `${secureServer.address}/live/copy`, { ...QUICK, client: { tls: { caFile: certificateFile } } })
  t.after(() => Promise.all([plain.close(), safe.close()]))
  assert.ok(plain instanceof Relay)
  assert.deepEqual([plain.statistics().state, plain.statistics().pull], ['idle', false])
  const [plainEvents, safeEvents] = [plain.events(), safe.events()]
  const publisher = await here.publish('live', 'cam')
  await send(publisher, 0, 1)
  await reach(plainEvents, 'running')
  await reach(safeEvents, 'running')
  const players = [await playerOf(there, 'copy'), await playerOf(secure, 'copy')]
  await send(publisher, 1, 99)
  for (const player of players) assert.deepEqual(await upTo(player, 99), range(0, 100))
  const figures = safe.statistics()
  assert.deepEqual([figures.state, figures.connections, figures.videoPackets, figures.status], ['running', 1, 100, status.OK])
  assert.ok(figures.bytes > 400n && figures.sinceNs > 0n && typeof figures.queuedBytes === 'bigint')

  await plainServer.close()
  const { error } = await reach(plainEvents, 'waiting')
  assert.ok(error instanceof OxrtmpError)
  const again = await Server.listen(address, { hub: there })
  t.after(() => again.close())
  await reach(plainEvents, 'running')
  assert.ok(plain.statistics().connections === 2 && plain.statistics().retries >= 1)
  await send(publisher, 100, 20)
  const numbers = await upTo(players[0], 119)
  assert.ok(numbers[0] % 10 === 0 && numbers[0] >= 90, `it goes on with frame ${numbers[0]}`)
  await plain.close()
  await plain.close()
  assert.ok(plain.closed && plain.statistics().state === 'closed' && plain.statistics().connections === 2)
})

test('a pull on demand begins and ends with its players', async t => {
  const [there, here] = [hubOf(t), hubOf(t)]
  const { url } = await listen(t, { hub: there })
  const publisher = await there.publish('live', 'cam')
  await send(publisher, 0, 5)
  const relay = await here.pull('live', 'copy', url('cam'), { onDemand: true, idleAfterMs: 50, ...QUICK })
  t.after(() => relay.close())
  const events = relay.events()
  await sleep(200)
  assert.deepEqual([relay.statistics().pull, relay.statistics().connections, there.statistics().players], [true, 0, 0])
  for (let round = 1; round < 3; round++) {
    const player = await here.play('live', 'copy')
    await upTo(player, 4)
    await reach(events, 'running')
    assert.deepEqual([relay.statistics().state, relay.statistics().connections], ['running', round])
    await player.close()
    await reach(events, 'idle')
    await until(() => there.statistics().players === 0)
  }
})

test('a pull at once, a relay that gives up, and the end of a hub', async t => {
  const [there, here] = [hubOf(t), hubOf(t)]
  const { url } = await listen(t, { hub: there })
  const publisher = await there.publish('live', 'cam')
  await send(publisher, 0, 3)
  const pulled = await here.pull('live', 'copy', url('cam'), QUICK)
  const pulledEvents = pulled.events()
  await reach(pulledEvents, 'running')
  assert.deepEqual(await upTo(await playerOf(here, 'copy'), 2), [0, 1, 2])

  const relay = await there.push('live', 'cam', 'rtmp://127.0.0.1:1/live/x', { attempts: 2, ...QUICK })
  const states = (await within(20000, collect(relay.events()))).map(event => event.state)
  assert.ok(states.includes('waiting') && states.at(-1) === 'closed', states.join())
  const figures = relay.statistics()
  assert.ok(figures.status === status.CONNECT && figures.text !== '' && figures.state === 'closed')
  await relay.close()

  await here.close()
  assert.equal((await reach(pulledEvents, 'closed')).state, 'closed')
  assert.deepEqual(await pulledEvents.next(), { value: undefined, done: true })
  assert.equal(pulled.statistics().state, 'closed')
  await pulled.close()
  await assert.rejects(here.push('live', 'x', 'rtmp://127.0.0.1/live/x'), { code: 'ERR_OXRTMP_CLOSED' })
})

test('waiting ends when a relay is closed, and options are checked', async t => {
  const hub = hubOf(t)
  const relay = await hub.push('live', 'x', 'rtmp://127.0.0.1:1/live/x')
  const events = collect(relay.events())
  await sleep(50)
  await relay.close()
  await within(20000, events)
  await assert.rejects(hub.push('live', 'x', 'nonsense'), { code: 'ERR_OXRTMP_ARGUMENT' })
  await assert.rejects(hub.pull('live', 'x', 'rtmp://127.0.0.1/live/x', { nonsense: 1 }), /'nonsense'; it has onDemand/)
  await assert.rejects(hub.pull('live', 'x', 'rtmp://127.0.0.1/live/x', { client: { fd: 1 } }), /options\.client has no 'fd'/)
  await assert.rejects(hub.push('live', 'x', 'rtmps://127.0.0.1/live/x', { client: { tls: { caFile: '/nonexistent' } } }), { code: 'ERR_OXRTMP_FILE' })
  await assert.rejects(hub.publish('live', 'x', { mask: {} }), /'mask'/)
  for (const codecs of [[], ['h26'], Array(257).fill('avc1'), 'avc1']) assert.throws(() => new Hub({ mask: { codecs } }), /mask\.codecs must be 1 to 256 codecs/)
  assert.throws(() => new Relay(), { name: 'TypeError' })
})

test('relays keep the process alive until they are unref()ed, closed or forgotten by their hub', async () => {
  for (const end of ['relay.unref()', 'await relay.close()', 'await hub.close()']) {
    const { stdout } = await node(`
      import { Hub } from 'oxrtmp'
      const hub = new Hub()
      const relay = await hub.push('live', 'x', 'rtmp://127.0.0.1:1/live/x')
      setTimeout(async () => { console.log('alive'); ${end} }, 100).unref()`)
    assert.equal(stdout, 'alive\n', end)
  }
})

/** Video and audio up to a timestamp: how much of either. */
async function mediaOf (player, last) {
  const counts = { audio: 0, video: 0 }
  for (;;) {
    const packet = await within(20000, player.nextPacket())
    assert.ok(packet !== undefined, 'the stream ended early')
    if (packet.timestampMs >= last) return [counts.video, counts.audio]
    if (packet.media !== 'data') counts[packet.media]++
  }
}

/** Twenty frames of video and audio, and at 1000 ms one of each that ends what is looked at. */
async function sendMixed (publisher) {
  for (const [ms, key] of [...range(0, 20).map(n => [n * 10, n % 10 === 0]), [1000, true]]) {
    await publisher.sendVideo(ms, key, Buffer.of(1))
    await publisher.sendAudio(ms, Buffer.of(1))
  }
}

test('masks: of a player of the hub, of a request that is handed on, and of a hub', async t => {
  const cases = [
    [{}, 21, 20], [{ noAudio: true }, 21, 0], [{ noVideo: true }, 0, 20], [{ keyframesOnly: true }, 3, 20],
    [{ codecs: ['avc1'] }, 21, 0], [{ codecs: ['mp4a', 'Opus'] }, 0, 20], [{ track: 0 }, 21, 20], [{ track: 1 }, 0, 0]
  ]
  for (const [mask, video, audio] of cases) {
    const [whole, hub] = [new Hub({ mask }), new Hub()]
    const { server, url } = await listen(t, { hub, askPlay: true })
    const masked = await listen(t, { hub: whole })
    const publishers = [await hub.publish('live', 'x'), await whole.publish('live', 'x')]
    for (const publisher of publishers) await publisher.sendVideo(0, true, Buffer.of(1))
    const coming = Client.play(url('x'))
    assert.equal(await hub.accept(await server.nextRequest(), { mask }), true)
    const players = [await hub.play('live', 'x', { mask }), await coming, await Client.play(masked.url('x'))]
    if (mask.track === 1) { // nothing comes, and the end
      for (const publisher of publishers) await sendMixed(publisher)
      await hub.close()
      await whole.close()
      for (const player of players) assert.deepEqual((await collect(player)).filter(p => p.media !== 'data'), [])
      continue
    }
    for (const publisher of publishers) await sendMixed(publisher)
    for (const player of players) assert.deepEqual(await mediaOf(player, 1000), [video, audio], JSON.stringify(mask))
    await hub.close()
    await whole.close()
  }
})

test('the mask of a push', async t => {
  const [here, there] = [hubOf(t), hubOf(t)]
  const { url } = await listen(t, { hub: there })
  const relay = await here.push('live', 'x', url('x'), { mask: { noAudio: true }, ...QUICK })
  t.after(() => relay.close())
  const publisher = await here.publish('live', 'x')
  await publisher.sendVideo(0, true, Buffer.of(1))
  await reach(relay.events(), 'running')
  const player = await playerOf(there, 'x')
  await sendMixed(publisher)
  assert.deepEqual(await mediaOf(player, 1000), [21, 0])
})
