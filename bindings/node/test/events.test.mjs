// What a server tells, to hooks and to who takes events: every occurrence once, in order; and what hooks decide.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Client, Hub, OxrtmpError, Packet, Refusal, Request, Server, ServerEvent, chainHooks, logHooks } from 'oxrtmp'
import { AVCC, collect, listen, node, sleep, until, within } from './helpers.mjs'

const TYPES = ['connection', 'handshake_complete', 'connect', 'disconnect', 'fc_publish', 'publish', 'publish_stop', 'unpublish', 'play',
  'play_stop', 'pause', 'unpause', 'metadata', 'media_tag', 'video_frame', 'audio_frame', 'enhanced_video_frame', 'enhanced_audio_frame',
  'keyframe', 'stats_update']
const camel = type => type.replace(/_(.)/g, (_, letter) => letter.toUpperCase())

const ENHANCED_VIDEO = Buffer.from([0x93, ...Buffer.from('hvc1'), 1, 2, 3])
const ENHANCED_AUDIO = Buffer.from([0x91, ...Buffer.from('Opus'), 1, 2, 3])
const PUBLISHER = 'connection handshake_complete connect fc_publish publish metadata media_tag keyframe video_frame media_tag ' +
  'audio_frame media_tag keyframe enhanced_video_frame media_tag enhanced_audio_frame media_tag publish_stop unpublish disconnect'
const PLAYER = 'connection handshake_complete connect play pause unpause play_stop disconnect'

/** What was told of each connection, in order. */
class Diary {
  #of = new Map()

  write (type, about) {
    assert.equal(type, about instanceof ServerEvent ? about.type : about.kind)
    assert.match(about.peerAddress, /^127\.0\.0\.1:/)
    if (about instanceof ServerEvent) {
      const media = TYPES.indexOf(type) >= TYPES.indexOf('metadata') && type !== 'stats_update'
      assert.equal(about.packet instanceof Packet, media, type)
      if (media) {
        assert.equal(about.streamName, 'test')
        assert.ok(about.packet.data.length > 0)
      }
    } else {
      assert.ok(about instanceof Request)
    }
    const lines = this.#of.get(about.connection) ?? []
    lines.push(type)
    this.#of.set(about.connection, lines)
  }

