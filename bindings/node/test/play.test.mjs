// Playing: sessions that send, and clients that receive.
import assert from 'node:assert/strict'
import net from 'node:net'
import test from 'node:test'
import { Client, FLVReader, Metadata, OxrtmpError } from 'oxrtmp'
import { ASC, AVCC, CLIP, PACKAGE, collect, listen, node, proxy, run, sleep, until, within } from './helpers.mjs'

/** A server for players, a client that plays from it, and the session it is sent by. */
async function playback (t, { server: serverOptions, client: clientOptions, name = 'test', port } = {}) {
  const { server, url } = await listen(t, { askPlay: true, ...serverOptions })
  const target = port === undefined ? url(name) : `rtmp://127.0.0.1:${await port(server)}/live/${name}`
  const playing = Client.play(target, clientOptions)
  const request = await server.nextRequest()
  const session = await request.accept()
  const client = await playing
  t.after(() => client.close().catch(() => {}))
  return { server, request, session, client, url }
}

/** Without what each player is told first. */
const media = packets => packets.filter(packet => packet.handler !== '|RtmpSampleAccess')

async function skipAccess (client) {
  assert.deepEqual((await client.nextPacket()).values, ['|RtmpSampleAccess', true, true])
}

test('what is sent to a player arrives, and its end', async t => {
  const { request, session, client, server } = await playback(t, { name: 'a?token=1', client: { bufferLengthMs: 700 } })
  assert.deepEqual([request.kind, request.app, request.streamName, request.query], ['play', 'live', 'a', 'token=1'])
  assert.deepEqual([request.play.start, request.play.duration], [-2, -1])
  assert.deepEqual([session.kind, session.streamName, client.kind, client.peerAddress], ['play', 'a', 'play', server.address])
  await until(() => session.play.bufferLengthMs === 700)
  await session.sendMetadata(new Metadata({ width: 320, height: 180, videoCodec: 'avc1' }))
  await session.sendVideoSequenceHeader(AVCC)
  await session.sendAudioSequenceHeader(ASC)
  await session.sendVideo(0, true, Buffer.alloc(50000, 1))
  await session.sendVideoAt(40, 80, false, Buffer.alloc(1000, 2))
  await session.sendAudio(41, Buffer.of(1, 2, 3))
  await session.sendData(50, Buffer.from('0200026869' + '00' + '3ff0000000000000', 'hex'))
  await session.sendPacket({ media: 'video', codec: 'hvc1', keyframe: true, timestampMs: 60, data: Buffer.of(9) })
  await session.sendPackets([{ type: 8, raw: Buffer.from('af01aabb', 'hex'), timestampMs: 70 }])
  await session.flush()
  assert.equal(session.statistics().packets, 9)
  await skipAccess(client)
  const first = await client.nextPacket()
  assert.deepEqual([first.kind, first.values[1].width], ['metadata', 320])
  assert.deepEqual([client.metadata.width, client.metadataValues.height], [320, 180])
  assert.equal(client.metadataRaw.subarray(3, 13).toString(), 'onMetaData')
  await session.close()
  const [avcc, asc, key, inter, audio, data, hevc, raw] = await collect(client)
  assert.deepEqual([avcc.kind, avcc.data, asc.kind, asc.data], ['sequence_header', AVCC, 'sequence_header', ASC])
  assert.deepEqual([key.keyframe, key.timestampMs, key.data.length, key.data[0]], [true, 0, 50000, 1])
  assert.deepEqual([inter.compositionMs, inter.dtsNs, inter.ptsNs], [80, 40000000n, 120000000n])
  assert.deepEqual([audio.media, audio.timestampMs, audio.data], ['audio', 41, Buffer.of(1, 2, 3)])
  assert.deepEqual([data.handler, hevc.codec, raw.data.toString('hex')], ['hi', 'hvc1', 'aabb'])
  assert.equal((await client.ended).code, 'ERR_OXRTMP_EOF')
  assert.equal(client.error, undefined)
  assert.deepEqual([session.closed, session.play.bufferLengthMs], [true, 700])
  await until(() => client.closed)
  assert.deepEqual([client.metadata.width, client.statistics().packets], [320, 10])
  await assert.rejects(session.sendAudio(0, Buffer.of(1)), { code: 'ERR_OXRTMP_CLOSED' })
})

