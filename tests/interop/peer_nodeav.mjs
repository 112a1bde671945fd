// A peer on FFmpeg 8 as the npm package node-av bundles it.
//
//     node peer_nodeav.mjs publish SOURCE URL [COPY.flv]   publishes without encoding; the same muxer writes COPY.flv
//     node peer_nodeav.mjs packets FILE                    one JSON line per packet
//
// NODE_AV names the folder that holds the installed package.
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// node-av says Node 20, but uses what came later.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new Promise((yes, no) => { resolve = yes; reject = no })
  return { promise, resolve, reject }
}
Symbol.dispose ??= Symbol.for('dispose')
Symbol.asyncDispose ??= Symbol.for('asyncDispose')

const require = createRequire(`${process.env.NODE_AV}/`)
const { Demuxer, Muxer } = await import(pathToFileURL(require.resolve('node-av/api')))

async function publish (source, ...targets) {
  const input = await Demuxer.open(source)
  // A codec tag of another container is refused by the FLV muxer.
  for (const stream of input.streams) stream.codecpar.codecTag = 0
  const outputs = []
  for (const target of targets) {
    const muxer = await Muxer.open(target, { input, format: 'flv', options: { flvflags: 'no_duration_filesize' } })
    outputs.push({ muxer, index: input.streams.map(stream => muxer.addStream(stream)) })
  }
  let count = 0
  for await (const packet of input.packets()) {
    if (!packet) continue
    const from = packet.streamIndex
    for (const { muxer, index } of outputs) {
      const copy = packet.clone()
      await muxer.writePacket(copy, index[from])
      copy.free()
    }
    packet.free()
    count++
  }
  for (const { muxer } of outputs) await muxer.close()
  await input.close()
  console.log(`published ${count} packets`)
}

async function packets (file) {
  const input = await Demuxer.open(file)
  for await (const packet of input.packets()) {
    if (!packet) continue
    const stream = input.streams[packet.streamIndex]
    const ms = t => Math.round(Number(t) * stream.timeBase.num * 1000 / stream.timeBase.den)
    console.log(JSON.stringify({
      stream: packet.streamIndex,
      codec: stream.codecpar.codecId,
      pts_ms: ms(packet.pts),
      dts_ms: ms(packet.dts),
      keyframe: packet.isKeyframe,
      size: packet.size,
      sha256: createHash('sha256').update(packet.data ?? '').digest('hex')
    }))
    packet.free()
  }
  await input.close()
}

const [command, ...args] = process.argv.slice(2)
await { publish, packets }[command](...args)
