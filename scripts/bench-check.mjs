// npm run bench:check: short scenarios; fails when a ratio fell more than its spread below the recorded one, twice in a
// row. npm run bench:check -- --record writes the record, docs/bench-baseline.json, on a machine that is quiet; with
// names of scenarios, those are recorded anew and the others stay.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { falls, renewed } from '../dist/lib/bench/report/baseline.js'
import { runBench } from '../dist/lib/bench/run.js'
import { SCENARIOS } from '../dist/lib/bench/scenarios/index.js'

const FILE = new URL('../docs/bench-baseline.json', import.meta.url)
const SHORT = ['receive', 'cost', 'latency', 'wire']
const SECONDS = 150

const names = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const scenarios = SCENARIOS.filter(({ name }) => (names.length > 0 ? names : SHORT).includes(name))
const record = process.argv.includes('--record')
if (!record && !existsSync(FILE)) {
  console.error('there is no record to compare with: npm run bench:check -- --record')
  process.exit(1)
}
let told = ''
const measure = (scenarios, seconds) =>
  runBench({
    scenarios,
    duration: seconds,
    command: 'npm run bench:check',
    say: (text) => console.error(text),
    progress: ({ scenario, round, secondsLeft }) => {
      const line = `${scenario}, round ${round + 1}, about ${Math.round(secondsLeft)} s left`
      if (!line.startsWith(told) || told === '') console.error(line)
      told = `${scenario}, round ${round + 1},`
    },
  })

const share = (some) => SECONDS * (some.length / SHORT.length)
const before = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : undefined
const report = await measure(scenarios, share(scenarios))
if (record) {
  writeFileSync(FILE, `${JSON.stringify(renewed(before, report), null, 2)}\n`)
  console.log(`recorded in ${FILE.pathname}`)
} else {
  const baseline = before
  const nameOf = ({ scenario, ratio }) => `${scenario}: ${ratio}`
  let fallen = falls(baseline, report)
  if (fallen.length > 0) {
    // Other work on the machine makes a ratio fall once; a loss of speed does so again.
    const again = scenarios.filter(({ name }) => fallen.some(({ scenario }) => scenario === name))
    console.error(`once more: ${again.map(({ name }) => name).join(', ')}`)
    const twice = falls(baseline, await measure(again, share(again))).map(nameOf)
    fallen = fallen.filter((fall) => twice.includes(nameOf(fall)))
  }
  for (const fall of fallen)
    console.log(`${nameOf(fall)} fell to ${fall.now}; recorded ${fall.recorded}, at the worst ${fall.least}`)
  console.log(
    `${report.scenarios.flatMap(({ ratios }) => ratios).length} ratios, ${fallen.length} fell (recorded on ${baseline.machine})`,
  )
  process.exitCode = fallen.length > 0 ? 1 : 0
}
process.exit()
