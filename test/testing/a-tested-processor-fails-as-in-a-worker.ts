// What ends a worker with a code throws that code in a unit test, and the tester works on afterwards.
import { type BurstHandler, type Context, DROP, KEEP, type OwnedPacket, PASS, perPacket, tx } from 'rxburst'
import { load, tester } from 'rxburst/testing'
import t from 'tap'

const packet = new Uint8Array(60)
const wrong = (value: unknown) => value as never

const faults: [what: string, code: string, make: (context: Context) => BurstHandler, message?: RegExp][] = [
  [
    'tx to a port that is not there',
    'ERR_NO_TX_QUEUE',
    () => perPacket(() => tx(5)),
    /tx\(5\).*ports 0 to 1/,
  ],
  ['no verdict', 'ERR_BAD_VERDICT', () => perPacket(() => wrong(undefined)), /is a `return` missing/],
  ['a number that is none', 'ERR_BAD_VERDICT', () => (burst) => burst.setAll(wrong(9))],
  ['an async packet handler', 'ERR_BAD_VERDICT', () => perPacket(wrong(async () => DROP)), /can't be async/],
  ['an async burst handler', 'ERR_PROCESSOR', () => wrong(async () => {}), /the burst handler is async/],
  ['KEEP without keep()', 'ERR_NOT_KEPT', () => perPacket(() => KEEP)],
  [
    'a packet moved out of its frame',
    'ERR_OUTSIDE_FRAME',
    () =>
      perPacket((p) => {
        p.resize(60, -300)
        return DROP
      }),
  ],
  [
    'a packet that grew over its frame',
    'ERR_OUTSIDE_FRAME',
    () => (burst) => {
      burst.length[0] = 5000
    },
  ],
]
for (const [what, code, make, message] of faults)
  t.test(what, async (t) => {
    const tried = tester(make)
    for (
      let i = 0;
      i < 600;
      i++ // more often than there are frames
    )
      try {
        tried.receive(packet)
        t.fail('it throws')
      } catch (error) {
        if ((error as { code?: string }).code !== code) throw error
        if (message && i === 0) t.match((error as Error).message, message)
      }
    t.equal(tester(() => perPacket(() => DROP)).receive(packet).verdict, DROP)
  })

t.test('PASS where the port can not', async (t) => {
  const tried = tester(() => perPacket(() => PASS), { ports: [{ canPass: false }] })
  t.throws(() => tried.receive(packet), { code: 'ERR_NOT_SUPPORTED' })
})

t.test('a packet that was sent twice', async (t) => {
  let mine: OwnedPacket | undefined
  const tried = tester(({ alloc }: Context) =>
    perPacket(() => {
      mine ??= alloc()!
      mine.send(0)
      return DROP
    }),
  )
  tried.receive(packet)
  t.throws(() => tried.receive(packet), { code: 'ERR_NOT_OWNER' })
})

t.test('a handler throws its own error', async (t) => {
  const own = new Error('mine')
  const tried = tester(() => () => {
    throw own
  })
  t.throws(() => tried.receive(packet), own)
})

t.test('no factory, no handler, too much', async (t) => {
  t.throws(() => tester(wrong({})), { code: 'ERR_PROCESSOR', message: /has a default export/ })
  t.throws(() => tester(wrong(perPacket(() => DROP))), {
    code: 'ERR_PROCESSOR',
    message: /the burst handler itself/,
  })
  t.throws(() => tester(() => wrong(7)), { code: 'ERR_PROCESSOR', message: /returned number/ })
  t.throws(() => tester(wrong(async () => () => {})), { code: 'ERR_PROCESSOR', message: /await load/ })
  await t.rejects(load(wrong(async () => 7)), { code: 'ERR_PROCESSOR', message: /returned number/ })
  await t.rejects(load(new URL('file:///nowhere.mjs')), /Cannot find module/)
  const tried = tester(() => perPacket(() => DROP))
  t.throws(() => tried.receive(new Uint8Array(1793)), { code: 'ERR_LIMIT' })
  t.throws(() => tried.receive(Array(257).fill(packet)), { code: 'ERR_LIMIT' })
  t.throws(() => tried.receive(packet, 2), { code: 'ERR_BAD_ARGUMENT' })
  t.throws(() => tester(() => () => {}, { ports: 17 }), { code: 'ERR_BAD_OPTION' })
  t.equal(tried.receive(new Uint8Array(1792)).verdict, DROP)
  t.same(tried.receive([]), [])
})

t.test('a processor that never gives up what it keeps is told', async (t) => {
  const tried = tester(() => perPacket((p) => (p.keep()!.owned ? KEEP : DROP)))
  t.throws(
    () => {
      for (let i = 0; i < 600; i++) tried.receive(packet)
    },
    { code: 'ERR_NO_FRAMES', message: /holds all/ },
  )
})
