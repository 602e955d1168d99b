// Reads the journals of this machine: settings that dead processes have left are listed, and put back.
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { native } from '../../native.js'
import { pidNamespace, startTime } from '../../process-identity.js'
import { bootId, type Header, journalFolders, netnsId, trusted } from './log.js'
import { type Change, undoAll } from './undo.js'

/** Settings that a process has left behind. */
export interface Leftover extends Header {
  file: string
  changes: Change[]
  /** Its process lives: leave it alone. */
  alive: boolean
  /**
   * 'here': can be put back now. 'stale': gone by itself with a reboot or the interface. 'elsewhere': in another
   * namespace.
   */
  where: 'here' | 'stale' | 'elsewhere'
}

const LOCK_TRIES = 20
const LOCK_PAUSE_MS = 5

function read(file: string): { header?: Header; changes: Change[] } {
  const changes = new Map<number, Change>()
  let header: Header | undefined
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    let entry: Header & { id?: number; change?: Change; undone?: boolean }
    try {
      entry = JSON.parse(line)
    } catch {
      break // the end, or where a process died in the middle of a line: it had changed nothing yet
    }
    if (entry.id === undefined) header ??= Number.isInteger(entry.index) ? entry : undefined
    else if (entry.undone) changes.delete(entry.id)
    else if (entry.change) changes.set(entry.id, entry.change)
  }
  return { header, changes: [...changes.values()] }
}

/** Journals of other users: only they and root can say what is in them. */
const unreadable = new Set<string>()
export const unreadableJournals = (): string[] => [...unreadable]

/** What dead and living processes have changed, with the file locked where the process is dead. */
function* journals(): Generator<Leftover & { fd: number }> {
  unreadable.clear()
  for (const folder of new Set(journalFolders())) {
    let names: string[]
    try {
      if (!trusted(folder)) continue
      names = readdirSync(folder).filter((name) => name.endsWith('.jsonl') && !name.startsWith('.'))
    } catch {
      continue
    }
    for (const name of names) {
      const file = join(folder, name)
      let fd: number
      try {
        if (!trusted(file)) continue
        fd = openSync(file, 'r')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EACCES') unreadable.add(file)
        continue
      }
      try {
        const owner = read(file).header
        const locked = lockOf(fd, owner)
        const alive = (owner && lives(owner)) ?? !locked
        const { header, changes } = read(file) // once more: nobody writes to it now
        if (fstatSync(fd).ino !== statSync(file).ino) continue // begun anew by its process, which lives
        if (!alive && !header) unlinkSync(file)
        if (header) yield { ...header, file, changes, alive, where: placeOf(header), fd }
      } catch {
        // whoever else looks through the journals has just put this one back
      } finally {
        closeSync(fd)
      }
    }
  }
}

/** Whether the process of a journal lives; undefined: its number is not one of ours, so the lock has to tell. */
function lives({ boot, pid, start, pidNamespace: namespace }: Header): boolean | undefined {
  if (boot !== bootId()) return false
  return start && namespace === pidNamespace() ? startTime(pid) === start : undefined
}

/** Takes a dead process's lock; who just looks, as doctor does, holds it for a moment. */
function lockOf(fd: number, header: Header | undefined): boolean {
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    if (native.system.lockFile(fd)) return true
    if (!header || existsSync(`/proc/${header.pid}`)) return false
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE_MS)
  }
  return false
}

function placeOf(header: Header): Leftover['where'] {
  if (header.boot !== bootId()) return 'stale'
  if (header.netns !== netnsId()) return 'elsewhere'
  return native.nic.nameOf(header.index) ? 'here' : 'stale'
}

/** Settings of this machine that rxburst processes have changed, living and dead. Changes nothing. */
export function leftovers(): Leftover[] {
  return [...journals()].map(({ fd: _, ...leftover }) => leftover)
}

/** Puts back what dead processes have left in this network namespace; returns what could not be, as sentences. */
export function repair(interfaceName?: string): { repaired: Leftover[]; failures: string[] } {
  const repaired: Leftover[] = []
  const failures: string[] = []
  for (const { fd: _, ...leftover } of journals()) {
    if (leftover.alive || leftover.where === 'elsewhere') continue
    const name = native.nic.nameOf(leftover.index)
    if (interfaceName !== undefined && name !== interfaceName) continue
    const failed = leftover.where === 'here' ? undoAll(name, leftover.changes) : []
    failures.push(...failed)
    if (failed.length > 0) continue
    try {
      unlinkSync(leftover.file)
    } catch (error) {
      failures.push((error as Error).message)
      continue
    }
    repaired.push(leftover)
  }
  return { repaired, failures }
}
