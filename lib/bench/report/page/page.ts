// The report's page, in the browser: draws the charts of the data that stands in the document. Bundled by
// scripts/build-page.mjs.
import * as Plot from '@observablehq/plot'
import type { BenchReport, Result, ScenarioReport } from '../types.js'
import { element, factsTable, ratioTable, resultTable } from './tables.js'

const ROW_PX = 44
const GROUPS = ['ours, TypeScript', 'ours, WebAssembly', 'ours, C', 'peer']
const COLOURS = ['var(--ts)', 'var(--wasm)', 'var(--c)', 'var(--peer)']
const color = { domain: GROUPS, range: COLOURS }
const style = { background: 'none', color: 'currentColor', fontSize: '12px', overflow: 'visible' }

const report = JSON.parse(document.getElementById('data')!.textContent!) as BenchReport

function groupOf({ kind, runtime }: Result): string {
  if (kind === 'peer') return GROUPS[3]
  return GROUPS[{ ts: 0, wasm: 1, c: 2 }[runtime]]
}

type Draw = (width: number) => Element

/** Bars with the spread of the rounds, each round as a dot; a dashed line where the offered rate ends. */
function bars(
  rows: readonly Result[],
  x: (row: Result) => number,
  label: string,
  note: (row: Result) => string,
  log = false,
): Draw {
  const data = rows.map((row) => ({ ...row, group: groupOf(row), x: x(row), note: note(row) }))
  const runs = data.flatMap((row) => row.runs.map((mpps) => ({ name: row.name, mpps })))
  const spread = data.filter((row) => row.mpps === row.x)
  const most = Math.max(...data.flatMap((row) => [row.x, row.mpps === row.x ? row.mpps_max! : 0]))
  return (width) =>
    Plot.plot({
      width,
      style,
      color,
      height: data.length * ROW_PX + 64,
      marginBottom: 38,
      marginLeft: 2,
      marginRight: 8,
      marginTop: 26,
      x: {
        label,
        grid: true,
        nice: true,
        domain: [log ? 1 : 0, most],
        type: log ? 'log' : 'linear',
        labelOffset: 34,
      },
      y: { domain: data.map((row) => row.name), axis: null, paddingInner: 0.5, paddingOuter: 0.3 },
      marks: [
        Plot.barX(data, {
          x1: log ? 1 : 0,
          x2: 'x',
          y: 'name',
          fill: 'group',
          rx: 2,
          insetTop: 6,
          insetBottom: -6,
        }),
        ...(spread.length > 0
          ? [
              Plot.ruleY(spread, {
                ...{ x1: 'mpps_min', x2: 'mpps_max', y: 'name', dy: 6 },
                ...{ stroke: 'currentColor', strokeWidth: 1.5, marker: 'tick' as never },
              }),
              Plot.dot(runs, { x: 'mpps', y: 'name', dy: 6, r: 2, fill: 'currentColor', fillOpacity: 0.6 }),
              Plot.tickX(
                spread.filter((row) => row.offered !== null && row.offered <= most),
                {
                  ...{ x: 'offered', y: 'name', dy: 6 },
                  ...{ stroke: 'currentColor', strokeDasharray: '2 2' },
                },
              ),
            ]
          : []),
        Plot.text(data, {
          ...{ x: log ? 1 : 0, y: 'name', dy: -13, textAnchor: 'start', fill: 'currentColor' },
          text: (row: (typeof data)[number]) => `${row.name}: ${row.note}`,
          textOverflow: 'ellipsis',
          lineWidth: width / 12.5,
        }),
        Plot.tip(
          data,
          Plot.pointerY({
            x: 'x',
            y: 'name',
            title: 'does',
            fill: 'Canvas',
            lineWidth: Math.min(28, width / 14),
          }),
        ),
      ],
    })
}

/** Microseconds over "one in so many", both on log scales: the tail is as wide as the middle. */
function curves(rows: readonly Result[]): Draw {
  const points = rows.flatMap((row) =>
    row.curve!.map(([percent, us]) => ({
      name: row.name,
      us,
      rare: percent >= 100 ? row.requests! : 100 / (100 - percent),
    })),
  )
  return (width) =>
    Plot.plot({
      width,
      style,
      height: Math.min(460, 260 + width / 5),
      marginLeft: 46,
      marginBottom: 42,
      marginTop: 26,
      color: { legend: true, domain: rows.map((row) => row.name), scheme: 'Observable10' },
      x: {
        ...{ type: 'log', grid: true, label: 'one request in so many is slower →' },
        tickFormat: (n: number) => (Number.isInteger(Math.log10(n)) ? `${n >= 1e3 ? `${n / 1e3}k` : n}` : ''),
      },
      y: {
        type: 'log',
        grid: true,
        label: '↑ microseconds',
        tickFormat: (n: number) => (/^[125]0*$/.test(String(n)) ? String(n) : ''),
      },
      marks: [
        Plot.lineY(points, { x: 'rare', y: 'us', stroke: 'name', strokeWidth: 2 }),
        Plot.dot(points, { x: 'rare', y: 'us', fill: 'name', r: 2 }),
        Plot.tip(
          points,
          Plot.pointer({
            x: 'rare',
            y: 'us',
            title: (p: (typeof points)[number]) => `${p.name}\n${p.us} us, one in ${Math.round(p.rare)}`,
            fill: 'Canvas',
          }),
        ),
      ],
    })
}

