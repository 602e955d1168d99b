// /metrics has the counts of --json, by port, queue and worker, and the processor's own.
import { type CommonStats, configureArena, open, type Port, type Stats } from 'rxburst'
import t, { type Test } from 'tap'
import { bin, start as startProgram } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { ask, type Line, samplesOf, socketPathOf, sumOf } from '../fixtures/metrics/read.js'
import { finish, processor, start, until } from '../fixtures/plane.js'

configureArena({ frames: 65536 })

const NAMES = ['rx', 'tx', 'dropped', 'passed', 'rejected'] as const

// A hundred packets out of each queue; a third of those that come are dropped, the others go on once.
const COUNTED = `
  import { DROP, perPacket, tx } from 'rxburst'
  export default ({ alloc, onTurn, counter, queues }) => {
    const seen = counter('seen')
    let sent = 0
    onTurn(() => { for (; sent < 100 * queues.length; sent++) alloc(60 + (sent % 3)).send(queues[sent % queues.length].port) })
    return perPacket((packet) => {
      seen.add()
      if (packet.length % 3 === 0 || packet.u8(20) === 1) return DROP
      packet.u8(20, 1)
      return tx(packet.port)
    })
  }`

function sameAs(t: Test, lines: readonly Line[], stats: Stats): void {
  for (const name of NAMES) {
    const metric = `rxburst_${name}_packets_total`
    t.equal(sumOf(lines, metric), stats[name].packets, `the sum of ${metric}`)
    for (const place of stats.places) {
      const { port, queue, worker } = place
      const labels = { port, queue: `${queue}`, worker: `${worker}` }
      const found = lines.filter(
        (line) => line.name === metric && JSON.stringify(line.labels) === JSON.stringify(labels),
      )
      t.same(
        found.map(({ value }) => value),
        [(place as CommonStats)[name].packets],
        `${metric} of ${port}, queue ${queue}, worker ${worker}: one sample with these labels and no others`,
      )
    }
  }
  t.equal(sumOf(lines, 'rxburst_rx_bytes_total'), stats.rx.bytes)
  t.equal(sumOf(lines, 'rxburst_processor_total', { counter: 'seen' }), stats.counters.seen)
  for (const [reason, count] of Object.entries(stats.lost))
    t.equal(sumOf(lines, 'rxburst_lost_packets_total', { reason }), count, `lost: ${reason}`)
}

t.test('plane.metrics(), two workers, two ports', async (t) => {
  const ports: Port[] = []
  for (const name of ['loop:a', 'loop:b']) ports.push(await open(name, { queues: [0, 1] }))
  t.teardown(async () => {
    for (const port of ports) await port.close()
  })
  const workers = [0, 1].map((q) => ({ queues: ports.map((port) => port.queue(q)) }))
  const { plane } = await start(t, COUNTED, { open: [], workers, ports })
  await until('all are dropped', () => plane.snapshot().dropped.packets === 400)
  t.equal(sumOf(samplesOf(plane.metrics()), 'rxburst_up'), 1, 'it runs')
  const stats = await finish(t, plane)
  const lines = samplesOf(plane.metrics())
  sameAs(t, lines, stats)
  t.equal(sumOf(lines, 'rxburst_up'), 0, 'it has ended')
  const losses = lines.filter(({ name }) => name === 'rxburst_lost_packets_total')
  t.ok(losses.every(({ labels }) => Object.keys(labels).join() === 'port,queue,reason'))
})

t.test('rxburst run --metrics', async (t) => {
  controlFolder(t)
  const file = processor(t, COUNTED).pathname
  const socketPath = socketPathOf(t)
  for (const where of ['0', `unix:${socketPath}`]) {
    const program = startProgram(t, process.execPath, [
      bin,
      'run',
      file,
      'loop:a',
      'loop:b',
      '--metrics',
      where,
      '--json',
      '--name',
      'fw',
    ])
    await program.says('ready')
    const port = Number(/^metrics at http:\/\/127\.0\.0\.1:(\d+)\/metrics$/m.exec(program.stderr)?.[1])
    const at = where === '0' ? { port, host: '127.0.0.1' } : { socketPath }
    await until(
      'all are dropped',
      async () => sumOf(samplesOf((await ask(at, '/metrics')).text), 'rxburst_dropped_packets_total') === 200,
    )
    const answer = await ask(at, '/metrics')
    t.match(answer, { status: 200, type: /^text\/plain; version=0\.0\.4/ })
    const lines = samplesOf(answer.text)
    t.match(
      lines.find(({ name }) => name === 'rxburst_build_info'),
      { labels: { name: 'fw' }, value: 1 },
    )
    t.equal((await ask(at, '/metrics', 'POST')).status, 405)
    t.equal((await ask(at, '/else')).status, 404)
    program.process.kill('SIGINT')
    const { code, stdout, stderr } = await program.ended
    t.equal(code, 0, stderr)
    const end = JSON.parse(stdout)
    for (const name of NAMES)
      t.equal(sumOf(lines, `rxburst_${name}_packets_total`), end[name], `${name} as --json has it`)
  }
})
