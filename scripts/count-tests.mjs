// Counts the test points of a run from its raw TAP (argument 1) and the runner's exit status (argument 2).
// A test file that dies ends with no failed point of its own: it counts as one failure.
import { readFileSync } from 'node:fs'

const [path, status] = process.argv.slice(2)
const none = () => ({ passed: 0, failed: 0, points: 0 })
const open = [none()] // by depth: points seen since the last point one level up
const skips = []
let yaml = null // the indentation of the diagnostics that follow a point
let afterPoint = false

for (const line of read(path).split('\n')) {
  if (yaml !== null) {
    if (line === `${yaml}...`) yaml = null
    continue
  }
  if (afterPoint) yaml = /^( *)---$/.exec(line)?.[1] ?? null
  const point = /^((?: {4})*)(not )?ok\b(.*)$/.exec(line)
  afterPoint = point !== null
  if (point) count(point[1].length / 4, !point[2], point[3])
}

function count(depth, ok, words) {
  const inner = open[depth + 1] ?? none()
  open.length = depth + 1
  for (let i = 0; i <= depth; i++) open[i] ??= none()
  const here = open[depth]
  here.points++
  if (inner.points > 0) {
    here.passed += inner.passed
    here.failed += inner.failed || (ok ? 0 : 1)
  } else if (/# SKIP/i.test(words)) skips.push(words.replace(/^ *\d* *-? */, '').trim())
  else if (ok) here.passed++
  else if (!/# TODO/i.test(words)) here.failed++
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const { passed } = open[0]
let { failed } = open[0]
if (failed === 0 && status !== '0') {
  console.log(`the runner ended with status ${status} though no test point failed`)
  failed = 1
} else if (passed + failed === 0) {
  console.log('no test ran')
  failed = 1
}
for (const skip of skips) console.log(`skipped: ${skip}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
