import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// The frame behind the packet's end is filled with 0x55 first.
const peek = `
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      if (data[0]++) return
      const packet = alloc(64)
      packet.view().fill(0x55)
      packet.resize(32)
      data.set([packet.u8(31), packet.u8(32), packet.u16(30), packet.u16(31), packet.u32(28), packet.u32(29), packet.u8(-1)], 2)
      packet.u8(32, 1)
      packet.u16(31, 0x0101)
      packet.u32(30, 0x01010101)
      packet.set([2, 2, 2], 31)
      packet.resize(64)
      data.set([packet.u8(31), packet.u8(32), packet.u16(31), packet.u32(30)], 10)
      packet.release()
      data[1] = 1
    })
    return () => {}
  }`

t.test('behind the end', async (t) => {
  const data = shared(16)
  const { plane } = await start(t, peek, { data })
  await until('it has looked', () => data[1] === 1)
  await finish(t, plane)
  t.same([...data.subarray(2, 9)], [0x55, 0, 0x5555, 0, 0x55555555, 0, 0], 'reads as zero')
  t.same([...data.subarray(10, 14)], [2, 0x55, 0x0255, 0x55025555], 'and is not written')
})
