// dpdk:net_af_xdp does what every backend must do, between two veths.
import { readFileSync } from 'node:fs'
import { type AnyOptions, open, run } from 'rxburst'
import t from 'tap'
import { conformance } from '../fixtures/conformance/conformance.js'
import { NO_NIC, onInterface, queuesOf } from '../fixtures/conformance/dpdk-conformance.js'
import { connect } from '../fixtures/namespace.js'
import { processor } from '../fixtures/plane.js'

// The kernel takes no chunk of the driver's that crosses two pages, unless they are neighbours in memory.
const hugepages = Number(readFileSync('/proc/sys/vm/nr_hugepages', 'utf8')) > 0
const inNamespace = onInterface()
const needs =
  inNamespace.met && !hugepages ? { what: 'hugepages', met: false, code: 'ERR_REQUIRE' } : inNamespace
const openEnd = (n: number, dev: string, queues: number, options?: AnyOptions) =>
  open(`dpdk:net_af_xdp${n},iface=${dev}`, { queues: queuesOf(queues), takeAll: true, ...options })

// DPDK before 23.11 keeps a queue of the kernel's until the process ends, so every pair has veths of its own.
let pairs = 0
await conformance({
  name: 'dpdk:net_af_xdp',
  backend: 'dpdk',
  needs,
  pair: async (n, options) => {
    const ends = [`xd${pairs}a`, `xd${pairs++}b`] as const
    connect(...ends)
    return [await openEnd(0, ends[0], n, options), await openEnd(1, ends[1], n)]
  },
  window: 128, // as for afxdp:
  lacks: {
    ...NO_NIC,
    segments: 'packets are copied from memory of the driver into one frame',
    'shared pool': 'the driver takes no memory but its own',
    'two queues': 'the driver counts combined channels, and a veth has none',
    'full ring': 'the driver waits for the kernel to send',
  },
})

t.test('dpdk:net_af_xdp: the same interface a second time', { skip: !needs.met && needs.what }, async (t) => {
  connect('again0', 'again1')
  const nothing = processor(t, 'export default () => () => {}')
  for (const time of [1, 2]) {
    const port = await openEnd(0, 'again0', 1)
    t.teardown(() => port.close())
    const running = run(nothing, { workers: [{ queues: port.queues }] })
    if (time === 2 && /^DPDK 2[0-2]\./.test(port.capabilities.version))
      await t.rejects(running, { code: 'ERR_QUEUE_TAKEN', message: /only when the process ends/ })
    else await (await running).stop()
    await port.close()
  }
})
