// A terminal of its own for the program under `grant`, as `su --pty` makes one. A program that shares a terminal with a
// shell can type commands into it (TIOCSTI, ioctl_tty(2)) and read what is typed there.
import { ReadStream } from 'node:tty'
import { native } from '../native.js'

const STREAMS = [process.stdin, process.stdout, process.stderr] as const
const QUIET_MS = 50 // output of a program that has ended, while others still hold its terminal

/** The terminal of the program, and what goes to and fro between it and ours. */
export class Terminal {
  /** Path that the program's session opens first, which makes it the session's own. */
  readonly path: string
  /** For spawn(): the new terminal in the place of ours; pipes and files stay. */
  readonly stdio: ('inherit' | number)[]
  readonly #master: ReadStream
  readonly #masterFd: number
  readonly #slave: number
  readonly #like: number
  readonly #isTerminal: boolean[]
  #ended = false
  #heardAt = 0

  private constructor(uid: number, isTerminal: boolean[]) {
    this.#isTerminal = isTerminal
    this.#like = isTerminal.indexOf(true)
    const { master, slave, path } = native.grant.openPty({ user: uid, like: this.#like })
    this.path = path
    this.#slave = slave
    this.stdio = isTerminal.map((yes) => (yes ? slave : 'inherit'))
    this.#masterFd = master
    this.#master = new ReadStream(master)
    // EIO: nobody holds the other end any more.
    this.#master.on('error', () => {
      this.#ended = true
    })
    this.#master.on('end', () => {
      this.#ended = true
    })
  }

  /** Undefined: no standard stream is a terminal, so the program gets none. */
  static open(uid: number): Terminal | undefined {
    const isTerminal = STREAMS.map((stream) => stream.isTTY === true)
    return isTerminal.includes(true) ? new Terminal(uid, isTerminal) : undefined
  }

  /** Begins to relay, when the program has been started. */
  relay(): void {
    native.system.closeDescriptor(this.#slave)
    const shown = this.#isTerminal[1] ? process.stdout : process.stderr
    this.#master.on('data', (bytes) => {
      this.#heardAt = Date.now()
      shown.write(bytes)
    })
    process.on('SIGWINCH', this.#resize)
    if (!this.#isTerminal[0]) return
    process.on('SIGCONT', this.#takeKeys)
    this.#takeKeys()
  }

  readonly #resize = () => native.grant.resizePty({ master: this.#masterFd, like: this.#like })

  readonly #type = (keys: Buffer) => {
    if (!this.#ended) this.#master.write(keys)
  }

  // Every key goes to the program's terminal, Ctrl-C too, which makes a signal of it there. In the background a process
  // that reads or sets its terminal is stopped, so that waits until it is in the foreground.
  readonly #takeKeys = () => {
    if (!native.grant.isForeground(0)) return
    process.stdin.setRawMode(true)
    native.grant.sendAsItIs(0)
    process.stdin.removeListener('data', this.#type).on('data', this.#type)
  }

  /** Shows what the program has said last, and gives our terminal back as it was. */
  async end(): Promise<void> {
    this.#heardAt = Date.now()
    while (!this.#ended && Date.now() - this.#heardAt < QUIET_MS)
      await new Promise((resolve) => setTimeout(resolve, 5))
    process.removeListener('SIGWINCH', this.#resize)
    process.removeListener('SIGCONT', this.#takeKeys)
    if (this.#isTerminal[0]) {
      process.stdin.removeListener('data', this.#type)
      if (process.stdin.isRaw) process.stdin.setRawMode(false)
      process.stdin.destroy()
    }
    this.#ended = true
    this.#master.destroy()
  }
}
