// Filter, snaplen, sample and points, and several captures at once: each gets its own packets.
import { setTimeout as sleep } from 'node:timers/promises'
import { type CaptureOptions, type DataPlane, open, run, type TapPacket } from 'rxburst'
import t from 'tap'
import { carousel } from '../fixtures/capture/carousel.js'
import { processor, until } from '../fixtures/plane.js'

/** The first packets of a capture. */
async function some(plane: DataPlane, options: CaptureOptions, n = 400): Promise<TapPacket[]> {
  const found: TapPacket[] = []
  for await (const packet of await plane.capture({ ...options, count: n })) found.push(packet)
  return found
}

t.test('filter', async (t) => {
  const plane = await carousel(t)
  // Byte 17 is the last of the number, which grows by one each time round.
  const found = await some(plane, { filter: 'ether[17] & 1 = 1' })
  t.equal(found.length, 400)
  t.ok(
    found.every(({ bytes }) => bytes[17] & 1),
    'asked of the bytes at each point',
  )
  const exits = found.filter(({ point }) => point === 'exit')
  t.ok(exits.length > 0 && exits.length < 400)
  await t.rejects(plane.capture({ filter: 'udp porf 53' }), { code: 'ERR_STEER' })
})

t.test('snaplen', async (t) => {
  const plane = await carousel(t, { bytes: 200 })
  const found = await some(plane, { snaplen: 61 })
  t.ok(found.every(({ bytes, length }) => bytes.length === 61 && length === 200))
})

t.test('points and sample', async (t) => {
  const plane = await carousel(t)
  t.ok(
    (await some(plane, { points: ['entry'] })).every(
      ({ point, verdict }) => point === 'entry' && verdict === '',
    ),
  )
  t.ok(
    (await some(plane, { points: ['exit'] })).every(
      ({ point, verdict }) => point === 'exit' && verdict !== '',
    ),
  )
  const sampled = await some(plane, { sample: 7 })
  t.ok(sampled.every(({ id }) => id % 7n === 0n))
  const times = new Map<bigint, number>()
  for (const { id, verdict } of sampled)
    if (!verdict.endsWith('owned')) times.set(id, (times.get(id) ?? 0) + 1)
  const once = [...times.values()].filter((n) => n === 1).length
  t.ok(
    once <= 2 * 256,
    `a packet that was taken at entry is taken at exit: ${once} of ${times.size} were not yet`,
  )
  t.ok([...times.values()].some((n) => n === 2))
})

t.test('several at once, and no more than four', async (t) => {
  const plane = await carousel(t)
  const all = await Promise.all([
    some(plane, { filter: 'ether[17] & 1 = 1' }),
    some(plane, { filter: 'ether[17] & 1 = 0', snaplen: 30 }),
    some(plane, { points: ['exit'] }, 5000),
  ])
  t.same(
    all.map((each) => each.length),
    [400, 400, 5000],
  )
  t.ok(all[0].every(({ bytes }) => bytes[17] & 1 && bytes.length === 60))
  t.ok(all[1].every(({ bytes }) => !(bytes[17] & 1) && bytes.length === 30))
  const held = await Promise.all([1, 2, 3, 4].map(() => plane.capture({ ringBytes: 1 << 18 })))
  await t.rejects(plane.capture(), { code: 'ERR_LIMIT', message: /4 captures/ })
  await held[1].stop()
  const fourth = await plane.capture({ count: 10 })
  await until('those that stay see packets', () =>
    held.every((each, i) => i === 1 || each.counts().seen > 1000),
  )
  for (const each of [...held, fourth]) await each.stop()
  const before = held[0].counts().seen
  await sleep(20)
  t.equal(held[0].counts().seen, before, 'one that has ended sees no more')
  t.ok((await plane.audit()).ok)
})

t.test('packets of a flow', async (t) => {
  const port = await open('loop:flows')
  const source = `
    import { DROP, tx } from 'rxburst'
    export default ({ alloc, onTurn, flows }) => {
      const table = flows.shape('mac', { idleMs: 60000 })
      const again = flows.action(tx(0))
      let out = 0
      onTurn(() => {
        for (; out < 8; out++) alloc(60)?.send(0)
      })
      return (burst) => {
        for (let i = 0; i < burst.count; i++) burst.at(i).verdict = table.add(burst.at(i), again)
      }
    }`
  const plane = await run(processor(t, source), { workers: [{ queues: port.queues }] }).catch((error) => {
    t.comment(error.message)
    throw error
  })
  t.teardown(async () => {
    await plane.stop()
    await port.close()
  })
  await until('the table decides', () => plane.snapshot().hits.packets > 1000)
  const found = await some(plane, {}, 1000)
  const words = new Set(found.filter(({ point }) => point === 'exit').map(({ verdict }) => verdict))
  t.ok(
    [...words].some((each) => /^flow: action \d+, tx\(0\)$/.test(each)),
    [...words].join('; '),
  )
  const entries = new Set(found.filter(({ point }) => point === 'entry').map(({ id }) => id))
  const exits = found.filter(({ point, verdict }) => point === 'exit' && verdict.startsWith('flow'))
  t.ok(exits.filter(({ id }) => entries.has(id)).length > 400, 'the same number at entry and exit')
  t.ok(exits.every(({ xdpAction }) => xdpAction === 3))
})
