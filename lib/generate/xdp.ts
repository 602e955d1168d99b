// The generator behind `xdp:IFACE`: XDP live frames sent out of a kernel interface, counted by the interface.
import { checkInteger, RxburstError } from '../errors.js'
import { countersOf, findLink, ip } from '../lab/iproute.js'
import { native } from '../native.js'
import { buildFrame, type Flow, FRAME_MIN_BYTES, SOURCE_PORT_OFFSET } from './flow.js'
import type { Generator, GeneratorOptions } from './generator.js'

const ETHERNET_BYTES = 14
export const BROADCAST = 'ff:ff:ff:ff:ff:ff'

export function openXdpGenerator(name: string, options: GeneratorOptions): Generator {
  const link = findLink(name)
  if (!link)
    throw new RxburstError(
      'ERR_NO_INTERFACE',
      `there is no network interface '${name}' in this network namespace. List them with: ip link`,
    )
  checkInteger('--size', options.size, FRAME_MIN_BYTES, link.mtu + ETHERNET_BYTES)
  const from = options.flow.from ?? link.addr_info?.find((a) => a.family === 'inet')?.local
  if (!from)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `--flow: ${name} has no IPv4 address, so the flow needs a source: 'udp 198.18.0.1:1024 > ${options.flow.to}:${options.flow.toPort}'`,
    )
  const flow: Flow & { from: string } = { ...options.flow, from }
  const toMac = options.toMac ?? neighbour(name, flow.to) ?? BROADCAST
  const frame = buildFrame(flow, options.fromMac ?? link.address, toMac, options.size)
  const [firstPort, lastPort] = flow.fromPorts
  const generator = new native.traffic.Generator({
    interface: name,
    frame,
    portOffset: SOURCE_PORT_OFFSET,
    firstPort,
    flows: lastPort - firstPort + 1,
  })
  const veth = link.linkinfo?.info_kind === 'veth'
  const before = taken(name)
  let sent = 0
  return {
    flow,
    toMac,
    async send(packets, milliseconds) {
      const first = sent === 0
      const n = await generator.run({
        packets,
        packetsPerSecond: options.packetsPerSecond,
        milliseconds,
        cpu: options.cpu,
      })
      sent += n
      if (first && n > 0 && veth && before !== null && taken(name) === before) throw unheard(name)
      return n
    },
    // A veth takes its transmit counter of redirected frames from its peer's receive counter.
    offered() {
      const now = taken(name)
      if (before === null || now === null || now === before) return { packets: sent, counter: 'sent' }
      return { packets: now - before, counter: veth ? 'receiver' : 'interface' }
    },
    close: async () => generator.close(),
  }
}

function unheard(name: string) {
  return new RxburstError(
    'ERR_NOT_SUPPORTED',
    `the other end of ${name} takes no frames. A veth drops redirected frames unless the receiving end is up, with gro or an XDP ` +
      'program. Set it up: ip link set PEER up; ethtool -K PEER gro on',
  )
}

const taken = (name: string) => countersOf(name)?.tx ?? null

export const neighbour = (name: string, address: string) =>
  ip<{ lladdr?: string }>('neighbour', 'show', 'dev', name, 'to', address)[0]?.lladdr
