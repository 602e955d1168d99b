// A group of contestants is alive at once, one of them runs at a time, each for short slices in turn; a round is the
// sum of its slices.
import t from 'tap'
import { type Contestant, Missing } from '../../dist/lib/bench/contestants/contestant.js'
import { ratioOf } from '../../dist/lib/bench/report/ratio.js'
import { toResult } from '../../dist/lib/bench/report/result.js'
import { measureInSlices } from '../../dist/lib/bench/schedule/in-slices.js'
import { measureAll } from '../../dist/lib/bench/schedule/rounds.js'
import { ROW } from '../fixtures/bench/contestant.js'

/** One slice a round, the shortest there are. */
const BUDGET = { rounds: 5, seconds: 0 }
/** Time for as many slices as a round can have. */
const LONG = { rounds: 5, seconds: 120 }

/** What happened to all the contestants of a test. */
class Stage {
  readonly alive = new Set<string>()
  readonly running = new Set<string>()
  /** Who was alive, and who ran, whenever something was measured. */
  readonly measured: { who: string; alive: string; running: string }[] = []
  readonly events: string[] = []

  /** `slice` gives the packets of the contestant's nth slice in two seconds. */
  fake(name: string, slice: (n: number) => number = () => 2e6): Contestant {
    let n = 0
    return {
      ...ROW,
      name,
      start: async () => {
        this.events.push(`${name} starts`)
        this.alive.add(name)
        this.running.add(name)
        return {
          pause: () => void this.running.delete(name),
          resume: () => void this.running.add(name),
          measure: async () => {
            this.measured.push({ who: name, alive: list(this.alive), running: list(this.running) })
            return { packets: slice(n++), seconds: 2 }
          },
          stop: async () => {
            this.events.push(`${name} ends${this.running.has(name) ? '' : ', stopped'}`)
            this.alive.delete(name)
            this.running.delete(name)
          },
        }
      },
    }
  }
}

const list = (names: Set<string>) => [...names].sort().join('')
const play = (budget: typeof BUDGET, ...contestants: Contestant[]) =>
  measureInSlices(contestants, budget, () => {})

t.test('all are alive, one runs; forwards, then backwards', async (t) => {
  const stage = new Stage()
  const [a] = await play(BUDGET, stage.fake('a'), stage.fake('b'), stage.fake('c'))
  t.equal(stage.measured.map(({ who }) => who).join(''), 'abccbaabccbaabc')
  for (const { who, alive, running } of stage.measured) {
    t.equal(alive, 'abc')
    t.equal(running, who)
  }
  t.same(stage.events, ['a starts', 'b starts', 'c starts', 'a ends', 'b ends', 'c ends'])
  t.match(toResult(a), { status: 'ok', mpps: 1, runs: { length: 5 } })
})

t.test('a round is the sum of its slices', async (t) => {
  const stage = new Stage()
  const [entry] = await play(
    LONG,
    stage.fake('a', (n) => n + 1),
  )
  const slices = stage.measured.length
  t.ok(slices > 5, 'several slices a round')
  t.equal(slices % 5, 0)
  const each = slices / 5
  let next = 1
  for (const run of entry.runs) {
    let packets = 0
    for (let i = 0; i < each; i++) packets += next++
    t.match(run, { packets, seconds: 2 * each, cpuSeconds: Number })
  }
  t.same(entry.byRound, entry.runs)
})

t.test('where there is time, each is started anew for the third and the fifth round', async (t) => {
  const stage = new Stage()
  await play(LONG, stage.fake('a'), stage.fake('b'))
  t.same(stage.events, [
    ...['a starts', 'b starts'],
    ...['a ends', 'a starts', 'b ends', 'b starts'],
    ...['a ends', 'a starts', 'b ends', 'b starts'],
    ...['a ends', 'b ends'],
  ])
  t.ok(stage.measured.every(({ who, running }) => running === who))
})

