// latency: one request at a time over the lab; the client is the same for all, in C, spinning on its own CPU.

import { Child } from '../children/process.js'
import type { PingOrder } from '../children/udp.js'
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { GENERATOR_CPU, ours, PlaneHost, RECEIVER_CPU } from '../contestants/ours.js'
import { BenchLab, PORT } from '../environment/lab.js'
import { nativeBench } from '../native.js'
import { roleContestant } from '../peers/sockets.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const PAUSE_US = 10
const BYTES = 22 // of payload: 64 with the headers

interface Pinged {
  times: Float64Array
  lost: number
}

/** The same contestant, measured by the answers that a client gets. */
function pinged(contestant: Contestant, lab: BenchLab, client: () => Promise<Child>): Contestant {
  return {
    ...contestant,
    async start() {
      nativeBench() // the client is in C
      const running = await contestant.start()
      return {
        stop: () => running.stop(),
        async measure(ms) {
          const pings = await client()
          const order: PingOrder = {
            ...{ from: lab.farAddress, to: lab.nearAddress, port: PORT, ms, pauseUs: PAUSE_US, bytes: BYTES },
            cpu: GENERATOR_CPU,
          }
          const [{ gcs }, { times, lost }] = await Promise.all([
            running.measure(ms),
            client().then(() => pings.call<Pinged>('ping', order)),
          ])
          if (times.length === 0) throw new Error(`none of ${lost} requests was answered`)
          return { packets: times.length, seconds: ms / 1e3, times, lost, gcs }
        },
      }
    },
  }
}

async function make(): Promise<Match> {
  const lab = new BenchLab().up()
  let started: Promise<Child> | undefined
  const client = () => {
    started ??= Child.start('udp', { namespace: lab.farNamespace, cpu: GENERATOR_CPU })
    return started
  }
  const hosts: PlaneHost[] = []
  const does = 'swaps addresses and ports in place, sends back'
  const socket = { mode: 'echo', api: 'none', burst: 1 } as const
  const address = { address: lab.nearAddress, port: PORT, echo: true, cpu: RECEIVER_CPU }
  const contestants: Contestant[] = [
    roleContestant('dgram', address, {
      ...{ ...socket, name: 'node:dgram', does: "sends each datagram back from its 'message' listener" },
      ...{ runtime: 'ts', backend: 'dgram' },
    }),
    roleContestant('udp', address, {
      ...{
        ...socket,
        name: 'C sockets',
        does: 'recvfrom(), sendto(), blocking',
        runtime: 'c',
        backend: 'recvmmsg',
      },
    }),
  ]
  for (const { label, backend, device, port, copies, holds } of ON_INTERFACE) {
    const host = new PlaneHost({ ports: [port(lab.near, 0)] }, !holds)
    hosts.push(host)
    const row = { backend, ...(device ? { device } : {}), burst: BURST, host, counts: 'tx' } as const
    const ts = { ...row, runtime: 'ts', api: 'burst', processor: 'echo' } as const
    const spins = `${does}; spins; ${copies}`
    contestants.push(ours({ ...ts, name: `TypeScript on ${label}`, does: spins, mode: 'echo' }))
    if (backend !== 'afxdp') continue
    contestants.push(
      ours({
        ...{ ...row, name: `C loop on ${label}`, does: spins, runtime: 'c', api: 'loop', mode: 'echo' },
        ...{ processor: 'cLoop', data: { mode: 'echo' } },
      }),
      ours({
        ...{ ...ts, name: `TypeScript on ${label}, adaptive`, mode: 'echo-adaptive', idle: 'adaptive' },
        does: `${does}; spins for 100 us, then sleeps; ${copies}`,
      }),
      ours({
        ...{ ...ts, name: `TypeScript on ${label}, wait`, mode: 'echo-wait', idle: 'wait' },
        does: `${does}; sleeps when there is nothing; ${copies}`,
      }),
    )
  }
  return {
    contestants: contestants.map((contestant) => pinged(contestant, lab, client)),
    ratios: [
      ['TypeScript on AF_XDP', 'node:dgram', 'p50_us'],
      ['TypeScript on AF_XDP', 'C sockets', 'p50_us'],
      ['TypeScript on AF_XDP', 'C loop on AF_XDP', 'p50_us'],
      ['TypeScript on AF_XDP', 'C loop on AF_XDP', 'p99.99_us'],
      ['TypeScript on AF_XDP', 'node:dgram', 'p99.99_us'],
    ],
    async close() {
      await closeAll(hosts)
      await (await started?.catch(() => undefined))?.end()
      lab.down()
    },
  }
}

export const latencyScenario: Scenario = {
  name: 'latency',
  about: 'one UDP request at a time, answered: how long, and how long at worst',
  seconds: 90,
  lab: true,
  hugepages: true,
  cpus: 2,
  make,
}
