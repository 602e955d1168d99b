// dpdk:net_pcap on interfaces does what every backend must do, between two veths.
import { execFileSync } from 'node:child_process'
import { type AnyOptions, open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { NO_NIC, onInterface, queuesOf } from '../fixtures/conformance/dpdk-conformance.js'
import { ENDS } from '../fixtures/namespace.js'

const { timestamp: _, ...lacks } = NO_NIC

const openEnd = (end: 0 | 1, options: AnyOptions = {}) =>
  open(`dpdk:net_pcap${end},rx_iface_in=${ENDS[end]},tx_iface=${ENDS[end]}`, options)
const setMtu = (mtu: number) => {
  for (const end of ENDS) execFileSync('ip', ['link', 'set', end, 'mtu', String(mtu)])
}

await conformance({
  name: 'dpdk:net_pcap',
  backend: 'dpdk',
  needs: onInterface(),
  pair: async (n, options) => [
    await openEnd(0, { queues: queuesOf(n), ...options }),
    await openEnd(1, { queues: queuesOf(n) }),
  ],
  segmented: {
    room: 1792,
    receives: 1920, // it leaves less in front
    window: 8,
    choke: 'libpcap hands each packet to the kernel by itself',
    before: () => setMtu(9000),
    after: () => setMtu(1500),
    without: 'ERR_MTU',
    pair: async (first, both) => [await openEnd(0, { ...both, ...first }), await openEnd(1, both)],
  },
  window: 64, // libpcap's ring has eight blocks, and gives one up each millisecond
  lacks: {
    ...lacks,
    'two queues': 'each rx_iface_in is a queue of its own that sees every packet',
    'full ring': 'libpcap hands each packet to the kernel by itself, and a veth takes them all',
  },
})
