'use strict'
// Checks what users pass in, and names what is wrong. The names of the C structs' fields are those of src/options.c.

const { wordsOf } = require('./capabilities.js')
const { argumentError } = require('./error.js')
const { codecNumber } = require('./codec.js')

const U32 = 2 ** 32 - 1
const I32 = 2 ** 31 - 1

// Each kind of value returns what is wrong with it, or undefined.
const integer = (least, most) => value =>
  Number.isInteger(value) && value >= least && value <= most ? undefined : `an integer from ${least} to ${most}`
const number = value => Number.isFinite(value) ? undefined : 'a number'
const flag = value => typeof value === 'boolean' ? undefined : 'true or false'
const text = value => typeof value === 'string' && !value.includes('\0') ? undefined : 'a string without NUL'
const oneOf = (...values) => value => values.includes(value) ? undefined : values.map(v => `'${v}'`).join(', ')
const func = value => typeof value === 'function' ? undefined : 'a function'
const abortSignal = value => value instanceof AbortSignal ? undefined : 'an AbortSignal'
const any = () => undefined
const object = value => isObject(value) ? undefined : 'an object'
const nested = fields => value => isObject(value) ? fields : 'an object'

/** What a value is to the addon, where that is something else. */
class Converted {
  constructor (value) { this.value = value }
}
const MODES = ['auto', 'off', 'required'] // enum oxrtmp_enhanced
const mode = value => MODES.includes(value) ? new Converted(MODES.indexOf(value)) : oneOf(...MODES)(value)
const said = value => new Converted(wordsOf(value))

const count = integer(1, U32)
const whole = integer(0, Number.MAX_SAFE_INTEGER)
const time = integer(-1, I32) // milliseconds; -1: without bound

// Types of a server's events, and the names of its hooks.
const EVENTS = ['connection', 'handshake_complete', 'connect', 'disconnect', 'fc_publish', 'publish', 'publish_stop', 'unpublish',
  'play', 'play_stop', 'pause', 'unpause', 'metadata', 'media_tag', 'video_frame', 'audio_frame', 'enhanced_video_frame',
  'enhanced_audio_frame', 'keyframe', 'stats_update']
const HOOKS = EVENTS.map(type => type.replace(/_(.)/g, (_, letter) => letter.toUpperCase()))
const hooks = Object.fromEntries(HOOKS.map(name => [name, func]))

const limits = {
  messageBytes: integer(1, 0xffffff),
  partialBytes: count,
  earlyMessageBytes: count,
  earlyPartialBytes: count,
  chunkStreams: count,
  messageStreams: count,
  amfDepth: count,
  amfValues: count,
  earlyAmfValues: count,
  nameBytes: integer(1, 65535),
  idleMessages: count,
  outputBytes: count,
  queueBytes: count,
  connections: count,
  connectionsPerAddress: count,
  pendingRequests: count,
  pendingCalls: count,
  readChunks: count,
  handshakes: count
}

const timeouts = {
  resolveMs: time,
  dialMs: time,
  handshakeMs: time,
  connectMs: time,
  createStreamMs: time,
  publishMs: time,
  decisionMs: time,
  setupMs: time,
  firstMediaMs: time,
  idleMs: time,
  writeMs: time
}

const server = {
  chunkSize: integer(1, 65536),
  windowAckSize: count,
  peerBandwidth: count,
  askConnection: flag,
  askConnect: flag,
  askFcPublish: flag,
  sendOnBwDone: flag,
  lingerMs: time,
  askPlay: flag,
  outputBytes: count,
  askPublish: flag,
  answerCalls: flag,
  enhanced: mode,
  strict: integer(0, 255),
  keepBytes: integer(0, 2 ** 20),
  keepAliveMs: time,
  userTimeoutMs: count,
  receiveBufferBytes: integer(1, I32),
  sendBufferBytes: integer(1, I32),
  playRecorded: flag,
  noSampleAccess: flag,
  dataStart: flag
}

// What a server tells and asks. The addon gets these as lib/teller.js makes them.
const told = {
  events: value => value === 'all' || (Array.isArray(value) && value.every(type => EVENTS.includes(type)))
    ? undefined
    : `'all' or an array of ${EVENTS.join(', ')}`,
  askMediaTag: flag,
  statsIntervalMs: integer(1, I32),
  loginScheme: oneOf('adobe', 'llnw'),
  proxyFrom: value => Array.isArray(value) && value.every(network => text(network) === undefined)
    ? undefined
    : 'an array of networks'
}

