// socket: does what every backend must do, between two veths.
import { open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { ENDS, inNamespaceOfItsOwn, throttle, unthrottle } from '../fixtures/namespace.js'

const met = inNamespaceOfItsOwn()
const queuesOf = (n: number) => Array.from({ length: n }, (_, i) => i)

await conformance({
  backend: 'socket',
  needs: { what: 'a network namespace, and CAP_NET_RAW in it', met, code: 'ERR_NO_CAPABILITY' },
  pair: async (n, options) => [
    await open(`socket:${ENDS[0]}`, { queues: queuesOf(n), ...options }),
    await open(`socket:${ENDS[1]}`, { queues: queuesOf(n) }),
  ],
  choke: { before: () => throttle(ENDS[0]), after: () => unthrottle(ENDS[0]) },
  lacks: {
    segments:
      'a packet socket cuts a packet that its frame does not hold, and a burst would need several frames each',
    pass: 'the kernel has every packet already: a socket sees copies',
    hash: 'recvmmsg does not tell it',
    mark: 'recvmmsg does not tell it',
  },
})
