// Lpm4 and Lpm6 against the definition of longest-prefix match, while prefixes come and go.
import * as fc from 'fast-check'
import { Lpm4, Lpm6 } from 'rxburst/wire'
import t from 'tap'
import { changes, cut, longest, type Model, textOf, wordsOf } from '../fixtures/tables/prefixes.js'

const numRuns = Number(process.env.ROUNDS ?? 60)
const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 31)

interface Table {
  size: number
  add(prefix: string, value: number): void
  remove(prefix: string): boolean
  get(prefix: string): number
}

for (const bits of [32, 128] as const)
  t.test(`${bits === 32 ? 'Lpm4' : 'Lpm6'}, RXBURST_SEED=${seed}`, async (t) => {
    // One table for all runs: emptied each time, so that groups are used again and again.
    const table: Table =
      bits === 32 ? Lpm4.create({ prefixes: 40, groups: 64 }) : Lpm6.create({ prefixes: 40, groups: 512 })
    const bytes = new Uint8Array(18)
    const lookup = (address: bigint) => {
      const words = wordsOf(address, bits)
      if (table instanceof Lpm4) return table.lookup(words[0])
      const six = table as Lpm6
      for (const [i, word] of words.entries()) new DataView(bytes.buffer).setUint32(2 + 4 * i, word)
      const answer = six.lookup(words[0], words[1], words[2], words[3])
      if (six.lookupAt(bytes, 2) !== answer) throw new Error('lookupAt() and lookup() differ')
      return answer
    }
    let compared = 0
    fc.assert(
      fc.property(changes(bits), (list) => {
        const model: Model = { bits, routes: new Map() }
        for (const { address, length, value, remove, again, probe } of list) {
          const known = [...model.routes.keys()]
          const first = cut(address, length, bits)
          const prefix =
            remove && known.length > 0 ? known[again % known.length] : `${textOf(first, bits)}/${length}`
          const there = model.routes.get(prefix)
          if (remove) {
            if (table.remove(prefix) !== (there !== undefined)) return false
            model.routes.delete(prefix)
          } else {
            table.add(prefix, value)
            model.routes.set(prefix, { address: first, length, value })
          }
          if (table.get(prefix) !== (model.routes.get(prefix)?.value ?? -1)) return false
          if (table.size !== model.routes.size) return false
          const last = first | ((1n << BigInt(bits - length)) - 1n)
          const all = 1n << BigInt(bits)
          for (const at of [first, last, (first + all - 1n) % all, (last + 1n) % all, probe, address]) {
            compared++
            if (lookup(at) !== longest(model, at)) return false
          }
        }
        for (const prefix of model.routes.keys()) table.remove(prefix)
        return (
          table.size === 0 &&
          list.every(({ address, probe }) => lookup(address) === -1 && lookup(probe) === -1)
        )
      }),
      { numRuns, seed },
    )
    t.ok(compared > numRuns, `${compared} addresses`)
  })

t.test('lookupMany() is lookup(), any number at a time', async (t) => {
  const table = Lpm4.create()
  table.add('10.0.0.0/8', 1)
  table.add('10.1.2.0/24', 2)
  table.add('10.1.2.128/25', 3)
  const addresses = Uint32Array.from(
    { length: 23 },
    (_, i) => 0x0a010200 + 61 * i - (i % 3 === 0 ? 0x01000000 : 0),
  )
  const one = Array.from(addresses, (address) => table.lookup(address))
  t.same([...new Set(one)].sort(), [-1, 1, 2, 3])
  for (let count = 0; count <= 20; count++) {
    const values = new Int32Array(24).fill(-9)
    table.lookupMany(addresses, values, count, 3)
    t.same([...values.subarray(0, count)], one.slice(3, 3 + count))
    t.equal(values[count], -9, 'and nothing behind them')
  }
})

t.test('prefixes that say the same stay apart', async (t) => {
  const table = Lpm4.create({ groups: 1 })
  table.add('10.0.0.0/25', 1)
  for (let i = 0; i < 256; i++) table.add(`10.0.0.${i}/32`, 7)
  table.remove('10.0.0.0/25')
  t.equal(table.remove('10.0.0.9/32'), true)
  t.same(
    [8, 9, 10, 255].map((i) => table.lookup(0x0a000000 + i)),
    [7, -1, 7, 7],
  )
})

t.test('addresses may be signed or unsigned', async (t) => {
  const table = Lpm4.create()
  table.add('192.0.2.0/24', 7)
  t.equal(table.lookup(0xc0000201), 7)
  t.equal(table.lookup(0xc0000201 | 0), 7)
})
