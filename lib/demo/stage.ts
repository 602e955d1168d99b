// What the demo stands on: children that never outlive it, hugepages that go back, and words with the elapsed time.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ENDING, onSignals } from '../signals.js'

const HUGEPAGES = '/proc/sys/vm/nr_hugepages'
const READY_MS = 20_000
const STOP_MS = 3000
const started = performance.now()

/** Progress, on stderr. */
export function say(line: string): void {
  const seconds = ((performance.now() - started) / 1e3).toFixed(1)
  process.stderr.write(`${`[${seconds} s]`.padStart(9)} ${line}\n`)
}

export const elapsedSeconds = () => (performance.now() - started) / 1e3

export interface Ended {
  status: number | null
  stdout: Buffer
  stderr: string
}

/**
 * Starts programs in process groups of their own: a terminal's Ctrl-C reaches the demo alone, which then stops them in
 * order.
 */
export class Stage {
  readonly #interrupt = new AbortController()
  readonly #interruption = new Promise<never>((_, reject) => {
    const { signal } = this.#interrupt
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  readonly #children = new Set<Program>()
  readonly #undo: (() => void)[] = []

  constructor() {
    this.#interruption.catch(() => {})
    onSignals(ENDING, (name) => {
      say(this.#interrupt.signal.aborted ? 'still cleaning up' : `${name}: cleaning up`)
      this.#interrupt.abort(new Error(`interrupted by ${name}`))
    })
  }

  get interrupted(): boolean {
    return this.#interrupt.signal.aborted
  }

  /** Lets a pending signal in; throws when there was one. */
  async checkpoint(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#interrupt.signal.throwIfAborted()
  }

  /** To be run at the end, last first, however the demo ends. */
  later(undo: () => void): void {
    this.#undo.push(undo)
  }

  start(argv: readonly string[]): Program {
    this.#interrupt.signal.throwIfAborted()
    const program = new Program(argv, this.#interruption)
    this.#children.add(program)
    return program
  }

  /** Runs a program to its end; throws when it fails. */
  async run(argv: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.start(argv).ended()
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim() || `exit status ${status}`}`)
    return stdout.toString()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children].map((program) => program.stop('SIGTERM')))
    for (const undo of this.#undo.reverse()) {
      try {
        undo()
      } catch (error) {
        say(`could not clean up: ${(error as Error).message}`)
        process.exitCode = 1
      }
    }
  }
}

export class Program {
  readonly #child: ChildProcess
  readonly #exit: Promise<Ended>
  #stderr = ''

  constructor(
    readonly argv: readonly string[],
    readonly interruption: Promise<never>,
  ) {
    const [file, ...rest] = argv
    this.#child = spawn(file, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const { stdout, stderr } = this.#child
    const chunks: Buffer[] = []
    stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk
    })
    this.#exit = new Promise((resolve) => {
      const end = (status: number | null) =>
        resolve({ status, stdout: Buffer.concat(chunks), stderr: this.#stderr })
      this.#child.on('close', end)
      this.#child.on('error', (error) => {
        this.#stderr += error.message
        end(null)
      })
    })
  }

  ended(): Promise<Ended> {
    return Promise.race([this.#exit, this.interruption])
  }

  /** Resolves when it writes the line `ready` to stderr. */
  async ready(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const line = new Promise<string>((resolve, reject) => {
      createInterface({ input: this.#child.stderr! }).on('line', (text) => text === 'ready' && resolve(text))
      const fail = (why: string) =>
        reject(new Error(`${this.argv.join(' ')}: ${why}\n${this.#stderr.trim()}`))
      timer = setTimeout(() => fail(`not ready after ${READY_MS / 1e3} s`), READY_MS)
      this.#exit.then(({ status }) => fail(`ended before it was ready (${status})`))
    })
    await Promise.race([line, this.interruption]).finally(() => clearTimeout(timer))
  }

  /** Asks it to stop, insists after three seconds, and resolves to what it left behind. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    this.#kill(signal)
    const timer = setTimeout(() => this.#kill('SIGKILL'), STOP_MS)
    const ended = await this.#exit
    clearTimeout(timer)
    return ended
  }

  #kill(signal: NodeJS.Signals) {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null)
      return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // it has just ended
    }
  }
}

/** Raises the number of 2 MiB hugepages to at least `pages`, until the stage closes. */
export function raiseHugepages(stage: Stage, pages: number): void {
  const read = () => Number(readFileSync(HUGEPAGES, 'utf8'))
  const before = read()
  if (before >= pages) return
  writeFileSync(HUGEPAGES, String(pages))
  const raised = read()
  say(`vm.nr_hugepages raised from ${before} to ${raised}`)
  stage.later(() => {
    if (read() !== raised) return // somebody else has set it meanwhile
    writeFileSync(HUGEPAGES, String(before))
    say(`vm.nr_hugepages put back to ${before}`)
  })
}
