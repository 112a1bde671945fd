// Shows the samples that the server sends once a second, as figures and small plots.

const NAMES = { avc1: 'H.264', hvc1: 'H.265', av01: 'AV1', mp4a: 'AAC', Opus: 'Opus', '.mp3': 'MP3' }
const WORDS = { publish: 'publishes', unpublish: 'has stopped publishing', play: 'plays', play_stop: 'has stopped playing' }
const element = id => document.getElementById(id)

let seconds = 120 // that the plots show at most
let samples = []
let happenings = []

const whole = value => Math.round(value).toLocaleString('en')
const METRICS = { // how each is read from a stream of a sample, and written
  kbits: { label: 'Bit rate', unit: value => value >= 1000 ? `${(value / 1000).toFixed(2)} Mbit/s` : `${whole(value)} kbit/s` },
  fps: { label: 'Frame rate', unit: value => `${value.toFixed(1)} fps` },
  drops: { label: 'Drops', unit: value => `${value > 0 && value < 10 ? value.toFixed(1) : whole(value)} /s`, alarms: true },
  players: { label: 'Players', unit: whole }
}
const TOTALS = {
  streams: { label: 'Streams', unit: whole, of: streams => streams.filter(s => s.published).length },
  players: { ...METRICS.players, of: streams => sum(streams, 'players') },
  kbits: { ...METRICS.kbits, label: 'Bit rate in', of: streams => sum(streams, 'kbits') },
  fps: { ...METRICS.fps, label: 'Frames in', of: streams => sum(streams, 'fps') },
  drops: { ...METRICS.drops, label: 'Frames dropped', of: streams => sum(streams, 'drops') }
}
const sum = (streams, name) => streams.reduce((total, s) => total + s[name], 0)

function make (name, className, ...children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}

/** A figure with the plot of its last minutes. Where the pointer is, the figure is that of then. */
class Plot {
  #figure = make('span', 'figure')
  #note = make('span', 'note')
  #area = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  #curve = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  #svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  #mark = make('span', 'mark')
  #values = []
  #most = 1
  #pointed // where the pointer is, from 0 to 1

