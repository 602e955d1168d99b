// Statistics as people read them, in a line and as a summary.
import type { Port } from '../control/port.js'
import type { Metric, Stats } from '../control/stats/stats.js'

/** 1234567 -> '1.23 M'. */
export function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)} k`
  return value.toFixed(0)
}

const sum = (lost: Readonly<Record<string, number>>) => Object.values(lost).reduce((a, b) => a + b, 0)

/** One second of traffic in one line. */
export function line(s: Stats): string {
  const rate = (name: string, metric: Metric) => `${name} ${short(metric.pps).padStart(7)}pps`
  return [
    `${s.seconds.toFixed(0).padStart(4)} s`,
    rate('rx', s.rx),
    rate('tx', s.tx),
    rate('dropped', s.dropped),
    ...(s.passed.packets ? [rate('passed', s.passed)] : []),
    `rejected ${short(s.rejected.packets)}`,
    `lost ${short(sum(s.lost))}`,
  ].join('   ')
}

/** The whole run. */
export function summary(s: Stats, ports: readonly Port[]): string {
  const rows: [string, number, string][] = [
    ['received', s.rx.packets, `${short(s.rx.pps)}pps, ${short(s.rx.bps)}bit/s`],
    ['fresh', s.fresh.packets, ''],
    ['sent', s.tx.packets, `${short(s.tx.pps)}pps, ${short(s.tx.bps)}bit/s`],
    ['dropped', s.dropped.packets, `${short(s.dropped.pps)}pps`],
    ['passed', s.passed.packets, 'handed to the kernel'],
    ['rejected', s.rejected.packets, 'the transmit ring was full, or the packet too large'],
    ['kept', s.kept, 'still owned by the program'],
    ['copied', s.copied, 'between pools'],
    ...Object.entries(s.counters).map(([name, count]): [string, number, string] => [
      `counter: ${name}`,
      count,
      "the processor's own",
    ]),
    ...Object.entries(s.lost).map(([name, count]): [string, number, string] => [
      `lost: ${name}`,
      count,
      'below the program',
    ]),
  ]
  const always = new Set(['received', 'sent', 'dropped', 'rejected'])
  const shown = rows.filter(([name, count]) => count > 0 || always.has(name))
  const width = Math.max(...shown.map(([name]) => name.length))
  return [
    `${s.seconds.toFixed(2)} seconds on ${ports.map(portLine).join(' and ')}`,
    ...shown.map(([name, count, note]) =>
      `  ${name.padEnd(width)} ${count.toLocaleString('en').padStart(15)}   ${note}`.trimEnd(),
    ),
    '',
  ].join('\n')
}

function portLine(port: Port): string {
  const { mode, xdp, pages, driver } = port.capabilities
  const words = [
    driver,
    xdp === 'none' ? '' : `${xdp} XDP`,
    mode === 'none' ? '' : mode,
    `${pages} pages`,
  ].filter(Boolean)
  return `${port.name} (${words.join(', ')})`
}
