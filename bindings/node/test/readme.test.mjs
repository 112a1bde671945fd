// The programs of README.md, as they stand there.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, FLVReader, Hub, OxrtmpError } from 'oxrtmp'
import { ASC, AVCC, CLIP, PACKAGE, ROOT, collect, listen, node, run, temporary, until } from './helpers.mjs'

const blocks = [...readFileSync(path.join(PACKAGE, 'README.md'), 'utf8').matchAll(/```js\n(.*?)```/gs)].map(match => match[1])
const program = part => {
  const found = blocks.filter(block => block.includes(part))
  assert.equal(found.length, 1, part)
  return found[0]
}

test('the server', async t => {
  const source = program("for await (const request").replace("'127.0.0.1:1935'", "'127.0.0.1:0'")
    .replace('\nfor await', '\nconsole.log(server.address)\nfor await')
  const { spawn } = await import('node:child_process')
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { cwd: PACKAGE, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill())
  let output = ''
  child.stdout.on('data', data => { output += data })
  await until(() => output.includes('\n'), 10000)
  const address = output.split('\n')[0]
  await assert.rejects(Client.publish(`rtmp://${address}/live/wrong`), error => error instanceof OxrtmpError && error.description === 'unauthorized')
  for (let i = 1; i <= 2; i++) { // one after the other
    const client = await Client.publish(`rtmp://${address}/live/secret`)
    await client.sendVideoSequenceHeader(AVCC)
    await client.sendVideo(40 * i, true, Buffer.alloc(1000))
    await client.close()
    await until(() => output.includes(`\n${40 * i} 0 avc1 1000\n`), 10000)
  }
})

test('serve, with a recorder', async t => {
  const directory = temporary(t)
  const source = program('serve(async request')
    .replace("'127.0.0.1:1935'", "'127.0.0.1:0'")
    .replace("'recordings'", JSON.stringify(directory))
  const { stdout } = await node(`
    import { Client, FLVReader } from 'oxrtmp'
    const allowed = async (name, token) => { await null; return token === 'abc' }
    const publish = async address => {
      await Client.publish('rtmp://' + address + '/live/name?token=wrong').catch(error => console.log(error.description))
      const client = await Client.publish('rtmp://' + address + '/live/name?token=abc')
      for await (const packet of await FLVReader.open(${JSON.stringify(CLIP)})) await client.sendPacket(packet)
      await client.close()
      await new Promise(resolve => setTimeout(resolve, 200))
      process.exit()
    }
    ${source.replace('\nawait server.serve', '\npublish(server.address)\nawait server.serve')}`)
  assert.match(stdout, /unauthorized/)
  assert.match(stdout, /name FCUnpublish/)
  const recorded = await collect(await FLVReader.open(path.join(directory, 'name.flv')))
  assert.equal(recorded.length, (await collect(await FLVReader.open(CLIP))).length + 1)
})

test('hooks', async () => {
  const source = program('hooks:').replace("'127.0.0.1:1935'", "'127.0.0.1:0'").replace('await Server.listen(', 'const server = await Server.listen(')
  const { stdout } = await node(`
    ${source}
    import { Client } from 'oxrtmp'
    const url = 'rtmp://' + server.address + '/live/'
    await Client.publish(url + 'wrong').catch(error => console.log(error.description))
    await (await Client.publish(url + 'secret')).close()
    setTimeout(() => process.exit(), 300)`)
  assert.match(stdout, /^unauthorized\nsecret has ended: .+\n$/)
})

test('the client', async t => {
  const { server } = await listen(t)
  const taking = server.nextRequest().then(request => request.accept()).then(collect)
  const source = program('sendVideoSequenceHeader').replace('rtmp://127.0.0.1/', `rtmp://${server.address}/`)
  await node(`
    const avcc = Buffer.from('${AVCC.toString('hex')}', 'hex'), asc = Buffer.from('${ASC.toString('hex')}', 'hex')
    const [timestampMs, keyframe, nalus, aac] = [0, true, Buffer.alloc(100), Buffer.alloc(20)]
    ${source}`)
  assert.deepEqual((await taking).map(p => p.kind), ['metadata', 'sequence_header', 'sequence_header', 'frame', 'frame'])
})

test('a file that is sent on', async t => {
  const { server } = await listen(t)
  const taking = server.nextRequest().then(request => request.accept()).then(collect)
  await node(program("open('clip.flv')").replace('rtmp://127.0.0.1/', `rtmp://${server.address}/`).replace("'clip.flv'", JSON.stringify(CLIP)))
  assert.equal((await taking).length, (await collect(await FLVReader.open(CLIP))).length)
})

