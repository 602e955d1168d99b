// Ports, links, rules, workers and data planes tell their changes to those who subscribe to diagnostics_channel.
import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from 'rxburst'
import t, { type Test } from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { start, until } from '../fixtures/plane.js'

const inside = inNamespaceOfItsOwn()
const DROPS = 'export default () => (burst) => burst.setAll(0)'

type Event = Record<string, unknown> & { event: string }

/** Everything that comes by a channel from now on. */
function heard(t: Test, ...names: string[]): Event[] {
  const events: Event[] = []
  for (const name of names) {
    const listener = (message: unknown) => void events.push({ channel: name, ...(message as Event) })
    subscribe(`rxburst:${name}`, listener)
    t.teardown(() => unsubscribe(`rxburst:${name}`, listener))
  }
  return events
}

const words = (events: Event[]) =>
  events.map(({ channel, event, port, worker }) =>
    [channel, event, port ?? worker].filter((x) => x !== undefined).join(' '),
  )

t.test('data plane, worker and port', async (t) => {
  const events = heard(t, 'plane', 'worker', 'port')
  const port = await open('loop:a')
  const { plane } = await start(t, DROPS, { open: [], ports: [port], workers: [{ queues: port.queues }] })
  await plane.stop()
  await port.close()
  t.same(words(events), [
    'port opened loop:a',
    'worker ready 0',
    'plane running',
    'plane stopping',
    'worker ended 0',
    'plane ended',
    'port closed loop:a',
  ])
  t.ok(events.filter(({ channel }) => channel === 'plane').every((event) => event.plane === plane))
  t.equal(events.at(-2)?.error, undefined)
})

t.test('a worker that fails', async (t) => {
  const events = heard(t, 'plane', 'worker')
  const { plane } = await start(
    t,
    'export default ({ onTurn }) => { onTurn(() => { throw new Error("no") }); return () => {} }',
    {
      open: ['loop:b'],
    },
  )
  await t.rejects(plane.done, { code: 'ERR_PROCESSOR' })
  for (const event of ['worker ended 0', 'plane ended'])
    t.match(
      events.find((each) => words([each])[0] === event),
      { error: { code: 'ERR_PROCESSOR' } },
      event,
    )
})

t.test('rules, links and losses', { skip: inside ? false : 'no namespace can be had' }, async (t) => {
  const events = heard(t, 'rule', 'link', 'port')
  const name = `packet:${ENDS[0]}`
  const { opened } = await start(t, DROPS, {
    open: [[name, { steer: 'udp', queues: [0] }]],
    onLost: 'wait',
  })
  const { steer } = opened[0]
  const rule = await steer.add('tcp', { pass: true })
  await steer.remove(rule)
  await t.rejects(steer.add('no filter at all'))
  t.match(
    events.filter(({ channel }) => channel === 'rule'),
    [
      { event: 'changed', port: name, added: [{ expression: 'tcp', action: 'pass' }], removed: [] },
      { event: 'changed', port: name, added: [], removed: [{ expression: 'tcp', action: 'pass' }] },
    ],
  )
  t.equal(events.filter(({ channel }) => channel === 'rule').length, 2, 'a change that fails is none')
  const link = (up: boolean) =>
    events.some((event) => event.channel === 'link' && (event.link as { up: boolean }).up === up)
  const ip = (...args: string[]) => t.equal(spawnSync('ip', args).status, 0, args.join(' '))
  await sleep(600) // two looks at the link as it is
  t.notOk(link(true) || link(false), 'a link that stays as it is says nothing')
  ip('link', 'set', ENDS[1], 'down')
  await until('the link is down', () => link(false))
  ip('link', 'set', ENDS[1], 'up')
  await until('the link is up', () => link(true))
  ip('link', 'del', ENDS[0])
  await until('the port is lost', () => words(events).includes(`port lost ${name}`))
})
