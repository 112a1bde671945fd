// A small web server for the pages of the examples: files, and functions that answer.
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** @import { IncomingMessage, Server, ServerResponse } from 'node:http' */
/** @typedef {(response: ServerResponse, ...parts: string[]) => unknown} Answer parts: what the path's groups matched */

const TYPES = /** @type {Record<string, string>} */ ({ html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' })
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'self'; connect-src 'self' ws: wss:; media-src blob:; img-src 'self' data:",
  'X-Content-Type-Options': 'nosniff'
}

/**
 * Answers with a file.
 * @param {string} path
 * @returns {Answer}
 */
export const file = path => response => {
  response.setHeader('Content-Type', `${TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream'}; charset=utf-8`)
  return pipeline(createReadStream(path), response)
}

/**
 * Answers with a file of the directory pages.
 * @param {string} name
 */
export const page = name => file(fileURLToPath(new URL(`pages/${name}`, import.meta.url)))

/**
 * Answers with a package's file.
 * @param {string} name
 */
export const packaged = name => file(createRequire(import.meta.url).resolve(name))

/**
 * Answers with what a function gives, as JSON.
 * @param {() => unknown} give
 * @returns {Answer}
 */
export const json = give => response => {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(give()))
}

/**
 * The path of a request, in characters, or undefined where there are none.
 * @param {IncomingMessage} request
 */
export function pathOf (request) {
  try {
    return decodeURI((request.url ?? '').split('?')[0] ?? '')
  } catch {
    return undefined
  }
}

/**
 * Listens on host:port, and answers each path by the first route that matches all of it.
 * @param {string} address
 * @param {[string | RegExp, Answer][]} routes
 * @returns {Promise<Server>}
 */
export async function serveSite (address, routes) {
  const server = createServer(async (request, response) => {
    try {
      const path = pathOf(request) ?? ''
      const route = routes.find(([pattern]) => typeof pattern === 'string' ? pattern === path : pattern.test(path))
      if (route === undefined || request.method !== 'GET') return void response.writeHead(404, HEADERS).end('There is no such page.\n')
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
      await route[1](response, ...(path.match(route[0]) ?? []).slice(1))
    } catch (error) { // the browser has gone, or what it wanted is not there
      if (response.headersSent) return void response.destroy()
      response.writeHead(404).end(`${error instanceof Error ? error.message : error}\n`)
    }
  })
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? []
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: host?.replace(/^\[|\]$/g, '') || undefined, port: Number(port) }, () => resolve(undefined))
  })
  return server
}

/**
 * Where a server can be visited.
 * @param {Server} server
 */
export function addressOf (server) {
  const { address, family, port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`
}
