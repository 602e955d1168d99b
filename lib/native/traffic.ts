// Traffic that the kernel makes: for the generator, the lab and the demo.

/** One frame and its flows, ready to be sent out of one interface by XDP live frames. */
export interface NativeGenerator {
  /** Off the main thread, one call at a time; cpu -1: any. Resolves to how many frames were handed to the interface. */
  run(packets: number, packetsPerSecond: number, milliseconds: number, cpu: number): Promise<number>
  close(): void
}

export interface TrafficCalls {
  Generator: new (
    interfaceName: string,
    frame: Uint8Array,
    portOffset: number,
    firstPort: number,
    flows: number,
  ) => NativeGenerator
  classifyUdp(
    namespacePath: string,
    interfaceName: string,
    port: number,
    queue: number,
    filterName: string,
  ): void
}
