// Engines: the protocol without a socket. Two talk to each other through memory; encoders' own bytes are replayed.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { Client, Engine, FLVReader, Hub, Metadata, OxrtmpError, amf, libraryStatistics } from 'oxrtmp'
import { AVCC, CLIP, ROOT, collect, node, readFLV, within } from './helpers.mjs'

const URL = 'rtmp://host/live/name?key=1'

/** Gives an engine all of the bytes, in pieces; what happens goes to handle. */
function give (engine, bytes, handle, { piece = 0, nowMs = 0 } = {}) {
  for (let at = 0; at < bytes.length && !engine.closing;) {
    const end = piece === 0 ? bytes.length : Math.min(at + piece, bytes.length)
    const taken = engine.receive(nowMs, Uint8Array.prototype.slice.call(bytes, at, end))
    const events = engine.events()
    assert.ok(taken > 0 || events.length > 0, 'it goes on')
    at += taken
    for (const event of events) handle(event)
  }
}

/** Two engines; talk() lets them until neither has anything to say. */
function pair (t, { piece, play, server: serverOptions, client: clientOptions, answer = request => { request.accept() } } = {}) {
  const server = Engine.server(serverOptions)
  const client = play ? Engine.play(URL, clientOptions) : Engine.publish(URL, clientOptions)
  t.after(() => { server.close(); client.close() })
  const heard = { server: [], client: [] }
  const handle = event => {
    heard.server.push(event)
    if (event.type === 'request') answer(event.request)
  }
  const talk = () => {
    for (let more = true; more;) {
      const [up, down] = [client.output(), server.output()]
      more = up.length + down.length > 0
      if (!server.closing) give(server, up, handle, { piece })
      if (!client.closing) give(client, down, event => heard.client.push(event), { piece })
    }
    for (const event of server.events()) handle(event)
  }
  return { server, client, heard, talk, of: (side, type) => heard[side].filter(event => event.type === type) }
}

for (const [what, options] of Object.entries({
  'at once': {},
  'byte by byte': { piece: 1 },
  'in odd pieces': { piece: 977 },
  'without a handshake': { server: { handshakeDone: true }, client: { handshakeDone: true } }
})) {
  test(`a clip passes from engine to engine, ${what}`, async t => {
    const { server, client, heard, talk, of } = pair(t, options)
    const clip = await collect(await FLVReader.open(CLIP))
    assert.throws(() => client.sendPacket(clip[0]), { code: 'ERR_OXRTMP_STATE' }) // not before connected
    talk()
    assert.deepEqual(of('server', 'handshake').map(e => e.handshake), options.client ? [] : ['simple'])
    assert.equal(of('client', 'connected').length, 1)
    const [{ request, streamId }] = of('server', 'request')
    assert.deepEqual([request.kind, request.app, request.streamName, request.query, request.peerAddress, request.answered],
      ['publish', 'live', 'name', 'key=1', '', true])
    assert.ok(streamId > 0)
    client.sendMetadata(new Metadata({ width: 640, encoder: 'me' }))
    client.sendPackets(clip)
    talk()
    const [metadata, ...packets] = of('server', 'packet').map(e => e.packet)
    assert.deepEqual(metadata.values, ['onMetaData', { duration: 0, width: 640, encoder: 'me' }])
    assert.equal(packets.length, clip.length)
    for (const [i, packet] of packets.entries()) {
      assert.deepEqual([packet.type, packet.timestampMs, packet.kind, packet.codec], [clip[i].type, clip[i].timestampMs, clip[i].kind, clip[i].codec])
      assert.deepEqual(packet.data, clip[i].data)
    }
    const counters = server.statistics()
    assert.deepEqual([counters.packetsReceived, counters.malformed, counters.faulty, counters.phase], [clip.length + 1, 0, 0, 'media'])
    assert.equal(typeof counters.bytesReceived, 'bigint')
    assert.equal(client.statistics().packetsSent, clip.length + 1)
    client.end()
    assert.equal(client.closing, true)
    talk()
    const end = heard.server.at(-1)
    assert.deepEqual([end.type, end.streamId, end.error], ['streamEnd', streamId, undefined])
    assert.notEqual(end.endReason, '')
    assert.throws(() => client.sendPacket(clip[0]), { code: 'ERR_OXRTMP_STATE' })
  })
}

