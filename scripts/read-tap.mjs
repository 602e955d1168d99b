// Reads a run's raw TAP: what each test file came to. A file that dies ends with no failed point of its own: it counts
// as one failure.
import { readFileSync } from 'node:fs'

const none = () => ({ passed: 0, failed: 0, points: 0, skips: [] })

const CRASH = /\bSIG(SEGV|ABRT|BUS|ILL|FPE|TRAP)\b/ // of the file itself, or of a program that it ran and looked at

/**
 * The files of a run in order, each { name, ok, passed, failed, skips, died }, and how many of them the runner had
 * planned. `died`: it did not end by itself, or something crashed in it.
 */
export function readTap(path) {
  const files = []
  const open = [] // by depth: points seen since the last point one level up
  let planned = null
  let yaml = null // the indentation of the diagnostics that follow a point
  let afterPoint = false
  let crashed = false // seen since the last file ended

  for (const line of read(path).split('\n')) {
    if (yaml !== null) {
      if (line === `${yaml}...`) yaml = null
      else if (yaml === '  ') files.at(-1).died ||= /^ {2}signal: SIG/.test(line)
      else crashed ||= CRASH.test(line)
      continue
    }
    if (afterPoint) yaml = /^( *)---$/.exec(line)?.[1] ?? null
    const point = /^((?: {4})*)(not )?ok\b(.*)$/.exec(line)
    afterPoint = point !== null
    if (point) count(point[1].length / 4, !point[2], point[3])
    else planned ??= /^1\.\.(\d+)/.exec(line)?.[1] ?? null
  }
  return { files, planned: planned === null ? files.length : Number(planned) }

  function count(depth, ok, words) {
    const inner = open[depth + 1] ?? none()
    open.length = depth + 1
    for (let i = 0; i <= depth; i++) open[i] ??= none()
    const here = depth === 0 ? none() : open[depth]
    const name = words.replace(/^ *\d* *-? */, '').trim()
    here.points++
    here.skips.push(...inner.skips)
    if (inner.points > 0) {
      here.passed += inner.passed
      here.failed += inner.failed || (ok ? 0 : 1)
    } else if (/# SKIP/i.test(words)) here.skips.push(name)
    else if (ok) here.passed++
    else if (!/# TODO/i.test(words)) here.failed++
    if (depth > 0) return
    const died = !ok && (crashed || inner.failed === 0)
    files.push({ ...here, ok, died, name: name.replace(/ # time=\S+$/, '') })
    crashed = false
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