  constructor ({ label, unit, alarms }) {
    Object.assign(this, { label, unit, alarms })
    this.#svg.setAttribute('viewBox', '0 0 100 100')
    this.#svg.setAttribute('preserveAspectRatio', 'none')
    this.#svg.setAttribute('role', 'img')
    this.#area.setAttribute('class', 'area')
    this.#curve.setAttribute('class', 'curve')
    this.#svg.append(this.#area, this.#curve)
    const plot = make('span', 'plot', this.#svg, this.#mark)
    this.element = make('span', 'metric', make('span', 'words', this.#figure, this.#note), plot)
    plot.onpointermove = event => {
      const { left, width } = plot.getBoundingClientRect()
      this.#pointed = (event.clientX - left) / width
      this.#write()
    }
    plot.onpointerleave = () => {
      this.#pointed = undefined
      this.#write()
    }
  }

  /** values: one for each second, the last one now; undefined where there was none. */
  draw (values) {
    const wide = Math.min(Math.max(values.length, 30), seconds)
    this.#values = [...Array(Math.max(wide - values.length, 0)), ...values].slice(-wide)
    const most = Math.max(...this.#values.map(value => value ?? 0), 1e-9)
    const x = i => (i / (wide - 1) * 100).toFixed(2)
    const y = value => (96 - value / most * 88).toFixed(2)
    const runs = [] // of seconds with a value
    for (const [i, value] of this.#values.entries()) {
      if (value === undefined) continue
      if (i === 0 || this.#values[i - 1] === undefined) runs.push([])
      runs.at(-1).push([x(i), y(value)])
    }
    const lines = runs.map(run => `M${run.map(point => point.join(' ')).join('L')}`)
    this.#curve.setAttribute('d', lines.join(''))
    this.#area.setAttribute('d', runs.map((run, i) => `${lines[i]}L${run.at(-1)[0]} 100L${run[0][0]} 100Z`).join(''))
    this.element.classList.toggle('alarm', this.alarms === true && most >= 0.05)
    this.element.classList.toggle('now', this.#values.at(-1) >= 0.05)
    this.#most = most
    this.#write()
  }

  #write () {
    const last = this.#values.length - 1
    const at = Math.min(Math.max(Math.round((this.#pointed ?? 1) * last), 0), last)
    const value = this.#values[at]
    const ago = last - at
    const peak = this.unit(this.#most < 1e-6 ? 0 : this.#most)
    this.#figure.textContent = value === undefined ? '–' : this.unit(value)
    this.#note.textContent = this.#pointed === undefined ? `peak ${peak}` : ago === 0 ? 'now' : `${ago} s ago`
    this.#svg.setAttribute('aria-label', `${this.label}, ${this.#figure.textContent}, at most ${peak}`)
    this.#mark.hidden = value === undefined
    this.#mark.style.left = `${at / last * 100}%`
    this.#mark.style.top = `${96 - (value ?? 0) / this.#most * 88}%`
  }
}

// ---- all streams ----

const totals = Object.entries(TOTALS).map(([name, metric]) => {
  const plot = new Plot(metric)
  const tile = make('div', 'card tile', make('h2', '', metric.label), plot.element)
  tile.dataset.total = name
  element('tiles').append(tile)
  return { plot, of: metric.of }
})

// ---- each stream ----

class Row {
  #facts = make('small', 'quiet')
  #dot = make('span', 'dot')
  #plots = Object.entries(METRICS).map(([name, metric]) => ({ name, plot: new Plot(metric) }))

  constructor (name) {
    const head = make('th', '', this.#dot, name, this.#facts)
    head.scope = 'row'
    this.element = make('tr', '', head, ...this.#plots.map(({ name, plot }) => {
      const cell = make('td', '', plot.element)
      cell.dataset.metric = name
      cell.dataset.label = METRICS[name].label
      return cell
    }))
    this.element.dataset.stream = name
    this.name = name
  }

  update (stream) {
    this.#dot.classList.toggle('on', stream.published)
    this.#facts.textContent = [
      stream.codecs.map(codec => NAMES[codec] ?? codec).join(', '),
      stream.width > 0 ? `${stream.width} × ${stream.height}` : '',
      stream.published ? `up ${clock(stream.seconds)}` : 'waiting for its publisher'
    ].filter(Boolean).join(' · ')
    const past = samples.map(({ streams }) => streams.find(s => s.name === this.name))
    for (const { name, plot } of this.#plots) plot.draw(past.map(s => s?.[name]))
  }
}

const clock = seconds => `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`

const rows = new Map() // by stream

function update () {
  const now = samples.at(-1)?.streams ?? []
  for (const { plot, of } of totals) plot.draw(samples.map(({ streams }) => of(streams)))
  for (const [name, row] of rows) {
    if (now.some(s => s.name === name)) continue
    row.element.remove()
    rows.delete(name)
  }
  for (const stream of now) {
    if (!rows.has(stream.name)) {
      rows.set(stream.name, new Row(stream.name))
      element('streams').append(rows.get(stream.name).element)
    }
    rows.get(stream.name).update(stream)
  }
  element('empty').hidden = now.length > 0
  element('table').hidden = now.length === 0
}

function tellWhatHappened () {
  element('log').hidden = happenings.length === 0
  element('happenings').replaceChildren(...happenings.slice(-8).reverse().map(({ time, type, stream, peer, text }) => {
    const when = make('time', 'quiet', new Date(time).toLocaleTimeString('en-GB'))
    const why = make('span', 'quiet', text ? ` (${text})` : '')
    return make('li', '', when, make('span', '', `${peer} ${WORDS[type]} `, make('b', '', stream), why))
  }))
}

// ---- the server's news ----

const source = new EventSource('events')
source.onopen = () => {
  element('dot').classList.add('on')
  element('state').textContent = 'live'
}
source.onerror = () => {
  element('dot').classList.remove('on')
  element('state').textContent = 'the server is away'
}
source.onmessage = ({ data }) => {
  const news = JSON.parse(data)
  if (news.samples !== undefined) {
    ({ seconds, samples, happenings } = news)
    element('address').textContent = `rtmp://${news.address}`
    element('hint').textContent = `ffmpeg -re -i clip.mp4 -c:v libx264 -c:a aac -f flv rtmp://${news.address}/live/test`
  }
  if (news.sample !== undefined) samples = [...samples, news.sample].slice(-seconds)
  if (news.happening !== undefined) happenings.push(news.happening)
  update()
  tellWhatHappened()
}
