'use strict'
// Shared object messages as objects of JavaScript, and what calls and shared objects are as events.

const amf = require('./amf.js')
const { argumentError } = require('./error.js')
const { isObject, checkText, checkInteger, U32 } = require('./options.js')

/** enum oxrtmp_shared_event in words. */
const KINDS = [
  undefined, 'use', 'release', 'request_change', 'change', 'success', 'send_message', 'status', 'clear', 'remove',
  'request_remove', 'use_success'
]
const DEEPEST = 1024 // of what can be read at all
const FIELDS = ['kind', 'name', 'level', 'slots', 'arguments', 'data']

/** A message as the AMF0 values that the library wants. */
function valuesOf (given) {
  if (!isObject(given)) throw argumentError('sharedObject must be an object')
  const { name, version = 0, flags = 0, events = [] } = given
  checkText(name, 'sharedObject.name')
  checkInteger(version, 'sharedObject.version', 0, U32)
  checkInteger(flags, 'sharedObject.flags', 0, U32)
  if (!Array.isArray(events)) throw argumentError('sharedObject.events must be an array')
  return amf.encode([name, version, flags, ...events.map(eventValue)])
}

function eventValue (event) {
  if (!isObject(event)) throw argumentError('an event of sharedObject must be an object')
  for (const key of Object.keys(event)) {
    if (!FIELDS.includes(key)) throw argumentError(`an event of sharedObject has no '${key}'; it has ${FIELDS.join(', ')}`)
  }
  const kind = typeof event.kind === 'number' ? event.kind : KINDS.indexOf(event.kind)
  if (!(Number.isInteger(kind) && kind >= 0 && kind <= 255 && event.kind !== undefined)) {
    throw argumentError(`the kind of an event must be a number up to 255 or ${KINDS.slice(1).map(k => `'${k}'`).join(', ')}`)
  }
  return { ...event, kind }
}

/** The values that the library hands on: those of a peer, which it has bounded, may be nested deeper by its own around them. */
const decode = bytes => amf.decode(bytes, { depth: DEEPEST, values: U32 })

/** A message of the AMF0 values that the library gives. */
function sharedObjectOf (values) {
  const [name, version, flags, ...events] = decode(values)
  return { name, version, flags, events: events.map(event => ({ ...event, kind: KINDS[event.kind] ?? event.kind })) }
}

// enum oxrtmp_event_type
const CALL = 48
const SHARED_OBJECT = 49

/** What a peer says: an event for users, or undefined for another type, and where there was no memory for it. */
function toldEvent (type, events, index) {
  if ((type !== CALL && type !== SHARED_OBJECT) || events.status(index) !== 0) return undefined
  const { raw } = events.packet(index)
  if (type === SHARED_OBJECT) return { type: 'sharedObject', sharedObject: sharedObjectOf(raw) }
  const [name, callId, , ...values] = decode(raw)
  return { type: 'call', name, values, callId }
}

module.exports = { valuesOf, decode, sharedObjectOf, toldEvent }
