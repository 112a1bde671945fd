// `npx oxrtmp`: what its commands say to programs, on a terminal, and when something is wrong.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import test from 'node:test'
import { Hub, Refusal } from 'oxrtmp'
import { AVCC, CLIP, PACKAGE, listen, readFLV, temporary, within } from './helpers.mjs'

const { bin, version } = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8'))
const PROGRAM = path.join(PACKAGE, bin.oxrtmp)

/** A command that runs: its events as they come. */
class Command {
  events = []
  errors = ''
  #waiting = []

  constructor (t, ...args) {
    this.child = spawn(process.execPath, ['--unhandled-rejections=strict', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => this.child.kill('SIGKILL'))
    createInterface({ input: this.child.stdout }).on('line', line => {
      this.events.push(JSON.parse(line))
      for (const look of this.#waiting) look()
    })
    this.child.stderr.on('data', piece => { this.errors += piece })
    this.ended = new Promise(resolve => this.child.once('close', resolve))
  }

  /** The first event of that kind, and with these fields. */
  wait (event, fields = {}) {
    const found = new Promise(resolve => {
      const look = () => {
        const e = this.events.find(e => e.event === event && Object.entries(fields).every(([k, v]) => e[k] === v))
        if (e) resolve(e)
      }
      this.#waiting.push(look)
      look()
    })
    return within(20000, found, `${event} ${JSON.stringify(fields)}`)
  }

  end (signal = 'SIGINT') {
    this.child.kill(signal)
    return within(20000, this.ended, 'the end')
  }
}

/** What a command says and how it ends. */
async function run (t, program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const out = []
  const errors = []
  child.stdout.on('data', piece => out.push(piece))
  child.stderr.on('data', piece => errors.push(piece))
  const code = await within(30000, new Promise(resolve => child.once('close', resolve)), args.join(' '))
  return { code, out: Buffer.concat(out), errors: Buffer.concat(errors).toString() }
}

/** A server, and the URL of a stream there. */
async function station (t, ...flags) {
  const server = new Command(t, 'listen', '127.0.0.1:0', '--grace', '0.1', '--key', 'test', ...flags)
  const { addresses } = await server.wait('listening')
  return { server, url: `rtmp://${addresses[0]}/live/test` }
}

const media = file => readFLV(readFileSync(file)).filter(tag => tag.type !== 18)

test('push, listen and play: what is pushed is recorded and played as it is', async t => {
  const directory = temporary(t)
  const { server, url } = await station(t, '--record', path.join(directory, 'recorded'))
  const pushing = new Command(t, 'push', CLIP, url)
  await server.wait('publish', { stream: 'live/test' })
  const out = path.join(directory, 'played.flv')
  const playing = new Command(t, 'play', url, '-o', out)
  const progress = await server.wait('progress', { stream: 'live/test', players: 1 })
  assert.ok(progress.kbit_s > 0 && progress.fps > 0 && progress.dropped === 0, JSON.stringify(progress))
  assert.equal(await within(30000, pushing.ended), 0, pushing.errors)
  assert.equal(pushing.events.at(-1).error, null)
  assert.equal(await within(30000, playing.ended), 0, playing.errors)
  assert.ok((await playing.wait('end')).packets > 100)
  const { file } = await server.wait('recorded')
  assert.deepEqual(media(file), media(CLIP))
  assert.ok(media(out).length > 100)
  assert.equal(await server.end(), 0, server.errors)
  assert.equal(server.errors + pushing.errors + playing.errors, '')
})

test('play to the standard output, for players that read FLV', async t => {
  const { server, url } = await station(t)
  const pushing = new Command(t, 'push', CLIP, url, '--loop')
  await server.wait('publish')
  const played = await run(t, process.execPath, [PROGRAM, 'play', url, '-o', '-', '--seconds', '1.5'])
  assert.equal(played.code, 0, played.errors)
  assert.ok(readFLV(played.out).filter(tag => tag.type === 9).length > 20)
  assert.deepEqual([...new Set(played.errors.trim().split('\n').map(line => JSON.parse(line).event))], ['playing', 'progress', 'end'])
  const gone = await run(t, 'sh', ['-c', `'${process.execPath}' '${PROGRAM}' play ${url} -o - | head -c 100 | wc -c`])
  assert.equal(gone.out.toString().trim(), '100')
  assert.doesNotMatch(gone.errors, /oxrtmp:|at /)
  assert.equal(await pushing.end(), 0, pushing.errors)
})

test('relay sends a stream on, and keeps paths to itself', async t => {
  const { server, url } = await station(t)
  const pushing = new Command(t, 'push', CLIP, url, '--loop')
  await server.wait('publish')
  const { server: other, url: copy } = await listen(t)
  const relaying = new Command(t, 'relay', url, copy('hidden'))
  const request = await within(20000, other.nextRequest())
  assert.equal(request.streamName, 'hidden')
  const session = await request.accept()
  assert.ok((await within(20000, session.nextPacket())).raw.length > 0)
  await relaying.wait('relay', { state: 'running', stream: `1 to rtmp://${other.address}` })
  const progress = await relaying.wait('progress', { state: 'running' })
  assert.equal(progress.retries, 0)
  assert.ok(!JSON.stringify(relaying.events).includes('hidden'))
  assert.equal(await relaying.end('SIGTERM'), 0, relaying.errors)
  assert.equal(await pushing.end(), 0, pushing.errors)
})

test('probe tells what a stream is made of', async t => {
  const { server, url } = await station(t)
  const pushing = new Command(t, 'push', CLIP, url, '--loop')
  await server.wait('publish')
  const { code, out, errors } = await run(t, process.execPath, [PROGRAM, 'probe', url, '--seconds', '2'])
  assert.equal(code, 0, errors)
  const found = JSON.parse(out)
  assert.ok(found.rtt_ms > 0 && found.metadata.width > 0)
  const [video, audio] = ['video', 'audio'].map(type => found.tracks.find(track => track.type === type))
  assert.deepEqual([video.codec, audio.codec], ['avc1', 'mp4a'])
  assert.ok(video.frames > 20 && video.configuration.startsWith('01') && audio.data_rate > 0, JSON.stringify(video))
  assert.equal(await pushing.end(), 0, pushing.errors)
})

test('a terminal gets words, and a live line that is drawn anew', async t => {
  const { server, url } = await station(t)
  const pushing = new Command(t, 'push', CLIP, url, '--loop')
  await server.wait('publish')
  const terminal = command => run(t, 'script', ['-qec', `'${process.execPath}' '${PROGRAM}' ${command}`, '/dev/null'])
  const played = await terminal(`play ${url} --seconds 2.5`)
  assert.match(played.out.toString(), /playing from 127\.0\.0\.1:\d+\r\n.*kbit\/s +[\d.]+ fps {2}packets \d+.*\x1b\[1A/s) // eslint-disable-line no-control-regex
  const probed = await terminal(`probe ${url} --seconds 1`)
  assert.match(probed.out.toString(), /video track 0: avc1, \d+ frames, /)
  assert.equal(await pushing.end(), 0, pushing.errors)
})

test('what a peer says steers no terminal', async t => {
  const hub = new Hub()
  t.after(() => hub.close())
  const { url } = await listen(t, { hub, hooks: { play: ({ streamName }) => { if (streamName === 'none') throw new Refusal('\x1b[2Jnot you') } } })
  const client = await hub.publish('live', 'test')
  await client.sendMetadata({ title: '\x1b[31mred', odd: { toString: 1, valueOf: 1 } })
  await client.sendVideoSequenceHeader(AVCC)
  const terminal = command => run(t, 'script', ['-qec', `'${process.execPath}' '${PROGRAM}' ${command}`, '/dev/null'])
  const [probed, refused] = await Promise.all([terminal(`probe ${url()} --seconds 0.5`), terminal(`play ${url('none')}`)])
  assert.match(probed.out.toString(), /metadata title=\?\[31mred, odd=\{"toString":1,"valueOf":1\}\r\n/)
  assert.match(refused.out.toString(), /^oxrtmp: .*\?\[2Jnot you/)
})

test('what goes wrong is one line and an exit code', async t => {
  const { server, url } = await station(t)
  const nothing = url.replace('/test', '/nothing')
  for (const [args, code, words] of [
    [['play', nothing], 1, /NetStream\.Play\.StreamNotFound/],
    [['probe', nothing, '--seconds', '1'], 1, /NetStream\.Play\.StreamNotFound/],
    [['push', CLIP, nothing], 1, /NetStream\.Publish\.BadName: unauthorized/],
    [['push', 'missing.flv', url], 1, /missing\.flv/],
    [['play', 'http://example.org/'], 1, /URL/],
    [['listen', url.match(/127[^/]*/)[0]], 1, /address already in use/],
    [['play'], 2, /it is: npx oxrtmp play URL\nnpx oxrtmp play --help tells more/],
    [['play', url, '--sconds', '1'], 2, /--sconds/],
    [['play', url, '--seconds', 'x'], 2, /--seconds x: no number/],
    [['serve'], 2, /no command serve\nnpx oxrtmp --help tells more/]
  ]) {
    const done = await run(t, process.execPath, [PROGRAM, ...args])
    assert.equal(done.code, code, args.join(' ') + done.errors)
    assert.match(done.errors, words)
    assert.ok(done.errors.startsWith('oxrtmp: ') && done.errors.trim().split('\n').length === code, done.errors)
  }
  await server.wait('refused', { stream: 'live/nothing' })
})

test('the help: of all, and every flag of each command', async t => {
  const help = async (...args) => {
    const { code, out } = await run(t, process.execPath, [PROGRAM, ...args])
    assert.equal(code, 0)
    for (const line of out.toString().split('\n')) assert.ok(line.length <= 102, line)
    return out.toString()
  }
  const all = await help('--help')
  const source = readFileSync(PROGRAM, 'utf8')
  const table = source.slice(source.indexOf('const COMMANDS'), source.indexOf('class UsageError'))
  const commands = table.split(/^  (?=\w+: \{)/m).slice(1)
  assert.equal(commands.length, 5)
  for (const command of commands) {
    const [, name] = command.match(/^(\w+)/)
    const flags = [...command.matchAll(/'?([\w-]+)'?: (?:text|flag|\{ \.\.\.text)/g)].map(([, flag]) => flag)
    if (command.includes('trustFlags')) flags.push('ca', 'insecure')
    const own = await help(name, '--help')
    assert.match(all, new RegExp(`^  ${name} .* \\S`, 'm'))
    assert.match(own, new RegExp(`^usage: npx oxrtmp ${name} [^]*^examples:\n  npx oxrtmp ${name} `, 'm'))
    assert.deepEqual([...own.matchAll(/^ +(?:-\w, )?--([\w-]+)\b.* \S/gm)].map(([, flag]) => flag).sort(), flags.sort())
  }
  assert.equal((await help('--version')).trim(), version)
})
