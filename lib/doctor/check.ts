// What every check of the doctor yields.

export interface Check {
  /** Stable: 'node', 'hugepages.node0', 'eth0.mtu' … */
  id: string
  /** null: unknown, or nothing that could be mended. */
  ok: boolean | null
  found: string
  wanted: string
  /** One command to copy, or '' when there is nothing to mend. */
  fix: string
}

export const pass = (id: string, found: string, wanted = ''): Check => ({
  id,
  ok: true,
  found,
  wanted,
  fix: '',
})
export const fault = (id: string, found: string, wanted: string, fix: string): Check => ({
  id,
  ok: false,
  found,
  wanted,
  fix,
})
/** Not known, or not to be mended by a command. */
export const note = (id: string, found: string, wanted = ''): Check => ({
  id,
  ok: null,
  found,
  wanted,
  fix: '',
})

/** Passes or is a fault. */
export const check = (id: string, ok: boolean, found: string, wanted: string, fix: string): Check =>
  ok ? pass(id, found, wanted) : fault(id, found, wanted, fix)
