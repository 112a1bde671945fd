// What the types promise and refuse, as tsd checks it: each expectation is of the type exactly, each error must be one.
import { Readable, Writable } from 'node:stream'
import { expectAssignable, expectError, expectNotAssignable, expectType } from 'tsd'
import {
  AdapterOptions, Bytes, CallEvent, Client, ClientEvent, ClientOptions, Codec, Engine, FLVReader, Hub, HubStream, Metadata, OxrtmpError, Packet,
  PacketInit, PlayerEvent, Recorder, Relay, RelayEvent, Request, Server, ServerEvent, ServerOptions, Session, Statistics, amf, codec, status
} from './index.js'

// Requests are of what the options ask for.
expectType<Promise<Server<Request<Session>>>>(Server.listen(':1935'))
expectType<Promise<Server<Request<Session>>>>(Server.listen([':1935', 'rtmps://:443'], { tls: { certificateFile: 'a', keyFile: 'b' } }))
expectType<Promise<Server<Request<Session | undefined>>>>(Server.listen(':1935', { askConnect: true }))
declare const request: Request
expectType<Promise<Session>>(request.accept())
expectType<Promise<void>>(request.reject('NetStream.Publish.Denied', 'no'))
expectError(request.reject('NetStream.Publish.Denied', 1))

// Streams of packets.
declare const session: Session
declare const client: Client
expectType<AsyncIterableIterator<Packet>>(session[Symbol.asyncIterator]())
expectType<Promise<Packet | undefined>>(client.nextPacket())
expectType<Promise<Packet[]>>(session.nextPackets())
expectType<Readable>(session.readable({ flv: true }))
expectType<Writable>(client.writable())
expectAssignable<AdapterOptions>({ audio: false })
expectError(session.readable({ highWaterMark: 1 }))
expectType<Statistics>(client.statistics())
expectType<Promise<OxrtmpError | undefined>>(client.ended)
expectType<AsyncIterableIterator<PlayerEvent | CallEvent>>(session.events())
expectType<AsyncIterableIterator<ClientEvent | CallEvent>>(client.events())

// Packets: what may be changed, what may be sent.
declare const packet: Packet
expectType<number>(packet.timestampMs)
packet.timestampMs = 1
expectError(packet.data = Buffer.alloc(1))
expectType<Codec>(packet.codec)
expectAssignable<Codec>('xyz1')
expectAssignable<PacketInit>({ media: 'audio', data: new Uint8Array(1) })
expectNotAssignable<PacketInit>({ media: 'sound', data: new Uint8Array(1) })
expectAssignable<Bytes>(new SharedArrayBuffer(1))
expectNotAssignable<Bytes>('bytes')

// Options: unknown names, and values of another type.
expectAssignable<ServerOptions>({ limits: { connections: 1 }, timeouts: { idleMs: -1 }, events: ['publish'] })
expectNotAssignable<ServerOptions>({ limits: { connections: '1' } })
expectError<ServerOptions>({ limit: {} })
expectError<ClientOptions>({ reconnects: true })
expectNotAssignable<ClientOptions>({ publishType: 'forever' })
expectNotAssignable<ServerOptions>({ events: ['published'] })

// What is told.
declare const server: Server
expectType<Server>(server.on('unpublish', event => expectType<ServerEvent>(event)))
expectError(server.on('unpublished', () => {}))
expectType<AsyncIterableIterator<ServerEvent>>(server.events())

// Hubs, relays, files, engines.
const hub = new Hub({ takeover: 'replace' })
expectError(new Hub({ takeover: 'always' }))
expectType<HubStream[]>(hub.streams())
expectType<Promise<Relay>>(hub.push('live', 'a', 'rtmp://host/live/a'))
declare const relay: Relay
expectType<AsyncIterableIterator<RelayEvent>>(relay.events())
expectType<Promise<Recorder>>(Recorder.openIn('.', 'name', { rotateDurationMs: 60000 }))
expectError(Recorder.open('a.flv', { rotateMs: 1 }))
expectType<Promise<FLVReader>>(FLVReader.open('a.flv'))
expectType<AsyncGenerator<Packet, void, void>>(FLVReader.packets([new Uint8Array(1)]))
expectError(Engine.server({ signal: AbortSignal.timeout(1) }))
expectType<Buffer>(Engine.play('rtmp://host/live/a').output())

// Errors and values.
expectType<-107>(status.TIMEOUT as -107)
expectError(status.TIMEOUTS)
expectAssignable<Error>(new OxrtmpError(status.BUSY))
declare const error: OxrtmpError
expectAssignable<`ERR_OXRTMP_${string}`>(error.code)
expectType<Buffer>(amf.encode([1, 'a', null, { b: [new Date(0)] }]))
expectType<any[]>(amf.decode(new Uint8Array(1), { amf3: true }))
expectType<string>(codec.describe(packet).parameter)
expectAssignable<Metadata>(new Metadata({ width: 16 }))
expectError(new Metadata({ width: '16' }))
