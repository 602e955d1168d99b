// Blocks of a pcapng file as they are written: words in the machine's byte order, which is little-endian wherever
// rxburst runs (draft-ietf-opsawg-pcapng).
import type { CaptureInterface, InterfaceStatistics, PacketNotes } from './packet.js'
import { block, option } from './pcapng-codes.js'

const BYTE_ORDER = 0x1a2b3c4d
const TRAILER = 4
const padded = (n: number) => (n + 3) & ~3
const text = new TextEncoder()

/** A section's description of what made it. */
export interface Section {
  /** The machine, such as its processor. */
  readonly hardware?: string
  /** The operating system. */
  readonly os?: string
  /** The program that captured. */
  readonly application?: string
  readonly comments?: readonly string[]
}

type Option = readonly [code: number, value: Uint8Array]

function blockOf(type: number, head: Uint8Array, options: readonly Option[]): Uint8Array {
  const ends = options.length > 0 ? 4 : 0
  const size = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), padded(head.length) + ends)
  const bytes = new Uint8Array(12 + size)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, bytes.length, true)
  bytes.set(head, 8)
  let at = 8 + padded(head.length)
  for (const [code, value] of options) {
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    bytes.set(value, at + 4)
    at += 4 + padded(value.length)
  }
  view.setUint32(bytes.length - TRAILER, bytes.length, true)
  return bytes
}

const textOption = (code: number, value: string | undefined): Option[] =>
  value === undefined ? [] : [[code, cutText(value)]]

/** An option has at most 65535 bytes. */
const cutText = (value: string) => text.encode(value).subarray(0, 0xffff)

function wide(value: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, value, true)
  return new Uint8Array(view.buffer)
}

/** The block that a file begins with. */
export function sectionHeader({ hardware, os, application, comments = [] }: Section = {}): Uint8Array {
  const view = new DataView(new ArrayBuffer(16))
  view.setUint32(0, BYTE_ORDER, true)
  view.setUint16(4, 1, true)
  view.setBigInt64(8, -1n, true) // the section's length is not said
  return blockOf(block.section, new Uint8Array(view.buffer), [
    ...comments.flatMap((each) => textOption(option.comment, each)),
    ...textOption(option.section.hardware, hardware),
    ...textOption(option.section.os, os),
    ...textOption(option.section.application, application),
  ])
}

/** An interface, with nanoseconds. */
export function interfaceDescription(of: CaptureInterface): Uint8Array {
  const head = new DataView(new ArrayBuffer(8))
  head.setUint16(0, of.linkType, true)
  head.setUint32(4, of.snapLength, true)
  const options: Option[] = [
    ...textOption(option.name, of.name),
    ...textOption(option.description, of.description),
    ...(of.mac ? [[option.mac, of.mac] as const] : []),
    ...(of.speed === undefined ? [] : [[option.speed, wide(of.speed)] as const]),
    [option.resolution, Uint8Array.of(9)],
    // Its first byte says that an expression of libpcap follows.
    ...(of.filter === undefined ? [] : textOption(option.filter, `\0${of.filter}`)),
    ...textOption(option.os, of.os),
    ...(of.fcsLength === undefined ? [] : [[option.fcsLength, Uint8Array.of(of.fcsLength)] as const]),
  ]
  return blockOf(block.interface, new Uint8Array(head.buffer), options)
}

/** What became of the packets of an interface until `time`, ns since 1970. */
export function interfaceStatistics(on: number, time: bigint, counts: InterfaceStatistics): Uint8Array {
  const head = new DataView(new ArrayBuffer(12))
  head.setUint32(0, on, true)
  putTime(head, 4, time)
  const stamp = (code: number, at: bigint | undefined): Option[] => {
    if (at === undefined) return []
    const view = new DataView(new ArrayBuffer(8))
    putTime(view, 0, at)
    return [[code, new Uint8Array(view.buffer)]]
  }
  const count = (code: number, value: bigint | undefined): Option[] =>
    value === undefined ? [] : [[code, wide(value)]]
  return blockOf(block.statistics, new Uint8Array(head.buffer), [
    ...stamp(option.statistics.start, counts.start),
    ...stamp(option.statistics.end, counts.end),
    ...count(option.statistics.received, counts.received),
    ...count(option.statistics.dropped, counts.dropped),
    ...count(option.statistics.accepted, counts.accepted),
    ...count(option.statistics.delivered, counts.delivered),
  ])
}

function putTime(view: DataView, at: number, time: bigint): void {
  view.setUint32(at, Number(time >> 32n), true)
  view.setUint32(at + 4, Number(time & 0xffffffffn), true)
}

