// Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, and runs tests on it: all but those in
// LEFT_OUT, or the files that are named. A report in any process of the run fails the run, whatever the test says. The
// DPDK module stays as it is: without sanitizers.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, 'build-asan')
const reports = mkdtempSync(join(tmpdir(), 'rxburst-asan-'))
chmodSync(reports, 0o1777) // programs of other users write theirs too
process.on('exit', () => rmSync(reports, { recursive: true, force: true }))

const LEFT_OUT = [
  /^(bench|vm)-/, // measurements, and a kernel of its own
  /^a-sanitizers-report/, // runs this script
  /^(a-steady-loop|no-collection)/, // look at the heap, which a sanitizer changes
  /^(demo|doctor|profiles|the-guide|the-examples|typescript-runs)/, // say nothing about native code that others don't
]

/** `program` with these arguments; its exit code. */
function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  if (error) throw new Error(`${program}: ${error.message}. ./scripts/setup installs what is needed`)
  return status ?? 1
}

function build() {
  const headers = resolve(process.execPath, '../..') // as scripts/setup: Node's own, where they are
  const env = existsSync(join(headers, 'include/node/node_api.h')) ? { npm_config_nodedir: headers } : {}
  const args = ['compile', '--out', join(out, 'build'), '--parallel', '2', '--log-level', 'error']
  return run(join(root, 'node_modules/.bin/cmake-js'), args, env)
}

// Preloaded, because Node itself is built without: the sanitizer's malloc() has to be the first.
function preloaded() {
  const { stdout } = spawnSync('c++', ['-print-file-name=libasan.so'], { encoding: 'utf8' })
  return realpathSync(stdout.trim())
}

// Leaks are not looked for: V8 frees nothing at its end. V8's own handler of SIGSEGV, which WebAssembly traps come
// through, may replace the sanitizer's; what it does not know it passes on.
function sanitized(prebuilt) {
  const common = `abort_on_error=1:log_path=${reports}/report`
  return {
    RXBURST_PREBUILD: prebuilt,
    LD_PRELOAD: preloaded(),
    ASAN_OPTIONS: `detect_leaks=0:allow_user_segv_handler=1:${common}`,
    UBSAN_OPTIONS: `print_stacktrace=1:${common}`,
  }
}

/** Whether Node, run like the tests, has the addon that was built here. */
function loads(env) {
  const program = `require('node-gyp-build')(${JSON.stringify(root)})
    const found = process.report.getReport().sharedObjects
    process.exitCode = found.some((path) => path.startsWith(${JSON.stringify(out)})) ? 0 : 1`
  return run(process.execPath, ['-e', program], env) === 0
}

function printReports() {
  const files = readdirSync(reports)
  for (const file of files) console.error(`\n${readFileSync(join(reports, file), 'utf8').trimEnd()}`)
  return files.length
}

const named = process.argv.slice(2)
const all = () =>
  readdirSync(join(root, 'test'), { recursive: true }).filter(
    (name) =>
      name.endsWith('.ts') &&
      !name.startsWith('fixtures/') &&
      !LEFT_OUT.some((pattern) => pattern.test(basename(name))),
  )
const files = named.length > 0 ? named : all().map((name) => join('test', name))

// A binary that the caller names is used as it is.
const given = process.env.RXBURST_PREBUILD
if (!given && build() !== 0) process.exit(1)
const env = sanitized(given ?? out)
if (!given && !loads(env)) throw new Error(`${out}: the addon built there was not the one that Node loaded`)
// Tests in C or Python are slowed down as well: ten times as long as usual.
const status = run(join(root, 'node_modules/.bin/tap'), ['--timeout=3000', ...files], env)
const found = printReports()
console.error(
  `test:asan: ${files.length} test files, ${found === 0 ? 'no report of a sanitizer' : `reports of a sanitizer: ${found}`}`,
)
process.exitCode = found > 0 ? 1 : status
