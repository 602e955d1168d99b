// What a processor is told of its ports and queues.

export interface PortDescription {
  /** Its number in verdicts: tx(index). */
  readonly index: number
  readonly name: string
  readonly mtu: number
  /** Longest packet it takes or gives, bytes. */
  readonly frameMax: number
  /** Most segments of one packet; 1: a packet is a frame. */
  readonly segments: number
  /** Hardware address, six bytes; absent where the port has none. */
  readonly mac?: Uint8Array
  readonly canPass: boolean
  readonly borrowed: boolean
}

export interface QueueDescription {
  /** Index of its port in `context.ports`. */
  readonly port: number
  /** The device's number of the queue. */
  readonly queue: number
}
