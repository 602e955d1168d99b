// process.exit() while a plain thread pumps: the thread is ended in order. Node runs no cleanup hook of an addon there.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'

const script = (near: string) => `
  import { open } from '${root}dist/lib/index.js'
  import { native } from '${root}dist/lib/native.js'
  const port = await open('afxdp:${near}', { steer: 'udp dst port 7' })
  native.testing.startMember({ queues: [port.id, 0], frames: 8192, how: 'reflect' })
  native.ports.attach(port.id)
  console.log('pumps')
  process.exit(7)`

t.test('a member at work', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const argv = ['--input-type=module', '-e', script(near)]
  const { NODE_OPTIONS: _, ...env } = process.env // tap's loaders
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', env })
  t.match({ status, signal, stdout }, { status: 7, signal: null, stdout: 'pumps\n' }, stderr)
})
