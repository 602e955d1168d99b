// A reader that is too slow: what it loses is counted at each point, exactly, and the data plane never waits.
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CaptureCounts, DataPlane } from 'rxburst'
import t, { type Test } from 'tap'
import { CaptureParser } from '../../dist/lib/pcap/reader.js'
import { carousel } from '../fixtures/capture/carousel.js'
import { until } from '../fixtures/plane.js'

/** A stream that takes a piece in so many milliseconds, and counts packets and the drops that they tell. */
function slow(ms: number) {
  const parser = new CaptureParser()
  const found = { packets: 0, drops: 0 }
  const stream = new Writable({
    highWaterMark: 1,
    write: (bytes, _, done) => {
      parser.push(bytes)
      for (let packet = parser.next(); packet; packet = parser.next()) {
        found.packets++
        found.drops += Number(packet.notes?.drops ?? 0)
      }
      setTimeout(done, ms)
    },
    final: (done) => {
      parser.end()
      done()
    },
  })
  return { stream, found }
}

function check(t: Test, counts: CaptureCounts, found: { packets: number; drops: number }): void {
  for (const [name, point] of Object.entries(counts.points)) {
    t.equal(point.captured + point.dropped, point.accepted, `${name}: captured + drops = accepted`)
    t.equal(point.accepted, point.seen, `${name}: without a filter that is what came`)
    t.equal(point.written, point.captured, name)
  }
  t.equal(found.packets, counts.written, 'the file has what was captured')
  t.ok(found.drops <= counts.dropped && found.drops > 0, 'and its packets tell of drops in front of them')
}

/** Packets at entry of a plane since a capture began: exact where it begins and ends while nothing comes. */
async function rises(plane: DataPlane): Promise<number> {
  const before = plane.snapshot().rx.packets
  await sleep(300)
  return plane.snapshot().rx.packets - before
}

t.test('a slow stream, and two workers', async (t) => {
  const plane = await carousel(t, { workers: 2 })
  const { stream, found } = slow(100)
  const capture = await plane.capture({ to: stream, ringBytes: 1 << 18, snaplen: 64 })
  await until('packets were lost', () => capture.counts().dropped > 10_000)
  t.ok((await rises(plane)) > 1000, 'the plane goes on')
  check(t, await capture.stop(), found)
  t.ok((await plane.audit()).ok)
})

t.test('a reader that stands still', async (t) => {
  const plane = await carousel(t)
  const capture = await plane.capture({ ringBytes: 1 << 18 })
  await until('the ring is full', () => capture.counts().dropped > 100_000)
  t.ok((await rises(plane)) > 1000, 'the plane goes on')
  const { points, captured, written } = await capture.stop()
  t.ok(captured > 100 && written === 0, 'what nobody read was captured')
  for (const { seen, captured, dropped } of Object.values(points)) t.equal(captured + dropped, seen)
})

t.test('seen at the points is what statistics say', async (t) => {
  const plane = await carousel(t)
  const capture = await plane.capture({ ringBytes: 1 << 18 })
  const [{ rx, fresh }, counts] = [plane.snapshot(), capture.counts()]
  await until('packets came', () => capture.counts().seen > 100_000)
  await plane.stop()
  const after = plane.snapshot()
  const { entry, exit } = (await capture.stop()).points
  const received = after.rx.packets
  t.ok(entry!.seen <= received && entry!.seen >= received - rx.packets - 2 * 256 - counts.seen)
  t.ok(exit!.owned <= after.fresh.packets && exit!.owned >= after.fresh.packets - fresh.packets - 512)
})
