// VXLAN, RFC 7348 section 5: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
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

/** VXLAN: flags. RFC 7348 section 5. */
export function flags(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 8)
}
/** Sets the flags. The checksum of layer 4 follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 8, value)
}

/** VXLAN: vni present. RFC 7348 section 5. */
export function vniPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 8) & 0x8) !== 0
}
/** Sets the vni present. The checksum of layer 4 follows. */
export function setVniPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 8
  const rest = u8(p, i) & 0xf7
  segment8(p, at, i, value ? rest | 0x8 : rest)
}

/** VXLAN: group policy identifier. draft-smith-vxlan-group-policy-05. */
export function groupPolicyIdentifier(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 10)
}
/** Sets the group policy identifier. The checksum of layer 4 follows. */
export function setGroupPolicyIdentifier(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 10, value)
}

/** VXLAN: network identifier. RFC 7348 section 5. */
export function networkIdentifier(p: Bytes, at: At): number {
  return (u32(p, transport(p, at) + 12) >>> 8) & 0xffffff
}
/** Sets the network identifier. The checksum of layer 4 follows. */
export function setNetworkIdentifier(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 12
  segment32(p, at, i, ((u32(p, i) & 0xff) | ((value & 0xffffff) << 8)) >>> 0)
}

/** VXLAN: last reserved. RFC 7348 section 5. */
export function lastReserved(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 15)
}
/** Sets the last reserved. The checksum of layer 4 follows. */
export function setLastReserved(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 15, value)
}
