// layer: 'nic' on an interface of the kernel: each flow that is dropped is an n-tuple rule, which goes with the flow,
// however the flow or its process ends. It has no counts. What the NIC has no place for stays in the worker.
import { readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import { noLab } from '../fixtures/lab.js'
import { FakeNic } from '../fixtures/nic/fake-nic.js'
import { flowsUser } from '../fixtures/nic/flows-user.js'
import { until } from '../fixtures/plane.js'
import { wire } from '../fixtures/traffic/driver.js'

const PLACES = 64 // of the stand-in
const DROPS = 0xffff_ffff // where a rule has a queue

const LEFTOVERS = new URL('../../dist/lib/steering/journal/leftovers.js', import.meta.url)

async function started(t: Test, options: object = {}, ports = [1000, 1001, 1002]) {
  const { near, send } = wire(t, { queues: 4 }) // as many as the stand-in says
  const nic = new FakeNic(t, '', near)
  const user = await flowsUser(t, nic.env, { name: `afxdp:${near}`, open: { takeAll: true }, ports, options })
  const rules = () => nic.addon<{ queue: number; place: number }[]>(`native.nic.flows('${near}')`)
  const text = () => nic.ethtool('-n', near)
  const none = () => until('no rule is left', () => rules().length === 0)
  return { near, send, nic, user, rules, text, none }
}

t.test('on a NIC', { skip: noLab }, async (t) => {
  await t.test('a rule for each flow', async (t) => {
    const { near, nic, send, user, rules, text, none } = await started(t)
    await send({ packets: 30, flows: 3 })
    const { found } = await user.when('all are there', ({ nic }) => nic === 3)
    t.same(
      found,
      [1000, 1001, 1002].map((port) => ({ port, layer: 'nic', why: 'asked', packets: null })),
      'the flows say so, and have no counts',
    )
    t.same(
      rules().map(({ queue }) => queue),
      [DROPS, DROPS, DROPS],
    )
    const shown = text()
    t.match(shown, /Rule Type: UDP over IPv4/)
    t.match(shown, /Src IP addr: 198\.18\.7\.1 mask: 0\.0\.0\.0/)
    t.match(shown, /Dest IP addr: 198\.18\.7\.2 mask: 0\.0\.0\.0/)
    t.match(shown, /Src port: 1001 mask: 0x0/)
    t.match(shown, /Dest port: 9 mask: 0x0/)
    t.match(shown, /Action: Drop/)

    const [first, ...others] = nic.requests()
    t.equal(others.length, 2, 'each is asked for once')
    nic.ethtool(
      ...['-N', near, 'flow-type', 'udp4', 'src-ip', '198.18.7.1', 'dst-ip', '198.18.7.2'],
      ...['src-port', '1000', 'dst-port', '9', 'action', '-1'],
    )
    const [theirs] = nic.requests()
    t.equal(first.slice(32, 32 + 320), theirs.slice(32, 32 + 320), 'the bytes are those of ethtool -N')
    nic.ethtool('-N', near, 'delete', String(rules().find(({ place }) => place < PLACES - 3)!.place))

    await user.tell('remove 1001')
    const { ended } = await user.when('it has ended', ({ ended }) => ended.length === 1)
    t.same(ended, [{ port: 1001, reason: 'removed', packets: null, bytes: null }])
    t.equal(rules().length, 2, 'its rule went first')
    await user.tell('invalidate')
    await user.when('the others have ended too', ({ ended }) => ended.length === 3)
    await none()
    await send({ packets: 3, flows: 3 })
    await user.when('they are asked for again', ({ nic, shown }) => nic === 3 && shown >= 6)
    await user.tell('close')
    t.same(await user.gone, { code: 0, errors: '' })
    await none()
    t.same(readdirSync(nic.env.RXBURST_JOURNAL!), [], 'and the journal is empty')
  })

  await t.test('without counts a flow is idle when its time is over', async (t) => {
    const { send, user, none } = await started(t, { idleMs: 1500 })
    await send({ packets: 1, flows: 1 })
    await user.when('it is there', ({ nic }) => nic === 1)
    const { ended } = await user.when('it has ended', ({ ended }) => ended.length === 1)
    t.same(ended, [{ port: 1000, reason: 'idle', packets: null, bytes: null }])
    await none()
  })

  await t.test('what does not fit', async (t) => {
    const ports = Array.from({ length: PLACES + 6 }, (_, i) => 1000 + i)
    const { send, user, rules } = await started(t, {}, ports)
    await send({ packets: ports.length, flows: ports.length })
    const { found } = await user.when('it is full', ({ nic, found }) => {
      return nic === PLACES && found.every((flow) => flow && flow.why !== 'pending')
    })
    t.equal(rules().length, PLACES)
    const left = found.filter((flow) => flow!.layer === 'worker')
    t.equal(left.length, 6)
    t.ok(
      left.every((flow) => flow!.why === 'full' && flow!.packets === 1),
      'the worker executes and counts the others',
    )
    const inside = found.find((flow) => flow!.layer === 'nic')!
    await user.tell(`remove ${inside.port}`)
    await user.when('one of them has its place', ({ nic, ended }) => nic === PLACES && ended.length === 1)
  })

  await t.test('a rule of the port', async (t) => {
    const { send, user, rules } = await started(t)
    await user.tell('pass')
    await send({ packets: 1, flows: 1 })
    await user.when('the worker keeps it, and says why', ({ found }) => found[0]?.why === 'rules')
    t.same(rules(), [], 'a drop in the NIC would come before what is to stay with the kernel')
  })

  await t.test('kill -9', async (t) => {
    const { nic, send, user, rules } = await started(t)
    await send({ packets: 3, flows: 3 })
    await user.when('all are there', ({ nic }) => nic === 3)
    user.child.kill('SIGKILL')
    await user.gone
    t.equal(rules().length, 3, 'the NIC still has them')
    t.same(nic.addon(`(await import('${LEFTOVERS}')).repair().failures`), [])
    t.same(rules(), [], 'the journal takes them away')
  })

  await t.test('tcp: watch', async (t) => {
    const { send, user, rules } = await started(t, { tcp: 'watch' })
    await send({ packets: 1, flows: 1 })
    await user.when('it is there', ({ nic }) => nic === 1)
    t.equal(rules().length, 1, 'a flow of UDP has none of the flags that are to be shown')
  })
})

t.test('ports and shapes without it', { skip: noLab }, async (t) => {
  const { near } = wire(t, { queues: 4 })
  const nic = new FakeNic(t, '', near)
  const options = { name: `afxdp:${near}`, open: { takeAll: true }, ports: [] }
  await t.rejects(flowsUser(t, new FakeNic(t, 'ntuple', near).env, options), {
    message: /no rules of a NIC for flows: .*ERR_NOT_SUPPORTED/s,
  })
  await t.rejects(flowsUser(t, nic.env, { ...options, shape: 'mac' }), {
    message: /'mac' is for layer: 'worker'/,
  })
  await t.rejects(flowsUser(t, nic.env, { ...options, name: 'loop:a', open: {} }), {
    message: /loop:a has no rules of a NIC for flows/,
  })
})
