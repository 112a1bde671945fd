// Several threads load the package; each has its own event loop, queue and objects.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Worker } from 'node:worker_threads'
import { libraryStatistics } from 'oxrtmp'
import { node, until, within } from './helpers.mjs'

const PACKAGE = JSON.stringify(new URL('../lib/index.mjs', import.meta.url).href)

const LOOP = `
  import { parentPort } from 'node:worker_threads'
  import { Client, Server } from ${PACKAGE}
  const server = await Server.listen('127.0.0.1:0')
  const publishing = Client.publish('rtmp://' + server.address + '/live/x')
  const session = await (await server.nextRequest()).accept()
  const client = await publishing
  let sent = 0
  const send = async () => {
    for (;;) {
      const body = Buffer.alloc(sent % 7 === 0 ? 40000 : 200)
      body.writeUInt32BE(sent)
      await client.sendVideo(sent, true, body)
      if (++sent === COUNT) return client.close()
      if (sent % 64 === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }
  const sending = send()
  let next = 0
  for await (const packet of session) {
    if (packet.data.readUInt32BE() !== next++) throw new Error('out of order')
    if (next === 100) parentPort.postMessage('running')
  }
  await sending
  await server.close()
  parentPort.postMessage(next)`

function start (t, count) {
  const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(LOOP.replaceAll('COUNT', String(count)))))
  t.after(() => worker.terminate())
  const messages = []
  worker.on('message', message => messages.push(message))
  const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
  return { worker, messages, ended }
}

test('six workers at once, each to its end', async t => {
  const workers = Array.from({ length: 6 }, () => start(t, 3000))
  const codes = await within(60000, Promise.all(workers.map(w => w.ended)))
  assert.deepEqual(codes, [0, 0, 0, 0, 0, 0])
  for (const { messages } of workers) assert.deepEqual(messages, ['running', 3000])
})

test('workers are ended in the middle of their streams, and leave nothing behind', async t => {
  const before = libraryStatistics().handles
  for (let round = 0; round < 3; round++) {
    const workers = Array.from({ length: 4 }, () => start(t, 1e9))
    await until(() => workers.every(w => w.messages.length > 0), 30000)
    await within(20000, Promise.all(workers.map(w => w.worker.terminate())))
  }
  // Clients that were ended this way say good-bye in the background.
  await until(() => libraryStatistics().handles === before, 10000)
  assert.equal(libraryStatistics().faults, 0)
})

test('a worker that ends by itself with everything open', async t => {
  const before = libraryStatistics().handles
  const source = `
    import { Client, FLVReader, Server } from ${PACKAGE}
    const server = await Server.listen('127.0.0.1:0')
    const publishing = Client.publish('rtmp://' + server.address + '/live/x')
    const session = await (await server.nextRequest()).accept()
    const client = await publishing
    await client.sendVideo(0, true, Buffer.alloc(100000))
    const packet = await session.nextPacket()
    new FLVReader()
    session.nextPacket()
    process.exit(0)`
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)))
    const code = await within(20000, new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject)))
    assert.equal(code, 0)
  }
  await until(() => libraryStatistics().handles === before, 10000)
})

test('what was received in a worker is copied to another thread', async () => {
  const source = `
    import { parentPort } from 'node:worker_threads'
    import { Client, Server } from ${PACKAGE}
    const server = await Server.listen('127.0.0.1:0')
    const publishing = Client.publish('rtmp://' + server.address + '/live/x')
    const session = await (await server.nextRequest()).accept()
    const client = await publishing
    await client.sendVideo(0, true, Buffer.alloc(50000, 3))
    parentPort.postMessage((await session.nextPacket()).data)
    await client.close()
    await server.close()`
  const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)))
  const data = await within(20000, new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)))
  await new Promise(resolve => worker.once('exit', resolve))
  assert.equal(data.length, 50000)
  assert.ok(data.every(byte => byte === 3))
})

const BRIEF = `
  import { parentPort } from 'node:worker_threads'
  import { Client, Hub, Server } from ${PACKAGE}
  const hub = new Hub()
  const server = await Server.listen('127.0.0.1:0', { hub })
  const client = await Client.publish('rtmp://' + server.address + '/live/x')
  parentPort.postMessage('running')
  if (ENDS) await Promise.all([client.close(), server.close(), hub.close()])`

// What goes on in the background when the last thread that has the addon ends must not be unloaded with it.
test('a program that loads the package in workers only outlives them', { timeout: 120000 }, async () => {
  const urls = ['false', 'true'].map(ends => 'data:text/javascript,' + encodeURIComponent(BRIEF.replace('ENDS', ends)))
  const { stdout } = await node(`
    import { Worker } from 'node:worker_threads'
    for (let i = 0; i < 6; i++) {
      const worker = new Worker(new URL(${JSON.stringify(urls)}[i % 2]))
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      if (i % 2) await new Promise(resolve => worker.once('exit', resolve))
      else await worker.terminate()
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    console.log('there')`, { timeout: 100000 })
  assert.equal(stdout, 'there\n')
})
