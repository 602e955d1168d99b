// Traffic that the kernel makes: for the generator, the lab and the demo.

/** One frame and its flows, ready to be sent out of one interface by XDP live frames. */
export interface NativeGenerator {
  /** Off the main thread, one call at a time; cpu -1: any. Resolves to how many frames were handed to the interface. */
  run(order: {
    packets: number
    packetsPerSecond: number
    milliseconds: number
    cpu: number
  }): Promise<number>
  close(): void
}

export interface TrafficCalls {
  Generator: new (wanted: {
    interface: string
    frame: Uint8Array
    /** Where the source port stands in the frame. */
    portOffset: number
    firstPort: number
    flows: number
  }) => NativeGenerator
  /** Puts datagrams to that port into that queue of a veth's peer; `namespace` is a path. */
  classifyUdp(wanted: {
    namespace: string
    interface: string
    port: number
    queue: number
    name: string
  }): void
}
