import t from 'tap'
import { ended, root } from '../fixtures/child.js'

t.test('ends in the middle of traffic', async (t) => {
  const run = (how: string) => ended(t, process.execPath, [`${root}test/fixtures/programs/exits.mjs`, how])
  for (let round = 0; round < 3; round++) {
    const { code, signal, stdout, stderr } = await run('exit')
    t.same([code, signal, stdout.trim(), stderr], [7, null, 'true', ''], 'process.exit()')
  }
  t.match(await run('throw'), { code: 1, signal: null, stderr: /on purpose/ }, 'an error of the main program')
  t.match(await run('term'), { code: null, signal: 'SIGTERM' }, 'SIGTERM with no listener')
  t.match(await run('kill'), { code: null, signal: 'SIGKILL' })
  t.match(await run('close'), { code: 8, stdout: 'true\nERR_PORT_BUSY\n' })
})
