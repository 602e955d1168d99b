// Cost of `import 'rxburst'` over bare Node: both are started in turn, and the medians compared, by the clock and by
// CPU time, which a busy machine changes less. It prints, and judges nothing. node scripts/import-cost.mjs [ROUNDS]
import { spawnSync } from 'node:child_process'

const PACKAGE = new URL('../dist/lib/index.js', import.meta.url).href
const PROGRAMS = {
  'bare Node': '',
  "import 'rxburst'": `await import(${JSON.stringify(PACKAGE)})`,
}
const CPU = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)'
const rounds = Number(process.argv[2] ?? 21)

/** Milliseconds of one start: by the clock, and of the CPU. */
function start(program) {
  const before = process.hrtime.bigint()
  const argv = ['--input-type=module', '-e', `${program}\n${CPU}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return { clock: Number(process.hrtime.bigint() - before) / 1e6, cpu: Number(stdout) }
}

const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1]

const starts = Object.fromEntries(Object.keys(PROGRAMS).map((name) => [name, []]))
for (let round = 0; round < rounds; round++)
  for (const [name, program] of Object.entries(PROGRAMS)) starts[name].push(start(program))

const [bare, loaded] = Object.values(starts)
for (const kind of ['clock', 'cpu']) {
  for (const [name, list] of Object.entries(starts))
    console.log(
      `${kind.padEnd(6)} ${name.padEnd(18)} ${median(list.map((each) => each[kind]))
        .toFixed(1)
        .padStart(6)} ms`,
    )
  const over = median(loaded.map((each, round) => each[kind] - bare[round][kind]))
  console.log(
    `${kind.padEnd(6)} ${'over bare Node'.padEnd(18)} ${over.toFixed(1).padStart(6)} ms, median of ${rounds} rounds`,
  )
}