test('the clip goes through a server and comes out as it was', async t => {
  const { server, session, client, url } = await playback(t)
  const publishing = Client.publish(url('up'))
  const up = await (await server.nextRequest()).accept()
  const publisher = await publishing
  const relaying = (async () => {
    for await (const packet of up) {
      await session.sendPacket(packet)
      packet.release()
    }
    await session.close()
  })()
  const clip = await collect(await FLVReader.open(CLIP))
  const received = collect(client)
  await publisher.sendPackets(clip)
  await publisher.close()
  await relaying
  assert.deepEqual(media(await received).map(p => [p.type, p.timestampMs, p.data.toString('hex')]),
    clip.map(p => [p.type, p.timestampMs, p.data.toString('hex')]))
})

test('how a play is answered, and the end of what was sent', async t => {
  let between
  const { session, client } = await playback(t, {
    server: { playRecorded: true, noSampleAccess: true, dataStart: true },
    port: async server => {
      between = await proxy(t, Number(server.address.split(':')[1]))
      return between.port
    }
  })
  await session.sendAudio(0, Buffer.of(1))
  await session.complete()
  await assert.rejects(session.complete(), { code: 'ERR_OXRTMP_EOF' })
  await assert.rejects(session.sendAudio(0, Buffer.of(1)), { code: 'ERR_OXRTMP_EOF' })
  await session.close()
  await assert.rejects(session.complete(), { code: 'ERR_OXRTMP_CLOSED' })
  const packets = await collect(client)
  assert.deepEqual(packets[0].values[1].code, 'NetStream.Data.Start')
  assert.equal(packets[1].media, 'audio') // nothing about access came
  assert.ok(packets.some(p => p.media === 'data' && JSON.stringify(p.values).includes('NetStream.Play.Complete')))
  assert.ok(Buffer.concat(between.said).includes(Buffer.of(0, 4, 0, 0, 0, 1)), 'StreamIsRecorded')
})

test('players are refused in words, and unless they are asked for', async t => {
  const plain = await listen(t)
  await assert.rejects(Client.play(plain.url()), error => error instanceof OxrtmpError && error.code === 'ERR_OXRTMP_NOT_FOUND' && error.phase === 'play')
  const { server, url } = await listen(t, { askPlay: true })
  const playing = Client.play(url())
  await (await server.nextRequest()).reject('pay first')
  await assert.rejects(playing, error => error instanceof OxrtmpError && error.description === 'pay first' && error.phase === 'play')
})

test('a player that pauses, seeks and wants less, and what the server says to it', async t => {
  const { session, client } = await playback(t, { client: { bufferLengthMs: 300 } })
  const events = session.events()
  const next = async () => (await within(20000, events.next())).value
  await client.pause()
  let event = await next()
  if (event.type === 'bufferLength') { // what it said at the beginning
    assert.equal(event.lengthMs, 300)
    event = await next()
  }
  assert.equal(event.type, 'pause')
  const codes = []
  for await (const said of client.events()) {
    if (said.type === 'status') codes.push(said.code)
    if (codes.at(-1) === 'NetStream.Pause.Notify') break
  }
  await session.sendVideo(0, true, Buffer.alloc(10)) // left out
  await client.resume()
  assert.equal((await next()).type, 'unpause')
  await client.receiveAudio(false)
  assert.deepEqual(await next(), { type: 'receive', media: 'audio', on: false })
  for (const on of [false, true]) {
    await client.receiveVideo(on)
    assert.deepEqual(await next(), { type: 'receive', media: 'video', on })
  }
  await client.setBufferLength(4321)
  assert.deepEqual(await next(), { type: 'bufferLength', lengthMs: 4321 })
  assert.equal(session.play.bufferLengthMs, 4321)
  await client.seek(5000)
  assert.deepEqual(await next(), { type: 'seek', positionMs: 5000 })
  await session.sendAudio(1, Buffer.of(1)) // not wanted
  await session.sendVideo(2, true, Buffer.alloc(20))
  await session.close()
  assert.deepEqual(media(await collect(client)).map(p => p.data.length), [20])
  assert.deepEqual(await collect(events), [])
  await assert.rejects(client.pause(), OxrtmpError)
})

test('what nobody takes of the events is bounded', async t => {
  const { session, client } = await playback(t)
  for (let i = 1; i <= 1000; i++) {
    await client.setBufferLength(i)
    if (i % 100 === 0) await client.ping()
  }
  assert.equal(session.play.bufferLengthMs, 1000)
  await client.close()
  await until(() => session.endReason !== '')
  const lengths = (await collect(session.events())).map(event => event.lengthMs)
  assert.ok(lengths.length <= 256 && lengths.length > 100, `${lengths.length} events`)
  assert.ok(lengths.every((ms, i) => i === 0 || ms > lengths[i - 1]))
})

test('both sides can ask for a sign of life', async t => {
  const { session, client } = await playback(t)
  for (const side of [session, client]) {
    const ms = await side.ping()
    assert.ok(ms > 0 && ms < 20000, `${ms} ms`)
  }
  await client.close()
  await assert.rejects(client.ping(), { code: 'ERR_OXRTMP_CLOSED' })
})

