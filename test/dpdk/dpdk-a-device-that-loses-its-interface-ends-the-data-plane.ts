// Virtual devices on an interface of the kernel's notice that it is gone, whatever their driver says of the link.
import { readFileSync } from 'node:fs'
import { open } from 'rxburst'
import t from 'tap'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { rejectsWith } from '../fixtures/errors.js'
import { inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { ip, losing } from '../fixtures/nic/losing.js'
import { start, sumsHold } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const skip = withoutDpdk || (!met && 'this machine gives no network namespace')
const drop = new URL('../../dist/examples/01-drop.js', import.meta.url)

const devices = [
  { device: 'net_af_packet', args: (near: string) => `iface=${near}`, options: {} },
  { device: 'net_pcap', args: (near: string) => `rx_iface_in=${near},tx_iface=${near}`, options: {} },
  // without hugepages it is refused: dpdk-eal-starts-once-and-says-why-it-refuses.ts
  ...(Number(readFileSync('/proc/sys/vm/nr_hugepages', 'utf8')) > 0
    ? [
        {
          device: 'net_af_xdp',
          args: (near: string) => `iface=${near},start_queue=0`,
          options: { takeAll: true },
        },
      ]
    : []),
]

devices.forEach(({ device, args, options }, i) => {
  t.test(device, { skip }, async (t) => {
    const { near, lose } = await losing(t, 'recreated')
    const name = `dpdk:${device}${i},${args(near)}`
    await rejectsWith(t, open(name, { ...options, onLost: 'wait' }), 'ERR_NOT_SUPPORTED', /attach .* again/)
    const { plane, opened } = await start(t, drop, { open: [[name, options]] })
    lose()
    await rejectsWith(
      t,
      plane.done,
      'ERR_PORT_LOST',
      /is lost: the interface under .* was deleted.* namespace\. Close the port and open it again when that is mended\.$/,
    )
    t.match(opened[0].link(), { up: false })
    t.ok((await plane.audit()).ok)
    sumsHold(t, plane.snapshot())
  })
})

t.test('net_tap', { skip }, async (t) => {
  const { plane, opened } = await start(t, drop, { open: ['dpdk:net_tap0,iface=lost0'] })
  ip('link', 'del', 'lost0')
  await rejectsWith(t, plane.done, 'ERR_PORT_LOST', /is lost: the interface under net_tap0 was deleted/)
  t.match(opened[0].link(), { up: false })
})

t.test('a device without an interface can be asked to wait, and is never lost', { skip }, async (t) => {
  const { plane, opened } = await start(t, drop, { open: [['dpdk:net_null7', { onLost: 'wait' }]] })
  t.match(opened[0].link(), { up: true })
  await plane.stop()
  await plane.done
})
