// --measure: by a signature in the payload it counts what is lost, out of order, twice or somebody else's, and how long
// each packet took.
import { fill, ipv4, locate, monotonicMs, udp } from 'rxburst/wire'
import t from 'tap'
import { packetSpec } from '../../dist/lib/generate/packet.js'
import processor, {
  DUPLICATES,
  FOREIGN,
  PACKET_CELLS,
  type PacketData,
  RECEIVED,
  REORDERED,
} from '../../dist/lib/generate/packet-processor.js'
import { Histogram } from '../../dist/lib/tables/index.js'
import { rxburst } from '../fixtures/child.js'

t.test('loss, order, duplicates, strangers', async (t) => {
  const sent: Uint8Array[] = []
  const [workers, epoch] = [1, monotonicMs()]
  const cells = new Float64Array(PACKET_CELLS)
  const latency = Histogram.create()
  const spec = packetSpec('ethernet/ipv4/udp', [], [], 80)
  const data: PacketData = { cells, spec, packetsPerSecond: 0, burst: 1, latency, run: 77, workers, epoch }
  let turn = () => {}
  const alloc = (length: number) => {
    const packet = new Uint8Array(length)
    return Object.assign(packet, { send: () => sent.push(packet) })
  }
  const handle = processor({
    data,
    alloc,
    onTurn: (callback: () => void) => {
      turn = callback
    },
    queues: [{ port: 0 }, { port: 1 }],
    index: 0,
  } as never)
  const receive = (port: number, ...packets: Uint8Array[]) =>
    handle({ port, count: packets.length, at: (i: number) => packets[i], setAll() {} } as never)
  cells[1] = Number.POSITIVE_INFINITY
  cells[0] = 10
  while (sent.length < 10) turn()
  const [a, b, c, d, e] = sent
  ipv4.setTimeToLive(c, locate(c), 63) // a router has been there
  receive(1, a, c, b, d, d, e)
  receive(0, ...sent)
  const stranger = new Uint8Array(80)
  fill(stranger, 'ethernet/ipv4/udp')
  receive(1, stranger, stranger.subarray(0, 30), new Uint8Array(0))
  t.equal(cells[RECEIVED], 5, 'each packet once, of the measuring port only')
  t.equal(cells[REORDERED], 1, 'b came behind c')
  t.equal(cells[DUPLICATES], 1)
  t.equal(cells[FOREIGN], 3)
  t.equal(latency.count, 5)
  t.ok(latency.max > 0)
})

t.test('two workers, whose packets come back at one', async (t) => {
  const spec = packetSpec('ethernet/ipv4/udp', [], ['source.port=1000-1009'], 80)
  const latency = Histogram.create({ rows: 2 })
  const common = { spec, packetsPerSecond: 0, burst: 1, latency, run: 77, workers: 2, epoch: monotonicMs() }
  const workers = [0, 1].map((index) => {
    const sent: Uint8Array[] = []
    const cells = new Float64Array(PACKET_CELLS)
    const turns: (() => void)[] = []
    const handle = processor({
      data: { ...common, cells },
      alloc: (length: number) => {
        const packet = new Uint8Array(length)
        return Object.assign(packet, { send: () => sent.push(packet) })
      },
      onTurn: (callback: () => void) => turns.push(callback),
      queues: [{ port: 0 }, { port: 1 }],
      index,
    } as never)
    cells[1] = Number.POSITIVE_INFINITY
    cells[0] = 5
    while (sent.length < 5) turns[0]()
    return { sent, cells, handle }
  })
  const [{ sent: a }, { sent: b, cells, handle }] = workers
  const ports = [...a, ...b].map((p) => udp.sourcePort(p, locate(p))).sort()
  t.same(
    ports,
    Array.from({ length: 10 }, (_, n) => 1000 + n),
    'together they send each value once',
  )
  const packets = [b[0], a[0], a[1], b[1], b[2], a[3], a[2], b[2]]
  handle({ port: 1, count: packets.length, at: (i: number) => packets[i], setAll() {} } as never)
  t.equal(cells[RECEIVED], 7)
  t.equal(cells[REORDERED], 1, "only a's fourth came before its third")
  t.equal(cells[DUPLICATES], 1, "only b's third came twice")
  t.equal(cells[FOREIGN], 0)
  t.equal(latency.count, 7, 'in the row of the one that received')
  t.ok(latency.max < 3_600e9)
})

t.test('two workers on a wire', async (t) => {
  const words = [
    'loop:a,peer=b',
    '--measure',
    'loop:b,peer=a',
    '--workers',
    '2',
    '--vary',
    'source.port=1-1000',
  ]
  const { code, stdout, stderr } = await rxburst(
    t,
    ...['generate', ...words, '--rate', '20k', '--count', '2001', '--json'],
  )
  t.equal(code, 0, stderr)
  const { sent, offered, measured } = JSON.parse(stdout)
  t.equal(sent, 2001)
  t.match(measured, { received: offered, lost: 0, reordered: 0, duplicates: 0, foreign: 0 })
  t.ok(measured.latency_us.p50 > 0)
  const many = await rxburst(
    t,
    'generate',
    'loop:a',
    '--measure',
    'loop:a',
    '--workers',
    '17',
    '--count',
    '1',
  )
  t.equal(many.code, 1)
  t.match(many.stderr, /--workers/)
})

t.test('a wire between two ports', async (t) => {
  const words = [
    'loop:a,peer=b',
    '--measure',
    'loop:b,peer=a',
    '--packet',
    'ethernet/vlan/ipv6/udp',
    '--rate',
    '20k',
    '--burst',
    '4',
  ]
  const { code, stdout, stderr } = await rxburst(t, 'generate', ...words, '--count', '2000', '--json')
  t.equal(code, 0, stderr)
  const { sent, offered, measured } = JSON.parse(stdout)
  t.equal(sent, 2000)
  t.match(measured, {
    port: 'loop:b,peer=a',
    received: offered,
    lost: 0,
    reordered: 0,
    duplicates: 0,
    foreign: 0,
  })
  const { p50, p99, p99_99, max } = measured.latency_us
  t.ok(p50 > 0 && p50 <= p99 && p99 <= p99_99 && p99_99 <= max, `${p50} ${p99} ${p99_99} ${max} µs`)
})

t.test('packets that do not come back are lost', async (t) => {
  const { stdout, code } = await rxburst(
    t,
    'generate',
    'loop:a',
    '--measure',
    'loop:z',
    '--count',
    '300',
    '--json',
  )
  t.equal(code, 0)
  const { measured, offered } = JSON.parse(stdout)
  t.match(measured, { received: 0, lost: offered, latency_us: null })
})

t.test('what has no place for a signature is refused', async (t) => {
  const { stderr, code } = await rxburst(
    t,
    'generate',
    'loop:a',
    '--measure',
    'loop:a',
    '--packet',
    'ethernet/arp',
    '--count',
    '1',
  )
  t.equal(code, 1)
  t.match(stderr, /--measure.*ERR_BAD_OPTION/)
})
