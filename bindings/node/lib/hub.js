'use strict'
const native = require('./native.js')
const { check, checkJob, status, argumentError, ownError } = require('./error.js')
const { holding } = require('./loop.js')
const { clientOf } = require('./client.js')
const { codecName } = require('./codec.js')
const { relayOf } = require('./relay.js')
const { takeRequest } = require('./request.js')
const { options, nativeMask, checkText, HUB_WORDS } = require('./options.js')
const { show } = require('./shown.js')

// What granting may answer when the request was refused, or is over.
const NOT_GRANTED = new Set([status.BUSY, status.NOT_FOUND, status.UNSUPPORTED, status.REFUSED, status.CLOSED, status.STATE, status.TIMEOUT])

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
    const { mask, ...settings } = options('hub', given)
    settings.mask = nativeMask(mask)
    for (const [name, words] of Object.entries(HUB_WORDS)) {
      if (Object.hasOwn(settings, name)) settings[name] = words.indexOf(settings[name])
    }
    if (settings.graceMs === 0) settings.graceMs = -1
    this.#handle = check(native.hubCreate(settings))
  }

  #open () {
    if (this.#handle === undefined) throw ownError('CLOSED', 'the hub is closed')
    return this.#handle
  }

  get closed () { return this.#handle === undefined }

  async accept (request, given) {
    const { mask } = options('hubAccept', given)
    const result = native.hubAccept(this.#open(), takeRequest(request), nativeMask(mask))
    if (!NOT_GRANTED.has(result)) check(result)
    return result === status.OK
  }

  async publish (app, streamName, given) { return this.#client('publish', app, streamName, given) }
  async play (app, streamName, given) { return this.#client('play', app, streamName, given) }

  #client (kind, app, streamName, given) {
    const hub = this.#open()
    checkText(app, 'app')
    checkText(streamName, 'streamName')
    const { mask, ...settings } = options(kind === 'play' ? 'hubPlay' : 'hubPublish', given)
    settings.mask = nativeMask(mask)
    return clientOf(kind, settings, (settings, id) =>
      native.hubClient(hub, app, streamName, settings, id, kind === 'play' ? 1 : 0))
  }

  // ---- relays ----

  async push (app, streamName, url, given) { return this.#relay(false, app, streamName, url, given) }
  async pull (app, streamName, url, given) { return this.#relay(true, app, streamName, url, given) }

  #relay (pull, app, streamName, url, given) {
    const hub = this.#open()
    checkText(app, 'app')
    checkText(streamName, 'streamName')
    checkText(url, 'url')
    const { mask, ...settings } = options('relay', given)
    settings.mask = nativeMask(mask)
    return relayOf(this, id => native.hubRelay(hub, app, streamName, url, settings, id, pull ? 1 : 0))
  }

  // ---- figures ----

  statistics () { return check(native.hubStatistics(this.#open())) }

  streamStatistics (app, streamName) {
    return figuresOf(check(native.hubStreamStatistics(this.#open(), checkText(app, 'app'), checkText(streamName, 'streamName'))))
  }

  dataFrames (app, streamName) {
    return JSON.parse(check(native.hubDataFramesJson(this.#open(), checkText(app, 'app'), checkText(streamName, 'streamName'))))
  }

  #streams () { return JSON.parse(check(native.hubJson(this.#open()))).streams }

  streams () {
    const found = []
    for (const { app, stream_name: streamName } of this.#streams()) {
      const figures = native.hubStreamStatistics(this.#handle, app, streamName)
      if (typeof figures === 'object') found.push({ app, streamName, ...figuresOf(figures) }) // else it has just ended
    }
    return found
  }

  players (app, streamName) {
    checkText(app, 'app')
    checkText(streamName, 'streamName')
    const stream = this.#streams().find(s => s.app === app && s.stream_name === streamName)
    return stream === undefined ? [] : stream.player_list.map(playerOf)
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

/** Of the addon's record of a stream. */
const figuresOf = record => ({ ...record, videoCodec: codecName(record.videoCodec), audioCodec: codecName(record.audioCodec) })

/** Of a player in the library's JSON. */
const playerOf = p => ({
  peer: p.peer,
  packets: p.packets,
  bytes: BigInt(p.bytes),
  queuedBytes: BigInt(p.queued_bytes),
  framesDropped: p.frames_dropped,
  durationNs: BigInt(p.duration_ns),
  paused: p.paused,
  waiting: p.waiting,
  noAudio: p.no_audio,
  noVideo: p.no_video
})

show(Hub, 'closed')

module.exports = { Hub, handleOf }
