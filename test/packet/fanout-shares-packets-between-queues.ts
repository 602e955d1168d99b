// Several queues of a packet socket share the packets as `fanout` says: each packet reaches exactly one of them.
import { type AnyOptions, type DataPlane, open, type Port, run } from 'rxburst'
import t from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { finish, processor, shared, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const skip = !met && 'this machine gives no network namespace'
const PACKETS = 3000

const send = `
  import { DROP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      for (let k = 0; k < 16 && data[2] === 1 && data[3] < ${PACKETS} && data[3] - data[0] - data[1] < 200; k++) {
        const packet = alloc(60)
        if (!packet) return
        packet.set([2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 0x98, 0x88, 0xb5])
        packet.send(0)
        data[3]++
      }
    })
    return (burst) => burst.setAll(DROP)
  }`

// data: packets of queue 0, of queue 1, 1 while packets are to be sent, packets sent
const count = `
  import { DROP } from 'rxburst'
  export default ({ data, index }) => (burst) => {
    data[index] += burst.count
    burst.setAll(DROP)
  }`

for (const backend of ['socket', 'packet'])
  for (const fanout of ['lb', 'cpu', 'hash'])
    t.test(`${backend}: ${fanout}`, { skip }, async (t) => {
      const data = shared(4)
      const ports: Port[] = []
      const planes: DataPlane[] = []
      t.teardown(async () => {
        for (const plane of planes) await plane.stop()
        for (const port of ports) await port.close()
      })
      ports.push(
        await open(`socket:${ENDS[0]}`),
        await open(`${backend}:${ENDS[1]}`, { queues: [0, 1], fanout } as AnyOptions),
      )
      const [from, to] = ports
      planes.push(
        await run(processor(t, count), { workers: [0, 1].map((i) => ({ queues: [to.queue(i)], data })) }),
        await run(processor(t, send), { workers: [{ queues: from.queues, data }] }),
      )
      data[2] = 1
      await until('every packet arrives', () => data[0] + data[1] >= PACKETS)
      for (const plane of planes) await finish(t, plane)
      t.equal(data[0] + data[1], PACKETS, 'each of them once')
      if (fanout === 'lb') t.ok(Math.abs(data[0] - data[1]) <= 2, `in turn: ${data[0]} and ${data[1]}`)
      if (fanout === 'hash') t.ok(data[0] === 0 || data[1] === 0, 'one flow stays on one queue')
    })
