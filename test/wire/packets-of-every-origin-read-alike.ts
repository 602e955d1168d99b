// A packet of a burst, one by its index, one that the program keeps, a plain array and a Buffer: the same numbers and
// fields. In debug mode the number of another packet throws.
import { DROP, perPacket } from 'rxburst'
import { tester } from 'rxburst/testing'
import { is, locate, udp as u } from 'rxburst/wire'
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'
import { ipv4, ipv6, udp } from '../fixtures/wire.js'

const reader = `
  import { DROP } from 'rxburst'
  import { ipv4, is, locate, udp } from 'rxburst/wire'
  const read = (p) => {
    const at = locate(p)
    return [at, ipv4.source(p, at), udp.destinationPort(p, at), Number(is.udp(at))].join(' ')
  }
  export default ({ data: { packets, cells }, alloc, onTurn }) => {
    onTurn(() => {
      if (cells[0]++) return
      for (const bytes of packets) {
        const packet = alloc(bytes.length)
        packet.set(bytes)
        packet.send(0)
      }
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) {
        const bytes = packets[cells[1]++ % packets.length]
        const wanted = read(bytes)
        if (read(burst.at(i)) !== wanted) cells[2]++
        if (read(burst.at(i).view()) !== wanted || read(Buffer.from(bytes)) !== wanted) cells[2]++
        const at = locate(burst.at(i))
        udp.setDestinationPort(burst.at(i), at, 7)
        if (udp.destinationPort(burst.at(i), at) !== 7) cells[2]++
        udp.setDestinationPort(burst.at(i), at, 53)
        const kept = burst.keep(i)
        if (read(kept) !== wanted) cells[2]++
        kept.release()
      }
    }
  }`

const packets = [ipv4(17, udp(53, '61626364')), ipv4(17, udp(53, ''), '01010101'), ipv4(6, '00'.repeat(20))]

// In a worker the commonest kinds take a way of their own through locate(); of an array every packet takes the long
// one.
const TCP = '00010035 00000001 00000002 5010 1000 0000 0000'
const tagged = (packet: Uint8Array) =>
  Uint8Array.of(...packet.subarray(0, 12), 0x81, 0, 0, 7, ...packet.subarray(12))
const changed = (packet: Uint8Array, i: number, ...values: number[]) => {
  packet.set(values, i)
  return packet
}
const KINDS = [ipv4(17, udp(53, '61626364')), ipv4(6, TCP), ipv6(17, udp(53, '')), ipv6(6, TCP)]
KINDS.push(ipv4(17, udp(53, ''), '01010101'), ipv4(6, TCP, '01010101'))
KINDS.push(tagged(ipv4(17, udp(53, ''))), tagged(ipv4(6, TCP)))
KINDS.push(tagged(ipv6(17, udp(53, ''))), tagged(ipv4(17, udp(53, ''), '01010101')))
for (const [i, ...values] of [
  [16, 0, 29], // IP's length is a byte too small, a byte more than there is
  [17, 33],
  [20, 0x20], // a fragment, the first and a later one
  [21, 1],
  [38, 0, 7], // UDP's length, and one more than IP has room for
  [39, 13],
  [14, 0x44],
  [23, 6],
])
  KINDS.push(changed(ipv4(17, udp(53, '61626364')), i, ...values))
for (const [i, ...values] of [
  [46, 0x40],
  [46, 0x60],
  [17, 39],
])
  KINDS.push(changed(ipv4(6, TCP), i, ...values))
KINDS.push(changed(ipv6(17, udp(53, '')), 19, 7), changed(ipv6(17, udp(53, '')), 19, 9))
// The same lies behind a tag, behind options and in IPv6, and a header of 16 bytes whose ports look like a length.
KINDS.push(changed(tagged(ipv4(17, udp(53, ''))), 43, 9), changed(tagged(ipv4(17, udp(53, ''))), 43, 7))
KINDS.push(changed(tagged(ipv4(6, TCP)), 50, 0xf0), changed(tagged(ipv4(6, TCP)), 50, 0x40))
KINDS.push(changed(ipv6(17, udp(53, '')), 59, 7), changed(ipv6(17, udp(53, '')), 59, 9))
KINDS.push(changed(ipv4(17, udp(53, ''), '01010101'), 43, 9))
KINDS.push(changed(changed(ipv4(17, udp(53, '61626364')), 14, 0x44), 34, 0, 8))

t.test('each kind has one number', async (t) => {
  let seen = -1
  const tested = tester(() =>
    perPacket((packet) => {
      seen = locate(packet)
      return DROP
    }),
  )
  for (const [n, bytes] of KINDS.entries())
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.subarray(0, length)
      tested.receive(part)
      if (seen !== locate(part)) t.fail(`kind ${n}, ${length} bytes: ${seen}, not ${locate(part)}`)
    }
  t.ok(KINDS.length > 20, `${KINDS.length} kinds, cut anywhere`)
})

for (const debug of [false, true])
  t.test(`in a worker, debug: ${debug}`, async (t) => {
    const cells = shared(3)
    const { plane } = await start(t, reader, { data: { packets: packets.slice(0, 2), cells }, debug })
    await until('all came back', () => cells[1] >= 2)
    await finish(t, plane)
    t.equal(cells[2], 0, 'nothing read otherwise')
  })

const confuser = `
  import { ipv4, locate, udp } from 'rxburst/wire'
  export default ({ data: { packets, cells }, alloc, onTurn }) => {
    const attempt = (what) => {
      try {
        what()
        return 1
      } catch (error) {
        return error.code === 'ERR_BAD_AT' ? 2 : 3
      }
    }
    onTurn(() => {
      if (cells[0]++) return
      const made = packets.map((bytes) => {
        const packet = alloc(bytes.length)
        packet.set(bytes)
        return packet
      })
      const [plain, options, six] = made
      const ats = made.map(locate)
      cells[2] = attempt(() => udp.destinationPort(plain, ats[0]))
      cells[3] = attempt(() => udp.destinationPort(plain, ats[1]))
      cells[4] = attempt(() => udp.setDestinationPort(options, ats[0], 1))
      cells[5] = attempt(() => ipv4.source(six, ats[0]))
      cells[6] = attempt(() => ipv4.setTimeToLive(plain, ats[0], 1))
      for (const packet of made) packet.release()
      cells[1] = 1
    })
    return () => {}
  }`

for (const debug of [true, false])
  t.test(`the number of another packet, debug: ${debug}`, async (t) => {
    const cells = shared(7)
    const three = [...packets.slice(0, 2), ipv6(17, udp(53, ''))]
    const { plane } = await start(t, confuser, { data: { packets: three, cells }, debug })
    await until('all were tried', () => cells[1] === 1)
    await finish(t, plane)
    const other = debug ? 2 : 1
    t.same([...cells.subarray(2)], [1, other, other, other, 1], 'throws in debug mode, and only there')
  })

t.test('without a worker', async (t) => {
  const packet = ipv4(17, udp(53, '6162'))
  const node = Buffer.from(packet)
  const at = locate(packet)
  t.equal(locate(node), at, 'a Buffer, which has a property offset of its own')
  t.equal(u.destinationPort(node, at), 53)
  const inside = new Uint8Array(100).fill(0xff)
  inside.set(packet, 10)
  const part = inside.subarray(10, 10 + packet.length)
  t.equal(locate(part), at, 'a part of another array')
  u.setLength(part, at, 0xffff)
  t.ok(is.malformed(locate(part)))
  t.equal(u.length(part, at), 0xffff)
})
