// loop: does what every backend must do.
import { open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'

const queuesOf = (n: number) => Array.from({ length: n }, (_, i) => i)

await conformance({
  backend: 'loop',
  pair: async (n) => [
    await open('loop:one,peer=two', { queues: queuesOf(n) }),
    await open('loop:two,peer=one', { queues: queuesOf(n) }),
  ],
  segmented: {
    room: 1792,
    lossless: true,
    pair: async (first, both) => [
      await open('loop:one,peer=two', { ...both, ...first }),
      await open('loop:two,peer=one', both),
    ],
  },
  lacks: {
    pass: 'there is no kernel behind it',
    hash: 'there is no device that would compute one',
    vlan: 'nobody takes a tag off',
    timestamp: 'nobody stamps packets',
    checksum: 'nobody checks sums',
    mark: 'nobody marks packets',
  },
})
