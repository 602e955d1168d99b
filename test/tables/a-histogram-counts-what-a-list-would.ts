// A histogram against a sorted list of the same numbers.
import * as fc from 'fast-check'
import { Histogram } from 'rxburst/wire'
import t from 'tap'

const numRuns = Number(process.env.ROUNDS ?? 100)
const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 31)
const MOST = 2 ** 32 - 1

const numbers = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: MOST }),
    fc.integer({ min: 0, max: 32 }).map((bit) => 2 ** bit - 1),
  ),
  { minLength: 1, maxLength: 200 },
)

t.test(`RXBURST_SEED=${seed}`, async (t) => {
  fc.assert(
    fc.property(numbers, fc.double({ min: 0, max: 100, noNaN: true }), (list, p) => {
      const histogram = Histogram.create({ rows: 3 })
      const rows = [0, 1, 2].map((row) => Histogram.from(histogram, row))
      for (const [i, n] of list.entries()) rows[i % 3].record(n)
      const sorted = list.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil((p / 100) * sorted.length)) - 1]
      const found = histogram.percentile(p)
      const bins = [...histogram.bins()]
      return (
        histogram.count === list.length &&
        histogram.max === sorted[sorted.length - 1] &&
        Math.abs(histogram.mean - list.reduce((sum, n) => sum + n, 0) / list.length) <= 1e-6 * MOST &&
        found >= exact &&
        found <= exact * (1 + 1 / 64) &&
        bins.every(({ from, to, count }) => count === list.filter((n) => n >= from && n <= to).length) &&
        bins.reduce((sum, { count }) => sum + count, 0) === list.length
      )
    }),
    { numRuns, seed },
  )
  t.pass(`${numRuns} lists`)
})

t.test('odd numbers and none at all', async (t) => {
  const histogram = Histogram.create()
  t.same(
    [histogram.count, histogram.max, histogram.mean, histogram.percentile(50)],
    [0, 0, Number.NaN, Number.NaN],
  )
  for (const odd of [-1, -0.5, Number.NaN, 0.9]) histogram.record(odd)
  t.equal(histogram.max, 0, 'below 1 is 0')
  histogram.record(1e12)
  histogram.record(Number.POSITIVE_INFINITY)
  t.equal(histogram.max, MOST, 'above is the largest')
  t.same(
    [...histogram.bins()].map(({ from, count }) => [from, count]),
    [
      [0, 4],
      [MOST - 2 ** 25 + 1, 2],
    ],
  )
})
