// A program under `rxburst grant` opens one interface twice, with queues of its own for each port, as it may without a
// broker: each port has rules and counters of its own, and each ends by itself.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { onHost } from '../../dist/lib/lab/lab.js'
import { grant } from '../fixtures/grant.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { until } from '../fixtures/plane.js'

const fixture = fileURLToPath(new URL('../fixtures/grant/two-ports.mjs', import.meta.url))

t.test('two ports of a grant', { skip: noLab }, async (t) => {
  // The bifurcated veth delivers UDP port 4321 on queue 1, and everything else on queue 0.
  const lab = testLab(t, { bifurcated: true })
  const { near } = lab.hosts[0]
  const send = (port: number, count: number) => {
    const script = `for i in $(seq ${count}); do echo x > /dev/udp/10.77.0.2/${port}; done`
    const [command, ...words] = onHost('left', ['bash', '-c', script], lab.lab)
    execFileSync(command, words)
  }
  const program = grant(t, near, ['--steer', 'udp', '--user', 'nobody'], {
    program: [process.execPath, fixture, `afxdp:${near}`],
  })
  const tell = (line: string) => {
    program.stdin!.write(`${line}\n`)
    return program.heard()
  }
  t.same(await program.heard(), {
    refused: ['ERR_QUEUE_TAKEN', 'ERR_QUEUE_TAKEN'],
    queues: [[0], [1]],
  })

  const counts = (at: number, wanted: number[]) =>
    until(`port ${at} has counted ${wanted}`, async () => {
      const now = (await tell(`count ${at}`)) as unknown as number[]
      return now.length === wanted.length && now.every((packets, i) => packets >= wanted[i])
    })
  send(5000, 3)
  send(4321, 5)
  await counts(0, [3])
  await counts(1, [5, 0])
  t.same(await tell('count 0'), [3], 'each port takes what it steers')
  t.same(await tell('count 1'), [5, 0], 'and counts it alone')
  await until('all are received', async () => Number(await tell('received')) === 8)

  t.same(await tell('set 1 udp dst port 4321'), ['udp dst port 4321'], 'a change of one port')
  send(5000, 2)
  send(4321, 2)
  await counts(0, [5])
  await counts(1, [7])
  t.same(await tell('count 0'), [5], 'is none of the other')
  t.same(await tell('count 1'), [7])

  t.same(await tell('close 0'), { audit: true }, 'one port ends')
  send(5000, 2)
  send(4321, 2)
  await counts(1, [9])
  t.same(await tell('count 1'), [9], 'and the other goes on')
  t.same(await tell('received'), 2, 'without its packets')

  t.same(await tell('open 0'), { audit: true, more: 0 }, 'it is opened again, and no descriptor was left')
  send(5000, 4)
  await counts(0, [4])
  t.same(await tell('count 0'), [4], 'and counts from 0')
  program.stdin!.write('end\n')
  t.equal(await program.gone, 0, program.complaints())
})
