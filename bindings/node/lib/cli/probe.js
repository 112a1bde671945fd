'use strict'
// What a stream is made of, found out by playing it.

const { Client } = require('../client.js')
const { printable } = require('./report.js')

const SHOWN = 64 // bytes of a configuration

class Track {
  codec = ''
  enhanced = false
  frames = 0
  keyframes = 0
  malformed = 0
  #bytes = 0
  #configuration = Buffer.alloc(0)
  #after = 0
  #first = 0n
  #last = 0n
  #keyframe = 0n
  #interval = 0n

  constructor (type, number) {
    this.type = type
    this.number = number
  }

  /** @param {import('../..').Packet} packet @param {number} after ms since play was asked for */
  take (packet, after) {
    if (packet.malformed) {
      this.malformed++
      return
    }
    this.enhanced ||= packet.enhanced
    this.codec = packet.codec || this.codec
    if (packet.kind === 'sequence_header') this.#configuration = Buffer.from(packet.data)
    if (packet.kind !== 'frame') return
    if (this.frames++ === 0) [this.#after, this.#first] = [after, packet.dtsNs]
    this.#bytes += packet.size
    this.#last = packet.dtsNs
    if (!packet.keyframe) return
    if (this.keyframes++ > 0) this.#interval = packet.dtsNs - this.#keyframe
    this.#keyframe = packet.dtsNs
  }

  toJSON () {
    const span = Number(this.#last - this.#first) / 1e9
    return {
      type: this.type,
      track: this.number,
      codec: this.codec,
      enhanced: this.enhanced,
      frames: this.frames,
      keyframes: this.keyframes,
      malformed: this.malformed,
      frame_rate: span > 0 ? (this.frames - 1) / span : 0,
      data_rate: span > 0 ? this.#bytes * 8 / 1000 / span : 0,
      keyframe_interval_ms: Number(this.#interval) / 1e6,
      first_after_ms: this.#after,
      configuration_size: this.#configuration.length,
      configuration: this.#configuration.subarray(0, SHOWN).toString('hex')
    }
  }

  toString () {
    const t = this.toJSON()
    return `${t.type} track ${t.track}: ${t.codec || 'unknown'}${t.enhanced ? ' (enhanced)' : ''}, ${t.frames} frames, ` +
      `${t.frame_rate.toFixed(2)} each second, ${t.data_rate.toFixed(0)} kbit/s, the first after ${t.first_after_ms.toFixed(0)} ms` +
      (t.type === 'video' && t.keyframes > 0 ? `, ${t.keyframes} keyframes` : '') +
      (t.keyframe_interval_ms > 0 ? `, ${(t.keyframe_interval_ms / 1000).toFixed(2)} s apart` : '') +
      (t.malformed > 0 ? `, ${t.malformed} malformed` : '')
  }
}

/** Plays url for so long, and tells what came, in the words of oxrtmp-probe. */
async function probe (url, seconds, options) {
  const begun = performance.now()
  const client = await Client.play(url, options)
  const found = { peer_address: client.peerAddress, connect_ms: performance.now() - begun, rtt_ms: null, metadata: null, tracks: [] }
  const tracks = new Map()
  const end = setTimeout(() => client.close(), seconds * 1000)
  client.ping({ timeoutMs: 1000 }).then(rtt => { found.rtt_ms = rtt }, () => {}) // some never answer
  for await (const packet of client) {
    if (packet.type !== 8 && packet.type !== 9) continue
    const key = `${packet.type} ${packet.track}`
    if (!tracks.has(key)) tracks.set(key, new Track(packet.media, packet.track))
    tracks.get(key).take(packet, performance.now() - begun)
    found.metadata = client.metadataValues ?? null
  }
  clearTimeout(end)
  found.tracks = [...tracks.values()]
  return found
}

/** The same for people. */
function inWords ({ peer_address: peer, connect_ms: connect, rtt_ms: rtt, metadata, tracks }) {
  const answer = rtt === null ? '' : `, answers a ping in ${rtt.toFixed(2)} ms`
  const lines = [`server ${peer}, playing after ${connect.toFixed(0)} ms${answer}`]
  if (metadata) lines.push('metadata ' + Object.entries(metadata).map(([name, value]) => `${name}=${inText(value)}`).join(', '))
  lines.push(...tracks.map(String))
  if (tracks.length === 0) lines.push('no audio and no video came')
  return lines.map(printable)
}

const inText = value => typeof value === 'string' ? value : JSON.stringify(value)

module.exports = { probe, inWords }
