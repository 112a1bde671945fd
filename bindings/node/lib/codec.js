'use strict'
// Codecs are four characters to users and a number in the library: 'avc1' is 0x61766331.

const names = new Map([[0, '']])

function codecName (number) {
  let name = names.get(number)
  if (name === undefined) {
    name = String.fromCharCode(number >>> 24, number >>> 16 & 0xff, number >>> 8 & 0xff, number & 0xff)
    if (names.size < 256) names.set(number, name) // a peer chooses the number
  }
  return name
}

function codecNumber (name) {
  return name === '' ? 0 : Buffer.from(name, 'latin1').readUInt32BE(0)
}

module.exports = { codecName, codecNumber }
