'use strict'
// oxrtmp/lowlevel: the parts that an engine is made of. Each name is documented in lowlevel.d.ts.

Object.assign(exports, require('./handshake.js'), require('./login.js'), require('./chunk.js'), require('./amf.js'),
  require('./message.js'), require('./media.js'), require('./shared.js'), require('./enhanced.js'))
