// NIC rules, RSS table, programs and maps are as they were after any end of the process, kill -9 at every step included.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { FakeNic } from './fixtures/fake-nic.js'
import { noLab, testLab } from './fixtures/lab.js'

const user = fileURLToPath(new URL('./fixtures/nic-user.mjs', import.meta.url))

class Bench {
  readonly nic: FakeNic
  readonly near: string
  constructor(t: Test) {
    this.near = testLab(t, { queues: 4 }).hosts[0].near
    this.nic = new FakeNic(t, '', this.near)
  }

  /** Everything that could be left behind: NIC settings, and our programs and maps without a process. */
  state() {
    // An orphan belongs to no process any more; other processes' programs are none of our business.
    const orphans = (kind: string) =>
      (
        JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8' })) as {
          name?: string
          pids?: unknown
        }[]
      ).filter(({ name, pids }) => name?.startsWith('rxburst') && !pids).length
    const [link] = JSON.parse(execFileSync('ip', ['-j', 'link', 'show', this.near], { encoding: 'utf8' }))
    return {
      ...this.nic.addon<object>(
        `({ rules: native.nicList('${this.near}').map((rule) => Buffer.from(rule).toString('hex')), table: native.rssGet('${this.near}'), offloads: native.offloadsGet('${this.near}') })`,
      ),
      xdp: link.xdp ?? null,
      programs: orphans('prog'),
      maps: orphans('map'),
    }
  }

  /** The state, once it is what it should be, or after a while whatever it is: the kernel frees maps some time after programs. */
  async settled(wanted: object) {
    const end = Date.now() + 3000
    while (Date.now() < end && JSON.stringify(this.state()) !== JSON.stringify(wanted)) await sleep(50)
    return this.state()
  }

  start(
    kills = '',
    filters = ['udp dst port 1'],
  ): ChildProcess & { said: (what: string) => Promise<string>; gone: Promise<string> } {
    const child = spawn(process.execPath, [user, `afxdp:${this.near}`, ...filters], {
      env: { ...this.nic.env, FAKE_NIC_KILLS: kills },
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
      `(await import('${new URL('../dist/lib/journal.js', import.meta.url)}')).repair().failures`,
    )
  }
}

t.test('on a NIC', { skip: noLab, timeout: 300_000 }, async (t) => {
  const bench = new Bench(t)
  bench.nic.ethtool('-N', bench.near, 'flow-type', 'tcp4', 'dst-port', '22', 'action', '0')
  const before = bench.state()

  await t.test('close', async (t) => {
    const child = bench.start()
    t.match(
      await child.said('running'),
      /udp4 dst-port 1 -> queue 3/,
      'the port says which NIC rules there are',
    )
    const during = bench.state() as { rules: string[]; table: number[]; xdp: unknown }
    t.equal(during.rules.length, 3)
    t.same([...new Set(during.table)], [0, 1, 2], 'the table leaves our queue out')
    t.ok(during.xdp)
    child.stdin!.write('add\nreplace\n')
    await child.said('replace done')
    const changed = bench.state() as { rules: string[] }
    t.equal(changed.rules.length, 5, 'rules of the NIC follow the rules')
    child.stdin!.write('close\n')
    t.equal(await child.gone, '0')
    t.same(await bench.settled(before), before)
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

  await t.test('kill -9 while it runs, then a repair', async (t) => {
    const child = bench.start()
    await child.said('running')
    child.kill('SIGKILL')
    await child.gone
    t.notSame(bench.state(), before, 'the NIC still has our settings')
    t.same(bench.repair(), [])
    t.same(await bench.settled(before), before)
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

  for (const when of ['before', 'after'])
    for (let change = 1; change <= 6; change++)
      await t.test(`kill -9 ${when} change ${change} of the NIC`, async (t) => {
        const child = bench.start(`${when}:${change}`)
        if (change > 3) {
          await child.said('running') // three changes open the port; closing makes as many
          child.stdin!.write('close\n')
        }
        t.equal(await child.gone, 'SIGKILL')
        t.same(bench.repair(), [])
        t.same(await bench.settled(before), before)
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
    const after = bench.state() as { table: number[]; rules: string[] }
    t.same([...new Set(after.table)], [0, 1], "somebody else's table stays")
    t.equal(after.rules.length, 1, 'our rules are gone')
    bench.nic.ethtool('-X', bench.near, 'default')
    t.same(await bench.settled(before), before)
  })

  await t.test('rules that leave a queue without packets are refused, and nothing has changed', async (t) => {
    const refused = await bench.start('', ['arp']).gone
    t.not(refused, '0')
    t.same(await bench.settled(before), before)
  })
})
