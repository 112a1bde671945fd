'use strict'
const native = require('./native.js')
const { check, checkJob, status, argumentError, ownError } = require('./error.js')
const { holding } = require('./loop.js')
const { clientOf } = require('./client.js')
const { takeRequest } = require('./request.js')
const { options, checkText, HUB_WORDS } = require('./options.js')

// What granting may answer when the request was refused, or is over.
const NOT_GRANTED = new Set([status.BUSY, status.NOT_FOUND, status.REFUSED, status.CLOSED, status.STATE, status.TIMEOUT])

let handleOf

class Hub {
  #handle // undefined once it is closed
  #closing

  static {
    /** The handle of a server's option. */
    handleOf = hub => {
      if (!(hub instanceof Hub)) throw argumentError('options.hub must be a Hub')
      return hub.#open()
    }
  }

  constructor (given) {
    const settings = options('hub', given)
    for (const [name, words] of Object.entries(HUB_WORDS)) {
      if (settings[name] !== undefined) settings[name] = words.indexOf(settings[name])
    }
    if (settings.graceMs === 0) settings.graceMs = -1
    this.#handle = check(native.hubCreate(settings))
  }

  #open () {
    if (this.#handle === undefined) throw ownError('CLOSED', 'the hub is closed')
    return this.#handle
  }

  get closed () { return this.#handle === undefined }

  async accept (request) {
    const result = native.hubAccept(this.#open(), takeRequest(request))
    if (!NOT_GRANTED.has(result)) check(result)
    return result === status.OK
  }

  async publish (app, streamName, given) { return this.#client('publish', app, streamName, given) }
  async play (app, streamName, given) { return this.#client('play', app, streamName, given) }

  #client (kind, app, streamName, given) {
    const hub = this.#open()
    checkText(app, 'app')
    checkText(streamName, 'streamName')
    return clientOf(kind, options('hubClient', given), (settings, id) =>
      native.hubClient(hub, app, streamName, settings, id, kind === 'play' ? 1 : 0))
  }

  statistics () { return check(native.hubStatistics(this.#open())) }

  streamStatistics (app, streamName) {
    return check(native.hubStreamStatistics(this.#open(), checkText(app, 'app'), checkText(streamName, 'streamName')))
  }

  dataFrames (app, streamName) {
    return JSON.parse(check(native.hubDataFramesJson(this.#open(), checkText(app, 'app'), checkText(streamName, 'streamName'))))
  }

  streams () {
    const found = []
    for (const { app, stream_name: streamName } of JSON.parse(check(native.hubJson(this.#open()))).streams) {
      const figures = native.hubStreamStatistics(this.#handle, app, streamName)
      if (typeof figures === 'object') found.push({ app, streamName, ...figures }) // else it has just ended
    }
    return found
  }

  close () {
    if (this.#handle !== undefined) {
      const handle = this.#handle
      this.#handle = undefined
      this.#closing = holding(checkJob(native.hubClose(handle)))
    }
    return this.#closing
  }

  [Symbol.asyncDispose] () { return this.close() }
}

module.exports = { Hub, handleOf }
