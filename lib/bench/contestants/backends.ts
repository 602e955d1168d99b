// Our backends on one kernel interface, with what happens to each packet on its way to the handler.
import type { PlaneHost } from './ours.js'

export interface OnInterface {
  label: string
  backend: string
  device?: string
  /** The name of a port on that interface; the number tells several DPDK devices apart. */
  port(dev: string, n: number): { name: string; options?: { takeAll: true } }
  copies: string
  /** It holds on to the interface while it is open, so it is closed between two runs. */
  holds: boolean
}

const takeAll = { takeAll: true } as const

export const ON_INTERFACE: readonly OnInterface[] = [
  {
    label: 'AF_XDP',
    backend: 'afxdp',
    port: (dev) => ({ name: `afxdp:${dev}`, options: takeAll }),
    copies: 'the kernel copies it once into the arena',
    holds: false,
  },
  {
    label: 'PACKET_MMAP',
    backend: 'packet',
    port: (dev) => ({ name: `packet:${dev}`, options: takeAll }),
    copies: 'the kernel copies it once into the ring',
    holds: true,
  },
  {
    label: 'socket',
    backend: 'socket',
    port: (dev) => ({ name: `socket:${dev}`, options: takeAll }),
    copies: 'recvmmsg() copies it once into the arena',
    holds: true,
  },
  {
    label: 'DPDK net_af_xdp',
    backend: 'dpdk',
    device: 'net_af_xdp',
    port: (dev, n) => ({ name: `dpdk:net_af_xdp${n},iface=${dev}`, options: takeAll }),
    copies: "copied once into DPDK's memory, once into the arena",
    holds: true,
  },
  {
    label: 'DPDK net_af_packet',
    backend: 'dpdk',
    device: 'net_af_packet',
    port: (dev, n) => ({ name: `dpdk:net_af_packet${n},iface=${dev}`, options: takeAll }),
    copies: 'copied once into the arena',
    holds: true,
  },
]

export const closeAll = async (things: readonly { close(): Promise<void> }[]) => {
  for (const thing of things) await thing.close()
}

export type Hosts = Map<OnInterface, PlaneHost>
