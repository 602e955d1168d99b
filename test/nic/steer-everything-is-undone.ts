// NIC rules, RSS table, programs and maps are as they were after any end of the process, kill -9 at every step
// included.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noLab, testLab } from '../fixtures/lab.js'
import { FakeNic } from '../fixtures/nic/fake-nic.js'
import { until } from '../fixtures/plane.js'

const main = fileURLToPath(new URL('../../dist/lib/cli/main.js', import.meta.url))
const user = fileURLToPath(new URL('../fixtures/nic/nic-user.mjs', import.meta.url))

const SETTLES_MS = 30_000

/** T: stopped. */
const stateOf = (pid: number) => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]

/**
 * Programs, maps and links of BPF that a process holds, as 'prog 12', by its descriptors: nobody else's can be among
 * them.
 */
function objectsOf(pid: number | string): string[] {
  const found = new Set<string>()
  try {
    for (const fd of readdirSync(`/proc/${pid}/fdinfo`))
      for (const [, kind, id] of readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').matchAll(
        /^(prog|map|link)_id:\s*(\d+)$/gm,
      ))
        found.add(`${kind} ${id}`)
  } catch {
    // it has ended, or closed that one
  }
  return [...found]
}

interface BpfObject {
  id: number
  name?: string
}
const listed = (kind: string): BpfObject[] =>
  JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8' }) || '[]')

/** Ours by name, held by no process at all: pinned or attached for good. */
function orphans(): string[] {
  const ours = ['prog', 'map'].flatMap((kind) =>
    listed(kind)
      .filter(({ name }) => name?.startsWith('rxburst'))
      .map(({ id }) => `${kind} ${id}`),
  )
  const held = new Set(
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .flatMap(objectsOf),
  )
  return ours.filter((each) => !held.has(each))
}

const orphansBefore = noLab ? [] : orphans()

/**
 * What is left of these, and what has become an orphan since this test began; waits for the kernel, which frees maps at
 * leisure.
 */
async function left(held: readonly string[] = []): Promise<string[]> {
  const look = () => {
    const living = new Set(
      ['prog', 'map', 'link'].flatMap((kind) => listed(kind).map(({ id }) => `${kind} ${id}`)),
    )
    return [
      ...held.filter((each) => living.has(each)),
      ...orphans().filter((each) => !orphansBefore.includes(each)),
    ]
  }
  // Other processes come and go between two of these looks: what is left is what never goes.
  let seen: string[] = []
  const nothing = () => {
    seen = look()
    return seen.length === 0
  }
  await until('nothing is left', nothing, SETTLES_MS).catch(() => {})
  return seen
}

interface NicState {
  rules: string[]
  table: number[]
  offloads: unknown
  xdp: unknown
  promiscuity: number
}

class Bench {
  readonly nic: FakeNic
  readonly near: string
  constructor(t: Test) {
    this.near = testLab(t, { queues: 4 }).hosts[0].near
    this.nic = new FakeNic(t, '', this.near)
  }

  /** Everything of the NIC that could be left behind. */
  state(): NicState {
    const [link] = JSON.parse(execFileSync('ip', ['-j', 'link', 'show', this.near], { encoding: 'utf8' }))
    return {
      ...this.nic.addon<Pick<NicState, 'rules' | 'table' | 'offloads'>>(
        `({ rules: native.nic.flows('${this.near}'), table: native.nic.rss('${this.near}'), offloads: native.nic.offloads('${this.near}') })`,
      ),
      xdp: link.xdp ?? null,
      promiscuity: link.promiscuity ?? 0,
    }
  }

  /** The state, once it is what it should be, or after a while whatever it is: the kernel takes its time with XDP. */
  async settled(wanted: object) {
    const end = Date.now() + SETTLES_MS
    while (Date.now() < end && JSON.stringify(this.state()) !== JSON.stringify(wanted)) await sleep(50)
    return this.state()
  }

