// dpdk:net_pcap on interfaces does what every backend must do, between two veths.
import { open } from 'rxburst'
import { conformance } from './fixtures/conformance.js'
import { NO_NIC, onInterface, queuesOf } from './fixtures/dpdk-conformance.js'
import { ENDS } from './fixtures/namespace.js'

const { timestamp: _, ...lacks } = NO_NIC

await conformance({
  name: 'dpdk:net_pcap',
  backend: 'dpdk',
  needs: onInterface(),
  pair: async (n, options) => [
    await open(`dpdk:net_pcap0,rx_iface_in=${ENDS[0]},tx_iface=${ENDS[0]}`, {
      queues: queuesOf(n),
      ...options,
    }),
    await open(`dpdk:net_pcap1,rx_iface_in=${ENDS[1]},tx_iface=${ENDS[1]}`, { queues: queuesOf(n) }),
  ],
  window: 64, // libpcap's ring has eight blocks, and gives one up each millisecond
  lacks: {
    ...lacks,
    'two queues': 'each rx_iface_in is a queue of its own that sees every packet',
    'full ring': 'libpcap hands each packet to the kernel by itself, and a veth takes them all',
  },
})
