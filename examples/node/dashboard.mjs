// Dashboard is a live server with a page that shows how each of its streams does: bit rate, frames, drops, players.
//
//   npm install
//   node dashboard.mjs -listen localhost:1935 -http localhost:8080
//   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
//
// Then open http://localhost:8080/. The same figures are at /metrics for Prometheus.
import { Hub, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'
import { addressOf, page, serveSite } from './site.mjs'

/** @import { ServerResponse } from 'node:http' */
/** @import { ServerEvent } from 'oxrtmp' */

const { listen, http } = parseFlags('dashboard', { listen: '127.0.0.1:1935', http: '127.0.0.1:8080' })

const SECONDS = 120 // that the plots show
const HAPPENINGS = 30 // that are kept

/** @typedef {{ bytes: bigint, frames: number, dropped: number }} Figures what has come, and was dropped, since a stream began */

const hub = new Hub()

/** Samples the streams once a second, and keeps what it found for who comes later. */
class Sampler {
  /** @type {object[]} */
  samples = []
  /** @type {object[]} */
  happenings = []
  #watchers = /** @type {Set<ServerResponse>} */ (new Set())
  #last = /** @type {Map<string, Figures>} */ (new Map())
  #time = performance.now()
  #timer = setInterval(() => this.#sample(), 1000)

  #sample () {
    const seconds = (performance.now() - this.#time) / 1000
    this.#time += seconds * 1000
    const last = this.#last
    this.#last = new Map()
    const streams = hub.streams().map(s => {
      const name = `${s.app}/${s.streamName}`
      const now = { bytes: s.bytes, frames: s.videoPackets, dropped: s.framesDropped }
      const before = last.get(name) ?? now
      this.#last.set(name, now)
      return {
        name,
        published: s.published,
        publisher: s.publisher,
        seconds: Number(s.publishedNs / 1000000000n),
        codecs: [s.videoCodec, s.audioCodec].filter(codec => codec !== ''),
        ...pictureOf(s.app, s.streamName),
        players: s.players,
        kbits: Number(now.bytes - before.bytes) * 8 / 1000 / seconds,
        fps: (now.frames - before.frames) / seconds,
        drops: (now.dropped - before.dropped) / seconds,
        dropped: s.framesDropped
      }
    })
    const sample = { time: Date.now(), streams }
    this.samples = [...this.samples, sample].slice(-SECONDS)
    this.#tell({ sample })
  }

  /** @param {ServerEvent} event */
  note ({ type, app, streamName, peerAddress, text }) {
    const happening = { time: Date.now(), type, stream: `${app}/${streamName}`, peer: peerAddress, text }
    this.happenings = [...this.happenings, happening].slice(-HAPPENINGS)
    this.#tell({ happening })
  }

  /**
   * Sends a page all that is known, and what comes.
   * @param {ServerResponse} response
   */
  watch (response) {
    response.setHeader('Content-Type', 'text/event-stream')
    response.write(message({ address: server.address, seconds: SECONDS, samples: this.samples, happenings: this.happenings }))
    this.#watchers.add(response)
    response.on('close', () => this.#watchers.delete(response))
  }

  /** @param {object} news */
  #tell (news) {
    for (const watcher of this.#watchers) {
      if (watcher.writableNeedDrain) watcher.destroy() // a page that sleeps asks again when it wakes
      else watcher.write(message(news))
    }
  }

  end () { clearInterval(this.#timer) }
}

/** @param {object} value */
const message = value => `data: ${JSON.stringify(value)}\n\n`

/**
 * The size of the picture as the publisher has told it.
 * @param {string} app
 * @param {string} name
 */
function pictureOf (app, name) {
  try {
    const [, metadata] = hub.dataFrames(app, name).find(([handler]) => handler === 'onMetaData') ?? []
    const { width, height } = /** @type {Record<string, unknown>} */ (metadata ?? {})
    return { width, height }
  } catch { // the stream has just ended
    return {}
  }
}

const server = await Server.listen(listen, { hub, events: ['publish', 'unpublish', 'play', 'play_stop'] })
const sampler = new Sampler()
for (const type of /** @type {const} */ (['publish', 'unpublish', 'play', 'play_stop'])) server.on(type, event => sampler.note(event))
const site = await serveSite(http, [
  ['/', page('dashboard.html')],
  ['/dashboard.js', page('dashboard.js')],
  ['/style.css', page('style.css')],
  ['/events', response => sampler.watch(response)],
  ['/metrics', response => response.setHeader('Content-Type', 'text/plain; version=0.0.4').end(server.prometheus())]
])
console.log(`listening on ${server.addresses.join(', ')}`)
console.log(`open ${addressOf(site)}`)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    sampler.end()
    await server.close()
    await hub.close()
    site.close()
    site.closeAllConnections()
  })
}
