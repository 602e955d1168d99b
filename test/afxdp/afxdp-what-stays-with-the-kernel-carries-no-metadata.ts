// What an XDP program writes in front of a packet for the columns is for sockets: a packet that the kernel keeps has
// none of it, because GRO would join no two packets whose metadata differ.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { frame, opened, record } from '../fixtures/columns.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const LENGTH = 100
const [PASS, REDIRECT, CONTEXT] = [2, 4, 24] // linux/bpf.h: XDP_PASS, XDP_REDIRECT, bytes of struct xdp_md

for (const [options, takes] of [
  [{ takeAll: true }, true],
  [{ steer: 'udp' }, true],
  [{ steer: 'udp', pass: 'udp src port 1000' }, false],
] as const)
  t.test(JSON.stringify(options), { skip }, async (t) => {
    // Generic XDP, whose programs are bound to no driver: those can be run without a packet from the wire.
    const port = await opened(t, `afxdp:${ENDS[1]}`, {
      queues: [1],
      steering: 'external',
      xdp: 'generic',
      ...options,
    })
    const run = await record(t, port, ['timestamp'])
    const folder = t.testdir({})
    const file = (name: string) => join(folder, name)
    const { id } = native.nic.xdpAttached(ENDS[1])!

    /** Runs the program over a frame as if it came on a queue: its verdict, and the bytes of metadata afterwards. */
    function runOn(queue: number) {
      const context = Buffer.alloc(CONTEXT)
      context.writeUInt32LE(LENGTH, 4)
      context.writeUInt32LE(native.nic.info(ENDS[1]).index, 12)
      context.writeUInt32LE(queue, 16)
      writeFileSync(file('packet'), frame(1000, { length: LENGTH }))
      writeFileSync(file('context'), context)
      const files = ['data_in', file('packet'), 'ctx_in', file('context'), 'ctx_out', file('after')]
      const command = ['-j', 'prog', 'run', 'id', String(id), ...files]
      const { retval } = JSON.parse(execFileSync('bpftool', command, { encoding: 'utf8' }))
      return { verdict: retval, metadata: readFileSync(file('after')).readUInt32LE(0) }
    }
    t.same(runOn(0), { verdict: PASS, metadata: 0 }, 'no socket on its queue')
    t.same(runOn(1), takes ? { verdict: REDIRECT, metadata: 24 } : { verdict: PASS, metadata: 0 })
    await run.stop()
  })
