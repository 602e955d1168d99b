// However a run() fails, no descriptor stays open: not of a module that some worker was just reading, and none of a
// worker's own.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DataPlane, open, run } from 'rxburst'
import t from 'tap'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor } from '../fixtures/plane.js'

const MODULES = 150
const ROUNDS = Number(process.env.ROUNDS ?? 4)

t.test('descriptors', async (t) => {
  const port = await open('loop:a', { queues: [0, 1, 2] })
  t.teardown(() => port.close())
  const workers = port.queues.map((queue) => ({ queues: [queue] }))
  const throws = processor(t, `export default () => { throw new RangeError('no') }`)
  const fine = processor(t, 'export default () => () => {}')
  const names = Array.from({ length: MODULES }, (_, i) => `part-${i}.mjs`)
  for (const name of names) writeFileSync(join(t.testdirName, name), 'export default 1')
  // The first worker fails while the others read files.
  const reading = processor(
    t,
    `export default async ({ index }) => {
       if (index === 0) throw new RangeError('no')
       for (const name of ${JSON.stringify(names)}) await import('./' + name)
       return () => {}
     }`,
  )
  const ways: [string, () => Promise<DataPlane>][] = [
    ['every factory throws', () => run(throws, { workers })],
    ['one throws while the others read modules', () => run(reading, { workers })],
    ['there is no module', () => run(new URL('./nowhere.mjs', fine), { workers })],
    ['a CPU is none', () => run(fine, { workers: [workers[0], { ...workers[1], cpu: 1000 }] })],
    ['data can not be cloned', () => run(fine, { workers: [workers[0], { ...workers[1], data: () => {} }] })],
    ['a queue has another owner', () => run(fine, { workers: [workers[0], workers[1], workers[0]] })],
  ]
  for (const [, way] of ways) await t.rejects(way()) // what is opened once and for all is open from here on
  for (const [what, way] of ways)
    await t.test(what, (t) =>
      leavesNothing(t, async () => {
        for (let round = 0; round < ROUNDS; round++) await t.rejects(way())
      }),
    )
})
