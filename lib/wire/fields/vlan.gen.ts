// VLAN tag, 802.1Q and QinQ, IEEE 802.1Q section 9.6: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'

const { set8, set16, u8, u16 } = bytes
const { vlan } = places

/** Bytes of the fixed part. */
export const BYTES = 4

/** VLAN tag, 802.1Q and QinQ: tag control information. IEEE 802.1Q section 9.6. */
export function tagControlInformation(p: Bytes, at: At, n = 0): number {
  return u16(p, vlan(p, at, n))
}
/** Sets the tag control information. */
export function setTagControlInformation(p: Bytes, at: At, value: number, n = 0): void {
  set16(p, vlan(p, at, n), value)
}

/** VLAN tag, 802.1Q and QinQ: priority. IEEE 802.1Q section 9.6. */
export function priority(p: Bytes, at: At, n = 0): number {
  return (u8(p, vlan(p, at, n)) >>> 5) & 0x7
}
/** Sets the priority. */
export function setPriority(p: Bytes, at: At, value: number, n = 0): void {
  const i = vlan(p, at, n)
  set8(p, i, (u8(p, i) & 0x1f) | ((value & 0x7) << 5))
}

/** VLAN tag, 802.1Q and QinQ: drop eligible. IEEE 802.1Q section 9.6. */
export function dropEligible(p: Bytes, at: At, n = 0): boolean {
  return (u8(p, vlan(p, at, n)) & 0x10) !== 0
}
/** Sets the drop eligible. */
export function setDropEligible(p: Bytes, at: At, value: boolean, n = 0): void {
  const i = vlan(p, at, n)
  const rest = u8(p, i) & 0xef
  set8(p, i, value ? rest | 0x10 : rest)
}

/** VLAN tag, 802.1Q and QinQ: identifier. IEEE 802.1Q section 9.6. */
export function identifier(p: Bytes, at: At, n = 0): number {
  return u16(p, vlan(p, at, n)) & 0xfff
}
/** Sets the identifier. */
export function setIdentifier(p: Bytes, at: At, value: number, n = 0): void {
  const i = vlan(p, at, n)
  set16(p, i, (u16(p, i) & 0xf000) | (value & 0xfff))
}

/** VLAN tag, 802.1Q and QinQ: type. EtherType of what follows the tag. IEEE 802.1Q section 9.6. */
export function type(p: Bytes, at: At, n = 0): number {
  return u16(p, vlan(p, at, n) + 2)
}
/** Sets the type. */
export function setType(p: Bytes, at: At, value: number, n = 0): void {
  set16(p, vlan(p, at, n) + 2, value)
}
