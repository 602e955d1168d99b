// `rxburst doctor` tells the truth, names one command per fault, needs no privilege and changes nothing.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Check, Report } from '../../dist/lib/doctor/doctor.js'
import '../../dist/lib/errors.js'
import { native } from '../../dist/lib/native.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { FakeNic } from '../fixtures/nic/fake-nic.js'
import { until } from '../fixtures/plane.js'

const main = fileURLToPath(new URL('../../dist/lib/cli/main.js', import.meta.url))
const root = process.geteuid?.() === 0

function doctor(args: string[], { as = [] as string[], env = process.env } = {}) {
  const [program, ...rest] = [...as, process.execPath, main, 'doctor', ...args]
  const { stdout, stderr, status } = spawnSync(program, rest, { encoding: 'utf8', env })
  return { stdout, stderr, status }
}
function report(
  args: string[],
  options = {},
): Report & { status: number | null; find: (id: string) => Check } {
  const { stdout, stderr, status } = doctor(['--json', ...args], options)
  if (stdout.trim().split('\n').length !== 1)
    throw new Error(`one line of JSON was expected: ${stdout}${stderr}`)
  const parsed = JSON.parse(stdout) as Report
  const find = (id: string) => {
    const found = parsed.checks.find((each) => each.id === id)
    if (!found) throw new Error(`no check ${id} among ${parsed.checks.map((each) => each.id)}`)
    return found
  }
  return { ...parsed, status, find }
}

t.test('the report has the shape that it promises', async (t) => {
  const { checks, backends, status } = report([])
  for (const check of checks) {
    t.same(Object.keys(check), ['id', 'ok', 'found', 'wanted', 'fix'])
    t.ok(check.ok === true || check.ok === false || check.ok === null)
    t.equal(check.fix !== '', check.ok === false, `${check.id}: a command exactly where there is a fault`)
  }
  t.same(Object.keys(backends), ['afxdp', 'dpdk', 'packet', 'socket', 'loop'])
  t.equal(backends.loop.ready, true)
  t.ok(Object.values(backends).every(({ ready, why }) => typeof ready === 'boolean' && why !== ''))
  t.equal(status, checks.some(({ ok }) => ok === false) ? 1 : 0)
})

t.test('what it found is true', async (t) => {
  const pages = () =>
    readFileSync('/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages', 'utf8').trim()
  const before = pages()
  const { find } = report([])
  t.equal(find('node').found, process.version)
  t.equal(find('kernel').found, release())
  // Somebody else may change it in between.
  t.ok([before, pages()].includes(find('hugepages.node0').found.split(' ')[3]), find('hugepages.node0').found)
})

