// A CPU profile of a worker says which function of the program the time went to, and the kernel knows the thread by
// name.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { until } from '../fixtures/plane.js'

const cli = fileURLToPath(new URL('../../dist/lib/cli/main.js', import.meta.url))

interface Profile {
  nodes: { callFrame: { functionName: string; url: string } }[]
}

t.test('--cpu-prof', async (t) => {
  const folder = t.testdir({})
  const file = join(folder, 'program.mjs')
  writeFileSync(
    file,
    `export default ({ alloc, onTurn }) => {
      onTurn(() => { alloc()?.send(0) })
      return function everyBurst(burst) {
        for (let i = 0; i < burst.count; i++) lookAt(burst.at(i))
      }
      function lookAt(packet) {
        for (let k = 0; k < 40; k++) packet.u8(k, packet.u8(k) + 1)
      }
    }`,
  )
  const flags = ['--no-turbo-inlining', '--cpu-prof', `--cpu-prof-dir=${folder}`]
  const child = spawn(process.execPath, [...flags, cli, 'run', file, 'loop:a', '--json'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (data) => {
    said += data
  })
  const gone = new Promise((resolve) => child.on('exit', resolve))
  await until('it is ready', () => /^ready$/m.test(said), 30_000)
  const tasks = `/proc/${child.pid}/task`
  const names = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').trim())
  t.ok(names.includes('rxburst-0'), names.join(' '))
  await new Promise((resolve) => setTimeout(resolve, 1500))
  child.kill('SIGTERM')
  t.equal(await gone, 0, said)
  const seen = new Set(
    readdirSync(folder)
      .filter((name) => name.endsWith('.cpuprofile'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile)
      .flatMap(({ nodes }) => nodes)
      .filter(({ callFrame }) => callFrame.url.endsWith('program.mjs'))
      .map(({ callFrame }) => callFrame.functionName),
  )
  t.ok(seen.has('everyBurst') && seen.has('lookAt'), [...seen].join(' '))
})
