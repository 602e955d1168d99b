// A name that a running data plane has is refused before a port is opened, and is free again when that one has ended.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RunOptions, run } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { rxburst } from '../fixtures/child.js'
import { CAROUSEL, controlFolder, socketsIn } from '../fixtures/control.js'
import { processor, start } from '../fixtures/plane.js'

t.test('a name is taken once', async (t) => {
  const folder = controlFolder(t)
  const { plane } = await start(t, CAROUSEL, { name: 'fw' })
  t.equal(socketsIn(folder).length, 1)

  const file = processor(t, CAROUSEL).pathname
  const out = join(t.testdirName, 'out.pcap')
  const second = await rxburst(t, 'run', file, `pcap:/dev/null,to=${out}`, '--name', 'fw')
  t.match(second, { code: 1, stderr: new RegExp(`'fw'.* process ${process.pid}.*\\[ERR_NAME_TAKEN\\]`) })
  t.notMatch(second.stderr, /^ready/m)
  t.notOk(existsSync(out), 'no port was opened')

  await using port = await open('loop:z')
  const again: RunOptions = { workers: [{ queues: port.queues }], name: 'fw' }
  const frames = native.arena.framesAvailable()
  await t.rejects(run(file, again), { code: 'ERR_NAME_TAKEN' }, 'in one process too')
  t.equal(native.arena.framesAvailable(), frames, 'before a worker is planned')

  const others = await Promise.allSettled([1, 2].map(() => run(file, { ...again, name: 'both' })))
  t.equal(others.filter(({ status }) => status === 'fulfilled').length, 1, 'two at once: one of them has it')
  for (const other of others) if (other.status === 'fulfilled') await other.value.stop()

  await plane.stop()
  const third = await run(file, again)
  t.pass('the name is free when the data plane has stopped')
  await third.stop()
  t.same(socketsIn(folder), [], 'each socket is gone')
})

t.test('a name that is none', async (t) => {
  controlFolder(t)
  const file = processor(t, CAROUSEL).pathname
  for (const name of ['', '12', 'a:b', '-x', 'a b', '../a', 'x'.repeat(33)]) {
    const { code, stderr } = await rxburst(t, 'run', file, 'loop:a', `--name=${name}`)
    t.match({ code, stderr }, { code: 1, stderr: /\[ERR_BAD_OPTION\]\n$/ }, `'${name}'`)
  }
  await using port = await open('loop:y')
  const workers = [{ queues: port.queues }]
  await t.rejects(run(file, { workers, name: 5 as unknown as string }), { code: 'ERR_BAD_OPTION' })
  await t.rejects(run(file, { workers, name: 'a', control: false }), { code: 'ERR_BAD_OPTION' })
  t.match(await rxburst(t, 'run', file, 'loop:a', '--name', 'a', '--no-control'), {
    code: 1,
    stderr: /\[ERR_BAD_OPTION\]/,
  })
})

t.test('a start that fails gives the name back', async (t) => {
  const folder = controlFolder(t)
  await using port = await open('loop:x')
  const workers = [{ queues: port.queues }]
  await t.rejects(run(processor(t, 'throw new Error("no")'), { workers, name: 'fw' }), {
    code: 'ERR_PROCESSOR',
  })
  t.same(socketsIn(folder), [])
  const plane = await run(processor(t, CAROUSEL), { workers, name: 'fw' })
  await plane.stop()
})
