// Two ports of one process on different queues of one interface: each gets what it steers, each changes and ends by
// itself.
import { execFileSync } from 'node:child_process'
import { configureArena, type DataPlane, open, type Port, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { onHost } from '../../dist/lib/lab/lab.js'
import { native } from '../../dist/lib/native.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { linksTo, programOn } from '../fixtures/nic/links.js'
import { sumsHold, until } from '../fixtures/plane.js'

configureArena({ frames: 32768 })
theArena() // what the process opens once and keeps is there before

// The bifurcated veth delivers UDP port 4321 on queue 1, and everything else on queue 0.
const ON_0 = 5000
const ON_1 = 4321
const drop = new URL('../../dist/examples/01-drop.js', import.meta.url)
const external = { steering: 'external' } as const

t.test('two ports of one interface', { skip: noLab }, async (t) => {
  const lab = testLab(t, { bifurcated: true })
  const { near, near_address } = lab.hosts[0]
  const on = (...command: string[]) => {
    const [program, ...rest] = onHost('left', command, lab.lab)
    return execFileSync(program, rest, { encoding: 'utf8' })
  }
  const send = (port: number, count: number) =>
    on('bash', '-c', `for i in $(seq ${count}); do echo x > /dev/udp/10.77.0.2/${port}; done`)
  const answers = () => on('ping', '-c', '1', '-W', '30', near_address!).includes('1 received')
  const rx = (plane: DataPlane) => plane.snapshot().rx.packets
  const start = (port: Port) => run(drop, { workers: [{ queues: port.queues }] })
  const balanced = async (plane: DataPlane, what: string) => {
    t.ok((await plane.audit()).ok, `${what}: frames`)
    sumsHold(t, plane.snapshot())
  }

  await leavesNothing(t, async () => {
    const first = await open(`afxdp:${near}`, {
      queues: [0],
      steer: `udp dst port ${ON_0}`,
      pass: 'udp dst port 4399',
      ...external,
    })
    const second = await open(`afxdp:${near}`, {
      queues: [1],
      steer: [`udp dst port ${ON_1}`, `udp dst port ${ON_0}`],
      ...external,
    })
    t.same(
      [first, second].map(({ queues }) => queues.map(({ index }) => index)),
      [[0], [1]],
    )
    t.equal(programOn(near), undefined, 'nothing is on the interface before a worker polls')

    const a = await start(first)
    const only = programOn(near)
    send(ON_1, 4)
    send(ON_0, 3)
    await until('the first port has its packets', () => rx(a) === 3)
    t.equal(native.testing.blocks(near)!.length, 1, 'the second has no part in the program yet')
    t.match(second.steer.rules[0].counters, { packets: 0, elsewhere: 0 }, 'so its rules count nothing')

    const b = await start(second)
    t.equal(linksTo(near).length, 1, 'one link holds one program')
    const [held] = linksTo(near)
    t.not(programOn(near), only, 'which is another one')
    t.equal(native.testing.blocks(near)!.length, 2)
    t.equal(first.capabilities.xdp, second.capabilities.xdp)
    t.ok(answers(), 'what nobody steers stays with the kernel')

    send(ON_0, 10)
    send(ON_1, 20)
    send(4399, 2)
    await until('both have theirs', () => rx(a) === 13 && rx(b) === 20)
    t.match(first.steer.rules[1].counters, { packets: 13, elsewhere: 0 })
    await until('what is passed was counted', () => first.steer.rules[0].counters.packets === 2)
    t.match(second.steer.rules[0].counters, { packets: 20, elsewhere: 0 })
    t.match(
      second.steer.rules[1].counters,
      { packets: 0, elsewhere: 0 },
      "a rule of one port takes nothing on another's queue, and counts nothing there",
    )
    await balanced(a, 'the first')
    await balanced(b, 'the second')

    await t.test('rules of one change', async (t) => {
      const before = programOn(near)
      const rule = await second.steer.add('udp dst port 7777')
      t.not(programOn(near), before, 'the program was replaced')
      t.same(linksTo(near), [held], 'in the same link')
      await t.rejects(second.steer.add('host nowhere'), { code: 'ERR_STEER' })
      await second.steer.remove(rule)
      send(ON_0, 5)
      send(ON_1, 5)
      await until('both have theirs', () => rx(a) === 18 && rx(b) === 25)
      t.match(first.steer.rules[1].counters, { packets: 18, elsewhere: 0 }, "the other's go on counting")
      t.match(second.steer.rules[0].counters, { packets: 25, elsewhere: 0 })
    })

    await t.test('one is closed', async (t) => {
      await a.stop()
      await balanced(a, 'the first at its end')
      await first.close()
      t.same(linksTo(near), [held])
      send(ON_0, 3)
      send(ON_1, 6)
      await until('the other goes on', () => rx(b) === 31)
      t.equal(rx(a), 18)
      await until('its rules see what comes elsewhere, alone again', () => {
        return second.steer.rules[1].counters.elsewhere === 3
      })
      await balanced(b, 'the second')
    })

    await t.test('its queue is free for another', async (t) => {
      const third = await open(`afxdp:${near}`, { queues: [0], takeAll: true, ...external })
      const c = await start(third)
      t.same(linksTo(near), [held])
      send(ON_0, 7)
      send(ON_1, 2)
      await until('all of queue 0 comes to it', () => third.closed || c.snapshot().rx.packets >= 7)
      await until('and the other has its own', () => rx(b) === 33)
      await b.stop()
      t.same(linksTo(near), [held], 'the link outlasts the port that made it and the next one')
      send(ON_0, 1)
      await until('the last one goes on', () => c.snapshot().rx.packets >= 8)
      await c.stop()
      t.equal(programOn(near), undefined, 'with the last data plane the program goes')
      await third.close()
      await second.close()
    })
  })
  t.same(linksTo(near), [])
})

t.test('sockets come and go by a write to the map', { skip: noLab }, async (t) => {
  const { near } = testLab(t, { bifurcated: true }).hosts[0]
  const both = await open(`afxdp:${near}`, { steer: 'udp' })
  const one = await run(drop, { workers: [{ queues: [both.queue(0)] }] })
  const before = programOn(near)
  const other = await run(drop, { workers: [{ queues: [both.queue(1)] }] })
  await other.stop()
  t.type(before, 'number')
  t.equal(programOn(near), before, 'a second data plane on the port changes no program')
  await one.stop()
  await both.close()
})
