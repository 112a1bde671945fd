// Five hundred publishers in one process, and memory that stays flat.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import test from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Client, Engine, FLVReader, Hub, Recorder, Server, libraryStatistics } from 'oxrtmp'
import { ChunkDecoder, ChunkEncoder, Handshake } from 'oxrtmp/lowlevel'
import { BUILD, TORTURE, run, temporary, until } from './helpers.mjs'

const LOAD = path.join(BUILD, 'bin/load')
const STREAMS = 500
const SECONDS = TORTURE ? 60 : 10

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

/** Checks the packets of tests/load: each stream's numbers from 0 on, without a gap, bytes as they were made. */
class Numbers {
  packets = 0
  faults = []

  check (stream, wanted, packet) {
    const { data } = packet
    const [number, count] = [data.readUInt32BE(0), data.readUInt32BE(4)]
    if (number !== Number(stream) || count !== wanted || data.at(-1) !== (number + count & 0xff) ||
        packet.keyframe !== (wanted % 30 === 0)) {
      this.faults.push(`stream ${stream}: packet ${wanted} is ${number}, ${count}`)
    }
    this.packets++
  }

  async take (request, release) {
    const session = await request.accept()
    let wanted = 0
    for await (const packet of session) {
      this.check(session.streamName, wanted++, packet)
      if (release) packet.release()
    }
    if (session.error !== undefined) this.faults.push(`stream ${session.streamName} after ${wanted}: ${session.error}`)
  }
}

/** Runs tests/load against a server of this process; the last line that it wrote. */
async function load (numbers, flags, release = false) {
  assert.ok(existsSync(LOAD), `${LOAD} is not there: run make test-node`)
  const server = await Server.listen('127.0.0.1:0')
  const serving = server.serve(request => numbers.take(request, release), { onError: error => numbers.faults.push(String(error)) })
  const { code, stdout, stderr } = await run(LOAD, [...flags, `rtmp://${server.address}/load`], { timeout: (SECONDS + 120) * 1000 })
  assert.equal(code, 0, stderr.slice(-2000))
  await server.shutdown({ timeoutMs: 60000 })
  await serving
  return stdout.trim().split('\n').at(-1)
}

test('500 publishers in one process: 1 Mbit/s at 30 packets a second each', async () => {
  const numbers = new Numbers()
  const said = await load(numbers, ['-streams', String(STREAMS), '-seconds', String(SECONDS)])
  assert.deepEqual(numbers.faults, [])
  assert.equal(numbers.packets, STREAMS * SECONDS * 30, said)
  assert.match(said, new RegExp(`packets=${numbers.packets} failures=0`))
})

/** What is in use when all that may be collected was. */
async function inUse () {
  for (let i = 0; i < 4; i++) {
    gc()
    await new Promise(resolve => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  const { handles, packets, lentBytes } = libraryStatistics()
  return { objects: heapUsed + arrayBuffers, rss, handles, packets, lent: Number(lentBytes), fds: readdirSync('/proc/self/fd').length }
}

/** Demands that work(count) leaves nothing behind: no handle, packet or descriptor, and no memory worth naming. */
async function flat (work, warming, count) {
  await work(warming)
  const before = await inUse()
  await work(count)
  await until(async () => (await inUse()).handles <= before.handles, 30000)
  const after = await inUse()
  assert.deepEqual([after.handles, after.packets, after.lent], [before.handles, before.packets, before.lent])
  assert.ok(after.fds <= before.fds + 2, `${after.fds - before.fds} descriptors`)
  assert.ok(after.objects - before.objects < 512 * 1024, `${after.objects - before.objects} bytes of objects`)
  assert.ok(after.rss - before.rss < 48 * 2 ** 20, `${after.rss - before.rss} bytes`)
}

for (const [what, size, release] of [['small packets', 1000, false], ['large packets', 20000, false], ['released packets', 20000, true]]) {
  test(`memory is flat over 100,000 ${what}`, async () => {
    await flat(async count => {
      const numbers = new Numbers()
      await load(numbers, ['-streams', '1', '-fps', '0', '-size', String(size), '-count', String(count)], release)
      assert.deepEqual([numbers.packets, numbers.faults], [count, []])
    }, 10000, 100000)
  })
}

test('memory is flat over servers, clients, sessions and requests that come and go', async () => {
  async function once () {
    const server = await Server.listen('127.0.0.1:0')
    const publishing = Client.publish(`rtmp://${server.address}/live/x`)
    const session = await (await server.nextRequest()).accept()
    const client = await publishing
    await client.sendAudio(0, Buffer.of(1))
    await client.close()
    let count = 0
    for await (const packet of session) count += packet.size
    assert.equal(count, 1)
    await server.close()
  }
  await flat(async count => { for (let i = 0; i < count; i++) await once() }, 100, TORTURE ? 10000 : 500)
})

test('memory is flat over files that come and go, and over errors', async t => {
  const directory = temporary(t)
  async function once (i) {
    const recorder = await Recorder.open(path.join(directory, `${i % 10}-${process.hrtime.bigint()}.flv`))
    await recorder.write({ media: 'audio', codec: 'mp4a', packetType: 1, data: Buffer.of(1) })
    await recorder.close()
    const reader = await FLVReader.open(recorder.path)
    for await (const packet of reader) void packet
    for (const call of [() => Client.publish('rtmp://127.0.0.1:1/live/x'), () => Client.publish('nonsense'),
      () => Server.listen('300.0.0.1:1'), () => FLVReader.open('/nonexistent')]) {
      await assert.rejects(call, { code: /^ERR_OXRTMP_/ })
    }
  }
  await flat(async count => { for (let i = 0; i < count; i++) await once(i) }, 50, TORTURE ? 10000 : 300)
})

test('memory is flat over hubs, and pipelines that end, break and are aborted', async () => {
  const frame = { media: 'video', codec: 'avc1', data: Buffer.alloc(20000) }
  async function once (i) {
    const hub = new Hub()
    const publisher = await hub.publish('live', 'x')
    const player = await hub.play('live', 'x')
    const ends = new AbortController()
    const sink = new Writable({ objectMode: i % 2 === 1, write (chunk, encoding, callback) { callback(i % 3 === 1 ? new Error('full') : null) } })
    const playing = pipeline(player.readable({ flv: i % 2 === 0 }), sink, { signal: ends.signal })
    playing.catch(() => {})
    const writable = publisher.writable()
    for (let at = 0; at < 4; at++) writable.write({ ...frame, keyframe: at === 0, timestampMs: at })
    if (i % 3 === 2) ends.abort()
    writable.end()
    await finished(writable)
    if (i % 3 !== 0) await assert.rejects(playing)
    await hub.close()
    if (i % 3 === 0) await playing
  }
  await flat(async count => { for (let i = 0; i < count; i++) await once(i) }, 60, TORTURE ? 10000 : 600)
})

test('what was not closed and nobody holds any more is ended by the collector', async () => {
  const held = libraryStatistics().handles
  const lose = () => {
    const hub = new Hub()
    void [Engine.server(), Engine.publish('rtmp://a/live/x'), Engine.server({ hub }), new FLVReader(), new Handshake(), new ChunkDecoder(), new ChunkEncoder()]
  }
  for (let i = 0; i < (TORTURE ? 10000 : 500); i++) {
    lose()
    if (i % 100 === 99) await inUse()
  }
  await until(async () => (await inUse()).handles <= held, 30000)
})
