// How a process ends: by itself when nothing is open, at once when it is told to, and never with an error of ours.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { CLIP, PACKAGE, node, readFLV, run, temporary } from './helpers.mjs'

const OPEN = `
  import { Client, FLVReader, Recorder, Server } from 'oxrtmp'
  process.on('unhandledRejection', error => { console.log('unhandled', error); process.exit(9) })
  const server = await Server.listen('127.0.0.1:0')
  const publishing = Client.publish('rtmp://' + server.address + '/live/x')
  const session = await (await server.nextRequest()).accept()
  const client = await publishing
  await client.sendVideo(0, true, Buffer.alloc(100000))
  console.log('open')`

test('with nothing open it ends by itself', async () => {
  await node(OPEN + `
    await client.close()
    for await (const packet of session) void packet
    await server.close()
    setTimeout(() => console.log('late'), 10000).unref()`).then(({ stdout }) => assert.equal(stdout, 'open\n'))
})

test('loading the package holds nothing', async () => {
  await node('import "oxrtmp"')
  await node('import { FLVReader } from "oxrtmp"; new FLVReader()')
})

test('open servers, sessions and clients hold the process, until they are unref()ed', async () => {
  for (const name of ['server', 'session', 'client']) {
    const others = ['server', 'session', 'client'].filter(n => n !== name).map(n => `${n}.unref()`).join(';')
    const held = await node(OPEN + `
      ${others}
      setTimeout(() => { console.log('held'); ${name}.unref() }, 300).unref()`)
    assert.equal(held.stdout, 'open\nheld\n', name)
  }
  const { stdout } = await node(OPEN + `
    server.unref(); client.unref(); session.unref()
    session.nextPacket().then(() => session.nextPacket())
    server.nextRequest()
    setTimeout(() => console.log('late'), 5000).unref()`)
  assert.equal(stdout, 'open\n')
})

test('a stream that ended, and an ended client, hold nothing', async () => {
  const { stdout } = await node(OPEN + `
    server.unref()
    client.unref().close()
    setTimeout(() => console.log('late'), 5000).unref()`)
  assert.equal(stdout, 'open\n')
  const other = await node(OPEN + `
    server.unref()
    session.close()
    client.ended.then(error => console.log(error.code !== undefined))
    setTimeout(() => console.log('late'), 5000).unref()`)
  assert.equal(other.stdout, 'open\ntrue\n')
})

test('a promise that is pending holds the process', async () => {
  const { stdout } = await node(OPEN + `
    session.unref(); server.unref()
    await client.close()
    console.log('closed')
    await server.close()
    console.log('and the server')`)
  assert.equal(stdout, 'open\nclosed\nand the server\n')
})

test('what a closed server has received is there to be read, and nobody has to', async () => {
  const received = OPEN + `
    for (let i = 0; i < 1500; i++) await client.sendVideo(i, true, Buffer.alloc(300))
    await client.close()
    const count = session.statistics().packets
    await server.close()`
  const { stdout } = await node(received + `
    let read = 0
    for await (const packet of session) if (++read % 500 === 0) await new Promise(resolve => setTimeout(resolve, 5))
    console.log(read >= count && count > 600, session.endReason !== '')`)
  assert.equal(stdout, 'open\ntrue true\n')
  await node(received + `
    console.log('unread')
    setTimeout(() => console.log('late'), 5000).unref()`).then(({ stdout }) => assert.equal(stdout, 'open\nunread\n'))
})

for (const [when, end] of Object.entries({
  'at once': 'process.exit(0)',
  'in a packet': 'for await (const packet of session) process.exit(0)',
  'while all waits': 'server.nextRequest(); session.nextPacket().then(() => session.nextPacket()); client.flush(); client.close(); setImmediate(() => process.exit(0))',
  'with jobs on the way': `
    for (let i = 0; i < 20; i++) FLVReader.open(${JSON.stringify(CLIP)}).then(r => r.nextPackets())
    setImmediate(() => process.exit(0))`
})) {
  test(`process.exit() with live streams is clean: ${when}`, async () => {
    for (let i = 0; i < 3; i++) {
      const { stdout, stderr } = await node(OPEN + '\n' + end)
      assert.deepEqual([stdout, stderr], ['open\n', ''])
    }
  })
}

