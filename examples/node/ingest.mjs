// Ingest accepts RTMP publishers, checks their key, shows a live line per stream and records FLV files.
//
//   npm install ../../bindings/node
//   node ingest.mjs -listen localhost:1935 -key test -record /tmp
//   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
import { createHash, timingSafeEqual } from 'node:crypto'
import { Recorder, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'

/** @import { Packet, Request, Session } from 'oxrtmp' */

const MOST_LIVE = 20 // lines, so that they fit on a screen

const { listen, key, record, once, quiet } = parseFlags('ingest',
  { listen: '127.0.0.1:1935', key: '', record: '', once: false, quiet: false })

// ---- the screen: lines that stay, and on a terminal a block of live lines below them ----

const live = !quiet && process.stdout.isTTY
const streams = /** @type {Set<Stream>} */ (new Set())
let drawn = 0 // live lines on the screen

function draw (text = '') {
  const up = drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : '' // to the block's first line, and clear from there
  const lines = live ? [...streams].slice(0, MOST_LIVE).map(s => `\x1b[?7l${s.line}\x1b[?7h\n`) : []
  drawn = lines.length
  process.stdout.write(up + text + lines.join(''))
}

/** @param {string} text */
const print = text => draw(text + '\n')

/**
 * Replaces what a peer could use to write on the terminal, or to break a word in two.
 * @param {string} text
 */
const printable = text => text.replace(/[\p{C}\p{Z}]/gu, '_')

/** A publisher as the screen shows it. */
class Stream {
  #session
  #shown
  /** @type {bigint | undefined} */
  #first // the least and greatest decoding time of audio and video
  /** @type {bigint | undefined} */
  #last
  line = ''

  /** @param {Session} session */
  constructor (session) {
    this.#session = session
    this.name = printable(`${session.app}/${session.streamName}`)
    this.#shown = session.statistics()
    this.update()
  }

  /** @param {Packet} packet */
  extend ({ media, dtsNs }) {
    if (media === 'data') return
    if (this.#first === undefined || dtsNs < this.#first) this.#first = dtsNs
    if (this.#last === undefined || dtsNs > this.#last) this.#last = dtsNs
  }

  get summary () {
    const n = this.#session.statistics()
    const duration = ((this.#last ?? 0n) - (this.#first ?? 0n)) / 1000000n
    return `packets=${n.packets} audio=${n.audioPackets} video=${n.videoPackets} data=${n.dataPackets} bytes=${n.bytes} ` +
      `keyframes=${n.keyframes} malformed=${n.malformed} duration_ms=${duration}`
  }

  /** Makes the live line, with the rates since the last call. */
  update () {
    const now = this.#session.statistics()
    const seconds = Number(now.durationNs - this.#shown.durationNs) / 1e9
    const rate = (/** @type {number} */ amount) => seconds > 0 ? amount / seconds : 0
    const kbits = rate(Number(now.bytes - this.#shown.bytes) * 8 / 1000)
    const fps = rate(now.videoPackets - this.#shown.videoPackets)
    this.#shown = now
    const up = new Date(Number(now.durationNs / 1000000n)).toISOString().slice(11, 19)
    this.line = `${this.name.slice(0, 24).padEnd(24)} ${up} ${String(now.packets).padStart(9)} packets ` +
      `${kbits.toFixed(0).padStart(8)} kbit/s ${fps.toFixed(1).padStart(6)} fps`
  }
}

// ---- the streams ----

/** @param {string} text */
const digest = text => createHash('sha256').update(text).digest()

/**
 * Compares in a time that does not tell where the difference is.
 * @param {string} a
 * @param {string} b
 */
const same = (a, b) => timingSafeEqual(digest(a), digest(b))

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
  const stream = new Stream(session)
  print(`publish ${stream.name} from ${session.peerAddress} (${session.encoder})`)
  streams.add(stream)
  const [path, reason] = await receive(session, stream)
  streams.delete(stream)
  print(`end ${stream.name} ${stream.summary} file=${path} reason=${reason}`)
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

// ---- the program ----

try {
  const server = await Server.listen(listen)
  print(`listening on ${server.addresses.join(', ')}`)
  const ends = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())
  const refresh = setInterval(() => {
    for (const stream of streams) stream.update()
    draw()
  }, 1000)
  await server.serve(serve, { signal: ends.signal }) // until a signal, which ends every stream
  clearInterval(refresh)
} catch (error) {
  console.error('ingest:', error instanceof Error ? error.message : error)
  process.exitCode = 1
}
