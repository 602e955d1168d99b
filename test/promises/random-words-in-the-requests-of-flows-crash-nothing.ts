// Random words over the requests of flows, the columns and the lists of frames, while flows are made and execute: a
// packet may go astray, but no frame is lost, the books are right, and an error has a code.
import { open, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { processor } from '../fixtures/plane.js'
import { flowProcessor, random, survived, writeWildly } from '../fixtures/traffic/wild.js'

const ROUNDS = Number(process.env.ROUNDS ?? 24)

t.test('random words', async (t) => {
  const ports = [await open('loop:a', { queues: [0, 1] }), await open('loop:b', { queues: [0, 1] })]
  const file = processor(t, flowProcessor)
  const ends: Record<string, number> = {}
  let hits = 0
  for (let round = 0; round < ROUNDS; round++) {
    const seed = Number(process.env.RXBURST_SEED ?? (Date.now() % 1e6) * 100) + round
    const next = random(seed)
    const workers = [0, 1].map((q) => ({ queues: ports.map((port) => port.queue(q)) }))
    const plane = await run(file, { workers, ports, burst: 64 })
    for (let k = 0; k < 10; k++) {
      if (round % 4 > 0) for (const id of [0, 1]) writeWildly(id, 2, next, 1, round % 4 === 3 ? 2 : 1)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    if (round % 4 === 0) hits += plane.snapshot().hits.packets // other rounds write over the counters too
    const end = await survived(t, plane, seed)
    ends[end] = (ends[end] ?? 0) + 1
  }
  t.comment(JSON.stringify({ ...ends, hits }))
  t.ok(hits > 0, 'flows have executed packets')
  t.ok(Object.keys(ends).length > 1, 'some rounds hit something')
  t.ok(ends.stopped >= ROUNDS / 4, 'a round without random words ends in order')
  t.equal(native.arena.framesAvailable(), theArena().frameCount, 'every frame is free again')
  for (const port of ports) await port.close()
})
