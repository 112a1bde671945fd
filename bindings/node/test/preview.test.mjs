// The preview page of examples/node in Chromium: what ffmpeg encodes and the bundled clip, over HTTP and WebSocket.
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { chromium, examples, ffmpeg, keep, spread, start, visit } from './browser.mjs'
import { CLIP, run, sleep, until, within } from './helpers.mjs'

const currentTime = page => page.evaluate(() => document.querySelector('video').currentTime)

/** The picture moves, the time goes on, and the page says so. */
async function plays (page, name) {
  await page.waitForFunction(() => document.querySelector('video').currentTime > 0.5, undefined, { timeout: 30000 })
  const [time, begun] = [await currentTime(page), performance.now()]
  await sleep(700)
  const went = await currentTime(page) - time
  const real = (performance.now() - begun) / 1000
  assert.ok(went > 0.3 * real && went < 3 * real, `${went} s of the stream in ${real} s`)
  assert.ok(await spread(page) > 20, 'the picture is of one colour')
  assert.equal(await page.evaluate(() => document.querySelector('video').videoWidth), 640)
  assert.equal(await page.textContent('#name'), name)
  await page.waitForFunction(() => document.getElementById('state').textContent === 'playing')
}

test('the preview page', async t => {
  const directory = examples(t)
  const server = start(t, process.execPath, ['preview.mjs', '-listen', '127.0.0.1:0', '-http', '127.0.0.1:0'], { cwd: directory })
  const [, address, site] = await server.said(/listening on (\S+)\nopen (\S+)\n/)
  const url = name => `rtmp://${address}/live/${name}`
  const browser = await chromium(t)

  const empty = await visit(browser, site)
  await empty.page.waitForSelector('#empty:visible')
  await empty.page.waitForFunction(rtmp => document.getElementById('hint').textContent.includes(rtmp), `rtmp://${address}/live/`)
  await keep(empty.page, 'preview-empty')

  const encoder = ffmpeg(t, url('ffmpeg'))
  start(t, process.execPath, ['push.mjs', '-loop', CLIP, url('clip')], { cwd: directory })
  await until(async () => (await (await fetch(`${site}streams`)).json()).streams.filter(s => s.video && s.audio).length === 2)

  const pages = await Promise.all([
    visit(browser, `${site}#live/ffmpeg`),
    visit(browser, `${site}?transport=ws#live/ffmpeg`, { colorScheme: 'dark' }),
    visit(browser, `${site}#live/clip`, { colorScheme: 'dark' }),
    visit(browser, `${site}?transport=ws#live/clip`, { width: 420, height: 900 })
  ])
  const names = ['live/ffmpeg', 'live/ffmpeg', 'live/clip', 'live/clip']
  for (const [i, { page, complaints }] of pages.entries()) {
    await plays(page, names[i])
    await keep(page, `preview-${i + 1}`)
    assert.deepEqual(complaints, [])
  }

  // The page that saw nothing has found a stream by itself; another one is chosen by a click.
  await plays(empty.page, await empty.page.textContent('#name'))
  await empty.page.click('nav button:has-text("live/clip")')
  await plays(empty.page, 'live/clip')
  await empty.page.click('[data-transport=ws]')
  await plays(empty.page, 'live/clip')

  // Who closes the page plays no longer.
  for (const { page } of pages.slice(1)) await page.close()
  const viewers = async name => (await (await fetch(`${site}streams`)).json()).streams.find(s => s.name === name)?.viewers
  await until(async () => await viewers('live/ffmpeg') === 1 && await viewers('live/clip') === 1)

  // Programs read the same bytes.
  const { code, stdout, stderr } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', `${site}live/clip.flv`])
  assert.equal(code, 0, stderr)
  assert.deepEqual(stdout.trim().split('\n').filter(name => name !== 'text').sort(), ['aac', 'h264']) // text: |RtmpSampleAccess
  assert.equal((await fetch(`${site}live/nothing.flv`)).status, 404)
  assert.equal((await fetch(`${site}../package.json`)).status, 404)
  const refused = empty.page.evaluate(url => new Promise(resolve => { new WebSocket(url).onclose = resolve }), `${site.replace('http', 'ws')}live/nothing.flv`)
  await within(10000, refused, 'the end of the socket')

  encoder.child.kill()
  await pages[0].page.waitForFunction(() => document.getElementById('state').textContent === 'waiting for its publisher')
  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, [0, null])
})