test("what ffmpeg makes, by Node's streams", async t => {
  const { server } = await listen(t)
  const taking = server.nextRequest().then(request => request.accept()).then(collect)
  await node(program('ffmpeg.stdout').replace('rtmp://127.0.0.1/', `rtmp://${server.address}/`).replace("'-re', ", '').replace("'5'", "'0.5'"))
  assert.ok((await taking).filter(packet => packet.codec === 'avc1' && packet.kind === 'frame').length >= 12)
})

test('require() gives the same', async t => {
  const file = path.join(temporary(t), 'main.cjs')
  const packagePath = JSON.stringify(fileURLToPath(new URL('..', import.meta.url)))
  writeFileSync(file, `
    const oxrtmp = require(${packagePath})
    import(${JSON.stringify(new URL('../lib/index.mjs', import.meta.url).href)}).then(esm => {
      for (const name of Object.keys(oxrtmp)) if (esm[name] !== oxrtmp[name]) throw new Error(name)
      if (Object.keys(esm).length !== Object.keys(oxrtmp).length) throw new Error('more names')
    })`)
  const { code, stderr } = await run(process.execPath, [file])
  assert.equal(code, 0, stderr)
})

test('a player that records', async t => {
  const hub = new Hub()
  t.after(() => hub.close())
  const { server } = await listen(t, { hub })
  const publisher = await Client.publish(`rtmp://${server.address}/live/secret`)
  const file = path.join(temporary(t), 'secret.flv')
  const playing = node(program('client.error?.message').replace('rtmp://127.0.0.1/', `rtmp://${server.address}/`).replace("'secret.flv'", JSON.stringify(file)))
  await until(() => hub.streams()[0]?.players === 1)
  for await (const packet of await FLVReader.open(CLIP)) await publisher.sendPacket(packet)
  await publisher.close()
  await hub.close()
  assert.match((await playing).stdout, /^ended \{/)
  const media = packets => packets.filter(p => p.media !== 'data').length
  assert.equal(media(await collect(await FLVReader.open(file))), media(await collect(await FLVReader.open(CLIP))))
})

test('restreaming', async t => {
  const targets = await Promise.all([1, 2].map(() => listen(t)))
  const taking = targets.map(({ server }) => server.nextRequest().then(request => request.accept()).then(session => session.nextPacket()))
  const source = program('hub.push(').replace("'127.0.0.1:1935'", "'127.0.0.1:0'")
    .replace('rtmp://a.example/live/key', targets[0].url()).replace('rtmps://b.example/app/key', targets[1].url())
  const taken = path.join(temporary(t), 'taken')
  const publish = `
    import { existsSync } from 'node:fs'
    import { Client } from 'oxrtmp'
    const { log } = console
    let running = 0
    console.log = (host, state, words) => {
      log(host, state, words)
      running += state === 'running'
    }
    const publisher = await Client.publish('rtmp://' + server.address + '/live/secret')
    let at = 0
    setInterval(() => {
      publisher.sendAudio(at++, Buffer.of(1))
      if (running >= 2 && existsSync(${JSON.stringify(taken)})) process.exit()
    }, 50)`
  const pushing = node(source + publish)
  assert.equal((await Promise.all(taking)).filter(Boolean).length, 2)
  writeFileSync(taken, '')
  const { stdout } = await pushing
  for (const { server } of targets) assert.match(stdout, new RegExp(`${server.address} running`))
})

test('playing, and a whole server', async () => {
  const source = program('const hub = new Hub()').replace("'127.0.0.1:1935'", "'127.0.0.1:0'")
    .replaceAll("'rtmp://127.0.0.1/live/cam'", '`rtmp://${server.address}/live/cam`')
    .replace('aac)', 'Buffer.of(1, 2))').replace('packet.timestampMs)', 'packet.timestampMs) || packet.media !== "audio" || process.exit(0)')
  const { stdout } = await node(source)
  assert.match(stdout, /audio 0\n$/)
})

test('the parts below', async () => {
  const [{ hex }] = JSON.parse(readFileSync(path.join(ROOT, 'testdata/vectors/commands.json'))).vectors
  const { stdout } = await node(`const bytes = Buffer.from('${hex.repeat(2)}', 'hex')\n${program("'oxrtmp/lowlevel'")}`)
  assert.equal(stdout, 'createStream [null]\n'.repeat(2))
})
