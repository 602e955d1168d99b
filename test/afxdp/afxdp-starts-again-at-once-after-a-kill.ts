import { setTimeout as sleep } from 'node:timers/promises'
import { configureArena, open, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { bin, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { finish } from '../fixtures/plane.js'
import { detached, ping } from '../fixtures/traffic/hosts.js'
import { random } from '../fixtures/traffic/wild.js'

configureArena({ frames: 8192 })
const l2fwd = new URL('../../dist/examples/02-l2fwd.js', import.meta.url)

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const SEED = Number(process.env.RXBURST_SEED ?? Date.now() % 1e6)

t.test('kill -9', { skip: noLab }, async (t) => {
  t.comment(`seed ${SEED}`)
  const next = random(SEED)
  const lab = testLab(t)
  const names = lab.hosts.map(({ near }) => `afxdp:${near}`)
  for (let round = 0; round < ROUNDS; round++) {
    const victim = start(t, process.execPath, [bin, 'l2fwd', ...names, '--take-all'])
    // Most die while they forward, some while they open, bind or attach: they take half a second or so for all of that.
    if (round % 3 === 2) await sleep(200 + (next() % 800))
    else {
      await victim.says('ready')
      if (round % 3 === 0) t.equal(await ping(t, lab, 2), 2)
      await sleep(next() % 50)
    }
    victim.process.kill('SIGKILL')
    await victim.ended
    const ports = []
    for (const name of names) ports.push(await open(name, { takeAll: true }))
    const plane = await run(l2fwd, { workers: [{ queues: ports.flatMap((port) => port.queues) }], ports })
    t.equal(await ping(t, lab, 2), 2, 'the next one works at once')
    await finish(t, plane)
    for (const port of ports) await port.close()
    await detached(t, lab, 'no XDP program stays')
  }
})

t.test('closed and opened again at once, ten times, in one process', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  for (let round = 0; round < 10; round++) {
    const ports = []
    for (const { near } of lab.hosts) ports.push(await open(`afxdp:${near}`, { takeAll: true }))
    const plane = await run(l2fwd, { workers: [{ queues: ports.flatMap((port) => port.queues) }], ports })
    if (round % 5 === 4) t.equal(await ping(t, lab, 2), 2)
    await plane.stop()
    await plane.done
    for (const port of ports) await port.close()
    t.equal(
      native.arena.framesAvailable(),
      theArena().frameCount,
      'in copy mode the kernel holds no frame of a closed queue',
    )
  }
})
