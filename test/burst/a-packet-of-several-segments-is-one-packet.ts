// A packet that lies in several frames is one packet to perPacket, to the statistics and to whoever keeps it; loop
// ports, no privilege.
import type { AnyOptions } from 'rxburst'
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

const ports = (segments: boolean) => [
  ['loop:a,peer=b', { segments: true }] as [string, AnyOptions],
  ['loop:b,peer=a', { segments }] as [string, AnyOptions],
]

// Sends packets of 5000 bytes in segments of 1000 and small ones in turn, 20 of them.
const sender = `
  const make = (alloc, bytes) => {
    let first = null
    for (let left = bytes; left > 0; left -= 1000) {
      const segment = alloc(Math.min(1000, left))
      segment.u8(0, left / 1000)
      first ? first.append(segment) : (first = segment)
    }
    return first
  }
  const send = (alloc, onTurn) => {
    let sent = 0
    onTurn(() => { for (; sent < 20; sent++) make(alloc, sent % 2 ? 60 : 5000).send(0) })
  }`

for (const debug of [false, true])
  t.test(`perPacket, with debug ${debug}`, async (t) => {
    const data = shared(4)
    const { plane } = await start(
      t,
      `import { DROP, perPacket } from 'rxburst'
       ${sender}
       export default ({ data, alloc, onTurn }) => {
         send(alloc, onTurn)
         return perPacket((packet) => {
           data[0]++
           const copy = packet.copy()
           if (packet.segments === 5 && packet.length === 1000 && packet.totalLength === 5000 && ${debug ? '' : 'packet.u8(1000) === 0 &&'}
             copy.length === 5000 && [0, 1, 2, 3, 4].every((k) => copy[1000 * k] === 5 - k)) data[1]++
           if (packet.segments === 1 && packet.totalLength === 60 && copy.length === 60) data[2]++
           return DROP
         })
       }`,
      { open: ports(true), data, debug },
    )
    await until('all arrive', () => data[0] >= 20)
    const stats = await finish(t, plane)
    t.equal(data[0], 20, 'it is called once per packet')
    t.equal(data[1], 10, 'long packets are whole')
    t.equal(data[2], 10, 'short packets have one segment')
    t.equal(stats.rx.packets, 20)
    t.equal(stats.fresh.packets, 20)
    t.equal(stats.dropped.packets, 20)
    t.equal(stats.rx.bytes, 10 * 5060)
  })

t.test('what is kept is kept as a whole, and given up as a whole', async (t) => {
  const data = shared(4)
  const { plane } = await start(
    t,
    `${sender}
     export default ({ data, alloc, onTurn }) => {
       send(alloc, onTurn)
       const kept = []
       onTurn(() => {
         if (kept.length < 20 || data[3] !== 1) return
         for (const packet of kept.splice(0)) {
           let segments = 0
           for (let p = packet; p; p = p.next) segments++
           if (segments === (packet.totalLength > 60 ? 5 : 1)) data[1]++
           packet.release()
           try { packet.next?.release(); packet.release() } catch (error) { if (error.code === 'ERR_NOT_OWNER') data[2]++ }
         }
       })
       return (burst) => {
         for (let i = 0; i < burst.count; i = burst.endOf(i)) {
           kept.push(burst.keep(i))
           data[0]++
         }
       }
     }`,
    { open: ports(true), data },
  )
  await until('all are kept', () => data[0] === 20)
  const during = await plane.audit()
  t.ok(during.ok, 'the books are right', { books: during.workers })
  t.equal(during.workers[0].kept, 60, 'ten packets of five frames and ten of one')
  data[3] = 1
  await until('all are released', () => data[1] + data[2] === 40)
  const stats = await finish(t, plane)
  t.equal(data[2], 20, 'a segment of a packet that was given up is given up')
  t.equal(stats.kept, 0)
  t.equal(stats.dropped.packets, 20, 'counted as the packets that they were')
  t.equal(stats.fresh.packets, 20)
})

t.test('append() refuses what would make no packet', async (t) => {
  const data = shared(4)
  const { plane } = await start(
    t,
    `export default ({ data, alloc, onTurn }) => {
       const refuses = (what) => {
         try { what() } catch (error) { if (error.code === 'ERR_NOT_OWNER') return 1 }
         return 0
       }
       onTurn(() => {
         if (data[3] === 1) return
         const [a, b, c] = [alloc(), alloc(), alloc()]
         if (!a || !b || !c) return
         data[0] += refuses(() => a.append(a))
         a.append(b)
         data[0] += refuses(() => a.append(b)) + refuses(() => b.append(a))
         c.release()
         data[0] += refuses(() => a.append(c)) + refuses(() => c.append(a))
         a.release()
         data[3] = 1
       })
       return () => {}
     }`,
    { open: ports(true), data },
  )
  await until('it was tried', () => data[3] === 1)
  await finish(t, plane)
  t.equal(data[0], 5)
})

t.test('without the option a packet is never handed out in parts, or cut', async (t) => {
  const data = shared(2)
  const { plane, opened } = await start(
    t,
    `import { tx } from 'rxburst'
     ${sender}
     export default ({ data, alloc, onTurn }) => {
       send(alloc, onTurn)
       return (burst) => {
         for (let i = 0; i < burst.count; i++) data[burst.length[i] === 60 && burst.more[i] === 0 ? 0 : 1]++
       }
     }`,
    { open: ports(false), data },
  )
  await until('the short ones arrive', () => data[0] === 10)
  await until('the others are counted', () => plane.snapshot().lost.rx_chained === 10)
  t.equal(data[1], 0)
  t.equal(opened[1].capabilities.segments, 1)
  const stats = await finish(t, plane)
  t.equal(stats.tx.packets, 20)
  t.equal(stats.rx.packets, 10)
})

t.test('a port without the option rejects them', async (t) => {
  const data = shared(1)
  const { plane } = await start(
    t,
    `${sender}
     export default ({ data, alloc, onTurn }) => {
       send(alloc, onTurn)
       return (burst) => { data[0] += burst.count }
     }`,
    { open: ['loop:a'], data },
  )
  await until('the short ones arrive', () => data[0] === 10)
  const stats = await finish(t, plane)
  t.equal(stats.rejected.packets, 10)
  t.equal(stats.tx.packets, 10)
})

t.test('more at once than an outbox holds goes out in the next turn, whole', async (t) => {
  const data = shared(3)
  const { plane } = await start(
    t,
    `export default ({ data, alloc, onTurn }) => {
       const held = []
       onTurn(() => {
         // 1200 frames in packets of 7: what is sent in one turn has more entries than the outbox
         while (held.length < 1200) {
           const packet = alloc(100)
           if (!packet) return
           held.push(packet)
         }
         if (data[2] === 1) return
         data[2] = 1
         for (let i = 0; i + 7 <= held.length; i += 7) {
           const [first, ...rest] = held.slice(i, i + 7)
           for (const segment of rest) first.append(segment)
           first.u32(0, data[1]++)
           first.send(0)
         }
         for (let i = 1200 - 1200 % 7; i < 1200; i++) held[i].release()
       })
       let next = 0
       return (burst) => {
         for (let i = 0; i < burst.count; i = burst.endOf(i))
           if (burst.at(i).segments === 7 && burst.at(i).u32(0) === next) { next++; data[0]++ }
       }
     }`,
    { open: ports(true), data },
  )
  await until('all of them arrive', () => data[0] > 0 && data[0] === data[1])
  const stats = await finish(t, plane)
  t.equal(data[0], Math.floor(1200 / 7), 'none was torn apart')
  t.equal(stats.rejected.packets, 0)
})
