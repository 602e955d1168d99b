import { configureArena, open, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { bin, start } from '../fixtures/child.js'
import { detached, ping } from '../fixtures/hosts.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { finish } from '../fixtures/plane.js'

configureArena({ frames: 8192 })
const l2fwd = new URL('../../dist/examples/02-l2fwd.js', import.meta.url)

t.test('kill -9', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const names = lab.hosts.map(({ near }) => `afxdp:${near}`)
  for (let round = 0; round < 2; round++) {
    const victim = start(t, process.execPath, [bin, 'l2fwd', ...names, '--take-all'])
    await victim.says('ready')
    t.equal(await ping(t, lab, 2), 2)
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
      native.framesAvailable(),
      theArena().frameCount,
      'in copy mode the kernel holds no frame of a closed queue',
    )
  }
})
