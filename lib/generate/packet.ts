// What `rxburst generate --packet` sends: a path of headers, fields that are set, fields that vary, sizes.
import { nearest, RxburstError } from '../errors.js'
import {
  type Content,
  type Field,
  formatIpv6,
  HEADERS,
  headerBytes,
  parseIpv4,
  parseIpv6,
  parseMac,
} from '../wire/index.js'
import { FRAME_MIN_BYTES } from './flow.js'

/** One field that takes a value after the other. */
export interface Vary {
  readonly header: string
  readonly field: string
  /** First value; of an IPv6 address its last 32 bits. */
  readonly from: number
  /** How many values. */
  readonly values: number
}

/** Everything that the generating worker needs; it can be cloned. */
export interface PacketSpec {
  readonly path: string
  readonly content: Content
  readonly vary: readonly Vary[]
  /** Sizes of frames, one packet of each in turn. */
  readonly sizes: readonly number[]
}

/** Simple IMIX, 7 to 4 to 1 (RFC 6985 section 6); without the 4 bytes of the frame check sequence. */
export const IMIX = [60, 566, 60, 566, 60, 60, 1514, 60, 566, 60, 566, 60] as const

const bad = (message: string) => new RxburstError('ERR_BAD_OPTION', message)
const camel = (words: string) => words.replace(/[.-]+([a-z])/gi, (_, letter: string) => letter.toUpperCase())

/** The header and field that `source.port` or `ipv6.hop.limit` means: of the innermost header that has it. */
function fieldOf(path: string, words: string): { header: string; field: Field } {
  const names = path.split('/')
  const [first, ...rest] = words.split('.')
  const chosen = rest.length > 0 && names.includes(first) ? [first] : [...names].reverse()
  const wanted = camel(chosen.length === 1 && chosen[0] === first ? rest.join('.') : words)
  const known: string[] = []
  for (const name of chosen) {
    const fields = HEADERS.find((header) => header.name === name)?.fields ?? []
    const field = fields.find((each) => each.name === wanted)
    if (field && field.kind !== 'bytes') return { header: name, field }
    known.push(...fields.map((each) => each.name))
  }
  const meant = nearest(wanted, known)
  throw bad(
    `'${words}': no header of ${path} has a field '${wanted}'${meant ? `; did you mean '${meant}'?` : ''}`,
  )
}

/** A value as a number; an IPv6 address as its four. */
function numberOf({ kind, width }: Field, text: string): { number: number; words?: Uint32Array } {
  if (kind === 'ipv4') return { number: parseIpv4(text) }
  if (kind === 'mac') return { number: parseMac(text) }
  if (kind === 'ipv6') {
    const words = parseIpv6(text)
    return { number: words[3], words }
  }
  const number = /^(0x[\da-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN
  if (!(number < 2 ** width)) throw bad(`'${text}' is not a number from 0 to ${2 ** width - 1}`)
  return { number }
}

const halves = (option: string, text: string): [string, string] => {
  const [name, ...value] = text.split('=')
  if (value.length !== 1 || name === '' || value[0] === '')
    throw bad(
      `--${option}: it is written ${option === 'vary' ? 'source.port=1024-65535' : 'ipv4.source=10.0.0.1'}, not '${text}'`,
    )
  return [name, value[0]]
}

type Settings = Record<string, Record<string, number | string | boolean>>

/**
 * Reads the options of the command line.
 * @throws ERR_BAD_OPTION, ERR_BAD_ADDRESS
 */
export function packetSpec(
  path: string,
  set: readonly string[],
  vary: readonly string[],
  size: number | 'imix' | undefined,
): PacketSpec {
  const settings: Settings = {}
  const put = (header: string, field: string, value: number | string | boolean) => {
    settings[header] ??= {}
    settings[header][field] = value
  }
  const least = Math.max(FRAME_MIN_BYTES, headerBytes(path))
  for (const text of set) {
    const [words, value] = halves('set', text)
    const { header, field } = fieldOf(path, words)
    const { number, words: address } = numberOf(field, value)
    put(
      header,
      field.name,
      address
        ? formatIpv6(address[0], address[1], address[2], address[3])
        : field.kind === 'flag'
          ? number === 1
          : number,
    )
  }
  const varies = vary.map((text): Vary => {
    const [words, range] = halves('vary', text)
    const { header, field } = fieldOf(path, words)
    const [first, last = first, ...more] = range.split('-')
    const [low, high] = [numberOf(field, first), numberOf(field, last)]
    if (more.length > 0 || high.number < low.number)
      throw bad(`--vary: '${range}' is no range from a smaller value to a larger one`)
    if (low.words && high.words) {
      if (low.words.some((word, n) => n < 3 && word !== high.words?.[n]))
        throw bad(`--vary: '${range}' differs in more than the last 32 bits`)
      put(header, field.name, first)
    }
    return { header, field: field.name, from: low.number, values: high.number - low.number + 1 }
  })
  const sizes = size === 'imix' ? IMIX.map((bytes) => Math.max(bytes, least)) : [size ?? least]
  return { path, content: settings, vary: varies, sizes }
}
