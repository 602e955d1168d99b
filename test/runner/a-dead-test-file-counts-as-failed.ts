// scripts/test counts what really ran: a test file that died is a failure, whatever its last line says.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import t from 'tap'

const COUNT = new URL('../../scripts/count-tests.mjs', import.meta.url).pathname

function count(tap: string, status: number) {
  const path = `${t.testdir()}/run.tap`
  writeFileSync(path, tap)
  const { stdout, status: exit } = spawnSync(process.execPath, [COUNT, path, String(status)], {
    encoding: 'utf8',
  })
  return { last: stdout.trim().split('\n').at(-1), exit }
}

const FILE = `# Subtest: test/a.ts
    # Subtest: inner
        ok 1 - one
        ok 2 - two # SKIP why
        1..2
    ok 1 - inner # time=1ms

    ok 2 - three
    1..2
ok 1 - test/a.ts # time=2ms

`
const DEAD = `# Subtest: test/b.ts
    ok 1 - alive
    1..1
not ok 2 - test/b.ts # time=2ms
  ---
  signal: SIGSEGV
  note: |
    not ok 9 - this is no test point
  ...

# { total: 1, pass: 1 }
`
t.same(count(FILE, 0), { last: '2 passed, 0 failed', exit: 0 })
t.same(count(FILE + DEAD, 1), { last: '3 passed, 1 failed', exit: 1 })
t.same(count(FILE.replace('ok 2 - three', 'not ok 2 - three').replace('ok 1 - test', 'not ok 1 - test'), 1), {
  last: '1 passed, 1 failed',
  exit: 1,
})
t.same(count(FILE, 1), { last: '2 passed, 1 failed', exit: 1 }, 'the runner failed for a reason of its own')
t.same(count('', 0), { last: '0 passed, 1 failed', exit: 1 }, 'nothing ran')
t.same(count(`1..2\n${FILE}`, 0), { last: '2 passed, 1 failed', exit: 1 }, 'the runner ended too early')