test('a player that does not read holds its sender back, and is given up', async t => {
  let between
  const { session, client } = await playback(t, {
    server: { sendTimeoutMs: 300 },
    port: async server => {
      between = await proxy(t, Number(server.address.split(':')[1]))
      return between.port
    }
  })
  between.freeze()
  const results = await within(30000, Promise.allSettled(Array.from({ length: 200 }, (_, i) => session.sendVideo(i, true, Buffer.alloc(200000)))))
  const late = results.filter(r => r.status === 'rejected')
  assert.ok(late.length > 50, `${late.length} of 200`)
  for (const { reason } of late) assert.deepEqual([reason.code, reason.phase], ['ERR_OXRTMP_TIMEOUT', 'media'])
  await session.close()
  between.cut()
  const loop = collect(client)
  assert.ok(await within(20000, client.ended) instanceof OxrtmpError)
  assert.ok((await loop).length > 10)
})

test('a slow player of this package loses nothing', async t => {
  const { session, client } = await playback(t, { server: { sendTimeoutMs: -1 } })
  const count = 4000
  const body = Buffer.alloc(4096)
  let sent = 0
  const sending = (async () => {
    for (; sent < count; sent++) {
      body.writeUInt32BE(sent)
      await session.sendVideo(sent, sent === 0, body)
    }
    await session.flush()
    await session.close()
  })()
  await sleep(500)
  const early = sent
  await sleep(300)
  assert.ok(early < count && sent === early, `the sender was not held back: ${early}, ${sent} of ${count}`)
  let next = 0
  await skipAccess(client)
  for await (const packet of client) {
    assert.equal(packet.data.readUInt32BE(), next++)
    if (next % 500 === 0) await sleep(5)
  }
  assert.equal(next, count)
  await sending
})

test('streams have a direction', async t => {
  const { server, session, client, url } = await playback(t)
  await assert.rejects(client.sendAudio(0, Buffer.of(1)), { code: 'ERR_OXRTMP_STATE' })
  await assert.rejects(session.nextPacket(), { code: 'ERR_OXRTMP_STATE' })
  assert.throws(() => session[Symbol.asyncIterator](), { code: 'ERR_OXRTMP_STATE' })
  const publishing = Client.publish(url('up'))
  const up = await (await server.nextRequest()).accept()
  const publisher = await publishing
  await assert.rejects(up.sendAudio(0, Buffer.of(1)), { code: 'ERR_OXRTMP_STATE' })
  await assert.rejects(publisher.nextPackets(), { code: 'ERR_OXRTMP_STATE' })
  await assert.rejects(publisher.pause(), { code: 'ERR_OXRTMP_STATE' })
  assert.deepEqual([up.kind, up.play, publisher.kind], ['publish', undefined, 'publish'])
  await publisher.close()
})

test('a program ends by itself when it has aborted a loop over packets, wherever the loop was', async () => {
  for (const wait of ['', 'await new Promise(resolve => setTimeout(resolve, 30))']) {
    const { stdout } = await node(`
      import { Client, Hub, Server } from 'oxrtmp'
      const hub = new Hub()
      const server = await Server.listen('127.0.0.1:0', { hub })
      const publisher = await hub.publish('live', 'x')
      await publisher.sendVideo(0, true, Buffer.alloc(1000))
      const ends = new AbortController()
      const client = await Client.play('rtmp://' + server.address + '/live/x', { signal: ends.signal })
      setTimeout(() => ends.abort(), 100)
      for await (const packet of client) { ${wait} }
      await Promise.all([client.close(), publisher.close(), server.close(), hub.close()])
      console.log('closed')`, { timeout: 10000 })
    assert.equal(stdout, 'closed\n')
  }
})

test('a player that leaves early, one that is aborted, and one whose server goes', async t => {
  const one = await playback(t)
  await one.session.sendVideo(0, true, Buffer.alloc(10))
  for await (const packet of one.client) {
    if (packet.media !== 'video') continue
    assert.equal(packet.data.length, 10)
    break
  }
  assert.equal(one.client.closed, true)
  await until(() => one.session.endReason !== '')
  await assert.rejects(one.session.sendAudio(1, Buffer.of(1)), OxrtmpError)
  assert.equal(one.session.error, undefined)

  const abort = new AbortController()
  const two = await playback(t, { client: { signal: abort.signal } })
  const loop = collect(two.client)
  abort.abort()
  assert.deepEqual(media(await within(20000, loop)), [])

  const between = []
  const port = async server => (between.push(await proxy(t, server.address.split(':')[1])), between[0].port)
  const cut = await playback(t, { port })
  const rest = collect(cut.client)
  await until(() => cut.client.connectionStatistics().packetsReceived > 0)
  between[0].cut()
  assert.deepEqual(media(await within(20000, rest)), [])
  const { code, phase } = await within(20000, cut.client.ended)
  assert.deepEqual([code, phase, cut.client.error], ['ERR_OXRTMP_EOF', 'media', undefined])

  const three = await playback(t)
  const waiting = collect(three.client)
  await three.server.close()
  assert.deepEqual(media(await within(20000, waiting)), [])
  assert.ok(await within(20000, three.client.ended) instanceof OxrtmpError)
})