t.test('people get a line per check, a command per fault, and a verdict per backend', async (t) => {
  const { stdout } = doctor(['no-such-interface'])
  t.match(stdout, /^FAULT no-such-interface +there is no network interface/m)
  t.match(stdout, /^To mend:\n(.*\n)* {2}ip link {4}# no-such-interface$/m)
  t.match(stdout, /^loop: +ready, memory only\n$/m)
})

t.test(
  'without privilege it says what is missing',
  { skip: root ? false : 'this test gives up root' },
  async (t) => {
    const nobody = [
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ]
    const { find, backends, status } = report([], { as: nobody })
    t.match(find('capabilities'), { ok: false, found: 'none', wanted: 'NET_RAW NET_ADMIN BPF' })
    t.equal(backends.afxdp.ready, false)
    t.match(backends.afxdp.why, /capabilities/)
    t.equal(backends.packet.ready, false)
    t.equal(backends.loop.ready, true)
    t.equal(status, backends.dpdk.ready ? 1 : 2)
  },
)

t.test('an interface', { skip: noLab }, async (t) => {
  const { near } = testLab(t, { queues: 2 }).hosts[0]
  const wanted = report([near, '--queues', '1', '--cpus', '0'])
  t.match(wanted.find(`${near}.driver`), { ok: true, found: 'veth, native XDP' })
  t.match(wanted.find(`${near}.queues`), { ok: true, found: /^2 receive, 2 transmit/ })
  t.match(wanted.find(`${near}.ntuple`), { ok: null })
  t.match(wanted.find(`${near}.xdp`), { ok: true })

  execFileSync('ip', ['link', 'set', near, 'mtu', '9000'])
  execFileSync('ip', ['link', 'set', near, 'down'])
  const faulty = report([near, '--queues', '7'])
  t.match(faulty.find(`${near}.mtu`), { ok: false, found: '9000', fix: `ip link set ${near} mtu 1500` })
  t.match(faulty.find(`${near}.up`), { ok: false, fix: `ip link set ${near} up` })
  t.match(faulty.find(`${near}.queues`), { ok: null, found: /at most 2/ })
  t.equal(faulty.status, 1)
  for (const id of ['mtu', 'up']) execFileSync('sh', ['-c', faulty.find(`${near}.${id}`).fix])
  const mended = report([near])
  t.equal(mended.find(`${near}.mtu`).ok, true, 'its commands mend what it found')
  t.equal(mended.find(`${near}.up`).ok, true)
})

t.test('whose XDP program is on an interface', { skip: noLab }, async (t) => {
  const { near } = testLab(t).hosts[0]
  const xdp = () => report([near]).find(`${near}.xdp`)
  const say = (command: string[]) => {
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] })
    t.teardown(() => child.kill('SIGKILL'))
    let stderr = ''
    child.stderr.on('data', (data) => {
      stderr += data
    })
    return { child, said: (what: string) => until(`it says ${what}`, () => stderr.includes(what)) }
  }
  t.match(xdp(), { ok: true, found: 'no program attached' })

  const ours = say([process.execPath, main, 'drop', `afxdp:${near}`, '--take-all', '--idle', 'wait'])
  await ours.said('ready\n')
  t.match(xdp(), {
    ok: null,
    found: new RegExp(`'rxburst', held by process ${ours.child.pid}: rxburst is running`),
  })
  ours.child.kill('SIGTERM')
  await until('it is off', () => xdp().ok === true)

  const foreign = say([
    'python3',
    fileURLToPath(new URL('../fixtures/nic/foreign-xdp.py', import.meta.url)),
    near,
  ])
  await foreign.said('attached')
  const { ok, found, fix } = xdp()
  t.equal(ok, false)
  t.match(found, new RegExp(`'somebody_elses', held by process ${foreign.child.pid}`))
  execFileSync('sh', ['-c', fix])
  t.match(xdp(), { ok: true }, 'its command takes even that off which hangs on a link')
})

t.test('a CPU and a queue that are not there', { skip: noLab }, async (t) => {
  const { near } = testLab(t).hosts[0]
  t.match(report([near, '--cpus', '1000']).find(`${near}.numa`), { ok: null, found: /no CPU 1000/ })
  t.match(doctor([near, '--queues', 'x']), { status: 1, stderr: /'x' is not a list of numbers/ })
})

t.test('offloads are those of ethtool', { skip: noLab }, async (t) => {
  const { near } = testLab(t).hosts[0]
  const rows = execFileSync('ethtool', ['-k', near], { encoding: 'utf8' })
  const features = native.nic.features(near)
  const names: Record<string, string> = {
    'large-receive-offload': 'rx-lro',
    'ntuple-filters': 'rx-ntuple-filter',
  }
  let compared = 0
  for (const [, name, state, fixed] of rows.matchAll(/^\t?([\w-]+): (on|off)( \[fixed\])?/gm)) {
    const feature = features[names[name] ?? name]
    if (!feature) continue // ethtool sums some up
    t.same(feature, { on: state === 'on', fixed: fixed !== undefined }, name)
    compared++
  }
  t.ok(compared > 20, `${compared} compared`)
})

t.test(
  'what a killed process left behind is found, and put back only when asked',
  { skip: noLab },
  async (t) => {
    const { near } = testLab(t, { queues: 4 }).hosts[0]
    const nic = new FakeNic(t, '', near)
    t.throws(() =>
      nic.addon(`(async () => { const { Journal } = await import('${new URL('../../dist/lib/steering/journal/log.js', import.meta.url)}')
    new Journal('${near}').record({ kind: 'rss', before: null, wrote: new Array(128).fill(0) }, () => native.nic.setRss({ interface: '${near}', table: new Array(128).fill(0) }))
    process.kill(process.pid, 'SIGKILL') })()`),
    )
    const table = () => [...new Set(nic.addon<number[]>(`native.nic.rss('${near}')`))].length
    const id = `${near}.leftovers`
    const left = report([near], { env: nic.env })
    t.match(left.find(id), { ok: false, found: /^1 settings of process/, fix: 'npx rxburst doctor --repair' })
    t.equal(table(), 1, 'it has changed nothing')
    const { stderr } = doctor([near, '--repair'], { env: nic.env })
    t.match(stderr, new RegExp(`^${near}: put back 1 settings`))
    t.equal(table(), 4)
    t.equal(report([near], { env: nic.env }).find(id).ok, true)
  },
)
