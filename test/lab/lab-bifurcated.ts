// In a bifurcated lab one flow reaches its own queue, and everything else the kernel by queue 0.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { type LabState, onHost } from '../../dist/lib/lab/lab.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { until } from '../fixtures/plane.js'

function on(lab: LabState, ...command: string[]): string {
  const [program, ...rest] = onHost('left', command, lab.lab)
  return execFileSync(program, rest, { encoding: 'utf8' })
}

// Received packets by queue; a veth counts by queue when it has gro on.
function received(port: string): number[] {
  const lines = execFileSync('ethtool', ['-S', port], { encoding: 'utf8' })
  return [...lines.matchAll(/rx_queue_\d+_xdp_packets: (\d+)/g)].map((row) => Number(row[1]))
}

t.test('the flow and the rest', { skip: noLab }, async (t) => {
  const lab = testLab(t, { bifurcated: { port: 777, queue: 2 } })
  const near = lab.hosts[0].near
  t.equal(lab.queues, 3)
  execFileSync('ethtool', ['-K', near, 'gro', 'on'])
  on(lab, 'ping', '-c', '3', '-i', '0.02', '10.77.0.2')
  on(lab, 'ping', '-c', '2', '-i', '0.02', lab.hosts[0].near_address as string)
  t.same(received(near).slice(1), [0, 0], 'ping goes through the kernel on queue 0, to either host')
  const [rest] = received(near)
  on(lab, 'bash', '-c', 'for i in 1 2 3 4 5 6 7; do echo x > /dev/udp/10.77.0.2/777; done')
  on(lab, 'bash', '-c', 'for i in 1 2; do echo x > /dev/udp/10.77.0.2/778; done')
  await until('the flow has come', () => received(near)[2] >= 7 && received(near)[0] >= rest + 2)
  t.same(received(near).slice(1), [0, 7]) // queue 0 may have asked by ARP meanwhile
})