test('a recording is completed when the process is told to end', async t => {
  const directory = temporary(t)
  await node(`
    import { FLVReader, Recorder } from 'oxrtmp'
    const recorder = await Recorder.open(${JSON.stringify(path.join(directory, 'x.flv'))})
    for await (const packet of await FLVReader.open(${JSON.stringify(CLIP)})) await recorder.write(packet)
    await new Promise(resolve => setTimeout(resolve, 200))
    process.exit(0)`)
  const tags = readFLV(readFileSync(path.join(directory, 'x.flv')))
  assert.equal(tags.length, readFLV(readFileSync(CLIP)).length + 1)
})

test('a signal, and an exception, end the process as everywhere', async () => {
  const killed = await run(process.execPath, ['--input-type=module', '-e', OPEN + '\nprocess.kill(process.pid, "SIGTERM")'], { cwd: PACKAGE })
  assert.equal(killed.signal, 'SIGTERM')
  const thrown = await run(process.execPath, ['--input-type=module', '-e', OPEN + '\nfor await (const packet of session) throw new Error("of the program")'], { cwd: PACKAGE })
  assert.equal(thrown.code, 1)
  assert.match(thrown.stderr, /of the program/)
  const logger = await run(process.execPath, ['--input-type=module', '-e', `
    import net from 'node:net'
    import { Server, setLogger } from 'oxrtmp'
    setLogger(() => { throw new Error('of the logger') }, { level: 'debug' })
    const server = await Server.listen('127.0.0.1:0')
    net.connect(Number(server.address.split(':')[1]), '127.0.0.1').end('GET / HTTP/1.0')`], { cwd: PACKAGE })
  assert.equal(logger.code, 1)
  assert.match(logger.stderr, /of the logger/)
})

test('a peer that is gone raises no SIGPIPE, and Ctrl-C reaches the program', async () => {
  assert.ok(existsSync(CLIP))
  const { stdout } = await node(OPEN + `
    process.on('SIGINT', async () => {
      console.log('interrupted')
      await session.close()
      for (let i = 0; i < 50; i++) await client.sendVideo(i, true, Buffer.alloc(100000)).catch(() => {})
      await client.close().catch(() => {})
      await server.close()
    })
    process.kill(process.pid, 'SIGINT')`)
  assert.equal(stdout, 'open\ninterrupted\n')
})

const OTHER_LIBRARY = `package main

import "C"
import "time"

var kept [64][]byte

// Whatever else the process does, this runtime allocates, collects and schedules.
func init() {
	go func() {
		for i := 0; ; i++ {
			kept[i%len(kept)] = make([]byte, 100_000)
			time.Sleep(100 * time.Microsecond)
		}
	}()
}

//export other
func other() {}

func main() {}
`

test('another Go library in the process', async t => {
  const directory = temporary(t)
  writeFileSync(path.join(directory, 'other.go'), OTHER_LIBRARY)
  const other = path.join(directory, 'libother.so')
  const built = await run(process.env.GO ?? 'go', ['build', '-buildmode=c-shared', '-o', other, 'other.go'], { cwd: directory, timeout: 300000 })
  assert.equal(built.code, 0, built.stderr)
  const { stdout } = await node(`
    import { readFileSync } from 'node:fs'
    import { Client, Server } from 'oxrtmp'
    const maps = readFileSync('/proc/self/maps', 'utf8')
    console.log(maps.includes('libother.so'), maps.includes('libxrtmp.so'))
    const server = await Server.listen('127.0.0.1:0')
    const publishing = Client.publish('rtmp://' + server.address + '/live/x')
    const session = await (await server.nextRequest()).accept()
    const client = await publishing
    for (let i = 0; i < 2000; i++) await client.sendVideo(i, true, Buffer.alloc(i, 1))
    await client.close()
    let next = 0
    for await (const packet of session) if (packet.data.length !== next++) throw new Error('not in order')
    console.log(next)
    await server.close()`, { env: { ...process.env, LD_PRELOAD: other } })
  assert.equal(stdout, 'true true\n2000\n')
})
