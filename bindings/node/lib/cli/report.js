'use strict'
// What `npx oxrtmp` shows: lines for people on a terminal, JSON lines for programs otherwise.

/** @param {string} text without what a peer could use to steer a terminal */
// eslint-disable-next-line no-control-regex
const printable = text => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')

/** Makes rates of figures that grow. */
class Rates {
  #time = performance.now()
  #bytes = 0
  #frames = 0

  /** The rates since the last call. */
  of ({ bytes, videoPackets, packets }) {
    const now = performance.now()
    const seconds = Math.max((now - this.#time) / 1000, 1e-3)
    const kbits = (Number(bytes) - this.#bytes) * 8 / 1000 / seconds
    const fps = (Number(videoPackets) - this.#frames) / seconds
    this.#time = now
    this.#bytes = Number(bytes)
    this.#frames = Number(videoPackets)
    return { kbit_s: round(Math.max(kbits, 0)), fps: round(Math.max(fps, 0)), packets: Number(packets) }
  }
}

/** @param {number} n */
const round = n => Math.round(n * 10) / 10

/** Prints what happens, and once a second how far it is. */
class Report {
  #out
  #live
  #drawn = 0

  /** @param {NodeJS.WriteStream} out */
  constructor (out) {
    this.#out = out
    this.#live = out.isTTY === true
  }

  /** Something happened: text for people, the fields for programs. */
  say (event, text, fields = {}) {
    this.#erase()
    this.#write(this.#live ? printable(text) : JSON.stringify({ event, ...fields }))
  }

  /** Where each stream is: lines that the next ones replace, for people. */
  progress (rows) {
    this.#erase()
    for (const row of rows) this.#write(this.#live ? line(row) : JSON.stringify({ event: 'progress', ...row }))
    this.#drawn = this.#live ? rows.length : 0
  }

  /** Shows progress until the function that is returned is called. */
  everySecond (rows) {
    const timer = setInterval(() => this.progress(rows()), 1000)
    return () => {
      clearInterval(timer)
      this.#erase()
    }
  }

  #erase () {
    if (this.#drawn > 0) this.#out.write(`\x1b[${this.#drawn}A\r\x1b[J`)
    this.#drawn = 0
  }

  #write (text) { this.#out.write(text + '\n') }
}

function line ({ stream, kbit_s: kbits, fps, ...rest }) {
  const figures = Object.entries(rest).map(([name, value]) => `${name} ${value}`).join('  ')
  return `\x1b[?7l${printable(stream).slice(0, 30).padEnd(30)} ${kbits.toFixed(0).padStart(9)} kbit/s ${fps.toFixed(1).padStart(6)} fps  ${figures}\x1b[?7h`
}

module.exports = { Rates, Report, printable }
