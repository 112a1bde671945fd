// Compiled by tsc --strict, never run: the types say what the package does.
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import {
  Client, Engine, FLVReader, Hub, Metadata, OxrtmpError, Packet, PacketFlags, Recorder, Refusal, Relay, Request, Server,
  ServerEvent, Session, buildInfo, chainHooks, libraryStatistics, logHooks, runtimeConfigure, setLogger, setMemoryLimit, status, version
} from 'oxrtmp'
import {
  AMFCursor, ChunkDecoder, ChunkEncoder, ColorSections, HANDSHAKE_RANDOM_SIZE, Handshake, amfBuild,
  amfFromJson, amfToJson, authmodAdobe, authmodLlnw, colorInfoBuild, colorInfoParse, commandBuild, commandParse, controlBuild, controlParse, flvHeader, flvTag,
  handshakeOffsets, packetBuild, packetParse, timestampBefore
} from 'oxrtmp/lowlevel'
import type { BufferError } from 'oxrtmp/lowlevel'
import type { ClientOptions, EngineEvent, Hooks, PacketInit, RelayStatistics, ServerOptions, Statistics } from 'oxrtmp'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
function same<A, B> (yes: Same<A, B>): void { void yes }

// The programs of the README.
export async function readmeServer (): Promise<void> {
  const server = await Server.listen('127.0.0.1:1935')
  same<typeof server.address, string>(true)
  for await (const request of server) {
    if (request.streamName !== 'secret') { await request.reject('unauthorized'); continue }
    const session = await request.accept()
    for await (const packet of session) console.log(packet.timestampMs, packet.track, packet.codec, packet.data.length)
  }
}

export async function readmeClient (avcc: Buffer, asc: Uint8Array, nalus: ArrayBuffer, aac: DataView): Promise<void> {
  const client = await Client.publish('rtmp://127.0.0.1/live/secret')
  await client.sendVideoSequenceHeader(avcc)
  await client.sendAudioSequenceHeader(asc)
  await client.sendVideo(0, true, nalus)
  await client.sendVideoAt(40, 80, false, nalus)
  await client.sendAudio(0, aac)
  await client.flush({ timeoutMs: 1000 })
  await client.close()
}

export async function server (): Promise<void> {
  const options = { chunkSize: 4096, limits: { connections: 10 }, timeouts: { idleMs: -1 } } satisfies ServerOptions
  await using server = await Server.create({ ...options, askConnect: false })
  await server.listen('[::1]:0')
  await using several = await Server.listen(['127.0.0.1:0', '[::1]:0'], { signal: AbortSignal.timeout(1000) })
  same<typeof server, Server<Request<Session>>>(true)
  const request = await several.nextRequest()
  same<typeof request, Request<Session> | undefined>(true)
  await server.unref().ref().serve(async request => {
    await using session = await request.accept()
    same<typeof session, Session>(true)
    const packets = await session.nextPackets()
    same<typeof packets, Packet[]>(true)
    const width = session.metadata?.width
    same<typeof width, number | undefined>(true)
    console.log(session.metadataValues?.['framerate'], session.metadataRaw?.length, session.error?.phase)
    const { bytes }: Statistics = session.statistics()
    same<typeof bytes, bigint>(true)
    await session.closeWithStatus('NetStream.Publish.Rejected', 'enough')
  }, { onError: (error, request) => console.error(error, request.app) })
  await server.shutdown({ timeoutMs: 1000 })
  server.adoptListener(3)

  const hooks: Hooks = chainHooks(logHooks(({ level, message }) => console.log(level, message)), {
    publish: async request => { if (request.streamName !== 'secret') throw new Refusal('unauthorized') },
    mediaTag: event => event.packet?.keyframe ?? true,
    unpublish: event => console.log(event.text, event.error?.code)
  })
  const told = await Server.listen(':0', {
    hooks, events: ['publish', 'stats_update'], users: { alice: 's3cret' }, loginScheme: 'llnw', proxyFrom: ['10.0.0.0/8'],
    onError: (error, about) => console.error(error, about.connection)
  })
  for await (const event of told.events()) {
    same<typeof event, ServerEvent>(true)
    const kicked = told.kick(event.connection, 'enough')
    same<typeof kicked, boolean>(true)
    event.drop()
  }
  told.on('publish', event => same<typeof event, ServerEvent>(true)).once('close', () => {})
  // @ts-expect-error: there is no such event
  told.on('published', () => {})
  // @ts-expect-error: there is no such event
  await Server.listen(':0', { events: ['published'] })

  const asking = await Server.listen(':0', { askConnection: true })
  for await (const request of asking) {
    if (request.kind === 'connection') console.log(request.peerAddress)
    const session = await request.accept()
    same<typeof session, Session | undefined>(true)
    // @ts-expect-error: there may be none
    console.log(session.app)
  }
}

