// Contestants that are measured side by side lie on hugepages all, or none does: one with hugepages would win by them.
import t from 'tap'
import { hugepagesOf, MemoryPorts, tooFew } from '../../dist/lib/bench/contestants/memory-ports.js'
import { ours } from '../../dist/lib/bench/contestants/ours.js'
import { hugepagesHere } from '../../dist/lib/bench/environment/hugepages.js'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { until } from '../fixtures/plane.js'

const FRAMES_A_PAGE = 1024

t.test('too few for all of them is said, with what mends it', (t) => {
  const wanted = hugepagesOf({ hosts: 2, testpmds: 1 })
  t.ok(wanted > hugepagesOf({ hosts: 2, testpmds: 0 }))
  t.ok(
    hugepagesOf({ hosts: 2, testpmds: 0, frames: 4096 }) > 2 * (4096 / FRAMES_A_PAGE),
    'their frames, and more',
  )
  t.equal(tooFew(wanted, { total: 5000, free: wanted }), undefined)
  const missing = tooFew(wanted, { total: 100, free: wanted - 1 })
  t.match(missing?.message, `${wanted - 1} are free, ${wanted} wanted`)
  t.equal(missing?.install, 'sysctl -w vm.nr_hugepages=101', 'what others hold stays theirs')
  t.end()
})

t.test('a crew that finds enough has nothing to say', (t) => {
  t.same(new MemoryPorts({ hosts: 0, testpmds: 0 }).notes, [])
  t.end()
})

t.test('one that finds too few', { skip: withoutDpdk, timeout: 120_000 }, async (t) => {
  const { free } = hugepagesHere()
  const memoryPorts = new MemoryPorts({ hosts: free + 1, testpmds: 1 })
  t.teardown(() => memoryPorts.close())
  t.match(memoryPorts.notes, [/ours runs without hugepages; sysctl -w vm.nr_hugepages=\d+ mends that/])
  const host = memoryPorts.nullHost({ ports: 1 })
  const contestant = ours({
    ...{ name: 'drops', does: '', runtime: 'ts', api: 'burst', backend: 'dpdk', mode: 'drop', burst: 32 },
    ...{ host, processor: 'drop', counts: 'rx' },
  })
  const running = await contestant.start()
  await until('packets of ours', async () => (await running.measure(20)).packets > 0)
  await running.stop()
  t.pass('ours runs')
  const testpmd = memoryPorts.testpmd({ ports: 2 }).start('io', 32, 'tx')
  await t.rejects(
    testpmd,
    { message: /too few hugepages/, install: /sysctl -w vm.nr_hugepages/ },
    'testpmd says why not',
  )
})
