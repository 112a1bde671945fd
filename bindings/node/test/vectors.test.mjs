// The wire vectors of testdata/vectors, which every language's tests read: payloads to packets and back.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { FLVReader } from 'oxrtmp'
import { ROOT, collect, loopback } from './helpers.mjs'

const read = name => JSON.parse(readFileSync(path.join(ROOT, 'testdata/vectors', name))).vectors

/** Packets of payloads, by way of FLV: [type, payload] each. */
function packetsOf (payloads) {
  const reader = new FLVReader()
  reader.feed(Buffer.from('464c5601050000000900000000', 'hex'))
  for (const [type, payload] of payloads) {
    const head = Buffer.alloc(11)
    head[0] = type
    head.writeUIntBE(payload.length, 1, 3)
    const tail = Buffer.alloc(4)
    tail.writeUInt32BE(payload.length + 11)
    reader.feed(Buffer.concat([head, payload, tail]))
  }
  const packets = reader.read()
  reader.close()
  return packets
}

const LEGACY_VIDEO = { 2: 'flv1', 3: 'fsv1', 4: 'vp6f', 5: 'vp6a', 6: 'fsv2', 7: 'avc1' }
const LEGACY_AUDIO = { 2: '.mp3', 10: 'mp4a', 11: 'spex' }

/** What a packet says, in the vector's words. */
function check (packet, want, type, id) {
  const codec = want.fourcc ?? (type === 9 ? LEGACY_VIDEO[want.codec_id] : LEGACY_AUDIO[want.sound_format])
  assert.equal(packet.type, type, id)
  assert.equal(packet.kind, want.kind, id)
  if (codec !== undefined) assert.equal(packet.codec, codec, id)
  assert.equal(packet.track, want.track ?? 0, id)
  if (type === 9) assert.equal(packet.frameType, want.frame_type, id)
  if (want.packet_type !== undefined) assert.equal(packet.packetType, want.packet_type, id)
  assert.equal(packet.compositionMs, want.composition_ms ?? 0, id)
  assert.equal(packet.nanoOffsetNs, want.nano_offset ?? 0, id)
  assert.equal(packet.data.toString('hex'), want.body, id)
  assert.equal(packet.malformed, false, id)
}

for (const name of ['video.json', 'audio.json', 'flv.json']) {
  test(`media payloads are read: ${name}`, () => {
    let count = 0
    for (const { id, hex, value } of read(name)) {
      if (!Array.isArray(value?.packets)) continue
      const packets = packetsOf([[value.type, Buffer.from(hex, 'hex')]])
      assert.equal(packets.length, value.packets.length, id)
      for (const [i, want] of value.packets.entries()) check(packets[i], want, value.type, id)
      count++
    }
    assert.ok(count > 3, `${count} vectors`)
  })
}

test('built from their fields, single packets have the bytes of the vectors', async t => {
  const { client, session } = await loopback(t)
  const wanted = []
  for (const name of ['video.json', 'audio.json']) {
    for (const { id, hex, value, canonical } of read(name)) {
      if (canonical === false || value?.packets?.length !== 1) continue
      const [packet] = packetsOf([[value.type, Buffer.from(hex, 'hex')]])
      if (packet.multitrack || packet.nanoOffsetNs) continue
      const { type, kind, codec, flags, compositionMs, frameType, packetType, data } = packet
      await client.sendPacket({ type, kind, codec, flags, compositionMs, frameType, packetType, data })
      wanted.push([id, hex])
    }
  }
  await client.close()
  const got = (await collect(session)).map(packet => packet.raw.toString('hex'))
  assert.ok(wanted.length > 10)
  assert.deepEqual(wanted.map(([id], i) => [id, got[i]]), wanted)
})

test('metadata in every form', async t => {
  const body = '08' + '00000002' + '00057769647468' + '00' + '4084000000000000' + '0009' + '6672616d6572617465' + '00' + '403e000000000000' + '000009'
  for (const [what, hex] of [['plain', '02000a6f6e4d65746144617461' + body], ['wrapped', '02000d40736574446174614672616d65' + '02000a6f6e4d65746144617461' + body]]) {
    const { client, session } = await loopback(t)
    await client.sendPacket({ type: 18, raw: Buffer.from(hex, 'hex') })
    await client.close()
    const [packet] = await collect(session)
    assert.deepEqual([packet.kind, packet.handler, packet.values[1]], ['metadata', 'onMetaData', { width: 640, framerate: 30 }], what)
    assert.deepEqual([session.metadata.width, session.metadata.frameRate], [640, 30], what)
    assert.equal(packet.raw.toString('hex'), hex, what)
    assert.equal(session.metadataRaw.toString('hex'), '02000a6f6e4d65746144617461' + body, what)
  }
})

test('no payload of negative.json is lost, or ends anything', async t => {
  const { client, session } = await loopback(t)
  const sent = []
  for (const { hex, value } of read('negative.json')) {
    if (![8, 9, 18].includes(value?.type)) continue
    sent.push([value.type, hex])
    await client.sendPacket({ type: value.type, raw: Buffer.from(hex, 'hex') })
  }
  await client.close()
  const got = (await collect(session)).filter(p => !p.continued)
  assert.ok(sent.length > 5)
  assert.deepEqual(got.map(p => [p.type, p.raw.toString('hex')]), sent)
  assert.equal(session.error, undefined)
})
