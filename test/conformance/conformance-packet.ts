// packet: does what every backend must do, between two veths.
import { open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { ENDS, inNamespaceOfItsOwn, throttle, unthrottle } from '../fixtures/namespace.js'

const met = inNamespaceOfItsOwn()
const queuesOf = (n: number) => Array.from({ length: n }, (_, i) => i)

await conformance({
  backend: 'packet',
  needs: { what: 'a network namespace, and CAP_NET_RAW in it', met, code: 'ERR_NO_CAPABILITY' },
  pair: async (n, options) => [
    await open(`packet:${ENDS[0]}`, { queues: queuesOf(n), ...options }),
    await open(`packet:${ENDS[1]}`, { queues: queuesOf(n) }),
  ],
  choke: { before: () => throttle(ENDS[0]), after: () => unthrottle(ENDS[0]) },
  lacks: {
    segments: 'the kernel lays a packet into one frame of its ring',
    pass: 'the kernel has every packet already: a ring holds copies',
    'owned frames': 'packets lie in the ring of the kernel',
    mark: 'a TPACKET_V3 header has no room for it',
  },
})
