// dpdk:net_ring does what every backend must do, two of them wired to each other.
import { open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { NO_NIC, onDpdk, queuesOf } from '../fixtures/conformance/dpdk-conformance.js'

const JUMBO = { mtu: 9000 }

await conformance({
  name: 'dpdk:net_ring',
  backend: 'dpdk',
  needs: onDpdk,
  pair: async (n, options) => [
    await open('dpdk:net_ring0,peer=net_ring1', { queues: queuesOf(n), ...options }),
    await open('dpdk:net_ring1,peer=net_ring0', { queues: queuesOf(n) }),
  ],
  segmented: {
    room: 1792,
    lossless: true,
    without: 'ERR_MTU',
    pair: async (first, both) => [
      await open('dpdk:net_ring0,peer=net_ring1', { ...JUMBO, ...both, ...first }),
      await open('dpdk:net_ring1,peer=net_ring0', { ...JUMBO, ...both }),
    ],
  },
  lacks: NO_NIC,
})
