// Enhanced RTMP: capabilities said and heard, modes, requests to reconnect, several tracks, ModEx entries, channel layouts.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Can, Caps, Client, PacketFlags, Server, allCapabilities, intersectCapabilities } from 'oxrtmp'
import { channelsBuild, channelsParse, modexBuild, modexParse, multitrackForm, packetBuild, packetParse } from 'oxrtmp/lowlevel'
import { listen, loopback, sleep } from './helpers.mjs'

const OURS = {
  capsEx: Caps.MULTITRACK | Caps.MODEX,
  video: { hvc1: Can.DECODE | Can.FORWARD, '*': Can.FORWARD },
  audio: { Opus: Can.DECODE }
}
const THEIRS = { capsEx: Caps.MULTITRACK | Caps.RECONNECT, fourccs: ['av01'], video: { av01: Can.ENCODE }, audio: {} }

test('capabilities are told', async t => {
  const { client, session, request } = await loopback(t, { server: { capabilities: OURS }, client: { capabilities: THEIRS } })
  assert.deepEqual(session.capabilities, THEIRS)
  assert.equal(request.capabilities, undefined) // nobody asked before it was answered
  const heard = client.capabilities
  assert.deepEqual([heard.capsEx, heard.video, heard.audio], [OURS.capsEx, OURS.video, OURS.audio])
  assert.deepEqual(intersectCapabilities(THEIRS, heard), { capsEx: Caps.MULTITRACK, fourccs: [], video: { av01: Can.FORWARD }, audio: {} })
  const every = allCapabilities(Can.ENCODE)
  assert.deepEqual([Object.keys(every.video).length, Object.keys(every.audio).length, every.capsEx], [6, 6, 15])
  const { server, url } = await listen(t)
  const opening = Client.publish(url(), { capabilities: THEIRS })
  const asked = await server.nextRequest()
  assert.deepEqual(asked.capabilities, THEIRS)
  const accepted = await asked.accept()
  assert.deepEqual(asked.capabilities, THEIRS)
  await (await opening).close()
  await accepted.close()
  for (const wrong of [{ fourcc: [] }, { video: { long: -1 } }, { fourccs: ['abcde'] }, { fourccs: Array(33).fill('av01') }, 1]) {
    await assert.rejects(Server.listen('127.0.0.1:0', { capabilities: wrong }), { code: 'ERR_OXRTMP_ARGUMENT' })
  }
})

test('modes', async t => {
  for (const [ours, theirs, heard] of [['auto', 'auto', true], ['off', 'auto', false], ['required', 'auto', true]]) {
    const { client, session } = await loopback(t, { server: { enhanced: ours }, client: { enhanced: theirs } })
    for (const stream of [client, session]) assert.equal(Object.keys(stream.capabilities.video).length > 0, heard, ours)
    await client.close()
  }
  for (const [ours, theirs] of [['required', 'off'], ['off', 'required']]) {
    const { url } = await listen(t, { enhanced: ours })
    await assert.rejects(Client.publish(url(), { enhanced: theirs }), { code: 'ERR_OXRTMP_REFUSED' })
  }
  await assert.rejects(Server.listen('127.0.0.1:0', { enhanced: 'maybe' }), { code: 'ERR_OXRTMP_ARGUMENT' })
})

test('a request to reconnect is followed, where the stream goes on with a keyframe', async t => {
  const second = await listen(t)
  const { server, client } = await loopback(t, { client: { followReconnects: true } })
  const NALU = Buffer.from('0000000165', 'hex')
  await client.sendVideoSequenceHeader(Buffer.from('014d400affe000', 'hex'))
  await client.sendVideo(0, true, NALU)
  const tcUrl = second.url().replace(/\/test$/, '')
  assert.equal(await server.requestReconnect(tcUrl, 'draining'), 1)
  assert.deepEqual((await client.events().next()).value, { type: 'reconnect', tcUrl })
  let there
  const accepting = second.server.nextRequest().then(async request => { there = await request.accept() })
  for (let i = 1, rest = 10; i < 2000 && rest > 0; i++) {
    await client.sendVideo(i * 40, i % 5 === 0, NALU)
    if (there !== undefined) rest--
    await sleep(2)
  }
  await accepting
  assert.equal((await there.nextPacket()).kind, 'sequence_header')
  assert.equal((await there.nextPacket()).keyframe, true)
  await client.close()
  await there.close()
})

test('a request to reconnect is not asked of others', async t => {
  const { server, session } = await loopback(t)
  await assert.rejects(session.requestReconnect(), { code: 'ERR_OXRTMP_UNSUPPORTED' })
  assert.equal(await server.requestReconnect(), 0)
})

const track = (track, codec, data) =>
  ({ type: 9, timestampMs: 40, kind: 'frame', codec, flags: PacketFlags.KEYFRAME, track, data: Buffer.from(data) })
const TRACKS = [track(0, 'hvc1', 'zero'), track(1, 'hvc1', 'one'), track(7, 'av01', 'seven')]

test('several tracks in a message', async t => {
  const { client, session } = await loopback(t)
  await assert.rejects(client.sendTracks('many', TRACKS), { code: 'ERR_OXRTMP_MEDIA' })
  await assert.rejects(client.sendTracks('all', TRACKS), { code: 'ERR_OXRTMP_ARGUMENT' })
  for (const [form, count] of [['one', 1], ['many', 2], ['many_many_codecs', 3]]) {
    await client.sendTracks(form, TRACKS.slice(0, count))
    const got = []
    while (got.length < count) got.push(await session.nextPacket())
    assert.deepEqual(got.map(p => [p.track, p.codec, p.data.toString(), p.timestampMs]),
      TRACKS.slice(0, count).map(p => [p.track, p.codec, p.data.toString(), 40]))
    assert.equal(multitrackForm(9, got[0].raw), form)
  }
  assert.throws(() => multitrackForm(9, Buffer.of(0x17, 1)), { code: 'ERR_OXRTMP_MEDIA' })
})

test('ModEx entries', () => {
  const payload = packetBuild({ type: 9, kind: 'frame', codec: 'av01', flags: PacketFlags.ENHANCED, data: Buffer.from('frame') })
  const entries = [{ type: 5, data: Buffer.alloc(65536) }, { type: 0, data: Buffer.of(0, 1, 0) }]
  const longer = modexBuild(9, payload, entries)
  assert.deepEqual(modexParse(9, longer), entries)
  assert.deepEqual(modexParse(9, payload), [])
  const [packet] = packetParse(9, 40, longer)
  assert.deepEqual([packet.nanoOffsetNs, packet.data.toString()], [256, 'frame'])
  assert.throws(() => modexBuild(9, payload, [{ type: 16, data: Buffer.of(1) }]), { code: 'ERR_OXRTMP_MEDIA' })
})

test('channel layouts', () => {
  const surround = { order: 'native', count: 6, mask: 0x3f, channels: [0, 1, 2, 3, 4, 5] }
  assert.deepEqual(channelsParse(Buffer.from('01060000003f', 'hex')), surround)
  assert.equal(channelsBuild(surround).toString('hex'), '01060000003f')
  assert.equal(channelsBuild({ order: 'custom', channels: [1, 254] }).toString('hex'), '020201fe')
  assert.deepEqual(channelsParse(Buffer.from('020201fe', 'hex')).channels, [1, 254])
  assert.throws(() => channelsParse(Buffer.of(2, 2, 1)), { code: 'ERR_OXRTMP_MEDIA' })
})
