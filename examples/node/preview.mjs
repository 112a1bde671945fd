// Preview is a live server with a page that plays its streams in a browser: RTMP in, FLV over HTTP or a WebSocket out.
//
//   npm install
//   node preview.mjs -listen localhost:1935 -http localhost:8080
//   ffmpeg -re -i clip.mp4 -c:v libx264 -c:a aac -f flv rtmp://localhost/live/test
//
// Then open http://localhost:8080/. Browsers play H.264 and AAC; mpegts.js, which the page uses, hands it to them.
import { pipeline } from 'node:stream/promises'
import { Hub, Server } from 'oxrtmp'
import { WebSocketServer, createWebSocketStream } from 'ws'
import { parseFlags } from './flags.mjs'
import { addressOf, json, packaged, page, pathOf, serveSite } from './site.mjs'

/** @import { Writable } from 'node:stream' */

const { listen, http } = parseFlags('preview', { listen: '127.0.0.1:1935', http: '127.0.0.1:8080' })

const STREAM = /^\/(.+)\/([^/]+)\.flv$/ // /app/name.flv
const hub = new Hub()

/**
 * Sends a stream as FLV, until it or its viewer ends. A viewer that is too slow loses video up to a keyframe.
 * @param {string} app
 * @param {string} name
 * @param {Writable} viewer
 */
async function show (app, name, viewer) {
  const { videoCodec: video, audioCodec: audio } = hub.streamStatistics(app, name)
  const player = await hub.play(app, name)
  // Players wait for what the file's header promises.
  const flv = player.readable({ flv: true, video: video !== '' || audio === '', audio: audio !== '' || video === '' })
  await pipeline(flv, viewer)
}

/** What is on: of each stream what the page shows. */
const streams = () => hub.streams().filter(({ published }) => published).map(s => (
  { name: `${s.app}/${s.streamName}`, viewers: s.players, video: s.videoCodec, audio: s.audioCodec }
))

try {
  const server = await Server.listen(listen, { hub })
  const site = await serveSite(http, [
    ['/', page('preview.html')],
    ['/preview.js', page('preview.js')],
    ['/style.css', page('style.css')],
    ['/mpegts.js', packaged('mpegts.js/dist/mpegts.js')],
    ['/streams', json(() => ({ port: server.address.split(':').at(-1), streams: streams() }))],
    [STREAM, (response, app = '', name = '') => {
      hub.streamStatistics(app, name) // throws where there is none
      response.setHeader('Content-Type', 'video/x-flv')
      return show(app, name, response)
    }]
  ])
  const sockets = new WebSocketServer({ server: site })
  sockets.on('connection', async (socket, request) => {
    const [, app = '', name = ''] = pathOf(request)?.match(STREAM) ?? []
    try {
      await show(app, name, createWebSocketStream(socket))
    } catch { // there is no such stream, or the viewer has gone
      socket.close(1000)
    }
  })
  console.log(`listening on ${server.addresses.join(', ')}`)
  console.log(`open ${addressOf(site)}`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end)

  async function end () {
    await server.close()
    await hub.close()
    for (const socket of sockets.clients) socket.terminate()
    site.close()
    site.closeAllConnections()
  }
} catch (error) {
  console.error('preview:', error instanceof Error ? error.message : error)
  process.exitCode = 1
}
