'use strict'
// Capabilities as objects, and as the words of struct oxrtmp_capabilities.

const { argumentError } = require('./error.js')
const { codecName, codecNumber } = require('./codec.js')

const U32 = 2 ** 32 - 1

function checkInteger (value, name) {
  if (!(Number.isInteger(value) && value >= 0 && value <= U32)) throw argumentError(`${name} must be an integer from 0 to ${U32}`)
  return value
}

const MOST = 32
const HEAD = 6 // words: structSize, capsEx, fourccCount, videoCount, audioCount, reserved
const WORDS = HEAD + MOST + 2 * MOST + 2 * MOST
const FIELDS = ['capsEx', 'fourccs', 'video', 'audio']

const numberOf = name => {
  if (name === '*') return codecNumber('*   ')
  if (!/^[ -~]{4}$/.test(name)) throw argumentError(`a codec of capabilities must be four characters or '*', not '${name}'`)
  return codecNumber(name)
}
const nameOf = number => codecName(number).trimEnd()

/** Capabilities as the library has them; undefined stays undefined. */
function wordsOf (given) {
  if (given === undefined) return undefined
  if (typeof given !== 'object' || given === null) throw argumentError('capabilities must be an object')
  for (const key of Object.keys(given)) {
    if (!FIELDS.includes(key)) throw argumentError(`capabilities have no '${key}'; they have ${FIELDS.join(', ')}`)
  }
  const { capsEx = 0, fourccs = [], video = {}, audio = {} } = given
  const words = new Uint32Array(WORDS)
  const kinds = [Array.from(fourccs, name => [name]), Object.entries(video), Object.entries(audio)]
  words.set([WORDS * 4, checkInteger(capsEx, 'capsEx'), ...kinds.map(list => list.length)])
  let at = HEAD
  for (const [i, list] of kinds.entries()) {
    if (list.length > MOST) throw argumentError(`capabilities have ${MOST} codecs of a kind at most`)
    const parts = list.flatMap(([name, mask]) => i === 0 ? [numberOf(name)] : [numberOf(name), checkInteger(mask, 'mask')])
    words.set(parts, at)
    at += i === 0 ? MOST : 2 * MOST
  }
  return Buffer.from(words.buffer)
}

/** The words as an object. */
function capabilitiesOf (buffer) {
  const words = new Uint32Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + WORDS * 4))
  const [, capsEx, fourccCount, videoCount, audioCount] = words
  const masks = (at, count) => {
    const found = {}
    for (let i = 0; i < count; i++) found[nameOf(words[at + 2 * i])] = words[at + 2 * i + 1]
    return found
  }
  return {
    capsEx,
    fourccs: [...words.subarray(HEAD, HEAD + fourccCount)].map(nameOf),
    video: masks(HEAD + MOST, videoCount),
    audio: masks(HEAD + 3 * MOST, audioCount)
  }
}

module.exports = { wordsOf, capabilitiesOf }
