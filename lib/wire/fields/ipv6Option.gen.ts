// IPv6 option, RFC 8200 section 4.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'

const { set8, set16, u8, u16 } = bytes

/** Bytes of the fixed part. */
export const BYTES = 2

/** IPv6 option: type. RFC 8200 section 4.2. */
export function type(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the type. */
export function setType(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place, value)
}

/** IPv6 option: action. RFC 8200 section 4.2. */
export function action(p: Bytes, _at: At, place: number): number {
  return (u8(p, place) >>> 6) & 0x3
}
/** Sets the action. */
export function setAction(p: Bytes, _at: At, value: number, place: number): void {
  const i = place
  set8(p, i, (u8(p, i) & 0x3f) | ((value & 0x3) << 6))
}

/** IPv6 option: change. RFC 8200 section 4.2. */
export function change(p: Bytes, _at: At, place: number): boolean {
  return (u8(p, place) & 0x20) !== 0
}
/** Sets the change. */
export function setChange(p: Bytes, _at: At, value: boolean, place: number): void {
  const i = place
  const rest = u8(p, i) & 0xdf
  set8(p, i, value ? rest | 0x20 : rest)
}

/** IPv6 option: rest. RFC 8200 section 4.2. */
export function rest(p: Bytes, _at: At, place: number): number {
  return u8(p, place) & 0x1f
}
/** Sets the rest. */
export function setRest(p: Bytes, _at: At, value: number, place: number): void {
  const i = place
  set8(p, i, (u8(p, i) & 0xe0) | (value & 0x1f))
}

/** IPv6 option: length. Bytes behind these two; type 0 has no length. RFC 8200 section 4.2. */
export function length(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 1)
}
/** Sets the length. */
export function setLength(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place + 1, value)
}

/** IPv6 option: router alert. RFC 2711 section 2.1. */
export function routerAlert(p: Bytes, _at: At, place: number): number {
  return u16(p, place + 2)
}
/** Sets the router alert. */
export function setRouterAlert(p: Bytes, _at: At, value: number, place: number): void {
  set16(p, place + 2, value)
}
