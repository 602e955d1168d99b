// The command line as the demo runs it, and what its --json says.
import { fileURLToPath } from 'node:url'

export const CLI: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../cli/main.js', import.meta.url)),
]

/** Of `drop` and `l2fwd`. */
export interface Summary {
  rx: number
  tx: number
  dropped: number
  rejected: number
  lost: Record<string, number>
  ports: { mode: string; pages: string }[]
}

/** Of `generate`. */
export interface Generated {
  seconds: number
  sent: number
}
