// A worker with fewer frames than its rings have places: alloc() has some from the first turn on, before any packet has
// come.
import { configureArena, open, run } from 'rxburst'
import t from 'tap'
import { inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { ip } from '../fixtures/nic/losing.js'
import { finish, processor, shared, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const FRAMES = 2048

t.test('the first turn', { skip: !met && 'this machine gives no network namespace' }, async (t) => {
  ip('link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far')
  for (const end of ['near', 'far']) ip('link', 'set', end, 'up')
  configureArena({ frames: FRAMES })
  const port = await open('afxdp:near', { takeAll: true, ring: FRAMES })
  const data = shared(2)
  const file = processor(
    t,
    `export default ({ data, alloc, onTurn }) => {
      onTurn(() => {
        if (data[0]++) return
        const packet = alloc(60)
        if (packet) packet.release(), data[1]++
      })
      return () => {}
    }`,
  )
  const plane = await run(file, { workers: [{ queues: port.queues, data }], ports: [port] })
  await until('a turn was made', () => data[0] > 0)
  t.equal(data[1], 1, 'a frame')
  await finish(t, plane)
  await port.close()
})
