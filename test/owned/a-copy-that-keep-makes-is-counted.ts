// Where a backend lends its memory, keep() has to copy; no copy is silent.
import t from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { finish, shared, start, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const SENT = 100
const KEPT = 30

// Sends out of the first port; of what arrives at the second it keeps some. data: sent, arrived, kept, and
// whether to begin: a worker polls before packets are let in.
const keeper = `
  import { DROP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    const kept = []
    onTurn(() => {
      if (!Atomics.load(data, 3)) return
      for (; data[0] < ${SENT}; data[0]++) {
        const packet = alloc()
        if (!packet) return
        packet.send(0)
      }
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) {
        const packet = data[2] < ${KEPT} ? burst.keep(i) : null
        if (!packet) continue
        kept.push(packet)
        data[2]++
      }
      data[1] += burst.count
      if (data[1] === ${SENT}) for (const packet of kept.splice(0)) packet.release()
    }
  }`

for (const [backend, copies] of [
  ['packet', KEPT],
  ['socket', 0],
] as const)
  t.test(backend, { skip: !met && 'this machine gives no network namespace' }, async (t) => {
    const data = shared(4)
    const { plane } = await start(t, keeper, {
      open: [`socket:${ENDS[0]}`, `${backend}:${ENDS[1]}`],
      data,
    })
    Atomics.store(data, 3, 1)
    await until('all of it arrived', () => data[1] === SENT)
    const stats = await finish(t, plane)
    t.equal(data[2], KEPT)
    t.equal(stats.copied, copies, 'as many copies as packets were kept')
  })
