// IPv4, RFC 791 section 3.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { set16, u8, u16, u32 } = bytes
const { network } = places
const { address32, changeTotalLength, header16, header8 } = write

/** Bytes of the fixed part. */
export const BYTES = 20

/** IPv4: version. RFC 791 section 3.1. */
export function version(p: Bytes, at: At): number {
  return (u8(p, network(p, at)) >>> 4) & 0xf
}
/** Sets the version. The header checksum follows. */
export function setVersion(p: Bytes, at: At, value: number): void {
  const i = network(p, at)
  header8(p, at, i, (u8(p, i) & 0xf) | ((value & 0xf) << 4))
}

/** IPv4: header length. In words of 32 bits: 5 without options. RFC 791 section 3.1. */
export function headerLength(p: Bytes, at: At): number {
  return u8(p, network(p, at)) & 0xf
}
/** Sets the header length. The header checksum follows. */
export function setHeaderLength(p: Bytes, at: At, value: number): void {
  const i = network(p, at)
  header8(p, at, i, (u8(p, i) & 0xf0) | (value & 0xf))
}

/** IPv4: type of service. RFC 791 section 3.1. */
export function typeOfService(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 1)
}
/** Sets the type of service. The header checksum follows. */
export function setTypeOfService(p: Bytes, at: At, value: number): void {
  header8(p, at, network(p, at) + 1, value)
}

/** IPv4: differentiated services. RFC 2474 section 3. */
export function differentiatedServices(p: Bytes, at: At): number {
  return (u8(p, network(p, at) + 1) >>> 2) & 0x3f
}
/** Sets the differentiated services. The header checksum follows. */
export function setDifferentiatedServices(p: Bytes, at: At, value: number): void {
  const i = network(p, at) + 1
  header8(p, at, i, (u8(p, i) & 0x3) | ((value & 0x3f) << 2))
}

/** IPv4: congestion. RFC 3168 section 5. */
export function congestion(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 1) & 0x3
}
/** Sets the congestion. The header checksum follows. */
export function setCongestion(p: Bytes, at: At, value: number): void {
  const i = network(p, at) + 1
  header8(p, at, i, (u8(p, i) & 0xfc) | (value & 0x3))
}

/** IPv4: total length. Bytes of header and payload. RFC 791 section 3.1. */
export function totalLength(p: Bytes, at: At): number {
  return u16(p, network(p, at) + 2)
}
/** Sets the total length. The header checksum follows. */
export function setTotalLength(p: Bytes, at: At, value: number): void {
  changeTotalLength(p, at, network(p, at) + 2, value)
}

/** IPv4: identification. RFC 791 section 3.1. */
export function identification(p: Bytes, at: At): number {
  return u16(p, network(p, at) + 4)
}
/** Sets the identification. The header checksum follows. */
export function setIdentification(p: Bytes, at: At, value: number): void {
  header16(p, at, network(p, at) + 4, value)
}

/** IPv4: flags. RFC 791 section 3.1. */
export function flags(p: Bytes, at: At): number {
  return (u8(p, network(p, at) + 6) >>> 5) & 0x7
}
/** Sets the flags. The header checksum follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  const i = network(p, at) + 6
  header8(p, at, i, (u8(p, i) & 0x1f) | ((value & 0x7) << 5))
}

/** IPv4: reserved. RFC 791 section 3.1. */
export function reserved(p: Bytes, at: At): boolean {
  return (u8(p, network(p, at) + 6) & 0x80) !== 0
}
/** Sets the reserved. The header checksum follows. */
export function setReserved(p: Bytes, at: At, value: boolean): void {
  const i = network(p, at) + 6
  const rest = u8(p, i) & 0x7f
  header8(p, at, i, value ? rest | 0x80 : rest)
}

/** IPv4: dont fragment. RFC 791 section 3.1. */
export function dontFragment(p: Bytes, at: At): boolean {
  return (u8(p, network(p, at) + 6) & 0x40) !== 0
}
/** Sets the dont fragment. The header checksum follows. */
export function setDontFragment(p: Bytes, at: At, value: boolean): void {
  const i = network(p, at) + 6
  const rest = u8(p, i) & 0xbf
  header8(p, at, i, value ? rest | 0x40 : rest)
}

/** IPv4: more fragments. RFC 791 section 3.1. */
export function moreFragments(p: Bytes, at: At): boolean {
  return (u8(p, network(p, at) + 6) & 0x20) !== 0
}
/** Sets the more fragments. The header checksum follows. */
export function setMoreFragments(p: Bytes, at: At, value: boolean): void {
  const i = network(p, at) + 6
  const rest = u8(p, i) & 0xdf
  header8(p, at, i, value ? rest | 0x20 : rest)
}

/** IPv4: fragment offset. In units of 8 bytes. RFC 791 section 3.1. */
export function fragmentOffset(p: Bytes, at: At): number {
  return u16(p, network(p, at) + 6) & 0x1fff
}
/** Sets the fragment offset. The header checksum follows. */
export function setFragmentOffset(p: Bytes, at: At, value: number): void {
  const i = network(p, at) + 6
  header16(p, at, i, (u16(p, i) & 0xe000) | (value & 0x1fff))
}

/** IPv4: time to live. RFC 791 section 3.1. */
export function timeToLive(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 8)
}
/** Sets the time to live. The header checksum follows. */
export function setTimeToLive(p: Bytes, at: At, value: number): void {
  header8(p, at, network(p, at) + 8, value)
}

/** IPv4: protocol. RFC 791 section 3.1. */
export function protocol(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 9)
}
/** Sets the protocol. The header checksum follows. */
export function setProtocol(p: Bytes, at: At, value: number): void {
  header8(p, at, network(p, at) + 9, value)
}

/** IPv4: header checksum. RFC 791 section 3.1. */
export function headerChecksum(p: Bytes, at: At): number {
  return u16(p, network(p, at) + 10)
}
/** Sets the header checksum. Written as it is. */
export function setHeaderChecksum(p: Bytes, at: At, value: number): void {
  set16(p, network(p, at) + 10, value)
}

/** IPv4: source, as a number. RFC 791 section 3.1. */
export function source(p: Bytes, at: At): number {
  return u32(p, network(p, at) + 12)
}
/** Sets the source. Checksums follow (RFC 1624). */
export function setSource(p: Bytes, at: At, value: number): void {
  address32(p, at, network(p, at) + 12, value)
}

/** IPv4: destination, as a number. RFC 791 section 3.1. */
export function destination(p: Bytes, at: At): number {
  return u32(p, network(p, at) + 16)
}
/** Sets the destination. Checksums follow (RFC 1624). */
export function setDestination(p: Bytes, at: At, value: number): void {
  address32(p, at, network(p, at) + 16, value)
}
