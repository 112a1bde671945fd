// What a packet costs on its way into Node: `packets.mjs [ROUNDS [NAME]]` prints lines "NAME SIZE NANOSECONDS".
//
//   iterator   for await (const packet of session)
//   batches    await session.nextPackets()
//   data       the first one, with a look at each packet's data
//
// As bench/c/queue.c does it, and to be compared with its `drain`: a session that a client of the same process has filled
// before, so that only the taking is measured: from the session to the program, and its look at the size. The event loop
// stands still while the session is filled. Each figure is the median of all fillings of ROUNDS (5) rounds.
import { Client, Server } from '../../bindings/node/lib/index.mjs'

// Bytes of a packet, packets for each filling, fillings for each round. Of large packets there are more in a filling than
// in bench/c/queue.c, so that the turn of the event loop which each filling begins with does not show.
const SIZES = [[64, 12800, 8], [1024, 6400, 16], [16 * 1024, 2000, 20], [256 * 1024, 200, 40]]

async function open () {
  const server = await Server.listen('127.0.0.1:0', { limits: { queueBytes: 2 ** 31 - 1, outputBytes: 2 ** 31 - 1 } })
  const publishing = Client.publish(`rtmp://${server.address}/live/bench`, { outputBytes: 2 ** 31 - 1 })
  const session = await (await server.nextRequest()).accept()
  return { server, session, client: await publishing }
}

function makeFrames (size, count) {
  const raw = Buffer.alloc(size)
  raw.set([0x27, 0x01]) // an AVC inter frame
  return Array(count).fill({ type: 9, raw })
}

/** Sends packets and waits, without letting go of the event loop, until all of them wait in the session. */
function fill ({ client, session }, frames) {
  const wanted = session.statistics().packets + frames.length
  client.sendPackets(frames)
  while (session.statistics().packets < wanted);
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

const median = numbers => numbers.sort((a, b) => a - b)[numbers.length >> 1]

async function measure (take, size, count, fillings, rounds) {
  const path = await open()
  const frames = makeFrames(size, count)
  const took = []
  for (let i = 0; i < fillings * (rounds + 1); i++) {
    fill(path, frames)
    const begun = process.hrtime.bigint()
    const seen = await take(path.session, count)
    took.push(Number(process.hrtime.bigint() - begun) / count)
    if (seen < (size - 5) * count) throw new Error(`saw ${seen} bytes`)
  }
  await path.client.close()
  await path.session.close()
  await path.server.close()
  return median(took.slice(fillings)) // the first round fills the pools
}

const [rounds = '5', only] = process.argv.slice(2)
for (const [name, take] of Object.entries(WAYS)) {
  if (only !== undefined && only !== name) continue
  for (const [size, count, fillings] of SIZES) {
    console.log(`${name} ${size} ${(await measure(take, size, count, fillings, Number(rounds))).toFixed(1)}`)
  }
}
