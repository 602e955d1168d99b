// layer: 'nic' on a DPDK port: each flow that is dropped is a rule with COUNT and DROP, each one that is shown a rule
// with MARK. Counts are those of the NIC, to the last packet, and a rule goes with its flow.
import t from 'tap'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { FakeFlow } from '../fixtures/nic/fake-flow.js'
import { flowsUser } from '../fixtures/nic/flows-user.js'

const PACKET_BYTES = 60 // and 7 packets more at each look: what the stand-in counts
const NAME = 'dpdk:net_null0,no-rx=1'

t.test('rules', { skip: withoutDpdk }, async (t) => {
  const nic = new FakeFlow(t)
  const user = await flowsUser(t, nic.env, { name: NAME, ports: [1000, 1001, 1002], options: {} })
  nic.requests()
  await user.tell('add 1000')
  await user.tell('show 1001')
  const { found } = await user.when('both are there', ({ nic }) => nic === 2)
  t.match(found, [
    { port: 1000, layer: 'nic', why: 'asked' },
    { port: 1001, layer: 'nic', why: 'asked', packets: 0 },
  ])
  const created = nic.requests().filter((line) => line.startsWith('create'))
  t.equal(created.length, 2)
  t.match(
    created[0],
    /^create \d+ ingress group 0 priority 0 \/ ETH .* \/ IPV4 .*c6120701c6120702.* \/ UDP 03e80009/,
  )
  t.match(created[0], / > count > drop$/)
  t.match(created[1], /UDP 03e90009.* > mark 1001 > queue 0$/)

  await user.when('the NIC has counted', ({ found }) => found[0]!.packets! >= 14)
  await user.tell('remove 1000')
  const { ended } = await user.when('it has ended', ({ ended }) => ended.length === 1)
  const said = nic.requests()
  const last = said.findLast((line) => line.startsWith('query'))!
  t.match(said[said.indexOf(last) + 1], /^destroy/, 'it is asked for its counts, and then taken away')
  const packets = Number(last.split(', ')[1])
  t.same(ended, [{ port: 1000, reason: 'removed', packets, bytes: packets * PACKET_BYTES }])
  t.equal(
    said.filter((line) => line.startsWith('query') && !line.startsWith('query 0,')).length,
    0,
    'a mark counts nothing',
  )

  await user.tell('invalidate')
  await user.when('the other one has ended too', ({ nic, ended }) => nic === 0 && ended.length === 2)
  nic.lacks('drop')
  await user.tell('add 1002')
  await user.when('what the driver refuses stays', ({ found }) => found[2]?.why === 'driver')
  nic.lacks('')
  await user.when('and is tried again', ({ nic }) => nic === 1)
  await user.tell('close')
  t.same(await user.gone, { code: 0, errors: '' })
  const end = nic.requests()
  t.match(
    end.findLast((line) => line.startsWith('destroy')),
    /^destroy/,
  )
  t.match(end.filter((line) => line.startsWith('stop')).join(), /stop, 0 rules left/)
})

t.test('a driver without rte_flow', { skip: withoutDpdk }, async (t) => {
  await t.rejects(flowsUser(t, process.env, { name: NAME, ports: [] }), {
    message:
      /net_null0\S* has no rules of a NIC for flows: its driver net_null knows no rte_flow.*ERR_NOT_SUPPORTED/s,
  })
})
