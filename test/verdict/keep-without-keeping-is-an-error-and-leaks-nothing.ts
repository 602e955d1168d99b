import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor, shared, sumsHold, until } from '../fixtures/plane.js'

// Sends 8 packets, and does something with the burst that they come back in.
const keeping = (what: string) => `
  import { DROP, KEEP, perPacket } from 'rxburst'
  export default ({ alloc, onTurn, data }) => {
    let sent = 0
    const held = []
    onTurn(() => {
      for (; sent < 8; sent++) alloc(100).send(0)
      for (const packet of held.splice(0)) packet.release()
    })
    const handler = ${what}
    return (burst) => { data[0] += burst.count; handler(burst) }
  }`

t.test('KEEP for a packet on which keep() was not called', async (t) => {
  const port = await open('loop:a')
  const attempt = (what: string, packet: number) =>
    leavesNothing(t, async () => {
      const workers = [{ queues: port.queues, data: shared(1) }]
      const plane = await run(processor(t, keeping(what)), { workers })
      const words = new RegExp(`loop:a queue 0, packet ${packet}: .*KEEP.*keep\\(\\)`)
      await rejectsWith(t, plane.done, 'ERR_NOT_KEPT', words)
      const audit = await plane.audit()
      t.ok(audit.ok, JSON.stringify(audit))
      const stats = plane.snapshot()
      sumsHold(t, stats)
      t.ok(stats.dropped.packets >= 1, 'its frame is given back')
      t.equal(stats.kept, 0)
    })
  await attempt('perPacket(() => KEEP)', 0)
  await attempt('(burst) => burst.setAll(KEEP)', 0)
  await attempt('(burst) => { burst.verdict[5] = KEEP }', 5)
  await attempt('(burst) => { for (let i = 0; i < 7; i++) held.push(burst.keep(i)); burst.setAll(KEEP) }', 7)
  await attempt('(burst) => { held.push(burst.keep(2)); burst.verdict[3] = KEEP }', 3)
  await attempt('perPacket((p) => { if (p.index !== 6) held.push(p.keep()); return KEEP })', 6)
  await port.close()
})

t.test('a keep() of one burst is none of the next', async (t) => {
  const port = await open('loop:a')
  const data = shared(1)
  const source = `
    import { DROP, KEEP } from 'rxburst'
    export default ({ alloc, onTurn }) => {
      let sent = 0, bursts = 0
      onTurn(() => { if (sent++ < 2) alloc(100).send(0) })
      return (burst) => {
        if (bursts++ === 0) { burst.keep(0); burst.verdict[0] = DROP } // changed its mind
        else burst.verdict[0] = KEEP
      }
    }`
  const plane = await run(processor(t, source), { workers: [{ queues: port.queues, data }], burst: 1 })
  await rejectsWith(t, plane.done, 'ERR_NOT_KEPT', /keep\(\)/)
  await port.close()
})

t.test('with keep() every packet is kept, over thousands of bursts', async (t) => {
  const port = await open('loop:a')
  const data = shared(1)
  const source = `
    import { KEEP, perPacket } from 'rxburst'
    export default ({ alloc, onTurn, data }) => {
      let sent = 0
      const held = []
      onTurn(() => {
        for (; sent < 200; sent++) alloc(100)?.send(0)
        for (const packet of held.splice(0)) packet.send(0)
      })
      return perPacket((packet) => { data[0]++; held.push(packet.keep()); return packet.length ? KEEP : packet.verdict })
    }`
  const workers = [{ queues: port.queues, data }]
  const plane = await run(processor(t, source), { workers, burst: 256 })
  await until('packets go round', () => data[0] > 100_000)
  const stats = await finish(t, plane)
  t.equal(stats.dropped.packets, 0)
  await port.close()
})
