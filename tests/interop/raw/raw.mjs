// raw.mjs VIDEO.h264 AUDIO.aac URL: publish a byte stream of x264's, whose frames begin with an AUD, and AAC in ADTS.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { Client, codec } = createRequire(import.meta.url)('../../../bindings/node')
const FRAME_MS = 40
const AUD = 9

const [video, audio, url] = process.argv.slice(2)
const stream = readFileSync(video)
const frames = [...codec.framesOfADTS(readFileSync(audio))]
const accessUnits = []
for (const unit of codec.nalus('avc1', stream, { lengthSize: 0 })) {
  if (unit.type === AUD) accessUnits.push([])
  else accessUnits.at(-1).push(unit)
}
const client = await Client.publish(url)
await client.sendVideoSequenceHeader(codec.record('avc1', stream))
await client.sendAudioSequenceHeader(frames[0].config)
const timeOf = n => Math.floor(n * 1024 * 1000 / frames[0].sampleRate)
let sent = 0
for (const [n, units] of accessUnits.entries()) {
  const annexb = Buffer.concat(units.flatMap(unit => [Buffer.of(0, 0, 0, 1), unit.data]))
  await client.sendVideo(n * FRAME_MS, units.some(unit => unit.randomAccess), codec.fromAnnexB(annexb))
  for (; sent < frames.length && timeOf(sent) <= n * FRAME_MS; sent++) await client.sendAudio(timeOf(sent), frames[sent].data)
}
await client.close()
console.log(`sent video=${accessUnits.length} audio=${sent}`)
