// The XDP live-frames flood and the software classifier, as native/steer offers them.
import { native } from './native.js'

/** One frame and its flows, ready to be sent out of one interface. `close()` frees its program. */
export interface Flood {
  /**
   * Sends frames for `milliseconds`, or until `packets` are sent, off the main thread; resolves to how many were handed to
   * the interface. One call at a time.
   * @param packetsPerSecond 0: as fast as it goes
   * @param cpu the CPU to send from, which on a veth chooses the receiving queue (cpu modulo its queues); -1: any
   */
  run(packets: number, packetsPerSecond: number, milliseconds: number, cpu: number): Promise<number>
  close(): void
}

/** What the addon exports for these two; native/steer/flood.cc and classify.cc. */
interface SteerExports {
  Flood: new (
    interfaceName: string,
    frame: Uint8Array,
    portOffset: number,
    firstPort: number,
    flows: number,
  ) => Flood
  classifyUdp(
    namespacePath: string,
    interfaceName: string,
    port: number,
    queue: number,
    filterName: string,
  ): void
}

const steer = native as unknown as SteerExports

/** A flood of `frame` (bytes from the Ethernet header on); with `flows` over 1 the 16-bit field at `portOffset` counts up from `firstPort`. */
export function openFlood(
  interfaceName: string,
  frame: Uint8Array,
  { portOffset = 0, firstPort = 0, flows = 1 } = {},
): Flood {
  return new steer.Flood(interfaceName, frame, portOffset, firstPort, flows)
}

export const classifyUdp = steer.classifyUdp
