import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// Ten packets are kept until the test says go; then even ones are sent and odd ones released.
const keeper = `
  import { DROP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    const kept = []
    onTurn(() => {
      for (; data[0] < 10; data[0]++) {
        const packet = alloc(100)
        packet.u8(50, data[0])
        packet.send(0)
      }
      if (!Atomics.load(data, 3)) return
      for (const packet of kept.splice(0)) packet.u8(50) % 2 ? packet.release() : packet.send(0)
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) {
        const packet = burst.at(i)
        if (data[1] < 10) {
          kept.push(burst.keep(i))
          data[1]++
        } else if (packet.u8(50) % 2 === 0 && packet.length === 100) data[2]++
      }
    }
  }`

t.test('a kept packet is sent or released when the program wants', async (t) => {
  const data = shared(4)
  const { plane } = await start(t, keeper, { data })
  await until('ten are kept', () => plane.snapshot().kept === 10)
  const books = await plane.audit()
  t.ok(books.ok, books.workers[0].problem)
  t.equal(books.workers[0].kept, 10, 'the audit says so too')
  Atomics.store(data, 3, 1)
  await until('five have come back', () => data[2] === 5)
  const stats = await finish(t, plane)
  t.equal(stats.kept, 0)
  t.equal(stats.tx.packets, 15)
  t.equal(stats.dropped.packets, 10, 'five released, five dropped on their return')
})
