// Prefixes as text, '10.0.0.0/8' or '2001:db8::/32', and as the numbers that a table keeps.
import { isIPv4, isIPv6 } from 'node:net'
import { RxburstError } from '../errors.js'

const badAddress = (message: string) => new RxburstError('ERR_BAD_ADDRESS', message)

export interface Prefix {
  /** The address in words of 32 bits, as signed numbers: one of IPv4, four of IPv6. */
  readonly words: Int32Array
  /** Bits that count: 0 to 32 or 128. */
  readonly length: number
}

/** The word of 32 bits of an IPv4 address as text that is known to be one. */
const ipv4Word = (text: string) => text.split('.').reduce((word, part) => (word << 8) | Number(part), 0)

/** The four words of an IPv6 address as text that is known to be one. */
function ipv6Words(text: string): Int32Array {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (dotted) {
    const word = ipv4Word(dotted[2]) >>> 0
    text = `${dotted[1]}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`
  }
  const [front, back] = text.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const parts = back ? [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back] : front
  return Int32Array.from(
    { length: 4 },
    (_, i) => (parseInt(parts[2 * i], 16) << 16) | parseInt(parts[2 * i + 1], 16),
  )
}

/** The bits of word `i` that a prefix of that length covers. */
const maskOf = (length: number, i: number) => {
  const bits = Math.min(32, Math.max(0, length - 32 * i))
  return bits === 0 ? 0 : -1 << (32 - bits)
}

/** The words with all bits behind the prefix's length cleared. */
export const masked = (words: Int32Array, length: number) => words.map((word, i) => word & maskOf(length, i))

/**
 * Reads a prefix; an address alone is one of all its bits.
 * @throws ERR_BAD_ADDRESS when it is none of that family, or has bits behind its length
 */
export function parsePrefix(text: string, version: 4 | 6): Prefix {
  const example = version === 4 ? '10.0.0.0/8' : '2001:db8::/32'
  const bits = version === 4 ? 32 : 128
  const wanted = `a prefix is text like '${example}'`
  if (typeof text !== 'string') throw badAddress(`${wanted}, not ${String(text)}`)
  const [address, suffix, ...rest] = text.split('/')
  if (rest.length > 0 || address.includes('%') || !(version === 4 ? isIPv4 : isIPv6)(address))
    throw badAddress(`${wanted}; '${text}' has no IPv${version} address in front of the slash`)
  const length = suffix === undefined ? bits : /^\d{1,3}$/.test(suffix) ? Number(suffix) : -1
  if (length < 0 || length > bits)
    throw badAddress(`the length of '${text}' is a whole number from 0 to ${bits}`)
  const words = version === 4 ? Int32Array.of(ipv4Word(address)) : ipv6Words(address)
  const clean = masked(words, length)
  if (!clean.every((word, i) => word === words[i]))
    throw badAddress(
      `'${text}' has bits behind its length of ${length}; '${textOf(clean)}/${length}' has none`,
    )
  return { words, length }
}

/** Plain text of an address, for messages only: RFC 5952's short form of IPv6 is not wanted there. */
function textOf(words: Int32Array): string {
  if (words.length === 1) return [24, 16, 8, 0].map((shift) => (words[0] >>> shift) & 255).join('.')
  return [...words].flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(':')
}
