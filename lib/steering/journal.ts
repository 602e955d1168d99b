// The journal of NIC settings: what is changed is written down first, and put back however the process ends.
//
// One file per process and interface, in lines of JSON that are only ever appended. Its first line names the process by number and start
// time, so that nobody else can make it look alive. The owner also holds a lock on the file (flock), which lets one process at a time
// put things back. Only the owner and root can read it.
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { RxburstError } from '../errors.js'
import { native, type OffloadName } from '../native.js'
import { startTime } from '../process-identity.js'

/** One changed setting: what was there, and what we wrote. Only what we wrote is ever put back. */
export type Change =
  /** `before` null: the table was the driver's default. */
  | { kind: 'rss'; before: number[] | null; wrote: number[] }
  /** `others`: where equal rules were before, which are not ours. */
  | { kind: 'rule'; rule: string; queue: number; location: number | null; others: number[] }
  | { kind: 'offload'; name: OffloadName; before: boolean; wrote: boolean }
  /** An ingress qdisc with rules in it, where there was none. */
  | { kind: 'ingress' }

interface Header {
  boot: string
  netns: string
  index: number
  name: string
  pid: number
  /** When the process began, and the namespace in which its number counts; absent in journals of earlier versions. */
  start?: string
  pidNamespace?: string
}

/** Settings that a process has left behind. */
export interface Leftover extends Header {
  file: string
  changes: Change[]
  /** Its process lives: leave it alone. */
  alive: boolean
  /** 'here': can be put back now. 'stale': gone by itself with a reboot or the interface. 'elsewhere': in another namespace. */
  where: 'here' | 'stale' | 'elsewhere'
}

/** Where journals lie; the first that can be written is used, all are looked through. */
export const journalFolders = (): string[] => [
  process.env.RXBURST_JOURNAL ?? '/run/rxburst',
  ...(process.env.XDG_RUNTIME_DIR ? [join(process.env.XDG_RUNTIME_DIR, 'rxburst')] : []),
  `/tmp/rxburst-${process.getuid?.() ?? 0}`,
]

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const netnsId = () => readlinkSync('/proc/thread-self/ns/net')
const pidNamespace = () => readlinkSync('/proc/self/ns/pid')

/** The rule's bytes without its location: flow, masks and queue. */
const RULE_BYTES = 160
const sameRule = (a: Uint8Array, hex: string) =>
  Buffer.from(a.subarray(0, RULE_BYTES)).toString('hex') === hex
const locationOf = (rule: Uint8Array) => Buffer.from(rule.buffer, rule.byteOffset).readUInt32LE(RULE_BYTES)
const equal = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((each, i) => each === b[i])

/** The bytes by which a rule is recognised again, for a queue. */
export function ruleKey(rule: Uint8Array, queue: number): string {
  const bytes = Buffer.from(rule.subarray(0, RULE_BYTES))
  bytes.writeBigUInt64LE(BigInt(queue), RULE_BYTES - 8)
  return bytes.toString('hex')
}

/** Where the NIC has rules that are equal to this one. */
export const locationsOf = (interfaceName: string, key: string): number[] =>
  native
    .nicList(interfaceName)
    .filter((each) => sameRule(each, key))
    .map(locationOf)

/** What could not be put back, said where it is heard also at the end of a process. */
export const warn = (what: string): void =>
  process.emitWarning(what, { type: 'RxburstWarning', code: 'RXBURST_LEFTOVER' })

/** Puts one setting back, if it is still as we left it. */
function undo(name: string, change: Change): void {
  switch (change.kind) {
    case 'rss':
      if (equal(native.rssGet(name), change.wrote)) native.rssSet(name, change.before ?? [])
      return
    case 'rule': {
      const { location, others } = change
      // Nobody wrote down where it is when the process died in between: then it is the one that was not there before.
      const at = locationsOf(name, change.rule).find((each) =>
        location === null ? !others.includes(each) : each === location,
      )
      if (at !== undefined) native.nicDelete(name, at)
      return
    }
    case 'offload':
      if (native.offloadsGet(name)[change.name] === change.wrote)
        native.offloadSet(name, change.name, change.before)
      return
    case 'ingress':
      native.ingressDelete(name)
  }
}

/** Puts settings back, the last change first; returns what could not be, as sentences. */
function undoAll(name: string, changes: readonly Change[]): string[] {
  const failures: string[] = []
  for (const change of [...changes].reverse())
    try {
      undo(name, change)
    } catch (error) {
      failures.push((error as Error).message)
    }
  return failures
}

const LINES_MAX = 1000
const OTHERS_WRITE = 0o022
const LOCK_TRIES = 20
const LOCK_PAUSE_MS = 5

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
    const { index } = native.interfaceInfo(this.#name)
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

  // Made under another name, so that nobody finds it before it is whole and locked. A journal that has become long is begun anew.
  #begin(): void {
    const old = this.#fd
    const hidden = join(dirname(this.#file), `.${basename(this.#file)}`)
    this.#fd = openSync(hidden, 'ax', 0o600)
    try {
      native.lockFile(this.#fd)
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

/** Only what this user or root has written is believed: /tmp is everybody's, and what a journal says is done. */
function trusted(path: string): boolean {
  const { uid, mode } = lstatSync(path)
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
    if (entry.id === undefined) header ??= entry
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
    if (native.lockFile(fd)) return true
    if (!header || existsSync(`/proc/${header.pid}`)) return false
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE_MS)
  }
  return false
}

function placeOf(header: Header): Leftover['where'] {
  if (header.boot !== bootId()) return 'stale'
  if (header.netns !== netnsId()) return 'elsewhere'
  return native.interfaceName(header.index) ? 'here' : 'stale'
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
    const name = native.interfaceName(leftover.index)
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
