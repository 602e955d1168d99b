// Addresses as text and back: IPv4, IPv6 as RFC 5952 writes it, MACs, prefixes. Text is the only thing that any of them
// allocates.
import { RxburstError } from '../errors.js'
import { type Bytes, look32 } from './bytes.js'

const bad = (text: unknown, what: string) =>
  new RxburstError('ERR_BAD_ADDRESS', `${what}, not ${JSON.stringify(text) ?? String(text)}`)

/**
 * An IPv4 address as a number, which is what accessors take and give: `parseIpv4('10.0.0.1') === 0x0a000001`.
 * @throws ERR_BAD_ADDRESS; no octal, no hex, no short forms
 */
export function parseIpv4(text: string): number {
  const value = ipv4Of(text)
  if (value < 0) throw bad(text, 'an IPv4 address is written 10.0.0.1')
  return value
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

function ipv4Of(text: string): number {
  if (typeof text !== 'string' || !IPV4.test(text)) return -1
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** An IPv4 address as text. */
export const formatIpv4 = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`

/**
 * An IPv6 address as four numbers of 32 bits.
 * @throws ERR_BAD_ADDRESS; a zone (`%eth0`) is no part of an address
 */
export function parseIpv6(text: string): Uint32Array {
  const words = ipv6Of(text)
  if (words === null) throw bad(text, 'an IPv6 address is written 2001:db8::1')
  return words
}

function ipv6Of(text: string): Uint32Array | null {
  if (typeof text !== 'string' || text.length > 45) return null
  // The last 32 bits may be written as IPv4 (RFC 4291 section 2.2).
  const last = text.slice(text.lastIndexOf(':') + 1)
  let tail = ''
  if (last.includes('.')) {
    const value = ipv4Of(last)
    if (value < 0 || text === last) return null
    text = text.slice(0, -last.length)
    tail = `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`
  }
  const halves = `${text}${tail}`.split('::')
  if (halves.length > 2) return null
  const [head, rest] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - (rest?.length ?? 0)
  if (rest === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...new Array<string>(rest === undefined ? 0 : missing).fill('0'), ...(rest ?? [])]
  if (groups.some((group) => !/^[\da-f]{1,4}$/i.test(group))) return null
  const numbers = groups.map((group) => Number.parseInt(group, 16))
  return Uint32Array.from([0, 2, 4, 6], (n) => numbers[n] * 65536 + numbers[n + 1])
}

/**
 * An IPv6 address as text, in the one way of RFC 5952. It has small letters, no leading zeros, and the longest run of
 * two or more zero groups as `::`. IPv4 inside `::ffff:0:0/96` is written as IPv4.
 */
export function formatIpv6(a: number, b: number, c: number, d: number): string {
  if (a === 0 && b === 0 && c === 0xffff) return `::ffff:${formatIpv4(d)}`
  const groups = [a, b, c, d].flatMap((word) => [(word >>> 16) & 0xffff, word & 0xffff])
  let from = 0
  let run = 1
  for (let n = 0; n < 8; ) {
    let end = n
    while (end < 8 && groups[end] === 0) end++
    if (end - n > run) {
      from = n
      run = end - n
    }
    n = end + 1
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return run < 2 ? text(0, 8) : `${text(0, from)}::${text(from + run, 8)}`
}

/** An address as numbers: IPv4 is one, IPv6 four. */
export type Ip = number | Uint32Array

/**
 * An address of either version.
 * @throws ERR_BAD_ADDRESS
 */
export function parseIp(text: string): Ip {
  const value = ipv4Of(text)
  if (value >= 0) return value
  const words = ipv6Of(text)
  if (words === null) throw bad(text, 'an address is written 10.0.0.1 or 2001:db8::1')
  return words
}

/**
 * An address as text: of IPv4 from its number, of IPv6 from its four numbers, or from the place in a packet where it
 * begins:
 * `formatIp(packet, ipv6.sourcePlace(packet, at))`.
 */
export function formatIp(address: number | ArrayLike<number> | Bytes, place?: number): string {
  if (typeof address === 'number') return formatIpv4(address)
  if (place === undefined) {
    const [a, b, c, d] = Array.from(address as ArrayLike<number>)
    return formatIpv6(a >>> 0, b >>> 0, c >>> 0, d >>> 0)
  }
  const p = address as Bytes
  return formatIpv6(look32(p, place), look32(p, place + 4), look32(p, place + 8), look32(p, place + 12))
}

/**
 * A MAC as the number that accessors take and give, six bytes of a double: from text, or from bytes such as `port.mac`.
 * @throws ERR_BAD_ADDRESS
 */
export function parseMac(mac: string | ArrayLike<number>): number {
  if (typeof mac === 'string') {
    if (!/^[\da-f]{2}(?:([:-])[\da-f]{2})(?:\1[\da-f]{2}){4}$/i.test(mac))
      throw bad(mac, 'a MAC is written 02:00:00:00:00:01')
    return Number.parseInt(mac.replaceAll(/[:-]/g, ''), 16)
  }
  if (mac?.length !== 6) throw bad(mac, 'a MAC has six bytes')
  return Array.from(mac).reduce((sum, byte) => sum * 256 + (byte & 255), 0)
}

/** A MAC as text, with colons and small letters. */
export const formatMac = (mac: number): string =>
  mac
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/..(?!$)/g, '$&:')

/** A network: its address and how many of the first bits count. */
export interface Prefix {
  /** The address. */
  readonly address: Ip
  /** Bits of the prefix. */
  readonly length: number
}

/**
 * A prefix, `10.0.0.0/8` or `2001:db8::/32`; an address alone is a prefix of all its bits.
 * @throws ERR_BAD_ADDRESS when it is none, or bits behind the prefix are set
 */
export function parsePrefix(text: string): Prefix {
  const what = 'a prefix is written 10.0.0.0/8 or 2001:db8::/32'
  const [first, bits, ...more] = typeof text === 'string' ? text.split('/') : []
  if (first === undefined || more.length > 0 || (bits !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(bits)))
    throw bad(text, what)
  const address = parseIp(first)
  const most = typeof address === 'number' ? 32 : 128
  const length = bits === undefined ? most : Number(bits)
  if (length > most) throw bad(text, `${what}, with ${most} bits at most`)
  const masked = masks(address, length)
  if (formatIp(masked) !== formatIp(address))
    throw bad(text, `bits behind the prefix are set; the network is ${formatIp(masked)}/${length}`)
  return { address, length }
}

/** The address with the bits behind the first `length` cleared. */
function masks(address: Ip, length: number): Ip {
  if (typeof address === 'number') return (address & maskOf(length)) >>> 0
  return Uint32Array.from(address, (word, n) => (word & maskOf(length - 32 * n)) >>> 0)
}

const maskOf = (length: number): number => (length <= 0 ? 0 : length >= 32 ? -1 : -1 << (32 - length))

/** A prefix as text. */
export const formatPrefix = ({ address, length }: Prefix): string => `${formatIp(address)}/${length}`

/** Whether the address lies in the prefix. */
export function inPrefix(prefix: Prefix, address: Ip): boolean {
  const { address: network, length } = prefix
  if (typeof network === 'number')
    return typeof address === 'number' && ((network ^ address) & maskOf(length)) === 0
  if (typeof address === 'number') return false
  for (let n = 0; n < 4; n++) if (((network[n] ^ address[n]) & maskOf(length - 32 * n)) !== 0) return false
  return true
}
