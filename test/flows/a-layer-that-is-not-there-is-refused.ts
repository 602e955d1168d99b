// layer: 'xdp' fails where a port has no driver's layer, and says what is possible; 'auto' stays in the worker and says
// why.
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, type Setup, shared, start } from '../fixtures/plane.js'
import { wire } from '../fixtures/traffic/driver.js'
import { whileRunning } from '../fixtures/traffic/flows.js'

const factory = (body: string) => `
  import { DROP, FLOW, perPacket, setMac, tx } from 'rxburst'
  export default (context) => {
    const { cells } = context.data ?? {}
    ${body}
    return perPacket(() => DROP)
  }`

const shape = (options: string) => factory(`context.flows.shape('5tuple', ${options})`)

t.test('a port without it', async (t) => {
  const refused = (source: string, open: readonly string[]) => start(t, processor(t, source), { open })
  await t.rejects(refused(shape("{ layer: 'xdp' }"), ['loop:a']), {
    code: 'ERR_NOT_SUPPORTED',
    message: /loop:a .*'worker' is possible/s,
  })
  await t.rejects(refused(shape("{ layer: 'nic' }"), ['loop:a']), {
    code: 'ERR_NOT_SUPPORTED',
    message: /loop:a has no rules of a NIC .*'worker' is possible, and 'xdp' or 'auto'/s,
  })
  await t.rejects(refused(shape("{ layer: 'lower' }"), ['loop:a']), { code: 'ERR_BAD_OPTION' })
  await t.rejects(refused(shape("{ layer: 'auto', promoteAt: 0 }"), ['loop:a']), {
    code: 'ERR_BAD_OPTION',
  })
  await refused(shape("{ layer: 'auto' }"), ['loop:a'])
})

t.test('a factory that goes on without it has all its tables', async (t) => {
  const goesOn = factory(`
    try { context.flows.shape('5tuple', { layer: 'xdp' }) } catch (error) { cells[0] = error.code === 'ERR_NOT_SUPPORTED' }
    for (const fields of ['5tuple', 'src', 'dst', 'mac']) context.flows.shape(fields)`)
  const cells = shared(1)
  const { plane } = await start(t, processor(t, goesOn), { open: ['loop:a'], data: { cells } })
  t.equal(cells[0], 1, 'it was told')
  await finish(t, plane)
})

t.test('a shape behind one that only the worker asks', { skip: noLab }, async (t) => {
  const { near } = wire(t)
  const open: Setup['open'] = [[`afxdp:${near}`, { takeAll: true }]]
  const second = factory("context.flows.shape('src'); context.flows.shape('5tuple', { layer: 'xdp' })")
  await t.rejects(start(t, processor(t, second), { open }), {
    code: 'ERR_NOT_SUPPORTED',
    message: /shapes before this one need/,
  })
})

t.test("an action that the driver hasn't", { skip: noLab }, async (t) => {
  const { near, send } = wire(t)
  const cells = shared(3)
  const source = `
    import { FLOW, perPacket, tx, vlanPush } from 'rxburst'
    export default (context) => {
      const { cells } = context.data
      const table = context.flows.shape('5tuple', { layer: 'xdp', idleMs: 0 })
      const back = context.flows.action(vlanPush(7), tx(0))
      context.onTurn(() => { cells[2] = table.stats.xdp })
      return perPacket((packet) => {
        table.add(packet, back)
        const flow = table.find(packet)
        if (flow.layer === 'worker' && flow.why === 'action') cells[1]++
        cells[0]++
        return FLOW
      })
    }`
  const { plane } = await start(t, processor(t, source), {
    open: [[`afxdp:${near}`, { takeAll: true }]],
    data: { cells },
  })
  await send({ packets: 1, flows: 1 })
  await whileRunning(plane, 'it came', () => cells[0] === 1)
  t.equal(cells[1], 1, 'it says why it stays')
  await send({ packets: 100, flows: 1 })
  await whileRunning(plane, 'they came', () => plane.snapshot().rx.packets === 101)
  const stats = await finish(t, plane)
  t.equal(stats.hits.packets, 100, 'the worker executes it')
  t.equal(cells[2], 0, 'and nothing is in the driver')
})
