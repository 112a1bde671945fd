// What goes on in a conversation besides media: pings, aborts, odd media and data, metadata, names in URLs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client, Engine, Metadata, Server, amf } from 'oxrtmp'
import { ChunkDecoder, controlBuild, controlParse } from 'oxrtmp/lowlevel'
import { certify, collect, loopback, temporary, within } from './helpers.mjs'

/** A message in one chunk with a complete header (RTMP 1.0 §5.3.1.2.1). */
function chunk (chunkStream, type, stream, payload, { length = payload.length, timestampMs = 0 } = {}) {
  const head = Buffer.alloc(12)
  head[0] = chunkStream
  head.writeUIntBE(timestampMs, 1, 3)
  head.writeUIntBE(length, 4, 3)
  head[7] = type
  head.writeUInt32LE(stream, 8)
  return Buffer.concat([head, payload])
}

function give (engine, bytes, handle = () => {}) {
  for (let at = 0; at < bytes.length && !engine.closing;) {
    at += engine.receive(0, bytes.subarray(at))
    for (const event of engine.events()) {
      if (event.type === 'request') event.request.accept()
      handle(event)
    }
  }
}

/** Two engines that have begun a stream. hear() reads what the asked one says: its control messages. */
function overheard (t, side) {
  const server = Engine.server({ handshakeDone: true })
  const client = Engine.publish('rtmp://host/live/name', { handshakeDone: true })
  const [asked, other] = side === 'server' ? [server, client] : [client, server]
  const decoder = new ChunkDecoder()
  t.after(() => { for (const each of [server, client, decoder]) each.close() })
  const hear = () => {
    const said = asked.output()
    const controls = []
    for (let at = 0; at < said.length;) {
      at += decoder.feed(said.subarray(at))
      const message = decoder.next()
      if (message === undefined || message.type > 6) continue
      controls.push(controlParse(message.type, message.payload))
      if (message.type === 1) decoder.setChunkSize(controls.at(-1).value)
    }
    give(other, said)
    return { controls, bytes: said.length }
  }
  for (let more = true; more;) {
    const up = other.output()
    give(asked, up)
    more = hear().bytes + up.length > 0
  }
  return { server, asked, hear }
}

for (const side of ['server', 'client']) {
  test(`pings are answered and aborts applied, ${side}`, t => {
    const { asked, hear } = overheard(t, side)
    const ping = timestampMs => controlBuild({ type: 4, event: 6, timestampMs })
    give(asked, chunk(2, 4, 0, ping(4711)))
    let [answer] = hear().controls
    assert.deepEqual([answer.event, answer.timestampMs], [7, 4711])
    give(asked, chunk(5, 8, 1, Buffer.alloc(4096), { length: 6000 })) // the rest never comes
    give(asked, chunk(2, 2, 0, controlBuild({ type: 2, value: 5 })))
    give(asked, chunk(5, 4, 0, ping(7)));
    [answer] = hear().controls
    assert.deepEqual([answer.event, answer.timestampMs], [7, 7])
  })
}

test('media of unknown codecs, and data of any shape, are handed on', t => {
  const { server } = overheard(t, 'server')
  let count = 0
  let malformed = 0
  const passes = (type, payload) => {
    const packets = []
    give(server, chunk(6, type, 1, payload, { timestampMs: 40 }), event => { if (event.type === 'packet') packets.push(event.packet) })
    assert.equal(packets.length, 1)
    const [packet] = packets
    assert.deepEqual([packet.type, packet.timestampMs, packet.raw], [type, 40, payload])
    if (packet.malformed) assert.deepEqual([packet.codec, packet.data], ['', payload])
    count++
    malformed += packet.malformed ? 1 : 0
    return packet
  }
  for (let n = 0; n < 16; n++) {
    passes(9, Buffer.of(0x10 | n, 0, 0, 0, 0, 9))
    passes(9, Buffer.of(0xf0 | n, 0))
    passes(8, Buffer.of(n << 4 | 0xf, 0, 1, 2))
    const strange = Buffer.concat([Buffer.of(0x90 | n), Buffer.from('zzzz12345678')])
    passes(9, strange)
    passes(8, strange)
  }
  for (const cut of [[], [0x17], [0x17, 1], [0x97, 2]]) passes(9, Buffer.from(cut))
  const counters = server.statistics()
  assert.deepEqual([counters.packetsReceived, counters.malformed], [count, malformed])
  assert.ok(malformed > 4)
  assert.equal(passes(9, Buffer.from('\x90zzzz\x01', 'latin1')).codec, 'zzzz')
  for (const values of [['@setDataFrame', 'onMetaData', {}], ['onMetaData', {}], ['onMetaData']]) {
    const packet = passes(18, amf.encode(values))
    assert.deepEqual([packet.kind, packet.handler], ['metadata', 'onMetaData'])
  }
  assert.deepEqual(passes(15, Buffer.concat([Buffer.of(0), amf.encode(['onTextData', null])])).handler, 'onTextData')
  assert.equal(passes(18, Buffer.alloc(0)).kind, 'data')
  assert.equal(server.closing, false)
})

