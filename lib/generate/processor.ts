// The processor behind `rxburst generate` on our own ports: fills fresh frames and sends them, as many as are due each
// turn.
import type { BurstHandler, Context } from '../worker/processor.js'
import { DROP } from '../worker/verdict.js'
import { SOURCE_PORT_OFFSET } from './flow.js'
import { ALLOWED, type GeneratorData, now, SENT, UNTIL } from './orders.js'

const BATCH = 32
const BACKLOG_SECONDS = 0.01 // what a busy machine delayed by more is not caught up in one lump

export default ({ data, alloc, onTurn, u8 }: Context<GeneratorData>): BurstHandler => {
  const { cells, frame, firstPort, flows, packetsPerSecond: rate } = data
  let flow = 0
  let credit = 0
  let credited = now()

  /** How many packets the rate lets go now. */
  const due = (time: number): number => {
    if (rate === 0) return BATCH
    credit = Math.min(credit + ((time - credited) * rate) / 1e3, Math.max(1, rate * BACKLOG_SECONDS))
    credited = time
    return Math.min(BATCH, Math.floor(credit))
  }

  onTurn(() => {
    const left = cells[ALLOWED] - cells[SENT]
    if (left <= 0) {
      credited = now()
      return
    }
    const time = now()
    if (time >= cells[UNTIL]) {
      credited = time
      return
    }
    const wanted = Math.min(left, due(time))
    let sent = 0
    for (; sent < wanted; sent++) {
      const packet = alloc(frame.length)
      if (!packet) break // the transmit ring is full; next turn
      u8.set(frame, packet.offset)
      packet.u16(SOURCE_PORT_OFFSET, firstPort + flow)
      flow = flow + 1 === flows ? 0 : flow + 1
      packet.send(0)
    }
    credit -= sent
    cells[SENT] += sent
  })
  return (burst) => burst.setAll(DROP)
}
