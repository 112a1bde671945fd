// A clip goes from a client to a server, on arm64.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'

const [where, file] = process.argv.slice(2).map(name => path.resolve(name))
const { Client, FLVReader, Server, buildInfo } = createRequire(import.meta.url)(path.join(where, 'lib/index.js'))
assert.equal(process.arch, 'arm64')
assert.match(buildInfo, /arm64/)
const collect = async source => {
  const found = []
  for await (const packet of source) found.push([packet.type, packet.timestampMs, packet.codec, packet.data.toString('hex'), packet])
  return found
}
const clip = await collect(await FLVReader.open(file))
const server = await Server.listen('127.0.0.1:0')
const publishing = Client.publish(`rtmp://${server.address}/live/test`).then(async client => {
  await client.sendPackets(clip.map(([, , , , packet]) => packet))
  await client.close()
})
const session = await (await server.nextRequest()).accept()
const got = await collect(session)
await publishing
await server.close()
const plain = packets => packets.map(packet => packet.slice(0, 4))
assert.deepEqual(plain(got), plain(clip))
console.log(`  node ${process.version} on ${process.arch}: ${got.length} packets, ${buildInfo}`)
