import { open } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'

const beside = (first: string, second: string, words: RegExp, right?: string) =>
  t.test(`${second} beside ${first}`, async (t) => {
    const a = await open(first)
    await rejectsWith(t, open(second), 'ERR_PORT_OPEN', words)
    if (right) await (await open(right)).close()
    await a.close()
  })

beside('loop:a,peer=b', 'loop:b', /loop:a sends to b.* open it as loop:b,peer=a$/, 'loop:b,peer=a')
beside('loop:b', 'loop:a,peer=b', /loop:b sends to itself.* open it as loop:b,peer=a$/)
beside('loop:a,peer=c', 'loop:b,peer=c', /loop:a,peer=c sends to c already.*loop:b another peer/)
beside('loop:a,peer=b', 'loop:a', /loop:a is open already/)
