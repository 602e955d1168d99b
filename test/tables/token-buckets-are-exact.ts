// Token buckets against a simple model with fractions; over hours without traffic; and when several threads take from
// one at once.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { monotonicMs, TokenBucket } from 'rxburst/wire'
import t from 'tap'

const numRuns = Number(process.env.ROUNDS ?? 200)
const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 31)

t.test(`as a bucket that fills by fractions, RXBURST_SEED=${seed}`, async (t) => {
  let taken = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 29 }),
      fc.integer({ min: 1, max: 2 ** 29 }),
      fc.array(
        fc.tuple(
          fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.integer({ max: 1e8, min: 0 })),
          fc.double({ min: 0, max: 1.2, noNaN: true }),
        ),
        {
          minLength: 1,
          maxLength: 60,
        },
      ),
      (rate, burst, steps) => {
        const buckets = TokenBucket.create({ buckets: 3, rate, burst })
        let now = 1e6
        let [level, at] = [burst, now]
        for (const [seconds, share] of steps) {
          now += seconds * 1e3
          level = Math.min(burst, level + ((now - at) / 1e3) * rate)
          at = now
          const tokens = Math.floor(share * burst)
          const got = buckets.take(7, tokens, now)
          // Time is counted in whole tokens, so at the edge one token more or less is right.
          if (got && tokens > level + 1.001) return false
          if (!got && tokens <= level - 1.001) return false
          if (got) level -= tokens
          if (got) taken++
        }
        return buckets.take(2, burst, now) && !buckets.take(2, 1, now)
      },
    ),
    { numRuns, seed },
  )
  t.ok(taken > numRuns, `${taken} were granted`)
})

t.test('a bucket that rested is full, however long it rested', async (t) => {
  for (const rate of [1, 1000, 2 ** 29])
    for (let hours = 0; hours < 40; hours += 0.37) {
      const buckets = TokenBucket.create({ rate, burst: rate })
      t.ok(buckets.take(0, rate, 5e5))
      t.notOk(buckets.take(0, 1, 5e5))
      const later = 5e5 + 1e3 + hours * 3.6e6
      if (!buckets.take(0, rate, later)) t.fail(`rate ${rate}: not full after ${hours} hours`)
      if (buckets.take(0, 1, later)) t.fail(`rate ${rate}: more than full after ${hours} hours`)
    }
})

t.test('more than a burst is never granted', async (t) => {
  const buckets = TokenBucket.create({ rate: 10, burst: 5 })
  t.notOk(buckets.take(0, 6))
  t.ok(buckets.take(0, 5))
  t.notOk(buckets.take(0, Number.NaN))
})

t.test('another limit holds from then on', async (t) => {
  const buckets = TokenBucket.create({ buckets: 2, rate: 10, burst: 5 })
  buckets.setLimit(100, 50)
  t.ok(buckets.take(1, 50, 1e6))
  t.notOk(buckets.take(1, 11, 1e6 + 100))
  t.ok(buckets.take(1, 10, 1e6 + 100))
  t.equal(buckets.size, 2)
})

t.test('several threads take from one bucket, and get no more than it has', async (t) => {
  const burst = 4_000_000
  const buckets = TokenBucket.create({ rate: 1, burst })
  const got = new Int32Array(new SharedArrayBuffer(8))
  const now = monotonicMs()
  const source = `
    const { workerData: { buckets, got, now } } = require('node:worker_threads')
    import('rxburst/wire').then(({ TokenBucket }) => {
      const mine = TokenBucket.from(buckets)
      Atomics.add(got, 1, 1)
      while (Atomics.load(got, 1) < 3);
      let n = 0
      while (mine.take(0, 1, now)) n++
      Atomics.add(got, 0, n)
    })`
  const workers = [1, 2, 3].map(() => new Worker(source, { eval: true, workerData: { buckets, got, now } }))
  await Promise.all(workers.map((worker) => once(worker, 'exit')))
  t.equal(got[0], burst)
})

t.test('the clock is the same in all threads', async (t) => {
  const worker = new Worker(
    `import('rxburst/wire').then(({ monotonicMs }) => require('node:worker_threads').parentPort.postMessage(monotonicMs()))`,
    { eval: true },
  )
  const before = monotonicMs()
  const [there] = await once(worker, 'message')
  const after = monotonicMs()
  t.ok(before - 1 <= there && there <= after + 1, `${before} ${there} ${after}`)
})
