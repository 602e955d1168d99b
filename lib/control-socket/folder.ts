// Where control sockets lie: a folder that only its user can enter, and files whose names tell living processes from
// dead ones.
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, readdirSync, unlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import { pidNamespace, startTime } from '../process-identity.js'

const require = createRequire(import.meta.url)
const PATH_MAX = 107 // sockaddr_un has 108 bytes with the closing zero, and a longer path would be cut
const OTHERS_WRITE = 0o022
const OTHERS_ENTER = 0o077
const LOCK_TRIES = 500
const LOCK_PAUSE_MS = 10
const FILE = /^(\d+)-(\d+)-(\d+)-[0-9a-f]{6}-([A-Za-z0-9_.-]*)\.sock$/

/** A data plane's socket, as its file names it. */
export interface Entry {
  path: string
  /** The owner of its folder: the data plane's user. */
  uid: number
  pid: number
  /** Whether `pid` counts in this process's namespace. */
  here: boolean
  /** Undefined: it was given none. */
  name: string | undefined
}

const self = () => process.geteuid!()

/** This user's folders; the first that can be had is used, all are looked through. */
function ownFolders(): string[] {
  const uid = self()
  const given = process.env.RXBURST_CONTROL
  if (given) return [given]
  const runtime = process.env.XDG_RUNTIME_DIR
  return [
    ...(uid === 0 ? ['/run/rxburst'] : []),
    ...(runtime ? [join(runtime, 'rxburst')] : []),
    ...(uid === 0 ? [] : [`/run/user/${uid}/rxburst`]),
    `/tmp/rxburst-${uid}`,
  ].map((folder) => join(folder, 'control'))
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Folders that this user can look through: root looks through those of others too. */
function allFolders(): string[] {
  const others =
    self() === 0 && !process.env.RXBURST_CONTROL
      ? [
          ...list('/run/user').map((uid) => `/run/user/${uid}/rxburst/control`),
          ...list('/tmp')
            .filter((name) => /^rxburst-\d+$/.test(name))
            .map((name) => `/tmp/${name}/control`),
        ]
      : []
  return [...new Set([...ownFolders(), ...others])]
}

/** The owner of a folder of sockets, or why it is none. Nobody but its owner may enter it. */
function ownerOf(folder: string): { uid: number } | { why: string } {
  let found: ReturnType<typeof lstatSync>
  try {
    found = lstatSync(folder)
  } catch (error) {
    return { why: (error as Error).message }
  }
  if (!found.isDirectory()) return { why: `${folder} is no folder` }
  if (found.mode & OTHERS_ENTER) return { why: `${folder} is open to others` }
  return { uid: found.uid }
}

/** Makes a folder and the one above it; says why they can't be used, or nothing. */
function prepare(folder: string): string | undefined {
  const above = dirname(folder)
  try {
    mkdirSync(above, { recursive: true, mode: 0o755 })
    const { uid, mode } = lstatSync(above)
    if ((uid !== 0 && uid !== self()) || mode & OTHERS_WRITE) return `others own ${above} or may write there`
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (lstatSync(folder).uid === self()) chmodSync(folder, 0o700)
    const owner = ownerOf(folder)
    if ('why' in owner) return owner.why
    if (owner.uid !== self()) return `${folder} belongs to somebody else`
    closeSync(openSync(join(folder, '.lock'), 'a', 0o600))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const here = () => pidNamespace().replace(/\D/g, '')

/** A new path in a folder, for this process. */
function newPath(folder: string, name: string | undefined): string {
  // Loaded here, because `import 'rxburst'` would wait some milliseconds for it.
  const { randomBytes } = require('node:crypto') as typeof import('node:crypto')
  const random = randomBytes(3).toString('hex')
  return join(folder, `${here()}-${process.pid}-${startTime(process.pid)}-${random}-${name ?? ''}.sock`)
}

/**
 * The folder for a socket of this process, and its path there.
 * @throws ERR_CONTROL
 */
export function place(name: string | undefined): { folder: string; path: string } {
  const reasons: string[] = []
  for (const folder of ownFolders()) {
    const path = newPath(folder, name)
    const why =
      Buffer.byteLength(path) > PATH_MAX ? `the path ${path} is too long for a socket` : prepare(folder)
    if (why === undefined) return { folder, path }
    reasons.push(why)
  }
  throw new RxburstError(
    'ERR_CONTROL',
    `there is no folder for the control socket: ${reasons.join('; ')}. RXBURST_CONTROL=DIR names another, --no-control runs without`,
  )
}

/**
 * Does something while no other process of this user makes a socket in that folder.
 * @throws ERR_CONTROL when the folder stays locked for seconds
 */
export async function locked<T>(folder: string, action: () => Promise<T>): Promise<T> {
  const fd = openSync(join(folder, '.lock'), 'a', 0o600)
  try {
    for (let tries = 0; !native.system.lockFile(fd); tries++) {
      if (tries === LOCK_TRIES)
        throw new RxburstError(
          'ERR_CONTROL',
          `${folder} stays locked by another process: fuser ${folder}/.lock`,
        )
      await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS))
    }
    return await action()
  } finally {
    closeSync(fd)
  }
}

/** Sockets of living processes. Those of dead ones are taken away, from this user's own folders. */
export function entries(): Entry[] {
  const space = here()
  return allFolders().flatMap((folder) => {
    const owner = ownerOf(folder)
    if ('why' in owner || (self() !== 0 && owner.uid !== self())) return []
    return list(folder).flatMap((file): Entry[] => {
      const [, namespace, pid, start, name] = FILE.exec(file) ?? []
      if (pid === undefined) return []
      const path = join(folder, file)
      // A number means another process in each namespace, so only those of this one are judged.
      if (namespace === space && startTime(Number(pid)) !== start) {
        if (owner.uid === self()) removeFile(path)
        return []
      }
      return [{ path, uid: owner.uid, pid: Number(pid), here: namespace === space, name: name || undefined }]
    })
  })
}

/** Takes a socket's file away; it may be gone. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // somebody else has just done so
  }
}
