// The report as a table of at most 100 columns.
import type { BenchReport, Ratio, Result, ScenarioReport } from './types.js'

const NAME = 40

const number = (value: number | null | undefined, width: number) =>
  (value === null || value === undefined
    ? ''
    : value >= 100
      ? value.toFixed(1)
      : value.toFixed(value < 1 ? 3 : 2)
  ).padStart(width)

const fit = (text: string, width: number) =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width)

function row(result: Result): string {
  const name = fit(result.name, NAME)
  const note = result.status === 'ok' ? (result.generator_limited ? 'generator' : '') : result.status
  if (result.p50_us !== undefined)
    return `${name} ${number(result.p50_us, 8)} ${number(result.p99_us, 8)} ${number(result['p99.9_us'], 8)} ${number(result['p99.99_us'], 8)} ${number(result.max_us, 9)} ${String(result.gcs).padStart(4)} ${number(result.cpus_busy, 5)} ${note}`.trimEnd()
  if (result.first_packet_ms !== undefined)
    return `${name} ${number(result.first_packet_ms, 14)} ms ${number(result.rss_mib, 10)} MiB ${note}`.trimEnd()
  const spread = `${number(result.mpps_min, 0)}–${number(result.mpps_max, 0)}`
  return `${name} ${number(result.mpps, 8)} ${spread.padStart(15)} ${number(result.offered, 8)} ${number(result.mpps_per_cpu ?? result.ns_per_packet, 9)}  ${note}`.trimEnd()
}

/** Rows that are absent for one and the same reason are told of once. */
function rows(results: readonly Result[]): string[] {
  const told = new Set<string>()
  return results.flatMap((result) => {
    const absent = result.status !== 'ok' && result.runs.length === 0 && result.p50_us === undefined
    if (!absent) return [row(result), ...(result.why ? [wrap('    ', result.why)] : [])]
    const reason = `${result.status}: ${result.why}`
    if (told.has(reason)) return []
    told.add(reason)
    const alike = results.filter((other) => `${other.status}: ${other.why}` === reason)
    const words = result.install ? `${result.why}. ${result.install}` : (result.why ?? '')
    const names = alike.map(({ name }) => name).join('; ')
    return [wrap('', `${result.status}: ${names}`), wrap('    ', words)]
  })
}

/** Long texts go on under themselves. */
function wrap(head: string, text: string): string {
  const lines: string[] = []
  let line = head
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length > 98 && line.trim()) {
      lines.push(line.trimEnd())
      line = '    '
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()].join('\n')
}

function headOf({ results }: ScenarioReport): string {
  const first = results.find((result) => result.status === 'ok')
  if (first?.p50_us !== undefined)
    return `${' '.repeat(NAME)} ${['p50 us', 'p99', 'p99.9', 'p99.99'].map((h) => h.padStart(8)).join(' ')} ${'max'.padStart(9)}  gcs  CPUs`
  if (first?.first_packet_ms !== undefined)
    return `${' '.repeat(NAME)} ${'first packet'.padStart(17)} ${'memory'.padStart(14)}`
  const last = first?.mpps_per_cpu === undefined ? 'ns/packet' : 'Mp/CPU s'
  return `${' '.repeat(NAME)} ${'Mpps'.padStart(8)} ${'min–max'.padStart(15)} ${'offered'.padStart(8)} ${last.padStart(9)}  limited by`
}

const ratio = ({ of, to, what, median, min, max }: Ratio) =>
  `  ${median.toFixed(2).padStart(6)}  (${min.toFixed(2)}–${max.toFixed(2)})  ${fit(of, 34)} / ${to}${what === 'mpps' ? '' : `, ${what}`}`.slice(
    0,
    100,
  )

/** Figures of a machine that does other things meanwhile are nobody's. */
const busy = ({ load_before, cpus }: BenchReport['machine']) =>
  load_before > cpus / 2
    ? [`The machine was busy when this began (load ${load_before.toFixed(1)}): the figures are too low.`]
    : []

export function table({ machine, seconds, rounds, scenarios }: BenchReport): string {
  const { cpu, cpus, kernel, node, date } = machine
  return [
    `${cpu}, ${cpus} CPUs, Linux ${kernel}, Node ${node}, ${date.slice(0, 10)}; ${rounds} rounds, ${seconds} s`.slice(
      0,
      100,
    ),
    ...busy(machine),
    ...scenarios.flatMap((scenario) => [
      '',
      `${scenario.name}: ${scenario.about}`.slice(0, 100),
      headOf(scenario),
      ...rows(scenario.results),
      ...scenario.notes.map((note) => `  ${note}`),
      ...(scenario.ratios.length > 0
        ? ['', '  ratios, round by round: median (min–max)', ...scenario.ratios.map(ratio)]
        : []),
    ]),
    '',
  ].join('\n')
}
