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
function metadataOf (record) {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(record)) {
    if (value === 0 || value === '') continue
    metadata[name] = CODECS.has(name) ? codecName(value) : FLAGS.has(name) ? true : value
  }
  return metadata
}

/** For the addon. */
function recordOf (metadata) {
  const record = options('metadata', metadata, 'metadata')
  for (const name of CODECS) {
    if (record[name] !== undefined) record[name] = codecNumber(record[name])
  }
  return record
}

module.exports = { Metadata, metadataOf, recordOf }
