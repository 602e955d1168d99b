// TCP, RFC 9293 section 3.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { set16, u8, u16, u32 } = bytes
const { transport } = places
const { segment16, segment32, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 20

/** TCP: source port. RFC 9293 section 3.1. */
export function sourcePort(p: Bytes, at: At): number {
  return u16(p, transport(p, at))
}
/** Sets the source port. The checksum of layer 4 follows. */
export function setSourcePort(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at), value)
}

/** TCP: destination port. RFC 9293 section 3.1. */
export function destinationPort(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 2)
}
/** Sets the destination port. The checksum of layer 4 follows. */
export function setDestinationPort(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 2, value)
}

/** TCP: sequence number. RFC 9293 section 3.1. */
export function sequenceNumber(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 4)
}
/** Sets the sequence number. The checksum of layer 4 follows. */
export function setSequenceNumber(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 4, value)
}

/** TCP: acknowledgment number. RFC 9293 section 3.1. */
export function acknowledgmentNumber(p: Bytes, at: At): number {
  return u32(p, transport(p, at) + 8)
}
/** Sets the acknowledgment number. The checksum of layer 4 follows. */
export function setAcknowledgmentNumber(p: Bytes, at: At, value: number): void {
  segment32(p, at, transport(p, at) + 8, value)
}

/** TCP: data offset. Header length in words of 32 bits: 5 without options. RFC 9293 section 3.1. */
export function dataOffset(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 12) >>> 4) & 0xf
}
/** Sets the data offset. The checksum of layer 4 follows. */
export function setDataOffset(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 12
  segment8(p, at, i, (u8(p, i) & 0xf) | ((value & 0xf) << 4))
}

/** TCP: reserved and flags. The reserved bits and the flags in one number. RFC 9293 section 3.1. */
export function reservedAndFlags(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 12) & 0xfff
}
/** Sets the reserved and flags. The checksum of layer 4 follows. */
export function setReservedAndFlags(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 12
  segment16(p, at, i, (u16(p, i) & 0xf000) | (value & 0xfff))
}

/** TCP: reserved. RFC 9293 section 3.1. */
export function reserved(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 12) >>> 1) & 0x7
}
/** Sets the reserved. The checksum of layer 4 follows. */
export function setReserved(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 12
  segment8(p, at, i, (u8(p, i) & 0xf1) | ((value & 0x7) << 1))
}

/** TCP: ae. RFC 9768 section 3. */
export function ae(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 12) & 0x1) !== 0
}
/** Sets the ae. The checksum of layer 4 follows. */
export function setAe(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 12
  const rest = u8(p, i) & 0xfe
  segment8(p, at, i, value ? rest | 0x1 : rest)
}

/** TCP: flags. CWR, ECE, URG, ACK, PSH, RST, SYN, FIN from 0x80 down to 1. RFC 9293 section 3.1. */
export function flags(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 13)
}
/** Sets the flags. The checksum of layer 4 follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  segment8(p, at, transport(p, at) + 13, value)
}

/** TCP: cwr. RFC 9293 section 3.1. */
export function cwr(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x80) !== 0
}
/** Sets the cwr. The checksum of layer 4 follows. */
export function setCwr(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** TCP: ece. RFC 9293 section 3.1. */
export function ece(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x40) !== 0
}
/** Sets the ece. The checksum of layer 4 follows. */
export function setEce(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0xbf
  segment8(p, at, i, value ? rest | 0x40 : rest)
}

/** TCP: urg. RFC 9293 section 3.1. */
export function urg(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x20) !== 0
}
/** Sets the urg. The checksum of layer 4 follows. */
export function setUrg(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0xdf
  segment8(p, at, i, value ? rest | 0x20 : rest)
}

/** TCP: ack. RFC 9293 section 3.1. */
export function ack(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x10) !== 0
}
/** Sets the ack. The checksum of layer 4 follows. */
export function setAck(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0xef
  segment8(p, at, i, value ? rest | 0x10 : rest)
}

/** TCP: psh. RFC 9293 section 3.1. */
export function psh(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x8) !== 0
}
/** Sets the psh. The checksum of layer 4 follows. */
export function setPsh(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0xf7
  segment8(p, at, i, value ? rest | 0x8 : rest)
}

/** TCP: rst. RFC 9293 section 3.1. */
export function rst(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x4) !== 0
}
/** Sets the rst. The checksum of layer 4 follows. */
export function setRst(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0xfb
  segment8(p, at, i, value ? rest | 0x4 : rest)
}

/** TCP: syn. RFC 9293 section 3.1. */
export function syn(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x2) !== 0
}
/** Sets the syn. The checksum of layer 4 follows. */
export function setSyn(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0xfd
  segment8(p, at, i, value ? rest | 0x2 : rest)
}

/** TCP: fin. RFC 9293 section 3.1. */
export function fin(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 13) & 0x1) !== 0
}
/** Sets the fin. The checksum of layer 4 follows. */
export function setFin(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 13
  const rest = u8(p, i) & 0xfe
  segment8(p, at, i, value ? rest | 0x1 : rest)
}

/** TCP: window. RFC 9293 section 3.1. */
export function window(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 14)
}
/** Sets the window. The checksum of layer 4 follows. */
export function setWindow(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 14, value)
}

/** TCP: checksum. RFC 9293 section 3.1. */
export function checksum(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 16)
}
/** Sets the checksum. Written as it is. */
export function setChecksum(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at) + 16, value)
}

/** TCP: urgent pointer. RFC 9293 section 3.1. */
export function urgentPointer(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 18)
}
/** Sets the urgent pointer. The checksum of layer 4 follows. */
export function setUrgentPointer(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 18, value)
}
