// Record writes every stream to files of some minutes each, and keeps the latest of them.
//
//   npm install ../../bindings/node
//   node record.mjs -listen localhost:1935 -directory recordings -seconds 600 -keep 12
//   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
//
// A file begins with a keyframe and can be played alone, also when the program is killed while it is written.
import { rm } from 'node:fs/promises'
import { Recorder, Server } from 'oxrtmp'
import { parseFlags } from './flags.mjs'

/** @import { Request } from 'oxrtmp' */

const { listen, directory, seconds, keep } = parseFlags('record', {
  listen: '127.0.0.1:1935',
  directory: 'recordings',
  seconds: 600, // of each file, and on to the next keyframe
  keep: 0 // so many files of a stream; all
})

/** The files of one stream; the last one is being written. */
class Files {
  #paths = /** @type {string[]} */ ([])

  /** @param {string} path where the recorder writes now */
  async note (path) {
    if (path === this.#paths.at(-1)) return
    this.#paths.push(path)
    console.log(`recording ${path}`)
    while (keep > 0 && this.#paths.length > keep) await rm(this.#paths.shift() ?? '', { force: true })
  }
}

/**
 * Records a stream to its end.
 * @param {Request} request
 */
async function record (request) {
  const session = await request.accept()
  const recorder = await Recorder.openIn(directory, `${session.app}-${session.streamName}`, { rotateDurationMs: seconds * 1000 })
  const files = new Files()
  try {
    for await (const packet of session) {
      await recorder.write(packet)
      if (packet.keyframe) await files.note(recorder.path)
    }
  } finally {
    await recorder.close() // completes the file, whatever has ended the stream
    await files.note(recorder.path)
  }
  console.log(`end ${recorder.path} reason=${session.error?.message ?? session.endReason}`)
}

try {
  const server = await Server.listen(listen)
  console.log(`listening on ${server.addresses.join(', ')}`)
  const ends = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ends.abort())
  await server.serve(record, { signal: ends.signal, onError: error => console.error('record:', error instanceof Error ? error.message : error) })
} catch (error) {
  console.error('record:', error instanceof Error ? error.message : error)
  process.exitCode = 1
}