/** What stands behind a packet's bytes, in halves of 32 bits, so that a fast writer makes no object of it. */
export interface NoteWords {
  /** 1 in, 2 out; 0: not said. */
  direction: number
  hash: number
  hasHash: boolean
  dropsLow: number
  dropsHigh: number
  idLow: number
  idHigh: number
  hasId: boolean
  /** -1: not said. */
  queue: number
  /** An action of Linux' XDP; -1: none. */
  xdp: number
  comments: readonly Uint32Array[]
}

export const noNotes = (): NoteWords => ({
  direction: 0,
  hash: 0,
  hasHash: false,
  dropsLow: 0,
  dropsHigh: 0,
  idLow: 0,
  idHigh: 0,
  hasId: false,
  queue: -1,
  xdp: -1,
  comments: [],
})

/** A comment as an option: made once for those that come often. */
export function commentWords(comment: string): Uint32Array {
  const bytes = cutText(comment)
  const words = new Uint32Array(1 + padded(bytes.length) / 4)
  words[0] = option.comment | (bytes.length << 16)
  new Uint8Array(words.buffer).set(bytes, 4)
  return words
}

const TOEPLITZ = 5
const XDP = 2

/** Words of an Enhanced Packet Block in front of the packet's bytes. */
export const PACKET_HEAD_WORDS = 7
/** Words that may stand behind them, without comments. */
export const PACKET_TAIL_WORDS = 24

/** Writes what stands in front of the packet's bytes; the block's length is written last, by putPacketTail(). */
export function putPacketHead(
  words: Uint32Array,
  at: number,
  on: number,
  timeHigh: number,
  timeLow: number,
  captured: number,
  length: number,
): void {
  words[at] = block.enhancedPacket
  words[at + 2] = on
  words[at + 3] = timeHigh
  words[at + 4] = timeLow
  words[at + 5] = captured
  words[at + 6] = length
}

/**
 * Writes what stands behind the packet's bytes.
 * @param begin where the block begins
 * @param end the word behind the padded bytes
 * @returns the word behind the block
 */
export function putPacketTail(words: Uint32Array, begin: number, end: number, notes: NoteWords): number {
  let at = end
  for (const comment of notes.comments) {
    words.set(comment, at)
    at += comment.length
  }
  if (notes.direction !== 0) {
    words[at++] = option.packet.flags | (4 << 16)
    words[at++] = notes.direction
  }
  if (notes.hasHash) {
    words[at++] = option.packet.hash | (5 << 16)
    words[at++] = TOEPLITZ | (notes.hash << 8)
    words[at++] = notes.hash >>> 24
  }
  if (notes.dropsLow !== 0 || notes.dropsHigh !== 0) {
    words[at++] = option.packet.drops | (8 << 16)
    words[at++] = notes.dropsLow
    words[at++] = notes.dropsHigh
  }
  if (notes.hasId) {
    words[at++] = option.packet.id | (8 << 16)
    words[at++] = notes.idLow
    words[at++] = notes.idHigh
  }
  if (notes.queue >= 0) {
    words[at++] = option.packet.queue | (4 << 16)
    words[at++] = notes.queue
  }
  if (notes.xdp >= 0) {
    words[at++] = option.packet.verdict | (9 << 16)
    words[at++] = XDP | (notes.xdp << 8)
    words[at++] = 0
    words[at++] = 0
  }
  if (at !== end) words[at++] = 0
  const bytes = (at + 1 - begin) * 4
  words[begin + 1] = bytes
  words[at++] = bytes
  return at
}

function wordsOf(notes: PacketNotes): NoteWords {
  const { direction, hash, drops = 0n, id, queue = -1, xdpAction = -1, comments = [] } = notes
  return {
    direction: direction === 'in' ? 1 : direction === 'out' ? 2 : 0,
    hash: hash ?? 0,
    hasHash: hash !== undefined,
    dropsLow: Number(drops & 0xffffffffn),
    dropsHigh: Number(drops >> 32n),
    idLow: Number((id ?? 0n) & 0xffffffffn),
    idHigh: Number((id ?? 0n) >> 32n),
    hasId: id !== undefined,
    queue,
    xdp: xdpAction,
    comments: comments.map(commentWords),
  }
}

/** A packet with what is known of it. */
export function enhancedPacket(
  bytes: Uint8Array,
  time: bigint,
  length: number,
  on: number,
  notes: PacketNotes,
): Uint8Array {
  const these = wordsOf(notes)
  const packet = padded(bytes.length) / 4
  const comments = these.comments.reduce((sum, each) => sum + each.length, 0)
  const words = new Uint32Array(PACKET_HEAD_WORDS + packet + PACKET_TAIL_WORDS + comments)
  const high = Number(time >> 32n)
  putPacketHead(words, 0, on, high, Number(time & 0xffffffffn), bytes.length, length)
  new Uint8Array(words.buffer).set(bytes, PACKET_HEAD_WORDS * 4)
  const end = putPacketTail(words, 0, PACKET_HEAD_WORDS + packet, these)
  return new Uint8Array(words.buffer, 0, end * 4)
}
