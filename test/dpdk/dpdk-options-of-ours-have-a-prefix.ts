import { open } from 'rxburst'
import t from 'tap'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { rejectsWith } from '../fixtures/errors.js'

t.test('what stands behind a device is of DPDK, but for rxburst.', { skip: withoutDpdk }, async (t) => {
  const port = await open('dpdk:net_null0,size=128,rxburst.queues=0-1,no-rx=0')
  t.equal(port.name, 'dpdk:net_null0,size=128,no-rx=0', 'devargs stay as they were')
  t.same(
    port.queues.map((queue) => queue.index),
    [0, 1],
  )
  await port.close()
  await rejectsWith(
    t,
    open('dpdk:net_null1,rxburst.rss=ip+udp,rxburst.quues=0'),
    'ERR_BAD_OPTION',
    /no option 'quues'; did you mean 'queues'/,
  )
  const theirs = await open('dpdk:net_null1,queues=3').then(
    async (port) => {
      const count = port.queues.length
      await port.close()
      return count
    },
    (error) => error.message,
  )
  t.not(theirs, 0)
  t.notMatch(String(theirs), /no option/, 'a devarg is never taken for an option of ours')
})
