// The driver's block of flows ends a packet only where a worker's table would have found the same flow, for every
// shape. RXBURST_SEED repeats a run, RXBURST_COMPARISONS makes it longer.
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { Random, randomPacket } from '../fixtures/filters/filters.js'

const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 32)
const wanted = Number(process.env.RXBURST_COMPARISONS ?? 3000)
const noBpf = process.geteuid?.() === 0 ? false : 'loading XDP programs takes CAP_BPF'
const SHAPES = ['5tuple', 'src', 'dst', 'src+dst', 'dst+port', 'mac']
const SHOWN = 255
const FIN_SYN_RST = 7

const r = new Random(seed)

// Few addresses and ports, so that packets meet flows; every header whole, and now and then something that only a
// handler knows.
function plain(): Uint8Array {
  const six = r.chance(0.4)
  const protocol = r.pick([6, 6, 17, 17, 132, 1, 58])
  const l4 = [0, 0, 0, 0, 0, 0, 0, 0].map(() => r.int(256))
  l4.splice(0, 4, 16, 1 + r.int(2), 17, 1 + r.int(2))
  const header = [...l4, ...Array.from({ length: 24 }, () => r.int(256))]
  header[13] = r.chance(0.3) ? r.int(256) : 16
  const macs = [2, 0, 0, 0, 0, 1 + r.int(2), 2, 0, 0, 0, 0, 3 + r.int(2)]
  const tag = r.chance(0.3) ? [r.pick([0x81, 0x88]), 0, 0, 1 + r.int(2)] : []
  if (tag[0] === 0x88) tag[1] = 0xa8
  const address = (n: number, last: number) => [...Array.from({ length: n - 1 }, () => 10), 1 + r.int(last)]
  const ip = six
    ? [0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, protocol, 64, ...address(16, 2), ...address(16, 2)]
    : [8, 0, 0x45, 0, 0, 52, 0, 0, 0, 0, 64, protocol, 0, 0, ...address(4, 2), ...address(4, 2)]
  const odd = r.int(14)
  if (!six && odd === 0) ip[2] = 0x46
  if (!six && odd === 1) ip[8] = 0x20
  if (!six && odd === 2) ip[5] = 20 + r.int(40)
  if (six && odd === 0) ip[8] = r.pick([0, 44, 60])
  if (six && odd === 1) ip[7] = r.int(32)
  if (odd === 3) ip[2] ^= 0x10
  const bytes = Uint8Array.from([...macs, ...tag, ...ip, ...header])
  return odd === 4 ? bytes.slice(0, 18 + r.int(bytes.length - 18)) : bytes
}
const any = () => (r.chance(0.8) ? plain() : Uint8Array.from(randomPacket(r, 60 + r.int(20))))
const lengthsOf = (packets: Uint8Array[]) => Uint32Array.from(packets, ({ length }) => length)

t.test(`every shape, seed ${seed}`, { skip: noBpf }, async (t) => {
  for (const [shape, name] of SHAPES.entries())
    for (const watch of [0, FIN_SYN_RST]) {
      const flows = Array.from({ length: 24 }, plain)
      const packets = Array.from({ length: Math.ceil(wanted / 12) }, () =>
        r.chance(0.2) ? r.pick(flows) : any(),
      )
      const ruled = r.chance(0.5)
      const got = native.testing.driverFlows({
        ...{ shape, watch, ruled },
        ...{ flows: Uint8Array.from(Buffer.concat(flows)), flowLengths: lengthsOf(flows) },
        ...{ packets: Uint8Array.from(Buffer.concat(packets)), lengths: lengthsOf(packets) },
      })
      const wrong = packets.findIndex((_, i) => got.driver[i] !== 0 && got.driver[i] !== got.worker[i])
      const said = wrong < 0 ? '' : Buffer.from(packets[wrong]).toString('hex')
      t.equal(said, '', `${name}, watch ${watch}: no packet is ended that a worker would show`)
      const left = packets.filter(
        (_, i) => got.driver[i] === 0 && got.worker[i] !== 0 && got.worker[i] !== SHOWN,
      )
      // By MAC addresses a worker looks up fragments too; the driver, which has to see TCP's flags, does not.
      const may = name === 'mac' && watch !== 0
      t.ok(
        may || left.length === 0,
        `${name}: and none is left: ${left.length && Buffer.from(left[0]).toString('hex')}`,
      )
      const hits = got.driver.filter((flow) => flow !== 0)
      t.ok(hits.length > packets.length / 20, `${hits.length} of ${packets.length} were ended`)
      t.ok(
        got.worker.some((flow) => flow === SHOWN || flow === 0),
        'and some were not',
      )
      t.equal(got.packets, hits.length, 'each is counted once')
      t.equal(
        got.bytes,
        packets.reduce((sum, { length }, i) => sum + (got.driver[i] ? length : 0), 0),
        'with its bytes',
      )
      t.ok(got.seen, 'and its time is kept')
    }
})
