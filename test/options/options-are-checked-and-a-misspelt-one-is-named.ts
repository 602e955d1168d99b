import { configureArena, open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor } from '../fixtures/plane.js'

const any = (value: unknown) => value as never

t.test('options are checked', async (t) => {
  t.throws(() => configureArena(any({ frame: 4096 })), {
    code: 'ERR_BAD_OPTION',
    message: /did you mean 'frames'/,
  })
  t.throws(() => configureArena({ frames: 10 }), { code: 'ERR_BAD_OPTION', message: /256 to/ })
  t.throws(() => configureArena(any({ frameSize: 1024 })), {
    code: 'ERR_BAD_OPTION',
    message: /2048 or 4096/,
  })
  const port = await open('loop:a', { queues: [0, 1] })
  t.throws(() => configureArena({ frames: 1024 }), {
    code: 'ERR_ARENA_EXISTS',
    message: /before the first open/,
  })

  const file = processor(t, 'export default () => () => {}')
  const queues = port.queues
  await leavesNothing(t, async () => {
    const bad: [Promise<unknown>, RegExp][] = [
      [open('loop:b', any({ takeall: true })), /'takeall'; did you mean 'takeAll'/],
      [open('loop:b', any({ queus: [0] })), /'queus'; did you mean 'queues'/],
      [open('loop:b', any({ color: 'red' })), /no option 'color'/],
      [open('afxdp:lo', any({ door: '/run/x' })), /'door'; it is called 'pluginSocket' now/],
      [open('loop:b', any(null)), /options/],
      [open('loop:b', { require: any({ zerocopy: true }) }), /did you mean 'zeroCopy'/],
      [open('loop:b', { takeAll: any('yes') }), /takeAll is true or false/],
      [open('loop:b', { fragments: any('both') }), /'leave' or 'take', not 'both'/],
      [open('loop:b', { queues: [] }), /not empty/],
      [open('loop:b', { queues: [0, 0] }), /listed twice/],
      [open('loop:b', { queues: [1.5] }), /whole number/],
      [open('loop:b', { queues: any('some') }), /'all'/],
      [run(file, any(undefined)), /options/],
      [run(file, any({ workers: [] })), /at least one/],
      [run(file, any({ workers: [{ queues }], brust: 8 })), /did you mean 'burst'/],
      [run(file, any({ workers: [{ queues, cpus: 1 }] })), /did you mean 'cpu'/],
      [run(file, any({ workers: [{ queues: [] }] })), /at least one/],
      [run(file, any({ workers: [{ queues: [0] }] })), /port.queue\(0\)/],
      [run(file, { workers: [{ queues, cpu: -1 }] }), /cpu/],
      [run(file, { workers: [{ queues }], burst: 257 }), /1 to 256/],
      [run(file, { workers: [{ queues }], idle: any('lazy') }), /'spin', 'adaptive' or 'wait'/],
      [run(file, { workers: [{ queues }], columns: any(['colour']) }), /hash, vlan, timestamp/],
      [run(file, { workers: [{ queues }], ports: [] }), /does not list loop:a/],
    ]
    for (const [promise, words] of bad) await rejectsWith(t, promise, 'ERR_BAD_OPTION', words)
    await rejectsWith(
      t,
      run(file, { workers: [{ queues }], columns: ['hash'] }),
      'ERR_NOT_SUPPORTED',
      /can't fill/,
    )
    await rejectsWith(t, run(file, { workers: [{ queues, cpu: 1000 }] }), 'ERR_BAD_ARGUMENT', /CPU 1000/)
    await rejectsWith(
      t,
      run(
        any(() => {}),
        { workers: [{ queues }] },
      ),
      'ERR_PROCESSOR',
      /URL or path/,
    )
  })
  await port.close()
})
