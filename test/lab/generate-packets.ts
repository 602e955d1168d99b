// --packet, --set, --vary and sizes: the packets that leave are those that were described, with right checksums. A
// wrong word is named.
import { headerChecksumOk, ipv4, ipv6, is, locate, tcp, transportChecksumOk, udp, vlan } from 'rxburst/wire'
import t from 'tap'
import { packetSpec } from '../../dist/lib/generate/packet.js'
import processor, { PACKET_CELLS, type PacketData } from '../../dist/lib/generate/packet-processor.js'
import { rxburst } from '../fixtures/child.js'

/** The first packets of a description, without a port. */
function made(count: number, path: string, set: string[], vary: string[], size?: number | 'imix') {
  const sent: Uint8Array[] = []
  const cells = new Float64Array(PACKET_CELLS)
  const data: PacketData = {
    cells,
    spec: packetSpec(path, set, vary, size),
    packetsPerSecond: 0,
    burst: 1,
    latency: null,
    run: 1,
    workers: 1,
    epoch: 0,
  }
  let turn = () => {}
  const alloc = (length: number) => {
    const packet = new Uint8Array(length)
    return Object.assign(packet, { send: () => sent.push(packet) })
  }
  processor({
    data,
    alloc,
    onTurn: (callback: () => void) => {
      turn = callback
    },
    queues: [],
    index: 0,
  } as never)
  cells[1] = Number.POSITIVE_INFINITY
  cells[0] = count
  while (sent.length < count) turn()
  for (const p of sent) {
    const at = locate(p)
    if (!is.whole(at) || !transportChecksumOk(p, at) || (is.ipv4(at) && !headerChecksumOk(p, at)))
      throw new Error(`wrong: ${Buffer.from(p).toString('hex')}`)
  }
  return sent
}

t.test('fields that vary, the first one fastest', async (t) => {
  const packets = made(
    7,
    'ethernet/ipv6/tcp',
    ['destination.port=443'],
    ['source.port=1024-1026', 'ipv6.source=2001:db8::1-2001:db8::2'],
  )
  t.same(
    packets.map((p) => tcp.sourcePort(p, locate(p))),
    [1024, 1025, 1026, 1024, 1025, 1026, 1024],
  )
  t.same(
    packets.map((p) => ipv6.source(p, locate(p), 3)),
    [1, 1, 1, 2, 2, 2, 1],
  )
  t.ok(packets.every((p) => tcp.destinationPort(p, locate(p)) === 443 && p.length === 74))
})

t.test('addresses, tags, flags and sizes', async (t) => {
  const packets = made(
    24,
    'ethernet/vlan/ipv4/udp',
    ['vlan.identifier=7', 'dont.fragment=0', 'ipv4.source=10.0.0.9'],
    ['ipv4.destination=10.0.0.1-10.0.0.250'],
    'imix',
  )
  const [first, second] = packets
  const at = locate(first)
  t.same(
    [vlan.identifier(first, at), ipv4.source(first, at), ipv4.dontFragment(first, at)],
    [7, 0x0a000009, false],
  )
  t.equal(ipv4.destination(second, at), 0x0a000002)
  const sizes = new Map<number, number>()
  for (const { length } of packets) sizes.set(length, (sizes.get(length) ?? 0) + 1)
  t.same(
    [...sizes].sort(([a], [b]) => a - b),
    [
      [60, 14],
      [566, 8],
      [1514, 2],
    ],
    'simple IMIX: 7 to 4 to 1',
  )
  t.equal(udp.length(second, locate(second)), 566 - 38, 'the lengths are each packet’s own')
})

t.test('every port once', async (t) => {
  const ports = made(64512, 'ethernet/ipv6/tcp', [], ['source.port=1024-65535']).map((p) =>
    tcp.sourcePort(p, locate(p)),
  )
  t.equal(new Set(ports).size, 64512)
})

t.test('wrong words', async (t) => {
  const code = (...words: Parameters<typeof packetSpec>) => {
    try {
      packetSpec(...words)
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const path = 'ethernet/ipv4/udp'
  for (const vary of [
    'source.prt=1-2',
    'source.port',
    'source.port=2-1',
    'source.port=1-70000',
    'source.port=1-2-3',
    'tcp.window=1-2',
  ])
    t.equal(code(path, [], [vary], undefined), 'ERR_BAD_OPTION', vary)
  t.equal(code(path, ['ipv4.source=10.0.0'], [], undefined), 'ERR_BAD_ADDRESS')
  t.equal(code('ethernet/ipv4/upd', [], [], undefined), 'ERR_BAD_OPTION')
  t.throws(() => packetSpec(path, ['source.prt=1'], [], undefined), { message: /did you mean 'sourcePort'/ })
})

t.test('the command', async (t) => {
  const generate = async (...words: string[]) => rxburst(t, 'generate', ...words)
  const { code, stdout } = await generate(
    'loop:a',
    '--packet',
    'ethernet/ipv6/tcp',
    '--vary',
    'source.port=1024-65535',
    '--count',
    '500',
    '--json',
  )
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { sent: 500, offered: 500, refused: 0, packet: 'ethernet/ipv6/tcp', size: 74 })
  const wrong: [string[], RegExp][] = [
    [['loop:a', '--packet', 'ethernet/ipv4/upd'], /did you mean 'udp'.*ERR_BAD_OPTION/],
    [['loop:a', '--packet', 'ethernet/ipv4/udp', '--flow', 'udp > 10.0.0.1:5'], /--flow.*ERR_BAD_OPTION/],
    [['loop:a', '--packet', 'ethernet/ipv6/tcp', '--size', '60'], /takes 74 bytes.*ERR_BAD_OPTION/],
    [['xdp:lo', '--packet', 'ethernet/ipv4/udp'], /ERR_NOT_SUPPORTED/],
  ]
  for (const [words, message] of wrong) {
    const { code, stderr, stdout } = await generate(...words, '--count', '1')
    t.not(code, 0)
    t.match(stderr, message)
    t.equal(stdout, '')
  }
})
