'use strict'
const { codecName, codecNumber } = require('./codec.js')
const { options } = require('./options.js')

const FLAGS = new Set(['stereo', 'canSeekToEnd'])
const CODECS = new Set(['videoCodec', 'audioCodec'])

class Metadata {
  constructor (fields = {}) {
    Object.assign(this, options('metadata', fields, 'fields'))
  }
}

/** Of the addon's record: only what the stream says. */
function metadataOf ({ tracks, ...record }) {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(record)) {
    if (value === 0 || value === '') continue
    metadata[name] = CODECS.has(name) ? codecName(value) : FLAGS.has(name) ? true : value
  }
  for (const [type, name] of TRACKS) {
    const found = tracksOf(tracks, type)
    if (found.length > 0) metadata[name] = found
  }
  return metadata
}

/** For the addon: the record, and its tracks. */
function recordOf (metadata) {
  const { videoTracks = [], audioTracks = [], ...record } = options('metadata', metadata, 'metadata')
  for (const name of CODECS) {
    if (record[name] !== undefined) record[name] = codecNumber(record[name])
  }
  return [record, structsOf([videoTracks, audioTracks])]
}

// ---- struct oxrtmp_track_info: four 32-bit words, five doubles ----

const TRACKS = [[9, 'videoTracks'], [8, 'audioTracks']]
const NUMBERS = ['dataRate', 'width', 'height', 'sampleRate', 'channels']
const SIZE = 56

function tracksOf (structs, wanted) {
  const tracks = []
  for (let at = 0; at < structs.length; at += SIZE) {
    const [type, id, codec] = [0, 4, 8].map(offset => structs.readUInt32LE(at + offset))
    if (type !== wanted) continue
    const track = { track: id }
    if (codec !== 0) track.codec = codecName(codec)
    for (const [i, name] of NUMBERS.entries()) {
      const number = structs.readDoubleLE(at + 16 + 8 * i)
      if (number !== 0) track[name] = number
    }
    tracks.push(track)
  }
  return tracks
}

function structsOf (lists) {
  const structs = Buffer.alloc(SIZE * (lists[0].length + lists[1].length))
  let at = 0
  for (const [i, list] of lists.entries()) {
    for (const track of list) {
      structs.writeUInt32LE(TRACKS[i][0], at)
      structs.writeUInt32LE(track.track, at + 4)
      structs.writeUInt32LE(track.codec === undefined ? 0 : codecNumber(track.codec), at + 8)
      for (const [k, name] of NUMBERS.entries()) structs.writeDoubleLE(track[name] ?? 0, at + 16 + 8 * k)
      at += SIZE
    }
  }
  return structs
}

module.exports = { Metadata, metadataOf, recordOf }
