// A data plane's control socket, and the requests that every data plane answers.
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Requests } from '../control-socket/requests.js'
import { ControlSocket } from '../control-socket/server.js'
import { registerCaptures } from './capture-requests.js'
import type { DataPlane } from './data-plane.js'
import { answerFlows } from './flow-rows.js'
import type { CheckedRunOptions } from './run-options.js'
import { type CountsJson, placesToJson } from './stats/json.js'
import type { Stats } from './stats/stats.js'
import { type TopParts, topOf } from './stats/top.js'

/** Counts of a data plane since its start, as the request `status` tells them. */
export interface PlaneCounts {
  rx: number
  tx: number
  dropped: number
  passed: number
  rejected: number
  rx_bytes: number
  tx_bytes: number
  lost: number
}

/** The answer to the request `status`. */
export interface PlaneStatus {
  pid: number
  name: string | null
  user: string
  uid: number
  state: 'starting' | 'running' | 'stopping'
  /** File of the processor, or its URL where it is none. */
  processor: string
  ports: { name: string; queues: number[] }[]
  workers: { cpu: number | null; queues: { port: string; queue: number }[] }[]
  seconds: number
  counts: PlaneCounts
  /** Counts of each queue. */
  by_queue: (CountsJson & { port: string; queue: number; worker: number })[]
  /** The processor's own. */
  counters: Readonly<Record<string, number>>
}

/** The answer to the request `top`. */
export type TopAnswer = PlaneStatus & TopParts

const sum = (lost: Readonly<Record<string, number>>) => Object.values(lost).reduce((a, b) => a + b, 0)

const countsOf = ({ rx, tx, dropped, passed, rejected, lost }: Stats): PlaneCounts => ({
  rx: rx.packets,
  tx: tx.packets,
  dropped: dropped.packets,
  passed: passed.packets,
  rejected: rejected.packets,
  rx_bytes: rx.bytes,
  tx_bytes: tx.bytes,
  lost: sum(lost),
})

const nothing: PlaneCounts = {
  rx: 0,
  tx: 0,
  dropped: 0,
  passed: 0,
  rejected: 0,
  rx_bytes: 0,
  tx_bytes: 0,
  lost: 0,
}

/** The user's name; the number where it has none, as in many containers. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.geteuid!())
  }
}

export class PlaneControl {
  /** Where other rooms register what they answer. */
  readonly requests = new Requests()
  readonly #url: URL
  readonly #options: CheckedRunOptions
  #socket: ControlSocket | undefined
  #plane: DataPlane | undefined

  private constructor(url: URL, options: CheckedRunOptions) {
    this.#url = url
    this.#options = options
    this.requests.register('status', () => this.#status())
    this.requests.register(
      'top',
      async (): Promise<TopAnswer> => ({
        ...this.#status(),
        ...(await topOf(this.#plane)),
      }),
    )
    this.requests.register('flows', (asked, client) => answerFlows(this.#plane, asked, client))
    registerCaptures(this.requests, () => this.#plane)
  }

  /**
   * Opens the socket of a data plane that is to start; undefined where it has none.
   * @throws ERR_NAME_TAKEN, and ERR_CONTROL where the socket was asked for by `control` or `name`
   */
  static async open(url: URL, options: CheckedRunOptions): Promise<PlaneControl | undefined> {
    const { name, control } = options
    if (control === false) return undefined
    const made = new PlaneControl(url, options)
    try {
      made.#socket = await ControlSocket.open(name, made.requests)
      return made
    } catch (error) {
      if (control || name !== undefined) throw error
      process.emitWarning((error as Error).message, { code: 'ERR_CONTROL' })
      return undefined
    }
  }

  /** From now on there are counts to tell. */
  serve(plane: DataPlane): void {
    this.#plane = plane
  }

  /** Takes the socket away. Twice is fine. */
  readonly close = (): void => {
    this.#socket?.close()
    this.#socket = undefined
  }

  #status(): PlaneStatus {
    const { name, ports, workers } = this.#options
    const stats = this.#plane?.snapshot()
    return {
      pid: process.pid,
      name: name ?? null,
      user: userName(),
      uid: process.geteuid!(),
      state: this.#plane === undefined ? 'starting' : this.#plane.stopping ? 'stopping' : 'running',
      processor: this.#url.protocol === 'file:' ? fileURLToPath(this.#url) : this.#url.href,
      ports: ports.map((port) => ({ name: port.name, queues: port.info.queues })),
      workers: workers.map(({ cpu, queues }) => ({
        cpu: cpu ?? null,
        queues: queues.map(({ port, index }) => ({ port: port.name, queue: index })),
      })),
      seconds: stats?.seconds ?? 0,
      counts: stats ? countsOf(stats) : nothing,
      by_queue: stats ? placesToJson(stats).by_queue : [],
      counters: stats?.counters ?? {},
    }
  }
}
