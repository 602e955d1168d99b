// DNS header, RFC 1035 section 4.1.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { u8, u16 } = bytes
const { transport } = places
const { segment16, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 12

/** DNS header: id. RFC 1035 section 4.1.1. */
export function id(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 8)
}
/** Sets the id. The checksum of layer 4 follows. */
export function setId(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 8, value)
}

/** DNS header: flags. RFC 1035 section 4.1.1. */
export function flags(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 10)
}
/** Sets the flags. The checksum of layer 4 follows. */
export function setFlags(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 10, value)
}

/** DNS header: response. RFC 1035 section 4.1.1. */
export function response(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 10) & 0x80) !== 0
}
/** Sets the response. The checksum of layer 4 follows. */
export function setResponse(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 10
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** DNS header: opcode. RFC 1035 section 4.1.1. */
export function opcode(p: Bytes, at: At): number {
  return (u8(p, transport(p, at) + 10) >>> 3) & 0xf
}
/** Sets the opcode. The checksum of layer 4 follows. */
export function setOpcode(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 10
  segment8(p, at, i, (u8(p, i) & 0x87) | ((value & 0xf) << 3))
}

/** DNS header: authoritative answer. RFC 1035 section 4.1.1. */
export function authoritativeAnswer(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 10) & 0x4) !== 0
}
/** Sets the authoritative answer. The checksum of layer 4 follows. */
export function setAuthoritativeAnswer(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 10
  const rest = u8(p, i) & 0xfb
  segment8(p, at, i, value ? rest | 0x4 : rest)
}

/** DNS header: truncation. RFC 1035 section 4.1.1. */
export function truncation(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 10) & 0x2) !== 0
}
/** Sets the truncation. The checksum of layer 4 follows. */
export function setTruncation(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 10
  const rest = u8(p, i) & 0xfd
  segment8(p, at, i, value ? rest | 0x2 : rest)
}

/** DNS header: recursion desired. RFC 1035 section 4.1.1. */
export function recursionDesired(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 10) & 0x1) !== 0
}
/** Sets the recursion desired. The checksum of layer 4 follows. */
export function setRecursionDesired(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 10
  const rest = u8(p, i) & 0xfe
  segment8(p, at, i, value ? rest | 0x1 : rest)
}

/** DNS header: recursion available. RFC 1035 section 4.1.1. */
export function recursionAvailable(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 11) & 0x80) !== 0
}
/** Sets the recursion available. The checksum of layer 4 follows. */
export function setRecursionAvailable(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 11
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** DNS header: reserved. RFC 1035 section 4.1.1. */
export function reserved(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 11) & 0x40) !== 0
}
/** Sets the reserved. The checksum of layer 4 follows. */
export function setReserved(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 11
  const rest = u8(p, i) & 0xbf
  segment8(p, at, i, value ? rest | 0x40 : rest)
}

/** DNS header: authentic data. RFC 2535 section 6.1. */
export function authenticData(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 11) & 0x20) !== 0
}
/** Sets the authentic data. The checksum of layer 4 follows. */
export function setAuthenticData(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 11
  const rest = u8(p, i) & 0xdf
  segment8(p, at, i, value ? rest | 0x20 : rest)
}

/** DNS header: checking disabled. RFC 2535 section 6.1. */
export function checkingDisabled(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 11) & 0x10) !== 0
}
/** Sets the checking disabled. The checksum of layer 4 follows. */
export function setCheckingDisabled(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 11
  const rest = u8(p, i) & 0xef
  segment8(p, at, i, value ? rest | 0x10 : rest)
}

/** DNS header: response code. RFC 1035 section 4.1.1. */
export function responseCode(p: Bytes, at: At): number {
  return u8(p, transport(p, at) + 11) & 0xf
}
/** Sets the response code. The checksum of layer 4 follows. */
export function setResponseCode(p: Bytes, at: At, value: number): void {
  const i = transport(p, at) + 11
  segment8(p, at, i, (u8(p, i) & 0xf0) | (value & 0xf))
}

/** DNS header: question count. RFC 1035 section 4.1.1. */
export function questionCount(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 12)
}
/** Sets the question count. The checksum of layer 4 follows. */
export function setQuestionCount(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 12, value)
}

/** DNS header: answer count. RFC 1035 section 4.1.1. */
export function answerCount(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 14)
}
/** Sets the answer count. The checksum of layer 4 follows. */
export function setAnswerCount(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 14, value)
}

/** DNS header: authority count. RFC 1035 section 4.1.1. */
export function authorityCount(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 16)
}
/** Sets the authority count. The checksum of layer 4 follows. */
export function setAuthorityCount(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 16, value)
}

/** DNS header: additional count. RFC 1035 section 4.1.1. */
export function additionalCount(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 18)
}
/** Sets the additional count. The checksum of layer 4 follows. */
export function setAdditionalCount(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 18, value)
}
