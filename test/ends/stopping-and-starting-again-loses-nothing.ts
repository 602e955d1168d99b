import { configureArena, open, run } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { closesAllBut, openDescriptors } from '../fixtures/leftovers.js'
import { finish, processor, shared, until } from '../fixtures/plane.js'

configureArena({ frames: 1024 })

const carousel = `
  import { tx } from 'rxburst'
  export default ({ alloc, onTurn, data }) => {
    let sent = 0
    onTurn(() => { for (; sent < 64; sent++) alloc(100).send(0) })
    return (burst) => {
      data[0] += burst.count
      burst.setAll(tx(0))
    }
  }`

t.test('the same port, ten times, and opened anew each time', async (t) => {
  const file = processor(t, carousel)
  const first = await open('loop:a')
  await first.close()
  const before = openDescriptors()
  for (let round = 0; round < 10; round++) {
    const port = await open('loop:a')
    for (let turn = 0; turn < 2; turn++) {
      const data = shared(1)
      const plane = await run(file, { workers: [{ queues: port.queues, data }] })
      await until('packets flow', () => data[0] > 200)
      if (round === 0) await finish(t, plane)
      else await plane.stop()
      await plane.done
      if (!(await plane.audit()).ok) t.fail('the books are wrong')
    }
    await port.close()
  }
  t.equal(native.arena.framesAvailable(), 1024)
  await closesAllBut(t, before)
})
