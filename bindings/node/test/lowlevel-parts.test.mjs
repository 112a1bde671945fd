// oxrtmp/lowlevel put to use: its limits and errors, and a publisher made of its parts that speaks to an engine.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import test from 'node:test'
import { Engine, FLVReader, OxrtmpError, PacketFlags, libraryStatistics } from 'oxrtmp'
import * as lowlevel from 'oxrtmp/lowlevel'
import {
  AMFCursor, ChunkDecoder, ChunkEncoder, ColorSections, HANDSHAKE_RANDOM_SIZE, Handshake, amfBuild, amfFromJson, amfToJson, colorInfoBuild,
  colorInfoParse, commandBuild, commandParse, controlBuild, controlParse, flvHeader, flvTag, packetBuild, packetParse,
  timestampBefore
} from 'oxrtmp/lowlevel'
import { collect, loopback, node } from './helpers.mjs'

const bytes = hex => Buffer.from(hex, 'hex')
const ascii = text => Buffer.from(text, 'latin1')
const refused = message => ({ name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT', message })
const code = name => ({ name: 'OxrtmpError', code: `ERR_OXRTMP_${name}` })

test('a part is closed once, and says so afterwards', () => {
  const { handles } = libraryStatistics()
  for (const part of [new Handshake(), new ChunkDecoder(), new ChunkEncoder()]) {
    assert.equal(part.closed, false)
    part[Symbol.dispose]()
    part.close()
    assert.equal(part.closed, true)
    const calls = { output: [], receive: [ascii('x')], feed: [ascii('x')], next: [], setChunkSize: [1], abort: [4], forget: [4], write: [{ chunkStreamId: 3, type: 8, payload: ascii('') }] }
    for (const [name, args] of Object.entries(calls)) {
      if (name in part) assert.throws(() => part[name](...args), code('CLOSED'), name)
    }
  }
  assert.throws(() => new Handshake({ random: Buffer.alloc(HANDSHAKE_RANDOM_SIZE - 1) }), refused(/random/))
  assert.throws(() => new Handshake({ cilent: true }), refused(/'cilent'; it has client/))
  assert.equal(libraryStatistics().handles, handles)
})

test('parts that nobody closed end with their objects', async () => {
  await node(`
    import { libraryStatistics } from 'oxrtmp'
    import { ChunkDecoder, ChunkEncoder, Handshake } from 'oxrtmp/lowlevel'
    const make = () => { for (let i = 0; i < 100; i++) { new Handshake(); new ChunkDecoder(); new ChunkEncoder() } }
    make()
    for (let i = 0; i < 100 && libraryStatistics().handles > 0; i++) {
      gc()
      await new Promise(resolve => setImmediate(resolve))
    }
    if (libraryStatistics().handles > 0) throw new Error(libraryStatistics().handles + ' are left')`, { flags: ['--expose-gc'] })
})

test('decoders have limits, and stay dead', () => {
  const decoder = new ChunkDecoder({ messageBytes: 5, chunkStreams: 2 })
  assert.equal(decoder.feed(bytes('040000000000050801000000' + '6162')), 14)
  assert.equal(decoder.next(), undefined)
  decoder.abort(4)
  decoder.feed(bytes('050000010000010901000000' + '63')) // a message of another chunk stream, whole
  assert.equal(decoder.feed(ascii('x')), 0) // it waits to be taken
  assert.deepEqual(decoder.next(), { chunkStreamId: 5, timestampMs: 1, streamId: 1, type: 9, payload: ascii('c') })
  assert.throws(() => decoder.feed(bytes('060000000000010801000000' + '63')), code('LIMIT'))
  assert.throws(() => decoder.feed(bytes('04')), code('LIMIT'))
  decoder.close()
  const other = new ChunkDecoder({ messageBytes: 5 })
  assert.throws(() => other.feed(bytes('040000000000060801000000')), code('LIMIT'))
  other.close()
  const fresh = new ChunkDecoder()
  assert.throws(() => fresh.feed(bytes('c4')), code('CHUNK'))
  assert.throws(() => fresh.setChunkSize(-1), refused(/size/))
  fresh.close()
  assert.throws(() => new ChunkDecoder({ connections: 1 }), refused(/'connections'; it has messageBytes/))
})

test('encoders check what they get, and write ids and headers in every form', () => {
  const encoder = new ChunkEncoder()
  const message = { chunkStreamId: 4, timestampMs: 10, streamId: 1, type: 8, payload: ascii('x') }
  const first = encoder.write(message)
  assert.deepEqual([first.length, first[0]], [13, 4])
  assert.throws(() => encoder.write(message, Buffer.alloc(4)), { code: 'ERR_OXRTMP_BUFFER', needed: 5 }) // nothing changed
  const second = encoder.write(message)
  assert.deepEqual([second.length, second[0]], [5, 0x84])
  encoder.forget(4)
  const third = encoder.write(message)
  assert.deepEqual([third.length, third[0]], [13, 4]) // a complete header
  encoder.setFullHeaders()
  for (let i = 0; i < 2; i++) assert.deepEqual(encoder.write(message), third)
  encoder.setFullHeaders(false)
  assert.deepEqual(encoder.write(message), second)
  encoder.setChunkSize(1)
  assert.equal(encoder.write({ ...message, payload: ascii('xyz') }).toString('latin1').slice(-5), 'x\xc4y\xc4z')
  // Two forms that are longer: three bytes of id, an extended timestamp with each chunk.
  const long = encoder.write({ ...message, chunkStreamId: 1000, timestampMs: 0xffffff, payload: ascii('xy') })
  assert.equal(long.toString('hex'), '01a803' + 'ffffff' + '000002' + '08' + '01000000' + '00ffffff' + '78' + 'c1a803' + '00ffffff' + '79')
  assert.equal(encoder.write({ ...message, chunkStreamId: 64, payload: ascii('') }).toString('hex', 0, 2), '0000')
  for (const chunkStreamId of [0, 1, 65600, 2 ** 32 - 1]) {
    assert.throws(() => encoder.write({ ...message, chunkStreamId }), refused(/chunkStreamId/))
    assert.throws(() => encoder.forget(chunkStreamId), refused(/chunkStreamId/))
  }
  assert.throws(() => encoder.write({ ...message, payload: Buffer.alloc(0x1000000) }), refused(/./))
  assert.throws(() => encoder.write({ ...message, payload: 'xyz' }), refused(/message\.payload/))
  assert.throws(() => encoder.write({ ...message, type: 256 }), refused(/type/))
  assert.throws(() => encoder.write({ ...message, csid: 3 }), refused(/'csid'/))
  for (const size of [0, 0x80000000]) assert.throws(() => encoder.setChunkSize(size), refused(/size/))
  encoder.close()
})

test('AMF is bounded, and lenient unless it is to be strict', () => {
  const deep = Buffer.concat([...Array(65).fill(bytes('0a00000001')), bytes('05')])
  assert.throws(() => amfToJson(deep), code('LIMIT'))
  assert.equal(amfToJson(deep.subarray(5)), '['.repeat(65) + 'null' + ']'.repeat(65)) // 64 are not too many
  const cursor = new AMFCursor(deep)
  for (let depth = 0; depth < 64; depth++) assert.deepEqual(cursor.next(), { type: 'strict_array', depth, count: 1 })
  for (let i = 0; i < 2; i++) assert.throws(() => cursor.next(), code('LIMIT'))

  const unended = bytes('030001' + '61' + '05') // {"a":null without its end
  assert.equal(amfToJson(unended), '[{"a":null}]')
  assert.throws(() => amfToJson(unended, { strict: true }), code('AMF'))
  assert.deepEqual([...new AMFCursor(unended)], [{ type: 'object', depth: 0, text: '' }, { type: 'null', depth: 1, name: 'a' }])
  assert.throws(() => new AMFCursor(bytes('04')).next(), code('AMF'))

  assert.throws(() => amfFromJson('{}'), refused(/./))
  assert.throws(() => amfFromJson('[1'), refused(/./))
  assert.throws(() => amfFromJson([1]), refused(/json must be a string/))
  assert.throws(() => amfToJson(unended, { stirct: true }), refused(/'stirct'/))
  assert.throws(() => amfBuild({ type: 'movieclip' }), refused(/'number', 'boolean'/))
  assert.throws(() => amfBuild({ type: 'null', name: 'x'.repeat(65536) }), code('LIMIT'))
  assert.throws(() => amfBuild({ type: 'number', value: 1 }), refused(/'value'; it has type/))
  const long = amfBuild({ type: 'string', text: 'x'.repeat(65536) })
  assert.deepEqual([long.length, long[0]], [65536 + 5, 12]) // a long string
  assert.equal(new AMFCursor(long).next().text.length, 65536)
})

test('order and duplicates of AMF keys are kept, references followed', () => {
  const values = ['{"b":1,"10":2,"a":3}', '[{"b":1,"10":2,"a":3}]'] // JSON.parse would put 10 first
  const data = amfFromJson(values[1])
  assert.equal(amfToJson(data), values[1])
  assert.deepEqual([...new AMFCursor(data)].map(step => step.name).filter(Boolean), ['b', '10', 'a'])
  const twice = Buffer.concat([amfBuild({ type: 'object' }), amfBuild({ type: 'number', name: 'a', number: 1 }),
    amfBuild({ type: 'number', name: 'a', number: 2 }), amfBuild({ type: 'object_end' })])
  assert.equal(amfToJson(twice), '[{"a":1,"a":2}]')
  const reference = Buffer.concat([amfBuild({ type: 'ecma_array', count: 1 }), amfBuild({ type: 'boolean', name: 'x', number: 1 }),
    amfBuild({ type: 'object_end' }), amfBuild({ type: 'reference', count: 0 })])
  assert.equal(amfToJson(reference), '[{"x":true},{"x":true}]')
  // What is no UTF-8 can be passed on by the cursor's offset, and as bytes.
  const odd = amfBuild({ type: 'string', text: bytes('ff41') })
  assert.equal(odd.toString('hex'), '020002ff41')
  assert.equal(new AMFCursor(odd).next().text, '\ufffdA')
})

test('messages are checked', () => {
  assert.throws(() => controlParse(7, bytes('00000000')), refused(/./))
  assert.throws(() => controlParse('1', bytes('00000000')), refused(/type must be an integer/))
  assert.equal(controlParse(1, bytes('80001000' + '6d6f7265')).value, 4096) // without bit 31, and what follows
  assert.throws(() => controlBuild({ type: 6, limitType: 3 }), refused(/./))
  assert.throws(() => controlBuild({ type: 4, event: 65536 }), refused(/./))
  assert.throws(() => controlBuild({ event: 3 }), refused(/control\.type/))
  assert.throws(() => controlBuild({ type: 1, size: 3 }), refused(/'size'; it has type, value/))
  for (const event of [0, 1, 2, 3, 4, 6, 7, 31, 32]) {
    const ping = event === 6 || event === 7
    const sent = { type: 4, value: 0, limitType: 0, event, streamId: ping ? 0 : 5, timestampMs: ping ? 77 : 0, bufferMs: event === 3 ? 3000 : 0, data: bytes('') }
    const built = controlBuild(sent)
    assert.equal(built.length, event === 3 ? 10 : 6)
    assert.deepEqual(controlParse(4, built), sent)
  }
  assert.deepEqual(controlParse(4, controlBuild({ type: 4, event: 99, data: bytes('010203') })).data, bytes('010203'))

  assert.throws(() => commandParse(18, bytes('00000000')), refused(/./))
  assert.throws(() => commandParse(20, bytes('05')), code('MESSAGE'))
  assert.deepEqual(commandParse(17, bytes('00' + '02000161' + '05' + '06')), { name: 'a', transactionId: 0, values: bytes('06') })
  const play = commandParse(17, bytes('00' + '020004706c6179' + '000000000000000000' + '05' + '110609' + '6c697665'))
  assert.equal(amfToJson(play.values), '[null,"live"]')
  assert.throws(() => commandParse(17, bytes('060361')), code('MESSAGE')) // all of it in AMF3
  assert.throws(() => commandBuild({ name: 'x', transaction: 1 }), refused(/'transaction'; it has name/))
  assert.throws(() => commandBuild({ name: 'x', transactionId: '1' }), refused(/transactionId/))
})

test('packets on buffers: what they point to stays as long as they do', () => {
  assert.throws(() => packetParse(20, 0, bytes('00000000')), refused(/./))
  const [silence] = packetParse(8, 5, bytes(''))
  assert.deepEqual([silence.kind, silence.size, packetBuild(silence).length], ['silence', 0, 0])
  const [data] = packetParse(18, 5, bytes('02000178' + '05'))
  assert.deepEqual([data.handler, data.values], ['x', ['x', null]])
  const memory = new Uint8Array([0x27, 1, 0, 0, 0, 7])
  const [frame] = packetParse(9, 5, memory)
  memory[5] = 8
  assert.deepEqual([...frame.data], [8]) // not a copy
  frame.release()
  assert.throws(() => frame.data, code('STATE'))
  assert.throws(() => packetBuild({ type: 9, kind: 'frame', data: bytes('00') }), code('MEDIA'))
  assert.throws(() => flvTag({ type: 9, kind: 'frame', data: bytes('00') }), code('MEDIA'))
  assert.throws(() => flvTag({ type: 20, raw: bytes('00') }), refused(/./))
  assert.throws(() => packetParse(9, 0, Buffer.alloc(0x1000000)), refused(/./))
})

test('memory that is shared or moved away does no harm', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(5))
  shared.set([2, 0, 1, 0x78, 5])
  assert.equal(amfToJson(shared), '["x",null]')
  const moved = new Uint8Array([0x27, 1, 0, 0, 0, 7])
  const [frame] = packetParse(9, 0, moved)
  const cursor = new AMFCursor(moved)
  structuredClone(moved.buffer, { transfer: [moved.buffer] })
  assert.throws(() => frame.data)
  assert.equal(cursor.next(), undefined)
})

