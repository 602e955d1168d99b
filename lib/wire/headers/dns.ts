// DNS: the header, and names with their compression (RFC 1035 section 4.1.4).
import type { At } from '../at.js'
import { type Bytes, look8 } from '../bytes.js'
import * as fields from '../fields/dns.gen.js'
import { OVERRUN } from '../options.js'
import * as places from '../places.js'

export * from '../fields/dns.gen.js'

const u8 = look8
const { transport } = places
const NAME_MAX = 255
const LABEL_MAX = 63

/** Where the first question's name begins. */
export const firstName = (p: Bytes, at: At): number => transport(p, at) + 8 + fields.BYTES

/**
 * The place behind the name at `place`, where dnsQuestion or dnsRecord begins; OVERRUN where the name leaves the
 * packet.
 */
export function nameEnd(p: Bytes, _at: At, place: number): number {
  if (place < 0) return OVERRUN
  for (let i = place; i < p.length && i - place <= NAME_MAX; ) {
    const length = u8(p, i)
    if (length === 0) return i + 1
    if (length >= 0xc0) return i + 2 <= p.length ? i + 2 : OVERRUN
    if (length > LABEL_MAX) return OVERRUN
    i += 1 + length
  }
  return OVERRUN
}

/**
 * The name at `place` as text, without the last dot; '.' for the root. Bytes that are no printing ASCII, dots and
 * backslashes in a label are written as RFC 1035 section 5.1 says: \DDD. Null where it leaves the packet, is longer
 * than 255 bytes, or where a pointer does not lead back: a loop. It allocates the text and nothing else.
 */
export function name(p: Bytes, at: At, place: number): string | null {
  const message = transport(p, at) + 8
  let text = ''
  let bytes = 0
  let first = place // a pointer leads in front of the labels that it ends
  for (let i = place; ; ) {
    if (i < 0 || i >= p.length) return null
    const length = u8(p, i)
    if (length === 0) return text === '' ? '.' : text
    if (length >= 0xc0) {
      if (i + 2 > p.length) return null
      const to = message + ((length & 0x3f) << 8) + u8(p, i + 1)
      if (to >= first) return null
      first = to
      i = to
      continue
    }
    bytes += 1 + length
    if (length > LABEL_MAX || i + 1 + length > p.length || bytes > NAME_MAX - 1) return null
    if (text !== '') text += '.'
    for (let k = i + 1; k <= i + length; k++) text += character(u8(p, k))
    i += 1 + length
  }
}

function character(byte: number): string {
  if (byte === 0x2e || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte)
  return `\\${String(byte).padStart(3, '0')}`
}
