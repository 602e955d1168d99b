// What only tests and benchmarks call.

/** Packets of a member: rx = delivered + dropped + toKernel + sent + rejected. */
export interface MemberCounts {
  rx: number
  delivered: number
  dropped: number
  toKernel: number
  sent: number
  rejected: number
  pumps: number
  /** Copied out of what was delivered. */
  bytes: number
  threadName: string
}

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
  /**
   * A native worker without a loop, on a plain thread that polls its queues: pairs of a port and a queue. `how`: what becomes of packets.
   * Returns its number, which is a worker's too.
   */
  startMember(options: {
    queues: number[]
    frames: number
    how: 'drop' | 'deliver' | 'pass' | 'reflect'
  }): number
  memberCounts(id: number): MemberCounts
  /** Closes its queues. `problem`: what the audit of its end found wrong, or ''. */
  stopMember(id: number): MemberCounts & { problem: string }
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
