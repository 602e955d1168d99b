// Peers on the kernel's sockets: a child process that counts or echoes datagrams.
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../children/process.js'
import type { Contestant } from '../contestants/contestant.js'
import { RECEIVER_CPU } from '../contestants/ours.js'
import { type BenchLab, PORT } from '../environment/lab.js'
import { nativeBench } from '../native.js'

interface Reading {
  at: number
  packets: number
  gcs: number
}

/** A contestant that is one program in a child process, started anew each time. */
export function roleContestant(
  program: string,
  order: object,
  row: Omit<Contestant, 'start' | 'kind'>,
): Contestant {
  return {
    ...row,
    kind: 'peer',
    async start() {
      if (program === 'udp') nativeBench() // or it is missing, with the command that builds it
      const child = await Child.start(program, { cpu: RECEIVER_CPU })
      try {
        await child.call('start', order)
      } catch (error) {
        await child.end()
        throw error
      }
      return {
        async measure(ms) {
          const before = await child.call<Reading>('read')
          await sleep(ms)
          const after = await child.call<Reading>('read')
          return {
            packets: after.packets - before.packets,
            seconds: (after.at - before.at) / 1e3,
            gcs: after.gcs - before.gcs,
          }
        },
        stop: () => child.end(),
        pause: () => child.pause(),
        resume: () => child.resume(),
      }
    },
  }
}

export const dgramReceiver = ({ nearAddress }: BenchLab) =>
  roleContestant(
    'dgram',
    { address: nearAddress, port: PORT, echo: false },
    {
      name: 'node:dgram',
      does: "counts datagrams in a 'message' listener; the kernel copies each into a Buffer",
      runtime: 'ts',
      backend: 'dgram',
      mode: 'rxonly',
      api: 'none',
      burst: 1,
    },
  )

export const recvmmsgReceiver = ({ nearAddress }: BenchLab) =>
  roleContestant(
    'udp',
    { address: nearAddress, port: PORT, echo: false, cpu: RECEIVER_CPU },
    {
      name: 'C recvmmsg, one socket',
      does: 'recvmmsg() of 32 datagrams at a time, counted; the kernel copies each',
      runtime: 'c',
      backend: 'recvmmsg',
      mode: 'rxonly',
      api: 'none',
      burst: 32,
    },
  )
