// For each field of the table: its accessor reads the bits that stand there, its setter changes these bits and, beside
// them, a checksum only.
import { HEADERS } from 'rxburst/wire'
import t from 'tap'
import { accessorsOf, asValue, bitsOf, sampleOf, setBits } from '../fixtures/wire.js'

const ROUNDS = 20

let state = Number(process.env.RXBURST_SEED ?? '1')
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state
}
const randomBits = (width: number) => {
  let value = 0n
  for (let k = 0; k < width; k += 16) value = (value << 16n) | BigInt(random() >>> 16)
  return value & ((1n << BigInt(width)) - 1n)
}

for (const header of HEADERS)
  t.test(`${header.name}, ${header.source}`, async (t) => {
    t.ok(header.fields.length > 0)
    for (const field of header.fields) {
      const { packet, at, begin } = sampleOf(header)
      const accessors = accessorsOf(header, field)
      for (let round = 0; round < ROUNDS; round++) {
        for (let k = 0; k < header.bytes; k++) packet[begin + k] = random() >>> 24
        const there = bitsOf(packet, begin, field)
        const read = accessors.read(packet, at, begin)
        if (round === 0 || !t.passing) t.same(read, asValue(field, there), `${field.name} is read`)
        else if (JSON.stringify(read) !== JSON.stringify(asValue(field, there)))
          t.same(read, asValue(field, there), `${field.name} is read`)

        const bits = randomBits(field.width)
        const wanted = packet.slice()
        setBits(wanted, begin, field, bits)
        accessors.write(packet, at, begin, asValue(field, bits))
        const changed = [...packet.keys()].filter((k) => packet[k] !== wanted[k])
        if (bitsOf(packet, begin, field) !== bits || changed.length > 4)
          t.fail(
            `${field.name} is written: ${bits} became ${bitsOf(packet, begin, field)}; bytes ${changed} differ`,
          )
        const checksums = [14 + 10, 34 + 6, 34 + 16, 34 + 2, 54 + 6, 54 + 2].flatMap((place) => [
          place,
          place + 1,
        ])
        const other = changed.filter((k) => !checksums.includes(k))
        if (other.length > 0) t.fail(`${field.name}: its setter changed the bytes ${other}`)
      }
    }
  })

t.test('the sum of all', async (t) => {
  const fields = HEADERS.flatMap(({ fields }) => fields)
  t.ok(HEADERS.length >= 45 && fields.length >= 240, `${HEADERS.length} headers, ${fields.length} fields`)
  for (const { name, fields, bytes } of HEADERS) {
    t.equal(new Set(fields.map((field) => field.name)).size, fields.length, `${name}: no name twice`)
    const end = Math.max(...fields.filter(({ wireshark }) => wireshark).map(({ bit, width }) => bit + width))
    t.ok(end <= bytes * 8 || /option|icmp|gtpu/i.test(name), `${name}: its fields lie in its ${bytes} bytes`)
  }
})
