// A program instead of a command: opens two ports, forwards between them, prints rates, and stops when told to.
//   npx tsc -p . && node dist/examples/06-main.js
// Or run it as TypeScript, by `node 06-main.ts` on Node 22.18 and later: run() finds 02-l2fwd.ts where there is no
// 02-l2fwd.js.
import { open, run } from 'rxburst'

const ports = [
  await open('afxdp:rxb-left', { takeAll: true }),
  await open('afxdp:rxb-right', { takeAll: true }),
]

const plane = await run(new URL('./02-l2fwd.js', import.meta.url), {
  workers: [{ queues: ports.flatMap((port) => port.queues), data: { mode: 'io' } }],
  ports,
  handleSignals: true, // Ctrl-C and SIGTERM stop it cleanly
})
for (const { name, capabilities } of ports) console.log(name, capabilities.mode, capabilities.xdp)

for await (const { rx, tx, rejected } of plane.stats({ everyMs: 1000 }))
  console.log(`rx ${rx.pps.toFixed(0)} pps, tx ${tx.pps.toFixed(0)} pps, rejected ${rejected.packets}`)

await plane.done // rejects with the worker's error, if there was one
console.log(`${plane.snapshot().rx.packets} packets in all`)
for (const port of ports) await port.close()
