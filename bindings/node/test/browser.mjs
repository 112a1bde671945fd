// What the tests of the pages share: the example programs as somebody has them who installed them, streams, and Chromium.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { BUILD, PACKAGE, ROOT, temporary, until } from './helpers.mjs'

const PEERS = path.join(BUILD, 'node-peers/node_modules')
const CHROMIUM = '/usr/bin/chromium'

/** The directory of the example programs with their packages beside them. */
export function examples (t) {
  const directory = path.join(temporary(t), 'node')
  cpSync(path.join(ROOT, 'examples/node'), directory, { recursive: true, filter: file => !file.includes('node_modules') })
  mkdirSync(path.join(directory, 'node_modules'))
  symlinkSync(PACKAGE, path.join(directory, 'node_modules/oxrtmp'))
  for (const name of ['ws', 'mpegts.js']) symlinkSync(path.join(PEERS, name), path.join(directory, 'node_modules', name))
  return directory
}

/** A program that runs until the test is over: its output so far, and its end. */
export function start (t, command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const program = { child, output: '', ended: new Promise(resolve => child.on('close', (...end) => resolve(end))) }
  child.on('error', error => { program.output += error })
  for (const pipe of [child.stdout, child.stderr]) pipe.on('data', data => { program.output += data })
  program.said = pattern => until(() => {
    assert.ok(child.exitCode === null || pattern.test(program.output), `${command} ${args.join(' ')} has ended:\n${program.output}`)
    return pattern.test(program.output)
  }).then(() => program.output.match(pattern))
  t.after(async () => {
    child.kill()
    await program.ended
  })
  return program
}

/** Publishes moving test pictures and a tone until the test is over, as ffmpeg encodes them. */
export const ffmpeg = (t, url, { size = '640x360', rate = 30, bitrate = '600k' } = {}) => start(t, 'ffmpeg', ['-v', 'error', '-re',
  '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`, '-f', 'lavfi', '-i', 'sine=frequency=300',
  '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', String(rate), '-b:v', bitrate, '-pix_fmt', 'yuv420p', '-c:a', 'aac',
  '-f', 'flv', url])

/** A headless Chromium that is closed with the test. */
export async function chromium (t) {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is not there: run make deps`)
  const { chromium } = createRequire(path.join(PEERS, 'playwright-core/index.js'))('playwright-core')
  const browser = await chromium.launch({
    executablePath: CHROMIUM, args: ['--no-sandbox', '--mute-audio', '--autoplay-policy=no-user-gesture-required', '--disable-gpu']
  })
  t.after(() => browser.close())
  return browser
}

/** A page in the light or in the dark, and what it complained about. */
export async function visit (browser, url, { colorScheme = 'light', ...viewport } = {}) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1180, height: 800, ...viewport } })
  const page = await context.newPage()
  const complaints = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  await page.goto(url)
  return { page, complaints }
}

/** Keeps a picture of a page in build/screenshots. */
export const keep = (page, name) => page.screenshot({ path: path.join(BUILD, 'screenshots', `${name}.png`), fullPage: true })

/** How colourful the picture of the page's video is: the spread of its samples, 0 for black or any one colour. */
export const spread = page => page.evaluate(() => {
  const video = document.querySelector('video')
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 })
  const context = canvas.getContext('2d')
  context.drawImage(video, 0, 0, 64, 36)
  const { data } = context.getImageData(0, 0, 64, 36)
  const samples = data.filter((_, i) => i % 4 !== 3)
  const mean = samples.reduce((sum, v) => sum + v, 0) / samples.length
  return Math.sqrt(samples.reduce((sum, v) => sum + (v - mean) ** 2, 0) / samples.length)
})
