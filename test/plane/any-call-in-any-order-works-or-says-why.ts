// open, run, stop, close, steer, stats, audit and abort in random order, many at once, also on what is closed by then.
import { setTimeout as sleep } from 'node:timers/promises'
import { type DataPlane, open, type Port, RxburstError, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor, until } from '../fixtures/plane.js'
import { random } from '../fixtures/traffic/wild.js'

const ROUNDS = Number(process.env.ROUNDS ?? 2) // of fifty calls
const SEED = Number(process.env.RXBURST_SEED ?? Date.now() % 1e6)
const CALLS = 50

const carousel = `
  import { tx } from 'rxburst'
  export default ({ alloc, onTurn, queues }) => {
    let sent = 0
    onTurn(() => { for (; sent < 32; sent++) alloc(60)?.send(queues[0].port) })
    return (burst) => burst.setAll(tx(burst.port))
  }`
const endings: Record<string, string> = {
  carousel,
  throws: `export default ({ onTurn }) => { let n = 0; onTurn(() => { if (n++ > 200) throw new Error('tired') }); return () => {} }`,
  stops: `export default ({ onTurn, stop }) => { let n = 0; onTurn(() => { if (n++ > 200) stop() }); return () => {} }`,
  exits: `export default ({ onTurn }) => { let n = 0; onTurn(() => { if (n++ > 200) process.exit(0) }); return () => {} }`,
  wrong: 'export default 7',
}

t.test('any call in any order', async (t) => {
  const files = Object.values(endings).map((source) => processor(t, source))
  const counts: Record<string, number> = {}
  t.comment(`seed ${SEED}`)
  await (await open('loop:first')).close() // the arena's file stays open from here on
  for (let round = 0; round < ROUNDS; round++)
    await leavesNothing(t, async () => {
      const next = random(SEED + round)
      const ports: Port[] = []
      const planes: DataPlane[] = []
      const aborters: AbortController[] = []
      let first = true // the first run of a round is one that works, whatever the seed
      const one = <T>(list: readonly T[]): T | undefined => list[next() % Math.max(1, list.length)]
      const calls: Record<string, () => Promise<unknown> | undefined> = {
        open: async () => {
          const queues = [[0], [0, 1], [1, 3]][next() % 3]
          const steer = next() % 3 ? undefined : 'udp or ip6'
          ports.push(await open(`loop:${'abc'[next() % 3]}`, { queues, ...(steer ? { steer } : {}) }))
        },
        run: async () => {
          const aborter = new AbortController()
          aborters.push(aborter)
          const chosen = (first ? [ports[0]] : [one(ports), one(ports)]).filter((port) => port !== undefined)
          const workers = chosen.map((port) => ({ queues: [one(port.queues)!] }))
          const file = first ? files[0] : one([...files, files[0], files[0]])!
          const patient = first || next() % 4
          first = false
          planes.push(
            await run(file, {
              workers,
              signal: aborter.signal,
              ...(patient ? {} : { startMs: 1 + (next() % 200) }),
            }),
          )
        },
        stop: () => one(planes)?.stop(),
        close: () => one(ports)?.close(),
        abort: async () => one(aborters)?.abort(),
        audit: async () => {
          const report = await one(planes)?.audit()
          if (report && !report.ok) t.fail('the books are wrong', { report })
        },
        stats: async () => {
          for await (const _ of one(planes)?.stats({ everyMs: 1 + (next() % 20) }) ?? [])
            if (next() % 2) break
        },
        snapshot: async () => one(planes)?.snapshot(),
        capabilities: async () => one(ports)?.capabilities,
        'steer.set': () =>
          one(ports)?.steer.set({ steer: one(['udp', 'tcp', 'ip']), pass: one(['icmp', 'arp']) }),
        'steer.add': () => one(ports)?.steer.add(one(['udp', 'tcp', 'ip', 'no filter'])!),
        'steer.remove': async () => {
          const port = one(ports)
          const rule = port && one(port.steer.rules)
          if (rule) await port.steer.remove(rule)
        },
        counters: async () => one(one(ports)?.steer.rules ?? [])?.counters,
      }
      const names = [...Object.keys(calls), 'run', 'run', 'open']
      const pending: Promise<void>[] = []
      for (let i = 0; i < CALLS; i++) {
        if (i === 3) await Promise.all(pending)
        const name = i < 3 ? 'open' : i === 3 ? 'run' : one(names)!
        const note = (how: string) => {
          counts[`${name} ${how}`] = (counts[`${name} ${how}`] ?? 0) + 1
        }
        const call = (async () => calls[name]())().then(
          () => note('works'),
          (error) => {
            note(error.code ?? error.name)
            const expected = error instanceof RxburstError || error.name === 'AbortError'
            if (!expected) t.fail(`${name}: ${error.stack}`, { seed: SEED + round })
          },
        )
        pending.push(call)
        if (i === 3 || (name === 'run' && next() % 2)) await call
        if (next() % 3 === 0) await sleep(next() % 40)
      }
      for (const aborter of aborters) aborter.abort()
      await Promise.all(pending)
      for (const plane of planes) {
        await plane.stop()
        await plane.done.catch((error) => {
          if (!(error instanceof RxburstError)) t.fail(error.stack, { seed: SEED + round })
        })
        if (!(await plane.audit()).ok) t.fail('the books are wrong at the end', { seed: SEED + round })
      }
      for (const port of ports) {
        await port.close()
        counts['close works'] = (counts['close works'] ?? 0) + 1 // by chance no earlier one may have
      }
      await until('every frame is free', () => native.arena.framesAvailable() === theArena().frameCount)
    })
  t.comment(JSON.stringify(counts))
  for (const name of ['open', 'run', 'stop', 'close'])
    t.ok(counts[`${name} works`] > 0, `some ${name} worked`)
})
