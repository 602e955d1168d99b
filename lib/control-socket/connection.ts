// One client of a control socket: its lines are read one at a time, each within its limits, and answered.
import type { Socket } from 'node:net'
import { type Answer, LIMITS, VERSION } from './protocol.js'
import type { Client, Requests } from './requests.js'

const NEWLINE = 0x0a

const tooLong: Answer = {
  v: VERSION,
  ok: false,
  code: 'ERR_LIMIT',
  message: `a request has at most ${LIMITS.requestBytes} bytes`,
}

/**
 * Serves one connection until it ends. A line that comes before the last answer has been read waits, and so does the
 * socket.
 */
export class Connection {
  readonly #socket: Socket
  readonly #requests: Requests
  readonly #client: Client
  readonly #ended = new AbortController()
  #rest: Buffer = Buffer.alloc(0)
  #busy = false
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket, peer: { pid: number; uid: number }, requests: Requests) {
    this.#socket = socket
    this.#requests = requests
    this.#client = { ...peer, gone: this.#ended.signal }
    socket.on('data', (bytes) => this.#hear(bytes))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(this.#timer)
      this.#ended.abort()
    })
    socket.unref()
    this.#within(LIMITS.idleMs)
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Ends the connection unless that is called again in time. */
  #within(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket.destroy(), ms).unref()
  }

  #hear(bytes: Buffer): void {
    // A request that has begun has its time already: single bytes do not prolong it.
    if (!this.#busy && this.#rest.length === 0) this.#within(LIMITS.requestMs)
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const whole = bytes.includes(NEWLINE) || this.#rest.length > LIMITS.requestBytes
    if (whole && !this.#busy) void this.#next()
  }

  /** Answers the lines that are there. */
  async #next(): Promise<void> {
    this.#busy = true
    this.#socket.pause()
    for (let end = this.#rest.indexOf(NEWLINE); end >= 0; end = this.#rest.indexOf(NEWLINE)) {
      if (end > LIMITS.requestBytes) break
      const line = this.#rest.toString('utf8', 0, end)
      this.#rest = this.#rest.subarray(end + 1)
      const { answer, last } = await this.#requests.answer(line, this.#client)
      if (!(await this.#say(answer, last)) || last) return
    }
    if (this.#rest.length > LIMITS.requestBytes) {
      await this.#say(tooLong, true)
      return
    }
    this.#busy = false
    this.#within(this.#rest.length > 0 ? LIMITS.requestMs : LIMITS.idleMs)
    this.#socket.resume()
  }

  /** Resolves when the kernel has the answer: a client that does not read has one waiting at the most. */
  #say(answer: Answer, last: boolean): Promise<boolean> {
    let text = JSON.stringify(answer)
    if (text.length > LIMITS.answerBytes)
      text = JSON.stringify({ ...tooLong, message: `the answer has more than ${LIMITS.answerBytes} bytes` })
    this.#within(LIMITS.readMs)
    return new Promise((resolve) => {
      if (!last) this.#socket.write(`${text}\n`, (error) => resolve(!error))
      else
        this.#socket.end(`${text}\n`, () => {
          this.#socket.destroy()
          resolve(false)
        })
    })
  }
}
