// Counts the test points of a run from its raw TAP (argument 1) and the runner's exit status (argument 2). Pairs of
// arguments like these may follow, one for each file that was run again by itself: the last run of a file counts, and
// an unsteady file is named.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readTap } from './read-tap.mjs'

const [path, status, ...pairs] = process.argv.slice(2)
const { files, planned } = readTap(path)
const explained = status === '0' || files.some(({ failed }) => failed > 0)
const unsteady = []

for (let i = 0; i < pairs.length; i += 2) {
  const again = readTap(pairs[i]).files[0]
  const at = files.findIndex(({ name }) => name === again?.name)
  if (at < 0) continue // it came to nothing: the first failure stands
  const passed = pairs[i + 1] === '0' && again.ok && again.passed > 0
  files[at] = passed ? again : { ...again, failed: again.failed || 1 }
  if (passed) unsteady.push(again.name)
}

const sum = (key) => files.reduce((total, file) => total + file[key], 0)
const passed = sum('passed')
let failed = sum('failed')
const alarm = (what) => {
  console.log(what)
  failed++
}
if (!explained) alarm(`the runner ended with status ${status} though no test point failed`)
else if (files.length < planned) alarm(`the runner ended after ${files.length} of ${planned} files`)
else if (passed + failed === 0) alarm('no test ran')

for (const skip of files.flatMap(({ skips }) => skips)) console.log(`skipped: ${skip}`)
for (const name of unsteady) console.log(`unsteady: ${name}: failed beside the others, passed alone: mend it`)
writeFileSync(join(dirname(path), 'tests.json'), `${JSON.stringify({ passed, failed, unsteady })}\n`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
