// rte_flow rules of a DPDK port in isolated mode: when they come and go, and what is left where the NIC refuses one.
import t, { type Test } from 'tap'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { FakeFlow } from '../fixtures/nic/fake-flow.js'

/** Requests without their bytes, and without the questions before. */
const steps = (nic: FakeFlow) =>
  nic
    .requests()
    .map((line) => line.replace(/^(create \d+) [^:]*/, '$1'))
    .filter((line) => !line.startsWith('validate'))

const tests: Record<string, (t: Test, nic: FakeFlow) => void> = {
  'come when the device runs, and go before it stops'(t, nic) {
    const said = nic.run(`
      const port = await open('dpdk:net_null0', { steer: ['ip and udp dst port 1', 'ip and udp dst port 2'] })
      const before = port.capabilities.steering[0]
      let plane = await start(port)
      const { isolated } = port.details()
      await plane.stop()
      plane = await start(port)
      const shown = texts(port)
      await plane.stop()
      await port.close()
      return [before, isolated, shown]`)
    t.match(said, [
      { nic: [], why: 'the driver is asked when a data plane runs' },
      true,
      [
        'pattern eth / ipv4 / udp dst is 1 / end actions queue index 0 / end',
        'pattern eth / ipv4 / udp dst is 2 / end actions queue index 0 / end',
      ],
    ])
    const runs = (first: number) => [
      'configure',
      'start',
      `create ${first}`,
      `create ${first + 1}`,
      'flush',
      'stop, 0 rules left',
    ]
    t.same(steps(nic), ['isolate 1', ...runs(0), ...runs(2)])
  },

  'a rule that stays is not touched, a new one is there before an old one goes'(t, nic) {
    nic.run(`
      const port = await open('dpdk:net_null0', { steer: ['ip and udp dst port 1', 'ip and udp dst port 2'] })
      const plane = await start(port)
      await port.steer.set({ steer: ['ip and udp dst port 3', 'ip and udp dst port 2'] })
      await port.steer.add('ip and udp dst port 2 and ip[8] = 1') // the NIC can't tell it from the other
      await port.steer.set({ steer: ['ip and udp dst port 2 and ip[8] = 1'] })
      await plane.stop()
      await port.close()`)
    t.same(steps(nic).slice(3, -2), ['create 0', 'create 1', 'create 2', 'destroy 0', 'destroy 2'])
  },

  'a rule that the NIC takes by half changes nothing'(t, nic) {
    const said = nic.run(`
      const port = await open('dpdk:net_null0', { steer: 'ip and udp dst port 1' })
      const plane = await start(port)
      lacks('IPV4')
      const added = await tried(port.steer.add('udp dst port 2'))
      const replaced = await tried(port.steer.replace(port.steer.rules[0], 'udp dst port 3'))
      const left = [port.steer.rules.map(({ expression }) => expression), texts(port), port.details().isolated]
      lacks('')
      const again = await tried(port.steer.add('udp dst port 2'))
      await plane.stop()
      await port.close()
      return [added, replaced, left, again]`)
    const refusal =
      /^ERR_STEER: .*isolated mode: the flow rule 'pattern eth \/ ipv4 .*net_null says: this NIC takes no such rule, .*Nothing has changed/
    t.match(said, [
      refusal,
      refusal,
      [
        ['ip and udp dst port 1'],
        ['pattern eth / ipv4 / udp dst is 1 / end actions queue index 0 / end'],
        true,
      ],
      'done',
    ])
    t.same(steps(nic).slice(3, -2), [
      'create 0',
      'create 1', // of IPv6
      'destroy 1',
      'create 2',
      'destroy 2',
      'create 3',
      'create 4',
    ])
  },

  'a rule that can not be said in isolated mode changes nothing'(t, nic) {
    const said = nic.run(`
      const port = await open('dpdk:net_null0', { steer: 'ip and udp dst port 1' })
      const idle = await tried(port.steer.add('arp'))
      const plane = await start(port)
      const added = await tried(port.steer.add('len < 100'))
      const left = port.steer.rules.length
      await plane.stop()
      await port.close()
      return [idle, added, left]`)
    t.match(said, [
      /^ERR_STEER: .*can't say 'arp': it matches packets other than IPv4/,
      /^ERR_STEER: .*'len < 100'/,
      1,
    ])
    t.same(steps(nic).slice(3, -2), ['create 0'])
  },

  'a rule that the NIC does not let go of is tried again'(t, nic) {
    nic.run(`
      const port = await open('dpdk:net_null0', { steer: ['ip and udp dst port 1', 'ip and udp dst port 2'] })
      const plane = await start(port)
      lacks('destroy')
      await port.steer.remove(port.steer.rules[0])
      lacks('')
      await port.steer.add('ip and udp dst port 3')
      await plane.stop()
      await port.close()`)
    t.same(steps(nic).slice(3, -2), ['create 0', 'create 1', 'destroy 0: refused', 'create 2', 'destroy 0'])
  },

  'where the first rules are refused, software picks from everything'(t, nic) {
    const said = nic.run(`
      lacks('IPV6')
      const port = await open('dpdk:net_null0', { steer: ['ip and udp', 'ip6 and udp'] })
      const plane = await start(port)
      const layers = port.capabilities.steering
      const { isolated } = port.details()
      await port.steer.add('arp') // no NIC has to say it
      while (plane.snapshot().lost.filtered < 1000) await new Promise((more) => setTimeout(more, 10))
      await plane.stop()
      await port.close()
      return [layers, isolated]`)
    t.match(said, [
      [0, 1].map(() => ({ nic: [], software: 'rte_bpf', why: /ipv6 .* can't be made: net_null says/ })),
      false,
    ])
    t.same(steps(nic), [
      ...['isolate 1', 'configure', 'start', 'create 0', 'destroy 0'],
      ...['stop, 0 rules left', 'isolate 0', 'start', 'stop, 0 rules left'],
    ])
  },

  'unless isolated mode was asked for'(t, nic) {
    const said = nic.run(`
      const asked = { steer: ['ip and udp', 'ip6 and udp'], isolated: true }
      lacks('isolate 1')
      const opened = await tried(open('dpdk:net_null0', asked))
      lacks('IPV6')
      const port = await open('dpdk:net_null0', asked)
      const ran = await tried(start(port))
      lacks('')
      const plane = await start(port)
      const rules = texts(port).length
      await plane.stop()
      await port.close()
      return [opened, ran, rules]`)
    t.match(said, [
      /^ERR_NOT_SUPPORTED: .*isolated mode.*net_null says: this NIC has no such mode.*isolated: false/,
      /^ERR_NOT_SUPPORTED: .*ipv6.*this NIC takes no such rule.*isolated: false/,
      2,
    ])
    t.same(steps(nic), [
      'isolate 1: refused',
      ...['isolate 1', 'configure', 'start', 'create 0', 'destroy 0', 'stop, 0 rules left'],
      ...['configure', 'start', 'create 1', 'create 2', 'flush', 'stop, 0 rules left'],
    ])
  },

  'no rule is asked for where none would help'(t, nic) {
    const said = nic.run(`
      const whys = []
      for (const options of [{}, { pass: 'udp' }, { steer: ['udp', 'len < 10'] }, { steer: 'udp', isolated: false }]) {
        const port = await open('dpdk:net_null0', options)
        whys.push(port.capabilities.steering.at(-1)?.why)
        await port.close()
      }
      return whys`)
    t.match(said, [
      null,
      'the NIC is only told what to take',
      /^a flow rule can't say 'len < 10': it matches/,
      'isolated: false was said',
    ])
    t.same(steps(nic), [])
  },
}

for (const [name, body] of Object.entries(tests))
  t.test(name, { skip: withoutDpdk }, async (t) => body(t, new FakeFlow(t)))
