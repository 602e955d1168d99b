import t from 'tap'
import { shared, start, until } from '../fixtures/plane.js'

const bytes = [0x01, 0x82, 0x83, 0x84, 0x05, 0xf6, 0x07, 0x08]
const reader = `
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      if (data[0]++) return
      const packet = alloc(64)
      packet.set(${JSON.stringify(bytes)}, 3)
      packet.u8(20, 0x1ff)
      packet.u16(21, 0xabcd)
      packet.u32(23, 0xdeadbeef)
      data[20] = packet.u16(40, 0x1234)
      packet.send(0)
    })
    return (burst) => {
      const packet = burst.at(0)
      data.set([packet.u8(3), packet.u8(4), packet.u16(3), packet.u16(4), packet.u16(5), packet.u32(3), packet.u32(4)], 2)
      data.set(packet.copy().subarray(20, 27), 10)
      data[1] = 1
    }
  }`

t.test('numbers are read and written in network byte order', async (t) => {
  const data = shared(32)
  const { plane } = await start(t, reader, { data })
  await until('it was read', () => data[1] === 1)
  await plane.stop()
  const unsigned = [...new Uint32Array(data.buffer)]
  t.same(
    unsigned.slice(2, 9),
    [0x01, 0x82, 0x0182, 0x8283, 0x8384, 0x01828384, 0x82838405],
    'at any offset, unsigned',
  )
  t.same(
    unsigned.slice(10, 17),
    [0xff, 0xab, 0xcd, 0xde, 0xad, 0xbe, 0xef],
    'written big-endian, cut to size',
  )
  t.equal(data[20], 0x1234, 'a write returns what it wrote')
})
