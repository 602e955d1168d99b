// A second port of an interface is refused where the two would take the same queue or want different things of its one
// program.
import { configureArena, open, type Port, run } from 'rxburst'
import t from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { ended } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'
import { noLab } from '../fixtures/lab.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { linksTo, programOn } from '../fixtures/nic/links.js'
import { pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

configureArena({ frames: 32768 })
theArena()
const drop = new URL('../../dist/examples/01-drop.js', import.meta.url)
const external = { steering: 'external' } as const

t.test('a second port', { skip: noLab }, async (t) => {
  const { near, nearAddress, far, pings } = pair(t, { queues: 4 })
  const name = `afxdp:${near}` as const
  const first = await open(name, { queues: [0, 2], steer: 'udp dst port 4321', ...external })
  const plane = await run(drop, { workers: [{ queues: first.queues }] })
  const held = linksTo(near)
  const refused = (options: object, code: string, words: RegExp) =>
    leavesNothing(t, () => rejectsWith(t, open(name, { steer: 'udp', ...external, ...options }), code, words))

  await refused(
    { queues: 'all' },
    'ERR_QUEUE_TAKEN',
    new RegExp(`queue 0 of ${near} belongs to another port.*${name}`),
  )
  await refused({ queues: [1, 2] }, 'ERR_QUEUE_TAKEN', /queue 2 of /)
  await refused({ queues: [2], takeAll: true, steer: undefined }, 'ERR_QUEUE_TAKEN', /queue 2 of /)
  await refused({ queues: [4] }, 'ERR_NO_QUEUE', /no queue 4/)
  await refused({ queues: [1], steer: undefined }, 'ERR_TAKE_ALL', /Say what to take/)
  await refused({ queues: [1], steering: undefined }, 'ERR_STEER_QUEUES', /EOPNOTSUPP/)
  await refused({ queues: [1], steer: 'host nowhere' }, 'ERR_STEER', /nowhere/)
  await refused(
    { queues: [1], xdp: 'generic' },
    'ERR_BAD_OPTION',
    /the option xdp is the same for every port/,
  )
  await refused({ queues: [1], xdp: 'native' }, 'ERR_BAD_OPTION', /the option xdp is the same for every port/)
  await refused({ queues: [1], timestamps: 'device' }, 'ERR_BAD_OPTION', /the option timestamps is the same/)
  t.same(linksTo(near), held, 'the first one holds its link')
  t.equal(native.testing.blocks(near)!.length, 1)

  const count = 12
  for (let i = 0; i < count; i++) far('bash', '-c', `echo x > /dev/udp/${nearAddress}/4321`)
  const [rule] = first.steer.rules
  const seen = () => rule.counters.packets + rule.counters.elsewhere
  await until('the rule of the first one sees all', () => seen() === count)
  t.equal(plane.snapshot().rx.packets, rule.counters.packets)
  t.equal(pings(2), 2)

  const second: Port = await open(name, { queues: [1, 3], steer: 'udp', ...external })
  await rejectsWith(
    t,
    open(name, { queues: [3], steer: 'udp', ...external }),
    'ERR_QUEUE_TAKEN',
    /queue 3 of /,
  )
  await second.close()
  await second.close()
  const again = await open(name, { queues: [3], steer: 'udp', ...external })
  t.equal(again.queues.length, 1, 'a queue of a closed port can be had')
  await rejectsWith(t, run(drop, { workers: [{ queues: [second.queues[0]] }] }), 'ERR_CLOSED', /is closed/)
  await again.close()
  await plane.stop()
  await first.close()
  t.equal(programOn(near), undefined)
})

t.test('another process', { skip: noLab }, async (t) => {
  const { near } = pair(t, { queues: 2 })
  const port = await open(`afxdp:${near}`, { queues: [0], steer: 'udp', ...external })
  const plane = await run(drop, { workers: [{ queues: port.queues }] })
  const script = `
    import { open } from '${new URL('../../dist/lib/index.js', import.meta.url).href}'
    await open('afxdp:${near}', { queues: [1], steer: 'udp', steering: 'external' })`
  const { code, stderr } = await ended(t, process.execPath, ['--input-type=module', '-e', script])
  t.equal(code, 1)
  t.match(stderr, /ERR_QUEUE_TAKEN/, 'does not share the owner')
  await plane.stop()
  await port.close()
})
