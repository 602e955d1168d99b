// afxdp: does what every backend must do, between two veths.
import { execFileSync } from 'node:child_process'
import { open } from 'rxburst'
import { conformance } from './fixtures/conformance.js'
import { ENDS, inNamespaceOfItsOwn } from './fixtures/namespace.js'

const met = inNamespaceOfItsOwn() && process.geteuid?.() === 0

const setMtu = (mtu: number) => {
  for (const end of ENDS) execFileSync('ip', ['link', 'set', end, 'mtu', String(mtu)])
}

await conformance({
  backend: 'afxdp',
  needs: { what: 'root', met, code: 'ERR_NO_CAPABILITY' },
  pair: async (n, options) => {
    const queues = Array.from({ length: n }, (_, i) => i)
    const steering = n === 1 ? 'external' : undefined
    return [
      await open(`afxdp:${ENDS[0]}`, { queues, steering, takeAll: true, ...options }),
      await open(`afxdp:${ENDS[1]}`, { queues, steering, takeAll: true }),
    ]
  },
  choke: { options: { ring: 64 } },
  window: 128, // a veth has room for 256 packets, and under load nobody may take them out for a while
  segmented: {
    room: 1792,
    before: () => setMtu(9000),
    after: () => setMtu(1500),
    without: 'ERR_MTU',
    choke: { ring: 64 },
    pair: async (first, both) => {
      const options = { takeAll: true, ...both }
      return [
        await open(`afxdp:${ENDS[0]}`, { ...options, ...first }),
        await open(`afxdp:${ENDS[1]}`, options),
      ]
    },
  },
  lacks: {
    hash: 'XDP hints are not read',
    vlan: 'XDP sees tags in the packet',
    timestamp: 'XDP hints are not read',
    checksum: 'XDP hints are not read',
    mark: 'AF_XDP has none',
  },
})
