// What a packet costs on its way into Node: `packets.mjs [ROUNDS [NAME]]` prints lines "NAME SIZE NANOSECONDS".
//
//   iterator      for await (const packet of session)
//   batches       await session.nextPackets()
//   data          the second one, with a look at each packet's data
//   stream        the first one while a client of the same process sends: the whole path, sender included
//   data stream   the third one so
//   loop          the loop of the second one alone, over packets that are JavaScript's already
//
// As bench/c/queue.c does it. The first three are to be compared with its `drain`: a session that a client of the same process
// has filled before, so that only the taking is measured: from the session to the program, and its look at the size. The
// event loop stands still while the session is filled. Each filling begins with small packets, whose taking is not measured.
// The others are to be compared with its `stream`: what a packet costs that has to be sent and received. Each figure is the
// median of ROUNDS (5).
import { Client, Server } from '../../bindings/node/lib/index.mjs'

// Bytes of a packet, packets for each filling, fillings for each round: those of bench/c/queue.c.
const SIZES = [[64, 12800, 2], [1024, 3200, 8], [16 * 1024, 500, 8], [256 * 1024, 160, 4]]

/** all: whether all packets find room, and so need nobody who takes them. */
async function open (all) {
  const server = await Server.listen('127.0.0.1:0', { limits: { queueBytes: 2 ** 31 - 1 } })
  const publishing = Client.publish(`rtmp://${server.address}/live/bench`, all ? { outputBytes: 2 ** 31 - 1 } : {})
  const session = await (await server.nextRequest()).accept()
  return { server, session, client: await publishing }
}

const FIRST = 256 // small packets: as many as are taken from the library by one call

function makeFrames (size, count) {
  const raw = Buffer.alloc(size)
  raw.set([0x27, 0x01]) // an AVC inter frame
  return Array(count).fill({ type: 9, raw })
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Sends packets and waits, without letting go of the event loop, until all of them wait in the session. */
function fill ({ client, session }, frames) {
  const wanted = session.statistics().packets + frames.length
  client.sendPackets(frames)
  while (session.statistics().packets < wanted) Atomics.wait(pause, 0, 0, 0.05)
}

const WAYS = {
  async iterator (session, count) {
    let seen = 0
    let left = count
    const iterator = session[Symbol.asyncIterator]()
    const loop = { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) } // leaving it leaves the session open
    for await (const packet of loop) {
      seen += packet.size
      packet.release()
      if (--left === 0) break
    }
    return seen
  },
  async batches (session, count) {
    let seen = 0
    for (let left = count; left > 0;) {
      const packets = await session.nextPackets()
      for (const packet of packets) {
        seen += packet.size
        packet.release()
      }
      left -= packets.length
    }
    return seen
  },
  async data (session, count) {
    let seen = 0
    for (let left = count; left > 0;) {
      const packets = await session.nextPackets()
      for (const packet of packets) {
        seen += packet.data.length
        packet.release()
      }
      left -= packets.length
    }
    return seen
  }
}

function loop (size, count, fillings, rounds) {
  const packets = Array.from({ length: count }, () => ({ size, release () {} }))
  const took = []
  for (let i = 0; i < rounds * fillings; i++) {
    let seen = 0
    const begun = process.hrtime.bigint()
    for (const packet of packets) {
      seen += packet.size
      packet.release()
    }
    took.push(Number(process.hrtime.bigint() - begun) / count)
    if (seen !== size * count) throw new Error(`saw ${seen} bytes`)
  }
  return median(took)
}

const median = numbers => numbers.sort((a, b) => a - b)[numbers.length >> 1]

async function measure (take, stream, size, count, fillings, rounds) {
  const path = await open(!stream)
  const frames = makeFrames(size, count)
  const filling = [...makeFrames(64, FIRST), ...frames]
  const took = []
  for (let i = 0; i <= rounds; i++) {
    let total = 0
    for (let n = 0; n < fillings; n++) {
      if (!stream) {
        fill(path, filling)
        await take(path.session, FIRST)
      }
      const begun = process.hrtime.bigint()
      const sending = stream ? path.client.sendPackets(frames) : undefined
      const seen = await take(path.session, count)
      total += Number(process.hrtime.bigint() - begun) / count / fillings
      await sending
      if (seen < (size - 5) * count) throw new Error(`saw ${seen} bytes`)
    }
    took.push(total)
  }
  await path.client.close()
  await path.session.close()
  await path.server.close()
  return median(took.slice(1)) // the first round fills the pools
}

const [rounds = '5', only] = process.argv.slice(2)
const ROWS = [...Object.keys(WAYS).map(way => [way, way, false]), ['stream', 'iterator', true], ['data stream', 'data', true]]
for (const [name, way, stream] of [...ROWS, ['loop']]) {
  if (only !== undefined && only !== name) continue
  for (const [size, count, fillings] of SIZES) {
    const took = name === 'loop' ? loop(size, count, fillings, Number(rounds)) : await measure(WAYS[way], stream, size, count, fillings, Number(rounds))
    console.log(`${name} ${size} ${took.toFixed(1)}`)
  }
}