export async function client (packet: Packet): Promise<void> {
  const options: ClientOptions = { publishType: 'live', signal: new AbortController().signal, sendTimeoutMs: -1 }
  await using client = await Client.publish('rtmp://localhost/live/a', options)
  const made: PacketInit = { media: 'video', codec: 'hvc1', keyframe: true, timestampMs: 1, data: packet.data }
  await client.sendPackets([packet, made])
  await client.sendPacket({ type: 8, raw: packet.raw, timestampMs: (packet.timestampMs + 1) >>> 0 })
  await client.sendMetadata({ width: 1920, framerate: 30 })
  await client.sendMetadata(new Metadata({ width: 1920, frameRate: 30, videoCodec: 'avc1' }))
  const why = await client.ended
  same<typeof why, OxrtmpError | undefined>(true)
  if (why?.code === 'ERR_OXRTMP_EOF') console.log(why.phase, why.peerCode, why.description, why.osError)
  // @ts-expect-error: no such code
  if (why?.code === 'ERR_OXRTMP_NONSENSE') console.log()
}

export async function playing (): Promise<void> {
  const client = await Client.play('rtmp://localhost/live/a', { liveOnly: true, bufferLengthMs: 500, startMs: 0 })
  for await (const packet of client) same<typeof packet, Packet>(true)
  for await (const event of client.events()) {
    if (event.type === 'status') console.log(event.code, event.description)
    else if (event.type === 'control') console.log(event.event, event.streamId)
  }
  await client.pause()
  await client.seek(1000)
  await client.receiveAudio(false)
  const ms = await client.ping({ timeoutMs: 1000 })
  same<typeof ms, number>(true)
  const answer = await client.call('name', [1, { a: [null, new Date(0)] }], { timeoutMs: 100 })
  same<typeof answer, any[]>(true)
  const server = await Server.listen(':0', { askPlay: true, sendTimeoutMs: 500, outputBytes: 1e6 })
  await server.serve(async request => {
    const session = await request.accept()
    if (session.kind === 'play') await session.sendPacket({ media: 'audio', raw: new Uint8Array(2) })
    console.log(request.play?.start, session.play?.bufferLengthMs)
    for await (const event of session.events()) {
      if (event.type === 'receive') console.log(event.media, event.on)
      else if (event.type === 'bufferLength') console.log(event.lengthMs)
      else if (event.type === 'call') await session.answer(event.callId, [event.name, ...event.values])
      else if (event.type === 'sharedObject') await session.sendSharedObject(event.sharedObject)
      else console.log(event.positionMs)
    }
  })
}

