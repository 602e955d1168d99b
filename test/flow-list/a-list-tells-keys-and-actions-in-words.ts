// A list of flows names the fields of each shape's key, and the steps of each action with the flow's own parameter.
import {
  DROP,
  dnat,
  encap,
  endpoint,
  type FlowKey,
  type ListedFlow,
  meter,
  mirror,
  PARAM,
  PASS,
  peek,
  SHOW,
  type Step,
  setMac,
  snat,
  ttl,
  tx,
  vlanPop,
  vlanPush,
} from 'rxburst'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { start } from '../fixtures/plane.js'
import { flowing, WIRE } from '../fixtures/traffic/flows.js'

const ACTIONS: [readonly Step[], number, string][] = [
  [[DROP], 0, 'DROP'],
  [[PASS], 0, 'PASS'],
  [[SHOW], 0, 'SHOW'],
  [[ttl(), tx(2)], 0, 'ttl, tx(2)'],
  [[setMac({ dst: '02:00:00:00:00:0a' }), tx(1)], 0, 'setMac(dst 02:00:00:00:00:0a), tx(1)'],
  [
    [setMac({ dst: PARAM, src: '02:00:00:00:00:0b' }), tx(1)],
    0x0200_0000_000c,
    'setMac(dst 02:00:00:00:00:0c src 02:00:00:00:00:0b), tx(1)',
  ],
  [[dnat({ ip: '10.0.0.7', port: 80 }), DROP], 0, 'dnat(10.0.0.7:80), DROP'],
  [[dnat({ ip: '2001:db8::7', port: 80 }), DROP], 0, 'dnat([2001:db8::7]:80), DROP'],
  [[dnat({ port: 80 }), DROP], 0, 'dnat(:80), DROP'],
  [[snat({ ip: '10.0.0.7' }), DROP], 0, 'snat(10.0.0.7), DROP'],
  [[snat(PARAM), DROP], endpoint('203.0.113.5', 4000), 'snat(203.0.113.5:4000), DROP'],
  [[dnat({ ip: '10.0.0.7', port: PARAM }), DROP], endpoint('0.0.0.0', 81), 'dnat(10.0.0.7:81), DROP'],
  [[vlanPop(), vlanPush(7), DROP], 0, 'vlanPop, vlanPush(7), DROP'],
  [[vlanPush(PARAM), DROP], 4095, 'vlanPush(4095), DROP'],
  [[encap(new Uint8Array(14)), tx(1)], 0, 'encap(14 bytes), tx(1)'],
  [[meter({ pps: 1000, burst: 32 }), DROP], 0, 'meter(1000 pps, burst 32), DROP'],
  [[meter({ bps: 8_000_000, burst: 1500 }), DROP], 0, 'meter(8000000 bps, burst 1500), DROP'],
  [[mirror(3), peek(1024), DROP], 0, 'mirror(3), peek(1024), DROP'],
]
// Each with the number of its table, and as the command line prints it.
const KEYS: [number, FlowKey, string][] = [
  [
    0,
    {
      source: '10.1.0.1',
      sourcePort: 4000,
      destination: '10.2.0.1',
      destinationPort: 53,
      protocol: 6,
      vlan: 7,
      port: 3,
    },
    'tcp 10.1.0.1:4000 > 10.2.0.1:53 vlan 7 port 3',
  ],
  [
    0,
    {
      source: '2001:db8::1',
      sourcePort: 1,
      destination: '2001:db8::2',
      destinationPort: 2,
      protocol: 132,
      port: 0,
    },
    'sctp [2001:db8::1]:1 > [2001:db8::2]:2 port 0',
  ],
  [1, { source: '10.1.0.1' }, 'from 10.1.0.1'],
  [2, { destination: '10.2.0.1', destinationPort: 99, protocol: 17, port: 1 }, 'udp to 10.2.0.1:99 port 1'],
  [
    3,
    { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02', vlan: 0, port: 0 },
    '02:00:00:00:00:01 > 02:00:00:00:00:02 vlan 0 port 0',
  ],
]
const PORT = 1000

t.test('words', async (t) => {
  controlFolder(t)
  const source = flowing(`
    context.flows.shape('5tuple', { idleMs: 0, activeMs: 1000 })
    context.flows.shape('src', { anyPort: true })
    context.flows.shape('dst+port')
    context.flows.shape('mac')
    return perPacket(() => DROP)`)
  const { plane } = await start(t, source, { open: WIRE, name: 'fw' })
  for (const [i, [steps, param]] of ACTIONS.entries()) {
    const ends = { source: '10.0.0.1', destination: '10.0.0.2', destinationPort: 9, protocol: 17, port: 0 }
    await plane.flows.add({ ...ends, sourcePort: PORT + i }, steps, { param })
  }
  for (const [table, key] of KEYS) await plane.flows.add(key, [DROP], { table })

  const all: ListedFlow[] = []
  for await (const flow of plane.flows.list()) all.push(flow)
  t.same(
    all.slice(0, ACTIONS.length).map(({ action }) => action),
    ACTIONS.map(([, , words]) => words),
    'actions',
  )
  t.same(
    all.slice(ACTIONS.length).map(({ table, key }) => [table, key]),
    KEYS.map(([table, key]) => [table, key]),
    'keys',
  )
  const services: number[] = []
  for await (const { table } of plane.flows.list({ table: 2 })) services.push(table)
  t.same(services, [2], 'one table')
  await t.rejects(plane.flows.list({ table: 4 }).next(), { code: 'ERR_BAD_OPTION' })

  const { stdout } = await rxburst(t, 'flows', 'fw')
  for (const [, , words] of KEYS) t.ok(stdout.includes(` ${words} `), words)
  const json = await rxburst(t, 'flows', 'fw', '--json')
  t.match(JSON.parse(json.stdout).flows.find(({ key }: { key: { vlan?: number } }) => key.vlan === 7).key, {
    protocol: 'tcp',
    source: '10.1.0.1',
    source_port: 4000,
    destination: '10.2.0.1',
    destination_port: 53,
    vlan: 7,
    port: 3,
  })
  await plane.flows.invalidate()
  for await (const { key } of plane.flows.list()) t.fail(`a flow that has ended: ${JSON.stringify(key)}`)
})
