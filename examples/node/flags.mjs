// Command lines with flags of one word, as all languages' examples take them: -name VALUE and -switch, also with two dashes.

/**
 * The flags by name, with the defaults for those that are not given; what is left of the line is in `rest`.
 * @template {Record<string, string | boolean>} T
 * @param {string} program
 * @param {T} defaults
 * @param {string[]} rest names of what follows the flags
 * @returns {{ [K in keyof T]: T[K] extends boolean ? boolean : string } & { rest: string[] }}
 */
export function parseFlags (program, defaults, rest = []) {
  const usage = Object.entries(defaults).map(([name, value]) => value === false ? `[-${name}]` : `[-${name} ${name.toUpperCase()}]`)
  const fail = () => {
    console.error(`usage: ${[program, ...usage, ...rest].join(' ')}`)
    process.exit(2)
  }
  const flags = /** @type {any} */ ({ ...defaults, rest: [] })
  const words = process.argv.slice(2)
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const name = word.replace(/^--?(?=.)/, '')
    if (name === word) flags.rest.push(word)
    else if (!Object.hasOwn(defaults, name)) fail()
    else if (defaults[name] === false) flags[name] = true
    else if (words.length > 0) flags[name] = words.shift()
    else fail()
  }
  if (flags.rest.length !== rest.length) fail()
  return flags
}
