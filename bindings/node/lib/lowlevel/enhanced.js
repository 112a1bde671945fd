'use strict'
const native = require('../native.js')
const { bufferOf, checkObject, check, argumentError } = require('./part.js')
const { FORMS, multitrack } = require('../enhanced.js')
const { checkInteger, U32 } = require('../options.js')

const multitrackForm = (type, data) =>
  FORMS[check(native.multitrackForm(checkInteger(type, 'type', 0, U32), bufferOf(data, 'data')))]

function modexParse (type, data) {
  const bytes = bufferOf(data, 'data')
  const places = check(native.modexParse(checkInteger(type, 'type', 0, U32), bytes))
  const entries = []
  for (let i = 0; i < places.length; i += 3) {
    const [type, offset, size] = places.slice(i, i + 3)
    entries.push({ type, data: bytes.subarray(offset, offset + size) })
  }
  return entries
}

function modexBuild (type, data, entries) {
  if (!Array.isArray(entries)) throw argumentError('entries must be an array')
  const numbers = []
  const parts = []
  for (const entry of entries) {
    const { type, data } = checkObject(entry, 'an entry', ['type', 'data'])
    const bytes = bufferOf(data, 'data')
    numbers.push(checkInteger(type, 'type', 0, 255), bytes.length)
    parts.push(bytes)
  }
  return check(native.modexBuild(checkInteger(type, 'type', 0, U32), bufferOf(data, 'data'), numbers, Buffer.concat(parts)))
}

const ORDERS = ['unspecified', 'native', 'custom'] // enum oxrtmp_channel_order

function channelsParse (data) {
  const found = check(native.channelsParse(bufferOf(data, 'data')))
  const [order, count, mask] = [4, 8, 12].map(at => found.readUInt32LE(at))
  const channels = order === 1 || order === 2 ? [...found.subarray(16, 16 + count)] : []
  return { order: ORDERS[order] ?? order, count, mask, channels }
}

function channelsBuild (given) {
  const { order, count = 0, mask = 0, channels = [] } = checkObject(given, 'channels', ['order', 'count', 'mask', 'channels'])
  const number = typeof order === 'number' ? order : ORDERS.indexOf(order)
  checkInteger(number, 'order', 0, 255)
  const custom = number === 2
  return check(native.channelsBuild(number, checkInteger(custom ? channels.length : count, 'count', 0, 255),
    checkInteger(mask, 'mask', 0, U32), Buffer.from(custom ? channels : [])))
}

module.exports = { multitrack, multitrackForm, modexParse, modexBuild, channelsParse, channelsBuild }
