// A loop port frees the rules that others have taken the place of, while a worker reads them.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { finish, start, until } from '../fixtures/plane.js'

const SETS = Number(process.env.SETS ?? 600)
const RULES = 80
const LEAST_BYTES = 200 * RULES // that so many rules take
const many = Array.from({ length: RULES }, (_, i) => `host 10.0.0.${i}`)

/** Bytes of the C library's heap, where V8 has nothing. */
const heap = () => {
  const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) .*\[heap\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'))!
  return Number.parseInt(to, 16) - Number.parseInt(from, 16)
}

t.test('rules change while packets flow', async (t) => {
  const { plane, opened } = await start(
    t,
    `import { tx } from 'rxburst'
     // Packets go round for ever: UDP and TCP.
     export default ({ alloc, onTurn }) => {
       let sent = 0
       onTurn(() => {
         for (; sent < 16; sent++) {
           const packet = alloc(60)
           for (let i = 0; i < 60; i++) packet.u8(i, 0)
           packet.u16(12, 0x0800)
           packet.u16(14, 0x4500)
           packet.u8(23, sent % 2 ? 17 : 6)
           packet.send(0)
         }
       })
       return (burst) => burst.setAll(tx(0))
     }`,
    { open: [['loop:a', { steer: ['udp', 'tcp'] }]] },
  )
  const [port] = opened
  await until('packets go round', () => plane.snapshot().rx.packets > 1000)
  const change = async (count: number) => {
    for (let i = 0; i < count; i++)
      await port.steer.set({ steer: ['udp', 'tcp', ...(i % 2 ? many : [...many].reverse())] })
  }
  await change(SETS / 3)
  const before = heap()
  await change(SETS)
  const grown = heap() - before
  t.ok(grown < (SETS * LEAST_BYTES) / 2, `${SETS} changes, ${grown} bytes more`)
  const { rx } = plane.snapshot()
  await until('packets still go round', () => plane.snapshot().rx.packets > rx.packets)
  const { lost } = await finish(t, plane)
  t.equal(lost.filtered, 0, 'no change lost a packet')
})
