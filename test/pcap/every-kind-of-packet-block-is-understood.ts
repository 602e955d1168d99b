// pcapng's three blocks that hold packets, units of time, sections in different byte orders, and blocks of no use in
// between.
import t from 'tap'
import { block, bytesOf, description, enhanced, parse, section } from '../fixtures/captures.js'

const bytes = Uint8Array.from({ length: 61 }, (_, i) => i)
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')
const SECOND = 1_000_000_000n

for (const order of [{ little: true }, { little: false }])
  t.test(order.little ? 'little-endian' : 'big-endian', async (t) => {
    t.test('a Simple Packet Block has no time and the first interface', async (t) => {
      const file = Buffer.concat([
        section(order),
        description(order, 1, [], 40),
        block(order, 3, [4, 61], bytes.subarray(0, 40)),
      ])
      const { packets, error } = parse(file)
      t.equal(error, undefined)
      t.equal(packets.length, 1)
      t.equal(hex(packets[0].bytes), hex(bytes.subarray(0, 40)), 'as many bytes as the interface keeps')
      t.equal(packets[0].length, 61)
      t.equal(packets[0].time, undefined)
    })

    t.test('an obsolete Packet Block', async (t) => {
      const file = Buffer.concat([
        section(order),
        description(order, 101),
        description(order, 1),
        block(order, 2, [2, 1], [2, 7], [4, 1], [4, 5], [4, 61], [4, 99], bytes),
      ])
      const { packets } = parse(file)
      t.equal(packets[0].interface.linkType, 1)
      t.equal(packets[0].time, ((1n << 32n) + 5n) * 1000n, 'microseconds unless said')
      t.equal(packets[0].length, 99)
      t.equal(hex(packets[0].bytes), hex(bytes))
    })

    const units: [name: string, options: [number, Uint8Array][], stamp: bigint, time: bigint][] = [
      ['none said', [], 5_000_001n, 5_000_001_000n],
      ['10^-9', [[9, Uint8Array.of(9)]], 5_000_000_001n, 5_000_000_001n],
      ['10^-3', [[9, Uint8Array.of(3)]], 5_001n, 5_001_000_000n],
      ['10^0', [[9, Uint8Array.of(0)]], 5n, 5n * SECOND],
      ['10^-12', [[9, Uint8Array.of(12)]], 5_000_000_001_999n, 5_000_000_001n],
      ['2^-10', [[9, Uint8Array.of(0x8a)]], 5n * 1024n + 512n, 5n * SECOND + SECOND / 2n],
      ['10^-127', [[9, Uint8Array.of(127)]], 1n << 63n, 0n],
      ['2^-127', [[9, Uint8Array.of(0xff)]], 1n << 63n, 0n],
      ['an offset', [[14, bytesOf(order, [8, 100])]], 5_000_000n, 105n * SECOND],
      ['a negative offset', [[14, bytesOf(order, [8, BigInt.asUintN(64, -4n)])]], 5_000_000n, SECOND],
    ]
    for (const [name, options, stamp, time] of units)
      t.test(`a unit of time: ${name}`, async (t) => {
        const file = Buffer.concat([
          section(order),
          description(order, 1, options),
          enhanced(order, 0, stamp, bytes),
        ])
        t.equal(parse(file).packets[0].time, time)
      })

    t.test('what an interface says of itself', async (t) => {
      const options: [number, Uint8Array][] = [
        [2, Buffer.from('eth0')],
        [13, Uint8Array.of(4)],
        [0, new Uint8Array(0)],
        [2, Buffer.from('behind the end')],
      ]
      const file = Buffer.concat([
        section(order),
        description(order, 1, options),
        enhanced(order, 0, 0n, bytes),
      ])
      t.match(parse(file).packets[0].interface, { linkType: 1, snapLength: 0, name: 'eth0', fcsLength: 4 })
    })
  })

t.test('a section of the other byte order, with interfaces of its own, after blocks of no use', async (t) => {
  const [little, big] = [{ little: true }, { little: false }]
  const file = Buffer.concat([
    section(little),
    block(little, 0x0bad, new Uint8Array(5000)),
    description(little, 1),
    block(little, 5, [4, 0], [4, 0], [4, 0]),
    enhanced(little, 0, 1n, bytes),
    section(big),
    block(big, 0x80000001, new Uint8Array(1)),
    description(big, 113),
    enhanced(big, 0, 2n, bytes),
  ])
  for (const piece of [1, 3, 7, 4096, file.length]) {
    const { packets, error } = parse(file, piece)
    t.equal(error, undefined)
    t.same(
      packets.map((packet) => [packet.number, packet.interface.linkType, packet.time, hex(packet.bytes)]),
      [
        [1, 1, 1000n, hex(bytes)],
        [2, 113, 2000n, hex(bytes)],
      ],
      `in pieces of ${piece}`,
    )
  }
})
