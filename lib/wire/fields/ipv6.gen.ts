// IPv6, RFC 8200 section 3: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { set8, set16, set32, u8, u16, u32 } = bytes
const { network } = places
const { address128, changePayloadLength } = write

/** Bytes of the fixed part. */
export const BYTES = 40

/** IPv6: version. RFC 8200 section 3. */
export function version(p: Bytes, at: At): number {
  return (u8(p, network(p, at)) >>> 4) & 0xf
}
/** Sets the version. */
export function setVersion(p: Bytes, at: At, value: number): void {
  const i = network(p, at)
  set8(p, i, (u8(p, i) & 0xf) | ((value & 0xf) << 4))
}

/** IPv6: traffic class. RFC 8200 section 3. */
export function trafficClass(p: Bytes, at: At): number {
  return (u16(p, network(p, at)) >>> 4) & 0xff
}
/** Sets the traffic class. */
export function setTrafficClass(p: Bytes, at: At, value: number): void {
  const i = network(p, at)
  set16(p, i, (u16(p, i) & 0xf00f) | ((value & 0xff) << 4))
}

/** IPv6: differentiated services. RFC 2474 section 3. */
export function differentiatedServices(p: Bytes, at: At): number {
  return (u16(p, network(p, at)) >>> 6) & 0x3f
}
/** Sets the differentiated services. */
export function setDifferentiatedServices(p: Bytes, at: At, value: number): void {
  const i = network(p, at)
  set16(p, i, (u16(p, i) & 0xf03f) | ((value & 0x3f) << 6))
}

/** IPv6: congestion. RFC 3168 section 5. */
export function congestion(p: Bytes, at: At): number {
  return (u8(p, network(p, at) + 1) >>> 4) & 0x3
}
/** Sets the congestion. */
export function setCongestion(p: Bytes, at: At, value: number): void {
  const i = network(p, at) + 1
  set8(p, i, (u8(p, i) & 0xcf) | ((value & 0x3) << 4))
}

/** IPv6: flow label. RFC 8200 section 3. */
export function flowLabel(p: Bytes, at: At): number {
  return u32(p, network(p, at)) & 0xfffff
}
/** Sets the flow label. */
export function setFlowLabel(p: Bytes, at: At, value: number): void {
  const i = network(p, at)
  set32(p, i, ((u32(p, i) & 0xfff00000) | (value & 0xfffff)) >>> 0)
}

/** IPv6: payload length. Bytes behind these 40. RFC 8200 section 3. */
export function payloadLength(p: Bytes, at: At): number {
  return u16(p, network(p, at) + 4)
}
/** Sets the payload length. */
export function setPayloadLength(p: Bytes, at: At, value: number): void {
  changePayloadLength(p, at, network(p, at) + 4, value)
}

/** IPv6: next header. RFC 8200 section 3. */
export function nextHeader(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 6)
}
/** Sets the next header. */
export function setNextHeader(p: Bytes, at: At, value: number): void {
  set8(p, network(p, at) + 6, value)
}

/** IPv6: hop limit. RFC 8200 section 3. */
export function hopLimit(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 7)
}
/** Sets the hop limit. */
export function setHopLimit(p: Bytes, at: At, value: number): void {
  set8(p, network(p, at) + 7, value)
}

/** IPv6: source, its 32 bits number `word`: 0 to 3. RFC 8200 section 3. */
export function source(p: Bytes, at: At, word: number): number {
  return word >= 0 && word < 4 ? u32(p, network(p, at) + 8 + 4 * word) : 0
}
/** Byte of the packet where the address begins: formatIp(p, place) reads it there. RFC 8200 section 3. */
export function sourcePlace(p: Bytes, at: At): number {
  return network(p, at) + 8
}
/** Sets the source to four times 32 bits. Checksums follow (RFC 1624). */
export function setSource(p: Bytes, at: At, a: number, b: number, c: number, d: number): void {
  address128(p, at, network(p, at) + 8, a, b, c, d)
}

/** IPv6: destination, its 32 bits number `word`: 0 to 3. RFC 8200 section 3. */
export function destination(p: Bytes, at: At, word: number): number {
  return word >= 0 && word < 4 ? u32(p, network(p, at) + 24 + 4 * word) : 0
}
/** Byte of the packet where the address begins: formatIp(p, place) reads it there. RFC 8200 section 3. */
export function destinationPlace(p: Bytes, at: At): number {
  return network(p, at) + 24
}
/** Sets the destination to four times 32 bits. Checksums follow (RFC 1624). */
export function setDestination(p: Bytes, at: At, a: number, b: number, c: number, d: number): void {
  address128(p, at, network(p, at) + 24, a, b, c, d)
}
