// How long Node's event loop is kept from its work by 500 publishers, each of 1 Mbit/s at 30 packets a second:
// `delay.mjs LOAD [SECONDS]`, where LOAD is the program of tests/load, run on processor 1.
//
// It prints the 50th and the 99th percentile, and the longest, of perf_hooks' monitorEventLoopDelay: the time between two
// firings of a timer, the timer's own interval included, which is 10 ms as a rule and also taken as 1 ms. First while the
// process is idle, then while it takes the streams in and looks at each packet's size; and how many times the former the
// latter are. A machine that has not the time for all packets says so by how many came.
import { spawn } from 'node:child_process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server } from '../../bindings/node/lib/index.mjs'

const STREAMS = 500
const [load, seconds = '5'] = process.argv.slice(2)
const fields = histogram => [histogram.percentile(50), histogram.percentile(99), histogram.max].map(ns => ns / 1e6)

/** What the delays are during so many seconds, by the timer's interval in ms. */
async function delays () {
  const monitors = [10, 1].map(resolution => monitorEventLoopDelay({ resolution }))
  for (const monitor of monitors) monitor.enable()
  await sleep(Number(seconds) * 1000)
  for (const monitor of monitors) monitor.disable()
  return monitors.map(fields)
}

await sleep(1000)
const idle = await delays()

const server = await Server.listen('127.0.0.1:0')
let sessions = 0
let packets = 0
let bytes = 0
server.serve(async request => {
  const session = await request.accept()
  sessions++
  for await (const packet of session) {
    bytes += packet.size
    packets++
    packet.release()
  }
})
// 2 ms between the beginnings of two streams, and as long until all of them have ended
const publishing = spawn('taskset', ['-c', '1', load, '-streams', String(STREAMS), '-seconds', String(Number(seconds) + 3),
  `rtmp://${server.address}/live`], { stdio: ['ignore', 'ignore', 'inherit'] })
while (sessions < STREAMS) await sleep(50)
const before = packets
const busy = await delays()
const rate = (packets - before) / Number(seconds)
publishing.kill()

const row = (name, figures, digits) => name.padEnd(32) + figures.flat().map(x => x.toFixed(digits).padStart(9)).join('')
console.log(`event loop delay, ${STREAMS} publishers, ${Math.round(rate)} packets each second of ${STREAMS * 30}, ${seconds} s`)
console.log(row('', [], 0) + ['p50 ms', 'p99 ms', 'max ms', 'p50 1 ms', 'p99 1 ms', 'max 1 ms'].map(x => x.padStart(9)).join(''))
console.log(row('idle', idle, 2))
console.log(row('with them', busy, 2))
console.log(row('x idle', busy.map((figures, i) => figures.map((x, j) => x / idle[i][j])), 2))
process.exit()
