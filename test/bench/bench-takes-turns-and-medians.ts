// The method of the benchmark: everyone in every round, medians with their spread, and nobody who fails stops the
// others.
import t from 'tap'
import { type Contestant, Missing } from '../../dist/lib/bench/contestants/contestant.js'
import { parsePerf } from '../../dist/lib/bench/environment/perf.js'
import { parseRates } from '../../dist/lib/bench/peers/testpmd.js'
import { ratioOf } from '../../dist/lib/bench/report/ratio.js'
import { toResult } from '../../dist/lib/bench/report/result.js'
import { measureInTurn } from '../../dist/lib/bench/schedule/in-turn.js'
import { slicesFor, timingFor } from '../../dist/lib/bench/schedule/timing.js'
import { ROW } from '../fixtures/bench/contestant.js'

const BUDGET = { rounds: 5, seconds: 0 }

/** A contestant with the rates of its rounds, in Mpps; an Error is thrown instead. */
function scripted(name: string, rates: (number | Error)[], calls: string[] = []): Contestant {
  let at = 0
  return {
    ...ROW,
    name,
    async start() {
      calls.push(name)
      return {
        async measure() {
          const rate = rates[Math.min(at++, rates.length - 1)]
          if (rate instanceof Error) throw rate
          return { packets: rate * 1e6, seconds: 1 }
        },
        async stop() {},
      }
    },
  }
}

const play = (...contestants: Contestant[]) => measureInTurn(contestants, BUDGET, () => {})

t.test('they alternate, and the order turns round', async (t) => {
  const calls: string[] = []
  await play(scripted('a', [1], calls), scripted('b', [1], calls))
  t.equal(calls.join(''), 'abbaabbaab')
})

t.test('a row is the median of the rounds, with the smallest and the largest', async (t) => {
  const [entry] = await play(scripted('a', [3, 1, 2, 50, 2.5]))
  t.match(toResult(entry), {
    ...ROW,
    name: 'a',
    status: 'ok',
    mpps: 2.5,
    mpps_min: 1,
    mpps_max: 50,
    ns_per_packet: 400,
    offered: null,
    generator_limited: false,
    runs: [3, 1, 2, 50, 2.5],
  })
})

t.test('a ratio is taken round by round', async (t) => {
  const [a, b] = await play(scripted('a', [1, 20, 3, 4, 5]), scripted('b', [2, 10, 6, 8, 10]))
  t.same(ratioOf(a, b, 'mpps'), { of: 'a', to: 'b', what: 'mpps', median: 0.5, min: 0.5, max: 2 })
  t.same(ratioOf(a, b, 'ns_per_packet')?.median, 2)
})

t.test('the generator is the limit of who takes all it offers, and of nobody else', async (t) => {
  let offered = 0
  let each = 0
  const traffic = {
    async start() {},
    async stop() {},
    reset() {},
    offered: () => {
      offered += each
      return offered
    },
  }
  const limited = async (share: number) => {
    each = 1e6
    const started = scripted('a', [1])
    // What is taken in a window is a share of what was offered in it.
    const contestant: Contestant = {
      ...started,
      traffic,
      start: async () => ({
        stop: async () => {},
        async measure() {
          const from = performance.now()
          await new Promise((resolve) => setTimeout(resolve, 20))
          return { packets: each * share, seconds: (performance.now() - from) / 1e3 }
        },
      }),
    }
    const [entry] = await play(contestant)
    return toResult(entry)
  }
  t.match(await limited(1), { generator_limited: true })
  t.match(await limited(0.05), { generator_limited: false }) // far off: the two windows may be of unlike length here
})

t.test('who fails is shown with why, and the others go on', async (t) => {
  const entries = await play(
    scripted('crashes', [4, new Error('ended by SIGSEGV')]),
    scripted('absent', [new Missing('peer is not installed', 'apt-get install peer')]),
    scripted('silent', [0]),
    scripted('well', [2]),
  )
  const rows = entries.map(toResult)
  t.match(rows[0], { status: 'failed', why: 'ended by SIGSEGV', mpps: 4, runs: [4] })
  t.match(rows[1], {
    status: 'missing',
    why: 'peer is not installed',
    install: 'apt-get install peer',
    mpps: null,
    runs: [],
  })
  t.match(rows[2], { status: 'failed', why: /not one packet/, mpps: null })
  t.match(rows[3], { status: 'ok', mpps: 2, runs: [2, 2, 2, 2, 2] })
  t.equal(ratioOf(entries[3], entries[1], 'mpps'), undefined, 'no ratio to who was not there')
})

t.test('a busy machine gets a second chance in the same round', async (t) => {
  const [entry] = await play(scripted('a', [1, new Error('starved'), 1]))
  t.match(toResult(entry), { status: 'ok', runs: [1, 1, 1, 1, 1] })
})

t.test('time is dealt out evenly, and never below what can be measured', (t) => {
  t.same(timingFor(100, 50, 500), { warmMs: 400, windowMs: 1100 })
  t.ok(timingFor(-1, 100, 500).windowMs >= 50)
  t.same(slicesFor(1400, 50, 400), { renew: true, count: 5, ms: 150 })
  t.same(
    slicesFor(600, 50, 400),
    { renew: false, count: 3, ms: 150 },
    'a fresh process only where slices are left',
  )
  t.same(slicesFor(-1, 50, 400), { renew: false, count: 1, ms: 40 }, 'fewer and shorter slices, never none')
  t.same(slicesFor(1e5, 50, 400), { renew: true, count: 12, ms: 200 }, 'there is a longest')
  t.end()
})

t.test('what testpmd and perf print is read', (t) => {
  const shown = (rx: number, tx: number) =>
    `  Throughput (since last show)\n  Rx-pps:     ${rx}          Rx-bps:            0\n  Tx-pps:     ${tx}          Tx-bps:            0\n`
  t.same(parseRates(shown(100, 90) + shown(11, 9)), { rx: 111, tx: 99 }, 'all ports together')
  t.throws(() => parseRates('testpmd> '), /showed no rates/)
  const perf = '12345,,cycles,1000,100.00,,\n<not supported>,,instructions,0,100.00,,\n'
  t.same(parsePerf(perf), { cycles: 12345 })
  t.end()
})
