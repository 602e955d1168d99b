// fill(): a packet from nothing, by the names of its headers. Lengths, types and checksums are filled in.
import { nearest, RxburstError } from '../../errors.js'
import type { At } from '../at.js'
import { type Bytes, set8 } from '../bytes.js'
import { setChecksums } from '../checksum/checksums.js'
import { inner } from '../inner.js'
import { walk } from '../walk.js'
import { CARRIES_ETHERNET_OR_IP, LAYERS } from './layers.js'
import { checkFields, type Fields, setField } from './values.js'

/**
 * Fields by header; of a header that is there more than once, an array, the outermost first. `payload` is what stands
 * behind the headers: bytes, or text as UTF-8. With it the headers' lengths end behind it; without it they take all of
 * the packet.
 */
export interface Content {
  /** Bytes or text behind the headers. Default: none. */
  readonly payload?: ArrayLike<number> | string
  readonly [header: string]: Fields | readonly Fields[] | ArrayLike<number> | string | undefined
}

interface Part {
  readonly name: string
  readonly fields: Fields
  readonly options: ArrayLike<number>
  readonly i: number
  readonly bytes: number
}

const bad = (message: string) => new RxburstError('ERR_BAD_OPTION', message)
const utf8 = new TextEncoder()

/** The layers of a path such as 'ethernet/ipv4/udp', checked. */
export function layersOf(path: string): string[] {
  const names = typeof path === 'string' ? path.split('/').map((name) => name.trim()) : []
  if (names[0] !== 'ethernet')
    throw bad(`a packet is written 'ethernet/ipv4/udp', from Ethernet on, not '${path}'`)
  for (const [n, name] of names.entries()) {
    if (!Object.hasOwn(LAYERS, name)) {
      const meant = nearest(name, Object.keys(LAYERS))
      throw bad(
        `'${path}': fill() knows no '${name}'${meant ? `; did you mean '${meant}'?` : `. It knows ${Object.keys(LAYERS).join(', ')}.`}`,
      )
    }
    const follows = n === 0 ? [name] : LAYERS[names[n - 1]].follows
    if (!follows.includes(name))
      throw bad(
        `'${path}': ${name} can't follow ${names[n - 1]}; ${follows.length > 0 ? follows.join(', ') : 'nothing'} can`,
      )
  }
  return names
}

function partsOf(path: string, content: Content): Part[] {
  const names = layersOf(path)
  const counts = new Map<string, number>()
  let i = 0
  const parts = names.map((name): Part => {
    const nth = counts.get(name) ?? 0
    counts.set(name, nth + 1)
    const given = content[name]
    const fields = ((Array.isArray(given) ? given[nth] : nth === 0 ? given : undefined) ?? {}) as Fields
    checkFields(name, fields)
    const options = (fields.options ?? []) as ArrayLike<number>
    if (options.length > 0 && !LAYERS[name].options) throw bad(`${name} takes no options in fill()`)
    if (options.length > 40) throw bad(`options of ${name} have 40 bytes at most, not ${options.length}`)
    const bytes = LAYERS[name].bytes + ((options.length + 3) & ~3)
    i += bytes
    return { name, fields, options, i: i - bytes, bytes }
  })
  for (const key of Object.keys(content))
    if (key !== 'payload' && !names.includes(key)) {
      const meant = nearest(key, [...names, 'payload'])
      throw bad(`'${path}' has no ${key}${meant ? `; did you mean ${meant}?` : ''}`)
    }
  return parts
}

/** Bytes that the headers of a path take, options included. */
export function headerBytes(path: string, content: Content = {}): number {
  const last = partsOf(path, content).at(-1) as Part
  return last.i + last.bytes
}

/** The `at` of each part: behind a tunnel it is that of the headers inside. */
function numbersOf(p: Bytes, parts: readonly Part[]): At[] {
  let at = walk(p)
  return parts.map(({ name }, n) => {
    const before = parts[n - 1]?.name
    const ipInIp = (before === 'ipv4' || before === 'ipv6') && (name === 'ipv4' || name === 'ipv6')
    if (ipInIp || (before !== undefined && CARRIES_ETHERNET_OR_IP.has(before))) at = inner(p, at)
    return at
  })
}

/**
 * Writes the headers of `path` into the packet, from its first byte: `fill(packet, 'ethernet/ipv4/udp', { ipv4: {
 * destination: '10.0.0.1' } })`. Types, lengths and checksums are filled in. Fields that are not given have a default:
 * addresses for measuring (RFC 2544, RFC 5180), TTL 64, ports 49152 and 9, a TCP SYN, an ICMP echo request. A checksum
 * that is given stays as it is.
 * @returns the packet's number for the accessors, as locate() says it
 * @throws ERR_BAD_OPTION for an unknown header or field, or where the packet is too short; ERR_BAD_ADDRESS
 */
export function fill(p: Bytes, path: string, content: Content = {}): At {
  const parts = partsOf(path, content)
  const last = parts[parts.length - 1]
  const begin = last.i + last.bytes
  const payload = typeof content.payload === 'string' ? utf8.encode(content.payload) : content.payload
  const end = payload === undefined ? p.length : begin + payload.length
  if (end > p.length)
    throw bad(
      `'${path}'${payload ? ` and ${payload.length} bytes of payload` : ''} take ${Math.max(begin, end)} bytes, the packet has ${p.length}`,
    )
  if (begin > p.length) throw bad(`'${path}' takes ${begin} bytes, the packet has ${p.length}`)
  for (let k = 0; k < begin; k++) set8(p, k, 0)
  for (const [n, { name, i, bytes, options }] of parts.entries()) {
    LAYERS[name].write(p, { i, bytes, end, next: parts[n + 1]?.name ?? '', before: parts[n - 1]?.name ?? '' })
    for (let k = 0; k < options.length; k++) set8(p, i + LAYERS[name].bytes + k, options[k])
  }
  if (payload) for (let k = 0; k < payload.length; k++) set8(p, begin + k, payload[k])

  const numbers = numbersOf(p, parts)
  setFields(p, parts, numbers, (name) => !/checksum$/i.test(name))
  for (let n = parts.length - 1; n >= 0; n--) setChecksums(p, numbers[n])
  setFields(p, parts, numbers, (name) => /checksum$/i.test(name))
  return walk(p)
}

function setFields(
  p: Bytes,
  parts: readonly Part[],
  numbers: readonly At[],
  wanted: (name: string) => boolean,
): void {
  const counts = new Map<string, number>()
  for (const [n, { name, fields }] of parts.entries()) {
    const outer = n > 0 && numbers[n] !== numbers[n - 1] ? 0 : (counts.get(name) ?? 0)
    counts.set(name, outer + 1)
    for (const [field, value] of Object.entries(fields))
      if (field !== 'options' && wanted(field)) setField(p, numbers[n], name, field, value, outer)
  }
}