for (const [what, options] of Object.entries({ 'at once': {}, 'byte by byte': { piece: 1 }, 'in odd pieces': { piece: 977 } })) {
  test(`a clip is played from engine to engine, ${what}`, async t => {
    const { server, client, heard, talk, of } = pair(t, { ...options, play: true, server: { askPlay: true } })
    const clip = (await collect(await FLVReader.open(CLIP))).slice(0, 100)
    assert.throws(() => client.pause(), { code: 'ERR_OXRTMP_STATE' }) // not before connected
    talk()
    const [{ request, streamId }] = of('server', 'request')
    assert.deepEqual([request.kind, request.streamName, request.query], ['play', 'name', 'key=1'])
    assert.equal(of('client', 'connected').length, 1)
    for (const wrong of [() => client.sendPacket(clip[0]), () => server.sendPacket(clip[0]), () => server.sendPacket(clip[0], streamId + 1)]) {
      assert.throws(wrong, { code: 'ERR_OXRTMP_STATE' })
    }
    assert.throws(() => server.sendPacket(clip[0], 0), { code: 'ERR_OXRTMP_ARGUMENT' })
    heard.client.length = 0 // what servers say by themselves
    server.sendPackets(clip, streamId)
    talk()
    const got = of('client', 'packet').map(e => e.packet)
    assert.deepEqual(got.map(p => [p.type, p.timestampMs, p.codec, p.data]), clip.map(p => [p.type, p.timestampMs, p.codec, p.data]))
    server.complete(streamId)
    talk()
    assert.equal(of('client', 'packet').at(-1).packet.values[1].code, 'NetStream.Play.Complete')
    assert.equal(of('client', 'streamEnd').length, 1)
    assert.throws(() => server.complete(streamId), { code: 'ERR_OXRTMP_STATE' })
  })
}

test('what a player asks of an engine', t => {
  const { server, client, heard, talk, of } = pair(t, { play: true, server: { askPlay: true } })
  talk()
  const [{ streamId }] = of('server', 'request')
  const sound = { type: 8, timestampMs: 4711, raw: Buffer.of(0xaf, 1, 7) }
  const hears = () => {
    heard.client.length = 0
    server.sendPacket(sound, streamId)
    talk()
    return of('client', 'packet').length === 1
  }
  const told = () => {
    heard.server.length = 0
    talk()
    return heard.server
  }
  assert.ok(hears())
  client.pause()
  assert.deepEqual(told(), [{ type: 'pause', positionMs: 4711, streamId }])
  assert.ok(!hears())
  client.resume()
  assert.equal(told()[0].type, 'unpause')
  assert.ok(hears())
  client.seek(3000)
  assert.deepEqual(told(), [{ type: 'seek', positionMs: 3000, streamId }])
  for (const on of [false, true]) {
    client.receiveAudio(on)
    assert.deepEqual(told(), [{ type: 'receive', media: 'audio', on, streamId }])
    assert.equal(hears(), on)
    client.receiveVideo(on)
    assert.deepEqual(told(), [{ type: 'receive', media: 'video', on, streamId }])
  }
  client.setBufferLength(2500)
  assert.equal(told()[0].event, 3)
  server.closeStream(streamId, 'NetStream.Play.Failed', 'enough')
  talk()
  assert.equal(of('client', 'failed')[0].error.peerCode, 'NetStream.Play.Failed')
})

test('nothing is received while a decision is open, and a refusal reaches the other side', t => {
  const { server, client, of, talk } = pair(t, { answer () {} })
  talk()
  const [{ request }] = of('server', 'request')
  assert.equal(server.receive(0, Buffer.alloc(10)), 0)
  request.reject('unauthorized')
  talk()
  const [{ error }] = of('client', 'failed')
  assert.ok(error instanceof OxrtmpError)
  assert.deepEqual([error.code, error.phase, error.peerCode, error.description],
    ['ERR_OXRTMP_NAME', 'publish', 'NetStream.Publish.BadName', 'unauthorized'])
  assert.equal(server.closing, true)
  assert.throws(() => server.receive(0, Buffer.of(1)), { code: 'ERR_OXRTMP_CLOSED' })
  assert.equal(server.statistics().requestsRejected, 1)
  assert.equal(client.closed, false)
})

