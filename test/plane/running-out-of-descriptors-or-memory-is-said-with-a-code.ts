import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { processor } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()

// Opens and runs with so many descriptors left, for each number given; writes a line for each.
const descriptors = `
  import { closeSync, openSync } from 'node:fs'
  import { open, RxburstError, run } from 'rxburst'
  const [file, name, ...rooms] = process.argv.slice(2)
  for (const room of rooms) {
    const held = []
    try { for (;;) held.push(openSync('/dev/null')) } catch {}
    for (let i = 0; i < room; i++) closeSync(held.pop())
    let port
    const end = await (async () => {
      port = await open(name, name.startsWith('afxdp') ? { takeAll: true } : {})
      const plane = await run(new URL(file), { workers: [{ queues: port.queues }] })
      await plane.stop()
      await plane.done
    })().then(() => 'fine', (error) => (error instanceof RxburstError) + ' ' + error.code + ' ' + error.message)
    await port?.close()
    for (const fd of held) closeSync(fd)
    console.log(end)
  }`

// Opens the first port with all the memory there is, and the second one with so many MiB of addresses more than are
// used.
const memory = `
  import { spawnSync } from 'node:child_process'
  import { readFileSync } from 'node:fs'
  import { open, RxburstError } from 'rxburst'
  const [early, mib] = process.argv.slice(2)
  const first = early === 'true' ? await open('loop:a') : undefined
  const used = Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
  spawnSync('prlimit', ['--pid', String(process.pid), '--as=' + (used + Number(mib) * 2 ** 20)])
  const end = await open('loop:b', { queues: Array.from({ length: 64 }, (_, i) => i) })
    .then(() => 'fine', (error) => (error instanceof RxburstError) + ' ' + error.code + ' ' + error.message)
  await first?.close()
  console.log(end)`

function lines(limits: string[], script: URL, args: readonly unknown[]): string[] {
  const argv = [...limits, process.execPath, fileURLToPath(script), ...args.map(String)]
  const { stdout, stderr, status, signal } = spawnSync('env', ['-u', 'NODE_OPTIONS', ...argv], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`it ended with ${status ?? signal}: ${stderr}`)
  return stdout.trim().split('\n')
}

t.test('no descriptor is left', { skip: !met && 'this machine gives no network namespace' }, async (t) => {
  const script = processor(t, descriptors)
  const quiet = processor(t, 'export default () => () => {}')
  const rooms = [0, 1, 2, 4, 6, 9, 12, 16, 100]
  for (const name of ['loop:a', `socket:${ENDS[0]}`, `packet:${ENDS[0]}`, `afxdp:${ENDS[0]}`]) {
    const ends = lines(['prlimit', '--nofile=300'], script, [quiet, name, ...rooms])
    t.equal(ends.pop(), 'fine', `${name} works when there are enough`)
    t.equal(ends.length, rooms.length - 1)
    for (const end of ends) t.match(end, /^fine$|^true ERR_NO_DESCRIPTORS .*ulimit -n/, name)
    t.not(ends[0], 'fine')
  }
})

t.test('no memory is left', async (t) => {
  const script = processor(t, memory)
  for (const [early, mib, words] of [
    [false, 60, /^true ERR_NO_MEMORY .*ulimit -v/],
    [true, 60, /^true ERR_NO_MEMORY .*wire.*ulimit -v/],
    [true, 1000, /^fine$/],
  ] as const)
    t.match(lines([], script, [early, mib])[0], words)
})
