// DHCP, RFC 2131 section 2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { copy, u8, u16, u32, u48 } = bytes
const { transport } = places
const { segment16, segment32, segment48, segment8, segmentBytes } = write

/** Bytes of the fixed part. */
export const BYTES = 240

/** DHCP: op. 1 request, 2 reply. RFC 2131 section 2. */
export function op(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 8)
}
/** Sets the op. The checksum of layer 4 follows. */
export function setOp(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 8, value)
}

/** DHCP: htype. RFC 2131 section 2. */
export function htype(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 9)
}
/** Sets the htype. The checksum of layer 4 follows. */
export function setHtype(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 9, value)
}

/** DHCP: hlen. RFC 2131 section 2. */
export function hlen(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 10)
}
/** Sets the hlen. The checksum of layer 4 follows. */
export function setHlen(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 10, value)
}

/** DHCP: hops. RFC 2131 section 2. */
export function hops(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 11)
}
/** Sets the hops. The checksum of layer 4 follows. */
export function setHops(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 11, value)
}

/** DHCP: xid. RFC 2131 section 2. */
export function xid(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 12)
}
/** Sets the xid. The checksum of layer 4 follows. */
export function setXid(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 12, value)
}

/** DHCP: secs. RFC 2131 section 2. */
export function secs(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 16)
}
/** Sets the secs. The checksum of layer 4 follows. */
export function setSecs(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 16, value)
}

/** DHCP: flags. RFC 2131 section 2. */
export function flags(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 18)
}
/** Sets the flags. The checksum of layer 4 follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 18, value)
}

/** DHCP: broadcast. RFC 2131 section 2. */
export function broadcast(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 18) & 0x80) !== 0
}
/** Sets the broadcast. The checksum of layer 4 follows. */
export function setBroadcast(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 18
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** DHCP: ciaddr, as a number. RFC 2131 section 2. */
export function ciaddr(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 20)
}
/** Sets the ciaddr. The checksum of layer 4 follows. */
export function setCiaddr(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 20, value)
}

/** DHCP: yiaddr, as a number. RFC 2131 section 2. */
export function yiaddr(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 24)
}
/** Sets the yiaddr. The checksum of layer 4 follows. */
export function setYiaddr(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 24, value)
}

/** DHCP: siaddr, as a number. RFC 2131 section 2. */
export function siaddr(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 28)
}
/** Sets the siaddr. The checksum of layer 4 follows. */
export function setSiaddr(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 28, value)
}

/** DHCP: giaddr, as a number. RFC 2131 section 2. */
export function giaddr(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 32)
}
/** Sets the giaddr. The checksum of layer 4 follows. */
export function setGiaddr(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 32, value)
}

/** DHCP: chaddr, six bytes as one number. The first 6 of its 16 bytes. RFC 2131 section 2. */
export function chaddr(p: Bytes, at: At): number {
  return u48(p, transport(p, at) + 36)
}
/** Sets the chaddr. The checksum of layer 4 follows. */
export function setChaddr(p: Bytes, at: At, value: number): void {
  segment48(p, at, transport(p, at) + 36, value)
}

/** DHCP: sname, copied. RFC 2131 section 2. */
export function sname(p: Bytes, at: At): Uint8Array {
  return copy(p, transport(p, at) + 52, 64)
}
/** Sets the sname. The checksum of layer 4 follows. */
export function setSname(p: Bytes, at: At, value: ArrayLike<number>): void {
  segmentBytes(p, at, transport(p, at) + 52, value, 64)
}

/** DHCP: file, copied. RFC 2131 section 2. */
export function file(p: Bytes, at: At): Uint8Array {
  return copy(p, transport(p, at) + 116, 128)
}
/** Sets the file. The checksum of layer 4 follows. */
export function setFile(p: Bytes, at: At, value: ArrayLike<number>): void {
  segmentBytes(p, at, transport(p, at) + 116, value, 128)
}

/** DHCP: cookie, as a number. 0x63825363. RFC 2131 section 3. */
export function cookie(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 244)
}
/** Sets the cookie. The checksum of layer 4 follows. */
export function setCookie(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 244, value)
}
