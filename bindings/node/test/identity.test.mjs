// Who a peer is, and where it is sent: logins, redirections, kicks, the addresses behind load balancers.
import assert from 'node:assert/strict'
import net from 'node:net'
import test from 'node:test'
import { Client, Hub, Server } from 'oxrtmp'
import { collect, listen, sleep, until, within } from './helpers.mjs'

const USERS = { alice: 's3cret', bob: 'p@ss:w/rd' }
const HEADER = 'PROXY TCP4 192.0.2.7 192.0.2.1 50123 1935\r\n'

// C11, D34
for (const loginScheme of ['adobe', 'llnw']) {
  test(`users log in: ${loginScheme}`, async t => {
    const { server } = await listen(t, { users: USERS, loginScheme })
    const users = []
    const serving = server.serve(async request => {
      const session = await request.accept()
      users.push([request.user, session.user])
      await collect(session)
    })
    await (await Client.publish(`rtmp://alice:s3cret@${server.address}/live/test`)).close()
    await (await Client.publish(`rtmp://${server.address}/live/test`, { user: 'bob', password: 'p@ss:w/rd' })).close()
    for (const login of ['alice:wrong@', 'carol:s3cret@', 'alice:@', '']) {
      await within(1000, assert.rejects(Client.publish(`rtmp://${login}${server.address}/live/test`), { code: 'ERR_OXRTMP_AUTH' }), login)
    }
    await server.close()
    await serving
    assert.deepEqual(users, [['alice', 'alice'], ['bob', 'bob']])
  })

  test(`the application decides logins: ${loginScheme}`, async t => {
    for (const known of [true, false]) {
      const { server } = await listen(t, { askConnect: true })
      const steps = []
      const serving = server.serve(async request => {
        if (request.kind === 'connect') {
          steps.push([request.user, await request.login(loginScheme, known ? USERS.alice : undefined)])
          await assert.rejects(request.login(loginScheme, 'x'), { code: 'ERR_OXRTMP_STATE' })
        } else {
          await assert.rejects(request.login(loginScheme, 's3cret'), { code: 'ERR_OXRTMP_STATE' })
          await (await request.accept()).close()
        }
      })
      const publishing = Client.publish(`rtmp://alice:s3cret@${server.address}/live/test`)
      if (known) await (await publishing).close().catch(() => {})
      else await assert.rejects(publishing, { code: 'ERR_OXRTMP_AUTH' })
      await server.close()
      await serving
      assert.deepEqual(steps, [['', false], ['alice', false], ['alice', known]])
    }
  })
}

test('logins are checked', async t => {
  await assert.rejects(Server.create({ users: { '': 'x' } }), { code: 'ERR_OXRTMP_ARGUMENT' })
  const { server, url } = await listen(t, { askConnect: true })
  const publishing = Client.publish(url()).catch(() => {})
  const request = await server.nextRequest()
  await assert.rejects(request.login('basic', 'x'), { code: 'ERR_OXRTMP_ARGUMENT' })
  await assert.rejects(request.login('adobe', 1), { code: 'ERR_OXRTMP_ARGUMENT' })
  await assert.rejects(request.redirect(1), { code: 'ERR_OXRTMP_ARGUMENT' })
  await request.reject()
  await publishing
})

// A70, C47
for (const kind of ['connect', 'publish']) {
  test(`peers are redirected: ${kind}`, async t => {
    const { server: behind } = await listen(t)
    const { server, url } = await listen(t, { askConnect: kind === 'connect' })
    const seen = []
    const serving = [
      server.serve(async request => {
        assert.equal(request.kind, kind)
        await request.redirect(`rtmp://${behind.address}/other`, 'not here')
      }),
      behind.serve(async request => {
        const session = await request.accept()
        seen.push([session.app, session.streamName])
        await collect(session)
      })
    ]
    await (await Client.publish(url(), { followRedirects: true })).close()
    await assert.rejects(Client.publish(url()), { description: 'not here' })
    await server.close()
    await behind.close()
    await Promise.all(serving)
    assert.deepEqual(seen, [['other', 'test']])
  })
}

test('peers are kicked', async t => {
  const hub = new Hub()
  t.after(() => hub.close())
  const { server, url } = await listen(t, { hub, events: ['publish', 'disconnect'] })
  const client = await Client.publish(url())
  const { connection } = await server.nextEvent()
  assert.equal(server.kick(connection + 1), false)
  assert.throws(() => server.kick(0), { code: 'ERR_OXRTMP_ARGUMENT' })
  assert.equal(server.kick(connection, 'NetStream.Publish.BadName', 'you again'), true)
  await assert.rejects(async () => {
    for (;;) {
      await client.sendAudio(0, Buffer.from('frame'))
      await sleep(5)
    }
  }, { code: 'ERR_OXRTMP_NAME', peerCode: 'NetStream.Publish.BadName', description: 'you again' })
  assert.equal((await server.nextEvent()).type, 'disconnect')
  await until(() => !server.kick(connection))
})

// C19
test('addresses behind load balancers', async t => {
  for (const [proxyFrom, listed] of [[['10.0.0.0/8', '127.0.0.0/8'], true], [['127.0.0.1'], true], [['10.0.0.0/8'], false], [undefined, false]]) {
    for (const headed of [true, false]) {
      const { server } = await listen(t, { proxyFrom })
      const addresses = []
      const serving = server.serve(async request => {
        addresses.push(request.peerAddress)
        await (await request.accept()).close()
      })
      // Something that says on whose behalf it connects, or does not.
      const front = net.createServer(socket => {
        const back = net.connect(Number(server.address.split(':')[1]), '127.0.0.1')
        for (const one of [socket, back]) one.on('error', () => {})
        if (headed) back.write(HEADER)
        socket.pipe(back).pipe(socket)
        back.on('close', () => socket.destroy())
      })
      await new Promise(resolve => front.listen(0, '127.0.0.1', resolve))
      const publishing = Client.publish(`rtmp://127.0.0.1:${front.address().port}/live/test`)
      if (listed === headed) {
        await (await publishing).close().catch(() => {})
        assert.equal(addresses.length, 1)
        assert.equal(addresses[0] === '192.0.2.7:50123', headed)
      } else {
        await assert.rejects(publishing)
        assert.deepEqual(addresses, [])
      }
      front.close()
      await server.close()
      await serving
    }
  }
  await assert.rejects(Server.create({ proxyFrom: ['10.0.0.0/33'] }), { code: 'ERR_OXRTMP_ARGUMENT', message: /proxyFrom/ })
})
