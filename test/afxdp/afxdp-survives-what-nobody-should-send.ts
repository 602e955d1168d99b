import { open, run } from 'rxburst'
import t from 'tap'
import { noLab, testLab } from '../fixtures/lab.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor, shared, start, until } from '../fixtures/plane.js'
import { ping, SILENCE, sh } from '../fixtures/traffic/hosts.js'
import { busyProcessor, random, survived, writeWildly } from '../fixtures/traffic/wild.js'

const l2fwd = new URL('../../dist/examples/02-l2fwd.js', import.meta.url)

// data: packets sent so far. Lengths from 0 to more than the MTU, at offsets up to the end of the frame.
const odd = `
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      for (let k = 0; k < 8 && data[0] < 2000; k++) {
        const packet = alloc(1500)
        if (!packet) return
        packet.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 7, 0x88, 0xb5])
        const length = [0, 1, 13, 14, 15, 59, 60, 1514, 1518, 1519][data[0] % 10]
        packet.resize(length, data[0] % 3 === 0 ? -256 : data[0] % 3 === 1 ? 0 : 1791 - length)
        packet.send(0)
        data[0]++
      }
    })
    return () => {}
  }`

t.test('packets of every length', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  await (await open('loop:a')).close()
  await leavesNothing(t, async () => {
    const data = shared(1)
    const port = await open(`afxdp:${lab.hosts[0].near}`, { takeAll: true })
    const plane = await run(processor(t, odd), { workers: [{ queues: port.queues, data }] })
    await Promise.race([plane.done, until('all are sent', () => data[0] === 2000)])
    await until(
      'the kernel is done with all of them',
      async () => (await plane.audit()).workers[0].queued === 0,
    )
    const stats = await finish(t, plane)
    t.equal(stats.fresh.packets, 2000)
    t.equal(
      stats.rejected.packets,
      800,
      'what is shorter than an Ethernet header, or longer than the MTU allows, is refused',
    )
    t.equal(stats.lost.tx_invalid_descs, 0)
    t.equal(stats.lost.bad_frames, 0)
    await port.close()
  })
})

t.test('random words in every column', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  await (await open('loop:b')).close()
  const ports = []
  for (const { near } of lab.hosts) ports.push(await open(`afxdp:${near}`, { takeAll: true }))
  const file = processor(t, busyProcessor)
  const ends: Record<string, number> = {}
  const rounds = Number(process.env.ROUNDS ?? 12)
  for (let round = 0; round < rounds; round++) {
    const seed = Number(process.env.RXBURST_SEED ?? (Date.now() % 1e6) * 100) + round
    const next = random(seed)
    const plane = await run(file, {
      workers: [{ queues: ports.flatMap((port) => port.queues) }],
      ports,
      burst: 64,
    })
    for (let k = 0; k < 5; k++) {
      writeWildly(0, 2, next, 1, round % 3)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const end = await survived(t, plane, seed)
    ends[end] = (ends[end] ?? 0) + 1
  }
  t.comment(JSON.stringify(ends))
  const plane = await run(l2fwd, { workers: [{ queues: ports.flatMap((port) => port.queues) }], ports })
  t.equal(await ping(t, lab), 5, 'the same ports still do their work')
  await finish(t, plane)
  for (const port of ports) await port.close()
})

t.test('an interface that goes down, comes up, and is deleted', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  await (await open('loop:c')).close()
  const near = lab.hosts[0].near
  await leavesNothing(t, async () => {
    const { plane, opened } = await start(t, l2fwd, {
      open: lab.hosts
        .map((host) => [`afxdp:${host.near}`, { takeAll: true }] as const)
        .map(([n, o]) => [n, o]),
    })
    t.equal(await ping(t, lab, 2), 2)
    await sh(`ip link set ${near} down`)
    t.equal(await ping(t, lab, 2, undefined, SILENCE), 0)
    t.ok((await plane.audit()).ok, 'books are right while it is down')
    await sh(`ip link set ${near} up`)
    await until('it has healed', async () => (await ping(t, lab, 1, undefined, SILENCE)) > 0)
    await sh(`ip link del ${near}`)
    t.ok((await plane.audit()).ok, 'books are right when it is gone')
    await finish(t, plane)
    for (const port of opened) await port.close()
  })
})
