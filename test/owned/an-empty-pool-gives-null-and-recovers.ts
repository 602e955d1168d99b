import { configureArena } from 'rxburst'
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

configureArena({ frames: 512 })

// Takes every frame there is, notes how many, waits for the test, releases them, and then runs an ordinary exchange.
const greedy = `
  import { DROP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    const mine = []
    let nulls = 0
    onTurn(() => {
      if (data[3] === 0) {
        const packet = alloc()
        if (packet) {
          mine.push(packet)
          nulls = 0
        } else if (++nulls === 1000) {
          data[0] = mine.length
          Atomics.store(data, 3, 1)
        }
      } else if (Atomics.load(data, 3) === 2) {
        for (const packet of mine.splice(0)) packet.release()
        Atomics.store(data, 3, 3)
      } else if (data[3] === 3 && data[1] < 1000) {
        const packet = alloc()
        if (!packet) return
        packet.send(0)
        data[1]++
      }
    })
    return (burst) => { data[2] += burst.count }
  }`

t.test('an empty pool gives null and recovers', async (t) => {
  const data = shared(4)
  const { plane } = await start(t, greedy, { data })
  await until('there is no frame left', () => Atomics.load(data, 3) === 1)
  t.equal(data[0], 512, 'all of the arena was given out')
  const dry = await plane.audit()
  t.ok(dry.ok, dry.workers[0].problem)
  t.match(dry.workers[0], { kept: 512, free: 0, frames: 512 })
  Atomics.store(data, 3, 2)
  await until('a thousand packets went round', () => data[2] === 1000)
  const stats = await finish(t, plane)
  t.equal(stats.fresh.packets, 1512)
  t.equal(stats.kept, 0)
})

// Keeps whatever comes until the pool is empty, and lets go of it now and then.
const hoarder = `
  import { KEEP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    const kept = []
    let turn = 0
    onTurn(() => {
      for (let k = 0; k < 8 && data[0] < 3000 && data[0] - data[1] < 900; k++) {
        const packet = alloc()
        if (!packet) break
        packet.u32(14, data[0]++)
        packet.send(0)
      }
      if (++turn % 500 === 0) {
        data[2] = Math.max(data[2], kept.length)
        for (const packet of kept.splice(0)) packet.release()
      }
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) {
        if (burst.at(i).u32(14) !== data[1]++) data[3]++
        kept.push(burst.keep(i))
      }
    }
  }`

t.test('what finds no frame waits on the wire, and none is lost', async (t) => {
  const data = shared(4)
  const { plane } = await start(t, hoarder, { open: ['loop:b'], data })
  await until('all have come', () => data[1] === 3000)
  const stats = await finish(t, plane)
  t.ok(data[2] > 200, `the pool ran dry: ${data[2]} of 512 frames were kept at once`)
  t.equal(data[3], 0, 'in order')
  t.equal(stats.rx.packets, 3000)
  t.equal(stats.rejected.packets, 0)
})
