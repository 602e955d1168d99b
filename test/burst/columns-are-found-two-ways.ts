// A column is a view of the burst's, and a place in the one array over all memory; a packet's fields are the same,
// whoever walks over them.
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

const PACKETS = 200
const SENT = 0
const SEEN = 1
const WRONG = 2

const source = `
  import { DROP, perPacket, tx } from 'rxburst'
  export default ({ data, alloc, onTurn, u32 }) => {
    onTurn(() => { for (let k = 0; k < 7 && data[${SENT}] < ${PACKETS}; k++) alloc(60 + data[${SENT}]++)?.send(0) })
    let index = 0
    let now
    const walk = perPacket((packet) => {
      const i = index++
      if (packet.index !== i || packet.offset !== now.offset[i] || packet.length !== now.length[i]) data[${WRONG}]++
      packet.resize(packet.length + 1, -1)
      if (now.offset[i] !== packet.offset || now.length[i] !== packet.length || u32[now.lengthIndex + i] !== packet.length) data[${WRONG}]++
      data[${SEEN}]++
      return packet.length % 2 ? DROP : tx(packet.port)
    })
    return (burst) => {
      index = 0
      now = burst
      for (let i = 0; i < burst.count; i++) {
        if (u32[burst.offsetIndex + i] !== burst.offset[i] || u32[burst.lengthIndex + i] !== burst.length[i]) data[${WRONG}]++
      }
      walk(burst)
      if (index !== burst.count) data[${WRONG}]++
    }
  }`

for (const debug of [false, true])
  t.test(debug ? 'debug mode' : 'as it runs', async (t) => {
    const data = shared(3)
    const { plane } = await start(t, source, { data, debug })
    await until(
      'every packet was seen',
      () => data[SENT] === PACKETS && plane.snapshot().rx.packets >= PACKETS,
    )
    await finish(t, plane)
    t.ok(data[SEEN] >= PACKETS)
    t.equal(data[WRONG], 0)
  })
