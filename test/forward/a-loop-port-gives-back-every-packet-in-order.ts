import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

const PACKETS = 4000

// data: packets sent, packets received, packets that were not what the next one should have been
const numbered = `
  import { DROP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    const lengthOf = (i) => 60 + (i % 1400)
    onTurn(() => {
      for (let k = 0; k < 32 && data[0] < ${PACKETS} && data[0] - data[1] < 900; k++) {
        const i = data[0]
        const packet = alloc(lengthOf(i))
        if (!packet) return
        packet.u32(0, i)
        for (let at = 4; at < packet.length; at++) packet.u8(at, i * 7 + at)
        packet.send(0)
        data[0]++
      }
    })
    return (burst) => {
      for (let k = 0; k < burst.count; k++) {
        const packet = burst.at(k)
        const i = data[1]++
        let good = packet.u32(0) === i && packet.length === lengthOf(i)
        for (let at = 4; at < packet.length; at++) good &&= packet.u8(at) === ((i * 7 + at) & 255)
        if (!good) data[2]++
      }
      burst.setAll(DROP)
    }
  }`

t.test('a loop port gives back every packet in order', async (t) => {
  const data = shared(3)
  const { plane } = await start(t, numbered, { data })
  await until('every packet is back', () => data[1] === PACKETS)
  const stats = await finish(t, plane)
  t.equal(data[2], 0, 'each is the one that was sent, byte for byte')
  t.equal(stats.fresh.packets, PACKETS)
  t.equal(stats.tx.packets, PACKETS)
  t.equal(stats.rx.packets, PACKETS)
  t.equal(stats.dropped.packets, PACKETS)
  t.equal(stats.rejected.packets, 0)
  t.equal(stats.kept, 0)
  t.equal(stats.rx.bytes, stats.tx.bytes)
})
