// Packets cut, mutated and made of noise: dissect() gives what is there, in bounded work, and reads nothing outside the
// packet.
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { dissect } from '../../dist/lib/dissect/dissect.js'
import { lineOf } from '../../dist/lib/dissect/line.js'

const ROUNDS = Number(process.env.ROUNDS ?? 100_000)
const seed = Number(process.env.RXBURST_SEED ?? Date.now() & 0x7fffffff)
let state = seed >>> 0
const random = (below: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const MACS = '020000000002020000000001'
const IP = (protocol: string, rest: string) =>
  `0800 4500${(20 + rest.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')} 00010000 40${protocol}0000 c0000201c0000202 ${rest}`
const UDP = (port: string, rest: string) =>
  `d204${port} ${(8 + rest.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')} 0000 ${rest}`
const SEEDS = [
  `${MACS} ${IP('06', '0050d204 00000001 00000002 a012ffff00000000 020405b4 0402080a 0000000100000002 01030307')}`,
  `${MACS} ${IP('11', UDP('0035', '0001 8180 0001 0001 0000 0000 01610000010001 c00c 0001 0001 00000010 0004 01020304'))}`,
  `${MACS} ${IP('11', UDP('12b5', `08000000 00000100 ${MACS} ${IP('01', '0303fcfc 00000000 4500001c 00010000 40110000 c0000201c0000202 d204003500080000')}`))}`,
  `${MACS} ${IP('2f', '30000800 00000001 00000002 4500001c 00010000 40110000 c0000201c0000202 d204003500080000')}`,
  `${MACS} 88a8 2064 8100 6007 86dd 60000000 0030 00 40 ${'20'.repeat(32)} 2c00 0502 0000 0100 3a00 0000 0000 0001 8700 0000 00000000 ${'fe'.repeat(16)} 0101 020000000001`,
  `${MACS} 8847 00010140 4500001c 00010000 40110000 c0000201c0000202 d204003500080000`,
  `${MACS} ${IP('11', UDP('0868', '34ff0014 00000001 00010085 01100900 4500001c00010000 40110000c0000201c0000202'))}`,
  `${MACS} ${IP('11', UDP('17c1', '0240655800000a00 00008001 0000000c 00000000 020000000002020000000001 0806 0001'))}`,
].map(hex)

function packet(bytes: Uint8Array, length: number) {
  return { number: 1, position: 0, interface: { linkType: 1, snapLength: 0 }, time: 0n, length, bytes }
}

t.test('packets', async (t) => {
  t.comment(`RXBURST_SEED=${seed}`)
  let fields = 0
  let slowest = 0
  for (let round = 0; round < ROUNDS; round++) {
    const from = SEEDS[random(SEEDS.length)]
    const noise = random(20) === 0
    // A packet in the middle of a larger buffer: what stands around it must never be seen.
    const around = new Uint8Array(2000).fill(0xa5)
    const size = noise ? random(300) : from.length
    const bytes = around.subarray(100, 100 + size)
    if (noise) for (let i = 0; i < size; i++) bytes[i] = random(256)
    else bytes.set(from)
    for (let i = random(8); i > 0; i--) bytes[random(size || 1)] = random(256)
    const kept = bytes.subarray(0, random(3) === 0 ? random(size + 1) : size)
    const began = performance.now()
    const found = dissect(packet(kept, size))
    lineOf(packet(kept, size), found, { link: true, verbose: true })
    slowest = Math.max(slowest, performance.now() - began)
    fields += found.fields.size
    if (round % 100 === 0) {
      const other = Uint8Array.from(kept)
      const alone = dissect(packet(other, size))
      if (JSON.stringify([...alone.fields]) !== JSON.stringify([...found.fields]))
        t.fail(`round ${round} read outside the packet`)
    }
  }
  t.ok(
    fields > ROUNDS * 5,
    `${fields} fields in ${ROUNDS} packets; the slowest took ${slowest.toFixed(1)} ms`,
  )
})

t.test('headers without end', async (t) => {
  const label = '00010040'
  const mpls = dissect(packet(hex(`${MACS} 8847 ${label.repeat(20_000)}`), 80_014))
  t.ok(mpls.layers.length <= 64, 'MPLS labels')
  const extensions = `${'3c000104000000'.padEnd(16, '0')}`.repeat(255)
  const ipv6 = dissect(
    packet(hex(`${MACS} 86dd 60000000 ffff 3c 40 ${'20'.repeat(32)} ${extensions}`), 14 + 40 + 255 * 8),
  )
  t.ok(ipv6.layers.length <= 64, '255 extension headers')
  // A name that points at itself, as often as a message has room for.
  const names = 'c00c00010001'.repeat(5000)
  const loop = dissect(
    packet(
      hex(
        `${MACS} ${IP('11', UDP('0035', `0001 0100 1388 0000 0000 0000 ${names}`)).replace(/4500..../, '45000000')}`,
      ),
      30_054 + 14,
    ),
  )
  t.ok(loop.fields.has('dns.id'))
  for (const size of [0, 1, 13, 14]) dissect(packet(new Uint8Array(size), 9000))
  t.same([...dissect(packet(new Uint8Array(0), 0)).fields.keys()].slice(0, 2), [
    'frame.number',
    'frame.encap_type',
  ])
})
