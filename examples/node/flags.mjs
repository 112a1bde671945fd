// Command lines with flags of one word, as all languages' examples take them: -name VALUE and -switch, also with two dashes.

/** @typedef {string | boolean | number | readonly string[]} Default */

/**
 * What a flag's value is: a number where the default is one, one of the words of a list.
 * @template {Default} T
 * @typedef {T extends boolean ? boolean : T extends number ? number : T extends readonly (infer W)[] ? W : string} Value
 */

/**
 * The flags by name, with the defaults for those that are not given (of a list its first word); what is left of the line is
 * in `rest`.
 * @template {Record<string, Default>} const T
 * @param {string} program
 * @param {T} defaults
 * @param {string[]} rest names of what follows the flags; the last may end in '...': any number of it
 * @returns {{ -readonly [K in keyof T]: Value<T[K]> } & { rest: string[] }}
 */
export function parseFlags (program, defaults, rest = []) {
  const usage = Object.entries(defaults).map(([name, value]) => value === false ? `[-${name}]` : `[-${name} ${placeholder(name, value)}]`)
  const fail = () => {
    console.error(`usage: ${[program, ...usage, ...rest].join(' ')}`)
    process.exit(2)
  }
  const flags = /** @type {any} */ ({ rest: [] })
  for (const [name, value] of Object.entries(defaults)) flags[name] = Array.isArray(value) ? value[0] : value
  const words = process.argv.slice(2)
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const name = word.replace(/^--?(?=.)/, '')
    if (name === word) {
      flags.rest.push(word)
      continue
    }
    const value = Object.hasOwn(defaults, name) ? defaults[name] === false || read(words.shift(), defaults[name]) : undefined
    if (value === undefined) fail()
    flags[name] = value
  }
  const many = rest.at(-1)?.endsWith('...')
  if (many ? flags.rest.length < rest.length - 1 : flags.rest.length !== rest.length) fail()
  return flags
}

/**
 * @param {string} name
 * @param {Default} value
 */
const placeholder = (name, value) => Array.isArray(value) ? value.join('|') : typeof value === 'number' ? 'N' : name.toUpperCase()

/**
 * A flag's value; undefined for one that is not there, or is not valid.
 * @param {string | undefined} word
 * @param {Default | undefined} like
 */
function read (word, like) {
  if (word === undefined) return undefined
  if (typeof like === 'number') return /^\d+(\.\d+)?$/.test(word) ? Number(word) : undefined
  return Array.isArray(like) && !like.includes(word) ? undefined : word
}
