// Where the package lies, and what it says of itself.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the package, with the slash. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))

const { version, engines } = JSON.parse(readFileSync(`${packageRoot}package.json`, 'utf8')) as {
  version: string
  engines: { node: string }
}

export const packageVersion = version

/** The oldest Node that works, such as '20.6.0'. */
export const oldestNode = engines.node.replace('>=', '')

/** Whether this Node is that old at least. */
export function isNodeNewEnough(running = process.versions.node): boolean {
  const [a, b] = [running, oldestNode].map((text) => text.split('.').map(Number))
  const differs = a.findIndex((number, i) => number !== b[i])
  return differs < 0 || a[differs] > b[differs]
}
