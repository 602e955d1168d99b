// The XDP generator sends as many frames as asked, at the rate asked, of all its flows.

import { execFile, execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { promisify } from 'node:util'
import t from 'tap'
import { onHost } from '../../dist/lib/lab/lab.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { until } from '../fixtures/plane.js'

const CLI = new URL('../../dist/lib/cli/main.js', import.meta.url).pathname

async function generate(lab: string, ...flags: string[]) {
  const command = onHost('left', [process.execPath, CLI, 'generate', 'xdp:eth0', '--json', ...flags], lab)
  return JSON.parse((await promisify(execFile)(command[0], command.slice(1))).stdout)
}

t.test('counts, rate, flows', { skip: noLab }, async (t) => {
  const lab = testLab(t, { bifurcated: true })
  const { near, near_address: address } = lab.hosts[0]
  await t.rejects(
    generate(lab.lab, '--count', '10'),
    { stderr: /ethtool -K PEER gro on/ } as unknown as Error,
    'a veth that would drop every frame is not taken for a receiver',
  )
  execFileSync('ethtool', ['-K', near, 'gro', 'on'])

  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  socket.bind(999, address as string)
  await once(socket, 'listening')
  const ports = new Map<number, number>()
  socket.on('message', (_, { port }) => ports.set(port, (ports.get(port) ?? 0) + 1))
  const flow = `udp :2000-2003 > ${address}:999`
  const sent = await generate(lab.lab, '--flow', flow, '--count', '100', '--rate', '2k')
  await until('all have come', () => [...ports.values()].reduce((sum, count) => sum + count, 0) >= 100)
  t.match(sent, { sent: 100, offered: 100, offered_counter: 'receiver', refused: 0, size: 64 })
  t.same(
    [...ports].sort(),
    [2000, 2001, 2002, 2003].map((port) => [port, 25]),
    'the kernel’s own stack took each',
  )

  // A machine with other work may be too slow for it, but not always.
  const runs: { offered: number; seconds: number }[] = []
  await until('half a second is enough for some of 25 thousand', async () => {
    runs.push(await generate(lab.lab, ...['--rate', '50k', '--duration', '0.5', '--size', '1514']))
    return runs.at(-1)!.offered > 10_000
  })
  t.same(
    runs.filter(({ offered, seconds }) => offered > 60_000 * seconds),
    [],
    'never faster',
  )
})
