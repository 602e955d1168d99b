// Writes capture files: pcap with nanoseconds, or pcapng with any number of interfaces.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { RxburstError } from '../errors.js'
import type { CaptureInterface, InterfaceStatistics, PacketNotes } from './packet.js'
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  type Section,
  sectionHeader,
} from './pcapng-blocks.js'

/** A packet that is to be written. A pcap file has no room for its notes. */
export interface PacketToWrite extends PacketNotes {
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
  /** Of a pcapng file. */
  readonly section?: Section
}

const MAGIC_NS = 0xa1b23c4d
const SECOND = 1_000_000_000n

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
        : [sectionHeader(options.section), ...interfaces.map((each) => interfaceDescription(each))]
    for (const bytes of head) stream.write(bytes)
  }

  /**
   * Writes one packet.
   * @throws ERR_BAD_ARGUMENT for an interface that the file does not have; what the stream failed with
   */
  async write(packet: PacketToWrite): Promise<void> {
    this.#check('a packet', packet.interface ?? 0)
    const { bytes, time, length = bytes.length, interface: on = 0 } = packet
    const pcap = this.#options.format === 'pcap'
    await this.#put(pcap ? pcapRecord(packet) : enhancedPacket(bytes, time, length, on, packet))
  }

  /**
   * Says what became of an interface's packets until `time`, ns since 1970. A pcap file has no room for it.
   * @throws ERR_BAD_ARGUMENT for an interface that the file does not have; what the stream failed with
   */
  async statistics(on: number, time: bigint, counts: InterfaceStatistics): Promise<void> {
    this.#check('statistics', on)
    if (this.#options.format === 'pcapng') await this.#put(interfaceStatistics(on, time, counts))
  }

  #check(what: string, on: number): void {
    const { interfaces } = this.#options
    if (!(on in interfaces))
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `${what} of interface ${on}: the file has ${interfaces.length}`,
      )
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (this.#error) throw this.#error
    if (!this.#stream.write(bytes)) await once(this.#stream, 'drain')
  }

  /** Ends the file; resolves once everything is written. */
  async end(): Promise<void> {
    if (this.#error) throw this.#error
    const finished = once(this.#stream, 'finish')
    this.#stream.end()
    await finished
  }
}
