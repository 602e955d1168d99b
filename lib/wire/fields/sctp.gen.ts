// SCTP common header, RFC 9260 section 3.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'

const { set16, set32, u16, u32 } = bytes
const { transport } = places

/** Bytes of the fixed part. */
export const BYTES = 12

/** SCTP common header: source port. RFC 9260 section 3.1. */
export function sourcePort(p: Bytes, at: At): number {
  return u16(p, transport(p, at))
}
/** Sets the source port. */
export function setSourcePort(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at), value)
}

/** SCTP common header: destination port. RFC 9260 section 3.1. */
export function destinationPort(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 2)
}
/** Sets the destination port. */
export function setDestinationPort(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at) + 2, value)
}

/** SCTP common header: verification tag. RFC 9260 section 3.1. */
export function verificationTag(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 4)
}
/** Sets the verification tag. */
export function setVerificationTag(p: Bytes, at: At, value: number): void {
  set32(p, transport(p, at) + 4, value)
}

/** SCTP common header: checksum. CRC32c; setChecksums() computes it. RFC 9260 section 3.1. */
export function checksum(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 8)
}
/** Sets the checksum. */
export function setChecksum(p: Bytes, at: At, value: number): void {
  set32(p, transport(p, at) + 8, value)
}
