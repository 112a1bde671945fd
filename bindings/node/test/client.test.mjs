// Clients: how opening fails, flow control, closing.
import assert from 'node:assert/strict'
import net from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import test from 'node:test'
import { Client, OxrtmpError, status } from 'oxrtmp'
import { PACKAGE, collect, listen, loopback, proxy, run, sleep, tcp, until, within } from './helpers.mjs'

/** A client behind a proxy that can be frozen, with its session. */
async function throughProxy (t, options) {
  const { server } = await listen(t)
  const between = await proxy(t, Number(server.address.split(':')[1]))
  const publishing = Client.publish(`rtmp://127.0.0.1:${between.port}/live/x`, options)
  const session = await (await server.nextRequest()).accept()
  const client = await publishing
  t.after(() => client.close().catch(() => {}))
  return { server, client, session, between }
}

test('each failure names its phase', async t => {
  const fails = async (url, expected, options) => {
    await assert.rejects(within(8000, Client.publish(url, options)), error => {
      assert.ok(error instanceof OxrtmpError, error)
      for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, `${name}: ${error.message}`)
      assert.ok(error.message.length > 10)
      return true
    })
  }
  const unused = await new Promise(resolve => {
    const s = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address()
      s.close(() => resolve(port))
    })
  })
  await fails(`rtmp://127.0.0.1:${unused}/live/x`, {
    code: 'ERR_OXRTMP_CONNECT', phase: 'tcp', osError: 111, message: `tcp: 127.0.0.1:${unused}: connection refused`
  })
  await fails('rtmp://name.invalid/live/x', { code: 'ERR_OXRTMP_RESOLVE', phase: 'resolve' })
  const closing = await tcp(t, socket => socket.once('data', () => socket.end()))
  await fails(`rtmp://127.0.0.1:${closing.port}/live/x`, { phase: 'handshake', message: 'handshake: the peer hung up' })
  const mute = await tcp(t)
  await fails(`rtmp://127.0.0.1:${mute.port}/live/x`, {
    phase: 'handshake', code: 'ERR_OXRTMP_TIMEOUT', message: 'handshake: the peer did not answer in time'
  }, { timeouts: { handshakeMs: 200 } })
  const http = await tcp(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n' + ' '.repeat(4000)))
  await fails(`rtmp://127.0.0.1:${http.port}/live/x`, { phase: 'handshake', code: 'ERR_OXRTMP_HANDSHAKE' })
  for (const url of ['', 'nonsense', 'http://host/live/x']) {
    await assert.rejects(Client.publish(url), { name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT', message: /URL/ })
  }
})

test('an abort signal ends opening at once', async t => {
  const mute = await tcp(t)
  const url = `rtmp://127.0.0.1:${mute.port}/live/x`
  const reason = new Error('enough')
  await assert.rejects(Client.publish(url, { signal: AbortSignal.abort(reason) }), reason)
  const abort = new AbortController()
  const attempt = Client.publish(url, { signal: abort.signal })
  await sleep(50)
  abort.abort(reason)
  await assert.rejects(within(5000, attempt), reason)
  await assert.rejects(within(20000, Client.publish(url, { signal: AbortSignal.timeout(100) })), { name: 'TimeoutError' })
})

test('an abort signal ends a client over a socket of the caller', async t => {
  const { server } = await listen(t)
  const serving = server.serve(async request => { await collect(await request.accept()) })
  const { code, stdout, stderr } = await run('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${server.address.split(':')[1]}; exec node --input-type=module`], {
    cwd: PACKAGE,
    timeout: 10000,
    input: `
      import { Client } from 'oxrtmp'
      const abort = new AbortController()
      const client = await Client.publish('rtmp://some.host/live/x', { fd: 3, signal: abort.signal })
      abort.abort()
      await client.ended
      console.log(client.closed)`
  })
  assert.deepEqual([code, stdout], [0, 'true\n'], stderr)
  await server.close()
  await serving
})

