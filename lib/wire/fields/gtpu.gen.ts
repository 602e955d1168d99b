// GTP-U, 3GPP TS 29.281 section 5.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
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

/** GTP-U: flags. 3GPP TS 29.281 section 5.1. */
export function flags(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 8)
}
/** Sets the flags. The checksum of layer 4 follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 8, value)
}

/** GTP-U: version. 3GPP TS 29.281 section 5.1. */
export function version(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 8) >>> 5) & 0x7
}
/** Sets the version. The checksum of layer 4 follows. */
export function setVersion(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 8
  segment8(p, at, i, (u8(p, i) & 0x1f) | ((value & 0x7) << 5))
}

/** GTP-U: protocol type. 3GPP TS 29.281 section 5.1. */
export function protocolType(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 8) & 0x10) !== 0
}
/** Sets the protocol type. The checksum of layer 4 follows. */
export function setProtocolType(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 8
  const rest = u8(p, i) & 0xef
  segment8(p, at, i, value ? rest | 0x10 : rest)
}

/** GTP-U: extension present. 3GPP TS 29.281 section 5.1. */
export function extensionPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 8) & 0x4) !== 0
}
/** Sets the extension present. The checksum of layer 4 follows. */
export function setExtensionPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 8
  const rest = u8(p, i) & 0xfb
  segment8(p, at, i, value ? rest | 0x4 : rest)
}

/** GTP-U: sequence number present. 3GPP TS 29.281 section 5.1. */
export function sequenceNumberPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 8) & 0x2) !== 0
}
/** Sets the sequence number present. The checksum of layer 4 follows. */
export function setSequenceNumberPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 8
  const rest = u8(p, i) & 0xfd
  segment8(p, at, i, value ? rest | 0x2 : rest)
}

/** GTP-U: npdu number present. 3GPP TS 29.281 section 5.1. */
export function npduNumberPresent(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 8) & 0x1) !== 0
}
/** Sets the npdu number present. The checksum of layer 4 follows. */
export function setNpduNumberPresent(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 8
  const rest = u8(p, i) & 0xfe
  segment8(p, at, i, value ? rest | 0x1 : rest)
}

/** GTP-U: message type. 255: a packet of a user. 3GPP TS 29.281 section 5.1. */
export function messageType(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 9)
}
/** Sets the message type. The checksum of layer 4 follows. */
export function setMessageType(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 9, value)
}

/** GTP-U: length. Bytes behind these 8. 3GPP TS 29.281 section 5.1. */
export function length(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 10)
}
/** Sets the length. The checksum of layer 4 follows. */
export function setLength(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 10, value)
}

/** GTP-U: tunnel endpoint identifier. 3GPP TS 29.281 section 5.1. */
export function tunnelEndpointIdentifier(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 12)
}
/** Sets the tunnel endpoint identifier. The checksum of layer 4 follows. */
export function setTunnelEndpointIdentifier(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 12, value)
}

/** GTP-U: sequence number. There where any of the three flags is set. 3GPP TS 29.281 section 5.1. */
export function sequenceNumber(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 16)
}
/** Sets the sequence number. The checksum of layer 4 follows. */
export function setSequenceNumber(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 16, value)
}

/** GTP-U: npdu number. There where any of the three flags is set. 3GPP TS 29.281 section 5.1. */
export function npduNumber(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 18)
}
/** Sets the npdu number. The checksum of layer 4 follows. */
export function setNpduNumber(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 18, value)
}

/** GTP-U: next extension header type. There where any of the three flags is set. 3GPP TS 29.281 section 5.1. */
export function nextExtensionHeaderType(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 19)
}
/** Sets the next extension header type. The checksum of layer 4 follows. */
export function setNextExtensionHeaderType(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 19, value)
}
