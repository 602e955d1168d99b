// A port's name with options behind commas: afxdp:eth0,ring=1024,queues=0-1, the same in a program and on the command
// line.
import { noOption, RxburstError } from '../../errors.js'
import { layout, type NativeBackend } from '../../native.js'

type Options = Readonly<Record<string, unknown>>

// Options whose value is a list; a comma ends an option, so their parts are joined by a plus sign.
const NUMBERS = ['queues']
const WORDS = ['rss', 'rssTable']
const REPEATED = ['steer', 'pass']
const FLAGS = ['takeAll', 'segments']

const fail = (name: string, what: string): never => {
  throw new RxburstError('ERR_BAD_OPTION', `${name}: ${what}`)
}

/** '0-1+3' -> [0, 1, 3]; 'all' stays. */
function queuesOf(name: string, text: string): number[] | 'all' {
  if (text === 'all') return text
  return text.split('+').flatMap((part) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part)
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
    if (!match || to < from || to >= layout.limits.queuesMax)
      return fail(name, `queues=${text} is no list of queues, such as queues=0-1 or queues=0+2`)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
}

function parseValue(name: string, key: string, text: string): unknown {
  if (NUMBERS.includes(key)) return queuesOf(name, text)
  if (WORDS.includes(key)) return text.replaceAll('+', ',')
  if (REPEATED.includes(key)) return [text]
  if (key === 'require') return Object.fromEntries(text.split('+').map((word) => [word, true]))
  if (!FLAGS.includes(key)) return text
  if (text !== 'true' && text !== 'false') fail(name, `${key} is true or false, not '${text}'`)
  return text === 'true'
}

/** Splits a name into what the backend gets and our options. */
function split(
  name: string,
  { prefix, namesPeer }: NativeBackend,
  known: readonly string[],
): { device: string; options: Record<string, unknown> } {
  const [device, ...parts] = name.split(',')
  const theirs = [device]
  const options: Record<string, unknown> = {}
  for (const part of parts) {
    if (!part.startsWith(prefix) || (namesPeer && /^peer=./.test(part))) {
      theirs.push(part) // the device's own, or a part of its name
      continue
    }
    const [, key = '', text = ''] = /^([^=]+)=(.+)$/s.exec(part.slice(prefix.length)) ?? []
    if (!key) fail(name, `'${part}' is not key=value, such as ring=1024; parts of a list are joined by +`)
    if (!known.includes(key)) fail(name, noOption(key, known))
    const value = parseValue(name, key, text)
    if (!(key in options)) options[key] = value
    else if (REPEATED.includes(key)) options[key] = [...(options[key] as string[]), text]
    else fail(name, `${key} is given twice`)
  }
  return { device: theirs.join(','), options }
}

/**
 * Takes the options out of a port's name. They outweigh the same ones among `given`, which on the command line are
 * those of all ports;
 * `steer` and `takeAll` outweigh each other.
 * @throws ERR_BAD_OPTION
 */
export function readPortName(
  name: string,
  given: Options,
  backend: NativeBackend | null,
  known: readonly string[] | null,
): { name: string; options: Record<string, unknown> } {
  if (!backend || !known || !name.includes(',')) return { name, options: { ...given } }
  const { device, options } = split(name, backend, known)
  const all: Record<string, unknown> = { ...given }
  if (options.steer !== undefined) delete all.takeAll
  if (options.takeAll === true) delete all.steer
  return { name: device, options: { ...all, ...options } }
}
