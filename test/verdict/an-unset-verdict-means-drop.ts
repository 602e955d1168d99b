import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// The first round sends every packet back, to leave verdicts behind in the columns; the later ones set none.
const forgetful = `
  import { tx } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => { for (; data[0] < 100; data[0]++) alloc().send(0) })
    let round = 0
    return (burst) => {
      data[1] += burst.count
      if (round++ === 0) for (let i = 0; i < burst.count; i++) burst.verdict[i] = tx(0)
    }
  }`

t.test('an unset verdict means drop', async (t) => {
  const data = shared(2)
  const { plane } = await start(t, forgetful, { data })
  await until('all were seen', () => data[1] >= 132)
  const stats = await finish(t, plane)
  t.equal(data[1], 132, 'the burst of 32 that was sent back came once more')
  t.equal(stats.dropped.packets, 100)
  t.equal(stats.tx.packets, 132)
})
