// Ports are closed between a worker's end and `done`, in any order, with anything else in between.
import { setTimeout as sleep } from 'node:timers/promises'
import { type DataPlane, open, type Port, RxburstError, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { processor, shared, until } from '../fixtures/plane.js'
import { random } from '../fixtures/traffic/wild.js'

const ROUNDS = Number(process.env.ROUNDS ?? 12)
const SEED = Number(process.env.RXBURST_SEED ?? Date.now() % 1e6)

// Sends on its own ports until data[1] is set; then the worker `victim` throws, and says so in data[0].
const carousel = `
  import { tx } from 'rxburst'
  export default ({ alloc, onTurn, queues, data: { cells, victim }, index }) => {
    onTurn(() => { alloc(100)?.send(queues[0].port) })
    return (burst) => {
      if (index === victim && Atomics.load(cells, 1)) {
        Atomics.store(cells, 0, 1)
        throw new TypeError('the real one')
      }
      burst.setAll(tx(burst.port))
    }
  }`

/** Things that a program may do at any time: each either works or says why not, with a code. */
const acts: Record<string, (ports: Port[], plane: DataPlane, next: () => number) => Promise<unknown>> = {
  'close a port': (ports, _plane, next) => ports[next() % 2].close(),
  'close both': (ports) => Promise.all(ports.map((port) => port.close())),
  stop: (_ports, plane) => plane.stop(),
  audit: (_ports, plane) => plane.audit(),
  snapshot: async (_ports, plane) => plane.snapshot(),
  'run another': async (ports, _plane, next) =>
    run('/nowhere.mjs', { workers: [{ queues: [ports[next() % 2].queue(0)] }] }),
  'change the rules': (ports, _plane, next) => ports[next() % 2].steer.add('udp'),
}

t.test('every end is orderly', async (t) => {
  const file = processor(t, carousel)
  const seen: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round
    const next = random(seed)
    const ports = [await open('loop:a'), await open('loop:b')]
    const cells = shared(2)
    const victim = next() % 2
    const workers = ports.map((port) => ({ queues: port.queues, data: { cells, victim } }))
    const plane = await run(file, { workers, ports })
    Atomics.store(cells, 1, 1)
    while (!Atomics.load(cells, 0)) await sleep(0)
    // The event loop stands still here: the worker comes to its end, and nobody has heard of it.
    Atomics.wait(shared(1), 0, 0, next() % 8)
    const names = Object.keys(acts)
    const did: Promise<void>[] = []
    for (let n = next() % 5; n >= 0; n--) {
      const name = n ? names[next() % names.length] : 'close a port'
      const count = (how: string) => {
        seen[`${name}: ${how}`] = (seen[`${name}: ${how}`] ?? 0) + 1
      }
      did.push(
        acts[name](ports, plane, next).then(
          () => count('done'),
          (error) => {
            count(error.code)
            if (!(error instanceof RxburstError)) t.fail(`${name}: ${error.stack}`, { seed })
          },
        ),
      )
      if (next() % 4 === 0) await sleep(0)
    }
    const error = await plane.done.then(
      () => undefined,
      (reason) => reason,
    )
    if (error?.code !== 'ERR_PROCESSOR' || !/the real one/.test(error.message))
      t.fail(`done tells ${error?.stack ?? 'nothing'}`, { seed })
    await Promise.all(did)
    if (!(await plane.audit()).ok) t.fail('the books are wrong', { seed })
    for (const port of ports) await port.close()
    await until('every frame is free again', () => native.arena.framesAvailable() === theArena().frameCount)
    await until(
      'every worker is forgotten',
      () => native.workers.auditResult(0) === null && native.workers.auditResult(1) === null,
    )
  }
  t.comment(`seed ${SEED}: ${JSON.stringify(seen)}`)
  t.ok(seen['close a port: done'] > 0, 'some ports were closed before `done`')
})
