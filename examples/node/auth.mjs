// Auth is a live server that asks a web service who may publish, and who may play.
//
//   npm install ../../bindings/node
//   node auth.mjs -listen localhost:1935 -ask http://localhost:3000/allowed
//   ffmpeg -re -i clip.mp4 -c copy -f flv 'rtmp://localhost/live/test?token=secret'
//
// The service gets a POST with JSON: { "action": "publish", "app": "live", "stream": "test", "parameters": { "token": "secret" },
// "address": "192.0.2.7:50123" }. A status of 2xx lets the peer in; of any other the text is what the peer is told.
import { Hub, Refusal, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'

/** @import { Request, Session } from 'oxrtmp' */

const { listen, ask } = parseFlags('auth', { listen: '127.0.0.1:1935', ask: 'http://127.0.0.1:3000/allowed' })

const PATIENCE_MS = 5000 // with the service; the library's with us is 10 s (timeouts.decisionMs)

/**
 * Lets a peer in, or throws: other peers, and media, do not wait for that.
 * @param {Request<Session | undefined>} request
 */
async function decide (request) {
  const { kind: action, app, streamName: stream, query, peerAddress: address } = request
  const question = { action, app, stream, parameters: Object.fromEntries(new URLSearchParams(query)), address }
  const answer = await fetch(ask, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(question),
    signal: AbortSignal.timeout(PATIENCE_MS)
  }).catch(error => {
    console.error(`auth: ${ask}: ${error.cause?.message ?? error.message}`)
    throw new Refusal('try again later')
  })
  if (!answer.ok) throw new Refusal((await answer.text()).trim().slice(0, 200) || 'not allowed')
  console.log(`${address} may ${action} ${app}/${stream}`)
}

try {
  const hub = new Hub()
  const server = await Server.listen(listen, {
    hub,
    hooks: { publish: decide, play: decide },
    onError: error => console.error('auth:', error instanceof Error ? error.message : error)
  })
  console.log(`listening on ${server.addresses.join(', ')}`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close().then(() => hub.close()))
} catch (error) {
  console.error('auth:', error instanceof Error ? error.message : error)
  process.exitCode = 1
}