test('colours, with reset', () => {
  const hdr = '020009' + '636f6c6f72496e666f' + '03' + '000b' + '636f6c6f72436f6e666967' + '03' +
    '0008' + '6269744465707468' + '00' + '4024000000000000' + '000e' + '636f6c6f725072696d6172696573' + '00' + '4022000000000000' +
    '0017' + '7472616e7366657243686172616374657269737469637300' + '4030000000000000' +
    '0012' + '6d6174726978436f656666696369656e747300' + '4022000000000000' + '000009' + '000009'
  const info = colorInfoParse(bytes(hdr))
  const { sections, bitDepth, colorPrimaries, transferCharacteristics, matrixCoefficients, maxLight } = info
  assert.deepEqual([sections, bitDepth, colorPrimaries, transferCharacteristics, matrixCoefficients, maxLight],
    [ColorSections.CONFIG, 10, 9, 16, 9, 0])
  assert.equal(colorInfoBuild(info).toString('hex'), hdr)
  assert.throws(() => colorInfoBuild(info, Buffer.alloc(hdr.length / 2 - 1)), { code: 'ERR_OXRTMP_BUFFER', needed: hdr.length / 2 })

  const reset = '020009' + '636f6c6f72496e666f' + '06'
  assert.deepEqual([colorInfoParse(bytes(reset)).sections, colorInfoParse(bytes(reset)).bitDepth], [0, 0])
  assert.equal(colorInfoBuild({}).toString('hex'), reset)

  const full = { ...info, sections: ColorSections.LIGHT | ColorSections.DISPLAY, bitDepth: 0, colorPrimaries: 0, transferCharacteristics: 0, matrixCoefficients: 0, maxFrameAverageLight: 400, maxLight: 1000, redX: 0.708, whitePointY: 0.329, minLuminance: 0.005 }
  assert.deepEqual(colorInfoParse(colorInfoBuild(full)), full)

  assert.throws(() => colorInfoParse(bytes('05')), code('MEDIA'))
  assert.throws(() => colorInfoParse(bytes(hdr.slice(0, 10))), code('AMF'))
  assert.throws(() => colorInfoBuild({ sections: 1, bitDepth: 256 }), refused(/./))
  assert.throws(() => colorInfoBuild({ depth: 8 }), refused(/'depth'; it has sections/))
})

