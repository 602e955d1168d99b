// The requests that a data plane answers, by name: whoever adds one registers it here.
import { nearest, RxburstError } from '../errors.js'
import { type Answer, LIMITS, type Request, VERSION } from './protocol.js'

/** Somebody who is connected. */
export interface Client {
  /** The process at the other end; 0: it lives in another PID namespace. */
  readonly pid: number
  readonly uid: number
  /** Aborted when the connection ends. */
  readonly gone: AbortSignal
}

/**
 * Answers one request, on the main thread. It checks the fields of `asked` itself, and returns what JSON can hold.
 * @throws an RxburstError, whose code and message the client gets
 */
export type RequestHandler = (asked: Readonly<Request>, client: Client) => unknown

const refuse = (code: string, message: string): Answer => ({ v: VERSION, ok: false, code, message })

/** The table of one data plane. */
export class Requests {
  readonly #handlers = new Map<string, RequestHandler>()

  /** Adds a request; one of that name is replaced. */
  register(name: string, handler: RequestHandler): void {
    this.#handlers.set(name, handler)
  }

  /** The answer to a line; `last`: what came is no request, so nothing more is read. */
  async answer(line: string, client: Client): Promise<{ answer: Answer; last: boolean }> {
    let asked: Request
    try {
      asked = JSON.parse(line)
    } catch {
      return { answer: refuse('ERR_BAD_ARGUMENT', 'a request is one line of JSON'), last: true }
    }
    if (typeof asked !== 'object' || asked === null || typeof asked.request !== 'string')
      return {
        answer: refuse(
          'ERR_BAD_ARGUMENT',
          `a request is an object such as {"v":${VERSION},"request":"status"}`,
        ),
        last: true,
      }
    if (asked.v !== VERSION)
      return {
        answer: refuse(
          'ERR_CONTROL',
          `the data plane speaks version ${VERSION} of the protocol, not ${JSON.stringify(asked.v)}`,
        ),
        last: true,
      }
    return { answer: await this.#ask(asked, client), last: false }
  }

  async #ask(asked: Request, client: Client): Promise<Answer> {
    const handler = this.#handlers.get(asked.request)
    if (!handler) {
      const known = [...this.#handlers.keys()]
      const meant = nearest(asked.request, known)
      const hint = meant ? `; did you mean '${meant}'?` : '.'
      return refuse('ERR_NOT_SUPPORTED', `there is no such request${hint} There are ${known.join(', ')}.`)
    }
    try {
      const answer = await inTime(handler(asked, client), client.gone)
      return { v: VERSION, ok: true, answer }
    } catch (error) {
      const { code, message } = error as RxburstError
      return refuse(error instanceof RxburstError ? code : 'ERR_SYSTEM', message)
    }
  }
}

/** What a handler returned, or an error when that takes too long. */
function inTime(returned: unknown, gone: AbortSignal): unknown {
  if (!(returned instanceof Promise)) return returned
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new RxburstError('ERR_CONTROL', `no answer in ${LIMITS.requestMs / 1000} seconds`))
    const timer = setTimeout(late, LIMITS.requestMs).unref()
    gone.addEventListener('abort', late, { once: true })
    const forget = () => {
      clearTimeout(timer)
      gone.removeEventListener('abort', late)
    }
    returned.then(resolve, reject).finally(forget)
  })
}
