// With `outgoing` a port of `packet:` sees each of 1000 packets that another socket sends, and none that it sends
// itself.
import { open, run } from 'rxburst'
import t from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { processor, shared, until } from '../fixtures/plane.js'

const skip = !inNamespaceOfItsOwn() && 'this machine gives no network namespace'
const PACKETS = 1000

// data: left to send, seen of the machine's (88b5), seen of the port's own (88b6), sent
const source = (type: string) => `
  import { DROP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      if (Atomics.sub(data, 0, 1) <= 0) return void Atomics.add(data, 0, 1)
      const packet = alloc(60)
      if (!packet) return void Atomics.add(data, 0, 1)
      packet.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 0x98, 0x88, ${type}])
      packet.send(0)
      Atomics.add(data, 3, 1)
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) Atomics.add(data, burst.at(i).u16(12) === 0x88b5 ? 1 : 2, 1)
      burst.setAll(DROP)
    }
  }`

for (const outgoing of [true, false])
  for (const queues of [[0], [0, 1]])
    t.test(`outgoing: ${outgoing}, ${queues.length} queues`, { skip }, async (t) => {
      const near = ENDS[0]
      const port = await open(`packet:${near}`, { queues, outgoing })
      const machine = await open(`socket:${near}`, { queues: [0] })
      const [seen, sent] = [shared(4), shared(4)]
      const watching = await run(processor(t, source('0xb6')), {
        workers: queues.map((queue) => ({ queues: [port.queue(queue)], data: seen })),
      })
      const sending = await run(processor(t, source('0xb5')), {
        workers: [{ queues: [machine.queue(0)], data: sent }],
      })
      t.teardown(async () => {
        for (const plane of [watching, sending]) await plane.stop()
        for (const each of [port, machine]) await each.close()
      })
      Atomics.store(seen, 0, PACKETS)
      await until('the port has sent', () => Atomics.load(seen, 3) === PACKETS)
      Atomics.store(sent, 0, PACKETS)
      await until('the machine has sent', () => Atomics.load(sent, 3) === PACKETS)
      if (outgoing) await until('they are seen', () => Atomics.load(seen, 1) >= PACKETS)
      await watching.stop()
      t.equal(seen[1], outgoing ? PACKETS : 0, "of the machine's packets")
      t.equal(seen[2], 0, 'of its own')
      t.equal(watching.snapshot().tx.packets, PACKETS)
    })
