// scripts/run-tests runs a few files that failed once more, alone: what passes then is named, what fails again fails
// the run.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { root } from '../fixtures/child.js'
import { until } from '../fixtures/plane.js'

const RUN = `${root}scripts/run-tests`

// Made-up test files. Each notes that it ran, by a byte in a file of its own name.
const noting = (rest: string) => `
  import { appendFileSync, readFileSync } from 'node:fs'
  const note = process.argv[1] + '.runs'
  appendFileSync(note, '.')
  const run = readFileSync(note).length
  ${rest}`
const SOUND = noting('')
const ONCE = noting('if (run === 1) process.exitCode = 1')
const ALWAYS = noting('process.exitCode = 1')
const HANGS = noting('if (run === 1) process.exitCode = 1\nelse setTimeout(() => {}, 600_000)')

// Stands in for tap, which takes seconds to start: a point for each file.
const RUNNER = `
  import { spawnSync } from 'node:child_process'
  import { readdirSync, writeFileSync } from 'node:fs'
  const args = process.argv.slice(2)
  const named = args.filter((arg) => !arg.startsWith('--'))
  const files = named.length ? named : readdirSync('.').filter((name) => name.endsWith('.test.mjs')).sort()
  const points = files.map((file, i) => {
    const ok = spawnSync(process.execPath, [process.cwd() + '/' + file]).status === 0
    return (ok ? '' : '    not ok 1 - a point\\nnot ') + 'ok ' + (i + 1) + ' - ' + file + ' # time=1ms'
  })
  const tap = ['TAP version 14', '1..' + files.length, ...points, ''].join('\\n')
  const output = args.find((arg) => arg.startsWith('--output-file='))
  if (output) writeFileSync(output.slice(14), tap)
  else process.stdout.write(tap)
  process.exitCode = /^not ok/m.test(tap) ? 1 : 0`

interface Project {
  process: ChildProcess
  /** Everything it has printed, line by line. */
  lines(): string[]
  runs(file: string): number
  ended: Promise<number | null>
}

/** Runs a made-up package's tests, without what this test's own runner has put into the environment. */
function project(
  t: Test,
  files: Record<string, string>,
  { terminal = false, runner = 'node runner.mjs' } = {},
): Project {
  const tap = {
    include: ['*.test.mjs'],
    'allow-incomplete-coverage': true,
    'disable-coverage': true,
    jobs: 1,
  }
  const dir = t.testdir({
    'package.json': JSON.stringify({ type: 'module', scripts: { test: runner }, tap }),
    'runner.mjs': RUNNER,
    ...files,
  })
  const { PATH, HOME } = process.env
  const [program, ...args] = terminal
    ? ['script', '--quiet', '--return', '--command', `${RUN} out`, '/dev/null']
    : [RUN, 'out']
  const child = spawn(program, args, {
    cwd: dir,
    env: { PATH, HOME, TERM: 'xterm' },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  t.teardown(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  })
  let out = ''
  child.stdout!.on('data', (data) => {
    out += data
  })
  return {
    process: child,
    ended,
    lines: () => out.trim().split(/\r?\n/),
    runs: (file) => (existsSync(`${dir}/${file}.runs`) ? readFileSync(`${dir}/${file}.runs`).length : 0),
  }
}

const result = (t: Test) => JSON.parse(readFileSync(`${t.testdirName}/out/tests.json`, 'utf8'))
const named = (file: string) => `unsteady: ${file}: failed beside the others, passed alone: mend it`

t.test('tap itself', async (t) => {
  const p = project(
    t,
    {
      'always.test.mjs': `import t from 'tap'\nt.ok(true)\nt.ok(false)`,
      'dies.test.mjs': noting(
        `const { default: t } = await import('tap')\nt.ok(true)\nif (run === 1) process.kill(process.pid, 'SIGSEGV')`,
      ),
      'once.test.mjs': noting(`const { default: t } = await import('tap')\nt.equal(run, 2)`),
      'sees.test.mjs': noting(
        `const { default: t } = await import('tap')\nt.equal(run === 1 ? 'SIGSEGV' : null, null, 'how a program ended')`,
      ),
      'sound.test.mjs': `import t from 'tap'\nt.ok(true)\nt.ok(true)`,
    },
    { runner: 'tap' },
  )
  t.equal(await p.ended, 1)
  t.same(p.lines().slice(-2), [named('once.test.mjs'), '5 passed, 3 failed'])
  t.equal(p.lines().filter((line) => /^not ok \d+ - always/.test(line)).length, 2, 'both results are shown')
  t.same(result(t), { passed: 5, failed: 3, unsteady: ['once.test.mjs'] })
  for (const file of ['dies', 'sees']) t.equal(p.runs(`${file}.test.mjs`), 1, 'a crash is not forgiven')
})

for (const terminal of [false, true])
  t.test(`one that fails once, ${terminal ? 'on a terminal' : 'raw'}`, async (t) => {
    const p = project(t, { 'once.test.mjs': ONCE, 'sound.test.mjs': SOUND }, { terminal })
    t.equal(await p.ended, 0)
    t.same(p.lines().slice(-2), [named('once.test.mjs'), '2 passed, 0 failed'])
    t.ok(p.lines().includes('# once more, alone: once.test.mjs'))
    t.same([p.runs('sound.test.mjs'), p.runs('once.test.mjs')], [1, 2])
    t.same(result(t), { passed: 2, failed: 0, unsteady: ['once.test.mjs'] })
  })

t.test('one that always fails', async (t) => {
  const p = project(t, { 'always.test.mjs': ALWAYS, 'once.test.mjs': ONCE, 'sound.test.mjs': SOUND })
  t.equal(await p.ended, 1)
  t.same(p.lines().slice(-2), [named('once.test.mjs'), '2 passed, 1 failed'])
  t.same([p.runs('sound.test.mjs'), p.runs('once.test.mjs'), p.runs('always.test.mjs')], [1, 2, 2])
})

t.test('six that fail are no accident', async (t) => {
  const p = project(t, Object.fromEntries([1, 2, 3, 4, 5, 6].map((i) => [`${i}.test.mjs`, ONCE])))
  t.equal(await p.ended, 1)
  t.equal(p.lines().at(-1), '0 passed, 6 failed')
  t.equal(p.runs('1.test.mjs'), 1)
})

t.test('an interrupt in the second run', async (t) => {
  const p = project(t, { 'hangs.test.mjs': HANGS, 'once.test.mjs': ONCE })
  await until('the second run', () => p.runs('hangs.test.mjs') === 2, 60_000)
  process.kill(-p.process.pid!, 'SIGTERM') // as scripts/test does
  t.not(await p.ended, 0)
  t.equal(p.runs('once.test.mjs'), 1, 'nothing is run after it')
  t.notMatch(p.lines().at(-1), /passed/)
})
