import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// Each port sends ten packets that carry its own index; data[3 * port + from] counts what port received.
const talk = `
  import { DROP, perPacket } from 'rxburst'
  export default ({ data, alloc, onTurn, ports }) => {
    let sent = 0
    onTurn(() => {
      for (; sent < 10; sent++)
        for (const { index } of ports) {
          const packet = alloc()
          packet.u8(14, index)
          packet.send(index)
        }
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) data[3 * burst.port + burst.at(i).u8(14)]++
    }
  }`

t.test('loop peers are the two ends of a wire', async (t) => {
  const data = shared(9)
  const { plane } = await start(t, talk, { open: ['loop:a,peer=b', 'loop:b,peer=a', 'loop:c'], data })
  await until('all have come', () => data.reduce((a, b) => a + b) === 30)
  await finish(t, plane)
  t.same([...data], [0, 10, 0, 10, 0, 0, 0, 0, 10], 'a hears b, b hears a, c hears itself')
})