test('a peer of an engine is redirected, and does not log in there', async t => {
  const { of, talk } = pair(t, { answer () {} })
  talk()
  const [{ request }] = of('server', 'request')
  assert.deepEqual([request.user, request.connection], ['', 0])
  await assert.rejects(request.login('adobe', 'x'), { code: 'ERR_OXRTMP_STATE' })
  await request.redirect('rtmp://elsewhere/live', 'not here')
  await assert.rejects(request.redirect('rtmp://elsewhere/live'), { code: 'ERR_OXRTMP_STATE' })
  talk()
  const [{ error }] = of('client', 'failed')
  assert.equal(error.description, 'not here')
})

test('a stream that the accepting side ends', t => {
  const { server, client, of, talk } = pair(t)
  talk()
  const [{ streamId }] = of('server', 'request')
  server.closeStream(streamId, 'NetStream.Publish.Rejected', 'enough')
  talk()
  assert.ok([...of('client', 'failed'), ...of('client', 'streamEnd'), ...of('client', 'status')].length > 0)
  assert.throws(() => server.closeStream(99), { code: 'ERR_OXRTMP_STATE' })
})

/** A message in one chunk on chunk stream 3, message stream 0. */
const chunk = (type, body, streamId = 0) => Buffer.concat([Buffer.of(3, 0, 0, 0, 0, 0, body.length, type, streamId, 0, 0, 0), body])

test('events that few need: acknowledgements, commands, control events', t => {
  const { server, client, heard, talk } = pair(t, { server: { handshakeDone: true }, client: { handshakeDone: true } })
  talk()
  heard.server.length = 0
  const collect = event => heard.server.push(event)
  give(server, chunk(3, Buffer.from('0001e240', 'hex')), collect)
  give(server, chunk(20, Buffer.from('020003666f6f' + '00401c000000000000' + '05' + '020003626172', 'hex')), collect) // foo, 7, null, "bar"
  give(server, chunk(4, Buffer.from('0003' + '00000001' + '000003e8', 'hex')), collect) // SetBufferLength 1000
  give(server, chunk(1, Buffer.from('00010000', 'hex')), collect)
  assert.deepEqual(heard.server.map(({ streamId, ...event }) => event), [
    { type: 'acknowledged', bytes: 123456 }, { type: 'command', name: 'foo' }, { type: 'control', event: 3 }, { type: 'chunkSize', bytes: 65536 }
  ])
  assert.match(server.output().toString('latin1'), /NetConnection\.Call\.Failed/)
  assert.equal(server.closing || client.closing, false)
})

test('a conversation in AMF3 throughout', t => {
  for (const mark of [[], [0x11]]) { // alone, or behind the marker with which AMF0 switches
    const engine = Engine.server({ handshakeDone: true })
    t.after(() => engine.close())
    const events = []
    const say = (streamId, type, ...values) => {
      const payload = Buffer.concat([Buffer.from(mark), amf.encode(values, { amf3: true })])
      give(engine, chunk(type, payload, streamId), event => {
        if (event.type === 'request') event.request.accept()
        events.push(event)
      })
    }
    say(0, 17, 'connect', 1, { app: 'live', tcUrl: 'rtmp://host/live' })
    say(0, 17, 'createStream', 2, null)
    say(1, 17, 'publish', 3, null, 'name', 'live')
    assert.match(engine.output().toString('latin1'), /NetStream\.Publish\.Start/)
    say(1, 15, 'onTextData', { text: 'x', bytes: Buffer.of(1, 2) })
    say(0, 17, 'somethingElse', 4, null)
    const [{ packet }] = events.filter(event => event.type === 'packet')
    assert.deepEqual([packet.handler, packet.values[1].text], ['onTextData', 'x'])
    assert.deepEqual(events.filter(event => event.type === 'command').map(event => event.name), ['somethingElse'])
    assert.equal(engine.statistics().faulty, 0)
  }
})

test('time is what the caller says', () => {
  const engine = Engine.server({ timeouts: { handshakeMs: 500 } })
  assert.equal(engine.deadlineMs, 500)
  engine.advance(499)
  assert.throws(() => engine.advance(500), { code: 'ERR_OXRTMP_SILENT' })
  assert.throws(() => engine.receive(501, Buffer.of(3)), OxrtmpError)
  engine.close()
  engine.close()
  assert.equal(engine.closed, true)
  for (const call of [() => engine.receive(0, Buffer.of(3)), () => engine.output(), () => engine.events(), () => engine.deadlineMs]) {
    assert.throws(call, { code: 'ERR_OXRTMP_CLOSED' })
  }
  assert.equal(Engine.server({ timeouts: { handshakeMs: -1, setupMs: -1 } }).deadlineMs, undefined)
})

