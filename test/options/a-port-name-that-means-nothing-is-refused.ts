import { open } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'

t.test('port names', async (t) => {
  await (await open('loop:a')).close() // makes the arena
  await leavesNothing(t, async () => {
    await rejectsWith(t, open('eth0'), 'ERR_BAD_PORT_NAME', /loop:, afxdp:/)
    await rejectsWith(t, open('loop:'), 'ERR_BAD_PORT_NAME', /names no device/)
    await rejectsWith(t, open(7 as never), 'ERR_BAD_PORT_NAME', /string/)
    await rejectsWith(t, open('afxpd:eth0'), 'ERR_NO_BACKEND', /did you mean 'afxdp:eth0'\?$/)
    await rejectsWith(t, open('loop:a,pear=b'), 'ERR_BAD_OPTION', /no option 'pear'; did you mean 'peer'/)
    await rejectsWith(t, open('loop:a', { queues: [64] }), 'ERR_BAD_OPTION', /0 to 63/)
  })
})
