// The bundled programs leave nothing for the garbage collector to do while packets flow.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const cli = fileURLToPath(new URL('../dist/lib/cli/main.js', import.meta.url))
const seeded = fileURLToPath(new URL('./fixtures/seeded-l2fwd.mjs', import.meta.url))
const PACKETS = 1_000_000

t.test('not one after the worker is ready', (t) => {
  // V8 writes its lines to stdout as things happen, `ready` comes on stderr: one pipe for both keeps the order.
  const { status, stdout } = spawnSync(
    'sh',
    [
      '-c',
      `exec "$0" --trace-gc "${cli}" run "${seeded}" loop:a,peer=b loop:b,peer=a --duration 2 --json 2>&1`,
      process.execPath,
    ],
    { encoding: 'utf8' },
  )
  t.equal(status, 0, stdout)
  const lines = stdout.split('\n')
  const ready = lines.indexOf('ready')
  t.ok(ready > 0)
  const { rx } = JSON.parse(lines.find((line) => line.startsWith('{'))!)
  t.ok(rx > PACKETS, `${rx} packets`)
  const heaps = new Set(lines.slice(0, ready).flatMap((line) => line.match(/^\[\d+:0x[0-9a-f]+\]/) ?? []))
  t.ok(heaps.size >= 2, 'the collector speaks')
  const stop = lines.findIndex((line) => line.startsWith('{'))
  t.same(
    lines.slice(ready, stop).filter((line) => / ms: (Scavenge|Mark-)/.test(line)),
    [],
  )
  t.end()
})
