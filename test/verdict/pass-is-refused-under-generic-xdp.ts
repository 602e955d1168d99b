// Generic XDP sees passed packets again, so a port under it can't pass: it says so, and PASS ends the data plane
// instead of looping.
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { start } from '../fixtures/plane.js'

t.test('a processor that passes', { skip: noLab }, async (t) => {
  const { near, nearAddress, far } = pair(t)
  const { plane, opened } = await start(
    t,
    `import { PASS } from 'rxburst'; export default () => (burst) => burst.setAll(PASS)`,
    { open: [[`afxdp:${near}`, { takeAll: true, xdp: 'generic' }]] },
  )
  t.match(opened[0].capabilities, { xdp: 'generic', pass: false })
  const ended = t.rejects(plane.done, { code: 'ERR_NOT_SUPPORTED', message: /PASS/ })
  far('bash', '-c', `ping -q -c 1 -W 1 ${nearAddress} || true`) // answered or not: the kernel has the interface again
  await ended
})
