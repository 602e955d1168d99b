// dpdk:net_memif does what every backend must do, two of them in one process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'rxburst'
import { conformance } from '../fixtures/conformance/conformance.js'
import { NO_NIC, onDpdk, queuesOf } from '../fixtures/conformance/dpdk-conformance.js'

const folder = mkdtempSync(join(tmpdir(), 'rxb-memif-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// Two roles never share a socket's name in one process, so that each end spells it its own way.
const socket = { server: `${folder}/wire`, client: `${folder}/./wire` }
const deviceOf = (role: 'server' | 'client', n: number) =>
  `dpdk:net_memif${n},role=${role},id=0,socket=${socket[role]},socket-abstract=no,rsize=10`

await conformance({
  name: 'dpdk:net_memif',
  backend: 'dpdk',
  needs: onDpdk,
  pair: async (n, options) => [
    await open(deviceOf('server', 0), { queues: queuesOf(n), ...options }),
    await open(deviceOf('client', 1), { queues: queuesOf(n) }),
  ],
  lacks: {
    ...NO_NIC,
    'shared pool': 'both ends share memory that the driver has made',
    segments: 'packets are copied from it into one frame',
  },
})
