import { open, run } from 'rxburst'
import t from 'tap'
import { noLab, testLab } from '../fixtures/lab.js'
import { inheritable, leavesNothing } from '../fixtures/leftovers.js'
import { finish } from '../fixtures/plane.js'
import { detached, ping, programs, udp } from '../fixtures/traffic/hosts.js'

const l2fwd = new URL('../../dist/examples/02-l2fwd.js', import.meta.url)
const DATAGRAMS = 2000

t.test('ping and UDP, through TypeScript', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const names = lab.hosts.map(({ near }) => `afxdp:${near}`)
  await (await open('loop:a')).close() // makes the arena
  const inherited = inheritable()
  await leavesNothing(t, async () => {
    const ports = [await open(names[0], { takeAll: true }), await open(names[1], { takeAll: true })]
    t.same(programs(lab), [null, null], 'open() takes no packet')
    const plane = await run(l2fwd, { workers: [{ queues: ports.flatMap((port) => port.queues) }], ports })
    t.ok(
      programs(lab).every((id) => id),
      'run() attaches XDP',
    )
    t.same(inheritable(), inherited, 'no descriptor would reach a child process')
    for (const port of ports) {
      t.match(port.capabilities, {
        backend: 'afxdp',
        driver: 'veth',
        mode: 'copy',
        xdp: 'native',
        frames: 'owned',
      })
      t.equal(port.mtu, 1500)
      t.equal(port.mac?.length, 6)
    }
    t.equal(await ping(t, lab), 5)
    t.same(await udp(t, lab, DATAGRAMS), { count: DATAGRAMS, disordered: 0, damaged: 0 })
    const stats = await finish(t, plane)
    t.ok(stats.rx.packets >= DATAGRAMS + 10, `${stats.rx.packets} received`)
    t.equal(stats.tx.packets, stats.rx.packets, 'and all of them sent on')
    t.same(stats.lost, {
      rx_ring_full: 0,
      rx_dropped: 0,
      rx_invalid_descs: 0,
      tx_invalid_descs: 0,
      bad_frames: 0,
      rx_chained: 0,
    })
    await detached(t, lab, 'stop() detaches it')
    for (const port of ports) await port.close()
  })
})