test('timestamps wrap around', () => {
  assert.deepEqual([timestampBefore(1, 2), timestampBefore(2, 1), timestampBefore(7, 7)], [true, false, false])
  assert.deepEqual([timestampBefore(0xffffffff, 0), timestampBefore(0, 0xffffffff)], [true, false])
  assert.deepEqual([timestampBefore(0xc0000000, 0x3fffffff), timestampBefore(0x3fffffff, 0xc0000000)], [true, false])
  assert.throws(() => timestampBefore(-1, 0), refused(/a must be/))
})

test('an FLV file written on buffers is read back', () => {
  const reader = new FLVReader()
  reader.feed(flvHeader(true, true))
  reader.feed(flvTag({ type: 8, timestampMs: 0x01020304, raw: bytes('af0121') }))
  reader.feed(flvTag({ type: 18, kind: 'data', flags: PacketFlags.SET_DATA_FRAME, data: bytes('0200017805') }))
  const [audio, data] = reader.read()
  assert.deepEqual([audio.timestampMs, audio.codec, audio.data.toString('hex')], [0x01020304, 'mp4a', '21'])
  assert.deepEqual([data.type, data.raw.toString('hex')], [18, '0200017805']) // without @setDataFrame
  reader.close()
})

test('codecs are told by number and by FourCC, both ways', async t => {
  const { client, session } = await loopback(t)
  const metadata = pairs => Buffer.concat([amfFromJson('["onMetaData"]'), amfBuild({ type: 'ecma_array', count: pairs.length }),
    ...pairs.map(([name, value]) => amfBuild(typeof value === 'string' ? { type: 'string', name, text: value } : { type: 'number', name, number: value })),
    amfBuild({ type: 'object_end' })])
  const seen = []
  const found = async raw => {
    await client.sendPacket({ type: 18, raw })
    const packet = await session.nextPacket()
    seen.push(packet.kind)
    return [session.metadata.videoCodec, session.metadata.audioCodec]
  }
  assert.deepEqual(await found(metadata([['videocodecid', 7], ['audiocodecid', 10]])), ['avc1', 'mp4a'])
  assert.deepEqual(await found(metadata([['videocodecid', 0x68766331], ['audiocodecid', 0x4f707573]])), ['hvc1', 'Opus'])
  assert.deepEqual(await found(metadata([['videocodecid', 'av01'], ['audiocodecid', 'fLaC']])), ['av01', 'fLaC'])
  assert.deepEqual(seen, ['metadata', 'metadata', 'metadata'])
  const { Metadata } = await import('oxrtmp')
  await client.sendMetadata(new Metadata({ videoCodec: 'avc1', audioCodec: 'mp4a' }))
  await client.sendMetadata(new Metadata({ videoCodec: 'hvc1', audioCodec: 'Opus' }))
  await client.close()
  const [legacy, enhanced] = (await collect(session)).map(packet => packet.values.at(-1))
  assert.deepEqual([legacy.videocodecid, legacy.audiocodecid], [7, 10])
  assert.deepEqual([enhanced.videocodecid, enhanced.audiocodecid], [0x68766331, 0x4f707573])
})

