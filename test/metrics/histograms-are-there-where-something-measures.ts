// Burst sizes and turn times are measured when asked for, latency where packets have timestamps.
import t from 'tap'
import { namesIn, samplesOf, sumOf } from '../fixtures/metrics/read.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { finish, start, until } from '../fixtures/plane.js'

const inside = inNamespaceOfItsOwn()

// A hundred bursts of three packets, each sent when the last one has come back.
const THREES = `
  import { DROP } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    let bursts = 0
    let under = 0
    onTurn(() => {
      if (under > 0 || bursts++ >= 100) return
      for (under = 3; under > 0; under--) alloc(60).send(0)
      under = 3
    })
    return (burst) => {
      under -= burst.count
      burst.setAll(DROP)
    }
  }`
const HISTOGRAMS = ['rxburst_burst_size_packets', 'rxburst_turn_seconds', 'rxburst_latency_seconds']

t.test('measured', async (t) => {
  const { plane } = await start(t, THREES, { measure: true })
  await until('all have come', () => plane.snapshot().rx.packets === 300)
  await finish(t, plane)
  const text = plane.metrics()
  const lines = samplesOf(text)
  const of = (name: string, labels = {}) => sumOf(lines, `rxburst_${name}`, labels)
  const bursts = of('burst_size_packets_count')
  t.equal(of('burst_size_packets_sum'), 300, 'each packet is in a burst')
  t.ok(bursts >= 100 && bursts <= 300, `${bursts} bursts`)
  t.equal(of('burst_size_packets_bucket', { le: '4' }), bursts, 'none is larger than what was sent')
  t.equal(of('burst_size_packets_bucket', { le: '+Inf' }), bursts)
  t.ok(of('burst_size_packets_bucket', { le: '1' }) < bursts)
  t.match(
    lines.find(({ name }) => name === 'rxburst_burst_size_packets_sum'),
    { labels: { port: 'loop:a', queue: '0', worker: '0' } },
  )
  t.ok(of('turn_seconds_count') > 0 && of('turn_seconds_count') <= bursts, 'turns with packets')
  t.ok(of('turn_seconds_sum') > 0 && of('turn_seconds_sum') < plane.snapshot().seconds)
  t.notOk(namesIn(text).includes('rxburst_latency_seconds'), 'a loop has no timestamps')
})

t.test('not measured', async (t) => {
  const { plane } = await start(t, THREES)
  await until('all have come', () => plane.snapshot().rx.packets === 300)
  await finish(t, plane)
  for (const name of HISTOGRAMS) t.notOk(namesIn(plane.metrics()).includes(name), `no ${name}`)
  await t.rejects(start(t, THREES, { open: ['loop:b'], measure: 1 as never }), { code: 'ERR_BAD_OPTION' })
})

t.test('latency', { skip: inside ? false : 'no namespace can be had' }, async (t) => {
  const send = `
    import { DROP } from 'rxburst'
    export default ({ alloc, onTurn }) => {
      let sent = 0
      onTurn(() => { if (sent++ < 100_000) alloc(60)?.send(1) }) // early ones may find nobody who listens
      return (burst) => burst.setAll(DROP)
    }`
  const began = performance.now()
  const { plane } = await start(t, send, {
    open: [
      [`packet:${ENDS[0]}`, { takeAll: true, queues: [0] }],
      [`socket:${ENDS[1]}`, { takeAll: true, queues: [0] }],
    ],
    measure: true,
    columns: ['timestamp'],
  })
  const of = (name: string) => sumOf(samplesOf(plane.metrics()), `rxburst_latency_seconds_${name}`)
  await until('all have come', () => plane.snapshot().ports[0].rx.packets >= 100)
  const { ports } = await finish(t, plane)
  t.equal(of('count'), ports[0].rx.packets + ports[1].rx.packets, 'each packet has a latency')
  t.ok(
    of('sum') > 0 && of('sum') < (of('count') * (performance.now() - began)) / 1e3,
    `${of('sum')} s in sum`,
  )
})