const users = value => isObject(value) && Object.entries(value).flat().every(one => text(one) === undefined)
  ? undefined
  : 'an object of passwords by names'

const client = {
  chunkSize: integer(1, 65536),
  app: text,
  streamName: text,
  tcUrl: text,
  flashVersion: text,
  swfUrl: text,
  pageUrl: text,
  publishType: oneOf('live', 'record', 'append'),
  digestHandshake: flag,
  lingerMs: time,
  outputBytes: count,
  liveOnly: flag,
  answerCalls: flag,
  enhanced: mode,
  bufferLengthMs: count,
  startMs: whole,
  durationMs: whole,
  keepAliveMs: time,
  userTimeoutMs: count,
  receiveBufferBytes: integer(1, I32),
  sendBufferBytes: integer(1, I32),
  user: text,
  password: text,
  followRedirects: flag,
  dropVideo: flag,
  reconnect: flag,
  retryMinMs: count,
  retryMaxMs: count,
  attempts: count,
  followReconnects: flag
}

const tls = {
  insecure: flag,
  certificateFile: text,
  keyFile: text,
  certificatePem: text,
  keyPem: text,
  caFile: text,
  caPem: text,
  serverName: text,
  pin: text
}

const HUB_WORDS = { // by their numbers
  cachePolicy: ['gop', 'keyframe', 'off'],
  slowPolicy: ['drop', 'disconnect', 'block'],
  takeover: ['reject', 'replace', 'ifSilent'],
  timestamps: ['keep', 'monotonic', 'rebase'],
  codecs: ['pass', 'refuse', 'filter']
}

const hub = {
  cachePolicy: oneOf(...HUB_WORDS.cachePolicy),
  cacheBytes: count,
  cacheFrames: count,
  slowPolicy: oneOf(...HUB_WORDS.slowPolicy),
  slowBytes: count,
  disconnectBytes: count,
  takeover: oneOf(...HUB_WORDS.takeover),
  silentAfterMs: integer(1, I32),
  graceMs: integer(0, I32),
  waitForPublisher: flag,
  coalesceMs: integer(0, U32),
  chunkSize: integer(1, 65536),
  timestamps: oneOf(...HUB_WORDS.timestamps),
  waitLimitMs: count,
  codecs: oneOf(...HUB_WORDS.codecs)
}

const MASK_CODECS = 256

const mask = {
  noAudio: flag,
  noVideo: flag,
  noData: flag,
  keyframesOnly: flag,
  track: integer(0, 255)
}

const relay = {
  onDemand: flag,
  idleAfterMs: count,
  retryMinMs: count,
  retryMaxMs: count,
  attempts: count
}

const recorder = {
  indexBytes: count,
  rotateBytes: whole,
  rotateDurationMs: whole
}

const codec = value => typeof value === 'string' && /^[ -~]{4}$/.test(value) ? undefined : 'four characters'
const metadata = {
  videoCodec: codec,
  audioCodec: codec,
  stereo: flag,
  width: number,
  height: number,
  frameRate: number,
  videoDataRate: number,
  audioDataRate: number,
  audioSampleRate: number,
  audioSampleSize: number,
  audioChannels: number,
  audioDelay: number,
  duration: number,
  fileSize: number,
  canSeekToEnd: flag,
  surround: text,
  creationDate: text,
  encoder: text
}

const trackInfo = {
  track: integer(0, 255), codec, dataRate: number, width: number, height: number, sampleRate: number, channels: number
}
const trackList = value => {
  if (!Array.isArray(value) || value.length > 256 || !value.every(isObject)) return 'an array of at most 256 objects'
  return new Converted(value.map(track => walk({ track: -1, ...track }, trackInfo, 'a track')))
}

const codecs = value => Array.isArray(value) && value.length > 0 && value.length <= MASK_CODECS && value.every(v => codec(v) === undefined)
  ? undefined
  : `1 to ${MASK_CODECS} codecs of four characters`
const masked = nested({ ...mask, codecs })

const records = { limits, timeouts, server: { ...server, ...told }, client, tls, hub, mask, relay, recorder, metadata }

