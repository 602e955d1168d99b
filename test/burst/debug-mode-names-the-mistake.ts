import { open, run } from 'rxburst'
import t from 'tap'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor, shared, until } from '../fixtures/plane.js'

// Sends ten packets, and does `later` with what it kept of the first burst.
const careless = (first: string, later: string) => `
  import { DROP } from 'rxburst'
  export default ({ alloc, onTurn, data, u8 }) => {
    let sent = 0
    let stale
    let turn = 0
    onTurn(() => {
      for (; sent < 10; sent++) alloc(100)?.send(0)
      if (stale === undefined || turn++ < 5) return
      ${later}
      data[0] = 1
    })
    return (burst) => {
      if (stale === undefined) { ${first} }
    }
  }`

t.test('debug mode', async (t) => {
  const port = await open('loop:a')
  const attempt = async (first: string, later: string, code: string, message: RegExp) =>
    leavesNothing(t, async () => {
      const data = shared(1)
      const plane = await run(processor(t, careless(first, later)), {
        workers: [{ queues: port.queues, data }],
        debug: true,
      })
      await t.rejects(plane.done, { code, message }, `${first}; later ${later}`)
      t.ok((await plane.audit()).ok)
    })
  const used = 'ERR_USE_AFTER_RETURN'
  await attempt('stale = burst', 'stale.setAll(DROP)', used, /after its handler had returned/)
  await attempt('stale = burst', 'stale.at(0)', used, /this burst/)
  await attempt('stale = burst', 'stale.keep(0)', used, /this burst/)
  for (const use of ['u8(0)', 'u16(0)', 'u32(0, 1)', 'view()', 'copy()', 'set([1])', 'resize(10)', 'keep()'])
    await attempt('stale = burst.at(0)', `stale.${use}`, used, /this packet/)
  await attempt(
    'stale = burst.at(0); burst.at(burst.count)',
    '',
    'ERR_OUTSIDE_FRAME',
    /packet \d+ of a burst of/,
  )
  await attempt('burst.at(0).u16(99)', '', 'ERR_OUTSIDE_FRAME', /byte 99 of a packet of 100/)
  await attempt('burst.at(0).u32(98, 1)', '', 'ERR_OUTSIDE_FRAME', /byte 98/)
  await attempt('burst.at(0).u8(-1)', '', 'ERR_OUTSIDE_FRAME', /byte -1/)
  await attempt('burst.at(0).set(new Uint8Array(101))', '', 'ERR_OUTSIDE_FRAME', /set/)
  await attempt('stale = burst.keep(0)', 'stale.send(0); stale.send(0)', 'ERR_NOT_OWNER', /given up once/)
  await attempt(
    'stale = burst.keep(0)',
    'stale.release(); stale.send(0)',
    'ERR_NOT_OWNER',
    /send\(\) of a packet/,
  )
  await attempt(
    'stale = burst.keep(0); stale.send(0)',
    'stale.u8(0)',
    'ERR_OUTSIDE_FRAME',
    /packet of 0 bytes/,
  )

  // A double send over two turns, when the frame is somebody else's by then.
  await attempt('stale = burst.keep(0); stale.release()', 'stale.release()', 'ERR_NOT_OWNER', /release/)

  // Freed frames are poisoned: a stale raw view shows it.
  const data = shared(2)
  const poisoned = careless('stale = burst.at(0).view()', 'data[1] = stale[20]')
  const plane = await run(processor(t, poisoned), { workers: [{ queues: port.queues, data }], debug: true })
  await until('it has looked', () => data[0] === 1)
  await finish(t, plane)
  t.equal(data[1], 0xdb, 'what was freed is poisoned')
  await port.close()
})
