// Server is a live server: what publishers send goes to everybody who plays it.
//
//   npm install ../../bindings/node
//   node server.mjs -listen localhost:1935 -record /tmp
//   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
//   ffplay rtmp://localhost/live/test
//
// It shows a line per stream, and records FLV files if it is told to.
import { setTimeout } from 'node:timers/promises'
import { Hub, OxrtmpError, Recorder, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'
import { same } from './key.mjs'
import { Screen, Stream, printable } from './live.mjs'
import { certificate, certificateFlags } from './trust.mjs'

/** @import { Client, Request, Session } from 'oxrtmp' */

const flags = parseFlags('server', {
  listen: '127.0.0.1:1935', // addresses, separated by commas; rtmps://host:port for TLS
  key: '', // the one stream name that may be published
  record: '', // write every stream to an FLV file in this directory
  quiet: false, // no live lines
  ...certificateFlags, // SIGHUP reads them again
  cache: ['gop', 'keyframe', 'off'], // what late players get
  slow: ['drop', 'disconnect', 'block'], // what happens to slow players
  codecs: ['pass', 'refuse', 'filter'], // and to those that have not said that they decode a stream
  takeover: ['reject', 'replace', 'silent'], // a second publisher of a name
  'grace-ms': 10000, // how long players stay when their publisher has gone
  'coalesce-ms': 0, // how long packets are held back, to send several at once
  wait: false, // players may wait for a publisher
  connections: 10000, // serve so many connections at most
  'connections-per-address': 5000, // and so many from one address
  events: false, // show everything that happens
  users: '', // who may connect, as name:password,...; everybody
  login: ['adobe', 'llnw'], // how they log in
  'proxy-from': '', // networks of load balancers with PROXY protocol, separated by commas
  'idle-ms': 60000, // end those that are silent for so long, and take nothing
  drain: '' // when a signal ends it, ask everybody to go on at this URL, and wait 10 s
})
const TAKEN_OVER = 'another publisher has taken over'

const screen = new Screen(flags.quiet)
const hub = new Hub({
  cachePolicy: flags.cache,
  slowPolicy: flags.slow,
  codecs: flags.codecs,
  takeover: flags.takeover === 'silent' ? 'ifSilent' : flags.takeover,
  graceMs: flags['grace-ms'],
  coalesceMs: flags['coalesce-ms'],
  waitForPublisher: flags.wait
})

/**
 * What is between commas.
 * @param {string} list
 */
const words = list => list.split(',').filter(word => word !== '')

/** @param {unknown} error */
const message = error => error instanceof Error ? error.message : String(error)

/**
 * How many play what a session publishes.
 * @param {Session} session
 */
const players = session =>
  hub.closed ? 0 : hub.streams().find(s => s.app === session.app && s.streamName === session.streamName)?.players ?? 0

/**
 * Publishes what a session brings, and records it, until it ends. Returns the file's path, if any, and why it ended.
 * @param {Session} session
 * @param {Client} publisher
 * @param {Stream} stream
 */
async function forward (session, publisher, stream) {
  let path = ''
  try {
    const recorder = flags.record ? await Recorder.openIn(flags.record, session.streamName) : undefined
    path = recorder?.path ?? ''
    // A loop over the session would close it when it is left by a failure: without the words below.
    for (let packet = await session.nextPacket(); packet !== undefined; packet = await session.nextPacket()) {
      stream.extend(packet)
      await publisher.sendPacket(packet)
      await recorder?.write(packet)
    }
    await recorder?.close()
    return [path, session.error?.message ?? (session.endReason || 'closed')]
  } catch (error) { // of the recorder, whose file is completed as far as it goes; or the stream has another publisher
    const code = error instanceof OxrtmpError ? error.code : ''
    if (publisher.error === undefined && code !== 'ERR_OXRTMP_CLOSED' && code !== 'ERR_OXRTMP_EOF') return [path, message(error)]
    await session.closeWithStatus('NetStream.Publish.BadName', TAKEN_OVER)
    return [path, 'closed']
  }
}

/**
 * Ends a session once another publisher has its stream: its peer may send nothing by which forward would notice.
 * @param {Session} session
 * @param {Client} publisher
 */
async function endReplaced (session, publisher) {
  for await (const _ of publisher.events()) ;
  await session.closeWithStatus('NetStream.Publish.BadName', TAKEN_OVER)
}

/**
 * Shows a stream and hands it on, to its end.
 * @param {Session} session
 * @param {Client} publisher
 */
async function receive (session, publisher) {
  const stream = new Stream(session, `${session.app}/${session.streamName}`, () => players(session))
  screen.print(`publish ${stream.name} from ${session.peerAddress} (${session.encoder})`)
  screen.add(stream)
  endReplaced(session, publisher).catch(() => {}) // of a server that is closing
  const [path, reason] = await forward(session, publisher, stream)
  screen.remove(stream)
  screen.print(`end ${stream.name} ${stream.summary} file=${path} reason=${reason}`)
}

/**
 * Begins to publish what is requested. An encoder that stops and begins again at once may be here before its last stream has
 * ended, with its recording: that gets a moment, before the encoder is told that it has a rival.
 * @param {Request} request
 */
async function publish (request) {
  for (const patience = Date.now() + 2000; ; await setTimeout(10)) {
    try {
      return await hub.publish(request.app, request.streamName, { sendTimeoutMs: -1 })
    } catch (error) {
      if (!(error instanceof OxrtmpError && error.code === 'ERR_OXRTMP_BUSY') || Date.now() > patience) throw error
    }
  }
}

/**
 * Answers a request. That of a publisher is served to the stream's end.
 * @param {Request} request
 */
async function serve (request) {
  if (request.kind === 'play') {
    const name = printable(`${request.app}/${request.streamName}`)
    if (await hub.accept(request)) screen.print(`play ${name} to ${request.peerAddress}`)
    return
  }
  if (flags.key && !same(request.streamName, flags.key)) {
    await request.reject('NetStream.Publish.BadName', 'unauthorized')
    return
  }
  try {
    const publisher = await publish(request)
    const session = await request.accept()
    if (!session.closed) await receive(session, publisher) // or the publisher has gone
    await publisher.close()
  } catch (error) {
    if (!request.answered) await request.reject('NetStream.Publish.BadName', message(error))
  }
}

/** @type {import('oxrtmp').ServerEventType[]} */
const shown = ['connection', 'handshake_complete', 'connect', 'disconnect', 'fc_publish', 'publish', 'publish_stop', 'unpublish', 'play',
  'play_stop', 'pause', 'unpause', 'metadata', 'media_tag', 'video_frame', 'audio_frame', 'enhanced_video_frame',
  'enhanced_audio_frame', 'keyframe']

/**
 * Shows everything that happens, until the server is closed.
 * @param {Server} server
 */
async function show (server) {
  for await (const event of server.events()) {
    screen.print(`event ${event.type} ${event.connection} ${printable(`${event.app}/${event.streamName}`)}`)
    event.packet?.release()
  }
}

/**
 * Reads the certificate again: the next connections get it, those that are open stay.
 * @param {Server} server
 */
async function reload (server) {
  try {
    await server.setCertificate('', certificate(flags).tls)
    screen.print('the certificate is new')
  } catch (error) {
    screen.print(`the certificate stays as it is: ${message(error)}`)
  }
}

/**
 * Sends everybody who knows such requests to another server, and gives them 10 s to go.
 * @param {Server} server
 */
async function leave (server) {
  const asked = await server.requestReconnect(flags.drain, 'this server is about to end')
  screen.print(`draining: ${asked} asked to go to ${flags.drain}`)
  await server.shutdown({ timeoutMs: 10000 }).catch(() => {}) // some stayed
}

try {
  const options = {
    hub,
    askPublish: true,
    askPlay: true,
    ...certificate(flags),
    events: flags.events ? shown : [],
    users: Object.fromEntries(words(flags.users).map(user => user.split(/:(.*)/s, 2))),
    loginScheme: flags.login,
    proxyFrom: words(flags['proxy-from']),
    limits: { connections: flags.connections, connectionsPerAddress: flags['connections-per-address'] },
    timeouts: { idleMs: flags['idle-ms'] }
  }
  const server = await Server.listen(flags.listen.split(','), options)
  screen.print(`listening on ${server.addresses.join(', ')}`)
  if (flags.events) show(server)
  const ends = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { flags.drain ? leave(server) : ends.abort() })
  if (flags['tls-cert']) process.on('SIGHUP', () => { reload(server) })
  await server.serve(serve, { signal: ends.signal }) // until a signal, which ends every stream
  await hub.close()
} catch (error) {
  console.error('server:', message(error))
  process.exitCode = 1
}
