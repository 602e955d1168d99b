import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// Frames are dirtied first, so that zeroes are somebody's work.
const fresh = `
  export default ({ data, alloc, onTurn }) => {
    let turn = 0
    onTurn(() => {
      if (turn++ < 200) {
        const packet = alloc(1500)
        if (!packet) return
        packet.view().fill(0xaa)
        packet.release()
        data[0]++
        return
      }
      if (data[1] >= 600) return
      const packet = alloc(data[1] % 2 ? 1500 : undefined)
      if (!packet) return
      if (packet.length !== (data[1] % 2 ? 1500 : 60) || packet.view().some((byte) => byte)) data[2]++
      data[1]++
      packet.release()
    })
    return () => {}
  }`

t.test('a fresh packet is zeroed and counted', async (t) => {
  const data = shared(3)
  const { plane } = await start(t, fresh, { data })
  await until('600 were looked at', () => data[1] === 600)
  const stats = await finish(t, plane)
  t.equal(data[2], 0, 'each of the length asked for, 60 by default, and all zeroes')
  t.equal(stats.fresh.packets, data[0] + 600)
  t.equal(stats.dropped.packets, stats.fresh.packets, 'a release counts as a drop')
})
