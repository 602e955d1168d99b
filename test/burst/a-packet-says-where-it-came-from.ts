// packet.port, packet.queue and packet.origin name the place at which a packet was received, also in a burst gathered
// from another.
import t from 'tap'
import { finish, processor, shared, start, until } from '../fixtures/plane.js'

const ROUNDS = 100
const SENT = 0
const SEEN = 1
const WRONG = 2
const FARTHEST = 3

// Byte 0 of a packet is the queue that it is sent to, byte 1 the port. A packet that is given a mark where its origin
// says must be the one that has it.
const source = (append: string) => `
  import { DROP, perPacket } from 'rxburst'
  export default ({ data, alloc, onTurn, queues, u8 }) => {
    onTurn(() => {
      if (data[${SENT}] >= ${ROUNDS}) return
      data[${SENT}]++
      for (const { port, queue } of queues)
        for (let k = 0; k < 5; k++) {
          const packet = alloc(60)
          if (!packet) return
          packet.u8(0, port)
          packet.u8(1, queue)
          ${append}
          packet.send(port)
        }
    })
    let now
    let last = -1
    const walk = perPacket((packet) => {
      const { origin } = packet
      if (packet.port !== packet.u8(0) || packet.queue !== packet.u8(1)) data[${WRONG}]++
      if (packet.queue !== now.queue || packet.port !== now.port) data[${WRONG}]++
      if (origin !== packet.index || origin <= last || origin >= now.count) data[${WRONG}]++
      if (origin !== now.originOf(packet.index)) data[${WRONG}]++
      if (now.offset[origin] !== packet.offset) data[${WRONG}]++
      last = origin
      data[${FARTHEST}] = Math.max(data[${FARTHEST}], origin)
      data[${SEEN}]++
      return DROP
    })
    return (burst) => {
      now = burst
      last = -1
      walk(burst)
    }
  }`

for (const debug of [false, true])
  for (const segments of [false, true])
    t.test(
      `${debug ? 'debug mode' : 'as it runs'}, ${segments ? 'two segments' : 'one segment'} a packet`,
      async (t) => {
        const data = shared(4)
        const append = segments ? 'packet.append(alloc(40))' : ''
        const { plane } = await start(t, source(append), {
          open: [
            ['loop:a', { segments, queues: [3] }],
            ['loop:b', { segments, queues: [5] }],
          ],
          data,
          debug,
        })
        await until('all was sent and has come', () => {
          const { tx, rx } = plane.snapshot()
          return data[SENT] === ROUNDS && rx.packets === tx.packets && data[SEEN] === rx.packets
        })
        await finish(t, plane)
        t.equal(data[WRONG], 0)
        t.ok(data[FARTHEST] >= (segments ? 2 : 1), 'bursts had more than one packet')
      },
    )

t.test('a gathered burst answers for its own packets', async (t) => {
  const data = shared(2)
  const gathering = processor(
    t,
    `
    import { Burst } from ${JSON.stringify(new URL('../../dist/lib/worker/burst.js', import.meta.url).href)}
    class Gathered extends Burst {
      places = [7, 3, 200]
      originOf(i) { return this.places[i] }
    }
    export default ({ data, alloc, onTurn }) => {
      onTurn(() => alloc(60)?.send(0))
      const gathered = new Gathered(0, 0, 0, false)
      return () => {
        data[0] = [0, 1, 2].every((i) => gathered.at(i).origin === gathered.places[i] && gathered.at(i).index === i) ? 1 : -1
      }
    }`,
  )
  const { plane } = await start(t, gathering, { data })
  await until('a burst has come', () => data[0] !== 0)
  t.equal(data[0], 1)
  await finish(t, plane)
})
