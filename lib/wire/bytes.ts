// Reads and writes of a packet's bytes, in network byte order: of a packet in the arena through the one view of all
// memory, of a plain Uint8Array through itself. Outside the packet a read gives 0 and a write does nothing; in debug
// mode both throw for a packet.
import type { PacketBytes } from '../worker/packet.js'
import { u8 as arena, start, view } from '../worker/views.js'

/** The source of headers: a packet of a burst (`burst.at(i)`), one that the program owns, or bytes of any origin. */
export type Bytes = PacketBytes | Uint8Array

// Constants of this module: V8 folds them into the code, and looks imports up at every use.
const memory = arena
const network = view

// `>>> 0` says that the sum is a place in memory of 4 GiB at most: V8 then adds 32 bits instead of 64.

// `u16` tells the two apart, not `offset`: Node's Buffer has a property of that name.
const plain = (p: Bytes): p is Uint8Array => (p as PacketBytes).u16 === undefined
/** Not in the arena. An export is looked up at every use, in its own module too; so this one has a name for either. */
export const isPlain = plain

function read8(p: Bytes, i: number): number {
  if (plain(p)) return i >>> 0 < p.length ? p[i] : 0
  return i >>> 0 < p.length ? memory[(p.offset + i) >>> 0] : 0
}

function read16(p: Bytes, i: number): number {
  if (plain(p)) return plain16(p, i)
  return (i >>> 0) + 2 <= p.length ? network.getUint16((p.offset + i) >>> 0) : 0
}

function read32(p: Bytes, i: number): number {
  if (plain(p)) return plain32(p, i)
  return (i >>> 0) + 4 <= p.length ? network.getUint32((p.offset + i) >>> 0) : 0
}

function plain16(p: Uint8Array, i: number): number {
  return (i >>> 0) + 2 > p.length ? 0 : (p[i] << 8) | p[i + 1]
}

function plain32(p: Uint8Array, i: number): number {
  return (i >>> 0) + 4 > p.length ? 0 : ((p[i] << 24) | (p[i + 1] << 16) | (p[i + 2] << 8) | p[i + 3]) >>> 0
}

function write8(p: Bytes, i: number, value: number): void {
  if (i >>> 0 >= p.length) return
  if (plain(p)) p[i] = value
  else memory[(p.offset + i) >>> 0] = value
}

function write16(p: Bytes, i: number, value: number): void {
  if ((i >>> 0) + 2 > p.length) return
  if (plain(p)) {
    p[i] = value >>> 8
    p[i + 1] = value
  } else network.setUint16((p.offset + i) >>> 0, value)
}

function write32(p: Bytes, i: number, value: number): void {
  if ((i >>> 0) + 4 > p.length) return
  if (plain(p)) {
    p[i] = value >>> 24
    p[i + 1] = value >>> 16
    p[i + 2] = value >>> 8
    p[i + 3] = value
  } else network.setUint32((p.offset + i) >>> 0, value)
}

// debug: true. The packet's own methods check that it is alive and that the byte is inside.
const checked8 = (p: Bytes, i: number): number => (plain(p) ? read8(p, i) : p.u8(i))
const checked16 = (p: Bytes, i: number): number => (plain(p) ? read16(p, i) : p.u16(i))
const checked32 = (p: Bytes, i: number): number => (plain(p) ? read32(p, i) : p.u32(i))
const checkedWrite8 = (p: Bytes, i: number, value: number): void =>
  plain(p) ? write8(p, i, value) : void p.u8(i, value)
const checkedWrite16 = (p: Bytes, i: number, value: number): void =>
  plain(p) ? write16(p, i, value) : void p.u16(i, value)
const checkedWrite32 = (p: Bytes, i: number, value: number): void =>
  plain(p) ? write32(p, i, value) : void p.u32(i, value)

export const debug = start?.debug ?? false
export const u8 = debug ? checked8 : read8
export const u16 = debug ? checked16 : read16
export const u32 = debug ? checked32 : read32
export const set8 = debug ? checkedWrite8 : write8
export const set16 = debug ? checkedWrite16 : write16
export const set32 = debug ? checkedWrite32 : write32

/** Reads that give 0 outside the packet in debug mode too, for code that looks before it knows. */
export const look8 = read8
export const look16 = read16
export const look32 = read32

/** 48 bits as a number: exact, since a double has 53. */
export const u48 = (p: Bytes, i: number): number => u16(p, i) * 0x1_0000_0000 + u32(p, i + 2)

/** A copy of `length` bytes from byte `i` on; what lies outside the packet is 0. */
export function copy(p: Bytes, i: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let k = 0; k < length; k++) bytes[k] = look8(p, i + k)
  return bytes
}
