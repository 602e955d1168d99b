// What every generator offers to `rxburst generate`.
import type { Flow } from './flow.js'

export interface GeneratorOptions {
  flow: Flow
  /** Bytes of a frame from the Ethernet header on, without frame check sequence. */
  size: number
  /** 0: as fast as it goes. */
  packetsPerSecond: number
  /** The CPU to send from; -1: any. */
  cpu: number
  /** Default: the interface's own. */
  fromMac?: string
  /** Default: that of the neighbour with the flow's destination address if it is known, or else broadcast. */
  toMac?: string
}

export interface Generator {
  /** The flow with nothing left out. */
  readonly flow: Flow
  readonly toMac: string
  /** Sends up to `packets`, for up to `milliseconds`; resolves to how many were handed over. One call at a time. */
  send(packets: number, milliseconds: number): Promise<number>
  /** What was taken since the generator was opened, and by whose counter. */
  offered(): { packets: number; counter: 'receiver' | 'interface' | 'device' | 'sent' }
  close(): Promise<void>
}
