'use strict'
const native = require('../native.js')
const { Struct, bufferOf, written, intoOf, checkObject, check, argumentError } = require('./part.js')
const { checkInteger, U32 } = require('../options.js')

const EMPTY = Buffer.alloc(0)

// ---- control messages: struct oxrtmp_control ----

const control = new Struct(48)
const NUMBERS = ['type', 'value', 'limitType', 'event', 'streamId', 'timestampMs', 'bufferMs'] // in their order there

function controlParse (type, data) {
  const bytes = bufferOf(data, 'data')
  check(native.controlParse(checkInteger(type, 'type', 0, U32), bytes, control.memory))
  const [messageType, value, limitType, event, streamId, timestampMs, bufferMs] = control.u32
  const rest = control.part(bytes, 8, 10) ?? bytes.subarray(0, 0)
  return { type: messageType, value, limitType, event, streamId, timestampMs, bufferMs, data: rest }
}

function controlBuild (given, into) {
  checkObject(given, 'control', [...NUMBERS, 'data'])
  control.u32.fill(0)
  for (const [i, name] of NUMBERS.entries()) {
    if (given[name] !== undefined || name === 'type') control.u32[i] = checkInteger(given[name], `control.${name}`, 0, U32)
  }
  const target = intoOf(into)
  return written(native.controlBuild(control.memory, bufferOf(given.data ?? EMPTY, 'control.data'), target), target)
}

// ---- commands: struct oxrtmp_command ----

const command = new Struct(40)

function commandParse (type, data) {
  const bytes = bufferOf(data, 'data')
  check(native.commandParse(checkInteger(type, 'type', 0, U32), bytes, command.memory))
  return {
    name: command.part(bytes, 0, 2).toString(),
    transactionId: command.f64[2],
    values: command.part(bytes, 6, 8) ?? bytes.subarray(bytes.length)
  }
}

function commandBuild (given, into) {
  const { name, transactionId = 0, values = EMPTY } = checkObject(given, 'command', ['name', 'transactionId', 'values'])
  if (typeof name !== 'string') throw argumentError('command.name must be a string')
  if (typeof transactionId !== 'number') throw argumentError('command.transactionId must be a number')
  const bytes = bufferOf(values, 'command.values')
  const target = intoOf(into)
  return written(native.commandBuild(Buffer.from(name), transactionId, bytes, target), target)
}

module.exports = { controlParse, controlBuild, commandParse, commandBuild }
