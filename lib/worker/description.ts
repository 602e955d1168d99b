// What a processor is told of its ports and queues.

/** A port, as `context.ports` describes it: as it was when the data plane started. */
export interface PortDescription {
  /** Its number in verdicts: tx(index). */
  readonly index: number
  /** Its name: 'afxdp:eth0'. */
  readonly name: string
  /** The longest packet without its link-layer header, bytes. */
  readonly mtu: number
  /** Longest packet it takes or gives, bytes. */
  readonly frameMax: number
  /** Most segments of one packet. With 1 a packet is a frame. */
  readonly segments: number
  /** Hardware address, six bytes; absent where the port has none. */
  readonly mac?: Uint8Array
  /** Whether PASS is possible: `capabilities.pass`. */
  readonly canPass: boolean
  /** Whether the backend only lends its memory: `capabilities.frames` is 'borrowed'. */
  readonly borrowed: boolean
}

/** A queue, as `context.queues` describes it. */
export interface QueueDescription {
  /** Index of its port in `context.ports`. */
  readonly port: number
  /** The device's number of the queue. */
  readonly queue: number
}
