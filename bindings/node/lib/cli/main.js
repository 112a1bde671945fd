#!/usr/bin/env node
'use strict'
// `npx oxrtmp`: serve, play, push, relay and probe RTMP streams from a terminal.

const { timingSafeEqual, createHash } = require('node:crypto')
const { pipeline } = require('node:stream/promises')
const { setTimeout: sleep } = require('node:timers/promises')
const { parseArgs } = require('node:util')
const { Client } = require('../client.js')
const { FLVReader } = require('../flv-reader.js')
const { Hub } = require('../hub.js')
const { Recorder } = require('../recorder.js')
const { Server } = require('../server.js')
const { HELP, helpOf, usageOf, version } = require('./help.js')
const { inWords, probe } = require('./probe.js')
const { Rates, Report, printable } = require('./report.js')

const text = /** @type {const} */ ({ type: 'string' })
const flag = /** @type {const} */ ({ type: 'boolean' })
const trustFlags = { ca: text, insecure: flag }
const COMMANDS = {
  listen: {
    run: listen,
    operands: [0, Infinity],
    options: { key: text, record: text, replace: flag, grace: text, connections: text, 'tls-cert': text, 'tls-key': text }
  },
  play: { run: play, operands: [1, 1], options: { output: { ...text, short: 'o' }, seconds: text, ...trustFlags } },
  push: { run: push, operands: [2, 2], options: { fast: flag, loop: flag, ...trustFlags } },
  relay: { run: relay, operands: [2, Infinity], options: trustFlags },
  probe: { run: tellWhatItIs, operands: [1, 1], options: { seconds: text, json: flag, ...trustFlags } }
}

/** A command line that makes no sense. */
class UsageError extends Error {}

const number = (name, value, fallback) => {
  const result = value === undefined ? fallback : Number(value)
  if (!(result >= 0)) throw new UsageError(`--${name} ${value}: no number`)
  return result
}
const trust = ({ ca, insecure = false }) => ({ tls: ca ? { caFile: ca, insecure } : { insecure }, followRedirects: true })
const message = error => error instanceof Error ? error.message : String(error)
const same = (a, b) => timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())

// ---- listen ----

/** Takes publishers and players into a hub, and records. */
class Station {
  #rates = new Map()
  #recorded = new Set()

  constructor (flags, hub, report) {
    this.flags = flags
    this.hub = hub
    this.report = report
  }

  async answer (request) {
    const stream = `${request.app}/${request.streamName}`
    const { peerAddress: peer, encoder, app, streamName } = request
    if (request.kind === 'publish' && this.flags.key && !same(streamName, this.flags.key)) {
      await request.reject('NetStream.Publish.BadName', 'unauthorized')
      this.report.say('refused', `${peer} may not publish ${stream}`, { stream, peer })
      return
    }
    const { kind } = request
    if (!await this.hub.accept(request)) return
    this.report.say(kind, `${peer} ${kind === 'publish' ? 'publishes' : 'plays'} ${stream}`, { stream, peer, encoder })
    if (kind === 'publish' && this.flags.record) await this.record(app, streamName)
  }

