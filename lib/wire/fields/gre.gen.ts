// GRE, RFC 2784 section 2.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'

const { set8, set16, u8, u16 } = bytes
const { transport } = places

/** Bytes of the fixed part. */
export const BYTES = 4

/** GRE: flags and version. RFC 2784 section 2.1. */
export function flagsAndVersion(p: Bytes, at: At): number {
  return u16(p, transport(p, at))
}
/** Sets the flags and version. */
export function setFlagsAndVersion(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at), value)
}

/** GRE: checksum present. RFC 2784 section 2.1. */
export function checksumPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at)) & 0x80) !== 0
}
/** Sets the checksum present. */
export function setChecksumPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at)
  const rest = u8(p, i) & 0x7f
  set8(p, i, value ? rest | 0x80 : rest)
}

/** GRE: routing present. RFC 1701, packet header. */
export function routingPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at)) & 0x40) !== 0
}
/** Sets the routing present. */
export function setRoutingPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at)
  const rest = u8(p, i) & 0xbf
  set8(p, i, value ? rest | 0x40 : rest)
}

/** GRE: key present. RFC 2890 section 2. */
export function keyPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at)) & 0x20) !== 0
}
/** Sets the key present. */
export function setKeyPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at)
  const rest = u8(p, i) & 0xdf
  set8(p, i, value ? rest | 0x20 : rest)
}

/** GRE: sequence number present. RFC 2890 section 2. */
export function sequenceNumberPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at)) & 0x10) !== 0
}
/** Sets the sequence number present. */
export function setSequenceNumberPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at)
  const rest = u8(p, i) & 0xef
  set8(p, i, value ? rest | 0x10 : rest)
}

/** GRE: version. RFC 2784 section 2.1. */
export function version(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 1) & 0x7
}
/** Sets the version. */
export function setVersion(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 1
  set8(p, i, (u8(p, i) & 0xf8) | (value & 0x7))
}

/** GRE: protocol type. EtherType of what follows. RFC 2784 section 2.1. */
export function protocolType(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 2)
}
/** Sets the protocol type. */
export function setProtocolType(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at) + 2, value)
}
