// A file that is cut gives every packet in front of the cut, then ERR_CAPTURE_CUT; one that can't be right
// ERR_CAPTURE_FORMAT, with the byte.
import t from 'tap'
import { block, bytesOf, description, enhanced, parse, pcapFile, section } from '../fixtures/captures.js'

const order = { little: true }
const bytes = Uint8Array.from({ length: 61 }, (_, i) => i)

t.test('a pcap file cut at every byte', async (t) => {
  const file = pcapFile(
    order,
    [1, 2, 3].map(() => ({ bytes, time: 0n })),
  )
  for (let size = 0; size <= file.length; size++) {
    const { packets, error } = parse(file.subarray(0, size))
    const whole = Math.max(0, Math.floor((size - 24) / 77))
    const clean = size >= 24 && (size - 24) % 77 === 0
    if (packets.length !== whole || (error === undefined) !== clean) t.fail(`cut at ${size}`)
    if (error && (error.code !== 'ERR_CAPTURE_CUT' || error.position !== (size < 24 ? 0 : 24 + 77 * whole)))
      t.fail(`cut at ${size}: ${error.code} at ${error.position}`)
  }
  t.equal(parse(file).packets.length, 3)
})

t.test('a pcapng file cut at every byte', async (t) => {
  const blocks = [
    section(order),
    description(order, 1),
    enhanced(order, 0, 1n, bytes),
    block(order, 0x0bad, new Uint8Array(50)),
    enhanced(order, 0, 2n, bytes),
  ]
  const file = Buffer.concat(blocks)
  const ends = blocks.map((_, i) => blocks.slice(0, i + 1).reduce((sum, each) => sum + each.length, 0))
  for (let size = 0; size <= file.length; size++) {
    const { packets, error } = parse(file.subarray(0, size), 16)
    const whole = [ends[2], ends[4]].filter((end) => end <= size).length
    if (packets.length !== whole || (error === undefined) !== ends.includes(size)) t.fail(`cut at ${size}`)
    if (error && error.code !== 'ERR_CAPTURE_CUT') t.fail(`cut at ${size}: ${error.message}`)
  }
  t.equal(parse(file).packets.length, 2)
})

const head = pcapFile(order, [])
const start = Buffer.concat([section(order), description(order, 1)])
const wrong: [what: string, file: Uint8Array, position: number, message: RegExp][] = [
  [
    'neither',
    Buffer.from('not a capture'),
    0,
    /neither a pcap nor a pcapng file: it begins with the bytes 6e6f7420/,
  ],
  [
    'a version',
    bytesOf(order, [4, 0xa1b2c3d4], [2, 3], [2, 0], new Uint8Array(16)),
    4,
    /a pcap file of version 3\.0: version 2 is known/,
  ],
  [
    'a packet that is too long',
    bytesOf(order, head, [4, 0], [4, 0], [4, 262145], [4, 262145]),
    24,
    /a packet of 262145 bytes: the most is 262144, at byte 24 of the file/,
  ],
  [
    'a length with the highest bit',
    bytesOf(order, head, [4, 0], [4, 0], [4, 0xffffffff], [4, 60]),
    24,
    /a packet of 4294967295 bytes/,
  ],
  [
    'a block that is too short',
    bytesOf(order, start, [4, 6], [4, 8], [4, 8]),
    start.length,
    /a block of 8 bytes/,
  ],
  [
    'a block that is too long',
    bytesOf(order, start, [4, 6], [4, 0xfffffff0], [4, 0]),
    start.length,
    /a block of 4294967280 bytes/,
  ],
  [
    'two lengths of a block',
    bytesOf(order, start, [4, 6], [4, 32], new Uint8Array(20), [4, 36]),
    start.length,
    /a block of 32 bytes that says 36 bytes at its end/,
  ],
  [
    'two lengths of a block of no use',
    bytesOf(order, start, [4, 77], [4, 32], new Uint8Array(20), [4, 36]),
    start.length,
    /a block of 32 bytes that says 36 bytes at its end/,
  ],
  [
    'no byte order',
    block(order, 0x0a0d0d0a, [4, 0x1a2b3c4e], [2, 1], [2, 0], [8, 0]),
    8,
    /a section header without a byte order: 0x4e3c2b1a/,
  ],
  [
    'a packet of an interface that is not there',
    Buffer.concat([start, enhanced(order, 1, 0n, bytes)]),
    start.length,
    /a packet of interface 1: the section has described 1 interfaces/,
  ],
  [
    'a packet that is longer than its block',
    Buffer.concat([start, block(order, 6, [4, 0], [4, 0], [4, 0], [4, 70], [4, 70], bytes)]),
    start.length,
    /a packet of 70 bytes in a block that has room for 64/,
  ],
  [
    'a packet block without its fields',
    Buffer.concat([start, block(order, 6, [4, 0])]),
    start.length,
    /a packet block of 16 bytes is too short/,
  ],
]
for (const [what, file, position, message] of wrong)
  t.test(`impossible: ${what}`, async (t) => {
    for (const piece of [1, file.length]) {
      const { error } = parse(file, piece)
      t.match(error, { code: 'ERR_CAPTURE_FORMAT', position, message })
    }
  })

t.test('a block in front of the section', async (t) => {
  const { error } = parse(Buffer.concat([section(order).subarray(0, 4), Buffer.alloc(30)]))
  t.equal(error?.code, 'ERR_CAPTURE_FORMAT')
})
