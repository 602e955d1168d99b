// The terminal while `rxburst top` has it: a screen of its own, which is given back whatever ends the command.
import { ENDING, onSignals } from '../../signals.js'

const ENTER = '\x1b[?1049h\x1b[?25l' // the alternate screen, and no cursor
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const CTRL_C = 3

/** A screen; `q`, Ctrl-C and the signals that end a process end it. */
export class Screen {
  /** Aborted when the user wants to leave. */
  readonly left: AbortSignal
  readonly #leaving = new AbortController()
  readonly #unlisten: () => void
  #open = true

  constructor() {
    this.left = this.#leaving.signal
    this.#unlisten = onSignals(ENDING, () => this.#leaving.abort())
    process.on('exit', this.close)
    process.stdout.write(ENTER)
    if (!process.stdin.isTTY) return
    process.stdin.setRawMode(true)
    process.stdin.on('data', this.#type)
  }

  readonly #type = (keys: Buffer) => {
    if (keys.includes(CTRL_C) || keys.includes('q')) this.#leaving.abort()
  }

  show(lines: readonly string[]): void {
    process.stdout.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')}${CLEAR_BELOW}`)
  }

  /** Gives the terminal back as it was. Twice is fine. */
  readonly close = (): void => {
    if (!this.#open) return
    this.#open = false
    process.off('exit', this.close)
    this.#unlisten()
    if (process.stdin.isTTY) {
      process.stdin.off('data', this.#type)
      process.stdin.setRawMode(false)
      process.stdin.destroy()
    }
    process.stdout.write(LEAVE)
  }
}
