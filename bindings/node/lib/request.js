'use strict'
const native = require('./native.js')
const { check, status, argumentError, ownError } = require('./error.js')
const { acceptSession } = require('./session.js')
const { checkText } = require('./options.js')
const { capabilitiesOf } = require('./capabilities.js')

const KINDS = ['', 'publish', 'play', 'connection', 'connect', 'fc_publish'] // enum oxrtmp_request_kind
const TEXTS = ['app', 'streamName', 'rawStreamName', 'query', 'publishType', 'tcUrl', 'peerAddress', 'flashVersion', 'swfUrl',
  'pageUrl', 'encoder', 'user']

const SCHEMES = { adobe: 1, llnw: 2 } // enum oxrtmp_login_scheme

const INTERNAL = Symbol('a request of the library')

let internals

class Request {
  #handle // undefined once it is answered
  #deadline
  #of
  #session
  #connect
  #capabilities

  /** id: in two words. of: what sessions need to know of the server; undefined for an engine, which makes none. */
  constructor (internal, id, deadline, of) {
    if (internal !== INTERNAL) throw argumentError('Illegal constructor: requests come from a server')
    const [handle, peer] = native.requestTake(...id)
    this.#handle = handle
    this.#deadline = deadline
    this.#of = of
    this.#connect = peer
    this.kind = KINDS[peer.kind] ?? ''
    this.play = peer.play
    this.connection = peer.connection
    for (const name of TEXTS) this[name] = typeof peer[name] === 'string' ? peer[name] : ''
  }

  static {
    internals = {
      makeRequest: (id, deadline, of) => new Request(INTERNAL, id, deadline, of),
      /**
       * Whether it is over: a hook has answered it after all, or its time has passed, in which case the library has rejected it, and
       * its handle is ended here.
       */
      expire: (request, over = false) => {
        if (request.answered) return true
        if (!over && performance.now() <= request.#deadline) return false
        native.requestReject(request.#take())
        return true
      },
      sessionOf: request => request.#session,
      /** Its handle, to be answered elsewhere. */
      takeRequest (request) {
        if (!(request instanceof Request)) throw argumentError('request must be a Request of a server or an Engine')
        return request.#take()
      }
    }
  }

  get connect () {
    const { connectJson, objectEncoding, capabilities, audioCodecs, videoCodecs, videoFunction, proxied } = this.#connect
    const properties = typeof connectJson === 'string' && connectJson !== '' ? JSON.parse(connectJson) : {}
    return { objectEncoding, capabilities, audioCodecs, videoCodecs, videoFunction, proxied: proxied !== 0, properties }
  }

  /** Of one that is answered: as it was asked for before. */
  get capabilities () {
    if (this.#handle !== undefined) this.#capabilities = capabilitiesOf(check(native.requestCapabilities(this.#handle)))
    return this.#capabilities
  }

  get play2 () {
    return this.#connect.play2Json === undefined ? undefined : JSON.parse(this.#connect.play2Json)
  }

  get answered () { return this.#handle === undefined }

  async accept () {
    const handle = this.#take()
    if (this.#of === undefined) return check(native.requestAccept(handle, 0))
    this.#session = acceptSession(this, this.#of, id => native.requestAccept(handle, id))
    return this.#session
  }

  async reject (code, description) {
    if (description === undefined) [code, description] = [undefined, code]
    if (code !== undefined) checkText(code, 'code')
    if (description !== undefined) checkText(description, 'description')
    const result = native.requestReject(this.#take(), code, description)
    // One that is over needs no answer any more.
    if (result !== status.STATE && result !== status.TIMEOUT && result !== status.CLOSED) check(result)
  }

  async redirect (url, description) {
    checkText(url, 'url')
    if (description !== undefined) checkText(description, 'description')
    const result = native.requestRedirect(this.#take(), url, description)
    if (result !== status.STATE && result !== status.TIMEOUT && result !== status.CLOSED) check(result)
  }

  async login (scheme, password) {
    if (!Object.hasOwn(SCHEMES, scheme)) throw argumentError("scheme must be 'adobe' or 'llnw'")
    if (password !== undefined) checkText(password, 'password')
    if (this.kind !== 'connect' || this.#of === undefined) throw ownError('STATE', 'only a connect request of a server logs in')
    const result = native.requestLogin(this.#take(), SCHEMES[scheme], password)
    if (result === status.STATE || result === status.CLOSED) return false // the peer has gone
    return check(result) === 1
  }

  #take () {
    const handle = this.#handle
    if (handle === undefined) throw ownError('STATE', 'the request was answered before')
    this.#handle = undefined
    return handle
  }
}

module.exports = { Request, SCHEMES, ...internals }
