// With `tcp: 'watch'` a flow stays while packets follow its FIN, and one whose connection begins anew stays for good.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const [FIN, SYN, ACK] = [1, 2, 16]
// ms without a packet: beyond it this machine was too slow, and the flow may have ended by itself
const PAUSE_MOST = 700

t.test('FIN', async (t) => {
  for (let attempt = 0; ; attempt++) {
    const cells = shared(8)
    // Flow 0 has a FIN and packets for two seconds behind it. Flow 1 has a FIN and then a SYN.
    const { plane, opened } = await start(
      t,
      flowing(`
        const { cells } = context.data
        const table = context.flows.shape('5tuple', { idleMs: 0, tcp: 'watch' })
        const drop = context.flows.action(DROP)
        table.onEnded((ended) => {
          for (let i = 0; i < ended.count; i++) {
            const flow = ended.key(i).sourcePort - 1000
            if (ended.reason(i) === 'fin') cells[flow]++
            cells[2 + flow] += ended.packets[i]
          }
        })
        const made = template('ethernet/ipv4/tcp', { ipv4: { source: '198.18.0.1', destination: '198.18.0.2' } }, 64)
        const send = (flow, flags) => {
          const packet = context.alloc(64)
          made.put(packet)
          tcp.setSourcePort(packet, made.at, 1000 + flow)
          packet.u8(47, flags)
          packet.send(0)
          cells[4 + flow]++
        }
        const WORDS = [[0, ${ACK}], [1, ${ACK}], [0, ${FIN | ACK}], [1, ${FIN | ACK}], [1, ${SYN}]]
        let at = 0
        let began = 0
        let sent = 0
        context.onTurn(() => {
          const now = performance.now()
          if (at < WORDS.length) {
            send(...WORDS[at++])
            began = sent = now
          } else if (now - began < 2000 && now - sent >= 20) {
            cells[6] = Math.max(cells[6], now - sent)
            send(0, ${ACK})
            sent = now
          } else if (now - began >= 5000) cells[7] = table.stats.entries + 1
        })
        return perPacket((packet) => packet.u8(47) & ${FIN} ? DROP : table.add(packet, drop))
      `),
      { open: WIRE, data: { cells } },
    )
    await whileRunning(plane, 'five seconds are over', () => cells[7] > 0)
    const entries = cells[7] - 1
    await finish(t, plane)
    for (const port of opened) await port.close()
    if (cells[6] > PAUSE_MOST && attempt < 5) continue
    t.ok(cells[4] > 10, `${cells[4]} packets, ${cells[6]} ms apart at the most`)
    t.equal(cells[0], 1, 'the first has ended by its FIN, once')
    t.equal(cells[2], cells[4], 'with the packets behind it')
    t.equal(cells[1], 0, 'the second has not')
    t.equal(entries, 1, 'and is there still')
    t.equal(cells[3], 3)
    return
  }
})
