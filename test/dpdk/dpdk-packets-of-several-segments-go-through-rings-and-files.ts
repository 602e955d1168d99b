// dpdk: packets of several segments go from worker to worker with a copy, and through files byte for byte.
import { open } from 'rxburst'
import t from 'tap'
import { dpdkTest, folderOf, packetsOf, readPcap, writePcap } from '../fixtures/dpdk.js'
import { finish, shared, start, until } from '../fixtures/plane.js'
import { CELLS, cell } from '../fixtures/traffic/jumbo.mjs'

const JUMBO = { mtu: 9000 }
const SEVERAL = { ...JUMBO, segments: true }
const processor = new URL('../fixtures/traffic/jumbo.mjs', import.meta.url)

dpdkTest(t, 'a packet of another worker is copied as a whole, and counted once', async (t) => {
  const cells = [shared(CELLS), shared(CELLS)]
  const lengths = [60, 9000, 1793]
  const total = 600
  const ports = [
    await open('dpdk:net_ring0,peer=net_ring1', SEVERAL),
    await open('dpdk:net_ring1,peer=net_ring0', SEVERAL),
  ]
  t.teardown(() => Promise.all(ports.map((port) => port.close())))
  const { plane } = await start(t, processor, {
    open: [],
    ports,
    workers: [
      {
        queues: ports[0].queues,
        data: { cells: cells[0], from: 0, lengths, total, window: 1e9, perTurn: 2 },
      },
      { queues: ports[1].queues, data: { cells: cells[1], lengths } },
    ],
  })
  cells[0][cell.go] = 1
  await until('all of it arrives', () => cells[1][cell.received] === total)
  const stats = await finish(t, plane)
  t.equal(cells[1][cell.wrong], 0)
  t.equal(cells[1][cell.late], 0)
  t.equal(stats.copied, total)
  t.equal(stats.rejected.packets, 0)
})

for (const memory of ['split', 'external'])
  dpdkTest(t, `from file to file, byte for byte, ${memory} memory`, async (t) => {
    const folder = folderOf(t)
    const packets = packetsOf(300, 9014)
    writePcap(`${folder}/in`, packets)
    const { plane, opened } = await start(
      t,
      `import { tx } from 'rxburst'; export default () => (burst) => burst.setAll(tx(1))`,
      {
        open: [
          [`dpdk:net_pcap0,rx_pcap=${folder}/in`, { ...SEVERAL, memory }],
          [`dpdk:net_pcap1,tx_pcap=${folder}/out`, { ...SEVERAL, memory }],
        ],
      },
    )
    await until('every packet is sent on', () => plane.snapshot().tx.packets === packets.length)
    const stats = await finish(t, plane)
    t.equal(stats.rx.packets, packets.length)
    t.equal(stats.copied, 0)
    for (const port of opened) await port.close()
    t.same(
      readPcap(`${folder}/out`).map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      packets.map((bytes) => Buffer.from(bytes).toString('hex')),
    )
  })

dpdkTest(t, 'a device that can not is refused with its reason', async (t) => {
  for (const [name, options, reason] of [
    ['dpdk:net_null0', {}, /RX_SCATTER/],
    ...(process.geteuid?.() === 0 ? [['dpdk:net_tap0', {}, /no packet that is longer/] as const] : []),
    ['dpdk:net_ring0', { memory: 'own' }, /memory of DPDK's own/],
  ] as const)
    await t.rejects(open(name, { ...options, segments: true }), {
      code: 'ERR_NOT_SUPPORTED',
      message: reason,
    })
})
