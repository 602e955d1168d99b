// Files with bytes changed, left out and put in: each gives packets and at most one of the two errors, the same
// whatever pieces it comes in.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { block, description, enhanced, output, parse, pcapFile, section } from '../fixtures/captures.js'

const RUNS = Number(process.env.ROUNDS ?? 2000)
const seed = Number(process.env.RXBURST_SEED ?? Date.now() & 0x7fffffff)
t.comment(`RXBURST_SEED=${seed}`)

const bytes = Uint8Array.from({ length: 90 }, (_, i) => i)
const [little, big] = [{ little: true }, { little: false }]
const file = (name: string) => join(t.testdirName, name)
t.testdir({})
const three = [1n, 2n, 3n].map((time) => ({ bytes, time }))
writeFileSync(file('one.pcap'), pcapFile(little, three, { ns: true }))
output('mergecap', ['-w', file('merged.pcapng'), file('one.pcap'), file('one.pcap')])

const seeds = [
  pcapFile(little, three),
  pcapFile(big, three, { ns: true, linkType: 231 }),
  Buffer.concat([
    section(little),
    description(little, 1, [[9, Uint8Array.of(9)]]),
    enhanced(little, 0, 7n, bytes),
    block(little, 3, [4, 90], bytes),
    block(little, 2, [2, 0], [2, 0], [4, 0], [4, 0], [4, 90], [4, 90], bytes),
    section(big),
    description(big, 113),
    enhanced(big, 0, 9n, bytes),
  ]),
  output('cat', [file('merged.pcapng')]) && (await import('node:fs')).readFileSync(file('merged.pcapng')),
]

const change = fc.record({
  at: fc.nat(1 << 16),
  remove: fc.oneof(fc.constant(0), fc.nat(40)),
  insert: fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constant(Uint8Array.of(0xff, 0xff, 0xff, 0xff))),
})

t.test('mutations', async (t) => {
  let refused = 0
  let packets = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(change, { maxLength: 4 }),
      fc.integer({ min: 1, max: 200 }),
      (whole, changes, piece) => {
        let data = Buffer.from(whole)
        for (const { at, remove, insert } of changes) {
          const from = at % (data.length + 1)
          data = Buffer.concat([data.subarray(0, from), insert, data.subarray(from + remove)])
        }
        const once = parse(data)
        const pieces = parse(data, piece)
        if (once.error && !/^ERR_CAPTURE_(CUT|FORMAT)$/.test(once.error.code)) throw once.error
        if (once.error && !(once.error.position >= 0 && once.error.position <= data.length))
          throw new Error(`position ${once.error.position} of ${data.length}`)
        const shape = ({ packets, error }: typeof once) =>
          [
            ...packets.map((p) => `${p.number} ${p.position} ${p.time} ${p.length} ${p.bytes.length}`),
            error?.code,
          ].join('\n')
        if (shape(once) !== shape(pieces)) throw new Error(`${shape(once)}\nin pieces:\n${shape(pieces)}`)
        refused += once.error ? 1 : 0
        packets += once.packets.length
      },
    ),
    { numRuns: RUNS, seed },
  )
  t.ok(refused > RUNS / 10, `${refused} of ${RUNS} files were refused`)
  t.ok(packets > RUNS, `${packets} packets were read`)
})
