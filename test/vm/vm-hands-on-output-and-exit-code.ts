// scripts/vm runs a command as if it were here, but for its files and its network; and nothing of it stays behind.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { noVm } from '../fixtures/vm.js'

t.setTimeout(600_000)

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('rxburst-vm.'))
const command = ['bash', 'test/fixtures/vm/hello.sh', "an argument; it's one"]

t.test('a command', { skip: noVm }, (t) => {
  const { status, stdout, stderr } = spawnSync('./scripts/vm', ['--nic', 'e1000e,e1000e', '--', ...command], {
    encoding: 'utf8',
    env: { ...process.env, RXBURST_HELLO: 'two words' },
  })
  t.same(stdout.split('\n'), [
    'out',
    `an argument; it's one|${process.cwd()}|0|two words`,
    'changed',
    'nic0 nic1 ',
    '',
  ])
  t.same([stderr, status], ['err\n', 41])
  t.notOk(existsSync('README.test'), 'what it wrote is gone')
  t.end()
})

t.test('a time limit', { skip: noVm }, (t) => {
  const { status, stderr } = spawnSync('./scripts/vm', ['--time-limit', '3', '--', 'true'], {
    encoding: 'utf8',
  })
  t.match([status, stderr], [124, /time limit of 3 seconds/])
  t.end()
})

t.test('a machine that QEMU refuses', { skip: noVm }, (t) => {
  const args = ['--nic', 'e1000e:speed=12,e1000e', '--', 'true']
  const { status, stderr } = spawnSync('./scripts/vm', args, { encoding: 'utf8' })
  t.match([status, stderr], [125, /e1000e.speed' not found.*ended before the command did/s])
  t.end()
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  t.test(signal, { skip: noVm }, async (t) => {
    const before = left()
    const child = spawn('./scripts/vm', ['--verbose', '--', 'sleep', '300'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await new Promise((booting) => child.stderr.once('data', booting))
    child.stderr.resume()
    const processes = children(child.pid as number)
    t.ok(
      processes.some(({ name }) => name.startsWith('qemu')),
      'QEMU runs',
    )
    child.kill(signal)
    t.equal(await new Promise((done) => child.on('exit', done)), code)
    t.same(left(), before, 'no folder is left')
    await sleep(1000) // for those that end by themselves when it has gone
    t.same(
      processes.filter(({ pid }) => existsSync(`/proc/${pid}`)),
      [],
      'no process is left',
    )
  })

/** Processes that are children of `pid`. */
function children(pid: number): { pid: number; name: string }[] {
  const { stdout } = spawnSync('ps', ['--ppid', String(pid), '-o', 'pid=,comm='], { encoding: 'utf8' })
  return [...stdout.matchAll(/^ *(\d+) (.*)$/gm)].map(([, pid, name]) => ({ pid: Number(pid), name }))
}

t.test('wrong options', (t) => {
  const refused = (args: string[], message: RegExp) => {
    const { status, stderr } = spawnSync('./scripts/vm', args, { encoding: 'utf8' })
    t.match([status, stderr], [2, message], args.join(' '))
  }
  refused([], /a command is missing/)
  refused(['--cpu', '2', '--', 'true'], /no option '--cpu'/)
  refused(['--memory', 'much', '--', 'true'], /--memory wants a number, not 'much'/)
  refused(['--nic'], /--nic wants a value/)
  t.end()
})
