// Each limit, and each option of sockets, takes effect: what is at a limit is taken, one more is not.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import test from 'node:test'
import { Client, Engine } from 'oxrtmp'
import { listen, loopback, sleep, within } from './helpers.mjs'

const { records } = createRequire(import.meta.url)('../lib/options.js')
const NULL = Buffer.from([5])

/** The header of a message: chunk streams are counted from 64. */
function head (chunkStream, type, stream, length) {
  const h = Buffer.alloc(14)
  h[0] = 1
  h.writeUInt16LE(chunkStream - 64, 1)
  h.writeUIntBE(length, 6, 3)
  h[9] = type
  h[10] = stream
  return h
}

const message = (type, stream, payload, chunkStream = 100) => Buffer.concat([head(chunkStream, type, stream, payload.length), payload])
const text = value => Buffer.concat([Buffer.from([2, value.length >> 8, value.length & 255]), Buffer.from(value)])
const command = (name, stream, transaction, ...values) =>
  message(20, stream, Buffer.concat([text(name), Buffer.from([0, transaction ? 0x3f : 0, transaction ? 0xf0 : 0, 0, 0, 0, 0, 0, 0]), ...values]))
const quiet = values => command('x', 0, 0, values) // wants no answer
const times = (n, what) => Buffer.concat(Array.from({ length: n }, (_, i) => what(i)))

const chunkSize = message(1, 0, Buffer.from([0, 255, 255, 255]), 64) // each message is one chunk
const publish = name => Buffer.concat([command('createStream', 0, 1, NULL), command('publish', 1, 1, NULL, text(name), text('live'))])

/** The far end of an engine. */
class Peer {
  answers = ''

  constructor (limits, publishing) {
    this.engine = Engine.server({ handshakeDone: true, limits })
    this.give(Buffer.concat([chunkSize, command('connect', 0, 1, Buffer.from('\x03\0\x03app'), text('live'), Buffer.from('\0\0\x09'))]))
    if (publishing) {
      this.give(publish('key'))
      assert.match(this.answers, /NetStream.Publish.Start/)
    }
    this.answers = ''
    this.faulty = this.engine.statistics().faulty
  }

  give (bytes) {
    for (let at = 0; at < bytes.length;) {
      at += this.engine.receive(0, bytes.subarray(at))
      for (const event of this.engine.events()) {
        event.request?.accept()
        event.packet?.release()
      }
    }
    this.answers += this.engine.output().toString('latin1')
  }

  outcome (bytes) {
    try {
      this.give(bytes)
    } catch (error) {
      assert.equal(error.code, 'ERR_OXRTMP_LIMIT')
      return 'dies'
    }
    if (this.engine.statistics().faulty > this.faulty) return 'is faulty'
    return /BadName|_error/.test(this.answers) ? 'is refused' : 'is taken'
  }
}

const incomplete = n => Buffer.concat([message(1, 0, Buffer.from([0, 0, 0, 128]), 64),
  times(n, i => Buffer.concat([head(200 + i, 99, 0, 1024), Buffer.alloc(128)]))])

const ofAConnection = { // value, limit, whether a stream is published first, what is sent, what becomes of one more
  messageBytes: [1000, 1000, true, n => message(9, 1, Buffer.alloc(n)), 'dies'],
  partialBytes: [4096, 4, true, incomplete, 'dies'],
  earlyMessageBytes: [1000, 1000, false, n => message(99, 0, Buffer.alloc(n)), 'dies'],
  earlyPartialBytes: [4096, 4, false, incomplete, 'dies'],
  chunkStreams: [6, 4, true, n => times(n, i => message(8, 1, Buffer.from([0xaf]), 200 + i)), 'dies'], // two are in use
  messageStreams: [3, 3, false, n => times(n, () => command('createStream', 0, 1, NULL)), 'is refused'],
  amfDepth: [10, 10, true, n => quiet(Buffer.concat([times(n, () => Buffer.from([10, 0, 0, 0, 1])), NULL])), 'is faulty'],
  amfValues: [50, 50, true, n => quiet(Buffer.alloc(n - 2, 5)), 'is faulty'],
  earlyAmfValues: [50, 50, false, n => quiet(Buffer.alloc(n - 2, 5)), 'is faulty'],
  nameBytes: [100, 100, false, n => publish('a'.repeat(n)), 'is refused'],
  idleMessages: [200, 998, true, n => times(n, () => message(99, 0, Buffer.alloc(0))), 'dies'] // two came before
}

for (const [field, [value, limit, publishing, use, over]] of Object.entries(ofAConnection)) {
  test(`limits.${field}`, () => {
    for (const n of [limit - 1, limit, limit + 1]) {
      const peer = new Peer({ [field]: value }, publishing)
      assert.equal(peer.outcome(use(n)), n > limit ? over : 'is taken', `${n} of ${limit}`)
      peer.engine.close()
    }
  })
}

test('limits.readChunks: a stream is the same in however many turns it is taken', async t => {
  const limits = { readChunks: 1 }
  const { client, session } = await loopback(t, { server: { limits }, client: { chunkSize: 1, limits } })
  const frame = Buffer.alloc(5000, 'frame')
  for (let i = 0; i < 5; i++) await client.sendVideo(i, true, frame)
  for (let i = 0; i < 5; i++) assert.deepEqual((await within(10000, session.nextPacket())).data, frame)
})

