// Ctrl-C in the middle of a benchmark: it ends soon, and its lab, rules and processes are gone.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { bin, start } from '../fixtures/child.js'
import { noLab } from '../fixtures/lab.js'
import { until } from '../fixtures/plane.js'

t.test('SIGINT while a contestant runs', { skip: noLab, timeout: 200_000 }, async (t) => {
  const run = start(t, process.execPath, [bin, 'bench', 'drop'])
  await until('the first round', () => /round 1/.test(run.stderr))
  run.process.kill('SIGINT')
  const { code, stderr, stdout } = await run.ended
  t.equal(code, 1)
  t.match(stderr, /interrupted/)
  t.equal(stdout, '', 'no half of a table')
  t.notMatch(spawnSync('ip', ['link'], { encoding: 'utf8' }).stdout, /rxbench/)
  t.notMatch(spawnSync('ip', ['netns'], { encoding: 'utf8' }).stdout, /rxbench/)
})
