// What a data plane has lost is not counted again by the next one on the same port, on every backend that needs no
// device.
import { execFileSync } from 'node:child_process'
import { open, run } from 'rxburst'
import t from 'tap'
import { frame, sendFrames } from '../fixtures/columns.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { finish, processor, until } from '../fixtures/plane.js'

const skip = inNamespaceOfItsOwn() ? false : 'this machine gives no network namespace'
const drop = `import { DROP } from 'rxburst'; export default () => (burst) => burst.setAll(DROP)`
const LOST = 3

// Packets longer than a frame: they come when somebody raises the MTU after open().
const jumbo = Array.from({ length: LOST }, (_, i) => frame(1000 + i, { length: 4000 }))
const whole = frame(5, { length: 100 })

const setMtu = (mtu: number) => {
  for (const end of ENDS) execFileSync('ip', ['link', 'set', end, 'mtu', String(mtu)])
}

for (const backend of ['packet', 'socket'])
  t.test(`${backend}:`, { skip }, async (t) => {
    setMtu(1500)
    const port = await open(`${backend}:${ENDS[1]}`, { takeAll: true, queues: [0] })
    t.teardown(() => port.close())
    setMtu(9000)
    const file = processor(t, drop)
    for (const count of [LOST, 1, 0]) {
      const plane = await run(file, { workers: [{ queues: port.queues }] })
      t.teardown(() => plane.stop())
      sendFrames(ENDS[0], [...jumbo.slice(0, count), whole])
      await until('a packet comes', () => plane.snapshot().rx.packets >= 1)
      const stats = await finish(t, plane)
      t.equal(stats.lost.rx_truncated, count, `${count} of its own`)
    }
  })

t.test('loop:', async (t) => {
  const other = await open('loop:b,peer=a', { segments: true, queues: [0] })
  t.teardown(() => other.close())
  const port = await open('loop:a,peer=b', { steer: 'udp', queues: [0] })
  t.teardown(() => port.close())
  const data = new Int32Array(new SharedArrayBuffer(8))
  const file = processor(
    t,
    `import { DROP } from 'rxburst'
     // Sends as many packets of each kind as it is told: ARP, which no rule takes, and UDP.
     export default ({ data, alloc, onTurn, ports }) => {
       const b = ports.findIndex(({ name }) => name.startsWith('loop:b'))
       onTurn(() => {
         for (const kind of [0, 1])
           for (; Atomics.load(data, kind) > 0; Atomics.sub(data, kind, 1)) {
             const packet = alloc()
             if (!packet) return
             packet.length = 60
             for (let i = 0; i < 60; i++) packet.u8(i, 0)
             packet.u16(12, kind ? 0x0800 : 0x0806)
             if (kind) packet.u16(14, 0x4500)
             if (kind) packet.u8(23, 17)
             packet.send(b)
           }
       })
       return (burst) => burst.setAll(DROP)
     }`,
  )
  for (const count of [LOST, 1, 0]) {
    const plane = await run(file, { workers: [{ queues: [port.queue(0), other.queue(0)], data }] })
    t.teardown(() => plane.stop())
    Atomics.store(data, 0, count)
    Atomics.store(data, 1, 1)
    await until('a packet comes', () => plane.snapshot().rx.packets >= 1)
    await until('the loss is counted', () => plane.snapshot().lost.filtered >= count)
    const stats = await finish(t, plane)
    t.equal(stats.lost.filtered, count, `${count} of its own`)
  }
})
