import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// Puts a VLAN tag into every packet on its first round, and takes it out again on the second.
const tagger = `
  import { DROP, perPacket, tx } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      for (; data[0] < 40; data[0]++) {
        const packet = alloc(60 + data[0])
        packet.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x08, 0x00, data[0]])
        packet.send(0)
      }
    })
    return perPacket((packet) => {
      const tagged = packet.u16(12) === 0x8100
      const move = tagged ? 4 : -4
      if (packet.length !== 60 + packet.u8(tagged ? 18 : 14) + (tagged ? 4 : 0)) data[2]++
      for (let at = 0; at < 12; at++) if (packet.u8(at) !== at + 1) data[2]++
      if (tagged && data[1]++ >= 0) {
        for (let at = 11; at >= 0; at--) packet.u8(at + 4, packet.u8(at))
        packet.resize(packet.length - 4, 4)
        if (packet.u16(12) !== 0x0800) data[2]++
        return DROP
      }
      packet.resize(packet.length + 4, -4)
      for (let at = 0; at < 12; at++) packet.u8(at, packet.u8(at + 4))
      packet.u16(12, 0x8100)
      packet.u16(14, 42)
      return tx(0)
    })
  }`

t.test('a packet grows into its headroom', async (t) => {
  const data = shared(3)
  const { plane } = await start(t, tagger, { data })
  await until('all went round twice', () => data[1] === 40)
  const stats = await finish(t, plane)
  t.equal(data[2], 0, 'length and contents follow')
  t.equal(stats.tx.bytes - stats.rx.bytes, 0)
  t.equal(stats.rx.packets, 80)
})
