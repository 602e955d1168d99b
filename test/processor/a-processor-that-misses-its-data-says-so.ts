import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { processor } from '../fixtures/plane.js'

const HINT = /context\.data is undefined: give it with --data '\{…\}'.* in run\(\) \[ERR_PROCESSOR\]\n/

const once = 'let sent = 0; onTurn(() => { for (; sent < 1; sent++) alloc().send(0) })'

t.test('data that was forgotten', async (t) => {
  const run = async (source: string, ...more: string[]) => {
    const { code, stderr } = await rxburst(t, 'run', processor(t, source).pathname, 'loop:a', ...more)
    t.equal(code, 1, source)
    return stderr
  }
  t.match(await run('export default ({ data }) => { data.limit; return () => {} }'), HINT)
  t.match(await run('export default ({ data: { limit } }) => () => {}'), HINT)
  t.match(await run('export default (context) => { const [a] = context.data; return () => {} }'), HINT)
  const later = `export default ({ data, alloc, onTurn }) => { ${once}; return () => data.limit }`
  t.match(await run(later), HINT, 'when the first burst comes')

  t.notMatch(await run('export default () => { (void 0).limit }'), /--data/, 'it never asked for data')
  t.notMatch(
    await run('export default ({ data }) => { data?.x; null.y }'),
    /--data/,
    'something else is null',
  )
  t.notMatch(
    await run('export default ({ data }) => { data.limits.high; return () => {} }', '--data', '{}'),
    /--data/,
    'it was given data',
  )
})