  said (connection) { return (this.#of.get(connection) ?? []).join(' ') }

  hooks () {
    return Object.fromEntries(TYPES.map(type => [camel(type), async about => {
      await turn()
      this.write(type, about)
    }]))
  }
}

/** A publisher and a player, who say everything that can be told. */
async function conversation (address, said) {
  const url = `rtmp://${address}/live/test`
  const publisher = await Client.publish(url)
  await publisher.sendMetadata({ width: 16 })
  await publisher.sendVideo(0, true, Buffer.from('frame'))
  await publisher.sendAudio(0, Buffer.from('frame'))
  await publisher.sendPacket({ type: 9, timestampMs: 0, raw: ENHANCED_VIDEO })
  await publisher.sendPacket({ type: 8, timestampMs: 0, raw: ENHANCED_AUDIO })
  await publisher.sendVideoSequenceHeader(AVCC)
  await until(() => said(1).includes('enhanced_audio_frame media_tag'))
  const player = await Client.play(url)
  await player.pause()
  await player.pause() // no other occurrence
  await player.resume()
  await until(() => said(2).includes('unpause'))
  await player.close()
  await publisher.close()
}

const errors = t => {
  const list = []
  t.after(() => assert.deepEqual(list, []))
  return error => list.push(error)
}

// A172, A173, A174, A198
test('every hook is called once', async t => {
  const diary = new Diary()
  const hub = new Hub()
  t.after(() => hub.close())
  const { server } = await listen(t, { hub, hooks: diary.hooks(), statsIntervalMs: 3600000, onError: errors(t) })
  await conversation(server.address, n => diary.said(n))
  await until(() => diary.said(1).includes('disconnect') && diary.said(2).includes('disconnect'))
  assert.equal(diary.said(1), PUBLISHER)
  assert.equal(diary.said(2), PLAYER)
  const open = await Client.publish(`rtmp://${server.address}/live/test`)
  await within(10000, server.close())
  await until(() => diary.said(3).endsWith('publish publish_stop unpublish disconnect'))
  await open.close().catch(() => {})
})

// A198
test('events are taken one by one', async t => {
  const diary = new Diary()
  const hub = new Hub()
  t.after(() => hub.close())
  const { server, url } = await listen(t, { hub, events: 'all', statsIntervalMs: 3600000 })
  const taking = (async () => {
    for await (const event of server.events()) diary.write(event.type, event)
  })()
  await conversation(server.address, n => diary.said(n))
  await until(() => diary.said(1).includes('disconnect') && diary.said(2).includes('disconnect'))
  const open = await Client.publish(url())
  await within(10000, server.close())
  await within(10000, taking)
  assert.equal(diary.said(1), PUBLISHER)
  assert.equal(diary.said(2), PLAYER)
  assert.match(diary.said(3), /fc_publish publish publish_stop unpublish disconnect$/)
  assert.equal(await server.nextEvent(), undefined)
  await open.close().catch(() => {})
})

// A172, A198
for (const kind of ['connection', 'connect', 'fc_publish', 'publish', 'play']) {
  test(`hooks refuse: ${kind}`, async t => {
    for (const way of ['refusal', 'answer', 'fault']) {
      const diary = new Diary()
      const faults = []
      const hub = new Hub({ waitForPublisher: true })
      const hooks = {
        ...diary.hooks(),
        [camel(kind)]: async request => {
          await turn()
          assert.equal(request.kind, kind)
          if (way === 'answer') return request.reject('NetStream.Play.Failed', 'not you')
          if (way === 'fault') throw new Error('secret words')
          throw new Refusal('NetStream.Play.Failed', 'not you')
        }
      }
      const { server, url } = await listen(t, { hub, hooks, lingerMs: 50, onError: (error, about) => faults.push([error, about]) })
      await assert.rejects(kind === 'play' ? Client.play(url()) : Client.publish(url()), error => {
        assert.ok(error instanceof OxrtmpError)
        assert.ok(!error.message.includes('secret'))
        if (kind === 'connection') return true
        assert.equal(error.description, way === 'fault' ? 'the application failed' : 'not you')
        return true
      })
      if (kind !== 'connection') await until(() => diary.said(1).includes('disconnect'))
      assert.ok(!/stop|unpublish/.test(diary.said(1)))
      assert.deepEqual(hub.streams(), [])
      await server.close()
      hub.close()
      assert.equal(faults.length, way === 'fault' ? 1 : 0)
      if (way === 'fault') assert.deepEqual([faults[0][0].message, faults[0][1].kind], ['secret words', kind])
    }
  })
}

test('whatever a hook throws refuses', async t => {
  for (const thrown of [undefined, null, false, { code: 403 }, 'no', new Refusal('words\0cut')]) {
    const faults = []
    const hub = new Hub()
    const { server, url } = await listen(t, { hub, hooks: { publish: () => Promise.reject(thrown) }, onError: error => faults.push(error) })
    await assert.rejects(within(5000, Client.publish(url())), { description: 'the application failed' })
    await server.close()
    hub.close()
    assert.equal(faults.length, 1)
    if (thrown instanceof Refusal) assert.equal(faults[0].code, 'ERR_OXRTMP_ARGUMENT')
    else assert.equal(faults[0], thrown)
  }
})

test('what is no Error becomes a warning too', async t => {
  const warnings = []
  const warned = warning => warnings.push(warning.message)
  process.on('warning', warned)
  t.after(() => process.off('warning', warned))
  const hooked = await listen(t, { hooks: { publish: () => Promise.reject(), connect: () => Promise.reject({ code: 403 }) } })
  await assert.rejects(Client.publish(hooked.url()))
  const served = await listen(t)
  const serving = served.server.serve(() => { throw null })
  await assert.rejects(Client.publish(served.url()))
  await served.server.close()
  await serving
  await until(() => warnings.length === 2)
  assert.deepEqual(warnings, ['{ code: 403 }', 'null'])
})

test('what onError throws is an exception of its own', async () => {
  const { stdout } = await node(`
    import { Client, Server } from 'oxrtmp'
    const lines = []
    process.on('uncaughtException', error => lines.push(error))
    const onError = error => { throw 'again: ' + error }
    const asked = []
    const server = await Server.listen('127.0.0.1:0', { onError, hooks: { publish: r => { asked.push(r.streamName); throw 'hook' } } })
    const plain = await Server.listen('127.0.0.1:0')
    const serving = plain.serve(() => { throw 'handler' }, { onError })
    for (const address of [server.address, server.address, plain.address]) {
      await Client.publish('rtmp://' + address + '/live/test').catch(error => lines.push(error.peerCode))
    }
    await Promise.all([server.close(), plain.close(), serving])
    console.log(JSON.stringify([asked, lines.sort()]))`)
  assert.deepEqual(JSON.parse(stdout), [['test', 'test'],
    [...Array(3).fill('NetStream.Publish.BadName'), 'again: handler', 'again: hook', 'again: hook']])
})

test('hooks come before requests', async t => {
  const seen = []
  const { server, url } = await listen(t, {
    askConnect: true,
    hooks: { connect: () => { seen.push('hook connect') }, publish: () => { seen.push('hook publish') } }
  })
  const serving = server.serve(async request => {
    seen.push(`handler ${request.kind}`)
    const session = await request.accept()
    if (session) await collect(session)
  })
  await (await Client.publish(url())).close()
  await until(() => seen.length === 4)
  await server.close()
  await serving
  assert.deepEqual(seen, ['hook connect', 'handler connect', 'hook publish', 'handler publish'])
})

// A175
for (const way of ['hook', 'events', 'nextEvent']) {
  test(`media tags are dropped: ${way}`, async t => {
    const frames = []
    const keeps = event => event.packet.timestampMs % 2 === 0
    const { server, url } = await listen(t, way === 'hook'
      ? { hooks: { mediaTag: async event => { await turn(); return keeps(event) }, videoFrame: event => { frames.push(event.packet.timestampMs) } } }
      : { askMediaTag: true, events: ['video_frame'] })
    const see = event => {
      if (event.type === 'video_frame') frames.push(event.packet.timestampMs)
      else if (!keeps(event)) event.drop()
    }
    const taking = (async () => {
      if (way === 'events') for await (const event of server.events()) see(event)
      while (way === 'nextEvent') {
        const event = await server.nextEvent()
        if (event === undefined) return
        see(event)
        event.keep() // too late for those that were dropped
      }
    })()
    const stamps = []
    const serving = server.serve(async request => {
      for await (const packet of await request.accept()) stamps.push(packet.timestampMs)
    })
    const client = await Client.publish(url())
    for (let n = 0; n < 100; n++) await client.sendVideo(n, n === 0, Buffer.from('frame'))
    await until(() => stamps.length === 50)
    await client.close()
    await server.close()
    await Promise.all([serving, taking])
    assert.deepEqual(stamps, Array.from({ length: 50 }, (_, n) => 2 * n))
    assert.deepEqual(frames, stamps)
  })
}

test('a slow hook holds up its connection only', async t => {
  let go
  const hold = new Promise(resolve => { go = resolve })
  const hub = new Hub()
  t.after(() => hub.close())
  const { url } = await listen(t, { hub, hooks: { publish: async request => { if (request.streamName === 'slow') await hold } } })
  let done = false
  const slow = Client.publish(url('slow')).then(client => { done = true; return client })
  await (await Client.publish(url('quick'))).close()
  assert.equal(done, false)
  go()
  await (await slow).close()
})

test('events that nobody takes hold connections up', async t => {
  const hub = new Hub()
  t.after(() => hub.close())
  const { server, url } = await listen(t, { hub, events: ['video_frame'] })
  const client = await Client.publish(url(), { sendTimeoutMs: -1 })
  const total = 5000
  let sent = 0
  const sending = (async () => {
    for (; sent < total; sent++) await client.sendVideo(sent, sent === 0, Buffer.alloc(10000))
  })()
  await sleep(1000)
  assert.ok(sent < total, 'all of it was taken')
  for (let n = 0; n < total; n++) {
    const event = await within(10000, server.nextEvent())
    assert.equal(event.packet.timestampMs, n)
    event.packet.release()
  }
  await sending
  await client.close()
})

/** Publishes until nothing more is taken. */
async function sendUntilStuck (t, url) {
  const client = await Client.publish(url, { sendTimeoutMs: 300 })
  t.after(() => client.close().catch(() => {}))
  const sending = async () => { for (let sent = 0; ; sent++) await client.sendAudio(sent, Buffer.alloc(1000)) }
  await assert.rejects(sending(), { code: 'ERR_OXRTMP_TIMEOUT' })
}

test('what a server had to tell when it was closed is told', async t => {
  const { server, url } = await listen(t, { events: ['audio_frame'] })
  const serving = server.serve(async request => { await collect(await request.accept()) })
  await sendUntilStuck(t, url())
  await server.close()
  await serving
  const left = await collect(server.events())
  assert.deepEqual(left.map(event => event.packet.timestampMs), left.map((_, n) => n))
})

for (const slow of ['who takes them', 'a hook']) {
  test(`a shutdown does not wait for events that wait for ${slow}`, async t => {
    let go
    const hold = new Promise(resolve => { go = resolve })
    const { server, url } = await listen(t, slow === 'a hook' ? { hooks: { audioFrame: () => hold } } : { events: ['audio_frame'] })
    const serving = server.serve(async request => { await collect(await request.accept()) })
    await sendUntilStuck(t, url())
    await within(10000, server.shutdown({ timeoutMs: 100 }).catch(error => assert.equal(error.code, 'ERR_OXRTMP_TIMEOUT')), 'the shutdown')
    await serving
    go()
    const left = await collect(server.events())
    assert.ok(left.length <= 1024, `${left.length} wait`)
    if (slow !== 'a hook') assert.ok(left.at(-1).packet.timestampMs > 1024)
  })
}

// A198
test('statistics are told', async t => {
  const hub = new Hub()
  t.after(() => hub.close())
  const { server, url } = await listen(t, { hub, events: ['stats_update'], statsIntervalMs: 10 })
  const client = await Client.publish(url())
  await client.sendVideo(7, true, Buffer.from('frame'))
  for await (const event of server.events()) {
    assert.equal(event.type, 'stats_update')
    if (event.statistics.keyframes === 0) continue
    assert.deepEqual([event.streamName, event.statistics.timestampMs], ['test', 7])
    break
  }
  await client.close()
})

// A176
test('hooks in a chain, and one that logs', async t => {
  const seen = []
  const records = []
  const hub = new Hub()
  t.after(() => hub.close())
  const hooks = chainHooks(
    logHooks(record => records.push(record)),
    {
      publish: async request => {
        seen.push('first')
        if (request.streamName === 'refused') throw new Refusal('by the first')
        if (request.streamName === 'answered') await request.reject('by itself')
      },
      mediaTag: event => event.packet.timestampMs !== 1
    },
    { publish: () => { seen.push('second') }, mediaTag: event => { seen.push(event.packet.timestampMs) } }
  )
  const { server, url } = await listen(t, { hub, hooks, onError: errors(t) })
  await assert.rejects(Client.publish(url('refused')), { description: 'by the first' })
  await assert.rejects(Client.publish(url('answered')), { description: 'by itself' })
  const client = await Client.publish(url('secret-key'))
  for (let n = 0; n < 3; n++) await client.sendAudio(n, Buffer.from('frame'))
  await client.close()
  await until(() => records.some(record => record.message.startsWith('unpublish')))
  await server.close()
  assert.deepEqual(seen, ['first', 'first', 'first', 'second', 0, 2])
  assert.ok(records.some(r => r.level === 'info' && /^publish connection=3 .*stream=se…/.test(r.message)))
  assert.ok(records.filter(r => r.message.startsWith('audio_frame')).every(r => r.level === 'debug' && /bytes=\d+/.test(r.message)))
  assert.ok(!records.some(r => r.message.includes('secret-key')))
})

test('a request that a hook answers late is not handed out', async t => {
  const hooks = { publish: request => { if (request.streamName === 'late') setTimeout(() => request.reject('after all'), 20) } }
  const { server, url } = await listen(t, { hooks })
  await assert.rejects(Client.publish(url('late')), { description: 'after all' })
  const attempt = Client.publish(url('next'))
  const request = await server.nextRequest()
  await request.reject('words')
  await assert.rejects(attempt, { description: 'words' })
  assert.equal(request.streamName, 'next')
})

test('false drops messages, and nothing else', async t => {
  const hub = new Hub()
  t.after(() => hub.close())
  const no = () => false
  const hooks = chainHooks({ publish: no, unpublish: no }, { publish: ({ streamName }) => { if (streamName === 'bad') throw new Refusal('by the second') } })
  const { server, url } = await listen(t, { hub, hooks, events: ['unpublish'], onError: errors(t) })
  await assert.rejects(Client.publish(url('bad')), { description: 'by the second' })
  await (await Client.publish(url('good'))).close()
  assert.equal((await within(5000, server.nextEvent())).streamName, 'good')
})

test('what a hook throws is reported', async t => {
  const faults = []
  const hub = new Hub()
  t.after(() => hub.close())
  const { url } = await listen(t, {
    hub,
    hooks: { unpublish: event => { throw new Error(event.type) } },
    onError: (error, about) => faults.push([error.message, about.streamName])
  })
  await (await Client.publish(url())).close()
  await until(() => faults.length > 0)
  assert.deepEqual(faults, [['unpublish', 'test']])
})

test('options of events are checked', async () => {
  const wrong = [
    [{ events: ['published'] }, /options\.events must be 'all' or an array of connection, /],
    [{ hooks: { published () {} } }, /options\.hooks has no 'published'/],
    [{ hooks: { publish: 1 } }, /options\.hooks\.publish must be a function/],
    [{ statsIntervalMs: 0 }, /statsIntervalMs/],
    [{ users: { alice: 1 } }, /options\.users must be an object of passwords by names/],
    [{ loginScheme: 'basic' }, /'adobe', 'llnw'/],
    [{ proxyFrom: '10.0.0.0/8' }, /options\.proxyFrom must be an array of networks/]
  ]
  for (const [options, message] of wrong) await assert.rejects(Server.create(options), { code: 'ERR_OXRTMP_ARGUMENT', message })
  assert.throws(() => chainHooks({ published () {} }), { code: 'ERR_OXRTMP_ARGUMENT' })
})

test('listeners are told: once, in order, and the loop gets the rest', async t => {
  const { server, url } = await listen(t, { hub: new Hub(), events: ['publish', 'unpublish', 'disconnect', 'connect'] })
  const told = []
  for (const type of ['publish', 'unpublish', 'disconnect']) server.on(type, event => told.push([event.type, event.streamName]))
  server.once('publish', event => assert.ok(event instanceof ServerEvent))
  for (let i = 0; i < 2; i++) await (await Client.publish(url(`s${i}`))).close()
  await until(() => told.filter(([type]) => type === 'disconnect').length === 2)
  assert.deepEqual(told.filter(([, name]) => name === 's0').map(([type]) => type).slice(0, 2), ['publish', 'unpublish'])
  assert.equal(told.filter(([type]) => type === 'publish').length, 2)
  assert.equal((await server.nextEvent()).type, 'connect')
  const closed = once(server, 'close')
  await server.close()
  await within(5000, closed, 'close')
})

test('a listener that throws, or rejects, is reported and harms nobody', async t => {
  const failures = []
  const { server, url } = await listen(t, {
    hub: new Hub(), events: ['publish', 'unpublish'], onError: (error, about) => failures.push([error.message, about.type])
  })
  server.on('publish', () => { throw new Error('thrown') })
  server.on('unpublish', async () => { throw new Error('rejected') })
  for (let i = 0; i < 2; i++) await (await Client.publish(url())).close()
  await until(() => failures.length === 4)
  assert.deepEqual(failures, [['thrown', 'publish'], ['rejected', 'unpublish'], ['thrown', 'publish'], ['rejected', 'unpublish']])
})

test('a listener drops messages, after the hooks', async t => {
  const { server, url } = await listen(t, { events: ['media_tag'], askMediaTag: true, hooks: { mediaTag: ({ packet }) => packet.timestampMs !== 1 } })
  server.on('media_tag', event => { if (event.packet.timestampMs === 2) event.drop() })
  const taking = server.nextRequest().then(request => request.accept()).then(collect)
  const client = await Client.publish(url())
  for (let i = 0; i < 5; i++) await client.sendAudio(i, Buffer.of(1))
  await client.close()
  assert.deepEqual((await taking).map(p => p.timestampMs), [0, 3, 4])
})

test('what a server does not tell has no listeners', async t => {
  const { server } = await listen(t, { events: ['publish'] })
  const refused = message => ({ name: 'TypeError', code: 'ERR_OXRTMP_ARGUMENT', message })
  assert.throws(() => server.on('play', () => {}), refused("'play' is told to listeners when the option events has it"))
  assert.throws(() => server.once('published', () => {}), refused(/no event 'published'; it has close, connection, handshake_complete, .*publish,/))
  server.on('publish', () => {}).on('close', () => {})
})
