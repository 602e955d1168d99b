import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// Each attempt says 1 when it threw ERR_OUTSIDE_FRAME and 2 when it was allowed.
const sizes = `
  export default ({ data, alloc, onTurn }) => {
    const attempt = (what) => {
      try {
        what()
        return 2
      } catch (error) {
        return error.code === 'ERR_OUTSIDE_FRAME' ? 1 : 3
      }
    }
    onTurn(() => {
      if (data[0]++) return
      const packet = alloc(100)
      data.set([
        attempt(() => alloc(1792).release()),
        attempt(() => alloc(1793)),
        attempt(() => alloc(-1)),
        attempt(() => alloc(NaN)),
        attempt(() => packet.resize(356, -256)),
        attempt(() => packet.resize(2048)),
        attempt(() => packet.resize(2049)),
        attempt(() => packet.resize(2048, 1)),
        attempt(() => packet.resize(100, -1)),
        attempt(() => packet.resize(-1)),
        attempt(() => packet.resize(NaN)),
        attempt(() => packet.resize(0, 2048)),
        attempt(() => packet.resize(0, 1)),
      ], 2)
      packet.release()
      data[1] = 1
    })
    return () => {}
  }`

t.test('a frame of 2048 bytes', async (t) => {
  const data = shared(20)
  const { plane } = await start(t, sizes, { data })
  await until('all were tried', () => data[1] === 1)
  const stats = await finish(t, plane)
  t.same([...data.subarray(2, 6)], [2, 1, 1, 1], 'alloc() takes 0 to 1792 bytes behind 256 of headroom')
  t.same([...data.subarray(6, 15)], [2, 2, 1, 1, 1, 1, 1, 1, 2], 'resize() stays inside the frame')
  t.equal(stats.fresh.packets, 2)
  t.equal(stats.dropped.packets, 2)
})