test('an abort signal ends an open client at once', async t => {
  const abort = new AbortController()
  const { client, between, session } = await throughProxy(t, { signal: abort.signal, sendTimeoutMs: -1 })
  between.freeze()
  const sends = Array.from({ length: 40 }, (_, i) => client.sendVideo(i, true, Buffer.alloc(1 << 20)))
  const results = Promise.allSettled(sends)
  const call = client.call('anything', [], { timeoutMs: -1 })
  await sleep(100)
  const reason = new Error('enough')
  abort.abort(reason)
  await assert.rejects(within(20000, call), reason)
  const rejected = (await within(20000, results)).filter(r => r.status === 'rejected')
  assert.ok(rejected.length > 10 && rejected.every(r => r.reason === reason))
  await assert.rejects(client.sendAudio(0, Buffer.of(1)), reason)
  await session.close()
})

test('sends wait for room, in order, and go on when there is some', async t => {
  const { client, session } = await loopback(t)
  const sends = []
  const settled = []
  for (let i = 0; i < 300; i++) {
    const body = Buffer.alloc(64 * 1024)
    body.writeUInt32BE(i)
    sends.push(client.sendVideo(i, i === 0, body).then(() => settled.push(i)))
  }
  await sleep(300)
  assert.ok(settled.length < 300, 'nothing had to wait')
  let next = 0
  const reading = (async () => {
    for await (const packet of session) assert.equal(packet.data.readUInt32BE(), next++)
  })()
  await Promise.all(sends)
  await client.close()
  await reading
  assert.equal(next, 300)
  assert.deepEqual(settled, Array.from({ length: 300 }, (_, i) => i))
})

test('a send that finds no room in time takes nothing', async t => {
  const { client, session, between } = await throughProxy(t, { sendTimeoutMs: 300, outputBytes: 100000, lingerMs: 100 })
  between.freeze()
  const results = await within(20000, Promise.allSettled(Array.from({ length: 200 }, (_, i) => client.sendVideo(i, true, Buffer.alloc(200000)))))
  const late = results.filter(r => r.status === 'rejected')
  assert.ok(late.length > 50)
  for (const { reason } of late) assert.deepEqual([reason.code, reason.phase], ['ERR_OXRTMP_TIMEOUT', 'media'])
  assert.match(late[0].reason.message, /timeout/)
  assert.equal(client.statistics().packets, 200 - late.length)
  await assert.rejects(client.flush({ timeoutMs: 50 }), { code: 'ERR_OXRTMP_TIMEOUT' })
  await assert.rejects(within(20000, client.close()), { code: 'ERR_OXRTMP_TIMEOUT' })
  assert.equal(await within(5000, client.ended), undefined)
  await session.close()
})

test('a connection that breaks ends what waits, with the reason', async t => {
  const { client, between, session } = await throughProxy(t)
  between.freeze()
  const results = Promise.allSettled(Array.from({ length: 40 }, (_, i) => client.sendVideo(i, true, Buffer.alloc(1 << 20))))
  await sleep(100)
  between.cut()
  const error = await within(20000, client.ended)
  assert.ok(error instanceof OxrtmpError && error.phase === 'media', String(error))
  const rejected = (await within(20000, results)).filter(r => r.status === 'rejected')
  assert.ok(rejected.length > 10)
  assert.deepEqual(new Set(rejected.map(r => r.reason.code)), new Set([error.code]))
  await assert.rejects(client.sendAudio(0, Buffer.of(1)), error)
  await assert.rejects(client.flush(), error)
  await client.close().catch(e => assert.ok(e instanceof OxrtmpError))
  await within(20000, collect(session))
})

test('closing delivers what was sent, awaited or not', async t => {
  const { client, session } = await loopback(t)
  const sends = Array.from({ length: 100 }, (_, i) => client.sendVideo(i, true, Buffer.alloc(100000, i)))
  const closing = client.close()
  assert.equal(client.close(), closing)
  const packets = await collect(session)
  await closing
  await Promise.all(sends)
  assert.equal(packets.length, 100)
  await assert.rejects(client.sendAudio(0, Buffer.of(1)), { code: 'ERR_OXRTMP_CLOSED' })
  await assert.rejects(client.flush(), { code: 'ERR_OXRTMP_CLOSED' })
  assert.equal(client.statistics().packets, 100)
  assert.equal(await client.ended, undefined)
})

test('flush waits until all is with the operating system', async t => {
  const { client, session } = await loopback(t)
  const sends = Array.from({ length: 300 }, (_, i) => client.sendVideo(i, true, Buffer.alloc(100000)))
  let flushed = false
  const flushing = client.flush().then(() => { flushed = true })
  await sleep(200)
  assert.equal(flushed, false)
  const reading = collect(session)
  await within(20000, flushing)
  await Promise.all(sends)
  assert.equal(client.statistics().queuedBytes, 0n)
  await client.flush({ timeoutMs: 0 })
  await client.close()
  assert.equal((await reading).length, 300)
})

