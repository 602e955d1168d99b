// What can't be had of flows is refused, with a code and with what is possible; flows of the main thread reach every
// worker.

import { type FlowKey, tx } from 'rxburst'
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const inFactory: [string, string, RegExp][] = [
  ["for (let i = 0; i < 5; i++) context.flows.shape('src')", 'ERR_LIMIT', /4 tables/],
  ["context.flows.shape('5tuples')", 'ERR_BAD_OPTION', /did you mean '5tuple'/],
  ["context.flows.shape('src', { idle: 3 })", 'ERR_BAD_OPTION', /idle/],
  ["context.flows.shape('src', { capacity: 0 })", 'ERR_BAD_OPTION', /capacity/],
  ["context.flows.shape('src', { capacity: 2 ** 40 })", 'ERR_BAD_OPTION', /67108864/],
  ["context.flows.shape('src', { onFull: 'drop' })", 'ERR_BAD_OPTION', /'evict' or 'refuse'/],
  [
    "context.flows.shape('src', { layer: 'nic' })",
    'ERR_NOT_SUPPORTED',
    /has no rules of a NIC.*'worker' is possible, and 'xdp' or 'auto'/,
  ],
  ['context.flows.action(DROP, tx(1))', 'ERR_BAD_ACTION', /one end/],
  ['context.flows.action(tx(9))', 'ERR_BAD_ACTION', /port 9/],
]

t.test('in the factory', async (t) => {
  for (const [what, code, message] of inFactory)
    await t.rejects(
      start(t, flowing(`${what}; return () => {}`), { open: ['loop:wa'] }),
      { code, message },
      what,
    )
})

const inHandler: [string, string, RegExp][] = [
  ["context.flows.shape('src')", 'ERR_BAD_ARGUMENT', /factory/],
  ['table.add(packet, 3)', 'ERR_BAD_ARGUMENT', /flows.action\(\)/],
  ['table.add(packet, nat)', 'ERR_BAD_ARGUMENT', /PARAM/],
  ['table.add(packet, drop, 0.5)', 'ERR_BAD_ARGUMENT', /whole number/],
  ['table.add(packet, pass)', 'ERR_NOT_SUPPORTED', /PASS/],
  ['table.add(packet, out)', 'ERR_NO_TX_QUEUE', /tx\(2\)/],
]

t.test('in the handler', async (t) => {
  const { open } = await import('rxburst')
  for (const [what, code, message] of inHandler) {
    const ports = [
      await open('loop:wa', { peer: 'wb' }),
      await open('loop:wb', { peer: 'wa' }),
      await open('loop:wc', { peer: 'wd' }),
    ]
    const { plane } = await start(
      t,
      flowing(`
        const table = context.flows.shape('src')
        const drop = context.flows.action(DROP)
        const pass = context.flows.action(PASS)
        const nat = context.flows.action(dnat(PARAM), tx(1))
        const out = context.flows.action(tx(2))
        sender({ packets: 10, flows: 1 })
        return perPacket((packet) => { ${what}; return DROP })
      `),
      { open: [], ports, workers: [{ queues: [ports[0].queue(0), ports[1].queue(0)] }] },
    )
    await t.rejects(plane.done, { code, message }, what)
    t.ok((await plane.audit()).ok)
    for (const port of ports) await port.close()
  }
})

t.test('random words among the requests', async (t) => {
  const cells = shared(2)
  const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 31)
  t.comment(`RXBURST_SEED=${seed}`)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, requests, count, seed } = context.data
      const table = context.flows.shape('5tuple', { capacity: 64, idleMs: 0 })
      const drop = context.flows.action(DROP)
      table.onEnded((ended) => { cells[0] += ended.count })
      const state = sender({ packets: 30000, flows: 100 })
      let random = seed || 1
      const next = () => { random ^= random << 13; random ^= random >>> 17; random ^= random << 5; return random >>> 0 }
      const block = context.u32
      context.onTurn(() => {
        // What a wrong program writes there: mostly almost right, so that it comes far.
        const at = (globalThis.rxblock ??= context.data.at) >>> 2
        const n = next() % 600
        block[(at + count) >>> 0] = n
      })
      return (burst) => {
        for (let i = 0; i < burst.count; i++) {
          table.add(burst.at(i), drop)
          for (let k = 0; k < 6; k++) {
            const word = context.data.at / 4 + requests + (next() % (512 * 6))
            block[word] = next() % 3 === 0 ? next() : next() % 4
          }
        }
      }
    `),
    { open: WIRE, data: { cells, seed, ...(await words()) } },
  )
  await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === 30_000)
  const stats = await finish(t, plane)
  t.equal(stats.rx.packets, stats.hits.packets + stats.shown.packets)
})

/** Where worker 0 has its requests, in words. */
async function words() {
  const { layout } = await import('../../dist/lib/native.js')
  const { theArena } = await import('../../dist/lib/control/arena.js')
  const { offsets, head } = layout
  return {
    at: theArena().blocksAt,
    count: (offsets.head >>> 2) + head.flowRequests,
    requests: offsets.flowRequest >>> 2,
  }
}

t.test('plane.flows', async (t) => {
  const cells = shared(4)
  const { plane } = await start(
    t,
    flowing(`
      const { cells } = context.data
      context.flows.shape('5tuple', { idleMs: 0 })
      const state = sender({ packets: 0, flows: 1, each: 1 })
      context.onTurn(() => { state.packets = cells[0] })
      return perPacket((packet) => { cells[packet.port === 3 ? 2 : 1]++; return DROP })
    `),
    { open: WIRE, data: { cells } },
  )
  const key: FlowKey = {
    source: '198.18.0.1',
    destination: '198.18.0.2',
    sourcePort: 1000,
    destinationPort: 9,
    protocol: 17,
    port: 1,
  }
  await plane.flows.add(key, [tx(2)])
  cells[0] = 10
  await whileRunning(plane, 'the flow sends them on', () => cells[2] === 10)
  t.equal(cells[1], 0)
  await plane.flows.invalidate()
  cells[0] = 20
  await whileRunning(plane, 'the handler is asked again', () => cells[1] === 10)
  await plane.flows.add(key, [tx(2)])
  await plane.flows.remove(key)
  cells[0] = 30
  await whileRunning(plane, 'and again', () => cells[1] === 20)
  await t.rejects(plane.flows.add(key, [tx(2)], { table: 1 }), {
    code: 'ERR_BAD_ARGUMENT',
    message: /table 1/,
  })
  await t.rejects(plane.flows.add({ source: '10.0.0.1' }, [tx(2)]), {
    code: 'ERR_BAD_ARGUMENT',
    message: /5tuple/,
  })
  await t.rejects(plane.flows.add(key, []), { code: 'ERR_BAD_ACTION' })
  await finish(t, plane)
  await t.rejects(plane.flows.invalidate(), { code: 'ERR_CLOSED' })
})
