import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

const PACKETS = 3000

// One third is dropped, one third sent to loop:b, one third kept and released two turns later.
const mixed = `
  import { DROP, perPacket, tx } from 'rxburst'
  export default ({ data, alloc, onTurn, ports }) => {
    const waiting = []
    onTurn(() => {
      for (let k = 0; k < 30 && data[0] < ${PACKETS}; k++) {
        const packet = alloc()
        if (!packet) return
        packet.u32(14, data[0]++)
        packet.send(0)
      }
      while (waiting.length > 40) waiting.shift().release()
      if (data[0] === ${PACKETS}) while (waiting.length) waiting.shift().release()
    })
    return perPacket((packet) => {
      data[1]++
      switch (packet.u32(14) % 3) {
        case 0: return DROP
        case 1: return tx(1)
      }
      waiting.push(packet.keep())
      data[2]++
      return packet.verdict
    })
  }`
// loop:b's far end
const count = `export default ({ data }) => (burst) => {
  for (let i = 0; i < burst.count; i++) data[burst.at(i).u32(14) % 3 === 1 ? 3 : 4]++
}`

t.test('each packet may have its own verdict', async (t) => {
  const data = shared(5)
  const far = await start(t, count, { open: ['loop:far,peer=none'], data })
  const { plane } = await start(t, mixed, { open: ['loop:a', 'loop:b,peer=far'], data })
  await until('all were seen', () => data[1] === PACKETS && data[3] === PACKETS / 3)
  await until('what was kept is released', () => plane.snapshot().kept === 0)
  const stats = await finish(t, plane)
  await finish(t, far.plane)
  t.equal(data[4], 0, 'only the right third was sent')
  t.equal(data[2], PACKETS / 3)
  t.equal(stats.rx.packets, PACKETS)
  t.equal(stats.tx.packets, PACKETS + PACKETS / 3, 'fresh ones and forwarded ones')
  t.equal(stats.dropped.packets, (PACKETS * 2) / 3, 'dropped ones and released ones')
})
