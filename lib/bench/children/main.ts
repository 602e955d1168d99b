// A process that the benchmark starts: one program (a contestant of ours, a peer, a generator), ordered about over IPC.
import type { Orders } from './orders.js'

const orders = ((await import(`./${process.argv[2]}.js`)) as { default: () => Orders }).default()

process.on('message', async ({ id, op, args }: { id: number; op: string; args: unknown[] }) => {
  try {
    process.send!({ id, result: await orders[op](...args) })
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    process.send!({ id, error: { message, code } })
  }
})
process.on('disconnect', () => process.exit())
process.send!({ id: 0 })
