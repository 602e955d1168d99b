// The key of a NIC rule stands in journals, so it stays what it was: a rule that an earlier version left is found and
// taken away.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { netnsId } from '../../dist/lib/steering/journal/log.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { FakeNic } from '../fixtures/nic/fake-nic.js'

const leftovers = new URL('../../dist/lib/steering/journal/leftovers.js', import.meta.url).href
const log = new URL('../../dist/lib/steering/journal/log.js', import.meta.url).href

// struct ethtool_rx_flow_spec without its location: UDP over IPv4, destination port 1, to queue 3.
const RULE_BYTES = 160
const key = Buffer.alloc(RULE_BYTES)
key.writeUInt32LE(2, 0) // UDP_V4_FLOW
key.writeUInt16BE(1, 4 + 10) // h_u.udp_ip4_spec.pdst
key.writeUInt16BE(0xffff, 76 + 10) // m_u.udp_ip4_spec.pdst
key.writeBigUInt64LE(3n, 152) // ring_cookie

t.test('a NIC', { skip: noLab }, async (t) => {
  const nic = new FakeNic(t, '', testLab(t, { queues: 4 }).hosts[0].near)
  const folder = nic.env.RXBURST_JOURNAL!
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const { index, boot } = nic.addon<{ index: number; boot: string }>(
    `({ index: native.nic.info('${nic.name}').index, boot: (await import('${log}')).bootId() })`,
  )
  const rules = () => nic.addon<number>(`native.nic.flows('${nic.name}').length`)
  const leave = (location: number | null, others: number[]) => {
    const header = { boot, netns: netnsId(), index, name: nic.name, pid: 4_000_000 }
    const change = { kind: 'rule', rule: key.toString('hex'), queue: 3, location, others }
    writeFileSync(
      join(folder, `4000000-${index}-x.jsonl`),
      `${JSON.stringify(header)}\n${JSON.stringify({ id: 1, change })}\n`,
      { mode: 0o600 },
    )
  }
  const repair = () =>
    nic.addon<{ repaired: object[]; failures: string[] }>(`(await import('${leftovers}')).repair()`)
  const insert = (port: string) => {
    const said = nic.ethtool('-N', nic.name, 'flow-type', 'udp4', 'dst-port', port, 'action', '3')
    return Number(/ID (\d+)/.exec(said)![1])
  }

  await t.test('whose place it had written down', async (t) => {
    insert('2')
    leave(insert('1'), [])
    const { repaired, failures } = repair()
    t.same([repaired.length, failures], [1, []])
    t.equal(rules(), 1, "somebody else's rule stays")
  })

  await t.test('whose place it had not written down yet', async (t) => {
    leave(null, [insert('1')])
    insert('1')
    t.match(repair(), { failures: [] })
    t.equal(rules(), 2, 'an equal rule that was there before stays')
    t.same(readdirSync(folder), [])
  })
})
