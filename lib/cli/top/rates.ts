// Rates of a data plane between two answers to `top`: per port, queue, worker, rule and table of flows.
import type { TopAnswer } from '../../control/plane-control.js'
import type { CountsJson } from '../../control/stats/json.js'
import type { RuleJson, TableJson } from '../../control/stats/top.js'

const KEYS = ['rx', 'tx', 'dropped', 'passed', 'rejected', 'rx_bytes', 'tx_bytes'] as const
type Key = (typeof KEYS)[number]

/** Counts of one place and their rates; what was lost by its names. */
export interface Row {
  /** Such as `afxdp:eth0`, `afxdp:eth0 0`, `0`. */
  title: string
  counts: Record<Key, number>
  /** Per second. */
  rates: Record<Key, number>
  lost: Record<string, number>
  /** Lost per second, by names. */
  lost_rates: Record<string, number>
}

/** A rule, or a table of flows, and what it decides per second. */
export type RuleRow = RuleJson & { pps: number }
export type TableRow = TableJson & { hits_pps: number; misses_pps: number }

/** All that a screen shows. */
export interface View {
  answer: TopAnswer
  /** Between the two answers. */
  interval: number
  total: Row
  ports: Row[]
  queues: (Row & { port: string; queue: number; worker: number })[]
  workers: (Row & { worker: number })[]
  rules: RuleRow[]
  tables: TableRow[]
}

type Counted = Pick<CountsJson, Key | 'lost'>

function sum(all: readonly Counted[]): { counts: Record<Key, number>; lost: Record<string, number> } {
  const counts = Object.fromEntries(
    KEYS.map((key) => [key, all.reduce((total, each) => total + each[key], 0)]),
  ) as Record<Key, number>
  const lost: Record<string, number> = {}
  for (const each of all)
    for (const [name, count] of Object.entries(each.lost)) lost[name] = (lost[name] ?? 0) + count
  return { counts, lost }
}

/** The change of two answers as rates. */
export function viewOf(before: TopAnswer, now: TopAnswer): View {
  const interval = now.seconds - before.seconds
  const rate = (count: number, was = 0) =>
    interval > 0 ? Math.max(0, Math.round((count - was) / interval)) : 0
  const row = (title: string, of: (place: TopAnswer['by_queue'][number]) => boolean): Row => {
    const { counts, lost } = sum(now.by_queue.filter(of))
    const old = sum(before.by_queue.filter(of))
    const rates = Object.fromEntries(KEYS.map((key) => [key, rate(counts[key], old.counts[key])]))
    const lostRates = Object.entries(lost).map(([name, count]) => [name, rate(count, old.lost[name])])
    return {
      title,
      counts,
      rates: rates as Row['rates'],
      lost,
      lost_rates: Object.fromEntries(lostRates),
    }
  }
  const same = (a: RuleJson) => (b: RuleJson) =>
    a.port === b.port && a.action === b.action && a.expression === b.expression
  const sameTable = (a: TableJson) => (b: TableJson) => a.worker === b.worker && a.table === b.table
  return {
    answer: now,
    interval,
    total: row('all', () => true),
    ports: now.ports.map(({ name }) => row(name, ({ port }) => port === name)),
    queues: now.by_queue.map(({ port, queue, worker }) => ({
      ...row(`${port} ${queue}`, (place) => place.port === port && place.queue === queue),
      port,
      queue,
      worker,
    })),
    workers: now.workers.map((_, worker) => ({
      ...row(`${worker}`, (place) => place.worker === worker),
      worker,
    })),
    rules: now.rules.map((rule) => ({
      ...rule,
      pps: rate(rule.packets, before.rules.find(same(rule))?.packets),
    })),
    tables: now.flow_tables.map((table) => {
      const old = before.flow_tables.find(sameTable(table))
      return {
        ...table,
        hits_pps: rate(table.hits, old?.hits),
        misses_pps: rate(table.misses, old?.misses),
      }
    }),
  }
}

const rowToJson = ({ counts, rates, lost, lost_rates }: Row) => ({
  ...counts,
  lost,
  rates: {
    rx_pps: rates.rx,
    tx_pps: rates.tx,
    dropped_pps: rates.dropped,
    passed_pps: rates.passed,
    rejected_pps: rates.rejected,
    rx_bps: rates.rx_bytes * 8,
    tx_bps: rates.tx_bytes * 8,
    lost_pps: lost_rates,
  },
})

/** As `--once --json` prints it. */
export const viewToJson = ({ answer, interval, total, ports, queues, workers, rules, tables }: View) => ({
  pid: answer.pid,
  name: answer.name,
  user: answer.user,
  state: answer.state,
  processor: answer.processor,
  seconds: answer.seconds,
  interval: Number(interval.toFixed(6)),
  ...rowToJson(total),
  by_port: ports.map((row) => ({ port: row.title, ...rowToJson(row) })),
  by_queue: queues.map(({ port, queue, worker, ...row }) => ({ port, queue, worker, ...rowToJson(row) })),
  by_worker: workers.map(({ worker, ...row }) => ({
    worker,
    cpu: answer.workers[worker].cpu,
    ...rowToJson(row),
  })),
  rules,
  flow_tables: tables,
  counters: answer.counters,
})
