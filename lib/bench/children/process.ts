// Starts and ends the benchmark's processes. Whatever happens to one is an error here, never an end of the whole run.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RxburstError } from '../../errors.js'

const CHILD = fileURLToPath(new URL('./main.js', import.meta.url))
const ORDER_MS = 20_000
const END_MS = 3_000

export interface Place {
  /** CPU that every thread of the process starts on. */
  cpu?: number
  namespace?: string
  /** Another Node than this one. */
  node?: string
}

/**
 * The command line that puts a command in its place, where it dies with the benchmark: a stopped process sees no pipe
 * close.
 */
export function placed(command: readonly string[], { cpu, namespace }: Place): string[] {
  return [
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...(namespace ? ['ip', 'netns', 'exec', namespace] : []),
    ...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]),
    ...command,
  ]
}

/** Rejects after a while, so that nothing that hangs can hang the run. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer in ${ms / 1000} s`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** A process, what it has said, and how it ended. */
export class Program {
  readonly process: ChildProcess
  /** Resolves to why it ended. */
  readonly gone: Promise<string>
  readonly name: string
  output = ''
  #ended: string | undefined
  #heard: (() => void)[] = []

  constructor(command: readonly string[], place: Place = {}, ipc = false) {
    const [file, ...rest] = placed(command, place)
    this.name = command[0]
    this.process = spawn(file, rest, {
      stdio: ['pipe', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      serialization: place.node ? 'json' : 'advanced', // V8's own format is that of one version
      detached: true, // Ctrl-C is for the benchmark, which ends them in order
    })
    for (const stream of [this.process.stdout!, this.process.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-65536)
        this.#wake()
      })
    this.process.stdin!.on('error', () => {}) // it has ended; `gone` says so
    this.gone = new Promise((resolve) => {
      const end = (why: string) => {
        this.#ended ??= why
        this.#wake()
        resolve(this.#ended)
      }
      this.process.on('error', (error) => end(error.message))
      this.process.on('close', (code, signal) => end(signal ? `ended by ${signal}` : `exit code ${code}`))
    })
  }

  get ended(): string | undefined {
    return this.#ended
  }

  #wake() {
    for (const heard of this.#heard.splice(0)) heard()
  }

  /** Why it ended, and its last words. */
  failure(): Error {
    const lines = this.output
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
    const telling = lines.filter((line) => /error|fail|cannot|can't|denied|unable/i.test(line))
    const words = (telling.length > 0 ? telling : lines).slice(-3).join(' / ')
    return new Error(`${this.name}: ${this.#ended}${words ? `: ${words}` : ''}`)
  }

  /** Waits until its output matches, from `from` on. */
  async says(pattern: RegExp, ms = ORDER_MS): Promise<string> {
    const matching = async () => {
      while (!pattern.test(this.output)) {
        if (this.#ended !== undefined) throw this.failure()
        await new Promise<void>((resolve) => this.#heard.push(resolve))
      }
      return this.output
    }
    return within(ms, this.name, matching())
  }

  /** Stops it where it stands; with resume() it goes on. */
  pause(): void {
    this.process.kill('SIGSTOP')
  }

  resume(): void {
    this.process.kill('SIGCONT')
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#ended !== undefined) return
    this.process.kill(signal)
    this.resume() // a stopped process takes no other signal than SIGKILL
    const timer = setTimeout(() => this.process.kill('SIGKILL'), END_MS)
    await this.gone
    clearTimeout(timer)
  }
}

/** A process of ours that runs one of the programs beside this file. */
export class Child {
  readonly #program: Program
  #next = 1
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()

  private constructor(program: string, place: Place) {
    this.#program = new Program([place.node ?? process.execPath, CHILD, program], place, true)
    this.#program.process.on('message', (message: Answer) => this.#hear(message))
    void this.#program.gone.then(() => {
      for (const { reject } of this.#waiting.values()) reject(this.#program.failure())
      this.#waiting.clear()
    })
  }

  static async start(program: string, place: Place = {}): Promise<Child> {
    const child = new Child(program, place)
    const ready = new Promise((resolve, reject) => child.#waiting.set(0, { resolve, reject }))
    await within(ORDER_MS, program, ready)
    return child
  }

  #hear({ id, result, error }: Answer) {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (!waiting) return
    if (!error) return waiting.resolve(result)
    waiting.reject(error.code ? new RxburstError(error.code, error.message) : new Error(error.message))
  }

  async call<T>(op: string, ...args: unknown[]): Promise<T> {
    if (this.#program.ended !== undefined) throw this.#program.failure()
    const id = this.#next++
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#program.process.send({ id, op, args })
    return (await within(ORDER_MS, op, answer)) as T
  }

  get alive(): boolean {
    return this.#program.ended === undefined
  }

  pause(): void {
    this.#program.pause()
  }

  resume(): void {
    this.#program.resume()
  }

  async end(): Promise<void> {
    if (!this.alive) return
    this.resume()
    if (this.#program.process.connected) this.#program.process.disconnect()
    const timer = setTimeout(() => this.#program.process.kill('SIGKILL'), END_MS)
    await Promise.race([once(this.#program.process, 'exit'), this.#program.gone])
    clearTimeout(timer)
  }
}

interface Answer {
  id: number
  result?: unknown
  error?: { message: string; code?: string }
}
