// Capture files that gzip or zstd has compressed: which a name asks for, and what packs and unpacks them.
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { RxburstError } from '../errors.js'

/** Node has zstd from 22.15 and 23.8 on; the types of Node 20 do not know it. */
const { createZstdCompress, createZstdDecompress } = zlib as unknown as {
  createZstdCompress?: () => Transform
  createZstdDecompress?: () => Transform
}

const none = (packs: string) =>
  new RxburstError(
    'ERR_NOT_SUPPORTED',
    `zstd wants Node 22.15 or later; this is ${process.versions.node}. ${packs}`,
  )

/** The compression that a file's name asks for, and the name without it. */
export function compressionOf(name: string): { kind: 'gzip' | 'zstd' | 'none'; bare: string } {
  const [, bare, ending] = /^(.*)\.(gz|zst|zstd)$/.exec(name) ?? []
  if (bare === undefined) return { kind: 'none', bare: name }
  return { kind: ending === 'gz' ? 'gzip' : 'zstd', bare }
}

const unpackable = () => none(`Name the file .gz, or write to '-' and pipe it into zstd.`)

/** @throws ERR_NOT_SUPPORTED for a name that asks for zstd on a Node that lacks it */
export function checkCompression(name: string): void {
  if (compressionOf(name).kind === 'zstd' && !createZstdCompress) throw unpackable()
}

/**
 * What compresses a file of that name; undefined: nothing does.
 * @throws ERR_NOT_SUPPORTED for zstd on a Node that lacks it
 */
export function compressor(name: string): Transform | undefined {
  const { kind } = compressionOf(name)
  if (kind === 'none') return undefined
  // Level 1: a capture is as fast as what packs it, and its packets look alike.
  if (kind === 'gzip') return zlib.createGzip({ level: 1 })
  if (!createZstdCompress) throw unpackable()
  return createZstdCompress()
}

/**
 * What uncompresses a file that begins with these bytes; undefined: it is not compressed.
 * @throws ERR_NOT_SUPPORTED for zstd on a Node that lacks it
 */
export function decompressor(first: Uint8Array): Transform | undefined {
  if (first[0] === 0x1f && first[1] === 0x8b) return zlib.createGunzip()
  const zstd = first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd
  if (!zstd) return undefined
  if (!createZstdDecompress) throw none('Unpack the file by zstd -d.')
  return createZstdDecompress()
}
