// An interrupted demo leaves no interface, namespace or process behind, however often it is interrupted.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import t from 'tap'
import { noLab } from '../fixtures/lab.js'

const DEMO = new URL('../../dist/lib/demo/main.js', import.meta.url).pathname
// In a network and a list of namespaces of its own, beside whatever lab there is.
const SCRIPT = `mount -t tmpfs none /run/netns && ip link set lo up || exit
${process.execPath} ${DEMO} 2>&1 & echo pid $!
wait $!
echo status $?
ip -br link | grep -v ^lo
ls /run/netns
ps -eo args | grep '[a]fxdp:rxb-left'`

t.test('while clients talk through the forwarder', { skip: noLab }, async (t) => {
  mkdirSync('/run/netns', { recursive: true })
  const child = spawn('unshare', ['-n', '-m', 'sh', '-c', SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let pid = 0
  const interrupt = (signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal)
    } catch {
      // it is gone already
    }
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (line.startsWith('pid ')) pid = Number(line.slice(4))
    if (!line.includes('ping:')) return
    interrupt('SIGINT')
    setTimeout(() => interrupt('SIGTERM'), 10)
  })
  await once(child, 'close')
  t.ok(
    lines.some((line) => line.includes('ip netns add rxburst-left')),
    'it had begun',
  )
  const end = lines.findIndex((line) => line.startsWith('status'))
  t.same(lines.slice(end), ['status 130'], lines.join('\n'))
})
