// rte_flow and isolated mode of DPDK's net_tap beside a NIC: one flow comes to us, the kernel has the rest, and nothing
// is left behind.
import t from 'tap'
import { inVm, noVm } from '../fixtures/vm.js'

interface Doctor {
  checks: { id: string; ok: boolean | null }[]
}

t.setTimeout(600_000)

t.test('in a virtual machine', { skip: noVm }, async (t) => {
  const facts = await inVm(t, ['e1000e,e1000e'], 'flow.sh')
  const is = (name: string, wanted: unknown, what: string) => t.same(facts.get(name), wanted, what)
  const before = facts.get<string>('before')
  t.notMatch(before, /ingress/)

  is('status', 0, 'the program ends well')
  is('open.rules', '', 'an open port takes nothing')
  is('open.pings', 5, 'and the kernel answers')
  is('run.rules', 'dst_port 4321', 'a data plane has its rule')
  is('run.isolated', true, 'in isolated mode')
  t.match(facts.get('run.steering'), [
    { action: 'pass', nic: [] },
    { action: 'pass', nic: [] },
    {
      action: 'steer',
      nic: ['pattern eth / ipv4 / udp dst is 4321 / end actions queue index 0 / end'],
      software: /rte_bpf/,
      why: '',
    },
  ])
  is('run.pings', 5, 'the kernel answers every ping')
  is('run.tcp', true, 'and a megabyte over TCP arrives as it was sent')
  is('add.rules', 'dst_port 4321,dst_port 4322', 'a rule more')
  t.match(facts.get('mask'), /^ERR_STEER .*net_tap says: item not supported/)
  t.match(facts.get('arp'), /^ERR_STEER .*other than IPv4 and IPv6/)
  t.match(facts.get('pass'), /^ERR_STEER .*'udp port 4322' is to stay with the kernel/)
  t.match(facts.get('again'), /queueing disciplines.*ingress ffff:.*ERR_NOT_SUPPORTED/)
  is('refused.rules', 'dst_port 4321,dst_port 4322', 'what is refused changes nothing')
  is('kernel.before', 0, 'the kernel had nothing of the flow')
  is('remove.rules', 'dst_port 4322', 'a rule less')
  is('rx', 200 + 200, 'just the flows came to us')
  is('stop.rules', '', 'a stopped data plane has none')
  is('stop.pings', 5, 'and the kernel answers')
  is('after', before, 'a closed port leaves nothing')

  is('exit.rules', 'dst_port 4321', 'a program that ends without closing')
  is('exit.status', 3, 'as it wants')
  is('exit.after', before, 'leaves nothing either')

  t.match(facts.get('robbed.add'), /^ERR_STEER .*taken net_tap's ingress qdisc off nic0/)
  is('robbed.status', 0, 'one whose rules were taken away ends well')
  is('robbed.after', before, 'and leaves nothing')

  is('die.rules', 'dst_port 4321', 'a killed one')
  t.match(facts.get('killed'), /ingress.*dst_port 4321/s, 'leaves its rules')
  is('killed.pings', 5, 'which keep from the kernel nothing but the flow')
  const leftover = facts.get<Doctor>('doctor').checks.find(({ id }) => id === 'nic0.leftovers')
  t.equal(leftover?.ok, false, 'doctor sees them')
  is('repaired', before, 'and doctor --repair takes them away')
  t.equal(facts.run('next').status, 0, facts.run('next').stderr)
  is('next.after', before, 'so does the next open()')

  t.match(facts.run('theirs'), {
    status: 1,
    stderr: /ingress ffff:.*tc qdisc del dev nic0 ingress.*ERR_NOT_SUPPORTED/,
  })
  t.match(facts.run('mixed'), { status: 0, stderr: /somebody has put a filter of the kind flower/ })
  is('mixed.filters', 1, 'and what somebody else has put there stays')

  t.match(facts.run('whole'), {
    status: 1,
    stderr: /can't say 'len < 100'.*isolated=false.*ERR_NOT_SUPPORTED/,
  })
  t.match(facts.run('overlap'), { status: 1, stderr: /'udp port 53' is to stay.*ERR_NOT_SUPPORTED/ })
  t.equal(facts.run('told').status, 0, facts.run('told').stderr)
  is('end', before, 'nothing is left of any of it')
})
