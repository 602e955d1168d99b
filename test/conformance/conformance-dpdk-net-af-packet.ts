// dpdk:net_af_packet does what every backend must do, between two veths.
import { open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { NO_NIC, onInterface, queuesOf } from '../fixtures/conformance/dpdk-conformance.js'
import { ENDS } from '../fixtures/namespace.js'

const { vlan: _, ...lacks } = NO_NIC
const deviceOf = (end: 0 | 1, queues: number) =>
  `dpdk:net_af_packet${end},iface=${ENDS[end]},qpairs=${queues}`

await conformance({
  name: 'dpdk:net_af_packet',
  backend: 'dpdk',
  needs: onInterface(),
  pair: async (n, options) => [
    await open(deviceOf(0, n), { queues: queuesOf(n), ...options }),
    await open(deviceOf(1, n), { queues: queuesOf(n) }),
  ],
  lacks: {
    ...lacks,
    segments: 'the driver lays a packet into one mbuf',
    'full ring': 'the driver goes around the queues of the kernel, and a veth takes or drops every packet',
  },
})
