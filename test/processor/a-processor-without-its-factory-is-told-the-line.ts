import { open, run } from 'rxburst'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor } from '../fixtures/plane.js'

const FACTORY =
  /export default \(\) => perPacket\(\(packet\) => tx\(0\)\), or export default \(\) => \(burst\)/
const use = "import { DROP, perPacket, tx } from 'rxburst'\n"

t.test('a default export that is the handler itself', async (t) => {
  const port = await open('loop:a')
  const workers = [{ queues: port.queues }]
  const fails = (source: string, ...words: RegExp[]) =>
    leavesNothing(t, async () => {
      for (const each of words)
        await rejectsWith(t, run(processor(t, use + source), { workers }), 'ERR_PROCESSOR', each)
    })
  await fails(
    'export default perPacket(() => DROP)',
    /handler itself, which perPacket\(\) has made, .*: export default \(\) => perPacket\(…\)$/,
  )
  await fails('export default (burst) => burst.setAll(DROP)', /reads 'setAll' of the context/, FACTORY)
  await fails('export default (burst) => { burst.verdict[0] = DROP }', /reads 'verdict'/, FACTORY)
  await fails('export default (burst) => { for (let i = 0; i < burst.count; i++); }', /'count'/, FACTORY)
  await fails('export default ({ count, at }) => {}', /'count'/, FACTORY)
  await fails('export default async (burst) => burst.setAll(DROP)', /'setAll'/, FACTORY)
  await fails('export default (packet) => packet.length > 60 ? DROP : tx(0)', /'length'/, FACTORY)
  await fails('export default () => DROP', /returned number, not a burst handler/, FACTORY)
  await fails('export default (burst) => {}', /returned undefined, not a burst handler/, FACTORY)
  await fails('export const handler = perPacket(() => DROP)', /has a default export/, FACTORY)

  const right = 'export default (context) => { ({ ...context }); String(context); return () => {} }'
  await finish(t, await run(processor(t, right), { workers }))
  await port.close()
})

t.test('before `ready` the command line tells it too', async (t) => {
  const file = processor(t, `${use}export default perPacket(() => DROP)`)
  const { code, stdout, stderr } = await rxburst(t, 'run', file.pathname, 'loop:a')
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, /^rxburst: .*export default \(\) => perPacket\(…\) \[ERR_PROCESSOR\]\n/)
})
