// ICMP, RFC 792, message formats: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { set16, u8, u16, u32 } = bytes
const { transport } = places
const { segment16, segment32, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 8

/** ICMP: type. RFC 792, message formats. */
export function type(p: Bytes, at: At): number {
  return u8(p, transport(p, at))
}
/** Sets the type. The checksum of layer 4 follows. */
export function setType(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at), value)
}

/** ICMP: code. RFC 792, message formats. */
export function code(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 1)
}
/** Sets the code. The checksum of layer 4 follows. */
export function setCode(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 1, value)
}

/** ICMP: checksum. RFC 792, message formats. */
export function checksum(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 2)
}
/** Sets the checksum. Written as it is. */
export function setChecksum(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at) + 2, value)
}

/** ICMP: identifier. Of echo and timestamp. RFC 792, message formats. */
export function identifier(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 4)
}
/** Sets the identifier. The checksum of layer 4 follows. */
export function setIdentifier(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 4, value)
}

/** ICMP: sequence number. Of echo and timestamp. RFC 792, message formats. */
export function sequenceNumber(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 6)
}
/** Sets the sequence number. The checksum of layer 4 follows. */
export function setSequenceNumber(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 6, value)
}

/** ICMP: pointer. Of parameter problem. RFC 792, message formats. */
export function pointer(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 4)
}
/** Sets the pointer. The checksum of layer 4 follows. */
export function setPointer(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 4, value)
}

/** ICMP: length. Of the quoted datagram, in words. RFC 4884 section 4. */
export function length(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 5)
}
/** Sets the length. The checksum of layer 4 follows. */
export function setLength(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 5, value)
}

/** ICMP: next hop mtu. Of type 3, code 4. RFC 1191 section 4. */
export function nextHopMtu(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 6)
}
/** Sets the next hop mtu. The checksum of layer 4 follows. */
export function setNextHopMtu(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 6, value)
}

/** ICMP: gateway, as a number. Of redirect. RFC 792, message formats. */
export function gateway(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 4)
}
/** Sets the gateway. The checksum of layer 4 follows. */
export function setGateway(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 4, value)
}

/** ICMP: originate timestamp. RFC 792, timestamp. */
export function originateTimestamp(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 8)
}
/** Sets the originate timestamp. The checksum of layer 4 follows. */
export function setOriginateTimestamp(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 8, value)
}

/** ICMP: receive timestamp. RFC 792, timestamp. */
export function receiveTimestamp(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 12)
}
/** Sets the receive timestamp. The checksum of layer 4 follows. */
export function setReceiveTimestamp(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 12, value)
}

/** ICMP: transmit timestamp. RFC 792, timestamp. */
export function transmitTimestamp(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 16)
}
/** Sets the transmit timestamp. The checksum of layer 4 follows. */
export function setTransmitTimestamp(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 16, value)
}
