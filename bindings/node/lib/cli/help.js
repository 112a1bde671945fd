'use strict'
// What `npx oxrtmp --help` says: all of it in one page, and of each command alone.

const { version } = require('../../package.json')

const TRUST = `\
    --ca FILE             who vouches for rtmps servers (the system's authorities)
    --insecure            do not check their certificates
`

/** Of each command: its arguments, what it does, its flags, what more there is to say, examples. */
const COMMANDS = {
  listen: {
    usage: 'listen [ADDRESS...]',
    does: 'serve publishers and everybody who plays what they send',
    flags: `\
    --key NAME            the one stream name that may be published (any)
    --record DIRECTORY    write every stream to an FLV file there
    --replace             a second publisher of a name takes over (it is refused)
    --grace SECONDS       how long players stay when their publisher has gone (10)
    --connections NUMBER  serve so many at most (10000)
    --tls-cert FILE       the certificate for rtmps:// addresses
    --tls-key FILE        its private key
`,
    more: `\
An ADDRESS is host:port, :port for every interface, or either after rtmps://;
127.0.0.1:1935 if there is none. Publishers and players meet where application and
stream name are the same: rtmp://localhost/live/test. In OBS that is the server
rtmp://localhost/live and the stream key test.

Events: listening, publish, play, refused, recorded, error; and progress of each
stream once a second.
`,
    examples: [
      'npx oxrtmp listen :1935 --key secret --record recordings',
      'npx oxrtmp listen :1935 rtmps://:443 --tls-cert cert.pem --tls-key key.pem'
    ]
  },
  play: {
    usage: 'play URL',
    does: 'play a stream: count it, or write it as FLV',
    flags: `\
    -o, --output FILE     write there; - is the standard output, for players that read FLV
    --seconds SECONDS     end after so long
${TRUST}`,
    more: `\
A FILE that exists is not overwritten: name-2.flv, name-3.flv, ... is. With -o -
what it says goes to the standard error. A relay does better than a pipe between two
servers: npx oxrtmp relay.

Events: playing, progress once a second, end.
`,
    examples: ['npx oxrtmp play rtmp://localhost/live/test -o - | ffplay -', 'npx oxrtmp play rtmp://localhost/live/test -o test.flv --seconds 60']
  },
  push: {
    usage: 'push FILE URL',
    does: 'publish an FLV file, in real time',
    flags: `\
    --fast                as fast as the server takes it
    --loop                begin again at the file's end
${TRUST}`,
    more: `\
Other files: ffmpeg -i clip.mp4 -c copy clip.flv, if they hold H.264 and AAC.

Events: publishing, progress once a second, end.
`,
    examples: ['npx oxrtmp push clip.flv rtmp://localhost/live/test --loop']
  },
  relay: {
    usage: 'relay FROM TO...',
    does: 'play a stream and send it to other servers, again and again until Ctrl-C',
    flags: TRUST,
    more: `\
Each connection that is lost is made again, after a second at first and up to half a
minute later. A TO that is slow loses video up to a keyframe, and holds nobody else
up.

Events: relay, for each state that a connection comes into; progress of each once a
second.
`,
    examples: ['npx oxrtmp relay rtmp://localhost/live/test rtmps://a.example/app/key rtmp://b.example/app/key']
  },
  probe: {
    usage: 'probe URL',
    does: 'tell what a stream is made of: codecs, sizes, rates, keyframes, metadata',
    flags: `\
    --seconds SECONDS     look at it for so long (3)
    --json                JSON on a terminal too
${TRUST}`,
    more: '',
    examples: ['npx oxrtmp probe rtmp://localhost/live/test', "npx oxrtmp probe rtmp://localhost/live/test --json | jq '.tracks[].codec'"]
  }
}

const HELP = `\
usage: npx oxrtmp COMMAND ...

Serve, play, push, relay and probe RTMP streams. oxrtmp ${version}

${Object.values(COMMANDS).map(({ usage, does }) => `  ${usage.padEnd(20)}  ${does}\n`).join('')}
  COMMAND --help        its flags and examples
  --help                this; --version: the version

A first stream, in two terminals:

  npx oxrtmp listen localhost:1935
  ffmpeg -re -f lavfi -i testsrc -c:v libx264 -pix_fmt yuv420p -f flv rtmp://localhost/live/test

and in a third one what comes, in words and as a picture:

  npx oxrtmp probe rtmp://localhost/live/test
  npx oxrtmp play rtmp://localhost/live/test -o - | ffplay -

On a terminal a live line shows bit rate, frame rate and what was dropped; elsewhere
the same comes as lines of JSON, one object each, whose "event" says what it is.
Ctrl-C ends a command in order. The exit code is 0 when all went well, 1 when
something failed, 2 for a command line that makes no sense.
`

/** The help of a command. */
function helpOf (name) {
  const { usage, does, flags, more, examples } = COMMANDS[name]
  const rest = more === '' ? '' : `\n${more}`
  return `usage: npx oxrtmp ${usage} [flags]\n\n${does[0].toUpperCase()}${does.slice(1)}.\n\n${flags}${rest}\nexamples:\n${examples.map(line => `  ${line}\n`).join('')}`
}

const usageOf = name => COMMANDS[name].usage

module.exports = { HELP, helpOf, usageOf, version }
