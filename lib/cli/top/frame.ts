// One screen of `rxburst top`: lines of at most the terminal's width, with sparklines of what was received.
import { printable } from '../columns.js'
import { short } from '../text.js'
import type { Row, View } from './rates.js'

const BARS = '▁▂▃▄▅▆▇█'
const TITLE = 24
const NUMBER = 9
const RED = '\x1b[31m'
const BOLD = '\x1b[1m'
const PLAIN = '\x1b[0m'

/** The last rates of each row, by its kind and title. */
export class History {
  readonly #rates = new Map<string, number[]>()
  readonly #length: number

  constructor(length = 10) {
    this.#length = length
  }

  add(view: View): void {
    for (const [kind, rows] of [
      ['port', view.ports],
      ['queue', view.queues],
      ['worker', view.workers],
    ] as const)
      for (const { title, rates } of rows) {
        const key = `${kind} ${title}`
        const all = [...(this.#rates.get(key) ?? []), rates.rx]
        this.#rates.set(key, all.slice(-this.#length))
      }
  }

  /** As bars, the highest of which is the largest rate. */
  bars(kind: string, title: string): string {
    const all = this.#rates.get(`${kind} ${title}`) ?? []
    const most = Math.max(...all, 1)
    return all.map((rate) => BARS[Math.round((rate / most) * (BARS.length - 1))]).join('')
  }
}

/** A long title loses its middle, because its ends tell it apart. */
function fit(title: string, width: number): string {
  if (title.length <= width) return title.padEnd(width)
  const half = Math.floor((width - 1) / 2)
  return `${title.slice(0, width - 1 - half)}…${title.slice(title.length - half)}`
}

const numbers = (values: readonly (number | string)[]) =>
  values
    .map((value) => (typeof value === 'number' ? short(value).replace(' ', '') : value).padStart(NUMBER))
    .join('')

const age = (seconds: number) => {
  const whole = Math.floor(seconds)
  const two = (n: number) => `${n}`.padStart(2, '0')
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
}

interface Line {
  text: string
  style?: string
}

const COLUMNS = ['rx/s', 'tx/s', 'drop/s', 'pass/s', 'reject/s']

function places(kind: string, heading: string, rows: readonly Row[], history: History): Line[] {
  const line = ({ title, rates: { rx, tx, dropped, passed, rejected } }: Row): Line => ({
    text: `${fit(title, TITLE)}${numbers([rx, tx, dropped, passed, rejected])} ${history.bars(kind, title)}`,
  })
  return [{ text: `${heading.padEnd(TITLE)}${numbers(COLUMNS)}`, style: BOLD }, ...rows.map(line)]
}

/** What is lost, by the kernel's and DPDK's names; rows that lost nothing yet have no line. */
function losses({ queues }: View): Line[] {
  const lines = queues.flatMap(({ title, lost, lost_rates }) =>
    Object.entries(lost)
      .filter(([, count]) => count > 0)
      .map(
        ([name, count]): Line => ({
          text: `${fit(title, TITLE)}${numbers([count, lost_rates[name] ?? 0])}  ${name}`,
          style: RED,
        }),
      ),
  )
  if (lines.length === 0) return []
  return [{ text: `${'LOST'.padEnd(TITLE)}${numbers(['packets', 'lost/s'])}  reason`, style: BOLD }, ...lines]
}

function rules({ rules }: View): Line[] {
  if (rules.length === 0) return []
  const lines = rules.map(
    ({ port, expression, action, packets, pps }): Line => ({
      text: `${fit(port, TITLE)}${numbers([packets, pps])}  ${action} ${expression}`,
    }),
  )
  return [{ text: `${'RULE'.padEnd(TITLE)}${numbers(['packets', 'pps'])}  filter`, style: BOLD }, ...lines]
}

function tables({ tables }: View): Line[] {
  if (tables.length === 0) return []
  const lines = tables.map(
    ({ worker, table, shape, entries, hits_pps, misses_pps, refused, evicted }): Line => ({
      text: `${fit(`${worker} ${table} ${shape}`, TITLE)}${numbers([entries, hits_pps, misses_pps, refused, evicted])}`,
    }),
  )
  const columns = ['flows', 'hits/s', 'misses/s', 'refused', 'evicted']
  return [{ text: `${'FLOW TABLE'.padEnd(TITLE)}${numbers(columns)}`, style: BOLD }, ...lines]
}

function counters({ answer }: View): Line[] {
  const all = Object.entries(answer.counters)
  if (all.length === 0) return []
  return [
    { text: `${'COUNTER'.padEnd(TITLE)}${numbers(['count'])}`, style: BOLD },
    ...all.map(([name, count]) => ({ text: `${fit(name, TITLE)}${numbers([count])}` })),
  ]
}

function head({ answer, total }: View): Line[] {
  const { name, pid, state, seconds, processor } = answer
  const file = processor.slice(processor.lastIndexOf('/') + 1)
  const { rx_bytes: rx, tx_bytes: tx } = total.rates
  return [
    { text: `${name ?? 'data plane'} (${pid})  ${state}  ${age(seconds)}  ${file}`, style: BOLD },
    { text: `rx ${short(rx * 8)}bit/s   tx ${short(tx * 8)}bit/s` },
  ]
}

/**
 * The lines of a screen.
 * @param columns longer lines are cut
 * @param rows more lines are left out, and the last one says so
 */
export function frameOf(
  view: View,
  history: History,
  { columns, rows, styled }: { columns: number; rows: number; styled: boolean },
): string[] {
  const lines = [
    ...head(view),
    ...losses(view),
    ...places('port', 'PORT', view.ports, history),
    ...places('worker', 'WORKER', view.workers, history),
    ...places('queue', 'QUEUE', view.queues, history),
    ...rules(view),
    ...tables(view),
    ...counters(view),
  ]
  const left = lines.length - rows
  const shown = left > 0 ? [...lines.slice(0, rows - 1), { text: `… ${left + 1} lines more` }] : lines
  return shown.map(({ text, style }: Line) => {
    const cut = printable(text).slice(0, columns).trimEnd()
    return styled && style ? `${style}${cut}${PLAIN}` : cut
  })
}
