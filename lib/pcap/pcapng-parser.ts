// pcapng files: blocks, some of which describe interfaces and some of which hold packets (draft-ietf-opsawg-pcapng).
import type { ByteQueue } from './byte-queue.js'
import { cut, impossible } from './fault.js'
import {
  type CapturedPacket,
  type CaptureInterface,
  type InterfaceStatistics,
  PACKET_MAX_LONG,
  packetMax,
} from './packet.js'
import { block, option } from './pcapng-codes.js'
import { notesOf, optionsOf, statisticsOf } from './pcapng-options.js'
import { resolutionOf, type TimeUnit } from './time-unit.js'

const BYTE_ORDER = 0x1a2b3c4d
const FRAME = 12 // type, length, and the length again at the end
// Wireshark's limit: the longest packet, and 128 KiB of options.
const BLOCK_MAX = PACKET_MAX_LONG + 131072
const NANOSECONDS = resolutionOf(9, 0n)

interface Described extends CaptureInterface {
  readonly unit: TimeUnit
  statistics?: InterfaceStatistics
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const padded = (n: number) => (n + 3) & ~3
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Whether a file that begins with these four bytes is a pcapng file. */
export const isPcapng = (first: Uint8Array): boolean => viewOf(first).getUint32(0) === block.section

/** Takes packets out of the bytes of a pcapng file. */
export class PcapngParser {
  readonly #queue: ByteQueue
  #little = false
  #sections = 0
  #interfaces: Described[] = []
  #count = 0
  /** Bytes of a block of no use that are still to come, and its length, which stands behind them. */
  #skipping = 0
  #skipped = 0

  constructor(queue: ByteQueue) {
    this.#queue = queue
  }

