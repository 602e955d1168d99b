// verdict() makes a verdict of a number that a program has stored, and of no other number.
import { inspect } from 'node:util'
import { DROP, KEEP, PASS, tx, verdict } from 'rxburst'
import t from 'tap'

t.test('each verdict has its number', async (t) => {
  const stored = Uint8Array.from([DROP, PASS, KEEP, tx(0), tx({ index: 63 })])
  t.same([...stored].map(verdict), [DROP, PASS, KEEP, tx(0), tx(63)])
})

for (const wrong of [-1, 4, 15, 256, 16.5, 99.5, Number.NaN, Number.POSITIVE_INFINITY, '1'])
  t.test(`${String(wrong)} is none`, async (t) => {
    t.throws(() => verdict(wrong as number), {
      name: 'RxburstError',
      code: 'ERR_BAD_VERDICT',
      message: `verdict(${wrong}): ${inspect(wrong)} is no verdict: DROP, PASS, KEEP, FLOW and tx(port) are`,
    })
  })
