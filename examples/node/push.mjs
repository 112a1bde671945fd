// Push sends an FLV file to an RTMP server, in real time.
//
//   npm install ../../bindings/node
//   node push.mjs clip.flv rtmp://localhost/live/test
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, FLVReader } from 'oxrtmp'
import { parseFlags } from './flags.mjs'
import { trust, trustFlags } from './trust.mjs'

/** @import { Packet } from 'oxrtmp' */

const { fast, loop, follow, rest, ...flags } = parseFlags('push', {
  fast: false, // send as fast as the server takes it
  loop: false, // begin again at the end of the file, until interrupted
  follow: false, // go on at another server when this one asks for it, as one does that is about to end
  ...trustFlags
}, ['FILE', 'URL'])
const [file = '', url = ''] = rest

/** Sends the packets of a file, once or several times in sequence. */
class Sender {
  packets = 0
  bytes = 0
  started = performance.now()
  #client
  #signal
  /** @type {number | undefined} */
  #first // timestamps of the file's first and latest message, in ms
  #last = 0
  #shift = 0 // what is added to them in this pass through the file

  /**
   * @param {Client} client
   * @param {AbortSignal} signal
   */
  constructor (client, signal) {
    this.#client = client
    this.#signal = signal
  }

  get seconds () { return (performance.now() - this.started) / 1000 }

  async sendFile () {
    if (this.packets > 0) this.#shift += (this.#last - (this.#first ?? 0) >>> 0) + 40 // one frame after the last message
    for await (const packet of await FLVReader.open(file)) {
      this.#signal.throwIfAborted()
      await this.#send(packet)
    }
  }

  /** @param {Packet} packet */
  async #send (packet) {
    this.#first ??= packet.timestampMs
    this.#last = packet.timestampMs
    const due = packet.timestampMs - this.#first + this.#shift >>> 0
    if (!fast && due < 2 ** 31) await this.#wait(due) // a timestamp before the first one is due at once
    packet.timestampMs = packet.timestampMs + this.#shift >>> 0
    await this.#client.sendPacket(packet)
    if (packet.continued) return
    this.packets++
    this.bytes += packet.raw.length
  }

  /** @param {number} ms since the start */
  async #wait (ms) {
    const rest = this.started + ms - performance.now()
    if (rest > 0) await sleep(rest, undefined, { signal: this.#signal })
  }
}

const ends = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())

async function push () {
  (await FLVReader.open(file)).close() // a file that cannot be read is found before the server is asked
  const client = await Client.publish(url, { signal: ends.signal, followReconnects: follow, ...trust(flags) })
  const sender = new Sender(client, ends.signal)
  const failures = /** @type {unknown[]} */ ([])
  try {
    do {
      await sender.sendFile()
    } while (loop && sender.packets > 0)
  } catch (error) {
    failures.push(error)
  }
  await client.close().catch(error => failures.push(error)) // sends what is queued
  console.log(`sent packets=${sender.packets} bytes=${sender.bytes} seconds=${sender.seconds.toFixed(1)}`)
  if (failures.length > 0) throw failures[0]
}

try {
  await push()
} catch (error) {
  if (!ends.signal.aborted) {
    console.error('push:', error instanceof Error ? error.message : error) // names the phase, and the server's code and description
    process.exitCode = 1
  }
}
