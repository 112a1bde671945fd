// What servers, connections and streams tell about themselves.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client, Engine, Hub, Server, Strict, status } from 'oxrtmp'
import { listen, loopback, sleep, until } from './helpers.mjs'

const near = (is, wanted) => Math.abs(is - wanted) <= wanted / 100

test('figures of streams and connections, also of closed ones', async t => {
  const { client, session } = await loopback(t)
  for (let n = 0; n < 50; n++) {
    await client.sendVideo(n * 20, n % 25 === 0, Buffer.alloc(1000))
    await client.sendAudio(n * 20, Buffer.alloc(100))
    await sleep(20)
  }
  await client.flush()
  assert.ok(await session.ping() > 0)
  await until(() => session.statistics().packets === 100)
  const sent = client.statistics()
  const seconds = Math.max(1, Number(sent.durationNs) / 1e9)
  assert.equal(sent.videoBytes, 50n * 1005n)
  assert.equal(sent.audioBytes, 50n * 102n)
  assert.equal(sent.bytes, sent.videoBytes + sent.audioBytes)
  assert.deepEqual([sent.keyframes, sent.keyframeIntervalNs, sent.dropped], [2, 500_000_000n, 0])
  assert.ok(near(sent.frameRate, 50 / seconds), `${sent.frameRate} in ${seconds}`)
  assert.ok(near(sent.videoBitrate, 50 * 1005 * 8 / seconds))
  assert.ok(near(sent.audioBitrate, 50 * 102 * 8 / seconds))
  await until(() => client.connectionStatistics().bytesSent === session.connectionStatistics().bytesReceived)
  const here = client.connectionStatistics()
  const there = session.connectionStatistics()
  assert.deepEqual([here.number, there.number, here.phase, there.phase], [0, 1, 'media', 'media'])
  assert.ok(here.rttNs > 0n && there.rttNs > 0n && there.pingRttNs > 0n && there.pingRttNs < 5_000_000_000n)
  assert.ok(there.bytesReceived > 50n * 1100n && there.bytesSent > 3000n)
  assert.deepEqual([there.packetsReceived, there.unknown, there.faulty, there.ignored], [100, 0, 0, 0])
  await client.close()
  await session.close()
  assert.equal(session.connectionStatistics().number, 1)
  assert.ok(client.connectionStatistics().bytesSent >= here.bytesSent)
})

test('what is sent is counted as what it is, by a connection and inside a hub', async t => {
  const hub = new Hub()
  const { client } = await loopback(t)
  const inside = await hub.publish('live', 'test')
  t.after(async () => { await inside.close(); await hub.close() })
  for (const sender of [client, inside]) {
    for (let n = 0; n < 10; n++) {
      const key = n % 5 === 0
      if (n < 5) await sender.sendVideo(n * 40, key, Buffer.of(1))
      else await sender.sendPacket({ type: 9, timestampMs: n * 40, raw: Buffer.of(key ? 0x17 : 0x27, 1, 0, 0, 0, 1) })
    }
    const { videoPackets, keyframes, keyframeIntervalNs, frameRate } = sender.statistics()
    assert.deepEqual([videoPackets, keyframes, keyframeIntervalNs], [10, 2, 200_000_000n])
    assert.ok(frameRate > 0 && frameRate <= 10) // as they came at once
  }
})

test('a server as an object and for Prometheus', async t => {
  const hub = new Hub()
  const server = await Server.listen('127.0.0.1:0', { hub })
  t.after(async () => { await server.close(); await hub.close() })
  const client = await Client.publish(`rtmp://${server.address}/live/secret-stream-key`)
  await client.sendVideo(0, true, Buffer.from('x'))
  await until(() => server.statistics().packets_received === 1)
  const figures = server.statistics()
  assert.deepEqual([figures.connections, figures.publishers, figures.accepted, figures.streams], [1, 1, 1, 1])
  assert.deepEqual([figures.refused_address, figures.players, figures.failed_in.handshake], [0, 0, 0])
  const [connection] = figures.connection_list
  const [stream] = connection.stream_list
  assert.equal(connection.phase, 'media')
  assert.deepEqual([stream.kind, stream.app, stream.stream_name, stream.video_packets], ['publish', 'live', 'se…', 1])
  const text = server.prometheus()
  assert.ok(!text.includes('secret') && text.includes('\noxrtmp_accepted_total 1\n'))
  for (const line of text.split('\n').filter(line => line !== '' && !line.startsWith('# '))) {
    assert.match(line, /^[a-z_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)*\})? [0-9.]+$/)
  }
  await client.close()
})

test('a strict server, and the last bytes of what failed', async t => {
  const { server, url } = await listen(t, { strict: Strict.APP | Strict.ORDER, keepBytes: 100_000 })
  assert.equal(server.takeFailure(), undefined)
  await assert.rejects(Client.publish(url(), { app: '/' }))
  let failure
  await until(() => (failure = server.takeFailure()) !== undefined)
  assert.deepEqual([failure.status, failure.phase, failure.connection, failure.offset], [status.PROTOCOL, 'connect', 1, 0n])
  assert.match(failure.text, /strict about app/)
  assert.match(failure.peer, /^127\.0\.0\.1:/)
  assert.ok(failure.data.length > 3100 && failure.data[0] === 3)
  assert.equal(server.statistics().failed_in.connect, 1)
  const engine = Engine.server({ strict: Strict.APP })
  assert.throws(() => { for (let at = 0; at < failure.data.length;) at += engine.receive(0, failure.data.subarray(at)) }, { code: 'ERR_OXRTMP_PROTOCOL' })
  engine.close()
  await assert.rejects(Server.create({ keepBytes: 2 ** 20 + 1 }), { code: 'ERR_OXRTMP_ARGUMENT' })
  await assert.rejects(Server.create({ strict: 256 }), { code: 'ERR_OXRTMP_ARGUMENT' })
})
