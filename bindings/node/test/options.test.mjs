// Options are checked here, by name, and are those of the library.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import test from 'node:test'
import { Client, FLVReader, Metadata, OxrtmpError, Recorder, Server, libraryStatistics, runtimeConfigure, setLogger, setMemoryLimit, status, version } from 'oxrtmp'
import { ROOT, listen, node } from './helpers.mjs'

const require = createRequire(import.meta.url)
const native = require('../lib/native.js')
const { forms, records } = require('../lib/options.js')

const refused = message => ({ name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT', message })

test('the tables of names in JavaScript and in C are the same', () => {
  const inC = native.optionNames()
  assert.deepEqual(Object.keys(records).sort(), Object.keys(inC).sort())
  for (const [form, names] of Object.entries(inC)) assert.deepEqual(Object.keys(records[form]), names, form)
})

test('an option is read once', async t => {
  let reads = 0
  await listen(t, { get chunkSize () { return ++reads === 1 ? 5000 : 'other' } })
  assert.equal(reads, 1)
})

test('what somebody has added to all objects is no option', async () => {
  const { stdout } = await node(`
    import { Client, Hub, Server } from 'oxrtmp'
    Object.assign(Object.prototype, { askConnection: true, chunkSize: 'x', takeover: 'x', user: 5, tls: 5 })
    const hub = new Hub()
    const server = await Server.listen('127.0.0.1:0', { hub })
    const client = await Client.publish('rtmp://' + server.address + '/live/x', { limits: {} })
    await client.close()
    await server.close()
    await hub.close()
    console.log('open')`)
  assert.equal(stdout, 'open\n')
})

test('every option of C is one here', () => {
  const header = readFileSync(path.join(ROOT, 'include/oxrtmp.h'), 'utf8')
  const camel = name => name.replace(/_./g, part => part[1].toUpperCase())
  const elsewhere = ['structSize', 'reserved', 'limits', 'timeouts', 'tls', 'hub', 'noWait', 'sendTimeoutMs', 'codecCount', 'userCount', 'mask']
  for (const [form, struct] of Object.entries({
    limits: 'limits', timeouts: 'timeouts', server: 'server_options', client: 'client_options', tls: 'tls_options',
    hub: 'hub_options', recorder: 'recorder_options'
  })) {
    const body = header.match(new RegExp(`typedef struct oxrtmp_${struct} \\{\n(.*?)\n\\} oxrtmp_${struct};`, 's'))[1]
    const names = [...body.matchAll(/^  [a-z][\w *]*?[ *](\w+);/gm)].map(match => camel(match[1]))
    assert.ok(names.length > 3, form)
    for (const name of names) assert.ok(elsewhere.includes(name) || Object.hasOwn(forms[form] ?? records[form], name), `${form}.${name}`)
  }
})

test('unknown options are refused by name', async () => {
  await assert.rejects(Server.listen('127.0.0.1:0', { chunksize: 1 }), refused(/^options has no 'chunksize'; it has chunkSize, /))
  await assert.rejects(Server.listen('127.0.0.1:0', { limits: { connection: 1 } }), refused(/^options\.limits has no 'connection'/))
  await assert.rejects(Server.listen('127.0.0.1:0', { timeouts: { idle: 1 } }), refused(/options\.timeouts has no 'idle'; it has .*idleMs/))
  await assert.rejects(Client.publish('rtmp://localhost/live/x', { linger: 1 }), refused(/'linger'.*lingerMs/))
  await assert.rejects(Recorder.open('/nowhere/x.flv', { rotate: 1 }), refused(/'rotate'/))
  assert.throws(() => new Metadata({ framerate: 30 }), refused(/'framerate'.*frameRate/))
  assert.throws(() => setLogger(() => {}, { depth: 1 }), refused(/'depth'; it has level/))
})

test('values are checked', async () => {
  const wrong = [
    [{ chunkSize: 0 }, /options\.chunkSize must be an integer from 1 to 65536/],
    [{ chunkSize: 65537 }, /chunkSize/],
    [{ chunkSize: '4096' }, /chunkSize/],
    [{ askConnect: 1 }, /options\.askConnect must be true or false/],
    [{ lingerMs: -2 }, /lingerMs/],
    [{ limits: 1 }, /options\.limits must be an object/],
    [{ limits: { connections: 2 ** 32 } }, /options\.limits\.connections must be an integer/],
    [{ timeouts: { idleMs: 0.5 } }, /options\.timeouts\.idleMs/],
    [{ signal: {} }, /signal must be an AbortSignal/],
    [[], /options must be an object/],
    ['x', /options must be an object/]
  ]
  for (const [options, message] of wrong) await assert.rejects(Server.create(options), refused(message))
  await assert.rejects(Client.publish('rtmp://localhost/live/x', { publishType: 'forever' }), refused(/'live', 'record', 'append'/))
  await assert.rejects(Client.publish('rtmp://localhost/live/x\0y'), refused(/url must be a string without NUL/))
  await assert.rejects(Client.publish(new URL('rtmp://localhost/live/x')), refused(/url must be a string/))
  await assert.rejects(Client.publish('rtmp://localhost/live/x', { app: 'a\0b' }), refused(/options\.app/))
  await assert.rejects(Server.listen(1935), refused(/address must be a string/))
  await assert.rejects(Server.listen([]), refused(/address must not be empty/))
  await assert.rejects(Recorder.openIn('/tmp'), refused(/name must be a string/))
  await assert.rejects(FLVReader.open(), refused(/path must be a string/))
  assert.throws(() => setLogger('x'), refused(/logger must be a function/))
  assert.throws(() => setMemoryLimit(-1), refused(/bytes/))
  assert.throws(() => setMemoryLimit('many'), refused(/bytes/))
})

test('undefined options are as if they were not there', async () => {
  const server = await Server.create({ chunkSize: undefined, limits: { connections: undefined }, signal: undefined })
  await server.close()
  await (await Server.create(null)).close()
})

test('options reach the library', async t => {
  const { server, url } = await listen(t, { limits: { nameBytes: 20 } })
  await assert.rejects(Client.publish(url('x'.repeat(30))), error => error instanceof OxrtmpError)
  const publishing = Client.publish(url('ignored'), { app: 'own', streamName: 'name', tcUrl: 'rtmp://t/own', flashVersion: 'F/1', publishType: 'record' })
  const request = await server.nextRequest()
  assert.deepEqual([request.app, request.streamName, request.tcUrl, request.flashVersion, request.publishType],
    ['own', 'name', 'rtmp://t/own', 'F/1', 'record'])
  const session = await request.accept()
  await (await publishing).close()
  await session.close()
})

test('limits and timeouts take effect', async t => {
  const { server, url } = await listen(t, { limits: { connections: 1, messageBytes: 50000 }, timeouts: { firstMediaMs: 300 } })
  const accepted = async () => (await server.nextRequest()).accept()
  const [client, session] = await Promise.all([Client.publish(url()), accepted()])
  await assert.rejects(Client.publish(url('second')), error => error instanceof OxrtmpError && error.phase !== '')
  await assert.rejects(session.nextPacket(), { code: 'ERR_OXRTMP_SILENT' }) // there was no first packet in time
  await client.close().catch(() => {})

  const [large, other] = await Promise.all([Client.publish(url()), accepted()])
  await large.sendVideo(0, true, Buffer.alloc(49000))
  await large.sendVideo(1, true, Buffer.alloc(51000))
  assert.equal((await other.nextPacket()).data.length, 49000)
  await assert.rejects(other.nextPacket(), { code: 'ERR_OXRTMP_LIMIT' })
  await large.close().catch(() => {})
})

test('the library tells about itself', () => {
  assert.match(version, /^\d+\.\d+\.\d+/)
  const s = libraryStatistics()
  assert.deepEqual(Object.keys(s).sort(), ['faults', 'goroutines', 'handles', 'heapBytes', 'heapLimit', 'lentBytes', 'packets', 'payloadBytes', 'pooledBytes', 'processors'])
  assert.equal(s.faults, 0)
  assert.equal(typeof s.payloadBytes, 'bigint')
  setMemoryLimit(2n ** 31n)
  setMemoryLimit(0)
})

test('the run-time system is configured', () => {
  const before = libraryStatistics()
  runtimeConfigure({ processors: 3, heapBytes: 1n << 30n })
  let now = libraryStatistics()
  assert.equal(now.processors, 3)
  assert.equal(now.heapLimit, 1n << 30n)
  runtimeConfigure()
  now = libraryStatistics()
  assert.equal(now.processors, before.processors)
  assert.equal(now.heapLimit, before.heapLimit)
  assert.throws(() => runtimeConfigure({ processors: 1025 }), refused(/processors/))
  assert.throws(() => runtimeConfigure({ heapBytes: -1 }), refused(/heapBytes/))
  assert.throws(() => runtimeConfigure({ processor: 1 }), refused(/processor/))
})

test('every status has a name', () => {
  assert.equal(status.OK, 0)
  assert.equal(Object.keys(status).length, native.statuses().length)
  for (const [name, number] of Object.entries(status)) {
    const error = new OxrtmpError(number)
    assert.equal(error.code, `ERR_OXRTMP_${name}`)
    assert.ok(error.message.length > 1)
    assert.ok(error instanceof Error)
  }
})

test('log records go to the logger, of the level that was asked for', async () => {
  const source = level => `
    import net from 'node:net'
    import { Server, setLogger } from 'oxrtmp'
    setLogger(record => console.log(JSON.stringify({ ...record, timeNs: typeof record.timeNs })), { level: '${level}' })
    const server = await Server.listen('127.0.0.1:0')
    const socket = net.connect(Number(server.address.split(':')[1]), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(Buffer.alloc(100, 'G'))
    await new Promise(resolve => setTimeout(resolve, 300))
    socket.destroy()
    await server.close()
    try { setLogger(() => {}, { level: 'debug' }); console.log('raised') } catch (error) { console.log(error.code) }`
  const debug = (await node(source('debug'))).stdout.trim().split('\n')
  assert.ok(debug.length > 1, debug.join())
  const record = JSON.parse(debug[0])
  assert.deepEqual(Object.keys(record), ['level', 'message', 'timeNs'])
  assert.equal(record.timeNs, 'bigint')
  assert.ok(['info', 'debug'].includes(record.level) && record.message.length > 5)
  assert.deepEqual((await node(source('error'))).stdout.trim().split('\n'), ['ERR_OXRTMP_STATE'])
})
