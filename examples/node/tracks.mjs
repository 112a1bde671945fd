// Tracks publishes several audio and video tracks as one stream, and writes the tracks one wants of such a stream to an FLV
// file that any player knows (Enhanced RTMP v2, "Multitrack").
//
//   npm install ../../bindings/node
//   node tracks.mjs camera-1.flv camera-2.flv rtmp://localhost/live/test       publishes
//   node tracks.mjs -video 1 -audio none rtmp://localhost/live/test out.flv    plays and selects
//   node tracks.mjs -video 1 -listen localhost:1935 out.flv                    waits for a publisher, and selects
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, FLVReader, PacketFlags, Recorder, Server, codec } from 'oxrtmp'
import { parseFlags } from './flags.mjs'
import { trust, trustFlags } from './trust.mjs'

/** @import { Packet, PacketInit, Session } from 'oxrtmp' */

/**
 * Type and number, as in 'video 0': audio and video are numbered each for themselves.
 * @typedef {`${'audio' | 'video'} ${number}`} TrackID
 */

const USAGE = `usage: tracks [-fast] [-ca FILE] [-insecure] FILE... URL
       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] [-ca FILE] [-insecure] URL FILE
       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] -listen ADDRESS FILE`
const MOST_TRACKS = 256
/** @returns {never} */
function usage () {
  console.error(USAGE)
  process.exit(2)
}

const TYPES = /** @type {const} */ (['video', 'audio'])

const flags = parseFlags('tracks', {
  fast: false, // publish as fast as the server takes it
  listen: '', // select from the first publisher that comes
  video: '0', // select this video track, or none
  audio: '0', // select this audio track, or none
  seconds: 0, // select so much of the stream; 0: all of it
  ...trustFlags
}, ['FILE or URL...'])

for (const number of [flags.video, flags.audio]) {
  if (!/^(none|0|[1-9]\d?\d?)$/.test(number) || Number(number) >= MOST_TRACKS) usage()
}

const ends = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())

/**
 * The track that a packet belongs to; undefined for data.
 * @param {Packet} packet
 * @returns {TrackID | undefined}
 */
const trackOf = packet => packet.media === 'data' ? undefined : `${packet.media} ${packet.track}`

/** @param {TrackID} id */
const numberOf = id => Number(id.split(' ')[1])

/**
 * Whether a packet tells what its track is: the headers without data that some senders begin with do not.
 * @param {Packet} packet
 */
const introduces = ({ codec, kind, size }) => codec !== '' && (kind === 'frame' || (kind === 'sequence_header' && size > 0))

/**
 * What a track is made of, by its sequence header or, where it has none, by its codec.
 * @param {Packet} packet
 */
function infoOf (packet) {
  if (packet.kind === 'sequence_header') {
    try {
      return codec.describe(packet)
    } catch {} // it cannot be read
  }
  return codec.describe({ type: packet.type, kind: 'sequence_header', codec: packet.codec, data: Buffer.alloc(0) })
}

/**
 * The same in words: 'h264 320x180'.
 * @param {Packet} packet
 */
function describe (packet) {
  const { name, width, height, sampleRate, channels } = infoOf(packet)
  const text = name || packet.codec
  if (width > 0) return `${text} ${width}x${height}`
  return sampleRate > 0 ? `${text} ${sampleRate} Hz ${channels} channels` : text
}

/**
 * The packet alone in its message, as one of another track and time.
 * @param {Packet} packet
 * @param {number} track
 * @param {number} timestampMs
 * @param {number} [without] flags
 * @returns {PacketInit}
 */
function onTrack (packet, track, timestampMs, without = 0) {
  const { type, kind, codec, compositionMs, nanoOffsetNs, packetType, audioHeader, data, multitrack } = packet
  let { flags, frameType } = packet
  if (multitrack) {
    flags = (flags | PacketFlags.ENHANCED) & ~(PacketFlags.MULTITRACK | PacketFlags.CONTINUED)
    if (kind === 'metadata') frameType = 0 // what it usually is, and cannot be in a message of several tracks
  }
  flags &= ~without
  return { type, kind, codec, compositionMs, nanoOffsetNs, frameType, packetType, audioHeader, data, flags, track, timestampMs }
}

// ---- publishing ----

/**
 * Whether a packet is sent on a track: what cannot be read is not, and FFmpeg 8 takes the colours of a track other than 0 for
 * a frame.
 * @param {Packet} packet
 * @param {number} number
 */
const belongs = ({ codec, media, kind }, number) => codec !== '' && (media !== 'video' || kind !== 'metadata' || number === 0)

