'use strict'
// Capabilities of Enhanced RTMP, and tracks.

const native = require('./native.js')
const { check, argumentError } = require('./error.js')
const { wordsOf, capabilitiesOf } = require('./capabilities.js')
const { Packing } = require('./packet.js')
const { checkInteger, U32 } = require('./options.js')

/** What a side can do with a codec. */
const Can = Object.freeze({ DECODE: 1, ENCODE: 2, FORWARD: 4 })
/** What else it can do: capsEx. */
const Caps = Object.freeze({ RECONNECT: 1, MULTITRACK: 2, MODEX: 4, TIMESTAMP_NANO_OFFSET: 8 })

const allCapabilities = mask => capabilitiesOf(check(native.capabilitiesAll(checkInteger(mask, 'mask', 0, U32))))
const intersectCapabilities = (own, peer) =>
  capabilitiesOf(check(native.capabilitiesIntersect(wordsOf(own ?? {}), wordsOf(peer ?? {}))))

const FORMS = ['one', 'many', 'many_many_codecs'] // enum oxrtmp_track_form
const packing = new Packing()

/** One message that holds a packet of each of several tracks, as a packet to be sent. */
function multitrack (form, packets) {
  if (!FORMS.includes(form)) throw argumentError(`form must be ${FORMS.map(f => `'${f}'`).join(', ')}`)
  if (!Array.isArray(packets) || packets.length > Packing.MOST) throw argumentError(`packets must be an array of up to ${Packing.MOST}`)
  const memory = packing.pack(packets, 0)
  const raw = check(native.multitrackBuild(FORMS.indexOf(form), packing.structs, memory, packets.length))
  const { type, media, timestampMs } = packets[0]
  return { ...(type === undefined ? { media } : { type }), timestampMs, raw }
}

module.exports = { Can, Caps, FORMS, allCapabilities, intersectCapabilities, multitrack }
