// The report's tables, as elements of the document.
import type { BenchReport, Ratio, Result } from '../types.js'

export function element(
  tag: string,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

const text = (value: unknown) => (value === null || value === undefined ? '' : String(value))

function tableOf(heads: readonly string[], rows: readonly (readonly unknown[])[]): HTMLElement {
  const line = (cells: readonly unknown[], tag: string) =>
    element(
      'tr',
      {},
      ...cells.map((cell) => element(tag, typeof cell === 'number' ? { class: 'number' } : {}, text(cell))),
    )
  const table = element(
    'table',
    {},
    element('thead', {}, line(heads, 'th')),
    element('tbody', {}, ...rows.map((row) => line(row, 'td'))),
  )
  return element('div', { class: 'wide' }, table)
}

export function factsTable({ machine, command, seconds, rounds }: BenchReport): HTMLElement {
  const facts: [string, string][] = [
    [
      'CPU',
      `${machine.cpu}, ${machine.cpus} of them${machine.hypervisor ? `, under ${machine.hypervisor}` : ''}`,
    ],
    ['Kernel', `Linux ${machine.kernel}`],
    ['Node', `${machine.node}, rxburst ${machine.rxburst}${machine.dpdk ? `, DPDK ${machine.dpdk}` : ''}`],
    ['Memory', `${machine.memory_gib} GiB, hugepages: ${machine.hugepages}`],
    [
      'When',
      `${machine.date.slice(0, 16).replace('T', ' ')} UTC; ${seconds} s; load before: ${machine.load_before.toFixed(2)}`,
    ],
    [
      'How',
      `ours and peers in turn, ${rounds} rounds, those without traffic in slices of about 150 ms, warm-up not counted; the median of the rounds, with the smallest and the largest`,
    ],
    ['Command', command],
  ]
  return element(
    'dl',
    {},
    ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  )
}

export const ratioTable = (ratios: readonly Ratio[]): HTMLElement =>
  tableOf(
    ['ratio', 'from', 'to', 'of', 'over', 'in'],
    ratios.map(({ of, to, what, median, min, max }) => [
      ...[median, min, max].map((value) => value.toFixed(2)),
      of,
      to,
      what.replace('_us', ', us'),
    ]),
  )

export function resultTable(results: readonly Result[]): HTMLElement {
  const keys = [
    ...(['name', 'mpps', 'mpps_min', 'mpps_max', 'offered', 'ns_per_packet', 'mpps_per_cpu'] as const),
    ...(['cycles_per_packet', 'instructions_per_packet', 'first_packet_ms', 'rss_mib'] as const),
    ...(['p50_us', 'p99_us', 'p99.9_us', 'p99.99_us', 'max_us', 'requests', 'lost', 'gcs', 'does'] as const),
  ].filter((key) => results.some((row) => row[key] !== undefined && row[key] !== null))
  return tableOf(
    keys.map((key) => key.replaceAll('_', ' ')),
    results
      .filter((row) => row.status === 'ok' || row.runs.length > 0)
      .map((row) => keys.map((key) => row[key])),
  )
}