test('neither closing nor flushing towards a server that stands still blocks the event loop', async t => {
  const clients = []
  for (let i = 0; i < 8; i++) {
    const { client, between, session } = await throughProxy(t, { lingerMs: 3000, sendTimeoutMs: 100 })
    between.freeze()
    await Promise.allSettled(Array.from({ length: 20 }, (_, i) => client.sendVideo(i, true, Buffer.alloc(1 << 20))))
    clients.push(client)
    t.after(() => session.close())
  }
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const begun = performance.now()
  const flushes = clients.map(client => client.flush({ timeoutMs: 300 }).catch(error => error.code))
  assert.deepEqual(await Promise.all(flushes), Array(8).fill('ERR_OXRTMP_TIMEOUT'))
  // The pool of libuv, which has four threads, is free meanwhile.
  const { readFile } = await import('node:fs/promises')
  const closes = clients.map(client => client.close().catch(error => error.code))
  for (let i = 0; i < 10; i++) await within(2500, readFile(import.meta.filename ?? new URL(import.meta.url).pathname))
  assert.deepEqual(await Promise.all(closes), Array(8).fill('ERR_OXRTMP_TIMEOUT'))
  const took = performance.now() - begun
  delay.disable()
  assert.ok(took > 3200 && took < 15000, `one after the other: ${took} ms`)
  assert.ok(delay.max / 1e6 < 2500, `the loop stood still for ${delay.max / 1e6} ms`)
})

test('many clients at once', async t => {
  const { server, url } = await listen(t)
  const counts = []
  const serving = server.serve(async request => { counts.push((await collect(await request.accept())).length) })
  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const client = await Client.publish(url(`s${i}`))
    await Promise.all(Array.from({ length: 20 }, (_, n) => client.sendAudio(n, Buffer.alloc(100))))
    await client.close()
  }))
  await until(() => counts.length === 100)
  assert.ok(counts.every(n => n === 20))
  await server.close()
  await serving
})

test('what is sent is checked', async t => {
  const { client } = await loopback(t)
  const wrong = [
    [() => client.sendVideo(-1, true, Buffer.alloc(1)), /timestampMs must be an integer from 0/],
    [() => client.sendVideo(1.5, true, Buffer.alloc(1)), /timestampMs/],
    [() => client.sendVideo(2 ** 32, true, Buffer.alloc(1)), /timestampMs/],
    [() => client.sendVideo(0, true, 'text'), /nalus must be a Buffer/],
    [() => client.sendVideoAt(0, 2 ** 23, true, Buffer.alloc(1)), /compositionMs/],
    [() => client.sendVideoSequenceHeader(), /avcc must be/],
    [() => client.sendAudio(0, [1, 2]), /frame must be/],
    [() => client.sendMetadata('x'), /metadata must be an object/],
    [() => client.sendPacket('x'), /must be an object/],
    [() => client.sendPacket({ media: 'film', data: Buffer.of(1) }), /packet\.media/],
    [() => client.sendPacket({ media: 'video' }), /raw or data/],
    [() => client.sendPacket({ media: 'video', data: Buffer.of(1), codec: 'h264!' }), /four characters/],
    [() => client.sendPacket({ media: 'video', data: Buffer.of(1), kind: 'film' }), /packet\.kind/],
    [() => client.sendPackets('x'), /packets must be an array/]
  ]
  for (const [send, message] of wrong) {
    await assert.rejects(send(), { name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT', message })
  }
  // A packet of which no message can be made is a matter of the library.
  await assert.rejects(client.sendPacket({ media: 'audio', kind: 'command', codec: 'mp4a', data: Buffer.of(1) }), error => error.status === status.MEDIA)
  await client.sendAudio(0, Buffer.of(1))
})

test('a failure shows where the program has asked for it', async () => {
  async function whereItIsAsked () { await Client.play('rtmp://127.0.0.1:1/live/x') }
  await assert.rejects(whereItIsAsked, error => /connection refused/.test(error.stack) && /at async whereItIsAsked/.test(error.stack))
})
