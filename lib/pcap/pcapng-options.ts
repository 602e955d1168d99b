// Options of pcapng blocks as they are read. Damaged options describe nothing.
import type { InterfaceStatistics, PacketNotes } from './packet.js'
import { option } from './pcapng-codes.js'
import type { TimeUnit } from './time-unit.js'

/** One option; `little` is the byte order of its section. */
export interface FoundOption {
  readonly code: number
  readonly value: Uint8Array
  readonly view: DataView
  readonly little: boolean
}

const padded = (n: number) => (n + 3) & ~3
const XDP = 2

/** The options of a block's body, from byte `from` on, up to the end or the first that can't be. */
export function optionsOf(body: Uint8Array, from: number, little: boolean): FoundOption[] {
  const all = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const found: FoundOption[] = []
  for (let at = from; at + 4 <= body.length; ) {
    const [code, length] = [all.getUint16(at, little), all.getUint16(at + 2, little)]
    const value = body.subarray(at + 4, at + 4 + length)
    if (code === 0 || value.length < length) break
    found.push({
      code,
      value,
      view: new DataView(value.buffer, value.byteOffset, value.byteLength),
      little,
    })
    at += 4 + padded(length)
  }
  return found
}

/** What the options of an Enhanced Packet Block say; undefined where that is nothing. */
export function notesOf(options: readonly FoundOption[]): PacketNotes | undefined {
  const notes: { -readonly [Key in keyof PacketNotes]?: PacketNotes[Key] } = {}
  const comments: string[] = []
  for (const { code, value, view, little } of options) {
    const { length } = value
    if (code === option.comment) comments.push(new TextDecoder().decode(value))
    if (code === option.packet.flags && length === 4) {
      const direction = view.getUint32(0, little) & 3
      if (direction === 1 || direction === 2) notes.direction = direction === 1 ? 'in' : 'out'
    }
    if (code === option.packet.hash && length === 5) notes.hash = view.getUint32(1, little)
    if (code === option.packet.drops && length === 8) notes.drops = view.getBigUint64(0, little)
    if (code === option.packet.id && length === 8) notes.id = view.getBigUint64(0, little)
    if (code === option.packet.queue && length === 4) notes.queue = view.getUint32(0, little)
    if (code === option.packet.verdict && length === 9 && value[0] === XDP)
      notes.xdpAction = Number(view.getBigUint64(1, little))
  }
  if (comments.length > 0) notes.comments = comments
  return Object.keys(notes).length > 0 ? notes : undefined
}

/** What the options of an Interface Statistics Block say. */
export function statisticsOf(options: readonly FoundOption[], unit: TimeUnit): InterfaceStatistics {
  const counts: { -readonly [Key in keyof InterfaceStatistics]?: bigint } = {}
  const { start, end, ...numbers } = option.statistics
  for (const { code, value, view, little } of options) {
    if (value.length !== 8) continue
    const time = () => unit(view.getUint32(0, little), view.getUint32(4, little))
    if (code === start) counts.start = time()
    if (code === end) counts.end = time()
    for (const [name, its] of Object.entries(numbers))
      if (code === its) counts[name as keyof typeof numbers] = view.getBigUint64(0, little)
  }
  return counts
}