  start(
    env: NodeJS.ProcessEnv = {},
    filters = ['udp dst port 1'],
  ): ChildProcess & { said: (what: string) => Promise<string>; gone: Promise<string> } {
    const child = spawn(process.execPath, [user, `afxdp:${this.near}`, ...filters], {
      env: { ...this.nic.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    const waiting: (() => void)[] = []
    const look = () => {
      for (const each of waiting) each()
    }
    child.stdout!.on('data', (data) => {
      text += data
      look()
    })
    const gone = new Promise<string>((resolve) =>
      child.on('exit', (code, signal) => {
        resolve(signal ?? String(code))
        look()
      }),
    )
    const said = (what: string) =>
      new Promise<string>((resolve, reject) => {
        const check = () => {
          if (text.includes(what)) resolve(text)
          else if (child.exitCode !== null || child.signalCode)
            reject(new Error(`it ended before it said ${what}`))
        }
        waiting.push(check)
        check()
      })
    return Object.assign(child, { said, gone })
  }

  repair() {
    return this.nic.addon<string[]>(
      `(await import('${new URL('../../dist/lib/steering/journal/leftovers.js', import.meta.url)}')).repair().failures`,
    )
  }
}

t.test('on a NIC', { skip: noLab, timeout: 300_000 }, async (t) => {
  const bench = new Bench(t)
  bench.nic.ethtool('-N', bench.near, 'flow-type', 'tcp4', 'dst-port', '22', 'action', '0')
  bench.nic.addon(`native.nic.setOffload({ interface: '${bench.near}', offload: 'ntuple', on: false })`)
  const before = bench.state()

  await t.test('close', async (t) => {
    const child = bench.start()
    t.match(
      await child.said('running'),
      /udp4 dst-port 1 -> queue 3/,
      'the port says which NIC rules there are',
    )
    const held = objectsOf(child.pid!)
    t.ok(held.length >= 4, `it holds ${held}`)
    const during = bench.state()
    t.equal(during.rules.length, 3)
    t.same([...new Set(during.table)], [0, 1, 2], 'the table leaves our queue out')
    t.ok(during.xdp)
    child.stdin!.write('add\nreplace\n')
    await child.said('replace done')
    const changed = bench.state()
    t.equal(changed.rules.length, 5, 'rules of the NIC follow the rules')
    child.stdin!.write('close\n')
    t.equal(await child.gone, '0')
    t.same(await bench.settled(before), before)
    t.same(await left(held), [])
    t.same(readdirSync(bench.nic.env.RXBURST_JOURNAL!), [], 'and the journal is empty')
  })

  await t.test('exit without close', async (t) => {
    const child = bench.start()
    await child.said('running')
    child.stdin!.write('exit\n')
    t.equal(await child.gone, '0')
    t.same(await bench.settled(before), before)
  })

  await t.test('a table that was the default goes back by reset', async (t) => {
    bench.nic.requests()
    const child = bench.start()
    await child.said('running')
    child.stdin!.write('close\n')
    await child.gone
    const tables = bench.nic.requests().filter((request) => request.startsWith('47'))
    t.equal(tables.at(-1), '47'.padEnd(48, '0'))
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    await t.test(`the command line on ${signal}`, async (t) => {
      const flags = ['--queues', '3', '--steer', 'udp dst port 1', '--idle', 'wait']
      const child = spawn(process.execPath, [main, 'drop', `afxdp:${bench.near}`, ...flags], {
        env: bench.nic.env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const gone = new Promise((resolve) => child.on('exit', resolve))
      let stderr = ''
      child.stderr.on('data', (data) => {
        stderr += data
      })
      await until('it polls', () => stderr.includes('ready\n'))
      t.notSame(bench.state(), before)
      child.kill(signal)
      t.equal(await gone, 0)
      t.same(await bench.settled(before), before)
    })

  await t.test('kill -9 while it runs, then a repair', async (t) => {
    const child = bench.start()
    await child.said('running')
    const held = objectsOf(child.pid!)
    child.kill('SIGKILL')
    await child.gone
    t.notSame(bench.state(), before, 'the NIC still has our settings')
    t.same(bench.repair(), [])
    t.same(await bench.settled(before), before)
    t.same(await left(held), [])
  })

  await t.test('kill -9, then the next start', async (t) => {
    const first = bench.start()
    await first.said('running')
    first.kill('SIGKILL')
    await first.gone
    const second = bench.start()
    await second.said('running')
    second.stdin!.write('close\n')
    await second.gone
    t.same(await bench.settled(before), before)
  })

  await t.test('kill -9 in front of each bpf() call and each change of the NIC', async (t) => {
    const log = join(bench.nic.env.RXBURST_JOURNAL!, '..', 'steps')
    const whole = bench.start({ FAKE_NIC_STEPS: log })
    whole.stdin!.write('close\n')
    t.equal(await whole.gone, '0')
    const steps = readFileSync(log, 'utf8').trim().split('\n')
    for (const kind of ['ethtool', 'bpf'])
      t.ok(steps.filter((step) => step.startsWith(kind)).length >= 6, `${steps.length} steps`)
    for (const [i, step] of steps.entries())
      await t.test(`step ${i + 1}, ${step}`, async (t) => {
        const child = bench.start({ FAKE_NIC_STOPS: String(i + 1) })
        child.stdin!.write('close\n')
        await until('it stops there', () => stateOf(child.pid!) === 'T')
        const held = objectsOf(child.pid!)
        child.kill('SIGKILL')
        t.equal(await child.gone, 'SIGKILL')
        t.same(bench.repair(), [])
        t.same(await bench.settled(before), before)
        t.same(await left(held), [], `of ${held.length} programs, maps and links`)
      })
  })

  await t.test('a living process is left alone', async (t) => {
    const child = bench.start()
    await child.said('running')
    const during = bench.state()
    t.same(bench.repair(), [])
    t.same(bench.state(), during)
    child.stdin!.write('close\n')
    await child.gone
    t.same(await bench.settled(before), before)
  })

  await t.test('only what we wrote is put back', async (t) => {
    const child = bench.start()
    await child.said('running')
    child.kill('SIGKILL')
    await child.gone
    bench.nic.ethtool('-X', bench.near, 'equal', '2')
    t.same(bench.repair(), [])
    const after = bench.state()
    t.same([...new Set(after.table)], [0, 1], "somebody else's table stays")
    t.equal(after.rules.length, 1, 'our rules are gone')
    bench.nic.ethtool('-X', bench.near, 'default')
    t.same(await bench.settled(before), before)
  })

  await t.test('rules that leave a queue without packets are refused, and nothing has changed', async (t) => {
    const refused = await bench.start({}, ['arp']).gone
    t.not(refused, '0')
    t.same(await bench.settled(before), before)
  })
})
