import { open, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { processor, until } from '../fixtures/plane.js'
import { busyProcessor, random, survived, writeWildly } from '../fixtures/traffic/wild.js'

const ROUNDS = Number(process.env.ROUNDS ?? 24)

for (const segments of [false, true])
  t.test(segments ? 'random words, packets of several segments' : 'random words', async (t) => {
    const options = { queues: [0, 1], segments }
    const ports = [await open('loop:a', options), await open('loop:b', options)]
    const file = processor(t, busyProcessor)
    const ends: Record<string, number> = {}
    // Where the writer and the workers take turns on one CPU, fewer words hit something.
    const hit = () => ends.ERR_OUTSIDE_FRAME > 0 && ends.ERR_NOT_OWNER > 0
    let round = 0
    for (; round < ROUNDS || (round < 10 * ROUNDS && !hit()); round++) {
      const seed = Number(process.env.RXBURST_SEED ?? (Date.now() % 1e6) * 100) + round
      const next = random(seed)
      const workers = [0, 1].map((q) => ({ queues: ports.map((port) => port.queue(q)) }))
      const plane = await run(file, { workers, ports, debug: round % 8 === 7, burst: 64 })
      for (let k = 0; k < 5; k++) {
        for (const id of [0, 1]) writeWildly(id, 2, next, 1, round % 3)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      const end = await survived(t, plane, seed)
      ends[end] = (ends[end] ?? 0) + 1
    }
    t.comment(JSON.stringify(ends))
    t.equal(
      Object.values(ends).reduce((a, b) => a + b),
      round,
    )
    t.ok(hit(), 'many rounds hit something')
    t.equal(native.arena.framesAvailable(), theArena().frameCount, 'every frame is free again')

    // and the same ports still do their work
    const quiet = processor(
      t,
      `import { DROP } from 'rxburst'
     export default ({ alloc, onTurn, data }) => {
       let sent = 0
       onTurn(() => { for (; sent < 10; sent++) alloc().send(0) })
       return (burst) => { data[0] += burst.count }
     }`,
    )
    const data = new Int32Array(new SharedArrayBuffer(4))
    const plane = await run(quiet, { workers: [{ queues: [ports[0].queue(0)], data }], ports })
    await until('packets come back', () => data[0] >= 10)
    await plane.stop()
    await plane.done
    t.ok((await plane.audit()).ok)
    for (const port of ports) await port.close()
  })
