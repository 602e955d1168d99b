// The backends there are, and what a port's name means to them, before any port is opened.

export interface BackendCalls {
  /** Every backend's name. */
  readonly names: readonly string[]
  optionsOf(portName: string): string[] | null
  /** What options of ours begin with in such a name, where the device has options of its own; else ''. */
  optionPrefix(portName: string): string
  /** The interface on whose ingress (tc) opening such a port leaves rules, which outlive the process; '': none. */
  ingressOf(portName: string): string
  /** Why the backend of such names can't be used, or ''. */
  problem(portName: string): string
  setModulePath(backend: string, file: string): void
}