test('what breaks the protocol is named, and the engine is dead', t => {
  const engine = Engine.server({ handshakeDone: true })
  t.after(() => engine.close())
  const broken = Buffer.of(0xc3) // a chunk without header on a chunk stream that has had no message
  assert.throws(() => engine.receive(0, broken), { code: 'ERR_OXRTMP_CHUNK' })
  assert.throws(() => engine.receive(0, broken), { code: 'ERR_OXRTMP_CHUNK' })
  assert.throws(() => engine.receive(-1, broken), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.throws(() => engine.receive(0, 'text'), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.throws(() => Engine.server({ signal: AbortSignal.timeout(1) }), /options has no 'signal'/)
  assert.throws(() => Engine.publish('http://host/live'), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.throws(() => new Engine(), { name: 'TypeError' })
})

const CAPTURES = path.join(ROOT, 'testdata/captures')
const hash = bytes => createHash('sha256').update(bytes).digest('hex')

for (const file of readdirSync(CAPTURES).filter(name => name.endsWith('.bin'))) {
  test(`what an encoder sent, in pieces of any size: ${file}`, () => {
    const bytes = readFileSync(path.join(CAPTURES, file))
    const list = path.join(CAPTURES, file.replace('.bin', '.json'))
    for (const piece of [0, 5, 1000]) {
      const engine = Engine.server()
      const tags = []
      let end
      const handle = event => {
        if (event.type === 'request') {
          if (event.request.streamName.includes('wrong')) event.request.reject('unauthorized')
          else event.request.accept()
        } else if (event.type === 'packet' && !event.packet.continued) {
          const { type, timestampMs, data, raw } = event.packet
          tags.push([type, timestampMs, type === 18 ? data : raw])
        } else if (event.type === 'streamEnd') end = event.endReason
      }
      try {
        give(engine, bytes, handle, { piece })
      } catch (error) {
        assert.equal(error.code, 'ERR_OXRTMP_CLOSED') // it has refused: what still comes is not heard
      }
      engine.close()
      if (file.includes('refused')) {
        assert.deepEqual([tags.length, end], [0, undefined])
      } else if (!existsSync(list)) { // of what was killed there is no end
        assert.ok(tags.length > 50 && (end !== undefined || !file.startsWith('obs')), `${tags.length} tags, ${end}`)
      } else {
        const wanted = JSON.parse(readFileSync(list))
        assert.deepEqual(tags.map(([type, timestamp, body]) => ({ type, timestamp, size: body.length, sha256: hash(body) })), wanted)
      }
    }
  })
}

test('the program of the types: an engine on a socket of Node', async t => {
  const types = readFileSync(path.join(ROOT, 'bindings/node/index.d.ts'), 'utf8')
  const program = types.match(/ \* const engine = Engine\.server\(\)\n[^]*?\n \* ```/)[0].replace(/^ \* /gm, '').replace('```', '')
  const seen = []
  const run = new Function('Engine', 'socket', 'now', 'console', program)
  const server = net.createServer(socket => run(Engine, socket, () => 0, { log: ms => seen.push(ms) }))
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const client = await Client.publish(`rtmp://127.0.0.1:${server.address().port}/live/x`)
  await client.sendVideoSequenceHeader(AVCC)
  for (let i = 1; i < 10; i++) await client.sendVideo(i, true, Buffer.alloc(50000))
  await within(20000, client.close())
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

for (const asked of [false, true]) {
  test(`engines publish into and play from a hub, ${asked ? 'by requests' : 'by the option'}`, async t => {
    const hub = new Hub()
    t.after(() => hub.close())
    const clip = (await collect(await FLVReader.open(CLIP))).filter(packet => packet.type !== 18).slice(0, 100)
    let news = 0
    let wake
    const side = play => pair(t, {
      play,
      server: { ...(asked ? { askPlay: true } : { hub }), onReady: () => { news++; wake?.() } },
      answer: request => hub.accept(request)
    })
    const publisher = side(false)
    publisher.talk()
    publisher.client.sendPacket(clip[0])
    publisher.talk()
    const player = side(true)
    player.talk()
    publisher.client.sendPackets(clip.slice(1))
    publisher.talk()
    const got = () => player.of('client', 'packet').filter(event => event.packet.type !== 18)
    const until = async done => {
      for (let seen = 0; !done(); player.talk()) {
        if (news === seen) await within(10000, new Promise(resolve => { wake = resolve }))
        seen = news
      }
    }
    await until(() => got().length === clip.length)
    assert.deepEqual(got().map(event => event.packet.raw), clip.map(packet => packet.raw))
    assert.equal(publisher.of('server', 'packet').length, 0)
    assert.equal(publisher.of('server', 'request').length, asked ? 1 : 0)
    await hub.close()
    await until(() => player.of('client', 'streamEnd').length === 1)
  })
}

test('engines need no event loop, and leave nothing', async () => {
  const { stdout } = await node(`
    import { Engine, libraryStatistics } from 'oxrtmp'
    for (let i = 0; i < 1000; i++) { const e = Engine.server(); e.receive(0, Buffer.alloc(100, 3)); e.output(); e.close() }
    console.log(libraryStatistics().handles)
    Engine.publish('rtmp://h/a/b').output() // left to the collector`)
  assert.equal(stdout, '0\n')
  assert.equal(libraryStatistics().faults, 0)
  assert.ok(readFLV(readFileSync(CLIP)).length > 10)
})

test('a player switches to another stream, between engines', t => {
  const { server, client, heard, talk, of } = pair(t, { play: true, server: { askPlay: true } })
  assert.throws(() => client.play2('other'), { code: 'ERR_OXRTMP_STATE' })
  talk()
  assert.throws(() => server.play2('other'), { code: 'ERR_OXRTMP_STATE' })
  heard.server.length = 0
  client.play2('other', { liveOnly: true, properties: { mine: 1 } })
  talk()
  const [{ request }] = of('server', 'request')
  assert.deepEqual(request.play2, { streamName: 'other', start: -1, len: -1, offset: -1, mine: 1 })
  assert.deepEqual(of('server', 'streamEnd').map(e => e.endReason), ['play2'])
  assert.ok(of('client', 'status').some(e => e.code === 'NetStream.Play.Transition'))
})

test('calls, shared objects and requests to reconnect, between engines', t => {
  const { server, client, heard, talk, of } = pair(t, { server: { answerCalls: true }, client: { answerCalls: true, followReconnects: true } })
  assert.throws(() => client.call('early'), { code: 'ERR_OXRTMP_STATE' })
  talk()
  for (const [caller, callee, from, to] of [[client, server, 'client', 'server'], [server, client, 'server', 'client']]) {
    heard.server.length = heard.client.length = 0
    const [add, no, slow] = [caller.call('add', [1, 2.5]), caller.call('secret'), caller.call('never', [], { timeoutMs: 500 })]
    caller.notify('told', ['x'])
    caller.sendSharedObject({ name: 'chat', events: [{ kind: 'use' }] })
    talk()
    const calls = of(to, 'call')
    assert.deepEqual(calls.map(e => [e.name, e.values, e.callId === 0]),
      [['add', [1, 2.5], false], ['secret', [], false], ['never', [], false], ['told', ['x'], true]])
    callee.answer(calls[0].callId, [3.5, null])
    callee.refuse(calls[1].callId, 'not today', 'App.No')
    assert.throws(() => callee.answer(calls[0].callId), { code: 'ERR_OXRTMP_STATE' })
    assert.deepEqual(of(to, 'sharedObject').map(e => [e.sharedObject.name, e.sharedObject.events[0].kind]), [['chat', 'use']])
    talk()
    caller.advance(500)
    const [answer, refusal, late] = [...of(from, 'reply'), ...caller.events()]
    assert.deepEqual([answer.callId, answer.values, answer.error], [add, [3.5, null], undefined])
    assert.deepEqual([refusal.callId, refusal.error.code, refusal.error.peerCode], [no, 'ERR_OXRTMP_REFUSED', 'App.No'])
    assert.deepEqual([late.type, late.callId, late.error.code], ['reply', slow, 'ERR_OXRTMP_TIMEOUT'])
  }
  server.requestReconnect('//new.example/live')
  talk()
  assert.deepEqual(of('client', 'reconnect').map(e => e.tcUrl), ['rtmp://new.example/live'])
  assert.throws(() => client.requestReconnect(), { code: 'ERR_OXRTMP_STATE' })
  for (const wrong of [() => client.call(''), () => client.call(1), () => client.answer(-1), () => client.notify('x', [() => {}])]) {
    assert.throws(wrong, { code: 'ERR_OXRTMP_ARGUMENT' })
  }
})
