// A scrape of 16 workers and 64 queues takes less than 5 ms of the main thread.
import { readFileSync } from 'node:fs'
import { configureArena, open } from 'rxburst'
import t from 'tap'
import { samplesOf } from '../fixtures/metrics/read.js'
import { start, until } from '../fixtures/plane.js'

const SCRAPES = 200
const MOST_MS = 5

/** CPU time of the main thread: what other threads take of a busy machine does not count. */
const cpuMs = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6

configureArena({ frames: 131072 })

t.test('16 workers, 64 queues', async (t) => {
  const queues = Array.from({ length: 64 }, (_, queue) => queue)
  const port = await open('loop:a', { queues })
  t.teardown(() => port.close())
  const workers = Array.from({ length: 16 }, (_, w) => ({
    queues: queues.filter((queue) => queue % 16 === w).map((queue) => port.queue(queue)),
  }))
  const counts = `
    import { DROP } from 'rxburst'
    export default ({ alloc, onTurn, counter, queues }) => {
      const seen = counter('seen')
      let sent = 0
      onTurn(() => { for (; sent < 40; sent++) alloc(60).send(queues[0].port) })
      return (burst) => {
        seen.add(burst.count)
        burst.setAll(DROP)
      }
    }`
  const { plane } = await start(t, counts, { open: [], ports: [port], workers, measure: true, idle: 'wait' })
  await until('all have come', () => plane.snapshot().rx.packets === 16 * 40)
  for (let warm = 0; warm < SCRAPES; warm++) plane.metrics()
  // The kernel brings a thread's CPU time up to date a few hundred times a second: many scrapes make a mean.
  const before = cpuMs()
  for (let scrape = 0; scrape < SCRAPES; scrape++) plane.metrics()
  const each = (cpuMs() - before) / SCRAPES
  const text = plane.metrics()
  t.equal(samplesOf(text).filter(({ name }) => name === 'rxburst_rx_packets_total').length, 64)
  t.comment(`a scrape of ${text.length} bytes takes ${each.toFixed(2)} ms of CPU time in the mean`)
  t.ok(each > 0 && each < MOST_MS, `${each} ms`)
})
