// A port that another process has opened: the program's side, the broker's, and the terminal between them.

export interface GrantCalls {
  connect(path: string): number
  /** The answer, and the descriptor that came with it or -1. */
  ask(end: number, message: string): [string, number]
  /** As testing.openPinned(); throws when it is not an XSKMAP. */
  openXskmap(path: string): number
  /**
   * Serves processes of that user at that path, until the function returned is called, at the latest from `exit`. `message` null: the
   * client has hung up. The answer is a text and a descriptor, or -1. Keeps no process alive.
   */
  serve(
    path: string,
    user: number,
    handler: (client: number, message: string | null) => [string, number],
  ): () => void
  /** An AF_XDP socket that can be bound to that interface only. */
  boundSocket(interfaceName: string): number
  /** Whether that socket of boundSocket() has been bound. */
  isSocketReady(fd: number, interfaceName: string): boolean
  /** Puts a socket into the XSKMAP of a port; -1 takes out what is there. */
  putSocket(portId: number, queue: number, fd: number): void
  /**
   * Puts the rules of a client in force on these queues: expression, pass, slot, fresh, takes fragments, … The descriptor of its
   * counters stays the port's. Without rules it is a client no more.
   */
  servePort(
    portId: number,
    client: number,
    queues: readonly number[],
    rules: readonly (string | boolean | number)[],
  ): number
  /** Nobody of the same user may trace this process or read its memory from here on. */
  protectProcess(): void
  /** Starts that program in this process's place; returns only by an exception. */
  replaceProcess(path: string, words: readonly string[]): void
  /** A terminal for that user, as large as the one on descriptor `like`: master, slave, path of the slave. */
  openPty(uid: number, like: number): [master: number, slave: number, path: string]
  resizePty(master: number, like: number): void
  /** Has that terminal send output as it is, after Node's raw mode was set. */
  sendAsItIs(terminal: number): void
  /** Whether this process may read and set that terminal without being stopped. */
  isForeground(terminal: number): boolean
}
