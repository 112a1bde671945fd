'use strict'
const { inspect } = require('node:util')
const native = require('./native.js')

const names = new Map(native.statuses().map(([number, name]) => [number, name.replace(/^OXRTMP_(E_)?/, '')]))
const texts = new Map(native.statuses().map(([number, , text]) => [number, text]))

/** The statuses by their names in oxrtmp.h without OXRTMP_ and E_: status.TIMEOUT === -107. */
const status = Object.freeze(Object.fromEntries([...names].map(([number, name]) => [name, number])))

const codeOf = number => `ERR_OXRTMP_${names.get(number) ?? 'UNKNOWN'}`

class OxrtmpError extends Error {
  constructor (number, message, { phase = '', peerCode = '', description = '', osError = 0, tlsAlert = -1 } = {}) {
    super(message || texts.get(number) || `status ${number}`)
    this.code = codeOf(number)
    this.status = number
    this.phase = phase
    this.peerCode = peerCode
    this.description = description
    if (osError !== 0) this.osError = osError
    if (tlsAlert >= 0) this.tlsAlert = tlsAlert
  }

  get name () { return 'OxrtmpError' }
}

/** C's names of options as they are called here. */
const inCamelCase = text => text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, name => name.replace(/_./g, part => part[1].toUpperCase()))

/**
 * The error of a failure as the addon describes it. The text begins with the status, which code says too. An argument that
 * the library does not take is one that is not valid, as those that are found here.
 */
function fromFailure (failure) {
  const message = failure.message.replace(/^OXRTMP_\w+: /, '')
  if (failure.failed === status.ARGUMENT) return argumentError(inCamelCase(message))
  // Of a file's error only the option that names it: a path follows.
  return new OxrtmpError(failure.failed, failure.failed === status.FILE ? message.replace(/^\w+: /, inCamelCase) : message, failure)
}

/** The error of the call just made, which returned number. */
const lastError = number => fromFailure(native.lastError(number))

/** The result of a call of the addon; a negative number is a status, and thrown. */
function check (result) {
  if (typeof result === 'number' && result < 0) throw lastError(result)
  return result
}

/** The result of a job of the addon. */
async function checkJob (promise) {
  const result = await promise
  if (typeof result === 'object' && result !== null && 'failed' in result) throw fromFailure(result)
  return result
}

/** An error that this package finds by itself. */
const ownError = (name, message) => new OxrtmpError(status[name], message)

/** The TypeError for an argument that is not valid. */
function argumentError (message) {
  const error = new TypeError(message)
  error.code = 'ERR_OXRTMP_ARGUMENT'
  return error
}

// ---- what applications throw, which may be anything ----

/** Throws it where nobody else is: an uncaught exception, and what was going on goes on. */
const throwLater = error => queueMicrotask(() => { throw error })

/** Makes a warning of the process of it. */
const warn = error => process.emitWarning(error instanceof Error ? error : new Error(inspect(error)))

/** Tells a function of the application's about it; what that throws is its own. */
function report (onError, error, about) {
  try {
    onError(error, about)
  } catch (failure) {
    throwLater(failure)
  }
}

module.exports = { OxrtmpError, status, check, checkJob, lastError, fromFailure, ownError, argumentError, warn, report }
