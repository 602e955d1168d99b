// A data plane without a control socket leaves no folder and no socket, and is not listed.
import { existsSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { bin, rxburst, start as startProgram } from '../fixtures/child.js'
import { CAROUSEL, controlFolder, socketsIn } from '../fixtures/control.js'
import { openDescriptors } from '../fixtures/leftovers.js'
import { processor, start } from '../fixtures/plane.js'

const sockets = () => openDescriptors().filter((target) => target.startsWith('socket')).length

t.test('control: false', async (t) => {
  const folder = controlFolder(t)
  const before = sockets()
  const { plane } = await start(t, CAROUSEL, { control: false })
  t.equal(sockets(), before, 'no socket is open')
  t.notOk(existsSync(folder), 'no folder is made')
  await plane.stop()
  const { plane: other } = await start(t, CAROUSEL, { open: ['loop:b'] })
  t.equal(sockets(), before + 1, 'with one, it is one')
  t.equal(socketsIn(folder).length, 1)
  await other.stop()

  const program = startProgram(t, process.execPath, [
    bin,
    'run',
    processor(t, CAROUSEL).pathname,
    'loop:a',
    '--no-control',
  ])
  await program.says('ready')
  t.match(await rxburst(t, 'ps'), { code: 0, stdout: 'no data plane runs\n' })
})

t.test('where no socket can be had', async (t) => {
  const folder = controlFolder(t)
  writeFileSync(folder, '') // a file where the folder should be
  await t.rejects(
    start(t, CAROUSEL, { open: ['loop:c'], name: 'fw' }),
    { code: 'ERR_CONTROL' },
    'with a name',
  )
  await t.rejects(
    start(t, CAROUSEL, { open: ['loop:d'], control: true }),
    { code: 'ERR_CONTROL' },
    'when asked for',
  )
  const warnings: Error[] = []
  const hear = (warning: Error) => warnings.push(warning)
  process.on('warning', hear)
  t.teardown(() => process.off('warning', hear))
  const { plane } = await start(t, CAROUSEL, { open: ['loop:e'] })
  await new Promise(setImmediate)
  t.match(
    warnings,
    [{ message: /no folder for the control socket.*--no-control/ }],
    'else it says so and runs',
  )
  await plane.stop()
})
