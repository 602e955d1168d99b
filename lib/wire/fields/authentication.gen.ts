// Authentication header, RFC 4302 section 2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'

const { set8, set32, u8, u32 } = bytes

/** Bytes of the fixed part. */
export const BYTES = 12

/** Authentication header: next header. RFC 4302 section 2. */
export function nextHeader(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the next header. */
export function setNextHeader(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place, value)
}

/** Authentication header: payload length. In words of 32 bits, less 2. RFC 4302 section 2. */
export function payloadLength(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 1)
}
/** Sets the payload length. */
export function setPayloadLength(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place + 1, value)
}

/** Authentication header: security parameters index. RFC 4302 section 2. */
export function securityParametersIndex(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 4)
}
/** Sets the security parameters index. */
export function setSecurityParametersIndex(p: Bytes, _at: At, value: number, place: number): void {
  set32(p, place + 4, value)
}

/** Authentication header: sequence number. RFC 4302 section 2. */
export function sequenceNumber(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 8)
}
/** Sets the sequence number. */
export function setSequenceNumber(p: Bytes, _at: At, value: number, place: number): void {
  set32(p, place + 8, value)
}
