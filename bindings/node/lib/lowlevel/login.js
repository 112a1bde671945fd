'use strict'
const native = require('../native.js')
const { checkObject, check } = require('./part.js')
const { checkText } = require('../options.js')

/** The texts of a login in the order of names; defaults has those that may be left out. */
function texts (given, names, defaults) {
  checkObject(given, 'login', names)
  return names.map(name => checkText(given[name] ?? defaults[name], `login.${name}`))
}

const ADOBE = ['user', 'password', 'salt', 'challenge', 'opaque', 'clientChallenge']
const LLNW = ['user', 'password', 'app', 'nonce', 'count', 'clientNonce']

const authmodAdobe = login => check(native.authmodAdobe(...texts(login, ADOBE, { opaque: '' })))
const authmodLlnw = login => check(native.authmodLlnw(...texts(login, LLNW, { count: '00000001' })))

module.exports = { authmodAdobe, authmodLlnw }