export async function hubs (): Promise<void> {
  await using hub = new Hub({ cachePolicy: 'keyframe', takeover: 'ifSilent', silentAfterMs: 3000, graceMs: 0 })
  const server = await Server.listen(':1935', { hub, askPlay: true })
  await server.serve(async request => {
    const granted = await hub.accept(request)
    same<typeof granted, boolean>(true)
  })
  const publisher = await hub.publish('live', 'a', { sendTimeoutMs: 100 })
  for await (const packet of await hub.play('live', 'a')) await publisher.sendPacket(packet)
  for (const { app, streamName, players, bytes } of hub.streams()) console.log(app, streamName, players + 1, bytes + 1n)
  console.log(hub.statistics().framesSent, hub.streamStatistics('live', 'a').publisher)
  // @ts-expect-error: no such policy
  void new Hub({ slowPolicy: 'wait' })
  await using relay = await hub.push('live', 'a', 'rtmps://host/live/a', { retryMinMs: 500, client: { tls: { insecure: true } }, mask: { noData: true } })
  same<typeof relay, Relay>(true)
  for await (const { state, error } of relay.unref().events()) if (state === 'waiting') console.log(error?.code)
  const pulled = await hub.pull('live', 'b', 'rtmp://host/live/b', { onDemand: true, idleAfterMs: 1000 })
  const { connections, bytes }: RelayStatistics = pulled.statistics()
  console.log(connections + 1, bytes + 1n)
  for (const { peer, paused } of hub.players('live', 'a')) console.log(peer, paused)
  await hub.play('live', 'a', { mask: { codecs: ['avc1'], track: 0 } })
  // @ts-expect-error: a publisher has no mask
  await hub.publish('live', 'c', { mask: { noAudio: true } })
  // @ts-expect-error: a relay opens its sockets itself
  await hub.push('live', 'a', 'rtmp://host/live/a', { client: { fd: 3 } })
  // @ts-expect-error: relays come from hubs
  void new Relay()
}

export async function adapters (session: Session, client: Client): Promise<void> {
  await pipeline(session.readable({ flv: true, audio: false }), client.writable({ flv: true }))
  await pipeline(session.readable(), client.writable({ video: true }))
  // @ts-expect-error: a misspelt option
  session.readable({ fly: true })
}

export async function files (): Promise<void> {
  await using recorder = await Recorder.openIn('/tmp', 'name', { rotateBytes: 1e9 })
  for await (const packet of await FLVReader.open('clip.flv')) {
    if (packet.keyframe || (packet.flags & PacketFlags.MALFORMED) !== 0) await recorder.write(packet)
    if (packet.media === 'data') console.log(packet.handler, packet.values?.[1])
    packet.timestampMs += 40
    // @ts-expect-error: only the timestamp may be changed
    packet.codec = 'avc1'
  }
  for await (const { ptsNs } of FLVReader.packets(createReadStream('clip.flv'))) same<typeof ptsNs, bigint>(true)
  const reader = new FLVReader()
  reader.feed(new Uint8Array(3))
  same<ReturnType<typeof reader.read>, Packet[]>(true)
  console.log(recorder.path)
}

export function engine (bytes: Uint8Array): void {
  using engine = Engine.server({ handshakeDone: true, chunkSize: 65536 })
  const caller = Engine.publish('rtmp://host/live/a', { publishType: 'record' })
  const taken = engine.receive(0, bytes)
  same<typeof taken, number>(true)
  for (const event of engine.events()) {
    same<typeof event, EngineEvent>(true)
    if (event.type === 'request') void event.request.accept().then(session => same<typeof session, undefined>(true))
    else if (event.type === 'packet') caller.sendPacket(event.packet)
    else if (event.type === 'streamEnd') console.log(event.endReason, event.error?.code, event.streamId)
    // @ts-expect-error: only of packets
    console.log(event.packet)
  }
  if (engine.deadlineMs !== undefined) engine.advance(engine.deadlineMs)
  caller.sendMetadata(new Metadata({ width: 1 }))
  console.log(caller.output().length, engine.closing, engine.statistics().bytesReceived + 1n)
  // @ts-expect-error: an engine has no signal
  Engine.server({ signal: AbortSignal.timeout(1) })
}

