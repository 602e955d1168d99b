// libpcap compiles a filter once per open() or change, however many layers execute it; they share what it made, an
// object of native code.
import { type AnyOptions, open, type Port } from 'rxburst'
import t, { type Test } from 'tap'
import { ClientRules } from '../../dist/lib/broker/client.js'
import { native } from '../../dist/lib/native.js'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { FakeNic } from '../fixtures/nic/fake-nic.js'
import { pair } from '../fixtures/pair.js'

/** How many filters libpcap compiles meanwhile. */
async function compiles(work: () => unknown): Promise<number> {
  const before = native.testing.pcapCompiles()
  await work()
  return native.testing.pcapCompiles() - before
}

const steer = ['udp dst port 4321', 'ip6 and tcp dst port 80', 'udp dst port 4321']
const pass = ['ip proto 50', 'arp']

async function counts(t: Test, name: string, more: AnyOptions = {}): Promise<Port> {
  let port: Port | undefined
  const opening = await compiles(async () => {
    port = await open(name, { ...more, steer, pass })
  })
  t.equal(opening, steer.length + pass.length, `${name}: open() with five rules`)
  t.teardown(() => port!.close())
  t.equal(await compiles(() => port!.steer.add('udp dst port 53')), 1, `${name}: a rule more`)
  t.equal(await compiles(() => port!.steer.remove(port!.steer.rules.at(-1)!)), 0, `${name}: a rule less`)
  t.equal(await compiles(() => port!.steer.set({ steer, pass: [...pass, 'icmp'] })), 1, `${name}: set()`)
  return port!
}

t.test('loop:', (t) => counts(t, 'loop:a').then(() => {}))
t.test('dpdk:', { skip: withoutDpdk }, async (t) => {
  await counts(t, 'dpdk:net_null0', { isolated: false })
})
t.test('an interface', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  await counts(t, `packet:${near}`)
  await counts(t, `socket:${near}`)
  await counts(t, `afxdp:${near}`)
  await counts(t, `afxdp:${pair(t).near}`, { fragments: 'take' })
})

t.test(
  'the broker compiles what a program asks for, and not what it was granted',
  { skip: noLab },
  async (t) => {
    const port = await open(`afxdp:${pair(t).near}`, { steer })
    t.teardown(() => port.close())
    const client = new ClientRules(1, { port: port as never, takeAll: false, takesFragments: false })
    t.teardown(() => client.end())
    t.equal(await compiles(() => client.apply()), 0)
    t.equal(await compiles(() => client.set([steer[0], 'udp port 9'], ['icmp'])), 2)
    t.same(client.rules, [
      { expression: 'icmp', action: 'pass', slot: 3 },
      { expression: steer[0], action: 'steer', slot: 0 },
      { expression: 'udp port 9', action: 'steer', slot: 4 },
    ])
  },
)

t.test('a NIC that preselects', { skip: noLab }, async (t) => {
  const nic = new FakeNic(t, '', testLab(t, { queues: 4 }).hosts[0].near)
  const entry = new URL('../../dist/lib/index.js', import.meta.url).href
  const said = nic.addon<{ opened: number; nic: number }>(`await (async () => {
    const { open } = await import('${entry}')
    const port = await open('afxdp:${nic.name}', { queues: [2], steer: ['udp dst port 1', 'udp dst port 2'], pass: 'arp' })
    const opened = native.testing.pcapCompiles()
    const [nic] = port.steer.layers.slice(1).map(({ nic }) => nic.length)
    await port.close()
    return { opened, nic }
  })()`)
  t.same(said, { opened: 3, nic: 2 }, 'the filter of a NIC rule is the one that software checks again')
})

t.test('a filter is no other object', async (t) => {
  const filter = native.rules.compile('udp')
  const others: [string, unknown][] = [
    ['text', 'udp'],
    ['nothing', undefined],
    ['null', null],
    ['a plain object', {}],
    ['one that inherits from a filter', Object.create(filter)],
    ['a proxy of a filter', new Proxy(filter, {})],
    ['a copy of a filter', { ...filter }],
    ['an object of native code', new Uint8Array(64)],
    ['a filter that was cloned', structuredClone(filter)],
  ]
  for (const [what, other] of others)
    t.throws(
      () => native.nic.flowMatches({ filter: other as typeof filter, takesFragments: false }),
      { name: 'RxburstError', code: 'ERR_BAD_ARGUMENT' },
      what,
    )
  t.equal(native.nic.flowMatches({ filter, takesFragments: false }).matches.length, 2)
})