/** The same program at every burst size. */
function overBursts(rows: readonly Result[]): Draw {
  const who = (row: Result) => row.name.replace(/,? ?burst \d+$/, '')
  const data = rows.map((row) => ({ ...row, who: who(row) }))
  return (width) =>
    Plot.plot({
      width,
      style,
      height: Math.min(420, 240 + width / 6),
      marginTop: 26,
      color: { legend: true, scheme: 'Observable10', domain: [...new Set(data.map((row) => row.who))] },
      x: {
        type: 'log',
        base: 2,
        label: 'packets in a burst →',
        labelOffset: 34,
        ticks: [...new Set(data.map((row) => row.burst))],
        tickFormat: String,
      },
      y: { grid: true, zero: true, label: '↑ Mpps' },
      marks: [
        Plot.lineY(data, { x: 'burst', y: 'mpps', stroke: 'who', strokeWidth: 2 }),
        Plot.ruleX(data, { x: 'burst', y1: 'mpps_min', y2: 'mpps_max', stroke: 'who', strokeOpacity: 0.5 }),
        Plot.dot(data, { x: 'burst', y: 'mpps', fill: 'who', r: 3, tip: true }),
      ],
    })
}

const figure = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(3)

function mppsNote({ mpps, offered, generator_limited, status }: Result): string {
  const of = generator_limited ? ', all that was offered' : offered === null ? '' : ` of ${figure(offered)}`
  return `${figure(mpps!)} Mpps${of}${status === 'failed' ? ', then failed' : ''}`
}

function charts({ name, results }: ScenarioReport): { title: string; draw: Draw }[] {
  const measured = results.filter((row) => row.mpps !== null || row.p50_us !== undefined)
  if (measured.length === 0) return []
  if (measured[0].p50_us !== undefined)
    return [
      { title: 'How slow, how seldom', draw: curves(measured) },
      {
        title: 'Half of the answers come within',
        draw: bars(
          measured,
          (row) => row.p50_us!,
          'microseconds →',
          (row) => `${figure(row.p50_us!)} us`,
          true,
        ),
      },
    ]
  if (measured[0].first_packet_ms !== undefined)
    return [
      {
        title: 'Until the first packet',
        draw: bars(
          measured,
          (row) => row.first_packet_ms!,
          'milliseconds →',
          (row) => `${figure(row.first_packet_ms!)} ms`,
        ),
      },
      {
        title: 'Memory of the whole process',
        draw: bars(
          measured,
          (row) => row.rss_mib!,
          'MiB →',
          (row) => `${figure(row.rss_mib!)} MiB`,
        ),
      },
    ]
  const mpps = (rows: Result[]) => bars(rows, (row) => row.mpps!, 'Mpps →', mppsNote)
  if (name !== 'null') return [{ title: 'Millions of packets a second', draw: mpps(measured) }]
  const swaps = measured.filter((row) => row.mode === 'macswap' && row.backend !== 'loop')
  return [
    {
      title: 'In bursts of 32, millions of packets a second',
      draw: mpps(measured.filter((row) => row.burst === 32)),
    },
    { title: 'MAC swap, by the size of the burst', draw: overBursts(swaps) },
  ]
}

const drawn: { at: HTMLElement; draw: Draw }[] = []

function section(scenario: ScenarioReport): HTMLElement {
  const absent = scenario.results.filter((row) => row.status !== 'ok')
  const command = element('pre', {}, element('code', {}, scenario.command))
  const parts: Node[] = [element('h2', {}, scenario.name), element('p', {}, scenario.about)]
  for (const { title, draw } of charts(scenario)) {
    const at = element('figure', { role: 'img', 'aria-label': title })
    drawn.push({ at, draw })
    parts.push(element('h3', {}, title), at)
  }
  if (scenario.ratios.length > 0) parts.push(ratioTable(scenario.ratios))
  for (const row of absent)
    parts.push(
      element(
        'p',
        { class: 'absent' },
        `${row.name} ${row.status}: ${row.why ?? ''}`,
        ...(row.install ? [' ', element('code', {}, row.install)] : []),
      ),
    )
  for (const note of scenario.notes) parts.push(element('p', { class: 'absent' }, note))
  parts.push(
    element('details', {}, element('summary', {}, 'Every figure'), resultTable(scenario.results)),
    element('p', {}, 'Reproduce it:'),
    command,
  )
  return element('section', { id: scenario.name }, ...parts)
}

function legend(): HTMLElement {
  const swatch = (i: number) => element('span', { class: 'swatch', style: `background:${COLOURS[i]}` })
  return element(
    'p',
    { class: 'legend' },
    ...GROUPS.flatMap((name, i) => [element('span', {}, swatch(i), name)]),
    element('span', {}, 'bar: median; line: smallest to largest; dots: rounds; dashes: what was offered'),
  )
}

const main = document.querySelector('main')!
main.append(
  factsTable(report),
  element('nav', {}, ...report.scenarios.map(({ name }) => element('a', { href: `#${name}` }, name))),
  legend(),
  ...report.scenarios.map(section),
)

let width = 0
function redraw(): void {
  const now = Math.max(280, Math.floor(main.clientWidth))
  if (now === width) return
  width = now
  for (const { at, draw } of drawn) at.replaceChildren(draw(width))
}
new ResizeObserver(redraw).observe(main)
redraw()
