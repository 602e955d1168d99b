// The control socket of a data plane: its own user and root connect, ask, and are answered on the main thread.
import { chmodSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Server, Socket } from 'node:net'
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import { Connection } from './connection.js'
import { type Entry, entries, locked, place, removeFile } from './folder.js'
import { LIMITS, NAME } from './protocol.js'
import type { Requests } from './requests.js'

/**
 * Checks the form of a name.
 * @throws ERR_BAD_OPTION
 */
export function checkName(name: unknown): asserts name is string {
  if (typeof name === 'string' && NAME.test(name)) return
  throw new RxburstError(
    'ERR_BAD_OPTION',
    `a data plane's name has 1 to 32 letters, digits, '_', '.' and '-', and is no number: '${String(name)}' is none`,
  )
}

const isOwn = (entry: Entry) => entry.uid === process.geteuid!()

/**
 * Whether another data plane of this user has that name.
 * @throws ERR_NAME_TAKEN
 */
export function checkNameIsFree(name: string): void {
  const other = entries().find((entry) => isOwn(entry) && entry.name === name)
  if (!other) return
  throw new RxburstError(
    'ERR_NAME_TAKEN',
    `a data plane named '${name}' runs already, in process ${other.pid}: choose another name, or stop that one: kill ${other.pid}`,
  )
}

/** Whether the process at the other end may ask: it is of this user, or root's. */
function peerOf(socket: Socket): { pid: number; uid: number } | undefined {
  // Node's handle has the descriptor; without one nobody is believed.
  const { fd } = (socket as unknown as { _handle?: { fd?: number } })._handle ?? {}
  const peer = typeof fd === 'number' && fd >= 0 ? native.system.peerOf(fd) : null
  return peer && (peer.uid === process.geteuid!() || peer.uid === 0) ? peer : undefined
}

const require = createRequire(import.meta.url)

const listen = (server: Server, path: string) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })

export class ControlSocket {
  readonly path: string
  readonly #server: Server
  readonly #connections = new Set<Connection>()

  private constructor(path: string, requests: Requests) {
    this.path = path
    // Loaded here, because `import 'rxburst'` would wait some milliseconds for it.
    const { createServer } = require('node:net') as typeof import('node:net')
    this.#server = createServer((socket) => {
      const peer = peerOf(socket)
      if (!peer) {
        socket.destroy()
        return
      }
      const connection = new Connection(socket, peer, requests)
      this.#connections.add(connection)
      socket.on('close', () => this.#connections.delete(connection))
    })
    this.#server.maxConnections = LIMITS.clients
  }

  /**
   * Opens the socket of a data plane.
   * @throws ERR_NAME_TAKEN, ERR_CONTROL
   */
  static async open(name: string | undefined, requests: Requests): Promise<ControlSocket> {
    const { folder, path } = place(name)
    const control = new ControlSocket(path, requests)
    await locked(folder, async () => {
      if (name !== undefined) checkNameIsFree(name)
      else entries() // takes away what dead processes have left
      try {
        await listen(control.#server, path)
        chmodSync(path, 0o600)
      } catch (cause) {
        control.close()
        throw new RxburstError(
          'ERR_CONTROL',
          `the control socket can't be opened: ${(cause as Error).message}`,
          {
            cause,
          },
        )
      }
    })
    control.#server.on('error', () => {}) // accept() failed, for want of descriptors: that client is not served
    control.#server.unref()
    process.on('exit', control.#forget)
    return control
  }

  readonly #forget = () => removeFile(this.path)

  /** Ends every connection and takes the file away, before it returns. Twice is fine. */
  close(): void {
    process.off('exit', this.#forget)
    this.#forget()
    this.#server.close()
    for (const connection of this.#connections) connection.close()
  }
}