/** A file that is published. */
class File {
  first = 0 // the timestamp that its time begins with
  headers = /** @type {Map<TrackID, Packet>} */ (new Map()) // what introduces each of its tracks
  numbers = /** @type {Map<TrackID, number>} */ (new Map()) // which track of the stream each is
  /** @type {AsyncIterator<Packet> | undefined} */
  #packets
  /** @type {{ packet: Packet, due: number } | undefined} */
  head // the packet that is next, and when it is due, in ms since the stream's beginning

  /** @param {string} path */
  constructor (path) { this.path = path }

  /** Looks for its tracks. */
  async scan () {
    let begun = false
    for await (const packet of await FLVReader.open(this.path)) {
      const id = trackOf(packet)
      if (id === undefined) continue
      if (!begun) [begun, this.first] = [true, packet.timestampMs]
      if (introduces(packet) && !this.headers.has(id)) this.headers.set(id, packet)
    }
  }

  async open () {
    this.#packets = (await FLVReader.open(this.path))[Symbol.asyncIterator]()
    await this.advance()
  }

  async advance () {
    const next = await this.#packets?.next()
    this.head = next === undefined || next.done
      ? undefined
      : { packet: next.value, due: Math.max(0, (next.value.timestampMs - this.first) | 0) }
  }
}

/** The packets of all files, with the time at which each is due. */
class Schedule {
  packets = 0 // that were sent
  bytes = 0
  started = performance.now()
  metadata = /** @type {Record<string, any>} */ ({})
  lines = /** @type {string[]} */ ([])
  #files

