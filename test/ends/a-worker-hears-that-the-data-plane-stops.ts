// The signal in a worker's context is aborted when the data plane stops, also in the worker that made it stop.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { processor, start } from '../fixtures/plane.js'

const listener = processor(
  t,
  `import { writeFileSync } from 'node:fs'
   export default ({ signal, data, onTurn }) => {
     signal.addEventListener('abort', () => writeFileSync(data.file, ''))
     if (data.fails) onTurn(() => { throw new Error('on purpose') })
     return () => {}
   }`,
)

for (const fails of [false, true])
  t.test(fails ? 'because it failed' : 'because it was told to', async (t2) => {
    const file = join(t.testdirName, `aborted-${fails}`)
    const { plane } = await start(t2, listener, { data: { file, fails } })
    if (fails) await t2.rejects(plane.done, { message: /on purpose/ })
    else await plane.stop()
    t2.ok(existsSync(file))
  })
