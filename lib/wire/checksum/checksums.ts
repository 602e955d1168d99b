// Checksums of whole headers: RFC 1071 with the pseudo headers of IPv4 and IPv6, and SCTP's CRC32c.
import * as layout from '../at.js'
import { type At, FRAGMENT, ICMP, ICMPV6, IPV4, IPV6, NETWORK, SCTP, TCP, TRANSPORT, UDP } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import { fold } from './checksum-words.js'
import { crc32c } from './crc32c.js'

const { look8: u8, look16: u16, look32: u32, set16, set32 } = bytes
const { networkOf, transportOf } = layout

const IPV4_CHECKSUM = 10
const SCTP_CHECKSUM = 8

/** Where a protocol's 16 bits stand in its header, or -1. */
function checksumAt(kind: number): number {
  if (kind === UDP) return 6
  if (kind === TCP) return 16
  return kind === ICMP || kind === ICMPV6 ? 2 : -1
}

/**
 * The sum of 16-bit words from byte `i` on, before the last fold; an odd last byte is the first half of a word. RFC
 * 1071.
 */
export function sum(p: Bytes, i: number, length: number, start = 0): number {
  const end = i + length
  let total = start
  for (; i + 2 <= end; i += 2) {
    total += u16(p, i)
    if (total > 0x7fff_0000) total = fold(total)
  }
  if (i < end) total += u8(p, i) << 8
  return fold(total)
}

/** The checksum of `length` bytes from byte `i` on. RFC 1071. */
export const checksum = (p: Bytes, i: number, length: number): number => ~sum(p, i, length) & 0xffff

/** Bytes of layer 4: what IP says, whether the packet has them or not. */
function transportBytes(p: Bytes, at: At): number {
  const i = networkOf(at)
  const end = (at & NETWORK) === IPV4 ? i + u16(p, i + 2) : i + 40 + u16(p, i + 4)
  return end - transportOf(at)
}

const NUMBERS = new Map([
  [UDP, 17],
  [TCP, 6],
  [ICMPV6, 58],
])

/** The pseudo header: addresses, length and protocol (RFC 768, RFC 9293, RFC 8200 section 8.1). ICMP has none. */
function pseudo(p: Bytes, at: At, length: number): number {
  const number = NUMBERS.get(at & TRANSPORT)
  if (number === undefined) return 0
  const addresses = networkOf(at) + ((at & NETWORK) === IPV4 ? 12 : 8)
  return sum(p, addresses, (at & NETWORK) === IPV4 ? 8 : 32, (length >>> 16) + (length & 0xffff) + number)
}

// With the checksum in the sum, what is right comes to all ones.
function transportSum(p: Bytes, at: At): number {
  const length = (at & TRANSPORT) === UDP ? u16(p, transportOf(at) + 4) : transportBytes(p, at)
  return sum(p, transportOf(at), length, pseudo(p, at, length))
}

const complete = (at: At): boolean => (at & (layout.STATE | FRAGMENT)) === 0

/** Whether the IPv4 header's checksum is right. */
export const headerChecksumOk = (p: Bytes, at: At): boolean => {
  const i = networkOf(at)
  return (at & NETWORK) === IPV4 && sum(p, i, (u8(p, i) & 15) << 2) === 0xffff
}

/**
 * Whether layer 4's checksum is right: UDP, TCP, ICMP, ICMPv6, SCTP. One that was never computed (0, UDP over IPv4) is.
 * False for a fragment, and for a packet that is not whole.
 */
export function transportChecksumOk(p: Bytes, at: At): boolean {
  if (!complete(at)) return false
  const kind = at & TRANSPORT
  const i = transportOf(at)
  if (kind === SCTP) return u32(p, i + SCTP_CHECKSUM) === sctpChecksum(p, at)
  const place = checksumAt(kind)
  if (place < 0) return false
  if (kind === UDP && u16(p, i + place) === 0) return (at & NETWORK) === IPV4
  return transportSum(p, at) === 0xffff
}

const sctpChecksum = (p: Bytes, at: At): number => {
  const i = transportOf(at)
  return crc32c(p, i, i + transportBytes(p, at), i + SCTP_CHECKSUM)
}

/**
 * ICMP's checksum where the difference comes to 0. All other checksums cover bytes that are never all zero; an ICMP
 * message may be, and then it is 0xffff (RFC 1071), which the difference of RFC 1624 can't tell from 0. What is not all
 * there gets 0xffff, right in either case.
 */
export function icmpOf(p: Bytes, at: At): number {
  if (!complete(at)) return 0xffff
  const i = transportOf(at)
  return ~fold(sum(p, i, 2) + sum(p, i + 4, transportBytes(p, at) - 4)) & 0xffff
}

/** Computes the IPv4 header's checksum. */
export function setHeaderChecksum(p: Bytes, at: At): void {
  if ((at & NETWORK) !== IPV4) return
  const i = networkOf(at)
  set16(p, i + IPV4_CHECKSUM, 0)
  set16(p, i + IPV4_CHECKSUM, checksum(p, i, (u8(p, i) & 15) << 2))
}

/**
 * Computes layer 4's checksum: UDP (0 is written as 0xffff), TCP, ICMP, ICMPv6, SCTP. Nothing happens to a fragment,
 * and to a packet that is not whole: bytes that the checksum covers are not there.
 */
export function setTransportChecksum(p: Bytes, at: At): void {
  if (!complete(at) || ((at & NETWORK) !== IPV4 && (at & NETWORK) !== IPV6)) return
  const kind = at & TRANSPORT
  const i = transportOf(at)
  if (kind === SCTP) {
    set32(p, i + SCTP_CHECKSUM, sctpChecksum(p, at))
    return
  }
  const place = checksumAt(kind)
  if (place < 0) return
  set16(p, i + place, 0)
  const value = ~transportSum(p, at) & 0xffff
  set16(p, i + place, kind === UDP ? value || 0xffff : value)
}

/**
 * Computes all checksums of the packet's layers 3 and 4: after a change of lengths, or of bytes that no setter wrote.
 */
export function setChecksums(p: Bytes, at: At): void {
  setHeaderChecksum(p, at)
  setTransportChecksum(p, at)
}
