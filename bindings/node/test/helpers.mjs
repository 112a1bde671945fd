// What the tests share: paths, loopback streams, child processes, bounded waits.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Server } from 'oxrtmp'

export { sleep }

export const PACKAGE = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
export const ROOT = path.resolve(PACKAGE, '../..')
export const BUILD = process.env.BUILD ? path.resolve(ROOT, process.env.BUILD) : path.join(ROOT, 'build')
export const CLIP = path.join(ROOT, 'testdata/flv/sample-h264-aac.flv')
/** The full counts: an hour and more for all tests of the project. */
export const TORTURE = process.env.OXRTMP_TORTURE === '1'

export const AVCC = Buffer.from('0164001effe1001967640' + '01eacd940a02ff970110000030010000003032' + '0f162d9601000468ebecb22c', 'hex')
export const ASC = Buffer.from('1210', 'hex')

/** A server on a free port that closes with the test, and the URL of a stream there. */
export async function listen (t, options) {
  const server = await Server.listen('127.0.0.1:0', options)
  t.after(() => server.close())
  return { server, url: (name = 'test') => `rtmp://${server.address}/live/${name}` }
}

/** A client and the session it publishes to. */
export async function loopback (t, { server: serverOptions, client: clientOptions } = {}) {
  const { server, url } = await listen(t, serverOptions)
  const [client, request] = await Promise.all([
    Client.publish(url(), clientOptions),
    server.nextRequest().then(async request => ({ request, session: await request.accept() }))
  ])
  t.after(() => client.close().catch(() => {}))
  return { server, client, url: url(), ...request }
}

/** All packets until the stream ends. */
export async function collect (packets) {
  const all = []
  for await (const packet of packets) all.push(packet)
  return all
}

/** Fails when the promise takes longer. */
export async function within (ms, promise, what = 'it') {
  const done = new AbortController()
  const late = sleep(ms, undefined, { signal: done.signal })
    .then(() => assert.fail(`${what} took more than ${ms} ms`), () => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    done.abort()
  }
}

/** Waits until the condition holds. */
export async function until (condition, ms = 20000) {
  const end = performance.now() + ms
  while (!await condition()) {
    assert.ok(performance.now() < end, `not within ${ms} ms: ${condition}`)
    await sleep(5)
  }
}

export function temporary (t) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'oxrtmp-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A certificate for localhost that vouches for itself: { certificateFile, keyFile, pin }. */
export function certify (directory, name) {
  const [certificateFile, keyFile] = ['crt', 'key'].map(end => path.join(directory, `${name}.${end}`))
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
    `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', keyFile, '-out', certificateFile], { stdio: 'ignore' })
  const pin = execFileSync('openssl', ['x509', '-in', certificateFile, '-noout', '-fingerprint', '-sha256'], { encoding: 'utf8' })
  return { certificateFile, keyFile, pin: pin.trim().split('=')[1].replaceAll(':', '').toLowerCase() }
}

/** Runs a program to its end: { code, signal, stdout, stderr }. It is killed when it takes too long. */
export async function run (command, args, { timeout = 30000, input = '', ...options } = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options })
  child.stdin?.end(input)
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', data => { output.stdout += data })
  child.stderr.on('data', data => { output.stderr += data })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (...end) => resolve(end))
  })
  clearTimeout(timer)
  return { code, signal, ...output }
}

/** Runs a module given as text in a Node of its own, in the package's directory; demands that it succeeds. */
export async function node (source, { flags = [], args = [], ...options } = {}) {
  const result = await run(process.execPath, [...flags, '--input-type=module', '-e', source, '--', ...args],
    { cwd: PACKAGE, ...options })
  assert.equal(result.code, 0, `exit ${result.code} ${result.signal}\n${result.stdout}${result.stderr}`)
  return result
}

/** A TCP server of the test's, on a free port. */
export async function tcp (t, onConnection) {
  const sockets = new Set()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection?.(socket)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, port: server.address().port }
}

/** The tags of an FLV file: { type, timestamp, data }; by the format's description, not by the library. */
export function readFLV (file) {
  assert.equal(file.toString('latin1', 0, 3), 'FLV')
  const tags = []
  for (let at = file.readUInt32BE(5) + 4; at + 11 <= file.length;) {
    const size = file.readUIntBE(at + 1, 3)
    const timestamp = (file.readUIntBE(at + 4, 3) | file[at + 7] << 24) >>> 0
    tags.push({ type: file[at] & 31, timestamp, data: file.subarray(at + 11, at + 11 + size) })
    at += 11 + size + 4
  }
  return tags
}

/** A TCP proxy whose two directions can be stopped, and that keeps what the server says, as it is read. */
export async function proxy (t, port) {
  const pairs = []
  const said = []
  const { port: own } = await tcp(t, socket => {
    const other = net.connect(port, '127.0.0.1')
    other.on('error', () => {})
    t.after(() => other.destroy())
    socket.pipe(other)
    other.pipe(socket)
    other.on('data', part => said.push(part))
    socket.on('close', () => other.destroy())
    other.on('close', () => socket.destroy())
    pairs.push([socket, other])
  })
  return {
    port: own,
    said,
    /** What the client says is lost from now on. */
    mute () { for (const [socket] of pairs) socket.unpipe().resume() },
    /** What the client says waits. */
    freeze () { for (const [socket] of pairs) socket.unpipe().pause() },
    cut () { for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy() }
  }
}
