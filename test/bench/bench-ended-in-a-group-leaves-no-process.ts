// A benchmark ends while all contestants of a group but one are stopped: none of its processes stays, killed or
// interrupted.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { hugepagesHere } from '../../dist/lib/bench/environment/hugepages.js'
import { bin, type Started, start } from '../fixtures/child.js'
import { until } from '../fixtures/plane.js'

interface Process {
  pid: number
  parent: number
  /** T is stopped, Z is dead and only not waited for (proc(5)). */
  state: string
  /** With the pid it names a process for good. */
  began: string
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'utf8')
        const words = text.slice(text.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(name), state: words[0], parent: Number(words[1]), began: words[19] }]
      } catch {
        return [] // it has ended meanwhile
      }
    })
}

const childrenOf = ({ process: { pid } }: Started) => processes().filter(({ parent }) => parent === pid)

// A killed benchmark can't put back the hugepages that it has raised.
async function puttingHugepagesBack(t: Test, run: Started): Promise<void> {
  const [, before, raised] = /nr_hugepages raised from (\d+) to (\d+)/.exec(run.stderr) ?? []
  if (before === undefined) return
  t.equal(hugepagesHere().total, Number(raised), 'it said to how many it has raised them')
  writeFileSync('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages', `${before}\n`)
}

/** A benchmark in the middle of a group: at least two are stopped. Without DPDK that is the group of the loop ports. */
async function inAGroup(t: Test): Promise<{ run: Started; children: Process[] }> {
  const run = start(t, process.execPath, [bin, 'bench', 'null', '--duration', '300'])
  let children: Process[] = []
  await until(
    'two stopped contestants',
    async () => {
      await sleep(100) // to look at every process is work, and the benchmark has work to do
      children = childrenOf(run)
      return children.filter(({ state }) => state === 'T').length >= 2
    },
    120_000,
  )
  return { run, children }
}

const areGone = (children: readonly Process[]) =>
  until('its processes are gone', () => {
    const now = processes().filter(({ state }) => state !== 'Z')
    return !children.some((child) => now.some(({ pid, began }) => pid === child.pid && began === child.began))
  })

for (const signal of ['SIGKILL', 'SIGINT'] as const)
  t.test(signal, { timeout: 200_000 }, async (t) => {
    const { run, children } = await inAGroup(t)
    run.process.kill(signal)
    const ended = await run.ended
    await areGone(children)
    t.equal(ended.stdout, '', 'no half of a table')
    if (signal === 'SIGKILL') return puttingHugepagesBack(t, run)
    t.ok(ended.code, 'a failure')
    t.match(ended.stderr, /interrupted/)
    if (/nr_hugepages raised/.test(ended.stderr)) t.match(ended.stderr, /nr_hugepages put back/)
  })
