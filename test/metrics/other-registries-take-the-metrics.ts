// prom-client shows a data plane's metrics beside its own, and OpenTelemetry reads them by observable instruments.
import { observe, promClientMetrics } from 'rxburst/metrics'
import t from 'tap'
import { promtool, promtoolCheck } from '../fixtures/metrics/promtool.js'
import { samplesOf, sumOf } from '../fixtures/metrics/read.js'
import { finish, start, until } from '../fixtures/plane.js'

/** Packages without their types: tests compile where they are not installed. */
const load = (name: string) => import(name)

interface Told {
  descriptor: { name: string }
  dataPoints: { value: number }[]
}

const HUNDRED = `
  import { DROP } from 'rxburst'
  export default ({ alloc, onTurn, counter }) => {
    const seen = counter('seen')
    let sent = 0
    onTurn(() => { for (; sent < 100; sent++) alloc(60).send(0) })
    return (burst) => {
      seen.add(burst.count)
      burst.setAll(DROP)
    }
  }`

async function hundred(t: Parameters<typeof start>[0], name: string) {
  const { plane } = await start(t, HUNDRED, { open: [name], measure: true })
  await until('all have come', () => plane.snapshot().dropped.packets === 100)
  await finish(t, plane)
  return plane
}

t.test('prom-client', async (t) => {
  const { Counter, Registry } = await load('prom-client')
  const plane = await hundred(t, 'loop:a')
  const register = new Registry()
  new Counter({ name: 'my_requests_total', help: 'mine', registers: [register] }).inc(7)
  for (const metric of promClientMetrics(plane)) register.registerMetric(metric as never)
  const text = await register.metrics()
  const lines = samplesOf(text)
  const ours = samplesOf(plane.metrics())
  t.equal(sumOf(lines, 'my_requests_total'), 7)
  t.equal(sumOf(lines, 'rxburst_rx_packets_total', { port: 'loop:a', queue: '0', worker: '0' }), 100)
  t.same(
    lines.filter(({ name }) => name.startsWith('rxburst_')),
    ours,
    'the same samples as plane.metrics(), histograms too',
  )
  t.same(
    sumOf(samplesOf(await Registry.merge([register, new Registry()]).metrics()), 'rxburst_rx_packets_total'),
    100,
  )
  register.resetMetrics()
  t.equal(
    sumOf(samplesOf(await register.metrics()), 'rxburst_rx_packets_total'),
    100,
    'it resets its own only',
  )
  const { path, skip } = promtool()
  if (!skip) t.same(promtoolCheck(path, text), { status: 0, output: '' })
})

t.test('OpenTelemetry', async (t) => {
  const { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } =
    await load('@opentelemetry/sdk-metrics')
  const { metrics } = await load('@opentelemetry/api')
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  t.teardown(() => provider.shutdown())
  const plane = await hundred(t, 'loop:b')
  const read = async () => {
    exporter.reset()
    await provider.forceFlush()
    const all = exporter.getMetrics() as { scopeMetrics: { metrics: Told[] }[] }[]
    const told = all.flatMap(({ scopeMetrics }) => scopeMetrics).flatMap(({ metrics }) => metrics)
    return new Map(told.map((metric) => [metric.descriptor.name, metric]))
  }
  const end = await observe(plane, { meter: provider.getMeter('mine') })
  const found = await read()
  t.match(found.get('rxburst_rx_packets'), {
    descriptor: { unit: '{packet}', description: 'Packets received.' },
    dataPoints: [{ value: 100, attributes: { port: 'loop:b', queue: '0', worker: '0' } }],
  })
  t.match(found.get('rxburst_processor'), { dataPoints: [{ value: 100, attributes: { counter: 'seen' } }] })
  t.match(found.get('rxburst_up'), { dataPoints: [{ value: 0 }] })
  end()
  const { families } = plane
  let asked = 0
  plane.families = () => {
    asked++
    return families.call(plane)
  }
  await read()
  t.equal(asked, 0, 'nobody asks any more')
  metrics.setGlobalMeterProvider(provider)
  t.teardown(() => metrics.disable())
  const endGlobal = await observe(plane)
  t.equal((await read()).get('rxburst_tx_packets')?.dataPoints[0].value, 100, 'the global meter by itself')
  endGlobal()
})
