'use strict'
// What is inside payloads: configuration records, NAL units, ADTS. The package has it as `codec`.

const native = require('./native.js')
const { check, argumentError } = require('./error.js')
const { codecName, codecNumber } = require('./codec.js')
const { Packing } = require('./packet.js')
const { checkBytes, checkInteger } = require('./options.js')

const packing = new Packing()

function bytesOf (value, name) {
  const view = checkBytes(value, name)
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

function numberOf (codec) {
  if (!/^[ -~]{4}$/.test(codec)) throw argumentError('codec must be four characters')
  return codecNumber(codec)
}

function describe (packet) {
  const memory = packing.pack([packet], 0)
  const [codec, profile, level, width, height, bitDepth, sampleRate, channels, lengthSize, name, parameter] =
    check(native.codecDescribe(packing.structs, memory, 1))
  return { codec: codecName(codec), profile, level, width, height, bitDepth, sampleRate, channels, lengthSize, name, parameter }
}

const extradata = (codec, data) => check(native.codecExtradata(numberOf(codec), bytesOf(data, 'data')))
const detect = record => codecName(check(native.codecDetect(bytesOf(record, 'record'))))
const record = (codec, annexb) => check(native.codecRecord(numberOf(codec), bytesOf(annexb, 'annexb')))
const parameterSets = (codec, record) => check(native.codecParameterSets(numberOf(codec), bytesOf(record, 'record')))

const sizeOf = ({ lengthSize = 4 } = {}) => checkInteger(lengthSize, 'lengthSize', 0, 4)

function nalus (codec, data, options) {
  const bytes = bytesOf(data, 'data')
  const found = check(native.naluParse(numberOf(codec), sizeOf(options), bytes))
  const units = []
  for (let i = 0; i < found.length; i += 5) {
    const [offset, size, type, randomAccess, parameterSet] = found.slice(i, i + 5)
    units.push({ data: bytes.subarray(offset, offset + size), type, randomAccess: randomAccess !== 0, parameterSet: parameterSet !== 0 })
  }
  return units
}

const fromAnnexB = (data, options) => check(native.naluFromAnnexb(bytesOf(data, 'data'), sizeOf(options)))
const toAnnexB = (data, options) => check(native.naluToAnnexb(bytesOf(data, 'data'), sizeOf(options)))

function parseADTS (data) {
  const bytes = bytesOf(data, 'data')
  const [offset, size, frameSize, profile, sampleRate, channels, config] = check(native.adtsParse(bytes))
  return { data: bytes.subarray(offset, offset + size), frameSize, profile, sampleRate, channels, config }
}

function * framesOfADTS (data) {
  let bytes = bytesOf(data, 'data')
  while (bytes.length > 0) {
    const frame = parseADTS(bytes)
    yield frame
    bytes = bytes.subarray(frame.frameSize)
  }
}

const buildADTS = (config, frame) => check(native.adtsBuild(bytesOf(config, 'config'), bytesOf(frame, 'frame')))

module.exports = Object.freeze({ describe, extradata, detect, record, parameterSets, nalus, fromAnnexB, toAnnexB, parseADTS, framesOfADTS, buildADTS })