export function library (): void {
  setLogger(record => console.log(record.level, record.message), { level: 'debug' })
  setLogger(undefined)
  setMemoryLimit(1n << 30n)
  runtimeConfigure({ processors: 2, heapBytes: 1n << 30n })
  console.log(version, buildInfo, libraryStatistics().payloadBytes, status.TIMEOUT)
  const error = new OxrtmpError(status.BUSY)
  const plain: Error = error
  console.log(plain.message)
}

// What is not there is refused by name.
// @ts-expect-error: a misspelt option
void Server.listen(':1935', { chunksize: 1 })
// @ts-expect-error: a misspelt limit
void Server.listen(':1935', { limits: { connection: 1 } })
// @ts-expect-error: no such type
void Client.publish('rtmp://localhost/live/a', { publishType: 'forever' })
// @ts-expect-error: sessions come from requests
void new Session()
// @ts-expect-error: a string is no bytes
void ((c: Client) => c.sendAudio(0, 'aac'))

export function lowlevel (bytes: Buffer, room: Uint8Array): void {
  using handshake = new Handshake({ client: true, digest: true, timeMs: 1, random: new ArrayBuffer(HANDSHAKE_RANDOM_SIZE) })
  same<number, ReturnType<typeof handshake.receive>>(true)
  same<typeof handshake.result.scheme, 0 | 8 | 772>(true)
  const { digestOffset, keyOffset } = handshakeOffsets(handshake.output(), 8)
  same<typeof digestOffset, typeof keyOffset>(true)
  same<string, ReturnType<typeof authmodLlnw>>(true)
  authmodLlnw({ user: 'u', password: 'p', app: 'live', nonce: 'n', clientNonce: 'c' })
  authmodAdobe({ user: 'u', password: 'p', salt: 's', challenge: 'c', clientChallenge: 'c', opaque: 'o' })
  // @ts-expect-error a client chooses a challenge
  authmodAdobe({ user: 'u', password: 'p', salt: 's', challenge: 'c' })
  using decoder = new ChunkDecoder({ messageBytes: 65536 })
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(decoder.feed(rest))) {
    const message = decoder.next(room)
    if (message?.type === 1) decoder.setChunkSize(controlParse(1, message.payload).value)
    if (message?.type === 20) console.log(commandParse(20, message.payload).name.toUpperCase())
    if (message?.type === 9) same<Packet[], ReturnType<typeof packetParse>>(true)
  }
  using encoder = new ChunkEncoder()
  encoder.forget(3)
  encoder.setFullHeaders(true)
  const values = amfFromJson('[1]', { amf3: false })
  same<Buffer, typeof values>(true)
  const payload = commandBuild({ name: 'connect', transactionId: 1, values })
  same<Buffer, ReturnType<typeof encoder.write>>(true)
  encoder.write({ chunkStreamId: 3, type: 20, payload }, room)
  encoder.write({ chunkStreamId: 2, type: 4, payload: controlBuild({ type: 4, event: 6, timestampMs: 7, data: room }) })
  for (const step of new AMFCursor(values)) {
    if (step.type === 'string') console.log(step.text.length, step.name)
    if (step.type === 'amf3') same<typeof step.text, Buffer>(true)
    if (step.type === 'date') console.log(step.number + step.zone)
    amfBuild(step, room)
  }
  same<string, ReturnType<typeof amfToJson>>(true)
  const colors = colorInfoParse(bytes)
  colorInfoBuild({ ...colors, sections: ColorSections.CONFIG | ColorSections.LIGHT })
  const packet = packetParse(9, 0, bytes)[0]
  if (packet !== undefined) flvTag(packet, packetBuild(packet))
  same<Buffer, ReturnType<typeof flvHeader>>(true)
  try { flvHeader(true, timestampBefore(1, 2), room) } catch (error) { console.log((error as BufferError).needed) }
  // @ts-expect-error a message has a type
  encoder.write({ chunkStreamId: 3, payload })
  // @ts-expect-error an unknown option
  void new Handshake({ server: true })
}
