// Relay is a live server for one stream, which it sends to other servers as well.
//
//   npm install ../../bindings/node
//   node relay.mjs -listen localhost:1935 -stream live/test rtmp://a.example/live/key rtmps://b.example/live/key
//   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
//
// The stream comes from a publisher, or with -from from another server.
import { Hub, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'
import { certificate, certificateFlags, trust, trustFlags } from './trust.mjs'

/** @import { Relay, Request } from 'oxrtmp' */

const flags = parseFlags('relay', {
  listen: '127.0.0.1:1935', // addresses, separated by commas; rtmps://host:port for TLS
  stream: 'live/test', // what may be published and played
  from: '', // play the stream from there instead
  'on-demand': false, // only while somebody plays it here
  'idle-ms': 10000, // and so much longer
  'retry-min-ms': 1000, // wait so long after a failure, and twice as long after each more
  'retry-max-ms': 30000, // up to so long
  ...certificateFlags,
  ...trustFlags
}, ['URL...'])

/**
 * What of a URL may be shown: its path is a secret.
 * @param {string} url
 */
const host = url => url.replace(/^(\w+:\/\/)(?:[^/]*@)?([^/]*).*$/, '$1$2')

/**
 * Prints each state that a relay comes into, and at the end what it has done.
 * @param {string} name
 * @param {Relay} relay
 */
async function tell (name, relay) {
  for await (const { state, error } of relay.events()) {
    console.log(`${name}: ${state}${error === undefined ? '' : `: ${error.message}`}`)
  }
  const s = relay.statistics()
  console.log(`${name}: connections=${s.connections} retries=${s.retries} packets=${s.packets} bytes=${s.bytes} dropped=${s.framesDropped}`)
}

/**
 * Begins the relays: by what they are called.
 * @param {Hub} hub
 */
async function connect (hub) {
  const at = flags.stream.lastIndexOf('/')
  const [app, name] = [flags.stream.slice(0, at), flags.stream.slice(at + 1)]
  const options = { retryMinMs: flags['retry-min-ms'], retryMaxMs: flags['retry-max-ms'], client: trust(flags) }
  const relays = /** @type {Map<string, Relay>} */ (new Map())
  for (const [i, url] of flags.rest.entries()) relays.set(`push ${i + 1} to ${host(url)}`, await hub.push(app, name, url, options))
  if (flags.from) {
    const pulls = { ...options, onDemand: flags['on-demand'], idleAfterMs: flags['idle-ms'] }
    relays.set(`pull from ${host(flags.from)}`, await hub.pull(app, name, flags.from, pulls))
  }
  return relays
}

/**
 * Whether a request is for the stream; nobody publishes it when it comes from a server.
 * @param {Request} request
 */
const allowed = request =>
  `${request.app}/${request.streamName}` === flags.stream && !(request.kind === 'publish' && flags.from)

try {
  const hub = new Hub()
  const server = await Server.listen(flags.listen.split(','), { hub, askPublish: true, askPlay: true, ...certificate(flags) })
  console.log(`listening on ${server.addresses.join(', ')}`)
  const relays = await connect(hub)
  const told = [...relays].map(([name, relay]) => tell(name, relay))
  const ends = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())
  await server.serve(async request => {
    if (allowed(request)) await hub.accept(request)
    else await request.reject('not here')
  }, { signal: ends.signal }) // until a signal
  await Promise.all([...relays.values()].map(relay => relay.close()))
  await Promise.all(told)
  await hub.close()
} catch (error) {
  console.error('relay:', error instanceof Error ? error.message : error)
  process.exitCode = 1
}
