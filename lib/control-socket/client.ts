// The asking side of a control socket. What a data plane answers is read within limits: it may be anybody's.
import { createConnection, type Socket } from 'node:net'
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import type { Entry } from './folder.js'
import { type Answer, LIMITS, VERSION } from './protocol.js'

const ANSWER_MS = LIMITS.requestMs + 1000

const fail = (message: string) => new RxburstError('ERR_CONTROL', message)

/** A connection to a running data plane; one request at a time. */
export class ControlClient {
  readonly entry: Entry
  /** The process at the other end, as this one's namespace numbers it; 0: it lives in another. */
  readonly pid: number
  readonly #socket: Socket
  readonly #what: string
  #chunks: Buffer[] = []
  #bytes = 0
  #waiting: { resolve(line: string): void; reject(error: Error): void } | undefined
  #ended = false

  private constructor(entry: Entry, socket: Socket, pid: number) {
    this.entry = entry
    this.pid = pid
    this.#socket = socket
    this.#what = `the data plane of process ${entry.pid}`
    socket.on('data', (bytes) => this.#hear(bytes))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
      this.#waiting?.reject(
        fail(`${this.#what} has hung up: it has ended, or serves ${LIMITS.clients} others`),
      )
    })
  }

  /**
   * Connects.
   * @throws ERR_NO_PLANE when it has just ended, ERR_CONTROL when it is another user's
   */
  static async connect(entry: Entry): Promise<ControlClient> {
    const socket = createConnection({ path: entry.path })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', (error: NodeJS.ErrnoException) => {
        const gone = error.code === 'ECONNREFUSED' || error.code === 'ENOENT'
        const message = `process ${entry.pid} runs no data plane any more`
        reject(gone ? new RxburstError('ERR_NO_PLANE', message) : fail(`${entry.path}: ${error.message}`))
      })
    })
    const { fd } = (socket as unknown as { _handle?: { fd?: number } })._handle ?? {}
    const peer = typeof fd === 'number' ? native.system.peerOf(fd) : null
    // Root's own sockets may be asked by anybody who can reach them; else the owner of the folder has to be the one who
    // listens.
    if (!peer || (peer.uid !== entry.uid && peer.uid !== 0)) {
      socket.destroy()
      throw fail(`${entry.path} is served by user ${peer?.uid ?? 'nobody'}, not by its owner ${entry.uid}`)
    }
    return new ControlClient(entry, socket, peer.pid)
  }

  /**
   * Asks, and waits for the answer.
   * @throws what the data plane answers with, or ERR_CONTROL when it does not answer in time
   */
  async ask<T>(request: string, fields: Readonly<Record<string, unknown>> = {}): Promise<T> {
    if (this.#waiting) throw fail('a request waits for its answer already')
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting = { resolve, reject }
      if (this.#ended) return reject(fail(`${this.#what} has hung up`))
      const timer = setTimeout(() => {
        this.#socket.destroy()
        reject(fail(`${this.#what} does not answer`))
      }, ANSWER_MS)
      this.#waiting = {
        resolve: (line) => {
          clearTimeout(timer)
          resolve(line)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      this.#socket.write(`${JSON.stringify({ ...fields, v: VERSION, request })}\n`)
    }).finally(() => {
      this.#waiting = undefined
    })
    let answer: Answer
    try {
      answer = JSON.parse(line)
    } catch {
      throw fail(`${this.#what} answers with something else than JSON`)
    }
    if (answer?.v !== VERSION)
      throw fail(`${this.#what} is of another version of rxburst: use its command line`)
    if (!answer.ok) throw new RxburstError(String(answer.code), String(answer.message))
    return answer.answer as T
  }

  #hear(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes > LIMITS.answerBytes + LIMITS.requestBytes) {
      this.#waiting?.reject(fail(`${this.#what} answers without end`))
      this.#socket.destroy()
      return
    }
    if (!bytes.includes(0x0a)) return
    const text = Buffer.concat(this.#chunks).toString('utf8')
    const end = text.indexOf('\n')
    this.#chunks = [Buffer.from(text.slice(end + 1))]
    this.#bytes = this.#chunks[0].length
    this.#waiting?.resolve(text.slice(0, end))
  }

  /** Whether the other end has hung up, or close() was called. */
  get ended(): boolean {
    return this.#ended || this.#socket.destroyed
  }

  close(): void {
    this.#socket.destroy()
  }
}
