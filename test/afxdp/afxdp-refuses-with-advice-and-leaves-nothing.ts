import { type AnyOptions, open, run } from 'rxburst'
import t from 'tap'
import { bin, root, start } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish } from '../fixtures/plane.js'
import { detached, sh } from '../fixtures/traffic/hosts.js'

const drop = new URL('../../dist/examples/01-drop.js', import.meta.url)

t.test('refusals', { skip: noLab }, async (t) => {
  const lab = testLab(t, { queues: 2 })
  const near = lab.hosts[0].near
  const name = `afxdp:${near}`
  await (await open('loop:a')).close() // makes the arena
  const refused = async (what: Promise<unknown>, code: string, words: RegExp) => {
    await rejectsWith(t, what, code, words)
  }
  await leavesNothing(t, async () => {
    await refused(open(name), 'ERR_TAKE_ALL', /takeAll: true/)
    await refused(
      open(`${name}x`, { takeAll: true }),
      'ERR_NO_INTERFACE',
      new RegExp(`'${near}x'.*${near}.*ip link`),
    )
    await refused(open(name, { takeAll: true, queues: [0] }), 'ERR_STEER_QUEUES', /steering: 'external'/)
    await refused(
      open(name, { takeAll: true, queues: [0, 2] }),
      'ERR_NO_QUEUE',
      /2 receive queues.*no queue 2.*ethtool -L/,
    )
    await refused(open(name, { takeAll: true, ring: 100 } as AnyOptions), 'ERR_BAD_OPTION', /power of two/)
    await refused(open(name, { takeAll: true, mode: 'fast' } as AnyOptions), 'ERR_BAD_OPTION', /'zero-copy'/)
    await refused(open(name, { takeAll: true, xdp: 'offload' } as AnyOptions), 'ERR_BAD_OPTION', /'generic'/)
    await refused(
      open(name, { takeAll: true, timestamps: 'mine' } as AnyOptions),
      'ERR_BAD_OPTION',
      /'device'/,
    )
    await refused(
      open(name, { takeAll: true, rings: 64 } as AnyOptions),
      'ERR_BAD_OPTION',
      /did you mean 'ring'/,
    )
    await refused(open(name, { takeAll: true, steering: 'me' as never }), 'ERR_BAD_OPTION', /'external'/)

    await sh(`ip link set ${near} mtu 2000`)
    await refused(open(name, { takeAll: true }), 'ERR_MTU', /2000.*at most 1774.*frameSize: 4096/)
    await sh(`ip link set ${near} mtu 1500`)
    await sh(`ip link set ${near} down`)
    await refused(open(name, { takeAll: true }), 'ERR_INTERFACE_DOWN', /ip link set .* up/)
    await sh(`ip link set ${near} up`)

    // Found at run() only.
    for (const [options, code, words] of [
      [{ mode: 'zero-copy' }, 'ERR_REQUIRE', /veth.*can't do zero-copy/],
      [{ require: { zeroCopy: true } }, 'ERR_REQUIRE', /zero-copy was required; .*copy mode/],
      [{ xdp: 'generic', require: { nativeXdp: true } }, 'ERR_REQUIRE', /generic XDP/],
    ] as const) {
      const port = await open(name, { takeAll: true, ...options })
      await refused(run(drop, { workers: [{ queues: port.queues }] }), code, words)
      await detached(t, lab, 'no XDP program stays')
      await port.close()
    }

    const port = await open(name, { takeAll: true })
    const plane = await run(drop, { workers: [{ queues: port.queues }] })
    await finish(t, plane)
    await port.close()
  })
})

t.test('somebody else is there', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const near = lab.hosts[0].near
  const name = `afxdp:${near}`
  await (await open('loop:a')).close()
  await leavesNothing(t, async () => {
    // opened before the other came, attached after
    const early = await open(name, { takeAll: true })
    const foreign = start(t, 'python3', [`${root}test/fixtures/nic/foreign-xdp.py`, near])
    await foreign.says('attached')
    await rejectsWith(t, run(drop, { workers: [{ queues: early.queues }] }), 'ERR_FOREIGN_XDP', /bpftool/)
    await early.close()
    await rejectsWith(t, open(name, { takeAll: true }), 'ERR_FOREIGN_XDP', /'somebody_elses', id \d+/)
    foreign.process.kill()
    await foreign.ended
  })
  const other = start(t, process.execPath, [bin, 'drop', name, '--take-all'])
  await other.says('ready')
  await leavesNothing(t, () =>
    rejectsWith(t, open(name, { takeAll: true }), 'ERR_QUEUE_TAKEN', /another rxburst process/),
  )
  other.process.kill('SIGTERM')
  t.match(await other.ended, { code: 0 })

  const port = await open(name, { takeAll: true })
  const plane = await run(drop, { workers: [{ queues: port.queues }] })
  t.pass('free again')
  await plane.stop()
  await port.close()
})
