// Geneve, RFC 8926 section 3.4: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { u8, u16, u32 } = bytes
const { transport } = places
const { segment16, segment32, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 8

/** Geneve: version. RFC 8926 section 3.4. */
export function version(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 8) >>> 6) & 0x3
}
/** Sets the version. The checksum of layer 4 follows. */
export function setVersion(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 8
  segment8(p, at, i, (u8(p, i) & 0x3f) | ((value & 0x3) << 6))
}

/** Geneve: option length. In words of 32 bits. RFC 8926 section 3.4. */
export function optionLength(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 8) & 0x3f
}
/** Sets the option length. The checksum of layer 4 follows. */
export function setOptionLength(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 8
  segment8(p, at, i, (u8(p, i) & 0xc0) | (value & 0x3f))
}

/** Geneve: flags. RFC 8926 section 3.4. */
export function flags(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 9)
}
/** Sets the flags. The checksum of layer 4 follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 9, value)
}

/** Geneve: control. RFC 8926 section 3.4. */
export function control(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 9) & 0x80) !== 0
}
/** Sets the control. The checksum of layer 4 follows. */
export function setControl(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 9
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** Geneve: critical. RFC 8926 section 3.4. */
export function critical(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 9) & 0x40) !== 0
}
/** Sets the critical. The checksum of layer 4 follows. */
export function setCritical(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 9
  const rest = u8(p, i) & 0xbf
  segment8(p, at, i, value ? rest | 0x40 : rest)
}

/** Geneve: protocol type. EtherType of what follows. RFC 8926 section 3.4. */
export function protocolType(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 10)
}
/** Sets the protocol type. The checksum of layer 4 follows. */
export function setProtocolType(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 10, value)
}

/** Geneve: network identifier. RFC 8926 section 3.4. */
export function networkIdentifier(p: Bytes, at: At): number {
  return (u32(p, transport(p, at) + 12) >>> 8) & 0xffffff
}
/** Sets the network identifier. The checksum of layer 4 follows. */
export function setNetworkIdentifier(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 12
  segment32(p, at, i, ((u32(p, i) & 0xff) | ((value & 0xffffff) << 8)) >>> 0)
}

/** Geneve: reserved. RFC 8926 section 3.4. */
export function reserved(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 15)
}
/** Sets the reserved. The checksum of layer 4 follows. */
export function setReserved(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 15, value)
}
