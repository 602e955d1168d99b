// flowHash() against Microsoft's published vectors, and against DPDK's rte_softrss and rte_softrss_be, bit for bit.
import { flowHash, MICROSOFT_KEY, SYMMETRIC_KEY } from 'rxburst/wire'
import t from 'tap'
import { askDpdk } from '../fixtures/tables/dpdk-tables.js'

const address4 = (text: string) => text.split('.').reduce((word, part) => word * 256 + Number(part), 0)
const words6 = (text: string) => {
  const [front, back = ''] = text.split('::').map((half) => half.split(':').filter(Boolean))
  const tail = back as string[]
  const parts = [...front, ...Array<string>(8 - front.length - tail.length).fill('0'), ...tail]
  return [0, 2, 4, 6].map((i) => parseInt(parts[i], 16) * 65536 + parseInt(parts[i + 1], 16))
}

// Microsoft, "Verifying the RSS Hash Calculation": source and port, destination and port, with addresses only, with
// ports.
const VECTORS_4 = [
  ['66.9.149.187', 2794, '161.142.100.80', 1766, 0x323e8fc2, 0x51ccc178],
  ['199.92.111.2', 14230, '65.69.140.83', 4739, 0xd718262a, 0xc626b0ea],
  ['24.19.198.95', 12898, '12.22.207.184', 38024, 0xd2d0a5de, 0x5c2b394a],
  ['38.27.205.30', 48228, '209.142.163.6', 2217, 0x82989176, 0xafc7327f],
  ['153.39.163.191', 44251, '202.188.127.2', 1303, 0x5d1809c5, 0x10e828a2],
] as const
const VECTORS_6 = [
  ['3ffe:2501:200:1fff::7', 2794, '3ffe:2501:200:3::1', 1766, 0x2cc18cd5, 0x40207d3d],
  ['3ffe:501:8::260:97ff:fe40:efab', 14230, 'ff02::1', 4739, 0x0f0c461c, 0xdde51bbf],
  ['3ffe:1900:4545:3:200:f8ff:fe21:67cf', 44251, 'fe80::200:f8ff:fe21:67cf', 38024, 0x4b61e985, 0x02d1feef],
] as const

const bytesOf = (words: readonly number[]) => {
  const bytes = new Uint8Array(4 * words.length + 3)
  for (const [i, word] of words.entries()) new DataView(bytes.buffer).setUint32(3 + 4 * i, word)
  return bytes
}

t.test("Microsoft's vectors", async (t) => {
  const hash = flowHash({ key: MICROSOFT_KEY })
  for (const [source, sourcePort, destination, destinationPort, addresses, ports] of VECTORS_4) {
    const [s, d] = [address4(source), address4(destination)]
    t.equal(hash.ipv4(s, d), addresses, source)
    t.equal(hash.ipv4(s, d, sourcePort, destinationPort), ports)
    t.equal(hash.ipv4(s | 0, d | 0, sourcePort, destinationPort), ports, 'signed words')
    t.equal(hash.bytes(bytesOf([s, d, sourcePort * 65536 + destinationPort]), 3, 12), ports)
  }
  for (const [source, sourcePort, destination, destinationPort, addresses, ports] of VECTORS_6) {
    const words = [...words6(source), ...words6(destination)]
    const [a, b, c, d, e, f, g, h] = words
    t.equal(hash.ipv6(a, b, c, d, e, f, g, h), addresses, source)
    t.equal(hash.ipv6(a, b, c, d, e, f, g, h, sourcePort, destinationPort), ports)
    t.equal(hash.bytes(bytesOf([...words, sourcePort * 65536 + destinationPort]), 3, 36), ports)
  }
})

t.test("DPDK's rte_softrss", async (t) => {
  const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 31)
  t.comment(`RXBURST_SEED=${seed}`)
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state ^ (state >>> 15)) >>> 0
  }
  const odd = Uint8Array.from({ length: 40 }, random)
  for (const key of [MICROSOFT_KEY, SYMMETRIC_KEY, odd]) {
    const hash = flowHash({ key })
    const tuples = Array.from({ length: 500 }, (_, i) => Array.from({ length: i % 2 ? 9 : 3 }, random))
    const lines = askDpdk(t, [
      `key ${Buffer.from(key).toString('hex')}`,
      ...tuples.map((tuple) => `hash ${tuple.join(' ')}`),
    ])
    const ours = tuples.map((tuple) => {
      const ports = tuple[tuple.length - 1]
      const [sourcePort, destinationPort] = [ports >>> 16, ports & 0xffff]
      const [a, b, c, d, e, f, g, h] = tuple
      const value =
        tuple.length === 3
          ? hash.ipv4(a, b, sourcePort, destinationPort)
          : hash.ipv6(a, b, c, d, e, f, g, h, sourcePort, destinationPort)
      t.equal(hash.bytes(bytesOf(tuple), 3, 4 * tuple.length), value)
      return `${value} ${value}`
    })
    t.same(lines, ours, 'rte_softrss and rte_softrss_be')
  }
})

t.test('both directions of a flow have one hash under the symmetric key', async (t) => {
  const hash = flowHash()
  const [s, d] = [0x0a000001, 0xc0000201]
  t.equal(hash.ipv4(s, d, 4000, 53), hash.ipv4(d, s, 53, 4000))
  t.equal(hash.ipv6(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), hash.ipv6(5, 6, 7, 8, 1, 2, 3, 4, 10, 9))
  t.not(
    flowHash({ key: MICROSOFT_KEY }).ipv4(s, d, 4000, 53),
    flowHash({ key: MICROSOFT_KEY }).ipv4(d, s, 53, 4000),
  )
})
