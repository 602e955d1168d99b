// The memory of a capture in the hands of a wrong reader: it can write the page of its index, and nothing else.
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { carousel } from '../fixtures/capture/carousel.js'
import { until } from '../fixtures/plane.js'

const SEED = Number(process.env.RXBURST_SEED ?? Date.now() % 1e6)
const ROUNDS = Number(process.env.ROUNDS ?? 300)

/** Numbers that follow from a seed. */
function random(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

t.test('random words in the index', async (t) => {
  t.comment(`RXBURST_SEED=${SEED} ROUNDS=${ROUNDS}`)
  const plane = await carousel(t, { workers: 2 })
  const next = random(SEED)
  const tapped = await plane.tap({ ringBytes: 1 << 18 })
  const other = await plane.capture({ points: ['entry'], count: 2000 })
  const { index } = native.workers.captures.map(tapped.descriptors)
  const words = new Uint32Array(index)
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < words.length; i++) words[i] = round % 3 === 0 ? next() : next() % 65536
    await sleep(1)
  }
  let seen = 0
  for await (const { bytes, length } of other) seen += bytes.length === length ? 1 : 0
  t.equal(seen, 2000, 'another capture is whole')
  const { rx } = plane.snapshot()
  await until('the plane goes on', () => plane.snapshot().rx.packets > rx.packets + 1000)
  await tapped.detach()
  tapped.close()
  t.ok((await plane.audit()).ok, 'and its books are right')
})

t.test('records and sizes are sealed', async (t) => {
  const plane = await carousel(t)
  const tapped = await plane.tap({ ringBytes: 1 << 18 })
  const { records, index } = tapped.descriptors
  const again = (fd: number) => openSync(`/proc/self/fd/${fd}`, 'r+')
  for (const fd of [records, index]) {
    const mine = again(fd)
    t.throws(() => ftruncateSync(mine, 0), { code: 'EPERM' }, 'nobody cuts it')
    t.throws(() => ftruncateSync(mine, 1 << 24), { code: 'EPERM' }, 'or makes it longer')
    closeSync(mine)
  }
  const mine = again(records)
  t.throws(() => writeSync(mine, 'nonsense', 0), { code: 'EPERM' }, 'nobody writes records')
  closeSync(mine)
  const file = openSync(`${t.testdir({ plain: 'x'.repeat(65536) })}/plain`, 'r+')
  t.throws(
    () => native.workers.captures.map({ records: file, index }),
    { code: 'ERR_CONTROL' },
    'no other file is mapped',
  )
  closeSync(file)
  await tapped.detach()
  tapped.close()
})
