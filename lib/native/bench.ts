// Contestants of the benchmark in C: native/bench.

export interface NativeBench {
  /** In a worker: polls in native code, with that handler, until the loop has to look up from its work. */
  cLoop(mode: string): void
  /** A thread that takes datagrams, and counts them or sends each back. */
  UdpPeer: new (
    address: string,
    port: number,
    cpu: number,
    echo: boolean,
  ) => { count(): number; close(): void }
  /** XDP_DROP on an interface until close(). */
  XdpDrop: new (
    interfaceName: string,
  ) => { close(): void }
  /** Requests one at a time; resolves to the nanoseconds of each answer. Spins on that CPU. */
  udpPing(
    from: string,
    to: string,
    port: number,
    milliseconds: number,
    pauseUs: number,
    bytes: number,
    cpu: number,
  ): Promise<{ times: Float64Array; lost: number }>
}
