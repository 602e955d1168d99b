// The native table against a plain Map: adds, hits, removals, evictions, expiry, generations and twins, with a clock of
// its own.

import t, { type Test } from 'tap'
import { native } from '../../dist/lib/native.js'

const rounds = Number(process.env.ROUNDS ?? 40)
const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 31)
const OPERATIONS = 6000
const SWEEP_MS = 1100 // the hand comes round in a second; it steps every 10 ms

enum Do {
  add,
  hit,
  remove,
  advance,
  invalidate,
  invalidateAction,
  join,
  takeEnded,
}
const REASONS = ['idle', 'hard', 'removed', 'evicted', 'fin', 'generation', 'closed', 'active']

interface Entry {
  packets: number
  action: number
  good: number
  seen: number
  created: number
  twin: number | undefined
}

function generator(from: number): (most: number) => number {
  let state = from >>> 0 || 1
  return (most) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % most
  }
}

function round(t: Test, from: number): void {
  const below = generator(from)
  const capacity = 2 ** (3 + below(6))
  const refuse = below(2) === 1
  const idleMs = [0, 3000, 20_000][below(3)]
  const hardMs = [0, 15_000][below(2)]
  const keys = 1 + below(3 * capacity)
  const key = () => below(keys) + (below(3) === 0 ? 2 ** 31 : 0)
  const list: [Do, number, number][] = []
  for (let i = 0; i < OPERATIONS; i++) {
    const dice = below(100)
    if (dice < 35) list.push([Do.add, key(), below(4)])
    else if (dice < 75) list.push([Do.hit, key(), 0])
    else if (dice < 85) list.push([Do.remove, key(), 0])
    else if (dice < 90) list.push([Do.join, key(), key()])
    else if (dice < 98) list.push([Do.advance, 10 * below(400), 0])
    else list.push([dice < 99 ? Do.invalidate : Do.invalidateAction, below(4), 0])
    list.push([Do.takeEnded, 0, 0])
  }
  const made = native.testing.flowTable({
    capacity,
    refuse,
    idleMs,
    hardMs,
    activeMs: 0,
    newPerSecond: 0,
    records: 4 * capacity,
    operations: Uint32Array.from(list.flat()),
  })
  const map = new Map<number, Entry>()
  const good = [0, 0, 0, 0]
  let now = 0
  let at = 0
  let evicted = 0
  const fault = (i: number, what: string) =>
    new Error(`seed ${from}, operation ${i} (${Do[list[i][0]]} ${list[i][1]} ${list[i][2]}): ${what}`)

  // The next record, of a flow that is in the map, with its counts and times.
  const takeRecord = (i: number, reasons: string[]): [number, Entry] => {
    const [number, reason, packets, first, last] = made.ended.subarray(at, at + 5)
    at += 5
    const entry = map.get(number)
    if (!entry) throw fault(i, `a record of ${number}, which is no flow`)
    if (!reasons.includes(REASONS[reason])) throw fault(i, `${number} ended by ${REASONS[reason]}`)
    if (entry.packets !== packets || entry.created !== first || entry.seen !== last)
      throw fault(i, `the record of ${number} says ${[packets, first, last]}, not ${JSON.stringify(entry)}`)
    map.delete(number)
    return [number, entry]
  }
  const endWithTwin = (i: number, number: number, reason: string) => {
    const { twin } = map.get(number)!
    const [first] = takeRecord(i, [reason])
    if (first !== number) throw fault(i, `${first} ended in the place of ${number}`)
    if (twin !== undefined && takeRecord(i, [reason])[0] !== twin) throw fault(i, 'the twin lives on')
  }

  const judge = ([what, a, b]: [Do, number, number], i: number): true => {
    const result = made.results[i]
    const entry = map.get(a)
    const expect = (wanted: number): true => {
      if (result !== wanted) throw fault(i, `${result} instead of ${wanted}`)
      return true as const
    }
    if (what === Do.add) {
      if (entry) {
        entry.action = b
        entry.good = good[b]
        return expect(1)
      }
      if (map.size === capacity) {
        if (refuse) return expect(0)
        // One that was seen longest ago among those of one packet, if there are any near; at least never the other way
        // round.
        const [, first] = takeRecord(i, ['evicted'])
        evicted++
        if (first.twin !== undefined) {
          takeRecord(i, ['evicted'])
          evicted++
        }
      }
      map.set(a, { packets: 1, action: b, good: good[b], seen: now, created: now, twin: undefined })
      return expect(1)
    }
    if (what === Do.hit) {
      if (!entry) return expect(0)
      if (entry.good !== good[entry.action]) {
        endWithTwin(i, a, 'generation')
        return expect(0)
      }
      entry.seen = now
      return expect(++entry.packets)
    }
    if (what === Do.remove) {
      if (entry) endWithTwin(i, a, 'removed')
      return expect(entry ? 1 : 0)
    }
    if (what === Do.join) {
      const other = map.get(b)
      const may = entry && other && a !== b && entry.twin === undefined && other.twin === undefined
      if (may) {
        entry.twin = b
        other.twin = a
      }
      return expect(may ? 1 : 0)
    }
    if (what === Do.invalidate || what === Do.invalidateAction) {
      for (let action = 0; action < 4; action++) if (what === Do.invalidate || action === a) good[action] += 1
      return true
    }
    if (what === Do.advance) {
      now += a
      const quiet = (e: Entry) =>
        now - Math.max(e.seen, e.twin === undefined ? 0 : (map.get(e.twin)?.seen ?? 0))
      const due = (e: Entry, slack: number) =>
        (idleMs > 0 && quiet(e) >= idleMs + slack) ||
        (hardMs > 0 && now - e.created >= hardMs + slack) ||
        (slack === 0 && e.good !== good[e.action])
      const overdue = [...map].filter(([, e]) => due(e, SWEEP_MS)).map(([number]) => number)
      while (map.size > result) {
        const number = made.ended[at]
        const e = map.get(number)
        if (!e) throw fault(i, `a record of ${number}, which is no flow`)
        const twin = e.twin === undefined ? undefined : map.get(e.twin)
        if (!due(e, 0) && !(twin && due(twin, 0))) throw fault(i, `${number} ended too early`)
        const { twin: other } = e
        takeRecord(i, ['idle', 'hard', 'generation'])
        if (other !== undefined) takeRecord(i, ['idle', 'hard', 'generation'])
      }
      for (const number of overdue) if (map.has(number)) throw fault(i, `${number} should have ended`)
      return expect(map.size)
    }
    return expect(map.size)
  }
  list.forEach(judge)
  t.equal(at, made.ended.length, 'no record but those')
  t.equal(made.entries, map.size)
  t.equal(made.evicted, evicted)
  t.equal(made.references, map.size, 'actions are counted by their flows')
}

