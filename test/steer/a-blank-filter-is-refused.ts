// A blank filter matches every packet in libpcap's eyes; nobody who writes one means that, so it is refused everywhere.
import { open } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'

const refused = [' ', '\n', '\t', '\r', ' \r\n\t ', '']

t.test('at open()', (t) =>
  leavesNothing(t, async () => {
    for (const expression of refused)
      for (const options of [
        { steer: expression },
        { steer: [expression] },
        { steer: [expression, 'udp'] },
        { steer: ['udp', expression] },
        { pass: expression },
        { steer: 'udp', pass: ['tcp', expression] },
      ])
        await rejectsWith(t, open('loop:a', options), 'ERR_STEER', /is blank/)
    await rejectsWith(t, open('socket:lo', { steer: ' ' }), 'ERR_STEER', /takeAll/)
  }),
)

t.test('later', async (t) => {
  const port = await open('loop:a', { steer: 'udp', pass: 'tcp' })
  t.teardown(() => port.close())
  const [pass, steer] = port.steer.rules
  for (const expression of refused) {
    await rejectsWith(t, port.steer.add(expression), 'ERR_STEER', /is blank/)
    await rejectsWith(t, port.steer.add(expression, { pass: true }), 'ERR_STEER', /is blank/)
    await rejectsWith(t, port.steer.replace(steer, expression), 'ERR_STEER', /is blank/)
    await rejectsWith(t, port.steer.set({ steer: expression }), 'ERR_STEER', /is blank/)
    await rejectsWith(t, port.steer.set({ steer: 'udp', pass: [expression] }), 'ERR_STEER', /is blank/)
  }
  t.same(port.steer.rules, [pass, steer], 'nothing has changed')
})

t.test('below the API too', async (t) => {
  for (const expression of refused.filter((each) => each !== ''))
    t.throws(() => native.rules.compile(expression), { code: 'ERR_STEER', message: /blank/ })
})
