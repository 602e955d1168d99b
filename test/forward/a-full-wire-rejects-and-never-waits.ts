import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// Nobody reads the far end: a wire takes 1024 packets.
const flood = `
  export default ({ data, alloc, onTurn, ports }) => {
    onTurn(() => {
      for (let k = 0; k < 64 && data[0] < 5000; k++) {
        const packet = alloc()
        if (!packet) return
        packet.send(0)
        data[0]++
      }
    })
    return () => {}
  }`

t.test('a full wire', async (t) => {
  const data = shared(1)
  const { plane } = await start(t, flood, { open: ['loop:a,peer=nobody'], data })
  await until('all were sent', () => data[0] === 5000)
  const stats = await finish(t, plane)
  t.equal(stats.tx.packets, 1024, 'what the device took')
  t.equal(stats.rejected.packets, 5000 - 1024, 'and what it refused')
  t.equal(stats.tx.bytes, 1024 * 60)
})

// Every other packet is larger than a loop port takes.
const large = `
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      for (; data[0] < 40; data[0]++) {
        const packet = alloc(100)
        if (data[0] % 2) packet.resize(1793, -256)
        packet.send(0)
      }
    })
    return (burst) => { data[1] += burst.count }
  }`

t.test('a packet too large for the port is rejected and stops no other', async (t) => {
  const data = shared(2)
  const { plane } = await start(t, large, { open: ['loop:b'], data })
  await until('the others came back', () => data[1] === 20)
  const stats = await finish(t, plane)
  t.equal(stats.tx.packets, 20)
  t.equal(stats.rejected.packets, 20)
})
