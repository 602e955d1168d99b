import { join } from 'node:path'
import t from 'tap'
import { dpdkTest, folderOf, packetsOf, readPcap, writePcap } from '../fixtures/dpdk.js'
import { finish, start, until } from '../fixtures/plane.js'

const forward = `
  import { tx } from 'rxburst'
  export default () => (burst) => burst.setAll(tx(1))`

// data: packets seen
const swap = `
  import { tx } from 'rxburst'
  export default ({ u8 }) => (burst) => {
    for (let i = 0; i < burst.count; i++) {
      const at = burst.offset[i]
      const first = u8[at]
      u8[at] = u8[at + burst.length[i] - 1]
      u8[at + burst.length[i] - 1] = first
    }
    burst.setAll(tx(1))
  }`

for (const memory of ['split', 'external', 'own'])
  for (const [what, source, change] of [
    ['unchanged', forward, (b: Uint8Array) => b],
    [
      'with first and last byte exchanged',
      swap,
      (b: Uint8Array) =>
        Uint8Array.from(b, (byte, i) => (i === 0 ? b[b.length - 1] : i === b.length - 1 ? b[0] : byte)),
    ],
  ] as const)
    dpdkTest(t, `net_pcap forwards a file ${what}, ${memory} memory`, async (t) => {
      const folder = folderOf(t)
      const packets = packetsOf(3000)
      writePcap(join(folder, 'in.pcap'), packets)
      const { plane, opened } = await start(t, source, {
        open: [
          [`dpdk:net_pcap0,rx_pcap=${folder}/in.pcap`, { memory }],
          [`dpdk:net_pcap1,tx_pcap=${folder}/out.pcap`, { memory }],
        ],
      })
      t.equal(opened[0].capabilities.pool, memory === 'own' ? 'own' : 'shared')
      t.equal(opened[0].details()?.memory, memory)
      await until('the file is read', () => plane.snapshot().tx.packets === packets.length)
      const stats = await finish(t, plane)
      t.equal(stats.rx.packets, packets.length)
      t.equal(stats.copied, memory === 'own' ? 2 * packets.length : 0, 'copies are counted')
      for (const port of opened) await port.close()
      t.same(
        readPcap(join(folder, 'out.pcap')).map((packet) => Buffer.from(packet.bytes).toString('hex')),
        packets.map((bytes) => Buffer.from(change(bytes)).toString('hex')),
      )
    })
