// A port that another process has opened: the program's side, the broker's, and the terminal between them.
import type { NativeRule } from './rules.js'

export interface Answer {
  answer: string
  /** -1: none comes with it. */
  descriptor: number
}

/** Maps of a table of a client's flows. */
interface FlowMapsWanted {
  port: number
  client: number
  /** As native/flows/key.h numbers them. */
  shape: number
  /** TCP flags. */
  watch: number
  capacity: number
  /** In which order tables are asked. */
  table: number
}

export interface GrantCalls {
  /** A socket that is connected to a broker or a device plugin. */
  connect(path: string): number
  ask(question: { socket: number; message: string }): Answer
  /** As testing.openPinned(); throws when it is not an XSKMAP. */
  openXskmap(path: string): number
  /**
   * Serves processes of that user at that path, until the function returned is called, at the latest from `exit`.
   * `message` null: the client has hung up. Keeps no process alive.
   */
  serve(wanted: {
    path: string
    user: number
    handler: (asked: { client: number; message: string | null }) => Answer
  }): () => void
  /** An AF_XDP socket that can be bound to that interface only. */
  boundSocket(interfaceName: string): number
  /** Whether that socket of boundSocket() has been bound. */
  isSocketReady(question: { socket: number; interface: string }): boolean
  /** Puts a socket into the XSKMAP of a port; -1 takes out what is there. */
  putSocket(place: { port: number; queue: number; socket: number }): void
  /**
   * Puts the rules of a client in force on these queues. The descriptor of its
   * counters stays the port's. Without rules it is a client no more.
   */
  servePort(wanted: {
    port: number
    client: number
    queues: readonly number[]
    rules: readonly NativeRule[]
  }): number
  /**
   * The maps by which a client executes flows in the driver, made if it has no such yet. Their descriptors stay the
   * port's; -1: there is no such map.
   */
  flowMaps(wanted: FlowMapsWanted): { words: number; slots: number; keys4: number; keys6: number }
  /**
   * Lets a client's flows leave by another port: its place among their targets. A word: why they can't, and nothing has
   * changed.
   */
  flowTarget(wanted: FlowMapsWanted & { to: number }): number | string
  /** Nobody of the same user may trace this process or read its memory from here on. */
  protectProcess(): void
  /** Starts that program in this process's place; returns only by an exception. */
  replaceProcess(program: { path: string; words: readonly string[] }): void
  /** A terminal for that user, as large as the one on descriptor `like`; `path` is the slave's. */
  openPty(wanted: { user: number; like: number }): { master: number; slave: number; path: string }
  resizePty(terminal: { master: number; like: number }): void
  /** Has that terminal send output as it is, after Node's raw mode was set. */
  sendAsItIs(terminal: number): void
  /** Whether this process may read and set that terminal without being stopped. */
  isForeground(terminal: number): boolean
}
