// dpdk:net_tap does what every backend must do: what one sends the kernel receives, and its bridge hands it to the
// other.
import { spawnSync } from 'node:child_process'
import { open, type Port } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { NO_NIC, onInterface, queuesOf } from '../fixtures/conformance/dpdk-conformance.js'

const needs = onInterface()
const TAPS = ['rxbtap0', 'rxbtap1'] as const
const sh = (command: string) => {
  const { status, stderr } = spawnSync('sh', ['-ec', command], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}
if (needs.met)
  sh(`sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    ip link add wire type bridge mcast_snooping 0
    sysctl -qw net.bridge.bridge-nf-call-iptables=0 || true # which would take apart what is longer than the MTU
    ip link set wire up`)

const { checksum: _, ...lacks } = NO_NIC

await conformance({
  name: 'dpdk:net_tap',
  backend: 'dpdk',
  needs,
  pair: async (n, options) => {
    const ports: Port[] = []
    for (const [i, tap] of TAPS.entries()) {
      ports.push(await open(`dpdk:net_tap${i},iface=${tap}`, { queues: queuesOf(n), ...(i ? {} : options) }))
      sh(`ip link set ${tap} master wire up`)
    }
    return [ports[0], ports[1]]
  },
  lacks: {
    ...lacks,
    segments: 'the driver has no packet that is longer than a frame',
    'full ring': 'the kernel takes every packet that is written to a tap',
  },
})
