import { open } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'

t.test('a device is opened once', async (t) => {
  const a = await open('loop:a')
  await rejectsWith(t, open('loop:a'), 'ERR_PORT_OPEN', /open already/)
  await rejectsWith(t, open('loop:a,peer=b'), 'ERR_PORT_OPEN', /open already/)
  const b = await open('loop:b,peer=c')
  await rejectsWith(t, open('loop:d,peer=c'), 'ERR_PORT_OPEN', /loop:b,peer=c/)
  await a.close()
  await a.close()
  await b.close()
  const again = await open('loop:a,peer=b')
  t.equal(again.name, 'loop:a,peer=b', 'and again once it is closed')
  await again.close()
})
