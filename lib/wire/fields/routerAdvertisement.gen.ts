// Router advertisement, RFC 4861 section 4.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { u8, u16, u32 } = bytes
const { transport } = places
const { segment16, segment32, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 16

/** Router advertisement: cur hop limit. RFC 4861 section 4.2. */
export function curHopLimit(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 4)
}
/** Sets the cur hop limit. The checksum of layer 4 follows. */
export function setCurHopLimit(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 4, value)
}

/** Router advertisement: managed. RFC 4861 section 4.2. */
export function managed(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 5) & 0x80) !== 0
}
/** Sets the managed. The checksum of layer 4 follows. */
export function setManaged(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 5
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** Router advertisement: other. RFC 4861 section 4.2. */
export function other(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 5) & 0x40) !== 0
}
/** Sets the other. The checksum of layer 4 follows. */
export function setOther(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 5
  const rest = u8(p, i) & 0xbf
  segment8(p, at, i, value ? rest | 0x40 : rest)
}

/** Router advertisement: router lifetime. Seconds. RFC 4861 section 4.2. */
export function routerLifetime(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 6)
}
/** Sets the router lifetime. The checksum of layer 4 follows. */
export function setRouterLifetime(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 6, value)
}

/** Router advertisement: reachable time. Milliseconds. RFC 4861 section 4.2. */
export function reachableTime(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 8)
}
/** Sets the reachable time. The checksum of layer 4 follows. */
export function setReachableTime(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 8, value)
}

/** Router advertisement: retrans timer. Milliseconds. RFC 4861 section 4.2. */
export function retransTimer(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 12)
}
/** Sets the retrans timer. The checksum of layer 4 follows. */
export function setRetransTimer(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 12, value)
}
