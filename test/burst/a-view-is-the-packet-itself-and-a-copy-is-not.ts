import t from 'tap'
import { shared, start, until } from '../fixtures/plane.js'

const viewer = `
  export default ({ data, alloc, onTurn, memory }) => {
    onTurn(() => {
      if (data[0]++) return
      const packet = alloc(60)
      packet.u8(30, 7)
      packet.send(0)
    })
    return (burst) => {
      const packet = burst.at(0)
      const view = packet.view()
      const copy = packet.copy()
      view[30] = 9
      data.set([packet.u8(30), copy[30], view.length, copy.length, view.buffer === memory.buffer, copy.buffer === memory.buffer,
                copy.buffer.byteLength, copy.buffer instanceof SharedArrayBuffer], 2)
      data[1] = 1
    }
  }`

t.test('a view is the packet itself and a copy is not', async (t) => {
  const data = shared(12)
  const { plane } = await start(t, viewer, { data })
  await until('it was looked at', () => data[1] === 1)
  await plane.stop()
  t.equal(data[2], 9, 'what is written through the view is in the packet')
  t.equal(data[3], 7, 'the copy keeps what was')
  t.same([...data.subarray(4, 6)], [60, 60])
  t.equal(data[6], 1, 'the view lies in the arena')
  t.equal(data[7], 0, 'the copy does not')
  t.equal(data[8], 60, 'and holds no more than the packet')
  t.equal(data[9], 0, 'in memory of its own, that anybody may keep')
})
