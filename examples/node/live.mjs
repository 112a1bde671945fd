// What the programs show: lines that stay, and on a terminal a line per stream below them, kept up to date.

/** @import { Packet, Statistics } from 'oxrtmp' */

const MOST_LIVE = 20 // lines, so that they fit on a screen

/**
 * Replaces what a peer could use to write on the terminal, or to break a word in two.
 * @param {string} text
 */
export const printable = text => text.replace(/[\p{C}\p{Z}]/gu, '_')

/** A stream as the screen shows it. */
export class Stream {
  #source
  #players
  #shown
  /** @type {bigint | undefined} */
  #first // the least and greatest decoding time of audio and video
  /** @type {bigint | undefined} */
  #last
  line = ''

  /**
   * @param {{ statistics (): Statistics }} source a session or client
   * @param {string} name
   * @param {() => number} [players] how many play it
   */
  constructor (source, name, players) {
    this.#source = source
    this.#players = players
    this.name = printable(name)
    this.#shown = source.statistics()
    this.update()
  }

  /**
   * Makes the stream as long as the packet says.
   * @param {Packet} packet
   */
  extend ({ media, dtsNs }) {
    if (media === 'data') return
    if (this.#first === undefined || dtsNs < this.#first) this.#first = dtsNs
    if (this.#last === undefined || dtsNs > this.#last) this.#last = dtsNs
  }

  /** Milliseconds of audio and video. */
  get duration () { return Number(((this.#last ?? 0n) - (this.#first ?? 0n)) / 1000000n) }

  get summary () {
    const n = this.#source.statistics()
    return `packets=${n.packets} audio=${n.audioPackets} video=${n.videoPackets} data=${n.dataPackets} bytes=${n.bytes} ` +
      `keyframes=${n.keyframes} malformed=${n.malformed} duration_ms=${this.duration}`
  }

  /** Makes the live line, with the rates since the last call. */
  update () {
    const now = this.#source.statistics()
    const seconds = Number(now.durationNs - this.#shown.durationNs) / 1e9
    const rate = (/** @type {number} */ amount) => seconds > 0 ? amount / seconds : 0
    const kbits = rate(Number(now.bytes - this.#shown.bytes) * 8 / 1000)
    const fps = rate(now.videoPackets - this.#shown.videoPackets)
    this.#shown = now
    const up = new Date(Number(now.durationNs / 1000000n)).toISOString().slice(11, 19)
    this.line = `${this.name.slice(0, 24).padEnd(24)} ${up} ${String(now.packets).padStart(9)} packets ` +
      `${kbits.toFixed(0).padStart(8)} kbit/s ${fps.toFixed(1).padStart(6)} fps`
    if (this.#players) this.line += ` ${String(this.#players()).padStart(5)} playing`
  }
}

/** Prints lines, and on a terminal keeps a block of live lines below them. */
export class Screen {
  #live
  #streams = /** @type {Set<Stream>} */ (new Set())
  #drawn = 0 // live lines on the screen
  #timer

  /** @param {boolean} quiet no live lines */
  constructor (quiet) {
    this.#live = !quiet && process.stdout.isTTY
    this.#timer = setInterval(() => {
      for (const stream of this.#streams) stream.update()
      this.#draw()
    }, 1000).unref()
  }

  #draw (text = '') {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\r\x1b[J` : '' // to the block's first line, and clear from there
    const lines = this.#live ? [...this.#streams].slice(0, MOST_LIVE).map(s => `\x1b[?7l${s.line}\x1b[?7h\n`) : []
    this.#drawn = lines.length
    process.stdout.write(up + text + lines.join(''))
  }

  /** @param {string} text */
  print (text) { this.#draw(text + '\n') }

  /** @param {Stream} stream */
  add (stream) {
    this.#streams.add(stream)
    this.#draw()
  }

  /** @param {Stream} stream */
  remove (stream) {
    this.#streams.delete(stream)
    this.#draw()
  }

  close () { clearInterval(this.#timer) }
}
