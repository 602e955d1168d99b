// NTP, RFC 5905 section 7.3: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { u8, u32 } = bytes
const { transport } = places
const { segment32, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 48

/** NTP: flags. Leap indicator, version and mode in one number. RFC 5905 section 7.3. */
export function flags(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 8)
}
/** Sets the flags. The checksum of layer 4 follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 8, value)
}

/** NTP: leap indicator. RFC 5905 section 7.3. */
export function leapIndicator(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 8) >>> 6) & 0x3
}
/** Sets the leap indicator. The checksum of layer 4 follows. */
export function setLeapIndicator(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 8
  segment8(p, at, i, (u8(p, i) & 0x3f) | ((value & 0x3) << 6))
}

/** NTP: version. RFC 5905 section 7.3. */
export function version(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 8) >>> 3) & 0x7
}
/** Sets the version. The checksum of layer 4 follows. */
export function setVersion(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 8
  segment8(p, at, i, (u8(p, i) & 0xc7) | ((value & 0x7) << 3))
}

/** NTP: mode. RFC 5905 section 7.3. */
export function mode(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 8) & 0x7
}
/** Sets the mode. The checksum of layer 4 follows. */
export function setMode(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 8
  segment8(p, at, i, (u8(p, i) & 0xf8) | (value & 0x7))
}

/** NTP: stratum. RFC 5905 section 7.3. */
export function stratum(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 9)
}
/** Sets the stratum. The checksum of layer 4 follows. */
export function setStratum(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 9, value)
}

/** NTP: poll, signed. Logarithm of seconds. RFC 5905 section 7.3. */
export function poll(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 10) << 24) >> 24
}
/** Sets the poll. The checksum of layer 4 follows. */
export function setPoll(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 10, value)
}

/** NTP: precision, signed. Logarithm of seconds. RFC 5905 section 7.3. */
export function precision(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 11) << 24) >> 24
}
/** Sets the precision. The checksum of layer 4 follows. */
export function setPrecision(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 11, value)
}

/** NTP: root delay. Seconds in units of 2^-16. RFC 5905 section 7.3. */
export function rootDelay(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 12)
}
/** Sets the root delay. The checksum of layer 4 follows. */
export function setRootDelay(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 12, value)
}

/** NTP: root dispersion. Seconds in units of 2^-16. RFC 5905 section 7.3. */
export function rootDispersion(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 16)
}
/** Sets the root dispersion. The checksum of layer 4 follows. */
export function setRootDispersion(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 16, value)
}

/** NTP: reference id. RFC 5905 section 7.3. */
export function referenceId(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 20)
}
/** Sets the reference id. The checksum of layer 4 follows. */
export function setReferenceId(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 20, value)
}

/** NTP: reference seconds. Seconds since 1900. RFC 5905 section 7.3. */
export function referenceSeconds(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 24)
}
/** Sets the reference seconds. The checksum of layer 4 follows. */
export function setReferenceSeconds(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 24, value)
}

/** NTP: reference fraction. RFC 5905 section 7.3. */
export function referenceFraction(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 28)
}
/** Sets the reference fraction. The checksum of layer 4 follows. */
export function setReferenceFraction(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 28, value)
}

/** NTP: origin seconds. Seconds since 1900. RFC 5905 section 7.3. */
export function originSeconds(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 32)
}
/** Sets the origin seconds. The checksum of layer 4 follows. */
export function setOriginSeconds(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 32, value)
}

/** NTP: origin fraction. RFC 5905 section 7.3. */
export function originFraction(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 36)
}
/** Sets the origin fraction. The checksum of layer 4 follows. */
export function setOriginFraction(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 36, value)
}

/** NTP: receive seconds. Seconds since 1900. RFC 5905 section 7.3. */
export function receiveSeconds(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 40)
}
/** Sets the receive seconds. The checksum of layer 4 follows. */
export function setReceiveSeconds(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 40, value)
}

/** NTP: receive fraction. RFC 5905 section 7.3. */
export function receiveFraction(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 44)
}
/** Sets the receive fraction. The checksum of layer 4 follows. */
export function setReceiveFraction(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 44, value)
}

/** NTP: transmit seconds. Seconds since 1900. RFC 5905 section 7.3. */
export function transmitSeconds(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 48)
}
/** Sets the transmit seconds. The checksum of layer 4 follows. */
export function setTransmitSeconds(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 48, value)
}

/** NTP: transmit fraction. RFC 5905 section 7.3. */
export function transmitFraction(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 52)
}
/** Sets the transmit fraction. The checksum of layer 4 follows. */
export function setTransmitFraction(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 52, value)
}
