// Makes a project in a folder that is empty or not there yet.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { RxburstError } from '../errors.js'
import { filesFor } from './files.js'

export interface Project {
  /** The folder, as an absolute path. */
  folder: string
  /** Names of its files. */
  files: string[]
}

function checkFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isDirectory())
    throw new RxburstError(
      'ERR_BAD_ARGUMENT',
      `init wants a folder, and ${folder} is a file: name a folder that is not there yet`,
    )
  const held = readdirSync(folder)
  if (held.length > 0)
    throw new RxburstError(
      'ERR_BAD_ARGUMENT',
      `init wants an empty folder, and ${folder} holds ${held.length === 1 ? held[0] : `${held.length} files, ${held[0]} among them`}: name a folder that is not there yet`,
    )
}

/**
 * Writes a project's files.
 * @throws ERR_BAD_ARGUMENT for a folder that holds something, ERR_SYSTEM where it can't be written
 */
export function makeProject(path: string): Project {
  const folder = resolve(path)
  try {
    checkFolder(folder)
    const files = Object.entries(filesFor(folder))
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text, { flag: 'wx' })
    }
    return { folder, files: files.map(([name]) => name) }
  } catch (error) {
    if (error instanceof RxburstError) throw error
    throw new RxburstError('ERR_SYSTEM', `init can't write ${folder}: ${(error as Error).message}`)
  }
}