test('players do not hold the process when they are unref()ed, and exit with them is clean', async () => {
  const open = `
    import { Client, Server } from 'oxrtmp'
    process.on('unhandledRejection', error => { console.log('unhandled', error); process.exit(9) })
    const server = await Server.listen('127.0.0.1:0', { askPlay: true })
    const playing = Client.play('rtmp://' + server.address + '/live/x')
    const session = await (await server.nextRequest()).accept()
    const client = await playing
    await session.sendVideo(0, true, Buffer.alloc(100000))
    console.log('open')`
  for (const end of ['server.unref(); session.unref(); client.unref()', 'for await (const packet of client) process.exit(0)',
    'client.nextPacket().then(() => client.nextPacket()); session.events().next(); session.ping(); setImmediate(() => process.exit(0))']) {
    const { stdout, stderr } = await node(`${open}\n${end}`)
    assert.deepEqual([stdout, stderr], ['open\n', ''])
  }
})

test('playing over a connected socket of the caller', async t => {
  const { server, url } = await listen(t, { askPlay: true })
  const player = run('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${new URL(url()).port}; exec node --input-type=module`], {
    cwd: PACKAGE,
    input: `
      import { Client } from 'oxrtmp'
      for await (const packet of await Client.play('rtmp://some.host/live/name', { fd: 3 })) console.log(packet.media, packet.data.length)`
  })
  const request = await within(20000, server.nextRequest())
  assert.deepEqual([request.streamName, request.tcUrl], ['name', 'rtmp://some.host/live'])
  const session = await request.accept()
  await session.sendVideo(0, true, Buffer.alloc(1234))
  await session.close()
  const { code, stdout, stderr } = await player
  assert.deepEqual([code, stdout], [0, 'data 24\nvideo 1234\n'], stderr)
  assert.ok(net.isIPv4(server.address.split(':')[0]))
})

test('a player switches to another stream by play2, and its object is kept', async t => {
  const { server, request, session: first, client } = await playback(t)
  assert.deepEqual([request.play2, first.play2, request.play.play2, request.play.transition], [undefined, undefined, false, ''])
  await first.sendVideo(0, true, Buffer.from('first'))
  await client.play2('other?b=2', {
    oldStreamName: 'test', transition: 'switch', startMs: 1500, offsetMs: 250, properties: { mine: [1, 'two'] }
  })
  const next = await server.nextRequest()
  assert.deepEqual([next.kind, next.streamName, next.query], ['play', 'other', 'b=2'])
  assert.deepEqual(next.play2, {
    oldStreamName: 'test', streamName: 'other?b=2', start: 1.5, len: -1, offset: 0.25, transition: 'switch', mine: [1, 'two']
  })
  assert.deepEqual(Object.keys(next.play2).at(-1), 'mine')
  assert.deepEqual([next.play.play2, next.play.start, next.play.offset, next.play.transition], [true, 1.5, 0.25, 'switch'])
  const second = await next.accept()
  assert.deepEqual([second.play2, second.play.play2], [next.play2, true])
  await assert.rejects(first.sendVideo(40, true, Buffer.from('late')), { code: 'ERR_OXRTMP_EOF' })
  await second.sendVideo(40, true, Buffer.from('second'))
  const frames = []
  for await (const packet of client) {
    if (packet.media === 'video' && frames.push(packet.data.toString()) === 2) break
  }
  assert.deepEqual(frames, ['first', 'second'])
  await assert.rejects(client.play2(''), { code: 'ERR_OXRTMP_CLOSED' }) // leaving the loop has closed it
})

test('what is no play2 is refused', async t => {
  const { client } = await playback(t)
  for (const wrong of [['a\0b'], [1], ['x', { startMs: -1 }], ['x', { properties: [] }], ['x', { what: 1 }], ['']]) {
    await assert.rejects(client.play2(...wrong), { code: 'ERR_OXRTMP_ARGUMENT' })
  }
})
