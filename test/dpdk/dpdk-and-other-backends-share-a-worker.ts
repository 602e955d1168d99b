import type { AnyOptions } from 'rxburst'
import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { finish, shared, start, until } from '../fixtures/plane.js'
import { CELLS, numbered } from '../fixtures/traffic/numbered.js'

const PACKETS = 6000

// Port 0 sends; port 1, of another backend, receives and sends on to port 2; what comes out at port 3 is checked.
const chain = numbered(PACKETS, 0)
  .replace('return (burst) => {', 'return (burst) => { if (burst.port === 1) return burst.setAll(tx(2));')
  .replace('import { DROP }', 'import { DROP, tx }')

const rings = ['dpdk:net_ring0,peer=net_ring1', 'dpdk:net_ring1,peer=net_ring0'] as const
const loops = ['loop:a,peer=b', 'loop:b,peer=a'] as const

for (const [what, names] of [
  ['from loop to dpdk', [...loops, ...rings]],
  ['from dpdk to loop', [...rings, ...loops]],
] as const)
  for (const memory of ['split', 'own'])
    dpdkTest(t, `${what}, ${memory} memory`, async (t) => {
      const data = shared(CELLS)
      const { plane } = await start(t, chain, {
        open: names.map((name): [string, AnyOptions] => [name, name.startsWith('dpdk') ? { memory } : {}]),
        data,
      })
      await until('every packet is through', () => data[1] === PACKETS)
      const stats = await finish(t, plane)
      t.equal(data[2], 0, 'each is the one that was sent, byte for byte')
      t.equal(stats.rx.packets, 2 * PACKETS)
      t.equal(stats.tx.packets, 2 * PACKETS)
    })
