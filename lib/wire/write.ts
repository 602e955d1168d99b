// Writes of a field that keep the checksum over it right, by the difference that they make (RFC 1624).
import { view } from '../worker/views.js'
import type { At } from './at.js'
import * as layout from './at.js'
import type { Bytes } from './bytes.js'
import * as bytes from './bytes.js'
import * as words from './checksum/checksum-words.js'
import * as whole from './checksum/checksums.js'

const { u8, u16, u32, set8, set16, set32 } = bytes
const { change16, change32, changed, fold } = words
const { ICMP, ICMPV6, TCP, TRANSPORT, UDP, networkOf, transportOf } = layout

const isPlain = bytes.isPlain
const { icmpOf } = whole
const network = view
const UDP_BYTES = 8
const IPV4_CHECKSUM = 10
const UDP_CHECKSUM = 6
const TCP_CHECKSUM = 16
const ICMP_CHECKSUM = 2

// At an odd place a word's two bytes count the other way round, and so does what they change.
const turned = (change: number): number => {
  const sum = fold(change)
  return ((sum & 0xff) << 8) | (sum >>> 8)
}

function changeHeader(p: Bytes, at: At, change: number): void {
  const i = networkOf(at) + IPV4_CHECKSUM
  set16(p, i, changed(u16(p, i), change))
}

/** A UDP checksum of 0 was never computed and stays so; one that becomes 0 is written as 0xffff (RFC 768). */
function changeUdp(p: Bytes, i: number, change: number): void {
  const checksum = u16(p, i)
  if (checksum !== 0) set16(p, i, changed(checksum, change) || 0xffff)
}

/** The checksum of layer 4, after a change of what it covers. */
export function changeTransport(p: Bytes, at: At, change: number): void {
  const kind = at & TRANSPORT
  const i = transportOf(at)
  if (kind === UDP) changeUdp(p, i + UDP_CHECKSUM, change)
  else if (kind === TCP) set16(p, i + TCP_CHECKSUM, changed(u16(p, i + TCP_CHECKSUM), change))
  else if (kind === ICMP)
    set16(p, i + ICMP_CHECKSUM, changed(u16(p, i + ICMP_CHECKSUM), change) || icmpOf(p, at))
  else if (kind === ICMPV6) set16(p, i + ICMP_CHECKSUM, changed(u16(p, i + ICMP_CHECKSUM), change))
}

/** The same after a change of the addresses, which ICMP's checksum does not cover. */
function changePseudo(p: Bytes, at: At, change: number): void {
  if ((at & TRANSPORT) !== ICMP) changeTransport(p, at, change)
}

/** Writes of the IPv4 header. */
export function header8(p: Bytes, at: At, i: number, value: number): void {
  const change = change16(u8(p, i), value & 0xff)
  set8(p, i, value)
  changeHeader(p, at, ((i - networkOf(at)) & 1) === 0 ? turned(change) : change)
}
export function header16(p: Bytes, at: At, i: number, value: number): void {
  const change = change16(u16(p, i), value)
  set16(p, i, value)
  changeHeader(p, at, ((i - networkOf(at)) & 1) === 0 ? change : turned(change))
}
export function header32(p: Bytes, at: At, i: number, value: number): void {
  const change = change32(u32(p, i), value)
  set32(p, i, value)
  changeHeader(p, at, ((i - networkOf(at)) & 1) === 0 ? change : turned(change))
}

/** Writes of layer 4 and of what stands in it. */
export function segment8(p: Bytes, at: At, i: number, value: number): void {
  const change = change16(u8(p, i), value & 0xff)
  set8(p, i, value)
  changeTransport(p, at, ((i - transportOf(at)) & 1) === 0 ? turned(change) : change)
}
export function segment16(p: Bytes, at: At, i: number, value: number): void {
  const change = change16(u16(p, i), value)
  set16(p, i, value)
  changeTransport(p, at, ((i - transportOf(at)) & 1) === 0 ? change : turned(change))
}
export function segment32(p: Bytes, at: At, i: number, value: number): void {
  const change = change32(u32(p, i), value)
  set32(p, i, value)
  changeTransport(p, at, ((i - transportOf(at)) & 1) === 0 ? change : turned(change))
}

