'use strict'
const { inspect } = require('node:util')

/** What console.log shows of the objects of a class: these properties, which are getters. */
function show (type, ...names) {
  Object.defineProperty(type.prototype, inspect.custom, {
    value (depth, options, inspect) {
      if (depth < 0) return `[${type.name}]`
      try {
        return `${type.name} ${inspect(Object.fromEntries(names.map(name => [name, this[name]])), options)}`
      } catch {
        return `[${type.name}]` // none that was made here
      }
    },
    writable: true,
    configurable: true
  })
}

module.exports = { show }
