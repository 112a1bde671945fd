'use strict'
const { checkText, options } = require('./options.js')

/** What play2 says, as the addon takes it behind a handle. */
function play2Arguments (streamName, given) {
  checkText(streamName, 'streamName')
  const { oldStreamName, transition, properties, liveOnly = false, startMs = 0, durationMs = 0, offsetMs = 0 } =
    options('play2', given)
  const json = properties === undefined ? undefined : JSON.stringify(properties)
  return [streamName, oldStreamName, transition, json, liveOnly ? 1 : 0, startMs, durationMs, offsetMs]
}

module.exports = { play2Arguments }
