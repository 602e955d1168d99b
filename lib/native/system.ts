// What this process asks of the kernel beside packets.

export interface SystemCalls {
  /** The class of what native code throws in this thread. */
  setErrorClass(errorClass: new (code: string, message: string) => Error): void
  /** Closes a descriptor that native code has given out. */
  closeDescriptor(fd: number): void
  /** Whether the lock on this open file is ours now. */
  lockFile(fd: number): boolean
  /** The hard limit on locked memory; -1: none. */
  memlockBytes(): number
  /** 0, or the errno of opening a raw socket of that address family. */
  socketFamily(family: number): number
  /**
   * The process at the other end of a Unix socket, as the kernel saw it connect or listen; null: that is no such
   * socket.
   */
  peerOf(socket: number): { pid: number; uid: number } | null
}
