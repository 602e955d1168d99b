// MPLS label, RFC 3032 section 2.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'

const { set8, set32, u8, u32 } = bytes
const { mpls } = places

/** Bytes of the fixed part. */
export const BYTES = 4

/** MPLS label: label. RFC 3032 section 2.1. */
export function label(p: Bytes, at: At, n = 0): number {
  return (u32(p, mpls(p, at, n)) >>> 12) & 0xfffff
}
/** Sets the label. */
export function setLabel(p: Bytes, at: At, value: number, n = 0): void {
  const i = mpls(p, at, n)
  set32(p, i, ((u32(p, i) & 0xfff) | ((value & 0xfffff) << 12)) >>> 0)
}

/** MPLS label: traffic class. RFC 5462 section 2. */
export function trafficClass(p: Bytes, at: At, n = 0): number {
  return (u8(p, mpls(p, at, n) + 2) >>> 1) & 0x7
}
/** Sets the traffic class. */
export function setTrafficClass(p: Bytes, at: At, value: number, n = 0): void {
  const i = mpls(p, at, n) + 2
  set8(p, i, (u8(p, i) & 0xf1) | ((value & 0x7) << 1))
}

/** MPLS label: bottom of stack. RFC 3032 section 2.1. */
export function bottomOfStack(p: Bytes, at: At, n = 0): boolean {
  return (u8(p, mpls(p, at, n) + 2) & 0x1) !== 0
}
/** Sets the bottom of stack. */
export function setBottomOfStack(p: Bytes, at: At, value: boolean, n = 0): void {
  const i = mpls(p, at, n) + 2
  const rest = u8(p, i) & 0xfe
  set8(p, i, value ? rest | 0x1 : rest)
}

/** MPLS label: time to live. RFC 3032 section 2.1. */
export function timeToLive(p: Bytes, at: At, n = 0): number {
  return u8(p, mpls(p, at, n) + 3)
}
/** Sets the time to live. */
export function setTimeToLive(p: Bytes, at: At, value: number, n = 0): void {
  set8(p, mpls(p, at, n) + 3, value)
}
