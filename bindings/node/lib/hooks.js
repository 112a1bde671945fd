'use strict'
const { Request } = require('./request.js')
const { ServerEvent } = require('./server-event.js')
const { options, HOOKS } = require('./options.js')

/** Thrown by a hook that refuses a request, in words for the peer. */
class Refusal extends Error {
  constructor (code, description) {
    if (description === undefined) [code, description] = [undefined, code]
    super(description ?? 'refused')
    this.code = code
    this.description = description
  }

  get name () { return 'Refusal' }
}

const isAnswered = about => about instanceof Request && about.answered

/** Hooks that call those of each of several sets in turn. */
function chainHooks (...sets) {
  const chain = {}
  for (const name of HOOKS) {
    const calls = sets.map(set => options('hooks', set, 'hooks')[name]).filter(call => call !== undefined)
    if (calls.length === 0) continue
    chain[name] = async about => {
      for (const call of calls) {
        const kept = await call(about)
        if ((name === 'mediaTag' && kept === false) || isAnswered(about)) return kept
      }
    }
  }
  return chain
}

// Of names a record shows the beginning only: they may be secrets.
const masked = name => name.length <= 4 ? '…' : name.slice(0, 2) + '…'

const EVERY_PACKET = new Set(['metadata', 'media_tag', 'video_frame', 'audio_frame', 'enhanced_video_frame', 'enhanced_audio_frame',
  'keyframe', 'stats_update'])

/** Hooks that write everything down: write(record) gets { level, message }. */
function logHooks (write) {
  const hook = about => {
    const type = about instanceof ServerEvent ? about.type : about.kind
    const words = [`${type} connection=${about.connection} peer=${about.peerAddress}`]
    if (about.streamName !== '') words.push(`app=${about.app} stream=${masked(about.streamName)}`)
    if (about.packet) words.push(`timestamp=${about.packet.timestampMs} bytes=${about.packet.size}`)
    if (about.statistics) words.push(`packets=${about.statistics.packets} bytes=${about.statistics.bytes}`)
    if (about.text) words.push(`reason=${about.text}`)
    write({ level: EVERY_PACKET.has(type) ? 'debug' : 'info', message: words.join(' ') })
  }
  return Object.fromEntries(HOOKS.map(name => [name, hook]))
}

module.exports = { Refusal, chainHooks, logHooks }
