// The bundled programs leave nothing for the garbage collector to do while packets flow.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const cli = fileURLToPath(new URL('../../dist/lib/cli/main.js', import.meta.url))
const PACKETS = 1_000_000

/** Lines of the collector between `ready` and the summary. */
function collections(t: Test, processor: string, tries = 10): string[] {
  const file = fileURLToPath(new URL(`../fixtures/traffic/${processor}`, import.meta.url))
  // V8 writes its lines to stdout as things happen, `ready` comes on stderr: one pipe for both keeps the order.
  const { status, stdout } = spawnSync(
    'sh',
    [
      '-c',
      `exec "$0" --trace-gc "${cli}" run "${file}" loop:a,peer=b loop:b,peer=a --duration 2 --json 2>&1`,
      process.execPath,
    ],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stdout)
  const lines = stdout.split('\n')
  const ready = lines.indexOf('ready')
  const end = lines.findIndex((line) => line.startsWith('{'))
  const { rx } = JSON.parse(lines[end])
  if (rx < PACKETS && tries > 1) return collections(t, processor, tries - 1) // a machine with other work
  t.ok(ready > 0 && end > ready)
  t.ok(rx >= PACKETS, `${rx} packets`)
  return lines.slice(ready, end).filter((line) => / ms: (Scavenge|Mark-)/.test(line))
}

t.test('not one after the worker is ready', async (t) => {
  t.same(collections(t, 'seeded-l2fwd.mjs'), [])
})

t.test('an object per packet would be seen', async (t) => {
  t.ok(collections(t, 'seeded-waste.mjs').length > 0)
})
