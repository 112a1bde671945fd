// Ingest accepts RTMP publishers, checks their key, shows a live line per stream and records FLV files.
//
//   npm install ../../bindings/node
//   node ingest.mjs -listen localhost:1935 -key test -record /tmp
//   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
import { createHash, timingSafeEqual } from 'node:crypto'
import { Recorder, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'

const MOST_LIVE = 20 // lines, so that they fit on a screen

const { listen, key, record, once, quiet } = parseFlags('ingest',
  { listen: '127.0.0.1:1935', key: '', record: '', once: false, quiet: false })

// ---- the screen: lines that stay, and on a terminal a block of live lines below them ----

const live = !quiet && process.stdout.isTTY
const streams = new Set()
let drawn = 0 // live lines on the screen

function draw (text = '') {
  const up = drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : '' // to the block's first line, and clear from there
  const lines = live ? [...streams].slice(0, MOST_LIVE).map(s => `\x1b[?7l${s.line}\x1b[?7h\n`) : []
  drawn = lines.length
  process.stdout.write(up + text + lines.join(''))
}

const print = text => draw(text + '\n')

/** Replaces what a peer could use to write on the terminal, or to break a word in two. */
const printable = text => text.replace(/[\p{C}\p{Z}]/gu, '_')

/** A publisher as the screen shows it. */
class Stream {
  #session
  #shown
  #first // the least and greatest decoding time of audio and video
  #last
  line = ''

  constructor (session) {
    this.#session = session
    this.name = printable(`${session.app}/${session.streamName}`)
    this.#shown = session.statistics()
    this.update()
  }

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
    const rate = amount => seconds > 0 ? amount / seconds : 0
    const kbits = rate(Number(now.bytes - this.#shown.bytes) * 8 / 1000)
    const fps = rate(now.videoPackets - this.#shown.videoPackets)
    this.#shown = now
    const up = new Date(Number(now.durationNs / 1000000n)).toISOString().slice(11, 19)
    this.line = `${this.name.slice(0, 24).padEnd(24)} ${up} ${String(now.packets).padStart(9)} packets ` +
      `${kbits.toFixed(0).padStart(8)} kbit/s ${fps.toFixed(1).padStart(6)} fps`
  }
}

// ---- the streams ----

const digest = text => createHash('sha256').update(text).digest()

/** Compares in a time that does not tell where the difference is. */
const same = (a, b) => timingSafeEqual(digest(a), digest(b))

/** Takes packets, and records them, until the stream ends. */
async function receive (session, stream, recorder) {
  for await (const packet of session) {
    stream.extend(packet)
    await recorder?.write(packet)
  }
}

async function publish (session) {
  const stream = new Stream(session)
  print(`publish ${stream.name} from ${session.peerAddress} (${session.encoder})`)
  streams.add(stream)
  let path = ''
  let reason
  try {
    const recorder = record ? await Recorder.openIn(record, session.streamName) : undefined
    path = recorder?.path ?? ''
    try {
      await receive(session, stream, recorder)
    } finally {
      await recorder?.close()
    }
    reason = session.endReason
  } catch (error) {
    reason = error.message
  }
  streams.delete(stream)
  print(`end ${stream.name} ${stream.summary} file=${path} reason=${reason}`)
}

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
  console.error(`ingest: ${error.message}`)
  process.exitCode = 1
}
