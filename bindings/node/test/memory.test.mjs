// The memory of packets: nothing is copied before it is looked at, what is looked at late is what it was, and what is lent is
// bounded and given back.
import assert from 'node:assert/strict'
import test from 'node:test'
import { libraryStatistics } from 'oxrtmp'
import { loopback, node, until } from './helpers.mjs'

const lent = () => Number(libraryStatistics().lentBytes)
const MOST = 64 * 1024 * 1024

/** A payload that tells which one it is. */
function payload (number, size) {
  const bytes = Buffer.alloc(size, number & 0xff)
  bytes.writeUInt32BE(number)
  return bytes
}

function check (packet, number, size) {
  const { data, raw } = packet
  assert.equal(data.length, size, `${number}`)
  assert.equal(data.readUInt32BE(), number)
  assert.ok(size < 6 || (data[5] === (number & 0xff) && data[size - 1] === (number & 0xff)), `${number}`)
  assert.equal(raw.length, size + 5)
  assert.deepEqual(raw.subarray(5), data)
}

/** Sends so many, of sizes by number, and takes them without a look at the bytes. */
async function transfer (client, session, count, size, from = 0) {
  const packets = []
  const sending = (async () => {
    for (let i = 0; i < count; i++) await client.sendVideo(from + i, true, payload(from + i, size(i)))
  })()
  while (packets.length < count) packets.push(...await session.nextPackets())
  await sending
  return packets
}

test('released packets are given back at once, unless they were looked at', async t => {
  const { client, session } = await loopback(t)
  const before = lent()
  for (let round = 0; round < 20; round++) {
    const packets = await transfer(client, session, 60, i => i % 2 ? 50000 : 500, round * 60)
    for (const packet of packets) packet.release()
    await until(() => lent() <= before)
  }
})

test('what is looked at late is what it was: small, large, and in any order', async t => {
  const { client, session } = await loopback(t)
  const size = i => i % 50 === 7 ? 20000 + i : 8 + i % 700
  const packets = await transfer(client, session, 3000, size)
  await transfer(client, session, 3000, size, 3000) // which use the library's memory again
  for (let i = 2999; i >= 0; i -= 3) check(packets[i], i, size(i))
  for (let i = 0; i < 3000; i++) check(packets[i], i, size(i))
})

test('the memory of packets cannot be taken to another thread, which others have too', async t => {
  const { client, session } = await loopback(t)
  const size = i => i % 10 === 3 ? 30000 : 100
  const packets = await transfer(client, session, 100, size)
  for (const { buffer } of [packets[0].data, packets[3].data, (await client.sendMetadata({ width: 1 }), await session.nextPacket()).data]) {
    try {
      structuredClone(buffer, { transfer: [buffer] }) // Node 20 makes a copy
    } catch (error) {
      assert.equal(error.name, 'DataCloneError')
    }
    assert.ok(buffer.byteLength > 0)
  }
  for (let i = 0; i < 100; i++) check(packets[i], i, size(i))
})

test('packets that are released among others do no harm to these', async t => {
  const { client, session } = await loopback(t)
  const size = i => i % 10 === 3 ? 30000 : 100
  const packets = await transfer(client, session, 1000, size)
  const seen = packets.filter((_, i) => i % 4 === 0).map(packet => packet.data)
  for (const [i, packet] of packets.entries()) if (i % 2 === 0) packet.release()
  await transfer(client, session, 1000, size, 1000)
  for (const [i, packet] of packets.entries()) {
    if (i % 2 === 1) check(packet, i, size(i))
    else assert.throws(() => packet.raw, { code: 'ERR_OXRTMP_STATE' })
  }
  for (const [i, data] of seen.entries()) { // what was taken before stays
    assert.equal(data.readUInt32BE(), 4 * i)
    assert.equal(data.at(-1), 4 * i & 0xff)
  }
})

test('what is lent is bounded: past that it is copied, and still what it was', async t => {
  const { client, session } = await loopback(t)
  const packets = []
  for (let from = 0; from < 700; from += 100) {
    packets.push(...await transfer(client, session, 100, () => 120000, from)) // 84 MB in all
    assert.ok(lent() <= MOST, `${lent()} bytes are lent`)
  }
  assert.ok(lent() > MOST - 200000, `${lent()} bytes are lent`)
  for (const [i, packet] of packets.entries()) check(packet, i, 120000)
  assert.ok(lent() <= MOST)
})

test('what nobody holds any more is given back by the collector', async () => {
  await node(`
    import { Client, Server, libraryStatistics } from 'oxrtmp'
    const server = await Server.listen('127.0.0.1:0')
    const publishing = Client.publish('rtmp://' + server.address + '/live/x')
    const session = await (await server.nextRequest()).accept()
    const client = await publishing
    const transfer = async look => {
      for (let i = 0; i < 300; i++) await client.sendVideo(i, true, Buffer.alloc(i % 3 ? 400 : 40000))
      for (let left = 300; left > 0;) {
        const packets = await session.nextPackets()
        if (look) for (const packet of packets) packet.data.at(-1)
        left -= packets.length
      }
    }
    await transfer(false)
    await transfer(true)
    const { lentBytes } = libraryStatistics()
    if (lentBytes < 100000n) throw new Error('only ' + lentBytes + ' bytes were lent')
    for (let i = 0; i < 200 && libraryStatistics().lentBytes > 0n; i++) {
      gc()
      await new Promise(resolve => setImmediate(resolve))
    }
    const left = libraryStatistics()
    if (left.lentBytes > 0n || left.packets > 0) throw new Error(left.lentBytes + ' bytes, ' + left.packets + ' packets are left')
    await client.close()
    await server.close()`, { flags: ['--expose-gc'] })
})

test('a stream that has ended is the collector\'s when nobody holds it, closed or not', async () => {
  const { stdout } = await node(`
    import { Client, Hub, Server, libraryStatistics } from 'oxrtmp'
    const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
    const never = new AbortController()
    async function publish (server, i) { await Client.publish('rtmp://' + server.address + '/live/' + i, { signal: never.signal }) }
    async function take (server, kind, i) {
      const opening = Client[kind]('rtmp://' + server.address + '/live/' + i)
      await (await server.nextRequest()).accept()
      await (await opening).close()
    }
    async function streams () {
      const hub = new Hub()
      const server = await Server.listen('127.0.0.1:0', { hub })
      for (let i = 0; i < 20; i++) await publish(server, i)
      for (let i = 0; i < 20; i++) await hub.play('live', String(i))
      await server.close()
      await hub.close()
      const asked = await Server.listen('127.0.0.1:0', { askPlay: true })
      for (let i = 0; i < 20; i++) await take(asked, i % 2 ? 'publish' : 'play', i)
      return asked
    }
    const server = await streams()
    for (let i = 0; i < 400 && libraryStatistics().handles > 3; i++) {
      await sleep(20)
      gc()
    }
    console.log(libraryStatistics().handles <= 3)
    await server.close()`, { flags: ['--expose-gc'] })
  assert.equal(stdout, 'true\n')
})