const forms = {
  server: {
    ...server, ...told, users, hooks: nested(hooks), onError: func, limits: nested(limits), timeouts: nested(timeouts),
    sendTimeoutMs: time, tls: nested(tls), capabilities: said, hub: any, signal: abortSignal
  },
  client: {
    ...client, limits: nested(limits), timeouts: nested(timeouts), sendTimeoutMs: time, tls: nested(tls), capabilities: said, fd: integer(0, I32),
    signal: abortSignal
  },
  engineServer: {
    ...server, limits: nested(limits), timeouts: nested(timeouts), capabilities: said, hub: any, handshakeDone: flag, onReady: func
  },
  enginePublish: { ...client, limits: nested(limits), timeouts: nested(timeouts), capabilities: said, handshakeDone: flag },
  enginePlay: { ...client, limits: nested(limits), timeouts: nested(timeouts), capabilities: said, handshakeDone: flag },
  tls,
  adopt: { tls: flag },
  hooks,
  hub: { ...hub, mask: masked },
  hubPublish: { sendTimeoutMs: time, outputBytes: count, lingerMs: time },
  hubPlay: { sendTimeoutMs: time, outputBytes: count, lingerMs: time, mask: masked },
  hubAccept: { mask: masked },
  relay: { ...relay, mask: masked, client: nested({ ...client, limits: nested(limits), timeouts: nested(timeouts), tls: nested(tls), capabilities: said }) },
  recorder,
  metadata: { ...metadata, videoTracks: trackList, audioTracks: trackList },
  play2: {
    oldStreamName: text, transition: text, liveOnly: flag, startMs: whole, durationMs: whole, offsetMs: whole, properties: object
  },
  adapter: { flv: flag, audio: flag, video: flag },
  serve: { signal: abortSignal, onError: func },
  shutdown: { timeoutMs: time },
  flush: { timeoutMs: time },
  ping: { timeoutMs: time },
  call: { timeoutMs: time },
  handshake: { client: flag, digest: flag, timeMs: integer(0, U32), random: any },
  chunkDecoder: { messageBytes: limits.messageBytes, partialBytes: count, chunkStreams: count },
  amfToJson: { strict: flag, amf3: flag },
  amfFromJson: { amf3: flag },
  logger: { level: oneOf('error', 'warning', 'info', 'debug') }
}

function isObject (value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function walk (value, fields, name) {
  const result = Object.create(null) // which has nothing that somebody has added to all objects
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(fields, key)) {
      throw argumentError(`${name} has no '${key}'; it has ${Object.keys(fields).join(', ')}`)
    }
    const given = value[key]
    if (given === undefined) continue
    const wanted = fields[key](given)
    if (typeof wanted === 'string') throw argumentError(`${name}.${key} must be ${wanted}`)
    if (wanted instanceof Converted) result[key] = wanted.value
    else result[key] = wanted === undefined ? given : walk(given, wanted, `${name}.${key}`)
  }
  return result
}

/** A copy of the options, all of them known and valid. */
function options (form, value, name = 'options') {
  if (value === undefined || value === null) return Object.create(null)
  if (!isObject(value)) throw argumentError(`${name} must be an object`)
  return walk(value, forms[form], name)
}

/** A mask as the addon takes it; undefined for none. */
function nativeMask (mask) {
  if (mask === undefined) return undefined
  const { track, codecs, ...rest } = mask
  if (track !== undefined) rest.track = track + 1
  if (codecs !== undefined) rest.codecs = Uint32Array.from(codecs, codecNumber)
  return rest
}

function checkText (value, name) {
  const wanted = text(value)
  if (wanted !== undefined) throw argumentError(`${name} must be ${wanted}`)
  return value
}

function checkInteger (value, name, least, most) {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw argumentError(`${name} must be an integer from ${least} to ${most}`)
  }
  return value
}

/** Any kind of bytes as a view that the addon takes. */
function checkBytes (value, name) {
  if (ArrayBuffer.isView(value)) return value
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value)
  throw argumentError(`${name} must be a Buffer, another view or an ArrayBuffer`)
}

module.exports = { options, nativeMask, forms, records, HUB_WORDS, EVENTS, HOOKS, isObject, checkText, checkInteger, checkBytes, U32 }
