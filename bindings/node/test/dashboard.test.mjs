// The dashboard page of examples/node in Chromium: figures that are right, plots that are drawn, streams that come and go.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Client } from 'oxrtmp'
import { chromium, examples, ffmpeg, keep, start, visit } from './browser.mjs'
import { CLIP } from './helpers.mjs'

/** What the page writes, and how many points its plots have. */
const shown = page => page.evaluate(() => {
  const metric = element => ({
    text: element.querySelector('.figure').textContent,
    value: parseFloat(element.querySelector('.figure').textContent.replaceAll(',', '')),
    points: (element.querySelector('.curve').getAttribute('d').match(/[ML]/g) ?? []).length
  })
  const of = (selector, key) => root => Object.fromEntries([...root.querySelectorAll(selector)].map(e => [e.dataset[key], metric(e)]))
  return {
    totals: of('[data-total]', 'total')(document),
    streams: Object.fromEntries([...document.querySelectorAll('[data-stream]')].map(row => [row.dataset.stream, of('[data-metric]', 'metric')(row)]))
  }
})

test('the dashboard page', async t => {
  const directory = examples(t)
  const server = start(t, process.execPath, ['dashboard.mjs', '-listen', '127.0.0.1:0', '-http', '127.0.0.1:0'], { cwd: directory })
  const [, address, site] = await server.said(/listening on (\S+)\nopen (\S+)\n/)
  const url = name => `rtmp://${address}/live/${name}`
  const browser = await chromium(t)
  const light = await visit(browser, site)
  await light.page.waitForSelector('#empty:visible')
  await light.page.waitForFunction(rtmp => document.getElementById('hint').textContent.includes(rtmp), `rtmp://${address}/`)

  const encoder = ffmpeg(t, url('studio'), { size: '1280x720', bitrate: '6M' })
  start(t, process.execPath, ['push.mjs', '-loop', CLIP, url('clip')], { cwd: directory })
  const listed = name => light.page.waitForSelector(`[data-stream="live/${name}"]`)
  await Promise.all([listed('studio'), listed('clip')])

  // Two players, and one that takes nothing: its frames are dropped once enough of them wait.
  const slow = await Client.play(url('studio'), { receiveBufferBytes: 16384, limits: { queueBytes: 16384 } })
  for (const name of ['clip', 'studio']) {
    const player = await Client.play(url(name))
    t.after(() => player.close())
    ;(async () => { for await (const packet of player) packet.release() })()
  }
  t.after(() => slow.close().catch(() => {}))

  await light.page.waitForFunction(() => parseFloat(document.querySelector('[data-stream="live/studio"] [data-metric=drops] .figure').textContent) > 0,
    undefined, { timeout: 30000 })
  const dark = await visit(browser, site, { colorScheme: 'dark' })
  await dark.page.waitForSelector('[data-stream="live/studio"]')
  const { totals, streams } = await shown(light.page)
  await Promise.all([keep(light.page, 'dashboard-light'), keep(dark.page, 'dashboard-dark')])
  assert.deepEqual(Object.keys(streams).sort(), ['live/clip', 'live/studio'])
  const between = ({ value, points }, least, most) => {
    assert.ok(value >= least && value <= most, `${value} is not from ${least} to ${most}`)
    assert.ok(points >= 3, `${points} points`)
  }
  between(streams['live/clip'].fps, 10, 60)
  between(streams['live/studio'].fps, 5, 60)
  between(streams['live/clip'].kbits, 50, 900)
  between(streams['live/studio'].drops, 0.1, 200)
  assert.equal(streams['live/clip'].players.text, '1')
  assert.equal(streams['live/studio'].players.text, '2')
  assert.equal(streams['live/clip'].drops.text, '0 /s')
  assert.equal(totals.streams.text, '2')
  assert.equal(totals.players.text, '3')
  assert.ok(totals.kbits.points >= 3 && totals.fps.points >= 3 && totals.drops.points >= 3)
  assert.match(await light.page.textContent('[data-stream="live/studio"] th'), /H\.264, AAC · 1280 × 720 · up 0:00:\d\d/)
  assert.match(await light.page.textContent('#happenings'), /publishes live\/studio/)
  // Who comes later sees the minutes before, too.
  assert.ok((await shown(dark.page)).streams['live/clip'].fps.points >= 3)

  // Where the pointer is, the figure is that of then.
  await light.page.hover('[data-total=fps] .plot')
  assert.match(await light.page.textContent('[data-total=fps] .note'), /^\d+ s ago$/)
  await light.page.mouse.move(5, 5)

  const metrics = await fetch(`${site}metrics`)
  assert.match(await metrics.text(), /^# HELP oxrtmp_/)
  encoder.child.kill()
  await light.page.waitForFunction(() => document.querySelector('[data-stream="live/studio"] th').textContent.includes('waiting for its publisher'))
  assert.match(await light.page.textContent('#happenings'), /has stopped publishing live\/studio/)
  const small = await visit(browser, site, { width: 420, height: 900 })
  await small.page.waitForSelector('[data-stream="live/clip"]')
  await keep(small.page, 'dashboard-small')
  assert.equal(await small.page.evaluate(() => document.documentElement.scrollWidth), 420)

  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, [0, null])
  await light.page.waitForFunction(() => document.getElementById('state').textContent === 'the server is away')
  for (const { complaints } of [light, dark, small]) assert.deepEqual(complaints.filter(text => !/ERR_|Failed to load/.test(text)), [])
})
