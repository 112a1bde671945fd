// What is inside payloads: configuration records, NAL units in both forms, AAC in ADTS.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { codec } from 'oxrtmp'
import { CLIP, readFLV } from './helpers.mjs'

const AVCC = Buffer.from('014d400affe10019674d400aeca393c4446022000003000200000300641e244b2c01000468ce0fc8', 'hex')
const ANNEXB = Buffer.from('00000001674d400aeca393c4446022000003000200000300641e244b2c00000168ce0fc8000000016588', 'hex')
const HVCC = Buffer.from('0102200000009000000000001ef000fcfdfafa00000f03a00001001840010c01ffff02200000030090000003000003001eba0240a10001002b42' +
  '010102200000030090000003000003001ea03881071110d96e92930bc05a020000030002000003003210a2000100064401c073c189', 'hex')
const header = (codec, data) => ({ type: 9, kind: 'sequence_header', codec, data })

test('configuration records', () => {
  assert.deepEqual(codec.describe(header('avc1', AVCC)), {
    codec: 'avc1', profile: 77, level: 10, width: 98, height: 50, bitDepth: 8, sampleRate: 0, channels: 0, lengthSize: 4, name: 'h264',
    parameter: 'avc1.4D400A'
  })
  const aac = codec.describe(header('mp4a', Buffer.from('2b118800', 'hex')))
  assert.deepEqual([aac.profile, aac.sampleRate, aac.channels, aac.parameter], [5, 48000, 2, 'mp4a.40.5'])
  assert.deepEqual(codec.record('avc1', ANNEXB), AVCC)
  assert.deepEqual([codec.detect(AVCC), codec.detect(Buffer.of(1, 2))], ['avc1', ''])
  assert.deepEqual([codec.extradata('avc1', AVCC), codec.extradata('vp09', AVCC).length], [AVCC, 0])
  assert.throws(() => codec.describe(header('avc1', AVCC.subarray(0, 20))), { code: 'ERR_OXRTMP_MEDIA' })
  assert.throws(() => codec.record('avc1', ANNEXB.subarray(0, 20)), { code: 'ERR_OXRTMP_MEDIA' })
  assert.throws(() => codec.record('av01', ANNEXB), { code: 'ERR_OXRTMP_ARGUMENT' })
})

test('parameter sets', () => {
  for (const [name, record, types] of [['avc1', AVCC, [7, 8]], ['hvc1', HVCC, [32, 33, 34]]]) {
    const sets = codec.parameterSets(name, record)
    const units = codec.nalus(name, sets, { lengthSize: 0 })
    assert.deepEqual(units.map(u => u.type), types)
    assert.deepEqual(sets, Buffer.concat(units.flatMap(u => [Buffer.of(0, 0, 0, 1), u.data])))
    assert.deepEqual(codec.record(name, sets), record)
    for (let size = 0; size < record.length; size++) {
      assert.throws(() => codec.parameterSets(name, record.subarray(0, size)), { code: 'ERR_OXRTMP_MEDIA' })
    }
  }
  const { data } = readFLV(readFileSync(CLIP)).find(tag => tag.type === 9)
  assert.deepEqual(codec.record('avc1', codec.parameterSets('avc1', data.subarray(5))), data.subarray(5)) // after FLV's header
  assert.equal(codec.parameterSets('avc1', Buffer.from('014d000dffe000', 'hex')).length, 0)
  for (const name of ['av01', 'vp09', 'vvc1', 'mp4a']) {
    assert.throws(() => codec.parameterSets(name, AVCC),
      { code: 'ERR_OXRTMP_ARGUMENT', message: new RegExp(`${name}: parameter sets are known of H.264 and H.265 only`) })
  }
})

test('NAL units', () => {
  const units = codec.nalus('avc1', ANNEXB, { lengthSize: 0 })
  assert.deepEqual(units.map(u => [u.type, u.randomAccess, u.parameterSet]), [[7, false, true], [8, false, true], [5, true, false]])
  const lengths = codec.fromAnnexB(ANNEXB)
  assert.deepEqual(codec.nalus('avc1', lengths), units)
  assert.deepEqual(codec.fromAnnexB(codec.toAnnexB(lengths)), lengths)
  assert.equal(codec.nalus('hvc1', Buffer.from('00022601', 'hex'), { lengthSize: 2 })[0].randomAccess, true)
  assert.throws(() => codec.nalus('avc1', lengths.subarray(0, -1)), { code: 'ERR_OXRTMP_MEDIA' })
  assert.throws(() => codec.toAnnexB(lengths, { lengthSize: 3 }), { code: 'ERR_OXRTMP_MEDIA' })
})

test('ADTS', () => {
  const config = Buffer.from('1210', 'hex')
  const frames = Buffer.concat([codec.buildADTS(config, Buffer.from('raw')), codec.buildADTS(config, Buffer.from('second'))])
  const [one, two] = codec.framesOfADTS(frames)
  assert.deepEqual([one.data.toString(), one.frameSize, one.profile, one.sampleRate, one.channels], ['raw', 10, 2, 44100, 2])
  assert.deepEqual([one.config, two.data.toString()], [config, 'second'])
  assert.throws(() => codec.parseADTS(frames.subarray(0, 9)), { code: 'ERR_OXRTMP_MEDIA' })
  assert.throws(() => codec.buildADTS(Buffer.alloc(0), Buffer.from('raw')), { code: 'ERR_OXRTMP_MEDIA' })
})
