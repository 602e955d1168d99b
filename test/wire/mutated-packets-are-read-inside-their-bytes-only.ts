// Changed and cut packets of every kind, between guard bytes: nothing throws, no byte from outside is read, an
// OwnedPacket reads as a plain array does. ROUNDS is how many packets; RXBURST_SEED repeats a run.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { finish, shared, start, until } from '../fixtures/plane.js'
import { bytes, ipv4, ipv6, udp } from '../fixtures/wire.js'

const ROUNDS = Number(process.env.ROUNDS ?? 5_000)
const SEED = Number(process.env.RXBURST_SEED ?? Date.now() % 1_000_000)
const MACS = '020000000002 020000000001'
const text = (packet: Uint8Array) => Buffer.from(packet).toString('hex')
const dns = udp(
  53,
  '1234 8180 0001 0001 0000 0000 0377777703666f6f00 001c 0001 c00c 0001 0001 0000003c 0004 0a000001',
)
const tcp = '0050 01bb 00000001 00000002 a012 1000 0000 0000 020405b4 01030307 0101080a 0000000100000002'
const frame = text(ipv4(17, dns))
const advertisement = `8600 0000 40c0 0708 00000000 00000000 0101 020000000001 0304 40c0 00000e10 00000e10 00000000 20010db8${'00'.repeat(12)}`

const PACKETS = [
  ipv4(17, dns),
  ipv4(6, tcp),
  ipv4(17, dns, '94040000 07070400 00000001'),
  ipv6(17, dns),
  ipv6(6, tcp),
  ipv6(58, advertisement),
  ipv6(0, `3c00 0502 0000 0100 2b00 0104 00000000 2c02 0001 ${'00'.repeat(20)} 1100 0001 00000001 ${dns}`),
  ipv4(1, `0303 0000 00000000 ${text(ipv4(17, dns)).slice(28)}`),
  ipv4(17, udp(4789, `08000000 00002a00 ${frame}`)),
  ipv4(17, udp(2152, `34ff 0000 00000001 00000085 01000000 ${frame.slice(28)}`)),
  ipv4(17, udp(6081, `0200 6558 00002a00 0102800100000000 ${frame}`)),
  ipv4(47, `b000 6558 00000000 0000002a 00000001 ${frame}`),
  ipv4(4, frame.slice(28)),
  ipv4(132, '0001 0002 00000003 00000004'),
  ipv4(
    17,
    udp(67, `0101 0600 00000001 0000 8000 ${'00'.repeat(224)} 63825363 350101 3707 01020304050607 ff`),
  ),
  ipv4(17, udp(123, '23'.repeat(48))),
  bytes(`${MACS} 88a8 0001 8100 0002 ${frame.slice(24)}`),
  bytes(`${MACS} 8847 00010040 00011140 ${frame.slice(28)}`),
  bytes(`${MACS} 0806 0001 0800 0604 0001 ${'0a'.repeat(20)}`),
  new Uint8Array(0),
  Uint8Array.of(1),
]

t.test(`${ROUNDS} packets, seed ${SEED}`, async (t) => {
  const cells = shared(5)
  cells[0] = ROUNDS
  const source = readFileSync(`${root}test/fixtures/wire/wild-wire.mjs`, 'utf8')
  const { plane } = await start(t, source, { data: { packets: PACKETS, cells, seed: SEED } })
  await until('all were read', () => cells[1] >= ROUNDS, 3_600_000)
  await finish(t, plane)
  t.equal(cells[3], 0, 'nothing threw')
  t.equal(cells[2], 0, 'no packet read otherwise with other bytes around it')
  t.equal(cells[4], 0, 'an owned packet reads as a plain array')
})
