import { open, run } from 'rxburst'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor, sumsHold } from '../fixtures/plane.js'

const counting = `
  export default ({ alloc, onTurn, stop, index, data }) => {
    let sent = 0
    onTurn(() => { for (; sent < 10; sent++) alloc(100).send(0) })
    let seen = 0
    return (burst) => {
      seen += burst.count
      if (seen === 10 && index === 1) { stop(); stop() }
    }
  }`
const atOnce = 'export default ({ stop }) => { stop(); return () => {} }'

t.test('context.stop() ends the data plane without an error', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const workers = [{ queues: [port.queue(0)] }, { queues: [port.queue(1)] }]
  for (const source of [counting, atOnce])
    await leavesNothing(t, async () => {
      const plane = await run(processor(t, source), { workers })
      await plane.done
      const stats = plane.snapshot()
      sumsHold(t, stats)
      t.ok((await plane.audit()).ok)
      if (source === counting) t.ok(stats.rx.packets >= 10, 'the packets that it waited for came')
    })
  await port.close()
})

t.test('on the command line the exit code is 0', async (t) => {
  const file = processor(t, counting.replace('index === 1', 'true'))
  const { code, stdout, stderr } = await rxburst(t, 'run', file.pathname, 'loop:a', '--json')
  t.equal(code, 0, stderr)
  t.equal(stderr, 'ready\n')
  t.equal(JSON.parse(stdout).rx, 10)
})
