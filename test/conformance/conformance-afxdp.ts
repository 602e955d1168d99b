// afxdp: does what every backend must do, between two veths.
import { execFileSync } from 'node:child_process'
import { open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { connect, ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

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
  column: {
    name: 'hash',
    why: 'the kernel does not know where the headers are of what an AF_XDP socket sends: packet: sends',
    pair: async () => {
      connect('hash0', 'hash1')
      execFileSync('ethtool', ['-L', 'hash0', 'tx', '1']) // else the kernel spreads the flows over two queues
      return [
        await open('packet:hash0', { queues: [0] }),
        await open('afxdp:hash1', { queues: [0], steering: 'external', takeAll: true }),
      ]
    },
  },
  lacks: {
    mark: 'AF_XDP has none',
  },
})
