import { join } from 'node:path'
import t from 'tap'
import { dpdkTest, folderOf, packetsOf, writePcap } from '../fixtures/dpdk.js'
import { finish, start, until } from '../fixtures/plane.js'

const PACKETS = 200

dpdkTest(t, 'each packet has the time that the file gives it, in nanoseconds', async (t) => {
  const folder = folderOf(t)
  writePcap(join(folder, 'in.pcap'), packetsOf(PACKETS))
  const data = new Float64Array(new SharedArrayBuffer(8 * (PACKETS + 1)))
  const { plane, opened } = await start(
    t,
    `
    import { DROP } from 'rxburst'
    export default ({ data }) => (burst) => {
      for (let i = 0; i < burst.count; i++) data[1 + data[0]++] = burst.timestamp[i]
      burst.setAll(DROP)
    }`,
    { open: [`dpdk:net_pcap0,rx_pcap=${folder}/in.pcap`], columns: ['timestamp'], data },
  )
  t.same(opened[0].capabilities.columns, ['timestamp'])
  t.equal(opened[0].capabilities.timestampClock, 'pcap')
  await until('the file is read', () => data[0] === PACKETS)
  await finish(t, plane)
  // writePcap stamps packet i with i seconds and i microseconds
  for (let i = 0; i < PACKETS; i++)
    if (data[1 + i] !== i * 1e9 + i * 1e3) t.fail(`packet ${i} is stamped ${data[1 + i]}`)
})
