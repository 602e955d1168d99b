// The signal in a worker's context is aborted when the data plane stops, also while the worker never pauses.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { start } from '../fixtures/plane.js'

const processor = `
import { writeFileSync } from 'node:fs'
export default ({ signal, data }) => {
  signal.addEventListener('abort', () => writeFileSync(data.file, ''))
  return () => {}
}`

t.test('twenty data planes, each stopped as soon as it runs', async (t) => {
  const missed: string[] = []
  for (let i = 0; i < 20; i++) {
    const file = join(t.testdirName, `aborted-${i}`)
    const { plane, opened } = await start(t, processor, { data: { file }, idle: 'spin' })
    await plane.stop()
    for (const port of opened) await port.close()
    if (!existsSync(file)) missed.push(`run ${i}`)
  }
  t.same(missed, [])
})
