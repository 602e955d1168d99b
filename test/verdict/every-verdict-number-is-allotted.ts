// Every verdict byte has the meaning that native/abi/columns.h states; those without an implementation are refused with
// what they mean.
import { readFileSync } from 'node:fs'
import { DROP, KEEP, open, PASS, run, tx, verdict } from 'rxburst'
import t from 'tap'
import { layout } from '../../dist/lib/native.js'
import { rejectsWith } from '../fixtures/errors.js'
import { processor, sumsHold } from '../fixtures/plane.js'

const { FLOW, TX, TO_WORKER, RESERVED, STAGE, END } = layout.verdicts

t.test('the numbers are those of columns.h, in C and in TypeScript', async (t) => {
  const header = readFileSync(new URL('../../native/abi/columns.h', import.meta.url), 'utf8')
  const stated = Object.fromEntries(
    [...header.matchAll(/^ {2}RXB_(\w+) = (\d+)/gm)].map(([, name, number]) => [name, Number(number)]),
  )
  const { VERDICTS_END, ...names } = stated
  t.same(layout.verdicts, { ...names, END: VERDICTS_END })
  t.same(
    [DROP, PASS, KEEP, FLOW, tx(0), tx(63), TO_WORKER, RESERVED, STAGE, END],
    [0, 1, 2, 3, 16, 79, 80, 96, 128, 256],
  )
  t.equal(TO_WORKER - TX, layout.limits.portsMax)
  t.equal(RESERVED - TO_WORKER, layout.limits.workersMax)
})

const meanings: [number, string, RegExp][] = [
  [4, 'ERR_BAD_VERDICT', /4 is no verdict/],
  [15, 'ERR_BAD_VERDICT', /15 is no verdict/],
  [79, 'ERR_NO_TX_QUEUE', /tx\(63\)/],
  [80, 'ERR_BAD_VERDICT', /80 \(toWorker\(0\), which this version does not implement\) is no verdict/],
  [95, 'ERR_BAD_VERDICT', /95 \(toWorker\(15\), /],
  [96, 'ERR_BAD_VERDICT', /96 \(a reserved number\) is no verdict/],
  [127, 'ERR_BAD_VERDICT', /127 \(a reserved number\)/],
  [128, 'ERR_BAD_VERDICT', /128 \(stage 0 of a graph, and no graph runs here\) is no verdict/],
  [255, 'ERR_BAD_VERDICT', /255 \(stage 127 of a graph/],
]

t.test('verdict() refuses what has no implementation', async (t) => {
  for (const [number, code, message] of meanings)
    if (code === 'ERR_BAD_VERDICT') t.throws(() => verdict(number), { code, message }, String(number))
    else t.equal(verdict(number), number)
})

const writing = (what: string) => `
  export default ({ alloc, onTurn, u32 }) => {
    let sent = 0
    onTurn(() => {
      for (; sent < 8; sent++) {
        const packet = alloc(100)
        if (sent === 5) packet.append(alloc(40))
        packet.send(0)
      }
    })
    return (burst) => { ${what} }
  }`

for (const segments of [false, true])
  t.test(`native code refuses them${segments ? ', of packets of several segments too' : ''}`, async (t) => {
    const port = await open('loop:a', { segments })
    const all = 'u32[(burst.address + 4) >>> 2]'
    const attempt = async (what: string, code: string, message: RegExp) => {
      const plane = await run(
        processor(
          t,
          segments ? writing(what) : writing(what).replace('if (sent === 5) packet.append(alloc(40))', ''),
        ),
        { workers: [{ queues: port.queues }] },
      )
      await rejectsWith(t, plane.done, code, message)
      t.ok((await plane.audit()).ok, `books are right after ${what}`)
      const stats = plane.snapshot()
      sumsHold(t, stats)
      t.equal(stats.tx.packets, 8, `nothing was sent for ${what}`)
    }
    for (const [number, code, message] of meanings)
      await attempt(`burst.verdict[3] = ${number}`, code, message)
    for (const number of [3, 80, 255])
      await attempt(`${all} = ${number}`, 'ERR_BAD_VERDICT', new RegExp(`${number} \\(`))
    for (const number of [256, 272, 0xfffffffe])
      await attempt(`${all} = ${number}`, 'ERR_BAD_VERDICT', new RegExp(`${number} is no verdict`))
    await port.close()
  })

t.test('so it does when a packet of the program is sent', async (t) => {
  const port = await open('loop:a')
  const attempt = async (number: number) => {
    const plane = await run(
      processor(
        t,
        `export default ({ alloc, onTurn }) => { onTurn(() => alloc(100)?.send(${number - TX})); return () => {} }`,
      ),
      { workers: [{ queues: port.queues }] },
    )
    await rejectsWith(t, plane.done, 'ERR_BAD_VERDICT', new RegExp(`: ${number} \\(`))
    t.ok((await plane.audit()).ok, `books are right after ${number}`)
    t.equal(plane.snapshot().tx.packets, 0)
  }
  for (const number of [3, 80, 96, 128]) await attempt(number)
  await port.close()
})
