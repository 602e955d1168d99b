// scripts/bare-machine: the command's own exit code and output, a bare Debian around a clone of HEAD, and nothing left
// of it.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { until } from '../fixtures/plane.js'

t.setTimeout(600_000) // the first run makes the root

const git = (...words: string[]) => spawnSync('git', ['-C', root, ...words], { encoding: 'utf8' })
const skip =
  process.geteuid?.() !== 0
    ? 'a root of its own takes root'
    : process.env.BARE_MACHINE
      ? 'this is the root that scripts/bare-machine has made; the script is tried from outside'
      : spawnSync('dpkg', ['--version']).error
        ? 'this is no Debian'
        : git('rev-parse', 'HEAD').status !== 0 && 'this is no clone'

const bare = (...command: string[]) =>
  spawnSync('./scripts/bare-machine', command, { cwd: root, encoding: 'utf8' })

t.test('a command', { skip }, async (t) => {
  const script = `
    cat && echo "$1"
    git --version || echo no git # what this machine has beside the minimum is not there
    readlink -f /proc/1/root && stat -c %a . && su nobody -s /bin/sh -c 'cat package.json >/dev/null && echo readable'
    cat scripts/bare-machine && node -p 'require("fs").existsSync("/usr/include/node/node_api.h")' && npm --version >/dev/null
    mountpoint -q / && test -z "$(ls -A /run/netns 2>/dev/null)" && exit 41`
  const { status, stdout, stderr } = spawnSync(
    './scripts/bare-machine',
    ['bash', '-c', script, 'bash', "an argument; it's one"],
    { cwd: root, encoding: 'utf8', input: 'from outside\n' },
  )
  const committed = git('show', 'HEAD:scripts/bare-machine').stdout
  t.equal(stdout, `from outside\nan argument; it's one\nno git\n/\n755\nreadable\n${committed}true\n`, stderr)
  t.equal(status, 41)
})

t.test('what one run has changed the next one does not see', { skip }, async (t) => {
  t.equal(bare('sh', '-c', 'touch /etc/changed README.changed').status, 0)
  t.equal(bare('sh', '-c', 'ls /etc/changed README.changed').status, 2)
})

t.test('a command that is not there, and wrong calls', { skip }, async (t) => {
  t.equal(bare('no-such-program').status, 127)
  t.match(bare(), { status: 2, stderr: /a command is missing/ })
  t.match(bare('--quick'), { status: 2, stderr: /no option '--quick'/ })
})

// A program that would live on: apart from its session, in namespaces of its own that hang on names under /run.
const busyUntil = (action: string) => `
  mount -t tmpfs tmpfs /mnt && mkdir -p /run/netns && touch /run/netns/kept && unshare --net=/run/netns/kept true
  trap '${action}' TERM
  setsid unshare --net sleep 1000 & echo busy; while :; do sleep 0.1; done`

interface Busy {
  child: ChildProcess
  lines: string[]
  namespaces: { mnt: string; pid: string; net: string[] }
}

/** Links such as net:[4026531840] of a process's namespaces. */
const namespaceOf = (pid: number | string, kind: string) => {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`)
  } catch {
    return '' // it has ended
  }
}
const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name))

async function busy(action = 'echo told; exit 7'): Promise<Busy> {
  const child = spawn('./scripts/bare-machine', ['bash', '-c', busyUntil(action)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  await until('it is busy', () => lines.includes('busy'))
  let inside: string[] = []
  const unshare = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
  const first = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim()
  const [mnt, pid] = [namespaceOf(first, 'mnt'), namespaceOf(first, 'pid')]
  await until('its sleep has a network namespace', () => {
    inside = processes().filter((each) => namespaceOf(each, 'pid') === pid)
    return new Set(inside.map((each) => namespaceOf(each, 'net')).filter(Boolean)).size > 1
  })
  const own = namespaceOf('self', 'net')
  const net = [...new Set(inside.map((each) => namespaceOf(each, 'net')))].filter(
    (name) => name && name !== own,
  )
  return { child, lines, namespaces: { mnt, pid, net } }
}

/** Processes, and namespaces among those that lsns sees, that are left of it. */
function leftOf({ namespaces: { mnt, pid, net } }: Busy): string[] {
  const ids = [mnt, pid, ...net].map((name) => /\d+/.exec(name)?.[0] ?? '')
  const seen = execFileSync('lsns', ['--noheadings', '--output', 'NS'], { encoding: 'utf8' }).split(/\s+/)
  return [
    ...processes().filter((each) => namespaceOf(each, 'mnt') === mnt || namespaceOf(each, 'pid') === pid),
    ...ids.filter((id) => seen.includes(id)),
  ]
}

// Other tests mount things meanwhile.
const mounts = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => /bare-machine|overlay|netns\/kept/.test(line))

for (const [signal, code, told] of [
  ['SIGKILL', null, false],
  ['SIGTERM', 7, true],
] as const)
  t.test(signal, { skip }, async (t) => {
    const before = mounts()
    const run = await busy()
    t.ok(leftOf(run).length > 4, 'processes and namespaces are there')
    const exit = once(run.child, 'close')
    run.child.kill(signal)
    t.equal((await exit)[0], code)
    await until('everything has ended', () => leftOf(run).length === 0)
    t.equal(run.lines.includes('told'), told, 'the command hears of what can be heard')
    t.same(mounts(), before, 'no mount is left')
  })

t.test('a second signal ends a command that goes on', { skip }, async (t) => {
  const run = await busy('echo told')
  const exit = once(run.child, 'close')
  run.child.kill('SIGTERM')
  await until('the command has heard', () => run.lines.includes('told'))
  run.child.kill('SIGTERM')
  t.equal((await exit)[0], 128 + 9)
  await until('everything has ended', () => leftOf(run).length === 0)
})
