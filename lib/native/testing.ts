// What only tests and benchmarks call.

export interface TestingCalls {
  /** A map that is pinned there. */
  openPinned(path: string): number
  /** Descriptor of an XDP program that steers by these rules, with maps of its own. */
  program(expressions: string[]): number
  /**
   * The blocks of each part of the XDP program that this process made last for an interface, in their order; null: it has made none.
   * `instructions`: those of the block alone. `maps`: descriptors, to be compared.
   */
  blocks(interfaceName: string): { block: string; instructions: number; maps: number[] }[][] | null
  /** CPU time that it takes to run an XDP program that often over a packet. */
  programSeconds(question: { program: number; packet: Uint8Array; runs: number }): number
  /**
   * 1 + the number of the first expression that matches, per packet, as one layer sees it; 255: it can't. Without `fragments` those
   * match as libpcap has it.
   */
  answers(question: {
    expressions: string[]
    /** One behind the other. */
    packets: Uint8Array
    lengths: Uint32Array
    layer: string
    fragments?: 'leave' | 'take'
  }): Uint8Array
}
