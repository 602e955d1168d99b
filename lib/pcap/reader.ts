// Reads a capture file as a stream: pcap or pcapng, whichever it is, packet by packet, in bounded memory.
import { createReadStream } from 'node:fs'
import { Readable, type Transform } from 'node:stream'
import { ByteQueue } from './byte-queue.js'
import { decompressor } from './compression.js'
import { cut, impossible } from './fault.js'
import type { CapturedPacket } from './packet.js'
import { isPcap, PcapParser } from './pcap-parser.js'
import { isPcapng, PcapngParser } from './pcapng-parser.js'

const MAGIC_BYTES = 4

/** Takes packets out of bytes that come piece by piece. For a stream, readCapture() is simpler. */
export class CaptureParser {
  readonly #queue = new ByteQueue()
  #parser: PcapParser | PcapngParser | undefined

  /** The next bytes of the file, in pieces of any length. They must not change later: packets are views of them. */
  push(bytes: Uint8Array): void {
    this.#queue.push(bytes)
  }

  /**
   * The next packet; null while its bytes have not come.
   * @throws ERR_CAPTURE_FORMAT for what no such file can hold
   */
  next(): CapturedPacket | null {
    this.#parser ??= this.#choose()
    return this.#parser?.next() ?? null
  }

  /**
   * There are no more bytes. Call it once next() has returned null.
   * @throws ERR_CAPTURE_CUT where the file ends in the middle of a record
   */
  end(): void {
    if (!this.#parser) throw cut(0, 'its first four bytes')
    this.#parser.end()
  }

  #choose(): PcapParser | PcapngParser | undefined {
    const first = this.#queue.peek(MAGIC_BYTES)
    if (!first) return undefined
    if (isPcap(first)) return new PcapParser(this.#queue)
    if (isPcapng(first)) return new PcapngParser(this.#queue)
    const found = Buffer.from(first).toString('hex')
    throw impossible(0, `neither a pcap nor a pcapng file: it begins with the bytes ${found}`)
  }
}

/**
 * The packets of a capture file, as its bytes come. It reads no further than its consumer has come, and holds one piece
 * of the stream and one record.
 * @throws ERR_CAPTURE_CUT, ERR_CAPTURE_FORMAT after every packet that stands before the fault
 */
export async function* readCapture(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<CapturedPacket, void, undefined> {
  const parser = new CaptureParser()
  for await (const bytes of source) {
    parser.push(bytes)
    for (let packet = parser.next(); packet; packet = parser.next()) yield packet
  }
  parser.end()
}

/**
 * The packets of a file by name; '-' is the standard input. A file that gzip has compressed is read as well, and with
 * Node 22.15 one that zstd has.
 */
export function openCapture(path: string): AsyncGenerator<CapturedPacket, void, undefined> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 })
  return readCapture(inflated(stream))
}

/** What gzip or zstd has compressed, uncompressed; anything else as it is. */
async function* inflated(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]()
  try {
    yield* uncompressed(pieces)
  } finally {
    await pieces.return?.()
  }
}

async function* uncompressed(pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const first = await pieces.next()
  if (first.done) return
  const rest = async function* () {
    yield first.value
    for (;;) {
      const next = await pieces.next()
      if (next.done) return
      yield next.value
    }
  }
  const unpacked = decompressor(first.value)
  yield* unpacked ? unpack(rest(), unpacked) : rest()
}

async function* unpack(source: AsyncIterable<Uint8Array>, unpacked: Transform): AsyncGenerator<Uint8Array> {
  const packed = Readable.from(source)
  packed.on('error', (error) => unpacked.destroy(error))
  try {
    yield* packed.pipe(unpacked) as AsyncIterable<Uint8Array>
  } catch (error) {
    if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
    const { bytesWritten } = unpacked as Transform & { bytesWritten: number }
    throw cut(bytesWritten, `what is compressed (${(error as Error).message})`)
  } finally {
    packed.destroy()
  }
}
