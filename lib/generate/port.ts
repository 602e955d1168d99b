// The generator on ports of our own: afxdp:, packet:, socket:, dpdk:, loop:, through the API that every program has.
import { availableParallelism } from 'node:os'
import { open } from '../control/open/open.js'
import { run } from '../control/run.js'
import { checkInteger } from '../errors.js'
import { findLink } from '../lab/iproute.js'
import { buildFrame, type Flow, FRAME_MIN_BYTES } from './flow.js'
import type { Generator, GeneratorOptions } from './generator.js'
import { CELLS, type GeneratorData } from './orders.js'
import { sendingOn } from './send.js'
import { BROADCAST, neighbour } from './xdp.js'

const PROCESSOR = new URL('./processor.js', import.meta.url)
/** From the block that RFC 2544 sets aside for measuring; for ports that have no address. */
const NO_ADDRESS = '198.18.0.1'
const NO_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1)

const macText = (mac: Uint8Array) => [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':')

/** The kernel interface in a port's name, if there is one: afxdp:eth0, dpdk:net_af_xdp0,iface=eth0. */
const interfaceOf = (name: string): string =>
  /iface=([^,]+)/.exec(name)?.[1] ?? name.slice(name.indexOf(':') + 1).split(',')[0]

export async function openPortGenerator(name: string, options: GeneratorOptions): Promise<Generator> {
  const dev = interfaceOf(name)
  const link = name.startsWith('loop:') ? null : findLink(dev)
  const from = options.flow.from ?? link?.addr_info?.find((a) => a.family === 'inet')?.local ?? NO_ADDRESS
  const flow: Flow & { from: string } = { ...options.flow, from }
  const toMac = options.toMac ?? (link && neighbour(dev, flow.to)) ?? BROADCAST
  const port = await open(name, { takeAll: true })
  try {
    checkInteger('--size', options.size, FRAME_MIN_BYTES, Math.min(port.capabilities.frameMax, port.mtu + 14))
    const [firstPort, lastPort] = flow.fromPorts
    const data: GeneratorData = {
      cells: new Float64Array(new SharedArrayBuffer(CELLS * 8)),
      frame: buildFrame(flow, options.fromMac ?? macText(port.mac ?? NO_MAC), toMac, options.size),
      firstPort,
      flows: lastPort - firstPort + 1,
      packetsPerSecond: options.packetsPerSecond,
    }
    const cpu = options.cpu < 0 ? availableParallelism() - 1 : options.cpu
    const plane = await run(PROCESSOR, { workers: [{ cpu, queues: [port.queues[0]], data }], idle: 'spin' })
    return {
      flow,
      toMac,
      send: sendingOn(plane, [data.cells], name).send,
      offered: () => ({ packets: plane.snapshot().tx.packets, counter: 'device' }),
      async close() {
        await plane.stop()
        await port.close()
      },
    }
  } catch (error) {
    await port.close()
    throw error
  }
}
