// The journal of NIC settings: what is changed is written down first, and put back however the process ends.
//
// One file per process and interface, in lines of JSON that are only ever appended. Its first line names the process by
// number and start time, so that nobody else can make it look alive. The owner also holds a lock on the file (flock),
// which lets one process at a time put things back. Only the owner and root can read it.
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { RxburstError } from '../../errors.js'
import { native } from '../../native.js'
import { pidNamespace, startTime } from '../../process-identity.js'
import { type Change, undo, undoAll, warn } from './undo.js'

/** The first line of a journal: whose it is, and for which interface. */
export interface Header {
  boot: string
  netns: string
  index: number
  name: string
  pid: number
  /** When the process began, and the namespace in which its number counts; absent in journals of earlier versions. */
  start?: string
  pidNamespace?: string
}

/** Where journals lie; the first that can be written is used, all are looked through. */
export const journalFolders = (): string[] => [
  process.env.RXBURST_JOURNAL ?? '/run/rxburst',
  ...(process.env.XDG_RUNTIME_DIR ? [join(process.env.XDG_RUNTIME_DIR, 'rxburst')] : []),
  `/tmp/rxburst-${process.getuid?.() ?? 0}`,
]

export const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
export const netnsId = () => readlinkSync('/proc/thread-self/ns/net')

const LINES_MAX = 1000
const OTHERS_WRITE = 0o022

const open = new Set<Journal>()
let undoesAtExit = false

/** The settings that this process has changed on one interface. */
export class Journal {
  readonly #name: string
  readonly #changes = new Map<number, Change>()
  #header: Header | undefined
  #file = ''
  #fd = -1
  #last = 0
  #lines = 0

  constructor(interfaceName: string) {
    this.#name = interfaceName
  }

  /** Writes a change down, then makes it. What `make` returns may complete the record (a rule's place). */
  record<T extends Change>(change: T, make: () => Partial<T> | undefined): number {
    this.#open()
    const id = ++this.#last
    this.#write({ id, change })
    this.#changes.set(id, change)
    try {
      const more = make()
      if (more) {
        Object.assign(change, more)
        this.#write({ id, change })
      }
    } catch (error) {
      for (const failure of undoAll(this.#name, [change])) warn(failure)
      try {
        this.#forget(id)
      } catch {
        // the first error is the one to tell; the file still names the change, which is undone only where it is found
      }
      throw error
    }
    return id
  }

  /** Puts one change back. */
  undo(id: number): void {
    const change = this.#changes.get(id)
    if (!change) return
    undo(this.#name, change)
    this.#forget(id)
  }

  #forget(id: number): void {
    this.#changes.delete(id)
    this.#write({ id, undone: true })
    if (this.#lines > LINES_MAX && this.#lines > 8 * this.#changes.size) this.#begin()
  }

  /** Puts everything back, and forgets it. Twice is fine. */
  close(): void {
    if (this.#fd < 0) return
    const failures = undoAll(this.#name, [...this.#changes.values()])
    open.delete(this)
    if (failures.length === 0) unlinkSync(this.#file)
    closeSync(this.#fd)
    this.#fd = -1
    for (const failure of failures) warn(failure)
  }

  #write(line: object): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
    try {
      // A file system that is almost full takes a part.
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done)
      fsyncSync(this.#fd)
    } catch (error) {
      throw new RxburstError(
        'ERR_SYSTEM',
        `the journal ${this.#file} can't be written, so nothing was changed on ${this.#name}: ${(error as Error).message}. See: df ${dirname(this.#file)}`,
        { cause: error },
      )
    }
    this.#lines++
  }

  #open(): void {
    if (this.#fd >= 0) return
    const { index } = native.nic.info(this.#name)
    this.#header = {
      boot: bootId(),
      netns: netnsId(),
      index,
      name: this.#name,
      pid: process.pid,
      start: startTime(process.pid),
      pidNamespace: pidNamespace(),
    }
    this.#file = join(writableFolder(), `${process.pid}-${index}-${Date.now().toString(36)}.jsonl`)
    this.#begin()
    open.add(this)
    if (undoesAtExit) return
    undoesAtExit = true
    process.on('exit', () => {
      for (const journal of [...open]) journal.close()
    })
  }

  // Made under another name, so that nobody finds it before it is whole and locked. A journal that has become long is
  // begun anew.
  #begin(): void {
    const old = this.#fd
    const hidden = join(dirname(this.#file), `.${basename(this.#file)}`)
    this.#fd = openSync(hidden, 'ax', 0o600)
    try {
      native.system.lockFile(this.#fd)
      this.#lines = 0
      this.#write(this.#header!)
      for (const [id, change] of this.#changes) this.#write({ id, change })
      renameSync(hidden, this.#file)
    } catch (error) {
      closeSync(this.#fd)
      this.#fd = old
      unlinkSync(hidden)
      throw error
    }
    if (old >= 0) closeSync(old)
  }
}

/**
 * Only what this user or root has written is believed: /tmp is everybody's, and what a journal says is done. A pipe is
 * never opened: that would wait for whoever writes to it.
 */
export function trusted(path: string): boolean {
  const found = lstatSync(path)
  if (!found.isFile() && !found.isDirectory()) return false
  const { uid, mode } = found
  return (uid === 0 || uid === process.geteuid?.()) && (mode & OTHERS_WRITE) === 0
}

function writableFolder(): string {
  let why: unknown
  for (const folder of journalFolders())
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 })
      if (!trusted(folder))
        throw new RxburstError('ERR_NO_CAPABILITY', `${folder} is not safe: others own it or may write there`)
      const probe = join(folder, `.probe-${process.pid}`)
      closeSync(openSync(probe, 'w'))
      unlinkSync(probe)
      return folder
    } catch (error) {
      why = error
    }
  throw why
}
