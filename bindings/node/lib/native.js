'use strict'
// Finds and loads the addon. Nothing is built or downloaded here: what is missing is named, with the way to get it.

const fs = require('node:fs')
const path = require('node:path')
const { version } = require('../package.json')

const root = path.dirname(__dirname)
const platform = `${process.platform}-${process.arch}`

// musl's loader has a fixed place. It may also be there beside glibc.
const muslLoader = `/lib/ld-musl-${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch]}.so.1`

/** The C library's name where it is not glibc, which Go's shared libraries need; else ''. */
function foreignLibc (report = process.report, musl = fs.existsSync(muslLoader)) {
  if (!musl || report === undefined) return ''
  const before = report.excludeNetwork
  report.excludeNetwork = true // looking names up takes long, and is not asked for
  const { header } = report.getReport()
  report.excludeNetwork = before
  return header.glibcVersionRuntime ? '' : 'musl'
}

/** The files that may be the addon, the preferred first. */
function candidates (env = process.env) {
  const bundled = path.join(root, 'prebuilds', platform, 'oxrtmp.node')
  return env.OXRTMP_NODE_BINARY ? [path.resolve(env.OXRTMP_NODE_BINARY)] : [bundled]
}

function fail (reason, cause) {
  const error = new Error(`oxrtmp: ${reason}`, { cause })
  error.code = 'ERR_OXRTMP_LOAD'
  return error
}

function load (files = candidates(), libc = foreignLibc()) {
  if (libc) {
    throw fail(`this system's C library is ${libc}, which cannot load shared libraries made by Go ` +
      '(golang/go#54805): use a system or container image with glibc, such as node:20-slim instead of node:20-alpine')
  }
  const tried = []
  for (const file of files) {
    if (!fs.existsSync(file)) {
      tried.push(`${file}: does not exist`)
      continue
    }
    let native
    try {
      native = require(file)
    } catch (error) {
      throw fail(`${file} cannot be loaded: ${error.message}`, error)
    }
    check(native, file)
    return native
  }
  throw fail(`no addon for ${platform} with Node ${process.versions.node}. Tried:\n  ${tried.join('\n  ')}\n` +
    'Packages carry one for linux-x64 with glibc. In a checkout of oxrtmp, build it: make node')
}

/** An addon of another version would speak of other structs. */
function check (native, file) {
  const number = native.version()
  const found = `${number >>> 16}.${number >>> 8 & 0xff}.${number & 0xff}`
  if (found !== version.split('-')[0]) {
    throw fail(`${file} is of version ${found}, the package of version ${version}. In a checkout: make node`)
  }
}

module.exports = load()
module.exports.loader = { load, candidates, foreignLibc }
