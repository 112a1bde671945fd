'use strict'
const native = require('../native.js')
const { bufferOf, checkObject, check, argumentError } = require('./part.js')
const { valuesOf, sharedObjectOf } = require('../shared.js')
const { checkInteger, U32 } = require('../options.js')

function sharedObjectParse (type, data) {
  return sharedObjectOf(check(native.sharedObjectParse(checkInteger(type, 'type', 0, U32), bufferOf(data, 'data'))))
}

const sharedObjectBuild = sharedObject => check(native.sharedObjectBuild(valuesOf(sharedObject)))

function aggregateParse (timestampMs, data) {
  const bytes = bufferOf(data, 'data')
  const places = check(native.aggregateParse(checkInteger(timestampMs, 'timestampMs', 0, U32), bytes))
  const messages = []
  for (let i = 0; i < places.length; i += 4) {
    const [type, timestampMs, offset, size] = places.slice(i, i + 4)
    messages.push({ type, timestampMs, data: bytes.subarray(offset, offset + size) })
  }
  return messages
}

function aggregateBuild (messages) {
  if (!Array.isArray(messages)) throw argumentError('messages must be an array')
  const numbers = []
  const payloads = []
  for (const message of messages) {
    const { type, timestampMs, data } = checkObject(message, 'a message', ['type', 'timestampMs', 'data'])
    const bytes = bufferOf(data, 'data')
    numbers.push(checkInteger(type, 'type', 0, 255), checkInteger(timestampMs, 'timestampMs', 0, U32), bytes.length)
    payloads.push(bytes)
  }
  return check(native.aggregateBuild(numbers, Buffer.concat(payloads)))
}

module.exports = { sharedObjectParse, sharedObjectBuild, aggregateParse, aggregateBuild }
