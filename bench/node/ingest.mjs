// Takes streams in, counts their packets, and does nothing else: `ingest.mjs oxrtmp|node-media-server`.
//
// As bench/c/ingest.c it prints "listening on ADDRESS", serves until its standard input ends, and then prints how many payload
// bytes came, in how many packets. The peer is the package of that name, in BUILD/node-peers, as it is: it makes of every
// packet what players would get.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Server } from '../../bindings/node/lib/index.mjs'

let bytes = 0
let packets = 0

/** Serves until the standard input ends. */
function listening (address, end = () => {}) {
  process.stdout.write(`listening on ${address}\n`)
  process.stdin.resume().on('end', () => {
    process.stdout.write(`${bytes} ${packets}\n`, () => {
      end()
      process.exit() // what is under way is of no interest any more
    })
  })
}

async function oxrtmp () {
  const server = await Server.listen('127.0.0.1:0')
  listening(server.address)
  await server.serve(async request => {
    for await (const packet of await request.accept()) {
      bytes += packet.size
      packets++
      packet.release()
    }
  })
}

/** A port that is free at this moment. */
async function freePort () {
  const server = net.createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

async function nodeMediaServer () {
  const build = process.env.BUILD ?? path.resolve(import.meta.dirname, '../../build')
  const require = createRequire(path.resolve(build, 'node-peers/package.json'))
  const NodeMediaServer = require('node-media-server')
  const Context = require('node-media-server/src/core/context.js')
  const store = mkdtempSync(path.join(os.tmpdir(), 'bench'))
  const port = await freePort()
  console.log = () => {} // it tells everything
  const server = new NodeMediaServer({ bind: '127.0.0.1', rtmp: { port }, store: { path: store } })
  Context.eventEmitter.on('postPublish', session => {
    const deal = session.rtmp.onPacketCallback
    session.rtmp.onPacketCallback = packet => {
      bytes += packet.size
      packets++
      deal(packet)
    }
  })
  server.run()
  await once(server.rtmpServer.tcpServer, 'listening')
  listening(`127.0.0.1:${port}`, () => rmSync(store, { recursive: true }))
}

const ways = { oxrtmp, 'node-media-server': nodeMediaServer }
await ways[process.argv[2]]()
