// What every generator offers to `rxburst generate`, and which port names have one.
import { RxburstError } from '../errors.js'
import type { Flow } from './flow.js'
import { openXdpGenerator } from './xdp.js'

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
  offered(): { packets: number; counter: 'receiver' | 'interface' | 'sent' }
  close(): void
}

/** `xdp:IFACE` for now: XDP live frames, at 2 to 3 Mpps from one core. */
export function openGenerator(port: string, options: GeneratorOptions): Generator {
  const [, backend, device] = /^([a-z]+):(.+)$/.exec(port) ?? []
  if (!backend)
    throw new RxburstError('ERR_BAD_PORT_NAME', `'${port}' is not backend:device, such as xdp:eth0`)
  if (backend === 'xdp') return openXdpGenerator(device, options)
  throw new RxburstError(
    'ERR_NOT_SUPPORTED',
    `generate sends through xdp: only so far, not ${backend}: try xdp:${device}`,
  )
}
