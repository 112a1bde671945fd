'use strict'
// Node's streams over a stream of packets: in object mode, or of FLV bytes.

const { Readable, Writable } = require('node:stream')
const { FLVReader } = require('./flv-reader.js')
const { flvHeader, flvTag } = require('./lowlevel/media.js')

const TAG_BYTES = 15 // of an FLV tag, around its payload

const AUDIO = 8
const VIDEO = 9

const wants = ({ audio = true, video = true }) => ({ media, type }) =>
  media === 'audio' || type === AUDIO ? audio : video || (media !== 'video' && type !== VIDEO)

/** Packets as FLV tags. What has no payload of its own, or none at all, makes none. */
function tagsOf (packets) {
  packets = packets.filter(({ continued, rawSize }) => !continued && rawSize > 0)
  const bytes = Buffer.allocUnsafe(packets.reduce((size, { rawSize }) => size + rawSize + TAG_BYTES, 0))
  let at = 0
  for (const packet of packets) at += flvTag(packet, bytes.subarray(at)).length
  return bytes.subarray(0, at)
}

/** What a source, a session or a client, receives: its packets, or their bytes in an FLV file. */
function makeReadable (source, { flv = false, ...media }) {
  const { audio = true, video = true } = media
  const wanted = wants(media)
  async function more () {
    for (;;) {
      const packets = await source.nextPackets()
      if (packets.length === 0) return [null]
      const left = packets.filter(wanted)
      if (!flv && left.length > 0) return left
      const bytes = tagsOf(left)
      if (flv && bytes.length > 0) return [bytes]
    }
  }
  let asked = false // for more, of which not all is pushed yet
  let again = false // and once more meanwhile, by a listener that reads
  function put (chunks) {
    try {
      for (const chunk of chunks) readable.push(chunk)
    } finally {
      asked = false
      if (again && !readable.destroyed) ask()
    }
  }
  function ask () {
    again = asked
    if (asked) return
    asked = true
    more().then(put, error => readable.destroy(error))
  }
  const readable = new Readable({ objectMode: !flv, read: ask, destroy: destroyer(source) })
  if (flv) readable.push(flvHeader(audio, video))
  return readable
}

/** Sends to a target, a session or a client, what is written: packets, or an FLV file's bytes. */
function makeWritable (target, { flv = false, ...media }) {
  const wanted = wants(media)
  const reader = flv ? new FLVReader() : undefined
  const packetsOf = chunks => {
    if (!flv) return chunks
    return chunks.flatMap(bytes => {
      reader.feed(bytes)
      return reader.read()
    })
  }
  async function send (chunks) { await target.sendPackets(packetsOf(chunks).filter(wanted)) }
  async function finish () {
    await target.complete?.() // a player is told that this was all
    await target.close()
  }
  const destroy = destroyer(target)
  return new Writable({
    objectMode: !flv,
    write (chunk, encoding, callback) { send([chunk]).then(() => callback(), callback) },
    writev (chunks, callback) { send(chunks.map(({ chunk }) => chunk)).then(() => callback(), callback) },
    final (callback) { finish().then(() => callback(), callback) },
    destroy (error, callback) {
      reader?.close()
      destroy(error, callback)
    }
  })
}

/** Closes the stream below; what fails then is told unless something else has failed before. */
const destroyer = stream => (error, callback) => {
  stream.close().then(() => callback(error), failure => callback(error ?? failure))
}

module.exports = { makeReadable, makeWritable }
