// npm run test:asan fails when a sanitizer reports anything in any process of the run, though every test passes.
import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { root } from '../fixtures/child.js'

// One byte behind what it was given, or the last byte of that.
const WRITER = `
  #include <stdlib.h>
  int main(int n, char **words) {
    char *four = malloc(4);
    four[words[1][0] - '0'] = 1;
    return n - 2;
  }`
const dir = t.testdir({ 'writer.c': WRITER })
execFileSync('cc', ['-fsanitize=address', '-g', '-o', `${dir}/writer`, `${dir}/writer.c`])

// A test file that looks away, where tap finds it: in the checkout.
function run(place: number) {
  const file = `${dir}/looks-away-${place}.mjs`
  writeFileSync(
    file,
    `import { spawnSync } from 'node:child_process'
     import t from 'tap'
     spawnSync('${dir}/writer', ['${place}'])
     t.pass('whatever that did')`,
  )
  const { PATH, HOME } = process.env
  const ended = spawnSync(process.execPath, [`${root}scripts/test-asan.mjs`, file], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH, HOME, RXBURST_PREBUILD: root }, // nothing is built for this
  })
  rmSync(file)
  return ended
}

const sound = run(3)
t.equal(sound.status, 0, sound.stdout)
t.match(sound.stderr, /1 test files, no report of a sanitizer/)

const wrong = run(4)
t.equal(wrong.status, 1)
t.match(wrong.stdout, /^ok 1 - .*looks-away-4/m, 'the test file itself passes')
t.match(wrong.stderr, /ERROR: AddressSanitizer: heap-buffer-overflow[\s\S]*writer\.c:5/)
t.match(wrong.stderr, /reports of a sanitizer: 1/)