  /** @param {string[]} paths */
  constructor (paths) { this.#files = paths.map(path => new File(path)) }

  get seconds () { return (performance.now() - this.started) / 1000 }

  /** Numbers the tracks of all files in their order. */
  async scan () {
    for (const file of this.#files) await file.scan()
    for (const type of TYPES) {
      let number = 0
      for (const file of this.#files) {
        const ids = [...file.headers.keys()].filter(id => id.startsWith(type)).sort((a, b) => numberOf(a) - numberOf(b))
        for (const id of ids) {
          const header = /** @type {Packet} */ (file.headers.get(id))
          if (number === MOST_TRACKS) break // there are no numbers for more
          this.#announce(type, number, header)
          this.lines.push(`publishing ${type} ${number} ${describe(header)} from ${file.path}`)
          file.numbers.set(id, number++)
        }
      }
    }
  }

  /**
   * Has the metadata tell of a track: of track 0 as ever, of the others in maps.
   * @param {'audio' | 'video'} type
   * @param {number} number
   * @param {Packet} header
   */
  #announce (type, number, header) {
    const { width, height, sampleRate, channels } = infoOf(header)
    if (number === 0) {
      Object.assign(this.metadata, type === 'video' ? { width, height } : { audiosamplerate: sampleRate, audiochannels: channels })
      return
    }
    const own = type === 'video' ? { width, height } : { samplerate: sampleRate, channels }
    const map = this.metadata[`${type}TrackIdInfoMap`] ??= {}
    map[number] = { ...own, [`${type}codecid`]: Buffer.from(header.codec).readUInt32BE() }
  }

  /** @param {Client} client */
  async send (client) {
    await client.sendMetadata(this.metadata)
    for (const file of this.#files) await file.open()
    this.started = performance.now()
    for (;;) {
      const [file] = this.#files.filter(f => f.head).sort((a, b) => (a.head?.due ?? 0) - (b.head?.due ?? 0))
      if (file?.head === undefined) return
      ends.signal.throwIfAborted()
      const { packet, due } = file.head
      const id = trackOf(packet)
      const number = id && file.numbers.get(id)
      if (number !== undefined && belongs(packet, number)) {
        const rest = this.started + due - performance.now()
        if (!flags.fast && rest > 0) await sleep(rest, undefined, { signal: ends.signal })
        await client.sendPacket(onTrack(packet, number, due))
        this.packets++
        this.bytes += packet.size
      }
      await file.advance()
    }
  }
}

/**
 * Publishes the files' tracks, and prints what was sent. A signal ends it early, but in order.
 * @param {string[]} paths
 * @param {string} url
 */
async function publish (paths, url) {
  const schedule = new Schedule(paths)
  await schedule.scan()
  const client = await Client.publish(url, { signal: ends.signal, ...trust(flags) })
  console.log(schedule.lines.join('\n'))
  const failures = /** @type {unknown[]} */ ([])
  await schedule.send(client).catch(error => failures.push(error))
  await client.close().catch(error => failures.push(error)) // sends what is queued
  console.log(`sent packets=${schedule.packets} bytes=${schedule.bytes} seconds=${schedule.seconds.toFixed(1)}`)
  if (failures.length > 0 && !ends.signal.aborted) throw failures[0]
}

// ---- selecting ----

/** What was seen of a track. */
class Track {
  frames = 0
  bytes = 0
  first // decoding times of its frames, in ns
  last

  /**
   * @param {TrackID} id
   * @param {Packet} packet
   */
  constructor (id, packet) {
    this.name = `${id} ${describe(packet)}`
    this.first = this.last = packet.dtsNs
  }

  /** @param {Packet} packet */
  extend (packet) {
    if (packet.kind !== 'frame') return
    this.frames++
    this.bytes += packet.size
    this.last = packet.dtsNs
  }

  /** From the first frame's beginning to the last one's. */
  get seconds () { return Number(this.last - this.first) / 1e9 }

  get line () {
    const rate = (/** @type {number} */ amount) => this.seconds > 0 ? amount / this.seconds : 0
    const fps = rate(this.frames - 1).toFixed(1)
    return `track ${this.name} frames=${this.frames} bytes=${this.bytes} fps=${fps} kbits=${rate(this.bytes * 8 / 1000).toFixed(0)}`
  }
}

/** Writes the chosen tracks of a stream to a file, and lists the stream's tracks. */
class Selection {
  tracks = /** @type {Map<TrackID, Track>} */ (new Map())
  written = 0
  #recorder

  /** @param {Recorder} recorder */
  constructor (recorder) { this.#recorder = recorder }

  /**
   * Looks at a packet, and writes it if it is of a chosen track: whether to go on.
   * @param {Packet} packet
   */
  async take (packet) {
    const id = trackOf(packet)
    if (id === undefined) return true
    let track = this.tracks.get(id)
    if (track === undefined && introduces(packet)) {
      this.tracks.set(id, track = new Track(id, packet))
      console.log(`found ${track.name}`)
    }
    if (track === undefined || packet.codec === '') return true
    track.extend(packet)
    if (id === `video ${flags.video}` || id === `audio ${flags.audio}`) await this.#write(packet)
    return flags.seconds === 0 || track.seconds < flags.seconds
  }

  /** @param {Packet} packet */
  async #write (packet) {
    const legacy = packet.codec === 'avc1' || packet.codec === 'mp4a' // as every player knows them
    if (legacy && packet.kind === 'metadata') return // layouts of channels and colours have no old form
    await this.#recorder.write(onTrack(packet, 0, packet.timestampMs, legacy ? PacketFlags.ENHANCED : 0))
    this.written++
  }

  get lines () {
    const order = (/** @type {TrackID} */ id) => (id.startsWith('video') ? 0 : MOST_TRACKS) + numberOf(id)
    return [...this.tracks].sort(([a], [b]) => order(a) - order(b)).map(([, track]) => track.line)
  }
}

/**
 * Selects until the stream ends, -seconds have passed or a signal comes.
 * @param {Client | Session} stream
 * @param {string} name
 * @param {string} path
 */
async function select (stream, name, path) {
  const recorder = await Recorder.open(path) // beside a file that exists, not over it
  const selection = new Selection(recorder)
  for await (const packet of stream) {
    if (!await selection.take(packet)) break
  }
  await recorder.close()
  const reason = ends.signal.aborted ? 'interrupted' : stream.error?.message ?? 'ended'
  for (const line of selection.lines) console.log(line)
  console.log(`end ${name} written=${selection.written} file=${recorder.path} reason=${reason}`)
  if (!ends.signal.aborted && stream.error !== undefined) throw stream.error
  if (selection.written === 0) throw new Error('the stream has no such track')
}

/**
 * Selects from the first publisher that comes.
 * @param {string} path
 */
async function selectPublished (path) {
  const server = await Server.listen(flags.listen)
  ends.signal.addEventListener('abort', () => { server.close() })
  console.log(`listening on ${server.addresses[0]}`)
  try {
    for await (const request of server) {
      const session = await request.accept()
      await select(session, `${session.app}/${session.streamName}`, path)
      break
    }
  } finally {
    await server.close()
  }
}

/** Which of FILE and URL comes first says what to do. */
async function run () {
  const isURL = (/** @type {string} */ word) => word.includes('://')
  const [first = '', second = ''] = flags.rest
  const last = flags.rest.at(-1) ?? ''
  const count = flags.rest.length
  if (flags.listen && count === 1) {
    await selectPublished(first)
  } else if (!flags.listen && count === 2 && isURL(first)) {
    const client = await Client.play(first, { signal: ends.signal, ...trust(flags) })
    await select(client, first, second)
  } else if (!flags.listen && count > 1 && isURL(last)) {
    await publish(flags.rest.slice(0, -1), last)
  } else {
    usage()
  }
}

try {
  await run()
} catch (error) {
  console.error('tracks:', error instanceof Error ? error.message : error) // names the phase, and the server's code and description
  process.exitCode = 1
}
