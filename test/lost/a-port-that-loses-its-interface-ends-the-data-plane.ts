// Without onLost: 'wait' `done` rejects, whatever took the interface away; the port's link is down, and nothing stays
// open.

import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { closesAllBut, openDescriptors } from '../fixtures/leftovers.js'
import { inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { ip, losing, sender, WAYS } from '../fixtures/nic/losing.js'
import { shared, start, sumsHold, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const skip = !met && 'this machine gives no network namespace'

for (const backend of ['afxdp', 'packet', 'socket'])
  for (const way of WAYS.filter((way) => way !== 'detached' || backend === 'afxdp'))
    t.test(`${backend}: ${way}`, { skip }, async (t) => {
      const { near, lose } = await losing(t, way)
      await (await open('loop:first')).close()
      const before = openDescriptors()
      const events: string[] = []
      const data = shared(3)
      const { plane, opened } = await start(t, sender, {
        open: [[`${backend}:${near}`, { takeAll: true }]],
        columns: ['timestamp'],
        data,
      })
      const [port] = opened
      port.watchInterface(({ type }) => events.push(type))
      plane.on('lost', (which, reason) => events.push(`${which.name}: ${reason}`))
      await until('it sends', () => data[0] > 10)
      t.match(port.link(), { up: true })
      lose()
      await rejectsWith(
        t,
        plane.done,
        'ERR_PORT_LOST',
        new RegExp(`^${backend}:${near} is lost: .*${near} \\(index \\d+\\).*--on-lost wait`),
      )
      t.equal(events.length, 2)
      t.match(
        events,
        [new RegExp(`^${backend}:${near}: ${backend}:${near} is lost: `), 'lost'],
        'both tell it too',
      )
      t.match(port.link(), { up: false }, 'also when an interface of that name is up')
      t.ok((await plane.audit()).ok)
      sumsHold(t, plane.snapshot())
      await rejectsWith(
        t,
        run(new URL('../../dist/examples/01-drop.js', import.meta.url), {
          workers: [{ queues: port.queues }],
        }),
        'ERR_PORT_LOST',
        /Close the port/,
      )
      await port.close()
      await closesAllBut(t, before)
    })

t.test('a link that is only down is not lost', { skip }, async (t) => {
  const { near, far } = await losing(t, 'deleted')
  const data = shared(3)
  const { plane, opened } = await start(t, sender, {
    open: [[`afxdp:${near}`, { takeAll: true }], `packet:${far}`],
    columns: ['timestamp'],
    data,
  })
  const [port] = opened
  await until('packets come', () => data[1] > 100)
  ip('link', 'set', near, 'down')
  await until('the port knows', () => port.link()?.up === false)
  await new Promise((resolve) => setTimeout(resolve, 600)) // longer than two looks of the watch
  ip('link', 'set', near, 'up')
  const came = data[1]
  await until('packets come again', () => data[1] > came + 100)
  await plane.stop()
  await plane.done
  t.ok((await plane.audit()).ok)
})

t.test('onLost is checked', async (t) => {
  await rejectsWith(t, open('loop:a', { onLost: 'retry' as 'wait' }), 'ERR_BAD_OPTION', /'fail' or 'wait'/)
  const port = await open('loop:a', { onLost: 'wait' })
  t.teardown(() => port.close())
  await rejectsWith(
    t,
    run('x.mjs', { workers: [{ queues: port.queues }], onLost: 'retry' as 'wait' }),
    'ERR_BAD_OPTION',
    /'fail' or 'wait'/,
  )
})