  /** The next packet; null while its bytes have not come. */
  next(): CapturedPacket | null {
    for (;;) {
      if (this.#skipping > 0 && !this.#skip()) return null
      const position = this.#queue.position
      const head = this.#queue.peek(FRAME)
      if (!head) return null
      const type = viewOf(head).getUint32(0, this.#little)
      if (type === block.section) this.#readByteOrder(position, viewOf(head))
      else if (this.#sections === 0) throw impossible(position, 'a block before the first section header')
      const length = this.#lengthOf(position, viewOf(head).getUint32(4, this.#little))
      if (!Object.values<number>(block).includes(type)) {
        this.#skipping = this.#skipped = length
        continue
      }
      const bytes = this.#queue.take(length)
      if (!bytes) return null
      this.#checkTrailer(position, length, viewOf(bytes).getUint32(length - 4, this.#little))
      const packet = this.#read(type, position, bytes.subarray(8, length - 4))
      if (packet) return packet
    }
  }

  /** The file is over. @throws ERR_CAPTURE_CUT where that is too early */
  end(): void {
    if (this.#sections === 0) throw cut(this.#queue.position, 'the section header of a pcapng file')
    if (this.#queue.size > 0 || this.#skipping > 0) throw cut(this.#queue.position, 'a block')
  }

  #skip(): boolean {
    this.#skipping -= this.#queue.skip(this.#skipping - 4)
    if (this.#skipping > 4) return false
    const position = this.#queue.position
    const tail = this.#queue.take(4)
    if (!tail) return false
    this.#skipping = 0
    this.#checkTrailer(position + 4 - this.#skipped, this.#skipped, viewOf(tail).getUint32(0, this.#little))
    return true
  }

  #lengthOf(position: number, length: number): number {
    if (length < FRAME || length > BLOCK_MAX)
      throw impossible(position, `a block of ${length} bytes: it has ${FRAME} to ${BLOCK_MAX}`)
    return padded(length) // some programs leave the padding out of the length
  }

  #checkTrailer(position: number, length: number, trailer: number): void {
    if (padded(trailer) === length) return
    throw impossible(position, `a block of ${length} bytes that says ${trailer} bytes at its end`)
  }

  #readByteOrder(position: number, view: DataView): void {
    const big = view.getUint32(8)
    if (big !== BYTE_ORDER && view.getUint32(8, true) !== BYTE_ORDER)
      throw impossible(position + 8, `a section header without a byte order: 0x${big.toString(16)}`)
    this.#little = big !== BYTE_ORDER
  }

  #read(type: number, position: number, body: Uint8Array): CapturedPacket | null {
    const view = viewOf(body)
    const need = (n: number, what: string) => {
      if (body.length < n) throw impossible(position, `${what} of ${body.length + FRAME} bytes is too short`)
    }
    switch (type) {
      case block.section: {
        need(16, 'a section header')
        const major = view.getUint16(4, this.#little)
        if (major !== 1)
          throw impossible(position + 12, `a pcapng section of version ${major}: version 1 is known`)
        this.#sections++
        this.#interfaces = []
        return null
      }
      case block.interface:
        need(8, 'an interface description')
        this.#interfaces.push(this.#readInterface(view, body))
        return null
      case block.simplePacket: {
        need(4, 'a simple packet')
        const on = this.#interfaceOf(position, 0)
        const length = view.getUint32(0, this.#little)
        const captured = Math.min(length, on.snapLength || length)
        return this.#packet(position, on, undefined, captured, length, body, 4)
      }
      case block.statistics: {
        need(12, 'interface statistics')
        const on = this.#interfaces[view.getUint32(0, this.#little)]
        if (on) on.statistics = statisticsOf(optionsOf(body, 12, this.#little), on.unit)
        return null
      }
      case block.packet:
      case block.enhancedPacket: {
        need(20, 'a packet block')
        const number =
          type === block.packet ? view.getUint16(0, this.#little) : view.getUint32(0, this.#little)
        const on = this.#interfaceOf(position, number)
        const word = (at: number) => view.getUint32(at, this.#little)
        return this.#packet(position, on, on.unit(word(4), word(8)), word(12), word(16), body, 20)
      }
    }
    return null
  }

  #packet(
    position: number,
    on: Described,
    time: bigint | undefined,
    captured: number,
    length: number,
    body: Uint8Array,
    at: number,
  ): CapturedPacket {
    const most = packetMax(on.linkType)
    if (captured > most) throw impossible(position, `a packet of ${captured} bytes: the most is ${most}`)
    if (captured > body.length - at)
      throw impossible(
        position,
        `a packet of ${captured} bytes in a block that has room for ${body.length - at}`,
      )
    const bytes = body.subarray(at, at + captured)
    const packet = { number: ++this.#count, position, interface: on, time, length, bytes }
    const behind = at + padded(captured)
    if (time === undefined || behind + 4 > body.length) return packet // a Simple Packet Block has no options
    const notes = notesOf(optionsOf(body, behind, this.#little))
    return notes ? { ...packet, notes } : packet
  }

  #interfaceOf(position: number, number: number): Described {
    const found = this.#interfaces[number]
    if (found) return found
    throw impossible(
      position,
      `a packet of interface ${number}: the section has described ${this.#interfaces.length} interfaces`,
    )
  }

  #readInterface(view: DataView, body: Uint8Array): Described {
    let resolution = 6
    let offset = 0n
    const found: { -readonly [Key in keyof CaptureInterface]?: CaptureInterface[Key] } = {}
    for (const { code, value, view: of } of optionsOf(body, 8, this.#little)) {
      const { length } = value
      if (code === option.resolution && length === 1) resolution = value[0]
      if (code === option.fcsLength && length === 1) found.fcsLength = value[0]
      if (code === option.offset && length === 8) offset = of.getBigInt64(0, this.#little)
      if (code === option.speed && length === 8) found.speed = of.getBigUint64(0, this.#little)
      if (code === option.mac && length === 6) found.mac = value
      if (code === option.name) found.name = text(value)
      if (code === option.description) found.description = text(value)
      if (code === option.os) found.os = text(value)
      if (code === option.filter && value[0] === 0) found.filter = text(value.subarray(1))
    }
    return {
      linkType: view.getUint16(0, this.#little),
      snapLength: view.getUint32(4, this.#little),
      unit: resolution === 9 && offset === 0n ? NANOSECONDS : resolutionOf(resolution, offset),
      ...found,
    }
  }
}
