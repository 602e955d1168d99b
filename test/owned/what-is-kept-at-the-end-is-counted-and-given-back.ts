import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { finish, shared, start, until } from '../fixtures/plane.js'

const hoarder = `
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => { for (; data[0] < 50; data[0]++) alloc().send(0) })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) burst.keep(i)
      data[1] += burst.count
    }
  }`

t.test('what is kept at the end is counted and given back', async (t) => {
  const data = shared(2)
  const { plane } = await start(t, hoarder, { data })
  await until('all are kept', () => data[1] === 50)
  const stats = await finish(t, plane)
  t.equal(stats.kept, 50, 'never released, so still kept')
  t.equal(native.arena.framesAvailable(), 16384, 'but every frame of the arena is free again')
})
