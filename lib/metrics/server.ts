// The metrics port of a data plane: an HTTP server that answers /metrics and /healthz.
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createConnection } from 'node:net'
import { getSystemErrorMap } from 'node:util'
import type { DataPlane } from '../control/data-plane.js'
import { CONTENT_TYPE } from '../control/metrics/text.js'
import { RxburstError } from '../errors.js'
import { addressText, type MetricsAddress, parseMetricsAddress } from './address.js'

/** Clients together hold no more connections than this, and each no more time. */
const LIMITS = {
  connections: 16,
  headersMs: 5000,
  requestMs: 10_000,
  lookMs: 1000,
  headerBytes: 8192,
} as const

const TEXT = 'text/plain; charset=utf-8'
const INDEX = 'rxburst: /metrics has the metrics, /healthz says whether the data plane works\n'
const NOTHING_YET = '# HELP rxburst_up 1 while the data plane runs.\n# TYPE rxburst_up gauge\nrxburst_up 0\n'

function fault(text: string, error: NodeJS.ErrnoException): RxburstError {
  const words = getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message
  const mend = error.code === 'EADDRINUSE' ? 'Choose another, or 0 for one that is free.' : 'Choose another.'
  return new RxburstError('ERR_METRICS', `the metrics port ${text} can't be had: ${words}. ${mend}`)
}

const listen = (server: Server, where: object) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** Whether somebody listens at a Unix socket. */
const isServed = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({ path })
    socket.once('connect', () => resolve(true))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
    socket.once('connect', () => socket.destroy())
  })

/** Takes away a socket whose process is gone; any other file stays, and is in the way. */
async function removeDead(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isSocket() && !(await isServed(path))) unlinkSync(path)
}

/**
 * A metrics port. It can be had before there is a data plane, so that a port that is taken is known before anything is
 * touched.
 * @example
 * ```ts
 * import { open, run } from 'rxburst'
 * import { MetricsServer } from 'rxburst/metrics'
 *
 * const metrics = await MetricsServer.open('9464')
 * const port = await open('loop:a')
 * const plane = await run(new URL('./odd.js', import.meta.url), { workers: [{ queues: port.queues }], measure: true })
 * metrics.serve(plane)
 * await plane.done
 * await metrics.close()
 * ```
 */
export class MetricsServer {
  readonly #server: Server
  #plane: DataPlane | undefined
  #address: MetricsAddress

  private constructor(address: MetricsAddress) {
    this.#address = address
    const { headersMs, requestMs, lookMs, headerBytes, connections } = LIMITS
    this.#server = createServer(
      {
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: lookMs,
        maxHeaderSize: headerBytes,
      },
      (asked, answer) => void this.#answer(asked, answer),
    )
    this.#server.maxConnections = connections
    // Node parses all requests of one read before it looks at the socket again: thousands, each with a scrape.
    this.#server.maxRequestsPerSocket = 1
    this.#server.on('error', () => {}) // accept() failed, for want of descriptors: that client is not served
    this.#server.unref()
  }

  /**
   * Listens. It keeps no process alive.
   * @param address `[ADDRESS:]PORT` or `unix:PATH`. Without an address it is 127.0.0.1; port 0 is one that is free. A
   * Unix socket is for its user alone.
   * @throws ERR_BAD_OPTION, ERR_METRICS when it can't be had
   */
  static async open(address: string): Promise<MetricsServer> {
    const wanted = parseMetricsAddress(address)
    const made = new MetricsServer(wanted)
    try {
      if ('path' in wanted) await removeDead(wanted.path)
      await listen(made.#server, wanted)
      if ('path' in wanted) chmodSync(wanted.path, 0o600)
    } catch (error) {
      made.#server.close()
      throw fault(address, error as NodeJS.ErrnoException)
    }
    if ('port' in wanted) made.#address = { ...wanted, port: (made.#server.address() as AddressInfo).port }
    return made
  }

  /** Where it listens, such as `http://127.0.0.1:9464` or `unix:/run/fw.sock`. */
  get address(): string {
    return addressText(this.#address)
  }

  /** From now on it tells of this data plane. Before there is one, `rxburst_up` is 0 and /healthz says 503. */
  serve(plane: DataPlane): void {
    this.#plane = plane
  }

  /** Ends it and every connection. Twice is fine. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const say = (status: number, type: string, text: string) => {
      answer.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
      answer.end(text)
    }
    if (asked.method !== 'GET' && asked.method !== 'HEAD') {
      answer.setHeader('Allow', 'GET, HEAD')
      say(405, TEXT, 'only GET is answered\n')
      return
    }
    try {
      const path = (asked.url ?? '').split('?')[0]
      if (path === '/metrics') say(200, CONTENT_TYPE, this.#plane?.metrics() ?? NOTHING_YET)
      else if (path === '/healthz') {
        const health = (await this.#plane?.health()) ?? { ok: false, workers: [], ports: [] }
        say(health.ok ? 200 : 503, 'application/json', `${JSON.stringify(health)}\n`)
      } else say(path === '/' ? 200 : 404, TEXT, INDEX)
    } catch (error) {
      say(500, TEXT, `${(error as Error).message}\n`)
    }
  }
}
