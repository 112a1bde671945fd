// Ingest accepts RTMP publishers, checks their key, shows a live line per stream and records FLV files.
//
//   npm install ../../bindings/node
//   node ingest.mjs -listen localhost:1935 -key test -record /tmp
//   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
import { Recorder, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'
import { same } from './key.mjs'
import { Screen, Stream } from './live.mjs'

/** @import { Request, Session } from 'oxrtmp' */

const { listen, key, record, once, quiet } = parseFlags('ingest',
  { listen: '127.0.0.1:1935', key: '', record: '', once: false, quiet: false })
const screen = new Screen(quiet)

/**
 * Takes packets, and records them, until the stream ends. Returns the file's path, if any, and why it ended.
 * @param {Session} session
 * @param {Stream} stream
 */
async function receive (session, stream) {
  let path = ''
  try {
    const recorder = record ? await Recorder.openIn(record, session.streamName) : undefined
    path = recorder?.path ?? ''
    for await (const packet of session) {
      stream.extend(packet)
      await recorder?.write(packet)
    }
    await recorder?.close()
    return [path, session.error?.message ?? session.endReason]
  } catch (error) { // of the recorder; its file is completed as far as it goes
    return [path, error instanceof Error ? error.message : String(error)]
  }
}

/** @param {Session} session */
async function publish (session) {
  if (session.closed) return // the publisher has gone
  const stream = new Stream(session, `${session.app}/${session.streamName}`)
  screen.print(`publish ${stream.name} from ${session.peerAddress} (${session.encoder})`)
  screen.add(stream)
  const [path, reason] = await receive(session, stream)
  screen.remove(stream)
  screen.print(`end ${stream.name} ${stream.summary} file=${path} reason=${reason}`)
}

/** @param {Request} request */
async function serve (request) {
  if (key && !same(request.streamName, key)) {
    await request.reject('NetStream.Publish.BadName', 'unauthorized')
    return
  }
  await publish(await request.accept())
  if (once) process.emit('SIGTERM')
}

try {
  const server = await Server.listen(listen)
  screen.print(`listening on ${server.addresses.join(', ')}`)
  const ends = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())
  await server.serve(serve, { signal: ends.signal }) // until a signal, which ends every stream
} catch (error) {
  console.error('ingest:', error instanceof Error ? error.message : error)
  process.exitCode = 1
}
