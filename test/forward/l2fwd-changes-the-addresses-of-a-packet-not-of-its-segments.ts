// examples/02 with --mode mac and macswap on packets of several segments: twelve bytes change, whatever lies where.
import { type AnyOptions, open, run } from 'rxburst'
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

const l2fwd = new URL('../../dist/examples/02-l2fwd.js', import.meta.url)
const segments: AnyOptions = { segments: true }
const PACKETS = 50

for (const mode of ['io', 'mac', 'macswap'])
  t.test(mode, async (t) => {
    const near = [await open('loop:left,peer=west', segments), await open('loop:right,peer=east', segments)]
    t.teardown(() => Promise.all(near.map((port) => port.close())))
    const plane = await run(l2fwd, {
      workers: [{ queues: near.flatMap((port) => port.queues), data: { mode } }],
      ports: near,
    })
    t.teardown(() => plane.stop())
    const data = shared(2) // packets seen, packets of which more or less than the addresses changed
    const far = await start(
      t,
      `import { DROP, perPacket } from 'rxburst'
       const byteAt = (i) => (i * 7 + (i >> 8)) & 255
       export default ({ data, alloc, onTurn }) => {
         let sent = 0
         onTurn(() => {
           for (; sent < ${PACKETS}; sent++) {
             let first = null
             for (let at = 0; at < 5000; at += 1000) {
               const segment = alloc(1000)
               for (let i = 0; i < 1000; i++) segment.u8(i, byteAt(at + i))
               first ? first.append(segment) : (first = segment)
             }
             first.send(0)
           }
         })
         return perPacket((packet) => {
           data[0]++
           const bytes = packet.copy()
           let changed = 0
           for (let i = 0; i < 12; i++) if (bytes[i] !== byteAt(i)) changed++
           if (bytes.length !== 5000 || (changed > 0) !== ${mode !== 'io'} || bytes.some((byte, i) => i >= 12 && byte !== byteAt(i)))
             data[1]++
           return DROP
         })
       }`,
      {
        open: [
          ['loop:west,peer=left', segments],
          ['loop:east,peer=right', segments],
        ],
        data,
      },
    )
    await until('all arrive', () => data[0] === PACKETS)
    t.equal(data[1], 0)
    await finish(t, far.plane)
    await finish(t, plane)
  })