/** How many of n connections get a byte of the handshake. */
async function letIn (t, server, n) {
  const port = Number(server.address.split(':').at(-1))
  const sockets = Array.from({ length: n }, () => net.connect(port, '127.0.0.1'))
  const taken = await within(10000, Promise.all(sockets.map(socket => new Promise(resolve => {
    socket.on('error', () => resolve(0)).on('close', () => resolve(0)).on('data', () => resolve(1))
    socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]))
  }))))
  for (const socket of sockets) socket.destroy()
  return taken.reduce((sum, one) => sum + one)
}

for (const field of ['connections', 'connectionsPerAddress']) {
  test(`limits.${field}`, async t => {
    for (const n of [3, 4, 5]) {
      const { server } = await listen(t, { limits: { [field]: 4 } })
      assert.equal(await letIn(t, server, n), Math.min(n, 4))
    }
  })
}

test('limits.handshakes', async t => {
  const { server } = await listen(t, { limits: { handshakes: 4 } })
  const began = performance.now()
  assert.equal(await letIn(t, server, 5), 5)
  assert.ok(performance.now() - began >= 200)
})

test('limits.queueBytes', async t => {
  const { client, session } = await loopback(t, { server: { limits: { queueBytes: 100_000 } } })
  for (let i = 0; i < 40; i++) await client.sendVideo(i, true, Buffer.alloc(20_000))
  await sleep(300)
  const { queuedBytes } = session.statistics()
  assert.ok(queuedBytes >= 100_000n && queuedBytes < 240_000n, String(queuedBytes))
})

test('limits.outputBytes: a peer that makes the server answer, and does not read, is given up', async t => {
  const { server } = await listen(t, { limits: { outputBytes: 50_000, idleMessages: 1e9 } })
  const socket = net.connect(Number(server.address.split(':').at(-1)), '127.0.0.1')
  const ended = new Promise(resolve => socket.on('error', () => {}).on('close', resolve))
  socket.pause()
  const pings = times(10_000, () => message(4, 0, Buffer.from([0, 6, 0, 0, 0, 0]), 64))
  socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(2 * 1536), chunkSize]))
  for (let i = 0; i < 300 && !socket.destroyed; i++) await new Promise(resolve => socket.write(pings, resolve))
  await within(9000, ended)
})

test('every limit is tested', () => {
  const here = readFileSync(new URL(import.meta.url), 'utf8')
  for (const name of Object.keys(records.limits)) assert.ok(here.includes(`${name}:`) || here.includes(`'${name}'`), name)
})

test('limits.pendingCalls', async t => {
  const { client } = await loopback(t, { server: { answerCalls: true }, client: { limits: { pendingCalls: 2 } } }) // which nobody answers
  const ends = await Promise.all([1, 2, 3].map(() => client.call('f', [], { timeoutMs: 1000 }).then(() => 'answered', error => error.code)))
  assert.deepEqual(ends.sort(), ['ERR_OXRTMP_LIMIT', 'ERR_OXRTMP_TIMEOUT', 'ERR_OXRTMP_TIMEOUT'])
})

test('limits.pendingRequests', async t => {
  const { server, url } = await listen(t, { limits: { pendingRequests: 3 } })
  const publishing = Array.from({ length: 8 }, () => Client.publish(url()).then(() => 'accepted', error => error.description))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000) // nobody takes requests meanwhile
  const words = []
  for (const promise of publishing) promise.then(word => words.push(word))
  const taken = []
  for (let i = 0; i < 3; i++) taken.push(await within(10000, server.nextRequest()))
  assert.match(await Client.publish(url()).then(() => 'accepted', error => error.description), /busy/) // they are not answered
  for (const request of taken) await request.reject('not now')
  await within(10000, Promise.all(publishing))
  assert.deepEqual(words.map(word => /busy/.test(word)).sort(), [false, false, false, true, true, true, true, true])
  await server.close()
})

test('options of sockets', { skip: process.platform !== 'linux' && 'only on Linux' }, async t => {
  const timers = async (options) => { // how the kernel's keepalive timers of both ends stand, in hundredths of a second
    const { server } = await loopback(t, { server: options, client: options })
    await sleep(300) // until all is acknowledged
    const port = Number(server.address.split(':').at(-1)).toString(16).toUpperCase().padStart(4, '0')
    return readFileSync('/proc/self/net/tcp', 'utf8').split('\n').map(line => line.trim().split(/\s+/))
      .filter(f => f[3] === '01' && (f[1].endsWith(`:${port}`) || f[2].endsWith(`:${port}`)))
      .map(f => f[5].split(':')).map(([kind, when]) => kind === '02' ? parseInt(when, 16) : 0)
  }
  const sizes = { receiveBufferBytes: 50_000, sendBufferBytes: 60_000, userTimeoutMs: 12_345 }
  const long = await timers({ keepAliveMs: 3_600_000, ...sizes })
  assert.ok(long.length === 2 && long.every(when => when > 300_000), long.join())
  const normal = await timers({})
  assert.ok(normal.length === 2 && normal.every(when => when > 0 && when <= 1600), normal.join())
  const never = await timers({ keepAliveMs: -1 })
  assert.deepEqual(never, [0, 0])
})