test('a publisher made of parts, against an engine', () => {
  const engine = Engine.server()
  const handshake = new Handshake({ client: true, digest: true })
  const decoder = new ChunkDecoder()
  const encoder = new ChunkEncoder()
  const seen = []
  const toEngine = bytes => {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(engine.receive(0, rest))
      for (const event of engine.events()) {
        if (event.type === 'request') event.request.accept()
        seen.push(event)
      }
    }
  }
  const heard = []
  const understand = ({ type, payload }) => {
    if (type <= 6) {
      const control = controlParse(type, payload)
      if (type === 1) decoder.setChunkSize(control.value)
      heard.push(`control ${control.type}`)
    } else {
      const command = commandParse(type, payload)
      const values = JSON.parse(amfToJson(command.values))
      heard.push(`${command.name} ${command.transactionId} ${values[1]?.code ?? values[1]}`)
    }
  }
  const listen = () => {
    let bytes = engine.output()
    bytes = bytes.subarray(handshake.receive(bytes))
    while (bytes.length > 0) {
      bytes = bytes.subarray(decoder.feed(bytes))
      const message = decoder.next()
      if (message !== undefined) understand(message)
    }
  }
  const command = (streamId, name, transactionId, values) => {
    const payload = commandBuild({ name, transactionId, values: amfFromJson(JSON.stringify(values)) })
    toEngine(encoder.write({ chunkStreamId: 3, streamId, type: 20, payload }))
    listen()
  }
  while (!handshake.result.done) {
    toEngine(handshake.output())
    listen()
  }
  toEngine(handshake.output())
  assert.deepEqual([handshake.result.digest, handshake.result.peerVerified], [true, true])
  command(0, 'connect', 1, [{ app: 'live', tcUrl: 'rtmp://host/live' }])
  command(0, 'createStream', 2, [null])
  command(1, 'publish', 3, [null, 'name', 'live'])
  assert.deepEqual(heard.filter(words => !words.startsWith('control')),
    ['_result 1 NetConnection.Connect.Success', '_result 2 1', 'onStatus 0 NetStream.Publish.Start'])
  assert.ok(heard.includes('control 5'))

  const last = () => seen.at(-1)
  const payload = packetBuild({ type: 9, kind: 'frame', codec: 'hvc1', compositionMs: 40, keyframe: true, data: bytes('0000000178') })
  toEngine(encoder.write({ chunkStreamId: 6, streamId: 1, type: 9, timestampMs: 100, payload }))
  const { packet } = last()
  assert.deepEqual([packet.timestampMs, packet.codec, packet.compositionMs, packet.size], [100, 'hvc1', 40, 5])
  toEngine(encoder.write({ chunkStreamId: 2, type: 3, payload: controlBuild({ type: 3, value: 4711 }) }))
  assert.deepEqual([last().type, last().bytes], ['acknowledged', 4711])
  for (const part of [engine, handshake, decoder, encoder]) part.close()
})

test('import and require give the same, and the errors are the package\'s', () => {
  const required = createRequire(import.meta.url)('oxrtmp/lowlevel')
  assert.deepEqual({ ...lowlevel }, { ...required })
  assert.throws(() => new AMFCursor(bytes('04')).next(), error => error instanceof OxrtmpError)
})
