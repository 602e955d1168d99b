// The driver's block of flows ends a packet only where a worker's tables would have found the same flow, and makes of
// it the same bytes and verdict: for every shape, several shapes in their order, and random actions.
// RXBURST_SEED repeats a run, RXBURST_COMPARISONS makes it longer.
import { DROP, dnat, PARAM, PASS, type Step, setMac, snat, ttl, tx, vlanPop } from 'rxburst'
import t, { type Test } from 'tap'
import { encodeSteps } from '../../dist/lib/flows/action-code.js'
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
  if (r.chance(0.3)) header.splice(r.pick([2, 6, 16]), 2, ...(r.chance(0.5) ? [0, 0] : [255, 255])) // checksums
  const macs = [2, 0, 0, 0, 0, 1 + r.int(2), 2, 0, 0, 0, 0, 3 + r.int(2)]
  const tag = r.chance(0.3) ? [r.pick([0x81, 0x88]), 0, 0, 1 + r.int(2)] : []
  if (tag[0] === 0x88) tag[1] = 0xa8
  const address = (n: number, last: number) => [...Array.from({ length: n - 1 }, () => 10), 1 + r.int(last)]
  const ip = six
    ? [
        0x86,
        0xdd,
        0x60,
        0,
        0,
        0,
        0,
        32,
        protocol,
        r.pick([1, 2, 64, 255]),
        ...address(16, 2),
        ...address(16, 2),
      ]
    : [
        8,
        0,
        0x45,
        0,
        0,
        52,
        0,
        0,
        0,
        0,
        r.pick([1, 2, 64, 255]),
        protocol,
        r.int(256),
        r.int(256),
        ...address(4, 2),
        ...address(4, 2),
      ]
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
const together = (all: Uint8Array[]) => Uint8Array.from(Buffer.concat(all))
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

interface Trial {
  shapes: number[]
  watch: number
  actions: Uint8Array[]
}

/** Packets through tables of 24 flows, of random ones of these actions. */
function compare(t: Test, name: string, count: number, { shapes, watch, actions }: Trial) {
  const flows = Array.from({ length: 24 }, plain)
  const packets = Array.from({ length: count }, () => (r.chance(0.2) ? r.pick(flows) : any()))
  const params = flows.flatMap(() => [r.int(2 ** 32), r.int(2 ** 16)])
  const got = native.testing.driverFlows({
    ...{ shapes: Uint32Array.from(shapes), watch, ruled: r.chance(0.5), params: Uint32Array.from(params) },
    ...{ flows: together(flows), flowLengths: lengthsOf(flows), code: together(actions) },
    flowTables: Uint32Array.from(flows, () => r.int(shapes.length)),
    flowActions: Uint32Array.from(flows, () => r.int(actions.length)),
    codeLengths: lengthsOf(actions),
    ...{ packets: together(packets), lengths: lengthsOf(packets) },
  })
  const wrong = packets.findIndex((_, i) => got.driver[i] !== 0 && got.driver[i] !== got.worker[i])
  t.equal(hex(packets[wrong]), '', `${name}: no packet is ended that a worker would show`)
  const other = packets.findIndex((_, i) => got.differs[i])
  t.same(
    { packet: hex(packets[other]), made: hex(got.driverMade) },
    { packet: '', made: hex(got.workerMade) },
    `${name}: it leaves as a worker would have it, or stays as it was`,
  )
  const hits = got.driver.filter((flow) => flow !== 0)
  t.equal(got.packets, hits.length, `${hits.length} of ${packets.length} were ended, each counted once`)
  t.equal(
    got.bytes,
    packets.reduce((sum, { length }, i) => sum + (got.driver[i] ? length : 0), 0),
    'with its bytes',
  )
  t.ok(got.seen, 'and its time is kept')
  const left = packets.filter((_, i) => got.driver[i] === 0 && got.worker[i] !== 0 && got.worker[i] !== SHOWN)
  return { left, hits: hits.length, worker: got.worker }
}

const dropping = encodeSteps([DROP] as never).code

t.test(`every shape, seed ${seed}`, { skip: noBpf }, async (t) => {
  for (const [shape, name] of SHAPES.entries())
    for (const watch of [0, FIN_SYN_RST]) {
      const count = Math.ceil(wanted / 12)
      const { left, hits, worker } = compare(t, `${name}, watch ${watch}`, count, {
        ...{ shapes: [shape], watch, actions: [dropping] },
      })
      // By MAC addresses a worker looks up fragments too; the driver, which has to see TCP's flags, does not.
      const may = name === 'mac' && watch !== 0
      t.ok(may || left.length === 0, `${name}: none is left: ${hex(left[0])}`)
      t.ok(hits > count / 20)
      t.ok(
        worker.some((flow) => flow === SHOWN || flow === 0),
        'and some were not',
      )
    }
})

/** Steps that the driver executes, so many of them. */
function steps(): Uint8Array {
  const port = r.int(2 ** 16)
  const pool: Step[] = [
    setMac({ src: '02:00:00:00:12:34' }),
    setMac({ dst: '02:00:00:00:56:78' }),
    ...[dnat, snat].flatMap((to) => [
      to({ ip: r.pick(['192.0.2.7', '255.255.255.255', '0.0.0.0']), ...(r.chance(0.5) ? { port } : {}) }),
      to({ port }),
      to({ ip: r.pick(['2001:db8::7', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']) }),
    ]),
    ttl(),
  ]
  if (r.chance(0.3)) pool.push(r.pick([dnat(PARAM), snat(PARAM), setMac({ dst: PARAM })]))
  const some = pool.filter(() => r.chance(0.25)).sort(() => r.next() - 0.5)
  return encodeSteps([...some, r.pick([DROP, PASS, tx(0), tx(0), tx(1)])] as never).code
}

t.test(`random actions, seed ${seed}`, { skip: noBpf }, async (t) => {
  let ended = 0
  for (let round = 0; round < 12; round++) {
    const actions = Array.from({ length: 8 }, steps)
    const { left, hits } = compare(t, `round ${round}`, Math.ceil(wanted / 12), {
      ...{ shapes: [r.int(SHAPES.length)], watch: r.pick([0, FIN_SYN_RST]), actions },
    })
    ended += hits
    t.ok(left.length < wanted / 24, `${left.length} were left to the worker`)
  }
  t.ok(ended > wanted / 50, `${ended} were ended`)
})

t.test(`several shapes, seed ${seed}`, { skip: noBpf }, async (t) => {
  const worker = encodeSteps([vlanPop(), tx(1)] as never).code // which the driver can't execute
  let ended = 0
  for (let round = 0; round < 12; round++) {
    const shapes = Array.from({ length: 2 + r.int(3) }, () => r.int(SHAPES.length))
    const actions = [dropping, steps(), steps(), worker]
    const name = shapes.map((shape) => SHAPES[shape]).join(', ')
    ended += compare(t, name, Math.ceil(wanted / 12), {
      shapes,
      watch: r.pick([0, FIN_SYN_RST]),
      actions,
    }).hits
  }
  t.ok(ended > wanted / 50, `${ended} were ended`)
})
