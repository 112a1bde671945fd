'use strict'
// The package. Each name is documented in index.d.ts.

const native = require('./native.js')
const { OxrtmpError, status, check, argumentError } = require('./error.js')
const { setLogger } = require('./loop.js')
const { Packet, PacketFlags } = require('./packet.js')
const { Metadata } = require('./metadata.js')
const { Server } = require('./server.js')
const { Request } = require('./request.js')
const { Session } = require('./session.js')
const { Client } = require('./client.js')
const { Recorder } = require('./recorder.js')
const { FLVReader } = require('./flv-reader.js')
const { Hub } = require('./hub.js')
const { Relay } = require('./relay.js')
const { ServerEvent } = require('./server-event.js')
const { Refusal, chainHooks, logHooks } = require('./hooks.js')
const { Engine } = require('./engine.js')
const amf = require('./amf.js')
const codec = require('./payload.js')
const { Can, Caps, allCapabilities, intersectCapabilities } = require('./enhanced.js')
const { version } = require('../package.json')

function setMemoryLimit (bytes) {
  const number = Number(bytes)
  if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) throw argumentError('bytes must be a number from 0 on')
  check(native.memoryLimit(number))
}

function runtimeConfigure (options = {}) {
  for (const name of Object.keys(options)) {
    if (!['processors', 'heapBytes'].includes(name)) throw argumentError(`unknown option ${name}`)
  }
  const processors = options.processors ?? 0
  const heapBytes = Number(options.heapBytes ?? 0)
  if (!(Number.isInteger(processors) && processors >= 0 && processors <= 1024)) throw argumentError('processors must be from 0 to 1024')
  if (!(heapBytes >= 0 && heapBytes <= Number.MAX_SAFE_INTEGER)) throw argumentError('heapBytes must be a number from 0 on')
  check(native.runtimeConfigure(processors, heapBytes))
}

const libraryStatistics = () => check(native.libraryStatistics())

exports.Server = Server
exports.Request = Request
exports.Session = Session
exports.Client = Client
exports.Packet = Packet
exports.PacketFlags = PacketFlags
exports.Strict = Object.freeze({
  HANDSHAKE: 1,
  CONNECT: 2,
  AMF: 4,
  TIMESTAMPS: 8,
  METADATA: 16,
  APP: 32,
  CHUNK_SIZE: 64,
  ORDER: 128,
  ALL: 255
})
exports.Recorder = Recorder
exports.FLVReader = FLVReader
exports.Hub = Hub
exports.Relay = Relay
exports.ServerEvent = ServerEvent
exports.Refusal = Refusal
exports.chainHooks = chainHooks
exports.logHooks = logHooks
exports.Engine = Engine
exports.Metadata = Metadata
exports.amf = amf
exports.codec = codec
exports.Can = Can
exports.Caps = Caps
exports.allCapabilities = allCapabilities
exports.intersectCapabilities = intersectCapabilities
exports.OxrtmpError = OxrtmpError
exports.status = status
exports.setLogger = setLogger
exports.setMemoryLimit = setMemoryLimit
exports.runtimeConfigure = runtimeConfigure
exports.libraryStatistics = libraryStatistics
exports.version = version
exports.buildInfo = native.buildInfo()
