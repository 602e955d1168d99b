// Several queues on virtio-net and vmxnet3: channels, the RSS table, and which queue each flow arrives on.
import t from 'tap'
import { inVm, noVm, sum } from '../fixtures/vm.js'

const PACKETS = 400

t.setTimeout(600_000)

t.test('in a virtual machine', { skip: noVm }, async (t) => {
  const facts = await inVm(t, ['virtio:queues=4,virtio', 'vmxnet3,vmxnet3'], 'queues.sh', 4)
  const distinct = (name: string) => [...new Set(facts.get<number[]>(name))].sort()
  const all = (name: string, queues: number[]) => {
    const { status, json, stderr } = facts.run(name)
    t.equal(status, 0, `${name}: ${stderr.trim()}`)
    t.same(json?.ports[0].queues, queues, `${name}: its queues`)
    const counts = facts.counts(name)
    t.equal(sum(counts), PACKETS, `${name}: every packet comes on some queue`)
    return Object.keys(counts).map(Number)
  }

  t.same([facts.get('virtio.queues'), facts.get('virtio.most')], [4, 4], 'ethtool -l')
  t.same(distinct('virtio.table'), [0, 1, 2, 3], 'ethtool -X equal 4')
  const counts = facts.get<number[] | null>('virtio.counts')
  if (counts)
    t.ok(
      counts.every((count) => count > 0),
      'the kernel gets flows on every queue',
    )
  t.same(distinct('virtio.weighted'), [1, 3], 'ethtool -X weight 0 1 0 1')
  const weighted = facts.get<number[] | null>('virtio.weighted_counts')
  if (weighted) {
    const [q0, q1, q2, q3] = weighted
    t.same([q0, q2, q1 + q3], [0, 0, PACKETS], 'the kernel gets flows on queues 1 and 3 only')
  }

  t.ok(all('afxdp', [0, 1, 2, 3]).length > 1, 'flows come on several queues of an afxdp port')
  all('afxdp-weighted', [0, 1, 2, 3])
  t.match(facts.run('afxdp-some'), { status: 1, stderr: /4 receive queues.*ERR_STEER_QUEUES/ })
  t.same(Object.keys(facts.counts('afxdp-external')), ['1'], 'one queue gives its own flows')

  t.same(distinct('vmxnet3.table'), [0, 1, 2, 3])
  t.same(distinct('vmxnet3.weighted'), [1])
  all('vmxnet3', [0, 1, 2, 3]) // QEMU's vmxnet3 gives every packet to queue 0

  t.same(all('dpdk', [0, 1, 2, 3]), [0, 1, 2, 3], 'net_virtio deals the flows out among its queues')
  t.same(all('dpdk-table', [0, 1, 2, 3]), [0, 2], 'as the table says')
  all('dpdk-vmxnet3', [0, 1, 2, 3])
})
