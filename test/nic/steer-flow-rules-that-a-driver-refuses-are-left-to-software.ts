// A DPDK driver without isolated mode, or on a kernel that lacks what it needs: the port says why, and software picks
// from everything.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open } from 'rxburst'
import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { finish, start, until } from '../fixtures/plane.js'

const drop = `import { DROP } from 'rxburst'; export default () => (burst) => burst.setAll(DROP)`

dpdkTest(t, 'net_null has no rte_flow', async (t) => {
  const { plane, opened } = await start(t, drop, {
    open: [['dpdk:net_null0', { steer: 'udp dst port 4321' }]],
  })
  await until('packets are refused', () => plane.snapshot().lost.filtered > 1000)
  t.match(opened[0].capabilities.steering, [
    {
      nic: [],
      software: 'rte_bpf',
      why: "isolated mode can't be set: net_null says: Function not implemented",
    },
  ])
  t.equal(opened[0].details()?.isolated, false)
  t.equal((await finish(t, plane)).rx.packets, 0)
})

dpdkTest(t, 'and says so where it was asked for', async (t) => {
  await t.rejects(open('dpdk:net_null0', { steer: 'udp', isolated: true }), {
    code: 'ERR_NOT_SUPPORTED',
    message: /net_null says: Function not implemented.*isolated: false/,
  })
  await t.rejects(open('dpdk:net_null0', { steer: 'udp', isolated: 'maybe' as never }), {
    code: 'ERR_BAD_OPTION',
  })
  const port = await open('dpdk:net_null0', { steer: 'udp' })
  await port.close()
})

// net_tap says it in the kernel's traffic control, whose parts are modules: this test tries none, and loads none.
const noTap =
  existsSync('/dev/net/tun') && process.geteuid?.() === 0 ? false : 'a tap wants root and /dev/net/tun'
t.test('net_tap wants more of the kernel', { skip: noTap }, async (t) => {
  const { plane, opened } = await start(t, drop, {
    open: [['dpdk:net_tap0,iface=rxb-flow0', { steer: ['ip and udp dst port 4321'] }]],
  })
  const [{ nic, why, software }] = opened[0].capabilities.steering
  const isolated = opened[0].details()?.isolated
  if (isolated)
    t.same([nic, why], [['pattern eth / ipv4 / udp dst is 4321 / end actions queue index 0 / end'], ''])
  else t.match(why, /^isolated mode can't be set: net_tap says: .*TC|can't be made: net_tap says/)
  t.equal(software, 'rte_bpf')
  const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' })
  t.notMatch(stdout, /net\/tun/, 'children inherit none of its descriptors')
  await finish(t, plane)
})