t.test(`RXBURST_SEED=${seed}`, async (t) => {
  for (let i = 0; i < rounds; i++) round(t, seed + i * 7919)
})

t.test('a million IPv4 flows', async (t) => {
  const count = 2 ** 20
  const operations = new Uint32Array(3 * count)
  for (let i = 0; i < count; i++) operations.set([Do.add, i, 0], 3 * i)
  const { entries, evicted, memory } = native.testing.flowTable({
    capacity: count,
    refuse: true,
    idleMs: 0,
    hardMs: 0,
    activeMs: 0,
    newPerSecond: 0,
    records: 0,
    operations,
  })
  t.equal(entries, count, 'the index refuses none, and the table is full')
  t.equal(evicted, 0)
  t.ok(memory <= 100 * 2 ** 20, `${memory} bytes are at most 100 MiB`)
})

t.test('under a flood of ten times the capacity', async (t) => {
  const capacity = 4096
  const established = 1000
  for (const refuse of [false, true]) {
    const list: number[] = []
    for (let i = 0; i < established; i++) list.push(Do.add, i, 0, Do.hit, i, 0)
    for (let i = 0; i < 10 * capacity; i++) list.push(Do.add, 100_000 + i, 0)
    const from = list.length / 3
    for (let i = 0; i < established; i++) list.push(Do.hit, i, 0)
    const { results } = native.testing.flowTable({
      capacity,
      refuse,
      idleMs: 0,
      hardMs: 0,
      activeMs: 0,
      newPerSecond: 0,
      records: 0,
      operations: Uint32Array.from(list),
    })
    const kept = results.subarray(from).filter((packets) => packets > 0).length
    t.ok(
      kept >= (refuse ? established : 0.9 * established),
      `${kept} of ${established} are there, refuse: ${refuse}`,
    )
  }
})

t.test('no more new flows a second than allowed, and records of those that go on', async (t) => {
  const list: number[] = []
  for (let i = 0; i < 50; i++) list.push(Do.add, i, 0)
  list.push(Do.advance, 500, 0)
  for (let i = 50; i < 100; i++) list.push(Do.add, i, 0)
  const limited = native.testing.flowTable({
    capacity: 1024,
    refuse: true,
    idleMs: 0,
    hardMs: 0,
    activeMs: 0,
    newPerSecond: 20,
    records: 0,
    operations: Uint32Array.from(list),
  })
  t.equal(limited.entries, 30, 'twenty at once, ten in half a second')
  const { ended } = native.testing.flowTable({
    capacity: 8,
    refuse: true,
    idleMs: 0,
    hardMs: 0,
    activeMs: 2000,
    newPerSecond: 0,
    records: 64,
    operations: Uint32Array.from([
      ...[Do.add, 5, 0, Do.hit, 5, 0, Do.advance, 3500, 0, Do.hit, 5, 0, Do.advance, 3500, 0],
      ...[Do.advance, 9000, 0, Do.remove, 5, 0, Do.takeEnded, 0, 0],
    ]),
  })
  const records = Array.from({ length: ended.length / 5 }, (_, i) => ended.subarray(5 * i, 5 * i + 5))
  t.same(
    records.map(([, reason, packets]) => [REASONS[reason], packets]),
    [
      ['active', 2],
      ['active', 1],
      ['removed', 0],
    ],
    'each counts from the last one on, and a flow without packets since then makes none',
  )
})
