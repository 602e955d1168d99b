// Two ports share an interface that goes away and comes back: both are told, both attach again, and one program serves
// both.
import { type DataPlane, open, type Port, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { closesAllBut, openDescriptors } from '../fixtures/leftovers.js'
import { inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { linksTo } from '../fixtures/nic/links.js'
import { losing, sender } from '../fixtures/nic/losing.js'
import { finish, processor, shared, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()

for (const way of ['deleted', 'recreated', 'detached'] as const)
  t.test(way, { skip: !met && 'this machine gives no network namespace' }, async (t) => {
    const { near, far, lose, restore } = await losing(t, way)
    theArena()
    const before = openDescriptors()
    const other = await open(`afxdp:${far}`, { takeAll: true, onLost: 'wait' })
    const file = processor(t, sender)
    const sides: { port: Port; data: Int32Array; events: string[]; plane: DataPlane }[] = []
    for (const queue of [0, 1]) {
      const port = await open(`afxdp:${near}`, {
        queues: [queue],
        steer: 'ether proto 0x88b5',
        steering: 'external',
        onLost: 'wait',
      })
      const data = shared(3)
      const events: string[] = []
      port.watchInterface(({ type }) => events.push(type))
      const workers = [{ queues: [port.queue(queue), other.queue(queue)], data }]
      sides.push({
        port,
        data,
        events,
        plane: await run(file, { workers, ports: [port, other], columns: ['timestamp'] }),
      })
    }
    await until('packets come to both', () => sides.every(({ data }) => data[1] > 100))
    lose()
    await until('a loss is told', () => sides.some(({ events }) => events.length > 0))
    restore()
    const told = (events: string[]) => events.length === 0 || events.at(-1) === 'back'
    await until('all that was lost is back', () => sides.every(({ events }) => told(events)))
    for (const { data, port } of sides) {
      const came = data[1]
      await until(`packets come again to queue ${port.queues[0].index}`, () => data[1] > came + 500)
    }
    t.equal(linksTo(near).length, 1, 'one link')
    t.equal(native.testing.blocks(near)!.length, 2, 'one program with both parts')
    if (way !== 'detached')
      t.same(
        sides.map(({ events }) => events),
        [
          ['lost', 'back'],
          ['lost', 'back'],
        ],
      )
    for (const { plane, port } of sides) {
      await finish(t, plane)
      await port.close()
    }
    await other.close()
    await closesAllBut(t, before)
  })
