// pcap files: a header of 24 bytes, then a record for each packet (draft-ietf-opsawg-pcap).
import type { ByteQueue } from './byte-queue.js'
import { cut, impossible } from './fault.js'
import { type CapturedPacket, type CaptureInterface, packetMax } from './packet.js'

const FILE_HEADER = 24
const RECORD_HEADER = 16
const FCS_PRESENT = 0x04000000

interface Variant {
  /** Bytes of a record's header. */
  record: number
  /** Nanoseconds of one unit of a timestamp's fraction. */
  unit: bigint
}

// Read as big-endian. The last is the format of Alexey Kuznetsov's patched libpcap, with 8 bytes more per record.
const MAGIC = new Map<number, Variant>([
  [0xa1b2c3d4, { record: RECORD_HEADER, unit: 1000n }],
  [0xa1b23c4d, { record: RECORD_HEADER, unit: 1n }],
  [0xa1b2cd34, { record: RECORD_HEADER + 8, unit: 1000n }],
])

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Whether a file that begins with these four bytes is a pcap file. */
export function isPcap(first: Uint8Array): boolean {
  const view = viewOf(first)
  return MAGIC.has(view.getUint32(0)) || MAGIC.has(view.getUint32(0, true))
}

/** Takes packets out of the bytes of a pcap file. */
export class PcapParser {
  readonly #queue: ByteQueue
  #little = false
  #variant!: Variant
  #interface: CaptureInterface | undefined
  #swaps: 'never' | 'maybe' | 'always' = 'never'
  #max = 0
  #count = 0

  constructor(queue: ByteQueue) {
    this.#queue = queue
  }

  /** The next packet; null while its bytes have not come. */
  next(): CapturedPacket | null {
    if (!this.#interface && !this.#readHeader()) return null
    const position = this.#queue.position
    const head = this.#queue.peek(this.#variant.record)
    if (!head) return null
    const view = viewOf(head)
    const word = (at: number) => view.getUint32(at, this.#little)
    let [captured, length] = [word(8), word(12)]
    if (this.#swaps === 'always' || (this.#swaps === 'maybe' && captured > length))
      [captured, length] = [length, captured]
    if (captured > this.#max)
      throw impossible(position, `a packet of ${captured} bytes: the most is ${this.#max}`)
    const record = this.#queue.take(this.#variant.record + captured)
    if (!record) return null
    return {
      number: ++this.#count,
      position,
      interface: this.#interface as CaptureInterface,
      time: BigInt(word(0)) * 1_000_000_000n + BigInt(word(4)) * this.#variant.unit,
      length,
      bytes: record.subarray(this.#variant.record),
    }
  }

  /** The file is over. @throws ERR_CAPTURE_CUT where that is too early */
  end(): void {
    if (!this.#interface) throw cut(this.#queue.position, 'the header of a pcap file')
    if (this.#queue.size > 0) throw cut(this.#queue.position, `the record of packet ${this.#count + 1}`)
  }

  #readHeader(): boolean {
    const head = this.#queue.take(FILE_HEADER)
    if (!head) return false
    const view = viewOf(head)
    this.#little = !MAGIC.has(view.getUint32(0))
    const half = (at: number) => view.getUint16(at, this.#little)
    const word = (at: number) => view.getUint32(at, this.#little)
    this.#variant = MAGIC.get(word(0)) as Variant
    const [major, minor] = [half(4), half(6)]
    if (major !== 2) throw impossible(4, `a pcap file of version ${major}.${minor}: version 2 is known`)
    // The two lengths of a record have changed places: before 2.3 they stood the other way round (libpcap, sf-pcap.c).
    this.#swaps = minor < 3 ? 'always' : minor === 3 ? 'maybe' : 'never'
    const network = word(20)
    const linkType = network & 0xffff
    this.#max = packetMax(linkType)
    this.#interface = {
      linkType,
      snapLength: word(16),
      ...(network & FCS_PRESENT ? { fcsLength: (network >>> 28) * 2 } : {}),
    }
    return true
  }
}
