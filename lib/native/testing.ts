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

/** One table of flows: its options, and operations of three words each. */
export interface FlowTableTrial {
  /** Entries; a power of two. */
  capacity: number
  refuse: boolean
  idleMs: number
  hardMs: number
  activeMs: number
  newPerSecond: number
  /** Places for records of ended flows; 0: none are made. */
  records: number
  /**
   * 0 add (key, action), 1 hit (key), 2 remove (key), 3 advance (ms), 4 invalidate, 5 invalidate an action (number), 6
   * join (key, key), 7 take what has ended. A key above 2^31 is one of IPv6.
   */
  operations: Uint32Array
}

export interface FlowTableOutcome {
  /** Of each operation: whether, how many packets, how many entries. */
  results: Uint32Array
  /** Key, reason, packets, ms of the first and of the last one. */
  ended: Uint32Array
  entries: number
  evicted: number
  /** Bytes. */
  memory: number
  /** Of actions by entries. */
  references: number
}

export interface TestingCalls {
  /** A table of flows without packets and with a clock of its own. */
  flowTable(trial: FlowTableTrial): FlowTableOutcome
  /**
   * Packets through the driver's block of flows, whose flows are those of the packets `flows` and drop. For each packet
   * `driver` says which flow took it, counted from 1, and `worker` which one a worker's table would name; 0: none. 255:
   * a worker's table would show it.
   */
  driverFlows(trial: {
    /** The numbers of the tables' shapes, as native/flows/key.h counts them, in the order in which they are asked. */
    shapes: Uint32Array
    /** TCP flags, of all tables. */
    watch: number
    /** The block stands behind a rule. */
    ruled: boolean
    /** A packet of each flow, one behind the other; its table, its action, and its parameter as two words. */
    flows: Uint8Array
    flowLengths: Uint32Array
    flowTables: Uint32Array
    flowActions: Uint32Array
    params: Uint32Array
    /** Actions as encodeSteps() writes them. tx(0) is the port that a packet came from. */
    code: Uint8Array
    codeLengths: Uint32Array
    packets: Uint8Array
    lengths: Uint32Array
  }): {
    driver: Uint8Array
    worker: Uint8Array
    /** 1: the driver's verdict or bytes are not the worker's. */
    differs: Uint8Array
    /** The first packet that differs, as both made it. */
    driverMade: Uint8Array
    workerMade: Uint8Array
    packets: number
    bytes: number
    seen: boolean
  }
  /** A map that is pinned there. */
  openPinned(path: string): number
  /** Descriptor of an XDP program that steers by these rules, with maps of its own. */
  program(expressions: string[]): number
  /**
   * The blocks of each part of the XDP program that this process made last for an interface, in their order; null: it
   * has made none.
   * `instructions`: those of the block alone. `maps`: descriptors, to be compared.
   */
  blocks(interfaceName: string): { block: string; instructions: number; maps: number[] }[][] | null
  /**
   * A native worker without a loop, on a plain thread that polls its queues: pairs of a port and a queue. `how`: what
   * becomes of packets. Returns its number, which is a worker's too.
   */
  startMember(options: {
    queues: number[]
    frames: number
    how: 'drop' | 'deliver' | 'pass' | 'reflect'
  }): number
  memberCounts(id: number): MemberCounts
  /** Closes its queues. `problem`: what the audit of its end found wrong, or ''. */
  stopMember(id: number): MemberCounts & { problem: string }
  /** Calls of libpcap's compiler so far, those of DPDK's module among them. */
  pcapCompiles(): number
  /** CPU time that it takes to run an XDP program that often over a packet. */
  programSeconds(question: { program: number; packet: Uint8Array; runs: number }): number
  /**
   * 1 + the number of the first expression that matches, per packet, as one layer sees it; 255: it can't. Without
   * `fragments` those match as libpcap has it.
   */
  answers(question: {
    expressions: string[]
    /** One behind the other. */
    packets: Uint8Array
    lengths: Uint32Array
    layer: string
    fragments?: 'leave' | 'take'
  }): Uint8Array
  /**
   * What the table of flows reads of each packet, ten numbers: offsets of layers 3 and 4, VLAN id or 0xffff, EtherType,
   * family, protocol, TTL, TCP flags, flags and what it lacks (native/flows/parse.h).
   */
  parsePackets(packets: { packets: Uint8Array; lengths: Uint32Array }): Uint32Array
  /**
   * Executes one action on packets, one behind the other. Each has a frame of its own with room at both ends. The clock
   * goes on by
   * `stepNs` from packet to packet.
   */
  executeAction(question: {
    /** Steps as lib/flows/steps.ts encodes them. */
    code: Uint8Array
    packets: Uint8Array
    lengths: Uint32Array
    front: number
    behind: number
    param: number
    stepNs: number
    shown: boolean
  }): ExecutedPackets
}

/** What became of the packets of one call of executeAction(). */
export interface ExecutedPackets {
  packets: Uint8Array
  lengths: Uint32Array
  verdicts: Uint32Array
  mirrored: Uint8Array
  mirroredLengths: Uint32Array
  mirroredPorts: Uint32Array
  /** A byte outside a frame was written, or an outcome lies outside. */
  outside: boolean
  metered: number
  unfit: number
}