t.test('a slice that fails once is measured once more, by a fresh process', async (t) => {
  const stage = new Stage()
  const starved = stage.fake('a', (n) => (n === 2 ? 0 : 2e6))
  const [a, b] = await play(BUDGET, starved, stage.fake('b'))
  t.match(toResult(a), { status: 'ok', runs: [1, 1, 1, 1, 1] })
  t.match(toResult(b), { status: 'ok', runs: [1, 1, 1, 1, 1] })
  t.same(stage.events, ['a starts', 'b starts', 'a ends', 'a starts', 'a ends', 'b ends'])
})

t.test('who fails is shown with why, and the others go on', async (t) => {
  const stage = new Stage()
  const crash = (n: number): number => {
    if (n === 0) return 8e6
    throw new Error('ended by SIGSEGV')
  }
  const absent: Contestant = {
    ...ROW,
    name: 'absent',
    start: () => Promise.reject(new Missing('peer is not installed', 'apt-get install peer')),
  }
  const entries = await play(BUDGET, stage.fake('a', crash), absent, stage.fake('c'))
  const rows = entries.map(toResult)
  t.match(rows[0], { status: 'failed', why: 'ended by SIGSEGV', mpps: 4, runs: [4] })
  t.match(rows[1], { status: 'missing', install: 'apt-get install peer', mpps: null, runs: [] })
  t.match(rows[2], { status: 'ok', runs: [1, 1, 1, 1, 1] })
  t.equal(ratioOf(entries[2], entries[1], 'mpps'), undefined)
  t.equal(stage.alive.size, 0, 'nobody is left')
  t.equal(stage.measured.at(-1)?.alive, 'c', 'who failed is ended at once')
})

t.test('traffic is sent at the one that runs, and a round adds up what was offered', async (t) => {
  const stage = new Stage()
  const sending = new Set<string>()
  const withTraffic = (name: string, each: number): Contestant => {
    let offered = 0
    return {
      ...stage.fake(name),
      traffic: {
        start: async () => void sending.add(name),
        stop: async () => void sending.delete(name),
        reset() {},
        offered() {
          t.equal(list(sending), name, 'nothing is sent at the others while it is measured')
          t.equal(list(stage.running), name)
          offered += each
          return offered
        },
      },
    }
  }
  const [a, b] = await play(BUDGET, withTraffic('a', 5e6), withTraffic('b', 7e6))
  t.equal(sending.size, 0, 'at the end nothing is sent')
  // A sample of two made-up seconds, and a counter that goes up by `each` at each look at it.
  for (const [entry, each] of [
    [a, 5e6],
    [b, 7e6],
  ] as const)
    for (const run of entry.runs) t.ok(run.offered! >= each, 'the count of the window, scaled to the sample')
})

t.test('interrupted: everyone goes on and is ended', async (t) => {
  const stage = new Stage()
  const interrupted = new AbortController()
  const interrupts = stage.fake('b', () => {
    interrupted.abort(new Error('interrupted'))
    return 1
  })
  const budget = { ...LONG, signal: interrupted.signal }
  await t.rejects(play(budget, stage.fake('a'), interrupts, stage.fake('c')), { message: 'interrupted' })
  t.equal(stage.measured.length, 2, 'nothing is measured any more')
  t.same(stage.events.slice(3).sort(), ['a ends', 'b ends', 'c ends'])
})

t.test(
  'one group after the other, then those who take turns; entries in the order of the rows',
  async (t) => {
    const stage = new Stage()
    const [a, b, c, d, e] = [...'abcde'].map((name) => stage.fake(name))
    const left: number[] = []
    const entries = await measureAll(
      [a, b, c, d, e],
      [{ members: [c, a] }, { members: [d, b], weight: 2 }],
      BUDGET,
      (_, __, secondsLeft) => left.push(secondsLeft),
    )
    t.equal(entries.map(({ contestant }) => contestant.name).join(''), 'abcde')
    t.ok(entries.every((entry) => entry.runs.length === 5))
    t.same([...new Set(stage.measured.map(({ alive }) => alive))], ['ac', 'bd', 'e'])
    t.ok(
      left.every((seconds) => seconds >= 0),
      'time left is never below nothing',
    )
  },
)
