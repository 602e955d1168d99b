// The same prefixes in Lpm4 and in DPDK's rte_lpm, by rte_lpm_add(): the same answers.
import { Lpm4 } from 'rxburst/wire'
import t from 'tap'
import { randomPrefixes } from '../../dist/lib/bench/programs/full-table.js'
import { askDpdk } from '../fixtures/tables/dpdk-tables.js'

t.test('10 000 prefixes, 30 000 addresses', async (t) => {
  const { address, length, value } = randomPrefixes(10_000)
  const table = Lpm4.create({ prefixes: 10_000, groups: 1024 })
  const add: string[] = []
  const addresses: number[] = []
  for (let i = 0; i < address.length; i++) {
    const text = [24, 16, 8, 0].map((shift) => (address[i] >>> shift) & 255).join('.')
    table.add(`${text}/${length[i]}`, value[i])
    add.push(`add ${address[i]} ${length[i]} ${value[i]}`)
    const last = (address[i] | (length[i] === 32 ? 0 : 0xffffffff >>> length[i])) >>> 0
    addresses.push(address[i], last, (last + 1) >>> 0)
  }
  const theirs = askDpdk(t, [...add, ...addresses.map((one) => `look ${one}`)]).map(Number)
  const ours = addresses.map((one) => table.lookup(one))
  t.same(ours, theirs)
  t.ok(ours.includes(-1) && length.includes(32) && length.includes(12), 'of all kinds')
})
