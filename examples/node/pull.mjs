// Pull plays a stream from an RTMP server and writes it to an FLV file.
//
//   npm install ../../bindings/node
//   node pull.mjs rtmp://localhost/live/test test.flv
import { Client, Recorder } from 'oxrtmp'
import { parseFlags } from './flags.mjs'
import { Screen, Stream } from './live.mjs'
import { trust, trustFlags } from './trust.mjs'

const flags = parseFlags('pull', {
  seconds: 0, // end after so much of the stream; 0: with the stream
  quiet: false, // no live line
  follow: false, // go on at another server when this one asks for it, as one does that is about to end
  ...trustFlags
}, ['URL', 'FILE'])
const [url = '', file = ''] = flags.rest

const ends = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())

/**
 * Records packets until there are no more, or enough of them.
 * @param {Client} client
 * @param {Recorder} recorder
 * @param {Stream} stream
 */
async function receive (client, recorder, stream) {
  for await (const packet of client) {
    stream.extend(packet)
    if (flags.seconds > 0 && stream.duration >= flags.seconds * 1000) return
    await recorder.write(packet)
  }
}

/** Plays and records until the stream ends, -seconds have passed or a signal comes: why it ended, and whether well. */
async function pull () {
  const client = await Client.play(url, { signal: ends.signal, followReconnects: flags.follow, ...trust(flags) })
  const recorder = await Recorder.open(file) // beside a file that exists, not over it
  const screen = new Screen(flags.quiet)
  const stream = new Stream(client, url.replace(/^\w+:\/\/[^/]*\/|\?.*$/g, '')) // what stands behind the host
  screen.print(`playing ${stream.name} from ${client.peerAddress}`)
  screen.add(stream)
  await receive(client, recorder, stream)
  await recorder.close()
  screen.remove(stream)
  const reason = ends.signal.aborted ? 'interrupted' : client.error?.message ?? 'ended'
  screen.print(`end ${stream.name} ${stream.summary} file=${recorder.path} reason=${reason}`)
  if (!ends.signal.aborted && client.error !== undefined) throw client.error
}

try {
  await pull()
} catch (error) {
  if (!ends.signal.aborted) console.error('pull:', error instanceof Error ? error.message : error) // names the phase, and the server's code and description
  process.exitCode = 1
}
