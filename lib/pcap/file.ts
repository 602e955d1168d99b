// A capture file as a stream to write into, compressed where its name says so.
import { createWriteStream } from 'node:fs'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { compressor } from './compression.js'

/**
 * The file of that name, for its user alone; its end is '.gz' for gzip and '.zst' for zstd. It has ended when everything is in the file.
 * @throws ERR_NOT_SUPPORTED for zstd on a Node that lacks it
 */
export function createCaptureFile(path: string): Writable {
  const packs = compressor(path)
  const file = createWriteStream(path, { mode: 0o600 })
  if (!packs) return file
  const written = finished(packs.pipe(file))
  written.catch((error) => packs.destroy(error))
  return new Writable({
    write: (bytes, _, done) => {
      if (packs.destroyed) done(packs.errored ?? new Error('the file is closed'))
      else packs.write(bytes, done)
    },
    final: (done) => {
      written.then(() => done(), done)
      packs.end()
    },
    destroy: (error, done) => {
      packs.destroy()
      file.destroy()
      done(error)
    },
  })
}
