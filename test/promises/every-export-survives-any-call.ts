// Every function, class and method that the addon exports is called with anything: an exception is right, a crash or a
// hang is not. SEED and CALLS choose the calls. Each child process has a network namespace of its own with a pair of
// interfaces.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { noLab } from '../fixtures/lab.js'

const SEED = Number(process.env.SEED ?? Date.now() % 1e6)
const CALLS = Number(process.env.CALLS ?? 100_000)
const CALLS_A_CHILD = 4000
const SILENCE_MS = 120_000 // a child that made no call for so long hangs
const WILD_MIN = 5 // wrong values at each place of an argument, in 100 000 calls

const child = fileURLToPath(new URL('../fixtures/fuzz/child.mjs', import.meta.url))
const INSIDE =
  'ip link set lo up && ip link add fz0 numrxqueues 2 numtxqueues 2 type veth peer name fz1 numrxqueues 2 numtxqueues 2 && ' +
  'ip link set fz0 up && ip link set fz1 up && tc qdisc add dev fz1 clsact && exec "$@"'

// What can't succeed inside, and why.
const NEVER: Record<string, string> = {
  'nic.addFlow': 'a veth takes no n-tuple rules',
  'nic.removeFlow': 'a veth takes no n-tuple rules',
  'nic.flowPlaces': 'a veth takes no n-tuple rules',
  'nic.flows': 'a veth takes no n-tuple rules',
  'nic.rss': 'a veth has no RSS table',
  'nic.setRss': 'a veth has no RSS table',
  'testing.openPinned': 'nothing is pinned',
  'grant.openXskmap': 'nothing is pinned',
  'grant.replaceProcess': 'it would be another program',
  'nic.deleteIngress': 'nobody has left an ingress qdisc',
  'ports.nicFlow': 'no port of the test reaches a NIC',
}

interface Counts {
  returned: number
  resolved: number
  threw: number
  /** Wrong values by place: '0', and '0.cpu' for a field of the first argument. */
  wild: Record<string, number>
}
const none = (): Counts => ({ returned: 0, resolved: 0, threw: 0, wild: {} })
interface Result {
  results: Record<string, Counts>
  all: string[]
  /** Exports without a row in plausible.mjs. */
  unknown: string[]
}

// Each child lives differently: in the main thread or another one, with DPDK or without, ended by exit() or by itself.
const flagsOf = (i: number) =>
  [i % 4 === 1 && 'thread', i % 10 === 2 && 'dpdk', i % 3 === 0 && 'exit'].filter(Boolean).join(',')

t.setTimeout(1_800_000) // half a minute where nothing else runs

const running = new Set<ChildProcess>()
t.teardown(() => {
  for (const process of running) process.kill('SIGKILL')
})

interface Ended {
  how: string
  last: string
  result: Result | null
  stderr: string
}

/** Runs one child to its end, which is 'exit 0' when all is well. */
async function runChild(i: number, folder: string): Promise<Ended> {
  const log = join(folder, `${i}.log`)
  const result = join(folder, `${i}.json`)
  const words = [SEED * 1000 + i, CALLS_A_CHILD, log, result, flagsOf(i)].map(String)
  const argv = ['--net', 'sh', '-c', INSIDE, 'sh', process.execPath, '--expose-gc', child, ...words]
  const { NODE_OPTIONS: _, ...env } = process.env // tap's loaders
  const started = spawn('unshare', argv, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(started)
  let stderr = ''
  started.stderr.on('data', (data) => {
    stderr = (stderr + data).slice(-4000)
  })
  let hangs = false
  let size = -1
  const watch = setInterval(() => {
    const now = existsSync(log) ? statSync(log).size : 0
    if (now === size) {
      hangs = true
      started.kill('SIGKILL')
    }
    size = now
  }, SILENCE_MS)
  const how = await new Promise<string>((resolve) =>
    started.on('close', (code, signal) => resolve(hangs ? 'hangs' : (signal ?? `exit ${code}`))),
  )
  clearInterval(watch)
  running.delete(started)
  return {
    how,
    last: existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)! : 'no call',
    result: existsSync(result) ? JSON.parse(readFileSync(result, 'utf8')) : null,
    stderr,
  }
}

t.test(`seed ${SEED}`, { skip: noLab, timeout: 0 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-fuzz-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const children = Math.ceil(CALLS / CALLS_A_CHILD)
  const sums: Record<string, Counts> = {}
  const all = new Set<string>()
  const unknown = new Set<string>()
  // A few exports seldom come through their checks: when chance left one out, more children follow.
  const leftOut = () =>
    CALLS < 50_000 ? [] : [...all].filter((path) => !NEVER[path] && !(sums[path] ?? none()).returned)
  let next = 0
  const lane = async () => {
    while (next < children || (next < children * 3 && leftOut().length > 0)) {
      const i = next++
      const { how, last, result, stderr } = await runChild(i, folder)
      t.equal(
        how,
        'exit 0',
        `SEED=${SEED}, child ${i} (${flagsOf(i)}), the last call: ${last}\n${how === 'exit 0' ? '' : stderr}`,
      )
      for (const path of result?.all ?? []) all.add(path)
      for (const path of result?.unknown ?? []) unknown.add(path)
      for (const [path, { returned, resolved, threw, wild }] of Object.entries(result?.results ?? {})) {
        sums[path] ??= none()
        const sum = sums[path]
        sum.returned += returned
        sum.resolved += resolved
        sum.threw += threw
        for (const [place, n] of Object.entries(wild)) sum.wild[place] = (sum.wild[place] ?? 0) + n
      }
    }
  }
  await Promise.all(cpus().slice(0, 4).map(lane))

  // Of an export that was never called, or at an argument that was never wrong, nothing is known.
  const few = CALLS >= 50_000 ? WILD_MIN : -1 // a short run reaches less
  t.ok(all.size > 1, 'the addon exports something')
  t.same([...unknown], [], 'fuzz/plausible.mjs knows what each of them takes')
  for (const path of [...all].sort()) {
    const { returned, resolved, threw, wild } = sums[path] ?? none()
    t.comment(
      `${path}: ${returned} returned, ${resolved} later, ${threw} threw; wrong arguments: ${JSON.stringify(wild)}`,
    )
    t.ok(returned + threw > Math.max(few, 0), `${path} was called`)
    t.ok(
      Object.keys(wild).length > 0 && Object.values(wild).every((n) => n > few),
      `${path} was called with every argument wrong`,
    )
    if (!NEVER[path] && CALLS >= 50_000) t.ok(returned > 0, `${path} came through its checks`)
  }
})

// A backend's module is no addon: what core calls is a C function, and JavaScript finds nothing to call in it.
t.test('the DPDK module exports nothing to JavaScript', { skip: withoutDpdk }, (t) => {
  const script = `try { require(process.argv[1]); process.exitCode = 2 } catch (error) { console.log(error.message) }`
  const { NODE_OPTIONS: _, ...env } = process.env
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    ['-e', script, `${root}native/dpdk/build/Release/rxburst_dpdk.node`],
    { encoding: 'utf8', env },
  )
  t.same({ status, signal }, { status: 0, signal: null })
  t.match(stdout, /self-register/)
  t.end()
})
