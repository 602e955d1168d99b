// `rxburst run` ends with exit code 1 and the error's code on stderr, also when the port is lost before `ready`; with
// --on-lost wait it goes on.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bin, start } from '../fixtures/child.js'
import { inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { ip, losing } from '../fixtures/nic/losing.js'
import { until } from '../fixtures/plane.js'

const skip = !inNamespaceOfItsOwn() && 'this machine gives no network namespace'
const drop = 'dist/examples/01-drop.js'
const run = (t: Parameters<typeof start>[0], near: string, file: string, ...flags: string[]) =>
  start(t, process.execPath, [bin, 'run', file, `afxdp:${near}`, '--take-all', '--json', ...flags])

t.test('while it runs', { skip }, async (t) => {
  const { near, lose } = await losing(t, 'recreated')
  const program = run(t, near, drop)
  await program.says('ready')
  lose()
  const { code, stdout, stderr } = await program.ended
  t.equal(code, 1)
  t.match(stderr, new RegExp(`^rxburst: afxdp:${near} is lost: .* \\[ERR_PORT_LOST\\]$`, 'm'))
  t.ok('rx' in JSON.parse(stdout), 'the summary is printed all the same')
})

t.test('before it is ready', { skip }, async (t) => {
  const { near, lose } = await losing(t, 'recreated')
  const file = join(t.testdir({}), 'slow.mjs')
  writeFileSync(
    file,
    `export default async () => {
      console.log('loading')
      await new Promise((resolve) => setTimeout(resolve, 100_000))
      return () => {}
    }`,
  )
  const program = run(t, near, file)
  await program.prints(/loading/)
  lose()
  const { code, stderr } = await program.ended
  t.equal(code, 1)
  t.match(stderr, new RegExp(`^rxburst: afxdp:${near} is lost: .* \\[ERR_PORT_LOST\\]$`, 'm'))
  t.notMatch(stderr, /^ready$/m)
})

t.test('--on-lost wait', { skip }, async (t) => {
  const { near, lose, restore } = await losing(t, 'deleted')
  const program = run(t, near, drop, '--on-lost', 'wait')
  await program.says('ready')
  lose()
  await until('it tells the loss', () => /is lost: /.test(program.stderr))
  restore()
  await until('and the return', () => /is back, /.test(program.stderr))
  program.process.kill('SIGTERM')
  const { code, stderr } = await program.ended
  t.equal(code, 0, stderr)
})

t.test('--on-lost wait, before it is ready', { skip }, async (t) => {
  const { near, far, lose, restore } = await losing(t, 'deleted')
  const note = join(t.testdir({}), 'slow.mjs')
  writeFileSync(
    note,
    `export default async () => {
      console.log('loading')
      await new Promise((resolve) => setTimeout(resolve, 2000))
      return () => {}
    }`,
  )
  const program = run(t, near, note, '--on-lost', 'wait')
  await program.prints(/loading/)
  lose()
  await until('it tells the loss', () => /is lost: /.test(program.stderr))
  restore()
  await program.says('ready')
  ip('link', 'set', far, 'down')
  program.process.kill('SIGTERM')
  t.equal((await program.ended).code, 0)
})

t.test('a signal while it waits before it is ready', { skip }, async (t) => {
  const { near, lose } = await losing(t, 'deleted')
  const file = join(t.testdir({}), 'slow.mjs')
  writeFileSync(
    file,
    `export default async () => {
      console.log('loading')
      await new Promise((resolve) => setTimeout(resolve, 100_000))
      return () => {}
    }`,
  )
  const program = run(t, near, file, '--on-lost', 'wait')
  await program.prints(/loading/)
  lose()
  await until('it tells the loss', () => /is lost: /.test(program.stderr))
  program.process.kill('SIGTERM')
  t.equal((await program.ended).code, 0, 'ends it')
})
