// Servers and requests.
import assert from 'node:assert/strict'
import net from 'node:net'
import { performance } from 'node:perf_hooks'
import test from 'node:test'
import { inspect } from 'node:util'
import { Client, Engine, FLVReader, Hub, OxrtmpError, Packet, Recorder, Relay, Request, Server, Session, status } from 'oxrtmp'
import { PACKAGE, collect, listen, loopback, node, run, sleep, tcp, temporary, until, within } from './helpers.mjs'

/** What a refused publisher gets. */
const refusal = async url => {
  try {
    await Client.publish(url)
  } catch (error) {
    assert.ok(error instanceof OxrtmpError, error)
    return error
  }
  assert.fail('it was not refused')
}

test('console.log shows what objects are about', async t => {
  const { server, client, session } = await loopback(t)
  const hub = new Hub()
  t.after(() => hub.close())
  const relay = await hub.push('live', 'x', 'rtmp://127.0.0.1:1/live/x')
  const recorder = await Recorder.open(`${temporary(t)}/shown.flv`)
  t.after(() => recorder.close())
  await client.sendAudio(5, Buffer.of(1))
  const packet = await session.nextPacket()
  const engine = Engine.server()
  const reader = new FLVReader()
  const shown = inspect([server, client, session, hub, relay, recorder, packet, engine, reader])
  for (const words of [/Server {\s*addresses: \[ '127/, /Client {\s*kind: 'publish',\s*peerAddress: '127/, /Session {\s*kind: 'publish',\s*app: 'live',\s*streamName: 'test'/,
    /Hub {\s*closed: false/, /Relay {\s*closed: false/, /Recorder {\s*path: .*shown\.flv/, /Packet {\s*timestampMs: 5,\s*media: 'audio'/, /Engine {\s*closed: false/, /FLVReader {\s*closed: false/]) {
    assert.match(shown, words)
  }
  engine.close()
  reader.close()
  assert.equal(inspect([client], { depth: 0 }), '[ [Client] ]')
  for (const type of [Server, Client, Session, Hub, Relay, Recorder, Packet, Engine, FLVReader]) {
    assert.equal(inspect(Object.create(type.prototype)), `[${type.name}]`)
  }
})

test('addresses', async t => {
  const { server } = await listen(t)
  assert.match(server.address, /^127\.0\.0\.1:\d+$/)
  assert.deepEqual(server.addresses, [server.address])
  await server.listen('[::1]:0')
  assert.equal(server.addresses.length, 2)
  assert.match(server.addresses[1], /^\[::1\]:\d+$/)
  const several = await Server.listen(['127.0.0.1:0', '[::1]:0'])
  assert.equal(several.addresses.length, 2)
  await several.close()
  const none = await Server.create()
  assert.deepEqual([none.address, none.addresses], ['', []])
  await none.close()
})

test('an address that cannot be listened on', async t => {
  const { server } = await listen(t)
  await assert.rejects(Server.listen(server.address), error => {
    assert.ok(error instanceof OxrtmpError && error instanceof Error)
    assert.deepEqual([error.code, error.status, error.name], ['ERR_OXRTMP_ADDRESS', status.ADDRESS, 'OxrtmpError'])
    assert.match(error.message, /in use/)
    return true
  })
  await assert.rejects(Server.listen(['127.0.0.1:0', server.address]), { code: 'ERR_OXRTMP_ADDRESS' })
  await assert.rejects(server.listen(server.address), { code: 'ERR_OXRTMP_ADDRESS' })
})

test('reject tells the publisher why', async t => {
  const { server, url } = await listen(t)
  const attempts = [refusal(url('a')), refusal(url('b')), refusal(url('c'))]
  const requests = new Map()
  while (requests.size < 3) {
    const request = await server.nextRequest()
    requests.set(request.streamName, request)
  }
  await requests.get('a').reject('unauthorized')
  await requests.get('b').reject('NetStream.Publish.Denied', 'not you')
  await requests.get('c').reject()
  const [a, b, c] = await Promise.all(attempts)
  assert.deepEqual([a.code, a.phase, a.peerCode, a.description], ['ERR_OXRTMP_NAME', 'publish', 'NetStream.Publish.BadName', 'unauthorized'])
  assert.match(a.message, /publish.*NetStream\.Publish\.BadName.*unauthorized/)
  assert.deepEqual([b.code, b.peerCode, b.description], ['ERR_OXRTMP_REFUSED', 'NetStream.Publish.Denied', 'not you'])
  assert.equal(c.peerCode, 'NetStream.Publish.BadName')
})

test('a request is answered once', async t => {
  const { server, url } = await listen(t)
  const attempt = refusal(url())
  const request = await server.nextRequest()
  await request.reject('no')
  await assert.rejects(request.reject('no'), { code: 'ERR_OXRTMP_STATE' })
  await assert.rejects(request.accept(), { code: 'ERR_OXRTMP_STATE' })
  await attempt
})

test('accepting a publisher that has gone gives a stream that ends', async t => {
  const { server, url } = await listen(t)
  const leave = new AbortController()
  const attempt = Client.publish(url(), { signal: leave.signal })
  const request = await server.nextRequest()
  leave.abort()
  await assert.rejects(attempt, { name: 'AbortError' })
  assert.deepEqual(await within(20000, collect(await request.accept())), [])

  const again = new AbortController()
  const second = Client.publish(url(), { signal: again.signal })
  const late = await server.nextRequest()
  again.abort()
  await assert.rejects(second)
  await late.reject('harmless')
})

test('an answer after the deadline is harmless', async t => {
  const { server, url } = await listen(t, { timeouts: { decisionMs: 100 } })
  const attempts = [refusal(url('a')), refusal(url('b'))]
  const a = await server.nextRequest()
  const b = await server.nextRequest()
  await Promise.all(attempts)
  const session = await a.accept()
  assert.ok(session instanceof Session)
  assert.equal(session.closed, true)
  assert.match(session.endReason, /over/)
  assert.deepEqual(await collect(session), [])
  assert.deepEqual([await session.nextPacket(), session.statistics().packets, session.metadata], [undefined, 0, undefined])
  await session.close()
  await b.reject('harmless')
})

test('requests that nobody answered in time are not handed out', async t => {
  const { server, url } = await listen(t, { timeouts: { decisionMs: 200 } })
  const first = await refusal(url('late'))
  assert.equal(first.phase, 'publish')
  await sleep(50)
  const attempt = refusal(url('in-time'))
  const request = await server.nextRequest()
  assert.equal(request.streamName, 'in-time')
  await request.reject()
  await attempt
})

test('the server of the README survives publishers that go, break the protocol, and come back', async t => {
  const { server, url } = await listen(t)
  const ended = []
  const loop = (async () => {
    for await (const request of server) {
      if (request.streamName !== 'secret') { await request.reject('unauthorized'); continue }
      const session = await request.accept()
      for await (const packet of session) void packet.data.length
      ended.push(session)
    }
  })()
  const { hostname, port } = new URL(url())
  const garbage = net.connect(Number(port), hostname).on('error', () => {})
  garbage.write(Buffer.alloc(5000, 3))
  await refusal(url('wrong'))

  // One that breaks the chunk stream after a proper beginning: a proxy throws bytes in.
  const sockets = []
  const { port: between } = await tcp(t, socket => {
    const other = net.connect(Number(port), hostname).on('error', () => {})
    socket.pipe(other, { end: false })
    other.pipe(socket)
    sockets.push(other)
  })
  const breaking = await Client.publish(`rtmp://127.0.0.1:${between}/live/secret`)
  await breaking.sendVideo(0, true, Buffer.alloc(10))
  await breaking.flush()
  await sleep(50)
  sockets[0].write(Buffer.alloc(64, 0xff)) // form 3 on a chunk stream that has had no message
  await until(() => ended.length === 1)
  assert.equal(ended[0].error?.code, 'ERR_OXRTMP_CHUNK')
  assert.equal(ended[0].error.phase, 'media')
  assert.equal(ended[0].closed, true)
  await breaking.close().catch(() => {})

  const proper = await Client.publish(url('secret'))
  await proper.close()
  await until(() => ended.length === 2)
  assert.equal(ended[1].error, undefined)
  await server.close()
  await loop
})

test('nextPacket tells a broken connection as an error', async t => {
  const { server, url } = await listen(t)
  const { hostname, port } = new URL(url())
  let toServer
  const { port: between } = await tcp(t, socket => {
    toServer = net.connect(Number(port), hostname).on('error', () => {})
    socket.pipe(toServer, { end: false })
    toServer.pipe(socket)
  })
  const publishing = Client.publish(`rtmp://127.0.0.1:${between}/live/x`)
  const session = await (await server.nextRequest()).accept()
  const client = await publishing
  t.after(() => client.close().catch(() => {}))
  await sleep(50)
  toServer.write(Buffer.alloc(64, 0xff))
  await assert.rejects(session.nextPacket(), { code: 'ERR_OXRTMP_CHUNK', phase: 'media' })
  await assert.rejects(session.nextPackets(), { code: 'ERR_OXRTMP_CHUNK' })
})

test('closeWithStatus reaches the publisher', async t => {
  const { client, session } = await loopback(t)
  await session.closeWithStatus('NetStream.Publish.Rejected', 'quota exceeded')
  const error = await within(20000, client.ended)
  assert.deepEqual([error.peerCode, error.description], ['NetStream.Publish.Rejected', 'quota exceeded'])
  await session.closeWithStatus()
})

test('closing a server ends its loop and its sessions', async t => {
  const { server, client, session } = await loopback(t)
  await client.sendVideo(0, true, Buffer.alloc(10))
  await client.flush()
  const loop = collect(server)
  const packets = collect(session)
  await sleep(50)
  await Promise.all([server.close(), server.close()])
  assert.equal(server.closed, true)
  assert.deepEqual(await loop, [])
  assert.equal((await within(20000, packets)).length, 1)
  assert.equal(session.error, undefined)
  assert.ok(await within(20000, client.ended) instanceof OxrtmpError)
  await assert.rejects(server.listen('127.0.0.1:0'), { code: 'ERR_OXRTMP_CLOSED' })
  assert.equal(await server.nextRequest(), undefined)
})

test('closing a server ends the events of a session whose packets nobody takes', async t => {
  const { server, client, session } = await loopback(t)
  const taking = collect(session.events())
  for (let i = 0; i < 3000; i++) {
    await client.sendAudio(i, Buffer.of(1))
    if (i % 100 === 0) await sleep(1) // in more batches than one, after which no more are let in
  }
  await until(() => session.statistics().packets >= 3000)
  await server.close()
  assert.deepEqual(await within(10000, taking), [])
  assert.equal((await collect(session)).length, 3000)
})

test('leaving the loop over requests leaves the server as it is', async t => {
  const { server, url } = await listen(t)
  const publishing = Client.publish(url())
  let session
  for await (const request of server) {
    session = await request.accept()
    break
  }
  const client = await publishing
  await client.sendAudio(0, Buffer.of(1))
  assert.equal((await session.nextPacket()).media, 'audio')
  await client.close()
  assert.equal(server.closed, false)
})

test('shutdown lets sessions come to their end', async t => {
  const { server, client, session } = await loopback(t)
  const shutdown = server.shutdown({ timeoutMs: 10000 })
  await sleep(50)
  await assert.rejects(Client.publish(`rtmp://${server.address}/live/late`), { code: 'ERR_OXRTMP_CONNECT' })
  await client.sendVideo(0, true, Buffer.alloc(10))
  await client.close()
  assert.equal((await collect(session)).length, 1)
  await within(20000, shutdown)
  assert.equal(server.closed, true)
})

test('shutdown cuts off what takes too long', async t => {
  const { server, session } = await loopback(t)
  const shutdown = server.shutdown({ timeoutMs: 200 })
  await assert.rejects(within(20000, shutdown), { code: 'ERR_OXRTMP_TIMEOUT' })
  await within(20000, collect(session))
})

test('close cuts a shutdown short', async t => {
  const { server } = await loopback(t)
  const shutdown = assert.rejects(server.shutdown(), { code: 'ERR_OXRTMP_CLOSED' })
  await sleep(50)
  await server.close()
  await within(20000, shutdown)
})

test('an abort signal closes the server', async t => {
  const ends = new AbortController()
  const server = await Server.listen('127.0.0.1:0', { signal: ends.signal })
  const loop = collect(server)
  ends.abort()
  assert.deepEqual(await within(20000, loop), [])
  await until(() => server.closed)
  const reason = new Error('never')
  await assert.rejects(Server.listen('127.0.0.1:0', { signal: AbortSignal.abort(reason) }), reason)
  const during = new AbortController()
  const attempt = Server.listen('127.0.0.1:0', { signal: during.signal })
  during.abort(reason)
  await assert.rejects(attempt, reason)
})

test('serve: a handler that throws ends its own session only', async t => {
  const { server, url } = await listen(t)
  const errors = []
  const seen = []
  const serving = server.serve(async request => {
    if (request.streamName === 'ignored') return
    const session = await request.accept()
    if (request.streamName === 'bad') throw new Error('of the handler')
    for await (const packet of session) seen.push(packet)
  }, { onError: (error, request) => errors.push([error.message, request.streamName]) })

  const good = await Client.publish(url('good'))
  const bad = await Client.publish(url('bad'))
  await within(20000, bad.ended)
  assert.deepEqual(errors, [['of the handler', 'bad']])
  assert.equal((await refusal(url('ignored'))).phase, 'publish')
  await good.sendAudio(1, Buffer.of(1))
  await good.close()
  await bad.close().catch(() => {})
  await until(() => seen.length === 1)
  await server.close()
  await within(20000, serving)
  await assert.rejects(server.serve('no function'), { code: 'ERR_OXRTMP_ARGUMENT' })
})

test('serve: without onError what a handler throws is a warning', async () => {
  const { stderr } = await node(`
    import { Client, Server } from 'oxrtmp'
    const server = await Server.listen('127.0.0.1:0')
    server.serve(() => { throw new Error('of the handler') })
    await Client.publish('rtmp://' + server.address + '/live/x').catch(error => console.log(error.code))
    await server.close()`)
  assert.match(stderr, /of the handler/)
})

test('requests of other kinds are asked for by option', async t => {
  const { server, url } = await listen(t, { askConnection: true, askConnect: true, askFcPublish: true })
  const publishing = Client.publish(url('x'))
  const kinds = []
  let session
  for await (const request of server) {
    kinds.push(request.kind)
    if (request.kind === 'connection') assert.match(request.peerAddress, /^127\.0\.0\.1:/)
    if (request.kind === 'connect') assert.equal(request.app, 'live')
    session = await request.accept()
    assert.equal(session instanceof Session, request.kind === 'publish')
    if (session) break
  }
  assert.deepEqual(kinds, ['connection', 'connect', 'fc_publish', 'publish'])
  await (await publishing).close()
})

test('a listening socket of the caller', async () => {
  const launcher = `import os, socket
s = socket.create_server(("127.0.0.1", 0))
os.set_inheritable(s.fileno(), True)
os.execvpe("node", ["node", "--input-type=module"], {**os.environ, "FD": str(s.fileno())})`
  const { code, stdout, stderr } = await run('python3', ['-c', launcher], {
    cwd: PACKAGE,
    input: `
      import { Client, Server } from 'oxrtmp'
      const server = await Server.create()
      server.adoptListener(Number(process.env.FD))
      const publishing = Client.publish('rtmp://' + server.address + '/live/x')
      const session = await (await server.nextRequest()).accept()
      const client = await publishing
      await client.sendAudio(0, Buffer.alloc(9))
      await client.close()
      for await (const packet of session) console.log('got', packet.data.length)
      await server.close()`
  })
  assert.deepEqual([code, stdout], [0, 'got 9\n'], stderr)
})

test('connected sockets of the caller, on both sides', async t => {
  const between = net.createServer({ pauseOnConnect: true }) // so that nothing is read here
  await new Promise(resolve => between.listen(0, '127.0.0.1', resolve))
  t.after(() => between.close())
  const accepted = new Promise(resolve => between.once('connection', resolve))
  const sender = run('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${between.address().port}; exec node --input-type=module`], {
    cwd: PACKAGE,
    input: `
      import { Client } from 'oxrtmp'
      const client = await Client.publish('rtmp://some.host/live/x', { fd: 3 })
      await client.sendVideo(0, true, Buffer.alloc(1234))
      await client.close()
      console.log('sent')`
  })
  const socket = await accepted
  const receiver = node(`
    import { Server } from 'oxrtmp'
    const server = await Server.create()
    server.adoptConnection(3)
    const session = await (await server.nextRequest()).accept()
    for await (const packet of session) console.log('got', packet.data.length)
    await server.close()`, { stdio: ['ignore', 'pipe', 'pipe', socket._handle.fd] })
  const { code, stdout, stderr } = await sender
  assert.deepEqual([code, stdout], [0, 'sent\n'], stderr)
  assert.equal((await receiver).stdout, 'got 1234\n')
  socket.destroy()
})

test('requests that are left unanswered, and classes that are not to be made', async t => {
  for (const make of [() => new Server(), () => new Session(), () => new Request(), () => new Client(), () => new Packet()]) {
    assert.throws(make, { name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT' })
  }
  const { server, url } = await listen(t)
  const attempt = refusal(url())
  await server.nextRequest()
  const begun = performance.now()
  await server.close()
  assert.ok((await attempt).status < 0)
  assert.ok(performance.now() - begun < 8000) // and not the decision's deadline
})
