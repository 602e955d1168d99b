import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

const both = `
  import { DROP, tx } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => { for (; data[0] < 64; data[0]++) alloc().send(0) })
    let round = 0
    return (burst) => {
      data[1] += burst.count
      for (let i = 0; i < burst.count; i++) burst.at(i).verdict = round ? tx(0) : DROP
      burst.setAll(round++ ? DROP : tx(0))
    }
  }`

t.test('one verdict for the burst outweighs single ones', async (t) => {
  const data = shared(2)
  const { plane } = await start(t, both, { data })
  await until('all were seen', () => data[1] >= 96)
  const stats = await finish(t, plane)
  t.equal(data[1], 96, 'the first burst was sent back whole, the others were dropped whole')
  t.equal(stats.dropped.packets, 64)
})
