// TLS on both sides. The certificates are made by openssl.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { connect } from 'node:tls'
import { Client, OxrtmpError, Server } from 'oxrtmp'
import { certify, collect, temporary, within } from './helpers.mjs'

/** Publishes one frame by TLS and returns what arrived. */
async function through (server, tls) {
  const publishing = Client.publish(`${server.address}/live/x`, { tls })
  const session = await (await server.nextRequest()).accept()
  const client = await publishing
  await client.sendVideo(0, true, Buffer.alloc(50000, 7))
  await client.close()
  return (await collect(session)).map(packet => packet.data.length)
}

test('publishing by TLS, who is trusted, another certificate meanwhile', async t => {
  const directory = temporary(t)
  const { certificateFile, keyFile, pin } = certify(directory, 'one')
  const server = await Server.listen('rtmps://127.0.0.1:0', { tls: { certificateFile, keyFile } })
  t.after(() => server.close())
  assert.match(server.address, /^rtmps:\/\/127\.0\.0\.1:\d+$/)
  for (const tls of [{ caFile: certificateFile }, { caPem: readFileSync(certificateFile, 'utf8'), serverName: 'localhost' }, { pin }, { insecure: true }]) {
    assert.deepEqual(await within(20000, through(server, tls)), [50000])
  }
  for (const tls of [undefined, { caFile: certificateFile, serverName: 'example.org' }, { pin: '00'.repeat(32) }]) {
    await assert.rejects(Client.publish(`${server.address}/live/x`, { tls }), error =>
      error instanceof OxrtmpError && error.code === 'ERR_OXRTMP_TLS' && error.phase === 'tls')
  }
  const other = certify(directory, 'two')
  await server.setCertificate('', { certificatePem: readFileSync(other.certificateFile, 'utf8'), keyPem: readFileSync(other.keyFile, 'utf8') })
  const { port } = new URL(server.address.replace('rtmps', 'http'))
  const peer = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false })
  await within(20000, new Promise((resolve, reject) => peer.once('secureConnect', resolve).once('error', reject)))
  assert.equal(peer.getPeerCertificate().subject.CN, 'two')
  peer.destroy()
  assert.deepEqual(await within(20000, through(server, { caFile: other.certificateFile })), [50000])
})

test('certificates that are not there are named', async t => {
  await assert.rejects(Server.listen('rtmps://127.0.0.1:0'), { code: 'ERR_OXRTMP_TLS' })
  await assert.rejects(Server.listen('rtmps://127.0.0.1:0', { tls: { certificateFile: '/nonexistent', keyFile: '/nonexistent' } }),
    { code: 'ERR_OXRTMP_FILE', message: 'certificateFile: open /nonexistent: no such file or directory' })
  await assert.rejects(Server.listen('rtmps://127.0.0.1:0', { tls: { certificate: 'x' } }), /options\.tls has no 'certificate'/)
  const server = await Server.create()
  t.after(() => server.close())
  await assert.rejects(server.setCertificate('', { certificateFile: '/nonexistent', keyFile: '/nonexistent' }), OxrtmpError)
  assert.throws(() => server.adoptConnection(0, { tls: 1 }), { code: 'ERR_OXRTMP_ARGUMENT' })
})
