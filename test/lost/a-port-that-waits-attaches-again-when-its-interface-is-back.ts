// onLost: 'wait': the books hold while the interface is away, and traffic flows again when it is back, as it was
// opened.
import { execFileSync } from 'node:child_process'
import { open } from 'rxburst'
import t from 'tap'
import { closesAllBut, openDescriptors } from '../fixtures/leftovers.js'
import { inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { losing, sender, WAYS } from '../fixtures/nic/losing.js'
import { finish, shared, start, sumsHold, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const promiscuity = (name: string) =>
  JSON.parse(execFileSync('ip', ['-j', '-d', 'link', 'show', name], { encoding: 'utf8' }))[0].promiscuity

for (const backend of ['afxdp', 'packet', 'socket'])
  for (const way of WAYS.filter((way) => way !== 'detached' || backend === 'afxdp'))
    t.test(`${backend}: ${way}`, { skip: !met && 'this machine gives no network namespace' }, async (t) => {
      const { near, far, lose, restore } = await losing(t, way)
      const closed = await open('loop:first') // what the process opens once and keeps is there before
      await closed.close()
      const before = openDescriptors()
      const data = shared(3)
      const events: string[] = []
      const { plane, opened } = await start(t, sender, {
        open: [
          [`${backend}:${near}`, { steer: 'ether proto 0x88b5', promiscuous: true, onLost: 'wait' }],
          [`packet:${far}`, { onLost: 'wait' }],
        ],
        // With a hash the XDP program is bound to the interface, and has to be another for another one.
        columns: backend === 'afxdp' ? ['timestamp', 'hash'] : ['timestamp'],
        data,
      })
      const [port] = opened
      port.watchInterface(({ type, reason }) => events.push(`${type}: ${reason}`))
      await until('packets come', () => data[1] > 100)
      const sum = (lost: Readonly<Record<string, number>>) => Object.values(lost).reduce((a, b) => a + b, 0)

      lose()
      await until('the loss is told', () => events.length > 0)
      t.match(events[0], new RegExp(`^lost: ${backend}:${near} is lost: .*${near} \\(index`))
      const away = way === 'deleted' || way === 'moved'
      if (away) {
        t.match(port.link(), { up: false })
        const { rejected } = plane.snapshot()
        await until(
          'what is sent meanwhile is rejected, and counted',
          () => plane.snapshot().rejected.packets > rejected.packets + 1000,
        )
        t.ok((await plane.audit()).ok, 'the books hold without the interface')
        sumsHold(t, plane.snapshot())
        t.equal(events.length, 1, 'nothing more is told')
        await port.steer.add('ether proto 0x88b6')
      }
      const lost = sum(plane.snapshot().lost)
      restore()
      await until('it is back', () => events.length > 1)
      t.match(events[1], new RegExp(`^back: ${backend}:${near} is back`))
      const came = data[1]
      await until('packets come again', () => data[1] > came + 1000)
      t.match(port.link(), { up: true })
      t.ok(sum(plane.snapshot().lost) >= lost, 'what was lost stays counted')
      t.equal(data[2], 0, 'the column is filled as before')
      t.ok(promiscuity(near) >= 1, 'the interface is promiscuous again')
      t.equal(port.steer.rules.length, away ? 2 : 1, 'rules that were changed meanwhile are in force')
      if (backend === 'afxdp') {
        const { packets } = port.steer.rules[0].counters
        await until('its rule counts on', () => port.steer.rules[0].counters.packets > packets)
      }
      await finish(t, plane)
      for (const each of opened) await each.close()
      await closesAllBut(t, before)
    })

for (const backend of ['afxdp', 'packet'])
  t.test(
    `${backend}: two workers`,
    { skip: !met && 'this machine gives no network namespace' },
    async (t) => {
      const { near, far, lose, restore } = await losing(t, 'deleted')
      const [port, peer] = [
        await open(`${backend}:${near}`, { takeAll: true, onLost: 'wait' }),
        await open(`packet:${far}`, { queues: [0, 1], onLost: 'wait' }),
      ]
      const data = [shared(3), shared(3)]
      const { plane } = await start(t, sender, {
        open: [],
        ports: [port, peer],
        columns: ['timestamp'],
        workers: [0, 1].map((i) => ({ queues: [port.queue(i), peer.queue(i)], data: data[i] })),
      })
      await until('packets come', () => data[0][1] + data[1][1] > 100)
      lose()
      await until('both ports are lost', () => !port.link()!.up && !peer.link()!.up)
      restore()
      let back = false
      port.watchInterface(({ type }) => {
        back ||= type === 'back'
      })
      await until('it is back', () => back)
      const came = data[0][1] + data[1][1]
      await until('packets come again', () => data[0][1] + data[1][1] > came + 1000)
      await finish(t, plane)
      for (const each of [port, peer]) await each.close()
    },
  )