function anyAddress32(p: Bytes, at: At, i: number, value: number): void {
  const change = change32(u32(p, i), value)
  set32(p, i, value)
  changeHeader(p, at, change)
  changePseudo(p, at, change)
}

// What NAT does with every packet: one look at the packet's place and length instead of one a read.
function arenaAddress32(p: Bytes, at: At, i: number, value: number): void {
  const l4 = transportOf(at)
  if (isPlain(p) || (i >>> 0) + 4 > p.length || l4 + UDP_BYTES > p.length) {
    anyAddress32(p, at, i, value)
    return
  }
  const offset = p.offset
  const address = (offset + i) >>> 0
  const change = change32(network.getUint32(address), value)
  network.setUint32(address, value)
  const header = (offset + networkOf(at) + IPV4_CHECKSUM) >>> 0
  network.setUint16(header, changed(network.getUint16(header), change))
  if ((at & TRANSPORT) !== UDP) {
    changePseudo(p, at, change)
    return
  }
  const place = (offset + l4 + UDP_CHECKSUM) >>> 0
  const checksum = network.getUint16(place)
  if (checksum !== 0) network.setUint16(place, changed(checksum, change) || 0xffff)
}

/** An address of the IPv4 header: its own checksum and that of layer 4. */
export const address32 = bytes.debug ? anyAddress32 : arenaAddress32

/** An address of the IPv6 header. */
export function address128(p: Bytes, at: At, i: number, a: number, b: number, c: number, d: number): void {
  const change =
    fold(change32(u32(p, i), a)) +
    fold(change32(u32(p, i + 4), b)) +
    fold(change32(u32(p, i + 8), c)) +
    fold(change32(u32(p, i + 12), d))
  plain128(p, i, a, b, c, d)
  changePseudo(p, at, change)
}

/** The length of IPv4: TCP's pseudo header has it too. */
export function changeTotalLength(p: Bytes, at: At, i: number, value: number): void {
  const change = change16(u16(p, i), value)
  header16(p, at, i, value)
  if ((at & TRANSPORT) === TCP) changeTransport(p, at, change)
}

/** The length of UDP, which its pseudo header has once more. */
export function changeUdpLength(p: Bytes, at: At, i: number, value: number): void {
  const change = change16(u16(p, i), value)
  segment16(p, at, i, value)
  changeTransport(p, at, change)
}

/** The length of IPv6: the pseudo header of TCP and ICMPv6 has what is left of it behind extension headers. */
export function changePayloadLength(p: Bytes, at: At, i: number, value: number): void {
  const change = change16(u16(p, i), value)
  set16(p, i, value)
  const kind = at & TRANSPORT
  if (kind === TCP || kind === ICMPV6) changeTransport(p, at, change)
}

export function plain128(p: Bytes, i: number, a: number, b: number, c: number, d: number): void {
  set32(p, i, a)
  set32(p, i + 4, b)
  set32(p, i + 8, c)
  set32(p, i + 12, d)
}

export function segment128(p: Bytes, at: At, i: number, a: number, b: number, c: number, d: number): void {
  segment32(p, at, i, a)
  segment32(p, at, i + 4, b)
  segment32(p, at, i + 8, c)
  segment32(p, at, i + 12, d)
}

export function plain48(p: Bytes, i: number, value: number): void {
  set16(p, i, Math.floor(value / 0x1_0000_0000))
  set32(p, i + 2, value >>> 0)
}

export function segment48(p: Bytes, at: At, i: number, value: number): void {
  segment16(p, at, i, Math.floor(value / 0x1_0000_0000))
  segment32(p, at, i + 2, value >>> 0)
}

/** Bytes, and zeros behind them up to `room`. */
export function segmentBytes(p: Bytes, at: At, i: number, value: ArrayLike<number>, room: number): void {
  for (let k = 0; k < room; k++) segment8(p, at, i + k, k < value.length ? value[k] : 0)
}
