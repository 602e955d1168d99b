// The ten lines of the guide's unit test, by node:test and by tap, without privilege; and that they fail for a wrong
// processor.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { installInto } from '../fixtures/programs/installed.js'

const PROCESSOR = `import { DROP, perPacket, tx } from 'rxburst'
export default () => perPacket((packet) => (packet.u8(0) & 1 ? DROP : tx(packet.port ^ 1)))
`
const TEST = `import assert from 'node:assert'
import test from 'node:test'
import { DROP, tx } from 'rxburst'
import { tester } from 'rxburst/testing'
import odd from './odd.mjs'

test('odd packets are dropped, others go to the other port', () => {
  const odds = tester(odd)
  assert.equal(odds.receive(Uint8Array.of(0, 1, 7)).verdict, tx(1))
  assert.equal(odds.receive(Uint8Array.of(1, 2, 7)).verdict, DROP)
  assert.deepEqual(odds.sent, [{ port: 1, bytes: Uint8Array.of(0, 1, 7) }])
})
`

const folder = t.testdir({ 'package.json': '{ "type": "module" }' })
installInto(folder)
writeFileSync(join(folder, 'odd.test.mjs'), TEST)

/** Runs the test as nobody, who may do nothing. */
function runTest(processor: string) {
  writeFileSync(join(folder, 'odd.mjs'), processor)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', 'odd.test.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return { status, output: stdout + stderr }
}

t.test('ten lines', async (t) => {
  t.equal(TEST.slice(TEST.indexOf('test(')).trim().split('\n').length, 6, 'the body')
  t.ok(TEST.trim().split('\n').length <= 13, 'with its imports')
  const { status, output } = runTest(PROCESSOR)
  t.equal(status, 0, output)
  t.match(output, /pass 1\n/)
})

t.test('a wrong processor fails', async (t) => {
  for (const wrong of [PROCESSOR.replace('& 1', '& 2'), PROCESSOR.replace('packet.port ^ 1', '0')]) {
    const { status, output } = runTest(wrong)
    t.equal(status, 1, output)
    t.match(output, /fail 1\n/)
  }
})

t.test('it opens no port and makes no arena', async (t) => {
  const program = `
    import { tester } from '${root}dist/lib/testing/index.js'
    process.dlopen = () => { throw new Error('it loads an addon') }
    const made = tester(() => (burst) => burst.setAll(0))
    console.log(made.receive(new Uint8Array(60)).verdict)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  t.equal(stdout, '0\n', stderr)
})
