// Asks generating workers for packets and waits for them, as long as their data plane runs.
import { setTimeout as sleep } from 'node:timers/promises'
import type { DataPlane } from '../control/data-plane.js'
import { RxburstError } from '../errors.js'
import { ALLOWED, now, SENT, UNTIL } from './orders.js'

const POLL_MS = 1
const SETTLE_MS = 3 // until the last packets are in the counters, which are at most a millisecond old

export interface Sending {
  /** Sends that many packets, or until the time is over; resolves to how many it were. */
  send(packets: number, milliseconds: number): Promise<number>
  /** Waits so long, or until the data plane is done; true: it is. Rejects with a worker's error. */
  wait(milliseconds: number): Promise<boolean>
}

/** `rows`: the cells of each worker. */
export function sendingOn(plane: DataPlane, rows: readonly Float64Array[], name: string): Sending {
  const sum = (cell: number) => rows.reduce((all, cells) => all + cells[cell], 0)
  // A data plane ends by itself when its capture files have ended. A promise that is settled lets no time pass in a
  // race.
  let ended = false
  const end = plane.done.then(() => {
    ended = true
  })
  end.catch(() => {}) // wait() tells it
  const wait = async (milliseconds: number) => {
    await Promise.race([sleep(milliseconds), end])
    return ended
  }
  return {
    wait,
    async send(packets, milliseconds) {
      const before = sum(SENT)
      const until = now() + milliseconds
      for (const [w, cells] of rows.entries()) {
        cells[UNTIL] = until
        cells[ALLOWED] = cells[SENT] + Math.floor(packets / rows.length) + (w < packets % rows.length ? 1 : 0)
      }
      const isUnderWay = () => rows.some((cells) => cells[SENT] < cells[ALLOWED])
      while (isUnderWay() && now() < until) if (await wait(POLL_MS)) break
      const sent = sum(SENT) - before
      if (ended && sent < packets)
        throw new RxburstError(
          'ERR_CLOSED',
          `${name} has ended after ${sent} of ${packets} packets: a capture file that is read without end (loop=0) keeps it open`,
        )
      for (const cells of rows) cells[ALLOWED] = cells[SENT]
      await sleep(SETTLE_MS)
      return sum(SENT) - before
    },
  }
}
