// The programs of examples/node that are for Node alone, and those that no other test runs from there: they do what they say.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { Client, FLVReader } from 'oxrtmp'
import { examples, start } from './browser.mjs'
import { CLIP, ROOT, collect, listen, readFLV, run, sleep, temporary } from './helpers.mjs'

const program = (t, name, ...args) => start(t, process.execPath, [`${name}.mjs`, '-listen', '127.0.0.1:0', ...args], { cwd: examples(t) })
const clip = readFLV(readFileSync(CLIP))

test('the pages have the packages that are tested', () => {
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'examples/node/package.json')))
  const pins = JSON.parse(readFileSync(path.join(ROOT, 'tests/deps/package.json'))).dependencies
  for (const name of ['ws', 'mpegts.js']) assert.equal(dependencies[name], pins[name])
})

test('auth: a web service decides, takes its time, and may be away', async t => {
  const asked = []
  const service = createServer(async (request, response) => {
    const question = JSON.parse(Buffer.concat(await collect(request)))
    asked.push(question)
    await sleep(100)
    if (question.parameters.token === 'secret') response.writeHead(204).end()
    else response.writeHead(403).end(`no ${question.action} without a token\n`)
  })
  await new Promise(resolve => service.listen(0, '127.0.0.1', resolve))
  t.after(() => service.close())
  const server = program(t, 'auth', '-ask', `http://127.0.0.1:${service.address().port}/allowed`)
  const [, address] = await server.said(/listening on (\S+)\n/)
  const url = token => `rtmp://${address}/live/test?token=${token}`

  await assert.rejects(Client.publish(url('wrong')), { name: 'OxrtmpError', description: 'no publish without a token' })
  const publisher = await Client.publish(url('secret'))
  await publisher.sendAudio(0, Buffer.of(1))
  await assert.rejects(Client.play(url('wrong')), { name: 'OxrtmpError', description: 'no play without a token' })
  const player = await Client.play(url('secret'))
  await publisher.sendAudio(1, Buffer.of(1, 2))
  assert.equal((await player.nextPacket()).kind !== undefined, true)
  assert.deepEqual(asked.map(({ action, stream }) => `${action} ${stream}`), ['publish test', 'publish test', 'play test', 'play test'])
  assert.match(asked[0].address, /^127\.0\.0\.1:\d+$/)
  await player.close()
  await publisher.close()

  service.closeAllConnections()
  service.close()
  await assert.rejects(Client.publish(url('secret')), { name: 'OxrtmpError', description: 'try again later' })
  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, [0, null])
})

test('record: files of some seconds, each alone, of which the latest are kept', async t => {
  const directory = temporary(t)
  const server = program(t, 'record', '-directory', directory, '-seconds', '3', '-keep', '2')
  const [, address] = await server.said(/listening on (\S+)\n/)
  const client = await Client.publish(`rtmp://${address}/live/test`)
  for await (const packet of await FLVReader.open(CLIP)) await client.sendPacket(packet)
  await client.close()
  const [, last] = await server.said(/end (\S+) reason=FCUnpublish\n/)
  assert.deepEqual(readdirSync(directory).sort(), ['live-test-2.flv', 'live-test-3.flv'])
  assert.equal(last, path.join(directory, 'live-test-3.flv'))
  for (const name of readdirSync(directory)) {
    const packets = await collect(await FLVReader.open(path.join(directory, name)))
    const [first] = packets.filter(packet => packet.media === 'video' && packet.kind === 'frame')
    assert.equal(first.keyframe, true)
    assert.ok(packets.filter(packet => packet.kind === 'sequence_header').length >= 2)
    const { code, stderr } = await run('ffmpeg', ['-v', 'error', '-i', path.join(directory, name), '-f', 'null', '-'])
    assert.deepEqual([code, stderr], [0, ''])
  }
  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, [0, null])
})

test('relay: one stream to several servers, all of it', async t => {
  const targets = await Promise.all([1, 2, 3].map(() => listen(t)))
  const taking = targets.map(({ server }) => server.nextRequest().then(request => request.accept()).then(collect))
  const server = program(t, 'relay', ...targets.map(({ url }, i) => url(`key${i}`)))
  const [, address] = await server.said(/listening on (\S+)\n/)
  const client = await Client.publish(`rtmp://${address}/live/test`)
  for await (const packet of await FLVReader.open(CLIP)) {
    await client.sendPacket(packet)
    if (packet.keyframe && packet.timestampMs === 0) await server.said(/(push \d to \S+: running[^]*){3}/)
  }
  await client.flush()
  await sleep(300)
  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, [0, null])
  await client.close().catch(() => {})
  const wire = ({ type, data }) => `${type} ${data.toString('base64')}`
  const sent = clip.filter(({ type }) => type !== 18).map(wire)
  for (const packets of await Promise.all(taking)) {
    assert.deepEqual(packets.filter(({ media }) => media !== 'data').map(p => wire({ type: p.type, data: p.raw })), sent)
  }
})
