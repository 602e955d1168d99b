// ICMPv6, RFC 4443 section 2.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
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

/** ICMPv6: type. RFC 4443 section 2.1. */
export function type(p: Bytes, at: At): number {
  return u8(p, transport(p, at))
}
/** Sets the type. The checksum of layer 4 follows. */
export function setType(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at), value)
}

/** ICMPv6: code. RFC 4443 section 2.1. */
export function code(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 1)
}
/** Sets the code. The checksum of layer 4 follows. */
export function setCode(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 1, value)
}

/** ICMPv6: checksum. RFC 4443 section 2.1. */
export function checksum(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 2)
}
/** Sets the checksum. Written as it is. */
export function setChecksum(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at) + 2, value)
}

/** ICMPv6: identifier. Of echo. RFC 4443 section 4.1. */
export function identifier(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 4)
}
/** Sets the identifier. The checksum of layer 4 follows. */
export function setIdentifier(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 4, value)
}

/** ICMPv6: sequence number. Of echo. RFC 4443 section 4.1. */
export function sequenceNumber(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 6)
}
/** Sets the sequence number. The checksum of layer 4 follows. */
export function setSequenceNumber(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 6, value)
}

/** ICMPv6: mtu. Of packet too big. RFC 4443 section 3.2. */
export function mtu(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 4)
}
/** Sets the mtu. The checksum of layer 4 follows. */
export function setMtu(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 4, value)
}

/** ICMPv6: pointer. Of parameter problem. RFC 4443 section 3.4. */
export function pointer(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 4)
}
/** Sets the pointer. The checksum of layer 4 follows. */
export function setPointer(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 4, value)
}
