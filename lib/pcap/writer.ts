// Writes capture files: pcap with nanoseconds, or pcapng with any number of interfaces.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { RxburstError } from '../errors.js'
import type { CaptureInterface } from './packet.js'
import { block, option } from './pcapng-parser.js'

/** A packet that is to be written. */
export interface PacketToWrite {
  readonly bytes: Uint8Array
  /** When it was captured, ns since 1970. */
  readonly time: bigint
  /** Bytes that it had; default: those that are written. */
  readonly length?: number
  /** Index of its interface, of a pcapng file; default 0. */
  readonly interface?: number
}

export interface WriterOptions {
  /** pcap has one interface. */
  readonly format: 'pcap' | 'pcapng'
  readonly interfaces: readonly CaptureInterface[]
}

const MAGIC_NS = 0xa1b23c4d
const SECOND = 1_000_000_000n
const padded = (n: number) => (n + 3) & ~3

/** The 24 bytes at the beginning of a pcap file, little-endian, with nanoseconds. */
export function pcapHeader({ linkType, snapLength }: CaptureInterface): Uint8Array {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC_NS, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, snapLength || 262144, true)
  view.setUint32(20, linkType, true)
  return bytes
}

/** One record of a pcap file with nanoseconds. */
export function pcapRecord({ bytes, time, length = bytes.length }: PacketToWrite): Uint8Array {
  const record = new Uint8Array(16 + bytes.length)
  const view = new DataView(record.buffer)
  view.setUint32(0, Number(time / SECOND), true)
  view.setUint32(4, Number(time % SECOND), true)
  view.setUint32(8, bytes.length, true)
  view.setUint32(12, length, true)
  record.set(bytes, 16)
  return record
}

/** A block of a pcapng file, little-endian, around a body that is padded to four bytes. */
function blockOf(type: number, body: Uint8Array): Uint8Array {
  const length = 12 + padded(body.length)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  bytes.set(body, 8)
  view.setUint32(length - 4, length, true)
  return bytes
}

function sectionHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(16))
  view.setUint32(0, 0x1a2b3c4d, true)
  view.setUint16(4, 1, true)
  view.setBigInt64(8, -1n, true) // the section's length is not said
  return blockOf(block.section, new Uint8Array(view.buffer))
}

function interfaceDescription({ linkType, snapLength, fcsLength, name }: CaptureInterface): Uint8Array {
  const options: [number, Uint8Array][] = [[option.resolution, Uint8Array.of(9)]]
  if (fcsLength !== undefined) options.push([option.fcsLength, Uint8Array.of(fcsLength)])
  if (name !== undefined) options.unshift([option.name, new TextEncoder().encode(name)])
  const body = new Uint8Array(options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 12))
  const view = new DataView(body.buffer)
  view.setUint16(0, linkType, true)
  view.setUint32(4, snapLength, true)
  let at = 8
  for (const [code, value] of options) {
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    body.set(value, at + 4)
    at += 4 + padded(value.length)
  }
  return blockOf(block.interface, body)
}

function enhancedPacket({
  bytes,
  time,
  length = bytes.length,
  interface: on = 0,
}: PacketToWrite): Uint8Array {
  const body = new Uint8Array(20 + bytes.length)
  const view = new DataView(body.buffer)
  view.setUint32(0, on, true)
  view.setUint32(4, Number(time >> 32n), true)
  view.setUint32(8, Number(time & 0xffffffffn), true)
  view.setUint32(12, bytes.length, true)
  view.setUint32(16, length, true)
  body.set(bytes, 20)
  return blockOf(block.enhancedPacket, body)
}

/** Writes packets into a stream. Await write(): it resolves once the stream wants more. */
export class CaptureWriter {
  readonly #stream: Writable
  readonly #options: WriterOptions
  #error: Error | undefined

  /** @throws ERR_BAD_OPTION for a number of interfaces that the format can't have */
  constructor(stream: Writable, options: WriterOptions) {
    const { format, interfaces } = options
    if (interfaces.length === 0 || (format === 'pcap' && interfaces.length > 1))
      throw new RxburstError(
        'ERR_BAD_OPTION',
        `a ${format} file has ${format === 'pcap' ? 'one interface' : 'at least one interface'}, not ${interfaces.length}`,
      )
    this.#stream = stream
    this.#options = options
    stream.on('error', (error) => {
      this.#error = error
    })
    const head =
      format === 'pcap'
        ? [pcapHeader(interfaces[0])]
        : [sectionHeader(), ...interfaces.map((each) => interfaceDescription(each))]
    for (const bytes of head) stream.write(bytes)
  }

  /**
   * Writes one packet.
   * @throws ERR_BAD_ARGUMENT for an interface that the file does not have; what the stream failed with
   */
  async write(packet: PacketToWrite): Promise<void> {
    const { format, interfaces } = this.#options
    if (!((packet.interface ?? 0) in interfaces))
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `a packet of interface ${packet.interface}: the file has ${interfaces.length}`,
      )
    if (this.#error) throw this.#error
    const more = this.#stream.write(format === 'pcap' ? pcapRecord(packet) : enhancedPacket(packet))
    if (!more) await once(this.#stream, 'drain')
  }

  /** Ends the file; resolves once everything is written. */
  async end(): Promise<void> {
    if (this.#error) throw this.#error
    const finished = once(this.#stream, 'finish')
    this.#stream.end()
    await finished
  }
}