/** Messages that mean nothing: [type, payload]. */
function * oddThings () {
  const known = new Set([1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22])
  for (let type = 0; type < 256; type++) {
    if (!known.has(type)) yield * [[type, Buffer.from('what is this')], [type, Buffer.alloc(0)]]
  }
  for (let event = 34; event < 65536; event += event < 300 ? 1 : 997) yield [4, Buffer.of(event >> 8, event & 255, 0, 0, 0, 1)]
  for (let marker = 0; marker < 256; marker++) {
    yield [20, Buffer.concat([amf.encode(['other', 0, null]), Buffer.of(marker, 1, 2, 3)])]
    yield [20, Buffer.of(marker, 0x70)]
  }
  yield [9, Buffer.of(0x97, 2, 1, 0xf4)] // ModEx that is cut
}

test('what is not understood costs no connection, a counter rises, and media after it arrive', t => {
  const { server } = overheard(t, 'server')
  const counted = () => {
    const { unknown, faulty, ignored, malformed } = server.statistics()
    return unknown + faulty + ignored + malformed
  }
  const hear = (nowMs, type, payload) => {
    const bytes = chunk(6, type, 1, payload)
    assert.equal(server.receive(nowMs, bytes), bytes.length)
    return server.events().filter(event => event.type === 'packet').map(event => event.packet.raw.toString('hex'))
  }
  let [before, nowMs] = [counted(), 0]
  for (const [type, payload] of oddThings()) {
    hear(nowMs += 20, type, payload)
    assert.ok(counted() > before, `${type} ${payload.toString('hex')}`)
    before = counted()
    assert.deepEqual(hear(nowMs, 8, Buffer.from('af0178', 'hex')), ['af0178'])
  }
})

test('codecs and channels of metadata, read and written', async t => {
  const { client, session } = await loopback(t)
  const fourcc = text => Buffer.from(text).readUInt32BE()
  const packets = session[Symbol.asyncIterator]()
  const arrived = async metadata => {
    await client.sendMetadata(metadata)
    const { value } = await within(20000, packets.next())
    return { values: value.values.at(-1), metadata: session.metadata }
  }
  for (const [video, audio, want] of [[7, 10, ['avc1', 'mp4a']], [2, 2, ['flv1', '.mp3']], [fourcc('hvc1'), fourcc('Opus'), ['hvc1', 'Opus']], ['av01', 'mp4a', ['av01', 'mp4a']]]) {
    const { metadata } = await arrived({ videocodecid: video, audiocodecid: audio })
    assert.deepEqual([metadata.videoCodec, metadata.audioCodec], want)
  }
  for (const [video, audio, want] of [['avc1', 'mp4a', [7, 10]], ['hvc1', 'Opus', [fourcc('hvc1'), fourcc('Opus')]]]) {
    const { values } = await arrived(new Metadata({ videoCodec: video, audioCodec: audio }))
    assert.deepEqual([values.videocodecid, values.audiocodecid], want)
  }
  const names = ['2.1', '3.1', '4.0', '4.1', '5.1', '7.1']
  for (const surround of names) { // OBS Studio's booleans, one of which is true
    const flags = Object.fromEntries(names.map(name => [name, name === surround]))
    assert.equal((await arrived(flags)).metadata.surround, surround)
    const { values } = await arrived(new Metadata({ surround }))
    assert.deepEqual(Object.fromEntries(names.map(name => [name, values[name] ?? false])), flags)
  }
})