  /** Writes a stream to a file until it ends, unless that is being done already. */
  async record (app, streamName) {
    const stream = `${app}/${streamName}`
    if (this.#recorded.has(stream)) return
    this.#recorded.add(stream)
    try {
      const client = await this.hub.play(app, streamName)
      const recorder = await Recorder.openIn(this.flags.record, streamName)
      for await (const packet of client) await recorder.write(packet)
      const file = recorder.path
      await recorder.close()
      this.report.say('recorded', `${stream} is in ${file}`, { stream, file })
    } catch (error) {
      this.report.say('error', `${stream}: ${message(error)}`, { stream, error: message(error) })
    } finally {
      this.#recorded.delete(stream)
    }
  }

  /** Every stream of the hub. */
  rows () {
    if (this.hub.closed) return []
    const rates = new Map()
    const rows = this.hub.streams().map(s => {
      const stream = `${s.app}/${s.streamName}`
      const rate = this.#rates.get(stream) ?? new Rates()
      rates.set(stream, rate)
      const players = s.players - (this.#recorded.has(stream) ? 1 : 0)
      return { stream, ...rate.of(s), players, dropped: Number(s.framesDropped) }
    })
    this.#rates = rates
    return rows
  }
}

async function listen (flags, addresses, report, signal) {
  const hub = new Hub({ takeover: flags.replace ? 'replace' : 'reject', graceMs: number('grace', flags.grace, 10) * 1000 })
  const options = { hub, askPublish: true, askPlay: true, limits: { connections: number('connections', flags.connections, 10000) } }
  if (flags['tls-cert']) options.tls = { certificateFile: flags['tls-cert'], keyFile: flags['tls-key'] }
  const server = await Server.listen(addresses.length > 0 ? addresses : ['127.0.0.1:1935'], options)
  report.say('listening', `listening on ${server.addresses.join(', ')}`, { addresses: server.addresses })
  const station = new Station(flags, hub, report)
  const done = report.everySecond(() => station.rows())
  await server.serve(request => station.answer(request), { signal })
  done()
  await hub.close()
  return 0
}

// ---- play ----

/** Takes the packets of a client to their end: into a file, to the standard output, or nowhere. */
async function take (client, output) {
  if (output === '-') return pipeline(client.readable({ flv: true }), process.stdout, { end: false })
  const recorder = output === undefined ? undefined : await Recorder.open(output)
  for await (const packet of client) await recorder?.write(packet)
  await recorder?.close()
}

async function play (flags, [url], report, signal) {
  const seconds = number('seconds', flags.seconds, 0)
  const client = await Client.play(url, { signal, ...trust(flags) })
  report.say('playing', `playing from ${client.peerAddress}`, { peer: client.peerAddress })
  const rates = new Rates()
  const done = report.everySecond(() => [{ stream: url.slice(url.lastIndexOf('/') + 1), ...rates.of(client.statistics()) }])
  const end = seconds > 0 ? setTimeout(() => client.close(), seconds * 1000) : undefined
  await take(client, flags.output).catch(error => { if (error !== client.error) throw error })
  clearTimeout(end)
  done()
  return ended(report, client)
}

/** Says what there was. A stream that ended by itself is no fault. */
function ended (report, client) {
  const { packets, bytes } = client.statistics()
  const error = client.error === undefined ? null : client.error.message
  const words = `${packets} packets, ${bytes} bytes${error === null ? '' : `: ${error}`}`
  report.say('end', words, { packets: Number(packets), bytes: Number(bytes), error })
  return error === null ? 0 : 1
}

// ---- push ----

/** The packets of a file, each when it is due. */
async function * schedule (file, { fast = false, loop = false }, signal) {
  const started = performance.now()
  let first
  let last = 0
  let shift = 0
  do {
    for await (const packet of await FLVReader.open(file)) {
      last = packet.timestampMs
      first ??= last
      const due = last - first + shift >>> 0
      const wait = fast || due >= 2 ** 31 ? 0 : started + due - performance.now()
      if (wait > 0) await sleep(wait, undefined, { signal })
      signal.throwIfAborted()
      packet.timestampMs = last + shift >>> 0
      yield packet
    }
    shift += (last - (first ?? 0) >>> 0) + 40
  } while (loop && first !== undefined)
}

async function push (flags, [file, url], report, signal) {
  await (await FLVReader.open(file)).close() // a file that cannot be read is found before the server is asked
  const client = await Client.publish(url, { signal, ...trust(flags) })
  report.say('publishing', `publishing to ${client.peerAddress}`, { peer: client.peerAddress })
  const rates = new Rates()
  const done = report.everySecond(() => {
    const n = client.statistics()
    return [{ stream: 'sent', ...rates.of(n), queued: Number(n.queuedBytes) }]
  })
  try {
    for await (const packet of schedule(file, flags, signal)) await client.sendPacket(packet)
    await client.flush()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    done()
    await client.close().catch(() => {})
  }
  return ended(report, client)
}

// ---- relay ----

/** What of a URL may be shown: its path is a secret. */
const host = url => url.replace(/^(\w+:\/\/)(?:[^/]*@)?([^/]*).*$/, '$1$2')

async function relay (flags, [from, ...to], report, signal) {
  const hub = new Hub()
  const options = { client: trust(flags) }
  const relays = new Map([[`from ${host(from)}`, await hub.pull('relay', 'stream', from, options)]])
  for (const [i, url] of to.entries()) relays.set(`${i + 1} to ${host(url)}`, await hub.push('relay', 'stream', url, options))
  const rates = new Map([...relays.keys()].map(name => [name, new Rates()]))
  const done = report.everySecond(() => [...relays].map(([stream, r]) => {
    const s = r.statistics()
    return { stream, ...rates.get(stream).of(s), state: s.state, dropped: Number(s.framesDropped), retries: Number(s.retries) }
  }))
  const told = [...relays].map(([name, r]) => tell(report, name, r))
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  done()
  await Promise.all([...relays.values()].map(r => r.close()))
  await Promise.all(told)
  await hub.close()
  return 0
}

/** Says each state that a relay comes to. */
async function tell (report, stream, relay) {
  for await (const { state, error } of relay.events()) {
    const words = error === undefined ? null : error.message
    report.say('relay', `${stream}: ${state}${words === null ? '' : `: ${words}`}`, { stream, state, error: words })
  }
}

// ---- probe ----

async function tellWhatItIs (flags, [url], report, signal) {
  const found = await probe(url, number('seconds', flags.seconds, 3), { signal, ...trust(flags) })
  console.log(flags.json || !process.stdout.isTTY ? JSON.stringify(found) : inWords(found).join('\n'))
  return found.tracks.length > 0 ? 0 : 1
}

// ---- the command line ----

async function main ([name, ...rest]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP)
    return name === undefined ? 2 : 0
  }
  if (name === '--version') {
    console.log(version)
    return 0
  }
  if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`no command ${name}`)
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(name))
    return 0
  }
  const command = COMMANDS[name]
  let values, operands
  try {
    ({ values, positionals: operands } = parseArgs({ args: rest, options: command.options, allowPositionals: true }))
  } catch (error) {
    throw new UsageError(message(error))
  }
  const [least, most] = command.operands
  if (operands.length < least || operands.length > most) throw new UsageError(`it is: npx oxrtmp ${usageOf(name)}`)
  const ends = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())
  const report = new Report(values.output === '-' ? process.stderr : process.stdout)
  try {
    return await command.run(values, operands, report, ends.signal)
  } catch (error) {
    if (ends.signal.aborted) return 130
    throw error
  }
}

process.stdout.on('error', error => process.exit(error.code === 'EPIPE' ? 0 : 1)) // whoever read it has gone
main(process.argv.slice(2)).then(code => { process.exitCode = code }, error => {
  const command = Object.hasOwn(COMMANDS, process.argv[2]) ? ` ${process.argv[2]}` : ''
  const misused = error instanceof UsageError
  process.exitCode = misused ? 2 : 1
  process.stderr.write(misused ? `oxrtmp: ${error.message}\nnpx oxrtmp${command} --help tells more\n` : `oxrtmp: ${printable(message(error))}\n`)
})
