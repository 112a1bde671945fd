// FLV files: reading, recording. What is in a file is judged by a reader of the tests' own.
import assert from 'node:assert/strict'
import { createReadStream, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { FLVReader, OxrtmpError, PacketFlags, Recorder } from 'oxrtmp'
import { flvEnvelopeBuild, flvEnvelopeParse, flvHeader, flvTag, packetParse } from 'oxrtmp/lowlevel'
import { CLIP, ROOT, collect, loopback, readFLV, temporary } from './helpers.mjs'

const clips = readdirSync(path.join(ROOT, 'testdata/flv')).filter(name => name.endsWith('.flv')).map(name => path.join(ROOT, 'testdata/flv', name))

/** Each message once, as the file has it. */
const bodies = packets => packets.filter(p => !p.continued).map(p => [p.type, p.timestampMs, (p.type === 18 ? p.data : p.raw).toString('hex')])
const tagsOf = file => readFLV(file).map(tag => [tag.type, tag.timestamp, tag.data.toString('hex')])

test('there are clips', () => assert.ok(clips.length > 1))

for (const clip of clips) {
  test(`fed in any pieces, and from a file, bytes give what the file has: ${path.basename(clip)}`, async () => {
    const file = readFileSync(clip)
    const packets = await collect(await FLVReader.open(clip))
    assert.deepEqual(bodies(packets), tagsOf(file))
    assert.deepEqual(bodies(await collect(FLVReader.packets(createReadStream(clip, { highWaterMark: 777 })))), tagsOf(file))
    const reader = new FLVReader()
    const fed = []
    for (let at = 0, size = 1; at < file.length; at += size++) {
      reader.feed(file.subarray(at, at + size))
      fed.push(...reader.read())
    }
    reader.close()
    assert.deepEqual(bodies(fed), tagsOf(file))
  })
}

test('a reader of a file: one by one, in batches, early return', async () => {
  const count = readFLV(readFileSync(CLIP)).length
  const reader = await FLVReader.open(CLIP)
  let single = 0
  while (await reader.nextPacket() !== undefined) single++
  assert.equal(single, count)
  assert.equal(reader.closed, true)
  assert.equal(await reader.nextPacket(), undefined)
  assert.deepEqual(await reader.nextPackets(), [])
  const batches = await FLVReader.open(CLIP)
  await batches.nextPacket()
  let rest = 0
  for (let some; (some = await batches.nextPackets()).length > 0;) rest += some.length
  assert.equal(rest, count - 1)
  const early = await FLVReader.open(CLIP)
  for await (const packet of early) {
    assert.ok(packet.raw.length > 0)
    break
  }
  assert.equal(early.closed, true)
  const busy = await FLVReader.open(CLIP)
  const first = busy.nextPackets()
  await assert.rejects(busy.nextPackets(), { code: 'ERR_OXRTMP_BUSY' })
  assert.ok((await first).length > 0)
  busy.close()
  busy.close()
})

test('files that are none, and that are cut off', async t => {
  const directory = temporary(t)
  await assert.rejects(FLVReader.open(path.join(directory, 'missing.flv')), { code: 'ERR_OXRTMP_FILE' })
  const none = path.join(directory, 'none.flv')
  writeFileSync(none, 'no FLV at all, but long enough for a header')
  await assert.rejects(collect(await FLVReader.open(none)), { code: 'ERR_OXRTMP_FLV' })
  const cut = path.join(directory, 'cut.flv')
  writeFileSync(cut, readFileSync(CLIP).subarray(0, 50000))
  const reader = await FLVReader.open(cut)
  const packets = await collect(reader)
  assert.ok(packets.length > 50)
  assert.match(reader.endReason, /./)
  const fed = new FLVReader()
  assert.throws(() => fed.feed(Buffer.from('not an FLV file')), { code: 'ERR_OXRTMP_FLV' })
  assert.throws(() => fed.feed('text'), { name: 'TypeError' })
  fed.close()
  assert.throws(() => fed.feed(Buffer.alloc(1)), { code: 'ERR_OXRTMP_CLOSED' })
  await assert.rejects(new FLVReader().nextPacket(), { code: 'ERR_OXRTMP_STATE' })
})

test('bytes that were given to a recorder may be used again, or be gone, when write() has returned', async t => {
  const recorder = await Recorder.open(path.join(temporary(t), 'bytes.flv'))
  const used = Buffer.alloc(30000)
  const [parsed] = packetParse(9, 1, Buffer.concat([Buffer.from('1701000000', 'hex'), Buffer.alloc(30000, 1)]))
  recorder.write(parsed)
  parsed.raw.fill(0xee)
  for (let i = 2; i < 300; i++) {
    const memory = i % 2 ? new ArrayBuffer(30000) : new ArrayBuffer(30000, { maxByteLength: 60000 })
    const data = i % 3 ? new Uint8Array(memory) : used
    recorder.write({ media: 'video', codec: 'avc1', keyframe: true, timestampMs: i, data: data.fill(i) })
    data.fill(0xee)
    if (memory.resizable) memory.resize(0)
    else structuredClone(memory, { transfer: [memory] })
  }
  const file = recorder.path
  await recorder.close()
  const frames = readFLV(readFileSync(file)).filter(tag => tag.type === 9)
  assert.equal(frames.length, 299)
  for (const { timestamp, data } of frames) assert.deepEqual(data.subarray(5), Buffer.alloc(30000, timestamp), `${timestamp}`)
})

test('a recording holds what was received, after an onMetaData of its own', async t => {
  const directory = temporary(t)
  const { client, session } = await loopback(t)
  const publishing = (async () => {
    for await (const packet of await FLVReader.open(CLIP)) await client.sendPacket(packet)
    await client.close()
  })()
  const recorder = await Recorder.openIn(path.join(directory, 'new/folder'), '../../etc/passwd')
  const file = recorder.path
  assert.ok(file.startsWith(path.join(directory, 'new/folder') + path.sep))
  for await (const packet of session) await recorder.write(packet)
  await recorder.close()
  await publishing
  assert.equal(recorder.path, file)
  const [own, ...rest] = tagsOf(readFileSync(file))
  assert.equal(own[0], 18)
  assert.deepEqual(rest, tagsOf(readFileSync(CLIP)))
  await assert.rejects(recorder.write([]), { code: 'ERR_OXRTMP_CLOSED' })
})

test('no file is overwritten, and writes need not be awaited', async t => {
  const directory = temporary(t)
  const file = path.join(directory, 'a.flv')
  const packets = await collect(await FLVReader.open(CLIP))
  for (const name of ['a.flv', 'a-2.flv']) {
    const recorder = await Recorder.open(file)
    assert.equal(recorder.path, path.join(directory, name))
    for (const packet of packets) recorder.write(packet)
    await recorder.close()
    assert.deepEqual(tagsOf(readFileSync(path.join(directory, name))).slice(1), tagsOf(readFileSync(CLIP)))
  }
  const whole = await Recorder.open(file)
  await whole.write(packets)
  await whole.close()
  assert.deepEqual(tagsOf(readFileSync(path.join(directory, 'a-3.flv'))).slice(1), tagsOf(readFileSync(CLIP)))
})

test('packets made by hand, and rotation', async t => {
  const directory = temporary(t)
  const recorder = await Recorder.open(path.join(directory, 'r.flv'), { rotateDurationMs: 1000 })
  for (let i = 0; i < 100; i++) {
    await recorder.write({ media: 'video', codec: 'avc1', keyframe: i % 10 === 0, packetType: 1, timestampMs: i * 40, data: Buffer.alloc(100, i) })
  }
  await recorder.close()
  const files = readdirSync(directory).sort()
  assert.ok(files.length >= 3, files.join())
  const tags = files.map(name => readFLV(readFileSync(path.join(directory, name))).filter(tag => tag.type === 9))
  assert.equal(tags.reduce((sum, t) => sum + t.length, 0), 100)
  for (const own of tags) assert.equal(own[0].data[0], 0x17)
  const [metadata, ...packets] = await collect(await FLVReader.open(path.join(directory, 'r-2.flv'))) // has a time of its own
  assert.equal(packets[0].timestampMs, 0)
  assert.equal(metadata.values[1].duration * 1000, packets.at(-1).timestampMs)
  assert.equal(metadata.values[1].keyframes.times[0], 0)
})

test('a packet may be released as soon as it was given to a recorder', async t => {
  const { client, session } = await loopback(t)
  const file = path.join(temporary(t), 'x.flv')
  const recorder = await Recorder.open(file)
  for (let i = 0; i < 100; i++) await client.sendVideo(i, true, Buffer.alloc(20000, i))
  await client.close()
  for await (const packet of session) {
    await recorder.write(packet)
    packet.release()
    await assert.rejects(recorder.write(packet), { code: 'ERR_OXRTMP_STATE' })
  }
  await recorder.close()
  const frames = readFLV(readFileSync(file)).filter(tag => tag.type === 9 && tag.data.length > 100)
  assert.equal(frames.length, 100)
  assert.ok(frames.every(({ data }, i) => data.length === 20005 && data.subarray(5).every(byte => byte === i)))
})

test('what comes before what is no packet is recorded', async t => {
  const file = path.join(temporary(t), 'x.flv')
  const recorder = await Recorder.open(file)
  const frame = timestampMs => ({ type: 8, timestampMs, raw: Buffer.of(0xaf, 1, 7) })
  await assert.rejects(recorder.write([frame(0), frame(10), { nonsense: true }]), { code: 'ERR_OXRTMP_ARGUMENT' })
  await recorder.close()
  assert.deepEqual(tagsOf(readFileSync(file)).filter(([type]) => type === 8).map(([, timestamp]) => timestamp), [0, 10])
})

test('a recorder that fails says so, with the next write or when it is closed', async t => {
  const directory = temporary(t)
  await assert.rejects(Recorder.open(path.join(directory, 'missing/x.flv')), { code: 'ERR_OXRTMP_FILE' })
  const recorder = await Recorder.open(path.join(directory, 'x.flv'))
  await recorder.write({ media: 'audio', kind: 'command', data: Buffer.of(1) })
  await assert.rejects(recorder.close(), error => error instanceof OxrtmpError && error.status < 0)
})

test('encrypted tags are marked, taken apart and put together, and recorded as they are', async t => {
  const iv = Buffer.from([...Array(16).keys()])
  const data = Buffer.concat([Buffer.from('170100005001534500000011' + '80', 'hex'), iv, Buffer.from('body')])
  const size = Buffer.from([0, 0, data.length])
  const file = Buffer.concat([flvHeader(true, true), Buffer.of(0x29), size, Buffer.alloc(7), data, Buffer.of(0, 0, 0, 11 + data.length)])
  const [packet] = await collect(FLVReader.packets([file]))
  assert.deepEqual([packet.malformed, packet.flags, packet.raw], [true, PacketFlags.MALFORMED | PacketFlags.ENCRYPTED, data])
  assert.deepEqual(flvTag(packet), file.subarray(13))
  const envelope = flvEnvelopeParse(9, packet.raw)
  assert.deepEqual(envelope, {
    head: data.subarray(0, 5), filter: 'SE', params: Buffer.concat([Buffer.of(0x80), iv]), iv, body: Buffer.from('body'), encrypted: true
  })
  assert.deepEqual(flvEnvelopeBuild(envelope), data)
  assert.deepEqual(flvEnvelopeBuild({ ...envelope, params: undefined }), data)
  assert.throws(() => flvEnvelopeBuild({ ...envelope, iv: undefined, params: undefined }), { code: 'ERR_OXRTMP_FLV' })
  const clear = flvEnvelopeParse(18, flvEnvelopeBuild({ filter: 'XX', body: Buffer.from('as it is') }))
  assert.deepEqual([clear.filter, clear.encrypted, clear.iv, clear.body.toString()], ['XX', false, undefined, 'as it is'])
  for (let cut = 0; cut < data.length - 4; cut++) {
    assert.throws(() => flvEnvelopeParse(9, data.subarray(0, cut)), { code: 'ERR_OXRTMP_FLV' })
  }
  for (const wrong of [{ iv: Buffer.of(1) }, { what: 1 }, { filter: 1 }, { encrypted: 1 }]) {
    assert.throws(() => flvEnvelopeBuild(wrong), { code: 'ERR_OXRTMP_ARGUMENT' })
  }
  const recorded = path.join(temporary(t), 'x.flv')
  const recorder = await Recorder.open(recorded)
  await recorder.write(packet)
  await recorder.close()
  assert.ok(readFileSync(recorded).includes(file.subarray(13)))
})
