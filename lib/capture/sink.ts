// Where the bytes of a capture go: a file, a ring of files, a compressed file, or a stream.
import { accessSync, constants, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { RxburstError } from '../errors.js'
import { checkCompression, compressionOf } from '../pcap/compression.js'
import { createCaptureFile } from '../pcap/file.js'
import type { CaptureStream } from './options.js'

/** One file, or what stands for one. `bytes` may change once write() has resolved. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>
  /** Bytes of a write that failed which are there all the same, as far as that is known. */
  readonly there: number
  /** Leaves only so many bytes of the write that failed. */
  cut(bytes: number): Promise<void>
  end(): Promise<void>
}

const cantWrite = (name: string, cause: unknown) =>
  new RxburstError('ERR_SYSTEM', `${name} can't be written: ${(cause as Error).message}`, { cause })

/**
 * Checks that a file can be made or written, without touching it; with `rotates`, files beside it.
 * @throws ERR_BAD_ARGUMENT; ERR_NOT_SUPPORTED for zstd on a Node that lacks it
 */
export function checkWritable(path: string, rotates = false): void {
  checkCompression(path)
  const refuse = (why: string) =>
    new RxburstError('ERR_BAD_ARGUMENT', `the capture can't be written to ${path}: ${why}`)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw refuse('it is a folder')
  try {
    if (found && !rotates) accessSync(path, constants.W_OK)
    else accessSync(dirname(path), constants.W_OK | constants.X_OK)
  } catch (error) {
    throw refuse((error as Error).message)
  }
}

/** A plain file. */
class FileSink implements Sink {
  there = 0
  readonly #name: string
  readonly #handle: FileHandle
  #whole = 0

  private constructor(name: string, handle: FileHandle) {
    this.#name = name
    this.#handle = handle
  }

  static async open(name: string): Promise<FileSink> {
    try {
      return new FileSink(name, await open(name, 'w', 0o600))
    } catch (error) {
      throw cantWrite(name, error)
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.there = 0
    try {
      while (this.there < bytes.length) {
        const left = bytes.length - this.there
        const { bytesWritten } = await this.#handle.write(bytes, this.there, left)
        this.there += bytesWritten
      }
      this.#whole += bytes.length
    } catch (error) {
      throw cantWrite(this.#name, error)
    }
  }

  async cut(bytes: number): Promise<void> {
    await this.#handle.truncate(this.#whole + bytes).catch(() => {}) // a device can't be cut
  }

  async end(): Promise<void> {
    await this.#handle.close()
  }
}

/** A stream, which may hold on to what it was given. */
class StreamSink implements Sink {
  readonly there = 0
  readonly #name: string
  readonly #stream: Writable
  readonly #ends: boolean
  readonly #failed: Promise<never>

  constructor(name: string, stream: Writable, ends: boolean) {
    this.#name = name
    this.#stream = stream
    this.#ends = ends
    this.#failed = new Promise((_, reject) => {
      stream.once('error', reject)
      stream.once('close', () => reject(new Error('the stream is closed')))
    })
    this.#failed.catch(() => {})
  }

  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) =>
      this.#stream.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve())),
    )
    await Promise.race([written, this.#failed]).catch((error) => {
      throw cantWrite(this.#name, error)
    })
  }

  async cut(): Promise<void> {}

  async end(): Promise<void> {
    if (!this.#ends || this.#stream.destroyed) return
    this.#stream.end()
    await finished(this.#stream, { readable: false }).catch((error) => {
      throw cantWrite(this.#name, error)
    })
  }
}

const openFile = async (name: string): Promise<Sink> =>
  compressionOf(name).kind === 'none'
    ? FileSink.open(name)
    : new StreamSink(name, createCaptureFile(name), true)

/** The name of the nth file of several: capture_00001.pcapng.gz. */
function nameOf(path: string, n: number): string {
  const { bare } = compressionOf(path)
  const ending = extname(bare) + path.slice(bare.length)
  return `${path.slice(0, path.length - ending.length)}_${String(n).padStart(5, '0')}${ending}`
}

/** Files one behind the other, each with a header and a trailer of its own. */
export class FileRing {
  readonly #path: string
  readonly #keep: number
  readonly #names: string[] = []
  #n = 0

  constructor(path: string, keep = Number.POSITIVE_INFINITY) {
    this.#path = path
    this.#keep = keep
  }

  async next(): Promise<Sink> {
    const name = nameOf(this.#path, ++this.#n)
    const sink = await openFile(name)
    this.#names.push(name)
    if (this.#names.length > this.#keep) rmSync(this.#names.shift()!, { force: true }) // somebody may have moved it away
    return sink
  }
}

/** The sink of a name or a stream; '-' is the standard output. */
export async function openSink(to: string | CaptureStream): Promise<Sink> {
  if (to === '-') return new StreamSink('the standard output', process.stdout, false)
  return typeof to === 'string' ? openFile(to) : new StreamSink('the stream', to as unknown as Writable, true)
}
