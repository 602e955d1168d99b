// Prints the test files of a run (its raw TAP: argument 1) that are worth a second run: those that failed, if they are
// few, but none that died or saw something crash. A machine may be slow; it does not make native code crash.
import { existsSync } from 'node:fs'
import { readTap } from './read-tap.mjs'

const AGAIN_MAX = 5 // more failures than that are no accident

const { files, planned } = readTap(process.argv[2])
const failed = files.filter((file) => file.failed > 0)
const whole = files.length === planned && failed.every(({ name }) => existsSync(name))
if (whole && failed.length <= AGAIN_MAX) for (const { name, died } of failed) if (!died) console.log(name)
