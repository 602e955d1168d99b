// package.json names the oldest Node that works; doctor, run and scripts/setup refuse the one before it, each in a
// sentence.
import { dirname } from 'node:path'
import t from 'tap'
import { bin, ended, root } from '../fixtures/child.js'
import { nodeOf, OLDEST } from '../fixtures/programs/nodes.js'

const { path, skip } = nodeOf('20.5.1')

t.test('Node 20.5.1', { skip }, async (t) => {
  t.equal(OLDEST, '20.6.0')

  await t.test('doctor', async (t) => {
    const { stdout } = await ended(t, path, [bin, 'doctor', '--json'])
    t.match(JSON.parse(stdout).checks[0], { id: 'node', ok: false, wanted: `v${OLDEST} or later` })
  })

  await t.test('run', async (t) => {
    const { code, stderr } = await ended(t, path, [bin, 'run', 'examples/01-drop.ts', 'loop:a'])
    t.equal(code, 1)
    t.equal(
      stderr,
      `rxburst: Node ${OLDEST} or later is wanted, this is v20.5.1: nvm install --lts [ERR_PROCESSOR]\n`,
    )
  })

  await t.test('scripts/setup', async (t) => {
    const args = [`PATH=${dirname(path)}:${process.env.PATH}`, `${root}scripts/setup`]
    const { code, stderr } = await ended(t, '/usr/bin/env', args)
    t.equal(code, 1)
    t.match(stderr, `Node.js 20.5.1 is too old; version ${OLDEST} or newer is needed`)
  })
})
