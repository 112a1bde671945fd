// Lists what is on, and plays the stream that was chosen. The address keeps the choice: ?transport=ws#live/test
/* global mpegts */

const NAMES = { avc1: 'H.264', hvc1: 'H.265', av01: 'AV1', mp4a: 'AAC', Opus: 'Opus', '.mp3': 'MP3' }
const element = id => document.getElementById(id)
const video = element('video')

let transport = new URLSearchParams(location.search).get('transport') === 'ws' ? 'ws' : 'http'
let streams = []
let chosen = decodeURIComponent(location.hash.slice(1))
let player // of the stream that plays
let playing = ''
let listed = '' // what the list shows

const setText = (id, text) => { element(id).textContent = text }

function play (name) {
  stop('')
  const url = new URL(`${name.split('/').map(encodeURIComponent).join('/')}.flv`, location.href)
  if (transport === 'ws') url.protocol = url.protocol.replace('http', 'ws')
  playing = name
  setText('name', name)
  setText('state', 'connecting')
  player = mpegts.createPlayer({ type: 'flv', isLive: true, url: url.href }, {
    enableStashBuffer: false, // what has come is shown
    liveSync: true, // a little faster while more than a moment is buffered
    autoCleanupSourceBuffer: true
  })
  player.on(mpegts.Events.LOADING_COMPLETE, () => stop('ended'))
  player.on(mpegts.Events.ERROR, (type, detail) => stop(`failed: ${detail}`))
  player.attachMediaElement(video)
  player.load()
  player.play().catch(() => {}) // where the browser wants a click first
}

function stop (why) {
  player?.destroy()
  player = undefined
  playing = ''
  setText('state', why)
}

function button ({ name, viewers, video, audio }) {
  const entry = document.createElement('button')
  const dot = document.createElement('span')
  const small = document.createElement('small')
  dot.className = 'dot on'
  small.textContent = [video, audio].filter(Boolean).map(codec => NAMES[codec] ?? codec).join(', ') +
    ` · ${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`
  entry.append(dot, name, small)
  entry.title = name
  entry.setAttribute('aria-current', String(name === chosen))
  entry.onclick = () => {
    chosen = location.hash = name
    update()
  }
  return entry
}

function update () {
  element('empty').hidden = streams.length > 0 || playing !== ''
  element('main').hidden = !element('empty').hidden
  setText('count', streams.length === 0 ? '' : `${streams.length} ${streams.length === 1 ? 'stream' : 'streams'}`)
  if (chosen === '' && streams.length > 0) chosen = streams[0].name
  const shown = JSON.stringify([streams, chosen])
  if (shown !== listed) element('streams').replaceChildren(...streams.map(button))
  listed = shown
  for (const choice of document.querySelectorAll('[data-transport]')) {
    choice.setAttribute('aria-pressed', String(choice.dataset.transport === transport))
  }
  const found = streams.find(({ name }) => name === chosen)
  if (found !== undefined && (found.video || found.audio) && playing !== chosen) play(chosen)
  if (found !== undefined) setText('codecs', [found.video, found.audio].filter(Boolean).map(codec => NAMES[codec] ?? codec).join(', '))
}

function measure () {
  if (player === undefined) return
  if (!streams.some(({ name }) => name === playing)) setText('state', 'waiting for its publisher')
  else if (!video.paused && video.currentTime > 0) setText('state', 'playing')
  if (video.videoWidth > 0) setText('picture', `${video.videoWidth} × ${video.videoHeight}`)
  const { buffered, currentTime } = video
  if (buffered.length > 0) setText('buffered', `${Math.max(buffered.end(buffered.length - 1) - currentTime, 0).toFixed(1)} s`)
  setText('dropped', `${video.getVideoPlaybackQuality().droppedVideoFrames} frames`)
}

async function look () {
  try {
    const { port, streams: found } = await (await fetch('streams')).json()
    streams = found
    setText('hint', `ffmpeg -re -i clip.mp4 -c:v libx264 -c:a aac -f flv rtmp://${location.hostname}:${port}/live/test`)
  } catch { // the server has gone, and may come back
    streams = []
  }
  update()
}

for (const choice of document.querySelectorAll('[data-transport]')) {
  choice.onclick = () => {
    transport = choice.dataset.transport
    history.replaceState(null, '', `?transport=${transport}${location.hash}`)
    stop('')
    update()
  }
}
setInterval(look, 1000)
setInterval(measure, 250)
look()
