'use strict'
const native = require('../native.js')
const { Struct, bufferOf, written, intoOf, checkObject, check, argumentError } = require('./part.js')
const { checkInteger, checkText, U32 } = require('../options.js')
const { packetsOver, Packing } = require('../packet.js')

const packing = new Packing()

function packetParse (type, timestampMs, data) {
  const bytes = bufferOf(data, 'data')
  const time = checkInteger(timestampMs, 'timestampMs', 0, U32)
  const made = check(native.packetParse(checkInteger(type, 'type', 0, U32), time, bytes))
  return packetsOver(...made, bytes)
}

function packetBuild (packet, into) {
  const memory = packing.pack([packet], 0)
  const target = intoOf(into)
  return written(native.packetBuild(packing.structs, memory, 1, target), target)
}

// ---- colours: struct oxrtmp_color_info ----

const ColorSections = Object.freeze({ CONFIG: 1, LIGHT: 2, DISPLAY: 4 })

const colors = new Struct(120)
const CODES = ['sections', 'bitDepth', 'colorPrimaries', 'transferCharacteristics', 'matrixCoefficients'] // from u32[1] on
const LIGHT = [ // from f64[3] on
  'maxFrameAverageLight', 'maxLight', 'redX', 'redY', 'greenX', 'greenY', 'blueX', 'blueY', 'whitePointX', 'whitePointY',
  'maxLuminance', 'minLuminance'
]

function colorInfoParse (data) {
  check(native.colorInfoParse(bufferOf(data, 'data'), colors.memory))
  const info = {}
  for (const [i, name] of CODES.entries()) info[name] = colors.u32[1 + i]
  for (const [i, name] of LIGHT.entries()) info[name] = colors.f64[3 + i]
  return info
}

function colorInfoBuild (given, into) {
  checkObject(given, 'info', [...CODES, ...LIGHT])
  colors.u32.fill(0)
  for (const [i, name] of CODES.entries()) colors.u32[1 + i] = checkInteger(given[name] ?? 0, `info.${name}`, 0, U32)
  for (const [i, name] of LIGHT.entries()) {
    const number = given[name] ?? 0
    if (!Number.isFinite(number)) throw argumentError(`info.${name} must be a number`)
    colors.f64[3 + i] = number
  }
  const target = intoOf(into)
  return written(native.colorInfoBuild(colors.memory, target), target)
}

// ---- FLV, and time ----

function flvHeader (audio, video, into) {
  if (typeof audio !== 'boolean' || typeof video !== 'boolean') throw argumentError('audio and video must be true or false')
  const target = intoOf(into)
  return written(native.flvHeader(audio ? 1 : 0, video ? 1 : 0, target), target)
}

function flvTag (packet, into) {
  const memory = packing.pack([packet], 0)
  const target = intoOf(into)
  return written(native.flvTag(packing.structs, memory, 1, target), target)
}

const ENVELOPE = ['head', 'filter', 'params', 'iv', 'body', 'encrypted']
const NONE = Buffer.alloc(0)

function flvEnvelopeParse (type, data) {
  const [head, filter, params, iv, body, encrypted] =
    check(native.flvEnvelopeParse(checkInteger(type, 'type', 0, U32), bufferOf(data, 'data')))
  return { head, filter, params, iv, body, encrypted: encrypted !== 0 }
}

function flvEnvelopeBuild (envelope) {
  const { head = NONE, filter = 'Encryption', params, iv, body = NONE, encrypted = false } =
    checkObject(envelope, 'envelope', ENVELOPE)
  checkText(filter, 'envelope.filter')
  const initial = iv === undefined ? NONE : bufferOf(iv, 'envelope.iv')
  if (iv !== undefined && initial.length !== 16) throw argumentError('envelope.iv must have 16 bytes')
  if (typeof encrypted !== 'boolean') throw argumentError('envelope.encrypted must be true or false')
  const flags = (params === undefined ? 0 : 1) | (iv === undefined ? 0 : 2) | (encrypted ? 4 : 0)
  return check(native.flvEnvelopeBuild(
    bufferOf(head, 'envelope.head'), filter, params === undefined ? NONE : bufferOf(params, 'envelope.params'), initial,
    bufferOf(body, 'envelope.body'), flags))
}

function timestampBefore (a, b) {
  return native.timestampBefore(checkInteger(a, 'a', 0, U32), checkInteger(b, 'b', 0, U32)) !== 0
}

module.exports = { packetParse, packetBuild, ColorSections, colorInfoParse, colorInfoBuild, flvHeader, flvTag, flvEnvelopeParse, flvEnvelopeBuild, timestampBefore }