test('tracks of metadata, read and written', async t => {
  const { client, session } = await loopback(t)
  const videoTracks = [{ track: 1, codec: 'av01', dataRate: 800, width: 640, height: 360 }]
  const audioTracks = [{ track: 2, codec: 'Opus', sampleRate: 48000, channels: 1 }, { track: 255, codec: 'mp4a' }]
  await client.sendMetadata(new Metadata({ width: 1920, videoTracks, audioTracks }))
  const { values } = await session.nextPacket()
  assert.deepEqual(values[1].videoTrackIdInfoMap, { 1: { width: 640, height: 360, videodatarate: 800, videocodecid: 0x61763031 } })
  assert.deepEqual(values[1].audioTrackIdInfoMap, { 2: { channels: 1, samplerate: 48000, audiocodecid: 0x4f707573 }, 255: { audiocodecid: 10 } })
  assert.deepEqual({ ...session.metadata }, { width: 1920, videoTracks, audioTracks })
  await client.sendMetadata(new Metadata({ width: 1 }))
  await session.nextPacket()
  assert.deepEqual({ ...session.metadata }, { width: 1 })
  for (const wrong of [{ videoTracks: 1 }, { videoTracks: [1] }, { videoTracks: [{}] }, { audioTracks: [{ track: 256 }] },
    { audioTracks: [{ track: 1, codec: 'x' }] }, { audioTracks: [{ track: 1, what: 1 }] }, { audioTracks: Array(257).fill({ track: 1 }) }]) {
    assert.throws(() => new Metadata(wrong), { code: 'ERR_OXRTMP_ARGUMENT' })
  }
})

const URLS = [
  ['rtmp://a.rtmp.youtube.com/live2/abcd-efgh', 'rtmp://a.rtmp.youtube.com/live2', 'live2', 'abcd-efgh', ''],
  ['rtmp://live.twitch.tv/app/live_1_x?bandwidthtest=true', 'rtmp://live.twitch.tv/app', 'app', 'live_1_x', 'bandwidthtest=true'],
  ['rtmps://live-api-s.facebook.com:443/rtmp/FB-1-0-x?s_bl=1&a=A/b', 'rtmps://live-api-s.facebook.com/rtmp', 'rtmp', 'FB-1-0-x', 's_bl=1&a=A/b'],
  ['rtmp://host:1936/a/b/c/key', 'rtmp://host:1936/a/b/c', 'a/b/c', 'key', ''],
  ['rtmp://[fe80::1%eth0]/live/key', 'rtmp://[fe80::1%eth0]/live', 'live', 'key', ''],
  ['rtmp://user:secret@host/live/key?a=b@c:d', 'rtmp://host/live', 'live', 'key', 'a=b@c:d']
]

for (const call of ['publish', 'play']) {
  test(`URLs of the big platforms, and others: what a server is told, ${call}`, () => {
    for (const [url, ...want] of URLS) {
      const server = Engine.server({ handshakeDone: true, askPlay: true })
      const client = Engine[call](url, { handshakeDone: true })
      let request
      for (let turn = 0; turn < 10 && request === undefined; turn++) {
        give(server, client.output(), event => { request ??= event.request })
        give(client, server.output())
      }
      assert.deepEqual([request.tcUrl, request.app, request.streamName, request.query], want)
      server.close()
      client.close()
    }
  })
}

test('both address families, by name too, with and without TLS, and keys with queries', async t => {
  const { certificateFile, keyFile } = certify(temporary(t), 'localhost')
  for (const scheme of ['rtmp', 'rtmps']) {
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      const server = await Server.listen(`${scheme}://${host === '[::1]' ? host : '127.0.0.1'}:0`, { tls: { certificateFile, keyFile } })
      const port = server.address.split(':').at(-1)
      const coming = Client.publish(`${scheme}://${host}:${port}/live/key?sig=a/b&exp=1`, { tls: { caFile: certificateFile, serverName: 'localhost' } })
      const request = await within(20000, server.nextRequest())
      assert.deepEqual([request.app, request.streamName, request.query], ['live', 'key', 'sig=a/b&exp=1'])
      const session = await request.accept()
      const client = await coming
      await client.close()
      assert.deepEqual(await within(20000, collect(session)), [])
      await server.close()
    }
  }
})
